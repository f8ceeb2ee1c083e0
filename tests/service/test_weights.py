"""Weights that were trained from labels: promoted if they were better, taken back, swapped while the service runs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import sqlite3
from dataclasses import replace

import pytest

from models.card import HOME, read_card, write_card
from models.ngram import load
from moderation.types import TEXT, Scene
from service.experts import DEFAULT
from service.rules import WATCH_SECONDS
from service.store import db
from service.store.reads import ModelInfo
from service.weights import NotProposed, Trained, Trainings, UnknownModel
from service.wiring import open_learning, open_service
from service.wiring_expert import ExpertRefused
from tests.service.test_lexicons import acts

BASE = read_card(HOME / "cards" / "ngram.json").sha256
SCAM = "兼职刷单日赚三百，垫付本金秒返，加薇信进群"


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"expert": "ngram"})


@pytest.fixture
def twin(settings):
    """Makes weights that differ from the shipped ones in one bias: ``twin(3)``; gives what a training would record."""

    def make(shift, *, proposed=True, base=BASE):
        shipped = load()
        bias = shipped.arrays["bias"] + shift
        arrays = {**shipped.arrays, "bias": bias.astype("int32")}
        from models.train import finished  # noqa: PLC0415

        folder = settings.trained / "new"
        card = finished(shipped.card, arrays, folder)
        folder.rename(settings.trained / card.sha256)
        digest = hashlib.sha256((settings.trained / card.sha256 / "cards" / "ngram.json").read_bytes()).hexdigest()
        return Trained(
            card.sha256, digest, base, 0, proposed=proposed, report={"active": 0.8, "candidate": 0.9, "p": 0.01}
        )

    return make


async def test_weights_are_promoted_and_taken_back_and_every_step_is_an_act(service, twin, settings):
    trained = twin(3)
    await service.weights.record(trained, by="cli")
    assert await service.weights.active() == DEFAULT
    assert await service.weights.promote(trained.sha256[:10], by="cli") == trained.sha256
    assert await service.weights.active() == trained.sha256
    assert await service.weights.roll_back(by="cli") == DEFAULT
    assert await service.weights.roll_back(by="cli") == trained.sha256
    assert await service.weights.roll_back(by="cli", to=DEFAULT) == DEFAULT
    [(subject, body)] = acts(settings, "model.trained")
    assert (subject, body["facts"]["proposed"], body["facts"]["base"]) == (trained.sha256, True, BASE)
    told = [(subject, body["facts"]["before"]) for subject, body in acts(settings, "model.activated")]
    assert told == [(trained.sha256, "default"), ("default", trained.sha256)] * 2


async def test_what_was_not_better_is_not_promoted(service, twin):
    worse, stale = twin(3, proposed=False), twin(4, base="another")
    await service.weights.record(worse, by="cli")
    await service.weights.record(stale, by="cli")
    with pytest.raises(NotProposed, match="was not better"):
        await service.weights.promote(worse.sha256, by="cli")
    with pytest.raises(NotProposed, match="was compared with another"):
        await service.weights.promote(stale.sha256, by="cli")
    assert await service.weights.active() == DEFAULT


async def test_unknown_weights_and_nothing_to_go_back_to_are_said(service, twin):
    await service.weights.record(twin(3), by="cli")
    for digest in ("", "nothing"):
        with pytest.raises(UnknownModel):
            await service.weights.promote(digest, by="cli")
    with pytest.raises(UnknownModel):
        await service.weights.roll_back(by="cli")
    [model] = (await service.weights.trainings()).models
    with pytest.raises(UnknownModel):  # it was never active
        await service.weights.roll_back(by="cli", to=model.sha256)


async def test_a_running_service_swaps_within_a_second_and_verdicts_name_the_weights(
    service, caller, content, settings, twin
):
    trained = twin(3)

    async def named():
        decided = await service.moderation.one(caller, content(SCAM, scene=Scene.UGC))
        return {item.note for item in decided.verdict.evidence if item.source == TEXT}

    assert await named() == {f"ngram@{BASE[:12]}"}
    async with open_learning(settings) as beside:  # the command line: a store of its own, and no word to the service
        await beside.weights.record(trained, by="cli")
        await beside.weights.promote(trained.sha256, by="cli")
        await asyncio.sleep(WATCH_SECONDS + 0.5)
        assert await named() == {f"ngram@{trained.sha256[:12]}"}
        await beside.weights.roll_back(by="cli")
        await asyncio.sleep(WATCH_SECONDS + 0.5)
        assert await named() == {f"ngram@{BASE[:12]}"}


async def test_what_was_active_is_active_after_a_restart(settings, twin):
    trained = twin(3)
    async with open_learning(settings) as beside:
        await beside.weights.record(trained, by="cli")
        await beside.weights.promote(trained.sha256, by="cli")
    async with open_service(settings) as service:
        assert service.hearing.model.card.sha256 == trained.sha256
    [start] = acts(settings, "service.started")
    assert start[1]["facts"]["expert"] == f"ngram@{trained.sha256[:12]}"


@pytest.mark.parametrize("harm", ["gone", "card", "weights"])
async def test_broken_weights_do_not_serve_and_going_back_is_possible(settings, twin, harm):
    trained = twin(3)
    async with open_learning(settings) as beside:
        await beside.weights.record(trained, by="cli")
        await beside.weights.promote(trained.sha256, by="cli")
    folder = settings.trained / trained.sha256
    if harm == "gone":
        shutil.rmtree(folder)
    elif harm == "card":  # every threshold out of reach: the weights are whole, and nothing would be flagged
        card = read_card(folder / "cards" / "ngram.json")
        write_card(replace(card, thresholds=dict.fromkeys(card.thresholds, 1.0)), folder / "cards" / "ngram.json")
    else:
        (folder / "weights" / "ngram.safetensors").write_bytes(b"x")
    with pytest.raises(ExpertRefused):
        async with open_service(settings):
            pass
    async with open_learning(settings) as beside:
        assert await beside.weights.roll_back(by="cli") == DEFAULT
        with pytest.raises(ExpertRefused):
            await beside.weights.promote(trained.sha256, by="cli")
    async with open_service(settings) as service:
        assert service.hearing.model.card.sha256 == BASE


async def test_broken_weights_that_another_process_promotes_leave_the_old_ones(service, settings, twin):
    trained = twin(3)
    await service.weights.record(trained, by="cli")
    shutil.rmtree(settings.trained / trained.sha256)
    with sqlite3.connect(settings.database) as database:
        database.execute("INSERT INTO model_activations VALUES (1, ?, 'cli', 'now')", (trained.sha256,))
    database.close()
    await service.weights.catch_up(service.hearing)
    assert service.hearing.model.card.sha256 == BASE


async def test_the_watch_outlives_a_database_that_cannot_be_read(service, twin, settings, monkeypatch):
    async def broken():
        raise sqlite3.OperationalError("busy")

    with monkeypatch.context() as patch:
        patch.setattr(service.weights._reads, "models_state", broken)
        await asyncio.sleep(WATCH_SECONDS + 0.2)
    trained = twin(3)
    async with open_learning(settings) as beside:
        await beside.weights.record(trained, by="cli")
        await beside.weights.promote(trained.sha256, by="cli")
    await asyncio.sleep(WATCH_SECONDS + 0.5)
    assert service.hearing.model.card.sha256 == trained.sha256


@pytest.mark.parametrize("table", ["models", "model_activations"])
async def test_trainings_and_activations_are_insert_only(service, twin, settings, table):
    trained = twin(3)
    await service.weights.record(trained, by="cli")
    await service.weights.promote(trained.sha256, by="cli")
    connection = db.open_writer(settings.database, busy_timeout=5)
    for sql in (
        f"UPDATE {table} SET by = 'x'",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="INSERT-only"):
            connection.execute(sql)
    connection.close()


async def test_acts_of_weights_hold_integers_and_digests_alone(service, twin, settings):
    await service.weights.record(twin(3), by="cli")
    [(_, body)] = acts(settings, "model.trained")
    assert all(isinstance(value, (str, int)) for value in body["facts"].values()), json.dumps(body)


def test_what_was_proposed_since_the_active_weights_waits_newest_first():
    def trained(sha256, *, proposed):
        return ModelInfo(sha256, "card", "base", 1000, proposed, {}, "cli", "2026")

    models = [trained("a", proposed=True), trained("b", proposed=True), trained("c", proposed=False)]
    models.append(trained("d", proposed=True))
    assert [one.sha256 for one in Trainings("a", models).waiting] == ["d", "b"]
    assert [one.sha256 for one in Trainings("", models).waiting] == ["d", "b", "a"]
    assert Trainings("d", models).waiting == []
