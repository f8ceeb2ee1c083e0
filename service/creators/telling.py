"""Scores in words, Chinese or English, made from the ledger alone: lines, entries, reasons, what would restore."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from service.creators.entries import DAY, Kind, day_of, last_day_of, start_of, week_of
from service.creators.formula import POINT, WHOLE
from service.creators.ladder import LADDER
from service.creators.lines import ahead, explained
from service.creators.score import reckon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.creators.book import Seen
    from service.creators.entries import Entry
    from service.creators.formula import Formula
    from service.creators.lines import ScoreLine

    Named = Callable[[str], str]

WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
_EPOCH: Final = date(1970, 1, 1)


def say(lang: str, group: str, name: str, /, **gaps: Any) -> str:
    """A sentence of ``words.toml``. Raises ``KeyError`` for one that is not there."""
    return WORDS[group][name][lang == "en"].format_map(gaps)


def day_told(day: int) -> str:
    """A day in Shanghai as ``2026-11-22``."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def points(milli: int) -> str:
    """Milli-points as points, without zeros that say nothing."""
    return f"{milli / POINT:.3f}".rstrip("0").rstrip(".") or "0"


def categories_told(entry: Entry, lang: str, named: Named) -> str:
    """The categories of a violation."""
    return ("、" if lang != "en" else ", ").join(named(code) for code in entry.name.split(",") if code) or entry.name


def line_told(line: ScoreLine, formula: Formula, lang: str, named: Named) -> str:
    """A line of an explanation in words."""
    facts = dict(line.facts)
    gaps: dict[str, Any] = {name: value for name, value in facts.items() if isinstance(value, str)}
    for name in ("points", "most", "cut", "restored", "mean", "value"):
        if name in facts:
            gaps[name] = points(int(facts[name]))
    if line.code == "base":
        gaps["share"] = int(facts["share"]) * 100 // WHOLE
    if "part" in facts:
        part = next(one for one in formula.parts if one.name == facts["part"])
        gaps |= {"part": part.en if lang == "en" else part.zh, "prior": formula.prior, "number": facts.get("number")}
    if "day" in facts:
        gaps["date"] = day_told(int(facts["day"]))
    if line.entry is not None:
        gaps |= {
            "date": day_told(day_of(line.entry.since)),
            "categories": categories_told(line.entry, lang, named),
            "severity": line.entry.value,
        }
    if line.code == "violation":
        gaps |= _factors(line, formula, lang)
    return say(lang, "lines", line.code, **gaps)


def _factors(line: ScoreLine, formula: Formula, lang: str) -> dict[str, Any]:
    factor, corrected = int(line.facts["factor"]), bool(line.facts["corrected"])
    repeated = factor * WHOLE // formula.corrected if corrected and formula.corrected else factor
    return {
        "weight": int(line.facts["weight"]) // 10,
        "factor": say(lang, "lines", "factor", factor=repeated / WHOLE, days=formula.repeat_days)
        if repeated > WHOLE
        else "",
        "corrected": say(lang, "lines", "corrected", corrected=formula.corrected / WHOLE) if corrected else "",
    }


def entry_told(entry: Entry, formula: Formula, lang: str, named: Named, of: str = "") -> str:
    """An entry of the ledger in words; ``of`` is what a reversal reverses."""
    name = of
    if entry.kind == Kind.VIOLATION:
        name = categories_told(entry, lang, named)
    elif entry.kind == Kind.OBSERVATION:
        signal = formula.signals.get(entry.name)
        name = entry.name if signal is None else (signal.en if lang == "en" else signal.zh)
    return say(lang, "entries", str(entry.kind), name=name, value=entry.value)


def reason_told(reason: str, formula: Formula, habit: int, lang: str) -> str:
    """Why a multiplier is what it is; ``habit`` in milli-points."""
    if reason.startswith("measure:"):
        rung = LADDER[reason.removeprefix("measure:")]
        return rung.en if lang == "en" else rung.zh
    gaps: dict[str, dict[str, Any]] = {
        "tenure": {"days": formula.tenure_days, "items": formula.tenure_items, "tier": formula.tenure_tier},
        "unverified": {"tier": formula.unverified_tier},
        "habit": {
            "habit": points(habit),
            "leak": points(formula.habit_leak),
            "most": points(formula.habit_most),
            "tier": formula.habit_tier,
        },
        "recent_severe": {"days": formula.severe_days, "severity": formula.severe},
        "complaint_surge": {"complaints": formula.surge, "days": formula.surge_days},
    }
    return say(lang, "reasons", reason, **gaps.get(reason, {}))


def lines_told(seen: Seen, lang: str, named: Named) -> list[dict[str, Any]]:
    """The explanation of a score: amounts in milli-points that add up to it."""
    return [
        {
            "code": line.code,
            "amount": line.amount,
            "text": line_told(line, seen.formula, lang, named),
            "entry_id": line.entry.id if line.entry else None,
            "date": day_told(day_of(line.entry.since)) if line.entry else None,
            "expires": day_told(day_of(line.until)) if line.until else None,
        }
        for line in explained(seen.derived, seen.formula)
    ]


def restores_told(seen: Seen, lang: str, named: Named) -> list[str]:
    """What would restore a score, and when."""
    formula, derived, told = seen.formula, seen.derived, []
    weighing = [one for one in derived.deductions if one.weight]
    for one in weighing:
        gone = day_told(one.day + formula.life)
        told.append(say(lang, "restores", "expires", date=gone, name=categories_told(one.entry, lang, named)))
    if weighing:
        week = day_told(last_day_of(week_of(day_of(derived.at))))
        told.append(say(lang, "restores", "week", points=points(formula.week), date=week))
        told.append(say(lang, "restores", "training", points=points(formula.training)))
        foretold = ahead(seen.entries, formula, derived.at, cohort=seen.member.cohort)
        told += [say(lang, "restores", "ahead", days=days, score=points(score)) for days, score in foretold]
        told.append(say(lang, "restores", "appeal"))
    return told


def history(
    entries: Sequence[Entry], formula: Formula, at: int, *, cohort: str, most: int = 120
) -> list[tuple[int, int]]:
    """The score over time, from the first entry on: pairs of seconds and milli-points, evenly spaced.

    Each is what was known then: a score that an overturn changed later stands as it was shown.
    """
    if not entries:
        return []
    first = min(one.recorded for one in entries)
    span = max(DAY, at - first)
    step = max(DAY, span // most)
    times = [*range(start_of(day_of(first)) + DAY, at, step), at]
    return [(time, reckon(entries, formula, time, cohort=cohort).score) for time in times]
