"""Search: contents that hold a text, whatever its letters look like, or all of a kind, newest first.

Bounded, and goes on by a cursor.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.review.seeing import sought
from service.review.veil import Veil
from service.store.codec import told_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.text.fold import Folding
    from moderation.types import Scene
    from service.keys import Caller
    from service.moderate import Decided, Moderation
    from service.review.seeing import Excerpt
    from service.store.desk_reads import DeskReads, Kept

MOST_LOOKED_AT: Final = 2000
"""So many contents one request looks at: it stays short, and whoever asks goes on."""
CHUNK: Final = 1000
DECIDED_AT_ONCE: Final = 100
"""Of so many contents the decisions are read together where a decision has to fit."""


class Sought(NamedTuple):
    """What to look for: a text, folded, in contents that came from ``since`` to before ``until`` (stamps, or empty).

    What is ``None`` may be any, and so may a text that is empty.
    """

    plain: str
    since: str = ""
    until: str = ""
    scene: Scene | None = None
    category: str | None = None
    action: str | None = None
    author: str | None = None

    def means(self, told: Mapping[str, Any]) -> bool:
        """Whether a version is of the scene and the author that are asked for, by what its bytes tell."""
        author, _ = told.get("author", (None, None))
        return self.scene in {None, told["scene"]} and self.author in {None, author}

    def takes(self, decided: Decided) -> bool:
        """Whether a version is asked for, by the newest decision on it as the caller may see it."""
        verdict = decided.verdict
        return self.action in {None, verdict.action.code} and (
            self.category is None or self.category in verdict.categories
        )


class Hit(NamedTuple):
    """A version that is asked for, where it holds the text or how it begins, and the newest decision on it."""

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
        """Up to ``limit`` versions of the caller's tenant that are asked for, with numbers under ``below``."""
        reads = self._reads
        many = limit if what.action is None and what.category is None else max(limit, DECIDED_AT_ONCE)
        first = await reads.content_at(what.since) if what.since else 1
        top = await reads.content_at(what.until) if what.until else await reads.last_content() + 1
        start = low = min(top, below) if below is not None else top
        end = max(first, start - MOST_LOOKED_AT)
        hits: list[Hit] = []
        reached = ""
        while low > end and len(hits) < limit:
            high, low = low, max(end, low - CHUNK)
            kept = await reads.contents_back(caller.tenant, high, low)
            found = await asyncio.to_thread(_matching, kept, what, folding)
            reached = kept[-1].received_at if kept else reached
            while found and len(hits) < limit:
                part, found = found[:many], found[many:]
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


def _matching(kept: Sequence[Kept], what: Sought, folding: Folding) -> list[tuple[Kept, list[Excerpt]]]:
    found = []
    for one in kept:
        told = told_in(one.body)
        if what.means(told) and (excerpts := sought(told["parts"], what.plain, folding)):
            found.append((one, excerpts))
    return found
