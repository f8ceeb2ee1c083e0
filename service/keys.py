"""API keys: who calls. Secrets are 256 random bits, so one SHA-256 stores them safely; no slow hash is needed."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service import tenants
from service.acts import KEY_CREATED, KEY_REVOKED, Act
from service.ids import now
from service.ledger import LedgerUnwritable, Unchanged
from service.ports import Write
from service.rights import RIGHTS_OF_KEY, Right, Scope
from service.store import statements
from service.store.people_reads import START
from service.store.tables import ApiKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.ext.asyncio import AsyncEngine

    from service.ledger import Ledger
    from service.store.reads import Reads

FRESH_SECONDS = 0.5
"""So long the cache is believed: the longest that a revocation by another process can go unheard."""
MISSED_SECONDS = 0.02
"""So long it is believed about a secret that it does not know: a key made elsewhere just now must work, but guesses
must not become a query each."""

LABEL_CHARS = 200
CLI = "cli"
"""Who acts, where it is the operator at the command line."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the tenant, the key that was used or the person who is signed in, and what they may do."""

    tenant: str
    id: str
    rights: frozenset[Right] = RIGHTS_OF_KEY[Scope.MODERATE]
    session: bytes = b""
    """The digest of a person's session; empty for a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """One key as ``qingliu key list`` shows it. Times are RFC 3339 UTC."""

    key_id: str
    tenant: str
    label: str
    created_at: str
    revoked_at: str | None
    scope: str


class Keys:
    """The keys of one database, cached; a revocation by any process is heard within a second."""

    def __init__(self, ledger: Ledger, reads: Reads, engine: AsyncEngine) -> None:
        self._ledger, self._reads, self._engine = ledger, reads, engine
        self._known: dict[bytes, Caller] = {}
        self._state = (-1, -1)
        self._checked = float("-inf")
        self._turn = asyncio.Lock()

    async def caller(self, secret: str) -> Caller | None:
        """Who holds ``secret``, or nothing. Raises ``LedgerUnwritable`` when the keys cannot be checked."""
        digest = _digest(secret)
        if monotonic() - self._checked > FRESH_SECONDS:
            await self._check(FRESH_SECONDS)
        known = self._known.get(digest)
        if known is None and monotonic() - self._checked > MISSED_SECONDS:
            await self._check(MISSED_SECONDS)
            known = self._known.get(digest)
        return known

    async def instead_of(self, tenant: str) -> list[str]:
        """The tenants that there are, unless this is one of them. Raises ``BadName`` for one that may not be one."""
        return [] if await tenants.known(tenant, reads=self._reads) else await self._reads.tenants()

    async def create(
        self, tenant: str, *, label: str = "", scope: Scope = Scope.MODERATE, by: str = CLI
    ) -> tuple[str, str]:
        """A new key for ``tenant`` (made on first use): its id, and its secret, which is shown only now.

        Raises ``BadName`` for a tenant or label that may not be stored.
        """
        if len(label) > LABEL_CHARS or not all(map(str.isprintable, label)):
            zh = f"备注最多 {LABEL_CHARS} 个可见字符"
            raise tenants.BadName(zh, f"a label is at most {LABEL_CHARS} printable characters")
        await tenants.made(tenant, ledger=self._ledger, reads=self._reads)
        key_id = secrets.token_hex(6)
        secret = f"ql_{key_id}_{secrets.token_urlsafe(32)}"
        facts = {"by": by, "scope": scope.value}
        row = (key_id, tenant, label, _digest(secret), now(), scope.value)
        await self._ledger.record(Act(KEY_CREATED, key_id, tenant, facts), Write(statements.INSERT_KEY, row))
        self._forget()
        return key_id, secret

    async def revoke(self, key_id: str, *, tenant: str | None = None, by: str = CLI) -> bool:
        """Ends a key; false when it is unknown, already ended, or of another tenant than the one asked for."""
        owner = await self._reads.key_tenant(key_id, tenant)
        if owner is None:
            return False
        act = Act(KEY_REVOKED, key_id, owner, {"by": by})
        try:
            await self._ledger.record(act, Write(statements.REVOKE_KEY, (now(), key_id)))
        except Unchanged:
            return False
        self._forget()
        return True

    async def listed(
        self, tenant: str | None = None, *, after: tuple[str, str] = START, limit: int | None = None
    ) -> list[KeyInfo]:
        """Every key ever made, or every one of a tenant, oldest first; ``after``: time and id of the last one seen."""
        place = tuple_(col(ApiKey.created_at), col(ApiKey.id))
        asked = select(ApiKey).where(place > after).order_by(col(ApiKey.created_at), col(ApiKey.id)).limit(limit)
        if tenant is not None:
            asked = asked.where(ApiKey.tenant == tenant)
        async with AsyncSession(self._engine) as session:
            return [
                KeyInfo(
                    key_id=key.id,
                    tenant=key.tenant,
                    label=key.label,
                    created_at=key.created_at,
                    revoked_at=key.revoked_at,
                    scope=key.scope,
                )
                for key in await session.exec(asked)
            ]

    async def labels(self, tenant: str, ids: Collection[str]) -> dict[str, str]:
        """What keys of a tenant are called, by their ids; those without a label are left out."""
        asked = select(ApiKey).where(ApiKey.tenant == tenant, col(ApiKey.id).in_(ids), ApiKey.label != "")
        async with AsyncSession(self._engine) as session:
            return {key.id: key.label for key in await session.exec(asked)}

    def _forget(self) -> None:
        self._checked = float("-inf")

    async def _check(self, fresh: float) -> None:
        """Reads the keys anew if they changed, unless somebody did while we waited for our turn."""
        async with self._turn:
            asked = monotonic()
            if asked - self._checked <= fresh:
                return
            try:
                # The state first: what changes in between makes the next state differ, and is read then.
                state = await self._reads.keys_state()
                if state != self._state:
                    keys = await self._reads.living_keys()
                    self._known = {
                        digest: Caller(tenant, key_id, RIGHTS_OF_KEY[Scope(scope)])
                        for digest, tenant, key_id, scope in keys
                    }
                    self._state = state
            except sqlite3.Error as error:
                raise LedgerUnwritable(f"keys cannot be read: {error}") from error
            self._checked = asked


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
