"""The second stage with numpy alone: which parameters it has, and what they compute, a text at a time.

The same arithmetic as ``encoder.py``, which learns: for machines that only judge. Nothing is padded, so a score is the
same in any batch, to the bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from threadpoolctl import ThreadpoolController

from models.card import HEADS
from models.tensors import WeightsRefused
from models.tokens import LONGEST, MASK, PAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from models.tokens import Ids, Vocabulary

    Floats = npt.NDArray[np.float32]

ATTENTION_HEADS: Final = 4
"""So many parts of the width look at a text apart."""
SIZES: Final = frozenset({"width", "layers", "pairs"})
"""What a card says of an encoder: numbers a vector, layers, hashed pairs."""
_STEPS: Final = ("layers.", "classifier.")
"""Parameters that are multiplied with: they are kept turned, which is faster."""
_LEFT, _RIGHT = 31_627, 17_389
"""Odd multipliers that turn two ids into the number of their pair."""
_SMALL: Final = np.float32(1e-5)
_STEP: Final = np.float32(0.3275911 / 2**0.5)
_TAIL: Final = tuple(np.float32(it / 2) for it in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))
"""The normal curve's tail to 1e-7: the error function by Abramowitz and Stegun, 7.1.26."""


def pairs(before: Any, ids: Any, count: int) -> Any:
    """The numbers of the pairs that characters make with those before them; arrays and tensors alike."""
    return (before * _LEFT + ids * _RIGHT) % count


def complete(
    known: Vocabulary, sizes: Mapping[str, int], parameters: Mapping[str, Floats], heads: int = len(HEADS)
) -> None:
    """Raises ``WeightsRefused`` unless these are all the parameters of a model of these sizes, in their shapes."""
    if sizes.keys() != SIZES or sizes["width"] % ATTENTION_HEADS:
        raise WeightsRefused(
            f"模型卡的 sizes 为 {dict(sizes)}，应有 {'、'.join(sorted(SIZES))}，width 须为 {ATTENTION_HEADS} 的倍数",
            f"its card has the sizes {dict(sizes)}; expected {', '.join(sorted(SIZES))}, width a multiple of "
            f"{ATTENTION_HEADS}",
        )
    expected = _shapes(known, sizes, most=len(parameters)) | _both("classifier", heads, 3 * sizes["width"])
    if parameters.keys() != expected.keys():
        raise WeightsRefused(
            f"含 {'、'.join(parameters)}，应为 {'、'.join(expected)}",
            f"holds {', '.join(parameters)}; expected {', '.join(expected)}",
        )
    for name, shape in expected.items():
        if parameters[name].shape != shape:
            raise WeightsRefused(
                f"{name} 为 {parameters[name].shape}，应为 {shape}",
                f"{name} is {parameters[name].shape}; expected {shape}",
            )


def _shapes(known: Vocabulary, sizes: Mapping[str, int], most: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all parameters but the last; of layers beyond the ``most`` possible nothing is said."""
    width = sizes["width"]
    found: dict[str, tuple[int, ...]] = {
        "chars.weight": (known.size, width),
        "syllables.weight": (int(known.sounds.max()) + 1, width),
        "pairs.weight": (sizes["pairs"], width),
        "places.weight": (LONGEST + 1, width),
        **_both("entry", width),
        **_both("exit", width),
    }
    steps = {
        "asked": (3 * width, width),
        "told": (width, width),
        "wider": (4 * width, width),
        "narrower": (width, 4 * width),
    }
    for layer in range(min(sizes["layers"], most)):
        for name in ("before", "between"):
            found |= _both(f"layers.{layer}.{name}", width)
        for name, shape in steps.items():
            found |= _both(f"layers.{layer}.{name}", *shape)
    return found


def _both(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


class Bare:
    """An encoder that answers. Its parameters are ``complete``."""

    def __init__(self, known: Vocabulary, sizes: Mapping[str, int], parameters: Mapping[str, Floats]) -> None:
        """From here on numpy multiplies matrices with one thread, as torch does: these are small."""
        ThreadpoolController().limit(limits=1, user_api="blas")
        steps = {name: np.ascontiguousarray(told.T) for name, told in parameters.items() if name.startswith(_STEPS)}
        self._of, self._layers = {**parameters, **steps}, range(sizes["layers"])
        self._chars = parameters["chars.weight"] + parameters["syllables.weight"][known.sounds]

    def logits(self, ids: Ids) -> Floats:
        """A row a row of ids, of which ``PAD`` is left out; a column a head of ``HEADS``."""
        return np.stack([self._one(row[row != PAD]) for row in ids])

    def _one(self, ids: Ids) -> Floats:
        """The mean, the largest and the first of the vectors, brought to a number a head."""
        hidden = self._normal("entry", self._read(ids))
        for layer in self._layers:
            hidden = hidden + self._mixed(f"layers.{layer}.", self._normal(f"layers.{layer}.before", hidden))
            wide = _gelu(self._linear(f"layers.{layer}.wider", self._normal(f"layers.{layer}.between", hidden)))
            hidden = hidden + self._linear(f"layers.{layer}.narrower", wide)
        hidden = self._normal("exit", hidden)
        return self._linear("classifier", np.concatenate([hidden.mean(axis=0), hidden.max(axis=0), hidden[0]]))

    def _read(self, ids: Ids) -> Floats:
        """A vector a character: itself with its sound, its place, and its pair with the character before it."""
        hidden = self._chars[ids] + self._of["places.weight"][: len(ids)]
        table = self._of["pairs.weight"]
        paired = table[pairs(ids[:-1], ids[1:], len(table))]
        hidden[1:] += paired * ((ids[:-1] > MASK) & (ids[1:] > MASK))[:, None]
        return hidden

    def _mixed(self, layer: str, hidden: Floats) -> Floats:
        """What each character takes from all of them, by several heads of attention."""
        length, width = hidden.shape
        each = width // ATTENTION_HEADS
        asked = self._linear(layer + "asked", hidden).reshape(length, 3, ATTENTION_HEADS, each)
        query, key, value = asked.transpose(1, 2, 0, 3)
        weights = query @ key.swapaxes(1, 2) * np.float32(each**-0.5)
        weights = np.exp(weights - weights.max(axis=2, keepdims=True))
        mixed = weights @ value / weights.sum(axis=2, keepdims=True)
        return self._linear(layer + "told", mixed.swapaxes(0, 1).reshape(length, width))

    def _linear(self, name: str, hidden: Floats) -> Floats:
        found: Floats = hidden @ self._of[name + ".weight"] + self._of[name + ".bias"]
        return found

    def _normal(self, name: str, hidden: Floats) -> Floats:
        apart = hidden - hidden.mean(axis=1, keepdims=True)
        spread = np.sqrt((apart * apart).mean(axis=1, keepdims=True) + _SMALL)
        found: Floats = apart / spread * self._of[name + ".weight"] + self._of[name + ".bias"]
        return found


def _gelu(hidden: Floats) -> Floats:
    """Each number less its size times the share of a normal curve beyond that size; negative ones leave the rest."""
    size = np.abs(hidden)
    step: Floats = np.reciprocal(_STEP * size + 1)
    tail = _TAIL[0] * step
    for factor in _TAIL[1:]:
        tail += factor
        tail *= step
    tail *= np.exp(size * size * np.float32(-0.5))
    tail *= size
    found: Floats = np.maximum(hidden, 0) - tail
    return found
