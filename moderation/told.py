"""A sentence for a person, in both languages: what is wrong with a word, a pattern or a file that somebody brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from moderation.reasons import Language


class Told(NamedTuple):
    """One sentence in Chinese and English."""

    zh: str
    en: str

    def in_(self, lang: Language) -> str:
        """The sentence in the reader's language."""
        return self.en if lang == "en" else self.zh


def same(text: str) -> Told:
    """What reads alike in both languages."""
    return Told(text, text)
