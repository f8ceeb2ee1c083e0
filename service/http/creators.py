"""The routes of creators: who they are, their scores with ledger and explanation, boosts, signals and findings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import orjson

from moderation.types import Scene
from service.creators import presets
from service.creators.book import NotThere, boost_of
from service.creators.members import Profile, Refused, Signal
from service.creators.reads import LAST
from service.http import creator_wire as wire
from service.http.answer import Answer, tell
from service.http.asking import ListQuery, cursor_of, cut, mark_of, read_as, read_query
from service.http.creator_answers import boost_told, brief_told, creator_told, entry_shown, explained
from service.http.language import called
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.wire import LONGEST
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from service.creators.book import Seen
    from service.http.serving import Asked

WRITES: Final = (*BODY, *CALLED)
_SCENES: Final = frozenset(scene.value for scene in Scene)

T = TypeVar("T")


@route(
    "GET",
    "/v1/creators/{id}/boost",
    policy=Right.CREATORS,
    query=wire.BoostQuery,
    gives=wire.BoostShown,
    problems=("not-found", "invalid-query", *CALLED),
)
async def boost(asked: Asked) -> Answer:
    """What a creator's traffic is multiplied by in a scene, why, and until when that holds."""
    query = asked.request.query
    scene = query.get("scene", "")
    if scene not in _SCENES or len(query) != 1:
        scene = read_query(asked, wire.BoostQuery).scene.value
    name = asked.found["id"]
    held = await done(asked, asked.serving.service.creators.book.held(asked.who.tenant, name))
    key = f"{asked.lang} {scene} {name}"
    body = held.told.get(key)
    if body is None:
        body = held.told[key] = orjson.dumps(boost_told(asked, name, scene, boost_of(held, scene)))
    return Answer(body)


