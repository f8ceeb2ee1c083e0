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
from moderation.ruleset import ClaimKind
from moderation.types import REGIME, SHANGHAI, Action, Author, Content, Part, Role, Scene
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from moderation.engine import Engine
    from moderation.lexicon import Condition, Term
    from moderation.ruleset import Article, Category, ClaimRule, Claims, CodeRules
    from moderation.tables import Document
    from moderation.text.fold import Folding
    from moderation.told import Told

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
    amiss: list[LoadError] = []
    for term in terms:
        if (same := of_line(term)) != line:
            line, amiss = same, [*_wrong_line(term, categories, laws, odd)]
        yield from (type(error)(term.file, term.line, error.told) for error in amiss)
        if told := _wrong_words(term, visible, folding) or _wrong_pattern(term):
            yield TermError(term.file, term.line, told)
    yield from _duplicates(terms)
    yield from _conflicts(terms, visible)
    yield from _nested(terms, visible)


def check_grounds(terms: Iterable[Term], claims: Claims) -> Iterator[LoadError]:
    """Allow terms that stand for what is no exemption of the claims table."""
    known = {rule.code for rule in claims.rules if rule.kind is ClaimKind.EXEMPTION}
    for term in terms:
        if term.grounds and term.grounds not in known:
            yield TermError(term.file, term.line, wrong("unknown_value", key="as", value=term.grounds))


def _wrong_line(
    term: Term, categories: Mapping[str, Category], laws: Mapping[str, Article], odd: frozenset[str]
) -> Iterator[LoadError]:
    """What is wrong with a term but for its word."""
    names = {term.category} if term.protects is None else term.protects - {ANYWHERE}
    if unknown := sorted(names - categories.keys()):
        yield TermError(term.file, term.line, wrong("unknown_category", code=unknown[0]))
    for ref in term.laws or ():
        if ref not in laws:
            yield LawError(term.file, term.line, wrong("no_law", ref=ref))
    if told := _wrong_condition(term.condition, odd):
        yield TermError(term.file, term.line, told)


def _wrong_words(term: Term, visible: Mapping[str, str], folding: Folding) -> Told | None:
    for text in term.anchors if term.pattern else (term.text,):
        word = visible[text]
        if len(word) > 1 and word.isalnum():
            continue  # as nearly all are
        plain = folding.plain(text)
        if not word.strip() or (term.pattern and not plain):  # patterns are sought in the folded text
            return wrong("lost", text=text)
        letters = plain if plain == word else word
        if len(letters) == 1 and unicodedata.category(letters)[0] in "LN" and not term.condition.guards:
            return wrong("one_character", text=text)
    return None


def _odd_words(terms: Iterable[Term], folding: Folding) -> frozenset[str]:
    """Words of conditions that need a closer look: tokens, and those of which folding leaves nothing."""
    words: set[str] = set()
    for condition in conditions(terms):
        words.update(*(getattr(condition, field.name) for field in fields(condition)))
    return frozenset(word for word in words if word.startswith("<") or not folding.plain(word))


def _wrong_condition(condition: Condition, odd: frozenset[str]) -> Told | None:
    cues = (*condition.near, *condition.sentence, *condition.with_, *condition.unless, *condition.without)
    beside = {*condition.next} - {"$"} | {*condition.prev} - {"^"} | {*condition.not_next, *condition.not_prev}
    for word in (*filter(odd.__contains__, cues), *sorted(odd & beside)):
        if not word.startswith("<"):
            return wrong("condition_lost", word=word)
        if word not in TOKENS or word in beside:
            return wrong("condition_token", word=word, known=", ".join(TOKENS))
    return None


def _wrong_pattern(term: Term) -> Told | None:
    if not term.pattern:
        return None
    try:
        compiled(term.text)
    except PatternRefused as refused:
        return refused.told
    return None


def _duplicates(terms: Sequence[Term]) -> Iterator[LoadError]:
    seen: dict[tuple[str, str], Term] = {}
    for term in terms:
        first = seen.setdefault((term.category, term.text), term)
        if first is not term and term.condition == first.condition:
            yield TermError(term.file, term.line, wrong("stands_at", text=term.text, file=first.file, line=first.line))


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
                yield TermError(
                    term.file, term.line, wrong("allowed_at", text=term.text, file=rival.file, line=rival.line)
                )


