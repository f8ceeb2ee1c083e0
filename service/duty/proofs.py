"""Proofs on file: what proves which claims, whose report it is, over which period and scope, and how long it holds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from moderation.types import Proof
from service.acts import PROOF_ENDED, PROOF_FILED, Act
from service.duty.words import parts_of, written
from service.filing import committed
from service.ids import new_id
from service.ports import Write
from service.store import duty_statements as sql
from service.vault import opened_salt

if TYPE_CHECKING:
    from collections.abc import Iterable

    import aiosqlite

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

CLAIM: Final = "claim"
LAST: Final = ("~", "~")
"""Sorts behind every time and id."""


class NewProof(NamedTuple):
    """What somebody files. ``file`` is the SHA-256 of the document in hex; both days belong to its time."""

    claims: tuple[str, ...]
    file: str
    source: str
    period: str = ""
    scope: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class OnFile(NamedTuple):
    """A proof as it is on file. ``value`` is what the court takes; ``filed_at`` is RFC 3339 UTC."""

    value: Proof
    file: str
    source: str
    period: str
    scope: str
    by: str
    filed_at: str
    ended_at: str | None

    def state(self, day: date) -> str:
        """``valid``, ``coming``, ``expired`` or ``withdrawn``."""
        if self.ended_at is not None:
            return "withdrawn"
        if self.value.holds(day):
            return "valid"
        return "coming" if self.value.begins and day < self.value.begins else "expired"


class UnknownProof(LookupError):
    """A proof that the tenant does not have, or that was withdrawn."""


class Proofs:
    """Keeps its ways to the database."""

    def __init__(self, ledger: Ledger, connection: aiosqlite.Connection) -> None:
        self._ledger, self._connection = ledger, connection

    async def file(self, caller: Caller, new: NewProof) -> str:
        """Files a proof; gives its id. What stands already in the same words is not filed twice.

        Raises ``ValueError`` for words that cannot be stored.
        """
        id_ = new_id()
        words = [*((CLAIM, claim) for claim in new.claims)]
        words += [("source", new.source), ("period", new.period), ("scope", new.scope)]

        def work(visit: Visit) -> str:
            text = written(caller, f"proof-{id_}", words, visit.at)
            first = new.valid_from.isoformat() if new.valid_from else None
            last = new.valid_to.isoformat() if new.valid_to else None
            for known, salt, commitment in visit.rows(sql.PROOFS_LIKE, caller.tenant, new.file, first, last, caller.id):
                if committed(opened_salt(salt), text.row.body) == commitment:
                    return str(known)
            facts = {"by": caller.id, "file": new.file, "text": text.facts, "valid_to": last or ""}
            visit.record(
                Act(PROOF_FILED, id_, caller.tenant, facts),
                text.row,
                Write(sql.INSERT_PROOF, (id_, caller.tenant, new.file, first, last, caller.id, visit.at)),
            )
            return id_

        return await self._ledger.visit(work)

    async def end(self, caller: Caller, proof: str) -> None:
        """Withdraws a proof: nothing is exempt by it any more. Raises ``UnknownProof``."""

        def work(visit: Visit) -> None:
            if not visit.rows(sql.PROOF_STANDS, proof, caller.tenant):
                raise UnknownProof(proof)
            act = Act(PROOF_ENDED, proof, caller.tenant, {"by": caller.id})
            visit.record(act, Write(sql.END_PROOF, (visit.at, proof, caller.tenant)))

        await self._ledger.visit(work)

    async def one(self, tenant: str, proof: str) -> OnFile | None:
        """One proof of a tenant."""
        rows = await self._connection.execute_fetchall(sql.PROOF, (proof, tenant))
        return next((_on_file(*row) for row in rows), None)

    async def standing(self, tenant: str, ids: Iterable[str]) -> dict[str, OnFile]:
        """Those of a tenant with these ids that were not withdrawn, by their ids."""
        asked = list(ids)
        if not asked:
            return {}
        rows = await self._connection.execute_fetchall(sql.PROOFS_NAMED, (tenant, orjson.dumps(asked).decode()))
        return {proof.value.id: proof for proof in (_on_file(*row) for row in rows) if proof.ended_at is None}

    async def listed(self, tenant: str, *, before: tuple[str, str] = LAST, limit: int) -> list[OnFile]:
        """The proofs of a tenant, newest first; ``before`` is time and id of the last one seen."""
        rows = await self._connection.execute_fetchall(sql.PROOFS, (tenant, *before, limit))
        return [_on_file(*row) for row in rows]

    async def named(self, tenant: str, ids: Iterable[str]) -> list[OnFile]:
        """Those of a tenant with these ids that were not withdrawn, in that order. Raises ``UnknownProof``."""
        asked = list(dict.fromkeys(ids))
        found = await self.standing(tenant, asked)
        if missing := next((one for one in asked if one not in found), None):
            raise UnknownProof(missing)
        return [found[one] for one in asked]


def _on_file(  # noqa: PLR0913, PLR0917 - the columns of a row
    id_: str,
    body: bytes,
    file: str,
    valid_from: str | None,
    valid_to: str | None,
    by: str,
    filed_at: str,
    ended_at: str | None,
) -> OnFile:
    parts = parts_of(body)
    words = dict(parts)
    begins, expires = (date.fromisoformat(day) if day else None for day in (valid_from, valid_to))
    claims = tuple(text for name, text in parts if name == CLAIM)
    value = Proof(id=id_, claims=claims, begins=begins, expires=expires)
    source, period, scope = (words.get(name, "") for name in ("source", "period", "scope"))
    return OnFile(value, file, source, period, scope, by, filed_at, ended_at)
