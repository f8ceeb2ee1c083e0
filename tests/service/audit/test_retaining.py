"""Nothing is kept too long and nothing is taken too early; who is erased is gone from every byte, and the log holds."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
import zipfile
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from functools import partial
from hashlib import sha256
from itertools import count
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import structlog
import time_machine
from typer.testing import CliRunner

from moderation.load import load_engine
from moderation.types import Author, Content, Part, Scene
from service.acts import Act
from service.audit import seal
from service.audit.clock import Clock
from service.audit.exports import NotThere
from service.audit.holds import HoldWrong, NoSuchHold
from service.audit.records import PackOrder
from service.audit.retaining import Retaining
from service.audit.retention import CLASSES, FOREVER, Kept, longest
from service.audit.verify_export import check
from service.audit.whole import wrong_in
from service.cli.app import app
from service.creators.posting import complained
from service.filing import committed, kept
from service.ids import from_stamp, now, stamp
from service.ledger import LedgerRefused
from service.moderate import Idempotency
from service.ports import Write
from service.review.appeals import Appealed, NotTheirs
from service.settings import Settings
from service.store.codec import told_in
from service.store.duty_statements import END_SHOW, INSERT_SHOW
from service.store.statements import INSERT_TEXT
from service.vault import SEALED, Vault, opened
from service.wiring import open_service
from tests.service.audit.test_replay import packed
from tests.small import CLAIMS, migrated, small_rules

CANARY = "金丝雀"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return small_rules(tmp_path_factory.mktemp("rules") / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})


@pytest.fixture(scope="module")
def engine(rules):
    return load_engine(rules)


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch, engine):
    monkeypatch.setattr("service.rules.Rules._load", lambda _: engine)


@pytest.fixture
async def house(tmp_path, rules):
    settings = Settings(data=tmp_path / "data", lexicons=rules, expert="off", seal_contents=True)
    migrated(settings.database)
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        yield service, await service.keys.caller(secret), tmp_path / "data"


def content(text, name, *, by=None, scene=Scene.UGC, room=None, **more):
    return Content(
        scene=scene,
        parts=(Part("text", text),),
        at=datetime.now(UTC),
        id=name,
        author=Author(id=by),
        room=room,
        **more,
    )


def interfered(monkeypatch, method, interfere, *, call=1):
    """Has something done before a call of a method of ``Retaining`` in a thread; gives whether it was done."""
    loop, calls, real = asyncio.get_running_loop(), count(1), getattr(Retaining, method)
    done = asyncio.Event()

    def patched(self, *values):
        if next(calls) == call:
            asyncio.run_coroutine_threadsafe(interfere(), loop).result()
            done.set()
        return real(self, *values)

    monkeypatch.setattr(Retaining, method, patched)
    return done.is_set


# Classes


def test_the_longest_class_wins():
    at = "2026-01-01T00:00:00.000000Z"
    days = {one.code: one.days for one in CLASSES}
    for one, code in (
        (Kept("ugc", at, at), "live_60d"),
        (Kept("ad", at, at), "ad_3y"),
        (Kept("ugc", at, at, commercial=True), "ad_3y"),
        (Kept("ugc", at, at, restricted=True), "gov_3y"),
        (Kept("live_chat", at, at), "tx_3y"),
        (Kept("", at, at), "pi_3y"),
    ):
        found, until = longest(one)
        assert found == code
        assert from_stamp(until) == from_stamp(at) + timedelta(days=days[code])
    assert longest(Kept("live_chat", at, at, show="9"))[1] == FOREVER, "not while the show lasts"
    ended = longest(Kept("live_chat", at, at, show="2026-03-01T00:00:00.000000Z"))
    assert ended > longest(Kept("live_chat", at, at))


async def test_over_five_years_nothing_goes_early_and_all_goes_within_a_day(house):
    """A clock that goes on by hand: contents of all sorts, looked at each day that something could end, and between."""
    service, caller, _ = house
    retaining, reads = service.audit.retaining, service.audit.log.reads
    began = datetime.now(UTC)
    wanted = {}
    sorts = [(Scene.UGC, {}), (Scene.AD, {}), (Scene.UGC, {"commercial": True}), (Scene.LIVE_CHAT, {"room": "r"})]
    for place, (scene, more) in enumerate([*sorts, (Scene.TITLE, {}), (Scene.LIVE_SCRIPT, {})]):
        await service.moderation.one(caller, content(f"{CANARY}{place}", f"c{place}", scene=scene, **more))
        one = Kept(scene.value, stamp(began), stamp(began), commercial=bool(more.get("commercial")))
        wanted[f"c{place}"] = from_stamp(longest(one)[1])
    held = await retaining.holds.place("shop", "content", "c4", reason="诉讼", by="k")

    def left():
        return {name for name, body in reads.rows("SELECT content_id, body FROM contents") if body}

    moments = sorted({*wanted.values()})
    days = sorted(
        {began + DAY * number for number in range(0, 1830, 183)}
        | {m - DAY for m in moments}
        | {m + DAY for m in moments}
    )
    for moment in days:
        await retaining.sweep(stamp(moment))
        now_left = left()
        for name, until in wanted.items():
            if name == "c4":
                assert name in now_left, "a hold wins over all"
            elif moment < until:
                assert name in now_left, f"{name} went early"
            elif moment >= until + DAY:
                assert name not in now_left, f"{name} was kept too long"
    await retaining.holds.lift("shop", held.id, by="k")
    await retaining.sweep(stamp(began + 1831 * DAY))
    assert left() == set()
    tombs = reads.rows("SELECT subject FROM acts WHERE kind = 'retention.purged'")
    assert sorted(name for (name,) in tombs) == sorted(wanted)
    assert sum((await retaining.purged("shop")).values()) == len(wanted)
    assert wrong_in(reads) == []


async def test_what_was_written_before_the_clock_went_back_is_classed(house):
    service, caller, _ = house
    began = datetime.now(UTC)
    for hours, name in ((0, "a"), (20, "ahead"), (19, "ahead too"), (1, "back")):
        with time_machine.travel(began + timedelta(hours=hours)):
            await service.moderation.one(caller, content("话", name))
    await service.audit.retaining.sweep(stamp(began + timedelta(days=30, hours=2)))
    classed = "SELECT c.content_id FROM retentions AS r JOIN contents AS c ON c.id = r.content ORDER BY c.id"
    assert [name for (name,) in service.audit.log.reads.rows(classed)] == ["a", "ahead", "ahead too", "back"]
    assert await service.audit.retaining.sweep(stamp(began + 62 * DAY)) == 4


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_clock_that_jumped_ahead_purges_nothing_until_it_has_run_so_for_a_day(house, restarted):
    """A start or two under it, and a clock that jumps again, are no day."""
    service, caller, _ = house
    await service.moderation.one(caller, content("话", "c"))
    await service.audit.log.checkpoint()
    ahead, retaining = datetime.now(UTC) + 2000 * DAY, service.audit.retaining

    async def swept(moment, *, acts=False):
        with time_machine.travel(moment):
            if acts:
                await service.keys.create("shop")
                await service.audit.log.checkpoint()
            return await retaining.sweep()

    with structlog.testing.capture_logs() as logs:
        assert await swept(ahead, acts=restarted) == 0
        retaining._clock = Clock(service.audit.log.reads)
        assert [await swept(ahead + DAY * part) for part in (0.01, 0.5, 0.99)] == [0, 0, 0]
        assert {one["event"] for one in logs if one["log_level"] == "error"} == {
            "the clock stands far after the log: nothing is purged until it has run so for a day"
        }
    ((body,),) = service.audit.log.reads.rows("SELECT body FROM contents")
    assert body
    assert await swept(ahead + 1.01 * DAY) == restarted


async def test_a_house_at_rest_purges_once_its_clock_was_watched_for_a_day(house, monkeypatch):
    service, caller, _ = house
    await service.moderation.one(caller, content("话", "c"))
    await service.audit.log.checkpoint()
    ahead, passed = datetime.now(UTC) + 2000 * DAY, 0.0
    monkeypatch.setattr("service.audit.clock.monotonic", lambda: passed)
    found = []
    for days, jump in ((0, 0), (0.9, 0), (0.1, 3), (0.5, 0), (0.6, 0)):
        passed += days * DAY.total_seconds()
        ahead += (days + jump) * DAY
        with time_machine.travel(ahead):
            found.append(await service.audit.retaining.sweep())
    assert found == [0, 0, 0, 0, 1]


async def test_a_house_that_rested_over_holidays_purges_at_once(house):
    service, caller, _ = house
    for day in (0, 61):
        with time_machine.travel(datetime.now(UTC) + day * DAY):
            await service.moderation.one(caller, content("话", f"c{day}"))
            await service.audit.log.checkpoint()
    with time_machine.travel(datetime.now(UTC) + 64 * DAY):
        assert await service.audit.retaining.sweep() == 1


async def test_what_was_said_in_a_show_that_lasts_goes_once_it_has_ended(house):
    service, caller, _ = house
    retaining, began = service.audit.retaining, datetime.now(UTC)
    row = ("s", "shop", "r", None, "[]", "[]", "k", stamp(began - DAY))
    await service.ledger.record(Act("show.started", "s", "shop"), Write(INSERT_SHOW, row))
    await service.moderation.one(caller, content("话", "c", scene=Scene.LIVE_CHAT, room="r"))
    for day in (40, 41, 42):
        assert await retaining.sweep(stamp(began + day * DAY)) == 0
    ended = stamp(began + 43 * DAY)
    await service.ledger.record(Act("show.ended", "s", "shop"), Write(END_SHOW, (ended, "k", "s", "shop")))
    until = from_stamp(longest(Kept("live_chat", stamp(began), stamp(began), show=ended))[1])
    assert await retaining.sweep(stamp(until - DAY)) == 0
    assert await retaining.sweep(stamp(until + DAY)) == 1


async def test_what_was_purged_still_has_its_decision(house):
    service, caller, _ = house
    decided = await service.moderation.one(caller, content("国家级", "c", scene=Scene.AD))
    await service.audit.retaining.sweep(stamp(datetime.now(UTC) + 2000 * DAY))
    again = await service.moderation.get(caller, decided.id)
    assert again.verdict.action == decided.verdict.action
    assert again.content.parts == (Part("text", ""),)
    history = await service.moderation.history(caller, "c")
    assert [one.id for one in history] == [decided.id]
    assert (await service.moderation.one(caller, content("国家级", "c", scene=Scene.AD))).content.version == 2


async def test_what_is_purged_takes_its_seals_with_it(house):
    """All of one tenant's and another's, and none of what stays: by them a text could be guessed."""
    service, caller, _ = house
    _, secret = await service.keys.create("rival")
    rival = await service.keys.caller(secret)
    judge, many = service.moderation.one, service.moderation.many
    for who in (caller, rival):
        for scene in (Scene.UGC, Scene.AD):
            name = f"{scene.value}"
            await judge(who, content(CANARY, name, scene=scene), idempotency=Idempotency(f"key {name}", b"body"))
        await judge(who, content(CANARY, "ugc"), idempotency=Idempotency("key again", b"body"))
    mixed = [content("一", "one"), content("二", "two", scene=Scene.AD)]
    await many(caller, mixed, idempotency=Idempotency("key of both", b"body"))
    reads = service.audit.log.reads
    assert len(reads.rows("SELECT 1 FROM idempotency")) == 7
    assert await service.audit.retaining.sweep(stamp(datetime.now(UTC) + 61 * DAY)) == 3
    left = {(tenant, bytes(key)) for tenant, key in reads.rows("SELECT tenant, key_hash FROM idempotency")}
    assert left == {(tenant, sha256(b"key ad").digest()) for tenant in ("shop", "rival")}
    again = await judge(caller, content(CANARY, "ad", scene=Scene.AD), idempotency=Idempotency("key ad", b"body"))
    assert again.replayed


async def test_holds_are_placed_and_lifted(house):
    service, caller, _ = house
    retaining = service.audit.retaining
    for kind, value, reason in (("planet", "x", "y"), ("content", "", "y"), ("content", "x", " ")):
        with pytest.raises(HoldWrong):
            await retaining.holds.place("shop", kind, value, reason=reason, by="k")
    hold = await retaining.holds.place("shop", "creator", "u", reason="调查", by="k")
    await service.moderation.one(caller, content("话", "c", by="u"))
    erased = await retaining.erase("shop", "u", reason="要求", by="k", retained=True)
    assert (erased.contents, erased.keys, erased.held) == (0, 0, 1)
    with pytest.raises(NoSuchHold):
        await retaining.holds.lift("rival", hold.id, by="k")
    await retaining.holds.lift("shop", hold.id, by="k")
    with pytest.raises(NoSuchHold):
        await retaining.holds.lift("shop", hold.id, by="k")
    erased = await retaining.erase("shop", "u", reason="要求", by="k")
    assert (erased.contents, erased.retained) == (0, 1), "the law keeps it for sixty days"
    erased = await retaining.erase("shop", "u", reason="要求", by="k", retained=True)
    assert (erased.contents, erased.keys) == (1, 1)


@pytest.mark.parametrize("change", ["placed", "lifted"])
@pytest.mark.parametrize("meanwhile", ["_lawful", "_seals_of"])
async def test_a_hold_that_changes_during_an_erasure_counts(house, monkeypatch, change, meanwhile):
    service, caller, _ = house
    retaining = service.audit.retaining
    await service.moderation.one(caller, content("话", "c", by="u"))
    await service.moderation.one(caller, content("别人的话", "d", by="v"))
    old = await retaining.holds.place("shop", "content", "d" if change == "placed" else "c", reason="诉讼", by="k")

    async def interfere():
        if change == "placed":
            await retaining.holds.place("shop", "content", "c", reason="诉讼", by="k")
        else:
            await retaining.holds.lift("shop", old.id, by="k")

    done = interfered(monkeypatch, meanwhile, interfere)
    erased = await retaining.erase("shop", "u", reason="要求", by="k", retained=meanwhile == "_seals_of")
    assert done()
    ((body,),) = service.audit.log.reads.rows("SELECT body FROM contents WHERE content_id = 'c'")
    keys = service.audit.log.reads.rows("SELECT id FROM data_keys WHERE destroyed_at IS NOT NULL")
    if change == "placed":
        assert (erased.contents, erased.keys, erased.held) == (0, 0, 1)
        assert body and not keys
    elif meanwhile == "_seals_of":
        assert (erased.contents, erased.keys, erased.held) == (1, 1, 0)
        assert not body and keys
    else:
        assert (erased.contents, erased.held, erased.retained) == (0, 0, 1)
    assert wrong_in(service.audit.log.reads) == []


async def test_a_text_that_is_posted_anew_during_a_sweep_stays(house, monkeypatch):
    service, caller, _ = house
    retaining, reads = service.audit.retaining, service.audit.log.reads
    with time_machine.travel(datetime.now(UTC) - 100 * DAY):
        await service.moderation.one(caller, content("话", "c", by="u"))

    async def interfere():
        await service.moderation.one(caller, content("话", "c", by="u"))

    done = interfered(monkeypatch, "_seals_by_tenant", interfere)
    assert await retaining.sweep(now()) == 0 and done()
    ((body,),) = reads.rows("SELECT body FROM contents")
    assert told_in(body)["parts"][0][1] == "话"


@pytest.mark.parametrize("look", [1, 2])
@pytest.mark.parametrize("retained", [True, False])
async def test_a_text_that_is_written_during_an_erasure_counts(house, monkeypatch, look, retained):
    """An old text is posted anew, and an ad comes: both go where all is to go; else the law keeps both, and the key."""
    service, caller, _ = house
    retaining, reads = service.audit.retaining, service.audit.log.reads
    with time_machine.travel(datetime.now(UTC) - 100 * DAY):
        for name in "cd":
            await service.moderation.one(caller, content("话", name, by="u"))

    async def interfere():
        seal = Idempotency("key", b"body")
        await service.moderation.one(caller, content("话", "c", by="u"), idempotency=seal)
        await service.moderation.one(caller, content("广告", "ad", by="u", scene=Scene.AD))

    done = interfered(monkeypatch, "_seals_of", interfere, call=look)
    erased = await retaining.erase("shop", "u", reason="要求", by="k", retained=retained)
    assert done()
    assert erased == ((3, 1, 0, 0, 0) if retained else (1, 0, 0, 2, 0))
    left = {name: told_in(body)["parts"][0][1] for name, body in reads.rows("SELECT content_id, body FROM contents")}
    assert left == ({"c": "", "d": "", "ad": ""} if retained else {"c": "话", "d": "", "ad": "广告"})
    assert bool(reads.rows("SELECT 1 FROM idempotency")) != retained
    ((told,),) = reads.rows("SELECT body ->> '$.facts' FROM acts WHERE kind = 'erasure.done'")
    assert json.loads(told).items() >= {"contents": erased.contents, "retained": erased.retained}.items()
    assert wrong_in(reads) == []


async def test_many_who_write_during_erasures_lose_nothing_that_was_not_erased(house):
    service, caller, _ = house
    reads, over = service.audit.log.reads, asyncio.Event()

    async def post(poster):
        for number in range(10_000):
            if over.is_set():
                return
            await service.moderation.one(caller, content("话", f"{poster}.{number}", by="u"))

    posting = [asyncio.create_task(post(poster)) for poster in range(8)]
    erase = partial(service.audit.retaining.erase, "shop", "u", reason="要求", by="k", retained=True)
    erased = [await erase() for _ in range(10)]
    over.set()
    await asyncio.gather(*posting)
    bodies = [body for (body,) in reads.rows("SELECT body FROM contents")]
    assert {told_in(body)["parts"][0][1] for body in bodies if body} <= {"话"}
    assert sum(one.contents for one in erased) == sum(not body for body in bodies) > 10
    assert len(reads.rows("SELECT 1 FROM data_keys WHERE destroyed_at IS NOT NULL")) == sum(one.keys for one in erased)
    assert wrong_in(reads) == []


async def test_what_follows_an_erasure_at_once_is_not_sealed_with_the_key_that_it_destroyed(house, monkeypatch):
    """Both are one transaction."""
    service, caller, _ = house
    retaining, reads, real = service.audit.retaining, service.audit.log.reads, service.ledger.visit
    await service.moderation.one(caller, content("话", "c", by="u"))

    def write(visit):
        words = kept("shop", "later", content("后来的话", "later", by="u"), visit.at)
        visit.record(Act("label.added", "later", "shop", words.facts), words.row)

    async def visit(work):
        erased, _ = await asyncio.gather(real(work), real(write))
        return erased

    monkeypatch.setattr(retaining, "_ledger", SimpleNamespace(visit=visit))  # others of the house visit it as well
    erased = await retaining.erase("shop", "u", reason="要求", by="k", retained=True)
    assert erased == (1, 1, 0, 0, 0)
    assert reads.rows("SELECT count(DISTINCT at) FROM acts WHERE kind IN ('erasure.done', 'label.added')") == [(1,)]
    ((body,),) = reads.rows("SELECT body FROM contents WHERE content_id = 'later'")
    assert told_in(body)["parts"] == [["text", "后来的话"]]


async def test_who_reads_while_a_key_is_destroyed_does_not_bring_it_back(house, monkeypatch):
    """The reader has the wrapped key already, and unwraps it when the erasure is done or waits."""
    service, caller, _ = house
    retaining, loop, reads = service.audit.retaining, asyncio.get_running_loop(), service.audit.log.reads
    await service.moderation.one(caller, content("话", "c", by="u"))
    ((body,),) = reads.rows("SELECT body FROM contents")
    vault, real, erasing = service.audit.retaining._vault, Vault._unwrapped, []
    vault._keys.clear()

    def slow(self, key_id, wrapped):
        if not erasing:
            erase = retaining.erase("shop", "u", reason="要求", by="k", retained=True)
            erasing.append(asyncio.run_coroutine_threadsafe(erase, loop))
            wait(erasing, timeout=0.5)
        return real(self, key_id, wrapped)

    monkeypatch.setattr(Vault, "_unwrapped", slow)
    monkeypatch.setattr(Retaining, "_look", lambda _retaining, _read, _asked, seen: seen)
    await asyncio.to_thread(opened, body)
    assert (await asyncio.wrap_future(erasing[0])).keys == 1
    assert opened(body) == b""


async def test_a_key_lives_where_the_transaction_that_was_to_destroy_it_does_not_stand(house):
    service, caller, _ = house
    reads = service.audit.log.reads
    await service.moderation.one(caller, content("一", "c", by="u"))
    ((key,),) = reads.rows("SELECT id FROM data_keys")

    def work(visit):
        service.audit.retaining._vault.forget(key)
        raise LookupError

    with pytest.raises(LookupError):
        await service.ledger.visit(work)
    for last, text in ("一二", "二三"):
        assert (await service.moderation.history(caller, "c"))[0].content.parts[0].text == last
        await service.moderation.one(caller, content(text, "c", by="u"))
    assert reads.rows("SELECT id FROM data_keys") == [(key,)]


async def test_a_hold_that_is_placed_during_a_purge_counts(house, monkeypatch):
    service, caller, _ = house
    retaining = service.audit.retaining
    for name in "cd":
        await service.moderation.one(caller, content("话", name, by="u"))
    placing = partial(retaining.holds.place, "shop", "content", "c", reason="诉讼", by="k")
    done = interfered(monkeypatch, "_seals_of", placing)
    late = stamp(datetime.now(UTC) + 61 * DAY)
    assert await retaining.sweep(late) == 0
    assert done()
    assert await retaining.sweep(late) == 1
    left = service.audit.log.reads.rows("SELECT content_id FROM contents WHERE length(body) > 0")
    assert left == [("c",)]
    assert wrong_in(service.audit.log.reads) == []


# Packs that say what is not kept any more


async def pack_of(service, pack, **more):
    exports = service.audit.exports
    asked = PackOrder(pack=pack, **{"formats": (), **more})
    return await exports.make(await exports.ask("shop", asked, by="k"))


def standing(service, *packs):
    """Which of some packs are there."""
    return [service.audit.exports.archive(one).exists() for one in packs]


async def test_packs_with_the_text_of_somebody_who_is_erased_are_taken_away(house):
    service, caller, _ = house
    exports, reads = service.audit.exports, service.audit.log.reads
    await service.moderation.one(caller, content(f"{CANARY}你", "c", by="you", scene=Scene.AD))
    before = await pack_of(service, "log", contents=True)
    await service.moderation.one(caller, content(f"{CANARY}我", "d", by="me", scene=Scene.AD))
    listed, shown = [await pack_of(service, pack, contents=True) for pack in ("log", "ad_archive")]
    mute = await pack_of(service, "ad_archive")
    assert standing(service, before, listed, shown, mute) == [True] * 4
    erased = await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    assert (erased.contents, erased.packs) == (1, 2)
    assert standing(service, before, listed, shown, mute) == [True, False, False, True]
    assert {one.id for one in await exports.listed("shop") if one.removed_at} == {listed.id, shown.id}
    told = reads.rows("SELECT subject, body ->> '$.facts.sha256' FROM acts WHERE kind = 'export.removed'")
    assert sorted(told) == sorted((one.id, one.sha256) for one in (listed, shown))
    with pytest.raises(NotThere):
        await exports.fetched("shop", listed.id, by="k")
    again = exports.archive(await pack_of(service, "log", contents=True))
    with zipfile.ZipFile(again) as archive:
        assert [json.loads(line)["content"] for line in archive.read("contents.jsonl").splitlines()] == ["c"]
        assert "texts.jsonl" not in archive.namelist()
    assert check(again, key=str(service.audit.log.signer.verifier)).found == []
    assert wrong_in(reads) == []


async def test_packs_with_a_text_that_is_purged_are_taken_away(house):
    service, caller, _ = house
    await service.moderation.one(caller, content("话", "c"))
    with_it = await pack_of(service, "log", contents=True)
    await service.moderation.one(caller, content("广告", "d", scene=Scene.AD))
    without = await pack_of(service, "ad_archive", contents=True)
    assert await service.audit.retaining.sweep(stamp(datetime.now(UTC) + 61 * DAY)) == 1
    assert standing(service, with_it, without) == [False, True]


async def test_a_pack_that_is_made_while_a_text_in_it_goes_is_taken_away(house, monkeypatch):
    service, caller, _ = house
    loop, real = asyncio.get_running_loop(), seal.write_archive
    await service.moderation.one(caller, content("话", "c", by="me"))

    def write(*values):
        erasing = service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
        assert asyncio.run_coroutine_threadsafe(erasing, loop).result().packs == 0
        real(*values)

    monkeypatch.setattr(seal, "write_archive", write)
    made = await pack_of(service, "log", contents=True)
    assert (made.state, bool(made.removed_at), standing(service, made)) == ("done", True, [False])


async def test_a_pack_that_could_not_be_taken_away_is_taken_away_later(house, monkeypatch):
    service, caller, _ = house
    await service.moderation.one(caller, content("话", "c", by="me"))
    made = await pack_of(service, "log", contents=True)
    await service.audit.retaining.sweep()
    with monkeypatch.context() as patch, pytest.raises(OSError, match="I/O"):
        patch.setattr("pathlib.Path.unlink", Mock(side_effect=OSError("I/O")))
        await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    assert standing(service, made) == [True]
    await service.audit.retaining.sweep()
    assert standing(service, made) == [False]


async def test_a_pack_of_which_nothing_is_known_goes_with_any_text(house):
    service, caller, _ = house
    for name in ("me", "you"):
        await service.moderation.one(caller, content("话", name, by=name))
    made, mute = await pack_of(service, "log", contents=True, creator="you"), await pack_of(service, "log")
    for one in (made, mute):
        service.audit.exports.weeding.beside(one.id).unlink(missing_ok=True)
    assert (await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)).packs == 1
    assert standing(service, made, mute) == [False, True]


# Erased


def bytes_of(folder):
    """Every byte that lies in the data directory, in files and in archives."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    for name in archive.namelist():
                        yield path / name, archive.read(name)


