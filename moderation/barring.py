"""Which words of a text may have kept an exemption from it, for people to act on. It is worked out from the text again.

A verdict records that something bars an exemption, not what. No word is named that does not stand where it would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.text.fold import SENTENCE_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.ruleset import ClaimRule, Setting
    from moderation.types import Span

BEHIND = frozenset({"right", "of", "after", "sentence_after"})
BEFORE = frozenset({"left", "before", "sentence_before"})
MOST = 3


def barring(rule: ClaimRule, text: str, span: Span) -> list[str]:
    """Up to three words, the longest first, that a row whose other words are there does not stand around a hit."""
    ends = [mark.start() for mark in SENTENCE_MARK.finditer(text, 0, span.start)]
    behind = SENTENCE_MARK.search(text, span.end)
    places = Places(text, ends[-1] + 1 if ends else 0, span, behind.start() if behind else len(text))
    found = {word for setting in rule.settings for word in places.bars(setting)}
    whole = [word for word in found if not any(word != other and word in other for other in found)]
    return sorted(whole, key=lambda word: (-len(word), word))[:MOST]


class Places:
    """The stretches of a text around a hit, by the fields of the claims table that ask for words there."""

    def __init__(self, text: str, start: int, span: Span, end: int) -> None:
        self._text, self._sentence = text, text[start:end]
        self._before, self._behind = text[start : span.start], text[span.end : end]

    def bars(self, setting: Setting) -> Iterator[str]:
        """The words that bar a setting of which every list that it needs has a word there."""
        if all(any(map(self._of(name).__contains__, words)) for name, words in setting.needs.items() if words):
            for name, words in setting.bars.items():
                yield from filter(self._of(name).__contains__, words)

    def _of(self, field: str) -> str:
        if field == "text":
            return self._text
        return self._behind if field in BEHIND else self._before if field in BEFORE else self._sentence
