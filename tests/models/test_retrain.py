"""Retraining from labels: what only compares, when something is better, and what stays as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.card import HEADS
from models.data import Row, bare
from models.fit import Recipe
from models.ngram import Ngram, load
from models.retrain import PEOPLE, Lesson, compare, contradicted, is_frozen, people, retrain
from models.robust import filled
from tests.models.a_new_scam import labelled
from tests.models.conftest import OWN
from tests.models.test_robust import FRAMES

if TYPE_CHECKING:
    from pathlib import Path

    from models.card import Card
    from models.retrain import Comparison

FRAUD = HEADS.index("fraud")
SCAM = people((text, head, value) for text, labels in labelled(600).items() for head, value in labels.items())


@pytest.fixture(scope="module")
def active(trained: tuple[Path, Card]) -> Ngram:
    return load(trained[0])


@pytest.fixture(scope="module")
def continued(active: Ngram, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card, Comparison]:
    folder = tmp_path_factory.mktemp("new")
    lesson = Lesson(SCAM, filled(FRAMES, each=2), own=300, recipe=Recipe(epochs=2))
    return folder, *retrain(active, lesson, folder, lambda _line: None)


def shifted(model: Ngram, head: str, threshold: float) -> Ngram:
    """The model with another threshold for one head: 0 flags everything, 1 nothing."""
    card = replace(model.card, thresholds={**model.card.thresholds, head: threshold})
    return Ngram(card, model.arrays)


def test_a_fifth_is_frozen_by_its_letters_alone() -> None:
    texts = [f"第{n}段话" for n in range(5000)]
    assert 0.18 < sum(map(is_frozen, texts)) / len(texts) < 0.22
    assert all(is_frozen(text) == is_frozen(f"  {text}！") for text in texts)


def test_of_a_text_and_head_the_newest_label_counts() -> None:
    rows = people([("一段话", "fraud", 1), ("一段话！", "fraud", 0), ("一段话", "spam", 1), ("", "spam", 1)])
    assert [(row.text, row.labels) for row in rows] == [("一段话", {"fraud": 0, "spam": 1})]


def test_heads_that_nothing_can_be_said_of_are_named() -> None:
    assert "fraud" not in Lesson(SCAM).unmeasured() and "porn" in Lesson(SCAM).unmeasured()
    assert Lesson(SCAM, filled(FRAMES)).unmeasured() == []
    assert Lesson(()).unmeasured() == list(HEADS)


def test_a_model_is_not_better_than_itself(active: Ngram) -> None:
    told = compare(active, active, filled(FRAMES, each=2))
    assert (told.active, told.p, told.worse, told.proposed) == (told.candidate, 1.0, (), False)
    assert compare(active, active, []).proposed is False


def test_a_better_head_is_proposed_unless_another_is_worse_by_more_than_a_point() -> None:
    rows, whole = filled(FRAMES, each=2), load()
    deaf = shifted(whole, "ad_law", 1.0)
    better = compare(deaf, whole, rows)
    assert better.proposed and better.p < 0.01 and better.heads["ad_law"]["active"] < 0.5
    assert not compare(whole, deaf, rows).proposed
    traded = compare(deaf, shifted(whole, "spam", 0.95), rows)
    assert traded.candidate > traded.active and traded.p < 0.05
    assert (traded.worse, traded.proposed) == (("spam",), False)


def test_what_is_better_by_chance_is_not_proposed() -> None:
    """One text more of many: the mean is higher, and resampling says that it need not be."""
    rows, whole = filled(FRAMES, each=2), load()
    scores = whole.scores([row.text for row in rows])[:, FRAUD]
    highest = max(score for score, row in zip(scores, rows, strict=True) if row.labels == {"fraud": 1})
    told = compare(shifted(whole, "fraud", 1.0), shifted(whole, "fraud", float(highest)), rows)
    assert told.candidate > told.active and told.p > 0.05 and not told.proposed


def test_sentences_of_one_frame_are_one_witness(active: Ngram) -> None:
    """Copies of a single frame prove nothing; were each a group of its own they would."""
    rows = [
        Row(f"{text}{n}", {"ad_law": label}, PEOPLE, "one")
        for text, label in (("全网最低价", 1), ("谢谢", 0))
        for n in range(50)
    ]
    rows += [Row(f"今天天气不错{n}", {"ad_law": n % 2}, PEOPLE, "two") for n in range(50)]
    deaf = shifted(active, "ad_law", 1.0)
    assert compare(deaf, active, rows).p > 0.05
    assert compare(deaf, active, [replace(row, group="") for row in rows]).p < 0.05


def test_labels_teach_a_new_kind_without_the_data_of_old(
    active: Ngram, continued: tuple[Path, Card, Comparison]
) -> None:
    _, card, told = continued
    assert told.heads["fraud"]["candidate"] > told.heads["fraud"]["active"] + 0.1
    assert card.metrics["frozen"]["proposed"] is told.proposed
    assert card.data[-1]["name"] == "anti-bias sentences of this project" or any(
        entry["name"] == PEOPLE.name for entry in card.data
    )
    assert any(active.card.sha256 in entry["name"] for entry in card.data)


def test_heads_that_no_label_contradicts_stay_to_the_last_bit(
    active: Ngram, continued: tuple[Path, Card, Comparison]
) -> None:
    new = load(continued[0])
    touched = contradicted(active, [row for row in SCAM if not is_frozen(row.text)])
    assert FRAUD in touched and len(touched) < len(HEADS)
    texts = [row.text for row in filled(FRAMES, each=1)]
    before, after = active.logits(texts), new.logits(texts)
    for column in range(len(HEADS)):
        assert (before[:, column] == after[:, column]).all() == (column not in touched)
    assert new.card.thresholds == active.card.thresholds


def test_nothing_frozen_is_learnt(active: Ngram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And were it learnt, the watch that is kept here would see it."""
    seen: list[set[str]] = []
    from models import train  # noqa: PLC0415

    real = train.without

    def watched(rows: list[Row], excluded: list[Path]) -> list[Row]:
        kept = real(rows, excluded)
        seen.append({bare(row.text) for row in kept})
        return kept

    learnt: list[set[str]] = []
    gather = train.gather

    def gathered(order: train.Order, tell: train.Tell) -> object:
        files, rows = gather(order, tell)
        learnt.append({bare(row.text) for row in rows})
        return files, rows

    monkeypatch.setattr(train, "without", watched)
    monkeypatch.setattr("models.retrain.gather", gathered)
    compared = [replace(SCAM[0], text=row.text) for row in SCAM if not is_frozen(row.text)][:5]
    lesson = Lesson(SCAM, compared, own=50, recipe=Recipe(epochs=1))
    retrain(active, lesson, tmp_path, lambda _line: None)
    hidden = {bare(row.text) for row in lesson.frozen}
    assert len(hidden) > 50 and not learnt[0] & hidden
    assert seen[0] & hidden == {bare(row.text) for row in compared}


def test_with_folders_everything_is_learnt_anew(active: Ngram, tmp_path: Path) -> None:
    lesson = Lesson(SCAM, filled(FRAMES, each=2), folders=OWN, own=300, recipe=Recipe(bits=16, epochs=2, seed=7))
    card, told = retrain(active, lesson, tmp_path, lambda _line: None)
    assert {"labels from people", "text written by this project"} <= {entry["name"] for entry in card.data}
    assert told.heads["fraud"]["candidate"] > told.heads["fraud"]["active"]
    assert np.isfinite(load(tmp_path).scores(["一段话"])).all()
