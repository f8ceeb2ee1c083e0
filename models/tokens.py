"""How the second stage reads: a number a character, after folding. Numpy only: no runtime needs another's library.

The tables travel with the weights, so that a change of the lexicons never changes a score.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.features import SHOWN_CODES, Alphabet, shown_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    Ids = npt.NDArray[np.int64]
    Table = npt.NDArray[np.uint16]

PAD, MASK, UNKNOWN, BEGIN = range(4)
NAMED: Final = ("[PAD]", "[MASK]", "[UNK]", "[CLS]")
LONGEST: Final = 128
"""Characters read at once. A longer text is read in windows, one every ``STEP``; the highest logit counts."""
STEP: Final = 96
_SYLLABLES: Final = 0xE000
"""Where the sounds of Han characters begin in the tables; below stand letters, which sound like themselves."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``codes`` has the id of each code point, 0 to leave it out; each id is one of ``chars`` and one of ``sounds``."""

    codes: Table
    chars: Table
    sounds: Table

    @property
    def size(self) -> int:
        """How many ids there are."""
        return len(self.chars)

    def ids(self, text: str) -> Ids:
        """A text's ids, without ``BEGIN``."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        found = self.codes[np.minimum(points, SHOWN_CODES - 1)]
        return found[found > 0].astype(np.int64)

    def windows(self, texts: Sequence[str]) -> tuple[list[Ids], Ids]:
        """The ids of all texts, ``BEGIN`` first, long ones in several windows, and where each text's windows begin."""
        pieces: list[Ids] = []
        starts = []
        for text in texts:
            starts.append(len(pieces))
            ids = self.ids(text)
            starting = range(0, max(1, len(ids) - LONGEST + STEP), STEP)
            pieces.extend(np.concatenate([[BEGIN], ids[at : at + LONGEST]]).astype(np.int64) for at in starting)
        return pieces, np.array(starts, np.int64)


def padded(pieces: Sequence[Ids]) -> Ids:
    """One row a piece, ``PAD`` behind."""
    rows = np.zeros((len(pieces), max(map(len, pieces))), np.int64)
    for row, piece in zip(rows, pieces, strict=True):
        row[: len(piece)] = piece
    return rows


def vocabulary(texts: Iterable[str], letters: Alphabet, most: int) -> Vocabulary:
    """The ``most`` characters that stand most often in these texts, as they are shown after folding."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(shown_codes(text, letters).tolist())
    known = [code for code, _ in counts.most_common(most - len(NAMED))]
    numbers = np.full(1 << 16, UNKNOWN, np.uint16)
    numbers[0] = PAD
    numbers[known] = np.arange(len(NAMED), len(NAMED) + len(known))
    chars = np.array([0] * len(NAMED) + known, np.uint16)
    heard = letters.heard[chars]
    syllables = {code: number for number, code in enumerate(sorted({*heard[heard >= _SYLLABLES].tolist()}), start=1)}
    sounds = np.array([syllables.get(code, 0) for code in heard.tolist()], np.uint16)
    return Vocabulary(numbers[letters.shown], chars, sounds)
