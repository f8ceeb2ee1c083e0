"""Backups as an operator makes and restores them: what is damaged or lacking in them is said, and nothing is made."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from time import monotonic

import pytest

from service.audit.archive import Archive
from service.lockout import Delays
from service.passwords import Passwords
from service.sessions import Sessions, SignIn
from service.settings import Settings
from service.wiring import open_store


@pytest.fixture
def data(inside, tmp_path):
    """A data directory with a key, archived rules and a model."""
    folder = tmp_path / "data"
    assert inside("key", "create", "--tenant", "shop", "--data", folder).returncode == 0
    Archive(folder / "archive").keep(b"# rules\n")
    weights = b"weights"
    for home in (folder / "archive" / "models", folder / "models"):
        stage = home / sha256(weights).hexdigest()
        for name in ("cards", "weights"):
            (stage / name).mkdir(parents=True)
        (stage / "cards" / "m.json").write_text('{"weights": "m.bin"}')
        (stage / "weights" / "m.bin").write_bytes(weights)
    (folder / "exports").mkdir()
    (folder / "exports" / "pack.zip").write_bytes(b"pack")
    return folder


def damage(database):
    """Writes over a page that no start looks into."""
    with closing(sqlite3.connect(database)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'reports'")
        ((size,),) = connection.execute("PRAGMA page_size")
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_a_damaged_database_is_not_backed_up_and_not_called_whole(inside, tmp_path, data):
    damage(data / "qingliu.db")
    done = inside("audit", "check", "--data", data, "--json")
    assert (done.returncode, json.loads(done.stdout)["good"]) == (1, False)
    done = inside("backup", tmp_path / "copy", "--data", data, "--lang", "en")
    assert (done.returncode, done.stderr.decode().startswith(f"cannot use {data}: damaged")) == (1, True)
    done = inside("backup", tmp_path / "copy", "--data", data)
    assert "数据库已损坏，请由较早的备份恢复" in done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []


def test_a_backup_that_was_made_of_a_damaged_database_is_not_restored(inside, tmp_path, data):
    copy = tmp_path / "copy"
    assert inside("backup", copy, "--data", data, "--with-keys").returncode == 0
    damage(copy / "qingliu.db")
    told = json.loads((copy / "backup.json").read_text())
    told["sha256"] = sha256((copy / "qingliu.db").read_bytes()).hexdigest()
    (copy / "backup.json").write_text(json.dumps(told))
    done = inside("restore", copy, "--data", tmp_path / "new", "--json")
    assert (done.returncode, json.loads(done.stdout)["good"]) == (1, False)
    assert [*(tmp_path / "new").iterdir()] == []


KEPT = ["archive/blobs/*/*", "archive/models/*/weights/m.bin", "models/*/weights/m.bin"]


@pytest.mark.parametrize("kept", KEPT)
def test_a_kept_file_that_is_damaged_is_named(inside, tmp_path, data, kept):
    (path,) = data.glob(kept)
    path.write_bytes(b"rot")
    name = str(path.relative_to(data))
    done = inside("audit", "check", "--data", data, "--json")
    assert (done.returncode, json.loads(done.stdout)["wrong"]) == (1, [name])
    done = inside("backup", tmp_path / "copy", "--data", data, "--lang", "en")
    assert (done.returncode, f"damaged: {name}; " in done.stderr.decode()) == (1, True)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("old", [False, True], ids=["listed", "from an older version"])
@pytest.mark.parametrize("kept", [*KEPT, "exports/pack.zip"])
def test_a_file_that_a_backup_lost_is_named(inside, tmp_path, data, kept, old):
    copy = tmp_path / "copy"
    assert inside("backup", copy, "--data", data).returncode == 0
    if old:
        told = json.loads((copy / "backup.json").read_text())
        del told["files"]
        (copy / "backup.json").write_text(json.dumps(told))
    (path,) = copy.glob(kept)
    path.write_bytes(b"rot")
    done = inside("restore", copy, "--data", tmp_path / "new", "--lang", "en")
    if old and "exports" in kept:
        assert done.returncode == 0
        return
    assert (done.returncode, str(path.relative_to(copy)) in done.stderr.decode()) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_backup_without_its_archive_is_not_restored(inside, tmp_path, data):
    copy = tmp_path / "copy"
    assert inside("backup", copy, "--data", data).returncode == 0
    assert inside("restore", copy, "--data", tmp_path / "whole", "--after", data).returncode == 0
    shutil.rmtree(copy / "archive")
    done = inside("restore", copy, "--data", tmp_path / "new", "--after", data)
    assert (done.returncode, "备份已损坏，缺少或不符：archive/" in done.stderr.decode()) == (1, True)
    assert not (tmp_path / "new").exists()


@pytest.fixture
def old(inside, tmp_path, data):
    """A data directory in which much was ended after the backup ``copy`` was made."""
    shop = ("--tenant", "shop", "--data", data)
    leaked = json.loads(inside("key", "create", *shop, "--json").stdout)["key_id"]
    for name in ("ann", "bob", "eve"):
        made = inside("user", "create", name, "--role", "admin", "--password", f"a long word of {name}s", *shop)
        assert made.returncode == 0, made.stderr
    hook = json.loads(inside("webhook", "create", "https://example.com/x", *shop, "--json").stdout)["id"]

    async def sign_in():
        async with open_store(Settings(data=data)) as store:
            parts = {"passwords": Passwords(), "secret": store.secret, "delays": Delays(clock=monotonic)}
            sessions = Sessions(store.ledger, store.people, life=3600, **parts)
            await sessions.start(SignIn(tenant="shop", name="ann", password="a long word of anns", address="::1"))

    asyncio.run(sign_in())
    assert inside("backup", tmp_path / "copy", "--data", data).returncode == 0
    assert inside("key", "revoke", leaked, "--data", data).returncode == 0
    assert inside("user", "disable", "bob", *shop).returncode == 0
    assert inside("user", "role", "eve", "reviewer", *shop).returncode == 0
    assert inside("webhook", "end", hook, *shop).returncode == 0
    return data


STANDING = {
    "keys": "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL",
    "people": "SELECT count(*) FROM users WHERE disabled_at IS NULL",
    "receivers": "SELECT count(*) FROM webhooks WHERE ended_at IS NULL",
    "sessions": "SELECT count(*) FROM sessions WHERE ended_at IS NULL",
}


def standing(data):
    with closing(sqlite3.connect(data / "qingliu.db")) as connection:
        return {name: connection.execute(statement).fetchone()[0] for name, statement in STANDING.items()}


def test_what_was_ended_since_a_backup_ends_again(inside, tmp_path, old):
    new = tmp_path / "new"
    assert standing(tmp_path / "copy") == {"keys": 2, "people": 3, "receivers": 1, "sessions": 1}
    done = inside("restore", tmp_path / "copy", "--data", new, "--after", old, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [told[f"{name}_ended_again"] for name in ("keys", "people", "receivers")] == [1, 1, 1]
    assert told["changed_since"] == ["shop/eve"]
    assert standing(new) == {"keys": 1, "people": 2, "receivers": 0, "sessions": 0}
    assert inside("audit", "check", "--data", new).returncode == 0
    done = inside("restore", tmp_path / "copy", "--data", tmp_path / "en", "--after", old, "--lang", "en")
    assert "again revoked: 1 keys; disabled: 1 people; ended: 1 receivers; " in done.stdout.decode()
    assert "(user role, user password): shop/eve\n" in done.stdout.decode()


def test_without_the_replaced_data_it_is_said_that_ended_keys_stand_again(inside, tmp_path, old):
    new = tmp_path / "new"
    done = inside("restore", tmp_path / "copy", "--data", new, "--lang", "en")
    assert "keys, people and receivers that were ended since stand again" in done.stdout.decode()
    assert standing(new) == {"keys": 2, "people": 3, "receivers": 1, "sessions": 0}


def test_keys_that_the_settings_give_are_backed_up_and_no_others_are_made(inside, tmp_path):
    given = {"QINGLIU_SECRET": "ab" * 32, "QINGLIU_AUDIT_KEY": "cd" * 32}
    data, copy = tmp_path / "data", tmp_path / "copy"
    assert inside("key", "create", "--data", data, **given).returncode == 0
    assert inside("backup", copy, "--data", data, **given).returncode == 0
    done = inside("restore", copy, "--data", tmp_path / "new", "--json", **given)
    assert (done.returncode, json.loads(done.stdout)["new_keys"]) == (0, [])
    assert [name for name in ("secret", "audit.key") if (tmp_path / "new" / name).exists()] == []
    keys = tmp_path / "keys"
    assert inside("backup", keys, "--data", data, "--with-keys", **given).returncode == 0
    found = [(keys / name).read_bytes() for name in ("secret", "audit.key")]
    assert (found, (keys / "secret").stat().st_mode & 0o777) == ([b"\xab" * 32, b"\xcd" * 32], 0o600)
    done = inside("restore", keys, "--data", tmp_path / "bare", "--json")
    assert (done.returncode, json.loads(done.stdout)["new_keys"]) == (0, [])


def test_a_disk_of_backups_that_is_full_is_not_taken_for_that_of_the_data(inside, tmp_path, data, monkeypatch):
    connect = sqlite3.connect

    def small(path, *words, **named):
        connection = connect(path, *words, **named)
        if "copy.new" in str(path):
            connection.execute("PRAGMA max_page_count = 9")
        return connection

    monkeypatch.setattr("service.store.db.sqlite3.connect", small)
    done = inside("backup", tmp_path / "copy", "--data", data, "--lang", "en")
    why = "qingliu.db has no room: the disk is full (database or disk is full)"
    assert (done.returncode, done.stderr.decode()) == (1, f"no backup was made: {tmp_path / 'copy'}: {why}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
