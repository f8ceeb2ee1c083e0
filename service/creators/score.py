"""The score: a pure function of entries, formula and time, in integer milli-points. No clock, no rows, no floats.

All that happens on one day in Shanghai counts from that day's beginning, so what comes first within a day decides
nothing. Violations of a day are weighed before its credits. A credit restores what is lost at that time, the oldest
first, and what it cannot restore is gone: nobody saves up for later.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import (
    DAY,
    SHANGHAI_SECONDS,
    Entry,
    day_of,
    last_day_of,
    standing,
    start_of,
    week_of,
)
from service.creators.formula import FULL, POINT, SCALE, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.creators.formula import Formula

DEFAULT_COHORT: Final = "default"
_EPOCH: Final = date(1970, 1, 1)
PUBLISHED: Final = "published"
COMPLAINT: Final = "complaint_verified"
PREREVIEW_FAILED: Final = "prereview_failed"


class Deduction(NamedTuple):
    """What a violation costs, in milli-points of compliance.

    ``points`` are those of its first day, ``left`` is what of these nothing restored; ``weight`` is what ``left``
    weighs now, ``capped`` what ``points`` would. ``factor`` is permille of the severity's points, ``cut`` what the cap
    of one event took off, ``gross`` the weight without that cap.
    """

    entry: Entry
    day: int
    factor: int
    corrected: bool
    cut: int
    points: int
    left: int
    gross: int
    capped: int
    weight: int


class Credit(NamedTuple):
    """What restores: ``day`` is when, ``entry`` the training or nothing for a clean week, ``used`` milli-points."""

    day: int
    entry: Entry | None
    points: int
    used: int


class Measured(NamedTuple):
    """A part of quality in milli-points: the cohort's mean, the value, and how many observations there are."""

    mean: int
    value: int
    number: int


class Derived(NamedTuple):
    """A creator's score with what it is made of. ``first`` is when the first counted item was published.

    ``habit`` is what violations filled up and time let leak, in milli-points.
    """

    at: int
    score: int
    compliance: int
    quality: int
    deductions: tuple[Deduction, ...]
    credits: tuple[Credit, ...]
    parts: tuple[Measured, ...]
    zero: Entry | None
    items: int
    first: int | None
    complaints: tuple[int, ...]
    habit: int


class _Open:
    """A deduction while credits are paid into it."""

    __slots__ = ("corrected", "cut", "day", "entry", "factor", "left", "points", "table")

    def __init__(self, entry: Entry, day: int, table: tuple[int, ...]) -> None:
        self.entry, self.day, self.table = entry, day, table
        self.factor, self.corrected, self.cut = WHOLE, False, 0
        self.points = self.left = 0


def reckon(entries: Iterable[Entry], formula: Formula, at: int, *, cohort: str = DEFAULT_COHORT) -> Derived:
    """The score at a time, of what was recorded by then. ``cohort`` chooses the means that observations shrink to."""
    return _derived(standing(entries, at), formula, at, cohort)


def soft(weight: int, dropped: int) -> int:
    """A weight that goes to nothing at ``dropped`` without a step: from twice as much on it falls twice as fast."""
    if weight >= 2 * dropped:
        return weight
    return max(0, 2 * (weight - dropped))


def share_of(formula: Formula, milli: int) -> int:
    """Milli-points of compliance as milli-points of the score."""
    return milli * formula.compliance // WHOLE


def part_of(formula: Formula, place: int, milli: int) -> int:
    """Milli-points of a part of quality as milli-points of the score."""
    return milli * formula.parts[place].share * formula.quality // (WHOLE * WHOLE)


def lost_by_day(deductions: Iterable[Deduction], formula: Formula) -> dict[int, int]:
    """What the violations of each day cost now, in milli-points of the score: no day more than its cap."""
    days: dict[int, int] = {}
    for one in deductions:
        days[one.day] = days.get(one.day, 0) + share_of(formula, one.weight)
    most = share_of(formula, formula.most_day)
    return {day: min(lost, most) for day, lost in days.items()}


@lru_cache(maxsize=8192)
def month_of(day: int) -> tuple[int, int]:
    """Year and month of a day."""
    found = _EPOCH + timedelta(days=day)
    return found.year, found.month


def quarter_of(day: int) -> tuple[int, int]:
    """Year and quarter of a day."""
    year, month = month_of(day)
    return year, (month - 1) // 3


