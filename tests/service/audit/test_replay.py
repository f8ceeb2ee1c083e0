"""Decisions can be derived again: from what was recorded, and from what is retained, with the rules that were kept."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from models import ngram, portable, second
from moderation.load import load_engine
from moderation.types import Author, Content, Part, Scene
from service.audit.archive import Archive, NotKept
from service.audit.records import Lookup, PackOrder
from service.audit.replay import Bench, Rulebook, by_content, by_policy, decisions_in
from service.audit.stages import in_force
from service.cli.replay import stage
from service.settings import REPOSITORY, Settings
from service.wiring import open_service
from tests.small import CLAIMS, migrated, small_rules, terms

TEXTS = [
    "全网第一的面霜，国家级配方", "加我薇❤了解", "你就是个傻逼", "今天去公园看了银杏", "七天祛斑，无效退款",
    "稳赚不赔，保本高收益", "写完这封遗书就吃药", "刷单返现，日结三百", "最好吃的蛋糕", "我们尽最大努力", "国 家 级",
    "全網最＊低价", "本品不能代替药物",
]  # fmt: skip
OWN = {"own.txt": "@category abuse_insult\n@owner t\n@source t\n@licence x\n@reviewed 2026-11-22\n银杏\n"}


def contents(number):
    scenes = list(Scene)
    return [
        Content(
            scene=scenes[place % len(scenes)],
            parts=(Part("text", f"{TEXTS[place % len(TEXTS)]}{place // 50}"),),
            at=datetime(2026, 11, 22, 6, place % 60, tzinfo=UTC),
            id=f"c{place}",
            author=Author(id=f"u{place % 5}"),
            commercial=None if place % 3 else True,
        )
        for place in range(number)
    ]


@asynccontextmanager
async def judged(folder, lexicons, number, **more):
    settings = Settings(data=folder, lexicons=lexicons, **{"expert": "off", **more})
    migrated(settings.database)
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        while service.health().reasons:  # noqa: ASYNC110 - a second stage is loaded elsewhere
            await asyncio.sleep(0.01)
        await service.moderation.many(caller, contents(number))
        yield service, caller


async def packed(service):
    exports = service.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log", formats=()), by="cli")
    while (done := await exports.one("shop", asked.id)).state == "waiting":  # noqa: ASYNC110 - made elsewhere
        await asyncio.sleep(0.01)
    assert done.state == "done", done.error
    pack = exports.archive(done)
    while pack.with_suffix("").exists():  # noqa: ASYNC110 - what it was made of is taken away elsewhere
        await asyncio.sleep(0.01)
    return pack


def replayed(pack, book, service=None, bench=None):
    reads = book._reads
    found = []
    for records in decisions_in(pack):
        if bench is None:
            found += by_policy(records, book)
        else:
            found += by_content(records, book, Lookup(reads, "shop"), bench)
    return found


def bench_of(service):
    return Bench(in_force(service.audit.log.reads), partial(stage, service.settings))


def scored_in(pack):
    """What the text expert scored in a pack's decisions: the evidence of it."""
    found = ((one.facts.get("verdict") or {}).get("evidence", ()) for records in decisions_in(pack) for one in records)
    return [item for evidence in found for item in evidence if item["source"] == "text"]


async def kept(archive, service):
    """Once the rules that are active are kept."""
    files = service.rules.engine.ruleset.files
    while not all(archive.has(digest) for digest in files.values()):  # noqa: ASYNC110 - kept elsewhere
        await asyncio.sleep(0.02)