def _nested(terms: Sequence[Term], visible: Mapping[str, str]) -> Iterator[LoadError]:
    places = {visible[text]: term for term in terms for text in (term.anchors if term.pattern else (term.text,))}
    depth, word = nesting(list(places))
    if depth > MAX_NESTING:
        term = places[word]
        yield TermError(term.file, term.line, wrong("nested", depth=depth, word=word, most=MAX_NESTING))


def check_codes(codes: CodeRules, folding: Folding) -> Iterator[LoadError]:
    """Cue words that would stand everywhere, because nothing of them is left, or nowhere, because there are none."""
    for field in fields(codes):
        cues: tuple[str, ...] = getattr(codes, field.name)
        if not cues or not all(map(folding.plain, cues)):
            yield LoadError("codes.toml", 1, wrong("codes_empty", key=field.name))


def check_words(listed: Mapping[str, Iterable[str]], source: Document, folding: Folding) -> Iterator[LoadError]:
    """Words of a named list of which nothing is left."""
    for name, words in listed.items():
        for word in words:
            if not word.startswith("<") and not folding.plain(word):
                line = source.line(f'"{word}"', source.line(f"{name} ="))
                yield LawError(source.name, line, wrong("of", what=name, why=wrong("word_lost", word=word)))


def check_claims(
    claims: Claims, source: Document, names: Mapping[str, Container[str]], folding: Folding
) -> Iterator[LoadError]:
    """Rows of the claims table that name what is not there, or cue words of which nothing is left.

    ``names`` are the known ``categories``, ``laws`` and term ``families``.
    """
    for rule in claims.rules:
        for word, line, why in (*_unknown_in(rule, names), *_lost_in(rule, folding)):
            yield LawError(source.name, source.line(f'"{word}"', line), wrong("of_rule", what=rule.code, why=why))


def _unknown_in(rule: ClaimRule, names: Mapping[str, Container[str]]) -> Iterator[tuple[str, int, Told]]:
    for code in sorted(rule.categories):
        if code not in names["categories"]:
            yield code, rule.line, wrong("for_category", code=code)
    for ref in rule.laws:
        if ref not in names["laws"]:
            yield ref, rule.line, wrong("no_law", ref=ref)
    for setting in rule.settings:
        for family in setting.hits:
            if _FAMILY.fullmatch(family) and family not in names["families"]:
                yield family, setting.line, wrong("no_family", family=family)


def _lost_in(rule: ClaimRule, folding: Folding) -> Iterator[tuple[str, int, Told]]:
    for setting in rule.settings:
        for word in (word for listed in (*setting.needs.values(), *setting.bars.values()) for word in listed):
            if not word.startswith(("<", "^", "$")) and not folding.plain(word):
                yield word, setting.line, wrong("cue_lost", word=word)


class Tried(NamedTuple):
    """An example that was judged: whether it was to be found, whether it was, and whose it is."""

    file: str
    line: int
    term: str
    wanted: bool
    found: bool
    sentence: str

    @property
    def error(self) -> TermError:
        """What the loader says of an example that contradicts its line."""
        code = "example_not_found" if self.wanted else "example_found"
        return TermError(self.file, self.line, wrong(code, term=self.term, sentence=self.sentence))


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
    return [one.error for one in tried_examples(engine, listed) if one.found is not one.wanted]


def check_rewrites(engine: Engine) -> Iterator[LoadError]:
    """Wordings that the engine itself would not let pass, alone, in an advertisement."""
    rewrites = engine.ruleset.rewrites
    told = [wording for entry in rewrites.entries for wording in entry.wordings]
    for wording in (*told, *rewrites.additions.values()):
        part = Part("text", wording.text.replace(REST, ""))
        found = engine.examine(Content(scene=Scene.LIVE_SPEECH, parts=(part,), at=EXAMPLE_DAY)).conclude()
        if found.action is not Action.PASS:
            why = wrong("wording_fails", text=wording.text, rule=found.evidence[0].rule)
            yield LawError("rewrites.toml", wording.line, why)


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
        named |= {item.rule for item in verdict.exemptions if item.code == REGIME}  # its place is told by another
        if not rules.isdisjoint(named):
            return True
    return False
