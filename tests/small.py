"""What small houses of tests share: rules that no change of the shipped terms touches, a database, a thread."""

from __future__ import annotations

import shutil
import sys
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvloop
from alembic import command

from service import passwords
from service.acts import Act
from service.http import interface
from service.http.routes import openapi
from service.ports import Write
from service.store import db

LEXICONS = Path(__file__).parents[1] / "lexicons"
HEAD = "@owner tests\n@source tests\n@licence Apache-2.0\n@reviewed 2026-11-22\n@verified false\n\n"
DOUBTFUL = "你就是个傻瓜蛋"
"""What ``ABUSE`` leaves to people."""


def terms(category, *words):
    """The text of a file of terms."""
    return f"@category {category}\n{HEAD}" + "".join(f"{word}\n" for word in words)


ABUSE = terms("abuse_insult", "傻瓜蛋")
CLAIMS = terms("absolute_claim", "国家级", "最高级", "全网第一")


def small_rules(folder, files):
    """A folder of rules with the real tables, and these files of terms by their paths."""
    folder.mkdir()
    for name in ("categories.toml", "laws.toml", "codes.toml"):
        shutil.copy(LEXICONS / name, folder / name)
    (folder / "claims.toml").write_text("# No claim rules: a hit is a violation.\n", encoding="utf-8")
    (folder / "industries.toml").write_text("# No industries: nothing is asked for.\n", encoding="utf-8")
    shutil.copytree(LEXICONS / "variants", folder / "variants")
    for name in ("ad_law", "trade", "safety", "allow"):
        (folder / name).mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def migrated(path):
    """An empty database at a path, with its folder, unless there is one: migrating it takes longer than most tests."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty())
    return path


def of_old(path, revision):
    """A database at a path as a version before left it, open to be written to."""
    engine = db.make_engine(path, write=True, busy_timeout=5)
    with engine.begin() as connection:
        command.upgrade(db.alembic_config(connection), revision)
    engine.dispose()
    return db.open_writer(path, busy_timeout=5)


@cache
def _empty():
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        db.migrate(path, busy_timeout=5)
        return path.read_bytes()


def hire(visit, id_, role, *, tenant="shop", name=""):
    """Lets a person in beside the accounts, who would hash a password; an act tells of them as it should."""
    row = (id_, tenant, name or id_, str(role), visit.at)
    visit.record(Act("user.created", id_, tenant, {"by": "cli", "role": str(role)}), Write(_ADD_USER, row))


_ADD_USER = "INSERT INTO users (id, tenant, name, role, password, created_at) VALUES (?, ?, ?, ?, '', ?)"


@contextmanager
def cheap_passwords():
    """A hash costs a quarter of a second by intent; in services that are opened meanwhile it costs nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PASSES", 1)
        patch.setattr(passwords, "KIBIBYTES", 8)
        yield


_DOCUMENTS = {}


def _document(routes, *, version):
    """The document of the same routes, made once: it would take half of the start of a server."""
    key = repr(routes), version
    if key not in _DOCUMENTS:
        _DOCUMENTS[key] = openapi(routes, version=version)
    return _DOCUMENTS[key]


@contextmanager
def in_a_thread(house, serve):
    """``serve(house)`` in a thread of its own, on the database of ``house.settings``, while the context lasts.

    It sets ``house.loop`` and ``house.stop``, then ``house.ready``, and ends when ``house.stop`` is set.
    """

    def run():
        try:
            uvloop.run(serve(house))
        except BaseException as error:  # noqa: BLE001 - told in the thread of the test
            house.error = error
        finally:
            house.ready.set()

    migrated(house.settings.database)
    thread = threading.Thread(target=run)
    try:
        with pytest.MonkeyPatch.context() as patch, cheap_passwords():
            patch.setattr(interface, "openapi", _document)
            thread.start()
            assert house.ready.wait(120)
        if house.error:
            raise house.error
        yield house
    finally:
        if house.stop is not None:
            house.loop.call_soon_threadsafe(house.stop.set)
        thread.join(60)


def steps_of(work):
    """How many operations some work takes: the same on every machine, as seconds are not."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
