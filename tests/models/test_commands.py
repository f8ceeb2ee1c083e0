"""``qingliu train`` and ``qingliu evaluate`` from end to end, and the weights that ship."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from models.card import HEADS, HOME, read_card
from models.ngram import load
from service.cli.app import app
from tests.models.conftest import OWN

if TYPE_CHECKING:
    from pathlib import Path

ARGUMENTS = [word for folder in OWN for word in ("--data", str(folder))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    told = CliRunner().invoke(app, ["train", *ARGUMENTS, "--own", "300", "--epochs", "1", "-o", str(folder)])
    assert told.exit_code == 0, told.output
    assert "pass 1" in told.stderr and "ad_law" in told.stdout
    return folder


def test_what_is_trained_can_be_evaluated(folder: Path) -> None:
    told = CliRunner().invoke(app, ["evaluate", *ARGUMENTS, "--model", str(folder), "--json"])
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    assert report["sha256"] == load(folder).card.sha256
    value, low, high = report["sets"]["sentences on the law, work"]["heads"]["ad_law"]["macro_f1"]
    assert low <= value <= high
    assert report["speed"]["batch"] > 0


def test_the_table_names_sets_and_heads(folder: Path) -> None:
    told = CliRunner().invoke(app, ["evaluate", *ARGUMENTS, "--model", str(folder), "--lang", "en"])
    assert "ad_law" in told.stdout and "texts/s" in told.stdout


def test_a_card_names_no_folder_of_the_machine(folder: Path) -> None:
    card = load(folder).card
    assert all(str(path) not in card.reproduce for path in (folder, *OWN))


def test_text_for_measuring_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "public_test" / "cold_test.jsonl"
    path.parent.mkdir()
    path.write_text('{"text": "一句话", "label": 1}\n', encoding="utf-8")
    told = CliRunner().invoke(app, ["train", "--data", str(path), "--own", "0", "-o", str(tmp_path), "--lang", "en"])
    assert told.exit_code == 2
    assert "for measuring only" in told.stderr


def test_the_shipped_weights_tell_a_scam_from_a_thank_you() -> None:
    shipped = load()
    scores = shipped.scores(["兼职刷单日赚三百，垫付本金秒返，加薇信进群", "谢谢老板，昨天收到了，衣服很合身"])
    fraud = HEADS.index("fraud")
    assert scores[0, fraud] > shipped.card.thresholds["fraud"] > scores[1, fraud]
    assert not any(word in shipped.card.reproduce for word in ("/work", "/tmp", "/home"))


def test_the_shipped_stages_belong_together_and_are_small() -> None:
    """Who trains the first stage again must teach the second again: beside another it is never used."""
    assert read_card(HOME / "cards" / "encoder.json").beside == load().card.sha256
    assert sum(path.stat().st_size for path in (HOME / "weights").glob("*.safetensors")) < 42e6
