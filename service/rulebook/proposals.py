"""Changes of a tenant's rules: proposed by one person, approved by another, active; and back. Each step is one visit.

What a step rests on is asked in the transaction that takes it: who may, who wrote it, which bytes, what is active. The
store holds the same by triggers (migration 0011), so that a fault here does not become a rule that one person made.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson

from moderation.change import changed
from moderation.types import SHANGHAI
from service.acts import (
    LEXICON_ACTIVATED,
    PROPOSAL_ACTIVATED,
    PROPOSAL_APPROVED,
    PROPOSAL_FILED,
    PROPOSAL_REHEARSED,
    PROPOSAL_REJECTED,
    PROPOSAL_REVISED,
    PROPOSAL_ROLLED_BACK,
    PROPOSAL_WITHDRAWN,
    Act,
)
from service.ids import new_id
from service.ports import Write
from service.rulebook import rows
from service.rulebook.rows import Refused, Row
from service.store import rule_statements as sql
from service.store import statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.change import Change
    from service.keys import Caller
    from service.ledger import Ledger
    from service.lexicons import Lexicons
    from service.ports import Visit
    from service.rulebook.catalogue import Catalogue
    from service.rules import Rules
    from service.store.reads import LexiconInfo

EMPTY: Final = {"policy.toml": "# Nothing is left of what this tenant had of its own.\n"}
"""The files of a change after which nothing is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody proposes: changes of what is active, or whole files in its place. ``told`` is how it was put."""

    changes: Sequence[Change] = ()
    files: Mapping[str, str] | None = None
    note: str = ""
    told: Sequence[object] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A draft worked out: the files that it leads to, on which version, above which shared rules."""

    files: Mapping[str, str]
    base: int
    shared: str


