"""How characters sound: toneless syllables, one code a character, so that a text keeps its offsets when it is heard.

The readings are data (``lexicons/variants/pinyin.tsv``). No phrase is looked up: both sides of a comparison are read
alike, so a wrong reading of a heteronym is wrong on both.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from moderation.text.words import pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_CODE = 0xE000
"""Syllables are written as characters of the private use area, which folded text never holds."""
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_H_AND_F = {"hu": "fu", "hua": "fa", "hui": "fei", "hun": "fen", "huan": "fan", "huang": "fang"}

LAST_HAN = 0x9FFF
"""A list is looked up faster than a dictionary; characters beyond it have no reading here."""

SAID = {
    "ling": "0", "dong": "0", "yi": "1", "yao": "1", "er": "2", "liang": "2", "san": "3", "si": "4", "wu": "5",
    "liu": "6", "qi": "7", "guai": "7", "ba": "8", "jiu": "9",
}  # fmt: skip
"""The digits as people say them, one by one."""

COMMON = 30
"""Words that the dictionary counts less often are no rivals of one that is sought."""

Table = list[int]
Row = tuple[str, str, str]
"""A syllable, the characters read so first, and those that can also be read so."""


def fuzzy(syllable: str) -> str:
    """The syllable as speakers say it who do not tell z from zh, n from l, h from f or an from ang apart."""
    heard = _H_AND_F.get(syllable, syllable)
    for precise, loose in _INITIALS:
        if heard.startswith(precise):
            heard = loose + heard.removeprefix(precise)
            break
    for precise, loose in _FINALS:
        if heard.endswith(precise):
            return heard.removesuffix(precise) + loose
    return heard


class Sounds:
    """The table of one ruleset. ``exact`` and ``fuzzy`` are for ``str.translate``; what is no Han stays as it is."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        readings: dict[str, list[str]] = {}
        others: dict[str, list[str]] = {}
        for syllable, first, also in rows:
            for char in first:
                readings.setdefault(char, []).append(syllable)
            for char in also:
                others.setdefault(char, []).append(syllable)
        for char, found in others.items():
            readings.setdefault(char, []).extend(found)
        self.readings: Mapping[str, tuple[str, ...]] = {char: tuple(found) for char, found in readings.items()}
        """Every character's syllables, the usual one first."""
        self.usual = {char: found[0] for char, found in self.readings.items()}
        self.syllables = frozenset(syllable for found in readings.values() for syllable in found)
        self.exact: Table = _codes(self.readings, {syllable: syllable for syllable in self.syllables})
        self.fuzzy: Table = _codes(self.readings, {syllable: fuzzy(syllable) for syllable in self.syllables})

    @cached_property
    def common(self) -> Mapping[str, list[tuple[str, int]]]:
        """The dictionary's common words of two characters with their counts, by the letters that spell them."""
        usual = self.usual
        found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for word, count in pairs(COMMON):
            if word[0] in usual and word[1] in usual:
                found[usual[word[0]] + usual[word[1]]].append((word, count))
        return found

    @cached_property
    def digits(self) -> Mapping[int, str]:
        """The characters that sound like a digit (伊, 叁, 巴), for ``str.translate``."""
        return {ord(char): SAID[sound] for char, sound in self.usual.items() if sound in SAID}

    @cached_property
    def rivals(self) -> Mapping[str, list[tuple[str, int]]]:
        """The same words by what they nearly sound like."""
        found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for one in chain.from_iterable(self.common.values()):
            found[one[0].translate(self.fuzzy)].append(one)
        return found


def _codes(readings: Mapping[str, tuple[str, ...]], heard: Mapping[str, str]) -> Table:
    numbers = {sound: number for number, sound in enumerate(sorted(set(heard.values())))}
    table = list(range(LAST_HAN))
    for char, found in readings.items():
        table[ord(char)] = FIRST_CODE + numbers[heard[found[0]]]
    return table
