"""The formula's numbers as a value, read from TOML text. Pure: whoever opens files hands the text in.

FormulaError   a number that is missing, of the wrong sort or out of its bounds; it names file and key

All amounts are integer milli-points, all factors and shares permille, all terms days.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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


class FormulaError(ValueError):
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


def parse(text: str, file: str) -> Formula:
    """A formula from its TOML. Raises ``FormulaError``."""
    try:
        raw = tomllib.loads(text)
        made = _made(raw, sha256(text.encode()).hexdigest())
    except tomllib.TOMLDecodeError as error:
        raise FormulaError(f"{file}: {error}") from None
    except KeyError as error:
        raise FormulaError(f"{file}: the number {error.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise FormulaError(f"{file}: {error}") from None
    for wrong in _wrong(made):
        raise FormulaError(f"{file}: {wrong}")
    return made


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


def _milli(points: float) -> int:
    return round(points * POINT)


def _made(raw: dict[str, Any], digest: str) -> Formula:
    blend, lost, age, back = raw["blend"], raw["violations"], raw["decay"], raw["recovery"]
    parts, names = _parts(raw["quality"]["parts"]), list(raw["quality"]["parts"])
    tenure, severe, surge = raw["gates"]["tenure"], raw["gates"]["severe"], raw["gates"]["surge"]
    habit = raw["gates"]["habit"]
    return Formula(
        version=str(raw["version"]),
        digest=digest,
        verified=raw["verified"] is True,
        source=str(raw["source"]),
        compliance=blend["compliance"],
        quality=blend["quality"],
        points=tuple(_milli(one) for one in lost["points"]),
        slow_from=lost["slow_from"],
        repeat=tuple(lost["repeat"]),
        repeat_days=lost["repeat_days"],
        corrected=lost["corrected"],
        correction_seconds=lost["correction_seconds"],
        most_event=_milli(lost["most_event"]),
        most_day=_milli(lost["most_day"]),
        zero=tuple(frozenset(group) for group in lost["zero"]),
        prereview=frozenset(lost["prereview"]),
        half=age["half"],
        half_slow=age["half_slow"],
        half_quality=age["half_quality"],
        life=age["life"],
        fade=age["fade"],
        dropped=_milli(age["dropped"]),
        week=_milli(back["week"]),
        training=_milli(back["training"]),
        most_month=_milli(back["most_month"]),
        prior=raw["quality"]["prior"],
        parts=parts,
        signals={name: _signal(one, names) for name, one in raw["signals"].items()},
        refused={name: (one["zh"], one["en"]) for name, one in raw["refused"].items()},
        tiers=tuple(
            Tier(one["name"], _milli(one["least"]), one["low"], one["high"])
            for one in sorted(raw["tiers"], key=lambda one: -one["least"])
        ),
        tenure_days=tenure["days"],
        tenure_items=tenure["items"],
        tenure_tier=tenure["tier"],
        habit_leak=_milli(habit["leak"]),
        habit_most=_milli(habit["most"]),
        habit_tier=habit["tier"],
        unverified_tier=raw["gates"]["unverified"]["tier"],
        severe=severe["severity"],
        severe_days=severe["days"],
        surge=surge["complaints"],
        surge_days=surge["days"],
        most_boost=raw["gates"]["most_boost"],
        raw=raw,
    )


def _parts(raw: dict[str, Any]) -> tuple[Part, ...]:
    return tuple(
        Part(name, one["share"], {cohort: _milli(mean) for cohort, mean in one["means"].items()}, one["zh"], one["en"])
        for name, one in raw.items()
    )


def _signal(raw: dict[str, Any], parts: list[str]) -> Signal:
    return Signal(
        parts.index(raw["part"]),
        raw["weight"],
        raw.get("per_day", 1),
        raw.get("fixed"),
        raw["by"],
        raw["zh"],
        raw["en"],
    )


def _wrong(made: Formula) -> list[str]:
    """What cannot be right, whatever the numbers are good for."""
    names = [tier.name for tier in made.tiers]
    checks = {
        "blend: the shares must be 1000 permille together": made.compliance + made.quality == WHOLE,
        "quality.parts: the shares must be 1000 permille together": sum(part.share for part in made.parts) == WHOLE,
        "quality.parts: each needs a mean of the cohort default, from 0 to 100": all(
            "default" in part.means and all(0 <= mean <= FULL for mean in part.means.values()) for part in made.parts
        ),
        "violations.points: five numbers that never fall": len(made.points) == SEVERITIES
        and list(made.points) == sorted(made.points)
        and made.points[0] >= 0,
        "violations.repeat: factors from 1000 permille on that never fall": made.repeat[:1] == (WHOLE,)
        and list(made.repeat) == sorted(made.repeat),
        "violations.corrected: 0 to 1000 permille": 0 <= made.corrected <= WHOLE,
        "decay: half-lives from a day on, and what is severe is forgotten last": 1 <= made.half <= made.half_slow
        and made.half_quality >= 1,
        "decay.fade: from 1 day to the whole life": 1 <= made.fade <= made.life,
        "recovery: no gain below zero": min(made.week, made.training, made.most_month) >= 0,
        "tiers: the lowest begins at 0, and no multiplier falls as the score rises": made.tiers[-1].least == 0
        and all(tier.low <= tier.high for tier in made.tiers)
        and all(low.high <= high.low for high, low in zip(made.tiers, made.tiers[1:], strict=False)),
        f"gates: a tier is one of {', '.join(names)}": {made.tenure_tier, made.habit_tier, made.unverified_tier}
        <= set(names),
        "gates.habit: something has to leak": made.habit_leak > 0,
        "signals: values from 0 to 100, weights and times a day from 1 on": all(
            one.weight >= 1 and one.per_day >= 1 and (one.fixed is None or 0 <= one.fixed <= 100)  # noqa: PLR2004
            for one in made.signals.values()
        ),
    }
    return [text for text, holds in checks.items() if not holds]
