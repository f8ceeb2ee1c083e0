"""The blind second review, in a visit: it is opened beside a decision, and answered by somebody who does not know it.

The first decision stands meanwhile. Who agrees closes the item, and nothing else happens; who does not sends it to a
senior, whose word then stands. Nobody decides the same twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from service.acts import REVIEW_OPENED, SAMPLE_ANSWERED, SAMPLE_ENDED, SAMPLE_OPENED, Act
from service.filing import ENGINE
from service.ids import later, new_id
from service.ports import Write
from service.review import appeals, rulings
from service.review.checks import agree, is_blind, said_by
from service.review.rows import APPEAL, Conflict, Row, found, moved, take
from service.review.states import HOUSE, SENIOR, Move, State, Step
from service.review.urgency import UNDATED, credit, priority
from service.store import appeal_statements as sql
from service.store import desk_statements as desk
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from service.ports import Visit
    from service.review.checks import Checks
    from service.review.rulings import Book, Ruling
    from service.review.states import Person

SAMPLE = "sample"


class Sample(NamedTuple):
    """A row of ``samples``, without its tenant."""

    review: str
    round: int
    category: str
    first: str
    first_by: str
    first_said: str
    opened_at: str
    checked: str
    checked_round: int
    second_by: str | None
    second_said: str | None
    agreed: int | None
    settled_at: str | None


def barred(visit: Visit, row: Row, person: Person) -> bool:
    """Whether somebody may not decide a second time: they did before, or could know how it was decided."""
    if row.kind != SAMPLE:
        return False
    sample = _sample(visit, row)
    if not is_blind(person.rights) or person.id in {sample.first_by, sample.second_by}:
        return True
    return appeals.is_own(visit, found(visit, row.tenant, sample.checked), person.id)


def opened(visit: Visit, row: Row, who: Person, ruling: Ruling, checks: Checks) -> None:
    """Opens the second review of an item that was just decided, where one is due. ``row`` is the item, closed."""
    if not checks.sampled(row.kind, row.severity, row.id, row.round):
        return
    first = rulings.standing(visit, row.tenant, row.content)
    item, frame = _item(visit, row, first.content.id)
    told = orjson.dumps(said_by(ruling)).decode()
    facts = {"category": row.category, "checked": row.id, "first": first.id, "first_by": who.id, "round": item.round}
    facts["said"] = told
    place = (item.id, item.round, row.tenant, row.category)
    values = (*place, first.id, who.id, told, visit.at, row.id, row.round)
    visit.record(Act(SAMPLE_OPENED, item.id, row.tenant, facts), *frame, Write(quality.INSERT_SAMPLE, values))


def _item(visit: Visit, row: Row, target: str) -> tuple[Row, list[Write]]:
    """The item of kind ``sample`` for the target of another: new, or opened again and then to be framed anew."""
    key = priority(later(visit.at, UNDATED), credit(row.severity, row.reach))
    frame = (row.content, row.decision, row.scene, row.category, row.severity, row.reach)
    known = visit.rows(quality.SAMPLE_OF, row.tenant, target)
    if not known:
        id_ = new_id()
        facts = {"content": target, "decision": row.decision, "kind": SAMPLE, "round": 1}
        values = (id_, row.tenant, target, *frame, key, visit.at)
        visit.record(Act(REVIEW_OPENED, id_, row.tenant, facts), Write(quality.INSERT_SAMPLE_REVIEW, values))
        return found(visit, row.tenant, id_), []
    item = found(visit, row.tenant, known[0][0])
    if item.state != State.CLOSED:
        item = _ended(visit, item)
    item = take(visit, item, Move(Step.REOPEN, HOUSE, visit.at))
    return item, [Write(desk.REFRAME_REVIEW, (*frame, 0, key, visit.at, item.id))]


def _ended(visit: Visit, item: Row) -> Row:
    """Takes an open second review from the desk: what it was about no longer stands."""
    visit.record(
        Act(SAMPLE_ENDED, item.id, item.tenant, {"round": item.round, "why": "withdrawn"}),
        Write(quality.END_SAMPLE, (visit.at, item.id, item.round)),
    )
    return take(visit, item, Move(Step.WITHDRAW, HOUSE, visit.at))


def undone(visit: Visit, row: Row) -> None:
    """Before a first decision is taken back: nobody has to look at it again. Raises ``Conflict`` where one has."""
    for review, _, second_by in visit.rows(quality.OPENED_BY, row.id, row.round):
        if second_by is not None:
            raise Conflict("late", row)
        _ended(visit, found(visit, row.tenant, review))


def decide(visit: Visit, row: Row, move: Move, ruling: Ruling, book: Book) -> Row:
    """What somebody says of an item that was decided before. Raises ``Conflict`` and ``Unfounded``."""
    if wrong := ruling.wrong(row.kind):
        raise rulings.Unfounded(wrong)
    moved(row, move)
    if barred(visit, row, move.who):
        raise Conflict("barred", row)
    sample = _sample(visit, row)
    said = said_by(ruling)
    same = agree(tuple(orjson.loads(sample.first_said)), said)
    if sample.second_by is None:
        _answered(visit, row, move.who, said, same=same, final=same or row.level == SENIOR)
        if not same and row.level != SENIOR:
            return take(visit, row, move._replace(step=Step.ESCALATE), note=ruling.note)
    else:
        visit.record(
            Act(SAMPLE_ENDED, row.id, row.tenant, {"round": row.round, "why": "settled"}),
            Write(quality.END_SAMPLE, (visit.at, row.id, row.round)),
        )
    checked = found(visit, row.tenant, sample.checked)
    if same or _passed_over(visit, row, sample, checked):
        return take(visit, row, move, note=ruling.note)
    if checked.kind == APPEAL:
        return appeals.redecide(visit, row, move, ruling, book)
    rulings.resettle(visit, checked._replace(round=sample.checked_round), ruling)
    return rulings.decide(visit, row, move, ruling, book)


def _passed_over(visit: Visit, row: Row, sample: Sample, checked: Row) -> bool:
    """Whether somebody decided since. What the engine repeats is the same block, whose appeal is still to be judged."""
    newest = rulings.standing(visit, row.tenant, row.content)
    if newest.id == sample.first or checked.kind != APPEAL or newest.by != ENGINE:
        return newest.id != sample.first
    ((content, seq, _, _),) = visit.rows(sql.DECISION, sample.first, row.tenant)
    return bool(visit.rows(sql.CHANGED, content, seq))


def _answered(visit: Visit, row: Row, who: Person, said: tuple[str, ...], *, same: bool, final: bool) -> None:  # noqa: PLR0913
    told = orjson.dumps(said).decode()
    facts = {"agreed": same, "by": who.id, "round": row.round, "said": told, "settled": final}
    values = (who.id, told, int(same), visit.at if final else None, row.id, row.round)
    visit.record(Act(SAMPLE_ANSWERED, row.id, row.tenant, facts), Write(quality.ANSWER_SAMPLE, values))


def _sample(visit: Visit, row: Row) -> Sample:
    (one,) = visit.rows(quality.SAMPLE, row.id, row.round)
    return Sample(*one)
