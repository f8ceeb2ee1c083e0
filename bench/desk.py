"""The review desk with long queues: what claims cost in batches and alone, and whether the length of the queue matters.

``python -m bench.desk`` prints the figures of docs/measurements.md and writes ``bench/results/desk.json``. Queues of
1 000, 100 000 and 1 000 000 waiting items of 90 sorts; every round measures all of them, in turn. A claim is the desk's
own, acts included, and on disk when it returns; beside it stands what one row a commit costs on the same disk.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import orjson
import typer

from bench.machine import machine
from moderation import load
from service.ids import later, now
from service.keys import Caller
from service.ledger import Ledger
from service.review.desk import ANY, Desk, Sorts
from service.review.urgency import Deadlines
from service.rights import RIGHTS_OF, Role
from service.rules import Rules
from service.store import db
from service.store.desk_reads import DeskReads, Query, Viewer
from service.store.journal import SqliteJournal
from service.store.reads import Reads

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Awaitable, Callable, Iterator

RESULTS: Final = Path(__file__).parent / "results"
SIZES: Final = (1_000, 100_000, 1_000_000)
ROUNDS: Final = 7
CLAIMS: Final = 12
"""So many claims of twenty a round and queue; the smallest queue must last."""
BATCH: Final = 20
PATIENCE: Final = 30.0
SCENES: Final = ("ad", "live_script", "live_speech", "live_chat", "ugc")
KINDS: Final = ("content", "report", "complaint")
CATEGORIES: Final = ("gambling", "abuse_insult", "porn_vulgar", "fraud_scam", "contact_diversion", "absolute_claim")
SORT: Final = Sorts(scenes=("ugc",), categories=("gambling",))
PERSON: Final = Caller("shop", "ann", RIGHTS_OF[Role.REVIEWER])


def fill(path: Path, count: int) -> None:
    """A database with so many waiting items. Written around the ledger: no acts tell of them."""
    db.migrate(path, busy_timeout=PATIENCE)
    database = db.open_writer(path, busy_timeout=PATIENCE)
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("BEGIN")
    at = now()
    database.execute("INSERT INTO tenants VALUES ('shop', ?)", (at,))
    database.execute("INSERT INTO users VALUES ('ann', 'shop', 'ann', 'reviewer', '', ?, NULL)", (at,))
    body = orjson.dumps({"parts": [["text", "用户说的一句话，有点可疑"]], "scene": "ugc"})
    _insert(
        database,
        "contents",
        "?, 'shop', ?, 1, x'00', x'00', ?, NULL, ?",
        ((n, f"c{n}", body, at) for n in range(1, count + 1)),
    )
    _insert(database, "reviews", ", ".join("?" * 24), (_item(n, at) for n in range(1, count + 1)))
    database.execute("COMMIT")
    database.close()


def _insert(database: sqlite3.Connection, table: str, values: str, rows: Iterator[tuple[Any, ...]]) -> None:
    database.executemany(f"INSERT INTO {table} VALUES ({values})", rows)  # noqa: S608 - our own names


def _item(n: int, at: str) -> tuple[Any, ...]:
    sort = (SCENES[n % 5], CATEGORIES[n // 15 % 6], 1, 0, 0)
    place = (f"{n:08}", "shop", KINDS[n // 5 % 3], f"c{n}", n, "none")
    return (*place, *sort, "waiting", 0, 1, 1, later(at, n * 0.001 - 10_000), at, later(at, 10**6), *[None] * 6)


class Queue:
    """One database with its ledger, its desk and its reading side."""

    def __init__(self, ledger: Ledger, reads: DeskReads, rules: Rules) -> None:
        self.ledger, self.reads = ledger, reads
        self.desk = Desk(ledger, rules, Deadlines())

    @classmethod
    async def opened(cls, path: Path) -> Queue:
        """The queue in a database."""
        ledger = Ledger(await SqliteJournal.opened(path, busy_timeout=PATIENCE))
        ledger.start()
        reader = await db.open_reader(path, busy_timeout=PATIENCE)
        rules = await Rules.opened(load.LEXICONS, load.SCENES, ledger=ledger, reads=Reads(reader))
        return cls(ledger, DeskReads(reader), rules)

    async def close(self) -> None:
        """Lets the database go."""
        await self.ledger.close()
        await self.reads.close()

    async def claims(self, *, limit: int, times: int, sorts: Sorts = ANY) -> float:
        """Items a second."""
        began, got = perf_counter(), 0
        for _ in range(times):
            got += len(await self.desk.claim(PERSON, limit=limit, sorts=sorts))
        assert got == limit * times
        return got / (perf_counter() - began)

    async def pages(self) -> dict[str, float]:
        """Milliseconds that each thing on the page of the queue takes."""
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "page": lambda: self.reads.listed("shop", Query(), after=None, limit=50),
            "filtered page": lambda: self.reads.listed("shop", Query(scenes=("ugc",)), after=None, limit=50),
            "counts": lambda: self.reads.counts("shop", Viewer(PERSON.id, tested=True), since="2026"),
        }
        return {name: await _milliseconds(ask) for name, ask in asked.items()}


async def _milliseconds(ask: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(9):
        began = perf_counter()
        await ask()
        times.append(1000 * (perf_counter() - began))
    return median(times)


def single_rows(path: Path, count: int) -> float:
    """Rows a second where each has a commit of its own, with the pragmas of the service."""
    database = db.open_writer(path, busy_timeout=PATIENCE)
    database.execute("CREATE TABLE IF NOT EXISTS single (id INTEGER PRIMARY KEY, body BLOB)")
    began = perf_counter()
    for _ in range(count):
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO single (body) VALUES (zeroblob(200))")
        database.execute("COMMIT")
    rate = count / (perf_counter() - began)
    database.close()
    return rate


async def measure(folder: Path, *, sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians over the rounds, and the ratios that are promised."""
    async with AsyncExitStack() as stack:
        queues = {}
        for size in sizes:
            fill(folder / f"{size}.db", size)
            queues[size] = await Queue.opened(folder / f"{size}.db")
            stack.push_async_callback(queues[size].close)
        taken, pages = await _taken(queues, folder, rounds)
    return _summed_up(taken, pages, sizes)


