"""Appeals against blocks, in visits: filed once in their term, decided by another person; and what becomes final.

Whoever decided a content in any of its versions cannot take or decide an appeal about it (``own``). Where the
content has a creator, only they appeal. To uphold changes nothing about the decision and confirms the block; to
overturn is a person's decision to let the content pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.types import Action, Author, Content, Part
from service.acts import (
    APPEAL_DECIDED,
    APPEAL_FILED,
    APPEAL_REDECIDED,
    APPEAL_UNDONE,
    DECISION_FINAL,
    DECISION_LAPSED,
    DECISION_NOTIFIED,
    Act,
)
from service.creators.posting import happened, is_creator, settle
from service.filing import kept
from service.ids import from_stamp, later, new_id
from service.ports import Write
from service.review import notices, rulings
from service.review.finality import Block, term
from service.review.rows import APPEAL, Judged, New, NotThere, moved, opened, take
from service.review.rulings import Ruling, Unfounded
from service.review.states import FIRST, SENIOR, UNDO_SECONDS
from service.store import appeal_statements as sql
from service.store import statements
from service.store.quality_statements import CHECKED

if TYPE_CHECKING:
    from service.ports import Visit
    from service.review.rows import Row
    from service.review.rulings import Book, VersionDecision
    from service.review.states import Move
    from service.review.urgency import Deadlines

SEVERE: Final = 3
"""Appeals against what is so severe go to seniors."""
GROUNDS: Final = "grounds"


class Appealed(NamedTuple):
    """What somebody appeals against and why: a decision, or the newest one on a content."""

    decision: str
    content_id: str
    by: str
    grounds: str


class NotAppealable(Exception):
    """It cannot be appealed, nor its creator told of it.

    ``why``: ``action`` (no block), ``superseded``, ``twice`` (``appeal`` is the first one), ``late``.
    """

    def __init__(self, why: str, appeal: str = "") -> None:
        super().__init__(why)
        self.why, self.appeal = why, appeal


class NotTheirs(Exception):
    """Somebody else than the content's creator appeals: the one appeal there is would be used up."""


class _Found(NamedTuple):
    """A decision with its place, its row of ``blocks`` if it has one, whether that is new, and whose the content is."""

    content: int
    at: str
    standing: VersionDecision
    block: Block
    fresh: bool
    author: str | None


def notified(visit: Visit, tenant: str, decision: str, days: float) -> None:
    """The creator was told of a block: its term begins. Telling them again changes nothing.

    Raises ``NotThere`` and ``NotAppealable``.
    """
    found = _found(visit, tenant, decision)
    block = found.block.notified(visit.at, days)
    if block == found.block:
        return
    # What the engine repeats is the same block: an appeal against it has used this term too.
    for row in visit.rows(sql.STANDING_BLOCKS, found.content):
        if (appealed := Block(*row).appealed_at) is not None:
            block = block.appealed(appealed)
    facts = {"appeal_until": block.appeal_until, "content": found.standing.content.id}
    visit.record(
        Act(DECISION_NOTIFIED, decision, tenant, facts),
        Write(sql.INSERT_BLOCK, block[:10]) if found.fresh else Write(sql.SET_BLOCK, block.values),
    )


