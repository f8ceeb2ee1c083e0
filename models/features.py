"""Texts become rows of the weight table: hashed n-grams of what is shown and of what is heard. Integers and numpy only.

What is shown keeps its punctuation; what is heard is letters alone, each Han character by its toneless syllable, each
digit alike. So a homophone or a symbol between two characters changes the first half of the n-grams and not the second.
A text's rows are a set: they depend on nothing else in the batch.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from moderation.text.fold import tables
from moderation.text.sound import Sounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from moderation.text.fold import Folding, Table

    Codes = npt.NDArray[np.uint16]
    Rows = npt.NDArray[np.uint32]
    Places = npt.NDArray[np.int64]

VARIANTS: Final = Path(__file__).parent.parent / "lexicons" / "variants"
SHOWN_CODES, HEARD_CODES = 0x20000, 0x10000
SHOWN_GRAMS, HEARD_GRAMS = 4, 3
"""The longest n-grams of either kind."""
OPEN, CLOSE, OTHER, DIGIT = 2, 3, 4, ord("0")
"""Where a text begins and ends; a character that no table knows; any digit, as it is heard."""
PICTURES: Final = 0x1F000
PICTURE_CODES: Final = 0xE000
"""Emoji are kept one by one, in the private use area, which no folded text holds."""
CHUNK: Final = 2048
"""Texts that are hashed in one go: text number and row share a 32-bit key, so 2^11 is the most for 2^21 rows."""
_STEP: Final = np.uint32(0x01000193)
_MIX: Final = tuple(
    map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xD3A2646D, 0xFD7046C5))
)
"""One odd multiplier for each kind and length of n-gram."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What each code point is shown as (``SHOWN_CODES`` entries) and what that sounds like (``HEARD_CODES``).

    Zero deletes. The tables travel with the weights, so that a change of the lexicons never changes a score.
    """

    shown: Codes
    heard: Codes


@dataclass(frozen=True, slots=True)
class Bags:
    """The rows of some texts: text ``i`` owns ``rows[starts[i]:starts[i + 1]]``, sorted and unique."""

    rows: Rows
    starts: Places

    @property
    def sizes(self) -> Places:
        """How many rows each text owns; never zero."""
        return np.diff(self.starts)


def alphabet() -> Alphabet:
    """The tables of the lexicons, as they are today. Raises ``OSError`` when a file is missing."""
    keep = folding().keep
    sounds = Sounds((row[0], row[1], row[2] if len(row) > 2 else "") for row in table_rows(VARIANTS / "pinyin.tsv"))  # noqa: PLR2004
    shown = np.zeros(SHOWN_CODES, np.uint16)
    for code in range(SHOWN_CODES):
        shown[code] = _shown(keep, code)
    shown[SHOWN_CODES - 1] = OTHER
    heard = np.zeros(HEARD_CODES, np.uint16)
    for code in range(HEARD_CODES):
        heard[code] = _heard(sounds.fuzzy, code)
    return Alphabet(shown, heard)


@cache
def folding() -> Folding:
    """The fold tables of the lexicons. Raises ``OSError`` when a file is missing."""
    simplified, lookalikes = (
        {row[0]: row[1] for row in table_rows(VARIANTS / name)} for name in ("traditional.tsv", "lookalikes.tsv")
    )
    return tables(simplified, lookalikes)


def table_rows(path: Path) -> Iterator[tuple[str, ...]]:
    """The rows of one table of the lexicons."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield tuple(line.split("\t"))


def _shown(keep: Table, code: int) -> int:
    target = keep[code]
    if target is None or target == "":
        return 0
    simple = target if isinstance(target, int) else ord(target[0])
    if chr(simple).isspace():
        return 0  # spaced out or not, the text is the same
    if PICTURES <= simple < PICTURES + 0x1000:
        return PICTURE_CODES + simple - PICTURES
    return simple if simple < HEARD_CODES else OTHER


def _heard(fuzzy: Sequence[int], code: int) -> int:
    if code in (OPEN, CLOSE, OTHER):
        return code
    if code < len(fuzzy) and fuzzy[code] != code:
        return fuzzy[code]
    kind = "" if PICTURE_CODES <= code < PICTURE_CODES + 0x1000 else unicodedata.category(chr(code))[0]
    return DIGIT if kind == "N" else code if kind == "L" else 0


