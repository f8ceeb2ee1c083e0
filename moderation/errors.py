"""Every error of the court. All belong to loading: judging never raises.

LoadErrors                what loading raises: everything wrong with the rules at once, as ``errors``
LoadError                 one thing wrong with the rules; always names file and line
├── GrammarError          a line that the grammar cannot read
├── TermError             a line that reads well but must not go live (no guard, duplicate, unknown category)
├── LawError              laws.toml or categories.toml contradict themselves or each other
└── PolicyError           a scene policy that is incomplete or names unknown things
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moderation.reasons import Language
    from moderation.told import Told


class LoadError(Exception):
    """One thing wrong with the rules. ``str()`` gives ``file:line: reason`` in English, ``in_`` in either language."""

    def __init__(self, file: str, line: int, told: Told) -> None:
        super().__init__(f"{file}:{line}: {told.en}")
        self.file = file
        self.line = line
        self.told = told

    @property
    def reason(self) -> str:
        """Why, in English."""
        return self.told.en

    def in_(self, lang: Language) -> str:
        """``file:line: reason`` in the reader's language."""
        return f"{self.file}:{self.line}: {self.told.in_(lang)}"


class GrammarError(LoadError):
    """A line that the grammar cannot read."""


class TermError(LoadError):
    """A term that reads well but must not go live."""


class LawError(LoadError):
    """Laws and categories that contradict themselves or each other."""


class PolicyError(LoadError):
    """A scene policy that is incomplete or names unknown things."""


class LoadErrors(Exception):
    """All that is wrong with a set of rules, in file and line order."""

    def __init__(self, errors: Iterable[LoadError]) -> None:
        self.errors = tuple(sorted(errors, key=lambda error: (error.file, error.line)))
        super().__init__("\n".join(map(str, self.errors)))
