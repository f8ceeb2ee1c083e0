"""Search: contents that hold a text, newest first, whatever its letters look like. Bounded, and goes on by a cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from service.review.seeing import sought
from service.review.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.text.fold import Folding
    from service.keys import Caller
    from service.moderate import Decided, Moderation
    from service.review.seeing import Excerpt
    from service.store.desk_reads import DeskReads, Kept

MOST_LOOKED_AT: Final = 2000
"""So many contents one request looks at: it stays short, and whoever asks goes on."""
CHUNK: Final = 1000


class Sought(NamedTuple):
    """What to look for: a text, folded, in contents that came from ``since`` to before ``until`` (stamps, or empty)."""

    plain: str
    since: str = ""
    until: str = ""


class Hit(NamedTuple):
    """A version that holds the text, where it does, and the newest decision on it."""

    kept: Kept
    excerpts: list[Excerpt]
    decided: Decided


class Found(NamedTuple):
    """What a search found, newest first; ``next`` is the number to go on under, ``None`` when all was looked at."""

    hits: list[Hit]
    next: int | None
    looked_at: int
    reached: str
    """When the oldest content of the tenant came that was looked at; empty where there was none."""


class Search:
    """Keeps its ways to the database."""

    def __init__(self, moderation: Moderation, reads: DeskReads) -> None:
        self._moderation, self._reads = moderation, reads

    async def find(self, caller: Caller, what: Sought, folding: Folding, *, below: int | None, limit: int) -> Found:
        """Up to ``limit`` versions of the caller's tenant with the text, among those with numbers under ``below``."""
        reads = self._reads
        first = await reads.content_at(what.since) if what.since else 1
        top = await reads.content_at(what.until) if what.until else await reads.last_content() + 1
        start = low = min(top, below) if below is not None else top
        end = max(first, start - MOST_LOOKED_AT)
        found: list[tuple[Kept, list[Excerpt]]] = []
        reached = ""
        while low > end and len(found) < limit:
            high, low = low, max(end, low - CHUNK)
            kept = await reads.contents_back(caller.tenant, high, low)
            found += await asyncio.to_thread(_matching, kept, what.plain, folding)
            reached = kept[-1].received_at if kept else reached
        if len(found) > limit:
            found = found[:limit]
            low, reached = found[-1][0].number, found[-1][0].received_at
        hits = await self._decided(caller, found)
        return Found(hits, low if low > first else None, start - low, reached)

    async def _decided(self, caller: Caller, found: Sequence[tuple[Kept, list[Excerpt]]]) -> list[Hit]:
        newest = await self._reads.newest_on([kept.number for kept, _ in found])
        veil = Veil(caller, self._reads, self._moderation)
        doubles = await veil.doubles(kept.content_id for kept, _ in found)
        shown = [(kept, excerpts) for kept, excerpts in found if kept.content_id not in doubles]
        decided = await self._moderation.decisions(caller, [newest[kept.number] for kept, _ in shown])
        decided = await veil.newest(decided)
        return [Hit(kept, excerpts, one) for (kept, excerpts), one in zip(shown, decided, strict=True)]


def _matching(kept: Sequence[Kept], plain: str, folding: Folding) -> list[tuple[Kept, list[Excerpt]]]:
    return [(one, excerpts) for one in kept if (excerpts := sought(one.body, plain, folding))]
