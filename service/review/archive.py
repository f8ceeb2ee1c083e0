"""What people see at the desk: an item with all that belongs to it, a content's whole history, and what a search finds.

The reading side only. Everything is bounded; what looks at many contents stops and says where to go on.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from moderation.types import SHANGHAI
from service.ids import now, stamp
from service.review.rows import APPEAL, NotThere, Row
from service.review.samples import SAMPLE
from service.review.seeing import Seen, alike, bigrams, seen
from service.review.states import Person, State, Step, offered
from service.review.veil import Veil
from service.sitting import is_long
from service.store.desk_reads import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.types import Content
    from service.keys import Caller
    from service.moderate import Decided, Moderation
    from service.rules import Rules
    from service.store.appeal_reads import Appeal, Appeals
    from service.store.desk_reads import Counts, Depth, DeskReads, Done, Listed, Noted, Place, Query, Reported

MOST_REPORTS: Final = 50
MOST_NOTES: Final = 50
MOST_HISTORY: Final = 100
MOST_ACTS: Final = 200
MOST_EARLIER: Final = 10
MOST_SIMILAR: Final = 5
MOST_READS: Final = 40
"""So often a page is read on to fill it, each time by what it lacks."""
EARLIER_AMONG: Final = 20_000
"""Other contents of a creator are sought among so many that came last."""
SIMILAR_AMONG: Final = 200
"""Similar items are sought among so many that wait and so many that were closed last."""


class Context(NamedTuple):
    """What surrounds an item: decisions on its creator's other contents, and items with much the same text."""

    earlier: list[Decided]
    similar: list[Listed]


class Dossier(NamedTuple):
    """An item and all that belongs to it. ``context`` is absent where several items are handed out at once."""

    listed: Listed
    row: Row
    decided: Decided
    """The decision under review."""
    outcome: Decided | None
    seen: list[Seen]
    reports: list[Reported]
    notes: list[Noted]
    history: list[Decided]
    steps: tuple[Step, ...]
    context: Context | None
    names: dict[str, str]
    """What the people among the deciders are called; of an appeal nobody is named."""
    appeal: Appeal | None = None
    """What the item is about, where it is an appeal."""


class History(NamedTuple):
    """All that is known of one content: versions and when they came, decisions, items, what was said of it and done."""

    versions: list[tuple[int, str]]
    decisions: list[Decided]
    items: list[Listed]
    reports: list[Reported]
    acts: list[Done]
    names: dict[str, str]
    veiled: bool = False
    """Whether what people decided is left out, as it is being decided a second time."""


def midnight() -> str:
    """When today began in Shanghai, as a stamp."""
    return stamp(datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC))


