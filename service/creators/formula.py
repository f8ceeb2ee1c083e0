"""The formula's numbers as a value. Pure.

All amounts are integer milli-points, all factors and shares permille, all terms days.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.told import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

POINT: Final = 1000
WHOLE: Final = 1000
"""Permille."""
FULL: Final = 100 * POINT
"""The highest score."""
SCALE: Final = 1 << 30
"""What a weight that nothing diminished is in the tables of decay."""
SEVERITIES: Final = 5


class FormulaError(Wrong, ValueError):
    """A formula that cannot be used."""


class Signal(NamedTuple):
    """How something measured counts: in which part, how much, how often a day. ``fixed`` is a value that it always has.

    ``by`` says who may tell of it: ``service`` (from decisions), ``pipeline`` (by the interface) or ``person``.
    """

    part: int
    weight: int
    per_day: int
    fixed: int | None
    by: str
    zh: str
    en: str


class Part(NamedTuple):
    """A part of quality: its share (permille of quality) and the mean of each cohort (milli-points)."""

    name: str
    share: int
    means: Mapping[str, int]
    zh: str
    en: str


class Tier(NamedTuple):
    """From ``least`` milli-points on; the multiplier (permille) runs from ``low`` to ``high`` up to the next tier."""

    name: str
    least: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One version of the formula. ``digest`` is the SHA-256 of its text."""

    version: str
    digest: str
    verified: bool
    source: str
    compliance: int
    quality: int
    points: tuple[int, ...]
    slow_from: int
    repeat: tuple[int, ...]
    repeat_days: int
    corrected: int
    correction_seconds: int
    most_event: int
    most_day: int
    zero: tuple[frozenset[str], ...]
    prereview: frozenset[str]
    half: int
    half_slow: int
    half_quality: int
    life: int
    fade: int
    dropped: int
    week: int
    training: int
    most_month: int
    prior: int
    parts: tuple[Part, ...]
    signals: Mapping[str, Signal]
    refused: Mapping[str, tuple[str, str]]
    tiers: tuple[Tier, ...]
    tenure_days: int
    tenure_items: int
    tenure_tier: str
    habit_leak: int
    habit_most: int
    habit_tier: str
    unverified_tier: str
    severe: int
    severe_days: int
    surge: int
    surge_days: int
    most_boost: int
    raw: Mapping[str, Any]

    @property
    def fast(self) -> tuple[int, ...]:
        """Weights by whole days of age."""
        return decay(self.half, self.life, self.fade)

    @property
    def slow(self) -> tuple[int, ...]:
        """The same for what is severe."""
        return decay(self.half_slow, self.life, self.fade)

    @property
    def observed(self) -> tuple[int, ...]:
        """The same for what was measured."""
        return decay(self.half_quality, self.life, self.fade)

    def is_zero(self, names: str) -> bool:
        """Whether these categories together are never tolerated."""
        found = set(names.split(","))
        return any(group <= found for group in self.zero)


@lru_cache(maxsize=64)
def decay(half: int, life: int, fade: int) -> tuple[int, ...]:
    """Weights in ``SCALE`` by whole days of age, from 1 down to 0 at ``life``, where it stays.

    ``0.5 ** (age / half)``, over the last ``fade`` days led to nothing in a straight line: to be forgotten is no step.
    Decimal, because a float's power may differ between machines in the last place.
    """
    with localcontext() as context:
        context.prec = 40
        base = Decimal("0.5") ** (Decimal(1) / Decimal(half))
        powers = [base**age for age in range(life)]
        ends = [min(Decimal(1), Decimal(life - age) / fade) for age in range(life)]
        return (*[int(power * end * SCALE) for power, end in zip(powers, ends, strict=True)], 0, 0)


def differs(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The keys in which two formulas' numbers differ, dotted; names, notes and versions are no numbers."""
    found = []
    for key in sorted({*one, *other}):
        here, there = one.get(key), other.get(key)
        if here == there or (not prefix and key in {"version", "verified", "source"}):
            continue
        if isinstance(here, dict) and isinstance(there, dict):
            found += differs(here, there, f"{prefix}{key}.")
        else:
            found.append(f"{prefix}{key}")
    return found
