"""Reads the log from the database: hashes of acts, roots of subtrees, checkpoints. In threads, one at a time."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.audit.tree import HASH_BYTES, Frontier, leaf_hash, parts, root_of
from service.ids import from_stamp, stamp
from service.store import audit_statements as sql
from service.store import db

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from service.ports import Column

WIDTH: Final = 256
"""So many neighbours a tile has."""
SKEW: Final = timedelta(days=1)
"""By so much a clock may have gone back while acts were recorded."""
_BITS: Final = 8
_TILES_AT_ONCE: Final = 64


class Signed(NamedTuple):
    """A checkpoint as it is kept. ``note`` is the signed text, without the signatures of witnesses."""

    size: int
    root: bytes
    at: str
    note: str


class LogReads:
    """Keeps one connection that cannot write, and a lock, because threads share it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = Lock()

    def close(self) -> None:
        """Lets the connection go, once whoever reads has read."""
        with self._turn:
            self._connection.close()

    def rows(self, statement: str, *values: Column) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._turn:
            return self._connection.execute(statement, values).fetchall()

    def copy(self, target: Path) -> None:
        """Copies the whole database to a new file, as it is at one moment. Raises ``Unsafe`` for a damaged one."""
        with self._turn:
            db.copy(self._connection, target)

    def damage(self) -> list[str]:
        """What SQLite finds broken in the whole database."""
        with self._turn:
            return db.damage(self._connection)

    def size(self) -> int:
        """How many acts there are."""
        return int(self.rows(sql.LOG_SIZE)[0][0])

    def tiled(self) -> int:
        """How many acts lie in whole tiles."""
        return int(self.rows(sql.TILED)[0][0]) * WIDTH

    def leaves(self, first: int, end: int) -> Iterator[bytes]:
        """The hashes of the acts ``[first, end)``: from tiles where there are some, else from the acts themselves."""
        tiled = min(self.tiled(), end)
        number = first // WIDTH
        while number * WIDTH < tiled:
            before, upto = number, min(number + _TILES_AT_ONCE, -(-tiled // WIDTH))
            for (hashes,) in self.rows(sql.TILE_HASHES, number, upto):
                skipped = max(first - number * WIDTH, 0)
                wanted = min(end - number * WIDTH, WIDTH)
                for place in range(skipped * HASH_BYTES, wanted * HASH_BYTES, HASH_BYTES):
                    yield hashes[place : place + HASH_BYTES]
                number += 1
            if number == before:
                zh = f"审计日志缺少第 {number} 块：数据库已损坏，请由备份恢复"
                raise db.Unsafe(zh, f"the log lacks tile {number}: the database is damaged, go back to a backup")
        for (body,) in self.rows(sql.LEAVES, max(first, tiled), end):
            yield leaf_hash(body)

    def subtree(self, first: int, leaves: int) -> bytes:
        """The root of a whole subtree below the log's size."""
        level, entries = 0, leaves
        while entries >= WIDTH:
            level, entries = level + 1, entries // WIDTH
        if level == 0:
            return root_of(self.leaves(first, first + leaves))
        start = first >> (_BITS * level)
        roots = [root for (root,) in self.rows(sql.TILE_ROOTS, level - 1, start, start + entries)]
        if len(roots) == entries:
            return root_of(roots)
        return root_of(self.leaves(first, first + leaves))

    def frontier(self, size: int) -> Frontier:
        """The tree of so many leaves, ready to grow."""
        return Frontier(size, [self.subtree(*part) for part in parts(0, size)])

    def last(self) -> Signed | None:
        """The newest checkpoint."""
        return self._signed(sql.LAST_CHECKPOINT)

    def checkpoint(self, size: int) -> Signed | None:
        """The checkpoint of this size."""
        return self._signed(sql.CHECKPOINT, size)

    def checkpoint_from(self, size: int) -> Signed | None:
        """The first checkpoint of this size or a larger one."""
        return self._signed(sql.CHECKPOINT_FROM, size)

    def checkpoints(self, *, below: int, limit: int) -> list[Signed]:
        """Checkpoints of a smaller size, the largest first."""
        return [Signed(*row) for row in self.rows(sql.CHECKPOINTS, below, limit)]

    def cosigned(self, signed: Signed) -> str:
        """A checkpoint with the signatures of witnesses below its own."""
        return signed.note + "".join(f"{line}\n" for (line,) in self.rows(sql.COSIGNATURES, signed.size))

    def signers(self) -> list[tuple[str, str, str]]:
        """The keys that signed, oldest first: each with its endorsement and since when."""
        return [(key, endorsement, at) for key, endorsement, at in self.rows(sql.LOG_KEYS)]

    def at(self, seq: int) -> str:
        """When an act was done."""
        return str(self.rows(sql.ACT_AT, seq)[0][0])

    def since(self, moment: str, *, size: int) -> int:
        """The first of ``size`` acts that was done at a time or later; ``size`` where none was.

        The clock may have gone back by ``SKEW``.
        """
        low, high = self._around(moment, size)
        found = self.rows(sql.FIRST_SINCE, low, high, moment)
        return int(found[0][0]) if found else high

    def until(self, moment: str, *, size: int) -> int:
        """Behind the last of ``size`` acts that was done before a time; 0 where none was. The clock as in ``since``."""
        low, high = self._around(moment, size)
        found = self.rows(sql.LAST_BEFORE, low, high, moment)
        return int(found[0][0]) + 1 if found else low

    def _around(self, moment: str, size: int) -> tuple[int, int]:
        """Between which acts a time lies: all before are earlier, all from the second on are not."""
        return self._passed(_moved(moment, -SKEW), size), self._passed(_moved(moment, SKEW), size)

    def _passed(self, moment: str, size: int) -> int:
        """Where the time is passed, by halves."""
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            if self.at(middle) < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def _signed(self, statement: str, *values: Column) -> Signed | None:
        found = self.rows(statement, *values)
        return Signed(*found[0]) if found else None


def _moved(moment: str, by: timedelta) -> str:
    try:
        return stamp(from_stamp(moment) + by)
    except OverflowError:
        return moment
