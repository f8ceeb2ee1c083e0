"""Decisions made at the desk, written in a visit: by a person, taken back by them, or by a deadline that nobody met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from moderation.types import TEXT, Action, Scene
from service.acts import (
    DECISION_HUMAN,
    DECISION_SUPERSEDED,
    DECISION_TIMEOUT,
    DECISION_UNDONE,
    REPORT_SETTLED,
    REPORT_UNSETTLED,
    Act,
)
from service.creators.posting import complained, settle
from service.ids import later, new_id
from service.labels import Judgement, Origin
from service.ports import Write
from service.review import notices
from service.review.rows import APPEAL, Conflict, moved, take
from service.review.statement import Blocked, brief
from service.review.states import UNDO_SECONDS
from service.review.verdict import Wrong, blocked, labels_of, passed, timed_out
from service.store import appeal_statements as appeals
from service.store import desk_statements as desk
from service.store.codec import NOTHING_MORE, content_from, verdict_blob, verdict_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict
    from service.ports import Visit
    from service.review.rows import Row
    from service.review.states import Move, Person
    from service.review.verdict import Reason

DEADLINE = "deadline"
"""Who decided, where a deadline did."""
UPHELD, REJECTED, OVERTURNED = "upheld", "rejected", "overturned"
VERIFIED = "verified"
COMPLAINT = "complaint"
_OUTCOMES: Final = {COMPLAINT: (UPHELD, REJECTED), APPEAL: (UPHELD, OVERTURNED)}
"""What may become of what people say, where that does not follow from the action."""


class Ruling(NamedTuple):
    """What a person decides: what becomes of the content, and of what was said of it.

    ``action`` may be absent for a complaint, which then leaves the content as it is, and is for an appeal, of which
    ``outcome`` says whether the block is upheld or overturned. For what is neither the outcome follows from the action.
    """

    action: Action | None
    reasons: tuple[Reason, ...] = ()
    note: str = ""
    outcome: str = ""
    verification: str = ""

    def wrong(self, kind: str) -> list[Wrong]:
        """What is wrong with it as a ruling on an item of this kind."""
        found = []
        if self.outcome not in _OUTCOMES.get(kind, ("",)):
            code = {COMPLAINT: "outcome_needed", APPEAL: "appeal_outcome_needed"}.get(kind, "outcome_unasked")
            found.append(Wrong(("outcome",), code))
        if self.verification and kind != COMPLAINT:
            found.append(Wrong(("verification",), "outcome_unasked"))
        if self.action is None and kind not in _OUTCOMES:
            found.append(Wrong(("action",), "missing"))
        if self.action is not None and kind == APPEAL:
            found.append(Wrong(("action",), "action_unasked"))
        if bool(self.reasons) != (self.action is Action.BLOCK):
            found.append(Wrong(("reasons",), "reasons_unasked" if self.reasons else "reasons_needed"))
        return found

    @property
    def settles(self) -> str:
        """What becomes of reports."""
        return self.outcome or (UPHELD if self.action is Action.BLOCK else REJECTED)


class Book(NamedTuple):
    """By what is decided: the tenant's rules, and the days that a block may be appealed."""

    ruleset: Ruleset
    appeal_days: float


class VersionDecision(NamedTuple):
    """A decision with the version that it is on. ``commitment`` is the version's."""

    id: str
    by: str
    content: Content
    verdict: Verdict
    published_at: str
    commitment: bytes
    supersedes: str | None


def standing(visit: Visit, tenant: str, version_row: int) -> VersionDecision:
    """The newest decision on a version, by the number of its row; there must be one."""
    (found,) = visit.rows(desk.STANDING, version_row)
    return _standing(tenant, found)


def standing_as(visit: Visit, tenant: str, decision: str) -> VersionDecision:
    """A decision with its version, whether it is the newest or not; there must be one."""
    (found,) = visit.rows(desk.STANDING_AS, decision)
    return _standing(tenant, found)


def _standing(tenant: str, found: tuple[Any, ...]) -> VersionDecision:
    id_, by, published, action, severity, blob, degraded, ruleset, supersedes, name, version, commitment, body = found
    content = content_from(body, tenant=tenant, content_id=name, version=version, published_at=published)
    verdict = verdict_from(blob, content, action=action, severity=severity, degraded=bool(degraded), ruleset=ruleset)
    return VersionDecision(id_, by, content, verdict, published, commitment, supersedes)