async def _taken(
    queues: dict[int, Queue], folder: Path, rounds: int
) -> tuple[dict[str, list[float]], dict[int, dict[str, list[float]]]]:
    """Rates and page times, one of each a round."""
    taken: dict[str, list[float]] = {}
    pages: dict[int, dict[str, list[float]]] = {size: {} for size in queues}
    big = list(queues)[1:]
    for _ in range(rounds):
        taken.setdefault("single rows", []).append(single_rows(folder / "single.db", 100))
        for size in big:
            queue = queues[size]
            taken.setdefault(f"one by one, {size}", []).append(await queue.claims(limit=1, times=100))
            taken.setdefault(f"by {BATCH}, {size}", []).append(await queue.claims(limit=BATCH, times=CLAIMS))
            filtered = await queue.claims(limit=BATCH, times=CLAIMS, sorts=SORT)
            taken.setdefault(f"by {BATCH}, filtered, {size}", []).append(filtered)
        for size, queue in queues.items():
            for name, one in (await queue.pages()).items():
                pages[size].setdefault(name, []).append(one)
    return taken, pages


def _summed_up(
    taken: dict[str, list[float]], pages: dict[int, dict[str, list[float]]], sizes: tuple[int, ...]
) -> dict[str, Any]:
    rates = {name: round(median(found), 1) for name, found in taken.items()}
    shown = {str(size): {name: round(median(found), 3) for name, found in one.items()} for size, one in pages.items()}
    small, large = sizes[1], sizes[-1]
    return {
        "items_per_second": rates,
        "page_milliseconds": shown,
        "ratios": {
            "claims by 20 to single-row commits": round(rates[f"by {BATCH}, {small}"] / rates["single rows"], 2),
            "claims by 20 to claims one by one": round(
                rates[f"by {BATCH}, {small}"] / rates[f"one by one, {small}"], 2
            ),
            f"claims at {large} to {small}": round(rates[f"by {BATCH}, {large}"] / rates[f"by {BATCH}, {small}"], 2),
            f"filtered claims at {large} to {small}": round(
                rates[f"by {BATCH}, filtered, {large}"] / rates[f"by {BATCH}, filtered, {small}"], 2
            ),
            **{
                f"{name} at {large} to {sizes[0]}": round(shown[str(large)][name] / shown[str(sizes[0])][name], 2)
                for name in shown[str(large)]
            },
        },
    }


def main(quick: bool = False) -> None:  # noqa: FBT001, FBT002 - typer's way
    """Measures, prints, writes."""
    sizes = (1_000, 20_000, 40_000) if quick else SIZES
    with TemporaryDirectory(prefix="qingliu-bench-") as folder:
        result = {"machine": machine(), "quick": quick}
        result |= asyncio.run(measure(Path(folder), sizes=sizes, rounds=2 if quick else ROUNDS))
    print(json.dumps(result, indent=2, ensure_ascii=False))
    if not quick:
        (RESULTS / "desk.json").write_bytes(
            orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )


if __name__ == "__main__":
    typer.run(main)
