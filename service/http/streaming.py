"""One client of a live room's stream, and what waits for it. Bounded: who reads too slowly is told and closed.

Frames are made when something is heard and sent by a task of the client's own, several items in one frame where several
wait. docs/rooms.md has the protocol.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from struct import pack
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
from aiohttp import WSMsgType

from service.http import html
from service.http.room_answers import (
    invalid_told,
    item_told,
    outcome_told,
    refused_told,
    risk_told,
    verdict_told,
    verdicts_told,
)
from service.live.talk import Answered
from service.logs import where
from service.review.veil import heard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

    from moderation.ruleset import Ruleset
    from service.http.problems import Problem
    from service.http.serving import Asked
    from service.http.wire import Malformed
    from service.live.lane import Lane
    from service.live.talk import News, Outcome
    from service.rights import Right

GRACE_SECONDS: Final = 5.0
"""So long a client that is closed may take to read that it is."""
PATIENCE_SECONDS: Final = 2.0
"""So long may a client take over one frame while more waits than may: answers to all its credits come in one burst."""
BURST: Final = 8
"""So many times what may wait is where patience ends."""
PAUSE: Final = 0.25
PAGE: Final = 200
"""So much is read from the store at a time for a client that resumes."""
AT_ONCE: Final = 8
"""So many clients are told, or looked at, before the loop hears of others again."""


class Code(IntEnum):
    """Why a stream was closed: WebSocket codes, from 4000 on our own."""

    AWAY = 1001
    TOO_LARGE = 1009
    BUSY = 1013
    MALFORMED = 4400
    FORBIDDEN = 4403
    SILENT = 4408
    SLOW = 4413
    OVER_CREDIT = 4429

    @property
    def word(self) -> str:
        """The code as ``bye`` tells it."""
        return self.name.lower()


class Waker:
    """Wakes sleepers, few at a pass of the loop: what a full room hears keeps nobody else's messages waiting."""

    def __init__(self) -> None:
        self._asleep: deque[asyncio.Event] = deque()

    def wake(self, sleeper: asyncio.Event) -> None:
        """Wakes one soon, after those that came before."""
        self._asleep.append(sleeper)
        if len(self._asleep) == 1:
            asyncio.get_running_loop().call_soon(self._wake_some)

    def _wake_some(self) -> None:
        for _ in range(min(AT_ONCE, len(self._asleep))):
            self._asleep.popleft().set()
        if self._asleep:
            asyncio.get_running_loop().call_soon(self._wake_some)


