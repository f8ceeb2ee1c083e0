"""THE use-case: content in, durable decision out. No transport and no SQL here."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from service.creators.watching import WATCHED_SCENES
from service.draft import placed
from service.duty.proofs import UnknownProof
from service.filing import ENGINE, sealed
from service.floor import Breath
from service.ids import from_stamp
from service.ledger import told
from service.plan import Replay, again
from service.sitting import Sitting, filed, is_long, slices, to_hear
from service.suggesting import suggestions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from moderation.engine import Case
    from moderation.ruleset import Ruleset
    from moderation.suggest import Suggestion
    from moderation.types import Content, Missing, Opinion, Verdict
    from service.chamber import Chamber
    from service.creators.book import Book
    from service.duty.binding import Binding
    from service.filing import Filing, Seal
    from service.keys import Caller
    from service.ledger import Ledger
    from service.plan import Placed
    from service.ports import Expert
    from service.review.urgency import Deadlines
    from service.rules import Rules
    from service.store.reads import Newer, Reads, Stored

SLICES_HEARD = 2
"""So many slices of a tenant's batches may wait for the expert at a time."""
BATCHES_IN_WORK = 8
"""So many batches of a tenant are worked on at a time."""
BATCHES_HELD = 64
"""So many batches of a tenant are held, those in work among them."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's ``Idempotency-Key`` and the raw body that it came with."""

    key: str
    body: bytes


class Decided(NamedTuple):
    """A decision that is on disk. ``content`` has tenant, id and version filled in.

    ``ruleset`` is what to render the verdict with: the shared one judged under while the process still has it, else
    the active one (``verdict.ruleset`` always names what was judged under, a tenant's own lexicon included). ``at`` is
    the time of the decision, aware UTC.
    """

    id: str
    content: Content
    verdict: Verdict
    at: datetime
    ruleset: Ruleset
    supersedes: str | None = None
    replayed: bool = False
    by: str = ENGINE
    """Who decided: ``engine``, ``deadline``, or the id of a person."""


def retold(stored: Stored, rules: Rules, *, replayed: bool = False) -> Decided:
    """A decision of the store, as answers hold it."""
    return Decided(
        id=stored.id,
        content=stored.content,
        verdict=stored.verdict,
        at=stored.at,
        ruleset=rules.named(stored.verdict.ruleset),
        supersedes=stored.supersedes,
        replayed=replayed,
        by=stored.by,
    )


class Suggested(NamedTuple):
    """What could be written instead under ``ruleset``, the active one."""

    suggestion: Suggestion
    ruleset: Ruleset