def bags(texts: Sequence[str], letters: Alphabet, bits: int) -> Bags:
    """The rows of each text, numbers under ``2 ** bits``."""
    chunk = min(CHUNK, 1 << 32 - bits)
    parts = [_bags(texts[start : start + chunk], letters, bits) for start in range(0, len(texts), chunk)]
    if len(parts) == 1:
        return parts[0]
    sizes = np.concatenate([part.sizes for part in parts]) if parts else np.zeros(0, np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return Bags(np.concatenate([part.rows for part in parts]) if parts else np.zeros(0, np.uint32), starts)


def _bags(texts: Sequence[str], letters: Alphabet, bits: int) -> Bags:
    shown, heard, owners, heard_owners, _ = _codes(texts, letters)
    keys = np.concatenate(
        [key for key, _ in _grams(shown, owners, SHOWN_GRAMS, 0, bits)]
        + [key for key, _ in _grams(heard, heard_owners, HEARD_GRAMS, SHOWN_GRAMS, bits)]
    )
    keys.sort()
    first = np.empty(len(keys), bool)
    first[0] = True
    np.not_equal(keys[1:], keys[:-1], out=first[1:])
    keys = keys[first]
    edges = np.arange(len(texts), dtype=np.uint32) << np.uint32(bits)
    starts = np.empty(len(texts) + 1, np.int64)
    starts[:-1] = np.searchsorted(keys, edges)
    starts[-1] = len(keys)
    return Bags(keys & np.uint32((1 << bits) - 1), starts)


def _codes(texts: Sequence[str], letters: Alphabet) -> tuple[Rows, Rows, Rows, Rows, Places]:
    """Codes shown and heard with the number of the text that each belongs to, and the place of each one shown."""
    joined = "\x02" + "\x03\x02".join(texts) + "\x03"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts)) + 2
    ends = np.cumsum(sizes)
    everything = letters.shown[np.minimum(codes, SHOWN_CODES - 1)]
    everything[ends - 1] = CLOSE
    everything[ends - sizes] = OPEN
    places = np.flatnonzero(everything)
    owners = np.repeat(np.arange(len(texts), dtype=np.uint32), sizes)[places]
    shown = everything[places]
    heard = letters.heard[shown]
    voiced = np.flatnonzero(heard)
    return shown.astype(np.uint32), heard[voiced].astype(np.uint32), owners, owners[voiced], places


def _grams(codes: Rows, owners: Rows, longest: int, kind: int, bits: int) -> Iterator[tuple[Rows, Places | None]]:
    """Keys (text number, row) of all n-grams up to ``longest``, and which places they start at."""
    shift, high = np.uint32(32 - bits), owners << np.uint32(bits)
    hashed = codes
    yield (hashed * _MIX[kind] >> shift) | high, None
    for length in range(2, longest + 1):
        hashed = hashed[:-1] * _STEP + codes[length - 1 :]
        starts = np.flatnonzero(owners[length - 1 :] == owners[: len(hashed)])
        yield (hashed[starts] * _MIX[kind + length - 1] >> shift) | high[starts], starts


def spans(text: str, letters: Alphabet, bits: int) -> tuple[Rows, Places, Places]:
    """Every n-gram of one text that shows something: its row, and where it starts and ends in the text."""
    shown, heard, owners, heard_owners, places = _codes([text], letters)
    voiced = np.flatnonzero(letters.heard[shown])
    rows, starts, ends = [], [], []
    for codes, owner, at, longest, kind in (
        (shown, owners, places, SHOWN_GRAMS, 0),
        (heard, heard_owners, places[voiced], HEARD_GRAMS, SHOWN_GRAMS),
    ):
        for length, (keys, _) in enumerate(_grams(codes, owner, longest, kind, bits), start=1):
            rows.append(keys)
            starts.append(at[: len(keys)])
            ends.append(at[length - 1 : length - 1 + len(keys)])
    first = np.maximum(np.concatenate(starts) - 1, 0)
    last = np.minimum(np.concatenate(ends), len(text))
    return np.concatenate(rows), first, np.maximum(last, first)


def shown_codes(text: str, letters: Alphabet) -> Codes:
    """What is shown of a text, one code a character, without marks for its ends."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    everything = letters.shown[np.minimum(codes, SHOWN_CODES - 1)]
    return everything[everything > 0]
