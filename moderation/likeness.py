"""How alike short texts are: by pairs of characters, and by marks that find the like ones without a search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MARKED = 6
"""Texts of so many characters are compared with others; shorter ones are the same or not."""
EDGE = 4
"""So many characters are how a text begins, or ends."""
_CODES = re.compile("[0-9a-z]+")


def pairs_of(text: str) -> set[str]:
    """The pairs of neighbouring characters of a text; those of Latin letters and digits, which bots vary, left out."""
    core = _CODES.sub("", text)
    if len(core) < MARKED - 1:
        core = text
    return set(map(str.__add__, core, core[1:]))


def marks_of(kept: str, pairs: set[str]) -> tuple[str, ...]:
    """By what texts that are nearly equal are met: how they begin and end, and two pairs. Few edits change them all."""
    if not pairs:
        return ()
    return kept[:EDGE], kept[-EDGE:], min(pairs), max(pairs)


def shared_milli(pairs: set[str], other: str) -> int:
    """How much of two texts is the same, in thousandths of their pairs."""
    theirs = pairs_of(other)
    return 2000 * len(pairs & theirs) // (len(pairs) + len(theirs))


def nearest(
    pairs: set[str], marks: Sequence[str], known: Callable[[str], str | None], least: int
) -> tuple[str | None, int]:
    """The first text known by a mark that shares so many thousandths at the least, and how many it shares."""
    for mark in marks:
        other = known(mark)
        if other is not None and (share := shared_milli(pairs, other)) >= least:
            return other, share
    return None, 0
