"""How much of what is found is still found when ordinary sentences stand around it.

``python -m bench.padding tests/cases/exam_fifth [--expert]``: to every line that ought to be flagged lines of
``samples/clean.txt`` are added before and behind until it is so long; how many of those that are found alone are found.
With ``--expert`` also how many of all both stages of the text expert find by themselves, without rules. The last two
lines are of words behind that only sound as if they excused something: a sentence of ``tests/cases/disclaimers.txt``,
and what by itself makes a guard of the claims table believe that nothing is claimed.
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
from service.rulebook.linting import clean_texts, texts_in
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Claims

LENGTHS = (40, 60, 100, 150, 250)
BEHIND = frozenset({"after", "sentence", "sentence_after", "text"})
DISCLAIMERS = Path("tests/cases/disclaimers.txt")


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


def believed(claims: Claims) -> list[str]:
    """The words each of which fills a setting of a guard by standing behind a hit."""
    settings = [one for rule in claims.rules if rule.code in claims.guards for one in rule.settings if not one.hits]
    needs = [[(name, words) for name, words in one.needs.items() if words] for one in settings]
    alone = [need[0] for need in needs if len(need) == 1]
    return sorted({word for name, words in alone if name in BEHIND for word in words})


def main(arguments: list[str]) -> None:
    """Print a line a length, then those of words behind."""
    engine = load_engine()
    panel = expert_asked(arguments, engine)
    told = [one for _, one in lines(Path(arguments[0])) if one["side"] == "flag" and "text" in one]
    texts = [one["text"] for one in told]
    folder = Settings().models
    model = second.load(ngram.load(folder), folder) if panel else None

    def found(changed: Sequence[str]) -> set[int]:
        contents = [content_of({**one, "text": text}) for one, text in zip(told, changed, strict=True)]
        return {place for place, content in enumerate(contents) if is_flagged(judged(engine, content, panel))}

    def tell(how: str, changed: Sequence[str]) -> None:
        by_expert = f", by the expert {heard(model, changed):6.1%} of all" if model else ""
        print(f"{how}: {len(found(changed) & alone) / len(alone):6.1%} of them{by_expert}")

    alone = found(texts)
    print(f"alone: {len(alone)} of {len(told)}" + (f", by the expert {heard(model, texts):.1%}" if model else ""))
    ordinary = clean_texts()
    for length in LENGTHS:
        random = Random(length)
        tell(f"at least {length:3} characters", [padded(text, length, ordinary, random) for text in texts])
    for how, behind in (
        ("a disclaimer behind", texts_in(DISCLAIMERS)),
        ("what a guard believes behind", believed(engine.ruleset.claims)),
    ):
        random = Random(0)
        tell(how, [f"{text}，{random.choice(behind)}" for text in texts])


if __name__ == "__main__":
    main(sys.argv[1:])
