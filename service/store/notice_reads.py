"""Reads about receivers of notices and what is on its way to them, as values. The connection cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.notices import Told
from service.store import notice_statements as sql

if TYPE_CHECKING:
    import aiosqlite

    from service.ports import Column

MOST_COUNTED = 100_000


class Webhook(NamedTuple):
    """A receiver. ``kinds`` is empty for all. Times are RFC 3339 UTC."""

    id: str
    tenant: str
    url: str
    kinds: tuple[str, ...]
    rotation: int
    rotated_at: str | None
    created_at: str
    ended_at: str | None


class Delivery(NamedTuple):
    """One notice on its way to one receiver, or arrived, or given up."""

    notice: str
    webhook: str
    kind: str
    subject: str
    state: str
    attempts: int
    next_at: str
    status: int | None
    error: str | None
    at: str
    settled_at: str | None


class Due(NamedTuple):
    """A delivery whose time has come, with its notice and receiver. ``began`` is when the first attempt was due."""

    notice: str
    attempts: int
    began: str
    tenant: str
    kind: str
    at: str
    facts: bytes
    url: str
    rotation: int
    rotated_at: str | None


class Notices:
    """Keeps one connection for reading; whoever opened it closes it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def webhook(self, tenant: str, webhook_id: str) -> Webhook | None:
        """One receiver of a tenant."""
        found = await self._rows(sql.WEBHOOK, webhook_id, tenant)
        return _webhook(found[0]) if found else None

    async def webhooks(self, tenant: str, *, limit: int) -> list[Webhook]:
        """The receivers of a tenant: those that stand first, then the newest."""
        return [_webhook(row) for row in await self._rows(sql.WEBHOOKS, tenant, limit)]

    async def delivery(self, tenant: str, notice: str, webhook_id: str) -> Delivery | None:
        """One delivery of a tenant."""
        found = await self._rows(sql.DELIVERY, notice, webhook_id, tenant)
        return Delivery(*found[0]) if found else None

    async def deliveries(self, webhook_id: str, *, state: str, before: str, limit: int) -> list[Delivery]:
        """The deliveries to a receiver, newest notice first, of notices whose id sorts before ``before``.

        ``state`` is one of ``STATES``, or empty for all.
        """
        return [Delivery(*row) for row in await self._rows(sql.DELIVERIES[state], webhook_id, before, limit)]

    async def due_webhooks(self, at: str) -> list[str]:
        """The receivers that stand and for which something is due."""
        return [webhook for (webhook,) in await self._rows(sql.DUE_WEBHOOKS, at)]

    async def due(self, webhook_id: str, at: str, *, limit: int) -> list[Due]:
        """What is due for a receiver, what waited longest first."""
        return [Due(*row) for row in await self._rows(sql.DUE, webhook_id, at, limit)]

    async def told(self, tenant: str, decision: str) -> Told | None:
        """What a notice says of a decision."""
        found = await self._rows(sql.TOLD, decision, tenant)
        return Told(*found[0]) if found else None

    async def counts(self) -> tuple[int, int]:
        """How many deliveries wait and how many are dead, counted up to ``MOST_COUNTED``."""
        [(waiting, dead)] = await self._rows(sql.COUNTS, MOST_COUNTED)
        return waiting, dead

    async def _rows(self, statement: str, *values: Column) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(statement, values)]


def _webhook(row: tuple[Any, ...]) -> Webhook:
    """The receiver that a row of ``WEBHOOK`` tells."""
    id_, tenant, url, kinds, *rest = row
    return Webhook(id_, tenant, url, tuple(orjson.loads(kinds)), *rest)
