"""What the loader refuses beyond grammar: terms that must not go live, and examples that contradict their line."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.detect.cues import TOKENS
from moderation.detect.rule import ANYWHERE
from moderation.errors import LawError, LoadError, TermError
from moderation.lexicon import ALLOW, conditions, of_line
from moderation.matcher import nesting
from moderation.patterns import PatternRefused, compiled
from moderation.rewrites import REST
from moderation.types import SHANGHAI, Action, Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from moderation.engine import Engine
    from moderation.lexicon import Condition, Term
    from moderation.ruleset import Article, Category, ClaimRule, Claims, CodeRules
    from moderation.tables import Document
    from moderation.text.fold import Folding

MAX_NESTING = 16
"""So many words may end at one character: what bounds the hits a text can have."""
_FAMILY = re.compile(r"[a-z0-9_]+")
EXAMPLE_DAY = datetime(2026, 11, 22, 12, tzinfo=SHANGHAI)


def check_terms(
    terms: Sequence[Term], categories: Mapping[str, Category], laws: Mapping[str, Article], folding: Folding
) -> Iterator[LoadError]:
    """Everything wrong with terms that read well."""
    odd = _odd_words(terms, folding)
    visible = {
        text: folding.visible(text) for term in terms for text in (term.anchors if term.pattern else (term.text,))
    }
    line: tuple[Any, ...] = ()
    wrong: list[LoadError] = []
    for term in terms:
        if (same := of_line(term)) != line:
            line, wrong = same, [*_wrong_line(term, categories, laws, odd)]
        yield from (type(error)(term.file, term.line, error.reason) for error in wrong)
        if reason := _wrong_words(term, visible, folding) or _wrong_pattern(term):
            yield TermError(term.file, term.line, reason)
    yield from _duplicates(terms)
    yield from _conflicts(terms, visible)
    yield from _nested(terms, visible)


def _wrong_line(
    term: Term, categories: Mapping[str, Category], laws: Mapping[str, Article], odd: frozenset[str]
) -> Iterator[LoadError]:
    """What is wrong with a term but for its word."""
    names = {term.category} if term.protects is None else term.protects - {ANYWHERE}
    if unknown := sorted(names - categories.keys()):
        yield TermError(term.file, term.line, f"unknown category {unknown[0]!r}")
    for ref in term.laws or ():
        if ref not in laws:
            yield LawError(term.file, term.line, f"cites {ref!r}, which laws.toml does not have")
    if reason := _wrong_condition(term.condition, odd):
        yield TermError(term.file, term.line, reason)


def _wrong_words(term: Term, visible: Mapping[str, str], folding: Folding) -> str:
    for text in term.anchors if term.pattern else (term.text,):
        word = visible[text]
        if len(word) > 1 and word.isalnum():
            continue  # as nearly all are
        plain = folding.plain(text)
        if not word.strip() or (term.pattern and not plain):  # patterns are sought in the folded text
            return f"{text!r} folds to nothing"
        letters = plain if plain == word else word
        if len(letters) == 1 and unicodedata.category(letters)[0] in "LN" and not term.condition.guards:
            return f"{text!r} is one character and has no guard (near, with, next or prev)"
    return ""


def _odd_words(terms: Iterable[Term], folding: Folding) -> frozenset[str]:
    """Words of conditions that need a closer look: tokens, and those of which folding leaves nothing."""
    words: set[str] = set()
    for condition in conditions(terms):
        words.update(*(getattr(condition, field.name) for field in fields(condition)))
    return frozenset(word for word in words if word.startswith("<") or not folding.plain(word))


def _wrong_condition(condition: Condition, odd: frozenset[str]) -> str:
    cues = (*condition.near, *condition.sentence, *condition.with_, *condition.unless, *condition.without)
    beside = {*condition.next} - {"$"} | {*condition.prev} - {"^"} | {*condition.not_next, *condition.not_prev}
    for word in (*filter(odd.__contains__, cues), *sorted(odd & beside)):
        if not word.startswith("<"):
            return f"the condition {word!r} folds to nothing"
        if word not in TOKENS or word in beside:
            return f"the condition {word!r} is no token here; near, with and the like know {', '.join(TOKENS)}"
    return ""


def _wrong_pattern(term: Term) -> str:
    if not term.pattern:
        return ""
    try:
        compiled(term.text)
    except PatternRefused as refused:
        return refused.told.en
    return ""


def _duplicates(terms: Sequence[Term]) -> Iterator[LoadError]:
    seen: dict[tuple[str, str], Term] = {}
    for term in terms:
        first = seen.setdefault((term.category, term.text), term)
        if first is not term and term.condition == first.condition:
            yield TermError(term.file, term.line, f"{term.text!r} stands already at {first.file}:{first.line}")


def _conflicts(terms: Sequence[Term], visible: Mapping[str, str]) -> Iterator[LoadError]:
    """Banned terms that an unconditional allow term of the same word would silence for good."""
    allowed: dict[str, dict[str, Term]] = defaultdict(dict)
    for term in terms:
        if term.category == ALLOW and not term.pattern and term.condition == type(term.condition)():
            for category in term.protects or ():
                allowed[visible[term.text]][category] = term
    for term in terms:
        if term.category != ALLOW and not term.pattern:
            protected = allowed.get(visible[term.text], {})
            if rival := protected.get(ANYWHERE) or protected.get(term.category):
                yield TermError(term.file, term.line, f"{term.text!r} is allowed at {rival.file}:{rival.line}")


def _nested(terms: Sequence[Term], visible: Mapping[str, str]) -> Iterator[LoadError]:
    places = {visible[text]: term for term in terms for text in (term.anchors if term.pattern else (term.text,))}
    depth, word = nesting(list(places))
    if depth > MAX_NESTING:
        term = places[word]
        yield TermError(term.file, term.line, f"{depth} terms end like {word!r}; at most {MAX_NESTING} may")


def check_codes(codes: CodeRules, folding: Folding) -> Iterator[LoadError]:
    """Cue words that would stand everywhere, because nothing of them is left, or nowhere, because there are none."""
    for field in fields(codes):
        cues: tuple[str, ...] = getattr(codes, field.name)
        if not cues or not all(map(folding.plain, cues)):
            yield LoadError("codes.toml", 1, f"{field.name} is empty or holds a word that folds to nothing")


def check_words(listed: Mapping[str, Iterable[str]], source: Document, folding: Folding) -> Iterator[LoadError]:
    """Words of a named list of which nothing is left."""
    for name, words in listed.items():
        for word in words:
            if not word.startswith("<") and not folding.plain(word):
                line = source.line(f'"{word}"', source.line(f"{name} ="))
                yield LawError(source.name, line, f"{name}: the word {word!r} folds to nothing")


def check_claims(
    claims: Claims, source: Document, names: Mapping[str, Container[str]], folding: Folding
) -> Iterator[LoadError]:
    """Rows of the claims table that name what is not there, or cue words of which nothing is left.

    ``names`` are the known ``categories``, ``laws`` and term ``families``.
    """
    for rule in claims.rules:
        for word, line, reason in (*_unknown_in(rule, names), *_lost_in(rule, folding)):
            yield LawError(source.name, source.line(f'"{word}"', line), f"{rule.code} {reason}")


def _unknown_in(rule: ClaimRule, names: Mapping[str, Container[str]]) -> Iterator[tuple[str, int, str]]:
    for code in sorted(rule.categories):
        if code not in names["categories"]:
            yield code, rule.line, f"is for the unknown category {code!r}"
    for ref in rule.laws:
        if ref not in names["laws"]:
            yield ref, rule.line, f"cites {ref!r}, which laws.toml does not have"
    for setting in rule.settings:
        for family in setting.hits:
            if _FAMILY.fullmatch(family) and family not in names["families"]:
                yield family, setting.line, f"is about the family {family!r}, which no term has"


def _lost_in(rule: ClaimRule, folding: Folding) -> Iterator[tuple[str, int, str]]:
    for setting in rule.settings:
        for word in (word for listed in (*setting.needs.values(), *setting.bars.values()) for word in listed):
            if not word.startswith(("<", "^", "$")) and not folding.plain(word):
                yield word, setting.line, f"has the cue {word!r}, which folds to nothing"


class Tried(NamedTuple):
    """An example that was judged: whether it was to be found, whether it was, and whose it is."""

    file: str
    line: int
    term: str
    wanted: bool
    found: bool
    sentence: str


def tried_examples(engine: Engine, listed: Iterable[Term]) -> Iterator[Tried]:
    """Every ``hit`` and ``miss`` example of these terms, judged by the whole engine with all its line expands to."""
    lines: dict[tuple[str, int], list[Term]] = defaultdict(list)
    for term in listed:
        if term.hits or term.misses:
            lines[term.file, term.line].append(term)
    for (file, line), terms in lines.items():
        for examples, wanted in ((terms[0].hits, True), (terms[0].misses, False)):
            for text in examples:
                yield Tried(file, line, terms[0].text, wanted, _found(engine, terms, text), text)


def check_lines(engine: Engine, listed: Iterable[Term]) -> list[LoadError]:
    """The examples of some terms that contradict their lines."""
    return [
        TermError(
            one.file,
            one.line,
            f"{one.term!r} {'does not find' if one.wanted else 'finds'} its example {one.sentence!r}",
        )
        for one in tried_examples(engine, listed)
        if one.found is not one.wanted
    ]


def check_rewrites(engine: Engine) -> Iterator[LoadError]:
    """Wordings that the engine itself would not let pass, alone, in an advertisement."""
    rewrites = engine.ruleset.rewrites
    told = [wording for entry in rewrites.entries for wording in entry.wordings]
    for wording in (*told, *rewrites.additions.values()):
        part = Part("text", wording.text.replace(REST, ""))
        found = engine.examine(Content(scene=Scene.LIVE_SPEECH, parts=(part,), at=EXAMPLE_DAY)).conclude()
        if found.action is not Action.PASS:
            reason = f"the wording {wording.text!r} does not pass: {found.evidence[0].rule}"
            yield LawError("rewrites.toml", wording.line, reason)


def advertised(text: str, scene: Scene) -> Content:
    """A seller's text with a commercial purpose, as examples and lexicons are tried on it."""
    author = Author(role=Role.SELLER)
    return Content(scene=scene, parts=(Part("text", text),), at=EXAMPLE_DAY, commercial=True, author=author)


def _found(engine: Engine, terms: Sequence[Term], text: str) -> bool:
    """Whether one of the terms stands (or, for allow terms, protects) in an example, in a scene where it lives."""
    rules = {term.id for term in terms}
    for scene in terms[0].scenes or (Scene.AD, Scene.LIVE_CHAT):
        verdict = engine.examine(advertised(text, scene)).conclude()
        named = {item.rule for item in verdict.evidence} | {item.note for item in verdict.exemptions}
        if not rules.isdisjoint(named):
            return True
    return False
