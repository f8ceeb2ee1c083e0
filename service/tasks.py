"""What goes on beside all else: work that is done for ever, tasks that last as long as a block, work in threads."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from service.logs import where

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

Given = TypeVar("Given")


async def forever(
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
    """Runs these while it lasts, each as a task of its name; at the end they are cancelled and waited for.

    One that fails is logged as soon as it does; the others go on.
    """
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        structlog.get_logger().error("task failed", task=task.get_name(), **where(error))


async def to_end(work: Callable[..., Given], *given: object, called_off: Callable[[], object] = lambda: None) -> Given:
    """What ``work`` gives in a thread, for work that changes something.

    A thread cannot be cancelled: where its caller is, the work is ``called_off`` and waited for, so that nobody closes
    or begins anything beside it.
    """
    doing = asyncio.get_running_loop().run_in_executor(None, partial(work, *given))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        called_off()
        await asyncio.wait([doing])
        doing.exception()
        raise
