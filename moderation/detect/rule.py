"""Compiles terms into rules: folded words, conditions in the same script, grouped by word."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.detect.cues import CueIndex
from moderation.lexicon import ALLOW, conditions, of_line
from moderation.patterns import compiled, told_in
from moderation.text.words import PAIR, frequency
from moderation.types import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    import re2

    from moderation.lexicon import Term
    from moderation.ruleset import Category, Ruleset
    from moderation.types import Scene

ANYWHERE = "*"
"""An allow term that protects from every category."""
REACH = 32
"""A clause is read at most so many characters to each side of a hit: what keeps conditions linear."""
SHORT = 3
"""Han terms up to this length are checked for word boundaries."""
FEW = 24
"""So many words at most are what a pattern is known to hold: longer lists are in most texts."""
HINT = 40
"""Lighter rules are hints: they are listed beside something that counts, and never make a text worth a look."""
COMMON_LETTER, COMMON_WORD = 20_000, 50
"""How often a single character, and a word that the dictionary lacks, is reckoned to stand in sixty million words."""
SURE = 80
"""A pair is heard, and seen in look-alikes, only where its rule is so sure of it: weak pairs have too many doubles."""
_HAN = re.compile("[\u3400-\u9fff]+")
_new = tuple.__new__


class Rule(NamedTuple):
    """A term ready to be applied to hits of its words in one view.

    ``company`` asks for cues near by, ``placed`` for words right beside the hit, ``local`` for either, ``asks_text``
    for words anywhere; ``simple`` asks for nothing. ``follows`` and ``precedes`` are those of ``next`` and ``prev``
    that must stand there in any case. ``holds`` are words one of which stands in every match of a pattern, ``held``
    the same as cues. A named tuple: a list of 60 000 words makes as many rules.
    """

    id: str
    words: tuple[str, ...]
    short: bool
    edged: bool
    simple: bool
    category: str
    family: str
    severity: int
    weight: int
    laws: tuple[str, ...]
    scenes: frozenset[Scene] | None
    protects: frozenset[str]
    regex: re2._Regexp | None
    dated: bool
    dates: tuple[date | None, date | None]
    note: str
    disguises: frozenset[str]
    holds: tuple[str, ...]
    held: frozenset[int]
    company: bool
    placed: bool
    local: bool
    asks_text: bool
    follows: tuple[str, ...]
    precedes: tuple[str, ...]
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

    def in_force(self, day: date) -> bool:
        """Whether the term's own dates include ``day``."""
        return within(day, *self.dates)


Held = Mapping[str, tuple[str, ...]]
"""For each pattern, folded words of which one stands in all that it matches."""
Kind = tuple[str, "frozenset[Scene] | None"]
"""A category and the scenes of a term: what decides where a rule is live."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The rules of one view: their words, those that are looked for in disguise too, and the rules of each word."""

    words: list[str]
    disguised: frozenset[str]
    sure: frozenset[str]
    """Words that are worth hearing: all but weak pairs."""
    anchors: bytes
    """For each word whether it is a pattern's anchor."""
    rules: list[tuple[Rule, ...]]
    allow: list[tuple[Rule, ...]]
    kinds: list[Kind]
    kind_of: list[int]
    """For each word what kind its rules are of, as a place in ``kinds``; that of one of them where it is ``mixed``."""
    mixed: list[int]
    """The words whose rules are of several kinds."""

    def open(self, categories: Mapping[str, Category], scene: Scene, *, advertising: bool) -> tuple[bool, ...]:
        """For each kind whether its rules count in this scene."""
        open_ = {code for code, category in categories.items() if category.applies(scene, advertising=advertising)}
        return tuple(code in open_ and (scenes is None or scene in scenes) for code, scenes in self.kinds)

    def live(self, open_: tuple[bool, ...]) -> list[tuple[Rule, ...]]:
        """For each word the rules that count where these kinds do."""
        places = {kind: place for place, kind in enumerate(self.kinds)}
        open_ = (*open_, False)  # for a ruleset that bans nothing
        live = [rules if open_[kind] else () for rules, kind in zip(self.rules, self.kind_of, strict=True)]
        for word in self.mixed:
            live[word] = tuple(rule for rule in self.rules[word] if open_[places[rule.category, rule.scenes]])
        return live


