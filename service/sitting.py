"""Judging, apart from filing: contents that came together are judged together, wherever they came from.

One text read alone costs several times what it costs in company, most of it because the next step finds its code and
tables gone from the processor's cache. So single contents that arrive in one turn of the event loop share a sitting.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from time import thread_time
from typing import TYPE_CHECKING

from service.filing import prepared
from service.floor import FairQueue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.engine import Case
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Missing, Opinion, Verdict
    from service.chamber import Chamber
    from service.creators.roster import Roster
    from service.filing import Filing, Seal
    from service.ledger import Ledger
    from service.plan import Outcome
    from service.ports import Expert
    from service.review.urgency import Deadlines
    from service.rules import Engines, Rules

LONG_CHARS = 500
"""A text that is longer may hold the event loop for 30 ms by itself."""
SLICE_CHARS = 4000
SLICE_CONTENTS = 64
"""What is read at once."""
SLICE_SECONDS = 0.008
"""So long contents are judged, of a processor's time, before others get the event loop."""


def length_of(content: Content) -> int:
    """The characters of all parts."""
    return sum([len(part.text) for part in content.parts])


def is_long(content: Content) -> bool:
    """Whether a content must not be judged in the event loop, as it cannot be sliced."""
    return length_of(content) > LONG_CHARS


def together(engines: Engines, company: Sequence[Content], tenants: Sequence[str]) -> Iterator[Case]:
    """Contents are read by the rules that all share; each is examined by its own tenant's engine."""
    for content, tenant, reading in zip(company, tenants, engines.base.read_many(company), strict=True):
        yield engines.of(tenant).examine(content, reading)


def some(cases: Iterator[Case]) -> list[tuple[Case, float]]:
    """The next cases, as many as a slice of time gives, one at least unless all were taken; and what each took."""
    found: list[tuple[Case, float]] = []
    began = thread_time()
    end = began + SLICE_SECONDS
    for case in cases:
        found.append((case, (now := thread_time()) - began))
        began = now
        if now > end:
            break
    return found


