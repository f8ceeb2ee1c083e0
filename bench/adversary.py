"""Looks for a way to break more rules and stay high than somebody who errs honestly: `python -m bench.adversary`.

A strategy is what an account does in a year. What counts is how many violations it commits on days on which it stands
at tier A or above, a month of its life; not those after which it never stood there again, for they cost the account.

Chance plays a part in a life (what is posted, corrected, wrongly overturned), so the best of thousands of lives is the
luckiest. Strategies are therefore found by few lives each, chosen by others, and what is told is from others again.
"""

from __future__ import annotations

import argparse
from math import ceil, sqrt
from operator import itemgetter
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.creators.entries import DAY, Entry, Kind, start_of
from service.creators.formula import POINT, Formula
from service.creators.parsing import parse
from service.creators.score import reckon
from service.creators.standing import Facts, placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMULA = Path(__file__).parents[1] / "service/creators/formulas/2026-11.toml"
FIRST_DAY, DAYS, MONTH = 20_000, 400, 30
LOOKS = 10
"""Days between two looks at where the account stands, besides those before it breaks rules."""
WAITS = 3
"""So many days who stands high and holds back waits to look again."""
MOST_A_DAY = 10
FINAL_AFTER = 2
"""So many days a decision takes to become final: a person confirms it."""
CLOSED_AT = {4: 3}
"""So many violations of a severity within a year, and a person closes the account."""
WRONGLY_OVERTURNED = 0.03
CATEGORIES = ("a", "b", "c", "d", "e", "f")
SEVERITIES = (1, 2, 3, 4)
HONEST = 1.10
HONEST_STEPS = 560
FIRST_ERROR = 45
HIGH_FROM = 50
"""From this day on at the latest somebody who does nothing wrong stands high, so a year without a break is this."""
HIGH = frozenset({"S", "A"})
FOUND_BY, CHOSEN_BY, TOLD_BY, HONEST_BY = 2, 20, 150, 20
"""So many lives a strategy is found by, is chosen by among the best and is told by, and an honest rhythm is found by.
"""
FINALISTS = 8
HOPELESS = 0.9
"""What share of the best rate a strategy has to keep to be lived on with."""


class Strategy(NamedTuple):
    """What an account does. Shares run from 0 to 1, days are of the strategy's own calendar.

    Who is ``only_high`` breaks rules only from ``margin`` points above the line of tier A on, who is ``careful`` only
    what its habit has room for: both may be read on the account's own page.
    """

    severity: int = 2
    every: float = 10
    burst: int = 1
    only_high: bool = True
    margin: int = 0
    careful: bool = False
    spread: int = 6
    corrects: float = 0.5
    posts: float = 0.8
    copies: int = 0
    splits: int = 0
    idles: int = 0
    trains: bool = True
    appeals: bool = True
    deletes: bool = False
    renews: int = 0
    hides: bool = False
    buys: int = 0


HONEST_LIFE = Strategy(only_high=False)


class Life(NamedTuple):
    """Violations a month committed while high, and the share of days that were high."""

    rate: float
    high: float


def lived(strategy: Strategy, formula: Formula, rng: Random, *, most_low: int = DAYS) -> Life:
    """One life by a strategy; it ends once more than ``most_low`` days were not high."""
    entries: list[Entry] = []
    facts, dead, done, counted, high_days = Facts(verified=True), False, list[int](), 0, 0
    next_burst, high, willing, category = float(FIRST_ERROR), False, False, 0
    for day in range(DAYS):
        at = start_of(FIRST_DAY + day) + 43_200
        if strategy.renews and day and day % strategy.renews == 0 and strategy.hides:
            # A new account of the same verified person is linked to the old one; who hides starts anew, unverified.
            entries, facts = [], Facts()
        _ordinary(strategy, entries, day, at, rng)
        if day % LOOKS == 0 or (high and day >= next_burst):
            high, willing = _looks(strategy, entries, formula, at, facts)
            high = high and not dead
        if high:
            high_days += 1
            counted = _kept(done, counted, day)
        if day + 1 - high_days > most_low:
            break
        if dead or day < next_burst or (strategy.only_high and not high):
            continue
        if strategy.only_high and not willing:
            next_burst = day + WAITS
            continue
        next_burst = max(next_burst, day - strategy.every) + strategy.every
        for number in range(strategy.burst):
            category = (category + 1) % strategy.spread
            if high:
                done.append(day)
            _violates(strategy, entries, f"{day}.{number}", at, CATEGORIES[category], rng)
        dead = _is_closed(entries)
    return Life(counted * MONTH / DAYS, high_days / DAYS)


