"""Turns, so that one tenant's rush is nobody else's wait: who comes with much waits for its own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from time import perf_counter
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

Given = TypeVar("Given")

HELD_SECONDS: Final = 0.002
"""So long one piece of work may keep the event loop before others get a turn."""


class Breath:
    """Counts how long work of many steps has held the event loop, and gives others their turn."""

    __slots__ = ("_began", "_rest")

    def __init__(self, *, rest: float = 0.0) -> None:
        self._began, self._rest = perf_counter(), rest

    async def taken(self) -> None:
        """To be awaited between steps: if it is time, leaves the event loop to others, for ``rest`` seconds or more."""
        if perf_counter() - self._began > HELD_SECONDS:
            await asyncio.sleep(self._rest)
            self._began = perf_counter()


class FairQueue(Generic[Given]):
    """What waits, by tenant, the one whose turn it is first."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Given]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, tenant: Hashable, given: Given) -> None:
        """Adds what a tenant brings behind what it brought before."""
        self._waiting.setdefault(tenant, deque()).append(given)

    def take(self) -> Given:
        """What comes next; its tenant has its next turn after all others."""
        tenant, queue = self._waiting.popitem(last=False)
        given = queue.popleft()
        if queue:
            self._waiting[tenant] = queue
        return given


class Floor:
    """Gives one piece of long work a turn of the event loop; whoever does not do long work never waits for it."""

    def __init__(self) -> None:
        self._turns = FairQueue[asyncio.Future[None]]()

    async def given(self, tenant: str) -> None:
        """Returns when it is this tenant's turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        if not self._turns:
            loop.call_soon(self._give)
        self._turns.put(tenant, turn)
        await turn

    def _give(self) -> None:
        while self._turns:
            turn = self._turns.take()
            if not turn.done():  # else its client left
                turn.set_result(None)
                break
        if self._turns:
            asyncio.get_running_loop().call_soon(self._give)
