"""Readings: a text folded and scanned, with what a cheap look says is worth more, and the views that it can be seen in.

The folded view is always made. The others are made when a cheap look says that they could matter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from moderation.matcher import Matcher
from moderation.text.direction import ACROSTIC, FEWEST, Piece, directed, turned, unsaid
from moderation.text.fold import CLAUSE_MARKS, Folding, origins
from moderation.text.line import Line, Replaced
from moderation.text.markup import rendered
from moderation.text.restore import LONGEST, Seen
from moderation.text.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.matcher import Hit
    from moderation.text.restore import Restorer

NUMERALS = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖幺洞拐勾"
_SPELT = re.compile("[a-z]{2}")
_REPEATS = re.compile(r"([^\W\d_])\1+")
CODE = 5
"""Shorter runs of digits, letters and numerals are no code. A run of that length covers one of every fifth places."""
_HAN = "\u3400-\u9fff"
_ORNAMENTS = (
    f"[^A-Za-z0-9\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\\s{_HAN}\u3040-\u30ff\U00020000-\U000323af，。！？、：；…“”‘’「」《》（）【】,!?:;"
    "\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"
)
"""What is no letter that Chinese is written with, no mark of a sentence, and can be seen."""
_ORNAMENT = re.compile(_ORNAMENTS)
_BETWEEN = re.compile(f"(?<=[{_HAN}])[ \t]*+{_ORNAMENTS}(?:{_ORNAMENTS}|[ \t])*+(?=[{_HAN}])")
TORN = 3
"""Ornaments in so many places between Han tear words apart; in fewer they part clauses or names."""
_HELD = re.compile(f"([{_HAN}])\\1\\1+")
_CODE = re.compile(f"[0-9a-z{NUMERALS}]{{{CODE}}}")
_TOLD = re.compile("[点斜](?:(?<=[a-z0-9]点)[a-z][a-z0-9]|(?<=[a-z]斜)[杠线])")
"""A dot or a slash of an address, said: what stands around it may be shorter than a code."""
SAID = 11
"""So many digits in a row may be said in characters that only sound like them: fewer come about by chance."""
_CODE_LETTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz" + NUMERALS)
CODES, FLOOD, REPEATS, SYMBOLS, DISGUISED, ASIDE = 1, 2, 4, 8, 16, 32
"""What a cheap look can say of a part: numbers or addresses, flooding, words behind repeats, words with symbols, words
that may be written otherwise, and what is not shown but may be read."""
TORN_APART = 3
"""Words of so many characters are sought across two parts; shorter ones come about by chance."""
SIGNS = 16
"""So many characters that are no letters make a text worth a look for flooding."""
RETURNS = 5
"""A stretch of two characters that returns this often, and stands at a quarter, the half or three quarters of a text,
makes it worth a look for flooding."""


class PartReading:
    """One part of a content, read: its folded text, the words found there, and what a cheap look says is worth more."""

    __slots__ = ("_folded", "aside", "clues", "directed", "heard", "hits", "look", "name", "restored", "source", "text")

    def __init__(self, name: str, source: str, text: str, hits: list[Hit]) -> None:
        self.name, self.source, self.text, self.hits = name, source, text, hits
        self.look = 0
        self.aside = ""
        """What is not shown where markup is rendered, but may be read where it is not."""
        self.clues: list[Hit] = []
        """What stands for a word or a character, by its place in the restorer's clues."""
        self.heard: list[Hit] | None = None
        """What may sound like a word, if that was asked."""
        self._folded: View | None = None
        self.restored: tuple[View, ...] | None = None
        """The view with its disguises restored, if it has any; ``None`` until ``Reader.restored`` has looked."""
        self.directed: tuple[View, ...] | None = None
        """The view in another direction, where that holds words; ``None`` until ``Reader.directed`` has looked."""

    @property
    def folded(self) -> View:
        """The folded view: made when first asked for, as most texts never need it."""
        if self._folded is None:
            self._folded = View("folded", self.source, self.text, self.hits)
        return self._folded