def canaries(folder, *texts):
    return [
        (str(path), text)
        for path, data in bytes_of(folder)
        for text in texts
        if text.encode() in data or text.encode("utf-16-le") in data
    ]


async def test_who_is_erased_is_gone_from_every_byte(house):
    service, caller, folder = house
    retaining, reads = service.audit.retaining, service.audit.log.reads
    secrets = [f"{CANARY}{number}号秘密" for number in range(20)]
    for number, text in enumerate(secrets):
        await service.moderation.one(caller, content(text, f"c{number}", by="me"))
    await service.moderation.one(caller, content(f"{CANARY}留下的话", "other", by="you"))
    commitments = [commitment for (commitment,) in reads.rows("SELECT commitment FROM contents")]
    assert canaries(folder, *secrets) == [], "sealed from the first byte"
    assert (await service.moderation.history(caller, "c1"))[0].content.parts[0].text == secrets[1]
    backup = folder.parent / "backup.db"
    copy = sqlite3.connect(backup)
    with sqlite3.connect(folder / "qingliu.db") as source:
        source.backup(copy)
    copy.close()
    source.close()
    erased = await retaining.erase("shop", "me", reason="本人要求", by="k", retained=True)
    assert (erased.contents, erased.keys, erased.held) == (20, 1, 0)
    assert canaries(folder, *secrets) == []
    assert (await service.moderation.history(caller, "c1"))[0].content.parts[0].text == ""
    assert (await service.moderation.history(caller, "other"))[0].content.parts[0].text == f"{CANARY}留下的话"
    # What an old backup holds cannot be opened, for the key is gone.
    old = sqlite3.connect(backup)
    bodies = [body for (body,) in old.execute("SELECT body FROM contents WHERE content_id LIKE 'c%'")]
    old.close()
    assert len(bodies) == 20
    assert all(told_in(body)["parts"] == [["text", ""]] for body in bodies)
    await packed(service)
    assert canaries(folder, *secrets) == []
    assert wrong_in(reads) == []
    # Nobody can guess the texts from their commitments: the salts are gone with them.
    assert {salt for (salt,) in reads.rows("SELECT salt FROM contents WHERE content_id LIKE 'c%'")} == {b""}
    for text in secrets:
        body = f'{{"author":["me","user"],"parts":[["text","{text}"]],"scene":"ugc"}}'.encode()
        assert committed(b"", body) not in commitments


