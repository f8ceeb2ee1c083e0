"""Compiles terms into rules: folded words, conditions in the same script, grouped by word."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import re2

from moderation.detect.cues import CueIndex
from moderation.lexicon import ALLOW
from moderation.types import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from moderation.lexicon import Term
    from moderation.ruleset import Category, Ruleset
    from moderation.types import Scene

ANYWHERE = "*"
"""An allow term that protects from every category."""
REACH = 48
"""A clause is read at most so many characters to each side of a hit: what keeps conditions linear."""
SHORT = 3
"""Han terms up to this length are checked for word boundaries."""
FEW = 24
"""So many words are looked for one by one sooner than the automaton finds all cues."""
_HAN = re.compile("[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A term ready to be applied to hits of its words in one view.

    ``company`` asks for cues near by, ``placed`` for words right beside the hit, ``local`` for either, ``asks_text``
    for words anywhere; ``simple`` asks for nothing. ``follows`` and ``precedes`` are those of ``next`` and ``prev``
    that must stand there in any case. ``calls_for`` are the words of ``near``, or of ``sentence``, where they are so
    few that they are soon looked for.
    """

    id: str
    words: tuple[str, ...]
    category: str
    family: str
    severity: int
    weight: int
    laws: tuple[str, ...]
    scenes: frozenset[Scene] | None
    protects: frozenset[str]
    regex: re2._Regexp | None
    short: bool
    conditional: bool
    company: bool
    placed: bool
    edged: bool
    simple: bool
    local: bool
    dated: bool
    asks_text: bool
    follows: tuple[str, ...]
    precedes: tuple[str, ...]
    calls_for: tuple[str, ...]
    near: frozenset[int]
    sentence: frozenset[int]
    with_: frozenset[int]
    unless: frozenset[int]
    without: frozenset[int]
    next: tuple[str, ...]
    prev: tuple[str, ...]
    not_next: tuple[str, ...]
    not_prev: tuple[str, ...]
    at_end: bool
    at_start: bool
    dates: tuple[date | None, date | None]
    note: str

    def in_force(self, day: date) -> bool:
        """Whether the term's own dates include ``day``."""
        return within(day, *self.dates)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The rules of one view: their words, and the rules of each word."""

    words: list[str]
    rules: list[tuple[Rule, ...]]
    allow: list[tuple[Rule, ...]]

    def live(self, categories: Mapping[str, Category], scene: Scene, *, advertising: bool) -> list[tuple[Rule, ...]]:
        """For each word the rules that count in this scene."""
        open_ = {code for code, category in categories.items() if category.applies(scene, advertising=advertising)}
        return [
            tuple(rule for rule in rules if rule.category in open_ and (rule.scenes is None or scene in rule.scenes))
            for rules in self.rules
        ]


def cue_index(ruleset: Ruleset) -> CueIndex:
    """Every word that a condition or the claims table asks for."""
    words = cue_words(ruleset.terms)
    for rule in ruleset.claims.rules:
        for setting in rule.settings:
            words.update(*setting.needs.values(), *setting.bars.values())
    return CueIndex(words - {"^", "$"}, ruleset.claims.units, ruleset.folding.plain)


def cue_words(terms: Iterable[Term]) -> set[str]:
    """Every word that a condition of these terms asks for near by or anywhere."""
    words: set[str] = set()
    for term in terms:
        asked = term.condition
        words.update(asked.near, asked.sentence, asked.with_, asked.unless, asked.without)
    return words


def compile_terms(terms: Sequence[Term], ruleset: Ruleset, index: CueIndex) -> tuple[Compiled, Compiled]:
    """The rules for the folded view (which the view without repeats shares) and for the raw view."""
    plain, visible = ruleset.folding.plain, ruleset.folding.visible
    folded: list[Rule] = []
    raw: list[Rule] = []
    for term in terms:
        has_symbols = not term.pattern and plain(term.text) != visible(term.text)
        (raw if has_symbols else folded).append(_rule(term, ruleset, index, visible if has_symbols else plain))
    return _compiled(folded), _compiled(raw)


def _compiled(rules: Iterable[Rule]) -> Compiled:
    banned: dict[str, list[Rule]] = defaultdict(list)
    allowed: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        for word in rule.words:
            (allowed if rule.category == ALLOW else banned)[word].append(rule)
    words = sorted({*banned, *allowed})
    return Compiled(
        words,
        [tuple(banned.get(word, ())) for word in words],
        [tuple(allowed.get(word, ())) for word in words],
    )


def _rule(term: Term, ruleset: Ruleset, index: CueIndex, shape: Callable[[str], str]) -> Rule:
    category = ruleset.categories.get(term.category)
    words = tuple(map(shape, term.anchors if term.pattern else (term.text,)))
    condition = term.condition
    conditional = condition != type(condition)()
    edged = term.pattern or words[0][0].isascii() or words[0][-1].isascii()
    dated = bool(term.effective_from or term.effective_until)

    company = bool(condition.near or condition.sentence or condition.unless)
    placed = bool(condition.next or condition.prev or condition.not_next or condition.not_prev)

    def shaped(listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(shape(word) for word in listed if word not in {"^", "$"})

    return Rule(
        id=term.id,
        words=words,
        category=term.category,
        family=term.family,
        severity=term.severity if term.severity is not None else (category.severity if category else 0),
        weight=term.weight,
        laws=term.laws if term.laws is not None else (category.laws if category else ()),
        scenes=term.scenes,
        protects=term.protects or frozenset(),
        regex=re2.compile(term.text) if term.pattern else None,
        short=not (term.category == ALLOW or term.pattern or term.loose)
        and len(words[0]) <= SHORT
        and bool(_HAN.fullmatch(words[0])),
        conditional=conditional,
        company=company,
        placed=placed,
        local=company or placed,
        dated=dated,
        asks_text=bool(condition.with_ or condition.without),
        follows=() if term.pattern or "$" in condition.next else shaped(condition.next),
        precedes=() if term.pattern or "^" in condition.prev else shaped(condition.prev),
        edged=edged,
        simple=not (conditional or edged or dated or term.pattern),
        calls_for=_few(condition.near or condition.sentence, ruleset.folding.plain),
        near=index.numbers(condition.near),
        sentence=index.numbers(condition.sentence),
        without=index.numbers(condition.without),
        with_=index.numbers(condition.with_),
        unless=index.numbers(condition.unless),
        next=shaped(condition.next),
        prev=shaped(condition.prev),
        not_next=shaped(condition.not_next),
        not_prev=shaped(condition.not_prev),
        at_end="$" in condition.next,
        at_start="^" in condition.prev,
        dates=(term.effective_from, term.effective_until),
        note=term.note,
    )


def _few(words: tuple[str, ...], plain: Callable[[str], str]) -> tuple[str, ...]:
    return () if len(words) > FEW or any(word.startswith("<") for word in words) else tuple(map(plain, words))
