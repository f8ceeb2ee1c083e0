"""Writes the numbers of the creator formula into docs/creators.md, between its two marks; prints nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from service.creators.formula import POINT, WHOLE, Formula
from service.creators.formulas import scales, shipped
from service.creators.ladder import BASIS, LADDER

if TYPE_CHECKING:
    from collections.abc import Iterator

DOC = Path(__file__).parents[1] / "docs" / "creators.md"
BEGIN, END = "<!-- numbers: tools/creator_formula.py -->\n", "<!-- end of numbers -->\n"


def points(milli: int) -> str:
    """Milli-points as points."""
    return f"{milli / POINT:g}"


def numbers(formula: Formula) -> str:
    """The numbers as tables."""
    told = [
        f"Version `{formula.version}`, {'verified' if formula.verified else 'not verified'}: {formula.source}.\n",
        f"Score = {formula.compliance / 10:g} % compliance + {formula.quality / 10:g} % quality.\n",
        *_compliance(formula),
        "",
        *_quality(formula),
        "",
        *_tiers(formula),
        "",
        *_measures(),
        "",
        *_presets(),
    ]
    return "\n".join(told) + "\n"


def _compliance(formula: Formula) -> Iterator[str]:
    yield "| Severity | Points | Half-life, days |"
    yield "|---|---|---|"
    for severity, lost in enumerate(formula.points):
        half = formula.half_slow if severity >= formula.slow_from else formula.half
        yield f"| {severity} | {points(lost)} | {half} |"
    repeat = ", ".join(f"× {one / WHOLE:g}" for one in formula.repeat)
    zero = "; ".join(" with ".join(f"`{one}`" for one in sorted(group)) for group in formula.zero)
    yield ""
    yield f"* Repeated within {formula.repeat_days} days, by category: {repeat} (first, second, third and later)."
    yield f"* Corrected on air within {formula.correction_seconds} seconds: × {formula.corrected / WHOLE:g}."
    event, day, month = (points(one) for one in (formula.most_event, formula.most_day, formula.most_month))
    yield f"* No event costs more than {event}, no day more than {day} points."
    yield f"* Never tolerated (score 0 until overturned): {zero}."
    yield f"* Nothing is left after {formula.life} days; the last {formula.fade} lead there in a straight line."
    yield f"* What weighs less than {points(formula.dropped)} points is dropped."
    yield f"* A clean week with a published item restores {points(formula.week)} points."
    yield f"* A training gives {points(formula.training)}, once a quarter; a month at most {month}."
    yield f"* Quality is shrunk to the cohort's mean with a prior of {formula.prior} observations."
    yield f"* What was measured halves in {formula.half_quality} days."


def _quality(formula: Formula) -> Iterator[str]:
    yield "| Part of quality | Share | Mean | What counts (weight, times a day, who tells) |"
    yield "|---|---|---|---|"
    for place, part in enumerate(formula.parts):
        counted = ", ".join(
            f"`{name}` ({one.weight}, {one.per_day}, {one.by})"
            for name, one in formula.signals.items()
            if one.part == place
        )
        yield f"| {part.zh} {part.en} | {part.share / 10:g} % | {points(part.means['default'])} | {counted} |"


def _tiers(formula: Formula) -> Iterator[str]:
    yield "| Tier | From | Multiplier |"
    yield "|---|---|---|"
    for tier in formula.tiers:
        yield f"| {tier.name} | {points(tier.least)} | {tier.low / WHOLE:g} to {tier.high / WHOLE:g} |"
    yield ""
    yield f"* Above {formula.tenure_tier} from {formula.tenure_items} items and {formula.tenure_days} days on."
    yield f"* Nobody unverified stands above {formula.unverified_tier}."
    yield f"* Habit: each violation adds its points, {points(formula.habit_leak)} leak a day."
    yield f"* Above {points(formula.habit_most)} of it nobody stands above {formula.habit_tier}."
    yield f"* No boost within {formula.severe_days} days of a violation of severity {formula.severe},"
    yield f"  of {formula.surge} verified complaints in {formula.surge_days} days, or once a verification has expired."
    yield f"* Never counted: {', '.join(f'`{name}`' for name in formula.refused)}."


def _measures() -> Iterator[str]:
    yield f"| Measure ({BASIS}) | Longest term | Who decides |"
    yield "|---|---|---|"
    for kind, rung in LADDER.items():
        who = "a person" if rung.by_person else "a rule, or a person"
        yield f"| {rung.zh} {rung.en} (`{kind}`) | {rung.most_days or 'without end'} | {who} |"


def _presets() -> Iterator[str]:
    yield "| Preset | Shown as | Verified |"
    yield "|---|---|---|"
    for one in scales().values():
        shown = " · ".join(level[1] for level in one.levels) or f"0 to {one.highest}"
        yield f"| {one.zh} {one.en} (`{one.name}`) | {shown} | {'yes' if one.verified else 'no'} |"


def filled(text: str) -> str:
    """The document with its numbers as they are."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + numbers(shipped()) + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOC.write_text(filled(DOC.read_text(encoding="utf-8")), encoding="utf-8")
