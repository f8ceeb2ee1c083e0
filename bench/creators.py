"""Creators with many entries: `python -m bench.creators` prints the figures of docs/measurements-creators.md.

Reckoning every score anew beside reading the same rows; `GET boost` from memory and on a miss beside a bare echo, with
few and with many creators; ranking with more and more candidates; and a month of boosts of 10 000 creators.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
from contextlib import ExitStack
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import orjson

from bench.serving import PATIENCE, helper, loaded, service
from service.creators.entries import DAY, Entry
from service.creators.formulas import shipped
from service.creators.ranking import Bounds, Candidate, gini, ranked
from service.creators.score import reckon
from service.creators.standing import VERIFIED, placed
from service.ids import new_id, now
from service.store import db

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMULA: Final = shipped()
NOW: Final = 1_795_000_000
ROWS: Final = "id, kind, cause, recorded, since, occurred, name, value, ref, scene, mark"
READ: Final = f"SELECT creator, {ROWS} FROM score_entries ORDER BY creator"  # noqa: S608 - our own names
SIGNALS: Final = ("engagement", "after_sales", "disclosure")
CONNECTIONS: Final = 16
MANY: Final = 100_000
NEWCOMERS: Final = 0.2


def entries(rng: Random, creator: str, number: int) -> Iterator[tuple[Any, ...]]:
    """Rows of one creator: most of them clean items, some signals, a violation now and then."""
    for place in range(number):
        at, sort, id_ = NOW - rng.randrange(360 * DAY), rng.random(), f"{creator}-{place}"
        if sort < 0.6:  # noqa: PLR2004 - the mix
            row = ("observation", f"p{place}", at, at, at, "published", 100, "", "ugc", id_)
        elif sort < 0.9:  # noqa: PLR2004
            row = ("observation", f"s{place}", at, at, at, rng.choice(SIGNALS), rng.randrange(101), "", "", "")
        elif sort < 0.98:  # noqa: PLR2004
            row = ("violation", f"v{place}", at, at, at, "absolute_claim", rng.randrange(1, 4), "", "ugc", "")
        else:
            row = ("training", f"t{place}", at, at, at, "", 0, "", "", "")
        yield (id_, "default", creator, *row)


def fill(path: Path, creators: int, each: int) -> None:
    """A database with so many creators. Written around the ledger: no acts tell of them."""
    db.migrate(path, busy_timeout=PATIENCE)
    database = db.open_writer(path, busy_timeout=PATIENCE)
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("BEGIN")
    at, rng = now(), Random(9)
    database.execute("INSERT OR IGNORE INTO tenants VALUES ('default', ?)", (at,))
    database.executemany(
        "INSERT INTO creators VALUES (?, 'default', ?, 'host', 'default', NULL, 'e', '{}', ?, ?)",
        ((f"c{number:07}", f"c{number:07}", at, at) for number in range(creators)),
    )
    columns = f"id, tenant, creator, {ROWS.removeprefix('id, ')}"
    marks = ", ".join("?" * 13)
    database.executemany(
        f"INSERT INTO score_entries ({columns}) VALUES ({marks})",  # noqa: S608
        (row for number in range(creators) for row in entries(rng, f"c{number:07}", each)),
    )
    database.execute("COMMIT")
    database.close()


def recomputing(folder: Path, creators: int, each: int) -> dict[str, Any]:
    """Processor seconds to read all rows, and to read them and reckon each score and tier."""
    path = folder / "recompute.db"
    fill(path, creators, each)
    connection = sqlite3.connect(path)
    reading, reckoning = [], []
    for _ in range(3):
        started = process_time()
        rows = sum(1 for _ in connection.execute(READ))
        reading.append(process_time() - started)
        started = process_time()
        for _, group in groupby(connection.execute(READ), itemgetter(0)):
            placed(reckon([Entry(*row[1:]) for row in group], FORMULA, NOW), FORMULA, VERIFIED)
        reckoning.append(process_time() - started)
    connection.close()
    read, reckoned = min(reading), min(reckoning)
    return {
        "entries": rows,
        "creators": creators,
        "read_s": round(read, 2),
        "reckoned_s": round(reckoned, 2),
        "ratio": round(reckoned / read, 2),
    }


def serving(folder: Path, creators: int, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Requests for each processor second: a bare echo, boosts from memory, boosts that are derived first."""
    cores = sorted(os.sched_getaffinity(0))
    import_module("tests.small").small_rules(folder / "lexicons", {})
    fill(folder / "data" / "qingliu.db", creators, 5)
    rng = Random(4)
    known = [f"/v1/creators/c{number:07}/boost?scene=ugc" for number in rng.sample(range(creators), min(500, creators))]
    with ExitStack() as stack:
        echo_pid, echo_port = stack.enter_context(helper("bench.echo", cores[0]))
        pid, port, secret = stack.enter_context(service(folder, cores[0], expert="off"))
        headers = {"Authorization": f"Bearer {secret}"}
        echo: dict[str, Any] = {"port": echo_port, "path": "/echo", "headers": {}, "bodies": [{"text": "你好"}]}
        memory = {"port": port, "headers": headers, "paths": known, "path": "", "bodies": []}
        taken: dict[str, list[float]] = {"echo": [], "memory": [], "miss": []}
        _load(memory, pid, 0.5, cores[-1])
        for _ in range(rounds):
            taken["echo"].append(_load(echo, echo_pid, seconds, cores[-1]))
            taken["memory"].append(_load(memory, pid, seconds, cores[-1]))
            if creators >= MANY:
                # Each is asked for once only: none of them is in memory.
                fresh = rng.sample(range(creators), MANY // 2)
                paths = [f"/v1/creators/c{number:07}/boost?scene=ugc" for number in fresh]
                taken["miss"].append(_load({**memory, "paths": paths}, pid, seconds, cores[-1]))
    told = {name: round(median(values)) if values else None for name, values in taken.items()}
    return {
        "creators": creators,
        **told,
        "memory_to_echo": round(median(taken["memory"]) / median(taken["echo"]), 2),
        "miss_to_echo": round(median(taken["miss"]) / median(taken["echo"]), 2) if taken["miss"] else None,
    }


def _load(orders: dict[str, Any], pid: int, seconds: float, core: int) -> float:
    """Requests for each processor second of the server."""
    told = {"host": "127.0.0.1", "batch": 0, "connections": CONNECTIONS, "seconds": seconds, "name": new_id(), **orders}
    answer, used = loaded("bench.load", told, pid=pid, core=core)
    if answer["wrong"] or not answer["requests"]:
        raise RuntimeError(f"{answer}")
    return float(answer["requests"] / max(0.01, used))


def crowd(rng: Random, number: int) -> list[Candidate]:
    """Candidates whose traffic is as unequal as traffic is."""
    return [
        Candidate(
            f"c{place}",
            round(50 * rng.paretovariate(1.2)),
            1000 if rng.random() < NEWCOMERS else rng.randrange(1000, 1501),
            rng.choice(("beauty", "food", "home", "books")),
            rng.choice(("small", "large")),
            rng.random() < NEWCOMERS,
        )
        for place in range(number)
    ]


def ranking() -> list[dict[str, Any]]:
    """Microseconds a candidate, with more and more of them."""
    rng, told = Random(2), []
    for number in (100, 1_000, 10_000, 100_000):
        candidates = crowd(rng, number)
        bounds = Bounds(number * 10, 2_000, number * 8)
        times = []
        for _ in range(5):
            started = process_time()
            ranked(candidates, bounds, 1)
            times.append(process_time() - started)
        told.append({"candidates": number, "us_each": round(min(times) / number * 1e6, 2)})
    return told


def month(creators: int = 10_000, days: int = 30, lists: int = 40, size: int = 250) -> dict[str, Any]:
    """A month: every day lists of candidates are ranked within the day's budget; what came of the bounds."""
    rng = Random(7)
    everybody = crowd(rng, creators)
    day_budget, per_creator, per_category, exploration = 200_000, 2_000, 80_000, 80
    boosted, plain = dict.fromkeys(range(creators), 0), dict.fromkeys(range(creators), 0)
    worst_day = worst_creator = worst_category = spent_all = explored_all = 0
    for _ in range(days):
        spent, creator_spent, category_spent = 0, dict[str, int](), dict[str, int]()
        for _ in range(lists):
            places = rng.sample(range(creators), size)
            left = Bounds(
                min(day_budget - spent, day_budget // lists),
                per_creator,
                per_category,
                exploration,
                {name: per_creator - amount for name, amount in creator_spent.items()},
                {name: per_category - amount for name, amount in category_spent.items()},
            )
            found = ranked([everybody[place] for place in places], left, rng.randrange(2**40))
            for one in found:
                place = int(one.candidate.creator[1:])
                boosted[place] += one.shown
                plain[place] += one.candidate.expected
                if one.extra > 0:
                    spent += one.extra
                    spent_all += one.extra
                    explored_all += one.extra if one.why == "exploration" else 0
                    name, category = one.candidate.creator, one.candidate.category
                    creator_spent[name] = creator_spent.get(name, 0) + one.extra
                    category_spent[category] = category_spent.get(category, 0) + one.extra
        worst_day = max(worst_day, spent)
        worst_creator = max(worst_creator, *creator_spent.values())
        worst_category = max(worst_category, *category_spent.values())
    return {
        "creators": creators,
        "days": days,
        "budget_used_most": round(worst_day / day_budget, 3),
        "creator_most": f"{worst_creator} of {per_creator}",
        "category_most": f"{worst_category} of {per_category}",
        "newcomers_share": round(100 * explored_all / spent_all, 2),
        "newcomers_wanted": exploration / 10,
        "gini": round(gini(list(boosted.values())), 4),
        "gini_without": round(gini(list(plain.values())), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--creators", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("recompute", "serve", "rank", "month"), default=None)
    asked = parser.parse_args()
    if asked.only in {None, "month"}:
        print(orjson.dumps(month()).decode())
    if asked.only in {None, "rank"}:
        print(orjson.dumps(ranking()).decode())
    if asked.only in {None, "recompute"}:
        with TemporaryDirectory() as folder:
            print(orjson.dumps(recomputing(Path(folder), asked.entries // 10, 10)).decode())
    if asked.only in {None, "serve"}:
        for creators in (1_000, asked.creators):
            with TemporaryDirectory() as folder:
                told = serving(Path(folder), creators, seconds=asked.seconds, rounds=asked.rounds)
                print(orjson.dumps(told).decode(), flush=True)


if __name__ == "__main__":
    main()
