"""Whether the cost of a whole verdict stays in proportion to the text, for texts made to break that."""

from __future__ import annotations

from functools import partial
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench.corpus import DAY
from bench.rules import SEED
from bench.timing import rounds
from moderation.engine import Engine
from moderation.lexicon import ALLOW, Condition
from moderation.types import Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.options import Effort
    from moderation.ruleset import Ruleset
    from moderation.types import Verdict

LENGTH: Final = 10_000
MARKS: Final = 16_384
"""Twice as many are the 64 kB of UTF-8 that the families promise."""


def measure(ruleset: Ruleset, effort: Effort, *, scale: int = 1) -> dict[str, Any]:
    """Microseconds for a text and for one twice as long, and their ratio, by family. ``scale`` divides the lengths."""
    engine = Engine(ruleset)
    result: dict[str, Any] = {}
    for name, (length, text) in families(ruleset).items():
        short = max(1, length // scale)
        texts = {"single": text(short), "double": text(2 * short)}
        runs = dict.fromkeys(texts, partial(_judge, engine))
        taken = rounds(runs, partial(_content, texts), count=effort.rounds, least=effort.least)
        single, double = median(taken["single"]), median(taken["double"])
        result[name] = {
            "characters": [short, 2 * short],
            "microseconds": [round(single * 1e6, 1), round(double * 1e6, 1)],
            "ratio": round(double / single, 3),
        }
    return result


def _judge(engine: Engine, content: Content) -> Verdict:
    return engine.examine(content).conclude()


def _content(texts: Mapping[str, str], size: str) -> Content:
    parts = (Part("text", (texts[size] + "x")[:-1]),)
    return Content(scene=Scene.AD, parts=parts, at=DAY, author=Author(role=Role.SELLER))


def families(ruleset: Ruleset) -> dict[str, tuple[int, Callable[[int], str]]]:
    """The attacks: a length, and the text of any length."""
    innocent = "".join(
        term.text
        for term in ruleset.terms
        if term.category == ALLOW and not term.pattern and term.condition == Condition()
    )
    digits = "".join(Random(SEED).choices("0123456789", k=4 * LENGTH))
    repeated = {
        "lone surrogates": "\ud83d",
        "U+FDFA": "\ufdfa",
        "nested terms": "囍",
        "hits everywhere": "国家级最好",
        "allow terms everywhere": innocent,
        "one long number": digits,
        "mobile numbers": "13812345678 ",
        "repeats": "国国国家家级",
        "links": "a.b.c.com/ ",
        "messenger ids": "加微信abc12345",
        "emoji between": "国😀家🎉级",
        "clause marks between": "国，家。级",
    }
    found: dict[str, tuple[int, Callable[[int], str]]] = {
        name: (LENGTH, partial(_repeated, unit)) for name, unit in repeated.items()
    }
    found["combining marks, 64 kB"] = (MARKS, lambda length: ("好" + "\u0316\u0301" * length)[:length])
    return found


def _repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]
