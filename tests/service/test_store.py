"""The database keeps its word: pragmas, triggers, checks, migrations, and no lost update."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC

import pytest
import rfc8785
from alembic import command
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from service.acts import Act, act_row, canonical
from service.audit.retention import FOREVER
from service.ids import from_stamp, new_id, stamp
from service.ports import Found, JournalBroken, JournalBusy, Rows, RowsRefused, Wanted
from service.store import db, statements
from service.store.journal import SqliteJournal, chunked, judged
from service.store.vault_statements import INSERT_RETENTION
from tests.small import migrated, of_old

TABLES_AND_INDEXES = 127


@pytest.fixture
def path(tmp_path):
    return migrated(tmp_path / "q.db")


@pytest.fixture
def connection(path):
    opened = db.open_writer(path, busy_timeout=5)
    yield opened
    opened.close()


# Schema


def schema(path):
    """Tables and indexes as SQLite keeps them, without regard to order and blanks."""
    connection = sqlite3.connect(path)
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    ).fetchall()
    connection.close()
    parts = {}
    for name, sql in found:
        head, _, body = re.sub(r"\s+", " ", sql).partition("(")
        columns = re.split(r",(?![^(]*\))", body.rpartition(")")[0] if sql.startswith("CREATE TABLE") else body)
        parts[name] = head.strip(), sorted(column.strip() for column in columns)
    parts.pop("alembic_version", None)
    return parts


def test_the_migrations_arrive_at_the_tables(path, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert schema(path) == schema(tmp_path / "other.db")
    assert len(schema(path)) == TABLES_AND_INDEXES


def test_decisions_survive_the_migration_of_their_table(tmp_path):
    old = of_old(tmp_path / "old.db", "0001")
    decide(old)
    decide(old, supersedes="d0", seq=1)
    before = old.execute("SELECT * FROM decisions ORDER BY seq").fetchall()
    old.close()
    db.migrate(tmp_path / "old.db", busy_timeout=5)
    new = db.open_writer(tmp_path / "old.db", busy_timeout=5)
    assert new.execute("SELECT * FROM decisions ORDER BY seq").fetchall() == before
    assert len(before) == 2
    assert new.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(sqlite3.IntegrityError):
        decide(new, supersedes="d0", seq=2)
    new.close()


def test_what_people_blocked_before_there_were_appeals_is_confirmed(tmp_path):
    old = of_old(tmp_path / "old.db", "0006")
    kinds = ["decision.auto", "decision.human", "decision.undone", "decision.human", "decision.auto"]
    for seq, kind in enumerate(kinds):
        decide(old, action="block", supersedes=f"d{seq - 1}" if seq else None, seq=seq)
        old.execute("DROP TRIGGER IF EXISTS acts_no_update")
        old.execute("UPDATE acts SET kind = ? WHERE seq = ?", (kind, seq))
    body = b'{"author":["creator","user"],"parts":[],"scene":"ugc"}'
    old.execute("UPDATE contents SET body = ?", (body,))
    old.close()
    db.migrate(tmp_path / "old.db", busy_timeout=5)
    new = db.open_writer(tmp_path / "old.db", busy_timeout=5)
    found = new.execute("SELECT decision, creator, since, confirmed_at, notified_at, final_at FROM blocks").fetchall()
    assert found == [("d3", "creator", 3, "now", None, None)]  # d1 was taken back, the others are the engine's
    assert new.execute("SELECT count(*) FROM appeals").fetchone() == (0,)
    assert new.execute("PRAGMA foreign_key_check").fetchall() == []
    new.close()


def test_what_was_kept_for_ever_with_a_show_is_due_to_be_looked_at(tmp_path):
    old = of_old(tmp_path / "old.db", "0015")
    old.execute("PRAGMA foreign_keys=OFF")
    for content, until in enumerate((FOREVER, "2031-01-01T00:00:00.000000Z"), 1):
        old.execute(INSERT_RETENTION, (content, "shop", "tx_3y", until))
    old.close()
    db.migrate(tmp_path / "old.db", busy_timeout=5)
    new = sqlite3.connect(tmp_path / "old.db")
    due = "SELECT content FROM retentions WHERE purged_at IS NULL AND until <= '2026-12-01'"
    assert new.execute(due).fetchall() == [(1,)]
    new.close()


def test_the_comparison_sees_a_difference(path, tmp_path):
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE tenants ADD COLUMN note TEXT")
    connection.close()
    db.migrate(tmp_path / "other.db", busy_timeout=5)
    assert schema(path) != schema(tmp_path / "other.db")


def test_migrating_twice_changes_nothing(path):
    before = schema(path)
    db.migrate(path, busy_timeout=5)
    assert schema(path) == before


def test_a_developers_alembic_finds_the_configured_database(tmp_path, monkeypatch):
    monkeypatch.setenv("QINGLIU_DATA", str(tmp_path / "data"))
    command.upgrade(db.alembic_config(), "head")
    assert len(schema(tmp_path / "data" / "qingliu.db")) == TABLES_AND_INDEXES
    with pytest.raises(NotImplementedError, match="never deleted"):
        command.downgrade(db.alembic_config(), "base")


def test_processes_that_start_at_once_take_turns(tmp_path):
    code = "import sys, pathlib; from service.store import db; db.migrate(pathlib.Path(sys.argv[1]), busy_timeout=20)"
    target = str(tmp_path / "new" / "q.db")
    running = [subprocess.Popen([sys.executable, "-c", code, target]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(schema(target)) == TABLES_AND_INDEXES


# Connections


def test_every_connection_reads_back_what_it_was_told(path):
    connection = db.open_writer(path, busy_timeout=1.5)
    read = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in db.pragmas(1.5)}
    connection.close()
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1500}


@pytest.mark.parametrize("name", ["journal_mode", "synchronous", "foreign_keys"])
def test_a_database_that_answers_otherwise_is_refused(path, name):
    """A connection that forgets one pragma, as a build of SQLite without it would."""

    class Forgetful(sqlite3.Connection):
        def execute(self, sql, *values):
            if sql.startswith(f"PRAGMA {name} ="):
                sql = {"journal_mode": "PRAGMA journal_mode = delete"}.get(name, f"PRAGMA {name} = 0")
            return super().execute(sql, *values)

    connection = sqlite3.connect(path, factory=Forgetful, isolation_level=None)
    with pytest.raises(db.Unsafe, match=name):
        db.secured(connection, busy_timeout=1)
    connection.close()


def test_a_database_in_memory_is_refused():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(db.Unsafe, match="journal_mode"):
        db.secured(connection, busy_timeout=1)
    connection.close()


async def test_a_reader_cannot_write(path):
    reader = await db.open_reader(path, busy_timeout=1)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await reader.execute("INSERT INTO tenants VALUES ('t', 'now')")
    await reader.close()
    engine = db.make_async_engine(path, write=False, busy_timeout=1)
    async with engine.connect() as connection:
        with pytest.raises(Exception, match="readonly"):
            await connection.execute(text("INSERT INTO tenants VALUES ('t', 'now')"))
    await engine.dispose()


def _count_up(engine, times):
    for _ in range(times):
        with engine.begin() as connection:
            value = int(connection.execute(text("SELECT created_at FROM tenants WHERE name = 'n'")).scalar_one())
            time.sleep(0.001)  # on a busy machine a thread may have its turn alone, and nothing would race
            connection.execute(text("UPDATE tenants SET created_at = :v WHERE name = 'n'"), {"v": str(value + 1)})


def _race(engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO tenants VALUES ('n', '0')"))
    threads = [threading.Thread(target=_count_up, args=(engine, 25)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT created_at FROM tenants WHERE name = 'n'")).scalar_one())


def test_200_concurrent_read_modify_writes_lose_nothing(path):
    engine = db.make_engine(path, write=True, busy_timeout=30)
    assert _race(engine) == 200
    engine.dispose()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_without_begin_immediate_the_same_race_loses(path):
    """The driver's own habit, which ``make_engine`` turns off."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    assert _race(engine) < 200
    engine.dispose()


