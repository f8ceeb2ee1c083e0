"""THE use-case: content in, durable decision out. No transport and no SQL here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from service.draft import placed
from service.filing import prepared, sealed
from service.ids import from_stamp
from service.plan import Replay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from moderation.engine import Engine
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict
    from service.filing import Filing
    from service.keys import Caller
    from service.ledger import Ledger
    from service.rules import Rules
    from service.store.reads import Reads, Stored

HELD_SECONDS = 0.002
"""So long a batch may keep the event loop before others get a turn."""
LONG_CHARS = 2000
"""A text that is longer may take milliseconds by itself."""
SLICE_CHARS = 4000
SLICE_CONTENTS = 64
"""What is read at once: enough for reading together to pay, little enough to stay near ``HELD_SECONDS``."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's ``Idempotency-Key`` and the raw body that it came with."""

    key: str
    body: bytes


class Decided(NamedTuple):
    """A decision that is on disk. ``content`` has tenant, id and version filled in.

    ``ruleset`` is what to render the verdict with: the one judged under while the process still has it, else the
    active one (``verdict.ruleset`` always names the one judged under). ``at`` is the time of the decision, aware UTC.
    """

    id: str
    content: Content
    verdict: Verdict
    at: datetime
    ruleset: Ruleset
    supersedes: str | None = None
    replayed: bool = False


class Moderation:
    """Judges contents and files what was decided."""

    def __init__(self, rules: Rules, ledger: Ledger, reads: Reads) -> None:
        self._rules, self._ledger, self._reads = rules, ledger, reads

    @property
    def full(self) -> bool:
        """Whether the ledger takes no more for the moment: answer 503 before reading a body."""
        return self._ledger.full

    async def one(self, caller: Caller, content: Content, *, idempotency: Idempotency | None = None) -> Decided:
        """Judges one content; returns once the decision is on disk. An empty ``content.id`` gets a new id.

        Raises what ``service.ledger`` draws at its top,
        and ``ValueError`` for text that cannot be stored (a lone surrogate).
        """
        engine = self._rules.engine
        verdict = await _alone(engine, content)
        filing = prepared(content, verdict, tenant=caller.tenant)
        decided = await self._file(caller, engine.ruleset, [content], [verdict], [filing], idempotency)
        return decided[0]

    async def many(
        self, caller: Caller, contents: Sequence[Content], *, idempotency: Idempotency | None = None
    ) -> list[Decided]:
        """Judges a batch in one transaction: all decisions, in order, or none. Raises as ``one`` does."""
        if not contents:
            return []
        engine = self._rules.engine
        verdicts: list[Verdict] = []
        filings: list[Filing] = []
        began = perf_counter()
        for company in _slices(contents):
            alone = len(company) == 1
            judged = [await _alone(engine, company[0])] if alone else _together(engine, company)
            for content, verdict in zip(company, judged, strict=True):
                verdicts.append(verdict)
                filings.append(prepared(content, verdict, tenant=caller.tenant))
                if perf_counter() - began > HELD_SECONDS:
                    await asyncio.sleep(0)
                    began = perf_counter()
        return await self._file(caller, engine.ruleset, contents, verdicts, filings, idempotency)

    async def get(self, caller: Caller, decision_id: str) -> Decided | None:
        """One decision of the caller's tenant; another tenant's does not exist."""
        stored = await self._reads.decision(caller.tenant, decision_id)
        return None if stored is None else self._retold(stored)

    async def history(self, caller: Caller, content_id: str, *, limit: int = 100) -> list[Decided]:
        """The decisions on one content over all its versions, newest first."""
        return [self._retold(stored) for stored in await self._reads.history(caller.tenant, content_id, limit=limit)]

    async def _file(  # noqa: PLR0913, PLR0917 - the two use-cases' common end, and nobody else's
        self,
        caller: Caller,
        ruleset: Ruleset,
        contents: Sequence[Content],
        verdicts: list[Verdict],
        filings: list[Filing],
        idempotency: Idempotency | None,
    ) -> list[Decided]:
        seal = None if idempotency is None else sealed(caller.tenant, idempotency.key, idempotency.body)
        outcome = await self._ledger.file(filings, seal=seal)
        if isinstance(outcome, Replay):
            stored = await self._reads.decisions(caller.tenant, outcome.decisions)
            return [self._retold(decision, replayed=True) for decision in stored]
        tenant, at = caller.tenant, from_stamp(outcome[0].at)
        return [
            Decided(
                id=place.id,
                content=placed(content, tenant=tenant, content_id=place.content_id, version=place.version),
                verdict=verdict,
                at=at,
                ruleset=ruleset,
                supersedes=place.supersedes,
            )
            for content, verdict, place in zip(contents, verdicts, outcome, strict=True)
        ]

    def _retold(self, stored: Stored, *, replayed: bool = False) -> Decided:
        return Decided(
            id=stored.id,
            content=stored.content,
            verdict=stored.verdict,
            at=stored.at,
            ruleset=self._rules.named(stored.verdict.ruleset),
            supersedes=stored.supersedes,
            replayed=replayed,
        )


async def _alone(engine: Engine, content: Content) -> Verdict:
    """One verdict; a text long enough to hold the event loop is judged in a thread, as it cannot be sliced."""
    if sum([len(part.text) for part in content.parts]) > LONG_CHARS:
        return await asyncio.to_thread(_verdict, engine, content)
    return _verdict(engine, content)


def _verdict(engine: Engine, content: Content) -> Verdict:
    return engine.examine(content).conclude()


def _together(engine: Engine, company: Sequence[Content]) -> Iterator[Verdict]:
    """Reading gains from company."""
    for content, reading in zip(company, engine.read_many(company), strict=True):
        yield engine.examine(content, reading).conclude()


def _slices(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    """Neighbours that are read together."""
    start = chars = 0
    for place, content in enumerate(contents):
        length = sum([len(part.text) for part in content.parts])
        if place > start and (chars + length > SLICE_CHARS or place - start >= SLICE_CONTENTS):
            yield contents[start:place]
            start, chars = place, 0
        chars += length
    yield contents[start:]
