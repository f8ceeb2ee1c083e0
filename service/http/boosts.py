"""The routes of boosts, measures and trials of the formula: what moves traffic, and who decides on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from service.creators.book import today
from service.creators.boosts import Entrant, Listing
from service.creators.formula import WHOLE, FormulaError
from service.creators.telling import day_told
from service.creators.trials import NotAllowed, State
from service.filing import sealed
from service.http import creator_wire as wire
from service.http.answer import Answer, tell
from service.http.asking import cursor_of, cut, mark_of, read_as, read_query
from service.http.creator_answers import measure_told, moment
from service.http.creators import WRITES, done
from service.http.idempotency import IDEMPOTENT, REPLAY_HEADER, key_of, replaying
from service.http.problems import Fault, Problem
from service.http.routes import CALLED, route
from service.rights import Right

if TYPE_CHECKING:
    from service.creators.trials import Trial
    from service.http.serving import Asked

_DAYS: Final = 30
_RANKINGS: Final = 50
_NEWEST: Final = "~"
"""Sorts behind every id."""


@route(
    "POST",
    "/v1/boosts/rank",
    policy=Right.SIGNALS,
    takes=wire.RankRequest,
    gives=wire.RankShown,
    problems=("invalid-idempotency-key", "idempotency-conflict", *WRITES),
    headers=IDEMPOTENT,
    returns=REPLAY_HEADER,
)
async def rank(asked: Asked) -> Answer:
    """Share extra impressions among candidates within the day's budget; a part is for newcomers, drawn by a seed."""
    sent = await read_as(asked, wire.RankRequest)
    names = [one.creator_id for one in sent.candidates]
    first = {name: place for place, name in reversed([*enumerate(names)])}
    if twice := [place for place, name in enumerate(names) if first[name] < place]:
        faults = [Fault(("candidates", place, "creator_id"), "same_candidate") for place in twice]
        raise Problem("invalid-body", faults=faults)
    candidates = [Entrant(one.creator_id, one.expected, one.category) for one in sent.candidates]
    boosts, tenant, key = asked.serving.service.creators.boosts, asked.who.tenant, key_of(asked.request)
    seal = None if key is None else sealed(tenant, f"rank {key}", sent.model_dump_json().encode())
    listing = Listing(tenant, sent.scene.value, candidates, sent.budget, sent.seed, seal)
    ranking = await done(asked, boosts.rank(listing))
    told = {
        "id": ranking.id,
        "seed": ranking.seed,
        "budget": ranking.budget,
        "granted": sum(max(0, one.extra) for one in ranking.granted),
        "explored": ranking.explored,
        "items": [
            {"creator_id": one.candidate.creator, "extra": one.extra, "shown": one.shown, "why": one.why}
            for one in ranking.granted
        ],
    }
    return Answer(orjson.dumps(told), headers=replaying(replayed=ranking.replayed))


@route("GET", "/v1/boosts", policy=Right.CREATORS, gives=wire.BoostsShown, problems=CALLED)
async def boosts(asked: Asked) -> Answer:
    """The budget, what was spent of it on the last 30 days, and the newest rankings."""
    parts, tenant = asked.serving.service.creators, asked.who.tenant
    days: dict[int, dict[str, Any]] = {}
    for day, sort, spent in await parts.reads.spent_days(tenant, today() - _DAYS):
        one = days.setdefault(day, {"day": day_told(day), "spent": 0, "explored": 0})
        one["spent" if sort == "all" else "explored"] = spent
    limits = parts.boosts.limits
    told = {
        "budget": limits.day,
        "per_creator": limits.creator,
        "per_category": limits.category,
        "exploration": limits.exploration / WHOLE,
        "days": list(days.values()),
        "rankings": [one._asdict() for one in await parts.reads.rankings(tenant, limit=_RANKINGS)],
    }
    return tell(told)


@route(
    "GET",
    "/v1/measures",
    policy=Right.CREATORS,
    query=wire.MeasuresQuery,
    gives=wire.MeasureList,
    problems=("invalid-query", *CALLED),
)
async def measures(asked: Asked) -> Answer:
    """List measures, newest first."""
    query = read_query(asked, wire.MeasuresQuery)
    reads = asked.serving.service.creators.reads
    before = mark_of(query.cursor, _NEWEST)
    found = await reads.measures_in(asked.who.tenant, query.state, before=before, limit=query.limit + 1)
    page, last = cut(found, query.limit)
    items = [measure_told(asked, *one) for one in page]
    return tell({"items": items, "next": cursor_of(last[0].id) if last else None})


@route(
    "POST",
    "/v1/creators/{id}/measures",
    policy=Right.MEASURES,
    takes=wire.MeasureRequest,
    gives=wire.EntryMade,
    problems=("not-found", *WRITES),
)
async def propose_measure(asked: Asked) -> Answer:
    """Propose a measure against a creator; another person decides."""
    sent, caller = await read_as(asked, wire.MeasureRequest), asked.who
    measures = asked.serving.service.creators.measures
    id_ = await done(asked, measures.propose(caller, asked.found["id"], sent.kind, sent.rule, sent.days))
    return tell({"id": id_})


