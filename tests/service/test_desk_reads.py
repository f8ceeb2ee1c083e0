"""What the desk shows: pages and counts by plans that look at a bounded number of rows; items of an old database."""

from __future__ import annotations

import sqlite3

import orjson
import pytest

from moderation.types import Scene
from service.secret import open_secret
from service.store import db, desk_statements
from service.store.desk_reads import DeskReads, Place, Query, Viewer
from service.vault import opened
from service.wiring import open_service
from tests.small import migrated, of_old

LEVELS = "[0,1]"
BOUND = {
    "CLAIMABLE": ("t", 0, "ann", 20, 1, 1, "[]"),
    "CLAIMABLE_OF_SORTS": ("t", LEVELS, '["report"]', None, '["gambling"]', "ann", 20, 1, 1, "[]"),
    "LAPSED": ("t", "9", 50),
    "LAPSED_ANYWHERE": ("9", 50),
    "DUE": ("9", 50),
    "STANDING": (1,),
    "REVIEW": ("r1", "t"),
    "REVIEWS_OF": ("t", "c1"),
    "REPORT_BY": ("r1", 1, "u"),
    "WEIGHT": ("r1", 1, 9),
    "LISTED_ONE": ("r1", "t"),
    "LISTED_MANY": ("t", '["r1"]'),
    "LISTED_OF": ("t", "c1"),
    "RULED": ("t", '["r1"]'),
    "LEFT_BY": ("t", "ann", "9"),
    "WAITING": ("t", LEVELS, "", "", 50),
    "WAITING_OF_SORTS": ("t", LEVELS, None, '["ad"]', None, "", "", 50),
    "HELD": ("t", "", "", 50),
    "OVERDUE": ("t", "", "", 50),
    "CLOSED": ("t", "~", "~", 50),
    "COUNTS": ("t", 1001, "2026", "ann", 1),
    "DEPTHS": ("t", 50, "ann", 1),
    "REPORT": ("p1", "t", "report"),
    "REPORTS": ("r1", 50),
    "NOTES": ("r1", 50),
    "ALIKE": ("t", 0, "content", "ad", "gambling", 50),
    "CONTENT_AFTER": (1,),
    "CONTENTS_BACK": ("t", 20, 1),
    "CONTENTS_BY": ("t", 1, "c1", b"x", 10),
    "NEWEST_ON": ("[1]",),
    "ACTS_ABOUT": ("t", "c7", 200),
    "VERSIONS": ("t", "c1", 100),
    "USER_NAMES": ("t", '["u"]'),
}
SCENES = ("ad", "ugc", "live_chat")
KINDS = ("content", "report", "complaint")
CATEGORIES = ("gambling", "abuse_insult", "")


def filled(path, count):
    """A queue of so many waiting items of 27 sorts, and a hundred held and closed ones each."""
    database = db.open_writer(migrated(path), busy_timeout=5)
    database.execute("BEGIN")
    database.execute("INSERT INTO tenants VALUES ('t', '2026')")
    database.execute("INSERT INTO acts VALUES (0, '2026', '', 'x', 'x', x'7b7d')")
    database.execute(
        "INSERT INTO users (id, tenant, name, role, password, created_at) VALUES ('ann', 't', 'ann', 'x', '', '2026')"
    )
    body = orjson.dumps({"scene": "ad", "parts": [["text", "你好"]], "author": ["cr", "user"]})
    database.execute(
        "INSERT INTO contents (id, tenant, content_id, version, commitment, salt, body, received_at) "
        "VALUES (1, 't', 'c', 1, x'00', x'00', ?, '2026')",
        (body,),
    )
    database.execute(
        "INSERT INTO decisions (seq, id, tenant, content, at, scene, published_at, action, severity, verdict, "
        "degraded, stages_missing, ruleset, by) "
        "VALUES (0, 'd', 't', 1, '2026', 'ad', '2026-01-01T00:00:00.000000Z', 'review', 1, x'7b7d', "
        " 0, '[]', 'x', 'engine')"
    )
    rows = [row(number, "waiting") for number in range(count)]
    rows += [row(count + number, "held") for number in range(100)]
    rows += [row(count + 100 + number, "closed") for number in range(100)]
    database.executemany(
        "INSERT INTO reviews (id, tenant, kind, target, content, decision, scene, category, severity, reach, reports, "
        "state, level, round, token, priority, opened_at, holder, lease_until, closed_at) "
        "VALUES (?, 't', ?, ?, 1, 'd', ?, ?, 1, 0, 0, ?, ?, 1, 1, ?, '2026', ?, ?, ?)",
        rows,
    )
    database.execute("COMMIT")
    return database


