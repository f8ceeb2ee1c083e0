"""A score as lines that add up to it: every deduction, every relief, every cap and clamp. Pure.

The sum of the amounts is the score, whatever the entries: a line is made from the same integers as the score itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import DAY, start_of
from service.creators.formula import FULL, WHOLE
from service.creators.score import Derived, lost_by_day, part_of, reckon, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.creators.entries import Entry
    from service.creators.formula import Formula
    from service.creators.score import Deduction

AHEAD_DAYS: Final = (7, 30, 90)


class ScoreLine(NamedTuple):
    """One summand in milli-points. ``entry`` is the cause, if there is one; ``until`` is when the line is gone."""

    code: str
    amount: int
    entry: Entry | None = None
    facts: Mapping[str, int | str] = {}
    until: int | None = None


def explained(derived: Derived, formula: Formula) -> list[ScoreLine]:
    """All lines of a score, in the order in which they are reckoned. Their amounts add up to it."""
    base = share_of(formula, FULL)
    lines = [ScoreLine("base", base, facts={"share": formula.compliance})]
    for one in derived.deductions:
        lines += _deducted(one, formula)
    lines += _capped(derived, formula)
    for place, (part, found) in enumerate(zip(formula.parts, derived.parts, strict=True)):
        mean, whole = part_of(formula, place, found.mean), part_of(formula, place, found.value)
        lines.append(ScoreLine("cohort", mean, facts={"part": part.name, "mean": found.mean, "prior": formula.prior}))
        if found.number:
            facts: dict[str, int | str] = {"part": part.name, "number": found.number, "value": found.value}
            lines.append(ScoreLine("observed", whole - mean, facts=facts))
    if derived.zero is not None:
        lines.append(ScoreLine("zero", -(derived.compliance + derived.quality), derived.zero))
    return lines


def _capped(derived: Derived, formula: Formula) -> list[ScoreLine]:
    """What the caps of days spare, and that compliance does not go below nothing."""
    lines, days = [], lost_by_day(derived.deductions, formula)
    for day, lost in days.items():
        whole = sum([share_of(formula, one.weight) for one in derived.deductions if one.day == day])
        if whole > lost:
            facts: dict[str, int | str] = {"most": formula.most_day, "day": day}
            lines.append(ScoreLine("cap_day", whole - lost, None, facts, start_of(day + formula.life)))
    below = derived.compliance - share_of(formula, FULL) + sum(days.values())
    if below:
        lines.append(ScoreLine("clamp_compliance", below))
    return lines


def _deducted(one: Deduction, formula: Formula) -> list[ScoreLine]:
    """What a violation costs, what caps spare, and what was restored."""
    gross, capped, left = (share_of(formula, milli) for milli in (one.gross, one.capped, one.weight))
    if not gross:
        return []
    until = start_of(one.day + formula.life)
    full = one.points + one.cut
    facts: dict[str, int | str] = {
        "categories": one.entry.name,
        "corrected": int(one.corrected),
        "factor": one.factor,
        "points": full,
        "severity": one.entry.value,
        "weight": one.gross * WHOLE // full,
    }
    lines = [ScoreLine("violation", -gross, one.entry, facts, until)]
    if capped != gross:
        lines.append(ScoreLine("cap", gross - capped, one.entry, {"cut": one.cut, "most": formula.most_event}, until))
    if left != capped:
        lines.append(ScoreLine("restored", capped - left, one.entry, {"restored": one.points - one.left}, until))
    return lines


class Change(NamedTuple):
    """What one entry changed: the score just before and just after it was recorded."""

    entry: Entry
    before: int
    after: int


def changes(entries: Sequence[Entry], formula: Formula, *, cohort: str, limit: int) -> list[Change]:
    """The newest entries with what they changed, newest first; of those recorded together each alone, in turn."""
    ordered = sorted(entries, key=lambda one: (one.recorded, one.id))
    found = []
    for place in range(len(ordered) - 1, max(-1, len(ordered) - 1 - limit), -1):
        entry = ordered[place]
        before, after = (
            reckon(ordered[:end], formula, entry.recorded, cohort=cohort).score for end in (place, place + 1)
        )
        found.append(Change(entry, before, after))
    return found


def ahead(entries: Sequence[Entry], formula: Formula, at: int, *, cohort: str) -> list[tuple[int, int]]:
    """What the score will be in so many days if nothing more happens: pairs of days and milli-points."""
    return [(days, reckon(entries, formula, at + days * DAY, cohort=cohort).score) for days in AHEAD_DAYS]
