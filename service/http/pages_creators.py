"""The pages of creators: all of them, one of them, boosts, and trials of the formula."""

from __future__ import annotations

import asyncio
from time import time
from typing import TYPE_CHECKING, Any, Final

from service.creators.entries import Kind, day_of
from service.creators.formula import FULL, WHOLE
from service.creators.ladder import LADDER
from service.creators.score import reckon
from service.creators.telling import day_told, entry_told, history
from service.creators.trials import STAGES, chosen
from service.http import boosts, charts, creators
from service.http.asking import cursor_of, cut
from service.http.console import HTML, shell, told_by
from service.http.creator_answers import brief_told
from service.http.filters import following, given
from service.http.language import called
from service.http.routes import route
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.creators.book import Held, Seen
    from service.creators.entries import Entry
    from service.creators.formula import Formula
    from service.creators.reads import Owner
    from service.creators.trials import Trial
    from service.http.answer import Answer
    from service.http.console import Shell
    from service.http.serving import Asked

_MOST: Final = 2000
"""So many creators the distribution looks at."""
_STEP: Final = 5
_SHOWN: Final = 100
_MOST_COMPARED: Final = 20
_MOST_EVENTS: Final = 60
_DATES: Final = 6
_SORTS: Final = (Kind.VIOLATION, Kind.REVERSAL, Kind.TRAINING)


@route("GET", "/creators", policy=Right.CREATORS, gives=HTML, shown=False)
async def all_creators(asked: Asked) -> Answer:
    """Creators: search, tiers, and how their scores are distributed."""
    page, query = await shell(asked), asked.request.query
    parts, tenant = asked.serving.service.creators, asked.who.tenant
    names = await parts.reads.enrolled(tenant, limit=_MOST)
    held = await parts.book.standings(tenant, names)
    formula = parts.formulas.held(tenant).formula
    asked_for = given(asked, "tier", "containing", "cursor")
    listed = await _listed(asked, asked_for, held)
    return page.page(
        "creators.html",
        items=listed["items"],
        next=following(asked_for, listed["next"]),
        containing=query.get("containing", ""),
        chosen=query.get("tier", ""),
        counted=len(held),
        more=len(names) == _MOST,
        tiers=[
            {
                "name": one.name,
                "least": one.least // WHOLE,
                "low": one.low / WHOLE,
                "high": one.high / WHOLE,
                "count": sum(kept.standing.tier == one.name for kept in held.values()),
            }
            for one in formula.tiers
        ],
        bars=_distribution([one.standing.score for one in held.values()]),
        proposed=(await told_by(asked, boosts.measures, query={"state": "proposed", "limit": "20"}))["items"],
    )


@route("GET", "/creators/{id}", policy=Right.CREATORS, gives=HTML, shown=False)
async def one_creator(asked: Asked) -> Answer:
    """One creator: the score over time with what happened, as a sum, and all that is known."""
    page, found = await shell(asked), {"id": asked.found["id"]}
    one = await told_by(asked, creators.creator, found=found)
    told = await told_by(asked, creators.explanation, found=found)
    entries = (await told_by(asked, creators.ledger, found=found, query={"limit": "40"}))["items"]
    seen = await creators.seen_by(asked)
    reads = asked.serving.service.creators.reads
    contents = sorted({entry["content_id"] for entry in entries if entry["content_id"]})
    appeals = await reads.appeals_about(asked.who.tenant, contents)
    boosted = await reads.boosted(asked.who.tenant, seen.member.id)
    return page.page(
        "creator.html",
        one=one,
        told=told,
        total=round(sum(line["amount"] for line in told["lines"]), 3),
        ledger=entries,
        drawn=await asyncio.to_thread(_drawn, page, seen),
        appeals=[one._asdict() for one in appeals],
        boosted=[{"day": day_told(day), "spent": spent} for day, spent in boosted],
        may_measure=Right.MEASURES in asked.who.rights and bool(page.csrf),
        ladder=[(kind, called(rung, page.lang)) for kind, rung in LADDER.items()],
    )


@route("GET", "/boosts", policy=Right.CREATORS, gives=HTML, shown=False)
async def all_boosts(asked: Asked) -> Answer:
    """Boosts: use of the budget, newcomers' share, and how unequal traffic is with and without."""
    page = await shell(asked)
    told = await told_by(asked, boosts.boosts)
    days, rankings = told["days"], told["rankings"]
    spent = sum(one["spent"] for one in days)
    weights = sum(one["candidates"] for one in rankings) or 1
    mean = {
        name: sum(one[name] * one["candidates"] for one in rankings) / weights / WHOLE
        for name in ("gini", "gini_without")
    }
    bars = [(one["day"][5:], one["spent"], "", f"{one['day']}: {one['spent']:,}") for one in days]
    return page.page(
        "boosts.html",
        told=told,
        today=days[-1] if days else {"spent": 0},
        share=100 * sum(one["explored"] for one in days) / spent if spent else 0.0,
        bars=charts.columns(bars),
        **mean,
    )


