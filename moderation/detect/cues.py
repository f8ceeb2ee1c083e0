"""Cue words around hits: one automaton for all of them, asked only in texts that hold a hit that wants company.

A cue is known by a number. Numbers, periods and standards, which no list can hold, are cues as well (``<quantity>``).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import accumulate
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from moderation.matcher import Matcher
from moderation.wares import Wares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from moderation.matcher import Hit

DIGITS = "0123456789"
NUMERALS = "零〇一二两三四五六七八九十百千万亿几半"
NUMBER, QUANTITY, PERIOD, STANDARD = TOKENS = ("<number>", "<quantity>", "<period>", "<standard>")
_RUNS = re.compile(f"[0-9{NUMERALS}](?:(?<=[0-9])[0-9]*|(?<=[{NUMERALS}])[{NUMERALS}]*)")
"""Digits, or numerals. One class in front lets ``re`` leap over what is neither."""
_ISSUERS = re.compile(
    r"(?:gb|qb|ny|hg|yy|sc|ls|ly|sb|bb|jb|jc|sj|cj|fz|jg|ga|xf|dl|sl|sh|ht|hj|gh|wm|rb|tb|cas|jjf|db[0-9]{2})[tz]?$"
    r"|(?:iso|iec)$"
)
"""What stands before a standard's number in folded text: no marks, no blanks, lower case."""
_YEAR = re.compile(r"20[0-9]{2}|二[〇零][一二三四五六七八九〇零]{2}")
_ISSUER_REACH = 5
Hiding = Mapping[frozenset[int], frozenset[int]]
NOTHING: Hiding = MappingProxyType({})
WARES = Wares()
_END_OF, _NUMBER_OF = itemgetter(1), itemgetter(2)


