"""Writes the numbers of the creator formula into docs/creators.md, between its two marks; prints nothing."""

from __future__ import annotations

from pathlib import Path

from service.creators.formula import POINT, WHOLE, Formula
from service.creators.formulas import scales, shipped
from service.creators.ladder import BASIS, LADDER

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
        "| Severity | Points | Half-life, days |",
        "|---|---|---|",
    ]
    for severity, lost in enumerate(formula.points):
        half = formula.half_slow if severity >= formula.slow_from else formula.half
        told.append(f"| {severity} | {points(lost)} | {half} |")
    repeat = ", ".join(f"× {one / WHOLE:g}" for one in formula.repeat)
    zero = "; ".join(" with ".join(f"`{one}`" for one in sorted(group)) for group in formula.zero)
    told += [
        "",
        f"* Repeated within {formula.repeat_days} days, by category: {repeat} (first, second, third and later).",
        f"* Corrected on air within {formula.correction_seconds} seconds: × {formula.corrected / WHOLE:g}.",
        f"* No event costs more than {points(formula.most_event)}, no day more than {points(formula.most_day)} points.",
        f"* Never tolerated (score 0 until overturned): {zero}.",
        f"* Nothing is left after {formula.life} days; the last {formula.fade} lead there in a straight line.",
        f"* What weighs less than {points(formula.dropped)} points is dropped.",
        f"* A clean week with a published item restores {points(formula.week)} points.",
        f"* A training gives {points(formula.training)}, once a quarter; a month at most {points(formula.most_month)}.",
        f"* Quality is shrunk to the cohort's mean with a prior of {formula.prior} observations.",
        f"* What was measured halves in {formula.half_quality} days.",
        "",
        "| Part of quality | Share | Mean | What counts (weight, times a day, who tells) |",
        "|---|---|---|---|",
    ]
    for place, part in enumerate(formula.parts):
        counted = ", ".join(
            f"`{name}` ({one.weight}, {one.per_day}, {one.by})"
            for name, one in formula.signals.items()
            if one.part == place
        )
        told.append(f"| {part.zh} {part.en} | {part.share / 10:g} % | {points(part.means['default'])} | {counted} |")
    told += ["", "| Tier | From | Multiplier |", "|---|---|---|"]
    told += [
        f"| {tier.name} | {points(tier.least)} | {tier.low / WHOLE:g} to {tier.high / WHOLE:g} |"
        for tier in formula.tiers
    ]
    told += [
        "",
        f"* Above {formula.tenure_tier} from {formula.tenure_items} items and {formula.tenure_days} days on.",
        f"* Nobody unverified stands above {formula.unverified_tier}.",
        f"* Habit: each violation adds its points, {points(formula.habit_leak)} leak a day.",
        f"* Above {points(formula.habit_most)} of it nobody stands above {formula.habit_tier}.",
        f"* No boost within {formula.severe_days} days of a violation of severity {formula.severe},",
        f"  of {formula.surge} verified complaints in {formula.surge_days} days, or once a verification has expired.",
        f"* Never counted: {', '.join(f'`{name}`' for name in formula.refused)}.",
        "",
        f"| Measure ({BASIS}) | Longest term | Who decides |",
        "|---|---|---|",
    ]
    told += [
        f"| {rung.zh} {rung.en} (`{kind}`) | {rung.most_days or 'without end'} | "
        f"{'a person' if rung.by_person else 'a rule, or a person'} |"
        for kind, rung in LADDER.items()
    ]
    told += ["", "| Preset | Shown as | Verified |", "|---|---|---|"]
    told += [
        f"| {one.zh} {one.en} (`{one.name}`) | "
        f"{' · '.join(level[1] for level in one.levels) or f'0 to {one.highest}'} | {'yes' if one.verified else 'no'} |"
        for one in scales().values()
    ]
    return "\n".join(told) + "\n"


def filled(text: str) -> str:
    """The document with its numbers as they are."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + numbers(shipped()) + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOC.write_text(filled(DOC.read_text(encoding="utf-8")), encoding="utf-8")
