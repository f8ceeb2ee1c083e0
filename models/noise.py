"""Disguises for training text: what writers do to slip past a filter, at random, so that the sound carries weight."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Final

from models.features import alphabet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    Noise = Callable[[Random, str], str]

SHARE: Final = 0.3
"""Of the characters that can be disguised, about so many are."""
_GAPS: Final = tuple("*.-_~|/+·•丶 ☆✨🔥❤💰、")
_COMMON: Final = range(0xB0, 0xD8)
"""First bytes in GB 2312 of the 3 755 characters that everybody reads."""


def homophones(chance: Random, text: str) -> str:
    """Some characters become others that sound alike."""
    twins = _twins()
    return "".join(chance.choice(twins[char]) if char in twins and chance.random() < SHARE else char for char in text)


def gaps(chance: Random, text: str) -> str:
    """Symbols between some characters."""
    sign = chance.choice(_GAPS)
    return "".join(char + sign if char.isalnum() and chance.random() < SHARE else char for char in text)


def mixed(chance: Random, text: str) -> str:
    """Homophones, and symbols between some characters."""
    return gaps(chance, homophones(chance, text))


NOISES: Final[Mapping[str, Noise]] = {"homophones": homophones, "gaps": gaps, "mixed": mixed}


def disguise(chance: Random, text: str) -> str:
    """One of the disguises."""
    return NOISES[chance.choice(tuple(NOISES))](chance, text)


@cache
def _twins() -> Mapping[str, tuple[str, ...]]:
    """For every common character, the common characters that sound alike."""
    heard = alphabet().heard
    groups: dict[int, list[str]] = defaultdict(list)
    for code in range(0x4E00, 0xA000):
        encoded = chr(code).encode("gb2312", "ignore")
        if encoded and encoded[0] in _COMMON:
            groups[int(heard[code])].append(chr(code))
    return {
        char: tuple(twin for twin in group if twin != char)
        for group in groups.values()
        if len(group) > 1
        for char in group
    }
