"""How much of what is found is still found when ordinary sentences stand around it.

``python -m bench.padding tests/cases/exam_fifth [--expert]``: to every line that ought to be flagged lines of
``samples/clean.txt`` are added before and behind until it is so long; how many of those that are found alone are found.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bench.accuracy import content_of, expert_asked, is_flagged, judged, lines
from moderation.load import load_engine
from service.rulebook.linting import CLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

LENGTHS = (40, 60, 100, 150, 250)


def padded(text: str, length: int, ordinary: Sequence[str], random: Random) -> str:
    """A text of at least so many characters, other sentences before and behind this one."""
    while len(text) < length:
        pair = [text, random.choice(ordinary)]
        random.shuffle(pair)
        text = "，".join(pair)
    return text


def main(arguments: list[str]) -> None:
    """Print a line a length."""
    engine = load_engine()
    panel = expert_asked(arguments, engine)
    ordinary = CLEAN.read_text(encoding="utf-8").splitlines()
    told = [one for _, one in lines(Path(arguments[0])) if one["side"] == "flag" and "text" in one]
    alone = [one for one in told if is_flagged(judged(engine, content_of(one), panel))]
    print(f"alone: {len(alone)} of {len(told)}")
    for length in LENGTHS:
        random = Random(length)
        texts = [{**one, "text": padded(one["text"], length, ordinary, random)} for one in alone]
        found = sum(is_flagged(judged(engine, content_of(one), panel)) for one in texts)
        print(f"at least {length:3} characters: {found / len(alone):6.1%} of them")


if __name__ == "__main__":
    main(sys.argv[1:])