@route(
    "POST",
    "/v1/creators/{id}/measures/due",
    policy=Right.MEASURES,
    gives=wire.MeasuresMade,
    problems=("not-found", *CALLED),
)
async def due_measures(asked: Asked) -> Answer:
    """Have the rules propose what a creator's standing calls for."""
    measures = asked.serving.service.creators.measures
    ids = await done(asked, measures.ruled(asked.who.tenant, asked.found["id"]))
    return tell({"ids": ids})


@route(
    "POST",
    "/v1/measures/{id}/decision",
    policy=Right.MEASURES,
    takes=wire.MeasureDecision,
    gives=wire.Nothing,
    problems=("not-found", *WRITES),
)
async def decide_measure(asked: Asked) -> Answer:
    """Put a proposed measure into force, or decline it. Whoever proposed it cannot decide."""
    sent, caller = await read_as(asked, wire.MeasureDecision), asked.who
    measures = asked.serving.service.creators.measures
    await done(asked, measures.decide(caller, asked.found["id"], agrees=sent.agrees, days=sent.days))
    return Answer(b"{}")


@route(
    "POST",
    "/v1/measures/{id}/relief",
    policy=Right.MEASURES,
    takes=wire.ReliefRequest,
    gives=wire.Nothing,
    problems=("not-found", *WRITES),
)
async def lift_measure(asked: Asked) -> Answer:
    """End a measure before its term."""
    sent = await read_as(asked, wire.ReliefRequest)
    measures = asked.serving.service.creators.measures
    await done(asked, measures.lift(asked.who, asked.found["id"], sent.why))
    return Answer(b"{}")


@route("GET", "/v1/trials", policy=Right.CREATORS, gives=wire.TrialList, problems=CALLED)
async def trials(asked: Asked) -> Answer:
    """The formula that holds, and its trials, newest first."""
    parts, tenant = asked.serving.service.creators, asked.who.tenant
    await parts.book.refresh()
    held = parts.formulas.held(tenant)
    _, text = await parts.formulas.text(tenant, held.id)
    found = await parts.reads.trials(tenant, limit=_RANKINGS)
    told = {
        "formula": held.formula.version,
        "text": text,
        "days": parts.trials.terms.days,
        "sample": parts.trials.terms.sample,
        "items": [await _trial(asked, one) for one in found],
    }
    return tell(told)


@route(
    "POST",
    "/v1/trials",
    policy=Right.FORMULA,
    takes=wire.TrialRequest,
    gives=wire.TrialMade,
    problems=("trial-conflict", *WRITES),
)
async def propose_trial(asked: Asked) -> Answer:
    """Propose a formula that differs in one number from the one that holds."""
    sent = await read_as(asked, wire.TrialRequest)
    await asked.serving.service.creators.book.refresh()
    try:
        id_ = await asked.serving.service.creators.trials.propose(asked.who, sent.formula)
    except FormulaError as error:
        why = error.told.in_(asked.lang)
        raise Problem("invalid-body", faults=[Fault(("formula",), "formula", {"why": why})]) from None
    except NotAllowed as error:
        _conflict(error)
    return tell({"id": id_})


@route(
    "POST",
    "/v1/trials/{id}/advance",
    policy=Right.FORMULA,
    gives=wire.TrialShown,
    problems=("not-found", "trial-conflict", *CALLED),
)
async def advance_trial(asked: Asked) -> Answer:
    """Take a trial to its next stage: 5, 20, 100 percent, then adopted. Another person than who proposed it."""
    return await _stepped(asked, advance=True)


@route(
    "POST",
    "/v1/trials/{id}/rollback",
    policy=Right.FORMULA,
    gives=wire.TrialShown,
    problems=("not-found", "trial-conflict", *CALLED),
)
async def roll_back_trial(asked: Asked) -> Answer:
    """End a trial, or take back what was adopted: everybody's score is the former formula's again."""
    return await _stepped(asked, advance=False)


ROUTES: Final = (
    rank, boosts, measures, propose_measure, due_measures, decide_measure, lift_measure,
    trials, propose_trial, advance_trial, roll_back_trial,
)  # fmt: skip


async def _stepped(asked: Asked, *, advance: bool) -> Answer:
    parts = asked.serving.service.creators.trials
    step = parts.advance if advance else parts.roll_back
    try:
        trial = await done(asked, step(asked.who, asked.found["id"]))
    except NotAllowed as error:
        _conflict(error)
    return tell(await _trial(asked, trial))


def _conflict(error: NotAllowed) -> NoReturn:
    raise Problem("trial-conflict", context={"why": error.why}, members={"why": error.why}) from None


async def _trial(asked: Asked, one: Trial) -> dict[str, Any]:
    parts, tenant = asked.serving.service.creators, asked.who.tenant
    version, _ = await parts.formulas.text(tenant, one.formula)
    base, _ = await parts.formulas.text(tenant, one.base)
    effect = await parts.trials.effect(tenant, one) if one.state is State.RUNNING else None
    return {
        "id": one.id,
        "version": version,
        "base": base,
        "variable": one.variable,
        "state": one.state.value,
        "share": one.share,
        "proposed_by": one.proposed_by,
        "since": moment(one.since),
        "staged_at": moment(one.staged_at),
        "effect": effect._asdict() if effect else None,
    }