def file(visit: Visit, tenant: str, said: Appealed, deadlines: Deadlines) -> str:
    """Files an appeal and opens its item; gives the appeal's id.

    Raises ``NotThere``, ``NotTheirs``, ``NotAppealable``, and ``ValueError`` for grounds that cannot be stored.
    """
    found = _found(visit, tenant, said.decision or _newest(visit, tenant, said.content_id))
    block, creator = found.block, found.author
    at = happened(found.standing.published_at, found.at)
    if creator and not is_creator(visit, tenant, said.by, creator, at):
        raise NotTheirs(said.by)
    if first := visit.rows(sql.TWICE, found.content, block.decision):
        raise NotAppealable("twice", first[0][0])
    if visit.at > term(block, found.at, deadlines.appeal_days):
        raise NotAppealable("late")
    review = _opened(visit, tenant, found, deadlines)
    id_, scene = new_id(), found.standing.content.scene
    words = Content(
        scene=scene, parts=(Part(GROUNDS, said.grounds),), at=from_stamp(visit.at), author=Author(id=said.by)
    )
    text = kept(tenant, f"appeal-{id_}", words, visit.at)
    told = {
        "content": found.standing.content.id,
        "decision": block.decision,
        "review": review,
        "text": text.facts,
        "version": found.standing.content.version,
    }
    # All that stands on the version is one block, so the term of each is used.
    others = [Block(*row) for row in visit.rows(sql.STANDING_BLOCKS, found.content)]
    visit.record(
        Act(APPEAL_FILED, id_, tenant, told),
        *(Write(sql.SET_BLOCK, one.appealed(visit.at).values) for one in others),
        *([Write(sql.INSERT_BLOCK, block.appealed(visit.at)[:10])] if found.fresh else ()),
        text.row,
        Write(sql.INSERT_APPEAL, (id_, tenant, block.decision, found.content, review, said.by, visit.at)),
    )
    return id_


def is_own(visit: Visit, row: Row, user: str) -> bool:
    """Whether an item is an appeal about a content that this person decided."""
    return row.kind == APPEAL and bool(visit.rows(sql.BARRED, row.id, user))


def decide(visit: Visit, row: Row, move: Move, ruling: Ruling, book: Book) -> Row:
    """Closes an appeal as a person says. Raises ``Conflict`` and ``Unfounded``."""
    if wrong := ruling.wrong(row.kind):
        raise Unfounded(wrong)
    moved(row, move)
    new, facts, values, block = _ruled(visit, row, row.id, move, ruling, book)
    visit.record(
        Act(APPEAL_DECIDED, values[-1], row.tenant, facts),
        Write(sql.SETTLE_APPEAL, values),
        Write(sql.SET_BLOCK, block.values),
    )
    return new


def redecide(visit: Visit, row: Row, move: Move, ruling: Ruling, book: Book) -> Row:
    """A senior's word on an appeal on which two people disagreed; ``row`` is the item of its second review.

    To block is to uphold, to let pass is to overturn. Raises ``Conflict``.
    """
    moved(row, move)
    outcome = rulings.UPHELD if ruling.action is Action.BLOCK else rulings.OVERTURNED
    ((checked,),) = visit.rows(CHECKED, row.id, row.round)
    said = Ruling(None, note=ruling.note, outcome=outcome)
    new, facts, values, block = _ruled(visit, row, checked, move, said, book)
    visit.record(
        Act(APPEAL_REDECIDED, values[-1], row.tenant, facts),
        Write(sql.RESETTLE_APPEAL, values),
        Write(sql.SET_BLOCK, block.values),
    )
    return new


def _ruled(  # noqa: PLR0913, PLR0917 - an appeal, and the item at which it is ruled on
    visit: Visit, row: Row, review: str, move: Move, ruling: Ruling, book: Book
) -> tuple[Row, dict[str, object], tuple[str, str, str, str], Block]:
    """What a ruling on an appeal means for its content, with the notice of it.

    Gives the item as it is then, what the act tells, and what is to be written of the appeal and its block.
    """
    ((appeal, decision, _, _, _),) = visit.rows(sql.APPEAL_OF, review)
    overturns = ruling.outcome == rulings.OVERTURNED
    outcome = None
    if overturns:
        outcome = rulings.ruled(visit, row, move.who, Ruling(Action.PASS), book)
    elif rulings.standing(visit, row.tenant, row.content).verdict.action is not Action.BLOCK:
        outcome = rulings.reinstated(visit, row, move.who, decision, book)
    new = take(visit, row, move, outcome=outcome, note=ruling.note)
    block = Block(*visit.rows(sql.BLOCK, decision)[0])
    if not overturns:
        block = block.confirmed(block.confirmed_at or visit.at)
    content = rulings.standing(visit, row.tenant, row.content).content
    told = {"appealed": decision, "content_id": content.id, "outcome": ruling.outcome, "version": content.version}
    if outcome is not None:
        told["decision"] = outcome
    notice = new_id()
    notices.tell(visit, Act(APPEAL_DECIDED, notice, row.tenant, {**told, "appeal": appeal}), wait=UNDO_SECONDS)
    facts = {**told, "by": move.who.id, "final": block.final_at is not None, "review": row.id}
    return new, facts, (ruling.outcome, visit.at, notice, appeal), block