def _derived(entries: Sequence[Entry], formula: Formula, at: int, cohort: str) -> Derived:
    violations: list[Entry] = []
    trainings: list[Entry] = []
    seen: list[Entry] = []
    corrections: dict[str, int] = {}
    items: dict[str, Entry] = {}
    for entry in entries:
        kind = entry.kind
        if kind == "observation":
            if entry.name == PUBLISHED:
                mark = entry.mark or entry.cause
                known = items.get(mark)
                if known is None or _order(entry) < _order(known):
                    items[mark] = entry
            else:
                seen.append(entry)
        elif kind == "violation":
            if entry.scene in formula.prereview:
                seen.append(entry._replace(name=PREREVIEW_FAILED))
            else:
                violations.append(entry)
        elif kind == "training":
            trainings.append(entry)
        elif kind == "correction":
            corrections[entry.ref] = min(entry.value, corrections.get(entry.ref, entry.value))
    days = {(entry.since + SHANGHAI_SECONDS) // DAY for entry in items.values()}
    open_ = _opened(violations, corrections, formula)
    credits_ = _paid(open_, _credits(open_, days, trainings, violations, formula, at), formula) if open_ else ()
    deductions = tuple([_weighed(one, formula, at) for one in open_])
    parts = _measured(seen, days, formula, at, cohort)
    zero = min([entry for entry in violations if formula.is_zero(entry.name)], key=_order, default=None)
    lost = sum(lost_by_day(deductions, formula).values())
    compliance = max(0, share_of(formula, FULL) - lost)
    quality = sum([part_of(formula, place, part.value) for place, part in enumerate(parts)])
    complaints = tuple(sorted([entry.since for entry in seen if entry.name == COMPLAINT]))
    first = min([entry.since for entry in items.values()], default=None)
    score = 0 if zero else compliance + quality
    habit = _habit(violations, formula, at) if violations else 0
    return Derived(
        at, score, compliance, quality, deductions, credits_, parts, zero, len(items), first, complaints, habit
    )


def _order(entry: Entry) -> tuple[int, int, str]:
    return entry.recorded, entry.since, entry.id


def _opened(violations: list[Entry], corrections: dict[str, int], formula: Formula) -> list[_Open]:
    """Points by severity, times the factors of repetition and correction, under the caps; oldest first."""
    if not violations:
        return []
    earlier: dict[str, list[int]] = {}
    opened = []
    for entry in sorted(violations, key=lambda one: (one.occurred, one.id)):
        category = entry.name.split(",", 1)[0]
        times = earlier.setdefault(category, [])
        since = entry.occurred - formula.repeat_days * DAY
        before = len(times) - bisect_right(times, since)
        times.append(entry.occurred)
        one = _Open(entry, day_of(entry.since), formula.slow if entry.value >= formula.slow_from else formula.fast)
        one.factor = formula.repeat[min(before, len(formula.repeat) - 1)]
        seconds = corrections.get(entry.id, corrections.get(entry.mark) if entry.mark else None)
        if seconds is not None and seconds <= formula.correction_seconds:
            one.corrected = True
            one.factor = one.factor * formula.corrected // WHOLE
        full = formula.points[entry.value] * one.factor // WHOLE
        one.points = one.left = min(full, formula.most_event)
        one.cut = full - one.points
        opened.append(one)
    opened.sort(key=lambda one: (one.day, one.entry.id))
    return opened


def _habit(violations: list[Entry], formula: Formula, at: int) -> int:
    """A bucket that each violation fills by its severity alone and that leaks evenly."""
    level, last = 0, 0
    for entry in sorted(violations, key=lambda one: one.since):
        level = max(0, level - formula.habit_leak * (entry.since - last)) + formula.points[entry.value] * DAY
        last = entry.since
    return max(0, level - formula.habit_leak * (at - last)) // DAY


def _credits(  # noqa: PLR0913, PLR0917 - what a credit may rest on
    opened: list[_Open], days: set[int], trainings: list[Entry], violations: list[Entry], formula: Formula, at: int
) -> list[tuple[int, int, Entry | None]]:
    """Clean weeks that are over and trainings, since there was something to restore; in the order of days."""
    first, today = opened[0].day, day_of(at)
    spoilt = {week_of(day_of(entry.occurred)) for entry in violations}
    weeks = [last_day_of(week) for week in {week_of(day) for day in days} - spoilt]
    credits_: list[tuple[int, int, Entry | None]] = [(day, formula.week, None) for day in weeks if first <= day < today]
    quarters: dict[tuple[int, int], Entry] = {}
    for entry in trainings:
        quarter = quarter_of(day_of(entry.since))
        known = quarters.get(quarter)
        if known is None or _order(entry) < _order(known):
            quarters[quarter] = entry
    credits_ += [(day, formula.training, entry) for entry in quarters.values() if (day := day_of(entry.since)) >= first]
    credits_.sort(key=lambda one: (one[0], one[2] is not None))
    return credits_


def _paid(opened: list[_Open], credits_: list[tuple[int, int, Entry | None]], formula: Formula) -> tuple[Credit, ...]:
    """Pays each credit into what is lost by its day, the oldest first."""
    paid, begin = [], 0
    months: dict[tuple[int, int], int] = {}
    for day, points, entry in credits_:
        month = month_of(day)
        room = min(points, formula.most_month - months.get(month, 0))
        months[month] = months.get(month, 0) + room
        rest = room
        for place in range(begin, len(opened)):
            one = opened[place]
            if one.day > day or rest <= 0:
                break
            rest = _pay(one, rest, day, formula.dropped)
            if place == begin and not one.left:
                begin += 1
        paid.append(Credit(day, entry, points, room - rest))
    return tuple(paid)


def _pay(one: _Open, rest: int, day: int, dropped: int) -> int:
    """Restores as much of a deduction as the rest of a credit is worth; gives what remains of the credit."""
    weight = one.table[min(day - one.day, len(one.table) - 1)]
    now = one.left * weight // SCALE
    if now < dropped:
        return rest
    worth = rest * SCALE // weight
    if worth < one.left:
        one.left -= worth
        return 0
    rest -= -(-one.left * weight // SCALE)
    one.left = 0
    return max(0, rest)


def weigh(table: tuple[int, ...], day: int, at: int) -> int:
    """What of ``SCALE`` is left at a time of what counts from a day on."""
    age = at - start_of(day)
    if age <= 0:
        return SCALE
    whole, rest = divmod(age, DAY)
    if whole >= len(table) - 1:
        return 0
    early, late = table[whole], table[whole + 1]
    return early - (early - late) * rest // DAY


def _weighed(one: _Open, formula: Formula, at: int) -> Deduction:
    weight, dropped = weigh(one.table, one.day, at), formula.dropped * SCALE
    gross, capped, left = (
        soft(milli * weight, dropped) // SCALE for milli in (one.points + one.cut, one.points, one.left)
    )
    return Deduction(one.entry, one.day, one.factor, one.corrected, one.cut, one.points, one.left, gross, capped, left)


def _measured(seen: list[Entry], days: set[int], formula: Formula, at: int, cohort: str) -> tuple[Measured, ...]:
    """Each part of quality, shrunk to the cohort's mean; of one thing a day only so many observations count."""
    number = len(formula.parts)
    counts, weights, sums = [0] * number, [0] * number, [0] * number
    table, signals = formula.observed, formula.signals
    last = len(table) - 1
    today, rest = divmod(at + SHANGHAI_SECONDS, DAY)
    published = signals[PUBLISHED]
    for day in days:
        age = today - day
        if age < last:
            early = table[age]
            weight = (early - (early - table[age + 1]) * rest // DAY) * published.weight
            counts[published.part] += 1
            weights[published.part] += weight
            sums[published.part] += weight * published.fixed  # type: ignore[operator]
    for entry, age in _counted(seen, formula, today):
        signal = signals[entry.name]
        early = table[age]
        weight = (early - (early - table[age + 1]) * rest // DAY) * signal.weight
        counts[signal.part] += 1
        weights[signal.part] += weight
        sums[signal.part] += weight * (entry.value if signal.fixed is None else signal.fixed)
    prior = formula.prior * SCALE
    measured = []
    for place, part in enumerate(formula.parts):
        mean = part.means.get(cohort, part.means[DEFAULT_COHORT])
        value = (prior * mean + sums[place] * POINT) // (prior + weights[place])
        measured.append(Measured(mean, value, counts[place]))
    return tuple(measured)


def _counted(seen: list[Entry], formula: Formula, today: int) -> list[tuple[Entry, int]]:
    """The observations that are known, not forgotten and within their times a day, with their age in days."""
    signals, life = formula.signals, formula.life
    by_day: dict[tuple[str, int], list[Entry]] = {}
    for entry in seen:
        if entry.name in signals:
            day = (entry.since + SHANGHAI_SECONDS) // DAY
            if today - day <= life:
                by_day.setdefault((entry.name, day), []).append(entry)
    counted = []
    for (name, day), found in by_day.items():
        most = signals[name].per_day
        if len(found) > most:
            found.sort(key=_order)
        counted += [(entry, max(0, today - day)) for entry in found[:most]]
    return counted
