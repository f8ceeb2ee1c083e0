"""What stands for what in a text: code words, pieces, look-alikes, and words with digits, backwards or filled.

Says what a writing may mean. Whether it does where it stands is for ``moderation.text.restore``.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from moderation.text.spelling import LETTERS, SPELT
from moderation.text.words import PAIR, frequency, gain

if TYPE_CHECKING:
    from collections.abc import Collection

    from moderation.text.variants import Variants

HAN = re.compile("[\u3400-\u9fff]{2,}")
LOOKS_LIKE = dict(zip("oieas", "01345", strict=True))
"""Letters and the digits drawn for them in code words."""
PUT_BETWEEN = (*"xo01〇零个某の呀啊口", "那啥")
"""What is put between the characters of a pair: a pair has room for one."""
_DIGITS = str.maketrans("零一二三四五六七八九", "0123456789")
LIKELIER, LIKELIER_FUZZY, LIKELIER_DRAWN = 3.0, 5.5, 1.5
"""How much likelier, as a logarithm for each changed character, a text must be with the word than as it stands."""
BACKWARDS = range(2, 6)
"""Words of these lengths are read backwards: longer ones nobody turns round."""
WORD_BY_ITSELF = 100
"""Pieces that make a word which the dictionary counts so often are no split character: 女生, 手工, 不正."""


def clues_of(
    variants: Variants, words: Collection[str], sure: Collection[str], known: Collection[str]
) -> dict[str, tuple[str, str]]:
    """What stands for what: code words, split and look-alike characters, and whole words with digits or backwards."""
    slang = variants.slang.items()
    clues = {digits: (meant, "slang") for written, meant in slang for digits in _with_digits(written)}
    splits = variants.splits.items()
    clues.update({parts: (char, "split") for parts, char in splits if frequency(parts) < WORD_BY_ITSELF})
    clues.update({drawn: (meant, "shape") for drawn, meant in variants.shapes.items()})
    for word in words:
        if (written := word.translate(_DIGITS)) != word and not written.isdigit():
            clues.setdefault(written, (word, "digit"))
        written = word[::-1]
        if word not in sure or len(word) not in BACKWARDS:
            continue
        if len(word) > PAIR or gain(written, 0, len(word), word) >= LIKELIER:
            clues.setdefault(written, (word, "reverse"))
        if len(word) == PAIR and HAN.fullmatch(word):
            clues.update({filler.join(word): (word, "filler") for filler in PUT_BETWEEN if _parts(word, filler)})
    return {written: meant for written, meant in clues.items() if written not in known}


def _parts(word: str, filler: str) -> bool:
    """Whether a filler makes a word with neither character of a pair: 有个人 and 那个帮 are no 有人 and 那帮."""
    return not frequency(word[0] + filler) and not frequency(filler + word[1])


def _with_digits(written: str) -> set[str]:
    """A code word, and with digits for letters where it is a long one of Latin letters: weixin, w3ixin, we1x1n."""
    if len(written) < SPELT or not LETTERS.issuperset(written):
        return {written}
    return {"".join(chars) for chars in product(*[(letter, *LOOKS_LIKE.get(letter, "")) for letter in written])}