@dataclass(slots=True, eq=False)
class Stream:
    """One client on one room. ``whole``: it hears of everybody's messages. ``most`` bytes may wait for it."""

    asked: Asked
    room: str
    socket: web.WebSocketResponse[Any]
    whole: bool
    credits: int
    most: int
    waker: Waker
    seen: float
    """When something came from it."""
    pinged: float = 0.0
    size: int = 0
    """Bytes that wait."""
    ending: Code | None = None
    _cursor: int = 0
    """The last number that the store gave, or that was there when it came: it hears of later ones alone."""
    _replaying: bool = False
    _lost: bool = False
    """Whether something that waits for the end of the replay was let go: the store has it."""
    _blocked: float = 0.0
    """Since when it has not taken the frame that was sent last, 0 where it has: only then may too much wait for it."""
    _items: list[tuple[bytes, int]] = field(default_factory=list)
    _more: list[bytes] = field(default_factory=list)
    _granted: int = 0
    _owed: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Task[None] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """What the client may do."""
        return self.asked.who.rights

    @property
    def _ruleset(self) -> Ruleset:
        """What names the categories of events."""
        return self.asked.serving.service.rules.engine.ruleset

    def greet(self, lane: Lane, after: int | None) -> None:
        """Tells how the room stands. What came after ``after`` is sent first; without it, what comes from now on.

        A number that the room has not reached (it was restored since) counts as its last one.
        """
        self._cursor = lane.last if after is None else min(after, lane.last)
        self._replaying = after is not None
        if not self._replaying:
            self._keep_newer()
        self.say(
            {"type": "hello", "room": self.room, "seq": lane.last, "credits": self.credits, **risk_told(lane.risk)}
        )

    def hear(self, own: Sequence[Outcome], news: News | None) -> None:
        """See ``talk.Ear``: what there is to tell waits for the client; one that lets too much wait is closed."""
        lang = self.asked.lang
        if self.whole and news is not None:
            for one, told in zip(news.answers, verdicts_told(news, lang), strict=True):
                self._put(told, one.number)
        for mine in own:
            if not isinstance(mine, Answered) or mine.again:
                self._put(outcome_told(mine, lang))
            elif not self.whole:
                self._put(verdict_told(mine, lang), mine.number)
        if news is not None:
            for event in heard(news.events, self.rights):
                self._put(item_told(event, lang, self._ruleset), event.number)
        if own:
            self.grant(len(own))
        else:
            self.waker.wake(self._wake)

    def grant(self, number: int) -> None:
        """Gives credits back, unless too much is under way: then they are owed."""
        if self.asked.serving.service.rooms.full_of(self.asked.who.tenant):
            self._owed += number
        else:
            self._granted += number
            self.credits += number
        self._wake.set()

    def settle(self) -> None:
        """Gives what is owed, if it can be given now."""
        owed, self._owed = self._owed, 0
        if owed:
            self.grant(owed)

    def refuse(self, name: str, why: str) -> None:
        """Answers a message that is not judged, and gives its credit back."""
        self._put(refused_told(name, why, self.asked.lang))
        self.grant(1)

    def reject(self, index: int, sent: Malformed) -> None:
        """Answers a message that cannot be read, and gives its credit back."""
        self._put(invalid_told(index, sent, self.asked.lang))
        self.grant(1)

    def say(self, frame: Mapping[str, Any]) -> None:
        """Sends a frame of another type."""
        if self.ending is not None:
            return
        told = orjson.dumps(frame)
        self._more.append(told)
        self._grow(len(told))
        self._wake.set()

    def end(self, code: Code, problem: Problem | None = None) -> None:
        """Tells the client why, and closes."""
        if self.ending is None:
            self.ending = code
            self._items.clear()
            self._more.clear()
            self.size = 0
            self._wake.set()
            detail = html.say(self.asked.lang, f"bye.{code.word}")
            bye = {"type": "bye", "code": int(code), "why": code.word, "detail": detail}
            if problem is not None:
                bye["problem"] = problem.told(self.asked.lang)
            self._closing = asyncio.get_running_loop().create_task(self._close(code, bye))

    async def send(self) -> None:
        """Sends what there is to send, until the stream ends."""
        try:
            await self._send()
        except ConnectionError:
            return
        except Exception as error:  # noqa: BLE001 - a client is told that it may come again, whatever it is
            structlog.get_logger().error("stream failed", **where(error))
            self.end(Code.BUSY)

    async def ended(self) -> None:
        """Returns once the client was told, or could not be told any more."""
        if self._closing is not None:
            await asyncio.wait([self._closing])

    async def _send(self) -> None:
        while self.ending is None:
            await self._wake.wait()
            self._wake.clear()
            more, self._more = self._more, []
            self.size -= sum(map(len, more))
            for frame in more:
                await self._frame(frame)
            if self._replaying:
                await self._replay()
            if self.ending is None and (self._items or self._granted):
                items, self._items = self._items, []
                self._measure()
                granted, self._granted = self._granted, 0
                await self._frame(_told([item for item, _ in items], granted))

    async def _replay(self) -> None:
        """Sends what happened after the cursor, from the store; then what came meanwhile can be sent."""
        rooms, caller, lang = self.asked.serving.service.rooms, self.asked.who, self.asked.lang
        while self.ending is None:
            self._lost = False
            items = await rooms.after(caller.tenant, self.room, self._cursor, limit=PAGE)
            if items:
                self._cursor = items[-1].number
                shown = heard(items, caller.rights)
                await self._frame(_told([item_told(item, lang, self._ruleset) for item in shown], 0))
            elif not self._lost:
                break
        self._replaying = False
        self._keep_newer()

    def _put(self, item: bytes, number: int = 0) -> None:
        """Has something wait; ``number`` is its place in the room, where it has one."""
        if self.ending is not None or 0 < number <= self._cursor:
            return
        self._items.append((item, number))
        self._grow(len(item))

    def _grow(self, size: int) -> None:
        """So many bytes more wait; where they are too many, what the store has is let go, or the client is."""
        self.size += size
        if self.size <= self.most:
            return
        if self._replaying:
            self._lost = True
            self._items = [one for one in self._items if not one[1]]
            self._measure()
        waited = monotonic() - self._blocked if self._blocked else 0.0
        if self.size > self.most and (waited > PATIENCE_SECONDS or (waited and self.size > BURST * self.most)):
            self.end(Code.SLOW)

    def _keep_newer(self) -> None:
        self._items = [one for one in self._items if not one[1] or one[1] > self._cursor]
        self._measure()

    def _measure(self) -> None:
        self.size = sum([len(one) for one, _ in self._items]) + sum(map(len, self._more))

    async def _frame(self, frame: bytes) -> None:
        self._blocked = monotonic()
        await self.socket.send_frame(frame, WSMsgType.TEXT)
        self._blocked = 0.0

    async def _close(self, code: Code, bye: Mapping[str, Any]) -> None:
        transport = self.asked.request.transport
        with suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(GRACE_SECONDS / 10):
                await self._frame(orjson.dumps(bye))
                if code is Code.TOO_LARGE:
                    await self.socket.send_frame(pack("!H", code) + code.word.encode(), WSMsgType.CLOSE)
        if code is Code.TOO_LARGE and transport is not None:
            await _read_out(transport)
        with suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self.socket.close(code=code, message=code.word.encode(), drain=False)
        if transport is not None:
            await _flushed(transport)


async def _read_out(transport: asyncio.Transport) -> None:
    """Lets a client send the rest of its frame: who closes before cuts off what it was told."""
    loop = asyncio.get_running_loop()
    until = loop.time() + GRACE_SECONDS
    while not transport.is_closing() and loop.time() < until:  # noqa: ASYNC110 - once a stream
        await asyncio.sleep(PAUSE)


async def _flushed(transport: asyncio.Transport) -> None:
    """Gives a client that is closed its time to read what it is told; then nothing of it is kept any more."""
    loop = asyncio.get_running_loop()
    until = loop.time() + GRACE_SECONDS
    while transport.get_write_buffer_size() and loop.time() < until:  # noqa: ASYNC110 - once a stream
        await asyncio.sleep(PAUSE)
    if transport.get_write_buffer_size():
        transport.abort()


def _told(items: Sequence[bytes], granted: int) -> bytes:
    return b'{"type":"items","credits":%d,"items":[%s]}' % (granted, b",".join(items))
