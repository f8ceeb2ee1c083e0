"""Live shows: started with their hosts' identities checked, watched, acted in by people, ended; corrections on air.

AlreadyLive    the room has a show that has not ended
UnknownShow    the tenant has no such show
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from service.acts import (
    CORRECTION_RECORDED,
    HOST_CHECKED,
    ROOM_MUTED,
    ROOM_NOTED,
    ROOM_UNMUTED,
    ROOM_WARNED,
    SHOW_ENDED,
    SHOW_STARTED,
    Act,
)
from service.duty.proofs import LAST
from service.duty.words import parts_of, written
from service.ids import new_id
from service.live.talk import STARTED
from service.plan import Happening
from service.ports import Write
from service.review import notices
from service.store import duty_statements as sql
from service.store.codec import text_of, told_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import aiosqlite

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

CHECK_HOLDS: Final = timedelta(days=183)
"""A host's identity is checked anew after half a year at the latest (Order 117, 8)."""
ACTS: Final = {"mute": ROOM_MUTED, "unmute": ROOM_UNMUTED, "warn": ROOM_WARNED, "note": ROOM_NOTED}
"""What a person can do in a room. Receivers of notices are told of all but notes."""
MOST_ACTS: Final = 200
MOST_CORRECTIONS: Final = 10_000
_ALWAYS: Final = "9999"


class Check(NamedTuple):
    """That a host's identity was checked. ``method`` is a code."""

    host: str
    method: str
    checked_on: date


class NewShow(NamedTuple):
    """What somebody starts."""

    room: str
    hosts: tuple[Check, ...] = ()
    products: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    script: str | None = None


class Checked(NamedTuple):
    """A check as it is on record."""

    host: str
    method: str
    checked_on: str
    by: str
    at: str


class Show(NamedTuple):
    """A show as it stands. Times are RFC 3339 UTC."""

    id: str
    room: str
    script: str | None
    products: tuple[str, ...]
    proofs: tuple[str, ...]
    by: str
    started_at: str
    ended_at: str | None
    ended_by: str | None
    hosts: tuple[Checked, ...]


class Done(NamedTuple):
    """What a person did in a room."""

    act: int
    show: str | None
    kind: str
    target: str | None
    user: str
    name: str
    text: str
    at: str
    until: str | None
    """When a mute ends by itself; ``None``: once it is lifted."""


class Doing(NamedTuple):
    """What a person is about to do: one of ``ACTS``, to whom, the words beside it, and when a mute ends by itself."""

    kind: str
    target: str | None = None
    text: str = ""
    until: str | None = None

    @property
    def told(self) -> dict[str, object]:
        """What gateways and receivers hear of it."""
        return {"target": self.target or "", **({"until": self.until} if self.until else {})}


class Said(NamedTuple):
    """A stretch of what a host said: the number of the content's row, bounds in its first part, and when."""

    content: int
    start: int
    end: int
    at: str


class Corrected(NamedTuple):
    """A correction to record: the claim, its category, the words that took it back."""

    room: str
    host: str | None
    category: str
    claim: Said
    correction: Said


class Correction(NamedTuple):
    """A correction as it is on record; ``words`` are empty once they were erased."""

    id: str
    room: str
    show: str | None
    host: str | None
    category: str
    content_id: str
    words: str
    start: int
    end: int
    claimed_at: str
    correction_id: str
    correction_words: str
    correction_start: int
    correction_end: int
    corrected_at: str
    recorded_at: str
    offset_ms: int | None = None
    correction_offset_ms: int | None = None
    """Where in the show both were said, as far as the sender told."""


class AlreadyLive(Exception):
    """The room has a show that has not ended; ``show`` is its id."""

    def __init__(self, show: str) -> None:
        super().__init__(show)
        self.show = show


class UnknownShow(LookupError):
    """A show that the tenant does not have."""


class Telling(Protocol):
    """Has something happen in a room, in its order; ``work`` is done in the same transaction, and what it raises too.

    Messages that share the transaction fail with it.
    """

    async def __call__(
        self, tenant: str, room: str, happening: Happening, /, *, work: Callable[[Visit], object]
    ) -> int:
        """The number of what happened, once it is on disk."""


