"""Reads about people and their sessions, as values. The connection cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from service.store import people_statements as sql

if TYPE_CHECKING:
    import aiosqlite

    from service.ports import Column

START = ("", "")
"""Where a list begins: before every time and id."""


class User(NamedTuple):
    """A person of a tenant, without the password. Times are RFC 3339 UTC."""

    id: str
    tenant: str
    name: str
    role: str
    created_at: str
    disabled_at: str | None


class Named(NamedTuple):
    """Who bears a name, for signing in: the id, the hash of the password, and when it was disabled."""

    id: str
    password: str
    disabled_at: str | None


class Signed(NamedTuple):
    """Whom a session that stands belongs to."""

    tenant: str
    user: str
    role: str


class People:
    """Keeps one connection for reading; whoever opened it closes it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def user(self, tenant: str, user_id: str) -> User | None:
        """One person of a tenant."""
        found = await self._rows(sql.USER, tenant, user_id)
        return User(*found[0]) if found else None

    async def called(self, tenant: str, name: str) -> User | None:
        """The person of a tenant who bears a name."""
        found = await self._rows(sql.USER_NAMED, tenant, name)
        return User(*found[0]) if found else None

    async def users(self, tenant: str, *, after: tuple[str, str] = START, limit: int) -> list[User]:
        """The people of a tenant, oldest first; ``after`` is time and id of the last one seen."""
        return [User(*row) for row in await self._rows(sql.USERS, tenant, *after, limit)]

    async def named(self, tenant: str, name: str) -> Named | None:
        """Who would sign in by a name."""
        found = await self._rows(sql.SIGN_IN, tenant, name)
        return Named(*found[0]) if found else None

    async def hash_of(self, tenant: str, user_id: str) -> str | None:
        """The hash of a person's password; nothing for a person who is unknown or disabled."""
        found = await self._rows(sql.HASH_OF, tenant, user_id)
        return found[0][0] if found else None

    async def signed(self, digest: bytes, at: str) -> Signed | None:
        """Whose session this is, if it stands at a time: neither ended nor run out, nor its owner disabled."""
        found = await self._rows(sql.CALLER, digest, at)
        return Signed(*found[0]) if found else None

    async def _rows(self, text: str, *values: Column) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(text, values)]