@route(
    "GET",
    "/v1/creators",
    policy=Right.CREATORS,
    query=wire.CreatorsQuery,
    gives=wire.CreatorList,
    problems=("invalid-query", *CALLED),
)
async def creators(asked: Asked) -> Answer:
    """List enrolled creators by id; accounts that are another creator's are left out."""
    query, tenant = read_query(asked, wire.CreatorsQuery), asked.who.tenant
    parts = asked.serving.service.creators
    found = await parts.reads.listed(
        tenant, after=await behind(asked, query.cursor), containing=query.containing, limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    held = await parts.book.standings(tenant, [one.name for one in page])
    items = [{**brief_told(one.name, held[one.name]), "role": one.role, "cohort": one.cohort} for one in page]
    return tell({"items": items, "next": cursor_of(last.id) if last else None})


@route(
    "PUT",
    "/v1/creators/{id}",
    policy=Right.SIGNALS,
    takes=wire.CreatorRequest,
    gives=wire.CreatorShown,
    problems=WRITES,
)
async def put_creator(asked: Asked) -> Answer:
    """Enrol a creator, or change what is known of it. Accounts of one verified entity become one creator's."""
    name, sent = _id_of(asked), await read_as(asked, wire.CreatorRequest)
    until = {name: int(end.timestamp()) for name, end in sent.verified_until.items()}
    profile = Profile(sent.role.value, sent.cohort, sent.mcn, sent.entity, until)
    await asked.serving.service.creators.members.put(asked.who.tenant, name, profile)
    return await _shown(asked)


@route("GET", "/v1/creators/{id}", policy=Right.CREATORS, gives=wire.CreatorShown, problems=("not-found", *CALLED))
async def creator(asked: Asked) -> Answer:
    """Read a creator: who it is, where it stands, what is in force against it."""
    return await _shown(asked)


@route(
    "GET",
    "/v1/creators/{id}/ledger",
    policy=Right.CREATORS,
    query=ListQuery,
    gives=wire.LedgerShown,
    problems=("not-found", "invalid-query", *CALLED),
)
async def ledger(asked: Asked) -> Answer:
    """Read the entries of a creator, newest first: causes, never points."""
    query = read_query(asked, ListQuery)
    before = mark_of(query.cursor, LAST)
    seen = await seen_by(asked)
    rows = await asked.serving.service.creators.reads.ledger(seen.member.id, before=before, limit=query.limit + 1)
    page, last = cut(rows, query.limit)
    told = {entry.id: entry for entry in (*seen.entries, *(one.entry for one in page))}
    items = [entry_shown(asked, seen, one, told) for one in page]
    return tell({"items": items, "next": cursor_of(last.number) if last else None})


@route(
    "GET",
    "/v1/creators/{id}/explanation",
    policy=Right.CREATORS,
    query=wire.ExplanationQuery,
    gives=wire.Explanation,
    problems=("not-found", "invalid-query", *CALLED),
)
async def explanation(asked: Asked) -> Answer:
    """A score as a sum that adds up to it, what changed and why, and what would restore it."""
    query = read_query(asked, wire.ExplanationQuery)
    parts = asked.serving.service.creators
    scales = parts.formulas.presets
    if query.preset and query.preset not in scales:
        raise Problem("invalid-query", faults=[Fault(("preset",), "unknown_preset", {"known": ", ".join(scales)})])
    seen = await seen_by(asked)
    causes = [one.entry for one in seen.derived.deductions] + ([seen.derived.zero] if seen.derived.zero else [])
    decisions = await parts.reads.decisions([one.id for one in causes])
    told = await asyncio.to_thread(explained, asked, seen, decisions)
    told["scales"] = [
        {
            "preset": one.name,
            "name": called(one, asked.lang),
            "shown": presets.shown(one, seen.standing.score, asked.lang),
            "verified": one.verified,
        }
        for one in scales.values()
        if query.preset in {"", one.name}
    ]
    return tell(told)


@route(
    "POST",
    "/v1/creators/{id}/signals",
    policy=Right.SIGNALS,
    takes=wire.SignalsRequest,
    gives=wire.SignalsDone,
    problems=("not-found", *WRITES),
)
async def signals(asked: Asked) -> Answer:
    """Tell what was measured or done. What must never move a score is refused by name."""
    sent = await read_as(asked, wire.SignalsRequest)
    told = [
        Signal(one.name, int(one.at.timestamp()), one.value, one.decision_id or "", one.seconds) for one in sent.signals
    ]
    members = asked.serving.service.creators.members
    fresh = await done(asked, members.signal(asked.who.tenant, asked.found["id"], told))
    return tell({"fresh": fresh})


@route(
    "POST",
    "/v1/creators/{id}/accounts",
    policy=Right.SIGNALS,
    takes=wire.AccountRequest,
    gives=wire.CreatorShown,
    problems=("not-found", *WRITES),
)
async def link(asked: Asked) -> Answer:
    """Link an account to a creator. What was found against it comes along; what it earned before does not."""
    sent = await read_as(asked, wire.AccountRequest)
    members = asked.serving.service.creators.members
    await done(asked, members.link(asked.who.tenant, asked.found["id"], sent.channel, sent.account_id))
    return await _shown(asked)


@route(
    "DELETE",
    "/v1/creators/{id}/accounts/{account}",
    policy=Right.SIGNALS,
    gives=wire.Nothing,
    problems=("not-found", "invalid-body", *CALLED),
)
async def unlink(asked: Asked) -> Answer:
    """Unlink an account. What happened until now stays with the creator and with the account."""
    members = asked.serving.service.creators.members
    await done(asked, members.unlink(asked.who.tenant, asked.found["id"], asked.found["account"]))
    return Answer(b"{}")


@route(
    "POST",
    "/v1/creators/{id}/findings",
    policy=Right.MEASURES,
    takes=wire.FindingRequest,
    gives=wire.EntryMade,
    problems=("not-found", *WRITES),
)
async def find(asked: Asked) -> Answer:
    """A person finds something that is for people to find, such as brushing."""
    sent, caller = await read_as(asked, wire.FindingRequest), asked.who
    members = asked.serving.service.creators.members
    id_ = await done(asked, members.find(caller.tenant, asked.found["id"], sent.name, caller.id))
    return tell({"id": id_})


@route(
    "DELETE",
    "/v1/creators/{id}/findings/{entry}",
    policy=Right.MEASURES,
    gives=wire.Nothing,
    problems=("not-found", *CALLED),
)
async def withdraw(asked: Asked) -> Answer:
    """Take a finding back."""
    members = asked.serving.service.creators.members
    await done(asked, members.withdraw(asked.who.tenant, asked.found["id"], asked.found["entry"]))
    return Answer(b"{}")


ROUTES: Final = (
    boost, creators, put_creator, creator, ledger, explanation, signals, link, unlink, find, withdraw,
)  # fmt: skip


async def done(asked: Asked, step: Awaitable[T]) -> T:
    """What a step gives; what stands in its way as a problem."""
    try:
        return await step
    except NotThere:
        raise Problem("not-found") from None
    except Refused as error:
        gaps = dict(error.gaps)
        if error.why == "signal_never":
            gaps = {"why": gaps[asked.lang]}
        raise Problem("invalid-body", faults=[Fault(error.place, error.why, gaps)]) from None


async def behind(asked: Asked, cursor: str) -> str:
    """The name behind which a list of creators goes on. Names may be long: cursors hold the ids that are made here."""
    id_ = mark_of(cursor, "")
    if not id_:
        return ""
    last = await asked.serving.service.creators.reads.known_as(asked.who.tenant, id_)
    if last is None:
        raise Problem("invalid-query", faults=[Fault(("cursor",), "cursor")])
    return last.name


async def seen_by(asked: Asked) -> Seen:
    """The creator of a path. Raises ``Problem``."""
    return await done(asked, asked.serving.service.creators.book.seen(asked.who.tenant, asked.found["id"]))


def _id_of(asked: Asked) -> str:
    """The id that a path gives to a creator who may be new: such as contents bear. Raises ``Problem``."""
    name = asked.found["id"]
    if len(name) > LONGEST:
        raise Problem("invalid-body", faults=[Fault(("id",), "string_too_long", {"max_length": LONGEST})])
    if "\x00" in name:
        raise Problem("invalid-body", faults=[Fault(("id",), "nul")])
    return name


async def _shown(asked: Asked) -> Answer:
    seen = await seen_by(asked)
    reads = asked.serving.service.creators.reads
    accounts, measures = await reads.accounts(seen.member.id), await reads.measures(seen.member.id)
    return tell(creator_told(asked, seen, accounts, measures))