def _kept(done: Sequence[int], counted: int, day: int) -> int:
    """How many of what was done by day count once the account is high on this one: those that were looked at since."""
    while counted < len(done) and done[counted] < day - FINAL_AFTER - LOOKS:
        counted += 1
    return counted


def _looks(strategy: Strategy, entries: Sequence[Entry], formula: Formula, at: int, facts: Facts) -> tuple[bool, bool]:
    """Whether the account stands high, and whether it would break rules now if only that counted."""
    derived = reckon(entries, formula, at)
    line = min(tier.least for tier in formula.tiers if tier.name in HIGH)
    willing = derived.score >= line + strategy.margin * POINT
    if strategy.careful:
        unheard = sum(one.kind == Kind.VIOLATION and one.recorded > at for one in entries[-4 * MOST_A_DAY :])
        habit = derived.habit + (strategy.burst + unheard) * formula.points[strategy.severity]
        willing = willing and habit <= formula.habit_most
    return placed(derived, formula, facts).tier in HIGH, willing


def _ordinary(strategy: Strategy, entries: list[Entry], day: int, at: int, rng: Random) -> None:
    idle = strategy.idles and day % (strategy.idles * 2) >= strategy.idles
    if not idle and rng.random() < strategy.posts:
        pieces = [f"p{day}.{n}" for n in range(1 + strategy.splits)] + [f"p{day}"] * strategy.copies
        entries += [
            Entry(f"{name}.{n}", Kind.OBSERVATION, f"{name}.{n}", at, at, at, "published", 100, "", "ugc", name)
            for n, name in enumerate(pieces[:4])
        ]
    if strategy.trains and day % 91 == 60:  # noqa: PLR2004 - once a quarter
        entries.append(Entry(f"t{day}", Kind.TRAINING, f"t{day}", at, at, at))


def _violates(  # noqa: PLR0913, PLR0917 - what, when and how
    strategy: Strategy, entries: list[Entry], id_: str, at: int, category: str, rng: Random
) -> None:
    final = at + FINAL_AFTER * DAY
    entries.append(
        Entry(f"v{id_}", Kind.VIOLATION, f"v{id_}", final, final, at, category, strategy.severity, "", "live_speech")
    )
    if rng.random() < strategy.corrects:
        entries.append(Entry(f"c{id_}", Kind.CORRECTION, f"c{id_}", final, at, at, "", 30, f"v{id_}"))
    if strategy.appeals and rng.random() < WRONGLY_OVERTURNED:
        later = final + 5 * DAY
        entries.append(Entry(f"r{id_}", Kind.REVERSAL, f"r{id_}", later, later, later, "", 0, f"v{id_}"))


def _is_closed(entries: Sequence[Entry]) -> bool:
    return any(
        sum(entry.kind == Kind.VIOLATION and entry.value >= severity for entry in entries) >= most
        for severity, most in CLOSED_AT.items()
    )


class Rate(NamedTuple):
    """What lives come to: violations a month and its standard error, the share of days that were high, their number.

    ``steady`` says that every one of them stayed high throughout.
    """

    mean: float
    error: float
    high: float
    lives: int
    steady: bool


def rated(  # noqa: PLR0913 - what is lived, by whom, how often
    strategy: Strategy, formula: Formula, rng: Random, lives: int, *, least: float = 0.0, steady: bool = False
) -> Rate:
    """So many lives by a strategy; fewer once their mean falls below ``least``, or once one is not ``steady``.

    None at all where even the most that its calendar allows is below ``least``.
    """
    told: list[Life] = []
    if (possible := possibly(strategy)) < least:
        return Rate(possible, 0.0, 0.0, 0, steady=False)
    most_low = HIGH_FROM if steady else DAYS
    while len(told) < lives:
        told.append(lived(strategy, formula, Random(rng.random()), most_low=most_low))
        if fmean(one.rate for one in told) < least or (steady and not _is_steady(told[-1:])):
            break
    rates = [one.rate for one in told]
    error = stdev(rates) / sqrt(len(rates)) if len(rates) > 1 else 0.0
    return Rate(fmean(rates), error, fmean(one.high for one in told), len(told), _is_steady(told))


def possibly(strategy: Strategy) -> float:
    """Violations a month if every day on the strategy's calendar were high, and one that was put off besides."""
    return (ceil((DAYS - FIRST_ERROR) / strategy.every) + 1) * strategy.burst * MONTH / DAYS


