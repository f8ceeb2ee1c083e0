"""What could be written instead, read by the text expert too: where it has doubts, the suggestion says so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from moderation.suggest import Suggestion, heard, reached, suggest
from service.sitting import to_hear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.engine import Case, Engine
    from moderation.types import Content
    from service.chamber import Does
    from service.ports import Expert


async def suggestions(
    engine: Engine,
    contents: Sequence[Content],
    hearing: Expert | None,
    does: Does = asyncio.to_thread,
) -> list[Suggestion]:
    """A suggestion for each content. Takes up to 25 examinations each: ``does`` has one after the other done."""
    worked_out = [await does(_worked_out, engine, content) for content in contents]
    found, cases = [one for one, _ in worked_out], [case for _, case in worked_out]
    answers = iter(to_hear([case for case in cases if case is not None], hearing))
    told = []
    for suggestion, case in zip(found, cases, strict=True):
        answer = next(answers) if case is not None else None
        told.append(suggestion if case is None or answer is None else heard(suggestion, case.conclude(await answer)))
    return told


def _worked_out(engine: Engine, content: Content) -> tuple[Suggestion, Case | None]:
    found = suggest(engine, content)
    text = reached(content, found)
    return found, None if text is None else engine.examine(text)
