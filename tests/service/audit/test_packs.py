"""What stands in packs: cells that run nothing, the same numbers in every format, masks, DSA statements, figures."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import threading
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta

import jsonschema_rs
import orjson
import pytest
import time_machine
from structlog.testing import capture_logs

from service.acts import Act, act_row
from service.audit import archive, formats, make
from service.audit.columns import COLUMNS
from service.audit.dsa import BATCH, statement
from service.audit.exports import AskedWrong, Exports
from service.audit.mask import masked
from service.audit.packs import CHECKLIST, FIGURES, HEADS, PACKS, TABLES
from service.audit.reads import LogReads
from service.audit.records import PackOrder, Record, Subject, Told, accounts_of, wanted
from service.audit.timeline import Sought, look
from service.audit.verify_export import check
from service.ids import stamp
from service.ports import Write
from service.store import audit_statements, creator_statements
from tests.service.audit.conftest import opened
from tests.service.audit.dsa_schema import SCHEMA

# Masks


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("电话13812345678。", "电话138****5678。"),
        ("138-1234-5678", "138-****-5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("138 1234 5678", "138 **** 5678"),
        ("身份证11010519491231002X", "身份证110*************2X"),
        ("卡6222021234567890123", "卡6222************123"),
        ("来自 192.168.1.77", "来自 192.168.1.**"),
        ("fe80:1:2:3:4:5:6:7", "fe80:1:2:3:4:5:6:*"),
        ("a.b@example.com", "a**@example.com"),
        ("010-12345678", "010-****5678"),
        ("0571-87654321", "0571-******21"),
        ("12:30:45", "12:30:45"),
        ("价格 199.99 元，共 12345 件", "价格 199.99 元，共 12345 件"),
        ("没有数字", "没有数字"),
    ],
)
def test_personal_data_is_masked_and_nothing_else(text, told):
    assert masked(text) == told
    assert len(masked(text)) == len(text)


# What packs are made of


def test_every_column_and_element_is_known():
    for table in TABLES.values():
        assert set(table.columns) <= HEADS.keys(), table.name
        assert table.element in CHECKLIST
        assert table.counts or set(table.columns) <= COLUMNS.keys(), table.name
    for figure in FIGURES:
        if figure.ratio:
            assert set(figure.ratio) <= {one.name for one in FIGURES}


def test_the_room_pack_has_a_place_for_every_element():
    elements = {table.element for table in PACKS["room_117"].tables} | {"manifest"}
    assert elements == CHECKLIST.keys()


async def test_acts_of_later_versions_join_by_their_kind(made):
    await made.act(3, kind="correction.heard", offset=7)
    await made.act(2, kind="measure.taken", creator="c1")
    await made.act(4, kind="score.entered", creator="c1", delta=-3)
    pack = await made.pack("room_117")
    with zipfile.ZipFile(pack) as archive:
        counts = {
            name: archive.read(f"tables/{name}.jsonl").count(b"\n") - 1
            for name in ("corrections", "measures", "scores")
        }
        manifest = json.loads(archive.read("manifest.json"))
    assert counts == {"corrections": 3, "measures": 2, "scores": 4}
    assert all(one["places"] for one in manifest["checklist"])


async def test_every_figure_can_be_counted_again_from_the_records(made):
    await made.act(30, action="block")
    await made.act(20, action="pass", degraded=True)
    await made.act(7, kind="appeal.decided", outcome="overturned")
    await made.act(3, kind="appeal.decided", outcome="upheld")
    await made.act(5, tenant="rival", action="block")
    pack = await made.pack("annual")
    with zipfile.ZipFile(pack) as archive:
        records = [json.loads(line) for line in archive.read("records.jsonl").splitlines()]
        lines = [json.loads(line) for line in archive.read("tables/metrics.jsonl").splitlines()[1:]]
    told = {line[0]: line for line in lines}
    assert (told["decisions"][1], told["blocked"][1], told["degraded"][1]) == (50, 30, 20)
    assert told["overturn_rate"][1] == 700
    for figure in FIGURES:
        _, value, _, query, first, last = told[figure.name]
        if figure.ratio is None:
            fits = [one["seq"] for one in records if figure.counts(one["kind"], one["facts"])]
            assert value == len(fits)
            assert (first, last) == ((fits[0], fits[-1]) if fits else (None, None))
            assert all(kind in query for kind in figure.kinds)


async def test_a_pack_has_only_what_was_asked_for(made):
    await made.act(10)
    await made.act(10, tenant="rival")
    pack = await made.pack()
    with zipfile.ZipFile(pack) as archive:
        tenants = Counter(json.loads(line)["tenant"] for line in archive.read("records.jsonl").splitlines())
    assert set(tenants) == {"shop", ""}


async def test_what_an_account_does_is_its_creators_while_it_is_linked(made):
    def write(visit):
        for name in ("a", "b"):
            member = (f"id-{name}", "shop", name, "user", "default", None, None, "{}", visit.at, None)
            visit.record(Act("creator.added", f"id-{name}", "shop"), Write(creator_statements.INSERT_CREATOR, member))
        link = ("l", "shop", "id-a", "id-b", "douyin", 1_000_000_000)
        visit.record(Act("account.linked", "l", "shop"), Write(creator_statements.INSERT_LINK, link))

    def end(visit):
        visit.record(Act("account.unlinked", "l", "shop"), Write(creator_statements.END_LINK, (1_000_000_009, "l")))

    reads, asked = made.audit.log.reads, PackOrder(pack="creator", creator="a")

    def taken():
        """The seconds in which an act of the account is the creator's."""
        accounts = accounts_of(reads, "shop", "a")
        times = [f"2001-09-09T01:46:{second:02}.500000Z" for second in range(35, 55)]
        told = [Told(Record(0, at, "shop", "score.entry", "s", b""), {}, Subject(creator="b")) for at in times]
        return [one.record.at[17:19] for one in told if wanted(one, PACKS["creator"], asked, accounts)]

    await made.store.ledger.visit(write)
    assert taken() == [str(second) for second in range(40, 55)]
    await made.store.ledger.visit(end)
    assert taken() == [str(second) for second in range(40, 50)]
    assert accounts_of(reads, "shop", "b") == accounts_of(reads, "rival", "a") == ()


