"""Reviewer-hours of a week to come under other rules, with an interval that holds what the past does not tell. Pure.

What a week brings varies by more than chance: days differ. The interval holds the spread of the days that were seen,
the uncertainty of their mean (few days: a wide one), and the same of the time that an item takes.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEEK: Final = 7
HOUR: Final = 3600.0
USUAL_SECONDS: Final = 45.0
"""What an item is taken to need where nobody has decided any, and how much that may be wrong."""
USUAL_SPREAD: Final = 45.0
FEW: Final = 5
"""Fewer times than this say nothing of their own."""
WHOLE: Final = 3
"""From so many days on the first and the last, which are seldom whole, are left out."""
_T: Final = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12)
"""Student's t at 95 % for one degree of freedom and more."""
_LATE: Final = 1.96


class Handling(NamedTuple):
    """How long people took for an item, in seconds: how many were timed, their mean and their standard deviation."""

    items: int
    mean: float
    spread: float


class Hours(NamedTuple):
    """Reviewer-hours a week, more (or fewer, below zero) than under the present rules: ``low`` to ``high`` at 95 %.

    ``items`` are those that a week brings more or fewer; ``days`` tells how many days this rests on, ``timed`` how many
    decisions.
    """

    mean: float
    low: float
    high: float
    items: float
    days: int
    timed: int
    seconds: float


def handling_of(seconds: Sequence[float]) -> Handling:
    """What some times say; where there are few, what is usual."""
    count = len(seconds)
    if count < FEW:
        return Handling(count, USUAL_SECONDS, USUAL_SPREAD)
    mean = sum(seconds) / count
    spread = sqrt(sum((one - mean) ** 2 for one in seconds) / (count - 1))
    return Handling(count, mean, spread)


def forecast(days: Mapping[str, Sequence[int]], handling: Handling) -> Hours:
    """The hours of the next week, from what each day would have brought more and fewer."""
    told = [one[1] - one[2] for _, one in sorted(days.items())]
    kinds = [one[1] + one[2] for _, one in sorted(days.items())]
    if len(told) > WHOLE:
        told, kinds = told[1:-1], kinds[1:-1]
    count = len(told)
    mean = sum(told) / count if count else 0.0
    chance = sum(kinds) / count if count else 0.0
    spread = sum((one - mean) ** 2 for one in told) / (count - 1) if count > 1 else 0.0
    # Days never vary by less than chance does; a week of one day's kind repeats its day.
    varies = max(spread, chance)
    items = WEEK * mean
    doubt = WEEK * varies + WEEK * WEEK * (varies / count if count else 0.0)
    timed = max(handling.items, 1)
    per_item = handling.spread**2
    variance = (
        abs(WEEK * chance) * per_item
        + doubt * handling.mean**2
        + (items**2) * per_item / timed
        + doubt * per_item / timed
    )
    reach = _t(count) * sqrt(variance) / HOUR
    hours = items * handling.mean / HOUR
    return Hours(
        round(hours, 3),
        round(hours - reach, 3),
        round(hours + reach, 3),
        round(items, 1),
        count,
        handling.items,
        round(handling.mean, 1),
    )


def _t(days: int) -> float:
    freedom = days - 1
    if freedom < 1:
        return _T[0] if days else 0.0
    return _T[freedom - 1] if freedom <= len(_T) else _LATE
