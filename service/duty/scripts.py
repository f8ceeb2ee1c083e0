"""Host scripts: filed in versions, reported on, approved by somebody who did not write them; an edit voids that.

NotApprovable   the version cannot be approved, and why
UnknownScript   the tenant has no such script, or no such version
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import SCRIPT_APPROVED, SCRIPT_FILED, SCRIPT_VOIDED, Act
from service.duty.proofs import LAST
from service.duty.report import SCRIPT, Matter, Report, report
from service.duty.words import parts_of, written
from service.ids import new_id
from service.ports import Write
from service.review import notices
from service.store import duty_statements as sql

if TYPE_CHECKING:
    import aiosqlite

    from service.chamber import Chamber
    from service.duty.products import Products
    from service.duty.proofs import Proofs
    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Expert, Visit
    from service.rules import Rules

MOST_VERSIONS: Final = 100
TITLE: Final = "title"
NOTE: Final = "note"
REPORT: Final = "report"


class NewScript(NamedTuple):
    """What somebody files: an own name, or none for a new one; a title; the text; what it sells; what proves it."""

    script: str
    title: str
    text: str
    products: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()


class Version(NamedTuple):
    """A version as it stands. Times are RFC 3339 UTC; ``report`` is what its approver saw, as JSON, with their note."""

    id: str
    script: str
    version: int
    title: str
    text: str
    digest: str
    products: tuple[str, ...]
    proofs: tuple[str, ...]
    by: str
    filed_at: str
    approved_at: str | None
    approved_by: str | None
    voided_at: str | None
    report: str | None = None
    note: str = ""

    @property
    def approved(self) -> bool:
        """Whether its approval stands."""
        return self.approved_at is not None and self.voided_at is None


class Counted(NamedTuple):
    """What came of a report, as an approval remembers it: the ruleset, numbers, and all of it as JSON."""

    ruleset: str
    counts: dict[str, int]
    told: str


class UnknownScript(LookupError):
    """A script or a version that the tenant does not have."""


class NotApprovable(Exception):
    """``why``: ``digest`` (another text), ``superseded``, ``approved``, ``author``, ``note`` (blocked, no reason)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Scripts:
    """Keeps its ways to the database, to the rules and to the expert."""

    def __init__(  # noqa: PLR0913 - what a report is made with
        self,
        ledger: Ledger,
        connection: aiosqlite.Connection,
        *,
        rules: Rules,
        hearing: Expert | None,
        products: Products,
        proofs: Proofs,
        chamber: Chamber,
    ) -> None:
        self._ledger, self._connection = ledger, connection
        self._rules, self._hearing, self._products, self._proofs = rules, hearing, products, proofs
        self._chamber = chamber

    async def file(self, caller: Caller, new: NewScript) -> Version:
        """Files a version; the same text, products and proofs again are the version that stands.

        Raises ``UnknownProduct``, ``UnknownProof`` and ``ValueError`` for text that cannot be stored.
        """
        await self._products.named(caller.tenant, new.products)
        await self._proofs.named(caller.tenant, new.proofs)
        name = new.script or new_id()
        digest = digest_of(new)

        def work(visit: Visit) -> int:
            newest = visit.rows(sql.SCRIPT_NEWEST, caller.tenant, name)
            if newest and newest[0][1] == digest:
                return int(newest[0][0])
            version = newest[0][0] + 1 if newest else 1
            for id_, old in visit.rows(sql.STANDING_APPROVAL, caller.tenant, name):
                _void(visit, caller, (id_, name, old), version)
            id_ = new_id()
            words = written(caller, f"script-{id_}", [(TITLE, new.title), (SCRIPT, new.text)], visit.at)
            facts = {"by": caller.id, "digest": digest, "script": name, "text": words.facts, "version": version}
            listed = (orjson.dumps(new.products).decode(), orjson.dumps(new.proofs).decode())
            row = (id_, caller.tenant, name, version, digest, *listed, caller.id, visit.at)
            visit.record(
                Act(SCRIPT_FILED, id_, caller.tenant, facts),
                words.row,
                Write(sql.INSERT_SCRIPT, row),
            )
            return version

        version = await self._ledger.visit(work)
        return await self.version(caller.tenant, name, version)

    async def version(self, tenant: str, script: str, version: int | None = None) -> Version:
        """A version, the newest when none is named. Raises ``UnknownScript``."""
        asked = (sql.SCRIPT_LAST, (tenant, script)) if version is None else (sql.SCRIPT_AT, (tenant, script, version))
        found = [_version(*row) for row in await self._connection.execute_fetchall(*asked)]
        if not found:
            raise UnknownScript(script)
        return found[0]

    async def versions(self, tenant: str, script: str) -> list[Version]:
        """The versions of a script, newest first. Raises ``UnknownScript``."""
        rows = await self._connection.execute_fetchall(sql.SCRIPT_VERSIONS, (tenant, script, MOST_VERSIONS))
        found = [_version(*row) for row in rows]
        if not found:
            raise UnknownScript(script)
        return found

    async def listed(self, tenant: str, *, before: tuple[str, str] = LAST, limit: int) -> list[Version]:
        """The newest version of each script, what was filed last first; ``before`` is time and id of the last seen."""
        rows = await self._connection.execute_fetchall(sql.SCRIPTS, (tenant, *before, limit))
        return [_version(*row) for row in rows]

    async def approved(self, tenant: str, script: str) -> Version | None:
        """The version whose approval stands, if one does."""
        rows = await self._connection.execute_fetchall(sql.SCRIPT_APPROVED, (tenant, script))
        return next((_version(*row) for row in rows), None)

    async def report(self, tenant: str, version: Version) -> Report:
        """The report on a version by today's law, rules and proofs. A proof that was withdrawn counts for nothing."""
        products = await self._products.named(tenant, version.products)
        standing = await self._proofs.standing(tenant, version.proofs)
        proofs = [standing[name].value for name in version.proofs if name in standing]
        matter = Matter(version.text, products, proofs, datetime.now(UTC))
        does = partial(self._chamber.does, tenant)
        return await report(self._rules.engines.of(tenant), matter, self._hearing, does)

    async def approve(self, caller: Caller, version: Version, counted: Counted, *, digest: str, note: str) -> None:
        """A person approves exactly this text. Raises ``NotApprovable``."""

        def work(visit: Visit) -> None:
            rows = visit.rows(sql.SCRIPT_STATE, caller.tenant, version.script, version.version)
            id_, known, author, approved_at, newest = rows[0]
            if why := _refused(caller, digest == known, author, newest == version.version, approved_at is not None):
                raise NotApprovable(why)
            if counted.counts["block"] and not note:
                raise NotApprovable("note")
            words = written(caller, f"script-report-{id_}", [(REPORT, counted.told), (NOTE, note)], visit.at)
            facts = {
                "by": caller.id,
                "counts": counted.counts,
                "digest": digest,
                "ruleset": counted.ruleset,
                "script": version.script,
                "text": words.facts,
                "version": version.version,
            }
            visit.record(
                Act(SCRIPT_APPROVED, id_, caller.tenant, facts),
                words.row,
                Write(sql.APPROVE_SCRIPT, (visit.at, caller.id, id_)),
            )
            told = {"digest": digest, "script": version.script, "version": version.version}
            notices.tell(visit, Act(SCRIPT_APPROVED, new_id(), caller.tenant, told), wait=0)

        await self._ledger.visit(work)


