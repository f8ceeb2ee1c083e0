"""Characters left out of words: an initial or a mask stands for one in 全网z低价 and 代开*票. Judges nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from moderation.text.fillers import PARTICLES
from moderation.text.fold import CLAUSE_MARKS
from moderation.text.line import Replaced
from moderation.text.words import frequency

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moderation.matcher import Matcher
    from moderation.text.line import Line

MASKS = "*×○●□■✕✖✗✘╳█▇▓◯◻◼▢⬛⬜"
"""Marks that people write over a character which is not to be read."""
LETTER_MASKS = frozenset("xo某口")
"""Letters and characters that are written so, too."""
NUMBERS = frozenset("零〇一二两三四五六七八九十百千万半几")
"""Between these a mark multiplies: 二*十."""
WINDOW = 8
"""So many characters on each side of a hole are looked at for the rest of its word."""
HOLED, MASKED, OPEN = 3, 4, 5
"""Words of so many characters are known by an initial inside, by a mask or an initial at their end, and by an initial
at their beginning."""
_HAN = "\u3400-\u9fff"
_BETWEEN = f"某{PARTICLES}"
_INITIAL = re.compile(
    rf"[a-z{_BETWEEN}](?:(?<=[{_HAN}][a-z])(?![a-z0-9])|(?<=[a-z])(?<![a-z0-9][a-z])(?=[{_HAN}])"
    rf"|(?<=[{_HAN}][{_BETWEEN}])(?=[{_HAN}]))"
)
"""A letter beside Han, and no other, or what may stand between two. What stands here is looked for before what stands
beside: that is four times as fast."""
ORNAMENTS = 2
"""So many signs behind a character are ornaments of it."""
_ORNAMENT = rf"(?:_|[^\w\s{re.escape(''.join(sorted(CLAUSE_MARKS)) + MASKS)}]){{0,{ORNAMENTS}}}"
_LEFT, _RIGHT = (
    re.compile(f"(?:[{_HAN}]{_ORNAMENT}){{0,{WINDOW}}}$"),
    re.compile(f"(?:{_ORNAMENT}[{_HAN}]){{0,{WINDOW}}}"),
)
_BARE = re.compile(f"[^{_HAN}]")
Beside = dict[str, set[str]]
Hole = tuple[int, int, str, str]
"""How far a word reaches before and behind a hole; the word; its disguise."""


class Holes:
    """Keeps which characters stand beside which in the words of ``matcher``."""

    def __init__(self, usual: Mapping[str, str], matcher: Matcher) -> None:
        self._usual, self._matcher = usual, matcher
        behind: defaultdict[str, set[str]] = defaultdict(set)
        before: defaultdict[str, set[str]] = defaultdict(set)
        for word in matcher.words:
            if len(word) >= HOLED:
                for left, right in pairwise(word):
                    behind[left].add(right)
                    before[right].add(left)
        self._behind: Beside = dict(behind)
        self._before: Beside = dict(before)

    def find(self, text: str) -> Iterator[Replaced]:
        """The words of a folded text with an initial for a character, or between two one of which it is (办z证)."""
        for match in _INITIAL.finditer(text):
            (left, right), sign = _sides(text, *match.span()), match[0]
            if sign in _BETWEEN:
                hole = self._put_between(left, sign, right)
            else:
                hole = self._meant(left, right, sign) or self._said_again(left, right, sign)
            if hole is None and sign in LETTER_MASKS:
                hole = self._written_over(left, sign, right)
            if hole:
                before, behind, word, name = hole
                yield Replaced(match.start() - before, match.end() + behind, word, (name,))

    def masked(self, text: str, start: int, end: int) -> str:
        """The character that makes a word of what stands on both sides of a mask; empty where there is none."""
        left, right = _sides(text, start, end)
        times = left[-1:] in NUMBERS and right[:1] in NUMBERS
        hole = self._meant(left, right, masked=not times)
        return hole[2][hole[0]] if hole else ""

    def _meant(self, left: str, right: str, letter: str = "", *, masked: bool = False) -> Hole | None:
        """The longest word that some character makes of both sides."""
        after, ahead = self._behind.get(left[-1:], set()), self._before.get(right[:1], set())
        chars = after | ahead if letter else after & ahead if right else after
        best: Hole | None = None
        edge = OPEN if letter else MASKED
        torn = not letter and frequency(left[-1:] + right[:1]) > 0  # 多喝**水 holds a word as it is
        inner = HOLED if letter or (masked and not torn) else MASKED
        for char in sorted(char for char in chars if self._usual.get(char, "").startswith(letter)):
            for before, behind, word in self._across(left, char, right):
                least = inner if before and behind else MASKED if before else edge
                if len(word) >= least and (best is None or len(word) > len(best[2])):
                    best = (before, behind, word, "mixed" if letter else "mask")
        return best

    def _written_over(self, left: str, sign: str, right: str) -> Hole | None:
        """The word inside of which a sign stands for a character."""
        hole = None if _makes_a_word(left, sign, right) else self._meant(left, right)
        return hole if hole and hole[0] and hole[1] else None

    def _put_between(self, left: str, sign: str, right: str) -> Hole | None:
        """The word between two characters of which a sign stands."""
        if right[:1] not in self._behind.get(left[-1:], ()) or _makes_a_word(left, sign, right):
            return None
        hole = self._longest(left, right)
        return hole if hole and len(hole[2]) >= HOLED else None

    def _said_again(self, left: str, right: str, letter: str) -> Hole | None:
        if not any(self._usual.get(char, "").startswith(letter) for char in left[-1:] + right[:1]):
            return None
        return self._longest(left, right)

    def _longest(self, left: str, right: str) -> Hole | None:
        """The longest word that both sides make with nothing between."""
        found = [one for one in self._across(left, "", right) if one[0] and one[1]]
        return (*max(found, key=lambda one: len(one[2])), "filler") if found else None

    def _across(self, left: str, char: str, right: str) -> Iterator[tuple[int, int, str]]:
        """The words over a place: how far they reach before and behind it."""
        text, low, high = left + char + right, len(left), len(left) + len(char)
        for start, end, _ in self._matcher.find(text):
            if start <= low and high <= end:
                yield low - start, end - high, text[start:end]


def hangs_on(line: Line, hole: Replaced, text: str) -> bool:
    """Whether a letter is all that is written of four characters, behind a sign for three: 💯x is no 百分百新."""
    return len(hole.word) == MASKED and text[hole.end - 1].isascii() and bool(line.disguises(hole.start, hole.end))


def _makes_a_word(left: str, sign: str, right: str) -> bool:
    """Whether a sign makes a word with the character on one side: 口感 has no mask."""
    return frequency(left[-1:] + sign) > 0 or frequency(sign + right[:1]) > 0


def _sides(text: str, start: int, end: int) -> tuple[str, str]:
    """The Han right before and right behind a hole, without what ornaments them."""
    left, right = _LEFT.search(text, max(0, start - (1 + ORNAMENTS) * WINDOW), start), _RIGHT.match(text, end)
    return _BARE.sub("", left[0]) if left else "", _BARE.sub("", right[0]) if right else ""
