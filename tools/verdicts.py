"""Writes every verdict on the open tables and the samples, a line each: what two versions of the code say is compared.

``python -m tools.verdicts before.txt`` in one working tree, ``after.txt`` in another, ``cmp before.txt after.txt``.
Lines of ``held`` are left out: nobody reads those.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.accuracy import content_of
from bench.corpus import samples
from moderation.load import load_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.types import Content

CASES = Path(__file__).parents[1] / "tests" / "cases"
OPEN = ("law/work", "law/later", "trade_safety/work", "trade_safety/later", "disguise/work")


def contents() -> Iterator[tuple[str, Content]]:
    """Every content with its name."""
    for folder in OPEN:
        for path in sorted((CASES / folder).glob("*.jsonl")):
            for line in filter(None, path.read_text(encoding="utf-8").splitlines()):
                case = json.loads(line)
                yield f"{folder}/{case['id']}", content_of(case)
    for content, _ in samples():
        yield f"samples/{content.id}", content


def main(target: Path) -> None:
    """Judge all of them one by one and as a batch, which must say the same."""
    engine, named = load_engine(), list(contents())
    readings = engine.read_many([content for _, content in named])
    with target.open("w", encoding="utf-8") as file:
        for (name, content), reading in zip(named, readings, strict=True):
            verdict = engine.examine(content).conclude()
            assert engine.examine(content, reading).conclude() == verdict, name
            print(name, content.scene, verdict, file=file)
    print(f"{len(named)} verdicts in {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
