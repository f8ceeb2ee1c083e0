"""Group commit: durable before acknowledged, gapless, one execution a key, and only the guilty fail."""

from __future__ import annotations

import asyncio
import hmac
import json
import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from moderation.types import Action, Content, Missing, Part, Scene, Verdict
from service import ledger as module
from service.acts import Act
from service.filing import committed, prepared, sealed
from service.ledger import (
    IdempotencyConflict,
    Ledger,
    LedgerClosed,
    LedgerFull,
    LedgerRefused,
    LedgerUnwritable,
    Unchanged,
)
from service.plan import Replay
from service.ports import JournalBroken, JournalBusy, Write
from service.review.urgency import Deadlines
from service.store import statements
from service.store.journal import SqliteJournal
from tests.small import migrated

PASS = Verdict(action=Action.PASS, severity=0, categories=(), effects=(), evidence=(), ruleset="0" * 16)


def filing(text="好用", *, named="", verdict=PASS, scene=Scene.UGC, tenant="shop"):
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return prepared(
        Content(scene=scene, parts=(Part("text", text),), at=at, id=named),
        verdict,
        tenant=tenant,
        deadlines=Deadlines(),
    )


def guilty(**more):
    """A decision that the schema refuses: advertising passed although an expert gave no answer."""
    blind = Verdict(
        action=Action.PASS,
        severity=0,
        categories=(),
        effects=(),
        evidence=(),
        ruleset="0" * 16,
        missing=(Missing("classifier", "deadline"),),
        degraded=True,
    )
    return filing(verdict=blind, scene=Scene.AD, **more)


@pytest.fixture
def path(tmp_path):
    return migrated(tmp_path / "q.db")


@pytest.fixture
def rows(path):
    """Reads the database as anybody else would."""

    def read(sql, *values):
        connection = sqlite3.connect(path)
        found = connection.execute(sql, values).fetchall()
        connection.close()
        return found

    return read


class Watched:
    """A journal that counts, waits at a gate, and fails when told to."""

    def __init__(self, journal):
        self.journal, self.groups, self.failures = journal, 0, []
        self.gate = asyncio.Event()
        self.gate.set()

    async def transact(self, wanted, plan):
        await self.gate.wait()
        self.groups += 1
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        await self.journal.transact(wanted, plan)

    async def close(self):
        await self.journal.close()


@pytest.fixture
async def journal(path):
    return Watched(await SqliteJournal.opened(path, busy_timeout=0.3))


@pytest.fixture
async def ledger(journal):
    kept = Ledger(journal, queue_rows=100, group_rows=50)
    kept.start()
    await kept.record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))
    yield kept
    journal.gate.set()
    await kept.close()


def gapless(rows):
    seqs = [seq for (seq,) in rows("SELECT seq FROM acts ORDER BY seq")]
    return seqs == list(range(len(seqs)))


async def test_a_decision_is_on_disk_before_its_caller_hears(ledger, rows):
    one = filing("很好用", named="c1")
    [placed] = await ledger.file([one])
    assert (placed.id, placed.content_id, placed.version, placed.supersedes) == (one.id, "c1", 1, None)
    [(seq, kind, subject, body)] = rows("SELECT seq, kind, subject, body FROM acts WHERE kind LIKE 'decision.%'")
    assert (kind, subject) == ("decision.auto", one.id)
    assert rows("SELECT seq, id, at FROM decisions") == [(seq, one.id, placed.at)]
    act = json.loads(body)
    assert (act["seq"], act["at"], act["tenant"], act["subject"]) == (seq, placed.at, "shop", one.id)
    assert act["facts"]["commitment"] == one.commitment.hex()


async def test_who_waits_together_commits_together(ledger, journal, rows):
    journal.gate.clear()
    asking = [asyncio.create_task(ledger.file([filing(f"第{n}条")])) for n in range(41)]
    await asyncio.sleep(0.01)
    before = journal.groups
    journal.gate.set()
    await asyncio.gather(*asking)
    assert journal.groups - before <= 2
    assert rows("SELECT count(*) FROM decisions") == [(41,)]
    assert gapless(rows)


async def test_many_groups_leave_no_gap_and_lose_nothing(ledger, rows):
    async def client(name):
        return [(await ledger.file([filing(f"{name} {n}", named=f"{name}-{n % 7}")]))[0] for n in range(25)]

    placed = [place for client_ in await asyncio.gather(*(client(n) for n in range(40))) for place in client_]
    assert {place.id for place in placed} == {found for (found,) in rows("SELECT id FROM decisions")}
    assert rows("SELECT count(*) FROM decisions") == [(1000,)]
    assert gapless(rows)


