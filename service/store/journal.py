"""The SQLite journal: one connection in one thread, one transaction a group. It knows rows, not what they mean.

The whole transaction is one visit to that thread, and each table is filled by as few statements as possible: every
statement gives the interpreter lock away and has to win it back from the event loop.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from service.acts import act_row
from service.filing import ENGINE
from service.ids import CHANCE_BYTES, now
from service.ports import (
    Failed,
    Found,
    Head,
    JournalBroken,
    JournalBusy,
    JournalError,
    NothingChanged,
    Rows,
    RowsRefused,
    Ruled,
    Used,
    Wanted,
    Words,
)
from service.store import db, statements
from service.store.vault_statements import EMPTY_CONTENT
from service.vault import opened_salt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from service.acts import Act
    from service.ports import Column, Row, Visit, Write
    from service.vault import Vault

Key = TypeVar("Key")
Salted = TypeVar("Salted", Head, Ruled)

LOOKS_BACK = 32
"""A text is known again as one that a person decided on if that was within so many versions before the newest."""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_GUILTY = frozenset(
    {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_RANGE,
    }
)
"""Primary codes that blame the rows. Whatever is neither here nor busy blames the disk."""
_STORES = re.compile(r"""\b(?:INTO|UPDATE(?:\s+OR\s+\w+)?)\s+(?:\w+\.)?["'`[]?contents\b""", re.IGNORECASE)


