"""The figures of the quality of review on a real database: they are of all ninety days, however much that was."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from service.ids import stamp
from service.review.figures import figures
from service.store import db
from service.store.desk_reads import DeskReads
from tests.small import migrated

MANY = 26_000


@pytest.fixture
async def told(tmp_path):
    """A person who decided every four minutes for eighty days, and erred in the golden items of the last ones."""
    path = migrated(tmp_path / "q.db")
    now, database = datetime.now(UTC), sqlite3.connect(path)
    times = [stamp(now - timedelta(minutes=4 * place + 1)) for place in reversed(range(MANY))]
    step = """
    INSERT INTO handlings (act, tenant, "user", review, step, grim, letters, millis, at)
    VALUES (?, 'shop', 'ann', 'r', ?, ?, 10, ?, ?)
    """
    database.executemany(step, [(place, "decided", place % 2, 5000, at) for place, at in enumerate(times)])
    database.executemany(step, [(MANY + place, "skipped", 1, None, at) for place, at in enumerate(times[-10:])])
    answer = """
    INSERT INTO golden_answers (decision, tenant, golden, "user", said, correct, at)
    VALUES (?, 'shop', 'g', 'ann', '[]', ?, ?)
    """
    database.executemany(answer, [(f"d{place}", place < MANY - 100, at) for place, at in enumerate(times)])
    sample = """
    INSERT INTO samples (review, round, tenant, category, first, first_by, first_said, opened_at, checked,
        checked_round, second_said, agreed)
    VALUES ('s', ?, 'shop', 'fraud', 'd', 'ann', '["block","fraud"]', ?, 'r', 1, ?, ?)
    """
    said = ('["block","fraud"]', 1), ('["pass"]', 0)
    database.executemany(sample, [(place, at, *said[place % 2]) for place, at in enumerate(times)])
    database.commit()
    database.close()
    reads = DeskReads(await db.open_reader(path, busy_timeout=5))
    yield await figures(SimpleNamespace(tenant="shop"), reads)
    await reads.close()


async def test_all_that_was_done_in_ninety_days_is_counted(told):
    (ann,) = told.reviewers
    assert (ann.decisions, ann.per_hour) == (MANY, pytest.approx(15, rel=0.01))
    assert (ann.pace.median, ann.pace.hasty.n) == (5.0, 2000)
    assert 17 <= ann.severe <= 18, "seven or eight of fifteen decisions in an hour, and ten skipped"
    assert 10 <= ann.severe_most <= 18, "more than the eight decided in any hour of the clock, wherever that begins"
    assert told.overall.observed.n == MANY
    assert told.overall.observed.value == pytest.approx(0.5)
    assert [(code, one.observed.n) for code, one in told.categories] == [("fraud", MANY)]


async def test_the_last_golden_answers_count(told):
    (ann,) = told.reviewers
    assert (ann.golden.answered, ann.golden.wrong) == (MANY, 100)
    assert ann.golden.flagged_at is not None