@pytest.mark.parametrize("gone", ["erased", "purged", "kept"])
async def test_a_block_whose_text_is_gone_is_still_its_creators(house, gone):
    """The law keeps the fact of a violation, and nobody else uses up the one appeal against it."""
    service, caller, _ = house
    retaining, reads, desk = service.audit.retaining, service.audit.log.reads, service.desk
    told, appealed = [
        (await service.moderation.one(caller, content("全网第一", name, by="me", scene=Scene.AD))).id for name in "ab"
    ]
    await service.moderation.one(caller, content("好用", "c", by="me"))
    if gone == "erased":
        await retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    elif gone == "purged":
        assert await retaining.sweep(stamp(datetime.now(UTC) + 1200 * DAY)) == 3
    assert len(reads.rows("SELECT 1 FROM contents WHERE length(body) = 0")) == (0 if gone == "kept" else 3)
    with pytest.raises(NotTheirs):
        await desk.appeal("shop", Appealed(appealed, "", "you", "不是广告"))
    await desk.appeal("shop", Appealed(appealed, "", "me", "不是广告"))
    await desk.notified("shop", told)
    with time_machine.travel(datetime.now(UTC) + 16 * DAY, tick=True):
        await desk.sweep()
    found = reads.rows("SELECT k.name, e.decision FROM score_entries AS e JOIN creators AS k ON k.id = e.creator")
    assert found == [("me", told)]
    assert wrong_in(reads) == []


