"""What ``Matcher`` must find, in a few naive lines: the oracle of its tests and of the benchmark's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.matcher import Hit


class NaiveMatcher:
    """What ``Matcher`` must equal: the definition, and the oracle of its tests."""

    __slots__ = ("words",)

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def find(self, text: str) -> list[Hit]:
        """All hits, in the order that ``Matcher`` gives them."""
        hits = [
            (start, start + len(word), index)
            for index, word in enumerate(self.words)
            for start in range(len(text) - len(word) + 1)
            if text.startswith(word, start)
        ]
        return sorted(hits, key=lambda hit: (hit[1], hit[0]))
