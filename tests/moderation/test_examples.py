"""Sentences beside the shipped terms (``lexicons/examples``): hits are found, misses are not, severe terms have both.

A file is named by its category. Its first line is a comment, the others are ``term<TAB>hit|miss<TAB>sentence``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from moderation.check import EXAMPLE_DAY
from moderation.lexicon import ALLOW
from moderation.load import LEXICONS
from moderation.types import Action, Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = LEXICONS / "examples"
FILES = sorted(FOLDER.glob("*.tsv"))
COUNTS = 40
"""Evidence of less weight is a hint and flags nothing."""
SEVERE = 3
_PRODUCT = re.compile(r"(?<!\\)\{[^{}]*@")
"""A term line that takes alternatives from a named list: nobody writes sentences for each of those."""


class Example(NamedTuple):
    line: int
    term: str
    hit: bool
    sentence: str


def read(path: Path) -> list[Example]:
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("#"), f"{path.name}:1: the first line is a comment"
    found = []
    for number, line in enumerate(lines, start=2):
        if not line:
            continue
        cells = line.split("\t")
        assert len(cells) == 3 and cells[1] in {"hit", "miss"}, f"{path.name}:{number}: term, hit or miss, sentence"
        found.append(Example(number, cells[0], cells[1] == "hit", cells[2]))
    return found


def scenes_of(terms) -> frozenset[Scene]:
    """Where a term is sought: an example is judged in one scene, an advertisement if that is possible."""
    return frozenset().union(*(term.scenes or frozenset({Scene.AD}) for term in terms))


def judge(shipped, sentence: str, scene: Scene):
    author = Author(role=Role.SELLER)
    content = Content(scene=scene, parts=(Part("text", sentence),), at=EXAMPLE_DAY, commercial=True, author=author)
    return shipped.examine(content).conclude()


@pytest.fixture(scope="module")
def terms(shipped_ruleset):
    """The literal terms by category and text."""
    found = defaultdict(list)
    for term in shipped_ruleset.terms:
        found[term.category, term.text].append(term)
    return found


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_examples_hold(path, shipped, terms) -> None:
    category, wrong = path.stem, []
    assert category in shipped.ruleset.categories
    for line, term, hit, sentence in read(path):
        if not (known := terms[category, term]):
            wrong.append(f"{path.name}:{line}: {term} is no term of {category}")
            continue
        scenes = scenes_of(known)
        verdict = judge(shipped, sentence, Scene.AD if Scene.AD in scenes else min(scenes))
        found = [item for item in verdict.evidence if item.category == category]
        if hit and (not found or verdict.action is Action.PASS):
            wrong.append(f"{path.name}:{line}: {term} is not found in {sentence}")
        if not hit and any(item.weight >= COUNTS for item in found):
            wrong.append(f"{path.name}:{line}: {term} is found in {sentence}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(not FILES, reason="lexicons/examples is not there yet")
def test_every_severe_advertising_term_has_a_hit_and_a_miss(shipped_ruleset) -> None:
    beside = {path.stem: read(path) for path in FILES}
    hits = {(category, item.term) for category, found in beside.items() for item in found if item.hit}
    misses = {(category, item.term) for category, found in beside.items() for item in found if not item.hit}
    lacking = [
        f"{term.file}:{term.line}: {term.text} has no {name}"
        for term in wanting(shipped_ruleset)
        for name, own, listed in (("hit", term.hits, hits), ("miss", term.misses, misses))
        if not own and (term.category, term.text) not in listed
    ]
    assert not lacking, f"{len(lacking)}:\n" + "\n".join(lacking[:200])


def wanting(ruleset):
    """The literal terms that must have examples."""
    lines = {}
    for term in ruleset.terms:
        category = ruleset.categories.get(term.category)
        if term.category == ALLOW or term.pattern or category is None or category.group != "advertising":
            continue
        severity = category.severity if term.severity is None else term.severity
        if severity < SEVERE or term.weight < COUNTS:
            continue
        if term.file not in lines:
            lines[term.file] = (LEXICONS / term.file).read_text(encoding="utf-8").splitlines()
        if not _PRODUCT.search(lines[term.file][term.line - 1].split("|")[0]):
            yield term
