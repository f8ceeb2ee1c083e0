"""Who takes part, in memory: what their clean contents write besides, and whose scripts go to people. It opens nothing.

Only who is enrolled is measured: of everybody else nothing is kept but what was finally found against them.
"""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Final

from moderation.types import Action, Scene
from service.creators.entries import Entry, Kind, day_of, start_of
from service.creators.posting import published, seconds
from service.creators.watching import watched
from service.ids import new_id
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from moderation.types import Content, Verdict
    from service.creators.reads import CreatorReads
    from service.ports import Visit

MOST_A_DAY: Final = 3
"""So many clean items a day are entered: one of them counts, the others stand for items that are needed to rise."""
MOST_FULL: Final = 100_000
_MARK_CHARS: Final = 16
_LONGEST: Final = 4096


class Roster:
    """Keeps ids of who is enrolled, and the days on which no more items of theirs are entered."""

    def __init__(self, mark: Callable[[bytes], bytes]) -> None:
        self._mark = mark
        self._enrolled: dict[tuple[str, str], str] = {}
        self._watched: set[tuple[str, str]] = set()
        self._full: set[tuple[str, int]] = set()

    async def refresh(self, reads: CreatorReads) -> None:
        """Reads who is enrolled."""
        self._enrolled = {(tenant, name): id_ for tenant, name, id_ in await reads.rows(sql.ENROLLED)}

    async def add(self, reads: CreatorReads, creator: str) -> None:
        """Reads one that may be enrolled by now."""
        for tenant, name, id_ in await reads.rows(sql.ENROLLED_AS, creator):
            self._enrolled[tenant, name] = id_

    def watch(self, tenant: str, name: str, tier: str, lowest: str) -> None:
        """Says in which tier a creator stands."""
        (self._watched.add if tier == lowest else self._watched.discard)((tenant, name))

    def judged(self, tenant: str, content: Content, verdict: Verdict) -> Verdict:
        """The verdict, which the lowest tier's scripts do not pass without a person's look."""
        action = watched(verdict.action, content.scene, lowest=(tenant, content.author.id) in self._watched)
        return verdict if action is verdict.action else verdict._replace(action=action)

    def follows(self, tenant: str, content: Content, verdict: Verdict) -> Callable[..., None] | None:
        """What is written with a decision to let pass what an enrolled creator published; nothing for others."""
        author = content.author.id
        if author is None or verdict.action is not Action.PASS:
            return None
        creator = self._enrolled.get((tenant, author))
        if creator is None:
            return None
        at = int(content.at.timestamp())
        if (creator, day_of(at)) in self._full:
            return None
        name = "prereview_passed" if content.scene is Scene.LIVE_SCRIPT else "published"
        entry = Entry(
            new_id(),
            Kind.OBSERVATION,
            "",
            0,
            at,
            at,
            name,
            100,
            "",
            content.scene.value,
            self._mark_of(content),
        )
        return partial(self._published, creator=creator, entry=entry, tenant=tenant)

    def _published(  # noqa: PLR0913 - an entry, and the decision that it rests on
        self, visit: Visit, *, creator: str, entry: Entry, tenant: str, decision: str, content: int
    ) -> None:
        """Enters an item unless its day has enough; the day of what is dated ahead is today."""
        day = day_of(min(entry.since, seconds(visit.at)))
        ((known,),) = visit.rows(sql.ITEMS_BETWEEN, creator, start_of(day), start_of(day + 1))
        if known < MOST_A_DAY:
            published(visit, creator, entry, tenant=tenant, decision=decision, content=content)
            return
        if len(self._full) >= MOST_FULL:
            self._full.clear()
        self._full.add((creator, day))

    def _mark_of(self, content: Content) -> str:
        """The same for texts that differ in nothing but numbers, spaces and signs; tells nobody without the key."""
        text = "\n".join([part.text for part in content.parts])[:_LONGEST]
        letters = "".join([char for char in unicodedata.normalize("NFKC", text).lower() if char.isalpha()])
        return self._mark(letters.encode("utf-8", "replace")).hex()[:_MARK_CHARS]
