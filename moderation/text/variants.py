"""What disguises are made of, as data: sounds, split and look-alike characters, signs, slang, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from moderation.text.sound import Sounds

if TYPE_CHECKING:
    from collections.abc import Mapping

DISGUISES: Mapping[str, tuple[int, str, str]] = {
    "pinyin": (90, "拼音", "pinyin"),
    "mixed": (95, "夹拼音", "characters mixed with pinyin"),
    "homophone": (90, "同音字", "a homophone"),
    "fuzzy": (85, "近音字", "a near homophone"),
    "shape": (90, "形近字", "a look-alike character"),
    "split": (90, "拆字", "a split character"),
    "sign": (90, "表情或符号代字", "a sign for a word"),
    "slang": (90, "暗语", "a code word"),
    "filler": (95, "夹字", "characters put between"),
    "mask": (85, "遮字", "a mask over a character"),
    "digit": (95, "数字代字", "a digit for a word"),
    "reverse": (80, "倒写", "written backwards"),
    "parts": (85, "拆在两处", "split between two parts"),
    "acrostic": (80, "藏头", "an acrostic"),
}
"""Each disguise that a term may allow: the share of its weight, in percent, that a hit keeps; its Chinese and English
name. Two disguises in one hit cost both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The tables of ``lexicons/variants``. Left sides are folded text, but for ``signs``, which stand in the original.

    ``ordinary`` are writings that sound or look like a term and are words of their own.
    """

    sounds: Sounds = field(default_factory=Sounds)
    splits: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    zhuyin: Mapping[str, str] = field(default_factory=dict)
    slang: Mapping[str, str] = field(default_factory=dict)
    ordinary: frozenset[str] = frozenset()


def typed(splits: Mapping[str, str], radicals: Mapping[str, str]) -> dict[str, str]:
    """The splits as people type them: each radical as it is, or as a character that ``radicals`` has for it."""
    spread: dict[str, str] = {}
    for pieces, char in splits.items():
        for chosen in product(*[(piece, *radicals.get(piece, "")) for piece in pieces]):
            spread.setdefault("".join(chosen), char)
    return {**spread, **splits}
