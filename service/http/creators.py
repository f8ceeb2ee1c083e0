"""The routes of creators: who they are, their scores with ledger and explanation, boosts, signals and findings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from moderation.types import Scene
from service.creators import presets
from service.creators.book import NotThere, boost_of
from service.creators.formula import WHOLE
from service.creators.ladder import LADDER
from service.creators.lines import changes
from service.creators.members import Profile, Refused, Signal
from service.creators.reading import LAST
from service.creators.score import reckon
from service.creators.standing import limited, placed
from service.creators.telling import entry_told, lines_told, reason_told, restores_told
from service.http import creator_wire as wire
from service.http.answer import Answer, tell
from service.http.asking import ListQuery, cursor_of, cut, mark_of, read_as, read_query
from service.http.content import known
from service.http.language import called
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.ids import stamp
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.creators.book import Boost, Seen
    from service.creators.entries import Entry
    from service.creators.reading import Measured, Shown
    from service.http.serving import Asked

WRITES: Final = (*BODY, *CALLED)
_SCENES: Final = frozenset(scene.value for scene in Scene)
_MOST_CHANGES: Final = 12
_MOST_LINES: Final = 1000
APPEALS: Final = "/v1/appeals"


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
    try:
        held = await asked.serving.service.creators.book.held(known(asked).tenant, name)
    except NotThere:
        raise Problem("not-found") from None
    key = f"{asked.lang} {scene} {name}"
    body = held.told.get(key)
    if body is None:
        body = held.told[key] = orjson.dumps(_boost(asked, name, scene, boost_of(held, scene)))
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
    query, tenant = read_query(asked, wire.CreatorsQuery), known(asked).tenant
    parts = asked.serving.service.creators
    found = await parts.reads.listed(
        tenant, after=mark_of(query.cursor, ""), containing=query.containing, limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    held = await parts.book.standings(tenant, [one.name for one in page])
    items = []
    for one in page:
        standing = held[one.name].standing
        items.append(
            {
                "creator_id": one.name,
                "role": one.role,
                "cohort": one.cohort,
                "score": _points(standing.score),
                "tier": standing.tier,
                "multiplier": standing.multiplier / WHOLE,
                "newcomer": standing.newcomer,
                "measures": list(held[one.name].measures),
            }
        )
    return tell({"items": items, "next": cursor_of(last.name) if last else None})


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
    sent = await read_as(asked, wire.CreatorRequest)
    until = {name: int(end.timestamp()) for name, end in sent.verified_until.items()}
    profile = Profile(sent.role.value, sent.cohort, sent.mcn, sent.entity, until)
    await asked.serving.service.creators.members.put(known(asked).tenant, asked.found["id"], profile)
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
    told = {one.entry.id: one for one in rows}
    items = [_entry(asked, seen, one, told) for one in page]
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
    rows = await parts.reads.ledger(seen.member.id, limit=_MOST_LINES)
    decisions = {one.entry.id: one.decision for one in rows}
    told = await asyncio.to_thread(_explained, asked, seen, decisions)
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
    try:
        fresh = await asked.serving.service.creators.members.signal(known(asked).tenant, asked.found["id"], told)
    except (NotThere, Refused) as error:
        refuse(asked, error)
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
    try:
        await members.link(known(asked).tenant, asked.found["id"], sent.channel, sent.account_id)
    except (NotThere, Refused) as error:
        refuse(asked, error)
    return await _shown(asked)


@route(
    "DELETE",
    "/v1/creators/{id}/accounts/{account}",
    policy=Right.SIGNALS,
    gives=wire.Nothing,
    problems=("not-found", *CALLED),
)
async def unlink(asked: Asked) -> Answer:
    """Unlink an account. What happened until now stays with the creator and with the account."""
    members = asked.serving.service.creators.members
    try:
        await members.unlink(known(asked).tenant, asked.found["id"], asked.found["account"])
    except NotThere:
        raise Problem("not-found") from None
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
    sent, caller = await read_as(asked, wire.FindingRequest), known(asked)
    try:
        id_ = await asked.serving.service.creators.members.find(caller.tenant, asked.found["id"], sent.name, caller.id)
    except (NotThere, Refused) as error:
        refuse(asked, error)
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
    try:
        await members.withdraw(known(asked).tenant, asked.found["id"], asked.found["entry"])
    except NotThere:
        raise Problem("not-found") from None
    return Answer(b"{}")


ROUTES: Final = (
    boost, creators, put_creator, creator, ledger, explanation, signals, link, unlink, find, withdraw,
)  # fmt: skip


def refuse(asked: Asked, error: NotThere | Refused) -> NoReturn:
    """Raises the problem that an error is."""
    if isinstance(error, NotThere):
        raise Problem("not-found") from None
    gaps = dict(error.gaps)
    if error.why == "signal_never":
        gaps = {"why": gaps[asked.lang]}
    raise Problem("invalid-body", faults=[Fault(error.place, error.why, gaps)]) from None


def named(asked: Asked) -> Callable[[str], str]:
    """What categories are called in the reader's language."""
    categories = asked.serving.service.rules.engine.ruleset.categories

    def name(code: str) -> str:
        return called(categories.get(code), asked.lang, code)

    return name


async def seen_by(asked: Asked) -> Seen:
    """The creator of a path. Raises ``Problem``."""
    try:
        return await asked.serving.service.creators.book.seen(known(asked).tenant, asked.found["id"])
    except NotThere:
        raise Problem("not-found") from None