@pytest.mark.parametrize("person", ['a"b', "a\\b", "\n", "content c", "阿秀"])
async def test_nobody_is_called_what_would_keep_their_key_or_destroy_anothers(house, person):
    service, caller, _ = house
    retaining, reads = service.audit.retaining, service.audit.log.reads
    await service.moderation.one(caller, content("无名", "c"))
    assert (await retaining.erase("shop", person, reason="要求", by="k", retained=True)).keys == 0
    await service.moderation.one(caller, content("话", "d", by=person))
    assert await retaining.erase("shop", person, reason="要求", by="k", retained=True) == (1, 1, 0, 0, 0)
    left = {name: told_in(body)["parts"][0][1] for name, body in reads.rows("SELECT content_id, body FROM contents")}
    assert left == {"c": "无名", "d": ""}


async def test_without_sealing_a_text_lies_on_the_disk(tmp_path, rules):
    """The sabotage twin: the search finds what is there, and erasing overwrites it all the same."""
    settings = Settings(data=tmp_path / "data", lexicons=rules, expert="off")
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        await service.moderation.one(caller, content(f"{CANARY}在此", "c", by="me"))
        assert canaries(tmp_path / "data", CANARY)
        await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    assert canaries(tmp_path / "data", CANARY) == []


@pytest.mark.parametrize("guesses", [2000, pytest.param(1_000_000, marks=pytest.mark.slow)])
async def test_no_guess_matches_a_commitment(house, guesses):
    service, caller, _ = house
    await service.moderation.one(caller, content("猜猜看", "c", by="me"))
    reads = service.audit.log.reads
    ((commitment,),) = reads.rows("SELECT commitment FROM contents WHERE content_id = 'c'")
    await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    ((salt,),) = reads.rows("SELECT salt FROM contents WHERE content_id = 'c'")
    chance = random.Random(1)
    texts = ["猜猜看", *(f"猜{chance.randrange(10**9)}" for _ in range(guesses - 1))]
    for text in texts:
        body = f'{{"author":["me","user"],"parts":[["text","{text}"]],"scene":"ugc"}}'.encode()
        for tried in (salt, bytes(16)):
            assert committed(tried, body) != commitment


