"""Cue words around hits: one automaton for all of them, asked only in texts that hold a hit that wants company.

A cue is known by a number. Numbers, periods and standards, which no list can hold, are cues as well (``<quantity>``).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from moderation.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from moderation.matcher import Hit

NUMERALS = "零〇一二两三四五六七八九十百千万亿几半"
NUMBER, QUANTITY, PERIOD, STANDARD = TOKENS = ("<number>", "<quantity>", "<period>", "<standard>")
_RUNS = re.compile(f"[0-9]+|[{NUMERALS}]+")
_ISSUERS = re.compile(
    r"(?:gb|qb|ny|hg|yy|sc|ls|ly|sb|bb|jb|jc|sj|cj|fz|jg|ga|xf|dl|sl|sh|ht|hj|gh|wm|rb|tb|cas|jjf|db[0-9]{2})[tz]?$"
    r"|(?:iso|iec)$"
)
"""What stands before a standard's number in folded text: no marks, no blanks, lower case."""
_YEAR = re.compile(r"20[0-9]{2}|二[〇零][一二三四五六七八九〇零]{2}")
_ISSUER_REACH = 5


class Cues:
    """The cues of one text, in the order of their ends. ``numbers`` answers most questions at once: it is not here."""

    __slots__ = ("_ends", "hits", "numbers")

    def __init__(self, hits: list[Hit]) -> None:
        self.hits = hits
        self.numbers = frozenset([number for _, _, number in hits])
        self._ends: list[int] | None = None

    def within(self, low: int, high: int) -> list[Hit]:
        """Those that end in ``(low, high]``. Where one begins is for the caller to look at."""
        if self._ends is None:
            self._ends = [end for _, end, _ in self.hits]
        return self.hits[bisect_right(self._ends, low) : bisect_right(self._ends, high)]

    def beside(self, wanted: frozenset[int], low: int, start: int, end: int, high: int) -> bool:
        """Whether a wanted cue stands in ``[low, start)`` or ``[end, high)``."""
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
        self._sets: dict[tuple[str, ...], frozenset[int]] = {}

    def numbers(self, words: tuple[str, ...]) -> frozenset[int]:
        """The numbers of some cue words. Thousands of terms share a list, which is looked up once."""
        known = self._sets.get(words)
        if known is None:
            known = self._sets[words] = frozenset(
                [self._numbers[word if word.startswith("<") else self._plain(word)] for word in words]
            )
        return known

    def find(self, text: str) -> Cues:
        """All cues of a folded text."""
        hits = self._matcher.find(text)
        if tokens := [token for run in _RUNS.finditer(text) for token in self._tokens(text, *run.span())]:
            hits = sorted((*hits, *tokens), key=_by_end)
        return Cues(hits)

    def _tokens(self, text: str, start: int, end: int) -> Iterator[Hit]:
        """What a run of digits or numerals is."""
        unit = next((unit for length in (3, 2, 1) if (unit := text[end : end + length]) in self._units), "")
        if unit:
            yield start, end + len(unit), self._numbers[QUANTITY]
        if _YEAR.fullmatch(text, start, end):
            yield start, end, self._numbers[PERIOD]
        if text[start].isascii():
            yield start, end, self._numbers[NUMBER]
            if end - start > 2 and (issuer := _ISSUERS.search(text, max(0, start - _ISSUER_REACH), start)):  # noqa: PLR2004
                yield issuer.start(), end, self._numbers[STANDARD]


def _by_end(hit: Hit) -> tuple[int, int]:
    return hit[1], hit[0]
