"""What the test of reviewers and the coefficients of agreement are worth: ``python -m bench.quality``, on simulations.

Ten thousand reviewers for each rate of errors, two hundred golden items each; pairs of raters who err independently.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from service.review.quality import WATCH, Share, alpha, cohen, flagged_after, kappa

if TYPE_CHECKING:
    from collections.abc import Callable

REVIEWERS = 10_000
ERRORS = (0.02, 0.05, 0.10, 0.15, 0.25)
PAIRS = (30, 50, 100, 300)
PREVALENCES = (0.05, 0.1, 0.3, 0.5, 0.8)
RATERS = (0.02, 0.05, 0.15, 0.25)
DRAWS = 10_000

Bools = np.ndarray[tuple[int, int], np.dtype[np.bool_]]
Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def answers(error: float, *, items: int = WATCH, reviewers: int = REVIEWERS, seed: int = 7) -> Bools:
    """Whether each reviewer missed each golden item."""
    missed: Bools = np.random.default_rng(seed).random((reviewers, items)) < error
    return missed


def pairs(n: int, *, prevalence: float, error: float, draws: int, seed: int = 1) -> Counts:
    """Tables of two raters who err independently on the same items: both, first alone, second alone, neither."""
    random = np.random.default_rng(seed)
    truth = random.random((draws, n)) < prevalence
    first, second = (truth ^ (random.random((draws, n)) < error) for _ in range(2))
    cells = (first & second, first & ~second, ~first & second, ~first & ~second)
    return np.stack([cell.sum(1) for cell in cells], 1)


def truth_of(prevalence: float, error: float) -> float:
    """The kappa of two such raters, and their alpha, which is the same for raters of one kind."""
    marked = prevalence * (1 - error) + (1 - prevalence) * error
    return 1 - 2 * error * (1 - error) / (2 * marked * (1 - marked))


class Worth(NamedTuple):
    """What a coefficient is worth: in which share of the tables it is told, and what it is then."""

    told: float
    bias: float
    covered: float


def worth(tables: Counts, truth: float, coefficient: Callable[[int, int, int, int], Share]) -> Worth:
    """How far a coefficient that is told is from the truth on average, and how often its interval holds the truth."""
    told, off, covered = 0, 0.0, 0
    for table, times in zip(*np.unique(tables, axis=0, return_counts=True), strict=True):
        one = coefficient(*table.tolist())
        if one.value is not None:
            told += int(times)
            off += int(times) * (one.value - truth)
            covered += int(times) * ((one.low or 0.0) <= truth <= (one.high or 0.0))
    return Worth(told / len(tables), off / told, covered / told)


def alpha_of(both: int, one: int, other: int, neither: int) -> Share:
    """Alpha of a table of two by two."""
    return alpha(both, one + other, neither)


def uncorrected(both: int, one: int, other: int, neither: int) -> Share:
    """The plain kappa wherever anything varies: what ``kappa`` is better than."""
    n = both + one + other + neither
    return Share(None if n in {both, neither} else cohen(both, one, other, neither), None, None, n)


def main() -> None:
    """Prints both tables in Markdown."""
    say = sys.stdout.write
    say("| errors | flagged within 200 | golden items until then: mean | median | 90 % |\n|---|---|---|---|---|\n")
    for error in ERRORS:
        found = flagged_after(answers(error))
        hit = found[found > 0]
        told = " | ".join(f"{value:.0f}" for value in (hit.mean(), np.median(hit), np.quantile(hit, 0.9)))
        say(f"| {error:.0%} | {len(hit) / len(found):.2%} | {told} |\n")
    heads = (
        "pairs",
        "found in",
        "errors",
        "kappa",
        "told in",
        "plain κ",
        "bias of κ, α",
        "covered by κ's, α's interval",
    )
    say(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n")
    for n in PAIRS:
        for prevalence in PREVALENCES:
            for error in RATERS:
                say(_row(n, prevalence, error))


def _row(n: int, prevalence: float, error: float) -> str:
    truth, tables = truth_of(prevalence, error), pairs(n, prevalence=prevalence, error=error, draws=DRAWS)
    first, second, plain = (worth(tables, truth, one) for one in (kappa, alpha_of, uncorrected))
    told = f"{first.told:.0%} | {plain.bias:+.3f} | {first.bias:+.3f}, {second.bias:+.3f}"
    covered = f"{first.covered:.1%}, {second.covered:.1%}"
    return f"| {n} | {prevalence:.0%} | {error:.0%} | {truth:.2f} | {told} | {covered} |\n"


if __name__ == "__main__":
    main()
