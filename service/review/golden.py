"""Golden items, in a visit: decided contents whose answer is known, and copies of them that look like any other item.

A copy is an item with a content and decisions of its own, which are nobody's: answering it changes no content, tells
no receiver and teaches no model. Only the reviewer's score grows. It comes into the queue as a new content does, with
whatever the house makes of it on that day.

UNDECIDED   what no person has decided, or the engine never left to people, cannot be golden
LIVE        nor what was said in a room: the room's own stream would lack the copy
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from moderation.types import TEXT, Action
from service.acts import GOLDEN_ADDED, GOLDEN_ANSWERED, GOLDEN_COPIED, GOLDEN_ENDED, GOLDEN_SCORED, REVIEW_OPENED, Act
from service.filing import ENGINE
from service.ids import later, new_id
from service.labels import Judgement, Origin
from service.ports import Words, Write
from service.review import rulings
from service.review.checks import agree, is_tested, said, said_by
from service.review.intake import CONTENT
from service.review.naming import like
from service.review.rows import NotThere, moved, take
from service.review.states import FIRST
from service.review.urgency import priority
from service.review.verdict import blocked, labels_of, passed
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from random import Random

    from moderation.ruleset import Ruleset
    from service.filing import Filing
    from service.ports import Visit
    from service.review.rows import Row
    from service.review.rulings import Ruling
    from service.review.states import Move, Person

UNDECIDED: Final = "golden_undecided"
LIVE: Final = "golden_live"
NAMED_LIKE: Final = 40
"""A copy's content id is made after so many recent ones,"""
NAMED_AMONG: Final = 5000
"""sought among so many acts."""
_TRIES: Final = 20


class Unfit(ValueError):
    """A content that cannot be golden; its only argument is a machine code."""


class Source(NamedTuple):
    """A golden item that a copy can be made of: when it was decided and published, and the bytes of its content."""

    golden: str
    at: str
    published_at: str
    body: bytes


def add(visit: Visit, tenant: str, content_id: str, by: str, ruleset: Ruleset) -> str:
    """Makes a content golden, with the decision that stands as its answer; gives the golden item's id.

    What that answer teaches the text expert is kept once more, as known for certain. The same content twice
    is one item. Raises ``NotThere`` and ``Unfit``.
    """
    if known := visit.rows(quality.GOLDEN_ITEM, tenant, content_id):
        return str(known[0][0])
    rows = visit.rows(quality.GOLDEN_SOURCE, tenant, content_id)
    if not rows:
        raise NotThere(content_id)
    content, scene, category, severity, found, first = rows[0]
    stands = rulings.standing(visit, tenant, content)
    person = visit.rows(quality.IS_USER, stands.by, tenant)
    if found != Action.REVIEW.code or not person or stands.verdict.action is Action.REVIEW:
        raise Unfit(UNDECIDED)
    if stands.content.room is not None:
        raise Unfit(LIVE)
    answer = orjson.dumps(said(stands.verdict.action, stands.verdict.categories)).decode()
    id_ = new_id()
    heads = ruleset.policies[stands.content.scene].experts.get(TEXT, {})
    judgement = Judgement(
        tenant=tenant,
        content=content_id,
        version=stands.content.version,
        labels=labels_of(rulings.standing_as(visit, tenant, first).verdict, stands.verdict, heads),
        origin=Origin.GOLDEN,
        by=stands.by,
        id=id_,
    )
    values = (id_, tenant, content_id, content, scene, category, severity, answer, stands.by, by, visit.at)
    facts: dict[str, object] = {"by": by, "content": content_id, "decision": stands.id, "said": answer}
    if judgement.labels:
        facts |= judgement.facts()
    visit.record(Act(GOLDEN_ADDED, id_, tenant, facts), Write(quality.INSERT_GOLDEN, values), *judgement.writes())
    return id_


def end(visit: Visit, tenant: str, content_id: str, by: str) -> None:
    """A content is golden no longer; its answers stay. Raises ``NotThere``."""
    known = visit.rows(quality.GOLDEN_ITEM, tenant, content_id)
    if not known:
        raise NotThere(content_id)
    id_ = known[0][0]
    visit.record(Act(GOLDEN_ENDED, id_, tenant, {"by": by}), Write(quality.END_GOLDEN, (visit.at, id_)))


class Arrival(NamedTuple):
    """An item that came for a content; ``number`` grows with each."""

    number: int
    id: str
    tenant: str
    scene: str
    category: str
    severity: int