def _is_steady(told: Iterable[Life]) -> bool:
    return all(one.high >= 1 - HIGH_FROM / DAYS for one in told)


def honest(formula: Formula, severity: int, rng: Random) -> Strategy:
    """The shortest even rhythm of erring in which every life stays high throughout, or that which errs most so."""
    best, most = HONEST_LIFE._replace(severity=severity, every=DAYS), 0.0
    for step in range(HONEST_STEPS):
        tried = best._replace(every=1.01**step)
        if possibly(tried) <= most:
            break
        got = rated(tried, formula, rng, HONEST_BY, steady=True)
        if got.steady and got.mean > most:
            best, most = tried, got.mean
    return best


def any_strategy(rng: Random) -> Strategy:
    often, seldom = rng.random() < 0.8, rng.random() < 0.3  # noqa: PLR2004 - shares of what is tried
    return Strategy(
        rng.randrange(1, 5), rng.choice((1, 2, 3, 5, 8, 10, 15, 20, 25, 31, 45, 60, 90, 120)),
        rng.randrange(1, MOST_A_DAY + 1), often, rng.choice((0, 0, 1, 2, 5, 10)), rng.choice((True, False)),
        rng.randrange(1, 7), rng.choice((0.0, 0.5, 1.0)), rng.choice((0.1, 0.5, 1.0)),
        rng.randrange(4), rng.randrange(4), rng.choice((0, 0, 7, 30)), rng.choice((True, False)), not seldom,
        seldom, rng.choice((0, 0, 45, 90)), rng.choice((True, False)), rng.choice((0, 1000)),
    )  # fmt: skip


def near(strategy: Strategy, rng: Random) -> Strategy:
    """The same with one thing changed."""
    other = any_strategy(rng)
    name = rng.choice([one for one in Strategy._fields if one != "severity"])
    if name == "every":
        other = other._replace(every=rng.choice((other.every, strategy.every * rng.uniform(0.7, 1.4))))
    return strategy._replace(**{name: getattr(other, name)})


def hunted(number: int, severity: int, formula: Formula, rng: Random) -> Strategy:
    """The best of so many strategies, half of them by chance and half near the best so far, chosen by fresh lives."""
    best: dict[Strategy, float] = {}
    for turn in range(number):
        tried = near(rng.choice(list(best)), rng) if best and turn % 2 else any_strategy(rng)
        tried = tried._replace(severity=severity)
        least = HOPELESS * max(best.values(), default=0.0)
        best[tried] = rated(tried, formula, rng, FOUND_BY, least=least).mean
        best = dict(sorted(best.items(), key=itemgetter(1), reverse=True)[:FINALISTS])
    return max(best, key=lambda one: rated(one, formula, rng, CHOSEN_BY).mean)


def searched(number: int, seed: int, severity: int, formula: Formula) -> dict[str, Any]:
    """The honest rate, that of the best strategy found, and how these compare, all by fresh lives."""
    rng = Random(seed + 1_000_000 * (severity - 1))
    even = honest(formula, severity, rng)
    baseline = rated(even, formula, rng, TOLD_BY)
    best = hunted(number, severity, formula, rng)
    got = rated(best, formula, rng, TOLD_BY)
    ratio = got.mean / baseline.mean
    return {
        "severity": severity,
        "honest": round(baseline.mean, 3),
        "every": round(even.every, 1),
        "best": round(got.mean, 3),
        "ratio": round(ratio, 3),
        "error": round(ratio * sqrt((got.error / got.mean) ** 2 + (baseline.error / baseline.mean) ** 2), 3),
        "high": round(got.high, 2),
        "strategy": best._asdict(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", type=int, default=10_000, help="as many for each severity as for any other")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--severities", type=int, nargs="*", choices=SEVERITIES, default=SEVERITIES)
    asked = parser.parse_args()
    formula = parse(FORMULA.read_text(encoding="utf-8"), FORMULA.name)
    worst = 0.0
    for severity in asked.severities:
        one = searched(asked.strategies // len(SEVERITIES), asked.seed, severity, formula)
        print(orjson.dumps(one).decode(), flush=True)
        worst = max(worst, one["ratio"])
    print(
        f"{asked.strategies} strategies, seed {asked.seed}: the best is {worst:.2f} of honest erring (at most {HONEST})"
    )
    raise SystemExit(worst > HONEST)


if __name__ == "__main__":
    main()
