"""Opens the live rooms on a store: their reader, their turns, their keeper."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from service.live.hindsight import Hindsight
from service.live.rooms import Bounds, Rooms
from service.live.turns import Turns
from service.store import db
from service.store.room_reads import RoomReads
from service.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.chamber import Chamber
    from service.ledger import Ledger
    from service.ports import Expert
    from service.review.urgency import Deadlines
    from service.rules import Rules
    from service.settings import Settings


@asynccontextmanager
async def open_rooms(  # noqa: PLR0913 - what judging asks
    settings: Settings,
    rules: Rules,
    ledger: Ledger,
    hearing: Expert | None,
    deadlines: Deadlines,
    *,
    chamber: Chamber,
) -> AsyncIterator[Rooms]:
    """The rooms; at the end all that was said in them is with the ledger."""
    reader = await db.open_reader(settings.database, busy_timeout=settings.busy_timeout)
    try:
        reads = RoomReads(reader)
        turns = Turns(rules, ledger, reads, hearing=hearing, deadlines=deadlines, chamber=chamber)
        bounds = Bounds(rooms=settings.live_rooms, messages=settings.live_queue, idle=settings.live_idle)
        rooms = Rooms(reads, turns=turns, bounds=bounds)
        hindsight = Hindsight(rooms, reads, hearing, rules)
        try:
            async with beside(rooms=rooms.run(), hindsight=hindsight.run()):
                yield rooms
        finally:
            await rooms.close()
    finally:
        await reader.close()