async def test_callers_who_come_back_at_once_share_their_commits(ledger, journal):
    async def client():
        for _ in range(20):
            await ledger.file([filing()])

    before = journal.groups
    await asyncio.gather(*(client() for _ in range(32)))
    assert (journal.groups - before) <= 20 * 32 / 8


async def test_who_comes_alone_does_not_wait_for_company(ledger, monkeypatch):
    monkeypatch.setattr(module, "LINGER_SECONDS", 60.0)
    await asyncio.wait_for(ledger.file([filing()]), 5)
    await asyncio.wait_for(ledger.file([filing()]), 5)


async def test_closing_ends_the_wait_for_company(path, monkeypatch, rows):
    kept = Ledger(await SqliteJournal.opened(path, busy_timeout=1))
    kept.start()
    await kept.record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))
    await asyncio.gather(*(kept.file([filing()]) for _ in range(40)))
    monkeypatch.setattr(module, "LINGER_SECONDS", 60.0)
    alone = asyncio.create_task(kept.file([filing()]))
    await asyncio.sleep(0.02)
    assert not alone.done()
    await asyncio.wait_for(kept.close(), 5)
    assert len(await alone) == 1


async def test_a_group_never_grows_beyond_its_bound_except_for_one_batch(path):
    sizes = []
    kept = Ledger(
        await SqliteJournal.opened(path, busy_timeout=1), group_rows=10, on_group=lambda n, _: sizes.append(n)
    )
    kept.start()
    await kept.record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))
    batch = kept.file([filing() for _ in range(30)])
    await asyncio.gather(*(kept.file([filing()]) for _ in range(25)), batch)
    await kept.close()
    assert sum(sizes) == 56
    assert sorted(sizes)[-2:] == [10, 30]


async def test_versions_within_one_group_follow_each_other(ledger, journal):
    journal.gate.clear()
    texts = ["甲", "甲", "乙", "甲"]
    asking = [asyncio.create_task(ledger.file([filing(text, named="c")])) for text in texts]
    await asyncio.sleep(0.01)
    journal.gate.set()
    [one], [two], [three], [four] = await asyncio.gather(*asking)
    assert [place.version for place in (one, two, three, four)] == [1, 1, 2, 3]
    assert [place.supersedes for place in (one, two, three, four)] == [None, one.id, None, None]


async def test_a_superseded_decision_is_told_by_an_act_of_its_own(ledger, rows):
    [old] = await ledger.file([filing(named="c")])
    [new] = await ledger.file([filing(named="c")])
    assert new.supersedes == old.id
    acts = rows("SELECT kind, subject, body FROM acts WHERE kind LIKE 'decision.%' ORDER BY seq")
    assert [(kind, subject) for kind, subject, _ in acts] == [
        ("decision.auto", old.id),
        ("decision.auto", new.id),
        ("decision.superseded", old.id),
    ]
    first, second = (json.loads(body)["facts"] for _, _, body in acts[:2])
    assert first["commitment"] == second["commitment"], "one version has one commitment"
    assert second["supersedes"] == old.id


@pytest.mark.parametrize("together", [True, False])
async def test_one_key_is_one_execution(ledger, journal, rows, together):
    seals = [sealed("shop", "k", b"body") for _ in range(3)]
    if together:
        journal.gate.clear()
        asking = [asyncio.create_task(ledger.file([filing(named="c")], seal=seal)) for seal in seals]
        await asyncio.sleep(0.01)
        journal.gate.set()
        first, *others = await asyncio.gather(*asking)
    else:
        first, *others = [await ledger.file([filing(named="c")], seal=seal) for seal in seals]
    assert others == [Replay([first[0].id])] * 2
    assert rows("SELECT count(*) FROM decisions") == [(1,)]


async def test_one_key_with_another_body_is_a_conflict_in_one_group_and_in_two(ledger, journal, rows):
    journal.gate.clear()
    first = asyncio.create_task(ledger.file([filing()], seal=sealed("shop", "k", b"one")))
    other = asyncio.create_task(ledger.file([filing()], seal=sealed("shop", "k", b"two")))
    await asyncio.sleep(0.01)
    journal.gate.set()
    await first
    with pytest.raises(IdempotencyConflict):
        await other
    with pytest.raises(IdempotencyConflict):
        await ledger.file([filing()], seal=sealed("shop", "k", b"three"))
    assert rows("SELECT count(*) FROM decisions") == [(1,)]