async def test_decisions_are_derived_again_from_kept_rules(tmp_path):
    """With a ruleset that is gone from where it was, and a tenant's own words; another shows what it changes."""
    lexicons = small_rules(tmp_path / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})
    async with judged(tmp_path / "data", lexicons, 90) as (service, caller):
        info = await service.lexicons.file("shop", OWN, by="cli")
        await service.lexicons.activate("shop", info.version, by="cli")
        again = [replace(one, id=f"own{place}") for place, one in enumerate(contents(40))]
        await service.moderation.many(caller, again)
        archive = Archive(service.settings.archived)
        await kept(archive, service)
        pack = await packed(service)
        reads = service.audit.log.reads
        shutil.rmtree(lexicons)
        book = Rulebook(reads, archive, "shop")
        fingerprints = {one.facts["ruleset"] for some in decisions_in(pack) for one in some}
        assert len(fingerprints) == 2
        done = replayed(pack, book)
        assert len(done) == 130
        assert [one for one in done if one.differs or one.why] == []
        whole = replayed(pack, book, service, bench_of(service))
        assert [one for one in whole if one.differs or one.why] == []
        # Another policy for absolute claims: what it decides otherwise, and nothing else.
        other = small_rules(tmp_path / "other", {"ad_law/absolute_claim.txt": CLAIMS})
        path = other / "categories.toml"
        head, mark, tail = path.read_text(encoding="utf-8").partition('code = "absolute_claim"')
        path.write_text(head + mark + tail.replace('action = "block"', 'action = "review"', 1), encoding="utf-8")
        swapped = replayed(pack, Rulebook(reads, archive, "shop", instead=load_engine(other)))
        differ = {one.id for one in swapped if one.differs}
        blocked = {
            record.subject
            for records in decisions_in(pack)
            for record in records
            if "absolute_claim" in (record.facts.get("verdict") or {}).get("categories", ())
            and record.facts["action"] == "block"
        }
        assert differ == blocked != set()
        assert all(one.differs == ("action",) or "action" in one.differs for one in swapped if one.differs)


@asynccontextmanager
async def judged_by_both(tmp_path, number, shipped, monkeypatch, models=REPOSITORY / "models", **more):
    """A service that judges by copies of the weights, which are gone by now from where they were; its pack and book."""
    monkeypatch.setattr("service.rules.Rules._load", lambda _: shipped)
    monkeypatch.setattr("service.audit.replay.load_engine", lambda *_, **__: shipped)
    for name in ("cards", "weights"):
        shutil.copytree(models / name, tmp_path / "models" / name)
    told = {"expert": "ngram", "models": tmp_path / "models", "expert_deadline": 20.0, "second_deadline": 60.0, **more}
    async with judged(tmp_path / "data", REPOSITORY / "lexicons", number, **told) as (service, _):
        archive = Archive(service.settings.archived)
        await kept(archive, service)
        stages = [service.hearing.model, *([service.hearing.second.model] if more else [])]
        while not all(archive.stage(one.card.sha256) for one in stages):  # noqa: ASYNC110 - kept elsewhere
            await asyncio.sleep(0.02)
        pack = await packed(service)
        shutil.rmtree(tmp_path / "models")
        yield service, pack, Rulebook(service.audit.log.reads, archive, "shop")


async def test_the_text_expert_is_heard_again_as_it_was(tmp_path, shipped, monkeypatch):
    """By its weights in the archive: those that the settings name are gone."""
    async with judged_by_both(tmp_path, 120, shipped, monkeypatch) as (service, pack, book):
        done = replayed(pack, book, service, bench_of(service))
        assert len(done) == 120
        assert [one for one in done if one.differs or one.why] == []
        assert len(scored_in(pack)) > 5, "without scores nothing is shown"
        # A model that scores otherwise is noticed.
        real = ngram.Ngram.scores
        monkeypatch.setattr(ngram.Ngram, "scores", lambda self, texts: real(self, texts) * 0.999)
        assert any(one.differs for one in replayed(pack, book, service, bench_of(service)))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("runtime", ["torch", "onnx", "numpy"])
