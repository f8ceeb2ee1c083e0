"""Experts in court: the wordings that one is asked about, what its scores count for, and what it doubts.

A score never blocks. A doubt lets go of what the rules themselves would have had a person look at, a denial of more.
A wording is a part as it stands, without the ornaments that tear its words apart, or with its disguises restored where
the reading saw any, and what its markup hides; the largest score counts. All keep the marks between clauses: a model
learns from sentences.
Single characters written otherwise (case, width, look-alikes) are the model's own business: its tables travel with it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from moderation.lexicon import ALLOW, OWN
from moderation.surgery import clause_around
from moderation.text.direction import ACROSTIC
from moderation.text.fold import CLAUSE_MARKS, SENTENCE_MARK
from moderation.text.markup import REFERRED, UNSEEN
from moderation.text.reading import DISGUISED
from moderation.text.view import View
from moderation.types import (
    ALLOWED,
    BOUNDARY,
    DENIED,
    DOUBTED,
    LEXICON,
    NAMED,
    REGIME,
    SEVERE,
    UNSURE,
    Action,
    Evidence,
    Exemption,
    Opinion,
    Span,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.detect.terms import Findings
    from moderation.policy import ScenePolicy
    from moderation.ruleset import Category, Ruleset
    from moderation.text.reading import PartReading, Reader
    from moderation.types import Content, Score

CLEAR = 3
"""So many words of one category, none in another, are no accident."""
LEAST, SHOUT = 7, 4
"""Texts of fewer Han characters are shouts, on which a model mostly guesses; those of fewer than four are not read."""
OF_SHOUTS = frozenset({"abuse"})
"""The heads that are heard on shouts: an insult needs no more than four characters, and is told from praise in them."""
_HAN = re.compile("[\u3400-\u9fff]")
LISTED = 20
"""What it weighs where it adds nothing: a rule says the same already, or the law exempts what it is about."""
AROUND, MOST_AROUND = 20, 8
"""So many characters of its sentence on each side of a finding are read by themselves, so that nothing else that a text
says outweighs them; where more such stretches differ nobody doubts."""
UNREAD = frozenset({ACROSTIC, "parts"})
"""Disguises of which no wording shows what they hide."""
ADVERTISING = "advertising"
INSULTS = {"violence": "abuse", "self_harm": "abuse"}
"""Heads that insults sound like to a model, and the head of insults."""
CLEARER = 20
"""So many thousandths surer it is an insult and no threat (你这种人活着就是浪费空气)."""


class Wording(NamedTuple):
    """One way to read a part. ``view`` knows where its characters stood, ``places`` which of the view they are."""

    part: str
    text: str
    shouts: bool
    view: View | None = None
    places: Sequence[int] = ()

    def span(self, start: int, end: int) -> Span:
        """Where ``text[start:end]`` stands in the original part."""
        if self.view is not None and start < end:
            start, end = self.view.span(self.places[start], self.places[end - 1] + 1)
        return Span(self.part, start, end)

    def folds(self, start: int, end: int) -> tuple[str, ...]:
        """What was seen through within ``text[start:end]``."""
        line = self.view.line if self.view is not None else None
        if line is None or start >= end:
            return ()
        return line.disguises(self.places[start], self.places[end - 1] + 1)


def says_something(text: str) -> bool:
    """Whether a folded text is a sentence rather than a number, a name or a shout."""
    return _letters(text) >= LEAST


def _letters(text: str) -> int:
    return len(_HAN.findall(text))


def wordings(reading: Sequence[PartReading], reader: Reader) -> list[Wording]:
    """What an expert is to read of a content: every part that says something, bared and restored where that differs."""
    found = []
    for part in reading:
        if (letters := _letters(part.text)) >= SHOUT:
            found.append(_visible(part.name, part.source, shouts=letters < LEAST))
            if (bare := reader.bare(part)) is not None:
                found.append(Wording(part.name, bare.text, letters < LEAST, bare, range(len(bare.text))))
        if part.aside and (letters := _letters(part.aside)) >= SHOUT:
            found.append(_visible(part.name, part.aside, shouts=letters < LEAST))
        if part.look & DISGUISED:
            view = reader.restored(part)
            if view is not None and (letters := _letters(view.text)) >= SHOUT:
                found.append(_with_marks(part.name, view, shouts=letters < LEAST))
    return found


def surroundings(reading: Sequence[PartReading], evidence: Sequence[Evidence], policy: ScenePolicy) -> list[str] | None:
    """What its sentence says around each term that counts, where that is not its whole part; ``None`` for too many."""
    sources = {part.name: (part.source, part.aside) for part in reading}
    found: dict[str, None] = {}
    for item in evidence:
        if item.source == LEXICON and item.weight >= policy.review_at:
            source, aside = sources[item.span.part]
            start, end = item.span.start, item.span.end
            if aside and source[start] == UNSEEN:
                source = aside
            before = SENTENCE_MARK.split(source[max(0, start - AROUND) : start])[-1]
            behind = SENTENCE_MARK.split(source[end : end + AROUND])[0]
            around = before + source[start:end] + behind
            if around != source:
                found[around] = None
    return list(found) if len(found) <= MOST_AROUND else None


def _visible(part: str, source: str, *, shouts: bool) -> Wording:
    """A text as it stands, without what fills the places of markup."""
    if UNSEEN not in source and REFERRED not in source:
        return Wording(part, source, shouts)
    kept = [place for place, char in enumerate(source) if char not in {UNSEEN, REFERRED}]
    text = "".join([source[place] for place in kept])
    view = View("shown", source, text, [])
    view.place(kept, kept)
    return Wording(part, text, shouts, view, range(len(text)))


def _with_marks(part: str, view: View, *, shouts: bool) -> Wording:
    """A restored text with the marks between its clauses, which folding deleted."""
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for place, gap in (*view.gaps(0, len(view.text)), (len(view.text), "")):
        marks = "".join([mark for mark in gap if mark in CLAUSE_MARKS])
        pieces += (view.text[done:place], marks)
        places += (*range(done, place), *(place - 1 for _ in marks))
        done = place
    return Wording(part, "".join(pieces), shouts, view, places)


def testimony(
    opinion: Opinion, content: Content, policy: ScenePolicy, ruleset: Ruleset, findings: Findings
) -> Iterator[Evidence]:
    """The scores of an opinion as evidence, as far as the scene hears them.

    A score counts unless evidence that counts stands for the same already, something of the same is excused, or the
    rules name something in the sentence that it is about (ADR 34). Categories of advertising law are the same here:
    one head speaks for them all. ``findings`` are what doubts have left.
    """
    heads = policy.experts.get(opinion.source, {})
    advertising = policy.is_advertising(content)
    named = [
        item
        for item in findings.evidence
        if item.weight >= policy.review_at
        and policy.action_for(item, ruleset.categories[item.category]) >= Action.REVIEW
    ]
    surety = {score.head: score.score for score in opinion.scores}
    for score in opinion.scores:
        category = ruleset.categories.get(heads.get(score.head, ""))
        if surety.get(INSULTS.get(score.head, ""), 0) >= score.score + CLEARER:
            continue
        if category is None or not category.applies(content.scene, advertising=advertising):
            continue
        idle = (
            _stands(category, policy, ruleset, findings)
            or _excused(category, score, policy, ruleset, findings)
            or _explained(category, score, named, content, policy)
        )
        weight = min(LISTED, policy.review_at - 1) if idle else UNSURE
        if weight:
            yield Evidence(
                opinion.source,
                category.code,
                f"{opinion.source}.{score.head}",
                category.severity,
                _clause(content, score.span),
                score.folds,
                weight=weight,
                note=opinion.expert,
                facts=(("score_milli", score.score), ("threshold_milli", score.threshold), *opinion.facts),
            )


def doubted(
    opinion: Opinion, evidence: Sequence[Evidence], content: Content, policy: ScenePolicy, ruleset: Ruleset
) -> tuple[list[Evidence], list[Exemption]]:
    """What is left of the evidence after the doubts of an opinion, and what they let go.

    They reach terms of the shared lexicon alone: a tenant's own words, numbers and duties are no matter of opinion.
    What is firm or severe must be denied, and stand there undisguised: a model knows fewer disguises than the rules.
    What no wording shows it cannot doubt, nor what it reads in pieces (《祛》《斑》), nor a category of which many
    words speak.
    """
    doubts, denies = frozenset(opinion.doubts), frozenset(opinion.denies)
    clear = _clear(evidence, policy)
    left: list[Evidence] = []
    gone: list[Exemption] = []
    for item in evidence:
        heads = ruleset.categories[item.category].doubted_by
        firm = item.weight >= policy.block_at or item.severity >= SEVERE
        open_ = item.source == LEXICON and not item.rule.startswith(f"{OWN}.") and not (firm and item.folds)
        open_ = open_ and UNREAD.isdisjoint(item.folds) and not (item.folds and _in_pieces(content, item.span))
        open_ = open_ and item.category not in clear
        if open_ and heads and (denies if firm else doubts).issuperset(heads):
            code = DENIED if firm else DOUBTED
            gone.append(Exemption(item.category, item.rule, item.span, code, opinion.expert))
        else:
            left.append(item)
    return left, gone


def _clear(evidence: Sequence[Evidence], policy: ScenePolicy) -> set[str]:
    """The categories of which so many words speak, apart from one another, that no opinion outweighs them."""
    apart: Counter[str] = Counter()
    ends: dict[tuple[str, str], int] = {}
    for item in sorted(evidence, key=lambda item: item.span.end):
        place = item.category, item.span.part
        if item.weight >= policy.review_at and item.span.start >= ends.get(place, 0):
            ends[place] = item.span.end
            apart[item.category] += 1
    return {category for category, count in apart.items() if count >= CLEAR}


def _in_pieces(content: Content, span: Span) -> bool:
    """Whether something stands between every two characters of a stretch; one mark between two may part words."""
    gaps = _HAN.split(content.text_of(span.part)[span.start : span.end])[1:-1]
    return len("".join(gaps)) > 1 and not any(not gap or gap.isalnum() for gap in gaps)


def _stands(category: Category, policy: ScenePolicy, ruleset: Ruleset, findings: Findings) -> bool:
    return any(
        item.weight >= policy.review_at and is_one_matter(category, ruleset.categories[item.category])
        for item in findings.evidence
    )


def _excused(category: Category, score: Score, policy: ScenePolicy, ruleset: Ruleset, findings: Findings) -> bool:
    """Whether something of the category is excused.

    The law excuses, an allowed word or the number of an order that the score's stretch touches, and a guard, which
    reads words alone: above ``insist_above`` it is not believed, unless it is certain and the stretch touches what it
    excuses. What is certain and so touched is excused to every head that knows its category.
    """
    sure, claims = score.score > policy.insist_above, ruleset.claims
    for item in findings.exemptions:
        if item.code in {BOUNDARY, REGIME} or (sure and item.code in claims.guards):
            continue
        told = item.code in {ALLOWED, NAMED} or item.note.startswith(f"{ALLOW}.")
        near = told or (sure and item.code in claims.certain)
        if near and not item.span.touches(score.span):
            continue
        of, beside = ruleset.categories[item.category], item.span.touches(score.span)
        if is_one_matter(category, of) or (beside and item.code in claims.certain and score.head in of.doubted_by):
            return True
    return False


def _explained(
    category: Category, score: Score, named: Iterable[Evidence], content: Content, policy: ScenePolicy
) -> bool:
    """Whether the sentence that a score is about holds words that the rules name something else for.

    That must be as grave, or the score no more than ``insist_above``.
    """
    return any(
        (item.severity >= category.severity or score.score <= policy.insist_above)
        and _in_one_sentence(content, item.span, score.span)
        for item in named
    )


def _in_one_sentence(content: Content, one: Span, other: Span) -> bool:
    """Whether two stretches touch, or stand near each other with no end of a sentence between them."""
    if one.part != other.part:
        return False
    text = content.text_of(one.part)
    between = text[min(one.end, other.end) : max(one.start, other.start)]
    return len(between) <= AROUND and SENTENCE_MARK.search(between) is None


def _clause(content: Content, span: Span) -> Span:
    """The clause around what a model found telling, whose pieces of words nobody can read: no more than so much."""
    text = content.text_of(span.part)
    start, end = clause_around(text, span.start, span.end)
    return Span(span.part, max(start, span.start - AROUND), min(end, span.end + AROUND))


def is_one_matter(one: Category, other: Category) -> bool:
    """Whether two categories are one to an expert: a single head speaks for advertising law."""
    return one.code == other.code or one.group == other.group == ADVERTISING
