"""The routes about contents: judge one, judge a batch, read a decision, read a content's history."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import orjson

from moderation.types import PERSON, Content
from service.duty.proofs import UnknownProof
from service.floor import Breath
from service.http.answer import Answer
from service.http.answers import NOTHING_MORE, BatchAnswer, Decision, History, decider, named, superseded, told
from service.http.asking import ListQuery, cursor_of, cut, mark_of, read_query
from service.http.body import read_body
from service.http.idempotency import IDEMPOTENT, REPLAY_HEADER, key_of, replaying
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.wire import BatchRequest, Malformed, ModerationRequest, Short, read_batch, read_one, wanting
from service.moderate import Idempotency
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiohttp import web

    from moderation.reasons import Language
    from service.http.serving import Asked
    from service.moderate import Decided
    from service.store.reads import Newer

_UNKNOWN_PROOF: Final = Fault(("proofs",), "unknown_proof")
_WRITES: Final = (*BODY, "invalid-idempotency-key", "idempotency-conflict", "busy", *CALLED)


class HistoryQuery(ListQuery):
    """Which decisions to list."""

    content_id: Short


@route(
    "POST",
    "/v1/moderations",
    policy=Right.MODERATE,
    takes=ModerationRequest,
    gives=Decision,
    problems=_WRITES,
    headers=IDEMPOTENT,
    returns=REPLAY_HEADER,
)
async def moderate(asked: Asked) -> Answer:
    """Judge one content; the answer leaves after the decision is on disk."""
    request, serving, caller = asked.request, asked.serving, asked.who
    _wait_outside_when_full(serving.moderation.full)
    body = await read_body(request, limit=serving.settings.max_body, deadline=serving.settings.body_deadline)
    idempotency = _idempotency(request, body)
    try:
        content = read_one(body, tenant=caller.tenant, now=datetime.now(UTC), limits=serving.limits)
        decided = await serving.moderation.one(caller, content, idempotency=idempotency)
    except (Problem, UnknownProof) as refused:  # what was answered once is answered again all the same
        before = await serving.moderation.again(caller, idempotency)
        if before is None:
            unknown = Problem("invalid-body", faults=[_UNKNOWN_PROOF])
            raise (unknown if isinstance(refused, UnknownProof) else refused) from None
        decided = before[0]
    if not decided.replayed:
        serving.metrics.judged(decided.content.scene, decided.verdict)
    suggested = await serving.moderation.suggested(caller.tenant, decided.content) if any(wanting(body)) else None
    more = superseded((await _newer(asked, [decided])).get(decided.id))
    return Answer(told(decided, asked.lang, suggested, more), headers=replaying(replayed=decided.replayed))


@route(
    "POST",
    "/v1/moderations/batch",
    policy=Right.MODERATE,
    takes=BatchRequest,
    gives=BatchAnswer,
    problems=_WRITES,
    headers=IDEMPOTENT,
    returns=REPLAY_HEADER,
)
async def moderate_batch(asked: Asked) -> Answer:
    """Judge up to 1 000 contents in one transaction; each gets its own result or error, in order."""
    serving, tenant = asked.serving, asked.who.tenant
    _wait_outside_when_full(serving.moderation.full_of(tenant))
    async with serving.moderation.batch(tenant):
        body = await read_body(
            asked.request, limit=serving.settings.max_batch_body, deadline=serving.settings.body_deadline
        )
        return await _batch(asked, body)


async def _batch(asked: Asked, body: bytes) -> Answer:
    request, serving, caller = asked.request, asked.serving, asked.who
    idempotency = _idempotency(request, body)
    read = await read_batch(body, tenant=caller.tenant, now=datetime.now(UTC), limits=serving.limits)
    decided = await serving.moderation.again(caller, idempotency)
    if decided is not None and len(decided) != len(_contents(read)):
        read = await _proven(asked, read)
    while decided is None:
        try:
            decided = await serving.moderation.many(caller, _contents(read), idempotency=idempotency)
        except UnknownProof:  # each time an item less
            read = await _proven(asked, read)
    if len(decided) != len(_contents(read)):  # the limits or the proofs changed since the first answer
        raise Problem("idempotency-conflict")
    for one in decided:
        if not one.replayed:
            serving.metrics.judged(one.content.scene, one.verdict)
    newer = await _newer(asked, decided)
    results = await _results(asked, read, decided, wanting(body), newer)
    replayed = bool(decided) and decided[0].replayed
    return Answer(b'{"results":[' + b",".join(results) + b"]}", headers=replaying(replayed=replayed))


@route(
    "GET",
    "/v1/moderations/{id}",
    policy=Right.MODERATE,
    gives=Decision,
    problems=("not-found", *CALLED),
    shows_texts=True,
)
async def one_decision(asked: Asked) -> Answer:
    """Read one decision as it was taken, and what stands instead if another one superseded it."""
    name = asked.found["id"]
    found = await asked.serving.moderation.get(asked.who, name) if name.isascii() else None
    if found is None:
        raise Problem("not-found")
    return Answer(b"".join(await _read(asked, [found])))


@route(
    "GET",
    "/v1/moderations",
    policy=Right.MODERATE,
    query=HistoryQuery,
    gives=History,
    problems=("invalid-query", *CALLED),
    shows_texts=True,
)
async def history(asked: Asked) -> Answer:
    """List the decisions on one content over all its versions, newest first."""
    query = read_query(asked, HistoryQuery)
    asked.shown, before = query.content_id, mark_of(query.cursor, "")
    found = await asked.serving.moderation.history(asked.who, query.content_id, before=before, limit=query.limit + 1)
    page, last = cut(found, query.limit)
    more = orjson.dumps(None if last is None else cursor_of(last.id))
    return Answer(b'{"decisions":[' + b",".join(await _read(asked, page)) + b'],"next":' + more + b"}")


async def _read(asked: Asked, found: Sequence[Decided]) -> list[bytes]:
    """Decisions that are read: each with what stands instead, and for those who see the desk with who decided."""
    who = await _people(asked, [one.by for one in found])
    newer = await asked.serving.moderation.newer(asked.who, [one.id for one in found])
    return [told(one, asked.lang, None, {**superseded(newer.get(one.id)), **_who(one.by, who)}) for one in found]


async def _newer(asked: Asked, decided: Sequence[Decided]) -> Mapping[str, Newer]:
    """What stands instead of the decisions that were stored before; what was decided just now stands."""
    ids = [one.id for one in decided if one.replayed]
    return await asked.serving.moderation.newer(asked.who, ids) if ids else {}


async def _people(asked: Asked, by: Iterable[str]) -> dict[str, str] | None:
    """What the people among these deciders are called; ``None`` for a caller who may not see the desk."""
    caller = asked.who
    if Right.READ not in caller.rights:
        return None
    ids = [one for one in dict.fromkeys(by) if decider(one) == PERSON]
    return await asked.serving.service.desk_reads.names(caller.tenant, ids) if ids else {}


def _who(by: str, names: Mapping[str, str] | None) -> Mapping[str, Any]:
    return NOTHING_MORE if names is None else named(by, names)


ROUTES: Final = (moderate, moderate_batch, one_decision, history)


def _wait_outside_when_full(full: bool) -> None:  # noqa: FBT001 - the state itself
    """Turns a request away before its body is read: an overloaded service must not spend time on parsing."""
    if full:
        raise Problem("busy", headers={"Retry-After": "1"})


def _idempotency(request: web.BaseRequest, body: bytes) -> Idempotency | None:
    key = key_of(request)
    return None if key is None else Idempotency(key, body)


async def _proven(asked: Asked, read: Sequence[Content | Malformed]) -> list[Content | Malformed]:
    """The items, those refused that name a proof which is not on file."""
    contents = _contents(read)
    unproven = iter(await asked.serving.moderation.unproven(asked.who, contents))
    refused = (_UNKNOWN_PROOF,)
    return [Malformed(one.id or None, refused) if isinstance(one, Content) and next(unproven) else one for one in read]


def _contents(read: Sequence[Content | Malformed]) -> list[Content]:
    return [one for one in read if isinstance(one, Content)]


async def _results(
    asked: Asked,
    read: Sequence[Content | Malformed],
    decided: Sequence[Decided],
    wanted: Sequence[bool],
    newer: Mapping[str, Newer],
) -> list[bytes]:
    """Results and errors in the order of the request. Pauses so that a big batch does not hold the event loop."""
    moderation, tenant, lang = asked.serving.moderation, asked.who.tenant, asked.lang
    results: list[bytes] = []
    waiting = iter(decided)
    breath = Breath()
    for one, wants in zip_longest(read, wanted, fillvalue=False):
        if isinstance(one, Malformed):
            results.append(_refusal(one, lang))
        else:
            done = next(waiting)
            suggested = await moderation.suggested(tenant, done.content) if wants else None
            results.append(told(done, lang, suggested, superseded(newer.get(done.id))))
        await breath.taken()
    return results


def _refusal(malformed: Malformed, lang: Language) -> bytes:
    problem = Problem("invalid-body", faults=malformed.faults)
    return orjson.dumps({"content_id": malformed.id, "error": problem.told(lang)})
