"""Many words over one text: the double-array automaton. What it must find, naive lines in its tests define."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daachorse import CharwiseDoubleArrayAhoCorasick

if TYPE_CHECKING:
    from collections.abc import Sequence

Hit = tuple[int, int, int]
"""``(start, end, index of the word)``, offsets in the text that was searched."""


class Matcher:
    """Finds every occurrence of every word, overlapping ones too, in time linear in the text and its hits."""

    __slots__ = ("_automaton", "words")

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._automaton = CharwiseDoubleArrayAhoCorasick(list(words)) if words else None

    def find(self, text: str) -> list[Hit]:
        """All hits, ordered by end; hits with one end by length, longest first. ``text`` holds no lone surrogates."""
        return self._automaton.find_overlapping(text) if self._automaton and text else []


def nesting(words: Sequence[str]) -> tuple[int, str]:
    """How many of the words end at one place at most, and the word where they do: what bounds the hits a character."""
    known, worst = set(words), (0, "")
    depth: dict[str, int] = {}
    for word in sorted(known, key=len):
        inner = next((word[cut:] for cut in range(1, len(word)) if word[cut:] in known), None)
        depth[word] = 1 + (depth[inner] if inner is not None else 0)
        worst = max(worst, (depth[word], word))
    return worst