def cue_index(ruleset: Ruleset, held: Held) -> CueIndex:
    """Every word that a condition, a pattern or the claims table asks for."""
    words = cue_words(ruleset.terms, held)
    for rule in ruleset.claims.rules:
        for setting in rule.settings:
            words.update(*setting.needs.values(), *setting.bars.values())
    return CueIndex(words - {"^", "$"}, ruleset.claims.units, ruleset.folding.plain, ruleset.wares)


def cues_in_disguise(ruleset: Ruleset) -> set[str]:
    """The words in whose company terms of trade and safety count: they are restored too, and are no finding."""
    elsewhere = {code for code, category in ruleset.categories.items() if category.group != "advertising"}
    terms = (term for term in ruleset.terms if term.disguises and term.weight >= HINT and term.category in elsewhere)
    words: set[str] = set()
    for asked in conditions(terms):
        words.update(asked.near, asked.sentence)
    return set(map(ruleset.folding.plain, words))


def cue_words(terms: Iterable[Term], held: Held) -> set[str]:
    """Every word that a condition of these terms asks for near by or anywhere, and those that their patterns hold."""
    words: set[str] = set().union(*held.values())
    for asked in conditions(terms):
        words.update(asked.near, asked.sentence, asked.with_, asked.unless, asked.without)
    return words


def compile_terms(terms: Sequence[Term], ruleset: Ruleset, index: CueIndex, held: Held) -> tuple[Compiled, Compiled]:
    """The rules for the folded view (which the view without repeats shares) and for the raw view."""
    folding = ruleset.folding
    folded: list[Rule] = []
    raw: list[Rule] = []
    line: tuple[Any, ...] = ()
    moulds: dict[bool, _Mould] = {}
    for term in terms:
        if (same := of_line(term)) != line:  # a line makes thousands of terms, and so do the lines of a plain file
            line, moulds = same, {}
        if term.pattern:
            words, line = tuple(map(folding.plain, term.anchors)), ()
            folded.append(_Mould(term, ruleset, index, has_symbols=False, holds=held[term.text]).rule(term.id, words))
            continue
        plain, seen = folding.plain(term.text), folding.visible(term.text)
        mould = moulds.get(plain != seen)
        if mould is None:
            mould = moulds[plain != seen] = _Mould(term, ruleset, index, has_symbols=plain != seen)
        (folded if plain == seen else raw).append(mould.rule(term.id, (seen,)))
    compiled.cache_clear()
    return _compiled(folded), _compiled(raw)


def held_in(terms: Iterable[Term], plain: Callable[[str], str]) -> Held:
    """For each pattern words of which every match has one besides its anchors: those that texts hold most seldom."""
    return {term.text: _held_besides(term, tuple(map(plain, term.anchors)), plain) for term in terms if term.pattern}


def _held_besides(term: Term, words: tuple[str, ...], plain: Callable[[str], str]) -> tuple[str, ...]:
    rows = (row for row in told_in(term.text, plain) if len(row) <= FEW)
    others = (row for row in rows if not any(one in word for one in words for word in row))
    return min(others, key=_commonness, default=())


def _commonness(words: tuple[str, ...]) -> int:
    return sum(
        COMMON_LETTER + frequency(word) if len(word) == 1 else max(COMMON_WORD, frequency(word)) for word in words
    )


