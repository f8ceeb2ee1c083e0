"""Golden items on their way into the queue: judged anew and filed as a content that comes by itself, a while later."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING

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
    from service.review.rows import Row
    from service.review.terms import Terms

    Judge = Callable[[str, Content], Awaitable[Verdict]]


class Mixing:
    """Keeps the copies that are to come, each ``longest`` seconds after it was drawn at most.

    ``judge`` says what the house makes of a tenant's content, and files nothing.
    """

    def __init__(self, ledger: Ledger, terms: Terms, judge: Judge, *, longest: float) -> None:
        self._ledger, self._terms, self._judge, self._longest = ledger, terms, judge, longest
        self._random = SystemRandom()
        self._coming: set[asyncio.Task[None]] = set()

    def soon(self, beside: Row) -> None:
        """Has a golden item of the sort of another come into the queue at some time soon, if there is one."""
        task = asyncio.create_task(self._later(beside, self._random.uniform(0, self._longest)), name="golden")
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

    async def _later(self, beside: Row, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self.bring(beside)
        except Exception as error:  # noqa: BLE001 - nobody waits for it, and another will be drawn
            structlog.get_logger().error("golden item not mixed in", **where(error))

    async def bring(self, beside: Row) -> str | None:
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
        filing = prepared(content, verdict, tenant=beside.tenant, terms=self._terms)
        opening = filing.opening
        if opening is None or (opening.category, verdict.severity) != (beside.category, beside.severity):
            return None
        return await self._ledger.visit(lambda visit: golden.copy(visit, source.golden, filing))
