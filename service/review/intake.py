"""What people outside say of a content: reports and complaints, filed in a visit on the item that they add to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from moderation.types import Author, Content, Part, Scene
from service.acts import REPORT_FILED, Act
from service.filing import kept
from service.ids import from_stamp, later, new_id
from service.ports import Write
from service.review.rows import Judged, New, NotThere, Row, opened, take
from service.review.rulings import COMPLAINT
from service.review.states import HOUSE, Move, State, Step
from service.review.urgency import MOST_REPORTS, credit, priority
from service.store import desk_statements as desk
from service.store import statements

if TYPE_CHECKING:
    from collections.abc import Container

    from service.ports import Visit
    from service.review.urgency import Deadlines

CONTENT, REPORT = "content", "report"
PARTS: Final = ("detail", "order_id", "evidence")
"""What of a report is words."""
_WEIGHED: Final = 20 * MOST_REPORTS
"""So many reports of a round are weighed at most; by then they move the item as far as reports can."""


class Said(NamedTuple):
    """What somebody says of a content, in their pipeline's words. ``reason`` is a code; the rest may be empty."""

    kind: str
    content_id: str
    by: str
    reason: str
    detail: str = ""
    order_id: str = ""
    evidence: str = ""


class Filed(NamedTuple):
    """Where it went: its id, and whether it is new. The same person's second report of a round is the first one."""

    id: str
    fresh: bool


def file(visit: Visit, tenant: str, said: Said, deadlines: Deadlines, known: Container[str]) -> Filed:
    """Files it on the item of its target. ``known`` are the category codes, which a reason may be one of.

    Raises ``NotThere`` for a content that was never judged, ``ValueError`` for words that cannot be stored.
    """
    judged = _judged(visit, tenant, said.content_id)
    if said.reason in known and not judged.category:
        judged = judged._replace(category=said.reason)
    row = _item(visit, tenant, said, judged, deadlines)
    if twice := visit.rows(desk.REPORT_BY, row.id, row.round, said.by):
        return Filed(twice[0][0], fresh=False)
    return Filed(_write(visit, row, said), fresh=True)


def weight(upheld: int, rejected: int) -> float:
    """What the next report of somebody is worth: the share of theirs that was upheld, one of each taken for granted."""
    return (upheld + 1) / (upheld + rejected + 2)


def _judged(visit: Visit, tenant: str, content_id: str) -> Judged:
    heads = visit.rows(statements.heads(1), tenant, content_id)
    if not heads or heads[0][6] is None:
        raise NotThere(content_id)
    content, decision = heads[0][2], heads[0][6]
    ((scene, severity, verdict),) = visit.rows(desk.JUDGED, decision)
    categories = orjson.loads(verdict).get("categories", ())
    return Judged(content, decision, scene, next(iter(categories), ""), severity)


def _item(visit: Visit, tenant: str, said: Said, judged: Judged, deadlines: Deadlines) -> Row:
    """The open item that it belongs to: the content's own where that is open, one for what people say otherwise."""
    items = {row.kind: row for row in (Row(*found) for found in visit.rows(desk.REVIEWS_OF, tenant, said.content_id))}
    own = items.get(CONTENT)
    if said.kind == REPORT and own is not None and own.state != State.CLOSED:
        return own
    reach = own.reach if own else 0
    row = items.get(said.kind)
    due = later(visit.at, deadlines.due[Scene(judged.scene)])
    if row is None:
        new = New(tenant, said.kind, said.content_id, judged, reach, due)
        return opened(visit, new, {"content": said.content_id})
    if row.state != State.HELD:  # nobody is looking at it, so it may become about the newest version
        row = row._replace(**judged._asdict())
    if row.state == State.CLOSED:
        row = take(visit, row, Move(Step.REOPEN, HOUSE, visit.at, due_at=due))
        key = priority(due, credit(row.severity, reach))
        return row._replace(reach=reach, reports=0, opened_at=visit.at, priority=key)
    return row


def _write(visit: Visit, row: Row, said: Said) -> str:
    """The report itself, and what it makes of its item: one report more, and perhaps more urgent."""
    id_, tenant = new_id(), row.tenant
    words = _words(row, said, visit.at)
    text = kept(tenant, f"{said.kind}-{id_}", words, visit.at) if words else None
    facts = {"kind": said.kind, "reason": said.reason, "review": row.id, "round": row.round}
    if text is not None:
        facts["text"] = text.facts
    key = min(row.priority, _hurried(visit, row, said))
    frame = (row.content, row.decision, row.scene, row.category, row.severity, row.reach, row.reports + 1, key)
    report = (id_, tenant, said.kind, row.id, row.round, said.by, said.reason, visit.at, int(text is not None))
    visit.record(
        Act(REPORT_FILED, id_, tenant, facts),
        Write(desk.REFRAME_REVIEW, (*frame, row.opened_at, row.id)),
        *([text.row] if text else ()),
        Write(desk.INSERT_REPORT, report),
    )
    return id_


def _hurried(visit: Visit, row: Row, said: Said) -> str:
    """How urgent the reports of this round make an item, this one among them.

    Complaints wait their turn; what is overdue comes first as it is.
    """
    if said.kind == COMPLAINT or row.due_at is None:
        return row.priority
    ((weighed,),) = visit.rows(desk.WEIGHT, row.id, row.round, _WEIGHED)
    own = visit.rows(desk.WEIGHT_OF, row.tenant, said.by)
    return priority(row.due_at, credit(row.severity, row.reach, weighed + (own[0][0] if own else weight(0, 0))))


def _words(row: Row, said: Said, at: str) -> Content | None:
    """What they wrote, as a content of theirs."""
    parts = tuple(Part(name, text) for name in PARTS if (text := getattr(said, name)))
    if not parts:
        return None
    return Content(scene=Scene(row.scene), parts=parts, at=from_stamp(at), author=Author(id=said.by))
