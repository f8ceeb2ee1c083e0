"""A proposal as its row, and every check that stands between a change of rules and its effect. Inside transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from moderation.own import digest_of
from service.ids import later
from service.review.urgency import DAY
from service.rights import RIGHTS_OF, Right, Role
from service.store import people_statements
from service.store import rule_statements as sql
from service.store.people_reads import User

if TYPE_CHECKING:
    from service.ports import Visit

OPEN, APPROVED, ACTIVE, ROLLED_BACK = "open", "approved", "active", "rolled_back"
REJECTED, WITHDRAWN = "rejected", "withdrawn"
ROLLBACK = "rollback"
"""The ground of an activation that goes back to what was active before."""
BY_PROPOSAL = "proposal"


class NoProposal(LookupError):
    """The tenant has no such proposal."""


class Refused(Exception):
    """A step that may not be taken. ``why`` is a machine code.

    state     the proposal is not where the step begins
    own       one approves what others wrote
    author    who wrote it is not theirs to revise or withdraw; or may not propose any more
    approver  who approved it may not approve any more
    caller    who asks may not do so any more
    bytes     what was looked at is not what stands
    base      another version has become active since
    shared    the shared rules have changed since
    hired     the author has made or changed the account of who approves, since the day before they proposed it
    nothing   the change changes nothing
    back      there is nothing to go back to
    running   another ruleset runs beside the active one
    """

    def __init__(self, why: str, proposal: str = "") -> None:
        super().__init__(why)
        self.why, self.proposal = why, proposal


class Row(NamedTuple):
    """A proposal, in the order of its columns."""

    id: str
    tenant: str
    version: int
    sha256: str
    base: int
    shared: str
    revision: int
    changes: str
    note: str
    author: str
    proposed_at: str
    state: str
    approver: str | None
    approved_at: str | None
    closed_by: str | None
    closed_at: str | None
    report: str | None


class Active(NamedTuple):
    """What is active, on what ground, by which proposal; and what was before. Version 0 stands for no own words."""

    version: int
    ground: str
    proposal: str
    before: int | None


def found(visit: Visit, tenant: str, proposal: str) -> Row:
    """The proposal as it is now. Raises ``NoProposal``."""
    rows = visit.rows(sql.PROPOSAL, proposal, tenant)
    if not rows:
        raise NoProposal(proposal)
    return Row(*rows[0])


def active(visit: Visit, tenant: str) -> Active:
    """What is active now."""
    rows = visit.rows(sql.ACTIVATIONS, tenant)
    if not rows:
        return Active(0, "", "", None)
    before = rows[1][0] if len(rows) > 1 else 0
    version, ground, proposal = rows[0]
    return Active(version, ground, proposal, before)


def may(visit: Visit, tenant: str, user: str) -> bool:
    """Whether somebody is a person of the tenant who may change its rules, at this moment."""
    rows = visit.rows(people_statements.USER, tenant, user)
    if not rows:
        return False
    person = User(*rows[0])
    return person.disabled_at is None and Right.RULES in RIGHTS_OF[Role(person.role)]


def check_caller(visit: Visit, tenant: str, user: str) -> None:
    """Raises ``Refused`` for whoever lost the right since their request began."""
    if not may(visit, tenant, user):
        raise Refused("caller")


def check_approval(visit: Visit, row: Row, user: str, sha256: str, shared: str) -> None:
    """Everything that has to hold when somebody approves. Raises ``Refused``."""
    check_caller(visit, row.tenant, user)
    if row.state != OPEN:
        raise Refused("state", row.id)
    if row.author == user:
        raise Refused("own", row.id)
    _check_bytes(visit, row, sha256, shared)
    if not may(visit, row.tenant, row.author):
        raise Refused("author", row.id)
    _check_hired(visit, row, user)


def check_activation(visit: Visit, row: Row, user: str, sha256: str, shared: str) -> None:
    """Everything that has to hold when a proposal becomes active: two people stand for these bytes. Raises ``Refused``.

    Asked again in the transaction that activates, whatever was true when it was approved.
    """
    check_caller(visit, row.tenant, user)
    if row.state != APPROVED or row.approver is None:
        raise Refused("state", row.id)
    if row.approver == row.author:
        raise Refused("own", row.id)
    _check_bytes(visit, row, sha256, shared)
    if not may(visit, row.tenant, row.author):
        raise Refused("author", row.id)
    if not may(visit, row.tenant, row.approver):
        raise Refused("approver", row.id)
    _check_hired(visit, row, row.approver)


def _check_hired(visit: Visit, row: Row, user: str) -> None:
    """That whoever approves is nobody whom the author has made able to, or whose password they have set, just now."""
    if visit.rows(sql.CHANGED_BY, user, later(row.proposed_at, -DAY), row.author):
        raise Refused("hired", row.id)


def _check_bytes(visit: Visit, row: Row, sha256: str, shared: str) -> None:
    """That what is approved is what was looked at, what stands in the database, and what it was made on."""
    (files, digest) = visit.rows(sql.FILES, row.tenant, row.version)[0]
    if not sha256 == row.sha256 == digest == digest_of(orjson.loads(files)):
        raise Refused("bytes", row.id)
    if active(visit, row.tenant).version != row.base:
        raise Refused("base", row.id)
    if row.shared != shared:
        raise Refused("shared", row.id)