def digest_of(new: NewScript) -> str:
    """The SHA-256, in hex, of all that an approval is bound to: text, title, products and proofs."""
    told = orjson.dumps([new.text, new.title, sorted(new.products), sorted(new.proofs)])
    return sha256(told).hexdigest()


def _refused(caller: Caller, same: bool, author: str, newest: bool, approved: bool) -> str:  # noqa: FBT001
    if not same:
        return "digest"
    if not newest:
        return "superseded"
    if approved:
        return "approved"
    return "author" if author == caller.id else ""


def _void(visit: Visit, caller: Caller, approved: tuple[str, str, int], version: int) -> None:
    id_, script, old = approved
    told = {"script": script, "version": old}
    facts = {**told, "by": caller.id, "edited": version}
    visit.record(Act(SCRIPT_VOIDED, id_, caller.tenant, facts), Write(sql.VOID_APPROVAL, (visit.at, id_)))
    notices.tell(visit, Act(SCRIPT_VOIDED, new_id(), caller.tenant, told), wait=0)


def _version(*row: Any) -> Version:
    id_, script, version, body, digest, products, proofs, by, filed_at, approved_at, approved_by, voided_at, seen = row
    words, told = dict(parts_of(body)), dict(parts_of(seen or b""))
    return Version(
        id_,
        script,
        version,
        words.get(TITLE, ""),
        words.get(SCRIPT, ""),
        digest,
        tuple(orjson.loads(products)),
        tuple(orjson.loads(proofs)),
        by,
        filed_at,
        approved_at,
        approved_by,
        voided_at,
        told.get(REPORT),
        told.get(NOTE, ""),
    )
