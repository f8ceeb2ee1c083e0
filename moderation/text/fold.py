"""Folding: one table look-up a character, so that disguised text reads like plain text and offsets stay known.

Two tables. ``fold`` deletes everything that is not a letter, digit or Han; ``keep`` deletes only what cannot be seen.
Both lower the case, narrow the width, apply single-character NFKC, and map traditional forms and look-alikes.
Whole-text NFKC is never called: it is quadratic on combining marks and loses the offsets.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Table = list[int | str | None]

TABLE_SIZE = 0x110000
MAPPED = 0x20000
"""From here to the last Han every character folds to itself."""
LAST_HAN = 0x323B0
"""Han extensions end here. What stands above shows nothing that a reader could read, and is deleted."""
PLAIN_HAN = range(0x3400, 0xA000)
HEXAGRAMS = range(0x4DC0, 0x4E00)
"""The symbols of the Book of Changes, in the middle of the Han."""
COMPATIBLE = range(0x2F800, 0x2FA1E)
"""Doubles of other Han, above those that fold to themselves."""
MAX_EXPANSION = 4
"""㍿ becomes 株式会社; U+FDFA would become eighteen characters and is no Chinese letter."""

BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5")
"""Letters by their category that show nothing."""
TONES = frozenset("ˇˉˊˋ")
"""Letters by their category that are the marks of tones, in Zhuyin and beside pinyin."""
SIGNS = frozenset("™℠℡℻℃℉")
"""Signs that NFKC would turn into letters though nobody reads them as such."""
SENTENCE_MARKS = frozenset("。！？!?；;\n\r\u2028\u2029")
QUESTION_MARKS = frozenset("？?")
CLAUSE_MARKS = SENTENCE_MARKS | frozenset("，,、：:…")
LISTING = frozenset("、，,：:")
"""Marks that stand between single characters of a list: 吃、喝、赌."""
SENTENCE_MARK = re.compile("[" + "".join(map(re.escape, sorted(SENTENCE_MARKS))) + "]")

_EMOJI_SEQUENCE = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[^\\W_]?[\ufe0e\ufe0f]?\u20e3"
    "|[\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff](?:[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|"
    "\u200d[\u2190-\u2bff\U0001f000-\U0001faff])*)"
)


@dataclass(frozen=True)
class Folding:
    """The two tables and the character maps that they were made with; what readers make of them is made once."""

    fold: Table
    keep: Table
    simplified: Mapping[str, str]
    lookalikes: Mapping[str, str]

    def plain(self, text: str) -> str:
        """The folded view's text: letters, digits and Han only."""
        return text.translate(self.fold)

    def visible(self, text: str) -> str:
        """The raw view's text: symbols stay, invisible characters go."""
        return text.translate(self.keep)

    def shown_as(self, symbols: Iterable[str]) -> frozenset[str]:
        """Every character that the raw view shows as one of ``symbols``."""
        return frozenset("".join([self._writings.get(symbol, "") for symbol in symbols]))

    @cached_property
    def _writings(self) -> Mapping[str, str]:
        shown: defaultdict[str, str] = defaultdict(str)
        for code, entry in enumerate(self.keep[:MAPPED]):
            if entry.__class__ is int:
                shown[chr(entry)] += chr(code)
        return shown

    @cached_property
    def gaps(self) -> re.Pattern[str]:
        """Splits a text at what ``fold`` deletes. Above the basic plane it takes all: see ``View.lay_out``."""
        deleted = [code for code in range(0x10000) if self.fold[code] is None]
        runs = [list(run) for _, run in groupby(enumerate(deleted), lambda pair: pair[1] - pair[0])]
        ranges = [f"\\u{run[0][1]:04x}-\\u{run[-1][1]:04x}" for run in runs]
        return re.compile("([" + "".join(ranges) + "\U00010000-\U0010ffff]+)")

    def trail(self, quoted: str, table: Table) -> tuple[str, ...]:
        """Which folds a stretch of original text needed to be read through ``table``, in a fixed order."""
        names = {self._fold_of(char, table) for char in quoted}
        return tuple(name for name in FOLDS if name in names)

    def _fold_of(self, char: str, table: Table) -> str:
        if table[ord(char)] is None:
            return _deleted_as(char)
        if char in self.lookalikes:
            return "lookalike"
        normal = unicodedata.normalize("NFKC", char)
        if normal != char:
            return "width" if "\uff01" <= char <= "\uffee" else "compat"
        if char in self.simplified:
            return "traditional"
        return "case" if char.lower() != char else ""


PUNCTUATION = "punctuation"
FOLDS = (
    "case", "width", "compat", "traditional", "lookalike", "invisible", "bidi", "marks",
    "space", PUNCTUATION, "symbol", "emoji", "repeat",
)  # fmt: skip
"""Every fold a trail can name."""


