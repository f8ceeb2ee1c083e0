"""Make ``lexicons/variants/pinyin.tsv`` with pypinyin, which the product itself never needs.

``python tools/pinyin.py > lexicons/variants/pinyin.tsv`` in an environment with pypinyin and this project. A second
reading is kept where a hundredth of the words that hold the character use it: 信 is hardly ever read shen.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

from pypinyin import Style, pinyin
from pypinyin.constants import PHRASES_DICT

from moderation.text.words import frequency, open_dictionary

HEAD = """\
# How Han characters sound, without tones: syllable, characters read so, characters that can also be read so.
# owner: 平台安全组
# source: pypinyin 0.55 (MIT), single-character readings, and of these the common ones; made by tools/pinyin.py
# licence: MIT
# reviewed: 2026-11-26
"""
BASIC = range(0x4E00, 0x9FA6)
STROKES = frozenset("灬丨丿丶乀乁亅亠冖氵亻扌纟饣钅辶阝冫忄犭礻衤疒")
"""Pieces of characters, which nobody reads aloud: between characters they are ornaments."""
LEAST = 0.01
"""Rarer readings, by the dictionary's counts of the words that are read so, are left out."""


def main() -> None:
    """Print the table. Characters that folding turns into others are left out: nothing reads them."""
    table = Path(__file__).parents[1] / "lexicons" / "variants" / "traditional.tsv"
    folded = {line[0] for line in table.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"}
    first: dict[str, list[str]] = defaultdict(list)
    also: dict[str, list[str]] = defaultdict(list)
    used = _used()
    for char in map(chr, BASIC):
        if char in folded or char in STROKES:
            continue
        found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
        readings = dict.fromkeys(map(_plain, found[0])) if found else {}
        usual, *others = [reading for reading in readings if reading.isascii() and reading.isalpha()] or [""]
        if usual:
            first[usual].append(char)
            counts = used[char]
            for other in others:
                if counts[other] > LEAST * counts.total():
                    also[other].append(char)
    print(HEAD, end="")
    for syllable in sorted({*first, *also}):
        print(syllable, "".join(first[syllable]), "".join(also[syllable]), sep="\t")


def _used() -> dict[str, Counter[str]]:
    """How often each character is read how, in the words that both dictionaries know."""
    open_dictionary()
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for word in PHRASES_DICT:
        if count := frequency(word):
            for char, readings in zip(word, pinyin(word, style=Style.NORMAL), strict=False):
                used[char][_plain(readings[0])] += count
    return used


def _plain(reading: str) -> str:
    return unicodedata.normalize("NFC", reading).replace("ü", "v").replace("ê", "e")


if __name__ == "__main__":
    main()
