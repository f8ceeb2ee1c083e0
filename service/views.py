"""Saved views: a person's own filters of the queue, by name. They hold a query string, which is checked when used."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from service.acts import VIEW_REMOVED, VIEW_SAVED, Act
from service.ports import Write
from service.store import view_statements as sql

if TYPE_CHECKING:
    import aiosqlite

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

MOST_VIEWS: Final = 50
_DIGEST_CHARS: Final = 16


class View(NamedTuple):
    """A filter under a name."""

    name: str
    query: str


class TooMany(Exception):
    """A person has as many views as one may have."""


class Views:
    """Keeps its ways to the database."""

    def __init__(self, ledger: Ledger, connection: aiosqlite.Connection) -> None:
        self._ledger, self._connection = ledger, connection

    async def listed(self, user: str) -> list[View]:
        """The views of a person, by name."""
        return [View(*row) for row in await self._connection.execute_fetchall(sql.VIEWS, (user, MOST_VIEWS))]

    async def save(self, caller: Caller, view: View) -> None:
        """Keeps a view; one of the same name gives way. Raises ``TooMany``."""

        def work(visit: Visit) -> None:
            if visit.rows(sql.VIEW, caller.id, view.name):
                visit.record(_act(VIEW_REMOVED, caller, view.name), Write(sql.DELETE_VIEW, (caller.id, view.name)))
            elif visit.rows(sql.COUNT_VIEWS, caller.id)[0][0] >= MOST_VIEWS:
                raise TooMany(caller.id)
            visit.record(_act(VIEW_SAVED, caller, view.name), Write(sql.INSERT_VIEW, (caller.id, *view)))

        await self._ledger.visit(work)

    async def remove(self, caller: Caller, name: str) -> bool:
        """Forgets a view; false when there is none of that name."""

        def work(visit: Visit) -> bool:
            if not visit.rows(sql.VIEW, caller.id, name):
                return False
            visit.record(_act(VIEW_REMOVED, caller, name), Write(sql.DELETE_VIEW, (caller.id, name)))
            return True

        return await self._ledger.visit(work)


def _act(kind: str, caller: Caller, name: str) -> Act:
    """Names are what people write, so the act holds a digest."""
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARS]
    return Act(kind, caller.id, caller.tenant, {"view": digest})