async def test_concurrent_orm_writers_lose_nothing(path):
    engine = db.make_async_engine(path, write=True, busy_timeout=30)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO tenants VALUES ('n', '0')"))

    async def one():
        async with engine.begin() as connection:
            value = int((await connection.execute(text("SELECT created_at FROM tenants"))).scalar_one())
            await connection.execute(text("UPDATE tenants SET created_at = :v"), {"v": str(value + 1)})

    for _ in range(10):
        await asyncio.gather(*(one() for _ in range(5)))
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT created_at FROM tenants"))).scalar_one() == "50"
    await engine.dispose()


# Triggers and checks


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE acts SET at = 'never'",
        "DELETE FROM acts",
        "INSERT OR REPLACE INTO acts VALUES (0, 'x', '', 'k', 's', x'00')",
        "INSERT INTO acts VALUES (2, 'x', '', 'k', 's', x'00')",
        "INSERT INTO acts VALUES (0, 'x', '', 'k', 's', x'00')",
        "INSERT INTO acts VALUES (-1, 'x', '', 'k', 's', x'00')",
        "INSERT INTO acts VALUES (1, 'x', '', 'k', 's', x'00'), (3, 'x', '', 'k', 's', x'00')",
    ],
)
def test_acts_are_insert_only_and_gapless(connection, sql):
    connection.execute("INSERT INTO acts VALUES (0, 'now', '', 'kind', 'subject', x'00')")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)
    assert connection.execute("SELECT * FROM acts").fetchall() == [(0, "now", "", "kind", "subject", b"\x00")]