async def test_a_sealed_house_works_like_any_other(house):
    """Edits, repeats, versions, idempotency and search, with all words sealed."""
    service, caller, _ = house
    one = await service.moderation.one(caller, content("很好用", "c", by="u"))
    same = await service.moderation.one(caller, content("很好用", "c", by="u"))
    assert (same.content.version, same.supersedes) == (1, one.id)
    edited = await service.moderation.one(caller, content("更好用", "c", by="u"))
    assert edited.content.version == 2
    await asyncio.gather(
        *(service.moderation.one(caller, content(f"话{n}", f"g{n}", by=f"u{n % 3}")) for n in range(30))
    )
    assert len(service.audit.log.reads.rows("SELECT id FROM data_keys")) == 4
    with time_machine.travel(datetime.now(UTC) + DAY, tick=True):
        assert (await service.moderation.history(caller, "g7"))[0].content.parts[0].text == "话7"


@pytest.mark.parametrize(
    "sql",
    [
        f" {INSERT_TEXT}",
        'INSERT OR REPLACE INTO "contents" SELECT * FROM contents',
        "update or ignore contents set body = CAST('国家级' AS BLOB)",
        "WITH x AS (SELECT 1) UPDATE main.contents SET salt = x'00'",
    ],
)
async def test_no_statement_stores_a_text_unsealed(house, sql):
    """However it is spelt: texts are sealed by what they are, not by the statement that they come with."""
    service, caller, _ = house
    reads, act = service.audit.log.reads, Act("label.added", "later", "shop")
    await service.moderation.one(caller, content("话", "c", by="u"))
    before = reads.rows("SELECT * FROM contents")
    words = kept("shop", "later", content("后来的话", "later", by="u"), "now").row
    row = words if INSERT_TEXT in sql else ()
    for work in (
        lambda visit: visit.record(act, Write(sql, row)),
        lambda visit: visit.derive(Write(sql, row, must_change=False)),
        lambda visit: visit.record_many([act], sql, [row]),
    ):
        with pytest.raises(ValueError, match="Words"):
            await service.ledger.visit(work)
    with pytest.raises(LedgerRefused, match="Words"):
        await service.ledger.record(act, Write(sql, row))
    assert reads.rows("SELECT * FROM contents") == before
    await service.ledger.record(act, words)
    ((body,),) = reads.rows("SELECT body FROM contents WHERE content_id = 'later'")
    assert body[:1] == SEALED
    assert told_in(body)["parts"] == [["text", "后来的话"]]