class Shows:
    """Keeps its ways to the database, and which shows are about to start."""

    def __init__(self, ledger: Ledger, connection: aiosqlite.Connection) -> None:
        self._ledger, self._connection = ledger, connection
        self._starting: dict[tuple[str, str], str] = {}

    async def start(self, caller: Caller, new: NewShow, tell: Telling) -> Show:
        """Starts a show, with the checks of its hosts, as an event of its room. Raises ``AlreadyLive``."""
        id_, room = new_id(), (caller.tenant, new.room)
        if (other := self._starting.setdefault(room, id_)) != id_:
            raise AlreadyLive(other)
        try:
            if (live := await self.live_in(*room)) is not None:
                raise AlreadyLive(live.id)
            happening = Happening(STARTED, {"show": id_})
            await tell(*room, happening, work=lambda visit: _start(visit, caller, id_, new))
        finally:
            del self._starting[room]
        return await self.one(caller.tenant, id_)

    async def check(self, caller: Caller, show: str, check: Check) -> Show:
        """Records that another host's identity was checked, or again. Raises ``UnknownShow``."""

        def work(visit: Visit) -> None:
            if not visit.rows(sql.SHOW_STATE, show, caller.tenant):
                raise UnknownShow(show)
            _checked(visit, caller, show, check)

        await self._ledger.visit(work)
        return await self.one(caller.tenant, show)

    async def end(self, caller: Caller, show: str) -> Show:
        """Ends a show; one that has ended stays as it is. Raises ``UnknownShow``."""

        def work(visit: Visit) -> None:
            rows = visit.rows(sql.SHOW_STATE, show, caller.tenant)
            if not rows:
                raise UnknownShow(show)
            room, ended_at = rows[0]
            if ended_at is None:
                act = Act(SHOW_ENDED, show, caller.tenant, {"by": caller.id, "room": room})
                visit.record(act, Write(sql.END_SHOW, (visit.at, caller.id, show, caller.tenant)))

        await self._ledger.visit(work)
        return await self.one(caller.tenant, show)

    async def act(self, caller: Caller, room: str, doing: Doing) -> None:
        """A person does something in a room, in a visit of its own; see ``act_in``."""
        await self._ledger.visit(lambda visit: act_in(visit, caller, room, doing))

    async def one(self, tenant: str, show: str) -> Show:
        """One show of a tenant. Raises ``UnknownShow``."""
        found = await self._shows(sql.SHOW, show, tenant)
        if not found:
            raise UnknownShow(show)
        return found[0]

    async def live_in(self, tenant: str, room: str) -> Show | None:
        """The show that is on in a room, if one is."""
        return next(iter(await self._shows(sql.SHOW_LIVE, tenant, room)), None)

    async def live(self, tenant: str, *, after: str = "", limit: int) -> list[Show]:
        """The shows that are on, by room; ``after`` is the last room seen."""
        return await self._shows(sql.SHOWS_LIVE, tenant, after, limit)

    async def all_live(self, *, limit: int) -> list[tuple[str, str]]:
        """Tenant and room of the shows that are on, in the whole house."""
        return [(tenant, room) for tenant, room in await self._connection.execute_fetchall(sql.ALL_LIVE, (limit,))]

    async def listed(self, tenant: str, *, before: tuple[str, str] = LAST, limit: int) -> list[Show]:
        """The shows of a tenant, what began last first; ``before`` is time and id of the last one seen."""
        return await self._shows(sql.SHOWS, tenant, *before, limit)

    async def acts(self, tenant: str, room: str, *, since: str = "", until: str | None = None) -> list[Done]:
        """What people did in a room, newest first."""
        bounds = (tenant, room, since, until or _ALWAYS, MOST_ACTS)
        rows = await self._connection.execute_fetchall(sql.SHOW_ACTS, bounds)
        return [_done(*row) for row in rows]

    async def corrections(
        self, tenant: str, room: str, *, since: str = "", until: str | None = None
    ) -> list[Correction]:
        """The corrections that were said in a room, in order."""
        bounds = (tenant, room, since, until or _ALWAYS, MOST_CORRECTIONS)
        return [_correction(*row) for row in await self._connection.execute_fetchall(sql.CORRECTIONS, bounds)]

    async def _shows(self, statement: str, *values: str | int) -> list[Show]:
        return [_show(*row) for row in await self._connection.execute_fetchall(statement, values)]


