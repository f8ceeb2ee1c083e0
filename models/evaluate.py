"""How good a model is on folders of labelled text: a head at a time with intervals, false alarms, and speed."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from models import metrics
from models.card import HEADS, REVIEWED
from models.data import files_of, known_sources, labelled, rows_of
from models.second import calibrated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.card import Card
    from models.data import Row
    from models.second import Both

    Sets = dict[str, list[Row]]

USES: Final = ("train", "dev", "select", "test")
SPEED_TEXTS: Final = 4000
SPEED_LENGTH: Final = 60
Report = dict[str, Any]


class Scoring(Protocol):
    """Anything with a card and calibrated probabilities, one row a text, one column a head."""

    card: Card

    def scores(self, texts: Sequence[str]) -> Any:
        """The probabilities."""


def read(folders: Sequence[Path], tell: Callable[[str], None], *, seed: int = 0) -> Sets:
    """Every known data set in the folders, by name. Of sets that training sees, only the held-out part is measured.

    Raises:
        DataRefused: for a folder without data and for rows that cannot be read.
    """
    sets: Sets = {}
    for path, source in files_of(folders, USES, known_sources()):
        rows = [row for row in rows_of(path, source, seed) if source.use == "test" or row.held_out]
        tell(f"{path}: {len(rows)} rows, {source.name}")
        sets.setdefault(source.name, []).extend(rows)
    return sets


def evaluate(model: Scoring, sets: Sets) -> Report:
    """How good a model is on each set, and how much ordinary text of sets for measuring it flags."""
    ordinary: list[float] = []
    report: Report = {"model": model.card.name, "sha256": model.card.sha256, "sets": {}}
    for name, rows in sets.items():
        told = measure(model, rows)
        report["sets"][name] = told
        if rows and rows[0].source.ordinary and rows[0].source.use == "test":
            ordinary.extend([told["flagged"]] * len(rows))
    if ordinary:
        report["ordinary"] = {"rows": len(ordinary), "flagged": round(sum(ordinary) / len(ordinary), 5)}
    return report


def compare(first: Scoring, both: Scoring, sets: Sets) -> Report:
    """For each set and head: by how much macro-F1 both stages are better than the first, and the chance of none."""
    told: Report = {}
    for name, rows in sets.items():
        known = labelled(rows)
        one, other = (flags(model.card, model.scores(known.texts)) for model in (both, first))
        for column, head in enumerate(HEADS):
            at = known.weight[:, column] > 0
            truth = known.truth[at, column] > 0
            if truth.any() and not truth.all():
                gain, chance = metrics.better(metrics.macro_f1, one[at, column], other[at, column], truth)
                told.setdefault(name, {})[head] = {"macro_f1": round(gain, 4), "p": round(chance, 4)}
    return told


class Alone:
    """The second stage by itself, with its own calibration and thresholds: for tables, never for the court."""

    def __init__(self, both: Both) -> None:
        told = both.second.card
        self._second = both.second
        self.card = replace(told, thresholds=told.metrics.get("thresholds_alone", told.thresholds))

    def scores(self, texts: Sequence[str]) -> Any:
        """Calibrated probabilities, one row a text, one column a head."""
        return calibrated(self.card, self._second.logits(texts))


def flags(card: Card, scores: Any) -> Any:
    """Which heads ask for review: a row a text, a column a head."""
    return scores >= np.array([card.thresholds[head] for head in HEADS])


def measure(model: Scoring, rows: Sequence[Row]) -> Report:
    """One set: the share of lines that any head flags, and each head for which it has labels."""
    known = labelled(rows)
    scores = model.scores(known.texts)
    flagged = flags(model.card, scores)
    anything = flagged[:, : len(REVIEWED)].any(axis=1)
    positive = (known.truth * known.weight > 0)[:, : len(REVIEWED)].any(axis=1)
    told: Report = {"rows": len(rows), "flagged": _rate(anything)}
    told["flagged_by"] = {head: _rate(flagged[:, column]) for column, head in enumerate(HEADS)}
    if positive.any():
        told["found_by_any_head"] = _rate(anything[positive])
        told["flagged_without_label"] = _rate(anything[~positive])
    told["heads"] = {
        head: _head(flagged[:, column], scores[:, column], known, column) for column, head in enumerate(HEADS)
    }
    told["heads"] = {head: figures for head, figures in told["heads"].items() if figures}
    return told


def _rate(flagged: Any) -> float:
    return round(float(flagged.mean()), 5) if len(flagged) else 0.0


def _head(flagged: Any, scores: Any, known: Any, column: int) -> Report:
    rows = known.weight[:, column] > 0
    if not rows.any():
        return {}
    truth, alarm, chance = known.truth[rows, column] > 0, flagged[rows], scores[rows]
    told: Report = {"rows": int(rows.sum()), "positive": int(truth.sum())}
    if truth.any():
        told["recall"] = _with_interval(metrics.recall, alarm, truth)
    if truth.any() and not truth.all():
        told |= {
            "accuracy": round(float((alarm == truth).mean()), 4),
            "macro_f1": _with_interval(metrics.macro_f1, alarm, truth),
            "precision": round(metrics.precision(alarm, truth), 4),
            "pr_auc": round(metrics.average_precision(chance, truth), 4),
            "ece": round(metrics.calibration_error(chance, truth), 4),
        }
    return told


def _with_interval(measure: Callable[[Any, Any], float], flagged: Any, truth: Any) -> list[float]:
    """The value, and the ends of its 95 % interval."""
    low, high = metrics.interval(measure, flagged, truth)
    return [round(value, 4) for value in (measure(flagged, truth), low, high)]


def speed(model: Scoring, texts: Sequence[str], count: int = SPEED_TEXTS) -> Report:
    """Texts a second on one core, texts cut to ``SPEED_LENGTH`` characters: one at a time, and all at once."""
    cut = _cut(texts)[:count]
    model.scores(cut[:100])
    started = perf_counter()
    for text in cut:
        model.scores([text])
    single = perf_counter() - started
    started = perf_counter()
    model.scores(cut)
    return {
        "characters": SPEED_LENGTH,
        "single": round(len(cut) / single),
        "batch": round(len(cut) / (perf_counter() - started)),
    }


def bert_speed(texts: Sequence[str], batch: int = 32) -> Report:
    """Texts a second of a BERT-base with random weights on one core, in batches: what the speeds are compared with."""
    import torch  # noqa: PLC0415 - heavy, and wanted here only
    from transformers import BertConfig, BertForSequenceClassification  # noqa: PLC0415

    torch.set_num_threads(1)
    model: Any = BertForSequenceClassification(BertConfig())
    model.train(mode=False)
    count = min(len(texts), 2 * batch)
    tokens = torch.randint(1000, (count, SPEED_LENGTH + 2))
    with torch.inference_mode():
        model(tokens[:1])
        started = perf_counter()
        for row in tokens[:16]:
            model(row[None])
        single = 16 / (perf_counter() - started)
        started = perf_counter()
        for start in range(0, count, batch):
            model(tokens[start : start + batch])
    return {"single": round(single, 1), "batch": round(count / (perf_counter() - started), 1)}


def _cut(texts: Sequence[str]) -> list[str]:
    joined = "".join(texts)[: SPEED_TEXTS * SPEED_LENGTH]
    return [joined[at : at + SPEED_LENGTH] for at in range(0, len(joined), SPEED_LENGTH)]
