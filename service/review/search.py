"""Search: contents that hold a text, newest first, whatever its letters look like. Bounded, and goes on by a cursor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from service.review.seeing import sought
from service.review.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.text.fold import Folding
    from moderation.types import Scene
    from service.keys import Caller
    from service.moderate import Decided, Moderation
    from service.review.seeing import Excerpt
    from service.store.desk_reads import DeskReads, Kept

MOST_LOOKED_AT: Final = 2000
"""So many contents one request looks at: it stays short, and whoever asks goes on."""
CHUNK: Final = 1000


class Sought(NamedTuple):
    """What to look for: a text, folded, in contents that came from ``since`` to before ``until`` (stamps, or empty).

    What is ``None`` may be any.
    """

    plain: str
    since: str = ""
    until: str = ""
    scene: Scene | None = None
    category: str | None = None
    action: str | None = None
    author: str | None = None

    def takes(self, decided: Decided) -> bool:
        """Whether a version is asked for, by the newest decision on it as the caller may see it."""
        content, verdict = decided.content, decided.verdict
        return (
            self.scene in {None, content.scene}
            and self.author in {None, content.author.id}
            and self.action in {None, verdict.action.code}
            and (self.category is None or self.category in verdict.categories)
        )


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
        hits: list[Hit] = []
        reached = ""
        while low > end and len(hits) < limit:
            high, low = low, max(end, low - CHUNK)
            kept = await reads.contents_back(caller.tenant, high, low)
            found = await asyncio.to_thread(_matching, kept, what.plain, folding)
            reached = kept[-1].received_at if kept else reached
            while found and len(hits) < limit:
                part, found = found[:limit], found[limit:]
                hits += [hit for hit in await self._decided(caller, part) if what.takes(hit.decided)]
                last = part[-1][0] if len(hits) <= limit else hits[limit - 1].kept
            if found or len(hits) > limit:
                hits = hits[:limit]
                low, reached = last.number, last.received_at
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