def chunked(items: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Slices of at most ``CHUNK_ROWS``."""
    for start in range(0, len(items), statements.CHUNK_ROWS):
        yield items[start : start + statements.CHUNK_ROWS]


def judged(error: sqlite3.Error) -> Exception:
    """What a driver's error means for the group."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in _BUSY:
        return JournalBusy(str(error))
    if primary is None or primary in _GUILTY:
        return RowsRefused(str(error))
    return JournalBroken(f"{error} ({error.sqlite_errorname})")


@contextmanager
def _judging() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise judged(error) from error


class SqliteJournal:
    """Owns the connection that writes. Open it with ``await SqliteJournal.opened(…)``."""

    def __init__(self, thread: ThreadPoolExecutor, connection: sqlite3.Connection, vault: Vault | None = None) -> None:
        self._thread = thread
        self._connection = connection
        self._vault = vault if vault is not None and vault.sealing else None

    @classmethod
    async def opened(cls, path: Path, *, busy_timeout: float, vault: Vault | None = None) -> SqliteJournal:
        """Connects in the journal's own thread; what ``vault`` seals is stored sealed. Raises ``store.db.Unsafe``."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(thread, lambda: db.open_writer(path, busy_timeout=busy_timeout))
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(thread, connection, vault)

    async def transact(self, wanted: Wanted, plan: Callable[[Found], Rows]) -> None:
        """See ``ports.Journal``."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, wanted, plan)

    async def visit(self, works: Sequence[Callable[[Visit], object]]) -> list[object]:
        """See ``ports.Journal``."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._visit, works)

    async def close(self) -> None:
        """See ``ports.Journal``."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=True)

    def _transact(self, wanted: Wanted, plan: Callable[[Found], Rows]) -> None:
        with self._transaction():
            self._write(plan(self._find(wanted)))

    def _visit(self, works: Sequence[Callable[[Visit], object]]) -> list[object]:
        with self._transaction():
            (seq,) = self._connection.execute(statements.NEXT_SEQ).fetchone()
            visit = _Visit(self._connection, now(), seq, self._vault)
            return [self._apart(work, visit) for work in works]

    def _apart(self, work: Callable[[Visit], object], visit: _Visit) -> object:
        """One visit, whose failure leaves the others' work alone."""
        execute, seq = self._connection.execute, visit.seq
        execute("SAVEPOINT visit")
        try:
            with _judging():
                gave = work(visit)
        except JournalError:
            raise
        except Exception as error:  # noqa: BLE001 - it is for whoever asked for the visit
            execute("ROLLBACK TO visit")
            self._forget_keys()
            visit.seq, gave = seq, Failed(error)
        execute("RELEASE visit")
        return gave

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _judging():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
                if self._vault is not None:
                    self._vault.commit()
            except BaseException:
                self._roll_back()
                raise

    def _forget_keys(self) -> None:
        if self._vault is not None:
            self._vault.roll_back()

    def _roll_back(self) -> None:
        self._forget_keys()
        if not self._connection.in_transaction:
            return
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise JournalBroken(f"cannot roll back: {error}") from error

    def _find(self, wanted: Wanted) -> Found:
        execute = self._connection.execute
        heads: dict[tuple[str, str], Head] = {}
        for contents in chunked(wanted.contents):
            for tenant, content_id, *head in execute(statements.heads(len(contents)), _flat(contents)):
                heads[tenant, content_id] = _plain(Head(*head))
        keys: dict[tuple[str, bytes], Used] = {}
        for pairs in chunked(wanted.keys):
            for tenant, key_hash, *used in execute(statements.used_keys(len(pairs)), _flat(pairs)):
                keys[tenant, key_hash] = Used(*used)
        next_seq, next_content = execute(statements.NEXT).fetchone()
        return Found(next_seq, next_content, heads, keys, self._ruled(heads))

    def _ruled(self, heads: Mapping[tuple[str, str], Head]) -> dict[tuple[str, str], list[Ruled]]:
        """What people decided on the last versions of contents, for those that may have any such."""
        asked = [
            (*name, head.version - LOOKS_BACK)
            for name, head in heads.items()
            if head.version > 1 or head.by not in {None, ENGINE}
        ]
        ruled: dict[tuple[str, str], list[Ruled]] = {}
        for some in chunked(asked):
            for tenant, content_id, *row in self._connection.execute(statements.ruled(len(some)), _flat(some)):
                ruled.setdefault((tenant, content_id), []).append(_plain(Ruled(*row)))
        return ruled

    def _write(self, rows: Rows) -> None:
        if self._vault is not None and rows.contents:
            seal = partial(self._vault.sealed, self._connection, rows.at)
            rows.contents[:] = [
                (row, tenant, name, version, commitment, *seal(tenant=tenant, name=name, salt=salt, body=body))
                for row, tenant, name, version, commitment, salt, body in rows.contents
            ]
        for table in statements.HOT_TABLES:
            for chunk in chunked(getattr(rows, table)):
                self._connection.execute(statements.insert(table, len(chunk)), [rows.at, *chain.from_iterable(chunk)])
        _write_all(self._connection, rows.writes, rows.at, self._vault)
        if rows.works:
            (seq,) = self._connection.execute(statements.NEXT_SEQ).fetchone()
            visit = _Visit(self._connection, rows.at, seq, self._vault)
            for work in rows.works:
                work(visit)


class _Visit:
    """See ``ports.Visit``."""

    def __init__(self, connection: sqlite3.Connection, at: str, seq: int, vault: Vault | None = None) -> None:
        self._connection, self._vault = connection, vault
        self.at = at
        self.seq = seq

    def rows(self, sql: str, *values: Column) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def record(self, act: Act, *writes: Write | Words) -> int:
        seq, tenant, kind, subject, body = act_row(self.seq, self.at, act.kind, act.subject, act.tenant, act.facts)
        self._connection.execute(statements.insert("acts", 1), (self.at, seq, tenant, kind, subject, body))
        self.seq = seq + 1
        _write_all(self._connection, writes, self.at, self._vault)
        return seq

    def record_many(self, acts: Sequence[Act], sql: str, rows: Sequence[Row]) -> None:
        told = [
            act_row(seq, self.at, act.kind, act.subject, act.tenant, act.facts)
            for seq, act in enumerate(acts, self.seq)
        ]
        for chunk in chunked(told):
            self._connection.execute(statements.insert("acts", len(chunk)), [self.at, *chain.from_iterable(chunk)])
        self.seq += len(acts)
        _check(sql)
        if self._connection.executemany(sql, rows).rowcount < len(rows):
            raise NothingChanged(sql)

    def derive(self, *writes: Write) -> None:
        _write_all(self._connection, writes, self.at, self._vault)


def _write_all(connection: sqlite3.Connection, writes: Iterable[Write | Words], at: str, vault: Vault | None) -> None:
    for write in writes:
        if isinstance(write, Words):
            words = write if vault is None else _sealed(write, connection, at, vault)
            connection.execute(statements.INSERT_TEXT, words)
            continue
        sql, row, must_change = write
        _check(sql)
        if connection.execute(sql, row).rowcount < 1 and must_change:
            raise NothingChanged(sql)


def _sealed(words: Words, connection: sqlite3.Connection, at: str, vault: Vault) -> Words:
    tenant, name, _, salt, body, _ = words
    salt, body = vault.sealed(connection, at, tenant=tenant, name=name, salt=salt, body=body)
    return words._replace(salt=salt, body=body)


@cache
def _check(sql: str) -> None:
    """Raises ``ValueError`` for what could store a text unsealed."""
    if _STORES.search(sql) and sql != EMPTY_CONTENT:
        raise ValueError(f"texts are stored as Words, not by {sql}")


def _plain(row: Salted) -> Salted:
    """The row with its salt opened, where it was sealed."""
    return row if len(row.salt) == CHANCE_BYTES else row._replace(salt=opened_salt(row.salt))


def _flat(rows: Sequence[tuple[Column, ...]] | Sequence[tuple[str, str]] | Sequence[tuple[str, bytes]]) -> list[Column]:
    return list(chain.from_iterable(rows))