def slices(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    """Neighbours that are read together; a long one stands alone."""
    start = chars = 0
    for place, content in enumerate(contents):
        length = SLICE_CHARS if is_long(content) else length_of(content)
        if place > start and (chars + length > SLICE_CHARS or place - start >= SLICE_CONTENTS):
            yield contents[start:place]
            start, chars = place, 0
        chars += length
    yield contents[start:]


def to_hear(
    cases: Sequence[Case],
    hearing: Expert | None,
    tenants: Sequence[str] = (),
    *,
    patient: bool = False,
) -> list[asyncio.Future[Opinion | Missing] | None]:
    """For each case the expert's answer to come, asked at once; ``None`` where the scene or the house asks nobody.

    ``tenants`` says for each case whose it is; without them all are the house's. ``patient``: they are of a batch.
    """
    asking: dict[str, list[Case]] = {}
    owners = tenants or [""] * len(cases)
    for case, tenant in zip(cases, owners, strict=True):
        if hearing is not None and case.wants:
            asking.setdefault(tenant, []).append(case)
    if hearing is None or not asking:
        return [None] * len(cases)
    answers = {tenant: iter(hearing.ask(theirs, tenant, patient=patient)) for tenant, theirs in asking.items()}
    return [next(answers[tenant]) if case.wants else None for case, tenant in zip(cases, owners, strict=True)]


@dataclass(slots=True, eq=False)
class Brought:
    """A content that waits for the next sitting, and what came of it once ``heard`` has the ledger's outcome."""

    content: Content
    tenant: str
    seal: Seal | None
    heard: asyncio.Future[Outcome]
    verdict: Verdict = field(init=False)
    ruleset: Ruleset = field(init=False)


class Sitting:
    """Keeps the contents that came in this turn of the event loop."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts that it is made of
        self,
        rules: Rules,
        ledger: Ledger,
        hearing: Expert | None,
        deadlines: Deadlines,
        chamber: Chamber,
        roster: Roster,
    ) -> None:
        self._rules, self._ledger, self._hearing, self._deadlines = rules, ledger, hearing, deadlines
        self._chamber, self._roster = chamber, roster
        self._waiting = FairQueue[Brought]()
        self._busy = False
        """Whether any of them, or of those that were read, will have a turn."""
        self._unheard = 0

    def bring(self, content: Content, *, tenant: str, seal: Seal | None) -> Brought:
        """Has a content judged and filed with its neighbours, before the event loop's next turn is over.

        Whatever goes wrong, in judging or in the ledger, is raised by ``heard``.
        """
        brought = Brought(content, tenant, seal, asyncio.get_running_loop().create_future())
        self._waiting.put(tenant, brought)
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._judge)
        return brought

    async def over(self) -> None:
        """Returns once all that was brought is with the ledger."""
        while self._busy or self._unheard:  # noqa: ASYNC110 - once a life
            await asyncio.sleep(0)

    def _judge(self) -> None:
        sitting, engines = self._next(), self._rules.engines
        company, tenants = zip(*((brought.content, brought.tenant) for brought in sitting), strict=True)
        self._examine(sitting, engines, together(engines, company, tenants))

    def _examine(self, sitting: Sequence[Brought], engines: Engines, cases: Iterator[Case]) -> None:
        """Judges for a slice of time. The others wait for another turn, so that a rush does not hold the event loop."""
        try:
            found = []
            for brought, (case, seconds) in zip(sitting, some(cases), strict=False):
                self._chamber.took(brought.tenant, seconds)
                found.append(case)
            answers = to_hear(found, self._hearing, [brought.tenant for brought in sitting[: len(found)]])
        except Exception as error:  # noqa: BLE001 - a fault in the engine: nobody may wait for ever
            _fail(sitting, error)
            sitting = ()
        else:
            for brought, case, answer in zip(sitting, found, answers, strict=False):
                brought.ruleset = engines.base.ruleset
                if answer is None:
                    self._conclude(brought, case)
                else:
                    self._unheard += 1
                    answer.add_done_callback(partial(self._heard, brought, case))
            sitting = sitting[len(found) :]
        self._busy = bool(sitting or self._waiting)
        if sitting:
            asyncio.get_running_loop().call_soon(self._examine, sitting, engines, cases)
        elif self._waiting:
            asyncio.get_running_loop().call_soon(self._judge)

    def _next(self) -> list[Brought]:
        """Who is read together: one content of each tenant in turn, so that one's rush is nobody else's wait."""
        sitting: list[Brought] = []
        chars = 0
        while self._waiting and len(sitting) < SLICE_CONTENTS and chars < SLICE_CHARS:
            sitting.append(self._waiting.take())
            chars += length_of(sitting[-1].content)
        return sitting

    def _heard(self, brought: Brought, case: Case, answer: asyncio.Future[Opinion | Missing]) -> None:
        self._unheard -= 1
        self._conclude(brought, case, answer.result())

    def _conclude(self, brought: Brought, case: Case, *answers: Opinion | Missing) -> None:
        if brought.heard.done():  # its client left
            return
        try:
            brought.verdict = case.conclude(*answers)
            brought.verdict, filing = filed(
                brought.content, brought.verdict, tenant=brought.tenant, deadlines=self._deadlines, roster=self._roster
            )
            self._ledger.submit([filing], seal=brought.seal, heard=brought.heard)
        except Exception as error:  # noqa: BLE001 - it is this caller's, and the others must not fail with it
            _fail([brought], error)


def filed(
    content: Content, verdict: Verdict, *, tenant: str, deadlines: Deadlines, roster: Roster
) -> tuple[Verdict, Filing]:
    """The verdict as it is for this author, and its filing. Raises ``ValueError`` for what cannot be stored."""
    verdict = roster.judged(tenant, content, verdict)
    return verdict, prepared(
        content, verdict, tenant=tenant, deadlines=deadlines, after=roster.follows(tenant, content, verdict)
    )


def _fail(sitting: Sequence[Brought], error: Exception) -> None:
    for brought in sitting:
        if not brought.heard.done():
            brought.heard.set_exception(error)
