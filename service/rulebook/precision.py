"""How sure one may be of a share: exact intervals (Clopper and Pearson 1934), widened by what reviewers err. Pure."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log
from typing import Final, NamedTuple

ERROR: Final = 0.02
"""The share of decisions, at most, in which a person is taken to err after appeals; intervals hold it on both sides."""
LEVEL: Final = 0.95
_STEPS: Final = 50
_TERMS: Final = 300
_TINY: Final = 1e-300
_CLOSE: Final = 1e-12


class Interval(NamedTuple):
    """A share and where the true one lies."""

    share: float
    low: float
    high: float


@lru_cache(maxsize=16_384)
def interval(good: int, total: int, *, error: float = ERROR) -> Interval:
    """The share of ``good`` in ``total``, and the interval that holds the truth at 95 % though people err a little."""
    if total <= 0:
        return Interval(0.0, 0.0, 1.0)
    tail = (1 - LEVEL) / 2
    low = _quantile(tail, good, total - good + 1) if good else 0.0
    high = _quantile(1 - tail, good + 1, total - good) if good < total else 1.0
    # Seen is true * (1 - missed) + false * mistaken, either error at most so large.
    return Interval(good / total, max(0.0, (low - error) / (1 - error)), min(1.0, high / (1 - error)))


def _quantile(share: float, a: float, b: float) -> float:
    """Where a beta distribution has so much of its mass below."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if below(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def below(x: float, a: float, b: float) -> float:
    """The mass of a beta distribution below ``x`` (its continued fraction, DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's way through the continued fraction."""
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d = 1 / _off_zero(1 + term * d)
            c = _off_zero(1 + term / c)
            change = c * d
            value *= change
        if abs(change - 1) < _CLOSE:
            break
    return value


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
