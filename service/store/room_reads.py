"""What is read of live rooms: their last number, what happened after one, and which messages are known already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.ids import from_stamp
from service.plan import VERDICTS
from service.store import room_statements
from service.store.reads import stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import aiosqlite

    from service.store.reads import Stored

_ROWS = 64
_RULINGS = 200
_ALL = range(1, 2**62)


class Numbered(NamedTuple):
    """One thing that happened in a room: a decision, or an event of a kind with its facts."""

    number: int
    at: datetime
    decision: Stored | None
    kind: str = VERDICTS
    facts: Mapping[str, object] = {}


class Ruled(NamedTuple):
    """What a person, or a deadline, decided on a message, and what held before."""

    decision: str
    tenant: str
    room: str
    message: str
    action: str
    before: str
    by: str
    over: str
    """The decision that held before; empty where none did."""
    told: bool = False
    """Whether its room was told, as far as that was asked."""


class RoomReads:
    """Keeps one connection for reading."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def last(self, tenant: str, room: str) -> tuple[int, str]:
        """The room's last number, and when that was; 0 and nothing for a room in which nothing happened."""
        rows = list(await self._connection.execute_fetchall(room_statements.LAST, (tenant, room)))
        return (rows[0][0], rows[0][1]) if rows else (0, "")

    async def after(self, tenant: str, room: str, number: int, *, limit: int) -> list[Numbered]:
        """What happened after a number, in order: ``limit`` things where there are so many."""
        rows = await self._connection.execute_fetchall(room_statements.AFTER, (tenant, room, number, limit))
        taken, wanted = _page(rows, number, limit)
        return await self._numbered(tenant, taken, wanted)

    async def recent(self, tenant: str, room: str, *, batches: int) -> list[Numbered]:
        """The room's last decisions, oldest first."""
        rows = list(await self._connection.execute_fetchall(room_statements.BEFORE, (tenant, room, batches)))
        return await self._numbered(tenant, rows[::-1])

    async def stood(self, tenant: str, room: str) -> tuple[Mapping[str, Any], datetime | None]:
        """What the room kept of itself with its last messages, and when it told last that its risk had changed since.

        Nothing since a show began, or where nothing was said; no time where nothing was told.
        """
        for facts, told_at in await self._connection.execute_fetchall(room_statements.STOOD, (tenant, room)):
            return orjson.loads(facts), from_stamp(told_at) if told_at else None
        return {}, None

    async def known(self, contents: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, Stored]]:
        """Of contents by tenant and id those that were decided: their number in their room, and how they stand.

        The number is 0 for what never was in a room.
        """
        found: dict[tuple[str, str], tuple[int, Stored]] = {}
        for start in range(0, len(contents), _ROWS):
            chunk = contents[start : start + _ROWS]
            values = [value for pair in chunk for value in pair]
            rows = await self._connection.execute_fetchall(room_statements.known(len(chunk)), values)
            for number, *row in rows:
                if row[0] is not None:
                    found[row[1], row[2]] = (number or 0, stored(*row))
        return found

    async def last_ruling(self) -> str:
        """The newest decision of which anybody is told."""
        rows = list(await self._connection.execute_fetchall(room_statements.LAST_RULING))
        return str(rows[0][0])

    async def rulings(self, after: str) -> tuple[list[Ruled], str]:
        """What was decided on messages of rooms after a decision, oldest first, and the decision that this goes up to.

        That is the newest of all, whatever it is on, unless there is too much for one look.
        """
        upto = max(after, await self.last_ruling())
        asked = (after, upto, _RULINGS)
        rows = list(await self._connection.execute_fetchall(room_statements.RULINGS, asked))
        return _ruled(rows), upto if len(rows) < _RULINGS else rows[-1][0]

    async def lately(self) -> list[Ruled]:
        """What was decided lately on messages of rooms, and taken back, oldest first; whether it was told."""
        return _ruled(await self._connection.execute_fetchall(room_statements.LATELY))

    async def rulings_over(self, decisions: Sequence[str]) -> list[Ruled]:
        """How those of them that were taken back were taken back."""
        asked = (orjson.dumps(decisions).decode(),)
        return _ruled(await self._connection.execute_fetchall(room_statements.RULINGS_OVER, asked))

    async def _numbered(self, tenant: str, rows: Sequence[Any], wanted: range = _ALL) -> list[Numbered]:
        spans = [(seq, until) for _, _, kind, seq, until, _, _ in rows if kind == VERDICTS]
        asked = (tenant, orjson.dumps(spans).decode())
        decisions = await self._connection.execute_fetchall(room_statements.BETWEEN, asked) if spans else []
        judged = iter(decisions)
        found: list[Numbered] = []
        for first, last, kind, _, _, facts, at in rows:
            when = from_stamp(at)
            if kind == VERDICTS:
                batch = [(number, next(judged)) for number in range(first, last + 1)]
                found += [Numbered(number, when, stored(*row[1:])) for number, row in batch if number in wanted]
            else:
                found.append(Numbered(first, when, None, kind, orjson.loads(facts)))
        return found


def _page(rows: Iterable[Any], number: int, limit: int) -> tuple[list[Any], range]:
    """Those of a room's rows that hold the first ``limit`` things after a number, and the numbers of these.

    A row stands for many messages: what nobody asked for is neither read nor made out.
    """
    taken: list[Any] = []
    last = number
    for row in rows:
        if limit <= 0:
            break
        first, last, *_ = row
        limit -= last - max(first - 1, number)
        taken.append(row)
    return taken, range(number + 1, last + 1 + min(limit, 0))


def _ruled(rows: Iterable[Any]) -> list[Ruled]:
    return [
        Ruled(decision, tenant, room, content[len(room) + 1 :], action, before or "", by, over or "", *map(bool, told))
        for decision, tenant, room, content, action, before, by, over, *told in rows
        if room and content.startswith(f"{room}/")
    ]
