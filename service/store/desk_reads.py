"""What the review desk shows, as values: lists by cursor, bounded counts, reports, notes and contents newest first.

Nothing here looks at more than a bounded number of rows, whatever the database holds; figures are asked for day by day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.store import desk_statements as desk
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

COUNTED: Final = 1000
"""Counts stop here."""
SORT_COUNTED: Final = 300
"""So many items of each sort are counted for the depth of a scene."""
LOOKED_AT: Final = 2000
"""So many rows of a list are looked at for one page where a filter has no index."""
MOST_TIMED: Final = 2000
"""The pace of a person is that of so many decisions at most."""
_LAST: Final = "~"
"""Sorts after every stamp and id."""
ROW_COLUMNS: Final = 24


class Listed(NamedTuple):
    """An item of the queue: its row's columns, its content's version, canonical bytes and id, and people's names."""

    row: tuple[Any, ...]
    version: int
    body: bytes
    holder_name: str | None
    closed_name: str | None
    content_id: str


class Viewer(NamedTuple):
    """For whom something is read, and whether golden items test them."""

    user: str
    tested: bool


class Query(NamedTuple):
    """Which items to list: a state (``waiting``, ``held``, ``overdue`` or ``closed``) and filters; empty says any."""

    state: str = "waiting"
    kinds: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    levels: tuple[int, ...] = (0, 1)
    person: str = ""
    """Who holds, or closed, them; no filter of what waits."""
    since: str = ""
    """When the first of those listed was closed, as a stamp; no filter of what is open."""

    @property
    def filters(self) -> bool:
        """Whether it leaves out anything that is in its state."""
        return self[1:] != Query()[1:]

    def takes(self, level: int, kind: str, scene: str, category: str, person: str | None) -> bool:
        """Whether an item is asked for."""
        return (
            level in self.levels
            and (not self.kinds or kind in self.kinds)
            and (not self.scenes or scene in self.scenes)
            and (not self.categories or category in self.categories)
            and (not self.person or person == self.person)
        )


class Place(NamedTuple):
    """Where a list goes on: the sort key and id of the last item."""

    key: str
    id: str


class Page(NamedTuple):
    """Some items, and where the list goes on; ``None`` at its end. A page may be short, or empty, and yet go on."""

    items: list[Listed]
    next: Place | None


class Counts(NamedTuple):
    """How many items there are, up to ``COUNTED`` + 1, which says that there are more."""

    waiting: int
    escalated: int
    held: int
    overdue: int
    closed_today: int


class Depth(NamedTuple):
    """How many items wait in a scene, at least; ``more`` says that there are more."""

    scene: str
    waiting: int
    more: bool


class Reported(NamedTuple):
    """A report or complaint. ``upheld`` and ``rejected`` are its reporter's past; ``body`` the bytes of their words."""

    id: str
    kind: str
    review: str
    round: int
    reporter: str
    reason: str
    filed_at: str
    outcome: str | None
    verification: str | None
    settled_at: str | None
    upheld: int
    rejected: int
    body: bytes | None
    content_id: str


class Noted(NamedTuple):
    """What somebody wrote beside a step. ``act`` is the kind of the step's act, ``body`` the bytes of their words."""

    at: str
    act: str
    user: str
    name: str
    body: bytes


class Done(NamedTuple):
    """An act, without what it tells. ``by`` is an engine, a person or the deadline; empty where the house did it."""

    seq: int
    at: str
    kind: str
    by: str


class Kept(NamedTuple):
    """A version of a content as it is stored."""

    number: int
    content_id: str
    version: int
    received_at: str
    body: bytes


class Sampled(NamedTuple):
    """Second reviews that were answered alike: the items' category, JSON lists of what both said, and how many."""

    category: str
    first_said: str
    second_said: str
    number: int


class Worked(NamedTuple):
    """What a person did in an hour of the clock (a stamp's beginning): decisions, and items seen that were grim."""

    user: str
    hour: str
    decided: int
    grim: int


class Golden(NamedTuple):
    """A golden item; ``said`` is its answer as a JSON list, ``wrong`` counts the answers that were not it."""

    id: str
    content_id: str
    scene: str
    category: str
    severity: int
    said: str
    by: str
    created_at: str
    answers: int
    wrong: int