class Moderation:
    """Judges contents and files what was decided."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that judging asks
        self,
        rules: Rules,
        ledger: Ledger,
        reads: Reads,
        hearing: Expert | None,
        deadlines: Deadlines,
        binding: Binding,
        book: Book,
        *,
        chamber: Chamber,
    ) -> None:
        self._rules, self._ledger, self._reads, self._hearing, self._deadlines = (
            rules,
            ledger,
            reads,
            hearing,
            deadlines,
        )
        self._binding, self._book, self._chamber = binding, book, chamber
        self._sitting = Sitting(rules, ledger, hearing, deadlines, chamber, book.roster)
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._batch_turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self.batches = Counter[str]()
        """Batches that came and are not answered, by tenant."""

    @property
    def full(self) -> bool:
        """Whether the ledger takes no more for the moment: answer 503 before reading a body."""
        return self._ledger.full

    def full_of(self, tenant: str) -> bool:
        """Whether no more batches of a tenant are taken for the moment."""
        return self.full or self.batches[tenant] >= BATCHES_HELD

    @asynccontextmanager
    async def batch(self, tenant: str) -> AsyncIterator[None]:
        """A tenant's turn to have a batch read, judged and answered: what many hold at once fills the memory."""
        self.batches[tenant] += 1
        try:
            async with self._batch_turns.setdefault(tenant, asyncio.Semaphore(BATCHES_IN_WORK)):
                yield
        finally:
            self.batches[tenant] -= 1
            if not self.batches[tenant]:
                del self.batches[tenant]

    async def one(self, caller: Caller, content: Content, *, idempotency: Idempotency | None = None) -> Decided:
        """Judges one content; returns once the decision is on disk. An empty ``content.id`` gets a new id.

        Raises what ``service.ledger`` draws at its top, ``UnknownProof`` for a proof that it names, and ``ValueError``
        for text that cannot be stored (a lone surrogate).
        """
        if is_long(content) or self._chamber.is_heavy(caller.tenant):
            return (await self.many(caller, [content], idempotency=idempotency, patient=False))[0]
        if self._binding.concerns(content):
            content = await self._binding.bound(caller.tenant, content)
        if content.scene in WATCHED_SCENES:
            await self._look_up(caller.tenant, [content])
        seal = _seal(caller, idempotency)
        brought = self._sitting.bring(content, tenant=caller.tenant, seal=seal)
        outcome = told(await brought.heard)
        decided = await self._decided(caller, brought.ruleset, [content], [brought.verdict], outcome)
        return decided[0]

    async def many(
        self,
        caller: Caller,
        contents: Sequence[Content],
        *,
        idempotency: Idempotency | None = None,
        patient: bool = True,
    ) -> list[Decided]:
        """Judges a batch in one transaction: all decisions, in order, or none. Raises as ``one`` does.

        Unless it is ``patient`` its texts have no more time than single ones to be read by the expert.
        """
        if not contents:
            return []
        contents = await self._bound(caller, contents)
        await self._look_up(caller.tenant, contents)
        engines, tenant = self._rules.engines, caller.tenant
        verdicts: list[Verdict] = []
        filings: list[Filing] = []
        breath = Breath()
        for company in slices(contents):
            cases = await self._chamber.cases(tenant, engines, company)
            for case, answer in zip(cases, await self._heard(tenant, cases, patient=patient), strict=True):
                await breath.taken()
                verdict = case.conclude() if answer is None else case.conclude(answer)
                verdict, filing = filed(
                    case.content, verdict, tenant=tenant, deadlines=self._deadlines, roster=self._book.roster
                )
                verdicts.append(verdict)
                filings.append(filing)
        outcome = await self._ledger.file(filings, seal=_seal(caller, idempotency))
        return await self._decided(caller, engines.base.ruleset, contents, verdicts, outcome)

    async def again(self, caller: Caller, idempotency: Idempotency | None) -> list[Decided] | None:
        """What a request came to that is repeated under its key, whatever came of it today; ``None`` if it is new.

        Raises ``IdempotencyConflict`` where the key came with another body.
        """
        if (seal := _seal(caller, idempotency)) is None or (used := await self._reads.used(*seal[:2])) is None:
            return None
        outcome = told(again(seal, used))
        assert isinstance(outcome, Replay)
        return await self._replayed(caller, outcome)

    async def unproven(self, caller: Caller, contents: Sequence[Content]) -> list[bool]:
        """Of each content whether it names a proof that is not on file."""
        found = []
        for one in contents:
            try:
                await self._bound(caller, [one])
            except UnknownProof:
                found.append(True)
            else:
                found.append(False)
        return found

    async def judged(self, tenant: str, content: Content) -> Verdict:
        """What the house makes of a content, which is filed nowhere."""
        (case,) = await self._chamber.cases(tenant, self._rules.engines, [content])
        (answer,) = await self._heard(tenant, [case], patient=False)
        return case.conclude() if answer is None else case.conclude(answer)

    async def get(self, caller: Caller, decision_id: str) -> Decided | None:
        """One decision of the caller's tenant; another tenant's does not exist."""
        stored = await self._reads.decision(caller.tenant, decision_id)
        return None if stored is None else retold(stored, self._rules)

    async def history(self, caller: Caller, content_id: str, *, before: str = "", limit: int = 100) -> list[Decided]:
        """The decisions on one content over all its versions, newest first, from before the decision ``before``."""
        history = await self._reads.history(caller.tenant, content_id, before=before, limit=limit)
        return [retold(stored, self._rules) for stored in history]

    async def decisions(self, caller: Caller, ids: Sequence[str]) -> list[Decided]:
        """These decisions of the caller's tenant, in order. Raises ``LookupError`` if one is not there."""
        return [retold(stored, self._rules) for stored in await self._reads.decisions(caller.tenant, ids)]

    async def newer(self, caller: Caller, ids: Sequence[str]) -> dict[str, Newer]:
        """What stands by now instead of each of these decisions; one that stands itself is not in it."""
        return await self._reads.newer(caller.tenant, ids)

    async def suggested(self, tenant: str, content: Content) -> Suggested:
        """What could be written instead, by the tenant's rules and for the text expert."""
        engine = self._rules.engines.of(tenant)
        (found,) = await suggestions(engine, [content], self._hearing, partial(self._chamber.does, tenant))
        return Suggested(found, engine.ruleset)

    async def close(self) -> None:
        """Returns once all that was asked is with the ledger, which may be closed then."""
        await self._sitting.over()

    async def _bound(self, caller: Caller, contents: Sequence[Content]) -> Sequence[Content]:
        """The contents with what is on file for them; most batches have nothing of the kind."""
        binding = self._binding
        if not any(map(binding.concerns, contents)):
            return contents
        return [await binding.bound(caller.tenant, one) if binding.concerns(one) else one for one in contents]

    async def _look_up(self, tenant: str, contents: Sequence[Content]) -> None:
        """Has the standings of those known whose texts may go to people for it; asks nothing for other scenes."""
        names = {one.author.id: None for one in contents if one.scene in WATCHED_SCENES and one.author.id is not None}
        if names:
            await self._book.standings(tenant, [*names])

    async def _heard(self, tenant: str, cases: Sequence[Case], *, patient: bool) -> list[Opinion | Missing | None]:
        """What the expert says of a slice. A tenant's batches take turns, so that they crowd no single content out."""
        if self._hearing is None:
            return [None] * len(cases)
        async with self._turns.setdefault(tenant, asyncio.Semaphore(SLICES_HEARD)):
            heard = to_hear(cases, self._hearing, [tenant] * len(cases), patient=patient)
            return [None if answer is None else await answer for answer in heard]

    async def _decided(
        self,
        caller: Caller,
        ruleset: Ruleset,
        contents: Sequence[Content],
        verdicts: Sequence[Verdict],
        outcome: list[Placed] | Replay,
    ) -> list[Decided]:
        if isinstance(outcome, Replay):
            return await self._replayed(caller, outcome)
        tenant, at = caller.tenant, from_stamp(outcome[0].at)
        standing = await self._standing(tenant, outcome)
        return [
            standing.get(place.id)
            or Decided(
                id=place.id,
                content=placed(content, tenant=tenant, content_id=place.content_id, version=place.version),
                verdict=verdict,
                at=at,
                ruleset=ruleset,
                supersedes=place.supersedes,
            )
            for content, verdict, place in zip(contents, verdicts, outcome, strict=True)
        ]

    async def _replayed(self, caller: Caller, outcome: Replay) -> list[Decided]:
        stored = await self._reads.decisions(caller.tenant, outcome.decisions)
        return [retold(decision, self._rules, replayed=True) for decision in stored]

    async def _standing(self, tenant: str, outcome: Sequence[Placed]) -> dict[str, Decided]:
        """What people had decided on the very same texts."""
        ids = list({place.id: None for place in outcome if place.stands})
        found = await self._reads.decisions(tenant, ids) if ids else ()
        return {stored.id: retold(stored, self._rules) for stored in found}


def _seal(caller: Caller, idempotency: Idempotency | None) -> Seal | None:
    return None if idempotency is None else sealed(caller.tenant, idempotency.key, idempotency.body)
