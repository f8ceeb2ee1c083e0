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


class Wrong(Exception):
    """What is wrong, for a person to read: ``told`` in both languages; as a text it is English."""

    def __init__(self, zh: str, en: str | None = None) -> None:
        self.told = Told(zh, zh if en is None else en)
        super().__init__(self.told.en)

    def within(self, place: str) -> Told:
        """The same, of what lies in a place."""
        return Told(f"{place}：{self.told.zh}", f"{place}: {self.told.en}")


def same(text: str) -> Told:
    """What reads alike in both languages."""
    return Told(text, text)
