"""The commands that make packs and change keys: where they put them, and what they leave behind."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from service import private
from service.audit.reads import LogReads
from service.audit.verify_export import check
from service.ids import stamp
from service.store import db
from tests.small import migrated


@pytest.fixture
def data(tmp_path):
    """A data directory with one tenant."""
    folder = tmp_path / "data"
    writer = db.open_writer(migrated(folder / "qingliu.db"), busy_timeout=5)
    writer.execute("INSERT INTO tenants VALUES ('shop', '2026-11-26T08:00:00.000000Z')")
    writer.close()
    return folder


def acts(data):
    """Kind, subject and facts of the acts on exports, in their order."""
    with sqlite3.connect(data / "qingliu.db") as database:
        rows = database.execute("SELECT kind, subject, body FROM acts WHERE kind LIKE 'export.%' ORDER BY seq")
        return [(kind, subject, orjson.loads(body)["facts"]) for kind, subject, body in rows]


def test_a_pack_that_is_taken_away_leaves_an_act(qingliu, inside, data, tmp_path):
    asked = ["export", "log", "--tenant", "shop", "--data", data, "--format", "csv"]
    assert inside(*asked).returncode == 0
    assert [kind for kind, _, _ in acts(data)] == ["export.asked", "export.done"]
    taken = tmp_path / "taken.zip"
    done = qingliu(*asked, "--out", taken, "--json")
    told = orjson.loads(done.stdout)  # which holds no line of a log
    assert told["path"] == str(taken)
    assert check(taken).found == []
    assert acts(data)[-1] == ("export.fetched", told["id"], {"by": "cli", "sha256": told["sha256"]})


def test_a_pack_that_cannot_be_put_there_is_said_to_be_where_it_is(inside, data, tmp_path):
    asked = ["export", "log", "--tenant", "shop", "--data", data, "--format", "csv"]
    done = inside(*asked, "--out", tmp_path / "none" / "x.zip")
    assert done.returncode == 1
    (pack,) = (data / "exports").glob("*.zip")
    assert str(pack) in done.stderr.decode().replace("\n", "")
    assert done.stderr.decode().endswith(f"{tmp_path / 'none' / 'x.zip'} 不存在\n")


@pytest.fixture
def long_ago(monkeypatch):
    """A whole quarter, or two, lies behind the first act."""
    at = LogReads.at
    first = stamp(datetime.now(UTC) - timedelta(days=200))
    monkeypatch.setattr(LogReads, "at", lambda reads, seq: at(reads, seq) if seq else first)


@pytest.mark.usefixtures("long_ago")
def test_a_schedule_makes_what_each_of_its_packs_lacks(inside, data, tmp_path):
    asked = ["export", "creator", "--tenant", "shop", "--data", data, "--format", "csv", "--every", "quarter"]
    made = [0]
    for creator, *more in (["a"], ["a"], ["b"], ["a", "--contents"], ["a", "--room", "r"], ["b"]):
        assert inside(*asked, "--out", tmp_path, "--creator", creator, *more).returncode == 0
        made.append(len(list(tmp_path.glob("*.zip"))))
    assert made[1] > 0
    assert made == [number * made[1] for number in (0, 1, 1, 2, 3, 4, 4)]


@pytest.mark.usefixtures("long_ago")
def test_the_packs_of_a_schedule_go_into_a_directory(inside, data, tmp_path):
    asked = ["export", "log", "--tenant", "shop", "--data", data, "--format", "csv", "--every", "quarter"]
    done = inside(*asked, "--out", tmp_path / "one.zip")
    assert (done.returncode, done.stderr.decode()) == (2, "与 --every 同用时，--out 须为目录\n")
    assert acts(data) == []


def test_a_change_of_keys_that_was_cut_off_is_ended_by_another(inside, data, monkeypatch):
    """Between the act that tells of the new key and the file that holds it."""

    def keys():
        return [one["key"] for one in orjson.loads(inside("audit", "key", "--data", data, "--json").stdout)]

    (old,) = keys()
    put = private.put
    with monkeypatch.context() as patched:
        patched.setattr(private, "put", lambda *told, over=False: sys.exit(9) if over else put(*told))
        assert inside("audit", "rotate", "--data", data).returncode == 9
    (_, new) = keys()
    assert new != old and (data / "audit.key.next").exists()
    done = inside("audit", "rotate", "--data", data, "--json")
    assert (done.returncode, orjson.loads(done.stdout)) == (0, {"key": new})
    assert not (data / "audit.key.next").exists()
    assert inside("export", "log", "--tenant", "shop", "--data", data, "--format", "csv").returncode == 0
    (pack,) = (data / "exports").glob("*.zip")
    assert check(pack, key=old).found == [] and keys() == [old, new]
    assert inside("audit", "rotate", "--data", data).returncode == 0
    assert len(keys()) == 3


@pytest.mark.parametrize(
    ("narrowed", "said"),
    [
        (["--scene", "advert"], "命令有误：--scene：“advert”应为其中之一：ad、live_script、"),
        (["--category", "gamling"], "没有这个类别：--category\n"),
    ],
)
def test_a_filter_that_nothing_can_meet_is_refused(inside, data, narrowed, said):
    done = inside("export", "room_117", "--tenant", "shop", "--data", data, *narrowed)
    assert (done.returncode, done.stderr.decode()[: len(said)]) == (2, said)
    assert acts(data) == []