def origins(text: str, table: Table, length: int) -> list[int]:
    """For each of the ``length`` characters of ``text`` read through ``table``: where it stood.

    Only worth its price after a hit. Characters that become several, which are rare, take the longer way.
    """
    codes = memoryview(text.encode("utf-32-le", "surrogatepass")).cast("I")
    plain = [place for place, code in enumerate(codes) if table[code] is not None]
    if len(plain) == length:
        return plain
    places: list[int] = []
    for place, code in enumerate(codes):
        target = table[code]
        if target.__class__ is int:
            places.append(place)
        elif target is not None:
            places.extend([place] * len(target))  # type: ignore[arg-type]
    return places


def tables(simplified: Mapping[str, str], lookalikes: Mapping[str, str]) -> Folding:
    """Build both tables; a tenth of a second, once a ruleset."""
    fold: Table = list(range(LAST_HAN))
    keep: Table = list(fold)
    lookalikes = {**_foreign_digits(), **lookalikes}
    mapped = lookalikes.keys() | simplified.keys()
    # Most of the plane folds to itself.
    chars = [chr(code) for code in range(MAPPED) if code not in PLAIN_HAN or code in HEXAGRAMS or chr(code) in mapped]
    chars += map(chr, COMPATIBLE)
    for char, kind, normal in zip(chars, map(unicodedata.category, chars), _normal(chars), strict=True):
        if normal == char and char not in mapped:
            if kind[0] not in "LN" or char in BLANK_LETTERS or char in TONES:
                fold[ord(char)] = None
                if _is_invisible(char):
                    keep[ord(char)] = None
            continue
        simple = lookalikes.get(char) or normal
        if not mapped.isdisjoint(simple):
            # What a map leads to may be mapped again: 𝛎, ν, v; 壱, 壹, 一.
            for pairs in (lookalikes, simplified, simplified, lookalikes):
                simple = "".join([pairs.get(char, char) for char in simple])
        seen = "" if _is_invisible(char) else "".join([one for one in simple if not _is_invisible(one)])
        keep[ord(char)], fold[ord(char)] = _entry(seen), _entry("".join(filter(_is_letter, simple)))
    beyond: Table = [None] * (TABLE_SIZE - LAST_HAN)
    return Folding(fold + beyond, keep + beyond, simplified, lookalikes)


def _foreign_digits() -> dict[str, str]:
    """Digits of other scripts, which NFKC leaves alone (١, १), and the digits that they are."""
    chars = [char for char in map(chr, range(0x80, MAPPED)) if unicodedata.category(char) == "Nd"]
    return {
        char: str(unicodedata.decimal(char))
        for char, normal in zip(chars, _normal(chars), strict=True)
        if normal == char
    }


def _entry(text: str) -> int | str | None:
    if not text:
        return None
    return ord(text) if len(text) == 1 else text


def _normal(chars: Sequence[str]) -> Iterator[str]:
    """Single-character NFKC in lower case, without Latin accents; the character itself where that gets too long.

    All at once, a line each, because a line break goes together with nothing.
    """
    lines = "\n".join(["\ufffd" if "\ud800" <= char <= "\udfff" or char == "\n" else char for char in chars])
    lowered = unicodedata.normalize("NFKC", lines).lower()
    taken_apart = unicodedata.normalize("NFKD", lowered).split("\n")
    for char, normal, pieces in zip(chars, lowered.split("\n"), taken_apart, strict=True):
        if char == "\n" or char in SIGNS or len(normal) > MAX_EXPANSION:
            yield char
        elif pieces == normal or not pieces[0].isascii():
            yield normal  # the matcher refuses lone surrogates: they have become U+FFFD
        else:
            base = "".join([piece for piece in pieces if not unicodedata.combining(piece)])
            yield base if base.isascii() and base.isalpha() else normal


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" and char not in BLANK_LETTERS


def _is_invisible(char: str) -> bool:
    category = unicodedata.category(char)
    return category in {"Mn", "Me", "Cf"} or char in BLANK_LETTERS or (category == "Cc" and char not in "\n\r\t")


def _deleted_as(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M" or char in TONES:
        return "marks"
    if category[0] == "Z" or char in "\n\r\t":
        return "space"
    if category[0] == "P":
        return PUNCTUATION
    if category[0] == "S":
        return "emoji" if _EMOJI_SEQUENCE.match(char) else "symbol"
    return "bidi" if unicodedata.bidirectional(char) in _BIDI_CONTROLS or char in "\u200e\u200f" else "invisible"


_BIDI_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def skipped(gap: str) -> int:
    """How many things a reader sees between two characters: an emoji sequence is one, a run of one symbol is one."""
    seen, last = 0, ""
    for char in _EMOJI_SEQUENCE.sub("\u2605", gap):
        if char != last and not _is_invisible(char):
            seen += 1
            last = char
    return seen


def breaks(gap: str) -> bool:
    """Whether a writer who hides nothing would put this between two words: a blank or a clause mark."""
    return any(char.isspace() or char in CLAUSE_MARKS for char in gap)


def widest(gaps: Sequence[str]) -> int:
    """The most that is skipped in any one of these gaps."""
    return max(map(skipped, gaps), default=0)
