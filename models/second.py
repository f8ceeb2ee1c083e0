"""Both stages together: the second one's log odds stacked on the first one's, a few numbers a head from the card.

No torch here: what computes (torch, ONNX Runtime, somebody's checkpoint) is loaded by name, when it is used. Where none
of these is installed, numpy computes.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from models.bare import Bare, complete
from models.card import HEADS, HOME, Card, read_card, read_weights
from models.ngram import MILLI
from models.tensors import WeightsRefused, pack, unpack
from models.tokens import Vocabulary, padded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from models.card import Stacked
    from models.ngram import Ngram

    Numbers = npt.NDArray[np.float64]
    Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
    Run = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]

NAME: Final = "encoder"
RUNTIMES: Final = {"torch": ("torch", "transformers"), "onnx": ("onnxruntime",), "numpy": ()}
"""What computes, in the order of preference, and what has to be installed for it beside what always is."""
TOLERANCE: Final = 5
"""Thousandths of log odds that a golden answer may differ between processors and runtimes."""
SHORT, LONG = 20, 60
"""To so many characters a text is stacked as a short one, from so many on as a long one, between them by shares."""
BATCH: Final = 16
_FINEST: Final = 127
_REACH: Final = 20.0
_SCALE: Final = ":scale"
_WORDS: Final = "vocabulary."


class Stage(Protocol):
    """Anything that gives log odds, one row a text, one column a head of ``HEADS``."""

    card: Card

    def logits(self, texts: Sequence[str]) -> Numbers:
        """Log odds before stacking."""


class Second:
    """The project's own encoder: how it reads, and whatever computes. A row depends on its text alone, within 1e-4."""

    def __init__(self, card: Card, known: Vocabulary, run: Run) -> None:
        self.card, self._known, self._run = card, known, run

    def logits(self, texts: Sequence[str]) -> Numbers:
        """Log odds, one row a text; of a long text's windows the highest counts."""
        if not texts:
            return np.zeros((0, len(HEADS)))
        pieces, starts = self._known.windows(texts)
        found = np.zeros((len(pieces), len(HEADS)))
        order = sorted(range(len(pieces)), key=lambda place: len(pieces[place]))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            found[places] = self._run(padded([pieces[place] for place in places]))
        return np.maximum.reduceat(found, starts, axis=0)

    def under(self, card: Card) -> Second:
        """The same stage with another card."""
        return Second(card, self._known, self._run)


class Both:
    """The first stage and what is stacked on it, as one model for the court."""

    def __init__(self, first: Ngram, second: Stage) -> None:
        self.first, self.second, self.card = first, second, second.card
        self._short = _stack(second.card.stacking)
        self._long = _stack(second.card.stacking_long or second.card.stacking)

    def scores(self, texts: Sequence[str]) -> Numbers:
        """Calibrated probabilities, one row a text, one column a head."""
        return self.stacked(self.first.logits(texts), self.second.logits(texts), lengthy(texts))

    def stacked(self, first: npt.NDArray[np.int64], second: Numbers, long: Numbers) -> Numbers:
        """The probabilities for the log odds of both, the first one's thousandths, of texts that are so ``lengthy``."""
        stack = self._short + long[:, None, None] * (self._long - self._short)
        reach = first * stack[:, 0] + second * stack[:, 1] + stack[:, 2]
        found: Numbers = 1 / (1 + np.exp(-np.clip(reach, -_REACH, _REACH)))
        return found

    def explain(self, text: str, head: str, *, most: int = 10) -> list[tuple[int, int, float]]:
        """The stretches for which the first stage speaks: the second one gives none."""
        return self.first.explain(text, head, most=most)


def lengthy(texts: Sequence[str]) -> Numbers:
    """How much of a long text each of these is, 0 to 1: in a long one the first stage counts otherwise."""
    lengths = np.array([len(text) for text in texts], float)
    found: Numbers = np.clip((lengths - SHORT) / (LONG - SHORT), 0, 1)
    return found


def _stack(stacking: Mapping[str, Stacked]) -> Numbers:
    """What each stage counts, a row each, and the offset, a column a head; the first one's log odds are thousandths."""
    rows = [(told.first / MILLI, told.second, told.offset) for told in (stacking[head] for head in HEADS)]
    return np.array(rows).T


def calibrated(card: Card, logits: Numbers) -> Numbers:
    """The probabilities of a second stage by itself, for its log odds: for tables and pupils, not for the court."""
    slopes = np.array([(card.calibration[head].slope, card.calibration[head].offset) for head in card.labels])
    found: Numbers = 1 / (1 + np.exp(-np.clip(logits * slopes[:, 0] + slopes[:, 1], -_REACH, _REACH)))
    return found


def packed(known: Vocabulary, parameters: Mapping[str, npt.NDArray[np.float32]]) -> bytes:
    """A weight file: tables of vectors as bytes with a scale a row, everything else as halves."""
    arrays: Arrays = {_WORDS + name: getattr(known, name) for name in ("codes", "chars", "sounds")}
    for name, array in parameters.items():
        if array.ndim == 2 and len(array) >= known.size:  # noqa: PLR2004 - a table
            scale = np.maximum(np.abs(array).max(axis=1, keepdims=True) / _FINEST, 1e-6).astype(np.float16)
            arrays[name + _SCALE] = scale
            arrays[name] = np.rint(array / scale.astype(np.float32)).clip(-_FINEST, _FINEST).astype(np.int8)
        else:
            arrays[name] = array.astype(np.float16)
    return pack(arrays)


