"""Golden items on their way into the queue: judged anew and filed as a content that comes by itself, a while later."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Final

import structlog

from service.filing import prepared
from service.ids import from_stamp, stamp
from service.logs import where
from service.review import golden
from service.store.codec import content_from

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from moderation.types import Content, Verdict
    from service.ledger import Ledger
    from service.review.checks import Checks
    from service.review.golden import Arrival
    from service.review.urgency import Deadlines

    Judge = Callable[[str, Content], Awaitable[Verdict]]

AT_ONCE: Final = 200


class Mixing:
    """Keeps the copies that are to come, and up to which item it has looked.

    ``judge`` says what the house makes of a tenant's content, and files nothing.
    """

    def __init__(self, ledger: Ledger, deadlines: Deadlines, checks: Checks, judge: Judge) -> None:
        self._ledger, self._deadlines, self._checks, self._judge = ledger, deadlines, checks, judge
        self._random, self._turn = SystemRandom(), asyncio.Lock()
        self._coming: set[asyncio.Task[None]] = set()
        self._seen: int | None = None

    async def look(self) -> None:
        """For a share of the items that came since the last look, has golden ones of their sorts come some time soon.

        When items come depends on nothing that people at the desk do, and so does when copies come.
        """
        if not self._checks.golden_share:
            return
        since = self._seen
        self._seen, came = await self._ledger.visit(lambda visit: golden.arrivals(visit, since, AT_ONCE))
        for one in came:
            if self._checks.draws("golden", self._checks.golden_share, one.id):
                self._soon(one)

    def _soon(self, beside: Arrival) -> None:
        task = asyncio.create_task(self._later(beside, self._random.uniform(0, self._checks.golden_wait)))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)

    async def come(self) -> None:
        """Returns once all that is to come has come."""
        await asyncio.gather(*self._coming)

    async def close(self) -> None:
        """Lets what has not come yet be."""
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)

    async def _later(self, beside: Arrival, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            async with self._turn:  # one after the other, or two would be copies of the same, or of one name
                await self.bring(beside)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and another will be drawn
            structlog.get_logger().error("golden item not mixed in", **where(error))

    async def bring(self, beside: Arrival) -> str | None:
        """Copies a golden item of the sort of another into the queue; gives the copy's item, ``None`` if there is none.

        What the house would not leave to people any more, or for something else, is no item of that sort.
        """
        source = await self._ledger.visit(lambda visit: golden.source(visit, beside))
        if source is None:
            return None
        name = await self._ledger.visit(lambda visit: golden.name(visit, beside, self._random))
        published = stamp(datetime.now(UTC) - (from_stamp(source.at) - from_stamp(source.published_at)))
        content = content_from(source.body, tenant=beside.tenant, content_id=name, version=1, published_at=published)
        verdict = await self._judge(beside.tenant, content)
        filing = prepared(content, verdict, tenant=beside.tenant, deadlines=self._deadlines)
        opening = filing.opening
        if opening is None or (opening.category, verdict.severity) != (beside.category, beside.severity):
            return None
        return await self._ledger.visit(lambda visit: golden.copy(visit, source.golden, filing))
