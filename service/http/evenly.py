"""Answers on the beat: how long the work on an item took does not show in when its answer comes.

An ordinary decision has a notice, labels and a confirmed block to write that a golden copy has not: a few tenths of a
millisecond, which a patient client would see. So the answer waits for the next beat, and only its connection with it:
no other request, and not the ledger.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from service.review.checks import is_tested

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from service.http.serving import Asked

Given = TypeVar("Given")


async def evenly(asked: Asked, work: Coroutine[Any, Any, Given]) -> Given:
    """What ``work`` gives or raises, for whom golden items test at a multiple of ``even_answers`` seconds from now.

    To be called when all of the request was read: else its sender could choose how long before a beat the work begins.
    """
    beat = asked.serving.settings.even_answers
    if not beat or not is_tested(asked.who.rights):
        return await work
    return await on_the_beat(work, beat)


async def on_the_beat(work: Coroutine[Any, Any, Given], beat: float) -> Given:
    """What ``work`` gives or raises, at the first multiple of ``beat`` seconds at which it is known."""
    loop = asyncio.get_running_loop()
    working, ended, due = loop.create_task(work), list[float](), loop.time()
    working.add_done_callback(lambda _: ended.append(loop.time()))
    try:
        # Timers are coarse, and late where the work keeps the loop busy. Were one set when the work ends, or an answer
        # let go that ended after its beat was due, what it lacks or exceeds would tell of the work.
        while not ended or ended[0] > due:
            due += beat
            await asyncio.sleep(due - loop.time())
        return working.result()
    finally:
        working.cancel()