class Hidden:
    """Stretches of a text in which no shorter word counts."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._longest = dict(sorted(spans))
        self._starts = list(self._longest)
        self._reaches = list(accumulate(self._longest.values(), max))

    def holds(self, start: int, end: int) -> bool:
        """Whether a longer stretch holds ``[start, end)``."""
        if self._longest.get(start, 0) > end:
            return True
        earlier = bisect_left(self._starts, start)
        return earlier > 0 and self._reaches[earlier - 1] >= end


class Cues:
    """The cues of one text, in any order. ``numbers`` answers most questions at once: it is not here.

    ``hiding`` tells for some sets of wanted cues the cues inside which none of them counts.
    """

    __slots__ = ("_ends", "_hiding", "_met", "hits", "numbers")

    def __init__(self, hits: list[Hit], hiding: Hiding = NOTHING) -> None:
        self.hits = hits
        self._hiding = hiding
        self._ends: list[int] | None = None
        self._met: dict[frozenset[int], bool] = {}
        self.numbers: AbstractSet[int] = set(map(_NUMBER_OF, hits))

    def meet(self, wanted: frozenset[int]) -> bool:
        """Whether any of the cues is a wanted one. The answer is kept: rules of one category mostly ask the same."""
        met = self._met.get(wanted)
        if met is None:
            met = not wanted.isdisjoint(self.numbers)
            if met and wanted in self._hiding:
                hidden = Hidden((start, end) for start, end, number in self.hits if number in self._hiding[wanted])
                met = any(number in wanted and not hidden.holds(start, end) for start, end, number in self.hits)
            self._met[wanted] = met
        return met

    def within(self, low: int, high: int) -> list[Hit]:
        """Those that end in ``(low, high]``. Where one begins is for the caller to look at."""
        ends = self._ends
        if ends is None:
            self.hits.sort(key=_END_OF)
            ends = self._ends = list(map(_END_OF, self.hits))
        return self.hits[bisect_right(ends, low) : bisect_right(ends, high)]

    def around(self, wanted: frozenset[int], low: int, start: int, end: int, high: int) -> bool:
        """Whether a wanted cue in ``[low, high)`` stands beside ``[start, end)``, or shares some letters with it."""
        for first, last, number in self.within(low, high):
            if number in wanted and first >= low and (first < start or last > end):
                return True
        return False

    def beside(self, wanted: frozenset[int], low: int, start: int, end: int, high: int) -> bool:
        """Whether a wanted cue stands in ``[low, start)`` or ``[end, high)``."""
        for first, last, number in self.within(low, high):
            if number in wanted and (first >= end or (last <= start and first >= low)):
                return True
        return False


class CueIndex:
    """Keeps every cue word of a ruleset, folded, with its number."""

    def __init__(
        self, words: Iterable[str], units: Iterable[str], plain: Callable[[str], str], wares: Wares = WARES
    ) -> None:
        self._plain, self.wares = plain, wares
        tokens = (*TOKENS, *(kind.token for kind in wares.kinds))
        self._units = frozenset(map(plain, units)) - {""}
        folded = {word: plain(word) for word in words if not word.startswith("<")}
        known = sorted({*folded.values(), *wares.hiding(())} - {""})
        self._matcher = Matcher(known)
        self._numbers = {word: number for number, word in enumerate((*known, *tokens))}
        self._written = {word: self._numbers[letters] for word, letters in folded.items() if letters}
        self._written.update((token, self._numbers[token]) for token in tokens)
        self._sets: dict[tuple[str, ...], frozenset[int]] = {}
        self.hiding: dict[frozenset[int], frozenset[int]] = {}
        """What hides cues from a condition: see ``Cues``."""
        self._number, self._quantity, self._period, self._standard = (self._numbers[token] for token in TOKENS)
        self._first_of_units = {unit[0] for unit in self._units}

    def numbers(self, words: tuple[str, ...]) -> frozenset[int]:
        """The numbers of some cue words. Thousands of terms share a list, which is looked up once."""
        known = self._sets.get(words)
        if known is None:
            known = self._sets[words] = frozenset([self._written[word] for word in words])
        return known

    def anywhere(self, words: tuple[str, ...]) -> frozenset[int]:
        """The same for what is asked of a whole content: kinds of goods may be declared, and are named by whole names.

        What such a list says (茶) does not count inside the name of goods of another kind (茶具).
        """
        asked = self.wares.asked(frozenset(map(self._plain, words)))
        wanted = self.numbers(words).union(self._written[kind.token] for kind in asked)
        if any(kind.names for kind in asked):
            self.hiding[wanted] = frozenset(self._numbers[word] for word in self.wares.hiding(asked))
        return wanted

    def declared(self, industry: str | None) -> list[Hit]:
        """The cue of the kind of goods that an industry deals in: it stands nowhere."""
        kind = self.wares.declared(industry)
        return [(0, 0, self._written[kind.token])] if kind else []

    @property
    def written(self) -> Mapping[str, int]:
        """The number of every cue word, as it is written in the rules, and of every token."""
        return self._written

    @property
    def known(self) -> Mapping[str, int]:
        """The number of every cue word, as folded, and of every token."""
        return self._numbers

    def find_in(self, text: str) -> Cues:
        """All cues of a text as it is written; where they stand is told of its folded form."""
        return self.find(self._plain(text))

    def find(self, text: str) -> Cues:
        """All cues of a folded text."""
        hits = self._matcher.find(text)
        for run in _RUNS.finditer(text):
            self._add_tokens(hits, text, *run.span())
        return Cues(hits, self.hiding)

    def _add_tokens(self, hits: list[Hit], text: str, start: int, end: int) -> None:
        """What a run of digits or numerals is."""
        if text[end : end + 1] in self._first_of_units:
            for length in (3, 2, 1):
                if (unit := text[end : end + length]) in self._units:
                    hits.append((start, end + len(unit), self._quantity))
                    break
        if end - start == 4 and _YEAR.match(text, start):  # noqa: PLR2004 - a year has four digits
            hits.append((start, end, self._period))
        if text[start] in DIGITS:
            hits.append((start, end, self._number))
            if end - start > 2 and (issuer := _ISSUERS.search(text, max(0, start - _ISSUER_REACH), start)):  # noqa: PLR2004
                hits.append((issuer.start(), end, self._standard))
