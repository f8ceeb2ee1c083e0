"""The routes of the review desk: list items, claim them, work on them, decide. For people; no key may decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from moderation.render import render_suggestion
from moderation.types import Action
from service.http.answer import Answer, tell
from service.http.answers import Rewritten
from service.http.asking import (
    check_category,
    cursor_of,
    known_categories,
    not_categories,
    places_in,
    read_as,
    read_query,
)
from service.http.evenly import evenly
from service.http.problems import Fault, Problem, forbidden
from service.http.review_answers import Claimed, Full, Queue, counts_told, full, summary
from service.http.review_wire import (
    ClaimOneRequest,
    ClaimRequest,
    DecisionRequest,
    EscalateRequest,
    HeartbeatRequest,
    HeldRequest,
    QueueQuery,
    ReleaseRequest,
    UndoRequest,
)
from service.http.routes import BODY, CALLED, route
from service.review.archive import midnight
from service.review.desk import Sorts
from service.review.rows import Conflict, NotThere
from service.review.rulings import Ruling, Unfounded
from service.review.states import SENIOR, State
from service.review.verdict import Reason
from service.rights import Right
from service.store.desk_reads import COUNTED, Place, Query

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from service.http.serving import Asked
    from service.review.rows import Row

_WRITES: Final = (*BODY, *CALLED)
_STEP: Final = ("not-found", "review-conflict", *_WRITES)
_ACTIONS: Final = {"pass": Action.PASS, "block": Action.BLOCK}


@route(
    "GET",
    "/v1/reviews",
    policy=Right.READ,
    query=QueueQuery,
    gives=Queue,
    problems=("invalid-query", *CALLED),
    shows_texts=True,
)
async def reviews(asked: Asked) -> Answer:
    """List items of the queue, the most urgent first, with bounded counts of what there is."""
    sent, caller, archive = read_query(asked, QueueQuery), asked.who, asked.serving.service.archive
    check_category(asked, sent.category)
    query = _query(sent, caller.id)
    places = places_in(sent.cursor, str, str)
    after = Place(str(places[0]), str(places[1])) if places else None
    page = await archive.page(caller, query, after=after, limit=sent.limit)
    counts = await archive.counts(caller)
    ruled = await archive.ruled(caller, page.items)
    told = {
        "items": [{**summary(one), "action": ruled.get(one.row[0])} for one in page.items],
        "next": cursor_of(*page.next) if page.next else None,
        "counts": counts_told(counts, COUNTED, senior=Right.SENIOR in caller.rights),
    }
    return tell(told)


@route("POST", "/v1/reviews/claim", policy=Right.REVIEW, takes=ClaimRequest, gives=Claimed, problems=_WRITES)
async def claim_reviews(asked: Asked) -> Answer:
    """Take the most urgent items; each comes with the token that its steps need."""
    sent = await read_as(asked, ClaimRequest)
    faults = not_categories(asked, ((("categories", number), one) for number, one in enumerate(sent.categories)))
    if faults:
        raise Problem("invalid-body", faults=faults)
    return await evenly(asked, _claimed(asked, sent))


@route("GET", "/v1/reviews/{id}", policy=Right.READ, gives=Full, problems=("not-found", *CALLED), shows_texts=True)
async def one_review(asked: Asked) -> Answer:
    """Read an item with all that belongs to it."""
    return await evenly(asked, _full(asked, asked.found["id"], with_context=True))


@route("POST", "/v1/reviews/{id}/claim", policy=Right.REVIEW, takes=ClaimOneRequest, gives=Full, problems=_STEP)
async def claim_review(asked: Asked) -> Answer:
    """Take this item."""
    sent = await read_as(asked, ClaimOneRequest)
    desk = asked.serving.service.desk
    return await _taken(asked, desk.claim_one(asked.who, asked.found["id"], lease=sent.lease_seconds))


@route("POST", "/v1/reviews/{id}/heartbeat", policy=Right.REVIEW, takes=HeartbeatRequest, gives=Full, problems=_STEP)
async def extend_review(asked: Asked) -> Answer:
    """Hold an item for longer."""
    sent = await read_as(asked, HeartbeatRequest)
    desk = asked.serving.service.desk
    return await _taken(asked, desk.heartbeat(asked.who, asked.found["id"], sent.token, lease=sent.lease_seconds))


@route("POST", "/v1/reviews/{id}/release", policy=Right.REVIEW, takes=ReleaseRequest, gives=Full, problems=_STEP)
async def release_review(asked: Asked) -> Answer:
    """Give an item back; seniors may take one from others."""
    sent = await read_as(asked, ReleaseRequest)
    return await _taken(asked, asked.serving.service.desk.release(asked.who, asked.found["id"], sent.token))


@route("POST", "/v1/reviews/{id}/skip", policy=Right.REVIEW, takes=HeldRequest, gives=Full, problems=_STEP)
async def skip_review(asked: Asked) -> Answer:
    """Leave an item to others: it does not come back to you in this round."""
    sent = await read_as(asked, HeldRequest)
    return await _taken(asked, asked.serving.service.desk.skip(asked.who, asked.found["id"], sent.token))


@route("POST", "/v1/reviews/{id}/escalate", policy=Right.REVIEW, takes=EscalateRequest, gives=Full, problems=_STEP)
async def escalate_review(asked: Asked) -> Answer:
    """Pass an item on to seniors."""
    sent = await read_as(asked, EscalateRequest)
    desk = asked.serving.service.desk
    return await _taken(asked, desk.escalate(asked.who, asked.found["id"], sent.token, note=sent.note))


@route("POST", "/v1/reviews/{id}/decision", policy=Right.REVIEW, takes=DecisionRequest, gives=Full, problems=_STEP)
async def decide_review(asked: Asked) -> Answer:
    """Decide: it supersedes the engine's decision, and receivers hear of it ten seconds later."""
    sent = await read_as(asked, DecisionRequest)
    ruling = Ruling(
        _ACTIONS[sent.action] if sent.action else None,
        tuple(Reason(reason.category, reason.article or "") for reason in sent.reasons),
        sent.note,
        sent.outcome or "",
        sent.verification or "",
    )
    return await _taken(asked, asked.serving.service.desk.decide(asked.who, asked.found["id"], sent.token, ruling))


