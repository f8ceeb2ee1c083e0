"""Backups as an operator makes and restores them: what is damaged or lacking in them is said, and nothing is made."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest

from service.audit.archive import Archive


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