async def test_the_second_stage_is_heard_again_as_it_was(tmp_path, shipped, monkeypatch, runtime):
    """Computed by any runtime, from the archive alone; without its weights there nothing is judged in silence."""
    for library in second.RUNTIMES[runtime]:
        pytest.importorskip(library)
    models = REPOSITORY / "models"
    if runtime == "onnx":
        pytest.importorskip("torch")
        pytest.importorskip("onnx")
        models = tmp_path / "exported"
        for name in ("cards", "weights"):
            shutil.copytree(REPOSITORY / "models" / name, models / name)
        portable.export(models)
    both = {"second_stage": "encoder", "second_runtime": runtime}
    async with judged_by_both(tmp_path, 60, shipped, monkeypatch, models, **both) as (service, pack, book):
        done = replayed(pack, book, service, bench_of(service))
        assert len(done) == 60
        assert [one for one in done if one.differs or one.why] == []
        scored = {item["note"].partition("@")[0] for item in scored_in(pack)}
        assert scored == {"ngram", "encoder"}, "without scores of both nothing is shown"
        shutil.rmtree(Archive(service.settings.archived).stage(service.hearing.second.model.card.sha256))
        lost = replayed(pack, book, service, bench_of(service))
        asking = {one.id for one in lost if one.why}
        assert all(one.why.startswith("weights not kept: encoder@") for one in lost if one.why)
        scenes = {record.subject: Scene(record.facts["scene"]) for records in decisions_in(pack) for record in records}
        always = {id_ for id_, scene in scenes.items() if scene in {Scene.AD, Scene.LIVE_SCRIPT}}
        assert always and always <= asking
        assert {scenes[id_] for id_ in asking - always} <= {Scene.UGC, Scene.TITLE, Scene.PROFILE}
        assert [one for one in lost if one.differs] == []


async def test_what_was_edited_in_the_record_is_noticed(tmp_path, shipped, monkeypatch):
    """The sabotage twin: a record whose action does not follow from its signals."""
    monkeypatch.setattr("service.rules.Rules._load", lambda _: shipped)
    monkeypatch.setattr("service.audit.replay.load_engine", lambda *_, **__: shipped)
    async with judged(tmp_path / "data", REPOSITORY / "lexicons", 30) as (service, _):
        pack = await packed(service)
        archive = Archive(service.settings.archived)
        await kept(archive, service)
        book = Rulebook(service.audit.log.reads, archive, "shop")
        (records, *_) = decisions_in(pack)
        blocked = next(one for one in records if one.facts["action"] == "block")
        told = json.loads(blocked.body)
        told["facts"]["action"] = "pass"
        spoilt = blocked._replace(body=json.dumps(told).encode())
        assert [one.differs for one in by_policy([spoilt, blocked], book)] == [("action",), ()]


async def test_rules_that_could_not_be_kept_are_kept_later(tmp_path, monkeypatch):
    lexicons = small_rules(tmp_path / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})
    real, full = Archive.keep_rules, [OSError(28, "No space left on device")]

    def keep_rules(*given):
        if full:
            raise full.pop()
        return real(*given)

    monkeypatch.setattr(Archive, "keep_rules", keep_rules)
    async with judged(tmp_path / "data", lexicons, 1) as (service, _):
        await asyncio.wait_for(kept(Archive(service.settings.archived), service), 20)
    assert full == []


def test_rules_that_are_not_kept_are_said_to_be_so(tmp_path):
    archive = Archive(tmp_path / "archive")
    folder = small_rules(tmp_path / "lexicons", {"ad_law/x.txt": terms("absolute_claim", "国家级")})
    files = {"ad_law/x.txt": "0" * 64}
    assert archive.keep_rules(folder, folder, files) == ["ad_law/x.txt"]
    with pytest.raises(NotKept):
        archive.rules("f", files)
    digest = archive.keep((folder / "ad_law" / "x.txt").read_bytes())
    lexicons, _ = archive.rules("f", {"ad_law/x.txt": digest})
    assert (lexicons / "ad_law" / "x.txt").read_bytes() == (folder / "ad_law" / "x.txt").read_bytes()
    assert Path(archive._blob(digest)).exists()
