"""The service over HTTP against a bare echo: requests and texts for every second of the server's processor time.

Both servers run from the start, on one core; the load comes from another. Rounds alternate between echo, single
contents and batches. Everything is on: the API key, one log line a request, metrics, acts, a commit before each answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

import orjson

from bench.contestants import BATCH
from service.running import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.options import Effort
    from moderation.types import Content

PATIENCE: Final = 60.0
WARM_UP: Final = 0.5
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_UTIME, _STIME = 11, 12
"""Fields of ``/proc/PID/stat`` after the name: the time of all threads in user and in kernel mode."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to send requests to."""

    key: str
    pid: int
    port: int
    path: str
    headers: dict[str, str]
    batch: int

    @property
    def texts(self) -> int:
        """Texts in a request."""
        return self.batch or 1


def measure(contents: Sequence[Content], folder: Path, effort: Effort) -> dict[str, Any]:
    """Requests and texts per processor second of each target: the median and every round.

    ``folder`` holds the rules in ``lexicons`` and takes the data directory and the log.
    """
    bodies = [{"scene": content.scene, "text": content.parts[0].text} for content in contents]
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        echo_pid, echo_port = stack.enter_context(helper("bench.echo", cores[0]))
        pid, port, secret = stack.enter_context(service(folder, cores[0]))
        known = {"Authorization": f"Bearer {secret}"}
        targets = (
            Target("echo", echo_pid, echo_port, "/echo", {}, 0),
            Target("single", pid, port, "/v1/moderations", known, 0),
            Target("batch", pid, port, "/v1/moderations/batch", known, BATCH),
        )
        load = Load(bodies, effort.connections, cores[-1])
        for target in targets:
            load.measure(target, name=f"warm-{target.key}", seconds=WARM_UP)
        taken: dict[str, list[dict[str, Any]]] = {target.key: [] for target in targets}
        for turn in range(effort.http_rounds):
            start = turn % len(targets)
            for target in targets[start:] + targets[:start]:
                name = f"{target.key}-{turn}"
                taken[target.key].append(load.measure(target, name=name, seconds=effort.http_seconds))
    return {
        "connections": effort.connections,
        "seconds": effort.http_seconds,
        "pinned": len(cores) > 1,
        "targets": {
            target.key: {
                "texts_per_cpu_second": median(one["texts_per_cpu_second"] for one in taken[target.key]),
                "requests_per_cpu_second": median(one["requests_per_cpu_second"] for one in taken[target.key]),
                "rounds": taken[target.key],
            }
            for target in targets
        },
    }


@dataclass(frozen=True, slots=True)
class Load:
    """Clients in a process of their own."""

    bodies: Sequence[dict[str, Any]]
    connections: int
    core: int

    def measure(self, target: Target, *, name: str, seconds: float) -> dict[str, Any]:
        """Keeps a target busy, and says what it answered and what that cost it. Any wrong answer ends the run."""
        orders = {
            "host": "127.0.0.1",
            "port": target.port,
            "path": target.path,
            "headers": target.headers,
            "bodies": self.bodies,
            "batch": target.batch,
            "connections": self.connections,
            "seconds": seconds,
            "name": name,
        }
        told, used = loaded("bench.load", orders, pid=target.pid, core=self.core)
        if told["wrong"] or not told["requests"] or not used:
            raise RuntimeError(f"{target.key}: {told}")
        return {
            "requests": told["requests"],
            "cpu_seconds": round(used, 2),
            "requests_per_second": round(told["requests"] / told["seconds"], 1),
            "requests_per_cpu_second": round(told["requests"] / used, 1),
            "texts_per_cpu_second": round(target.texts * told["requests"] / used, 1),
            "p50_ms": told["p50_ms"],
            "p99_ms": told["p99_ms"],
        }


def loaded(
    module: str, orders: dict[str, Any], *, pid: int, core: int, patience: float = PATIENCE
) -> tuple[dict[str, Any], float]:
    """What a load tells that a process of its own brought by these orders, and what that cost the server: its seconds.

    ``pid`` is the server, ``core`` is where the load runs. Raises ``TimeoutExpired`` once it takes ``patience`` longer.
    """
    before = cpu(pid)
    command = [sys.executable, "-m", module]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    os.sched_setaffinity(process.pid, {core})
    output, _ = process.communicate(orjson.dumps(orders), timeout=orders["seconds"] + patience)
    return orjson.loads(output), cpu(pid) - before


def cpu(pid: int) -> float:
    """Processor seconds that a process has used, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS


def resident(pid: int) -> float:
    """What a process holds in memory, in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 2**20


@contextmanager
def helper(module: str, core: int) -> Iterator[tuple[int, int]]:
    """A server that tells its port and runs until its standard input closes: its process and its port."""
    command = [sys.executable, "-m", module]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    os.sched_setaffinity(process.pid, {core})
    assert process.stdin is not None and process.stdout is not None
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(PATIENCE)
        process.stdout.close()


@contextmanager
def service(folder: Path, core: int, **more: str) -> Iterator[tuple[int, int, str]]:
    """The service as anybody would start it, on its own data directory, its log in a file; ``more`` settings by name.

    Gives its process, its port and a key's secret.
    """
    data = folder / "data"
    told = {"lexicons": str(folder / "lexicons"), "rate_limit": "1000000000", **more}
    environment = {**os.environ, **{f"QINGLIU_{name.upper()}": value for name, value in told.items()}}
    command = [sys.executable, "-m", "service"]
    made = subprocess.run(  # noqa: S603 - our own program
        [*command, "key", "create", "--data", str(data), "--json"], env=environment, check=True, capture_output=True
    )
    with (folder / "service.log").open("wb") as log:
        serve = [*command, "serve", "--data", str(data), "--port", "0"]
        process = subprocess.Popen(serve, env=environment, stderr=log)  # noqa: S603 - our own program
        os.sched_setaffinity(process.pid, {core})
        try:
            yield process.pid, _port(process, data, folder), orjson.loads(made.stdout)["secret"]
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _port(process: subprocess.Popen[bytes], data: Path, folder: Path) -> int:
    until = monotonic() + PATIENCE
    while monotonic() < until and process.poll() is None:
        found = running(data / "qingliu.pid")
        if found is not None and found.url:
            return int(found.url.rpartition(":")[2])
        sleep(0.1)
    raise RuntimeError((folder / "service.log").read_text(encoding="utf-8")[-2000:])
