"""Readings: a text in the views that rules look at, with what each view shows of the original.

The folded view is always made. The view without repeats and the raw view are made when a cheap look says that they
could matter. ``read`` takes one text, ``read_many`` a batch; both give equal readings.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from moderation.matcher import Matcher
from moderation.text.fold import CLAUSE_MARKS, QUESTION_MARKS, SENTENCE_MARKS, TABLE_SIZE, Folding, gap_pattern, origins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.matcher import Hit

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Finder(Protocol[C_co]):
    """Something that looks for something in a text."""

    def find(self, text: str) -> C_co:
        """What there is."""


NUMERALS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖幺洞拐"
_REPEATS = re.compile(r"([^\W\d_])\1+")
CODE = 5
"""Shorter runs of digits, letters and numerals are no code. A run of that length covers one of every fifth places."""
_CODE = re.compile(f"[0-9a-z{NUMERALS}]{{{CODE}}}")
_CODE_LETTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz" + NUMERALS)
_CLAUSE = re.compile("[" + "".join(map(re.escape, sorted(CLAUSE_MARKS))) + "]")
_SENTENCE = re.compile("[" + "".join(map(re.escape, sorted(SENTENCE_MARKS))) + "]")
_ASKS_OR_QUOTES = re.compile('[？?“「『‘"《]')
_QUOTED = re.compile(
    '“[^”]{1,40}”|「[^」]{1,40}」|『[^』]{1,40}』|‘[^’]{1,40}’|"[^"]{1,40}"|《[^》]{1,40}》|【[^】]{1,40}】'
)
_DELETED, _EXPANDED = 0xFFFFFFFF, 0xFFFFFFFE
CODES, FLOOD, REPEATS, SYMBOLS = 1, 2, 4, 8
"""What a cheap look can say of a part: numbers or addresses, flooding, words behind repeats, words with symbols."""
RETURNS = 5
"""A two-character stretch that returns this often makes a text worth a look for flooding."""


class View:
    """One way to see a text: ``text``, its hits, and for each of its characters where it stood in ``source``.

    The offsets are known in one of two ways. Mostly characters were only deleted: then ``_cuts`` are the places in the
    view where some were, ``_skipped`` what they were, and ``_shifts`` how many had been deleted before. Otherwise
    ``_starts`` and ``_lasts`` hold the first and last character of the source for each character of the view.
    """

    __slots__ = (
        "_clauses", "_cues", "_cuts", "_lasts", "_marked", "_quotes", "_sentences", "_shifts", "_skipped", "_starts",
        "hits", "name", "placed", "source", "text",
    )  # fmt: skip

    def __init__(self, name: str, source: str, text: str, hits: list[Hit]) -> None:
        self.name, self.source, self.text, self.hits = name, source, text, hits
        self.placed = False
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
        clauses, places, asks = [0], [0], [False]
        for place, gap in zip(cuts, skipped, strict=True):
            if not CLAUSE_MARKS.isdisjoint(gap):
                clauses.append(place)
                if not SENTENCE_MARKS.isdisjoint(gap):
                    places.append(place)
                    asks.append(not QUESTION_MARKS.isdisjoint(gap) and _first_of(SENTENCE_MARKS, gap) in QUESTION_MARKS)
        clauses.append(length)
        places.append(length)
        asks.append(False)
        shifts = list(accumulate(map(len, skipped), initial=0))
        self._cuts, self._shifts, self._skipped = cuts, shifts, skipped
        self._clauses, self._sentences = clauses, (places, asks)
        self.placed = True
        return True

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the source of ``text[start:end]``."""
        cuts = self._cuts
        if cuts is None:
            return self._starts[start], self._lasts[end - 1] + 1
        shifts = self._shifts
        return start + shifts[bisect_right(cuts, start)], end + shifts[bisect_left(cuts, end)]

    def gaps(self, start: int, end: int) -> list[tuple[int, str]]:
        """What stood in the source between the characters of ``text[start:end]``: (place in the view, skipped text)."""
        cuts = self._cuts
        if cuts is not None:
            low, high = bisect_right(cuts, start), bisect_left(cuts, end)
            return [] if low == high else list(zip(cuts[low:high], self._skipped[low:high], strict=True))
        starts, lasts = self._starts, self._lasts
        if starts[end - 1] - lasts[start] == end - start - 1:
            return []
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
        clauses = self._clauses
        if clauses is None:
            marks = [match.start() for match in _CLAUSE.finditer(self.source)]
            if self.name == "raw":  # marks are characters here: a clause ends before one and begins behind it
                marks = [place for mark in marks for place in (mark, mark + 1)]
            clauses = self._clauses = [0, *[bisect_left(self._starts, mark) for mark in marks], len(self.text)]
        left, right = clauses[bisect_right(clauses, start) - 1], clauses[bisect_left(clauses, end)]
        opens, closes = start - reach <= left, end + reach >= right
        return left if opens else start - reach, right if closes else end + reach, opens, closes

    def sentence(self, start: int, end: int) -> tuple[int, int, bool]:
        """The sentence around ``text[start:end]``: its bounds in the view, and whether a question mark ends it."""
        if self._sentences is None:
            marks = list(_SENTENCE.finditer(self.source))
            found = [bisect_left(self._starts, mark.start()) for mark in marks]
            signs = [mark[0] in QUESTION_MARKS for mark in marks]
            self._sentences = [0, *found, len(self.text)], [False, *signs, False]
        places, asks = self._sentences
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


