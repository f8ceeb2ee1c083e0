"""A thread for what would hold the event loop: long and costly texts are judged there, and tenants take turns.

Judging is Python: more threads would judge no more of it, and only take the event loop's turns away.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Given = TypeVar("Given")


class Does(Protocol):
    """Has some work done beside the event loop, and gives what it gives."""

    def __call__(self, work: Callable[..., Given], /, *given: Any) -> Awaitable[Given]:
        """See the class."""


HEAVY_SECONDS: Final = 0.01
"""Whose work held the event loop so long has it done in the thread from then on."""
REST_SECONDS: Final = 10.0
"""So long, counted from the last such work."""


class Chamber:
    """Keeps the thread, whose turn it is, and whose work was heavy. A tenant has one piece of work in it at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chamber")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._heavy: dict[str, float] = {}

    def is_heavy(self, tenant: str) -> bool:
        """Whether work for a tenant was heavy lately."""
        return bool(self._heavy) and monotonic() < self._heavy.get(tenant, 0.0)

    def took(self, tenant: str, seconds: float) -> None:
        """Hears how much of a processor's time some work for a tenant took."""
        if seconds > HEAVY_SECONDS:
            self._heavy[tenant] = monotonic() + REST_SECONDS

    async def judged(self, tenant: str, work: Callable[..., Given], *given: object, long: bool) -> Given:
        """What ``work`` gives or raises: here and now, or from the thread, where it is long or was heavy lately."""
        if long or self.is_heavy(tenant):
            return await self.does(tenant, work, *given)
        done, seconds = _timed(work, *given)
        self.took(tenant, seconds)
        return done

    async def does(self, tenant: str, work: Callable[..., Given], /, *given: object) -> Given:
        """What ``work`` gives or raises in the thread. What is not begun when its caller leaves is not done."""
        turn = self._turns.setdefault(tenant, asyncio.Lock())
        async with turn:
            done, seconds = await asyncio.get_running_loop().run_in_executor(self._thread, _timed, work, *given)
        self.took(tenant, seconds)
        return done


def _timed(work: Callable[..., Given], *given: object) -> tuple[Given, float]:
    began = thread_time()
    return work(*given), thread_time() - began
