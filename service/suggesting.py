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
    from service.escalation import Escalation
    from service.experts import Hearing


async def suggestions(
    engine: Engine, contents: Sequence[Content], hearing: Hearing | Escalation | None
) -> list[Suggestion]:
    """A suggestion for each content. Takes up to 25 examinations each, so they are worked out in a thread."""
    found, cases = await asyncio.to_thread(_worked_out, engine, contents)
    answers = iter(to_hear([case for case in cases if case is not None], hearing))
    told = []
    for suggestion, case in zip(found, cases, strict=True):
        answer = next(answers) if case is not None else None
        told.append(suggestion if case is None or answer is None else heard(suggestion, case.conclude(await answer)))
    return told


def _worked_out(engine: Engine, contents: Sequence[Content]) -> tuple[list[Suggestion], list[Case | None]]:
    found = [suggest(engine, content) for content in contents]
    texts = [reached(content, one) for content, one in zip(contents, found, strict=True)]
    return found, [None if text is None else engine.examine(text) for text in texts]
