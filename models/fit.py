"""Fitting the weights of the first stage: naive-Bayes log ratios, then logistic regression on top, all heads at once.

Wang and Manning, "Baselines and bigrams" (ACL 2012), with Adagrad. Numpy only; the same seed gives the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from models.features import Bags

    Floats = npt.NDArray[np.float32]

_TINY = 1e-8


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. ``smoothing`` is added to every count; ``rate`` and ``decay`` are Adagrad's step and the L2 pull;
    ``dropped`` of a text's rows are left out at each step, by chance, so that no frame is learnt by a few of its words;
    of ``disguised`` of the rows (a tenth of that of ordinary ones) a disguised copy is learnt too.
    """

    bits: int = 20
    epochs: int = 6
    rate: float = 0.2
    decay: float = 1e-3
    smoothing: float = 5.0
    block: int = 512
    disguised: float = 0.3
    dropped: float = 0.5
    seed: int = 20251126


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of every row and head, and a bias a head. A logit is the sum of a text's rows over the root of their
    number, plus the bias.
    """

    weights: Floats
    bias: Floats


def ratios(found: Bags, truth: Floats, weight: Floats, recipe: Recipe) -> Floats:
    """How much more often each row stands in texts of a head than in the others: log ratios, a column a head."""
    size, heads = 1 << recipe.bits, truth.shape[1]
    owners = np.repeat(np.arange(len(truth)), found.sizes)
    scaled = np.zeros((size, heads), np.float32)
    for head in range(heads):
        with_, without = weight[:, head] * truth[:, head], weight[:, head] * (1 - truth[:, head])
        if not with_.any() or not without.any():
            continue
        positive = np.bincount(found.rows, with_[owners], size) + recipe.smoothing
        negative = np.bincount(found.rows, without[owners], size) + recipe.smoothing
        base = (with_.sum() + 2 * recipe.smoothing) / (without.sum() + 2 * recipe.smoothing)
        scaled[:, head] = np.log(positive / negative / base)
    return scaled


def fit(found: Bags, truth: Floats, weight: Floats, recipe: Recipe, tell: Callable[[int, float], None]) -> Fitted:
    """The weights; ``tell(epoch, loss)`` is called after each pass. Where ``weight`` is 0 a label is unknown."""
    scaled = ratios(found, truth, weight, recipe)
    chance = np.random.default_rng(recipe.seed)
    heads = truth.shape[1]
    state = _State(scaled, np.zeros_like(scaled), np.full_like(scaled, _TINY), np.zeros(heads, np.float32))
    seen = np.full(heads, _TINY, np.float32)
    for epoch in range(recipe.epochs):
        order = chance.permutation(len(truth))
        loss = 0.0
        for start in range(0, len(order), recipe.block):
            block = _Block(order[start : start + recipe.block], truth, weight, chance)
            loss += _step(state, seen, found, block, recipe)
        tell(epoch + 1, loss / max(1.0, float(weight.sum())))
    state.slopes *= scaled
    return Fitted(state.slopes, state.bias)


@dataclass(slots=True)
class _State:
    """What changes while fitting: ``slopes`` times ``scaled`` are the weights."""

    scaled: Floats
    slopes: Floats
    squares: Floats
    bias: Floats


class _Block:
    """Some texts of the whole, with their labels."""

    def __init__(
        self, texts: npt.NDArray[np.int64], truth: Floats, weight: Floats, chance: np.random.Generator
    ) -> None:
        self.texts, self.truth, self.weight, self.chance = texts, truth[texts], weight[texts], chance


def _step(state: _State, seen: Floats, found: Bags, block: _Block, recipe: Recipe) -> float:
    rows, sizes = _rows(found, block, recipe.dropped)
    edges = np.cumsum(sizes) - sizes
    unique, places = np.unique(rows, return_inverse=True)
    scaled, slopes = state.scaled[unique], state.slopes[unique]
    share = (1 / np.sqrt(sizes)).astype(np.float32)[:, None]
    logits = np.add.reduceat((scaled * slopes)[places], edges, axis=0) * share + state.bias
    chance = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    wrong = (chance - block.truth) * block.weight
    order = np.argsort(places, kind="stable")
    firsts = np.searchsorted(places[order], np.arange(len(unique)))
    counts = np.diff(np.append(firsts, len(places)))[:, None].astype(np.float32)
    owners = np.repeat(np.arange(len(sizes)), sizes)[order]
    gradient = np.add.reduceat((wrong * share)[owners], firsts, axis=0) * scaled
    gradient += np.float32(recipe.decay) * slopes * counts
    squares = state.squares[unique] + gradient * gradient
    state.squares[unique] = squares
    state.slopes[unique] = slopes - np.float32(recipe.rate) * gradient / np.sqrt(squares)
    pull = wrong.sum(axis=0)
    seen += pull * pull
    state.bias -= np.float32(recipe.rate) * pull / np.sqrt(seen)
    likely = np.where(block.truth > 0, chance, 1 - chance)
    return -float((block.weight * np.log(np.maximum(likely, _TINY))).sum())


def _rows(found: Bags, block: _Block, dropped: float) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The rows of the block's texts but for those dropped, and how many each text keeps: at least its first."""
    sizes = found.sizes[block.texts]
    edges = np.cumsum(sizes) - sizes
    rows = found.rows[np.repeat(found.starts[block.texts] - edges, sizes) + np.arange(sizes.sum())]
    if not dropped:
        return rows, sizes
    kept = block.chance.random(len(rows)) >= dropped
    kept[edges] = True
    return rows[kept], np.add.reduceat(kept, edges, dtype=np.int64)
