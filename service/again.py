"""What goes on beside all else: work that is done again and again for ever, and tasks that last as long as a block."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog

from service.logs import where

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine


async def again(
    work: Callable[[], Awaitable[object]],
    *,
    rest: float,
    failing: str,
    at_once: bool = False,
    called: asyncio.Event | None = None,
) -> None:
    """Does a work for ever after each ``rest`` (seconds); ``at_once`` also before the first one.

    When it raises, ``failing`` is logged, and it is done again all the same. A rest ends early once it is ``called``.
    """
    called = called or asyncio.Event()
    if not at_once:
        await asyncio.sleep(rest)
    while True:
        called.clear()
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a database that is busy now may not be so the next time
            structlog.get_logger().error(failing, **where(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(called.wait(), rest)


@asynccontextmanager
async def beside(**works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs these while it lasts, each as a task of its name; at the end they are cancelled and waited for."""
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