class Reader:
    """Keeps the tables and automata of one ruleset, and reads texts with them."""

    def __init__(self, folding: Folding, words: Sequence[str], raw_words: Sequence[str], restorer: Restorer) -> None:
        self.folding, self.restorer = folding, restorer
        self._fold, self._gaps = folding.fold, folding.gaps
        self._raw_matcher = Matcher(raw_words)
        self._before = _inner_letters(words)
        skeletons = {folding.plain(word) for word in raw_words} - {""}
        extra = sorted({letter * 2 for letter in self._before} | skeletons, key=lambda word: (word in skeletons, word))
        clues = {clue: number for number, clue in enumerate(restorer.clues)}
        known = dict.fromkeys((*words, *extra, *restorer.clues))
        self.matcher = Matcher(tuple(known))
        self._count = len(words)
        self._doubled = [word[0] if word[0] * 2 == word else "" for word in known]
        self._skeleton = [word in skeletons for word in known]
        self._clue = [clues.get(word, -1) for word in known]
        self._signals = bytes(
            number >= self._count or self._skeleton[number] or bool(self._doubled[number])
            for number in range(len(known))
        )
        said = "".join(map(chr, restorer.digits)) + NUMERALS
        self.said = re.compile(f"[0-9{re.escape(said)}]{{{SAID},}}")
        self._said_letters = frozenset(said)
        bare = "".join([word for word in raw_words if not folding.plain(word)])
        self._bare = tuple(sorted(folding.shown_as(bare))) if bare else ()

    def read(self, name: str, text: str) -> PartReading:
        """Read one text as it is shown."""
        source, aside = rendered(text)
        part = self.read_plain(name, source)
        if aside:
            part.aside = aside
            part.look |= ASIDE
        return part

    def read_plain(self, name: str, text: str) -> PartReading:
        """Read one text as it is written."""
        folded = text.translate(self._fold)
        return self._part(name, text, folded, self.matcher.find(folded))

    def again(self, part: PartReading) -> PartReading:
        """What this reader, and not the one beside it, sees in a text that is folded already."""
        return self._part(part.name, part.source, part.text, self.matcher.find(part.text))

    def _part(self, name: str, source: str, text: str, found: list[Hit]) -> PartReading:
        part = PartReading(name, source, text, found)
        look = 0
        if (
            (not _CODE_LETTERS.isdisjoint(text[CODE - 1 :: CODE]) and _CODE.search(text))
            or (("点" in text or "斜" in text) and _TOLD.search(text))
            or (not self._said_letters.isdisjoint(text[SAID - 1 :: SAID]) and self.said.search(text))
        ):
            look = CODES
        signals = self._signals
        for hit in found:
            if signals[hit[2]]:
                look |= self._sift(part)
                break
        if len(source) - len(text) >= SIGNS:
            look |= FLOOD
        quarter = len(text) // 4
        if len(text) >= 2 * RETURNS and any(
            text.count(text[at : at + 2]) >= RETURNS for at in (quarter, 2 * quarter, 3 * quarter)
        ):
            look |= FLOOD
        if not look & DISGUISED and (  # the dearest question last
            _SPELT.search(text) or self.restorer.has_sign(source) or self.restorer.is_filled(text) or self._hears(part)
        ):
            look |= DISGUISED
        for symbol in self._bare:
            if symbol in source:
                look |= SYMBOLS
        part.look = look
        return part

    def _hears(self, part: PartReading) -> list[Hit]:
        part.heard = self.restorer.heard(part.text)
        return part.heard

    def _sift(self, part: PartReading) -> int:
        """Keep the words of the lexicon; clues, doubled letters and skeletons only say what to look at."""
        text, signals, hits, look = part.text, self._signals, [], 0
        for hit in part.hits:
            start, end, word = hit
            if word < self._count:
                hits.append(hit)
            if not signals[word]:
                continue
            if self._skeleton[word]:
                look |= SYMBOLS
            if (clue := self._clue[word]) >= 0:
                look |= DISGUISED
                part.clues.append((start, end, clue))
            if (letter := self._doubled[word]) and start and text[start - 1] in self._before.get(letter, ()):
                look |= REPEATS
        part.hits = hits
        return look

    def views(self, part: PartReading) -> list[View]:
        """The folded view, and those without repeats and with symbols where the cheap look asked for them."""
        views = [part.folded]
        if part.look & REPEATS and (repeat := self._without_repeats(part.folded)):
            views.append(repeat)
        if part.look & SYMBOLS:
            raw = self._raw(part)
            raw.hits = self._raw_matcher.find(raw.text)
            views.append(raw)
        return views

    def restored(self, part: PartReading) -> View | None:
        """The view in which disguised words stand as the words that they mean; only hits that hold one are new.

        It is left with the part: a content may be examined again as an advertisement.
        """
        if part.restored is None:
            view = self._restored(part)
            part.restored = () if view is None else (view,)
        return next(iter(part.restored), None)

    def adorned(self, part: PartReading) -> View | None:
        """What ``restored`` would be if the signs in what it found were ornaments: 床💯绊 is no 百分百."""
        restored = self.restored(part)
        line = None if restored is None else restored.line
        signed = line is not None and any("sign" in mark.names for mark in line.marks)
        return self._restored_as(part, self._unsigned(part)) if signed else None

    def bare(self, part: PartReading) -> View | None:
        """The original without the ornaments that tear its words apart, and with no letter held down: for sentences.

        ``None`` where it is like that already.
        """
        source = part.source
        torn = list(_BETWEEN.finditer(source)) if len(_ORNAMENT.findall(source)) >= TORN else []
        cuts: list[tuple[int, int, tuple[str, ...]]]
        cuts = [(run.start() + 1, run.end(), ("repeat",)) for run in _HELD.finditer(source)]
        if len(torn) >= TORN:
            cuts += [(*found.span(), self.folding.trail(found[0], self.folding.fold)) for found in torn]
        if not cuts:
            return None
        kept: list[int] = []
        marks: list[Replaced] = []
        place = 0
        for start, end, names in sorted(cuts):
            kept += range(place, start)
            marks.append(Replaced(len(kept) - 1, len(kept), "", names))
            place = end
        kept += range(place, len(source))
        line = Line("".join([source[place] for place in kept]), kept, kept, marks)
        view = View("bare", source, line.text, [], line)
        view.place(kept, kept)
        return view

    def _restored(self, part: PartReading) -> View | None:
        line: Line | None
        if self.restorer.has_sign(part.source):
            raw = self._raw(part)
            signed = self.restorer.signed(raw.text, origins(part.source, self.folding.keep, len(raw.text)))
            line = self.restorer.restore(self._seen(signed.text), lambda: signed, part.source) or signed
        else:
            line = self._unsigned(part)
        return self._restored_as(part, line)

    def _unsigned(self, part: PartReading) -> Line | None:
        heard = self.restorer.heard(part.text) if part.heard is None else part.heard
        return self.restorer.restore(Seen(part.text, part.clues, heard), partial(self._laid, part), part.source)

    def _restored_as(self, part: PartReading, line: Line | None) -> View | None:
        if line is None or not line.marks:
            return None
        view = View("restored", part.source, line.text, self._words_in(line.text), line)
        view.place(line.starts, line.lasts)
        return view

    def _seen(self, text: str) -> Seen:
        """What ``restore`` wants to know of a text that was not read."""
        found = self.matcher.find(text)
        clues = [(start, end, clue) for start, end, word in found if (clue := self._clue[word]) >= 0]
        return Seen(text, clues, self.restorer.heard(text))

    def _laid(self, part: PartReading) -> Line:
        places = self.folded_view(part).places
        return Line(part.text, places, places, [])

    def further(self, parts: Sequence[PartReading], anchors: bytes) -> list[tuple[PartReading, View]]:
        """Views that hold a word and are of no part as it stands, each with its part.

        They go over the borders of neighbouring parts, the first of which is named, or in the direction that a part
        says. ``anchors`` tells which words are those of patterns, whose matches are longer than they are.
        """
        found = [(part, view) for part in parts for view in self.directed(part)]
        if len(parts) > 1:
            found += [(left, view) for left, right in pairwise(parts) if (view := self._joined(left, right, anchors))]
        return found

    def directed(self, part: PartReading) -> tuple[View, ...]:
        """The view of a part in another direction, if one holds words; it is left with the part too."""
        if part.directed is None:
            part.directed = tuple(self._directed(part))
        return part.directed

    def _directed(self, part: PartReading) -> Iterator[View]:
        """A part read in the direction that it says or that is much likelier, where that holds words."""
        told = directed(part.source)
        if told is None and part.clues and self.restorer.may_turn(part.text, part.clues):
            told = turned(part.source)
        for name, pieces in unsaid(part.source) if told is None else (told,):
            if view := self._turned(part, name, pieces, least=1 if told else FEWEST):
                yield view
                return

    def _turned(self, part: PartReading, name: str, pieces: Sequence[Piece], *, least: int) -> View | None:
        """A part with its characters in another order, where that holds words of ``least`` characters."""
        read = [(letter, first, end - 1) for char, first, end in pieces for letter in self.folding.plain(char)]
        text = "".join([letter for letter, _, _ in read])
        hits = self._words_in(text)
        if (least < FEWEST and text == part.text) or not any(hit[1] - hit[0] >= least for hit in hits):
            return None
        firsts, lasts = [first for _, first, _ in read], [last for _, _, last in read]
        view = View(name, part.source, text, hits, Line(text, firsts, lasts, [Replaced(0, len(text), "", (name,))]))
        view.place(firsts, lasts)
        if name == ACROSTIC:
            view.be_one_clause()
        return view

    def _joined(self, left: PartReading, right: PartReading, anchors: bytes) -> View | None:
        """Two parts read on without a break, with the words that may begin in one and end in the other."""
        tail = left.text[-LONGEST:]
        hits = [
            hit
            for hit in self._words_in(tail + right.text[:LONGEST])
            if anchors[hit[2]] or (hit[0] < len(tail) < hit[1] and hit[1] - hit[0] >= TORN_APART)
        ]
        if not hits or not tail or not right.text:
            return None
        border = len(left.text)
        behind = [place + len(left.source) for place in self.folded_view(right).places]
        places = [*self.folded_view(left).places, *behind]
        mark = Replaced(border - 1, border + 1, "", ("parts",))
        line = Line(left.text + right.text, places, places, [mark])
        shift = border - len(tail)
        shifted = [(start + shift, end + shift, word) for start, end, word in hits]
        view = View("joined", left.source + right.source, line.text, shifted, line)
        view.place(places, places)
        return view

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
