"""The engine against the usual ways, on innocent comments and on the samples, single and in batches."""

from __future__ import annotations

from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.contestants import contestants
from bench.corpus import clean_comments, everyday_comments, fresh, samples
from bench.timing import rounds
from moderation.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.options import Effort
    from moderation.ruleset import Ruleset
    from moderation.types import Content


def measure(ruleset: Ruleset, effort: Effort) -> dict[str, Any]:
    """Texts a second of processor time for each contestant: the median and every round."""
    engine = Engine(ruleset)
    everything = [content for content, _ in samples()]
    corpora = {
        "clean": clean_comments(engine, least=effort.comments),
        "everyday": everyday_comments(engine, least=effort.comments),
        "samples": (everything, len(everything)),
    }
    racing = contestants(ruleset, engine)
    result: dict[str, Any] = {
        "contestants": {one.key: {"zh": one.zh, "en": one.en} for one in racing},
        "corpora": {},
    }
    runs = {one.key: one.run for one in racing}
    for name, (contents, different) in corpora.items():
        taken = rounds(runs, partial(_anew, contents), count=effort.rounds, least=effort.least)
        result["corpora"][name] = {
            "texts": len(contents),
            "different": different,
            "characters": _mean_length(contents),
            "texts_per_second": {
                key: {
                    "median": round(len(contents) / median(seconds)),
                    "rounds": [round(len(contents) / one) for one in seconds],
                }
                for key, seconds in taken.items()
            },
        }
    return result


def _anew(contents: Sequence[Content], _contestant: str) -> list[Content]:
    return fresh(contents)


def _mean_length(contents: Sequence[Content]) -> float:
    return round(sum(len(part.text) for content in contents for part in content.parts) / len(contents), 1)
