"""What is read for changes of rules: proposals, activations, shadows, what was judged, how long people took."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from moderation.types import SHANGHAI
from service.ids import from_stamp
from service.rulebook.forecast import Handling, handling_of
from service.rulebook.rows import Row
from service.rulebook.tally import Judged
from service.store import rule_statements as sql
from service.store.codec import content_from, verdict_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

LOOKED_AT: Final = 20_000
"""So many acts one query looks back over: other tenants' decisions stand between a tenant's own."""
TIMED: Final = 2000
"""So many of the last decisions of people are timed."""
LONGEST: Final = timedelta(seconds=600)
"""Whoever takes longer was away."""
LAST: Final = ("~", "~")


class Proposed(NamedTuple):
    """A proposal, and what its people are called."""

    row: Row
    author: str
    approver: str | None
    closer: str | None


class Activated(NamedTuple):
    """A change of the active version. ``by`` is a person, a key or the operator; ``name`` a person's."""

    version: int
    by: str
    name: str
    at: str
    ground: str
    proposal: str


class Beside(NamedTuple):
    """A ruleset that runs, or ran, beside the active one."""

    id: str
    tenant: str
    version: int
    started_by: str
    started_at: str
    begins: int
    through: int
    counts: dict[str, Any]
    ended_by: str | None
    ended_at: str | None
    name: str = ""


class Found(NamedTuple):
    """A decision on which a shadow would have acted otherwise."""

    decision: str
    content_id: str
    scene: str
    was: str
    becomes: str


class RuleReads:
    """Asks over one connection that cannot write."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def proposal(self, tenant: str, proposal: str) -> Proposed | None:
        """One proposal of a tenant."""
        rows = await self._rows(sql.ONE_PROPOSAL, proposal, tenant)
        return _proposed(rows[0]) if rows else None

    async def proposals(self, tenant: str, *, after: tuple[str, str] = LAST, limit: int) -> list[Proposed]:
        """The proposals of a tenant, newest first; ``after`` is time and id of the last one seen."""
        return [_proposed(row) for row in await self._rows(sql.PROPOSALS, tenant, *after, limit)]

    async def history(self, tenant: str, *, limit: int) -> list[Activated]:
        """What was active, the present first."""
        return [Activated(*row) for row in await self._rows(sql.HISTORY, tenant, limit)]

    async def shadows(self, tenant: str, *, limit: int) -> list[Beside]:
        """What ran beside, the last first."""
        return [_beside(row) for row in await self._rows(sql.SHADOWS, tenant, limit)]

    async def running(self) -> list[Beside]:
        """All that runs beside now, of every tenant."""
        return [_beside(row) for row in await self._rows(sql.ALL_RUNNING)]

    async def finds(self, shadow: str, *, limit: int) -> list[Found]:
        """Decisions on which a shadow would have acted otherwise, the last first."""
        return [Found(*row) for row in await self._rows(sql.FINDS, shadow, limit)]

    async def creators(self, shadow: str) -> int:
        """How many creators' contents a shadow would have acted on otherwise."""
        return int((await self._rows(sql.CREATORS_FOUND, shadow))[0][0])

    async def last_seq(self) -> int:
        """The number of the last act."""
        return int((await self._rows(sql.LAST_SEQ))[0][0])

    async def bounds(self, since: str, until: str) -> tuple[int, int]:
        """The numbers of the first and the last act of a period, whose end does not belong to it; empty: no limit."""
        last = await self.last_seq()
        first = await self._first_at(since, last) if since else 0
        return first, (await self._first_at(until, last) - 1 if until else last)

    async def _first_at(self, at: str, last: int) -> int:
        """The first act at a time or later: acts are numbered as time goes, so this looks at some twenty rows."""
        low, high = 0, last + 1
        while low < high:
            middle = (low + high) // 2
            rows = await self._rows(sql.ACT_AT, middle)
            low, high = (middle + 1, high) if rows and rows[0][0] < at else (low, middle)
        return low

    async def judged_back(self, tenant: str, bounds: tuple[int, int], *, limit: int) -> tuple[list[Judged], int]:
        """What the engine decided for a tenant, newest first, and the number below which to go on."""
        low = max(bounds[0], bounds[1] - LOOKED_AT + 1)
        rows = await self._rows(sql.JUDGED_BACK, low, bounds[1], tenant, limit)
        return [_judged(row) for row in rows], (rows[-1][0] - 1 if len(rows) == limit else low - 1)

    async def judged_on(self, tenant: str, after: int, *, limit: int) -> tuple[list[Judged], int]:
        """What the engine decided for a tenant after an act, oldest first, and how far this looked."""
        high = min(after + LOOKED_AT, await self.last_seq())
        rows = await self._rows(sql.JUDGED_ON, after + 1, high, tenant, limit)
        return [_judged(row) for row in rows], (rows[-1][0] if len(rows) == limit else high)

    async def handling(self, tenant: str) -> Handling:
        """How long people take for an item: from taking it, or from their decision before it, to deciding."""
        return handling_of(list((await self.timed(tenant, limit=TIMED)).values()))

    async def timed(self, tenant: str, *, limit: int) -> dict[str, float]:
        """The seconds that the last decisions of people took, by decision."""
        return times(await self._rows(sql.TIMES, tenant, limit))

    async def last_ruled(self, tenant: str) -> tuple[int, int]:
        """The number of the last decision that a person took, and how many appeals were in vain."""
        last, upheld = (await self._rows(sql.LAST_RULED, tenant))[0]
        return last, upheld

    async def ruled(self, tenant: str, below: int, *, limit: int) -> list[tuple[Any, ...]]:
        """The last word of a person on each version, newest first, as its rows."""
        return await self._rows(sql.RULED, tenant, below, limit)

    async def upheld(self, tenant: str, *, limit: int) -> list[tuple[Any, ...]]:
        """Scene and verdict of blocks by the engine alone that somebody appealed in vain."""
        return await self._rows(sql.UPHELD, tenant, limit)

    async def _rows(self, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self._connection.execute_fetchall(statement, values)]


def times(rows: Sequence[tuple[Any, ...]]) -> dict[str, float]:
    """The seconds that each decision took, from rows of person, time, decision, and time of taking the item.

    Who takes several items at once works on one after the other.
    """
    last: dict[str, str] = {}
    found: dict[str, float] = {}
    for person, decided, decision, taken in sorted(rows, key=lambda row: row[1]):
        began = max(taken or "", last.get(person, ""))
        last[person] = decided
        if began:
            took = from_stamp(decided) - from_stamp(began)
            if timedelta(0) < took <= LONGEST:
                found[decision] = took.total_seconds()
    return found


def _proposed(row: tuple[Any, ...]) -> Proposed:
    return Proposed(Row(*row[:-3]), *row[-3:])


def _beside(row: tuple[Any, ...]) -> Beside:
    told = list(row)
    told[7] = orjson.loads(row[7])
    return Beside._make(told + [""] * (len(Beside._fields) - len(told)))


def _judged(row: tuple[Any, ...]) -> Judged:
    seq, id_, number, tenant, content_id, version, published_at, action, severity, blob, degraded, ruleset, at, body = (
        row
    )
    content = content_from(body, tenant=tenant, content_id=content_id, version=version, published_at=published_at)
    verdict = verdict_from(blob, content, action=action, severity=severity, degraded=bool(degraded), ruleset=ruleset)
    day = from_stamp(at).astimezone(SHANGHAI).date().isoformat()
    return Judged(seq, id_, number, content, verdict, day)
