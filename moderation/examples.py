"""Sentences beside the terms (``examples/<category>.tsv``): read, and judged. No file is opened here."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from moderation.check import Tried, advertised
from moderation.detect.rule import HINT
from moderation.errors import GrammarError
from moderation.types import REGIME, Action, Scene
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.engine import Engine
    from moderation.lexicon import Term

_CELLS = 3


def beside(engine: Engine, category: str, name: str, text: str) -> Iterator[Tried | GrammarError]:
    """Every sentence of a file, judged: a hit is flagged for the category, a miss has no evidence of it that counts.

    A hit that is told by a finding of another law is flagged for that.
    """
    scenes = _scenes(engine.ruleset.terms, category)
    for line, cells in _rows(text):
        if len(cells) != _CELLS or cells[1] not in {"hit", "miss"}:
            yield GrammarError(name, line, wrong("example_row"))
            continue
        term, wanted, sentence = cells[0], cells[1] == "hit", cells[2]
        verdict = engine.examine(advertised(sentence, scenes.get(term, Scene.AD))).conclude()
        if wanted:
            told = {item.category for item in verdict.exemptions if item.code == REGIME}.union(verdict.categories)
            counts = category in told and verdict.action is not Action.PASS
        else:
            counts = any(item.weight >= HINT for item in verdict.evidence if item.category == category)
        yield Tried(name, line, term, wanted, counts, sentence)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.split("\t")


def _scenes(terms: Sequence[Term], category: str) -> dict[str, Scene]:
    """Where the literal terms of a category are sought: an advertisement if that is possible."""
    wanted: dict[str, set[Scene]] = defaultdict(set)
    for term in terms:
        if term.category == category:
            wanted[term.text] |= term.scenes or {Scene.AD}
    return {text: Scene.AD if Scene.AD in scenes else min(scenes) for text, scenes in wanted.items()}
