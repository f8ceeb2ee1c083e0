"""Disguises of whole texts for training and for measuring, and the table of what they cost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from models.card import HEADS
from models.data import DataRefused
from models.disguises import LEARNT, TOGETHER, disguise, disguiser, worn
from models.features import alphabet, bags
from models.ngram import load
from models.robust import CLEAN, filled, robustness
from service.cli.app import app
from tests.models.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from models.card import Card

FRAMES = ROOT / "tests" / "cases" / "expert" / "eval_templates.toml"
TEXTS = [row.text for row in filled(FRAMES, each=1)]


def test_training_wears_no_disguise_that_the_court_does_not_know() -> None:
    assert {kind for kinds in LEARNT for kind in kinds} <= set(disguiser().kinds)


def test_the_same_seed_disguises_alike_and_most_texts_change() -> None:
    first, again = ([disguise(chance, text) for text in TEXTS] for chance in (random.Random(3), random.Random(3)))
    assert first == again
    assert sum(one != text for one, text in zip(first, TEXTS, strict=True)) > 0.8 * len(TEXTS)


@pytest.mark.parametrize("kind", ["fullwidth", "traditional", "invisible", "vertical"])
def test_what_the_features_undo_is_not_learnt_from(kind: str) -> None:
    assert kind not in {one for kinds in LEARNT for one in kinds}
    letters = alphabet()
    made = [worn(kind, text, random.Random(1)) for text in TEXTS]
    assert made != TEXTS
    assert (bags(made, letters, 20).rows == bags(TEXTS, letters, 20).rows).all()


def test_the_table_begins_with_the_clean_text_and_tells_every_disguise(trained: tuple[Path, Card]) -> None:
    report = robustness(load(trained[0]), filled(FRAMES, each=2))
    assert list(report) == [CLEAN, *disguiser().kinds, TOGETHER]
    assert report[CLEAN]["drop"] == report[CLEAN]["changed"] == report["traditional"]["drop"] == 0
    assert report["homophone"]["changed"] > 0.9
    for told in report.values():
        assert told["drop"] == pytest.approx(report[CLEAN]["macro_f1"] - told["macro_f1"], abs=1e-4)


def test_a_frame_gives_both_sides_in_one_group() -> None:
    rows = filled(FRAMES)
    assert {head for row in rows for head in row.labels} == set(HEADS)
    groups = {row.group for row in rows}
    assert {frozenset(row.labels.values()) for row in rows} == {frozenset({0}), frozenset({1})}
    assert all(
        {value for row in rows if row.group == group for value in row.labels.values()} == {0, 1} for group in groups
    )


@pytest.mark.parametrize(
    "text", ["[slots]", "[[template]]\nhead = 'abuse'", "[[template]]\nhead='x'\nbad='甲'\ngood='乙'", "x"]
)
def test_what_is_no_file_of_frames_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "frames.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataRefused, match="expected"):
        filled(path)


def test_the_command_shows_the_table(trained: tuple[Path, Card]) -> None:
    told = CliRunner().invoke(app, ["evaluate", "--templates", str(FRAMES), "--model", str(trained[0]), "--lang", "en"])
    assert told.exit_code == 0, told.output
    assert "homophone" in told.stdout and "drop" in told.stdout
    assert CliRunner().invoke(app, ["evaluate", "--model", str(trained[0])]).exit_code == 2
