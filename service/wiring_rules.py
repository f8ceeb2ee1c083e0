"""Opens the rulebook on a store: its reader, and the task in which shadows count."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from service.lexicons import Lexicons
from service.rulebook.book import rulebook
from service.store import db
from service.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.chamber import Chamber
    from service.rulebook.book import Rulebook
    from service.rules import Rules
    from service.settings import Settings
    from service.wiring import Store


@asynccontextmanager
async def open_rulebook(settings: Settings, store: Store, rules: Rules, chamber: Chamber) -> AsyncIterator[Rulebook]:
    """The rulebook of a running service; shadows count while it is open. Reads that take long have their own reader."""
    connection = await db.open_reader(settings.database, busy_timeout=settings.busy_timeout)
    try:
        lexicons = Lexicons(store.ledger, store.reads, rules, four_eyes=settings.four_eyes)
        book = rulebook(store.ledger, lexicons, rules, connection, chamber=chamber, four_eyes=settings.four_eyes)
        try:
            async with beside(shadows=book.shadows.watch()):
                yield book
        finally:
            await book.rehearsals.close()
    finally:
        await connection.close()
