"""Review items inside a visit: read the row, take a step by ``states``, record the act that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.types import Author, Content, Part, Scene
from service.acts import REVIEW_OPENED, Act
from service.filing import kept
from service.ids import from_stamp, new_id
from service.ports import Write
from service.review.states import FIRST, HOUSE, Item, Move, NotAllowed, State, Step, after, refused
from service.review.urgency import credit, overdue, priority
from service.store import desk_statements as desk
from service.store import statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.filing import Kept
    from service.ports import Visit
    from service.review.states import Person


APPEAL = "appeal"


class NotThere(LookupError):
    """The tenant has no such item, content or report."""


class Row(NamedTuple):
    """A row of ``reviews``, in the order of its columns."""

    id: str
    tenant: str
    kind: str
    target: str
    content: int
    decision: str
    scene: str
    category: str
    severity: int
    reach: int
    reports: int
    state: str
    level: int
    round: int
    token: int
    priority: str
    opened_at: str
    due_at: str | None = None
    breached_at: str | None = None
    holder: str | None = None
    lease_until: str | None = None
    closed_at: str | None = None
    closed_by: str | None = None
    outcome: str | None = None

    @property
    def item(self) -> Item:
        """What of it its life depends on."""
        return Item(
            self.id,
            _STATES[self.state],
            self.level,
            self.round,
            self.token,
            self.holder,
            self.lease_until,
            self.due_at,
            self.breached_at,
            self.closed_at,
            self.closed_by,
        )


class Judged(NamedTuple):
    """What a version of a content was judged to be: columns of its item."""

    content: int
    decision: str
    scene: str
    category: str
    severity: int


class New(NamedTuple):
    """An item to open: what it is about, how many that may reach, for whom it is and by when."""

    tenant: str
    kind: str
    target: str
    judged: Judged
    reach: int
    due_at: str
    level: int = FIRST


_STATES: Final = {state.value: state for state in State}


class Conflict(Exception):
    """A step that cannot be taken, as ``states.NotAllowed`` says why, and the item as it is."""

    def __init__(self, why: str, row: Row) -> None:
        super().__init__(why)
        self.why, self.row = why, row


def found(visit: Visit, tenant: str, review: str) -> Row:
    """The item of a tenant. Raises ``NotThere``."""
    rows = visit.rows(desk.REVIEW, review, tenant)
    if not rows:
        raise NotThere(review)
    return Row(*rows[0])


def opened(visit: Visit, new: New, facts: Mapping[str, object]) -> Row:
    """Opens an item that waits in its first round. ``facts`` are what its act tells besides."""
    judged, at = new.judged, visit.at
    row = Row(
        id=new_id(),
        tenant=new.tenant,
        kind=new.kind,
        target=new.target,
        **judged._asdict(),
        reach=new.reach,
        reports=0,
        state=State.WAITING.value,
        level=new.level,
        round=1,
        token=1,
        priority=priority(new.due_at, credit(judged.severity, new.reach)),
        opened_at=at,
        due_at=new.due_at,
    )
    told_ = {**facts, "decision": row.decision, "kind": row.kind, "round": row.round}
    values = (at, *row[: Row._fields.index("opened_at")], row.due_at)
    visit.record(Act(REVIEW_OPENED, row.id, row.tenant, told_), Write(statements.insert("reviews", 1), values))
    return row


def moved(row: Row, move: Move, *, outcome: str | None = None) -> Row:
    """The row after a step. Raises ``Conflict``."""
    try:
        item = after(row.item, move)
    except NotAllowed as refused:
        raise Conflict(refused.why, row) from None
    return Row(  # by place: a batch makes many, and to replace by name takes thrice as long
        row.id,
        row.tenant,
        row.kind,
        row.target,
        row.content,
        row.decision,
        row.scene,
        row.category,
        row.severity,
        row.reach,
        row.reports,
        item.state.value,
        item.level,
        item.round,
        item.token,
        overdue(row.priority) if move.step is Step.BREACH else row.priority,
        row.opened_at,
        item.due_at,
        item.breached_at,
        item.holder,
        item.lease_until,
        item.closed_at,
        item.closed_by,
        outcome,
    )


def take(visit: Visit, row: Row, move: Move, *, outcome: str | None = None, note: str = "") -> Row:
    """Takes a step and records it; gives the row as it is then. ``note`` is what the person wrote beside it.

    Raises ``Conflict``.
    """
    new = moved(row, move, outcome=outcome)
    facts = told(new, move)
    act = Act(move.step.act, row.id, row.tenant, facts)
    if move.step is Step.HEARTBEAT:
        visit.record(act, Write(desk.EXTEND_REVIEW, (new.lease_until, row.id, row.token)))
        return new
    words = _noted(visit, row, move.who, note) if note else None
    if words is not None:
        facts["note"] = words.facts
    skip = (row.id, row.round, move.who.id)
    visit.record(
        act,
        Write(desk.MOVE_REVIEW, _columns(new, row.token)),
        *([Write(desk.INSERT_SKIP, skip, must_change=False)] if move.step is Step.SKIP else ()),
        *([words.row, Write(desk.INSERT_NOTE, (row.id, move.who.id))] if words else ()),
    )
    return new


def take_all(visit: Visit, rows: Sequence[Row], move: Move) -> list[Row]:
    """Takes the same step with several items at once; gives them as they are then. Raises ``Conflict``."""
    new = [moved(row, move) for row in rows]
    acts = [Act(move.step.act, row.id, row.tenant, told(row, move)) for row in new]
    columns = [_columns(after_, row.token) for after_, row in zip(new, rows, strict=True)]
    visit.record_many(acts, desk.MOVE_REVIEW, columns)
    return new


def give_back(visit: Visit, tenant: str, person: Person) -> None:
    """Gives back all that somebody holds, unless they are signed in somewhere."""
    rows = [Row(*one) for one in visit.rows(desk.LEFT_BY, tenant, person.id, visit.at)]
    move = Move(Step.RELEASE, person, visit.at)
    take_all(visit, [row for row in rows if not refused(row.item, move)], move)


def _columns(new: Row, token: int) -> tuple[str | int | None, ...]:
    """The values of ``MOVE_REVIEW`` for an item that had this token."""
    place = (new.state, new.level, new.round, new.token, new.priority, new.due_at, new.breached_at)
    return (*place, new.holder, new.lease_until, new.closed_at, new.closed_by, new.outcome, new.id, token)


def _noted(visit: Visit, row: Row, who: Person, note: str) -> Kept:
    part = Part("note", note)
    words = Content(scene=Scene(row.scene), parts=(part,), at=from_stamp(visit.at), author=Author(id=who.id))
    return kept(row.tenant, f"note-{new_id()}", words, visit.at)


def told(row: Row, move: Move) -> dict[str, object]:
    """What an act tells of a step: whose, about what, and the token that the item has from then on."""
    facts: dict[str, object] = {
        "decision": row.outcome or row.decision,
        "kind": row.kind,
        "level": row.level,
        "round": row.round,
        "token": row.token,
    }
    if row.kind != APPEAL:  # whose target is the decision that it is about
        facts["content"] = row.target
    if move.who is not HOUSE:
        facts["by"] = move.who.id
    return facts
