"""How much of what is found in plain sentences is still found when they are cloaked.

``python -m bench.cloaks PAIRS.jsonl [--expert]``: each line has ``original`` and ``text``, the same in disguise; lines
labelled 0 are left out. Judged as user content.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from bench.accuracy import DAY, expert_asked, is_flagged, judged
from moderation.load import load_engine
from moderation.types import Content, Part, Scene

if TYPE_CHECKING:
    from moderation.engine import Engine
    from service.escalation import Panel


def flagged(engine: Engine, text: str, panel: Panel | None) -> bool:
    """Whether a text does not simply pass."""
    return is_flagged(judged(engine, Content(scene=Scene.UGC, parts=(Part("text", text),), at=DAY), panel))


def main(arguments: list[str]) -> None:
    """Print recall before and after, over all pairs."""
    engine = load_engine()
    panel = expert_asked(arguments, engine)
    pairs = [orjson.loads(line) for line in Path(arguments[0]).read_bytes().splitlines()]
    pairs = [pair for pair in pairs if pair.get("label") != 0]
    before = sum(flagged(engine, pair["original"], panel) for pair in pairs)
    after = sum(flagged(engine, pair["text"], panel) for pair in pairs)
    print(f"{len(pairs)} pairs: plain {before / len(pairs):.1%}, cloaked {after / len(pairs):.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])
