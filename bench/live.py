"""Live rooms over WebSockets against a bare echo: ``python -m bench.live`` prints what docs/measurements-live.md has.

Server and echo run on one core, the load on another; each row is the median of rounds that alternate between them. The
messages are those of ordinary simulated rooms. Everything is on: keys, acts, room events, a commit before each verdict.
``--memory`` brings a million messages into ten thousand rooms instead, and prints what the server holds in memory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from bench import serving
from bench.machine import machine
from bench.rules import TERMS, padded
from service.cli.say import out
from service.cli.words import table
from service.simulate.court import message_of
from service.simulate.grammar import read_grammar
from service.simulate.rooms import Kind, play

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

RESULTS: Final = Path(__file__).parent / "results"
GRAMMAR: Final = Path(__file__).parents[1] / "samples" / "rooms" / "grammar.toml"
START: Final = datetime(2026, 10, 26, 12, tzinfo=UTC)
"""When the rooms begin: what they say on the days after lies in the past too."""
ROOMS, DEPTH, HOT = 64, 8, 8
"""Rooms with a connection each, messages under way in each, and connections to the one hot room."""
ECHO_SHARE, POST_SHARE, HOT_SHARE, TAIL = 0.12, 1.8, 0.5, 4.0
"""What the project promises."""
MINUTES: Final = 12
ROUNDS, SECONDS = 5, 4.0
PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Live:
    """A running service, or the echo: where it is reached and what it costs."""

    pid: int
    port: int
    headers: dict[str, str]
    core: int
    lines: Path
    """The messages, as JSON."""

    def measure(self, path: str, name: str, **orders: Any) -> dict[str, Any]:
        """Keeps it busy; messages for each second of its processor time. Any wrong answer ends the run."""
        told = {
            "port": self.port,
            "path": path,
            "headers": self.headers,
            "lines": str(self.lines),
            "connections": ROOMS,
            "depth": DEPTH,
            "seconds": SECONDS,
            "name": name,
            "rate": 0,
            "echo": False,
            **orders,
        }
        result, used = serving.loaded("bench.live_load", told, pid=self.pid, core=self.core, patience=PATIENCE)
        if result["wrong"] or not result["messages"]:
            raise RuntimeError(f"{name}: {result}")
        return {
            **result,
            "cpu_seconds": round(used, 2),
            "per_second": round(result["messages"] / result["seconds"], 1),
            "per_cpu_second": round(result["messages"] / max(used, 0.01), 1),
        }


def main(
    memory: Annotated[bool, typer.Option("--memory", help="一百万条消息、一万个直播间：测内存（慢）")] = False,  # noqa: FBT002
    rounds: Annotated[int, typer.Option(min=1)] = ROUNDS,
    terms: Annotated[int, typer.Option(min=1)] = TERMS,
) -> None:
    """直播间压测：与裸 WebSocket 回显、单条接口在同一次运行内并列。"""  # noqa: D415 - a Chinese sentence
    with TemporaryDirectory(prefix="qingliu-live-") as folder:
        told: dict[str, Any] = {"machine": machine()}
        padded(Path(folder) / "lexicons", terms=terms)
        lines = lines_of(Path(folder) / "lines.json")
        if memory:
            told |= {"memory": _memory(Path(folder), lines)}
        else:
            told |= _speed(Path(folder), lines, rounds)
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = RESULTS / ("live-memory.json" if memory else "live.json")
    written.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    _tell(told)


def lines_of(path: Path, *, rooms: int = ROOMS, minutes: float = MINUTES) -> Path:
    """Writes the messages of so many ordinary rooms, without their ids."""
    grammar = read_grammar(GRAMMAR)
    played = [
        [
            {name: value for name, value in message_of(line, "", 0, START).items() if name != "id"}
            for line in play(grammar, Kind.ORDINARY, seed=seed, minutes=minutes)
        ]
        for seed in range(rooms)
    ]
    path.write_bytes(orjson.dumps(played))
    return path


def _speed(folder: Path, lines: Path, rounds: int) -> dict[str, Any]:
    cores = sorted(os.sched_getaffinity(0))
    told: dict[str, Any] = {}
    for expert in ("off", "ngram"):
        service = _service(folder / expert, folder, cores[0], expert)
        with serving.helper("bench.wsecho", cores[0]) as (echo_pid, echo_port), service as (pid, port, secret):
            echo = Live(echo_pid, echo_port, {}, cores[-1], lines)
            live = Live(pid, port, {"Authorization": f"Bearer {secret}"}, cores[-1], lines)
            told[expert] = _rounds(echo, live, rounds if expert == "off" else max(1, rounds // 2))
    return told


def _rounds(echo: Live, live: Live, rounds: int) -> dict[str, Any]:
    path = "/v1/rooms/%s-{room}/stream"
    live.measure(path % "warm", "warm", seconds=1.0)
    taken: dict[str, list[dict[str, Any]]] = {"echo": [], "rooms": [], "hot": [], "post": []}
    for turn in range(rounds):
        taken["echo"].append(echo.measure("/", f"echo-{turn}", echo=True))
        taken["rooms"].append(live.measure(path % f"t{turn}", f"rooms-{turn}"))
        hot = {"connections": HOT, "depth": ROOMS * DEPTH // HOT}
        taken["hot"].append(live.measure(f"/v1/rooms/hot-{turn}/stream", f"hot-{turn}", **hot))
        taken["post"].append(_post(live, turn))
    half = median(one["per_second"] for one in taken["rooms"]) / 2
    taken["half"] = [live.measure(path % "half", f"half-{turn}", rate=half) for turn in range(rounds)]
    return {
        key: {"per_cpu_second": median(one["per_cpu_second"] for one in rows), "rounds": rows}
        for key, rows in taken.items()
    }


def _post(live: Live, turn: int) -> dict[str, Any]:
    """The same messages, one a request to ``POST /v1/moderations``."""
    bodies = [
        {"scene": "live_chat", "text": line["text"], "room_id": "r", "creator_id": line["author_id"]}
        for line in orjson.loads(live.lines.read_bytes())[turn % ROOMS]
    ]
    target = serving.Target("single", live.pid, live.port, "/v1/moderations", live.headers, 0)
    took = serving.Load(bodies, ROOMS, live.core).measure(target, name=f"post-{turn}", seconds=SECONDS)
    return {**took, "per_second": took["requests_per_second"], "per_cpu_second": took["requests_per_cpu_second"]}


def _memory(folder: Path, lines: Path) -> list[dict[str, Any]]:
    """Ten times a hundred thousand messages in a thousand new rooms each, and what is resident after each.

    Rooms that were idle for half a minute are forgotten: with the ten minutes of the settings all would still be there.
    """
    cores = sorted(os.sched_getaffinity(0))
    told = []
    with _service(folder / "memory", folder, cores[0], "off", live_idle="30") as (pid, port, secret):
        live = Live(pid, port, {"Authorization": f"Bearer {secret}"}, cores[-1], lines)
        for tenth in range(10):
            for part in range(20):
                name = f"m{tenth}-{part}"
                orders = {"connections": 50, "each": 100, "seconds": 0.0}
                live.measure(f"/v1/rooms/{name}-{{room}}/stream", name, **orders)
            mib = round(serving.resident(pid), 1)
            told.append({"messages": (tenth + 1) * 100_000, "rooms": (tenth + 1) * 1000, "mib": mib})
    return told


def _service(
    data: Path, folder: Path, core: int, expert: str, **more: str
) -> AbstractContextManager[tuple[int, int, str]]:
    data.mkdir()
    (data / "lexicons").symlink_to(folder / "lexicons")
    return serving.service(data, core, expert=expert, second_stage="off", **more)


def _tell(told: dict[str, Any]) -> None:
    out.print(f"{told['machine']['cpu']} × {told['machine']['cores']} · {told['machine']['date']}", markup=False)
    if "memory" in told:
        listed = table("messages", "rooms", "MiB", numbers=("messages", "rooms", "MiB"))
        for row in told["memory"]:
            listed.add_row(f"{row['messages']:,}", f"{row['rooms']:,}", f"{row['mib']:,}")
        out.print(listed)
        return
    for expert in ("off", "ngram"):
        _table(told[expert], expert)
    for name, value, bound in checks(told["off"]):
        out.print(f"{'ok ' if value >= bound[0] and value <= bound[1] else '!! '} {name}: {value:.3f}", markup=False)


def _table(rows: dict[str, Any], expert: str) -> None:
    heads = ("per CPU second", "per second", "p50 ms", "p99 ms")
    listed = table("", *heads, numbers=heads)
    listed.title = f"classifier {expert}"
    for key, row in rows.items():
        middle = {name: median(one[name] for one in row["rounds"]) for name in ("per_second", "p50_ms", "p99_ms")}
        numbers = (row["per_cpu_second"], middle["per_second"], middle["p50_ms"], middle["p99_ms"])
        listed.add_row(key, *(f"{number:,.1f}" for number in numbers))
    out.print(listed)


def checks(rows: dict[str, Any]) -> list[tuple[str, float, tuple[float, float]]]:
    """The promises: what, the value, and the least and the most that it may be."""
    each = {key: row["per_cpu_second"] for key, row in rows.items()}
    speed = {key: median(one["per_second"] for one in row["rounds"]) for key, row in rows.items()}
    half = [median(one[name] for one in rows["half"]["rounds"]) for name in ("p50_ms", "p99_ms")]
    most = float("inf")
    return [
        ("64 rooms / WebSocket echo", each["rooms"] / each["echo"], (ECHO_SHARE, most)),
        ("64 rooms / POST /v1/moderations", each["rooms"] / each["post"], (POST_SHARE, most)),
        ("one hot room / 64 rooms, messages per second", speed["hot"] / speed["rooms"], (HOT_SHARE, most)),
        ("p99 / p50 at half load", half[1] / half[0], (0.0, TAIL)),
    ]


if __name__ == "__main__":
    typer.run(main)