def arrivals(visit: Visit, after: int | None, limit: int) -> tuple[int, list[Arrival]]:
    """The items that came after a number, without copies, and the number to go on from; at first only that."""
    if after is None:
        return int(visit.rows(quality.LAST_ITEM)[0][0]), []
    rows = visit.rows(quality.ITEMS_AFTER, after, limit)
    return (rows[-1][0] if rows else after), [Arrival(*row[:-1]) for row in rows if not row[-1]]


def source(visit: Visit, beside: Arrival) -> Source | None:
    """A golden item of the sort of another, which some reviewer does not know yet; the one with the fewest copies."""
    found = visit.rows(quality.GOLDEN_LIKE, beside.tenant, beside.scene, beside.category, beside.severity)
    return Source(*found[0]) if found else None


def name(visit: Visit, beside: Arrival, random: Random) -> str:
    """A content id that nobody has, and that looks like those that the tenant gives in the scene of another item."""
    found = visit.rows(quality.NAMES_BEFORE, beside.tenant, beside.scene, NAMED_AMONG, NAMED_LIKE)
    recent = [str(one) for (one,) in found]
    for tried in range(_TRIES):
        made = like(recent, random, loose=tried // 2)
        if not visit.rows(quality.CONTENT_KNOWN, beside.tenant, made):
            return made
    return new_id()


def copy(visit: Visit, golden: str, filing: Filing) -> str:
    """Files a copy as a plan files a content that is new, and opens its item; gives the item."""
    opening = filing.opening
    assert opening is not None
    scene, severity, at = filing.judged[0], filing.judged[3], visit.at
    told = {"commitment": filing.commitment.hex(), "content": filing.content_id, "version": 1}
    visit.record(
        Act(GOLDEN_COPIED, filing.id, filing.tenant, {"by": ENGINE, "golden": golden, "text": told}),
        Words(filing.tenant, filing.content_id, filing.commitment, filing.salt, filing.body, at),
        Write(quality.INSERT_COPY_DECISION, (filing.id, filing.tenant, at, *filing.judged)),
    )
    item = new_id()
    due = later(at, opening.due)
    key = priority(due, opening.credit)
    place = (item, filing.tenant, filing.content_id, filing.id, scene, opening.category, severity, opening.reach)
    facts = {"content": filing.content_id, "decision": filing.id, "kind": CONTENT, "round": 1}
    visit.record(
        Act(REVIEW_OPENED, item, filing.tenant, facts),
        Write(quality.INSERT_COPY_REVIEW, (*place, key, at, due)),
        Write(quality.INSERT_COPY, (item, golden)),
    )
    return item


class Copied(NamedTuple):
    """What an item is a copy of: the golden item, its answer, and whether the person knows it from before."""

    golden: str
    said: str
    known: int


def copied(visit: Visit, row: Row, person: Person) -> Copied | None:
    """What an item is a copy of; ``None`` for an ordinary one."""
    if row.kind != CONTENT:
        return None
    rows = visit.rows(quality.GOLDEN_OF_COPY, row.id, person.id, row.content)
    return Copied(*rows[0]) if rows else None


def answer(  # noqa: PLR0913, PLR0917 - a decision, and what it is a copy of
    visit: Visit, row: Row, move: Move, ruling: Ruling, ruleset: Ruleset, copy: Copied
) -> Row:
    """Closes a copy as a person says. Raises ``Conflict`` and ``Unfounded``.

    It counts for who is tested, the first time that they see it and before it was passed on to seniors.
    """
    if wrong := ruling.wrong(row.kind):
        raise rulings.Unfounded(wrong)
    moved(row, move)
    before = rulings.standing(visit, row.tenant, row.content)
    if ruling.action is Action.PASS:
        verdict = passed(before.verdict)
    else:
        verdict = blocked(before.verdict, ruling.reasons, before.content, ruleset)
    decision, told = new_id(), said_by(ruling)
    right = agree(tuple(orjson.loads(copy.said)), told)
    counts = is_tested(move.who.rights) and not copy.known and row.level == FIRST
    values = (decision, row.tenant, copy.golden, move.who.id, orjson.dumps(told).decode(), int(right), visit.at)
    facts = {"by": move.who.id, "counts": counts, "golden": copy.golden, "review": row.id, "right": right}
    rulings.file(visit, row, before, verdict, Act(GOLDEN_ANSWERED, decision, row.tenant, facts))
    # Where an ordinary decision has the act of its notice, so that as many numbers lie between this and the next.
    visit.record(
        Act(GOLDEN_SCORED, decision, row.tenant, {"by": move.who.id, "counts": counts}),
        *([Write(quality.INSERT_ANSWER, values)] if counts else ()),
    )
    return take(visit, row, move, outcome=decision, note=ruling.note)
