"""Opens the text expert: its thread, and its second stage, which is loaded while the service works."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from moderation.types import Scene
from service.escalation import Escalation
from service.experts import Hearing
from service.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.ports import Expert, TextModel
    from service.settings import Settings
    from service.wiring_expert import Opens


@asynccontextmanager
async def open_hearing(
    settings: Settings, model: TextModel | None, opens: Opens | None
) -> AsyncIterator[Expert | None]:
    """The text expert at work, its second stage on the way; nothing where the house has none."""
    if model is None:
        yield None
        return
    deadlines = dict.fromkeys(Scene, settings.expert_deadline)
    deadlines[Scene.LIVE_CHAT] = settings.expert_deadline_live_chat
    first = Hearing(model, deadlines=deadlines, patience=settings.batch_deadline, queue_texts=settings.expert_queue)
    first.start()
    try:
        if opens is None:
            yield first
            return
        both = Escalation(first, queue_texts=settings.second_queue, budget=settings.second_budget)
        try:
            async with beside(second_stage=_join(both, opens, settings)):
                yield both
        finally:
            await both.close()
    finally:
        await first.close()


async def _join(hearing: Escalation, opens: Opens, settings: Settings) -> None:
    """Loads the second stage while the service works: imports alone take seconds."""
    log = structlog.get_logger()
    try:
        model = await asyncio.to_thread(opens.load)
    except Exception as error:  # noqa: BLE001 - the service works without it, and every verdict that lacks it says so
        hearing.absent = "refused"
        log.error("second stage refused", why=str(error))  # noqa: TRY400 - a reason, no trace
        return
    deadlines = dict.fromkeys(Scene, settings.second_deadline)
    hearing.join(
        Hearing(model, deadlines=deadlines, patience=settings.batch_deadline, queue_texts=settings.second_queue)
    )
    log.info("second stage ready", name=opens.name)