async def test_only_so_many_keys_are_kept_unwrapped(house, monkeypatch):
    """However many people write, and whoever reads what they wrote meanwhile."""
    service, caller, _ = house
    monkeypatch.setattr("service.vault._MOST", 5)
    for number in range(30):
        await service.moderation.one(caller, content(f"话{number}", f"c{number}", by=f"u{number}"))
        await service.moderation.history(caller, f"c{number // 2}")
    assert len(service.audit.retaining._vault._keys) <= 5
    assert len(service.audit.log.reads.rows("SELECT id FROM data_keys")) == 30
    for number in range(30):
        (decided,) = await service.moderation.history(caller, f"c{number}")
        assert decided.content.parts[0].text == f"话{number}"
    assert len(service.audit.retaining._vault._keys) <= 5


async def test_a_complaint_about_sealed_words_is_entered_with_who_wrote_them(house):
    service, caller, _ = house
    await service.moderation.one(caller, content("很好用", "c", by="u"))
    ((row,),) = service.audit.log.reads.rows("SELECT id FROM contents")
    await service.ledger.visit(lambda visit: complained(visit, "shop", row, "complaint:1:0", stands=True))
    (entry,) = (await service.creators.book.seen("shop", "u")).entries
    assert entry.name == "complaint_verified"


