"""A change of rules tried on what was judged before: how long that takes, and what contents judged meanwhile notice.

``python -m bench.rehearsal [CONTENTS]`` prints the figures of docs/measurements-rules.md: the shipped rules, the text
expert off, sentences of samples/clean.txt and of the samples, by turns; one content is judged every 5 ms all the while.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

import orjson

from moderation.change import Change, Op
from moderation.types import Author, Content, Part, Scene
from service.ids import from_stamp, now
from service.keys import Caller
from service.rulebook.proposals import Draft
from service.rulebook.rehearsal import Period
from service.settings import REPOSITORY, Settings
from service.wiring import open_service

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.wiring import Service

CONTENTS: Final = 10_000
BATCH: Final = 500
EVERY: Final = 0.005
TENANT: Final = "shop"


def contents(count: int) -> Iterator[Content]:
    """Ordinary sentences, and every fifth a sample with something in it."""
    samples = REPOSITORY / "samples"
    clean = [line for line in (samples / "clean.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    told = [orjson.loads(line) for path in sorted(samples.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    marked = [one["text"] for one in told if isinstance(one.get("text"), str)]
    plain, found = cycle(clean), cycle(marked)
    at = from_stamp(now())
    for number in range(count):
        text = next(found) if number % 5 == 0 else next(plain)
        author = Author(id=f"maker-{number % 997}")
        yield Content(scene=Scene.AD, parts=(Part("text", text),), at=at, id=f"c{number}", author=author)


async def pulse(service: Service, over: asyncio.Event) -> list[float]:
    """The seconds that single contents wait for their verdict, one every 5 ms."""
    waits: list[float] = []
    caller = Caller(TENANT, "bench")
    for content in cycle(list(contents(50))):
        if over.is_set():
            return waits
        began = perf_counter()
        await service.moderation.one(caller, content)
        waits.append(perf_counter() - began)
        await asyncio.sleep(EVERY)
    return waits


def told(name: str, waits: Sequence[float]) -> str:
    """A line of the table."""
    ranked = sorted(waits)
    parts = [f"{ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000:.1f}" for share in (0.5, 0.99, 1)]
    return f"| {name} | {len(ranked)} | {' | '.join(parts)} |"


async def measure(count: int, folder: Path) -> None:
    """Fill a house, try a change on it, print what came of it."""
    async with open_service(Settings(data=folder, expert="off")) as service:
        await service.keys.create(TENANT)
        source = contents(count)
        while batch := list(islice(source, BATCH)):
            await service.moderation.many(Caller(TENANT, "bench"), batch)
        book = service.rulebook
        draft = Draft(changes=[Change(op=Op.ADD, category="absolute_claim", line="今天 | weight: 60")])
        cast = await book.cast(TENANT, (await book.proposals.worked_out(TENANT, draft)).files)
        over = asyncio.Event()
        before = asyncio.create_task(pulse(service, over))
        await asyncio.sleep(3)
        over.set()
        quiet = await before
        over = asyncio.Event()
        beside = asyncio.create_task(pulse(service, over))
        began = perf_counter()
        made = book.rehearsals.start(TENANT, cast, Period(last=count))
        await made.done.wait()
        took = perf_counter() - began
        over.set()
        busy = await beside
        assert made.report is not None
        print(f"{made.report['judged']} contents in {took:.1f} s ({made.report['judged'] / took:.0f}/s)")
        print("| one content every 5 ms | n | median ms | p99 | longest |\n|---|---|---|---|---|")
        print(told("alone", quiet))
        print(told("during the rehearsal", busy))


def main() -> None:
    """Measure with as many contents as the command line says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONTENTS
    with TemporaryDirectory() as folder:
        asyncio.run(measure(count, Path(folder)))


if __name__ == "__main__":
    main()
