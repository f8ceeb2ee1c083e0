"""How much of what is found is still found when ordinary sentences stand around it.

``python -m bench.padding tests/cases/exam_fifth [--expert]``: to every line that ought to be flagged lines of
``samples/clean.txt`` are added before and behind until it is so long; how many of those that are found alone are found.
With ``--expert`` also how many of all both stages of the text expert find by themselves, without rules.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from bench.accuracy import content_of, expert_asked, is_flagged, judged, lines
from models import ngram, second
from models.card import REVIEWED
from moderation.load import load_engine
from service.rulebook.linting import CLEAN
from service.settings import Settings

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


def heard(model: second.Both, texts: Sequence[str]) -> float:
    """The share of texts in which a head of the expert, asked alone, reaches its threshold."""
    limits = [model.card.thresholds[head] for head in REVIEWED]
    return float(np.mean((model.scores(texts)[:, : len(REVIEWED)] >= limits).any(axis=1)))


def main(arguments: list[str]) -> None:
    """Print a line a length."""
    engine = load_engine()
    panel = expert_asked(arguments, engine)
    ordinary = [line for line in CLEAN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    told = [one for _, one in lines(Path(arguments[0])) if one["side"] == "flag" and "text" in one]
    alone = [one for one in told if is_flagged(judged(engine, content_of(one), panel))]
    known = {one["id"] for one in alone}
    print(f"alone: {len(alone)} of {len(told)}")
    folder = Settings().models
    model = second.load(ngram.load(folder), folder) if panel else None
    if model:
        print(f"alone, by the expert: {heard(model, [one['text'] for one in told]):.1%}")
    for length in LENGTHS:
        random = Random(length)
        texts = [{**one, "text": padded(one["text"], length, ordinary, random)} for one in told]
        found = sum(is_flagged(judged(engine, content_of(one), panel)) for one in texts if one["id"] in known)
        by_expert = f", by the expert {heard(model, [one['text'] for one in texts]):6.1%} of all" if model else ""
        print(f"at least {length:3} characters: {found / len(alone):6.1%} of them{by_expert}")


if __name__ == "__main__":
    main(sys.argv[1:])
