"""The WebSocket of live rooms, subprotocol ``qingliu.chat.v1``: frames in, use-case called, frames out. No rule here.

A client has credits, and one that sends beyond them is closed; so is one that is silent, and one that may not be here
any more. docs/rooms.md has the protocol.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from service.http.answers import Answered as Told
from service.http.asking import read_query
from service.http.browser import check_socket
from service.http.frame import caller_of
from service.http.problems import Fault, Problem
from service.http.room_wire import StreamQuery, envelope, read_message, room_of
from service.http.routes import CALLED, route
from service.http.streaming import AT_ONCE, GRACE_SECONDS, Code, Stream, Waker
from service.http.wire import Malformed, read_json
from service.ledger import LedgerError
from service.live.rooms import Crowded, has_place
from service.logs import where
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.http.serving import Asked
    from service.live.talk import Message

PROTOCOL: Final = "qingliu.chat.v1"
LOOK_SECONDS: Final = 0.5
"""So often all streams are looked at: who was silent, who may not be here any more, who is owed credits."""
BUFFER: Final = 32 * 1024
"""Bytes on their way to one client, in the program and again in the system."""
FRAME: Final = 256 * 1024
"""Bytes of one frame of a client."""
_TYPES: Final = "'messages' or 'ping'"


class Hello(Told):
    """Nothing: the answer is 101 and a WebSocket."""


class _Socket(web.WebSocketResponse[Any]):
    """A WebSocket that tells of a frame that is too large: the library would close it without a word."""

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Closes it, unless the library does because of such a frame, which bears no message."""
        if code == WSCloseCode.MESSAGE_TOO_BIG and not message:
            return False
        return await super().close(code=code, message=message, drain=drain)


