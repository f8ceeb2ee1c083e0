"""Words spelt in Latin letters, wholly or in part: zuihao, zui好. Says what a stretch spells, and judges nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate, islice, product, takewhile
from typing import TYPE_CHECKING

from moderation.matcher import Matcher
from moderation.text.line import Replaced
from moderation.text.words import PAIR, frequency, gain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from moderation.text.sound import Sounds

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_LATIN = re.compile("[a-z]+")
_TONED = re.compile("(?<![a-z0-9])(?:[a-z]{2,6}[1-5])++(?P<more>[a-z0-9])?")
_SYLLABLE = re.compile("([a-z]+)[1-5]")
"""A syllable of two letters or more and the digit of its tone: zui4hao3."""
SYLLABLES = 2
"""So many of them are some whatever goes on behind them: jia1kou4kou4 and a number."""
_NAME = re.compile("[a-z]{1,12}[0-9]{3}")
"""A name as people make up for themselves: where it begins a word has ended (jiaweixin and abc123)."""
READINGS = 4
"""So many spellings of a word with characters that can be read in several ways are known."""
LONGEST_SYLLABLE, LONGEST_RUN = 6, 32
"""zhuang is the longest syllable; longer runs of letters are no word that a table knows."""
HUMMED = frozenset({"n", "m", "ng", "hm", "hng"})
"""Syllables of sighs: beside a word they are the rest of another."""
SPELT = 5
"""A word spelt out altogether has at least so many letters: shorter ones are English (made, she)."""
LONG = 7
"""With so many letters any word may be spelt out: no English one is so long and of syllables that make a word."""
MUCH_COMMONER, USUAL, UNUSUAL = 3, 180, 10
"""A rival is so much commoner than the word that is sought;
one that is younger than the dictionary is reckoned usual where its term is sure, and unusual otherwise."""

OFTEN = 20_000
"""A character that the dictionary counts so often stands by itself in any text: 在, but not 啥."""


def much_commoner(word: str, *, sure: bool) -> int:
    """The count above which an innocent word is rather meant than one that is sought."""
    return MUCH_COMMONER * max(frequency(word), USUAL if sure else UNUSUAL)


class Speller:
    """Keeps the spellings of some words: ``sure`` and long ones may be spelt out whole.

    ``known`` writings mean themselves.
    """

    def __init__(self, sounds: Sounds, words: Iterable[str], sure: Collection[str], known: Collection[str]) -> None:
        self._common = sounds.common
        self._sure = sure
        self._known, self._syllables = known, sounds.syllables - HUMMED
        self._usual = sounds.usual
        self._alone = {syllable for char, syllable in sounds.usual.items() if frequency(char) >= OFTEN}
        self._said = {syllable: char for char, syllable in sounds.usual.items() if len(syllable) > 1}
        spelt: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._sought: set[str] = set()
        readings = sounds.readings
        for word in words:
            if readings.keys() >= set(word):
                self._sought.add(word)
                for syllables in islice(product(*[readings[char] for char in word]), READINGS):
                    spelt["".join(syllables)].append((word, syllables))
        self._spelt = tuple(spelt.items())
        self._matcher = Matcher([letters for letters, _ in self._spelt])

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """The stretches that spell a word, the word, and whether it is spelt out or only some of it is."""
        if _LATIN.search(text) is None:
            return
        letters, owners = self._spell(text)
        found = self._matcher.find(letters)
        if not found:
            return
        runs = _Runs(text, self._syllables)
        for low, high, number in found:
            start, end = owners[low], owners[high - 1] + 1
            written = text[start:end]
            if written in self._known or LETTERS.isdisjoint(written):
                continue
            if (low and owners[low - 1] == start) or (high < len(owners) and owners[high] == end - 1):
                continue
            whole = LETTERS.issuperset(written)
            if (whole and len(written) < SPELT) or not runs.spell(start, end, self._known):
                continue
            spelt, listed = self._spelt[number]
            words = [
                word
                for word, syllables in listed
                if (not whole or word in self._sure or len(written) >= LONG)
                and self._spells(text, owners, low, syllables)
                and _others_stand(written, word)
                and not self._is_rather_another(word, written, spelt, runs.of(start, end))
                and not (len(word) == PAIR and self._cuts(text, start, end, word, syllables))
            ]
            if words:
                best = max(words, key=lambda word: gain(text, start, end, word))
                yield start, end, best, "pinyin" if whole else "mixed"

    def unspelt(self, text: str, clues: list[Replaced]) -> list[Replaced]:
        """The clues less the Latin letters that are some of a word spelt out, as where all are apart: b i n|g d|u."""
        if not any(LETTERS.issuperset(text[clue.start : clue.end]) for clue in clues):
            return clues
        same = {(clue.start, clue.end) for clue in clues}
        spelt = ((start, end) for start, end, _, name in self.find(text) if name == "pinyin")
        whole = sorted(stretch for stretch in spelt if stretch not in same)
        starts, ends = [start for start, _ in whole], list(accumulate((end for _, end in whole), max))
        return [clue for clue in clues if not (at := bisect_right(starts, clue.start)) or ends[at - 1] < clue.end]

    def untoned(self, text: str) -> list[Replaced]:
        """Each syllable with the digit of its tone, as the syllable."""
        found: list[Replaced] = []
        for run in _TONED.finditer(text):
            parts = list(_SYLLABLE.finditer(text, *run.span()))
            known = list(takewhile(lambda part: part[1] in self._syllables, parts))
            if len(known) >= SYLLABLES or (len(known) == len(parts) and not run["more"]):
                name = "pinyin" if len(known) > 1 else "mixed"
                found += [Replaced(*part.span(), part[1], (name,)) for part in known]
        return found

    def syllables(self, text: str) -> list[Replaced]:
        """Each run of letters that is one syllable, as a character that is read so."""
        runs = ((match, self._said.get(match[0])) for match in _LATIN.finditer(text))
        return [Replaced(*match.span(), char, ("mixed",)) for match, char in runs if char]

    def _is_rather_another(self, word: str, written: str, spelt: str, run: str) -> bool:
        """Whether an innocent word that is spelt alike is much the commoner, or the letters go on to one."""
        if run not in written and any(other not in self._sought for other, _ in self._common.get(run, ())):
            return True
        if len(word) > PAIR:
            return False
        enough = much_commoner(word, sure=word in self._sure)
        return any(
            count > enough and other not in self._sought and all(char in LETTERS or char in other for char in written)
            for other, count in self._common.get(spelt, ())
        )

    def _cuts(self, text: str, start: int, end: int, word: str, syllables: tuple[str, ...]) -> bool:
        """Whether a pair is rather cut from words that are much the commoner: 条jian|bi较, where both sides hold one.

        Where all of it is letters, one such word is enough beside what may stand alone: zai|zhong国, not sha|bi会.
        """
        first = syllables[0] if text[start] in LETTERS else text[start]
        last = syllables[-1] if text[end - 1] in LETTERS else text[end - 1]
        enough = much_commoner(word, sure=word in self._sure)
        left = bool(start) and self._usual_pair(text[start - 1], first, enough)
        right = end < len(text) and self._usual_pair(last, text[end], enough)
        if (left and right) or not LETTERS.issuperset(text[start:end]):
            return left and right
        return (left and last in self._alone) or (right and first in self._alone)

    def _usual_pair(self, first: str, second: str, enough: int) -> bool:
        """Whether two characters, each written or spelt, make a word that is commoner than ``enough``."""
        spelt = self._usual.get(first, first) + self._usual.get(second, second)
        return any(
            count > enough
            and first in {other[0], self._usual.get(other[0])}
            and second in {other[-1], self._usual.get(other[-1])}
            for other, count in self._common.get(spelt, ())
        )

    def _spell(self, text: str) -> tuple[str, list[int]]:
        """The text in Latin letters, and for each of them the character that it comes from."""
        pieces: list[str] = []
        owners: list[int] = []
        for index, char in enumerate(text):
            piece = self._usual.get(char) or (char if char in LETTERS else "\0")
            pieces.append(piece)
            owners += [index] * len(piece)
        return "".join(pieces), owners

    def _spells(self, text: str, owners: list[int], place: int, syllables: tuple[str, ...]) -> bool:
        """Whether each syllable is one character or nothing but letters."""
        for length in map(len, syllables):
            first, last = owners[place], owners[place + length - 1]
            if first == last:
                whole = (place == 0 or owners[place - 1] != first) and (
                    place + length == len(owners) or owners[place + length] != last
                )
                if not whole:
                    return False
            elif not LETTERS.issuperset(text[first : last + 1]):
                return False
            place += length
        return True


class _Runs:
    """The runs of letters of a text: where each begins and ends, and what of it before and behind a place is pinyin."""

    def __init__(self, text: str, syllables: frozenset[str]) -> None:
        self._text = text
        length = len(text)
        self._bounds: dict[int, tuple[int, int]] = {}
        self._before, self._behind = bytearray(length + 1), bytearray(length + 1)
        for run in _LATIN.finditer(text):
            low, high = run.span()
            self._bounds.update(dict.fromkeys(range(low, high), (low, high)))
            self._before[low] = self._behind[high] = 1
            for end in range(low + 1, high + 1):
                starts = range(max(low, end - LONGEST_SYLLABLE), end)
                self._before[end] = any(self._before[start] and text[start:end] in syllables for start in starts)
            for start in range(high - 1, low - 1, -1):
                ends = range(start + 1, min(high, start + LONGEST_SYLLABLE) + 1)
                self._behind[start] = any(self._behind[end] and text[start:end] in syllables for end in ends)

    def of(self, start: int, end: int) -> str:
        """The run of letters at the end or else at the beginning of a stretch; empty where there is none."""
        low, high = self._bounds.get(end - 1) or self._bounds.get(start) or (0, 0)
        return self._text[low : min(high, low + LONGEST_RUN)]

    def spell(self, start: int, end: int, known: Collection[str]) -> bool:
        """Whether letters beside a stretch are pinyin too: zuihaode, but not zuihaox, and no word that is known."""
        left = self._bounds.get(start, (start, start))[0]
        right = self._bounds.get(end - 1, (end, end))[1]
        if right - left <= LONGEST_RUN and self._text[left:right] in known:
            return False
        named = end - start >= LONG and _NAME.match(self._text, end)
        return bool((left == start or self._before[start]) and (right == end or self._behind[end] or named))


def _others_stand(written: str, word: str) -> bool:
    """Whether the characters beside the spelt ones are the word's own; of three or more one may be another."""
    strange = sum(char not in LETTERS and char not in word for char in written)
    return strange <= (1 if len(word) > PAIR else 0)
