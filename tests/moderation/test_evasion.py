"""Evasion: nine ways to disguise 200 shipped terms, each found with the exact stretch of the original.

What no form can disguise is left out: a term that holds a symbol is sought with its symbols, so nothing may stand in
between; digits repeat for a reason, and a term that repeats a letter itself is no other when all letters are doubled.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from moderation.lexicon import ALLOW
from moderation.types import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from moderation.lexicon import Term

    Form = Callable[[str, random.Random], str]

TERMS = 200
SEED = 20261122
BLOCKING = 80
CARRIERS = (
    ("今天给大家说说，", "，欢迎来看。"),
    ("昨晚新上的：", "。今天也有"),
    ("老板在直播间讲——", "——请听好"),
    ("", "！就是这样"),
    ("姐妹们看这里——", ""),
)
"""What stands around a term. Marks, so that no dictionary word reaches from the carrier into the term; nothing that
quotes, asks or denies, as these change what the term says."""
EMOJI = ("🔥", "👍🏽", "❤️", "👨‍👩‍👧", "🇨🇳")
ASCII_SYMBOLS = "*#-_+~|/.="
WIDE_SYMBOLS = "＊＃－＿＋～｜／．＝"
FORMS = (
    "full-width", "traditional", "zero-width", "spaces", "ASCII symbols", "full-width symbols", "emoji", "repeats",
    "mixed case",
)  # fmt: skip
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def between(choices: str | tuple[str, ...]) -> Form:
    """Puts one thing between every two characters of a term that holds no symbols itself."""

    def disguise(term: str, chance: random.Random) -> str:
        if not term.isalnum():
            return term
        return "".join(char + chance.choice(choices) for char in term[:-1]) + term[-1]

    return disguise


def full_width(term: str, _chance: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in term)


def doubled(term: str, _chance: random.Random) -> str:
    if any(char.isdigit() for char in term) or any(left == right for left, right in pairwise(term.lower())):
        return term
    return "".join(char * 2 for char in term)


def mixed_case(term: str, chance: random.Random) -> str:
    letters = [place for place, char in enumerate(term) if char.upper() != char]
    upper = set(chance.sample(letters, chance.randint(1, len(letters)))) if letters else set()
    return "".join(char.upper() if place in upper else char for place, char in enumerate(term))


@pytest.fixture(scope="module")
def terms(shipped_ruleset) -> list[Term]:
    """Terms that count without company, in an order of chance that is the same every time."""
    found = [
        term
        for term in shipped_ruleset.terms
        if term.category != ALLOW
        and not term.pattern
        and not term.condition.guards
        and term.weight >= BLOCKING
        and not (term.effective_from or term.effective_until)
    ]
    random.Random(SEED).shuffle(found)
    return found


@pytest.fixture(scope="module")
def latin_court(court):
    """An engine with 200 made-up terms of letters, digits and Han: the shipped ones hold few letters."""
    chance = random.Random(SEED)
    terms: dict[str, None] = {}
    while len(terms) < TERMS:
        terms["".join(chance.choice("bcdfgkmqvwxz56789微信群薇店") for _ in range(chance.randint(3, 6)))] = None
        terms = {term: None for term in terms if any(char.isascii() and char.isalpha() for char in term)}
    return court("\n".join(terms))


@pytest.fixture(scope="module")
def forms(shipped_ruleset) -> dict[str, Form]:
    folding = shipped_ruleset.folding
    written = {
        simple: char for char, simple in folding.simplified.items() if folding.plain(char) == folding.plain(simple)
    }
    return {
        "full-width": full_width,
        "traditional": lambda term, _chance: "".join(written.get(char, char) for char in term),
        "zero-width": between(tuple(INVISIBLE)),
        "spaces": between(" "),
        "ASCII symbols": between(tuple(ASCII_SYMBOLS)),
        "full-width symbols": between(tuple(WIDE_SYMBOLS)),
        "emoji": between(EMOJI),
        "repeats": doubled,
        "mixed case": mixed_case,
    }


def scene_of(term: Term, ruleset) -> Scene:
    category = ruleset.categories[term.category]
    live = (scene for scene in Scene if category.applies(scene, advertising=True))
    return next(scene for scene in live if scene in (term.scenes or Scene))


def disguise_all(engine, content, terms, form: Form) -> tuple[int, list]:
    """How many terms the form could disguise, and what of that was not found where it stands."""
    chance, tried, missed = random.Random(SEED), 0, []
    for term in terms:
        disguised = form(term.text, chance)
        if disguised == term.text:
            continue
        before, after = chance.choice(CARRIERS)
        asked = content(before + disguised + after, scene=scene_of(term, engine.ruleset), commercial=True)
        found = {(item.category, item.span.start, item.span.end) for item in engine.examine(asked).evidence}
        if (term.category, len(before), len(before) + len(disguised)) not in found:
            missed.append((term.text, asked.parts[0].text, found))
        if (tried := tried + 1) == TERMS:
            break
    return tried, missed


@pytest.mark.parametrize("form", FORMS)
def test_a_disguised_shipped_term_is_found_with_its_exact_span(form, forms, terms, shipped, content) -> None:
    tried, missed = disguise_all(shipped, content, terms, forms[form])
    assert missed == []
    assert tried == TERMS or form in {"full-width", "mixed case"}


@pytest.mark.parametrize("form", ["full-width", "mixed case", "zero-width", "spaces", "emoji"])
def test_a_disguised_term_with_latin_letters_is_found_with_its_exact_span(form, forms, latin_court, content) -> None:
    tried, missed = disguise_all(latin_court, content, latin_court.ruleset.terms, forms[form])
    assert (tried, missed) == (TERMS, [])


def test_a_form_that_nothing_sees_through_would_be_noticed(terms, shipped, content) -> None:
    tried, missed = disguise_all(shipped, content, terms, lambda term, _chance: "囧吧".join(term))
    assert len(missed) == tried == TERMS


def test_a_span_that_is_off_by_one_would_be_noticed(terms, shipped, content) -> None:
    tried, missed = disguise_all(shipped, content, terms, lambda term, _chance: f"{term}。")
    assert len(missed) == tried == TERMS