class Archive:
    """Keeps its ways to the database and to the rules."""

    def __init__(self, moderation: Moderation, reads: DeskReads, appeals: Appeals, rules: Rules) -> None:
        self._moderation, self._reads, self._appeals, self._rules = moderation, reads, appeals, rules

    async def page(self, caller: Caller, query: Query, *, after: Place | None, limit: int) -> Page:
        """One page of the queue. What is left out leaves no gap: a short page would tell that there was something."""
        shown: list[Listed] = []
        for _ in range(MOST_READS):
            page = await self._reads.listed(caller.tenant, query, after=after, limit=limit - len(shown))
            seen = await self._veil(caller).listed(page.items)
            shown, after = [*shown, *seen], page.next
            if after is None or len(seen) == len(page.items):
                break
        return Page(shown, after)

    async def ruled(self, caller: Caller, items: Sequence[Listed]) -> dict[str, str]:
        """What those of some items that are closed ended with, by id, without what the caller may not see."""
        closed = [one for one in items if Row(*one.row).state == State.CLOSED]
        hidden = await self._veil(caller).over(one.content_id for one in closed)
        ids = [one.row[0] for one in closed if one.content_id not in hidden]
        return await self._reads.ruled(caller.tenant, ids) if ids else {}

    async def counts(self, caller: Caller) -> Counts:
        """How much there is to do; today began at midnight in Shanghai."""
        return await self._reads.counts(caller.tenant, self._veil(caller).viewer, since=midnight())

    async def depths(self, caller: Caller) -> list[Depth]:
        """How much waits in each scene."""
        return await self._reads.depths(caller.tenant, self._veil(caller).viewer)

    async def item(self, caller: Caller, review: str) -> Listed:
        """One item. Raises ``NotThere``."""
        listed = await self._reads.item(caller.tenant, review)
        if listed is None:
            raise NotThere(review)
        return listed

    async def dossier(self, caller: Caller, review: str, *, with_context: bool = True) -> Dossier:
        """One item with all that belongs to it, and what surrounds it if asked. Raises ``NotThere``."""
        return await self._dossier(caller, await self.item(caller, review), with_context=with_context)

    async def content(self, caller: Caller, review: str) -> Content:
        """What an item is about. Raises ``NotThere``."""
        row = Row(*(await self.item(caller, review)).row)
        (decided,) = await self._moderation.decisions(caller, [row.decision])
        return decided.content

    async def dossiers(self, caller: Caller, ids: Sequence[str]) -> list[Dossier]:
        """Several items at once, without what surrounds them."""
        listed = await self._reads.items(caller.tenant, ids)
        return [await self._dossier(caller, one, with_context=False) for one in listed]

    async def history(self, caller: Caller, content_id: str) -> History:
        """All that is known of one content, newest first. Raises ``NotThere``."""
        tenant = caller.tenant
        versions = await self._reads.versions(tenant, content_id, limit=MOST_HISTORY)
        veil = self._veil(caller)
        decisions = await self._moderation.history(caller, content_id, limit=MOST_HISTORY)
        if not decisions:
            raise NotThere(content_id)
        items = await veil.items(await self._reads.items_of(tenant, content_id))
        veiled = bool(await veil.over([content_id]))
        acts = veil.told(await self._reads.acts_about(tenant, content_id, limit=MOST_ACTS), veiled=veiled)
        if veiled:
            names = await self._names(tenant, acts)
            return History(versions, await veil.history(decisions), items, [], acts, names, veiled=True)
        reports = [one for item in items for one in await self._reads.reports(item.row[0], limit=MOST_REPORTS)]
        return History(versions, decisions, items, reports, acts, await self._names(tenant, [*decisions, *acts]))

    async def _dossier(self, caller: Caller, listed: Listed, *, with_context: bool) -> Dossier:
        row, tenant, veil = Row(*listed.row), caller.tenant, self._veil(caller)
        hidden = bool(await veil.over([listed.content_id]))
        sampled = row.kind == SAMPLE
        ids = [row.decision, row.outcome] if row.outcome and not hidden else [row.decision]
        decided, *outcomes = await self._moderation.decisions(caller, ids)
        history = await veil.history(await self._moderation.history(caller, listed.content_id, limit=MOST_HISTORY))
        appealed = row.kind == APPEAL
        own = appealed and await self._appeals.is_own(row.id, caller.id)
        appeal = await self._appealed(row, hidden=hidden)
        steps = offered(row.item, Person(caller.id, caller.rights), now(), own=own)
        context = await self._context(caller, row, decided.content) if with_context else None
        return Dossier(
            listed=listed,
            row=row,
            decided=decided,
            outcome=outcomes[0] if outcomes else None,
            seen=await self._seen(tenant, decided.content),
            reports=await self._reads.reports(row.id, limit=MOST_REPORTS) if row.reports and not hidden else [],
            notes=await self._reads.notes(row.id, limit=MOST_NOTES)
            if row.token > 1 and (sampled or not hidden)
            else [],
            history=history,
            steps=tuple(step for step in steps if not (sampled and step is Step.UNDO)),
            context=context,
            names={} if appeal else await self._names(tenant, [*history, *(context.earlier if context else ())]),
            appeal=appeal,
        )

    async def _appealed(self, row: Row, *, hidden: bool) -> Appeal | None:
        """The appeal that an item is about, or whose ruling is to be checked; without what came of it if hidden."""
        if row.kind not in {APPEAL, SAMPLE}:
            return None
        review = row.id if row.kind == APPEAL else await self._reads.checked(row.id, row.round)
        appeal = await self._appeals.at(review)
        return appeal._replace(outcome=None, settled_at=None, final_at=None) if appeal and hidden else appeal

    async def _seen(self, tenant: str, content: Content) -> list[Seen]:
        engine = self._rules.engines.of(tenant)
        if is_long(content):
            return await asyncio.to_thread(seen, engine, content)
        return seen(engine, content)

    async def _names(self, tenant: str, done: Sequence[Decided | Done]) -> dict[str, str]:
        by = list(dict.fromkeys(one.by for one in done))
        return await self._reads.names(tenant, by)

    async def _context(self, caller: Caller, row: Row, content: Content) -> Context:
        return Context(await self._earlier(caller, content), await self._similar(caller, row, content))

    async def _earlier(self, caller: Caller, content: Content) -> list[Decided]:
        if content.author.id is None:
            return []
        mark = b'"author":[' + orjson.dumps(content.author.id) + b","
        above = await self._reads.last_content() - EARLIER_AMONG
        numbers = await self._reads.contents_by(caller.tenant, content.id, mark, above=above, limit=MOST_EARLIER)
        newest = await self._reads.newest_on(numbers)
        decided = await self._moderation.decisions(caller, [newest[number] for number in numbers if number in newest])
        veil = self._veil(caller)
        doubles = await veil.doubles(one.content.id for one in decided)
        return await veil.newest([one for one in decided if one.content.id not in doubles])

    async def _similar(self, caller: Caller, row: Row, content: Content) -> list[Listed]:
        sort = (row.level, row.kind, row.scene, row.category)
        pool = dict(await self._reads.alike(caller.tenant, sort, limit=SIMILAR_AMONG))
        pool.pop(row.id, None)
        plain = self._rules.engine.ruleset.folding.plain
        own = bigrams(plain("".join(part.text for part in content.parts)))
        ids = await asyncio.to_thread(alike, own, pool, plain, most=MOST_SIMILAR)
        found = await self._veil(caller).listed(await self._reads.items(caller.tenant, ids))
        return [one for one in found if one.content_id != content.id]

    def _veil(self, caller: Caller) -> Veil:
        return Veil(caller, self._reads, self._moderation)
