"""Cue words around hits: one automaton for all of them, asked only in texts that hold a hit that wants company.

A cue is known by a number. Numbers, periods and standards, which no list can hold, are cues as well (``<quantity>``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from moderation.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from moderation.matcher import Hit

NUMERALS = "零〇一二两三四五六七八九十百千万亿几半"
NUMBER, QUANTITY, PERIOD, STANDARD = TOKENS = ("<number>", "<quantity>", "<period>", "<standard>")
_DIGIT = re.compile(f"[0-9{NUMERALS}]")
_TOKENS = re.compile(
    r"(?P<standard>(?:gb|qb|ny|hg|yy|sc|ls|ly|sb|bb|jb|jc|sj|cj|fz|jg|ga|xf|dl|sl|sh|ht|hj|gh|wm|rb|tb|cas|jjf|db[0-9]{2})"
    r"[tz]?[0-9]{3,6}|(?:iso|iec)[0-9]{3,6})"
    r"|(?P<period>20[0-9]{2}年|20[0-9]{2}(?=[^0-9a-z]|$)|二[〇零][一二三四五六七八九〇零]{2}年)"
    rf"|(?P<digits>[0-9]+|[{NUMERALS}]+)(?P<unit>[a-z]{{1,3}}|[^0-9a-z])?"
)
"""Formats in folded text: no marks, no blanks, lower case."""


class Cues(NamedTuple):
    """The cues of one text, in the order of their ends."""

    ends: list[int]
    hits: list[Hit]

    def within(self, low: int, high: int) -> list[Hit]:
        """Those that end in ``(low, high]``. Where one begins is for the caller to look at."""
        return self.hits[bisect_right(self.ends, low) : bisect_right(self.ends, high)]

    def beside(self, wanted: frozenset[int], low: int, start: int, end: int, high: int) -> bool:
        """Whether a wanted cue stands in ``[low, start)`` or ``[end, high)``."""
        if wanted.isdisjoint([number for _, _, number in self.within(low, high)]):
            return False
        for first, last, number in self.within(low, high):
            if number in wanted and ((last <= start and first >= low) or first >= end):
                return True
        return False


class CueIndex:
    """Keeps every cue word of a ruleset, folded, with its number."""

    def __init__(self, words: Iterable[str], units: Iterable[str], plain: Callable[[str], str]) -> None:
        self._plain = plain
        self._units = frozenset(map(plain, units))
        known = sorted({plain(word) for word in words if not word.startswith("<")} - {""})
        self._matcher = Matcher(known)
        self._numbers = {word: number for number, word in enumerate((*known, *TOKENS))}
        self.count = len(self._numbers)

    def numbers(self, words: Iterable[str]) -> frozenset[int]:
        """The numbers of some cue words."""
        return frozenset(
            self._numbers[word if word.startswith("<") else self._plain(word)] for word in words
        )

    def find(self, text: str) -> Cues:
        """All cues of a folded text."""
        hits = self._matcher.find(text)
        if _DIGIT.search(text):
            hits = sorted((*hits, *self._tokens(text)), key=_by_end)
        return Cues([end for _, end, _ in hits], hits)

    def _tokens(self, text: str) -> Iterator[Hit]:
        for match in _TOKENS.finditer(text):
            start, end = match.span()
            if match["digits"] is None:
                yield start, end, self._numbers[STANDARD if match["standard"] else PERIOD]
                continue
            digits_end = match.end("digits")
            if match["digits"][0].isascii():
                yield start, digits_end, self._numbers[NUMBER]
            if match["unit"] and match["unit"] in self._units:
                yield start, end, self._numbers[QUANTITY]


def _by_end(hit: Hit) -> tuple[int, int]:
    return hit[1], hit[0]


