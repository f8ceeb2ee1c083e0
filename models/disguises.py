"""Disguises for training text and for measuring: the court's own makers, over the tables of the lexicons.

Nothing is made up here: ``moderation.text.disguise`` makes, this file says what is learnt from and how often.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from models.features import VARIANTS, folding, table_rows
from moderation.text.disguise import Disguiser
from moderation.text.sound import Sounds
from moderation.text.variants import Variants
from moderation.text.words import open_dictionary

if TYPE_CHECKING:
    from random import Random

LEARNT: Final = {
    ("homophone",): 6,
    ("homophone", "symbols"): 2,
    ("homophone", "fuzzy", "shape", "split", "mixed", "symbols"): 3,
    ("symbols",): 2,
    ("emoji",): 1,
    ("fuzzy",): 1,
    ("mixed",): 1,
    ("pinyin",): 2,
    ("repeat",): 1,
    ("reverse",): 1,
    ("shape",): 1,
    ("slang", "sign"): 1,
    ("split",): 1,
}
"""The disguises that are learnt from, some of them together, and how often each. What the features undo by themselves
(width, traditional forms, what cannot be seen, one character a line) would teach nothing."""
TOGETHER: Final = "together"
"""All disguises at once: each stretch wears another one."""


@cache
def disguiser() -> Disguiser:
    """The makers over the tables of the lexicons. Raises ``OSError`` when a file is missing."""
    open_dictionary()
    splits, shapes, slang, signs = (
        {row[0]: row[1] for row in table_rows(VARIANTS / f"{kind}.tsv")}
        for kind in ("splits", "shapes", "slang", "signs")
    )
    sounds = Sounds((row[0], row[1], row[2]) for row in table_rows(VARIANTS / "pinyin.tsv"))
    return Disguiser(folding(), Variants(sounds=sounds, splits=splits, shapes=shapes, slang=slang, signs=signs))


def disguise(chance: Random, text: str) -> str:
    """A text in disguises that training learns from."""
    (kinds,) = chance.choices(tuple(LEARNT), tuple(LEARNT.values()))
    return disguiser().text(kinds, text, chance)


def worn(kind: str, text: str, chance: Random) -> str:
    """A text in one disguise, or in ``TOGETHER``; the text itself where it cannot wear it."""
    makers = disguiser()
    return makers.text(makers.kinds if kind == TOGETHER else (kind,), text, chance)