async def test_a_bodys_mark_cannot_be_recomputed_from_the_body_alone(ledger, rows):
    await ledger.file([filing()], seal=sealed("shop", "k1", b"body"))
    await ledger.file([filing()], seal=sealed("shop", "k2", b"body"))
    one, two = rows("SELECT mac FROM idempotency")
    assert one != two


async def test_a_group_at_fault_fails_only_the_guilty(ledger, journal, rows):
    journal.gate.clear()
    good = [asyncio.create_task(ledger.file([filing(named="c")])) for _ in range(5)]
    bad = asyncio.create_task(ledger.file([filing(), guilty(named="c")]))
    more = [asyncio.create_task(ledger.file([filing(named="c")])) for _ in range(5)]
    await asyncio.sleep(0.01)
    journal.gate.set()
    placed = [place for [place] in await asyncio.gather(*good, *more)]
    with pytest.raises(LedgerRefused, match="no_degraded_pass_on_air"):
        await bad
    assert {found for (found,) in rows("SELECT id FROM decisions")} == {place.id for place in placed}
    assert [place.supersedes for place in placed] == [None, *(place.id for place in placed[:-1])]
    assert gapless(rows)
    assert ledger.trouble is None


async def test_a_batch_stands_or_falls_whole(ledger, rows):
    with pytest.raises(LedgerRefused):
        await ledger.file([filing(), filing(), guilty(), filing()])
    assert rows("SELECT count(*) FROM decisions") == [(0,)]
    assert rows("SELECT count(*) FROM contents") == [(0,)]


async def test_an_unknown_tenant_is_refused(ledger):
    with pytest.raises(LedgerRefused, match="FOREIGN KEY"):
        await ledger.file([filing(tenant="nobody")])


async def test_an_act_falls_with_the_write_that_changed_nothing(ledger, rows):
    before = rows("SELECT count(*) FROM acts")
    with pytest.raises(Unchanged):
        await ledger.record(Act("key.revoked", "k", "shop"), Write(statements.REVOKE_KEY, ("now", "unknown")))
    assert rows("SELECT count(*) FROM acts") == before


async def test_a_full_queue_turns_away_at_once_but_not_the_house(ledger, journal, rows):
    journal.gate.clear()
    first = asyncio.create_task(ledger.file([filing()]))
    await asyncio.sleep(0.01)
    asking = [asyncio.create_task(ledger.file([filing()])) for _ in range(100)]
    await asyncio.sleep(0.01)
    assert ledger.full and ledger.waiting == 100
    with pytest.raises(LedgerFull):
        await ledger.file([filing()])
    house = asyncio.create_task(ledger.record(Act("service.started", "s")))
    await asyncio.sleep(0)
    journal.gate.set()
    await asyncio.gather(first, *asking, house)
    assert not ledger.full and ledger.waiting == 0
    assert rows("SELECT count(*) FROM decisions") == [(101,)]


