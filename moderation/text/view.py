"""Views: one way to see a text, with its hits and what stands in the original behind each of its characters."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from moderation.text.fold import CLAUSE_MARKS, LISTING, QUESTION_MARKS, SENTENCE_MARK, SENTENCE_MARKS
from moderation.text.markup import REFERRED

if TYPE_CHECKING:
    from moderation.matcher import Hit
    from moderation.text.line import Line

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Finder(Protocol[C_co]):
    """Something that looks for something in a text."""

    def find(self, text: str) -> C_co:
        """What there is."""


_CLAUSE = re.compile("[" + "".join(map(re.escape, sorted(CLAUSE_MARKS))) + "]")
_ASKS_OR_QUOTES = re.compile('[？?“「『‘"《]')
_QUOTED = re.compile(
    '“[^”]{1,40}”|「[^」]{1,40}」|『[^』]{1,40}』|‘[^’]{1,40}’|"[^"]{1,40}"|《[^》]{1,40}》|【[^】]{1,40}】'
)


class View:
    """One way to see a text: ``text``, its hits, and for each of its characters where it stood in ``source``.

    The offsets are known in one of two ways. Mostly characters were only deleted: then ``_cuts`` are the places in the
    view where some were, ``_skipped`` what they were, and ``_shifts`` how many had been deleted before. Otherwise
    ``_starts`` and ``_lasts`` hold the first and last character of the source for each character of the view.
    """

    __slots__ = (
        "_clauses", "_cues", "_cuts", "_lasts", "_marked", "_quotes", "_sentences", "_shifts", "_skipped", "_starts",
        "hits", "line", "name", "placed", "said", "source", "text",
    )  # fmt: skip

    def __init__(self, name: str, source: str, text: str, hits: list[Hit], line: Line | None = None) -> None:
        """``line`` is given for a restored text alone; it tells what was restored."""
        self.name, self.source, self.text, self.hits = name, source, text, hits
        self.line = line
        self.placed = False
        self.said: dict[Any, Any] = {}
        """What each pattern was asked last and what it answered."""
        self._cuts: list[int] | None = None
        self._clauses: list[int] | None = None
        self._sentences: tuple[list[int], list[bool]] | None = None
        self._marked: bool | None = None
        self._quotes: list[tuple[int, int, str]] | None = None
        self._cues: Any = None

    def cues(self, index: Finder[C]) -> C:
        """What ``index`` finds in the text; it is asked once."""
        if self._cues is None:
            self._cues = index.find(self.text)
        return self._cues  # type: ignore[no-any-return]

    def place(self, starts: list[int], lasts: list[int]) -> None:
        """Tell the first and the last character of the source behind each character."""
        self._starts, self._lasts = starts, lasts
        self.placed = True

    def be_one_clause(self) -> None:
        """Say that nothing ends within the text, whatever stood between its characters."""
        self._clauses, self._sentences = [0, len(self.text)], ([0, len(self.text)], [False, False])

    def lay_out(self, gaps: re.Pattern[str]) -> bool:
        """Find the offsets, clauses and sentences by what folding deleted: the source is read once, by ``gaps``.

        False, and nothing done, where the lengths do not agree. A character that became several makes the text longer
        than reckoned; one above the basic plane that was kept, and that ``gaps`` takes for deleted, does so too. So
        neither can make up for the other.
        """
        pieces = gaps.split(self.source)  # kept, deleted, kept, ...
        cuts, skipped = list(accumulate(map(len, pieces[::2]))), pieces[1::2]
        length = cuts.pop()
        if length != len(self.text):
            return False
        shifts = list(accumulate(map(len, skipped), initial=0))
        self._cuts, self._shifts, self._skipped = cuts, shifts, skipped
        self._divide(cuts, skipped)
        self.placed = True
        return True

    def _divide(self, cuts: list[int], skipped: list[str]) -> tuple[list[int], tuple[list[int], list[bool]]]:
        """Find clauses and sentences by where something was deleted, and what."""
        clauses, places, asks = [0], [0], [False]
        for index, (place, gap) in enumerate(zip(cuts, skipped, strict=True)):
            if not CLAUSE_MARKS.isdisjoint(gap) and not (LISTING.isdisjoint(gap) and _one_a_line(cuts, skipped, index)):
                clauses.append(place)
                if not SENTENCE_MARKS.isdisjoint(gap):
                    places.append(place)
                    asks.append(not QUESTION_MARKS.isdisjoint(gap) and _first_of(SENTENCE_MARKS, gap) in QUESTION_MARKS)
        length = len(self.text)
        self._clauses, self._sentences = [*clauses, length], ([*places, length], [*asks, False])
        return self._clauses, self._sentences

    def _divided(self) -> tuple[list[int], tuple[list[int], list[bool]]]:
        """Clauses and sentences of a view that is known by offsets."""
        if self.name == "raw":  # marks are characters here: a clause ends before one and begins behind it
            marks = [match.start() for match in _CLAUSE.finditer(self.source)]
            ends = [bisect_left(self._starts, place) for mark in marks for place in (mark, mark + 1)]
            found = list(SENTENCE_MARK.finditer(self.source))
            places = [bisect_left(self._starts, mark.start()) for mark in found]
            asks = [mark[0] in QUESTION_MARKS for mark in found]
            length = len(self.text)
            self._clauses, self._sentences = [0, *ends, length], ([0, *places, length], [False, *asks, False])
            return self._clauses, self._sentences
        gaps = self._marked_gaps()
        return self._divide(list(gaps), list(gaps.values()))

    def _marked_gaps(self) -> dict[int, str]:
        """Where in the view a mark stood before a character, and all that stood there; known by offsets alone."""
        starts, lasts, source = self._starts, self._lasts, self.source
        gaps: dict[int, str] = {}
        for match in _CLAUSE.finditer(source):
            place = bisect_left(starts, match.start())
            gap = source[lasts[place - 1] + 1 if place else 0 : starts[place] if place < len(starts) else None]
            gaps[place] = gap if match[0] in gap else gaps.get(place, "") + match[0]
        return gaps

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the source of ``text[start:end]``; a character that is referred to begins with its reference."""
        cuts, source = self._cuts, self.source
        if cuts is None:
            first, behind = self._starts[start], self._lasts[end - 1] + 1
        else:
            shifts = self._shifts
            first, behind = start + shifts[bisect_right(cuts, start)], end + shifts[bisect_left(cuts, end)]
        while first and source[first - 1] == REFERRED:
            first -= 1
        return first, behind

    @property
    def places(self) -> list[int]:
        """For each character where it stands in the source."""
        if self._cuts is None:
            return self._starts
        cuts, shifts = [0, *self._cuts, len(self.text)], self._shifts
        return [
            place + shift
            for (low, high), shift in zip(pairwise(cuts), shifts, strict=True)
            for place in range(low, high)
        ]

    def gaps(self, start: int, end: int) -> list[tuple[int, str]]:
        """What stood in the source between the characters of ``text[start:end]``: (place in the view, skipped text)."""
        cuts = self._cuts
        if cuts is not None:
            low, high = bisect_right(cuts, start), bisect_left(cuts, end)
            return [] if low == high else list(zip(cuts[low:high], self._skipped[low:high], strict=True))
        starts, lasts = self._starts, self._lasts
        pairs = ((place, lasts[place - 1] + 1, starts[place]) for place in range(start + 1, end))
        return [(place, self.source[left:right]) for place, left, right in pairs if right > left]

    def _joined(self, place: int) -> bool:
        """Whether ``text[place]`` stands right behind ``text[place - 1]`` in the source."""
        cuts = self._cuts
        if cuts is None:
            return self._starts[place] == self._lasts[place - 1] + 1
        index = bisect_left(cuts, place)
        return index == len(cuts) or cuts[index] != place

    def widen(self, start: int, end: int, *, reach: int | None = None) -> tuple[int, int]:
        """The bounds stretched over repeats of the first and last letter: 最最好好 is one 最好 held down."""
        text = self.text
        first, last = text[start], text[end - 1]
        low = 0 if reach is None else max(0, start - reach)
        high = len(text) if reach is None else min(len(text), end + reach)
        while start > low and text[start - 1] == first and self._joined(start) and not first.isdigit():
            start -= 1
        while end < high and text[end] == last and self._joined(end) and not last.isdigit():
            end += 1
        return start, end

    def clause(self, start: int, end: int, *, reach: int) -> tuple[int, int, bool, bool]:
        """The clause around ``text[start:end]``, at most ``reach`` characters on each side.

        Returns its bounds in the view and whether each is a real clause end rather than the end of the reach.
        """
        clauses = self._clauses or self._divided()[0]
        left, right = clauses[bisect_right(clauses, start) - 1], clauses[bisect_left(clauses, end)]
        opens, closes = start - reach <= left, end + reach >= right
        return left if opens else start - reach, right if closes else end + reach, opens, closes

    def stretch(self, start: int, end: int, *, reach: int) -> tuple[int, int]:
        """How far the words at the edges of ``text[start:end]`` may go: in its clause, and across no Chinese dash."""
        low, high, _, _ = self.clause(start, end, reach=reach)
        return start if self._dashed(start) else low, end if self._dashed(end) else high

    def _dashed(self, place: int) -> bool:
        return 0 < place < len(self.text) and any("——" in gap for _, gap in self.gaps(place - 1, place + 1))

    def sentence(self, start: int, end: int) -> tuple[int, int, bool]:
        """The sentence around ``text[start:end]``: its bounds in the view, and whether a question mark ends it."""
        places, asks = self._sentences or self._divided()[1]
        left, right = bisect_right(places, start) - 1, bisect_left(places, end)
        return places[left], places[right], asks[right]

    @property
    def marked(self) -> bool:
        """Whether the source asks or quotes anywhere."""
        if self._marked is None:
            self._marked = _ASKS_OR_QUOTES.search(self.source) is not None
        return self._marked

    @property
    def asks_last(self) -> bool:
        """Whether the text ends with a question."""
        return self.source.rstrip()[-1:] in QUESTION_MARKS

    def quoted(self, start: int, end: int) -> str:
        """The opening mark of the quotation or title that holds ``text[start:end]``; empty where none does."""
        if self._quotes is None:
            self._quotes = [(*match.span(), match[0][0]) for match in _QUOTED.finditer(self.source)]
        if not self._quotes:
            return ""
        low, high = self.span(start, end)
        return next((mark for first, last, mark in self._quotes if first < low and high < last), "")


def _one_a_line(cuts: list[int], skipped: list[str], index: int) -> bool:
    """Whether a mark stands behind each single character, as line breaks may: it ends nothing."""
    beside = (index - 1, index + 1)
    return any(
        0 <= other < len(cuts) and abs(cuts[other] - cuts[index]) == 1 and skipped[other] == skipped[index]
        for other in beside
    )


def _first_of(marks: frozenset[str], gap: str) -> str:
    return next(char for char in gap if char in marks)