class Unfounded(ValueError):
    """A ruling that cannot stand, whatever becomes of its item."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__(", ".join(one.code for one in wrong))
        self.wrong = tuple(wrong)


def decide(visit: Visit, row: Row, move: Move, ruling: Ruling, book: Book) -> Row:
    """Closes an item as a person says: decision, note, reports and notice. Raises ``Conflict`` and ``Unfounded``."""
    if wrong := ruling.wrong(row.kind):
        raise Unfounded(wrong)
    moved(row, move)
    outcome = None
    if ruling.action is not None:
        outcome = ruled(visit, row, move.who, ruling, book)
    row = take(visit, row, move, outcome=outcome, note=ruling.note)
    _settle(visit, row, ruling)
    return row


def ruled(visit: Visit, row: Row, who: Person, ruling: Ruling, book: Book) -> str:
    """Files what a person decides of an item's content, with what that teaches and its notice; gives the decision."""
    before = standing(visit, row.tenant, row.content)
    if ruling.action is Action.PASS:
        verdict = passed(before.verdict)
    else:
        verdict = blocked(before.verdict, ruling.reasons, before.content, book.ruleset)
    heads = book.ruleset.policies[before.content.scene].experts.get(TEXT, {})
    id_, content = new_id(), before.content
    judgement = Judgement(
        tenant=row.tenant,
        content=content.id,
        version=content.version,
        labels=labels_of(before.verdict, verdict, heads),
        origin=Origin.APPEAL if row.kind == APPEAL else Origin.REVIEW,
        by=who.id,
        id=id_,
    )
    more: dict[str, object] = {"reasons": [list(reason) for reason in ruling.reasons], "review": row.id}
    if judgement.labels:
        more |= judgement.facts()
    act = Act(DECISION_HUMAN, id_, row.tenant, {"by": who.id, **more})
    file(visit, row, before, verdict, act, *judgement.writes(), confirms=verdict.action is Action.BLOCK)
    told = _noticed(id_, before, verdict, row) | _stated(visit, before, verdict, book)
    notices.tell(visit, Act(DECISION_HUMAN, id_, row.tenant, told), wait=UNDO_SECONDS)
    return id_


def reinstated(visit: Visit, row: Row, who: Person, decision: str, book: Book) -> str:
    """Files a former verdict anew, which a person upheld although another stands by now; gives the decision."""
    before, id_ = standing(visit, row.tenant, row.content), new_id()
    verdict = standing_as(visit, row.tenant, decision).verdict
    act = Act(DECISION_HUMAN, id_, row.tenant, {"by": who.id, "reinstates": decision, "review": row.id})
    file(visit, row, before, verdict, act, reinstates=decision)
    told = _noticed(id_, before, verdict, row) | _stated(visit, before, verdict, book)
    notices.tell(visit, Act(DECISION_HUMAN, id_, row.tenant, told), wait=UNDO_SECONDS)
    return id_


def undo(visit: Visit, row: Row, move: Move, kind: str = DECISION_UNDONE) -> Row:
    """Takes a decision back: the former verdict stands again, who was not told yet is not. Raises ``Conflict``.

    ``kind`` is that of the act.
    """
    decided = row.outcome
    moved(row, move)
    if decided is not None:
        restore(visit, row, move, decided, kind)
    new = take(visit, row, move)
    _unsettle(visit, new)
    if row.kind == COMPLAINT:
        complained(visit, row.tenant, row.content, _complaint(new), stands=False)
    return new


def restore(visit: Visit, row: Row, move: Move, decided: str, kind: str = DECISION_UNDONE) -> None:
    """Files the verdict from before a decision again, and has nobody told of that. Raises ``Conflict``."""
    last = standing(visit, row.tenant, row.content)
    if last.id != decided or last.supersedes is None:  # somebody decided after it, about the same text
        raise Conflict("state", row)
    id_ = new_id()
    facts = {"by": move.who.id, "content": last.content.id, "restores": last.supersedes, "review": row.id}
    values = (id_, decided, visit.at, move.who.id, last.supersedes)
    visit.record(
        Act(kind, id_, row.tenant, {**facts, "supersedes": decided}),
        Write(desk.RESTORE_DECISION, values),
        Write(appeals.END_BLOCK, (visit.at, decided), must_change=False),
        Write(appeals.KEEP_BLOCKS, (row.content, decided), must_change=False),
    )
    visit.record(Act(DECISION_SUPERSEDED, decided, row.tenant, {"by": id_}))
    settle(visit, row.tenant, row.content)
    notices.cancel(visit, row.tenant, decided)


def time_out(visit: Visit, row: Row, book: Book) -> str | None:
    """Does what the scene does when nobody decided in time; gives the decision, if one was made.

    Only where the content still waits for people: what the engine had let pass is not blocked because nobody looked at
    a report on it.
    """
    before = standing(visit, row.tenant, row.content)
    action = book.ruleset.policies[Scene(row.scene)].on_timeout
    if before.verdict.action is not Action.REVIEW or action is Action.REVIEW:
        return None
    verdict = timed_out(before.verdict, action)
    id_ = new_id()
    file(visit, row, before, verdict, Act(DECISION_TIMEOUT, id_, row.tenant, {"by": DEADLINE, "review": row.id}))
    told = _noticed(id_, before, verdict, row) | _stated(visit, before, verdict, book, by_person=False)
    notices.tell(visit, Act(DECISION_TIMEOUT, id_, row.tenant, told), wait=0)
    return id_