def undo(visit: Visit, row: Row, move: Move) -> Row:
    """Takes a ruling on an appeal back: what stood before stands again, and nobody is told. Raises ``Conflict``."""
    moved(row, move)
    if row.outcome is not None:
        rulings.restore(visit, row, move, row.outcome)
    new = take(visit, row, move)
    ((appeal, decision, _, notice, _),) = visit.rows(sql.APPEAL_OF, row.id)
    block = Block(*visit.rows(sql.BLOCK, decision)[0])
    if block.confirmed_at == row.closed_at:  # it was this ruling that confirmed it
        block = block.confirmed(None)
    visit.record(
        Act(APPEAL_UNDONE, appeal, row.tenant, {"by": move.who.id, "review": row.id}),
        Write(sql.UNSETTLE_APPEAL, (move.who.id, appeal)),
        Write(sql.SET_BLOCK, block.values),
    )
    notices.cancel(visit, row.tenant, notice)
    return new


def settle_due(visit: Visit, limit: int) -> int:
    """Makes blocks final whose time has come, and lets those go that no longer stand; gives how many."""
    past = visit.rows(sql.BLOCKS_DUE, visit.at, later(visit.at, -UNDO_SECONDS), limit)
    for *columns, content_id, version, stands in past:
        block = Block(*columns)
        facts = {"content": content_id, "version": version}
        if stands:
            why = "confirmed" if block.confirmed_at else "term"
            act = Act(DECISION_FINAL, block.decision, block.tenant, {**facts, "why": why})
            visit.record(act, Write(sql.FINAL_BLOCK, (visit.at, block.decision)))
            settle(visit, block.tenant, block.content)
        else:
            act = Act(DECISION_LAPSED, block.decision, block.tenant, facts)
            visit.record(act, Write(sql.LAPSE_BLOCK, (block.decision,)))
    return len(past)


def _newest(visit: Visit, tenant: str, content_id: str) -> str:
    heads = visit.rows(statements.heads(1), tenant, content_id)
    if not heads or heads[0][6] is None:
        raise NotThere(content_id)
    return str(heads[0][6])


def _found(visit: Visit, tenant: str, decision: str) -> _Found:
    """A block that stands. Raises ``NotThere`` and ``NotAppealable``."""
    rows = visit.rows(sql.DECISION, decision, tenant)
    if not rows:
        raise NotThere(decision)
    ((content, seq, at, action),) = rows
    if action != Action.BLOCK.code:
        raise NotAppealable("action")
    known = visit.rows(sql.BLOCK, decision)
    standing = rulings.standing_as(visit, tenant, decision)
    author = standing.content.author.id or _kept_author(visit, content)
    block = Block(*known[0]) if known else Block(decision, tenant, content, author, seq)
    if block.ended_at is not None or visit.rows(sql.CHANGED, content, block.since):
        raise NotAppealable("superseded")
    return _Found(content, at, standing, block, not known, author)


def _kept_author(visit: Visit, content: int) -> str | None:
    """Whose a version is whose words were taken away."""
    creators = (Block(*row).creator for row in visit.rows(sql.STANDING_BLOCKS, content))
    return next((creator for creator in creators if creator), None)


def _opened(visit: Visit, tenant: str, found: _Found, deadlines: Deadlines) -> str:
    """The item of an appeal: of the content's scene, urgent by what the block was for."""
    verdict, content, decision = found.standing.verdict, found.standing.content, found.block.decision
    category = verdict.categories[0] if verdict.categories else ""
    judged = Judged(found.content, decision, content.scene.value, category, verdict.severity)
    level = SENIOR if verdict.severity >= SEVERE else FIRST
    new = New(tenant, APPEAL, decision, judged, content.reach or 0, later(visit.at, deadlines.appeal_due), level)
    return opened(visit, new, {"content": content.id, "level": level}).id
