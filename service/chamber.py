"""Where contents are judged: in the event loop, or in a thread where they are long or costly. Tenants take turns.

Judging is Python: more threads would judge no more of it, and only take the event loop's turns away.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar
from weakref import WeakValueDictionary

from service.floor import Floor
from service.sitting import is_long, some, together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from moderation.engine import Case
    from moderation.types import Content
    from service.rules import Engines

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
    """Keeps the thread, the floor, and how long contents take. A tenant has one piece of work in each at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chamber")
        self._floor = Floor()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._mean: dict[str, float] = {}

    def close(self) -> None:
        """Lets the thread go; what it has not begun is not done, what it judges just now changes nothing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

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
        done, seconds = await self._placed(tenant, company, work, company)
        self.took(tenant, seconds / (len(company) or 1))
        return done

    async def cases(self, tenant: str, engines: Engines, company: Sequence[Content]) -> list[Case]:
        """The cases of a company, read together, and then judged for a slice of time at a turn."""
        found: list[Case] = []
        left = together(engines, company, [tenant] * len(company))
        while len(found) < len(company):
            done, seconds = await self._placed(tenant, company, some, left)
            self.took(tenant, seconds / len(done))
            found += [case for case, _ in done]
        return found

    async def does(self, tenant: str, work: Callable[..., Given], /, *given: object) -> Given:
        """What ``work`` gives or raises in the thread. What is not begun when its caller leaves is not done."""
        done, _ = await self._beside(tenant, work, *given)
        return done

    async def _placed(
        self, tenant: str, company: Sequence[Content], work: Callable[..., Given], *given: object
    ) -> tuple[Given, float]:
        if self.is_heavy(tenant) or any(map(is_long, company)):
            return await self._beside(tenant, work, *given)
        await self._floor.given(tenant)
        return _timed(work, *given)

    async def _beside(self, tenant: str, work: Callable[..., Given], *given: object) -> tuple[Given, float]:
        async with self._turns.setdefault(tenant, asyncio.Lock()):
            return await asyncio.get_running_loop().run_in_executor(self._thread, _timed, work, *given)


def _timed(work: Callable[..., Given], *given: object) -> tuple[Given, float]:
    began = thread_time()
    return work(*given), thread_time() - began
