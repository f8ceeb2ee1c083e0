"""Sentences beside the shipped terms (``lexicons/examples``): hits are found, misses are not, severe terms have both.

A file is named by its category. Its first line is a comment, the others are ``term<TAB>hit|miss<TAB>sentence``.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from moderation.check import check_lines, check_rewrites
from moderation.detect.rule import HINT
from moderation.examples import beside
from moderation.lexicon import ALLOW
from moderation.load import LEXICONS

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = LEXICONS / "examples"
FILES = sorted(FOLDER.glob("*.tsv"))
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


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_examples_hold(path, shipped) -> None:
    assert path.stem in shipped.ruleset.categories
    tried = list(beside(shipped, path.stem, path.name, path.read_text(encoding="utf-8")))
    assert len(tried) == len(read(path))
    wrong = [
        f"{one.file}:{one.line}: {one.term} is {'not ' if one.wanted else ''}found in {one.sentence}"
        for one in tried
        if one.found is not one.wanted
    ]
    assert not wrong, "\n".join(wrong)


def test_lines_hold_their_own_examples(shipped) -> None:
    assert [*check_lines(shipped, shipped.ruleset.terms), *check_rewrites(shipped)] == []


@pytest.mark.parametrize("line", ["国家级\thit", "国家级\tmaybe\t国家级配方", "国家级 hit 国家级配方"])
def test_a_line_that_is_no_example_is_told(shipped, line) -> None:
    (error,) = beside(shipped, "absolute_claim", "x.tsv", f"# examples\n\n{line}\n")
    assert str(error).startswith("x.tsv:3: is not term")


def test_an_example_that_does_not_hold_is_told(shipped) -> None:
    text = "国家级\thit\t省里的配方\n国家级\tmiss\t国家级配方\n"
    assert [(one.wanted, one.found) for one in beside(shipped, "absolute_claim", "x.tsv", text)] == [
        (True, False),
        (False, True),
    ]


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
        if severity >= SEVERE and term.weight >= HINT:
            lines[term.file, term.line].append(term)
    return lines.values()
