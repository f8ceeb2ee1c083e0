"""What the audit log costs, and how fast packs are made and verified: ``python -m bench.audit [RECORDS]``.

Verifying is set against hashing the same lines with hashlib; each format is made in a process of its own, whose peak
memory is told. Deciding is measured with the log, without its jobs, and without any acts, in turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import AsyncExitStack, closing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast
from unittest.mock import patch

from bench.machine import machine
from bench.serving import loaded
from moderation.types import Content, Part, Scene
from service.acts import act_row, canonical
from service.audit import verify_export
from service.audit.records import PackOrder
from service.filing import committed
from service.http.server import listening
from service.ids import new_id, stamp
from service.plan import Plan
from service.settings import Settings
from service.store import db, statements
from service.wiring import open_service, open_store
from service.wiring_audit import open_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.keys import Caller
    from service.wiring import Service

RESULTS: Final = Path(__file__).parent / "results"
RECORDS: Final = 1_000_000
FORMATS: Final = ("csv", "xlsx", "parquet", "html", "pdf")
ROUNDS: Final = 7
SECONDS: Final = 3.0
AT_ONCE: Final = 64
BATCH: Final = 100
AHEAD: Final = 400_000
"""Decisions that fit into a turn without acts."""
JOBS: Final = ("checkpoints", "packs", "archive", "retention")
_CHUNK: Final = 20_000
_VERDICT: Final = {
    "categories": ["absolute_claim"],
    "evidence": [
        {
            "category": "absolute_claim",
            "laws": ["广告法 9(3)"],
            "rule": "absolute_claim.全网第一",
            "severity": 3,
            "source": "terms",
            "span": [0, 0, 4],
            "weight": 100,
        }
    ],
}


def fill(path: Path, count: int) -> None:
    """A database with so many decisions on as many contents. Written around the ledger, as the ledger would."""
    db.migrate(path, busy_timeout=60)
    database = db.open_writer(path, busy_timeout=60)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA foreign_keys = OFF")
    began = datetime(2026, 1, 1, tzinfo=UTC)
    database.execute("INSERT INTO tenants VALUES ('shop', ?)", (stamp(began),))
    for start in range(0, count, _CHUNK):
        acts, contents, decisions = [], [], []
        for number in range(start, min(start + _CHUNK, count)):
            at, name = stamp(began + timedelta(seconds=number * 20)), f"01a21557-f51d-7a24-8d3d-{number:012x}"
            blocked, salt = number % 3 == 0, number.to_bytes(16, "big")
            told = {
                "author": [f"u{number % 999}", "user"],
                "parts": [["text", f"全网第一的面霜{number}"]],
                "scene": "ad",
            }
            body = canonical(told)
            commitment = committed(salt, body)
            action, severity = ("block", 3) if blocked else ("pass", 0)
            facts = {
                "action": action,
                "by": "engine",
                "commitment": commitment.hex(),
                "content": f"c{number}",
                "degraded": False,
                "published_at": at,
                "ruleset": "e0e11b3c53de788b",
                "scene": "ad",
                "severity": severity,
                "version": 1,
                **({"verdict": _VERDICT} if blocked else {}),
            }
            seq, tenant, kind, subject, leaf = act_row(number, at, "decision.auto", name, "shop", facts)
            acts.append((seq, at, tenant, kind, subject, leaf))
            contents.append((number + 1, "shop", f"c{number}", 1, commitment, salt, body, None, at))
            judged = (action, severity, b"{}", 0, "[]", "e", "engine")
            decisions.append((seq, name, "shop", number + 1, None, at, "ad", at, *judged))
        database.execute("BEGIN")
        database.executemany("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?)", acts)
        database.executemany("INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", contents)
        database.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * 15)})", decisions)  # noqa: S608
        database.execute("COMMIT")
    database.close()


async def make(folder: Path, formats: tuple[str, ...]) -> Path:
    """A pack of all acts, made now."""
    settings = Settings(data=folder)
    async with open_store(settings) as store, open_log(settings, store) as audit:
        exports = audit.exports
        made = await exports.make(await exports.ask("shop", PackOrder(pack="log", formats=formats), by="bench"))
        assert made.state == "done", made.error
        return exports.archive(made)


def apart(*command: str) -> dict[str, Any]:
    """What a process of its own tells: seconds, megabytes and whatever else."""
    ran = subprocess.run([sys.executable, "-m", "bench.audit", *command], capture_output=True, text=True, check=True)  # noqa: S603
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def tell(seconds: float, **more: Any) -> None:
    """What the other process hears."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak, **more}))