def _first_of(marks: frozenset[str], gap: str) -> str:
    return next(char for char in gap if char in marks)


class PartReading:
    """One part of a content, read: its folded text, the words found there, and what a cheap look says is worth more."""

    __slots__ = ("_folded", "hits", "look", "name", "source", "text")

    def __init__(self, name: str, source: str, text: str, hits: list[Hit], look: int) -> None:
        self.name, self.source, self.text, self.hits, self.look = name, source, text, hits, look
        self._folded: View | None = None

    @property
    def folded(self) -> View:
        """The folded view: made when first asked for, as most texts never need it."""
        if self._folded is None:
            self._folded = View("folded", self.source, self.text, self.hits)
        return self._folded


class Reader:
    """Keeps the tables and automata of one ruleset, and reads texts with them.

    ``beside`` is a reader of other words with the same ``folding``: what takes long to make is shared with it.
    """

    def __init__(
        self, folding: Folding, words: Sequence[str], raw_words: Sequence[str], *, beside: Reader | None = None
    ) -> None:
        self.folding = folding
        self._fold = folding.fold
        self.shared: tuple[re.Pattern[str], np.ndarray] = (
            beside.shared if beside else (gap_pattern(folding.fold), _array(folding))
        )
        self._gaps, self._fold_array = self.shared
        self._raw_matcher = Matcher(raw_words)
        self._before = _inner_letters(words)
        skeletons = {folding.plain(word) for word in raw_words} - {""}
        extra = sorted({letter * 2 for letter in self._before} | skeletons, key=lambda word: (word in skeletons, word))
        known = dict.fromkeys((*words, *extra))
        self.matcher = Matcher(tuple(known))
        self._count = len(words)
        self._doubled = [word[0] if word[0] * 2 == word else "" for word in known]
        self._skeleton = [word in skeletons for word in known]
        self._signals = bytes(
            number >= self._count or self._skeleton[number] or bool(self._doubled[number])
            for number in range(len(known))
        )
        bare = "".join([word for word in raw_words if not folding.plain(word)])
        self._bare = tuple(sorted(_shown_as(folding, bare))) if bare else ()

    def read(self, name: str, text: str) -> PartReading:
        """Read one text."""
        folded = text.translate(self._fold)
        return self._part(name, text, folded, self.matcher.find(folded))

    def again(self, part: PartReading) -> PartReading:
        """What this reader, and not the one beside it, sees in a text that is folded already."""
        return self._part(part.name, part.source, part.text, self.matcher.find(part.text))

    def read_many(self, parts: Sequence[tuple[str, str]]) -> list[PartReading]:
        """Read a batch of (name, text): one fold and one scan for all of them. Equal to reading them one by one."""
        scanned = self.scan_many([text for _, text in parts])
        if scanned is None:
            return [self.read(name, text) for name, text in parts]
        return [self._part(*part, *found) for part, found in zip(parts, scanned, strict=True)]

    def scan_many(self, texts: Sequence[str]) -> list[tuple[str, list[Hit]]] | None:
        """Each text folded, with its hits; ``None`` where a character is too rare for the way that batches take."""
        array = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        mapped = self._fold_array[array]
        kept = mapped != _DELETED
        letters = mapped[kept]
        if (letters == _EXPANDED).any():
            return None
        ends = np.cumsum([len(text) for text in texts], dtype=np.intp)
        bounds = [0, *np.concatenate(([0], np.cumsum(kept)))[ends].tolist()]
        folded = letters.tobytes().decode("utf-32-le")
        hits = self._split(folded, bounds)
        return [(folded[start:end], found) for (start, end), found in zip(pairwise(bounds), hits, strict=True)]

    def _split(self, folded: str, bounds: list[int]) -> list[list[Hit]]:
        """The hits of a joined text, by the text they lie in; a hit across two texts is none."""
        hits: list[list[Hit]] = [[] for _ in bounds[1:]]
        index = 0
        for start, end, word in self.matcher.find(folded):
            while bounds[index + 1] < end:
                index += 1
            if start >= bounds[index]:
                hits[index].append((start - bounds[index], end - bounds[index], word))
        return hits

    def _part(self, name: str, source: str, text: str, found: list[Hit]) -> PartReading:
        look = 0
        if not _CODE_LETTERS.isdisjoint(text[CODE - 1 :: CODE]) and _CODE.search(text):
            look = CODES
        if found:
            signals = self._signals
            for _, _, word in found:
                if signals[word]:
                    found, signalled = self._sift(text, found)
                    look |= signalled
                    break
        middle = len(text) // 2
        if middle >= RETURNS and text.count(text[middle : middle + 2]) >= RETURNS:
            look |= FLOOD
        for symbol in self._bare:
            if symbol in source:
                look |= SYMBOLS
        return PartReading(name, source, text, found, look)

    def _sift(self, text: str, found: list[Hit]) -> tuple[list[Hit], int]:
        """Keep the words of the lexicon; doubled letters and skeletons of symbol terms only say what to look at."""
        hits, look = [], 0
        for hit in found:
            start, _, word = hit
            if word < self._count:
                hits.append(hit)
            if self._skeleton[word]:
                look |= SYMBOLS
            if (letter := self._doubled[word]) and start and text[start - 1] in self._before.get(letter, ()):
                look |= REPEATS
        return hits, look

    def views(self, part: PartReading) -> list[View]:
        """All views that could hold something: the folded one, and what the cheap look asked for."""
        views = [part.folded]
        if part.look & REPEATS and (repeat := self._without_repeats(part.folded)):
            views.append(repeat)
        if part.look & SYMBOLS:
            raw = self._raw(part)
            raw.hits = self._raw_matcher.find(raw.text)
            views.append(raw)
        return views

    def place(self, view: View) -> None:
        """Work out the offsets of a view: only after something matched in it."""
        if view.name == "raw":
            starts = origins(view.source, self.folding.keep, len(view.text))
        elif view.lay_out(self._gaps):
            return
        else:
            starts = origins(view.source, self.folding.fold, len(view.text))
        view.place(starts, starts)

    def raw_view(self, part: PartReading) -> View:
        """The raw view, not yet placed, for detectors that read punctuation."""
        return self._raw(part)

    def folded_view(self, part: PartReading) -> View:
        """The folded view with its offsets."""
        if not part.folded.placed:
            self.place(part.folded)
        return part.folded

    def _words_in(self, text: str) -> list[Hit]:
        return [hit for hit in self.matcher.find(text) if hit[2] < self._count]

    def _raw(self, part: PartReading) -> View:
        return View("raw", part.source, part.source.translate(self.folding.keep), [])

    def _without_repeats(self, folded: View) -> View | None:
        """The view in which each run of one letter is a single one; only hits that hold such a run are new."""
        if not self._words_in(_REPEATS.sub(r"\1", folded.text)):
            return None  # the common case, before anything is paid for offsets
        self.place(folded)
        firsts: list[int] = []
        lasts: list[int] = []
        place = 0
        for match in _REPEATS.finditer(folded.text):
            firsts.extend(range(place, match.start() + 1))
            lasts.extend(range(place, match.start()))
            for cut, gap in folded.gaps(*match.span()):
                if not CLAUSE_MARKS.isdisjoint(gap):  # 弄死你，你们: the letter ends one clause and begins the next
                    firsts.append(cut)
                    lasts.append(cut - 1)
            lasts.append(match.end() - 1)
            place = match.end()
        firsts.extend(range(place, len(folded.text)))
        lasts.extend(range(place, len(folded.text)))
        text = "".join([folded.text[first] for first in firsts])
        hits = [hit for hit in self._words_in(text) if lasts[hit[1] - 1] - firsts[hit[0]] >= hit[1] - hit[0]]
        if not hits:
            return None
        view = View("repeat", folded.source, text, hits)
        view.place(
            [folded.span(first, first + 1)[0] for first in firsts],
            [folded.span(last, last + 1)[0] for last in lasts],
        )
        return view


def _inner_letters(words: Sequence[str]) -> dict[str, set[str]]:
    """For each letter inside a word, not at its edges, the letters before it: where a repeat hides the word."""
    before: dict[str, set[str]] = defaultdict(set)
    for word in words:
        for left, letter in pairwise(word[:-1]):
            if not letter.isdigit():
                before[letter].add(left)
    return before


def _shown_as(folding: Folding, symbols: str) -> set[str]:
    """Every character that the raw view shows as one of ``symbols``."""
    wanted = {ord(symbol) for symbol in symbols}
    return {chr(code) for code, shown in enumerate(folding.keep[:0x20000]) if shown in wanted}


def _array(folding: Folding) -> np.ndarray:
    entries = (_DELETED if entry is None else entry if isinstance(entry, int) else _EXPANDED for entry in folding.fold)
    return np.fromiter(entries, np.uint32, count=TABLE_SIZE)
