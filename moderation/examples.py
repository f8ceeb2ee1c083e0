"""Sentences beside the terms (``examples/<category>.tsv``): read, and judged. No file is opened here."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from moderation.check import EXAMPLE_DAY, Tried
from moderation.detect.rule import HINT
from moderation.errors import GrammarError
from moderation.types import Action, Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.engine import Engine
    from moderation.lexicon import Term

_CELLS = 3


def beside(engine: Engine, category: str, name: str, text: str) -> Iterator[Tried | GrammarError]:
    """Every sentence of a file, judged: a hit is flagged for the category, a miss has no evidence of it that counts."""
    scenes = _scenes(engine.ruleset.terms, category)
    for line, cells in _rows(text):
        if len(cells) != _CELLS or cells[1] not in {"hit", "miss"}:
            yield GrammarError(name, line, "is not term, tab, hit or miss, tab, sentence")
            continue
        term, wanted, sentence = cells[0], cells[1] == "hit", cells[2]
        verdict = engine.examine(_content(sentence, scenes.get(term, Scene.AD))).conclude()
        found = [item for item in verdict.evidence if item.category == category]
        counts = bool(found) and verdict.action is not Action.PASS if wanted else _any_counts(found)
        yield Tried(name, line, term, wanted, counts, sentence)


def _any_counts(found: Sequence[object]) -> bool:
    return any(getattr(item, "weight", 0) >= HINT for item in found)


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


def _content(sentence: str, scene: Scene) -> Content:
    author = Author(role=Role.SELLER)
    return Content(scene=scene, parts=(Part("text", sentence),), at=EXAMPLE_DAY, commercial=True, author=author)
