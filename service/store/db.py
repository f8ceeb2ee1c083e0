"""Connections to SQLite that keep their word: settings are set, read back, and a database that differs is refused."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosqlite
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from moderation.told import Told, Wrong
from service import private
from service.vault import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"

_FULL = 2
_SHOWN = 20

_WHY = {
    sqlite3.SQLITE_BUSY: ("被其他程序锁住", "is locked by another program"),
    sqlite3.SQLITE_CANTOPEN: ("无法打开，请检查目录与权限", "cannot be opened, look at the directory and its rights"),
    sqlite3.SQLITE_CORRUPT: (
        "已损坏，请由备份恢复（qingliu restore）",
        "is damaged, go back to a backup (qingliu restore)",
    ),
    sqlite3.SQLITE_FULL: ("磁盘已满", "has no room: the disk is full"),
    sqlite3.SQLITE_IOERR: ("读写失败，磁盘已满或有故障", "cannot be read or written: the disk is full or fails"),
    sqlite3.SQLITE_NOTADB: (
        "不是数据库或已损坏，请由备份恢复（qingliu restore）",
        "is no database or is damaged, go back to a backup (qingliu restore)",
    ),
    sqlite3.SQLITE_READONLY: ("只读，请检查权限与挂载方式", "is read-only, look at its rights and how it is mounted"),
}


class Unsafe(Wrong):
    """The database cannot be used, or would not keep what it acknowledges; the service must not start on it."""


def pragmas(busy_timeout: float) -> dict[str, int | str]:
    """What every connection must run with, as SQLite reads it back."""
    return {
        "journal_mode": "wal",
        "synchronous": _FULL,
        "foreign_keys": 1,
        "busy_timeout": int(busy_timeout * 1000),
    }


def _assert_same(name: str, wanted: int | str, rows: Iterable[Any]) -> None:
    found = next((row[0] for row in rows), None)
    if found != wanted:
        raise Unsafe(
            f"数据库的 PRAGMA {name} 为 {found!r}，须为 {wanted!r}（所在磁盘可能不支持）",
            f"SQLite answers PRAGMA {name} = {found!r} where {wanted!r} is needed",
        )


def secured(connection: sqlite3.Connection, *, busy_timeout: float) -> sqlite3.Connection:
    """Sets and reads back what ``pragmas`` lists; raises ``Unsafe``. The wait for locks comes first."""
    connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")
    for name, wanted in pragmas(busy_timeout).items():
        connection.execute(f"PRAGMA {name} = {wanted}")
        _assert_same(name, wanted, connection.execute(f"PRAGMA {name}").fetchall())
    return connection


def open_writer(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """A raw connection for the journal: transactions are begun by hand, never by the driver.

    What is deleted, or written over, is overwritten on the disk too: an erased text must not lie in a free page.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=busy_timeout, cached_statements=512)
    secured(connection, busy_timeout=busy_timeout).execute("PRAGMA secure_delete = ON")
    connection.create_function("opened", 1, opened)
    return connection


def open_plain_reader(path: Path, *, busy_timeout: float) -> sqlite3.Connection:
    """A raw connection for whoever reads much, in threads, one at a time. SQLite itself keeps it from writing."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=busy_timeout, check_same_thread=False)
    secured(connection, busy_timeout=busy_timeout).execute("PRAGMA query_only = ON")
    connection.create_function("opened", 1, opened)
    return connection


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Copies a database that may be in use to a new file, as it is at one moment. Raises ``Unsafe`` for a damaged one.

    SQLite copies pages without a look at what is in them.
    """
    private.make_file(target)
    connection = sqlite3.connect(target)
    try:
        source.backup(connection)
        if found := damage(connection):
            raise Unsafe(f"数据库已损坏，请由较早的备份恢复：{found[0]}", f"damaged, go back to a backup: {found[0]}")
    finally:
        connection.close()


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds broken in a database. Reads all of it."""
    try:
        found = [line for (line,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise
        return [str(error)]
    return [] if found == ["ok"] else [" ".join(one.split()) for one in found]


async def open_reader(path: Path, *, busy_timeout: float) -> aiosqlite.Connection:
    """A raw connection that SQLite itself keeps from writing."""
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=busy_timeout)
    try:
        for name, wanted in pragmas(busy_timeout).items():
            await connection.execute(f"PRAGMA {name} = {wanted}")
            _assert_same(name, wanted, await connection.execute_fetchall(f"PRAGMA {name}"))
        await connection.execute("PRAGMA query_only = ON")
        await connection.create_function("opened", 1, opened)
    except BaseException:
        await connection.close()
        raise
    return connection


def _listen(engine: Engine, *, write: bool, busy_timeout: float) -> None:
    """The driver begins no transaction before a SELECT, which loses updates: begin ourselves, writers at once."""

    def connected(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for name, wanted in pragmas(busy_timeout).items():
            cursor.execute(f"PRAGMA {name} = {wanted}")
            cursor.execute(f"PRAGMA {name}")
            _assert_same(name, wanted, cursor.fetchall())
        if not write:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def make_engine(path: Path, *, write: bool, busy_timeout: float) -> Engine:
    """A SQLAlchemy engine for what is not hot: migrations and maintenance."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": busy_timeout})
    _listen(engine, write=write, busy_timeout=busy_timeout)
    return engine


def make_async_engine(path: Path, *, write: bool, busy_timeout: float) -> AsyncEngine:
    """The same for ORM sessions in the event loop."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": busy_timeout})
    _listen(engine.sync_engine, write=write, busy_timeout=busy_timeout)
    return engine


def why(path: Path, error: BaseException | None) -> Told:
    """Why SQLite refuses a file."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    zh, en = _WHY.get(code & 0xFF, ("出错", "fails"))
    return Told(f"{path.name} {zh}（{error}）", f"{path.name} {en} ({error})")


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without a file; ``connection`` is what the migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def migrate(path: Path, *, busy_timeout: float) -> None:
    """Brings the database to the newest schema in one transaction; makes file and directory where missing.

    Two processes that start at once take turns: the second finds nothing left to do. Raises ``Unsafe``.
    """
    private.make_folder(path.parent)
    with suppress(OSError):  # SQLite says better why it cannot
        if not path.exists():
            private.make_file(path)
    engine = make_engine(path, write=True, busy_timeout=busy_timeout)
    try:
        with engine.begin() as connection:
            command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        zh = "由更新的版本写过，本版本不能使用：请换回该版本，或恢复升级前的备份"
        en = "was written by a newer version: use that one, or go back to a backup from before the update"
        raise Unsafe(f"{path.name} {zh}（{error}）", f"{path.name} {en} ({error})") from None
    except DatabaseError as error:
        raise Unsafe(*why(path, error.orig)) from None
    finally:
        engine.dispose()
