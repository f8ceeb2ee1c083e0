"""Weights are kept by their content, and what judged is known from the acts where no evidence names it."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256

import orjson
import pytest

from models import ngram
from models.card import HOME
from moderation.load import SCENES, load_engine
from moderation.types import Missing, Scene
from service.audit.archive import Archive, NotKept, stage_in
from service.audit.records import Record
from service.audit.replay import Bench
from service.audit.stages import InForce, Stages
from service.cli.replay import stage
from service.experts import answers, name_of
from tests.service.test_escalation import Deep
from tests.service.test_experts import BAD, Fake

TRAINED, OTHER = "a" * 64, "b" * 64


def start(seq, expert, second="off"):
    facts = {"expert": expert, "second_stage": second}
    return Record(seq, "", "", "service.started", f"s{seq}", orjson.dumps({"facts": facts}))


def activated(seq, digest):
    return Record(seq, "", "", "model.activated", digest, orjson.dumps({"facts": {}}))


def test_what_was_in_force_follows_starts_and_activations():
    told = InForce([
        start(0, "ngram@111111111111", "encoder@222222222222"),
        activated(5, TRAINED), activated(9, "default"), activated(12, OTHER),
        start(20, f"ngram@{OTHER[:12]}"), activated(25, "default"), start(30, "off"), activated(31, TRAINED),
    ])  # fmt: skip
    own = Stages("ngram@111111111111", "encoder@222222222222")
    assert (
        [told.at(seq) for seq in (4, 6, 10, 13)]
        == [
            own,
            Stages(f"ngram@{TRAINED[:12]}"),  # the second stage was fitted beside another
            own,
            Stages(f"ngram@{OTHER[:12]}"),
        ]
    )
    assert [told.at(seq) for seq in (21, 26)] == [Stages(f"ngram@{OTHER[:12]}"), Stages("ngram@111111111111")]
    assert told.at(32) == Stages()
    assert InForce([]).at(7) == Stages()


@pytest.fixture
def uncertain(tmp_path, lexicons):
    """Rules by which live chat asks the second stage where the first is uncertain."""
    shutil.copytree(SCENES, tmp_path / "scenes")
    path = tmp_path / "scenes" / "live_chat.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("review_at = 40", 'review_at = 40\nsecond_stage = "uncertain"'), encoding="utf-8")
    return load_engine(lexicons, tmp_path / "scenes")


def test_what_the_second_stage_cleared_is_cleared_again(uncertain, content):
    """No evidence tells that it was asked. Of what it had not cleared there would be evidence."""
    case = uncertain.examine(content(f"一只{BAD * 2}拐杖而已", scene=Scene.LIVE_CHAT))
    opened = {"fake@1": Fake(), "deep@1": Deep()}.__getitem__
    cleared = case.conclude(*answers(Deep(), [case]))
    found = case.conclude(*answers(Fake(), [case]))
    assert cleared.evidence == ()
    assert found.evidence != ()
    both, alone = (Bench(InForce([start(0, "fake@1", second)]), opened) for second in ("deep@1", "off"))
    assert both.verdict(case, cleared, 1) == cleared
    assert alone.verdict(case, cleared, 1) == found


def test_what_was_not_heard_is_not_heard_again(uncertain, content):
    def opened(name):
        raise NotKept(name)

    case = uncertain.examine(content(f"一只{BAD}拐杖而已", scene=Scene.LIVE_CHAT))
    bench = Bench(InForce([start(0, "off"), start(5, "fake@1")]), opened)
    late = case.conclude(Missing("text", "deadline"))
    assert bench.verdict(case, late, 6) == late
    assert bench.verdict(case, case.conclude(), 1) == case.conclude()
    with pytest.raises(NotKept, match="fake@1"):
        bench.verdict(case, case.conclude(), 6)


def test_weights_are_looked_for_where_training_left_them_and_where_the_settings_say(settings):
    own = name_of(ngram.load())
    with pytest.raises(NotKept):  # neither kept nor named by settings without an expert
        stage(settings, own)
    chosen = settings.model_copy(update={"expert": "ngram"})
    assert name_of(stage(chosen, own)) == own
    for lost in (f"ngram@{TRAINED[:12]}", "encoder@0123", "default"):
        with pytest.raises(NotKept, match=lost):
            stage(chosen, lost)
    trained = settings.trained / ngram.load().card.sha256
    shutil.copytree(HOME / "cards", trained / "cards")
    shutil.copytree(HOME / "weights", trained / "weights")
    assert name_of(stage(settings, own)) == own
    (trained / "weights" / "ngram.safetensors").write_bytes(b"spoilt")
    with pytest.raises(NotKept, match="sha256"):
        stage(settings, own)


@pytest.fixture
def models(tmp_path):
    """A folder with one stage and what was made from it for another runtime; its digest."""
    folder, data = tmp_path / "models", b"weights"
    (folder / "cards").mkdir(parents=True)
    (folder / "weights").mkdir()
    (folder / "weights" / "deep.bin").write_bytes(data)
    (folder / "weights" / "deep.onnx").write_bytes(b"the same")
    (folder / "weights" / "other.bin").write_bytes(b"of another")
    digest = sha256(data).hexdigest()
    (folder / "cards" / "deep.json").write_text(json.dumps({"sha256": digest, "weights": "deep.bin"}))
    return folder, digest


def test_a_stage_is_kept_with_all_that_it_needs(tmp_path, models):
    folder, digest = models
    archive = Archive(tmp_path / "archive")
    assert archive.stage(digest[:12]) is None
    assert archive.keep_stage(folder, "deep")
    assert archive.keep_stage(folder, "deep")
    home = archive.stage(digest[:12])
    assert home == stage_in(tmp_path / "archive" / "models", digest)
    assert archive.stage("") is archive.stage("f" * 64) is None
    assert {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()} == {
        "cards/deep.json": (folder / "cards" / "deep.json").read_bytes(),
        "weights/deep.bin": b"weights",
        "weights/deep.onnx": b"the same",
    }
    # What was spoilt in the archive, or comes later, is mended from what is whole.
    (home / "weights" / "deep.bin").write_bytes(b"spoilt")
    assert archive.keep_stage(folder, "deep")
    assert (home / "weights" / "deep.bin").read_bytes() == b"weights"


def test_weights_or_a_card_that_changed_are_not_kept_as_what_they_were(tmp_path, models):
    folder, digest = models
    archive = Archive(tmp_path / "archive")
    card = folder / "cards" / "deep.json"
    real = card.read_bytes()
    (folder / "weights" / "deep.bin").write_bytes(b"others")
    assert not archive.keep_stage(folder, "deep")
    assert archive.stage(digest) is None
    (folder / "weights" / "deep.bin").write_bytes(b"weights")
    assert archive.keep_stage(folder, "deep")
    card.write_text(json.dumps({"sha256": digest, "weights": "deep.bin", "thresholds": {"abuse": 0.1}}))
    assert not archive.keep_stage(folder, "deep")
    assert (archive.stage(digest) / "cards" / "deep.json").read_bytes() == real