def hashed(pack: Path) -> None:
    """The lines of a pack, each hashed: what verifying is set against."""
    began, lines = perf_counter(), 0
    with zipfile.ZipFile(pack) as archive, archive.open("records.jsonl") as file:
        for line in file:
            hashlib.sha256(line).digest()
            lines += 1
    tell(perf_counter() - began, lines=lines)


def verified(pack: Path) -> None:
    """A whole verification."""
    began = perf_counter()
    done = verify_export.check(pack)
    assert done.found == [], done.found
    tell(perf_counter() - began)


class NoPandas:
    """A finder of modules that finds none of the name."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        """Raises for pandas alone."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def made(folder: Path, chosen: str) -> None:
    """A pack in one format. Without pandas, which tests alone install: Arrow would load it for 50 MB and not use it."""
    sys.meta_path.insert(0, cast(Any, NoPandas))
    began = perf_counter()
    path = asyncio.run(make(folder, () if chosen == "jsonl" else (chosen,)))
    tell(perf_counter() - began, pack=str(path), size=path.stat().st_size)


async def singles(service: Service, caller: Caller, seconds: float) -> float:
    """Decisions a second, one at a time from so many callers."""
    done, until = 0, perf_counter() + seconds

    async def one(place: int) -> None:
        nonlocal done
        while perf_counter() < until:
            await service.moderation.one(caller, _content(place))
            done += 1

    await asyncio.gather(*(one(place) for place in range(AT_ONCE)))
    return done / seconds


async def requests(where: tuple[str, str], seconds: float) -> float:
    """Decisions a processor second, one a request: as clients have them."""
    (url, secret), text = where, "这款面霜很好用，推荐给大家"
    orders = {
        "host": "127.0.0.1",
        "port": int(url.rpartition(":")[2]),
        "path": "/v1/moderations",
        "headers": {"Authorization": f"Bearer {secret}"},
        "bodies": [{"scene": "ugc", "text": text}],
        "batch": 0,
        "connections": AT_ONCE,
        "seconds": seconds,
        "name": new_id(),
    }
    core = max(os.sched_getaffinity(0))
    told, used = await asyncio.to_thread(loaded, "bench.load", orders, pid=os.getpid(), core=core)
    assert not told["wrong"], told
    return float(told["requests"] / used)


async def batches(service: Service, caller: Caller, seconds: float) -> float:
    """Decisions a second in batches."""
    done, until = 0, perf_counter() + seconds
    while perf_counter() < until:
        await asyncio.gather(*(service.moderation.many(caller, [_content(n) for n in range(BATCH)]) for _ in range(4)))
        done += 4 * BATCH
    return done / seconds