async def test_a_queue_is_full_of_few_long_texts_too(path):
    journal = Watched(await SqliteJournal.opened(path, busy_timeout=1))
    kept = Ledger(journal, queue_bytes=10_000)
    kept.start()
    await kept.record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))
    journal.gate.clear()
    first = asyncio.create_task(kept.file([filing("字" * 2000)]))
    await asyncio.sleep(0.01)
    asking = [asyncio.create_task(kept.file([filing("字" * 2000)])) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert kept.full
    with pytest.raises(LedgerFull):
        await kept.file([filing()])
    journal.gate.set()
    await asyncio.gather(first, *asking)
    assert not kept.full
    await kept.close()


async def test_closing_writes_what_waits_and_takes_no_more(path, rows):
    journal = Watched(await SqliteJournal.opened(path, busy_timeout=1))
    kept = Ledger(journal)
    kept.start()
    await kept.record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))
    journal.gate.clear()
    asking = [asyncio.create_task(kept.file([filing()])) for _ in range(20)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(kept.close())
    await asyncio.sleep(0.01)
    with pytest.raises(LedgerClosed):
        await kept.file([filing()])
    journal.gate.set()
    await closing
    assert len(await asyncio.gather(*asking)) == 20
    assert rows("SELECT count(*) FROM decisions") == [(20,)]


async def test_a_failing_disk_stops_the_ledger_for_good(ledger, journal, rows):
    journal.gate.clear()
    first = asyncio.create_task(ledger.file([filing()]))
    await asyncio.sleep(0.01)
    behind = [asyncio.create_task(ledger.file([filing()])) for _ in range(60)]
    await asyncio.sleep(0.01)
    journal.failures = [JournalBroken("disk I/O error")]
    journal.gate.set()
    with capture_logs() as logs:
        for result in await asyncio.gather(first, *behind, return_exceptions=True):
            assert isinstance(result, LedgerUnwritable)
    assert [(one["log_level"], one["why"]) for one in logs] == [("error", "disk I/O error")]
    assert ledger.trouble is not None and ledger.waiting == 0
    with pytest.raises(LedgerUnwritable):
        await ledger.file([filing()])
    with pytest.raises(LedgerUnwritable):
        await ledger.record(Act("service.started", "s"))
    assert rows("SELECT count(*) FROM decisions") == [(0,)]


async def test_a_disk_that_fails_while_the_guilty_is_sought_acknowledges_nobody_after(ledger, journal, rows):
    journal.gate.clear()
    asking = [asyncio.create_task(ledger.file([filing()])) for _ in range(4)]
    await asyncio.sleep(0.01)
    # All four are one group, which is at fault; by themselves the first is written and the second meets the disk.
    journal.failures = [ValueError("somebody"), None, JournalBroken("disk")]
    journal.gate.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [isinstance(result, LedgerUnwritable) for result in results] == [False, True, True, True]
    assert rows("SELECT count(*) FROM decisions") == [(1,)]


async def test_a_writer_that_dies_leaves_nobody_waiting(path):
    def broken(rows, seconds):
        raise ZeroDivisionError

    kept = Ledger(await SqliteJournal.opened(path, busy_timeout=1), on_group=broken)
    kept.start()
    create = Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now"))
    first = asyncio.create_task(kept.record(*create))
    await asyncio.sleep(0)
    behind = [asyncio.create_task(kept.file([filing()])) for _ in range(3)]
    assert await first == 0
    for result in await asyncio.gather(*behind, return_exceptions=True):
        assert isinstance(result, LedgerUnwritable)
    with pytest.raises(LedgerUnwritable, match="ZeroDivisionError"):
        await kept.file([filing()])
    with pytest.raises(ZeroDivisionError):
        await kept.close()


async def test_a_locked_database_fails_its_group_and_no_other(ledger, path, rows):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnwritable, match="locked"):
        await ledger.file([filing()])
    other.execute("ROLLBACK")
    other.close()
    await ledger.file([filing()])
    assert rows("SELECT count(*) FROM decisions") == [(1,)]
    assert ledger.trouble is None


async def test_busy_is_not_broken(ledger, journal):
    journal.failures = [JournalBusy("locked")]
    with pytest.raises(LedgerUnwritable):
        await ledger.file([filing()])
    await ledger.file([filing()])


async def test_who_goes_away_does_not_hold_up_the_others(ledger, journal, rows):
    journal.gate.clear()
    asking = [asyncio.create_task(ledger.file([filing()])) for _ in range(6)]
    await asyncio.sleep(0.01)
    for task in asking[::2]:
        task.cancel()
    journal.gate.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False] * 3
    await ledger.file([filing()])
    assert gapless(rows)


async def test_two_ledgers_on_one_database_share_one_sequence(path, rows):
    """As when the command line makes a key beside a running service."""
    both = [Ledger(await SqliteJournal.opened(path, busy_timeout=5)) for _ in range(2)]
    for kept in both:
        kept.start()
    await both[0].record(Act("tenant.created", "shop", "shop"), Write(statements.INSERT_TENANT, ("shop", "now")))

    async def client(kept):
        for n in range(30):
            await kept.file([filing(f"{n}", named=f"c{n % 3}")], seal=sealed("shop", f"k{n}", b"b"))

    await asyncio.gather(*(client(kept) for kept in both for _ in range(8)))
    for kept in both:
        await kept.close()
    assert rows("SELECT count(*), count(DISTINCT key_hash) FROM idempotency") == [(30, 30)]
    assert rows("SELECT count(*) FROM decisions") == [(30,)]
    assert gapless(rows)


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=300) | st.binary(min_size=2048, max_size=5000))
def test_a_commitment_is_hmac_sha_256(salt, message):
    assert committed(salt, message) == hmac.digest(salt, message, "sha256")
