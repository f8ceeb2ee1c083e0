"""What can be said of reviews by counting, pure: agreement, a sequential test of a reviewer, haste. No rows, no clock.

Kappa and alpha are of pairs of verdicts on the same item, one value a category: whether it was blocked for it. A
category's pairs are chosen by what the engine had found, never by what people said, or agreement to pass would be lost.
"""

from __future__ import annotations

from collections import Counter
from math import atanh, log, sqrt, tanh
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Table = tuple[float, float, float, float]

Z: Final = 1.959963984540054
"""Of the normal distribution: 95 % lie within so many standard deviations."""
GOOD, BAD = 0.05, 0.15
"""The share of golden items that a good reviewer misses, and one who errs."""
FALSE_ALARM: Final = 0.05
"""So many good reviewers are flagged in a watch at most."""
WATCH: Final = 200
"""Golden items after which the test begins anew, so that who was good for long is not trusted for ever."""
ALMOST: Final = 1 - 1e-9
FEW: Final = 30
"""Under so many pairs or decisions nothing is said of them but the numbers."""
SIDE: Final = 3
"""Under so many pairs that somebody blocked, or that somebody let pass, kappa and alpha are not told."""
UNCLEAR: Final = 0.6
"""Under this agreement (Landis and Koch: substantial begins here) a category's policy is taken to be badly written."""
HURRIED: Final = 0.2
"""From this share of decisions made faster than one can read, surely passed, somebody is warned of stamping."""
GLANCE: Final = 0.7
LETTERS_A_SECOND: Final = 15.0
"""Three times as fast as adults read Chinese for the sense: who is faster has not read it."""
PAUSE: Final = 1800.0
"""Who did nothing for so many seconds was away."""
_MISS, _HIT = log(BAD / GOOD), log((1 - BAD) / (1 - GOOD))


class Share(NamedTuple):
    """An estimate with its 95 % interval, from ``n``; ``None`` where there is too little to tell one."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING: Final = Share(None, None, None, 0)


class Lacking(NamedTuple):
    """What is still needed before kappa and alpha are told: pairs, and among them pairs of either kind.

    What *either* said counts: a bound on all blocks together would choose tables on which people agree.
    """

    pairs: int
    blocked: int
    """Pairs that at least one of the two blocked."""
    passed: int
    """Pairs that at least one of the two let pass."""


class Agreement(NamedTuple):
    """How far two people who do not know of each other come to the same."""

    observed: Share
    kappa: Share
    """Cohen's: of first against second verdicts."""
    alpha: Share
    """Krippendorff's, nominal: of verdicts whose authors are interchangeable."""
    lacking: Lacking

    @property
    def unclear(self) -> bool:
        """Whether the category's policy is to be looked at before anybody who works by it."""
        return self.kappa.value is not None and self.kappa.value < UNCLEAR


class Watched(NamedTuple):
    """Where the sequential test of a reviewer stands. ``curve`` is the evidence of erring after each golden item.

    It is counted in the present watch; ``limit`` is where it flags. ``flagged_at`` is the number of golden items of the
    watch after which it did, and ``flags`` counts those of all watches.
    """

    answered: int
    wrong: int
    curve: tuple[float, ...]
    limit: float
    flagged_at: int | None
    flags: int


LIMIT: Final = log(1 / FALSE_ALARM)
"""Where the test flags: by Ville's inequality a good reviewer's evidence ever comes so far with 5 % probability."""


def agreement(pairs: Iterable[tuple[bool, bool]]) -> Agreement:
    """Agreement of pairs of verdicts, first and second; of many alike, a ``Counter`` says how many."""
    seen = pairs if isinstance(pairs, Counter) else Counter(pairs)
    both, one, other, neither = (seen[first, second] for first in (True, False) for second in (True, False))
    return Agreement(
        wilson(both + neither, seen.total()),
        kappa(both, one, other, neither),
        alpha(both, one + other, neither),
        _lacking(both, one + other, neither),
    )


def kappa(both: int, one: int, other: int, neither: int) -> Share:
    """Cohen's kappa of a table of two by two, corrected for bias; no figure where there are too few pairs for one."""
    return _estimate((both, one, other, neither), cohen)


def alpha(both: int, apart: int, neither: int) -> Share:
    """Krippendorff's alpha of pairs on a nominal scale of two, likewise."""
    return _estimate((both, apart / 2, apart / 2, neither), krippendorff)


def cohen(both: float, one: float, other: float, neither: float) -> float:
    """The plain kappa, which is too low where pairs are few. Raises ``ZeroDivisionError`` where nothing varies."""
    by_chance = (both + one) * (one + neither) + (both + other) * (other + neither)
    return 1 - (one + other) * (both + one + other + neither) / by_chance