@route("POST", "/v1/reviews/{id}/undo", policy=Right.REVIEW, takes=UndoRequest, gives=Full, problems=_STEP)
async def undo_review(asked: Asked) -> Answer:
    """Take your own decision back within ten seconds; you hold the item again."""
    await read_as(asked, UndoRequest)
    return await _taken(asked, asked.serving.service.desk.undo(asked.who, asked.found["id"]))


@route(
    "GET",
    "/v1/reviews/{id}/suggestion",
    policy=Right.READ,
    gives=Rewritten,
    problems=("not-found", *CALLED),
    shows_texts=True,
)
async def review_suggestion(asked: Asked) -> Answer:
    """What could be written instead: worked out when asked for."""
    return await evenly(asked, _rewritten(asked))


ROUTES: Final = (
    reviews,
    claim_reviews,
    one_review,
    claim_review,
    extend_review,
    release_review,
    skip_review,
    escalate_review,
    decide_review,
    undo_review,
    review_suggestion,
)


def _query(sent: QueueQuery, caller: str) -> Query:
    """What to list. Raises ``Problem`` where a holder is asked for among items that nobody holds."""
    mine = sent.holder is not None
    if mine and sent.state == "waiting":
        raise Problem("invalid-query", faults=[Fault(("state",), "held_by_nobody")])
    return Query(
        sent.state or ("held" if mine else "waiting"),
        (sent.kind,) if sent.kind else (),
        (sent.scene.value,) if sent.scene else (),
        (sent.category,) if sent.category else (),
        (0, 1) if sent.level is None else (sent.level,),
        caller if mine else "",
        midnight() if sent.day else "",
    )


async def _claimed(asked: Asked, sent: ClaimRequest) -> Answer:
    caller, service = asked.who, asked.serving.service
    sorts = Sorts(sent.kinds, tuple(scene.value for scene in sent.scenes), sent.categories)
    rows = await service.desk.claim(
        caller, limit=sent.limit, sorts=sorts, lease=sent.lease_seconds, distinct=sent.distinct
    )
    held = {row.id: row.token for row in rows}
    dossiers = await service.archive.dossiers(caller, list(held))
    ruleset = service.rules.engines.of(caller.tenant).ruleset
    told = {
        "items": [full(one, ruleset, caller.id, asked.lang) for one in dossiers if one.row.token == held[one.row.id]]
    }
    return Answer(orjson.dumps(told, option=orjson.OPT_UTC_Z))


async def _rewritten(asked: Asked) -> Answer:
    service, caller = asked.serving.service, asked.who
    try:
        content = await service.archive.content(caller, asked.found["id"])
    except NotThere:
        raise Problem("not-found") from None
    suggested = await service.moderation.suggested(caller.tenant, content)
    told = render_suggestion(suggested.suggestion, content, suggested.ruleset, asked.lang)
    return tell(told)


async def _taken(asked: Asked, step: Awaitable[Row]) -> Answer:
    return await evenly(asked, _after(asked, step))


async def _after(asked: Asked, step: Awaitable[Row]) -> Answer:
    """The item after a step, with what surrounds it where somebody begins to look at it.

    Raises ``Problem`` for a step that could not be taken.
    """
    try:
        row = await step
    except NotThere:
        raise Problem("not-found") from None
    except Conflict as conflict:
        raise await _conflict(asked, conflict) from None
    except Unfounded as error:
        gaps = known_categories(asked)
        raise Problem("invalid-body", faults=[Fault(wrong.place, wrong.code, gaps) for wrong in error.wrong]) from None
    return await _full(asked, row.id, with_context=row.state == State.HELD)


async def _conflict(asked: Asked, conflict: Conflict) -> Problem:
    if conflict.why == "rights":
        return forbidden(Right.SENIOR if conflict.row.level == SENIOR else Right.REVIEW)
    item = await asked.serving.service.archive.item(asked.who, conflict.row.id)
    return Problem(
        "review-conflict", context={"why": conflict.why}, members={"why": conflict.why, "item": summary(item)}
    )


async def _full(asked: Asked, review: str, *, with_context: bool) -> Answer:
    caller, service = asked.who, asked.serving.service
    try:
        dossier = await service.archive.dossier(caller, review, with_context=with_context)
    except NotThere:
        raise Problem("not-found") from None
    ruleset = service.rules.engines.of(caller.tenant).ruleset
    return Answer(orjson.dumps(full(dossier, ruleset, caller.id, asked.lang), option=orjson.OPT_UTC_Z))
