"""The first stage of the text expert: sums of small integers that stand for n-grams, with numpy alone.

A score is the same in any batch and any order, on any machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.card import HEADS, HOME, Card, read_card, read_weights
from models.features import HEARD_CODES, SHOWN_CODES, Alphabet, bags, spans
from models.tensors import WeightsRefused, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from models.features import Bags

NAME: Final = "ngram"
WINDOW, STEP = 256, 192
"""A longer text is read in windows of this many characters, one every ``STEP``; the highest logit counts."""
MILLI: Final = 1000
"""Logits are whole thousandths."""
_CHUNK: Final = 1024
_LEAST_SHARE: Final = 0.02
"""Log odds that a character adds at least to belong to an explanation."""
_REACH, _FINE = 20, 256
_SIGMOID: Final = np.array([1 / (1 + math.exp(-step / _FINE)) for step in range(-_REACH * _FINE, _REACH * _FINE + 1)])
"""Probabilities are looked up: vectorised exponentials may differ in the last bit between a batch and its remainder."""
_ARRAYS: Final = {"weights": np.int8, "scale": np.float64, "bias": np.int32, "shown": np.uint16, "heard": np.uint16}


class Ngram:
    """A loaded model: its card and its table. Safe to share between threads; nothing in it changes."""

    def __init__(self, card: Card, arrays: dict[str, np.ndarray[Any, np.dtype[Any]]]) -> None:
        _check(card, arrays)
        self.card = card
        self.arrays = arrays
        self._table = arrays["weights"]
        self._scale = arrays["scale"]
        self._bias = arrays["bias"].astype(np.int64)
        self._letters = Alphabet(arrays["shown"], arrays["heard"])
        scalings = [card.calibration[head] for head in HEADS]
        self._slope = np.array([scaling.slope for scaling in scalings]) / MILLI
        self._offset = np.array([scaling.offset for scaling in scalings])

    def logits(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        """Whole thousandths of log odds before calibration, one row a text, one column a head of ``HEADS``."""
        pieces, starts = _windows(texts)
        parts = [self._sums(pieces[start : start + _CHUNK]) for start in range(0, len(pieces), _CHUNK)]
        found = np.concatenate(parts) if parts else np.zeros((0, len(HEADS)), np.int64)
        return found if len(pieces) == len(texts) else np.maximum.reduceat(found, starts, axis=0)

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, one row a text, one column a head."""
        return self.calibrated(self.logits(texts))

    def calibrated(self, logits: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Logits as probabilities."""
        reach = np.clip(logits * self._slope + self._offset, -_REACH, _REACH)
        found: npt.NDArray[np.float64] = _SIGMOID[np.rint(reach * _FINE).astype(np.int64) + _REACH * _FINE]
        return found

    def explain(self, text: str, head: str, *, most: int = 10) -> list[tuple[int, int, float]]:
        """The stretches that speak most for the head: start, end (code points of ``text``) and log odds added.

        Each n-gram of the set shares its weight among the places where it stands, and there among its characters. In a
        long text only the window that counted is explained.
        """
        column = HEADS.index(head)
        windows, _ = _windows([text])
        best = int(np.argmax(self._sums(windows)[:, column]))
        rows, starts, ends = spans(windows[best], self._letters, self.card.bits)
        unique, places, counts = np.unique(rows, return_inverse=True, return_counts=True)
        factor = self._scale[column] / math.sqrt(len(unique)) / MILLI
        weights = self._table[unique, column].astype(np.float64)[places] / counts[places] * factor
        shift = best * STEP
        runs = _strongest(weights, starts, ends, most)
        return [(start + shift, end + shift, added) for start, end, added in runs]

    def _sums(self, texts: Sequence[str]) -> npt.NDArray[np.int64]:
        found = bags(texts, self._letters, self.card.bits)
        return weigh(found, self._table, self._scale, self._bias)


def weigh(
    found: Bags,
    table: npt.NDArray[np.int8],
    scale: npt.NDArray[np.float64],
    bias: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Logits of bags: an integer sum a head, brought to scale by operations that IEEE 754 rounds exactly."""
    sums = np.add.reduceat(table.take(found.rows, axis=0), found.starts[:-1], axis=0, dtype=np.int32)
    return np.rint(sums * scale / np.sqrt(found.sizes)[:, None]).astype(np.int64) + bias


def load(folder: Path = HOME, name: str = NAME) -> Ngram:
    """The model whose card is ``folder/cards/NAME.json``, its weights beside it under ``folder/weights``.

    Raises:
        WeightsRefused: when card and weights are not whole, not each other's, or do not answer the golden texts.
    """
    card = read_card(folder / "cards" / f"{name}.json")
    data = read_weights(card, folder / "weights")
    try:
        model = Ngram(card, unpack(data))
    except WeightsRefused as error:
        raise WeightsRefused(*error.within(card.weights)) from None
    found = model.logits([row.text for row in card.golden]).tolist()
    for row, logits in zip(card.golden, found, strict=True):
        if list(row.logits) != logits:
            raise WeightsRefused(
                f"{card.weights}：对 {row.text!r} 得 {logits}，模型卡记为 {row.logits}",
                f"{card.weights}: answers {row.text!r} with {logits}, the card says {row.logits}",
            )
    return model


def _check(card: Card, arrays: dict[str, np.ndarray[Any, np.dtype[Any]]]) -> None:
    heads = len(HEADS)
    shapes = {
        "weights": (1 << card.bits, heads),
        "scale": (heads,),
        "bias": (heads,),
        "shown": (SHOWN_CODES,),
        "heard": (HEARD_CODES,),
    }
    if arrays.keys() != shapes.keys():
        raise WeightsRefused(
            f"含 {'、'.join(arrays)}，应为 {'、'.join(shapes)}",
            f"holds {', '.join(arrays)}; expected {', '.join(shapes)}",
        )
    for name, shape in shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != _ARRAYS[name]:
            raise WeightsRefused(
                f"{name} 为 {arrays[name].dtype} {arrays[name].shape}，应为 {np.dtype(_ARRAYS[name])} {shape}",
                f"{name} is {arrays[name].dtype} {arrays[name].shape}; expected {np.dtype(_ARRAYS[name])} {shape}",
            )


def _windows(texts: Sequence[str]) -> tuple[Sequence[str], npt.NDArray[np.int64]]:
    """The texts with long ones cut into windows, and where each text's windows begin."""
    if not texts or max(map(len, texts)) <= WINDOW:
        return texts, np.arange(len(texts))
    pieces: list[str] = []
    starts = []
    for text in texts:
        starts.append(len(pieces))
        pieces.extend(text[at : at + WINDOW] for at in range(0, max(1, len(text) - WINDOW + STEP), STEP))
    return pieces, np.array(starts)


def _strongest(
    weights: npt.NDArray[np.float64], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], most: int
) -> list[tuple[int, int, float]]:
    """Each n-gram's weight goes to its characters: runs of them that speak for the head, the strongest first."""
    share = np.zeros(int(ends.max(initial=0)) + 1)
    seen = ends > starts
    weights, starts, lengths = weights[seen], starts[seen], (ends - starts)[seen]
    np.add.at(share, starts, weights / lengths)
    np.add.at(share, starts + lengths, -weights / lengths)
    each = np.cumsum(share)[:-1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], each > _LEAST_SHARE, [False]]).astype(np.int8)))
    runs = [(int(start), int(end), float(each[start:end].sum())) for start, end in edges.reshape(-1, 2).tolist()]
    return sorted(runs, key=lambda run: (-run[2], run[0]))[:most]