def _compiled(rules: Iterable[Rule]) -> Compiled:
    banned: dict[str, list[Rule]] = defaultdict(list)
    allowed: dict[str, list[Rule]] = defaultdict(list)
    disguised: set[str] = set()
    sure: set[str] = set()
    anchors: set[str] = set()
    for rule in rules:
        into = allowed if rule.category == ALLOW else banned
        for word in rule.words:
            into[word].append(rule)
        if rule.disguises and rule.weight >= HINT and into is banned:
            disguised.update(rule.words)
            sure.update(word for word in rule.words if len(word) > PAIR or rule.weight >= SURE)
        if rule.regex is not None:
            anchors.update(rule.words)
    words = sorted(banned.keys() | allowed.keys())
    kinds: dict[Kind, int] = {}
    of_words = [_kinds_of(banned.get(word), kinds) for word in words]
    return Compiled(
        words,
        frozenset(disguised),
        frozenset(sure),
        bytes(word in anchors for word in words),
        [tuple(banned.get(word, ())) for word in words],
        [tuple(allowed.get(word, ())) for word in words],
        list(kinds),
        [found[0] if found else 0 for found in of_words],
        [place for place, found in enumerate(of_words) if len(found) > 1],
    )


def _kinds_of(rules: list[Rule] | None, kinds: dict[Kind, int]) -> list[int]:
    return list({kinds.setdefault((rule.category, rule.scenes), len(kinds)): None for rule in rules or ()})


class _Mould:
    """What the rules of terms have in common that differ in their words alone."""

    __slots__ = ("_checked", "_edged", "_free", "_rest")

    def __init__(
        self, term: Term, ruleset: Ruleset, index: CueIndex, *, has_symbols: bool, holds: tuple[str, ...] = ()
    ) -> None:
        category = ruleset.categories.get(term.category)
        dated = bool(term.effective_from or term.effective_until)
        conditional, *asked = _asked(term, index, ruleset.folding.visible if has_symbols else ruleset.folding.plain)
        self._checked = not (term.category == ALLOW or term.pattern or term.loose)
        self._edged = term.pattern
        self._free = not (conditional or dated or term.pattern)
        self._rest = (
            term.category,
            term.family,
            term.severity if term.severity is not None else (category.severity if category else 0),
            term.weight,
            term.laws if term.laws is not None else (category.laws if category else ()),
            term.scenes,
            term.protects or frozenset(),
            compiled(term.text) if term.pattern else None,
            dated,
            (term.effective_from, term.effective_until),
            term.note,
            term.disguises,
            holds,
            index.numbers(holds),
            *asked,
        )

    def rule(self, name: str, words: tuple[str, ...]) -> Rule:
        """The rule of some folded words."""
        word = words[0]
        short = self._checked and len(word) <= SHORT and _HAN.fullmatch(word) is not None
        edged = self._edged or word[0].isascii() or word[-1].isascii()
        return _new(Rule, (name, words, short, edged, self._free and not edged, *self._rest))


def _asked(term: Term, index: CueIndex, shape: Callable[[str], str]) -> tuple[Any, ...]:
    """Whether a term has a condition, then what a rule has from it: the same for all terms that share one."""
    condition = term.condition
    company = bool(condition.near or condition.sentence or condition.unless)
    placed = bool(condition.next or condition.prev or condition.not_next or condition.not_prev)

    def shaped(listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(shape(word) for word in listed if word not in {"^", "$"})

    return (
        condition != type(condition)(),
        company,
        placed,
        company or placed,
        bool(condition.with_ or condition.without),
        () if term.pattern or "$" in condition.next else shaped(condition.next),
        () if term.pattern or "^" in condition.prev else shaped(condition.prev),
        index.numbers(condition.near),
        index.numbers(condition.sentence),
        index.anywhere(condition.with_),
        index.numbers(condition.unless),
        index.numbers(condition.without),
        shaped(condition.next),
        shaped(condition.prev),
        shaped(condition.not_next),
        shaped(condition.not_prev),
        "$" in condition.next,
        "^" in condition.prev,
    )
