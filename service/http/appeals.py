"""The routes of appeals: what a creator is told of a block, that they were, that they appeal, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from moderation.types import PERSON, Action
from service.http.answer import Answer, tell
from service.http.answers import Answered, decider
from service.http.asking import read_as
from service.http.problems import Fault, Problem
from service.http.review_answers import grounds_of
from service.http.review_wire import AppealRequest, NotifiedRequest
from service.http.routes import BODY, CALLED, route
from service.ids import stamp
from service.review.appeals import Appealed, NotAppealable, NotTheirs
from service.review.rows import NotThere
from service.review.statement import Blocked, statement
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked
    from service.moderate import Decided

_WRITES: Final = (*BODY, *CALLED)


class AppealShown(Answered):
    """An appeal. Who decided is not told: it is another person than before."""

    id: str
    decision_id: str
    content_id: str
    version: int
    appellant: str
    grounds: str
    filed_at: str
    review: str
    due_at: str | None = Field(description="by when people should have decided; null once they are late")
    outcome: str | None = Field(description="upheld, overturned; null while nobody has decided")
    settled_at: str | None
    final_at: str | None = Field(description="when the block became final, if it did")


class Rule(Answered):
    """A rule that was broken."""

    code: str
    name: str


class ArticleShown(Answered):
    """An article that the block rests on."""

    ref: str
    name: str
    text: str


class Statement(Answered):
    """What to tell a creator of a block. ``text`` is all of it."""

    decision_id: str
    content_id: str
    version: int
    facts: list[str]
    rules: list[Rule]
    articles: list[ArticleShown]
    automated: bool
    term_days: float
    appeal_until: str | None = Field(description="by when they may appeal; null while they were not told")
    term: str
    appeal: str
    text: str


class Told(Answered):
    """How far a block is on its way to being final."""

    decision_id: str
    notified_at: str | None
    appeal_until: str
    appealed_at: str | None
    stands: bool
    final_at: str | None


@route(
    "POST",
    "/v1/appeals",
    policy=Right.REPORT,
    takes=AppealRequest,
    gives=AppealShown,
    problems=("not-appealable", *_WRITES),
)
async def appeal(asked: Asked) -> Answer:
    """File a creator's appeal against a block, once and in its term; another person decides."""
    sent, caller, service = await read_as(asked, AppealRequest), asked.who, asked.serving.service
    if bool(sent.content_id) == bool(sent.decision_id):
        raise Problem("invalid-body", faults=[Fault(("decision_id",), "one_of_two")])
    said = Appealed(sent.decision_id, sent.content_id, sent.appellant_id, sent.grounds)
    try:
        filed = await service.desk.appeal(caller.tenant, said)
    except NotThere:
        place = "decision" if sent.decision_id else "content"
        raise Problem("invalid-body", faults=[Fault((f"{place}_id",), f"unknown_{place}")]) from None
    except NotTheirs:
        raise Problem("invalid-body", faults=[Fault(("appellant_id",), "not_the_creator")]) from None
    except NotAppealable as error:
        raise _refused(error) from None
    return await _told(asked, filed)


@route(
    "GET", "/v1/appeals/{id}", policy=Right.REPORT, gives=AppealShown, problems=("not-found", *CALLED), shows_texts=True
)
async def one_appeal(asked: Asked) -> Answer:
    """Read an appeal, with its outcome once there is one."""
    return await _told(asked, asked.found["id"])


@route(
    "POST",
    "/v1/decisions/{id}/notified",
    policy=Right.REPORT,
    takes=NotifiedRequest,
    gives=Told,
    problems=("not-found", "not-appealable", *_WRITES),
)
async def notified(asked: Asked) -> Answer:
    """Say that the creator has been told of a block: their term begins. Saying it again changes nothing."""
    await read_as(asked, NotifiedRequest)
    caller, service, decision = asked.who, asked.serving.service, asked.found["id"]
    try:
        await service.desk.notified(caller.tenant, decision)
    except NotThere:
        raise Problem("not-found") from None
    except NotAppealable as error:
        raise _refused(error) from None
    found = await service.appeals.block(caller.tenant, decision)
    assert found is not None
    block, stands = found
    told = {
        "decision_id": decision,
        "notified_at": block.notified_at,
        "appeal_until": block.appeal_until,
        "appealed_at": block.appealed_at,
        "stands": stands,
        "final_at": block.final_at,
    }
    return tell(told)


@route(
    "GET",
    "/v1/moderations/{id}/statement",
    policy=Right.MODERATE,
    gives=Statement,
    problems=("not-found", "not-appealable", *CALLED),
    shows_texts=True,
)
async def statement_of(asked: Asked) -> Answer:
    """What to tell the creator of a block: facts, rule, article, term and way of appeal, in plain words."""
    name = asked.found["id"]
    decided = await asked.serving.moderation.get(asked.who, name) if name.isascii() else None
    if decided is None:
        raise Problem("not-found")
    if decided.verdict.action is not Action.BLOCK:
        raise _refused(NotAppealable("action"))
    return tell(await _stated(asked, decided))


ROUTES: Final = (appeal, one_appeal, notified, statement_of)


async def _stated(asked: Asked, decided: Decided) -> dict[str, Any]:
    service, content = asked.serving.service, decided.content
    days = service.settings.appeal_days
    found = await service.appeals.block(asked.who.tenant, decided.id)
    until = found[0].appeal_until if found else None
    blocked = Blocked(content, decided.verdict, stamp(decided.at), decider(decided.by) == PERSON, days, until)
    told = statement(blocked, decided.ruleset, asked.lang)
    return {"decision_id": decided.id, "content_id": content.id, "version": content.version, **told}


async def _told(asked: Asked, appeal_id: str) -> Answer:
    found = await asked.serving.service.appeals.appeal(asked.who.tenant, appeal_id)
    if found is None:
        raise Problem("not-found")
    told = {
        "id": found.id,
        "decision_id": found.decision,
        "content_id": found.content_id,
        "version": found.version,
        "appellant": found.appellant,
        "grounds": grounds_of(found),
        "filed_at": found.filed_at,
        "review": found.review,
        "due_at": found.due_at,
        "outcome": found.outcome,
        "settled_at": found.settled_at,
        "final_at": found.final_at,
    }
    return tell(told)


def _refused(error: NotAppealable) -> Problem:
    members = {"why": error.why, **({"appeal": error.appeal} if error.appeal else {})}
    return Problem("not-appealable", context={"why": error.why}, members=members)
