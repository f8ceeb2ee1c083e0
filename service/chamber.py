"""A thread for what would hold the event loop: long and costly texts are judged there, and tenants take turns.

Judging is Python: more threads would judge no more of it, and only take the event loop's turns away.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakValueDictionary

from service.sitting import is_long

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from moderation.types import Content

Given = TypeVar("Given")


class Does(Protocol):
    """Has some work done beside the event loop, and gives what it gives."""

    def __call__(self, work: Callable[..., Given], /, *given: Any) -> Awaitable[Given]:
        """See the class."""


HEAVY_SECONDS: Final = 0.01
"""Whose contents take so long in the mean has them judged in the thread."""
NEWEST: Final = 0.2
"""The weight of the newest one in that mean: one pause of the interpreter makes nobody heavy."""


class Chamber:
    """Keeps the thread and how long contents take. A tenant has one piece of work in the thread at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chamber")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._mean: dict[str, float] = {}

    def is_heavy(self, tenant: str) -> bool:
        """Whether a tenant's latest contents took long."""
        return self._mean.get(tenant, 0.0) > HEAVY_SECONDS

    def took(self, tenant: str, seconds: float) -> None:
        """Hears how much of a processor's time one content of a tenant took."""
        mean = self._mean.get(tenant, 0.0)
        self._mean[tenant] = mean + NEWEST * (seconds - mean)

    async def judged(
        self, tenant: str, work: Callable[[Sequence[Content]], Given], company: Sequence[Content]
    ) -> Given:
        """What ``work`` on a company gives or raises: from the thread, where one is long or the tenant heavy."""
        beside = self.is_heavy(tenant) or any(map(is_long, company))
        done, seconds = await self._beside(tenant, work, company) if beside else _timed(work, company)
        self.took(tenant, seconds / (len(company) or 1))
        return done

    async def does(self, tenant: str, work: Callable[..., Given], /, *given: object) -> Given:
        """What ``work`` gives or raises in the thread. What is not begun when its caller leaves is not done."""
        done, _ = await self._beside(tenant, work, *given)
        return done

    async def _beside(self, tenant: str, work: Callable[..., Given], *given: object) -> tuple[Given, float]:
        async with self._turns.setdefault(tenant, asyncio.Lock()):
            return await asyncio.get_running_loop().run_in_executor(self._thread, _timed, work, *given)


def _timed(work: Callable[..., Given], *given: object) -> tuple[Given, float]:
    began = thread_time()
    return work(*given), thread_time() - began