async def test_a_format_that_cannot_be_written_here_is_refused(made, monkeypatch):
    for name, there in (("parquet", "has_parquet"), ("pdf", "has_pdf")):
        monkeypatch.setattr(formats, there, lambda: False)
        with pytest.raises(AskedWrong) as refused:
            await made.audit.exports.ask("shop", PackOrder(pack="log", formats=(name,)), by="cli")
        assert (refused.value.field, refused.value.kind) == ("formats", f"{name}_missing")


# Made in stages


@pytest.mark.parametrize("stage", ["records", "rows", "csv", "xlsx", "html", "manifest", "archive"])
async def test_a_pack_that_was_cut_off_becomes_the_very_pack(made, monkeypatch, stage):
    """Cut off in each stage; what is made then is what would have been made."""
    monkeypatch.setattr("service.audit.make._SAVES", 1)
    monkeypatch.setattr("service.audit.records.CHUNK", 50)
    monkeypatch.setattr("service.audit.make._CHUNK_BYTES", 1)
    await made.act(180)
    exports = made.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log", formats=("csv", "xlsx", "html")), by="cli")
    seen = Counter()

    def reporter(self, export):
        def report(at, done, total):
            seen[at] += 1
            if at == stage and seen[at] == 2 - (stage in {"csv", "xlsx", "html", "manifest"}):
                raise KeyboardInterrupt

        return report

    monkeypatch.setattr(Exports, "_reporter", reporter)
    with pytest.raises(KeyboardInterrupt):
        await exports.make(asked)
    assert (await exports.one("shop", asked.id)).state == "waiting"
    monkeypatch.undo()
    await made.act(5)
    done = await exports.make(asked)
    assert done.state == "done"
    path = exports.archive(done)
    found = check(path, key=made.key)
    assert found.found == []
    with zipfile.ZipFile(path) as archive:
        records = archive.read("records.jsonl").splitlines()
        assert archive.read("tables/acts.jsonl").count(b"\n") == len(records) + 1
        assert archive.read("tables/acts.csv").decode("utf-8-sig").count("\r\n") == len(records) + 1
    assert len(records) == len({json.loads(line)["seq"] for line in records})
    assert not (made.folder / "exports" / asked.id).exists()


def files_of(made, export):
    return [path.name for path in (made.folder / "exports").glob(f"{export.id}*")]