def file(  # noqa: PLR0913 - a decision, and what it means for blocks
    visit: Visit,
    row: Row,
    before: VersionDecision,
    verdict: Verdict,
    act: Act,
    *writes: Write,
    confirms: bool = False,
    reinstates: str = "",
) -> None:
    """Files a decision over the newest one; ``act`` has its kind, its id and the facts that are its own.

    ``confirms`` says that it is a block by a person, ``reinstates`` the block that stands again by it.
    """
    id_, content = act.subject, before.content
    blob = verdict_blob(verdict, content)
    action, scene = verdict.action.code, content.scene.value
    facts = {
        **act.facts,
        "action": action,
        "commitment": before.commitment.hex(),
        "content": content.id,
        "degraded": False,
        "published_at": before.published_at,
        "ruleset": verdict.ruleset,
        "scene": scene,
        "severity": verdict.severity,
        "supersedes": before.id,
        "version": content.version,
    }
    if blob != NOTHING_MORE:
        facts["verdict"] = orjson.Fragment(blob)
    place = (id_, row.tenant, row.content, before.id, visit.at, scene, before.published_at)
    said = (action, verdict.severity, blob, verdict.ruleset, str(act.facts["by"]))
    block = (id_, row.tenant, row.content, content.author.id, visit.at, later(visit.at, UNDO_SECONDS))
    visit.record(
        act._replace(facts=facts),
        Write(desk.INSERT_DECISION, (*place, *said)),
        *writes,
        *([Write(appeals.INSERT_CONFIRMED, block)] if confirms else ()),
        *([Write(appeals.MOVE_BLOCK, (reinstates,))] if reinstates else ()),
    )
    visit.record(Act(DECISION_SUPERSEDED, before.id, row.tenant, {"by": id_}))
    settle(visit, row.tenant, row.content)


def _noticed(decision: str, before: VersionDecision, verdict: Verdict, row: Row) -> dict[str, object]:
    return {
        "decision": decision,
        "action": verdict.action.code,
        "categories": list(verdict.categories),
        "content_id": before.content.id,
        "review": row.id,
        "supersedes": before.id,
        "version": before.content.version,
    }


def _stated(
    visit: Visit, before: VersionDecision, verdict: Verdict, book: Book, *, by_person: bool = True
) -> dict[str, object]:
    """What to tell the creator of a block, for its notice."""
    if verdict.action is not Action.BLOCK:
        return {}
    blocked_ = Blocked(before.content, verdict, visit.at, by_person, book.appeal_days)
    return {"statement": brief(blocked_, book.ruleset)}


def _settle(visit: Visit, row: Row, ruling: Ruling) -> None:
    """Gives the reports of the round their outcome, and reporters theirs."""
    if reports := _reports(visit, row):
        settled = (ruling.settles, ruling.verification or None, visit.at)
        _credit(visit, row, REPORT_SETTLED, reports, ruling.settles, settled)
    if row.kind == COMPLAINT and (ruling.outcome, ruling.verification) == (UPHELD, VERIFIED):
        complained(visit, row.tenant, row.content, _complaint(row), stands=True)


def _unsettle(visit: Visit, row: Row) -> None:
    if reports := _reports(visit, row):
        ((outcome,),) = visit.rows(desk.OUTCOME_OF_ROUND, row.id, row.round)
        _credit(visit, row, REPORT_UNSETTLED, reports, outcome or "", (None, None, None))


def resettle(visit: Visit, row: Row, ruling: Ruling) -> None:
    """Gives the reports of a round another outcome, as whoever checked what was decided on them says."""
    _unsettle(visit, row)
    _settle(visit, row, ruling)


def _complaint(row: Row) -> str:
    """The cause of an entry: an item in a round."""
    return f"complaint:{row.id}:{row.round}"


def _reports(visit: Visit, row: Row) -> int:
    return int(visit.rows(desk.REPORTS_IN_ROUND, row.id, row.round)[0][0])


def _credit(  # noqa: PLR0913, PLR0917 - the act, and the row that it tells of
    visit: Visit, row: Row, kind: str, reports: int, outcome: str, settled: tuple[str | None, str | None, str | None]
) -> None:
    sign = 1 if kind == REPORT_SETTLED else -1
    good, bad = (sign, 0) if outcome == UPHELD else (0, sign)
    visit.record(
        Act(kind, row.id, row.tenant, {"outcome": outcome, "reports": reports, "round": row.round}),
        Write(desk.SETTLE_REPORTS, (*settled, row.id, row.round)),
        Write(desk.CREDIT_REPORTERS, (good, bad, row.id, row.round), must_change=False),
    )