def test_the_first_act_is_number_zero(connection):
    with pytest.raises(sqlite3.IntegrityError, match="gapless"):
        connection.execute("INSERT INTO acts VALUES (1, 'now', '', 'kind', 'subject', x'00')")


def decide(  # noqa: PLR0913 - one for each column that a case varies
    connection, *, scene="ugc", action="pass", degraded=0, missing="[]", severity=0, supersedes=None, seq=0
):
    connection.execute("INSERT OR IGNORE INTO tenants VALUES ('t', 'now')")
    connection.execute("INSERT OR IGNORE INTO contents VALUES (1, 't', 'c', 1, x'00', x'00', x'00', NULL, 'now')")
    connection.execute("INSERT INTO acts VALUES (?, 'now', 't', 'decision.auto', 'd', x'00')", (seq,))
    connection.execute(
        statements.insert("decisions", 1),
        ("now", seq, f"d{seq}", "t", 1, supersedes, scene, "now", action, severity, b"{}", degraded, missing, "f", "e"),
    )


@pytest.mark.parametrize(
    ("more", "fine"),
    [
        ({}, True),
        ({"missing": '["classifier"]'}, False),
        ({"missing": '["classifier"]', "degraded": 1}, True),
        ({"missing": '["text"]', "action": "review"}, False),
        ({"missing": '["text"]', "action": "review", "degraded": 1}, True),
        ({"missing": '["text"]', "action": "block"}, False),
        ({"scene": "ad", "degraded": 1}, False),
        ({"scene": "live_script", "degraded": 1}, False),
        ({"scene": "live_speech", "degraded": 1, "missing": '["classifier"]'}, False),
        ({"scene": "ad", "degraded": 1, "action": "review"}, True),
        ({"scene": "live_chat", "degraded": 1}, True),
        ({"action": "limit"}, False),
        ({"severity": 5}, False),
        ({"degraded": 2}, False),
        ({"supersedes": "unknown"}, False),
    ],
)
def test_the_schema_refuses_what_no_code_may_decide(connection, more, fine):
    if fine:
        decide(connection, **more)
    else:
        with pytest.raises(sqlite3.IntegrityError):
            decide(connection, **more)


