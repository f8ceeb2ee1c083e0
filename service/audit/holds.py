"""Holds: what keeps contents beyond their time, because somebody looks into them.

NoSuchHold   the tenant has no such hold
HoldWrong    a hold that cannot be placed; it names the field
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.acts import HOLD_LIFTED, HOLD_PLACED, Act
from service.ids import new_id, now
from service.ledger import Unchanged
from service.ports import Write
from service.store import vault_statements as sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from service.audit.reads import LogReads
    from service.ledger import Ledger
    from service.ports import Visit
    from service.vault import Vault

KINDS: Final = ("tenant", "content", "creator", "room")
_REASON: Final = 500


class NoSuchHold(LookupError):
    """The tenant has no such hold, or it was lifted."""


class HoldWrong(ValueError):
    """A hold that cannot be placed."""


class Overtaken(Exception):
    """Somebody placed or lifted a hold, or posted a text anew, while it was worked out what may go."""


class Hold(NamedTuple):
    """A hold, as the database has it."""

    id: str
    tenant: str
    kind: str
    value: str
    reason: str
    by: str
    placed_at: str
    lifted_at: str | None = None
    lifted_by: str | None = None

    def covers(self, tenant: str, content: str, told: dict[str, Any]) -> bool:
        """Whether it keeps a content."""
        if tenant != self.tenant:
            return False
        author = (told.get("author") or [None])[0]
        values = {"tenant": tenant, "content": content, "creator": author, "room": told.get("room")}
        return self.kind == "tenant" or values[self.kind] == self.value


class Holds:
    """Places, lifts and lists them."""

    def __init__(self, ledger: Ledger, reads: LogReads, vault: Vault) -> None:
        self._ledger, self._reads, self._vault = ledger, reads, vault

    async def place(self, tenant: str, kind: str, value: str, *, reason: str, by: str) -> Hold:
        """Places a hold; the same one again is the one that somebody has placed. Raises ``HoldWrong``."""
        nameless = kind != "tenant" and not value.strip()
        if kind not in KINDS or nameless or not reason.strip():
            raise HoldWrong("kind" if kind not in KINDS else "value" if nameless else "reason")
        hold = Hold(new_id(), tenant, kind, value, reason.strip()[:_REASON], by, now())

        def work(visit: Visit) -> Hold:
            if known := visit.rows(sql.HOLD_AS, *hold[1:6]):
                return Hold(*known[0])
            self._record(visit, hold, by=by)
            return hold

        return await self._ledger.visit(work)

    def place_lacking(self, visit: Visit, holds: Iterable[Hold], *, by: str) -> int:
        """Places those of some holds that the database lacks; gives how many."""
        lacking = [one for one in holds if visit.rows(sql.HOLD_LACKING, one.tenant, one.id)]
        for one in lacking:
            self._record(visit, one, by=by)
        return len(lacking)

    def _record(self, visit: Visit, hold: Hold, *, by: str) -> None:
        facts = {"by": by, "kind": hold.kind, "value": self._vault.mark(hold.tenant, hold.value).hex()}
        visit.record(Act(HOLD_PLACED, hold.id, hold.tenant, facts), Write(sql.INSERT_HOLD, hold[:7]))

    async def lift(self, tenant: str, hold: str, *, by: str) -> None:
        """Lifts a hold. Raises ``NoSuchHold``."""

        def work(visit: Visit) -> None:
            act = Act(HOLD_LIFTED, hold, tenant, {"by": by})
            visit.record(act, Write(sql.LIFT_HOLD, (visit.at, by, hold, tenant)))

        try:
            await self._ledger.visit(work)
        except Unchanged:
            raise NoSuchHold(hold) from None

    async def listed(self, tenant: str, *, before: str, limit: int) -> list[Hold]:
        """The holds of a tenant, newest first, lifted ones too."""
        return [Hold(*row) for row in await asyncio.to_thread(self._reads.rows, sql.HOLDS, tenant, before, limit)]

    def in_force(self) -> list[Hold]:
        """The holds of all tenants that nobody has lifted. Reads."""
        return [Hold(*row) for row in self._reads.rows(sql.HOLDING)]


def same(visit: Visit, holds: Iterable[Hold]) -> None:
    """Raises ``Overtaken`` where these are not the holds that are in force now."""
    if {Hold(*row) for row in visit.rows(sql.HOLDING)} != {*holds}:
        raise Overtaken


def held(holds: Iterable[Hold], tenant: str, content: str, told: dict[str, Any]) -> bool:
    """Whether one of some holds keeps a content."""
    return any(hold.covers(tenant, content, told) for hold in holds)
