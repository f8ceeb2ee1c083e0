"""Appeals and blocks as values, read over a connection that cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from service.review.finality import Block
from service.store import appeal_statements as sql

if TYPE_CHECKING:
    import aiosqlite


class Appeal(NamedTuple):
    """An appeal. ``body`` are the bytes of its grounds, ``due_at`` is by when people have to decide it.

    ``final_at`` is the block's, ``by`` and ``role`` tell who decided it; nobody's role where that was no person.
    """

    id: str
    review: str
    decision: str
    content_id: str
    version: int
    appellant: str
    body: bytes
    filed_at: str
    due_at: str | None
    outcome: str | None
    settled_at: str | None
    final_at: str | None
    by: str
    role: str | None


class Appeals:
    """Keeps one connection for reading; whoever opened it closes it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def appeal(self, tenant: str, appeal: str) -> Appeal | None:
        """One appeal of a tenant."""
        rows = await self._rows(sql.APPEAL, appeal, tenant)
        return Appeal(*rows[0]) if rows else None

    async def at(self, review: str) -> Appeal | None:
        """The appeal that an item is about."""
        rows = await self._rows(sql.APPEAL_AT, review)
        return Appeal(*rows[0]) if rows else None

    async def is_own(self, review: str, user: str) -> bool:
        """Whether an item is an appeal about a content that this person decided."""
        return bool(await self._rows(sql.BARRED, review, user))

    async def block(self, tenant: str, decision: str) -> tuple[Block, bool] | None:
        """What is known of a block on its way to being final, and whether it stands."""
        rows = await self._rows(sql.TERM, decision, tenant)
        return (Block(*rows[0][:-1]), bool(rows[0][-1])) if rows else None

    async def _rows(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(statement, values)]
