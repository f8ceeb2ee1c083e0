"""Looks for a way to break more rules and stay high than somebody who errs honestly: `python -m bench.adversary`.

A strategy is what an account does in a year. What counts is how many violations it commits on days on which it stands
at tier A or above, a month of its life; not those after which it never stood there again, for they cost the account.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.creators.entries import DAY, Entry, Kind, start_of
from service.creators.formula import Formula, parse
from service.creators.score import reckon
from service.creators.standing import Facts, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMULA = Path(__file__).parents[1] / "service/creators/formulas/2026-11.toml"
FIRST_DAY, DAYS, MONTH = 20_000, 400, 30
LOOKS = 10
"""Days between two looks at where the account stands, besides those before it breaks rules."""
MOST_A_DAY = 10
FINAL_AFTER = 2
"""So many days a decision takes to become final: a person confirms it."""
CLOSED_AT = {4: 3}
"""So many violations of a severity within a year, and a person closes the account."""
WRONGLY_OVERTURNED = 0.03
CATEGORIES = ("a", "b", "c", "d", "e", "f")
SEVERITIES = (1, 2, 3, 4)
HONEST = 1.10
HONEST_STEPS = 280
HIGH_FROM = 50
"""From this day on at the latest somebody who does nothing wrong stands high, so a year without a break is this."""


class Strategy(NamedTuple):
    """What an account does. Shares run from 0 to 1, days are of the strategy's own calendar."""

    severity: int = 2
    every: float = 10
    burst: int = 1
    only_high: bool = True
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


def lived(strategy: Strategy, formula: Formula, rng: Random) -> tuple[float, float]:
    """Violations a month committed while high, and the share of days that were high."""
    entries: list[Entry] = []
    facts, dead, done, counted, high_days = Facts(verified=True), False, list[int](), 0, 0
    next_burst, high, category = 45.0, False, 0
    for day in range(DAYS):
        at = start_of(FIRST_DAY + day) + 43_200
        if strategy.renews and day and day % strategy.renews == 0 and strategy.hides:
            # A new account of the same verified person is linked to the old one; who hides starts anew, unverified.
            entries, facts = [], Facts()
        _ordinary(strategy, entries, day, at, rng)
        if day % LOOKS == 0 or (high and day >= next_burst):
            high = not dead and placed(reckon(entries, formula, at), formula, facts).tier in {"S", "A"}
        if high:
            high_days += 1
            while counted < len(done) and done[counted] < day - FINAL_AFTER - LOOKS:
                counted += 1
        if dead or day < next_burst or (strategy.only_high and not high):
            continue
        next_burst = max(next_burst, day - strategy.every) + strategy.every
        for number in range(strategy.burst):
            category = (category + 1) % strategy.spread
            if high:
                done.append(day)
            _violates(strategy, entries, f"{day}.{number}", at, CATEGORIES[category], rng)
        dead = _is_closed(entries)
    return counted * MONTH / DAYS, high_days / DAYS


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


def honest(formula: Formula, severity: int, rng: Random) -> float:
    """The most that somebody who errs evenly and stays high throughout can err, violations a month."""
    best = 0.0
    for step in range(HONEST_STEPS):
        every = 1.02**step
        rate, share = lived(HONEST_LIFE._replace(severity=severity, every=every), formula, Random(rng.random()))
        if share >= 1 - HIGH_FROM / DAYS:
            best = max(best, rate)
    return best


def any_strategy(rng: Random) -> Strategy:
    often, seldom = rng.random() < 0.8, rng.random() < 0.3  # noqa: PLR2004 - shares of what is tried
    return Strategy(
        rng.randrange(1, 5), rng.choice((1, 2, 5, 10, 20, 31, 45, 60, 90, 120)), rng.randrange(1, MOST_A_DAY + 1),
        often, rng.randrange(1, 7), rng.choice((0.0, 0.5, 1.0)), rng.choice((0.1, 0.5, 1.0)),
        rng.randrange(4), rng.randrange(4), rng.choice((0, 0, 7, 30)), rng.choice((True, False)), not seldom,
        seldom, rng.choice((0, 0, 45, 90)), rng.choice((True, False)), rng.choice((0, 1000)),
    )  # fmt: skip


def near(strategy: Strategy, rng: Random) -> Strategy:
    """The same with one thing changed."""
    other = any_strategy(rng)
    name = rng.choice([one for one in Strategy._fields if one != "severity"])
    return strategy._replace(**{name: getattr(other, name)})


def searched(number: int, seed: int, formula: Formula) -> list[dict[str, Any]]:
    """For each severity the honest rate, the best rate found and its strategy."""
    rng, found = Random(seed), []
    for severity in SEVERITIES:
        baseline = honest(formula, severity, rng)
        best, rate, share = HONEST_LIFE, 0.0, 0.0
        for turn in range(number // 4):
            tried = any_strategy(rng)._replace(severity=severity) if turn % 2 else near(best, rng)
            got, high = lived(tried._replace(severity=severity), formula, Random(seed + turn))
            if got > rate:
                best, rate, share = tried._replace(severity=severity), got, high
        found.append(
            {
                "severity": severity,
                "honest": round(baseline, 2),
                "best": round(rate, 2),
                "ratio": round(rate / baseline, 2) if baseline else None,
                "high": round(share, 2),
                "strategy": best._asdict(),
            }
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategies", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    formula = parse(FORMULA.read_text(encoding="utf-8"), FORMULA.name)
    found = searched(asked.strategies, asked.seed, formula)
    for one in found:
        print(orjson.dumps(one).decode())
    worst = max(one["ratio"] or 0.0 for one in found)
    print(
        f"{asked.strategies} strategies, seed {asked.seed}: the best is {worst:.2f} of honest erring (at most {HONEST})"
    )
    raise SystemExit(worst > HONEST)


if __name__ == "__main__":
    main()
