"""What disguises cost a model: sentence frames that training never sees, filled, plain and disguised in every way."""

from __future__ import annotations

import random
import tomllib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models import metrics
from models.card import HEADS
from models.data import DataRefused, Row, Source, labelled
from models.disguises import TOGETHER, disguiser, worn
from models.evaluate import flags
from models.synth import expand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.ngram import Ngram

FRAMES: Final = Source("sentence frames kept for evaluation", "", "select", "this project's own")
EACH: Final = 6
"""So many sentences are made of each frame."""
CLEAN: Final = "clean"
Report = dict[str, dict[str, float]]


def filled(path: Path, *, seed: int = 0, each: int = EACH) -> list[Row]:
    """Sentences of a file of frames: ``[slots]``, and ``[[template]]`` with head, bad and good; each text once.

    A row is labelled for its frame's head alone; both sides of a frame are one group.

    Raises:
        DataRefused: for a file that is no such thing.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        slots = {name: tuple(fillers) for name, fillers in told.get("slots", {}).items()}
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        rows = {
            (text, template["head"]): Row(text, {template["head"]: label}, FRAMES, template["bad"])
            for template in told["template"]
            for side, label in (("bad", 1), ("good", 0))
            for text in (expand(chance, template[side], slots) for _ in range(each))
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataRefused(
            f"{path}：应有 [slots] 与 [[template]]，后者含 head、bad、good：{error!r}",
            f"{path}: expected [slots] and [[template]] with head, bad and good: {error!r}",
        ) from None
    if unknown := {head for _, head in rows} - set(HEADS):
        raise DataRefused(
            f"{path}：没有标签 {'、'.join(sorted(unknown))}，应为 {'、'.join(HEADS)}",
            f"{path}: unknown heads {', '.join(sorted(unknown))}; expected {', '.join(HEADS)}",
        )
    return list(rows.values())


def robustness(model: Ngram, rows: Sequence[Row], *, seed: int = 0) -> Report:
    """By disguise, ``CLEAN`` first: macro-F1 (means over the heads), what it lost, recall, PR-AUC, the share changed.

    Violations and their twins are disguised alike, so that a model that takes the disguise for the offence loses too.
    """
    plain = [row.text for row in rows]
    known = labelled(rows)
    report: Report = {}
    for kind in (CLEAN, *disguiser().kinds, TOGETHER):
        chance = random.Random(seed)  # noqa: S311 - nothing secret
        texts = plain if kind == CLEAN else [worn(kind, text, chance) for text in plain]
        scores = model.scores(texts)
        told = _figures(flags(model.card, scores), scores, known.truth > 0, known.weight > 0)
        changed = sum(one != other for one, other in zip(plain, texts, strict=True)) / max(1, len(plain))
        report[kind] = {**told, "drop": round(report.get(CLEAN, told)["macro_f1"] - told["macro_f1"], 4)}
        report[kind]["changed"] = round(changed, 4)
    return report


def _figures(flagged: Any, scores: Any, truth: Any, known: Any) -> dict[str, float]:
    heads = [column for column in range(len(HEADS)) if known[:, column].any()]
    return {
        name: round(float(np.mean([measure(told[known[:, one], one], truth[known[:, one], one]) for one in heads])), 4)
        for name, measure, told in (
            ("macro_f1", metrics.macro_f1, flagged),
            ("recall", metrics.recall, flagged),
            ("pr_auc", metrics.average_precision, scores),
        )
    }
