"""A data directory where nothing lies: only what makes a key or a person may begin one, and says where."""

from __future__ import annotations

import os

import pytest

_FIRST = "{0} 中没有数据，请核对 --data\n"


@pytest.mark.parametrize(
    "words",
    [
        ["backup", "copy", "--data"],
        ["audit", "check", "--data"],
        ["audit", "key", "--data"],
        ["audit", "checkpoint", "--data"],
        ["key", "list", "--data"],
        ["key", "revoke", "0123456789ab", "--data"],
        ["user", "list", "--data"],
        ["user", "role", "x", "admin", "--data"],
        ["webhook", "list", "--data"],
        ["model", "list", "--data"],
        ["labels", "count", "--data"],
        ["export", "log", "--data"],
        ["tenant", "lexicon", "list", "--tenant", "x", "--data"],
    ],
)
def test_a_misspelt_directory_is_refused_and_stays_empty(inside, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    done = inside(*words, tmp_path / "dtaa")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (1, b"", _FIRST.format(tmp_path / "dtaa"))
    assert list(tmp_path.iterdir()) == []


def test_data_that_a_restore_should_heed_must_be_there(inside, tmp_path):
    data, copy, wrong = tmp_path / "data", tmp_path / "copy", tmp_path / "wrong"
    assert inside("key", "create", "--data", data).returncode == 0
    assert inside("backup", copy, "--data", data).returncode == 0
    wrong.mkdir()
    done = inside("restore", copy, "--data", tmp_path / "new", "--after", wrong)
    assert (done.returncode, done.stderr.decode()) == (1, _FIRST.format(wrong))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [["key", "create"], ["user", "create", "x", "--role", "admin"]])
def test_what_may_begin_a_directory_says_where(inside, tmp_path, words):
    done = inside(*words, "--data", tmp_path / "new")
    assert (done.returncode, f"数据目录：{tmp_path / 'new'}\n" in done.stdout.decode()) == (0, True)


@pytest.fixture
def umask():
    """What most systems leave to everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_nobody_else_reads_what_a_house_keeps(inside, tmp_path):
    data, copy, new = tmp_path / "data", tmp_path / "copy", tmp_path / "new"
    told = (
        ("key", "create", "--data", data),
        ("export", "log", "--tenant", "default", "--data", data),
        ("backup", copy, "--data", data),
        ("restore", copy, "--data", new, "--after", data),
    )
    for words in told:
        done = inside(*words)
        assert done.returncode == 0, done.stderr.decode()
    for folder in (data, copy, new):
        for place in (folder, folder / "exports"):
            assert place.stat().st_mode & 0o077 == 0, place
        for file in folder.glob("qingliu.db*"):
            assert file.stat().st_mode & 0o777 == 0o600, file


@pytest.mark.usefixtures("umask")
def test_a_backup_that_everybody_could_read_is_restored_for_its_owner(inside, tmp_path):
    data, copy, new = tmp_path / "data", tmp_path / "copy", tmp_path / "new"
    data.mkdir()
    for words in (("key", "create", "--data", data), ("backup", copy, "--data", data)):
        assert inside(*words).returncode == 0
    assert (data.stat().st_mode & 0o777, (data / "qingliu.db").stat().st_mode & 0o777) == (0o755, 0o600)
    (copy / "qingliu.db").chmod(0o644)
    assert inside("restore", copy, "--data", new, "--after", data).returncode == 0
    assert (new / "qingliu.db").stat().st_mode & 0o777 == 0o600
