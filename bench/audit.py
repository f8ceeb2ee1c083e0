"""What the audit log costs, and how fast packs are made and verified: ``python -m bench.audit [RECORDS]``.

Verifying is set against hashing the same lines with hashlib; each format is made in a process of its own, whose peak
memory is told. Deciding is measured with the log's job and without it, in turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from bench.machine import machine
from moderation.types import Content, Part, Scene
from service.acts import act_row, canonical
from service.audit import verify_export
from service.audit.records import Asked
from service.filing import committed
from service.ids import stamp
from service.settings import Settings
from service.store import db
from service.wiring import open_service, open_store
from service.wiring_audit import open_log

if TYPE_CHECKING:
    from service.keys import Caller
    from service.wiring import Service

RESULTS: Final = Path(__file__).parent / "results"
RECORDS: Final = 1_000_000
FORMATS: Final = ("csv", "xlsx", "parquet", "html")
ROUNDS: Final = 5
SECONDS: Final = 3.0
AT_ONCE: Final = 64
BATCH: Final = 100
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
        made = await exports.make(await exports.ask("shop", Asked(pack="log", formats=formats), by="bench"))
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


def made(folder: Path, chosen: str) -> None:
    """A pack in one format."""
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


async def batches(service: Service, caller: Caller, seconds: float) -> float:
    """Decisions a second in batches."""
    done, until = 0, perf_counter() + seconds
    while perf_counter() < until:
        await asyncio.gather(*(service.moderation.many(caller, [_content(n) for n in range(BATCH)]) for _ in range(4)))
        done += 4 * BATCH
    return done / seconds


async def deciding(rounds: int, seconds: float) -> dict[str, list[float]]:
    """Both, with the log's jobs and without, in turn."""
    rates: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder:
        async with open_service(Settings(data=Path(folder) / "with", expert="off")) as on:
            before = asyncio.all_tasks()
            async with open_service(Settings(data=Path(folder) / "without", expert="off")) as off:
                for task in asyncio.all_tasks() - before:
                    if task.get_name() in JOBS:
                        task.cancel()
                callers = []
                for service in (on, off):
                    _, secret = await service.keys.create("shop")
                    caller = await service.keys.caller(secret)
                    assert caller is not None
                    callers.append(caller)
                for _ in range(rounds):
                    for name, service, caller in (("with", on, callers[0]), ("without", off, callers[1])):
                        rates.setdefault(f"single {name}", []).append(await singles(service, caller, seconds))
                        rates.setdefault(f"batch {name}", []).append(await batches(service, caller, seconds))
                assert on.audit.log.reads.last() is not None
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
    for kind in ("single", "batch"):
        on, off = median(rates[f"{kind} with"]), median(rates[f"{kind} without"])
        rows[kind] = {"with": on, "without": off, "costs": 1 - on / off}
        print(f"{kind}: {on:.0f}/s with the log, {off:.0f}/s without: it costs {100 * (1 - on / off):.1f} %")


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