class Proposals:
    """Keeps its ways to the ledger, to tenants' lexicons and to the rules."""

    def __init__(self, ledger: Ledger, lexicons: Lexicons, rules: Rules, catalogue: Catalogue) -> None:
        self._ledger, self._lexicons, self._rules, self._catalogue = ledger, lexicons, rules, catalogue

    async def worked_out(self, tenant: str, draft: Draft) -> Candidate:
        """The files that a draft leads to. Raises ``moderation.change.Unfit`` and ``Refused`` (``nothing``)."""
        base = (await self._lexicons.of(tenant)).active
        old = await self._lexicons.files(tenant, base)
        shared = self._rules.engine.ruleset
        if draft.files is not None:
            files = dict(draft.files)
        else:
            index = await self._catalogue.of(shared)
            day = datetime.now(UTC).astimezone(SHANGHAI).date()
            files = await asyncio.to_thread(changed, old, draft.changes, shared, find=index.terms, day=day)
        files = files or EMPTY
        if files == (old or EMPTY):
            raise Refused("nothing")
        return Candidate(files=files, base=base, shared=shared.fingerprint)

    async def propose(self, caller: Caller, draft: Draft) -> str:
        """Files a proposal; gives its id, which is that of the same one where that is still open.

        Raises ``Unfit``, ``Refused``, ``LoadErrors`` and ``ValueError`` (note).
        """
        candidate = await self.worked_out(caller.tenant, draft)
        info = await self._lexicons.file(caller.tenant, candidate.files, by=caller.id, note=draft.note)
        id_, told = new_id(), orjson.dumps(draft.told).decode()

        def work(visit: Visit) -> str:
            rows.check_caller(visit, caller.tenant, caller.id)
            if rows.active(visit, caller.tenant).version != candidate.base:
                raise Refused("base")
            facts = {"base": candidate.base, "by": caller.id, "revision": 1, **_bytes(info, candidate)}
            at_stake = (info.version, info.sha256, candidate.base, candidate.shared)
            said = (caller.tenant, *at_stake, told, draft.note, caller.id)
            if known := visit.rows(sql.PROPOSED, *said):
                return str(known[0][0])
            visit.record(
                Act(PROPOSAL_FILED, id_, caller.tenant, facts), Write(sql.INSERT_PROPOSAL, (id_, *said, visit.at))
            )
            return id_

        return await self._ledger.visit(work)

    async def revise(self, caller: Caller, proposal: str, draft: Draft) -> None:
        """Puts other bytes in the place of one's own proposal; an approval of the old ones ends.

        Raises as ``propose`` does, and ``NoProposal``.
        """
        candidate = await self.worked_out(caller.tenant, draft)
        info = await self._lexicons.file(caller.tenant, candidate.files, by=caller.id, note=draft.note)
        told = orjson.dumps(draft.told).decode()

        def work(visit: Visit) -> None:
            row = rows.found(visit, caller.tenant, proposal)
            rows.check_caller(visit, row.tenant, caller.id)
            _check_author(row, caller.id)
            if rows.active(visit, caller.tenant).version != candidate.base:
                raise Refused("base", row.id)
            facts = {
                "base": candidate.base,
                "by": caller.id,
                "revision": row.revision + 1,
                **_bytes(info, candidate),
            }
            at_stake = (info.version, info.sha256, candidate.base, candidate.shared)
            values = (row.id, *at_stake, told, draft.note, visit.at, caller.id)
            visit.record(Act(PROPOSAL_REVISED, row.id, row.tenant, facts), Write(sql.REVISE_PROPOSAL, values))

        await self._ledger.visit(work)

    async def approve(self, caller: Caller, proposal: str, sha256: str) -> None:
        """Stands as the second person for exactly these bytes. Raises ``NoProposal`` and ``Refused``."""
        shared = self._rules.engine.ruleset.fingerprint

        def work(visit: Visit) -> None:
            row = rows.found(visit, caller.tenant, proposal)
            rows.check_approval(visit, row, caller.id, sha256, shared)
            facts = {"author": row.author, "by": caller.id, "revision": row.revision, "sha256": row.sha256}
            values = (row.id, caller.id, visit.at, sha256)
            visit.record(Act(PROPOSAL_APPROVED, row.id, row.tenant, facts), Write(sql.APPROVE_PROPOSAL, values))

        await self._ledger.visit(work)

    async def reject(self, caller: Caller, proposal: str) -> None:
        """Ends a proposal of somebody else. Raises ``NoProposal`` and ``Refused``."""
        await self._close(caller, proposal, rows.REJECTED, PROPOSAL_REJECTED)

    async def withdraw(self, caller: Caller, proposal: str) -> None:
        """Ends one's own proposal. Raises ``NoProposal`` and ``Refused``."""
        await self._close(caller, proposal, rows.WITHDRAWN, PROPOSAL_WITHDRAWN)

    async def _close(self, caller: Caller, proposal: str, state: str, kind: str) -> None:
        def work(visit: Visit) -> None:
            row = rows.found(visit, caller.tenant, proposal)
            rows.check_caller(visit, row.tenant, caller.id)
            if row.state not in {rows.OPEN, rows.APPROVED}:
                raise Refused("state", row.id)
            if (row.author == caller.id) is (state == rows.REJECTED):
                raise Refused("own" if state == rows.REJECTED else "author", row.id)
            values = (row.id, state, caller.id, visit.at, row.state)
            act = Act(kind, row.id, row.tenant, {"by": caller.id, "revision": row.revision})
            visit.record(act, Write(sql.CLOSE_PROPOSAL, values))

        await self._ledger.visit(work)

    async def activate(self, caller: Caller, proposal: str, sha256: str) -> int:
        """Judges by an approved proposal from now on; gives its version. It holds once this returns.

        Raises ``NoProposal``, ``Refused``, and ``LoadErrors`` where it cannot stand on the shared rules as they are.
        """
        tenant, shared = caller.tenant, self._rules.engine.ruleset.fingerprint

        def looked(visit: Visit) -> Row:
            row = rows.found(visit, tenant, proposal)
            rows.check_activation(visit, row, caller.id, sha256, shared)
            return row

        row = await self._ledger.visit(looked)
        await self._rules.compiled(await self._lexicons.files(tenant, row.version))

        def work(visit: Visit) -> int:
            row = looked(visit)
            assert row.approver is not None
            facts = {"approver": row.approver, "author": row.author, "by": caller.id, "sha256": row.sha256}
            told = {
                "before": row.base,
                "by": caller.id,
                "ground": rows.BY_PROPOSAL,
                "proposal": row.id,
                "version": row.version,
            }
            # The activation first: its trigger asks for an approved proposal.
            visit.record(
                Act(LEXICON_ACTIVATED, f"{tenant}/{row.version}", tenant, told),
                Write(
                    statements.ACTIVATE_LEXICON,
                    (tenant, row.version, caller.id, visit.at, rows.BY_PROPOSAL, row.id),
                ),
            )
            values = (row.id, rows.ACTIVE, caller.id, visit.at, rows.APPROVED)
            visit.record(Act(PROPOSAL_ACTIVATED, row.id, tenant, facts), Write(sql.CLOSE_PROPOSAL, values))
            return row.version

        version = await self._ledger.visit(work)
        await self._rules.catch_up()
        return version

    async def roll_back(self, caller: Caller, active: int) -> int:
        """Goes back to what was active before ``active``, alone and at once; gives that version.

        Only one step, and only back: what comes after needs two people again. Raises ``Refused`` and ``LoadErrors``.
        """
        tenant = caller.tenant

        def looked(visit: Visit) -> rows.Active:
            rows.check_caller(visit, tenant, caller.id)
            now = rows.active(visit, tenant)
            if now.version != active:
                raise Refused("base")
            if now.before is None or now.ground == rows.ROLLBACK:
                raise Refused("back")
            return now

        now = await self._ledger.visit(looked)
        await self._rules.compiled(await self._lexicons.files(tenant, now.before or 0))

        def work(visit: Visit) -> int:
            now = looked(visit)
            back = now.before or 0
            told = {"before": now.version, "by": caller.id, "ground": rows.ROLLBACK, "version": back}
            row = (tenant, back or None, caller.id, visit.at, rows.ROLLBACK, None)
            visit.record(
                Act(LEXICON_ACTIVATED, f"{tenant}/{back}", tenant, told), Write(statements.ACTIVATE_LEXICON, row)
            )
            if now.proposal:
                values = (now.proposal, rows.ROLLED_BACK, caller.id, visit.at, rows.ACTIVE)
                act = Act(PROPOSAL_ROLLED_BACK, now.proposal, tenant, {"by": caller.id})
                visit.record(act, Write(sql.CLOSE_PROPOSAL, values))
            return back

        version = await self._ledger.visit(work)
        await self._rules.catch_up()
        return version

    async def keep_report(self, caller: Caller, proposal: str, sha256: str, report: Mapping[str, object]) -> bool:
        """Keeps what a proposal would change, for whoever approves it; not where its bytes are others by now."""

        def work(visit: Visit) -> bool:
            row = rows.found(visit, caller.tenant, proposal)
            if row.sha256 != sha256 or row.state not in {rows.OPEN, rows.APPROVED}:
                return False
            facts = {"by": caller.id, "judged": report["judged"], "moved": report["moved"], "sha256": sha256}
            values = (row.id, orjson.dumps(report).decode(), sha256)
            visit.record(Act(PROPOSAL_REHEARSED, row.id, row.tenant, facts), Write(sql.REPORT_PROPOSAL, values))
            return True

        return await self._ledger.visit(work)


def _bytes(info: LexiconInfo, candidate: Candidate) -> dict[str, object]:
    return {"sha256": info.sha256, "shared": candidate.shared, "version": info.version}


def _check_author(row: Row, user: str) -> None:
    if row.state not in {rows.OPEN, rows.APPROVED}:
        raise Refused("state", row.id)
    if row.author != user:
        raise Refused("author", row.id)
