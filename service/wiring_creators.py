"""The parts of creators put together, over the store that is open."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from service.creators.book import Book
from service.creators.boosts import Boosts, Limits
from service.creators.formulas import FOLDER, Formulas
from service.creators.measures import Measures
from service.creators.members import Members
from service.creators.posting import catch_up
from service.creators.reads import CreatorReads
from service.creators.roster import Roster
from service.creators.trials import Terms
from service.creators.trying import Trials
from service.store import db
from service.tasks import beside, forever

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.ledger import Ledger
    from service.secret import Secret
    from service.settings import Settings

SWEEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Creators:
    """All that is done with creators."""

    reads: CreatorReads
    book: Book
    """Standings, from memory where they are there."""
    formulas: Formulas
    members: Members
    boosts: Boosts
    measures: Measures
    trials: Trials

    async def sweep(self) -> None:
        """Ends measures whose term is over, and those that nothing bears any more."""
        while await self.measures.sweep():
            pass
        await self.measures.relieve()

    async def watch(self) -> None:
        """Sweeps for ever."""
        await forever(self._look, rest=SWEEP_SECONDS, failing="measures not swept")

    async def _look(self) -> None:
        await self.sweep()
        await self.book.refresh()


@asynccontextmanager
async def open_creators(settings: Settings, ledger: Ledger, secret: Secret) -> AsyncIterator[Creators]:
    """Reads formulas and roster, enters what became final before there were entries, and sweeps while it lasts.

    Raises ``FormulaError`` and ``PresetError``.
    """
    reader = await db.open_reader(settings.database, busy_timeout=settings.busy_timeout)
    try:
        reads = CreatorReads(reader)
        formulas = Formulas(reads, settings.formulas or FOLDER)
        roster = Roster(partial(secret.marked, "content"))
        book = Book(reads, formulas, roster, most=settings.boost_cache)
        ledger.on_visit = book.touched
        while await ledger.visit(catch_up):
            pass
        await book.reload()
        limits = Limits(
            settings.boost_budget, settings.boost_per_creator, settings.boost_per_category, settings.boost_exploration
        )
        creators = Creators(
            reads=reads,
            book=book,
            formulas=formulas,
            members=Members(ledger, book, partial(secret.marked, "entity")),
            boosts=Boosts(ledger, book, limits),
            measures=Measures(ledger, book),
            trials=Trials(ledger, reads, formulas, Terms(settings.trial_days, settings.trial_sample)),
        )
        async with beside(measures=creators.watch()):
            yield creators
    finally:
        ledger.on_visit = None
        await reader.close()