def moment(seconds: int) -> str:
    """Seconds since 1970 as a stamp."""
    return stamp(datetime.fromtimestamp(seconds, UTC))


def measure_told(asked: Asked, one: Measured, name: str) -> dict[str, Any]:
    """A measure as it is answered."""
    told = one._asdict()
    del told["creator"]
    rung = LADDER[one.kind]
    return {
        **told,
        "creator_id": name,
        "name": called(rung, asked.lang),
        "basis": orjson.loads(one.basis),
        "facts": orjson.loads(one.facts),
    }


def _points(milli: int) -> float:
    return milli / WHOLE


def _reasons(asked: Asked, reasons: Sequence[str], seen: Seen | None, formula: Any) -> list[dict[str, str]]:
    derived = seen.derived if seen else None
    return [
        {"code": reason, "text": reason_told(reason, formula, derived, asked.lang)} for reason in reasons or ("none",)
    ]


def _boost(asked: Asked, name: str, scene: str, found: Boost) -> dict[str, Any]:
    formula = asked.serving.service.creators.formulas.shipped
    return {
        "creator_id": name,
        "scene": scene,
        "multiplier": found.multiplier / WHOLE,
        "tier": found.standing.tier,
        "score": found.standing.score / WHOLE,
        "reasons": _reasons(asked, found.reasons, None, formula),
        "valid_until": moment(found.until),
        "formula": found.version,
    }


async def _shown(asked: Asked) -> Answer:
    seen = await seen_by(asked)
    reads = asked.serving.service.creators.reads
    accounts, measures = await reads.accounts(seen.member.id), await reads.measures(seen.member.id)
    multiplier, by = limited(seen.standing.multiplier, seen.measures, "")
    reasons = [*seen.standing.reasons, *(f"measure:{kind}" for kind in by)]
    told = {
        "creator_id": seen.member.name,
        "role": seen.member.role,
        "cohort": seen.member.cohort,
        "mcn": seen.member.mcn,
        "verified_until": {name: moment(end) for name, end in orjson.loads(seen.member.valid_until).items()},
        "enrolled_at": seen.member.enrolled_at,
        "score": _points(seen.standing.score),
        "tier": seen.standing.tier,
        "multiplier": multiplier / WHOLE,
        "compliance": _points(seen.derived.compliance),
        "quality": _points(seen.derived.quality),
        "items": seen.derived.items,
        "reasons": _reasons(asked, reasons, seen, seen.formula),
        "formula": seen.formula.version,
        "other": _other(seen),
        "accounts": [
            {
                "account_id": one.name,
                "channel": one.channel,
                "since": moment(one.since),
                "until": None if one.until is None else moment(one.until),
            }
            for one in accounts
        ],
        "measures": [measure_told(asked, one, seen.member.name) for one in measures],
    }
    return tell(told)


def _other(seen: Seen) -> dict[str, Any] | None:
    if seen.other is None:
        return None
    derived = reckon(seen.entries, seen.other, seen.derived.at, cohort=seen.member.cohort)
    standing = placed(derived, seen.other)
    return {"formula": seen.other.version, "score": _points(standing.score), "tier": standing.tier}


def _entry(asked: Asked, seen: Seen, one: Shown, told: dict[str, Shown]) -> dict[str, Any]:
    entry, reversed_ = one.entry, told.get(one.entry.ref)
    return {
        "id": entry.id,
        "kind": entry.kind,
        "text": _said(asked, seen, entry, reversed_ and reversed_.entry),
        "name": entry.name,
        "value": entry.value,
        "since": moment(entry.since),
        "occurred": moment(entry.occurred),
        "recorded": moment(entry.recorded),
        "ref": entry.ref or None,
        "decision_id": one.decision,
        "content_id": one.content_id,
        "version": one.version,
    }


def _said(asked: Asked, seen: Seen, entry: Entry, reversed_: Entry | None) -> str:
    """What an entry says, and what the one says that it reverses."""
    of = _said(asked, seen, reversed_, None) if reversed_ else entry.ref
    return entry_told(entry, seen.formula, asked.lang, named(asked), of)


def _explained(asked: Asked, seen: Seen, decisions: dict[str, str | None]) -> dict[str, Any]:
    name, formula = named(asked), seen.formula
    by_id = {entry.id: entry for entry in seen.entries}
    moved = changes(seen.entries, formula, cohort=seen.member.cohort, limit=_MOST_CHANGES)
    return {
        "creator_id": seen.member.name,
        "score": _points(seen.standing.score),
        "tier": seen.standing.tier,
        "multiplier": seen.standing.multiplier / WHOLE,
        "formula": formula.version,
        "formula_digest": formula.digest,
        "verified": formula.verified,
        "lines": [
            {**line, "amount": _points(line["amount"]), "decision_id": decisions.get(line["entry_id"] or "")}
            for line in lines_told(seen, asked.lang, name)
        ],
        "changes": [
            {
                "at": moment(one.entry.recorded),
                "text": _said(asked, seen, one.entry, by_id.get(one.entry.ref)),
                "before": _points(one.before),
                "after": _points(one.after),
                "delta": _points(one.after - one.before),
            }
            for one in moved
        ],
        "restores": restores_told(seen, asked.lang, name),
        "appeal": APPEALS,
    }