class Streams:
    """Keeps the streams of one process, so that they can be looked at and ended."""

    def __init__(self, *, most: int, silence: float) -> None:
        self.most, self._silence = most, silence
        self.streams: set[Stream] = set()
        self._taken = Counter[str]()
        """Places by tenant, those of streams that are not open yet among them."""
        self.waker = Waker()
        self.slow = 0
        """Clients that were closed because they read too slowly."""
        self.stopping = False
        """Whether the service stops: every answer is the last one of its connection."""

    @property
    def waiting(self) -> int:
        """Bytes that wait for clients."""
        return sum(stream.size for stream in self.streams)

    @contextmanager
    def place(self, tenant: str) -> Iterator[None]:
        """A tenant's place among the streams; take it before anything is waited for. Raises ``Problem``."""
        if not has_place(self.most, self._taken.total(), self._taken[tenant]):
            raise Problem("busy", headers={"Retry-After": "5"})
        self._taken[tenant] += 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]

    async def run(self) -> None:
        """Looks at all streams, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for place, stream in enumerate(list(self.streams)):
                if place % AT_ONCE == 0:
                    await asyncio.sleep(0)
                try:
                    await self._look(stream)
                except Exception as error:  # noqa: BLE001 - one stream's trouble is not the others'
                    structlog.get_logger().error("stream not looked at", **where(error))

    def end(self) -> None:
        """Ends all of them, because the service stops."""
        for stream in list(self.streams):
            stream.end(Code.AWAY)

    async def _look(self, stream: Stream) -> None:
        now = monotonic()
        stream.settle()
        service = stream.asked.serving.service
        caller = await caller_of(stream.asked.request, service.keys, service.sessions)
        if caller is None or Right.FOLLOW not in caller.rights:
            stream.end(Code.FORBIDDEN)
        elif stream.pinged > stream.seen:
            if now - stream.pinged > self._silence:
                stream.end(Code.SILENT)
        elif now - stream.seen > self._silence:
            stream.pinged = now
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await stream.socket.ping()


@route(
    "GET",
    "/v1/rooms/{room}/stream",
    policy=Right.FOLLOW,
    query=StreamQuery,
    gives=Hello,
    problems=("invalid-query", "not-found", "upgrade-required", "busy", *CALLED),
    upgrades=True,
    shows_texts=True,
)
async def stream(asked: Asked) -> web.WebSocketResponse[Any]:
    """Follow a live room, and bring messages, over a WebSocket (subprotocol qingliu.chat.v1)."""
    room, query = room_of(asked.found["room"]), read_query(asked, StreamQuery)
    streams, caller, whole = asked.serving.streams, asked.who, query.scope == "room"
    opened = _Socket(
        protocols=(PROTOCOL,),
        autoping=False,
        compress=False,
        max_msg_size=FRAME,
        writer_limit=BUFFER // 2,
        timeout=GRACE_SECONDS,
        decode_text=False,
    )
    # Asked for first: of a client that speaks another one the library would write to the log what it said.
    offered = {one.strip() for one in asked.request.headers.get("Sec-WebSocket-Protocol", "").split(",")}
    if PROTOCOL not in offered or not opened.can_prepare(asked.request).ok:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        raise Problem("upgrade-required", context={"protocol": PROTOCOL}, headers=headers)
    if caller.session:
        check_socket(asked.request)
    with streams.place(caller.tenant):
        if whole and caller.session:
            await asked.serving.looks.note(caller, f"{stream.method} {stream.path}", (room,))
        await opened.prepare(asked.request)
        _narrow(asked.request)
        settings = asked.serving.settings
        credits_, most = settings.live_credits, settings.live_buffer
        client = Stream(asked, room, opened, whole, credits_, most, streams.waker, monotonic())
        streams.streams.add(client)
        try:
            await _talk(client, query.after)
        finally:
            streams.streams.discard(client)
            if client.ending is Code.SLOW:
                streams.slow += 1
    return opened


ROUTES: Final = (stream,)


def _narrow(request: web.BaseRequest) -> None:
    """Keeps the system from buffering megabytes for a client that reads nothing."""
    transport = request.transport
    if transport is None:
        return
    transport.set_write_buffer_limits(high=BUFFER)
    if (opened := transport.get_extra_info("socket")) is not None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)


async def _talk(client: Stream, after: int | None) -> None:
    """Greets, then reads what comes until the client or the service ends it."""
    rooms, tenant = client.asked.serving.service.rooms, client.asked.who.tenant
    sender = asyncio.create_task(client.send(), name="stream")
    lane = None
    try:
        lane = await rooms.join(tenant, client.room, client, whole=client.whole)
        client.greet(lane, after)
        await _read(client)
    except (Crowded, LedgerError):
        client.end(Code.BUSY)
    except ConnectionError:
        pass
    except Exception as error:  # noqa: BLE001 - an answer by HTTP would be nothing that the client can read
        structlog.get_logger().error("stream failed", **where(error))
        client.end(Code.BUSY)
    finally:
        if lane is not None:
            rooms.leave(lane, client)
        await client.ended()
        sender.cancel()
        await asyncio.wait([sender])


async def _read(client: Stream) -> None:
    opened = client.socket
    while client.ending is None:
        frame = await opened.receive()
        client.seen = monotonic()
        kind = frame.type
        if kind is WSMsgType.TEXT:
            _take(client, frame.data)
        elif kind is WSMsgType.PING:
            await opened.pong(frame.data)
        elif kind is WSMsgType.BINARY:
            client.end(Code.MALFORMED)
        elif kind is WSMsgType.ERROR and _too_large(frame.data):
            client.end(Code.TOO_LARGE)
        elif kind is not WSMsgType.PONG:
            return


def _too_large(error: object) -> bool:
    return isinstance(error, WebSocketError) and error.code == WSCloseCode.MESSAGE_TOO_BIG


def _take(client: Stream, frame: bytes) -> None:
    """What a client says: messages, or a ping."""
    try:
        sent = read_json(frame)
        kind = _type_of(sent) if isinstance(sent, dict) else None
        if kind == "ping":
            client.say({"type": "pong", "id": sent.get("id")})
            return
        messages = envelope(sent)
    except Problem as problem:
        client.end(Code.MALFORMED, problem)
        return
    caller, room = client.asked.who, client.room
    if Right.MODERATE not in caller.rights:
        client.end(Code.FORBIDDEN)
        return
    client.credits -= len(messages)
    if client.credits < 0:
        client.end(Code.OVER_CREDIT)
        return
    now, read = datetime.now(UTC), []
    for index, one in enumerate(messages):
        message = read_message(one, tenant=caller.tenant, room=room, now=now)
        if isinstance(message, Malformed):
            client.reject(index, message)
        else:
            read.append(message)
    if read:
        _bring(client, read)


def _type_of(sent: dict[str, Any]) -> str:
    """Takes the type of a frame out of it. Raises ``Problem``."""
    kind = sent.pop("type", None)
    if kind in ("messages", "ping"):
        return str(kind)
    fault = Fault(("type",), "missing") if kind is None else Fault(("type",), "literal_error", {"expected": _TYPES})
    raise Problem("invalid-body", faults=[fault])


def _bring(client: Stream, read: list[Message]) -> None:
    try:
        client.asked.serving.service.rooms.bring(client.asked.who.tenant, client.room, read, client)
    except (Crowded, LedgerError) as error:
        for message in read:
            client.refuse(message.id, "busy" if isinstance(error, Crowded) else "unavailable")