@pytest.mark.parametrize("stage", ["records", "rows", "html", "manifest", "archive", "digest"])
async def test_of_a_pack_that_is_given_up_nothing_stays(made, monkeypatch, stage):
    """Given up in each stage, and when the archive lies there and is not told of yet."""
    await made.act(30)
    exports, loop = made.audit.exports, asyncio.get_running_loop()
    asked = await exports.ask("shop", PackOrder(pack="log", formats=("html",)), by="cli")
    reporter, seen = Exports._reporter, set()

    def giving_up(at):
        if at == stage and stage not in seen:
            seen.add(stage)
            asyncio.run_coroutine_threadsafe(exports.cancel("shop", asked.id, by="cli"), loop).result()

    def reporting(self, export):
        report = reporter(self, export)

        def told(at, done, total):
            giving_up(at)
            report(at, done, total)

        return told

    def digest(path):
        giving_up("digest")
        return archive.digest_of(path)

    monkeypatch.setattr(Exports, "_reporter", reporting)
    monkeypatch.setattr("service.audit.exports.digest_of", digest)
    assert (await exports.make(asked)).state == "cancelled"
    assert seen == {stage}
    assert files_of(made, asked) == []
    assert exports._cancelled == set()


async def test_a_pack_that_is_given_up_before_is_not_made(made, monkeypatch):
    await made.act(3)
    exports = made.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log"), by="cli")
    await exports.cancel("shop", asked.id, by="cli")
    monkeypatch.setattr(Exports, "_write", lambda *_: pytest.fail("it was given up"))
    assert (await exports.make(asked)).state == "cancelled"
    assert files_of(made, asked) == []
    assert exports._cancelled == set()


