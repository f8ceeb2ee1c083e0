"""A ruleset: words, laws and policies as one frozen value with a fingerprint. It is swapped whole, never edited."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.lexicon import Term
    from moderation.policy import ScenePolicy
    from moderation.text.fold import Folding
    from moderation.types import Action, Effect, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One citable provision. Dates are inclusive; ``None`` means not known, which limits nothing."""

    ref: str
    law: str
    zh: str
    en: str
    version: str
    source: str
    verified: bool
    effective_from: date | None = None
    effective_until: date | None = None

    def in_force(self, day: date) -> bool:
        """Whether it may be cited for a content of ``day``."""
        return (self.effective_from or date.min) <= day <= (self.effective_until or date.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One class of violation, or a signal: what it is called, what it rests on and what it leads to."""

    code: str
    group: str
    zh: str
    en: str
    laws: tuple[str, ...]
    severity: int
    action: Action
    effects: tuple[Effect, ...]
    scenes: frozenset[Scene]
    if_commercial: frozenset[Scene]
    advice_zh: str
    advice_en: str

    def applies(self, scene: Scene, *, advertising: bool) -> bool:
        """The scene gate: whether the category is looked for at all."""
        return scene in self.scenes or (advertising and scene in self.if_commercial)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """What surrounds numbers and addresses: words that invite, words that explain them away, host name endings."""

    invite: tuple[str, ...]
    innocent: tuple[str, ...]
    card: tuple[str, ...]
    wechat: tuple[str, ...]
    qq: tuple[str, ...]
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything that a verdict depends on besides the content. ``fingerprint`` names the exact bytes it came from."""

    fingerprint: str
    files: Mapping[str, str] = field(repr=False)
    categories: Mapping[str, Category] = field(repr=False)
    laws: Mapping[str, Article] = field(repr=False)
    policies: Mapping[Scene, ScenePolicy] = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    folding: Folding = field(repr=False)
    codes: CodeRules = field(repr=False)
    _citations: dict[tuple[tuple[str, ...], date], tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def citations(self, refs: tuple[str, ...], day: date) -> tuple[str, ...]:
        """Those of ``refs`` that were in force on ``day``."""
        known = self._citations.get((refs, day))
        if known is None:
            known = self._citations[refs, day] = tuple(ref for ref in refs if self.laws[ref].in_force(day))
        return known
