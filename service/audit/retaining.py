"""What is kept for how long: contents are classed, purged when their time has come, held, and erased with a person.

To take a content away is to empty its words and its salt, with whatever else would let somebody guess them (the seals
of idempotency keys); its commitment, its decisions and its acts stay, and the act that tells of it is its tombstone. To
erase a person is to do that for all that they wrote, and to destroy their key.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import ERASURE_DONE, RETENTION_PURGED, Act
from service.audit.clock import Clock
from service.audit.holds import Holds, Overtaken, held, same
from service.audit.retention import CLASSES, FOREVER, SHORTEST, Kept, longest, looked_at
from service.ids import from_stamp, now, stamp
from service.ports import Write
from service.store import vault_statements as sql
from service.store.codec import told_in
from service.store.statements import NEXT
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.audit.holds import Hold
    from service.audit.reads import LogReads
    from service.audit.weeding import Weeding
    from service.ledger import Ledger
    from service.ports import Visit
    from service.vault import Vault

    Read = Callable[..., list[tuple[Any, ...]]]

AT_ONCE: Final = 200
LOOK_SECONDS: Final = 600.0
SEALS_DAYS: Final = next(one.days for one in CLASSES if one.when == "seal")


class _Fate(Enum):
    """What is to become of a content of somebody who is to be erased."""

    GOES = 1
    HELD = 2
    RETAINED = 3


class _Asked(NamedTuple):
    """Who is to be erased, and what keeps some of their words: holds, and the law unless ``retained``."""

    tenant: str
    person: str
    holds: list[Hold]
    retained: bool


class _Seen(NamedTuple):
    """What is to become of each of a person's contents, and the seals of those that go, each with its content.

    Whatever has a number from ``content`` or ``seq`` on, as a content or as an act, came later.
    """

    fates: dict[int, _Fate]
    seals: frozenset[tuple[str, bytes, int]]
    seq: int
    content: int


class Erased(NamedTuple):
    """What came of an erasure: contents emptied, keys destroyed, contents that holds or the law keep, packs removed."""

    contents: int
    keys: int
    held: int
    retained: int
    packs: int = 0


class Gone(NamedTuple):
    """What was taken away: contents by tenant, id and version, and keys; and the holds in force."""

    contents: list[tuple[str, str, int]]
    keys: list[bytes]
    holds: list[Hold]


class Again(NamedTuple):
    """What a restore did anew: contents emptied, holds placed."""

    contents: int
    holds: int


class Retaining:
    """Keeps its ways to the database, the holds, and whether all packs are known to say only what is kept."""

    def __init__(self, ledger: Ledger, reads: LogReads, vault: Vault, weeding: Weeding) -> None:
        self._ledger, self._reads, self._vault, self._weeding = ledger, reads, vault, weeding
        self.holds = Holds(ledger, reads, vault)
        self._weeded, self._clock = False, Clock(reads)

    async def expiring(self, tenant: str, *, limit: int = 2000) -> list[tuple[str, str, int]]:
        """How many contents of a class end in a month: class, month, number."""
        return await asyncio.to_thread(self._reads.rows, sql.EXPIRING, tenant, limit)

    async def purged(self, tenant: str) -> dict[str, int]:
        """How many contents of a class were purged."""
        return dict(await asyncio.to_thread(self._reads.rows, sql.PURGED, tenant))

    async def sweep(self, at: str = "") -> int:
        """Classes what is old enough and purges what is due by ``at``, or by a clock that is not doubted: how many."""
        moment = at or now()
        if not at and await asyncio.to_thread(self._clock.doubted, moment):
            return 0
        while await self._class(moment):
            pass
        done: set[int] = set()
        while True:
            purged, looked = await self._purge(moment)
            done.update(purged)
            if looked < AT_ONCE:
                break
        await self._drop_seals(moment)
        if done:
            await self._settle()
        await self._weed(done)
        return len(done)

    async def watch(self) -> None:
        """Sweeps for ever, so that nothing is kept a day too long."""
        await forever(self.sweep, rest=LOOK_SECONDS, failing="retention not swept", at_once=True)

    async def erase(self, tenant: str, person: str, *, reason: str, by: str, retained: bool = False) -> Erased:
        """Erases what a person wrote, but for what is held and, unless ``retained``, what the law keeps longer.

        What holds keep is worked out anew where one was placed or lifted meanwhile.
        """
        while True:
            asked = _Asked(tenant, person, await asyncio.to_thread(self.holds.in_force), retained)
            try:
                return await self._erased(asked, reason=reason, by=by)
            except Overtaken:
                continue

    async def _erased(self, asked: _Asked, *, reason: str, by: str) -> Erased:
        """Looks twice, for the second look is short, so that little is left for the one that the journal waits for."""
        seen = _Seen({}, frozenset(), 0, 0)
        for _ in range(2):
            seen = await asyncio.to_thread(self._look, self._reads.rows, asked, seen)
        subject = self._vault.mark(asked.tenant, asked.person)

        def work(visit: Visit) -> tuple[Erased, list[int]]:
            same(visit, asked.holds)
            fates, found, *_ = self._look(visit.rows, asked, seen)
            going = [number for number, fate in fates.items() if fate is _Fate.GOES]
            seals = {(name, key) for name, key, number in found if fates[number] is _Fate.GOES}
            known = visit.rows(sql.KEY_OF, asked.tenant, subject) if len(going) == len(fates) else []
            keys, count = [key for key, _ in known], Counter(fates.values())
            erased = Erased(len(going), len(keys), count[_Fate.HELD], count[_Fate.RETAINED])
            facts = {
                **dict(zip(Erased._fields, erased[:-1], strict=False)),
                "by": by,
                "keys": [key.hex() for key in keys],
                "reason": self._vault.mark(asked.tenant, reason).hex(),
            }
            act = Act(ERASURE_DONE, subject.hex(), asked.tenant, facts)
            visit.record(act, *_taken(going, seals), *self._destroyed(visit, keys))
            return erased, going

        erased, emptied = await self._ledger.visit(work)
        await self._settle()
        return erased._replace(packs=await self._weed({*emptied}))

    def _destroyed(self, visit: Visit, keys: Iterable[bytes]) -> list[Write]:
        """What destroys keys: nothing that follows in the transaction, or after it, is sealed with them."""
        for key in keys:
            self._vault.forget(key)
        return [Write(sql.DESTROY_KEY, (visit.at, key)) for key in keys]

    async def erase_again(self, gone: Gone, *, by: str) -> Again:
        """Takes away once more what was taken away after a backup was made, and places the holds that came since."""
        found = [
            (one[0], number)
            for one in gone.contents
            for (number,) in await asyncio.to_thread(self._reads.rows, sql.NUMBER_OF, *one)
        ]
        numbers = [number for _, number in found]
        seals = await asyncio.to_thread(self._seals_by_tenant, found)
        known = {key for (key,) in await asyncio.to_thread(self._reads.rows, sql.DESTROYED)}
        keys = [key for key in gone.keys if key not in known]

        def work(visit: Visit) -> int:
            placed = self.holds.place_lacking(visit, gone.holds, by=by)
            standing = [key for key in keys if visit.rows(sql.KEY, key)]
            facts = {"by": by, "contents": len(numbers), "keys": [key.hex() for key in standing]}
            act = Act(ERASURE_DONE, "restore", facts=facts)
            visit.record(act, *_taken(numbers, seals), *self._destroyed(visit, standing))
            return placed

        placed = await self._ledger.visit(work)
        await self._settle()
        await self._weed({*numbers})
        return Again(len(numbers), placed)

    def gone(self) -> Gone:
        """What was taken away until now, and is held. Reads."""
        contents = [(tenant, name, version) for tenant, name, version in self._reads.rows(sql.EMPTIED)]
        keys = [key for (key,) in self._reads.rows(sql.DESTROYED)]
        return Gone(contents, keys, self.holds.in_force())

    async def _settle(self) -> None:
        """Has nothing of what was taken away lie in the write-ahead log."""
        await asyncio.to_thread(self._reads.rows, "PRAGMA wal_checkpoint(TRUNCATE)")

    async def _weed(self, emptied: set[int]) -> int:
        """Takes away the packs with the text of what was emptied; gives how many.

        After a start, or where that failed before, all packs are looked through.
        """
        weeded, self._weeded = self._weeded, False
        taken = await self._weeding.out(emptied, anew=not weeded)
        self._weeded = True
        return taken

    async def _class(self, at: str) -> int:
        """Works out until when some contents are kept that are old enough."""
        old = stamp(from_stamp(at) - timedelta(days=SHORTEST))
        ((last,),) = await asyncio.to_thread(self._reads.rows, sql.CLASSED)
        rows = await asyncio.to_thread(self._reads.rows, sql.UNCLASSED, last, old, AT_ONCE)
        classes = await asyncio.to_thread(self._classes, rows)
        placed = [(*row[:2], code, looked_at(until, at)) for row, (code, until) in zip(rows, classes, strict=True)]

        def work(visit: Visit) -> None:
            visit.derive(*(Write(sql.INSERT_RETENTION, row, must_change=False) for row in placed))

        if placed:
            await self._ledger.visit(work)
        return len(placed)

    async def _purge(self, at: str) -> tuple[list[int], int]:
        """Purges some contents that are due, and puts off those that are held or are kept longer by now.

        Where a hold came or went meanwhile, or a text was posted anew, nothing is done: the next sweep takes it up.
        """
        rows = await asyncio.to_thread(self._reads.rows, sql.DUE, at, AT_ONCE)
        holds = await asyncio.to_thread(self.holds.in_force)
        going, staying = [], []
        classes = await asyncio.to_thread(self._classes, rows)
        for row, (code, until) in zip(rows, classes, strict=True):
            if until > at:
                staying.append((code, looked_at(until, at), row[0]))
            elif held(holds, row[1], row[2], told_in(row[4])):
                staying.append((code, looked_at(FOREVER, at), row[0]))
            else:
                going.append((row, code, until))
        seals = await asyncio.to_thread(self._seals_by_tenant, [(row[1], row[0]) for row, _, _ in going])

        def work(visit: Visit) -> None:
            same(visit, holds)
            if visit.rows(sql.DUE, at, AT_ONCE) != rows:
                raise Overtaken
            visit.derive(*(Write(sql.POSTPONE, one, must_change=False) for one in staying))
            for (content, tenant, name, version, *_, digest), code, until in going:
                facts = {"class": code, "commitment": digest.lower(), "until": until, "version": version}
                visit.record(
                    Act(RETENTION_PURGED, name, tenant, facts),
                    *_taken([content]),
                    Write(sql.MARK_PURGED, (visit.at, content)),
                )
            visit.derive(*_taken([], seals))

        try:
            if rows:
                await self._ledger.visit(work)
        except Overtaken:
            return [], 0
        return [row[0] for row, _, _ in going], len(rows)

    async def _drop_seals(self, at: str) -> None:
        """Takes away what idempotency keys were used for, half a year after."""
        old = stamp(from_stamp(at) - timedelta(days=SEALS_DAYS))
        while rows := await asyncio.to_thread(self._reads.rows, sql.OLD_SEALS, old, AT_ONCE):
            seals = [tuple(row) for row in rows]

            def work(visit: Visit, seals: Sequence[tuple[Any, ...]] = tuple(seals)) -> None:
                visit.derive(*_taken([], seals))

            await self._ledger.visit(work)

    def _classes(self, rows: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
        """By which class each of some contents is kept longest, and until when."""
        return [longest(_kept(self._reads.rows, row)) for row in rows]

    def _look(self, read: Read, asked: _Asked, seen: _Seen) -> _Seen:
        """What is to become of a person's words, with those that were written or decided on since they were seen."""
        tenant, person, holds, retained = asked
        ((seq, content),) = read(NEXT)
        words = self._words_of(read, tenant, person, seen.content)
        fates = {number: _Fate.HELD for number, name, told in words if held(holds, tenant, name, told)}
        free = {number for number, *_ in words} - fates.keys()
        if seen.fates:
            decided = {number for (number,) in read(sql.DECIDED_SINCE, seen.seq, tenant)}
            free |= {number for number in decided & seen.fates.keys() if seen.fates[number] is not _Fate.HELD}
        kept = set() if retained else self._lawful(read, free)
        fates |= {number: _Fate.RETAINED if number in kept else _Fate.GOES for number in free}
        seals = self._seals_of(read, tenant, [*free - kept])
        return _Seen({**seen.fates, **fates}, seen.seals.union(seals), seq, content)

    def _words_of(self, read: Read, tenant: str, person: str, first: int) -> list[tuple[int, str, dict[str, Any]]]:
        """What a person wrote from a content on: contents by them, and what they said in reports and appeals."""
        said = {number for (number,) in read(sql.SAID_BY, tenant, person)}
        found, last = [], first - 1
        while rows := read(sql.WORDS_OF, last, tenant, 1000):
            for number, name, body in rows:
                told = told_in(body)
                if number in said or (told.get("author") or [None])[0] == person:
                    found.append((number, name, told))
            last = rows[-1][0]
        return found

    def _lawful(self, read: Read, numbers: Iterable[int]) -> set[int]:
        """Those of some contents that the law keeps for now."""
        moment, kept = now(), set()
        for number in numbers:
            rows = read(sql.UNCLASSED, number - 1, "~", 1)
            if rows and rows[0][0] == number and longest(_kept(read, rows[0]))[1] > moment:
                kept.add(number)
        return kept

    def _seals_by_tenant(self, found: Sequence[tuple[str, int]]) -> set[tuple[str, bytes]]:
        """The seals of some contents, each named by its tenant and its number."""
        return {
            (name, key)
            for tenant in {tenant for tenant, _ in found}
            for name, key, _ in self._seals_of(
                self._reads.rows, tenant, [number for owner, number in found if owner == tenant]
            )
        }

    def _seals_of(self, read: Read, tenant: str, numbers: Sequence[int]) -> list[tuple[str, bytes, int]]:
        return read(sql.SEALS_OF, tenant, orjson.dumps(numbers).decode()) if numbers else []


def _taken(contents: Iterable[int], seals: Iterable[tuple[Any, ...]] = ()) -> list[Write]:
    """What takes words and seals away. A block that stands is still somebody's then, who may appeal."""
    gone = [(statement, (one,)) for one in contents for statement in (sql.KEEP_AUTHOR, sql.EMPTY_CONTENT)]
    return [Write(*one, must_change=False) for one in [*gone, *((sql.DROP_SEAL, seal) for seal in seals)]]


def _kept(read: Read, row: Sequence[Any]) -> Kept:
    _, tenant, _, _, body, received, scene, published, restricted = row[:9]
    told = told_in(body)
    room, show = told.get("room"), ""
    if room and published:
        ((show,),) = read(sql.SHOW_END, tenant, room, published)
    commercial = bool(told.get("commercial") or told.get("has_cart_link"))
    return Kept(scene or "", published or received, received, show or "", bool(restricted), commercial)
