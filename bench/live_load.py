"""The load of streams: ``python -m bench.live_load`` brings messages over WebSockets and prints what came back.

A process of its own, with a client that does as little as possible, so that the server is what is measured. It reads
its orders as one JSON object from standard input: ``port path headers lines connections depth seconds name rate echo``.
Each connection has a room of its own where ``path`` names one, and ``depth`` messages under way, one a frame, until the
time is up or ``each`` were said. With a ``rate`` (messages per second of all together) messages are sent by the clock
instead, and times count from when each was due.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOL: Final = "qingliu.chat.v1"
TICK: Final = 0.002
_ANSWERED: Final = (b'"kind":"verdict"', b'"kind":"refused"')
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_SHORT, _LONG = 126, 65536
_HEAD: Final = 2


def frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """A client's frame. Its mask is zero, so that masking costs nothing here."""
    size = len(payload)
    if size < _SHORT:
        head = bytes([0x80 | opcode, 0x80 | size])
    elif size < _LONG:
        head = bytes([0x80 | opcode, 0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | opcode, 0x80 | 127]) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


def frames(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Whole frames of a server at the head of a buffer, which they leave."""
    place = 0
    while len(buffer) - place >= _HEAD:
        size, start = buffer[place + 1] & 0x7F, place + 2
        if size >= _SHORT:
            width = 2 if size == _SHORT else 8
            if len(buffer) < start + width:
                break
            size = int.from_bytes(buffer[start : start + width], "big")
            start += width
        if len(buffer) < start + size:
            break
        yield buffer[place] & 0xF, bytes(buffer[start : start + size])
        place = start + size
    del buffer[:place]


class Client(asyncio.Protocol):
    """One connection: greets, then keeps so many messages under way."""

    def __init__(self, orders: dict[str, Any], number: int) -> None:
        self._orders, self._number = orders, number
        self._lines, self._sent = orders["rooms"][number % len(orders["rooms"])], 0
        self._most = orders.get("each") or sys.maxsize
        self._buffer = bytearray()
        self._due: deque[float] = deque()
        self.answered = 0
        self.waits: list[float] = []
        self.wrong: list[str] = []
        self.deadline = float("inf")
        loop = asyncio.get_running_loop()
        self.opened, self.done = loop.create_future(), loop.create_future()
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the WebSocket."""
        self._transport = cast(asyncio.Transport, transport)
        orders = self._orders
        room = orders["path"].format(room=self._number)
        told = {
            "Host": f"127.0.0.1:{orders['port']}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": PROTOCOL,
            **orders["headers"],
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._transport.write(f"GET {room} HTTP/1.1\r\n{head}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Takes whole frames; every answer is followed by the next message."""
        self._buffer += data
        if not self._open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self._fail(bytes(self._buffer[:200]).decode(errors="replace"))
                return
            del self._buffer[: end + 4]
            self._open = True
            self.opened.set_result(None)
        for opcode, payload in frames(self._buffer):
            if opcode == _TEXT:
                self._take(payload)
            elif opcode == _PING:
                self._transport.write(frame(payload, _PONG))
            elif opcode == _CLOSE:
                self._fail(f"closed: {payload!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The server must not be the one who closes."""
        if not self.done.done():
            self._fail(f"connection lost: {exc}")

    def begin(self, deadline: float) -> None:
        """Sends the first messages, where no clock does."""
        self.deadline = deadline
        if not self._orders["rate"]:
            self._say(self._orders["depth"])

    def say_by_the_clock(self, due: float) -> None:
        """Sends a message that was due."""
        self._due.append(due)
        self._transport.write(self._frame())

    def finish(self) -> None:
        """Nothing more is sent; what is under way is waited for."""
        self.deadline = 0.0
        self._end()

    def _take(self, payload: bytes) -> None:
        if self._orders["echo"]:
            count = 1
        else:
            count = payload.count(_ANSWERED[0])
            if payload.count(_ANSWERED[1]) or b'"type":"bye"' in payload:
                self._fail(payload[:400].decode(errors="replace"))
        if not count:
            return
        now = perf_counter()
        for _ in range(min(count, len(self._due))):
            self.waits.append(now - self._due.popleft())
        self.answered += count
        if self._orders["rate"]:
            self._end()
        elif (now < self.deadline or "each" in self._orders) and self._sent < self._most:
            self._say(count)
        else:
            self._end()

    def _say(self, count: int) -> None:
        count = min(count, self._most - self._sent)
        self._due.extend([perf_counter()] * count)
        self._transport.write(b"".join([self._frame() for _ in range(count)]))

    def _frame(self) -> bytes:
        """The next message of the room; after the last one the first again, on the next day."""
        number = self._sent
        self._sent += 1
        day, place = divmod(number, len(self._lines))
        line = self._lines[place]
        message = {"id": f"{self._orders['name']}-{self._number}-{number}", **line}
        if day:
            message["at"] = line["at"].replace("-26T", f"-{26 + day}T", 1)
        return frame(orjson.dumps({"type": "messages", "messages": [message]}))

    def _end(self) -> None:
        if perf_counter() >= self.deadline and not self._due and not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, why: str) -> None:
        self.wrong.append(why)
        for waiting in (self.opened, self.done):
            if not waiting.done():
                waiting.set_result(None)


async def run(orders: dict[str, Any]) -> dict[str, Any]:
    """Brings messages until the time is up; what was begun is finished."""
    loop = asyncio.get_running_loop()
    opened = [
        loop.create_connection(partial(Client, orders, number), "127.0.0.1", orders["port"])
        for number in range(orders["connections"])
    ]
    clients = [client for _, client in await asyncio.gather(*opened)]
    await asyncio.gather(*(client.opened for client in clients))
    started = perf_counter()
    deadline = started + orders["seconds"]
    for client in clients:
        client.begin(deadline)
    if orders["rate"]:
        await _by_the_clock(clients, orders["rate"], started, deadline)
    await asyncio.gather(*(client.done for client in clients))
    waits = sorted(wait for client in clients for wait in client.waits)
    wrong = [one for client in clients for one in client.wrong]
    return {
        "messages": sum(client.answered for client in clients),
        "seconds": perf_counter() - started,
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2) if waits else None,
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1000, 2) if waits else None,
        "wrong": len(wrong),
        "first_wrong": wrong[:1],
    }


async def _by_the_clock(clients: list[Client], rate: float, started: float, deadline: float) -> None:
    sent = 0
    while (now := perf_counter()) < deadline:
        while (due := started + sent / rate) <= now:
            clients[sent % len(clients)].say_by_the_clock(due)
            sent += 1
        await asyncio.sleep(TICK)
    for client in clients:
        client.finish()


if __name__ == "__main__":
    _orders = orjson.loads(sys.stdin.buffer.read())
    _orders["rooms"] = orjson.loads(Path(_orders["lines"]).read_bytes())
    sys.stdout.write(orjson.dumps(uvloop.run(run(_orders))).decode())
