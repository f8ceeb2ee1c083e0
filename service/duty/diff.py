"""Two versions of a script beside each other, sentence by sentence."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from moderation.script import MOST_SENTENCES, sentences


class Change(NamedTuple):
    """``same``, ``changed``, ``gone`` or ``new``; a side that has no sentence is empty."""

    kind: str
    old: str
    new: str


def compared(old: str, new: str) -> list[Change]:
    """What became of each sentence. Takes up to a second for the longest scripts."""
    before, after = _pieces(old), _pieces(new)
    told: list[Change] = []
    for kind, i, j, k, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            told.extend(Change("same", one, one) for one in before[i:j])
            continue
        for left, right in zip_longest(before[i:j], after[k:n], fillvalue=""):
            told.append(Change("changed" if left and right else "gone" if left else "new", left, right))
    return told


def _pieces(text: str) -> list[str]:
    return [text[start:end] for _, start, end in sentences(text)[:MOST_SENTENCES]]
