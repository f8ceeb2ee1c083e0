"""The load: ``python -m bench.load`` keeps a number of connections busy for some seconds and prints what came back.

A process of its own, with a client that does as little as possible, so that the server is what is measured. It reads
its orders as one JSON object from standard input: ``host port path headers bodies batch connections seconds name``.
Each body is sent with a content id of its own; a batch takes its bodies in turn. ``paths``, if there are any, are got.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OK: Final = b"HTTP/1.1 200 "


@dataclass(slots=True)
class Count:
    """What came back. ``wrong`` keeps the first answers that were none."""

    answered: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def requests(orders: dict[str, Any]) -> Iterator[bytes]:
    """Whole requests, without end, no content id twice."""
    if paths := orders.get("paths"):
        yield from _gets(orders, paths)
    number = count()
    bodies = cycle([orjson.dumps(body)[1:] for body in orders["bodies"]])
    head = f"POST {orders['path']} HTTP/1.1\r\nHost: {orders['host']}:{orders['port']}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in orders["headers"].items())
    size, name = orders["batch"], orders["name"].encode()
    while True:
        taken = islice(bodies, size or 1)
        items = [b'{"content_id":"%s-%08d",%s' % (name, next(number), body) for body in taken]
        body = b'{"items":[%s]}' % b",".join(items) if size else items[0]
        yield head.encode() + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def _gets(orders: dict[str, Any], paths: list[str]) -> Iterator[bytes]:
    """The same paths again and again."""
    head = f" HTTP/1.1\r\nHost: {orders['host']}:{orders['port']}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in orders["headers"].items()) + "\r\n"
    for path in cycle(paths):
        yield f"GET {path}{head}".encode()


class Connection(asyncio.Protocol):
    """One connection: a request, its whole answer, the next request."""

    def __init__(self, source: Iterator[bytes], counted: Count, deadline: float) -> None:
        self._source, self._counted, self._deadline = source, counted, deadline
        self._buffer = b""
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count a whole answer and send the next request."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None:
            self._counted.wrong.append(self._buffer[:200].decode(errors="replace"))
            self._transport.close()
        elif len(self._buffer) >= end + 4 + int(length[1]):
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server must not be the one who closes."""
        if not self.done.done():
            self._counted.wrong.append(f"connection lost: {exc}")
            self.done.set_result(None)

    def _answered(self) -> None:
        now = perf_counter()
        if not self._buffer.startswith(_OK) or b'"error":{' in self._buffer:
            self._counted.wrong.append(self._buffer[:400].decode(errors="replace"))
        self._counted.answered += 1
        self._counted.seconds.append(now - self._sent)
        self._buffer = b""
        if now < self._deadline:
            self._next()
        else:
            self.done.set_result(None)
            self._transport.close()

    def _next(self) -> None:
        self._sent = perf_counter()
        self._transport.write(next(self._source))


async def run(orders: dict[str, Any]) -> dict[str, Any]:
    """Sends until the time is up; every request that was begun is finished."""
    counted, source, loop = Count(), requests(orders), asyncio.get_running_loop()
    started = perf_counter()
    deadline = started + orders["seconds"]
    opened = [
        loop.create_connection(lambda: Connection(source, counted, deadline), orders["host"], orders["port"])
        for _ in range(orders["connections"])
    ]
    connections = [protocol for _, protocol in await asyncio.gather(*opened)]
    await asyncio.gather(*(connection.done for connection in connections))
    waits = sorted(counted.seconds)
    return {
        "requests": counted.answered,
        "seconds": perf_counter() - started,
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2) if waits else None,
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1000, 2) if waits else None,
        "wrong": len(counted.wrong),
        "first_wrong": counted.wrong[:1],
    }


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(uvloop.run(run(orjson.loads(sys.stdin.buffer.read())))).decode())