def krippendorff(both: float, one: float, other: float, neither: float) -> float:
    """The plain alpha, likewise."""
    apart = one + other
    pairs, ones, zeros = both + apart + neither, 2 * both + apart, 2 * neither + apart
    return 1 - apart * (2 * pairs - 1) / (ones * zeros)


def _lacking(both: float, apart: float, neither: float) -> Lacking:
    return Lacking(
        max(0, FEW - round(both + apart + neither)),
        max(0, SIDE - round(both + apart)),
        max(0, SIDE - round(neither + apart)),
    )


def _estimate(table: Table, plain: Callable[[float, float, float, float], float]) -> Share:
    """A coefficient without the bias of order 1/n (Quenouille's jackknife: each pair is left out once)."""
    both, one, other, neither = table
    n = round(sum(table))
    if any(_lacking(both, one + other, neither)):
        return Share(None, None, None, n)
    without = sum(
        count * plain(*(each - (place == left) for place, each in enumerate(table)))
        for left, count in enumerate(table)
        if count
    )
    value = max(-1.0, min(1.0, n * plain(*table) - (n - 1) * without / n))
    low, high = _interval(table)
    return Share(value, min(low, value), max(high, value), n)


def _interval(table: Table) -> tuple[float, float]:
    """An interval that is even on Fisher's scale, on which coefficients near 1 do not press against it.

    The variance is that of Fleiss, Cohen and Everitt (1969), of half a pair more on which both say yes and half a pair
    more on which both say no: without them three pairs that differ seem to be certain. Where all agree it begins where
    that of one disagreement more does.
    """
    both, one, other, neither = table
    if not one + other:
        return _interval((both, 0.5, 0.5, neither))[0], 1.0
    cells = np.array([[both + 0.5, one], [other, neither + 0.5]])
    n = float(cells.sum())
    cells /= n
    first, second = cells.sum(axis=1), cells.sum(axis=0)
    seen, chance = float(np.trace(cells)), float(first @ second)
    value = (seen - chance) / (1 - chance)
    diagonal = sum(cells[i, i] * (1 - (first[i] + second[i]) * (1 - value)) ** 2 for i in range(2))
    beside = (1 - value) ** 2 * sum(cells[i, j] * (second[i] + first[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    variance = float(diagonal + beside - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    middle, half = atanh(max(value, -ALMOST)), Z * sqrt(max(0.0, variance)) / (1 - min(value * value, ALMOST))
    return tanh(middle - half), tanh(middle + half)


def wilson(hits: int, n: int) -> Share:
    """A share with Wilson's interval."""
    if not n:
        return NOTHING
    share, square = hits / n, Z * Z / n
    middle = (share + square / 2) / (1 + square)
    half = Z * sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), n)


def watched(answers: Sequence[bool]) -> Watched:
    """The test of a reviewer whose golden answers, oldest first, were right or not.

    A sequential probability ratio test (Wald) of 15 % errors against 5 %, with no border at which somebody would be
    cleared for good, cut off after ``WATCH`` items, when the next watch begins. Once flagged, a watch stays flagged.
    """
    wrong = ~np.asarray(answers, dtype=bool)
    flags, curve, flagged = 0, np.zeros(0), None
    for start in range(0, len(answers), WATCH):
        curve = np.cumsum(np.where(wrong[start : start + WATCH], _MISS, _HIT))
        over = np.flatnonzero(curve >= LIMIT)
        flagged = int(over[0]) + 1 if over.size else None
        flags += flagged is not None
    return Watched(len(answers), int(wrong.sum()), tuple(curve.tolist()), LIMIT, flagged, flags)


def flagged_after(wrong: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Of many reviewers at once (rows: reviewers, columns: golden items): after how many each is flagged, 0 if never.

    One watch of any length.
    """
    over = np.cumsum(np.where(wrong, _MISS, _HIT), axis=1) >= LIMIT
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(over.any(axis=1), over.argmax(axis=1) + 1, 0)
    return found


def reading_time(letters: int) -> float:
    """The seconds that nobody needs less of to read so many letters."""
    return GLANCE + letters / LETTERS_A_SECOND


class Pace(NamedTuple):
    """How long somebody's decisions took. ``hasty`` is the share made faster than one can read."""

    median: float | None
    hasty: Share

    @property
    def stamping(self) -> bool:
        """Whether so many are hasty that it is no accident."""
        return self.hasty.n >= FEW and (self.hasty.low or 0) > HURRIED


def pace(timed: Sequence[tuple[float, int]]) -> Pace:
    """The pace of decisions, each with its seconds and the letters of its content."""
    if not timed:
        return Pace(None, NOTHING)
    hasty = sum(1 for seconds, letters in timed if seconds < reading_time(letters))
    return Pace(float(np.median([seconds for seconds, _ in timed])), wilson(hasty, len(timed)))