def act_in(visit: Visit, caller: Caller, room: str, doing: Doing) -> None:
    """A person mutes somebody, warns the host or writes a note: an act, of which receivers hear unless it is a note.

    Raises ``ValueError`` for words that cannot be stored.
    """
    live = visit.rows(sql.LIVE_SHOW, caller.tenant, room)
    show = live[0][0] if live else None
    words = written(caller, f"room-{new_id()}", [("text", doing.text)], visit.at) if doing.text else None
    told = {"room": room, "show": show or "", **doing.told}
    facts = {**told, "by": caller.id, **({"text": words.facts} if words else {})}
    row = (caller.tenant, room, show, doing.kind, doing.target, caller.id, int(words is not None), visit.at)
    visit.record(
        Act(ACTS[doing.kind], room, caller.tenant, facts),
        *([words.row] if words else ()),
        Write(sql.INSERT_SHOW_ACT, row),
    )
    if doing.kind != "note":
        notices.tell(visit, Act(ACTS[doing.kind], new_id(), caller.tenant, told), wait=0)


def correct(visit: Visit, tenant: str, said: Corrected) -> str:
    """Records a correction in the transaction that files its words; gives its id."""
    id_, live = new_id(), visit.rows(sql.LIVE_SHOW, tenant, said.room)
    show = live[0][0] if live else None
    claim, correction = said.claim, said.correction
    row = (id_, tenant, said.room, show, said.host, said.category, *claim, *correction, visit.at)
    facts = {
        "category": said.category,
        "claim": [claim.start, claim.end],
        "claimed_at": claim.at,
        "corrected_at": correction.at,
        "correction": [correction.start, correction.end],
        "room": said.room,
        "show": show or "",
    }
    visit.record(Act(CORRECTION_RECORDED, id_, tenant, facts), Write(sql.INSERT_CORRECTION, row))
    return id_


def _start(visit: Visit, caller: Caller, id_: str, new: NewShow) -> None:
    if live := visit.rows(sql.LIVE_SHOW, caller.tenant, new.room):  # another process was first
        raise AlreadyLive(live[0][0])
    listed = (orjson.dumps(new.products).decode(), orjson.dumps(new.proofs).decode())
    row = (id_, caller.tenant, new.room, new.script, *listed, caller.id, visit.at)
    facts = {"by": caller.id, "products": list(new.products), "proofs": list(new.proofs), "room": new.room}
    act = Act(SHOW_STARTED, id_, caller.tenant, {**facts, "script": new.script or ""})
    visit.record(act, Write(sql.INSERT_SHOW, row))
    for check in new.hosts:
        _checked(visit, caller, id_, check)


def _checked(visit: Visit, caller: Caller, show: str, check: Check) -> None:
    id_, day = new_id(), check.checked_on.isoformat()
    facts = {"by": caller.id, "checked_on": day, "host": check.host, "method": check.method, "show": show}
    row = (id_, show, check.host, check.method, day, caller.id, visit.at)
    visit.record(Act(HOST_CHECKED, id_, caller.tenant, facts), Write(sql.INSERT_HOST_CHECK, row))


def _show(*row: Any) -> Show:
    id_, room, script, products, proofs, by, started_at, ended_at, ended_by, hosts = row
    sold, proven = (tuple(orjson.loads(one)) for one in (products, proofs))
    checked = tuple(Checked(*one) for one in orjson.loads(hosts))
    return Show(id_, room, script, sold, proven, by, started_at, ended_at, ended_by, checked)


def _done(*row: Any) -> Done:
    act, show, kind, target, user, name, body, at, until = row
    return Done(act, show, kind, target, user, name, text_of(body or b""), at, until)


def _correction(*row: Any) -> Correction:
    id_, room, show, host, category, claim, body, start, end, claimed_at, *rest = row
    correction, words, first, last, corrected_at, at = rest
    said, taken_back = _first(body)[start:end], _first(words)[first:last]
    before = (id_, room, show, host, category, claim, said, start, end, claimed_at)
    offsets = _offset(body), _offset(words)
    return Correction(*before, correction, taken_back, first, last, corrected_at, at, *offsets)


def _offset(body: bytes) -> int | None:
    told: int | None = told_in(body).get("offset_ms") if body else None
    return told


def _first(body: bytes) -> str:
    parts: Sequence[tuple[str, str]] = parts_of(body)
    return parts[0][1] if parts else ""
