"""What the test of reviewers and the coefficients of agreement are worth: ``python -m bench.quality``, on simulations.

Ten thousand reviewers for each rate of errors, two hundred golden items each; pairs of raters who err independently.
"""

from __future__ import annotations

import sys

import numpy as np

from service.review.quality import WATCH, alpha, flagged_after, kappa

REVIEWERS = 10_000
ERRORS = (0.02, 0.05, 0.10, 0.15, 0.25)
PREVALENCES = (0.1, 0.3, 0.5, 0.8)
RATERS = (0.02, 0.05, 0.15, 0.25)
DRAWS = 5_000

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


def main() -> None:
    """Prints both tables in Markdown."""
    say = sys.stdout.write
    say("| errors | flagged within 200 | golden items until then: mean | median | 90 % |\n|---|---|---|---|---|\n")
    for error in ERRORS:
        found = flagged_after(answers(error))
        hit = found[found > 0]
        told = " | ".join(f"{value:.0f}" for value in (hit.mean(), np.median(hit), np.quantile(hit, 0.9)))
        say(f"| {error:.0%} | {len(hit) / len(found):.2%} | {told} |\n")
    heads = ("pairs", "found in", "errors", "kappa", "bias of κ, α", "covered by κ's, α's interval")
    say(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n")
    for n in (30, 100, 300):
        for prevalence in PREVALENCES:
            for error in RATERS:
                say(_row(n, prevalence, error))


def _row(n: int, prevalence: float, error: float) -> str:
    truth, bias, covered = truth_of(prevalence, error), [], []
    tables = pairs(n, prevalence=prevalence, error=error, draws=DRAWS).tolist()
    for estimates in (
        [kappa(*table) for table in tables],
        [alpha(both, one + other, neither) for both, one, other, neither in tables],
    ):
        known = [(one.value, one.low or -1.0, one.high or 1.0) for one in estimates if one.value is not None]
        bias.append(float(np.mean([value for value, _, _ in known])) - truth)
        covered.append(float(np.mean([low <= truth <= high for _, low, high in known])))
    told = f"{bias[0]:+.3f}, {bias[1]:+.3f} | {covered[0]:.1%}, {covered[1]:.1%}"
    return f"| {n} | {prevalence:.0%} | {error:.0%} | {truth:.2f} | {told} |\n"


if __name__ == "__main__":
    main()
