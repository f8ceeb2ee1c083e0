"""Sentences beside the shipped terms (``lexicons/examples``): hits are found, misses are not, severe terms have both.

A file is named by its category. Its first line is a comment, the others are ``term<TAB>hit|miss<TAB>sentence``.
"""

from __future__ import annotations

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
    return frozenset().union(*(term.scenes or frozenset({Scene.AD}) for term in terms)) or frozenset({Scene.AD})


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
        scenes = scenes_of(terms[category, term])  # a word that a wider rule finds is no term of its own
        verdict = judge(shipped, sentence, Scene.AD if Scene.AD in scenes else min(scenes))
        found = [item for item in verdict.evidence if item.category == category]
        if hit and (not found or verdict.action is Action.PASS):
            wrong.append(f"{path.name}:{line}: {term} is not found in {sentence}")
        if not hit and any(item.weight >= COUNTS for item in found):
            wrong.append(f"{path.name}:{line}: {term} is found in {sentence}")
    assert not wrong, "\n".join(wrong)


def test_every_severe_advertising_line_has_a_hit_and_a_miss(shipped_ruleset) -> None:
    """A line that stands for many terms (braces, lists) is one rule: one sentence of each kind shows what it means."""
    beside = {(path.stem, item.term, item.hit) for path in FILES for item in read(path)}
    lacking = [
        f"{terms[0].file}:{terms[0].line}: {terms[0].text} has no {name}"
        for terms in wanting(shipped_ruleset)
        for name, own, hit in (("hit", terms[0].hits, True), ("miss", terms[0].misses, False))
        if not own and not any((term.category, term.text, hit) in beside for term in terms)
    ]
    assert not lacking, f"{len(lacking)}:\n" + "\n".join(lacking)


def wanting(ruleset):
    """The lines whose terms must have examples, each with all that it expands to."""
    lines = defaultdict(list)
    for term in ruleset.terms:
        category = ruleset.categories.get(term.category)
        if term.category == ALLOW or category is None or category.group != "advertising":
            continue
        severity = category.severity if term.severity is None else term.severity
        if severity >= SEVERE and term.weight >= COUNTS:
            lines[term.file, term.line].append(term)
    return lines.values()