def test_without_the_check_a_half_blind_row_would_stand(path):
    """The sabotage twin: the same row passes where the check is gone, so nothing else refuses it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    decide(connection, missing='["text"]', action="review")
    assert connection.execute("SELECT degraded, stages_missing FROM decisions").fetchall() == [(0, '["text"]')]
    connection.close()


def test_a_decision_is_superseded_once(connection):
    decide(connection)
    decide(connection, supersedes="d0", seq=1)
    with pytest.raises(sqlite3.IntegrityError):
        decide(connection, supersedes="d0", seq=2)


def test_a_decision_needs_its_act(connection):
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.execute(
            statements.insert("decisions", 1),
            ("now", 7, "d", "t", 1, None, "ugc", "now", "pass", 0, b"{}", 0, "[]", "f", "e"),
        )


@pytest.mark.parametrize("sql", [statements.heads(4), statements.ruled(4), statements.used_keys(4)])
def test_what_every_group_asks_is_answered_from_indexes(connection, sql):
    count = sql.count("?")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * count)]
    assert not [step for step in plan if step.startswith("SCAN") and not re.match(r"SCAN (k|\d+ CONSTANT ROWS?)", step)]


# Journal


def test_chunks_are_the_whole_in_order():
    for length in [0, 1, 2, 3, 63, 64, 65, 127, 128, 1000]:
        items = list(range(length))
        chunks = list(chunked(items))
        assert [item for chunk in chunks for item in chunk] == items
        assert all(0 < len(chunk) <= statements.CHUNK_ROWS for chunk in chunks)


def sqlite_error(code):
    error = sqlite3.OperationalError("told")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_X"
    return error


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (sqlite3.SQLITE_BUSY, JournalBusy),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, JournalBusy),
        (sqlite3.SQLITE_LOCKED, JournalBusy),
        (sqlite3.SQLITE_IOERR_FSYNC, JournalBroken),
        (sqlite3.SQLITE_IOERR_WRITE, JournalBroken),
        (sqlite3.SQLITE_FULL, JournalBroken),
        (sqlite3.SQLITE_CORRUPT, JournalBroken),
        (sqlite3.SQLITE_READONLY, JournalBroken),
        (sqlite3.SQLITE_NOTADB, JournalBroken),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, RowsRefused),
        (sqlite3.SQLITE_CONSTRAINT_TRIGGER, RowsRefused),
        (sqlite3.SQLITE_TOOBIG, RowsRefused),
    ],
)
def test_errors_blame_lock_disk_or_rows(code, meant):
    assert type(judged(sqlite_error(code))) is meant


def test_a_drivers_error_without_a_code_blames_the_rows():
    assert type(judged(sqlite3.ProgrammingError("wrong number of values"))) is RowsRefused


async def test_a_plan_that_fails_leaves_nothing(path):
    journal = await SqliteJournal.opened(path, busy_timeout=1)

    def plan(found: Found) -> Rows:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await journal.transact(Wanted(), plan)
    seen = []
    await journal.transact(Wanted(), lambda found: seen.append(found) or Rows())
    assert seen == [Found(0, 1, {}, {})]
    await journal.close()


async def test_a_transaction_that_cannot_be_taken_back_breaks_the_journal(path):
    journal = await SqliteJournal.opened(path, busy_timeout=1)
    real = journal._connection

    class Stuck:
        in_transaction = True

        def execute(self, sql, *values):
            if sql == "ROLLBACK":
                raise sqlite_error(sqlite3.SQLITE_IOERR)
            return real.execute(sql, *values)

        def close(self):
            real.close()

    journal._connection = Stuck()
    with pytest.raises(JournalBroken, match="roll back"):
        await journal.transact(Wanted(), lambda _: Rows("now", acts=[(7, "", "k", "s", b"")]))
    await journal.close()


def test_nothing_is_kept_that_follows_from_an_opened_text(path):
    """What was opened reads otherwise once its key is destroyed, so SQLite may not take it for settled."""
    writer = db.open_writer(path, busy_timeout=1)
    with pytest.raises(sqlite3.OperationalError, match="non-deterministic"):
        writer.execute("CREATE INDEX words ON contents (opened(body))")
    writer.close()


async def test_a_journal_that_cannot_open_safely_does_not_open(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        await SqliteJournal.opened(tmp_path / "missing" / "q.db", busy_timeout=1)


async def test_a_full_disk_breaks_the_journal_and_keeps_what_was_there(path):
    """SQLite's own page limit stands for the disk's."""
    journal = await SqliteJournal.opened(path, busy_timeout=1)
    rows = Rows("now", acts=[act_row(0, "now", *Act("kind", "small"))])
    await journal.transact(Wanted(), lambda _: rows)
    journal._thread.submit(journal._connection.execute, "PRAGMA max_page_count = 1").result()
    big = Rows("now", acts=[act_row(1, "now", *Act("kind", "x" * 1_000_000))])
    with pytest.raises(JournalBroken, match="full"):
        await journal.transact(Wanted(), lambda _: big)
    await journal.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM acts").fetchone() == (1,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


# Values

leaves = st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans()
facts = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), facts, max_size=5))
def test_canonical_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


def test_ids_are_uuid7_and_sort_by_time():
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    parsed = [uuid.UUID(one) for one in ids]
    assert {(one.version, one.variant) for one in parsed} == {(7, uuid.RFC_4122)}
    assert [str(one) for one in parsed] == ids
    stamps = [one[:18] for one in ids]
    assert stamps == sorted(stamps)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.datetimes(timezones=st.timezones(), allow_imaginary=False))
def test_stamps_have_one_width_and_lose_nothing(at):
    try:
        told = stamp(at)
    except ValueError:
        assert at.year in {1, 9999}
        return
    assert len(told) == 27 and told.endswith("Z")
    assert from_stamp(told) == at.astimezone(UTC)