@route("GET", "/formula", policy=Right.CREATORS, gives=HTML, shown=False)
async def all_trials(asked: Asked) -> Answer:
    """Trials of the formula: stages, effect, both scores, and the button that stops one."""
    page = await shell(asked)
    return page.page(
        "trials.html",
        told=await told_by(asked, boosts.trials),
        stages=STAGES,
        compared=await _compared(asked),
        may_try=Right.FORMULA in asked.who.rights and bool(page.csrf),
    )


ROUTES: Final = (all_creators, one_creator, all_boosts, all_trials)


async def _listed(asked: Asked, asked_for: Mapping[str, str], held: Mapping[str, Held]) -> dict[str, Any]:
    """A page of creators and where it goes on: of the tier that was chosen, those that are ``held``; else of all."""
    tier, containing = asked_for.get("tier", ""), asked_for.get("containing", "")
    if not tier:
        return await told_by(asked, creators.creators, query={**asked_for, "limit": str(_SHOWN)})
    after = await creators.behind(asked, asked_for.get("cursor", ""))
    wanted = sorted(
        name for name, one in held.items() if one.standing.tier == tier and name > after and containing in name
    )
    page, last = cut(wanted, _SHOWN)
    items = [{**brief_told(name, held[name]), "role": "", "cohort": held[name].cohort} for name in page]
    return {"items": items, "next": cursor_of(held[last].id) if last else None}


def _distribution(scores: list[int]) -> dict[str, Any]:
    counts = [0] * (100 // _STEP)
    for score in scores:
        counts[min(score * len(counts) // FULL, len(counts) - 1)] += 1
    told = []
    for place, count in enumerate(counts):
        least = place * _STEP
        sort = "d" if least < 40 else "c" if least < 60 else "b" if least < 75 else ""  # noqa: PLR2004 - the tiers
        told.append((str(least), count, sort, f"{least}–{least + _STEP}: {count}"))
    return charts.columns(told)


def _drawn(page: Shell, seen: Seen) -> dict[str, Any] | None:
    at = seen.derived.at
    values = history(seen.entries, seen.formula, at, cohort=seen.member.cohort)
    if not values:
        return None
    by_id = {entry.id: entry for entry in seen.entries}
    events = []
    for entry in sorted(seen.entries, key=lambda one: one.recorded):
        if entry.kind in _SORTS:
            of = by_id.get(entry.ref)
            what = entry_told(of, seen.formula, page.lang, page.category) if of else ""
            title = entry_told(entry, seen.formula, page.lang, page.category, what)
            events.append((entry.recorded, str(entry.kind), f"{day_told(day_of(entry.recorded))} {title}"))
    first, last = values[0][0], values[-1][0]
    times = [first + (last - first) * place // (_DATES - 1) for place in range(_DATES)] if last > first else [first]
    dates = list({day_told(day_of(time)): time for time in times}.items())
    return charts.over_time(values, events[-_MOST_EVENTS:], [(time, label) for label, time in dates], most=FULL)


async def _compared(asked: Asked) -> list[dict[str, Any]]:
    """Both scores of some creators while a formula is tried: those first whom it would change most."""
    parts, tenant = asked.serving.service.creators, asked.who.tenant
    held = parts.formulas.held(tenant)
    if held.tried is None or held.trial is None:
        return []
    names = await parts.reads.enrolled(tenant, limit=_SHOWN)
    owners = await parts.reads.owners(tenant, names)
    entries = await parts.reads.entries_of({one.member.id: one.links for one in owners.values()})
    return await asyncio.to_thread(_both, owners, entries, held.formula, held.tried, held.trial)


def _both(
    owners: Mapping[str, Owner],
    entries: Mapping[str, Sequence[Entry]],
    formula: Formula,
    tried: Formula,
    trial: Trial,
) -> list[dict[str, Any]]:
    at = int(time())
    rows: list[dict[str, Any]] = []
    for name, one in owners.items():
        id_, cohort = one.member.id, one.member.cohort
        now, then = (reckon(entries[id_], by, at, cohort=cohort).score for by in (formula, tried))
        rows.append({"name": name, "now": now / WHOLE, "then": then / WHOLE, "moved": chosen(trial, id_)})
    rows.sort(key=lambda row: -abs(row["then"] - row["now"]))
    return rows[:_MOST_COMPARED]
