"""Fitting the weights of the first stage: naive-Bayes log ratios, then logistic regression on top, all heads at once.

Wang and Manning, "Baselines and bigrams" (ACL 2012), with Adagrad. Numpy only; the same seed gives the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.card import HEADS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from models.features import Bags

    Floats = npt.NDArray[np.float32]

_TINY = 1e-8
CALM = 0.01
"""What squared gradients begin at when weights are fitted further: about that of a text that is wrongly told."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    ``smoothing`` is added to every count of a head: much where labels are noisy and many, little where
    the project's own text is exact; ``rate`` and ``decay`` are Adagrad's step and the L2 pull;
    ``dropped``, a share a head, of a text's rows are left out at each step by chance, so that no frame of the project's
    own text is learnt by a few of its words;
    of ``disguised`` of the rows (a tenth of that of ordinary ones) a disguised copy is learnt too.
    """

    bits: int = 21
    epochs: int = 6
    rate: float = 0.2
    decay: float = 1e-3
    smoothing: tuple[float, ...] = (5.0, *[0.3] * (len(HEADS) - 1))
    block: int = 512
    disguised: float = 0.3
    dropped: tuple[float, ...] = (0.0, *[0.4] * (len(HEADS) - 1))
    seed: int = 20251126


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of every row and head, and a bias a head.

    A logit is the sum of a text's rows over the root of their number, plus the bias.
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
        added = recipe.smoothing[head]
        positive = np.bincount(found.rows, with_[owners], size) + added
        negative = np.bincount(found.rows, without[owners], size) + added
        base = (with_.sum() + 2 * added) / (without.sum() + 2 * added)
        scaled[:, head] = np.log(positive / negative / base)
    return scaled


def fit(found: Bags, truth: Floats, weight: Floats, recipe: Recipe, tell: Callable[[int, float], None]) -> Fitted:
    """The weights; ``tell(epoch, loss)`` is called after each pass. Where ``weight`` is 0 a label is unknown.

    Heads with the same share of dropped rows are fitted together, over the texts that say something of one of them.
    """
    scaled = ratios(found, truth, weight, recipe)
    bias = np.zeros(truth.shape[1], np.float32)
    for dropped in sorted(set(recipe.dropped)):
        heads = np.flatnonzero(np.array(recipe.dropped) == dropped)
        state = _State(scaled[:, heads], bias[heads])
        _descend(state, found, _Labels(truth[:, heads], weight[:, heads], dropped), recipe, tell)
        scaled[:, heads], bias[heads] = state.scaled * state.slopes, state.bias
    return Fitted(scaled, bias)


def further(start: Fitted, found: Bags, truth: Floats, weight: Floats, recipe: Recipe) -> Fitted:
    """Weights that were fitted before, fitted further to more texts: what these do not contradict stays.

    The pull of ``recipe.decay`` is towards ``start``, and first steps are short, as most of it is right already.
    """
    scaled = ratios(found, truth, weight, recipe)
    weights, bias = start.weights.copy(), start.bias.copy()
    known, drops = weight.any(axis=0), np.array(recipe.dropped)
    for dropped in np.unique(drops[known]):
        heads = np.flatnonzero(known & (drops == dropped))
        state = _State(scaled[:, heads], bias[heads], weights[:, heads])
        state.squares += CALM
        state.pulls += recipe.block
        _descend(state, found, _Labels(truth[:, heads], weight[:, heads], dropped), recipe, lambda _epoch, _loss: None)
        weights[:, heads] += state.scaled * state.slopes
        bias[heads] = state.bias
    return Fitted(weights, bias)


def _descend(state: _State, found: Bags, labels: _Labels, recipe: Recipe, tell: Callable[[int, float], None]) -> None:
    chance = np.random.default_rng(recipe.seed)
    useful = np.flatnonzero(labels.weight.any(axis=1))
    for epoch in range(recipe.epochs):
        order = chance.permutation(useful)
        loss = 0.0
        for start in range(0, len(order), recipe.block):
            loss += _step(state, found, _Block(order[start : start + recipe.block], labels, chance), recipe)
        tell(epoch + 1, loss / max(1.0, float(labels.weight.sum())))


@dataclass(frozen=True, slots=True)
class _Labels:
    """What is known for some heads, and the share of rows dropped in learning it."""

    truth: Floats
    weight: Floats
    dropped: float


class _State:
    """What changes while fitting: ``slopes`` times ``scaled`` are the weights, on top of those that are ``given``."""

    def __init__(self, scaled: Floats, bias: Floats, given: Floats | None = None) -> None:
        self.scaled, self.bias = np.ascontiguousarray(scaled), bias
        self.given = None if given is None else np.ascontiguousarray(given)
        self.slopes = np.zeros_like(self.scaled)
        self.squares = np.full_like(self.scaled, _TINY)
        self.pulls = np.full_like(bias, _TINY)


class _Block:
    """Some texts of the whole, with their labels."""

    def __init__(self, texts: npt.NDArray[np.int64], labels: _Labels, chance: np.random.Generator) -> None:
        self.texts, self.truth, self.weight = texts, labels.truth[texts], labels.weight[texts]
        self.dropped, self.chance = labels.dropped, chance


def _step(state: _State, found: Bags, block: _Block, recipe: Recipe) -> float:
    rows, sizes = _rows(found, block)
    edges = np.cumsum(sizes) - sizes
    unique, places = np.unique(rows, return_inverse=True)
    scaled, slopes = state.scaled[unique], state.slopes[unique]
    share = (1 / np.sqrt(sizes)).astype(np.float32)[:, None]
    weights = scaled * slopes if state.given is None else scaled * slopes + state.given[unique]
    logits = np.add.reduceat(weights[places], edges, axis=0) * share + state.bias
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
    state.pulls += pull * pull
    state.bias -= np.float32(recipe.rate) * pull / np.sqrt(state.pulls)
    likely = np.where(block.truth > 0, chance, 1 - chance)
    return -float((block.weight * np.log(np.maximum(likely, _TINY))).sum())


def _rows(found: Bags, block: _Block) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The rows of the block's texts but for those dropped, and how many each text keeps: at least its first."""
    sizes = found.sizes[block.texts]
    edges = np.cumsum(sizes) - sizes
    rows = found.rows[np.repeat(found.starts[block.texts] - edges, sizes) + np.arange(sizes.sum())]
    if not block.dropped:
        return rows, sizes
    kept = block.chance.random(len(rows)) >= block.dropped
    kept[edges] = True
    return rows[kept], np.add.reduceat(kept, edges, dtype=np.int64)