def unpacked(data: bytes, sizes: Mapping[str, int], *, heads: int = len(HEADS)) -> tuple[Vocabulary, Arrays]:
    """How the model in these bytes reads, and all its parameters as 32-bit floats. Raises ``WeightsRefused``."""
    arrays = unpack(data)
    try:
        known = Vocabulary(*(arrays.pop(_WORDS + name) for name in ("codes", "chars", "sounds")))
    except KeyError as error:
        raise WeightsRefused(f"缺少 {error.args[0]}", f"holds no {error.args[0]}") from None
    if known.codes.max() >= known.size or known.sounds.shape != known.chars.shape:
        raise WeightsRefused("词表自相矛盾", "has a vocabulary that contradicts itself")
    scales = {name: arrays.pop(name) for name in [*arrays] if name.endswith(_SCALE)}
    found = {name: array.astype(np.float32) for name, array in arrays.items()}
    for name, scale in scales.items():
        table = name.removesuffix(_SCALE)
        if table not in found or scale.shape != (len(found[table]), 1):
            raise WeightsRefused(f"{name} 没有对应的表", f"holds {name} for no such table")
        found[table] *= scale.astype(np.float32)
    complete(known, sizes, found, heads)
    return known, found


def runtime(wish: str = "auto", folder: Path = HOME) -> str | None:
    """What would compute: one of ``RUNTIMES``; ``None`` when the one wished for is not installed. Imports nothing.

    ONNX Runtime is chosen by itself only where the folder holds the exported file.
    """
    for name, needed in RUNTIMES.items():
        wished = wish == name or (wish == "auto" and (name != "onnx" or file_in(folder).is_file()))
        if wished and all(find_spec(library) is not None for library in needed):
            return name
    return None


def fits(first: Ngram, folder: Path = HOME, *, wish: str = "auto") -> bool:
    """Whether there is a second stage that was fitted beside this first one, and something that computes it."""
    path = folder / "cards" / f"{NAME}.json"
    chosen = runtime(wish, folder)
    if chosen is None or not path.is_file() or (chosen == "onnx" and not file_in(folder).is_file()):
        return False
    return read_card(path).beside == first.card.sha256


def file_in(folder: Path) -> Path:
    """Where an exported ONNX file lies in a model folder."""
    return folder / "weights" / f"{NAME}.onnx"


def sound(first: Ngram, folder: Path = HOME, *, wish: str = "auto") -> str:
    """The name of the second stage, once all is checked that needs no runtime. Raises as ``load`` does."""
    card, _ = _chosen(first, folder, wish)
    data = read_weights(card, folder / "weights")
    try:
        unpacked(data, card.sizes)
    except WeightsRefused as error:
        raise WeightsRefused(*error.within(card.weights)) from None
    return f"{card.name}@{card.sha256[:12]}"


def load(first: Ngram, folder: Path = HOME, *, wish: str = "auto") -> Both:
    """Both stages; the second one's card is ``folder/cards/encoder.json``.

    Raises:
        WeightsRefused: when it was fitted beside other weights of the first stage, when card and weights are not whole
            and each other's, when they do not answer the golden texts, or when the runtime wished for is not installed.
    """
    card, chosen = _chosen(first, folder, wish)
    return Both(first, opened(card, folder, chosen))


def _chosen(first: Ngram, folder: Path, wish: str) -> tuple[Card, str]:
    card = read_card(folder / "cards" / f"{NAME}.json")
    if card.beside != first.card.sha256:
        raise WeightsRefused(
            f"{NAME}：训练时所用的第一级 sha256 为 {card.beside[:16]}…，现行的为 {first.card.sha256[:16]}…，请重新训练",
            f"{NAME}: was fitted beside a first stage of sha256 {card.beside[:16]}…, the active one is "
            f"{first.card.sha256[:16]}…; train it again",
        )
    chosen = runtime(wish, folder)
    if chosen is None:
        raise WeightsRefused(
            f"{NAME}：没有安装 {wish}：pip install 'qingliu[ml]'（torch）或 'qingliu[onnx]'（onnx）；numpy 无需安装",
            f"{NAME}: {wish} is not installed: pip install 'qingliu[ml]' (torch) or 'qingliu[onnx]' (onnx); numpy is",
        )
    return card, chosen


def opened(card: Card, folder: Path, chosen: str) -> Second:
    """The second stage of a card, computed by one of ``RUNTIMES``. Raises ``WeightsRefused``."""
    data = read_weights(card, folder / "weights")
    try:
        known, parameters = unpacked(data, card.sizes)
        if chosen == "numpy":
            run: Run = Bare(known, card.sizes, parameters).logits
        elif chosen == "onnx":
            run = importlib.import_module("models.portable").run(file_in(folder), card.sha256)
        else:
            run = importlib.import_module("models.encoder").run(known, card.sizes, parameters)
        stage = Second(card, known, run)
        check(stage)
    except WeightsRefused as error:
        raise WeightsRefused(*error.within(card.weights)) from None
    return stage


def check(stage: Stage) -> None:
    """Raises ``WeightsRefused`` unless the stage answers the golden texts of its card."""
    found = stage.logits([row.text for row in stage.card.golden]) * MILLI
    for row, logits in zip(stage.card.golden, found, strict=True):
        if len(row.logits) != len(logits) or not (np.abs(logits - row.logits) <= TOLERANCE).all():
            told = np.rint(np.nan_to_num(logits)).astype(int).tolist()
            raise WeightsRefused(
                f"对 {row.text!r} 算出 {told}，模型卡记为 {list(row.logits)}",
                f"answers {row.text!r} with {told}, the card says {list(row.logits)}",
            )
