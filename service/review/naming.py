"""Content ids that look like those a tenant gives, pure: what is copied must not be told by its name."""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from service.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_COUNTED: Final = re.compile(r"(.*?)(\d{1,18})")
_FEW: Final = 3
_SORTS: Final = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ")
"""Hexadecimal letters stay such."""
_OURS: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""Ids that tell when they were made; ours are such."""


def like(recent: Sequence[str], random: Random, *, loose: int) -> str:
    """An id like the recent ones, which are given newest first.

    Where they count up it goes on by a usual step; else each place has one of the signs that recent ids have there, and
    the last ``loose`` letters and digits any of their sort.
    """
    newest = recent[0] if recent else ""
    if not newest or _OURS.fullmatch(newest):
        return new_id()
    if counted := _counting(recent, random):
        return counted
    shaped = [name for name in recent if len(name) == len(newest)]
    signs = [random.choice(each) for each in zip(*shaped, strict=True)]
    places = [place for place, sign in enumerate(signs) if sign.isascii() and sign.isalnum()]
    for place in places[len(places) - loose :]:
        signs[place] = random.choice(next(sort for sort in _SORTS if signs[place] in sort))
    return "".join(signs)


def _counting(recent: Sequence[str], random: Random) -> str | None:
    """The id that comes some steps after the newest, where those of its stem are numbered in order."""
    last = _COUNTED.fullmatch(recent[0])
    if last is None:
        return None
    stem, width = last[1], len(last[2])
    alike = [_COUNTED.fullmatch(name) for name in recent]
    numbers = [int(one[2]) for one in alike if one is not None and one[1] == stem]
    steps = [later - earlier for later, earlier in pairwise(numbers)]
    if len(numbers) < _FEW or min(steps) <= 0:
        return None
    return f"{stem}{numbers[0] + random.randint(1, max(1, round(median(steps)))):0{width}}"
