"""Rehearsals: other rules tried on what was judged before, beside all other work, with their progress to be seen.

The event loop is held for 2 ms at a time and left to others for twice as long; a long text is examined in the chamber.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from service.floor import Breath
from service.ids import new_id
from service.logs import where
from service.rulebook.forecast import forecast
from service.rulebook.tally import SAMPLES, Tally, count
from service.sitting import is_long, slices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from moderation.engine import Engine
    from service.chamber import Chamber, Does
    from service.rulebook.tally import Judged
    from service.store.rule_reads import RuleReads

MOST: Final = 100_000
"""So many contents a rehearsal looks at."""
USUAL: Final = 2000
KEPT: Final = 64
AT_ONCE: Final = 2
"""So many rehearsals run at a time; others wait."""
PAGE: Final = 80
"""Contents that are read from the record at once: to make values of them holds the event loop, too."""
REST_SECONDS: Final = 0.004
SLICE: Final = 16
"""Contents that are read together: few enough that one slice holds the event loop for about 2 ms."""


class Busy(Exception):
    """Too many rehearsals wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which contents: the last so many, and of them those that were judged in a period, if one is given."""

    last: int = USUAL
    since: str = ""
    until: str = ""


@dataclass(slots=True, eq=False)
class Rehearsal:
    """One rehearsal on its way. ``of`` is how many contents it means to look at, ``report`` what came of it."""

    id: str
    tenant: str
    of: int
    seen: int = 0
    report: dict[str, Any] | None = None
    failed: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is compared: the engine that judges and the candidate, each above the same shared rules."""

    old: Engine
    new: Engine


class Rehearsals:
    """Keeps the rehearsals made last, and the tasks of those that run."""

    def __init__(self, reads: RuleReads, chamber: Chamber) -> None:
        self._reads, self._chamber = reads, chamber
        self._known: OrderedDict[str, Rehearsal] = OrderedDict()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self,
        tenant: str,
        cast: Cast,
        period: Period,
        *,
        then: Callable[[dict[str, Any]], Awaitable[object]] | None = None,
    ) -> Rehearsal:
        """Begins one, or has it wait for its turn; ``then`` hears the report. Raises ``Busy``."""
        if len(self._tasks) >= KEPT // 2:
            raise Busy(tenant)
        made = Rehearsal(new_id(), tenant, min(period.last, MOST))
        self._known[made.id] = made
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        task = asyncio.create_task(self._run(made, cast, period, then), name="rehearsal")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return made

    def one(self, tenant: str, rehearsal: str) -> Rehearsal | None:
        """A rehearsal of a tenant, while it is remembered."""
        found = self._known.get(rehearsal)
        return found if found is not None and found.tenant == tenant else None

    async def close(self) -> None:
        """Ends those that run."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(
        self,
        made: Rehearsal,
        cast: Cast,
        period: Period,
        then: Callable[[dict[str, Any]], Awaitable[object]] | None,
    ) -> None:
        try:
            async with self._turn:
                tally = Tally()

                def work(some: Sequence[Judged]) -> None:
                    count(tally, some, cast.old, cast.new)
                    made.seen += len(some)

                async for page in self._pages(made, period):
                    await in_slices(page, work, partial(self._chamber.does, made.tenant))
            made.report = await self._report(made, tally)
            if then is not None:
                await then(made.report)
        except Exception as error:  # noqa: BLE001 - whoever looks at it is told that it failed; the log says why
            made.failed = True
            structlog.get_logger().error("rehearsal failed", **where(error))
        finally:
            made.done.set()

    async def _pages(self, made: Rehearsal, period: Period) -> AsyncIterator[list[Judged]]:
        bounds = await self._reads.bounds(period.since, period.until)
        left, below = made.of, bounds[1]
        if period.since or period.until:
            made.of = min(made.of, max(0, bounds[1] - bounds[0] + 1))
        while left > 0 and below >= bounds[0]:
            page, below = await self._reads.judged_back(made.tenant, (bounds[0], below), limit=min(PAGE, left))
            left -= len(page)
            if page:
                yield page
        made.of = made.seen

    async def _report(self, made: Rehearsal, tally: Tally) -> dict[str, Any]:
        handling = await self._reads.handling(made.tenant)
        samples = [move._asdict() for move in tally.moved[:SAMPLES]]
        return {
            **tally.told(),
            "creators": len(tally.creators),
            "hours": forecast(tally.days, handling)._asdict(),
            "samples": [
                {name: one[name] for name in ("decision", "content_id", "scene", "was", "becomes")} for one in samples
            ],
        }


async def in_slices(page: Sequence[Judged], work: Callable[[Sequence[Judged]], None], does: Does) -> None:
    """Does a work with some contents at a time, and rests between them; ``does`` has it done with a long text."""
    breath, place = Breath(rest=REST_SECONDS), 0
    for company in slices([one.content for one in page]):
        end = place + len(company)
        for start in range(place, end, SLICE):
            some = page[start : min(start + SLICE, end)]
            if any(is_long(one.content) for one in some):
                await does(work, some)
            else:
                work(some)
            await breath.taken()
        place = end