# Backups


async def test_what_is_restored_is_whole_and_what_was_erased_stays_erased(tmp_path, rules):
    data, seal = tmp_path / "data", {"QINGLIU_SEAL_CONTENTS": "true"}
    settings = Settings(data=data, lexicons=rules, expert="off", seal_contents=True)
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        for name in ("me", "you"):
            await service.moderation.one(caller, content(f"{CANARY}{name}", name, by=name))
    run = CliRunner()
    args = ["backup", str(tmp_path / "backup"), "--data", str(data), "--json"]
    made = await asyncio.to_thread(run.invoke, app, args, env=seal)
    assert made.exit_code == 0, made.output
    assert not (tmp_path / "backup" / "secret").exists()
    async with open_service(settings) as service:
        await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)
    fresh = tmp_path / "fresh"
    args = ["restore", str(tmp_path / "backup"), "--data", str(fresh), "--after", str(data), "--json"]
    done = await asyncio.to_thread(run.invoke, app, args, env=seal)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["good"], told["taken_away_again"], told["new_keys"]) == (True, 1, [])
    async with open_service(Settings(data=fresh, lexicons=rules, expert="off", seal_contents=True)) as service:
        restored = service.audit.log.reads.rows("SELECT body FROM acts WHERE kind = 'service.restored'")
        assert [json.loads(body)["facts"]["checkpoint"] for (body,) in restored] == [told["size"]]
        caller = await service.keys.caller(secret)
        last = {name: (await service.moderation.history(caller, name))[0] for name in ("me", "you")}
        said = {name: one.content.parts[0].text for name, one in last.items()}
        assert said == {"me": "", "you": f"{CANARY}you"}
    # A backup in which a byte was changed is refused.
    path = tmp_path / "backup" / "qingliu.db"
    path.write_bytes(path.read_bytes() + b"x")
    args[3] = str(tmp_path / "other")
    assert (await asyncio.to_thread(run.invoke, app, args, env=seal)).exit_code == 1


@pytest.fixture
def backed(tmp_path, rules):
    """A data directory, and what runs a command on it."""
    data = tmp_path / "data"

    async def make():
        async with open_service(Settings(data=data, lexicons=rules, expert="off")) as service:
            _, secret = await service.keys.create("shop")
            caller = await service.keys.caller(secret)
            for name in ("me", "you"):
                await service.moderation.one(
                    caller, content(f"{CANARY}{name}", name, by=name), idempotency=Idempotency(f"key {name}", b"body")
                )
            while not (data / "archive").exists():  # noqa: ASYNC110 - the rules are archived in their own time
                await asyncio.sleep(0.01)

    asyncio.run(make())
    return data, partial(CliRunner().invoke, app)


