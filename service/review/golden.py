"""Golden items, in a visit: decided contents whose answer is known, and copies of them that look like any other item.

A copy is an item with a content and decisions of its own, which are nobody's: answering it changes no content, tells
no receiver and teaches no model. Only the reviewer's score grows. It comes into the queue as a new content does.

UNDECIDED   what no person has decided, or the engine never left to people, cannot be golden
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from moderation.types import Action, Scene
from service.acts import GOLDEN_ADDED, GOLDEN_ANSWERED, GOLDEN_COPIED, GOLDEN_ENDED, GOLDEN_SCORED, REVIEW_OPENED, Act
from service.filing import committed
from service.ids import chance, from_stamp, id_at, new_id, stamp
from service.ports import Write
from service.review import rulings
from service.review.checks import agree, is_tested, said, said_by
from service.review.intake import CONTENT
from service.review.rows import NotThere, moved, take
from service.review.states import FIRST, later
from service.review.terms import credit, priority
from service.review.verdict import blocked, passed
from service.store import quality_statements as quality
from service.store import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from moderation.ruleset import Ruleset
    from service.ports import Visit
    from service.review.checks import Checks
    from service.review.rows import Row
    from service.review.rulings import Ruling
    from service.review.states import Move, Person
    from service.review.terms import Terms

UNDECIDED: Final = "golden_undecided"
MOST_LATE: Final = 20.0
"""A copy bears a time up to so many seconds ago: it must not be that of the claim which brought it."""
_UUID: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TAIL: Final = 4
"""So many of the last signs of an id differ from a neighbour's."""
_DIGITS, _SMALL, _LARGE = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Unfit(ValueError):
    """A content that cannot be golden; its only argument is a machine code."""


class _Source(NamedTuple):
    """A golden item that a copy can be made of."""

    golden: str
    content: int
    category: str
    severity: int
    at: str
    published_at: str
    verdict: bytes
    degraded: int
    stages_missing: str
    body: bytes


def add(visit: Visit, tenant: str, content_id: str, by: str) -> str:
    """Makes a content golden, with the decision that stands as its answer; gives the golden item's id.

    The same content twice is one item. Raises ``NotThere`` and ``Unfit``.
    """
    if known := visit.rows(quality.GOLDEN_ITEM, tenant, content_id):
        return str(known[0][0])
    rows = visit.rows(quality.GOLDEN_SOURCE, tenant, content_id)
    if not rows:
        raise NotThere(content_id)
    content, scene, category, severity, found = rows[0]
    stands = rulings.standing(visit, tenant, content)
    person = visit.rows(quality.IS_USER, stands.by, tenant)
    if found != Action.REVIEW.code or not person or stands.verdict.action is Action.REVIEW:
        raise Unfit(UNDECIDED)
    answer = orjson.dumps(said(stands.verdict.action, stands.verdict.categories)).decode()
    id_ = new_id()
    values = (id_, tenant, content_id, content, scene, category, severity, answer, stands.by, by, visit.at)
    facts = {"by": by, "content": content_id, "decision": stands.id, "said": answer}
    visit.record(Act(GOLDEN_ADDED, id_, tenant, facts), Write(quality.INSERT_GOLDEN, values))
    return id_


def end(visit: Visit, tenant: str, content_id: str, by: str) -> None:
    """A content is golden no longer; its answers stay. Raises ``NotThere``."""
    known = visit.rows(quality.GOLDEN_ITEM, tenant, content_id)
    if not known:
        raise NotThere(content_id)
    id_ = known[0][0]
    visit.record(Act(GOLDEN_ENDED, id_, tenant, {"by": by}), Write(quality.END_GOLDEN, (visit.at, id_)))


def mixed_in(visit: Visit, rows: Sequence[Row], checks: Checks, terms: Terms, ruleset: Ruleset) -> None:
    """For a share of the items that are handed out, brings a golden one of the same sort into the queue, if there is.

    It waits there like any other, for whoever comes to it.
    """
    for row in rows:
        ordinary = row.kind == CONTENT and row.level == FIRST
        if ordinary and checks.draws("golden", checks.golden_share, row.id, str(row.token)):
            place = (row.tenant, row.scene, row.category, row.severity)
            for source in visit.rows(quality.GOLDEN_LIKE, *place):
                _copy(visit, _Source(*source), row, (checks, terms), ruleset.fingerprint)


def _copy(visit: Visit, source: _Source, beside: Row, ways: tuple[Checks, Terms], ruleset: str) -> None:
    checks, terms = ways
    late = MOST_LATE * checks.drawn("golden time", beside.id, str(beside.token))
    at = later(visit.at, -late)
    moment = from_stamp(at)
    lag = from_stamp(source.at) - from_stamp(source.published_at)
    published = stamp(moment - lag)
    item, decision = id_at(moment + timedelta(microseconds=300)), id_at(moment)
    name = _name(visit, beside, moment)
    salt = chance()
    commitment = committed(salt, source.body)
    judged = (decision, beside.tenant, at, beside.scene, published, source.severity, source.verdict, source.degraded)
    facts: dict[str, object] = {
        "decision": decision,
        "golden": source.golden,
        "text": {"commitment": commitment.hex(), "content": name, "version": 1},
    }
    visit.record(
        Act(GOLDEN_COPIED, item, beside.tenant, facts),
        Write(statements.INSERT_TEXT, (beside.tenant, name, commitment, salt, source.body, at)),
        Write(quality.INSERT_COPY_DECISION, (*judged, source.stages_missing, ruleset)),
    )
    key = priority(at, credit(source.severity, beside.reach))
    due = later(at, terms.due[Scene(beside.scene)])
    place = (item, beside.tenant, name, decision, beside.scene, source.category, source.severity, beside.reach)
    opening = {"content": name, "decision": decision, "kind": CONTENT, "round": 1}
    visit.record(
        Act(REVIEW_OPENED, item, beside.tenant, opening),
        Write(quality.INSERT_COPY_REVIEW, (*place, key, at, due)),
        Write(quality.INSERT_COPY, (item, source.golden)),
    )


def _name(visit: Visit, beside: Row, moment: datetime) -> str:
    """A content id as the tenant's are: a neighbour's, with other signs of the same sort at its end."""
    if _UUID.fullmatch(beside.target):
        return id_at(moment)
    name = beside.target
    for tail in range(_TAIL, 64):
        name = _varied(beside.target, tail)
        if not visit.rows(quality.CONTENT_KNOWN, beside.tenant, name):
            return name
    return new_id()


def _varied(text: str, tail: int) -> str:
    signs, left = list(text), tail
    for place in range(len(signs) - 1, -1, -1):
        pool = next((pool for pool in (_DIGITS, _SMALL, _LARGE) if signs[place] in pool), "")
        if pool and left and (pool is _DIGITS or not any(sign in _DIGITS for sign in text)):
            signs[place] = pool[chance()[0] % len(pool)]
            left -= 1
    return "".join(signs)


class Copied(NamedTuple):
    """What an item is a copy of: the golden item, its answer, and whether the person knows it from before."""

    golden: str
    said: str
    known: int


def copied(visit: Visit, row: Row, person: Person) -> Copied | None:
    """What an item is a copy of; ``None`` for an ordinary one."""
    if row.kind != CONTENT:
        return None
    rows = visit.rows(quality.GOLDEN_OF_COPY, row.id, person.id)
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
    if counts:
        visit.record(
            Act(GOLDEN_SCORED, decision, row.tenant, {"by": move.who.id, "right": right}),
            Write(quality.INSERT_ANSWER, values),
        )
    return take(visit, row, move, outcome=decision, note=ruling.note)
