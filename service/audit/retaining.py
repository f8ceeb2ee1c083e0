"""What is kept for how long: contents are classed, purged when their time has come, held, and erased with a person.

NoSuchHold   the tenant has no such hold
HoldWrong    a hold that cannot be placed; it names the field

To take a content away is to empty its words and its salt, with whatever else would let somebody guess them (the seals
of idempotency keys); its commitment, its decisions and its acts stay, and the act that tells of it is its tombstone. To
erase a person is to do that for all that they wrote, and to destroy their key.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import ERASURE_DONE, HOLD_LIFTED, HOLD_PLACED, RETENTION_PURGED, Act
from service.again import again
from service.audit.retention import CLASSES, SHORTEST, Kept, longest
from service.ids import from_stamp, new_id, now, stamp
from service.ledger import Unchanged
from service.ports import Write
from service.store import vault_statements as sql
from service.store.codec import told_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.audit.reads import LogReads
    from service.ledger import Ledger
    from service.ports import Visit
    from service.vault import Vault

KINDS: Final = ("tenant", "content", "creator", "room")
AT_ONCE: Final = 200
LOOK_SECONDS: Final = 600.0
SEALS_DAYS: Final = next(one.days for one in CLASSES if one.when == "seal")
_REASON: Final = 500


class NoSuchHold(LookupError):
    """The tenant has no such hold, or it was lifted."""


class HoldWrong(ValueError):
    """A hold that cannot be placed."""


class Hold(NamedTuple):
    """A hold, as the database has it."""

    id: str
    tenant: str
    kind: str
    value: str
    reason: str
    by: str
    placed_at: str
    lifted_at: str | None = None
    lifted_by: str | None = None

    def covers(self, tenant: str, content: str, told: dict[str, Any]) -> bool:
        """Whether it keeps a content."""
        if tenant != self.tenant:
            return False
        author = (told.get("author") or [None])[0]
        values = {"tenant": tenant, "content": content, "creator": author, "room": told.get("room")}
        return self.kind == "tenant" or values[self.kind] == self.value


class _HoldsChanged(Exception):
    """Somebody placed or lifted a hold while it was worked out what may go."""


class Erased(NamedTuple):
    """What came of an erasure: contents emptied, keys destroyed, contents that holds or the law keep."""

    contents: int
    keys: int
    held: int
    retained: int


class Gone(NamedTuple):
    """What was taken away: contents by tenant, id and version, and keys."""

    contents: list[tuple[str, str, int]]
    keys: list[bytes]


class Retaining:
    """Keeps nothing but its ways to the database."""

    def __init__(self, ledger: Ledger, reads: LogReads, vault: Vault) -> None:
        self._ledger, self._reads, self._vault = ledger, reads, vault

    async def hold(self, tenant: str, kind: str, value: str, *, reason: str, by: str) -> Hold:
        """Places a hold; the same one again is the one that somebody has placed. Raises ``HoldWrong``."""
        if kind not in KINDS or (kind != "tenant" and not value) or not reason.strip():
            raise HoldWrong(kind if kind not in KINDS else "value" if not value else "reason")
        hold = Hold(new_id(), tenant, kind, value, reason.strip()[:_REASON], by, now())
        facts = {"by": by, "kind": kind, "value": self._vault.mark(tenant, value).hex()}

        def work(visit: Visit) -> Hold:
            if known := visit.rows(sql.HOLD_AS, *hold[1:6]):
                return Hold(*known[0])
            visit.record(Act(HOLD_PLACED, hold.id, tenant, facts), Write(sql.INSERT_HOLD, hold[:7]))
            return hold

        return await self._ledger.visit(work)

    async def lift(self, tenant: str, hold: str, *, by: str) -> None:
        """Lifts a hold. Raises ``NoSuchHold``."""

        def work(visit: Visit) -> None:
            act = Act(HOLD_LIFTED, hold, tenant, {"by": by})
            visit.record(act, Write(sql.LIFT_HOLD, (visit.at, by, hold, tenant)))

        try:
            await self._ledger.visit(work)
        except Unchanged:
            raise NoSuchHold(hold) from None

    async def holds(self, tenant: str, *, limit: int = 500) -> list[Hold]:
        """The holds of a tenant, newest first, lifted ones too."""
        return [Hold(*row) for row in await asyncio.to_thread(self._reads.rows, sql.HOLDS, tenant, limit)]

    async def expiring(self, tenant: str, *, limit: int = 2000) -> list[tuple[str, str, int]]:
        """How many contents of a class end in a month: class, month, number."""
        return await asyncio.to_thread(self._reads.rows, sql.EXPIRING, tenant, limit)

    async def purged(self, tenant: str) -> dict[str, int]:
        """How many contents of a class were purged."""
        return dict(await asyncio.to_thread(self._reads.rows, sql.PURGED, tenant))

    async def sweep(self, at: str = "") -> int:
        """Classes what is old enough and purges what is due by ``at`` (now, when empty); gives how many were purged."""
        moment = at or now()
        while await self._class(moment):
            pass
        done = 0
        while True:
            purged, looked = await self._purge(moment)
            done += purged
            if looked < AT_ONCE:
                break
        await self._drop_seals(moment)
        if done:
            await self._settle()
        return done

    async def watch(self) -> None:
        """Sweeps for ever, so that nothing is kept a day too long."""
        await again(self.sweep, rest=LOOK_SECONDS, failing="retention not swept", at_once=True)

    async def erase(self, tenant: str, person: str, *, reason: str, by: str, retained: bool = False) -> Erased:
        """Erases what a person wrote, but for what is held and, unless ``retained``, what the law keeps longer.

        What holds keep is worked out anew where one was placed or lifted meanwhile.
        """
        while True:
            try:
                return await self._erased(tenant, person, reason=reason, by=by, retained=retained)
            except _HoldsChanged:
                continue

    async def _erased(self, tenant: str, person: str, *, reason: str, by: str, retained: bool) -> Erased:
        found = await asyncio.to_thread(self._words_of, tenant, person)
        holds = await self._in_force()
        free = [one for one in found if not _held(holds, tenant, one[1], one[3])]
        kept = [] if retained else await asyncio.to_thread(self._lawful, [one[0] for one in free])
        going = [one for one in free if one[0] not in kept]
        whole = len(going) == len(found)
        key = await asyncio.to_thread(self._reads.rows, sql.KEY_OF, tenant, self._vault.mark(tenant, person))
        destroyed = [row[0] for row in key] if whole else []
        facts = {
            "by": by,
            "contents": len(going),
            "held": len(found) - len(free),
            "keys": [one.hex() for one in destroyed],
            "reason": self._vault.mark(tenant, reason).hex(),
            "retained": len(free) - len(going),
        }
        seals = await asyncio.to_thread(self._seals_of, tenant, [one[0] for one in going])

        def work(visit: Visit) -> None:
            _same(visit, holds)
            writes = [Write(sql.EMPTY_CONTENT, (one[0],), must_change=False) for one in going]
            writes += [Write(sql.DROP_SEAL, seal, must_change=False) for seal in seals]
            writes += [Write(sql.DESTROY_KEY, (visit.at, one)) for one in destroyed]
            subject = self._vault.mark(tenant, person).hex()
            visit.record(Act(ERASURE_DONE, subject, tenant, facts), *writes)

        await self._ledger.visit(work)
        for one in destroyed:
            self._vault.forget(one)
        await self._settle()
        return Erased(len(going), len(destroyed), len(found) - len(free), len(free) - len(going))

    async def erase_again(self, gone: Gone, *, by: str) -> int:
        """Takes away once more what was taken away after a backup was made; gives how many contents."""
        numbers = [
            number
            for one in gone.contents
            for (number,) in await asyncio.to_thread(self._reads.rows, sql.NUMBER_OF, *one)
        ]
        known = {key for (key,) in await asyncio.to_thread(self._reads.rows, sql.DESTROYED)}
        keys = [key for key in gone.keys if key not in known]

        def work(visit: Visit) -> list[bytes]:
            standing = [key for key in keys if visit.rows(sql.KEY, key)]
            facts = {"by": by, "contents": len(numbers), "keys": [key.hex() for key in standing]}
            writes = [Write(sql.EMPTY_CONTENT, (number,), must_change=False) for number in numbers]
            writes += [Write(sql.DESTROY_KEY, (visit.at, key)) for key in standing]
            visit.record(Act(ERASURE_DONE, "restore", facts=facts), *writes)
            return standing

        for key in await self._ledger.visit(work):
            self._vault.forget(key)
        await self._settle()
        return len(numbers)

    def gone(self) -> Gone:
        """What was taken away until now. Reads."""
        contents = [(tenant, name, version) for tenant, name, version in self._reads.rows(sql.EMPTIED)]
        return Gone(contents, [key for (key,) in self._reads.rows(sql.DESTROYED)])

    async def _settle(self) -> None:
        """Has nothing of what was taken away lie in the write-ahead log."""
        await asyncio.to_thread(self._reads.rows, "PRAGMA wal_checkpoint(TRUNCATE)")

    async def _in_force(self) -> list[Hold]:
        return [Hold(*row) for row in await asyncio.to_thread(self._reads.rows, sql.HOLDING)]

    async def _class(self, at: str) -> int:
        """Works out until when some contents are kept that are old enough."""
        old = stamp(from_stamp(at) - timedelta(days=SHORTEST))
        ((last,),) = await asyncio.to_thread(self._reads.rows, sql.CLASSED)
        rows = await asyncio.to_thread(self._reads.rows, sql.UNCLASSED, last, old, AT_ONCE)
        classes = await asyncio.to_thread(self._classes, rows)
        placed = [(row[0], row[1], *found) for row, found in zip(rows, classes, strict=True)]

        def work(visit: Visit) -> None:
            for row in placed:
                visit.derive(Write(sql.INSERT_RETENTION, row, must_change=False))

        if placed:
            await self._ledger.visit(work)
        return len(placed)

    async def _purge(self, at: str) -> tuple[int, int]:
        """Purges some contents that are due, and puts off those that are held or are kept longer by now.

        Where a hold was placed or lifted meanwhile nothing is done: the next sweep takes it up.
        """
        rows = await asyncio.to_thread(self._reads.rows, sql.DUE, at, AT_ONCE)
        holds, later = await self._in_force(), stamp(from_stamp(at) + timedelta(hours=12))
        going, staying = [], []
        classes = await asyncio.to_thread(self._classes, rows)
        for row, (code, until) in zip(rows, classes, strict=True):
            if until > at:
                staying.append((code, until, row[0]))
            elif _held(holds, row[1], row[2], told_in(row[4])):
                staying.append((code, later, row[0]))
            else:
                going.append((row, code, until))
        seals = [
            seal
            for tenant in {row[1] for row, _, _ in going}
            for seal in await asyncio.to_thread(
                self._seals_of, tenant, [row[0] for row, _, _ in going if row[1] == tenant]
            )
        ]

        def work(visit: Visit) -> None:
            _same(visit, holds)
            for one in staying:
                visit.derive(Write(sql.POSTPONE, one, must_change=False))
            for (content, tenant, name, version, *_, digest), code, until in going:
                facts = {"class": code, "commitment": digest.lower(), "until": until, "version": version}
                visit.record(
                    Act(RETENTION_PURGED, name, tenant, facts),
                    Write(sql.EMPTY_CONTENT, (content,), must_change=False),
                    Write(sql.MARK_PURGED, (visit.at, content)),
                )
            for seal in seals:
                visit.derive(Write(sql.DROP_SEAL, seal, must_change=False))

        try:
            if rows:
                await self._ledger.visit(work)
        except _HoldsChanged:
            return 0, 0
        return len(going), len(rows)

    async def _drop_seals(self, at: str) -> None:
        """Takes away what idempotency keys were used for, half a year after."""
        old = stamp(from_stamp(at) - timedelta(days=SEALS_DAYS))
        while rows := await asyncio.to_thread(self._reads.rows, sql.OLD_SEALS, old, AT_ONCE):
            seals = [tuple(row) for row in rows]

            def work(visit: Visit, seals: Sequence[tuple[Any, ...]] = tuple(seals)) -> None:
                for seal in seals:
                    visit.derive(Write(sql.DROP_SEAL, seal, must_change=False))

            await self._ledger.visit(work)

    def _classes(self, rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
        """By which class each of some contents is kept longest, and until when."""
        return [longest(self._kept(row)) for row in rows]

    def _kept(self, row: Sequence[Any]) -> Kept:
        _, tenant, _, _, body, received, scene, published, restricted = row[:9]
        told = told_in(body)
        room, show = told.get("room"), ""
        if room and published:
            ((show,),) = self._reads.rows(sql.SHOW_END, tenant, room, published)
        commercial = bool(told.get("commercial") or told.get("has_cart_link"))
        return Kept(scene or "", published or received, received, show or "", bool(restricted), commercial)

    def _words_of(self, tenant: str, person: str) -> list[tuple[int, str, int, dict[str, Any]]]:
        """What a person wrote: contents by them, and what they said in reports and appeals."""
        said = {number for (number,) in self._reads.rows(sql.SAID_BY, tenant, person)}
        found, last = [], 0
        while rows := self._reads.rows(sql.WORDS_OF, last, tenant, 1000):
            for number, name, version, body in rows:
                told = told_in(body)
                if number in said or (told.get("author") or [None])[0] == person:
                    found.append((number, name, version, told))
            last = rows[-1][0]
        return found

    def _lawful(self, numbers: Iterable[int]) -> set[int]:
        """Those of some contents that the law keeps for now."""
        moment, kept = now(), set()
        for number in numbers:
            rows = self._reads.rows(sql.UNCLASSED, number - 1, "~", 1)
            if rows and rows[0][0] == number and longest(self._kept(rows[0]))[1] > moment:
                kept.add(number)
        return kept

    def _seals_of(self, tenant: str, numbers: Sequence[int]) -> list[tuple[str, bytes]]:
        if not numbers:
            return []
        return [(name, key) for name, key in self._reads.rows(sql.SEALS_OF, tenant, orjson.dumps(numbers).decode())]


def _same(visit: Visit, holds: Iterable[Hold]) -> None:
    """Raises ``_HoldsChanged`` where these are not the holds that are in force now."""
    if {Hold(*row) for row in visit.rows(sql.HOLDING)} != {*holds}:
        raise _HoldsChanged


def _held(holds: Iterable[Hold], tenant: str, content: str, told: dict[str, Any]) -> bool:
    return any(hold.covers(tenant, content, told) for hold in holds)
