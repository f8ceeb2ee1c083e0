"""A ruleset: words, laws and policies as one frozen value with a fingerprint. It is swapped whole, never edited."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from moderation.types import within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from moderation.industry import Industries
    from moderation.lexicon import Term, WordLists
    from moderation.liverules import LiveRules
    from moderation.overlay import Overlay
    from moderation.policy import ScenePolicy
    from moderation.reasons import Language
    from moderation.rewrites import Rewrites
    from moderation.text.fold import Folding
    from moderation.text.variants import Variants
    from moderation.types import Action, Effect, Scene
    from moderation.wares import Wares


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
    advertising: bool = False
    """Whether it binds advertising alone, so that it is no law for what people say among themselves."""

    def in_force(self, day: date) -> bool:
        """Whether it may be cited for a content of ``day``."""
        return within(day, self.effective_from, self.effective_until)


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
    doubted_by: tuple[str, ...] = ()
    """The heads of the text expert that together know the category."""

    def applies(self, scene: Scene, *, advertising: bool) -> bool:
        """The scene gate: whether the category is looked for at all."""
        return scene in self.scenes or (advertising and scene in self.if_commercial)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """What surrounds numbers and addresses: words that invite, words that explain them away, host name endings.

    ``labels`` say that letters and digits are a key or a name of another sort, ``numbers`` right before a number that
    it is one of an order or a ticket, ``apps`` are names of programs, which are nobody's identifier, ``messengers``
    what everybody calls one, and ``public`` host names of public services.
    """

    invite: tuple[str, ...]
    innocent: tuple[str, ...]
    card: tuple[str, ...]
    wechat: tuple[str, ...]
    qq: tuple[str, ...]
    telegram: tuple[str, ...]
    endings: tuple[str, ...]
    labels: tuple[str, ...]
    numbers: tuple[str, ...]
    apps: tuple[str, ...]
    messengers: tuple[str, ...]
    public: tuple[str, ...]


FIELDS = (
    "left",
    "right",
    "of",
    "before",
    "after",
    "closing",
    "clause",
    "sentence",
    "sentence_before",
    "sentence_after",
    "text",
)
"""Where a cue of the claims table may be asked for: directly beside the hit, behind 的, within reach, or anywhere."""


class ClaimKind(StrEnum):
    """What a row of the claims table does. The order is the order of decision."""

    BAIT = "bait"
    GUARD = "guard"
    COMPARISON = "comparison"
    AGGRAVATION = "aggravation"
    VIOLATION = "violation"
    EXEMPTION = "exemption"


RESTS_ON_LAW = frozenset({ClaimKind.AGGRAVATION, ClaimKind.VIOLATION, ClaimKind.EXEMPTION})


class Outcome(StrEnum):
    """What becomes of a claim: no violation, lawful with proof on file, a person's decision, or a violation."""

    PASS = "pass"  # noqa: S105 - a verdict
    PROOF = "proof"
    REVIEW = "review"
    VIOLATION = "violation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One set of circumstances: all of ``needs`` and none of ``bars``, each a list of cue words by field.

    ``hits`` are families or words of the hits it is about (all, where empty); ``undeclared`` are scenes in which
    nothing says that the content sells; ``reach`` counts characters; ``line`` is where it stands in ``claims.toml``.
    """

    hits: tuple[str, ...]
    industries: tuple[str, ...]
    undeclared: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    bars: Mapping[str, tuple[str, ...]]
    reach: int
    line: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """One row of the claims table. ``laws`` is what the row rests on, ``proof`` what must be kept on file.

    The dates are the row's own, both inclusive. ``option`` is the ``name=value`` under which the row is there at all.
    """

    code: str
    kind: ClaimKind
    zh: str
    en: str
    laws: tuple[str, ...]
    outcome: Outcome
    categories: frozenset[str]
    cancels: frozenset[str]
    despite_comparison: bool
    proof_zh: str
    proof_en: str
    settings: tuple[Setting, ...]
    hit: str
    clean: str
    option: str = ""
    effective_from: date | None = None
    effective_until: date | None = None
    certain: bool = False
    """Of a guard: whether it stands against an expert that insists."""
    line: int = 1

    def in_force(self, day: date) -> bool:
        """Whether the row is applied to a content of ``day``."""
        return within(day, self.effective_from, self.effective_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims table: its rules in the order of decision, and the units that make a number a quantity."""

    rules: tuple[ClaimRule, ...] = ()
    units: tuple[str, ...] = ()
    guards: frozenset[str] = field(init=False)
    """The codes of the guards among the rules that are not certain."""
    certain: frozenset[str] = field(init=False)
    """The codes of those that are."""
    provable: frozenset[str] = field(init=False)
    """The codes of rules by which a person decides, from proof."""

    def __post_init__(self) -> None:
        """Guards are asked for with every score."""
        certain = frozenset(rule.code for rule in self.rules if rule.certain)
        guards = frozenset(rule.code for rule in self.rules if rule.kind is ClaimKind.GUARD)
        provable = frozenset(rule.code for rule in self.rules if rule.outcome is Outcome.REVIEW and rule.proof_zh)
        object.__setattr__(self, "certain", certain)
        object.__setattr__(self, "provable", provable)
        object.__setattr__(self, "guards", guards - certain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A question that the law leaves open and that whoever runs the service answers (``lexicons/options.toml``)."""

    name: str
    zh: str
    en: str
    choices: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """Everything that a verdict depends on besides the content. ``fingerprint`` names the exact bytes it came from.

    ``lists`` are the named word lists; without ``live`` a room adds nothing to its messages. ``own`` are the terms of
    one tenant on top of ``terms``, which all share; the fingerprint then is a pair, ``shared+own``.
    """

    fingerprint: str
    files: Mapping[str, str] = field(repr=False)
    categories: Mapping[str, Category] = field(repr=False)
    laws: Mapping[str, Article] = field(repr=False)
    policies: Mapping[Scene, ScenePolicy] = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    folding: Folding = field(repr=False)
    variants: Variants = field(repr=False)
    codes: CodeRules = field(repr=False)
    claims: Claims = field(repr=False)
    industries: Industries = field(repr=False)
    rewrites: Rewrites = field(repr=False)
    wares: Wares = field(repr=False)
    options: Mapping[str, Option] = field(default_factory=dict, repr=False)
    lists: WordLists = field(default_factory=dict, repr=False)
    live: LiveRules | None = field(default=None, repr=False)
    own: tuple[Term, ...] = field(default=(), repr=False)
    overlay: Overlay | None = field(default=None, repr=False)
    """What a tenant changes of the shared rules; its thresholds stand in ``policies`` already."""
    _turns: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """The days on which an article or a row of the claims table begins or no longer counts, in order."""
    _citations: dict[tuple[tuple[str, ...], int], tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """What depends on the day is kept by period: callers name any day, and there are few periods."""
        dated: tuple[Article | ClaimRule, ...] = (*self.laws.values(), *self.claims.rules)
        begun = {one.effective_from.toordinal() for one in dated if one.effective_from}
        over = {one.effective_until.toordinal() + 1 for one in dated if one.effective_until}
        object.__setattr__(self, "_turns", tuple(sorted(begun | over)))

    def period(self, day: date) -> int:
        """The number of the period that holds a day: within one, the same articles and rows are in force."""
        return bisect_right(self._turns, day.toordinal())

    def applies(self, rule: ClaimRule, day: date) -> bool:
        """Whether a row of the claims table counts for a content of ``day``.

        What the law adds or forgives began with that law. What a sentence says (a guard, a bait, a comparison) did not.
        """
        if not rule.in_force(day):
            return False
        return rule.kind not in RESTS_ON_LAW or not rule.laws or any(self.laws[ref].in_force(day) for ref in rule.laws)

    def cited(self, ref: str, lang: Language) -> str:
        """What a reader calls a reference: in English its law's English name, and the number of its article."""
        article = self.laws.get(ref)
        if lang != "en" or article is None:
            return ref
        return f"{self.laws[article.law].en}{ref.removeprefix(article.law)}"

    def citations(self, refs: tuple[str, ...], day: date) -> tuple[str, ...]:
        """Those of ``refs`` that were in force on ``day``."""
        key = (refs, self.period(day))
        known = self._citations.get(key)
        if known is None:
            known = self._citations[key] = tuple(ref for ref in refs if self.laws[ref].in_force(day))
        return known

    def beyond_advertising(self, refs: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``refs`` that bind a content which is no advertising."""
        return tuple(ref for ref in refs if ref not in self.laws or not self.laws[ref].advertising)