def row(number, state):
    key = f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}.{number:06}Z"
    held, closed = ("ann", key) if state == "held" else (None, None), key if state == "closed" else None
    sort = (SCENES[number % 3], CATEGORIES[number // 9 % 3])
    return (f"r{number}", KINDS[number // 3 % 3], f"c{number}", *sort, state, number // 27 % 2, key, *held, closed)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "q.db"
    filled(path, 3000).close()
    return path


@pytest.fixture
async def reads(path):
    opened = DeskReads(await db.open_reader(path, busy_timeout=5))
    yield opened
    await opened.close()


def raw(path):
    """A plain connection that knows the one function of ours that statements call."""
    database = sqlite3.connect(path)
    database.create_function("opened", 1, opened, deterministic=True)
    return database


def test_every_query_is_listed_here():
    queries = {
        name
        for name, value in vars(desk_statements).items()
        if isinstance(value, str) and name.isupper() and not name.startswith("_")
    }
    writes = {
        name
        for name in queries
        if name.startswith(("INSERT", "RESTORE", "MOVE", "EXTEND", "REFRAME", "SETTLE", "CREDIT", "CANCEL"))
    }
    by_key = {"LAST_CONTENT", "JUDGED", "STANDING_AS", "WEIGHT_OF", "OUTCOME_OF_ROUND", "REPORTS_IN_ROUND"}
    counts_all = {"BACKLOG"}  # a gauge for whoever scrapes, at most once a second
    assert queries - writes - by_key - counts_all == BOUND.keys()


@pytest.mark.parametrize("name", BOUND)
def test_no_query_walks_a_whole_table(path, name):
    database = raw(path)
    plan = [step for *_, step in database.execute(f"EXPLAIN QUERY PLAN {getattr(desk_statements, name)}", BOUND[name])]
    database.close()
    walks = [
        step.removeprefix("SCAN ").split()[0] for step in plan if step.startswith("SCAN ") and "VIRTUAL" not in step
    ]
    made = {"sorts", "sort", "CONSTANT", *(f"(subquery-{number})" for number in range(1, 40))}
    few = {("LAPSED_ANYWHERE", "t"), ("ALIKE", "r")}  # tenants, and a subquery that is bounded itself
    assert plan
    assert [one for one in walks if one not in made and (name, one) not in few] == []


@pytest.fixture(scope="module")
def longer(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "q.db"
    filled(path, 30_000).close()
    return path


@pytest.mark.parametrize("name", BOUND)
def test_ten_times_the_queue_costs_as_many_steps(path, longer, name):
    """Counted in instructions of SQLite's machine, which no other process can slow down."""
    steps = []
    for database in map(raw, (path, longer)):
        count = [0]

        def counted(count=count):
            count[0] += 1

        database.set_progress_handler(counted, 10)
        found = database.execute(getattr(desk_statements, name), BOUND[name]).fetchall()
        database.set_progress_handler(None, 0)
        steps.append(count[0])
        assert len(found) <= 400
        database.close()
    assert steps[1] < 1.5 * steps[0] + 50, steps


@pytest.mark.parametrize(
    "query",
    [
        Query(),
        Query(levels=(1,)),
        Query(kinds=("report",)),
        Query(scenes=("ad",), categories=("gambling",)),
        Query(state="held"),
        Query(state="held", person="ann", scenes=("ad",)),
        Query(state="held", person="bob"),
        Query(state="closed"),
        Query(state="closed", kinds=("report",)),
        Query(state="overdue"),
    ],
    ids=str,
)
async def test_pages_follow_one_another_without_gap_or_repetition(reads, query):
    after, seen, keys = None, [], []
    while True:
        page = await reads.listed("t", query, after=after, limit=70)
        seen += [item.row[0] for item in page.items]
        keys += [item.row[{"held": 20, "closed": 21}.get(query.state, 15)] for item in page.items]
        after = page.next
        if after is None:
            break
    states = ["waiting"] * 3000 + ["held"] * 100 + ["closed"] * 100
    rows = [row(number, state) for number, state in enumerate(states) if state == query.state]
    wanted = [one for one in rows if query.takes(one[6], one[1], one[3], one[4], one[8])]
    assert sorted(seen) == sorted(one[0] for one in wanted)
    assert keys == sorted(keys, reverse=query.state == "closed")


async def test_counts_stop_counting(reads):
    counts = await reads.counts("t", Viewer("ann", tested=True), since="2026-01-01")
    assert counts == (1001, 1001, 100, 0, 100)
    assert await reads.counts("rival", Viewer("ann", tested=True), since="2026") == (0, 0, 0, 0, 0)


async def test_a_page_may_be_empty_and_go_on(reads, monkeypatch):
    monkeypatch.setattr("service.store.desk_reads.LOOKED_AT", 10)
    page = await reads.listed("t", Query(state="closed", categories=("nothing",)), after=None, limit=5)
    assert page.items == [] and isinstance(page.next, Place)


OLD = [("a", 1, None, "review"), ("b", 1, None, "pass"), ("c", 1, None, "review"), ("c", 1, "d3", "pass")]
NEWER = [("e", 1, None, "review"), ("e", 2, None, "pass"), ("f", 1, None, "pass"), ("f", 2, None, "review")]


@pytest.fixture
def old(settings):
    """A database of the version before the desk, in which decisions wait for people."""
    path = settings.database
    path.unlink()
    open_secret(settings)
    database = of_old(path, "0004")
    database.execute("INSERT INTO tenants VALUES ('shop', '2026')")
    at, numbers = "2026-11-01T00:00:00.000000Z", {}
    for seq, (id_, version, supersedes, action) in enumerate(OLD + NEWER):
        number = numbers.setdefault((id_, version), len(numbers) + 1)
        body = orjson.dumps({"parts": [["text", "好"]], "scene": "ad"})
        database.execute(
            "INSERT INTO acts VALUES (?, ?, 'shop', 'decision.auto', ?, x'7b7d')", (seq, at, f"d{seq + 1}")
        )
        database.execute(
            "INSERT OR IGNORE INTO contents (id, tenant, content_id, version, commitment, salt, body, received_at) "
            "VALUES (?, 'shop', ?, ?, x'00', x'00', ?, ?)",
            (number, id_, version, body, at),
        )
        verdict = b'{"categories":["gambling","abuse_insult"]}' if action == "review" else b"{}"
        database.execute(
            "INSERT INTO decisions (seq, id, tenant, content, supersedes, at, scene, published_at, action, severity, "
            "verdict, degraded, stages_missing, ruleset, by) "
            "VALUES (?, ?, 'shop', ?, ?, ?, 'ad', ?, ?, 2, ?, 0, '[]', 'x', 'engine')",
            (seq, f"d{seq + 1}", number, supersedes, at, at, action, verdict),
        )
    database.close()
    return path


async def test_what_waited_before_there_was_a_desk_has_its_item(old, settings):
    async with open_service(settings):
        pass
    database = sqlite3.connect(old)
    items = database.execute(
        "SELECT target, decision, scene, category, severity, state, due_at FROM reviews ORDER BY target"
    ).fetchall()
    told = database.execute("SELECT subject, body FROM acts WHERE kind = 'review.opened'").fetchall()
    ids = {id_ for (id_,) in database.execute("SELECT id FROM reviews")}
    seqs = [seq for (seq,) in database.execute("SELECT seq FROM acts ORDER BY seq")]
    database.close()
    assert items == [
        ("a", "d1", Scene.AD.value, "gambling", 2, "waiting", None),
        ("f", "d8", Scene.AD.value, "gambling", 2, "waiting", None),
    ]
    assert {subject for subject, _ in told} == ids
    assert {orjson.loads(body)["facts"]["content"] for _, body in told} == {"a", "f"}
    assert seqs == list(range(len(seqs)))