@contextmanager
def without_acts(data: Path) -> Iterator[None]:
    """Decisions whose acts are neither made nor written, numbered by those before them: all but the log."""

    def number(plan: Plan, *_: object) -> int:
        plan._seq += 1  # noqa: SLF001 - there is no such service, so there is no such setting
        return plan._seq - 1  # noqa: SLF001

    after = "SELECT (SELECT coalesce(max(seq) + 1, 0) FROM decisions), (SELECT coalesce(max(id) + 1, 1) FROM contents)"
    with closing(sqlite3.connect(data / "qingliu.db", timeout=60)) as database:
        # Rows that decisions may point to, so that what they refer to is looked up all the same.
        (last,) = database.execute("SELECT max(seq) FROM acts").fetchone()
        (until,) = database.execute("SELECT coalesce(max(seq), 0) + ? FROM decisions", (AHEAD,)).fetchone()
        rows = ((seq, "", "shop", "decision.auto", "", b"") for seq in range(last + 1, until))
        database.executemany("INSERT INTO acts VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.commit()
    with patch.object(Plan, "_act", number), patch.object(statements, "NEXT", after):
        yield


async def deciding(rounds: int, seconds: float) -> dict[str, list[float]]:
    """Decisions a second with the log, without its jobs, and without acts, in turn."""
    rates: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        callers, urls = {}, {}
        for name in ("log", "acts", "bare"):
            before = asyncio.all_tasks()
            settings = Settings(data=folder / name, expert="off", port=0, rate_limit=10**9)
            service = await stack.enter_async_context(open_service(settings))
            for task in asyncio.all_tasks() - before:
                if name != "log" and task.get_name() in JOBS:
                    task.cancel()
            _, secret = await service.keys.create("shop")
            caller = await service.keys.caller(secret)
            assert caller is not None
            callers[name] = service, caller
            urls[name] = await stack.enter_async_context(listening(service, log=io.BytesIO())), secret
        for turn in range(rounds):
            names = [*callers] * 2
            for name in names[turn % len(callers) :][: len(callers)]:
                with without_acts(folder / name) if name == "bare" else nullcontext():
                    rates.setdefault(f"request {name}", []).append(await requests(urls[name], seconds))
                    rates.setdefault(f"single {name}", []).append(await singles(*callers[name], seconds))
                    rates.setdefault(f"batch {name}", []).append(await batches(*callers[name], seconds))
        assert callers["log"][0].audit.log.reads.last() is not None
    return rates


def _content(place: int) -> Content:
    text = f"这款面霜很好用，推荐给大家第{place}次"
    return Content(scene=Scene.UGC, parts=(Part("text", text),), at=datetime.now(UTC))


def main(count: int = RECORDS) -> None:
    """All of it; prints a table."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        fill(data / "qingliu.db", count)
        rows: dict[str, Any] = {}
        for chosen in ("jsonl", *FORMATS):
            rows[f"export {chosen}"] = apart("made", str(data), chosen)
            print(f"export {chosen}: {rows[f'export {chosen}']}", flush=True)
        pack = rows["export jsonl"]["pack"]
        rows["hash"], rows["verify"] = apart("hashed", pack), apart("verified", pack)
        print(f"hash {rows['hash']}\nverify {rows['verify']}", flush=True)
        ratio = rows["verify"]["seconds"] / rows["hash"]["seconds"]
        print(f"verifying {count} records: {ratio:.1f} times hashing, {rows['verify']['megabytes']:.0f} MB")
    decided(rows)
    RESULTS.mkdir(exist_ok=True)
    told = {"machine": machine(), "records": count, "rows": rows}
    (RESULTS / "audit.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def decided(rows: dict[str, Any]) -> None:
    """What the log costs decisions."""
    rates = asyncio.run(deciding(ROUNDS, SECONDS))
    for kind in ("request", "single", "batch"):
        log, acts, bare = (median(rates[f"{kind} {name}"]) for name in ("log", "acts", "bare"))
        rows[kind] = {"log": log, "acts": acts, "bare": bare, "costs": 1 - log / bare}
        print(f"{kind}: {log:.0f}/s with the log, {acts:.0f} without its jobs, {bare:.0f} without acts: ", end="")
        print(f"it costs {100 * (1 - log / bare):.1f} %")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hashed", pack]:
            hashed(Path(pack))
        case ["verified", pack]:
            verified(Path(pack))
        case ["made", folder, chosen]:
            made(Path(folder), chosen)
        case ["deciding"]:
            decided({})
        case [count]:
            main(int(count))
        case _:
            main()
