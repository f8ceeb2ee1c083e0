"""How good scores are: F1, areas, calibration error, and intervals by resampling. Arrays in, plain numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Truth = npt.NDArray[np.bool_]

RESAMPLES: Final = 1000
BINS: Final = 15


def macro_f1(flagged: Truth, truth: Truth) -> float:
    """The mean of the F1 of both sides."""
    return (f1(flagged, truth) + f1(~flagged, ~truth)) / 2


def f1(flagged: Truth, truth: Truth) -> float:
    """Harmonic mean of precision and recall; 0 when nothing is there to be found."""
    return float(2 * (flagged & truth).sum() / max(1, flagged.sum() + truth.sum()))


def recall(flagged: Truth, truth: Truth) -> float:
    """The share of what is true that is flagged."""
    return float((flagged & truth).sum() / max(1, truth.sum()))


def precision(flagged: Truth, truth: Truth) -> float:
    """The share of what is flagged that is true."""
    return float((flagged & truth).sum() / max(1, flagged.sum()))


def average_precision(scores: Numbers, truth: Truth) -> float:
    """Area under the precision-recall curve, equal scores taken together."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    gained = np.diff(np.append(0, hits[last]))
    return float((gained * hits[last] / (last + 1)).sum() / max(1, hits[-1]))


def calibration_error(scores: Numbers, truth: Truth) -> float:
    """Expected calibration error over ``BINS`` bins of equal width."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, scores - truth, BINS)
    return float(np.abs(gaps).sum() / len(scores))


def interval(
    measure: Callable[[Truth, Truth], float], flagged: Truth, truth: Truth, seed: int = 0
) -> tuple[float, float]:
    """The middle 95 % of a measure over texts drawn with replacement."""
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(truth), (RESAMPLES, len(truth)))
    low, high = np.quantile([measure(flagged[rows], truth[rows]) for rows in drawn], [0.025, 0.975])
    return float(low), float(high)


def platt(logits: Numbers, truth: Numbers, weight: Numbers) -> tuple[float, float]:
    """Slope and offset that make logits probabilities, lightly held at (1, 0)."""
    slope, offset = stacked(logits[:, None], truth, weight, (1.0,))
    return slope, offset


def stacked(logits: Numbers, truth: Numbers, weight: Numbers, start: Sequence[float]) -> list[float]:
    """A slope for each column and an offset, by Newton's method on the likelihood, lightly held at ``start`` and 0."""
    held = np.array([*start, 0.0])
    fitted = held.copy()
    features = np.concatenate([logits, np.ones((len(logits), 1))], axis=1)
    prior = np.array([*[1.0] * len(start), 0.01])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(features @ fitted, -30, 30)))
        slope = features.T @ (weight * (chance - truth)) + prior * (fitted - held)
        curve = (features * (weight * chance * (1 - chance))[:, None]).T @ features + np.diag(prior)
        step = np.linalg.solve(curve, slope)
        fitted = fitted - np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - as exact as doubles get
            break
    return [float(number) for number in fitted]


def better(
    measure: Callable[[Truth, Truth], float], one: Truth, other: Truth, truth: Truth, seed: int = 0
) -> tuple[float, float]:
    """By how much the first flags are better than the others, and the share of resamples where they are not."""
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(truth), (RESAMPLES, len(truth)))
    gains = [measure(one[rows], truth[rows]) - measure(other[rows], truth[rows]) for rows in drawn]
    return measure(one, truth) - measure(other, truth), float(np.mean(np.array(gains) <= 0))