def test_a_backup_beside_a_service_leaves_out_what_is_being_written(tmp_path, backed, monkeypatch):
    data, run = backed
    packs, copy = data / "exports", shutil.copy2
    (packs / "half" / "tables").mkdir(parents=True)
    for name in ("whole.zip", "taken.zip", "half.zip.new", "half/plan.json"):
        (packs / name).write_bytes(b"x")

    def copied(source, target):
        if str(source).endswith("taken.zip"):
            raise FileNotFoundError(source)
        return copy(source, target)

    monkeypatch.setattr("service.cli.backup.shutil.copy2", copied)
    done = run(["backup", str(tmp_path / "backup"), "--data", str(data)])
    assert done.exit_code == 0, done.output
    assert [path.name for path in (tmp_path / "backup" / "exports").rglob("*")] == ["whole.zip"]


def test_of_a_backup_that_fails_nothing_stays(tmp_path, backed, monkeypatch):
    data, run = backed

    def full(*_, **__):
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("service.cli.backup.shutil.copytree", full)
    done = run(["backup", str(tmp_path / "backup"), "--data", str(data), "--lang", "en"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "no backup was made" in done.output
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("backup")] == []


@pytest.mark.parametrize("told", [None, b"{", b"{}", b"[]"])
def test_what_is_no_backup_is_said(tmp_path, backed, told):
    _, run = backed
    folder = tmp_path / "backup"
    folder.mkdir()
    if told is not None:
        (folder / "backup.json").write_bytes(told)
    done = run(["restore", str(folder), "--data", str(tmp_path / "fresh"), "--lang", "en"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "no whole backup" in done.output


async def _erased(data, rules):
    async with open_service(Settings(data=data, lexicons=rules, expert="off")) as service:
        await service.audit.retaining.erase("shop", "me", reason="要求", by="k", retained=True)


def _rows(data, statement):
    database = sqlite3.connect(data / "qingliu.db")
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


def test_what_is_erased_again_takes_its_seals_with_it(tmp_path, backed, rules):
    """By them a text could be guessed."""
    data, run = backed
    fresh, backup = tmp_path / "fresh", str(tmp_path / "backup")
    fresh.mkdir()
    (fresh / "secret").write_bytes((data / "secret").read_bytes())
    for who in ("me", "you"):
        assert (
            run(["export", "log", "--tenant", "shop", "--contents", "--creator", who, "--data", str(data)]).exit_code
            == 0
        )
    assert run(["backup", backup, "--data", str(data)]).exit_code == 0
    asyncio.run(_erased(data, rules))
    done = run(["restore", backup, "--data", str(fresh), "--after", str(data)])
    assert done.exit_code == 0, done.output
    assert len([*(tmp_path / "backup" / "exports").glob("*.zip")]) == 2
    assert [path.name for path in (fresh / "exports").iterdir()] == [path.name for path in (data / "exports").iterdir()]
    assert len([*(fresh / "exports").glob("*.zip")]) == 1
    assert sorted(path.name for path in fresh.iterdir() if "qingliu.db-" not in path.name) == sorted(
        path.name
        for path in data.iterdir()
        if path.name in {"archive", "audit.key", "exports", "qingliu.db", "secret", "secret.check"}
    )
    seals = _rows(fresh, "SELECT key_hash FROM idempotency")
    assert seals == _rows(data, "SELECT key_hash FROM idempotency") == [(sha256(b"key you").digest(),)]


@pytest.mark.parametrize("failing", ["retaining.Retaining.erase_again", "reads.LogReads.checkpoint"])
def test_of_a_restore_that_fails_nothing_stays(tmp_path, backed, rules, monkeypatch, failing):
    """What was erased would lie there, in a directory that a service starts on."""
    data, run = backed
    fresh, backup = tmp_path / "fresh", str(tmp_path / "backup")
    assert run(["backup", backup, "--data", str(data)]).exit_code == 0
    asyncio.run(_erased(data, rules))

    def fail(*_, **__):
        if failing.endswith("checkpoint"):
            return
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(f"service.audit.{failing}", fail)
    done = run(["restore", backup, "--data", str(fresh), "--after", str(data)])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert [*fresh.iterdir()] == []


def test_what_was_held_since_the_backup_is_held_again(tmp_path, backed, rules):
    data, run = backed
    fresh, backup = tmp_path / "fresh", str(tmp_path / "backup")

    async def hold(value, folder=data):
        async with open_service(Settings(data=folder, lexicons=rules, expert="off")) as service:
            await service.audit.retaining.holds.place("shop", "content", value, reason="诉讼", by="k")

    async def sweep():
        async with open_service(Settings(data=fresh, lexicons=rules, expert="off")) as service:
            return await service.audit.retaining.sweep(stamp(datetime.now(UTC) + 61 * DAY))

    asyncio.run(hold("you"))
    assert run(["backup", backup, "--data", str(data)]).exit_code == 0
    asyncio.run(hold("me"))
    done = run(["restore", backup, "--data", str(tmp_path / "without"), "--lang", "en"])
    assert "without --after erasures and holds since are lost" in " ".join(done.output.split())
    done = run(["restore", backup, "--data", str(fresh), "--after", str(data), "--json"])
    assert json.loads(done.stdout)["held_again"] == 1, done.output
    held = 'SELECT id, tenant, kind, value, reason, "by", placed_at FROM holds ORDER BY id'
    assert _rows(fresh, held) == _rows(data, held)
    assert _rows(fresh, "SELECT count(*) FROM acts WHERE kind = 'hold.placed'") == [(2,)]
    assert asyncio.run(sweep()) == 0