async def test_of_a_making_that_was_cut_off_and_is_given_up_then_nothing_stays(made, monkeypatch):
    await made.act(3)
    exports = made.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log"), by="cli")

    def cut_off(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("service.audit.exports.digest_of", cut_off)
        with pytest.raises(KeyboardInterrupt):
            await exports.make(asked)
    assert sorted(files_of(made, asked)) == [asked.id, f"{asked.id}.zip"]
    await exports.cancel("shop", asked.id, by="cli")
    assert files_of(made, asked) == []


async def test_of_a_pack_that_failed_nothing_stays(made, monkeypatch):
    await made.act(3)
    exports = made.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log"), by="cli")

    def full(_):
        raise OSError("no space left on device")

    monkeypatch.setattr("service.audit.exports.digest_of", full)
    failed = await exports.make(asked)
    assert (failed.state, failed.error) == ("failed", "OSError")
    assert files_of(made, asked) == []


async def test_a_service_and_a_command_beside_it_do_not_make_one_pack_both(made):
    await made.act(3)
    asked = await made.audit.exports.ask("shop", PackOrder(pack="log"), by="cli")
    async with opened(made.folder) as beside:
        with capture_logs() as logs:
            both = await asyncio.gather(*(one.audit.exports.make(asked) for one in (made, beside)))
    assert [one.state for one in both] == ["done", "done"]
    assert [one["event"] for one in logs] == ["pack made"]
    assert files_of(made, asked) == [f"{asked.id}.zip"]


async def test_while_a_stopped_making_still_writes_nobody_takes_it_up(made, monkeypatch):
    await made.act(3)
    exports, writing, on, both = made.audit.exports, threading.Event(), threading.Event(), []
    asked = await exports.ask("shop", PackOrder(pack="log"), by="cli")
    collect = make.collect

    def slow(*given):
        both.append(1)
        writing.set()
        on.wait(5)
        try:
            assert len(both) == 1
            collect(*given)
        finally:
            both.pop()

    monkeypatch.setattr("service.audit.exports.collect", slow)
    stopped = asyncio.create_task(exports.make(asked))
    await asyncio.to_thread(writing.wait, 5)
    stopped.cancel()
    async with opened(made.folder) as beside:
        taking_up = asyncio.create_task(beside.audit.exports.make(asked))
        done, _ = await asyncio.wait([stopped], timeout=0.1)
        assert (done, both) == (set(), [1])
        on.set()
        assert (await taking_up).state == "done"
        assert stopped.cancelled()
        assert check(exports.archive(asked), key=made.key).found == []


async def test_packs_are_made_after_the_database_failed_once(made, monkeypatch):
    await made.act(3)
    exports, rows, failed = made.audit.exports, LogReads.rows, []
    asked = await exports.ask("shop", PackOrder(pack="log", formats=()), by="cli")

    def failing(self, statement, *values):
        if statement == audit_statements.EXPORT_WAITING and not failed:
            failed.append(statement)
            raise sqlite3.OperationalError("disk I/O error")
        return rows(self, statement, *values)

    monkeypatch.setattr(LogReads, "rows", failing)
    monkeypatch.setattr("service.audit.exports._LOOK_SECONDS", 0.01)
    watching = asyncio.create_task(exports.watch())
    try:
        async with asyncio.timeout(20):
            while (await exports.one("shop", asked.id)).state == "waiting" and not watching.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert failed
        assert (await exports.one("shop", asked.id)).state == "done"
    finally:
        watching.cancel()
        await asyncio.wait([watching])


# DSA


def decision(chance, number):
    """A decision that restricts, as engines and people file them."""
    codes = ["absolute_claim", "fraud_scam", "porn_vulgar", "unheard_of", "self_harm", "contact_diversion"]
    evidence = [
        {
            "category": chance.choice(codes),
            "rule": f"r{chance.randrange(99)}",
            "severity": 3,
            "source": "terms",
            "weight": 1,
            "span": [0, chance.randrange(9), 9 + chance.randrange(9)],
            **({"laws": [f"广告法 {chance.randrange(60)}"] * chance.randrange(3)} if chance.random() < 0.7 else {}),
        }
        for _ in range(chance.randrange(60))
    ]
    verdict = {"evidence": evidence} if evidence else {}
    if evidence and chance.random() < 0.5:
        verdict["categories"] = sorted({one["category"] for one in evidence})
    facts = {
        "action": "block",
        "by": chance.choice(["engine", "deadline", "somebody"]),
        "ruleset": "r" * 16,
        "scene": "ad",
    }
    if chance.random() < 0.9:
        facts["published_at"] = f"{chance.choice([1970, 1999, 2026, 2039])}-03-04T05:06:07.000000Z"
    if verdict:
        facts["verdict"] = verdict
    kind = chance.choice(["decision.auto", "decision.human", "decision.timeout"])
    at, subject = "2026-11-26T08:00:00.000000Z", f"01a21557-f51d-7a24-8d3d-{number:012x}"
    return Record(number, at, "shop", kind, subject, act_row(number, at, kind, subject, "shop", facts)[4])


@pytest.mark.parametrize("times", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_statement_is_one_of_the_database(times):
    validator, chance = jsonschema_rs.validator_for(SCHEMA), random.Random(3)
    seen = set()
    for number in range(times):
        told = statement(decision(chance, number))
        validator.validate(told)
        seen.add(told["puid"])
        assert "13812345678" not in json.dumps(told)
    assert len(seen) == times


def test_the_schema_refuses_what_the_database_would():
    validator = jsonschema_rs.validator_for(SCHEMA)
    good = statement(decision(random.Random(1), 1))
    for spoilt in (
        {**good, "category": "STATEMENT_CATEGORY_NONE"},
        {**good, "puid": "a b"},
        {**good, "decision_facts": "x" * 5001},
        {**good, "decision_visibility": []},
        {**good, "content_date": "1999-01-01T00:00"},
        {**good, "extra": 1},
        {name: value for name, value in good.items() if name != "automated_decision"},
        {**good, "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT", "illegal_content_legal_ground": ""},
    ):
        assert not validator.is_valid(spoilt), spoilt


async def test_batches_have_a_hundred_statements_at_most(made):
    await made.act(230, action="block")
    await made.act(20, action="pass")
    pack = await made.pack("dsa")
    with zipfile.ZipFile(pack) as archive:
        batches = [
            json.loads(archive.read(name))["statements"] for name in archive.namelist() if name.startswith("dsa/")
        ]
    assert [len(one) for one in batches] == [BATCH, BATCH, 30]


async def test_a_clock_that_goes_back_leaves_no_act_of_a_period_out(made):
    noon = datetime(2031, 3, 2, 12, tzinfo=UTC)
    hours = {"before": -30, "early": -7, "in": 1, "in too": 2, "back": -8, "in again": -1, "on": 10, "after": 30}
    for name, hour in hours.items():
        with time_machine.travel(noon + timedelta(hours=hour), tick=False):
            await made.act(kind="label.added", name=name)
    since, until = (stamp(noon + timedelta(hours=hour)) for hour in (-2, 3))
    with time_machine.travel(noon + timedelta(hours=31)):
        pack = await made.pack("log", since=since, until=until)
    with zipfile.ZipFile(pack) as archive:
        found = [orjson.loads(line)["facts"]["name"] for line in archive.read("records.jsonl").splitlines()]
        manifest = orjson.loads(archive.read("manifest.json"))
    assert found == ["in", "in too", "in again"]
    assert manifest["range"]["end"] - manifest["range"]["first"] == len(["in", "in too", "back", "in again"])
    assert check(pack, key=made.key).found == []
    acts = look(made.audit.log.reads, "shop", Sought(since=since, until=until), before=1 << 40, limit=50).acts
    assert [act.facts["name"] for act in acts] == found[::-1]