class DeskReads:
    """Asks over one connection that cannot write."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def close(self) -> None:
        """Lets the connection go."""
        await self._connection.close()

    async def item(self, tenant: str, review: str) -> Listed | None:
        """One item of a tenant."""
        rows = await self._rows(desk.LISTED_ONE, review, tenant)
        return _listed(rows[0]) if rows else None

    async def items(self, tenant: str, ids: Sequence[str]) -> list[Listed]:
        """These items of a tenant, in the order asked for; those that are not there are left out."""
        rows = await self._rows(desk.LISTED_MANY, tenant, orjson.dumps(ids).decode())
        known = {row[0]: _listed(row) for row in rows}
        return [known[one] for one in ids if one in known]

    async def ruled(self, tenant: str, ids: Sequence[str]) -> dict[str, str]:
        """What closed items of a tenant ended with, by id: the action of what was decided, or of what stands."""
        return dict(await self._rows(desk.RULED, tenant, orjson.dumps(ids).decode()))

    async def items_of(self, tenant: str, content_id: str) -> list[Listed]:
        """The items about one content, one a kind at most."""
        return [_listed(row) for row in await self._rows(desk.LISTED_OF, tenant, content_id)]

    async def listed(self, tenant: str, query: Query, *, after: Place | None, limit: int) -> Page:
        """One page of items: the most urgent first, the longest held, the longest overdue, or the last closed first."""
        if query.state == "waiting":
            found = await self._waiting(tenant, query, after or Place("", ""), limit)
            going_on = Place(found[-1][1], found[-1][0]) if len(found) == limit else None
            return Page(await self.items(tenant, [row[0] for row in found]), going_on)
        first = Place(_LAST, _LAST) if query.state == "closed" else Place("", "")
        most = LOOKED_AT if query.filters else limit + 1
        rows = await self._rows(_BY_STATE[query.state], tenant, *(after or first), most)
        if query.state == "closed":  # the last closed comes first
            rows = [row for row in rows if row[1] >= query.since]
        taken: list[str] = []
        for place, row in enumerate(rows):
            if query.takes(*row[2:]):
                taken.append(row[0])
            if len(taken) == limit:
                going_on = Place(row[1], row[0]) if place + 1 < len(rows) else None
                break
        else:
            going_on = Place(rows[-1][1], rows[-1][0]) if len(rows) == most else None
        return Page(await self.items(tenant, taken), going_on)

    async def _waiting(self, tenant: str, query: Query, after: Place, limit: int) -> list[tuple[Any, ...]]:
        levels = orjson.dumps(query.levels).decode()
        if not (query.kinds or query.scenes or query.categories):
            return await self._rows(desk.WAITING, tenant, levels, *after, limit)
        sorts = [orjson.dumps(names).decode() if names else None for names in query[1:4]]
        return await self._rows(desk.WAITING_OF_SORTS, tenant, levels, *sorts, *after, limit)

    async def counts(self, tenant: str, viewer: Viewer, *, since: str) -> Counts:
        """How many items of a tenant somebody may see; ``since`` is when today began, as a stamp."""
        ((*counts,),) = await self._rows(desk.COUNTS, tenant, COUNTED + 1, since, *viewer)
        return Counts(*counts)

    async def depths(self, tenant: str, viewer: Viewer) -> list[Depth]:
        """How many items that somebody may see wait in each scene, bounded."""
        rows = await self._rows(desk.DEPTHS, tenant, SORT_COUNTED, *viewer)
        return [Depth(scene, count, most >= SORT_COUNTED) for scene, count, most in rows]

    async def backlog(self) -> tuple[int, str | None]:
        """How many items of all tenants wait, and since when the oldest of them does."""
        ((waiting, since),) = await self._rows(desk.BACKLOG)
        return waiting, since

    async def report(self, tenant: str, report: str, kind: str) -> Reported | None:
        """One report or complaint of a tenant."""
        rows = await self._rows(desk.REPORT, report, tenant, kind)
        return Reported(*rows[0]) if rows else None

    async def reports(self, review: str, *, limit: int) -> list[Reported]:
        """What was said on an item, in its last rounds first."""
        return [Reported(*row) for row in await self._rows(desk.REPORTS, review, limit)]

    async def notes(self, review: str, *, limit: int) -> list[Noted]:
        """What people wrote beside their steps, newest first."""
        return [Noted(*row) for row in await self._rows(desk.NOTES, review, limit)]

    async def acts_about(self, tenant: str, content_id: str, *, limit: int) -> list[Done]:
        """What was done about a content, newest first: decisions, and what was done with its items."""
        rows = await self._rows(desk.ACTS_ABOUT, tenant, content_id, limit)
        return [Done(seq, at, kind, orjson.loads(body)["facts"].get("by", "")) for seq, at, kind, body in rows]

    async def names(self, tenant: str, users: Sequence[str]) -> dict[str, str]:
        """What people of a tenant are called, by their ids."""
        return dict(await self._rows(desk.USER_NAMES, tenant, orjson.dumps(users).decode()))

    async def veiled(self, tenant: str, viewer: Viewer, contents: Sequence[str]) -> list[str]:
        """Those of some content ids of which somebody must not see what people decided."""
        return self._names(await self._rows(quality.VEILED, tenant, viewer.user, orjson.dumps(contents).decode()))

    async def hidden(self, tenant: str, viewer: Viewer, items: Sequence[str]) -> list[str]:
        """Those of some items that somebody must not see at all."""
        told = (tenant, viewer.user, orjson.dumps(items).decode(), viewer.tested)
        return self._names(await self._rows(quality.HIDDEN, *told))

    async def doubles(self, tenant: str, viewer: Viewer, contents: Sequence[str]) -> list[str]:
        """Those of some content ids that somebody must not see beside others."""
        told = (tenant, viewer.user, orjson.dumps(contents).decode(), viewer.tested)
        return self._names(await self._rows(quality.DOUBLES, *told))

    @staticmethod
    def _names(rows: Sequence[tuple[Any, ...]]) -> list[str]:
        return [name for (name,) in rows]

    async def checked(self, review: str, round_: int) -> str:
        """The item whose decision is checked by a second review."""
        ((checked,),) = await self._rows(quality.CHECKED, review, round_)
        return str(checked)

    async def answers(self, tenant: str, *, since: str) -> list[tuple[str, bool]]:
        """Golden answers that stand, oldest first: whose, and whether right."""
        return [(user, bool(right)) for user, right in await self._rows(quality.ANSWERS, tenant, since)]

    async def samples(self, tenant: str, *, since: str, until: str) -> list[Sampled]:
        """Second reviews that were opened in a time, as far as they were answered."""
        return [Sampled(*row) for row in await self._rows(quality.SAMPLES, tenant, since, until)]

    async def samples_waiting(self, tenant: str) -> int:
        """How many wait for a second review, up to ``COUNTED`` + 1."""
        return int((await self._rows(quality.SAMPLES_OPEN, tenant, COUNTED + 1))[0][0])

    async def worked(self, tenant: str, *, since: str, until: str) -> list[Worked]:
        """What people did in a time."""
        return [Worked(*row) for row in await self._rows(quality.WORKED, tenant, since, until)]

    async def timed(self, user: str, *, since: str) -> list[tuple[float, int]]:
        """How many seconds a person's last decisions took, as far as known, and how long what they decided was."""
        rows = await self._rows(quality.TIMED, user, since, MOST_TIMED)
        return [(millis / 1000, letters) for millis, letters in rows]

    async def golden(self, tenant: str) -> list[Golden]:
        """Golden items, the newest first."""
        return [Golden(*row) for row in await self._rows(quality.GOLDEN, tenant, COUNTED)]

    async def before_people(self, tenant: str, ids: Sequence[str]) -> list[str]:
        """On each version of these contents the newest decision that no person took."""
        rows = await self._rows(quality.BEFORE_PEOPLE, tenant, orjson.dumps(ids).decode())
        return [decision for _, decision in rows]

    async def alike(self, tenant: str, sort: tuple[int, str, str, str], *, limit: int) -> list[tuple[str, bytes]]:
        """Ids and bytes of items to compare: the most urgent of one sort, and those closed last."""
        return await self._rows(desk.ALIKE, tenant, *sort, limit)

    async def last_content(self) -> int:
        """The number of the newest version that is stored."""
        return int((await self._rows(desk.LAST_CONTENT))[0][0])

    async def content_at(self, at: str) -> int:
        """The number of the first version that came at a time or later; one more than the last where none did.

        Numbers grow with time, so this looks at some twenty rows.
        """
        low, high = 1, await self.last_content() + 1
        while low < high:
            middle = (low + high) // 2
            number, received = (await self._rows(desk.CONTENT_AFTER, middle))[0]
            low, high = (number + 1, high) if received < at else (low, middle)
        return low

    async def contents_back(self, tenant: str, below: int, above: int) -> list[Kept]:
        """A tenant's judged versions with numbers under ``below`` and from ``above`` on, newest first."""
        return [Kept(*row) for row in await self._rows(desk.CONTENTS_BACK, tenant, below, above)]

    async def contents_by(self, tenant: str, content_id: str, mark: bytes, *, above: int, limit: int) -> list[int]:
        """The numbers of other contents over ``above`` whose bytes hold ``mark``, newest first."""
        rows = await self._rows(desk.CONTENTS_BY, tenant, above, content_id, mark, limit)
        return [number for (number,) in rows]

    async def newest_on(self, numbers: Sequence[int]) -> dict[int, str]:
        """The newest decision on each of these versions."""
        return dict(await self._rows(desk.NEWEST_ON, orjson.dumps(numbers).decode()))

    async def versions(self, tenant: str, content_id: str, *, limit: int) -> list[tuple[int, str]]:
        """The versions of a content and when they came, newest first."""
        return await self._rows(desk.VERSIONS, tenant, content_id, limit)

    async def _rows(self, sql: str, *values: str | int | bytes | None) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, values)]


_BY_STATE: Final = {"held": desk.HELD, "overdue": desk.OVERDUE, "closed": desk.CLOSED}


def _listed(row: tuple[Any, ...]) -> Listed:
    return Listed(row[:ROW_COLUMNS], *row[ROW_COLUMNS:])
