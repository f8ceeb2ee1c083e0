"""Creators in use: their standings, from memory. It reads alone; ``NotThere``: the tenant has no such creator.

What is kept in memory is bounded and holds for ten minutes at most. After each commit that may have changed it, the
next who asks finds out what was: so who was told of an overturn finds the score as it is then.
"""

from __future__ import annotations

import asyncio
from time import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from service.acts import CREATOR_CHANGED
from service.creators.amends import boosted
from service.creators.entries import DAY, Entry, Kind, day_of, start_of
from service.creators.reads import AT_ONCE, facts_of
from service.creators.standing import Standing, limited
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.creators.formula import Formula
    from service.creators.formulas import Formulas
    from service.creators.posting import Member
    from service.creators.reads import CreatorReads, Owner
    from service.creators.roster import Roster
    from service.creators.score import Derived

HOLDS_SECONDS: Final = 600
MOST_CHANGES: Final = 5_000
"""After more changes than this everything is read anew."""
SLICE: Final = 50
"""So many creators are read together: the entries of all that are asked for would not fit in memory."""
_EVERYBODY: Final = ""

T = TypeVar("T")


class NotThere(LookupError):
    """The tenant has no such creator."""


class Held(NamedTuple):
    """A standing that is kept: of whom, by which formula, with which habit (milli-points) and measures, and until when.

    ``told`` is for whoever tells of it: answers that were made once are kept with it, and go with it.
    """

    id: str
    cohort: str
    standing: Standing
    formula: Formula
    habit: int
    measures: tuple[str, ...]
    until: int
    told: dict[str, bytes]


class Boost(NamedTuple):
    """A multiplier for a scene (permille) with its reasons, and what it rests on."""

    multiplier: int
    reasons: tuple[str, ...]
    standing: Standing
    held: Held


class Seen(NamedTuple):
    """All that a creator's score rests on, and what comes of it by the formula that holds, and by one that is tried."""

    member: Member
    entries: list[Entry]
    formula: Formula
    derived: Derived
    standing: Standing
    measures: tuple[str, ...]
    other: Formula | None


class Book:
    """Keeps standings, the most recent ``most`` of them."""

    def __init__(self, reads: CreatorReads, formulas: Formulas, roster: Roster, *, most: int) -> None:
        self.reads, self.formulas, self.roster = reads, formulas, roster
        self._most = most
        self._held: dict[tuple[str, str], Held] = {}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        self._stale = True
        self._seq: int | None = None
        self._turn = asyncio.Lock()
        self._loads: dict[object, set[str]] = {}
        """For each load that goes on who was forgotten meanwhile: what it finds of them is not kept."""

    def __len__(self) -> int:
        return len(self._held)

    def touched(self) -> None:
        """Something was committed: whoever asks next looks what."""
        self._stale = True

    @property
    def _behind(self) -> bool:
        """Whether anything changed that is not read yet, even if somebody is reading it now."""
        return self._stale or self._turn.locked()

    async def held(self, tenant: str, name: str) -> Held:
        """The standing of a creator, from memory where it is true. Raises ``NotThere``."""
        held = self._held.get((tenant, name))
        now = int(time())
        if self._behind or held is None or held.until <= now:
            held = (await self.standings(tenant, [name])).get(name)
            if held is None:
                raise NotThere(name)
        return held

    async def standings(self, tenant: str, names: Sequence[str]) -> dict[str, Held]:
        """The standings of those among these that are known."""
        await self.refresh()
        now = int(time())
        found: dict[str, Held] = {}
        missing = []
        for name in names:
            held = self._held.get((tenant, name))
            if held is None or held.until <= now:
                missing.append(name)
            else:
                found[name] = held
        for place in range(0, len(missing), SLICE):
            found |= await self._load(tenant, missing[place : place + SLICE], now)
        return found

    async def seen(self, tenant: str, name: str, *, at: int | None = None) -> Seen:
        """A creator with all that its score rests on. Raises ``NotThere``."""
        await self.refresh()
        owner = (await self.reads.owners(tenant, [name])).get(name)
        if owner is None:
            raise NotThere(name)
        member = owner.member
        entries = (await self.reads.entries_of({member.id: owner.links}))[member.id]
        formula = self.formulas.of(tenant, member.id)
        now = int(time()) if at is None else at
        derived, standing, _ = await aside([entries], lambda: boosted(entries, formula, now, facts_of(member)))
        measures = tuple(one.kind for one in await self.reads.measures(member.id) if one.state == "in_force")
        return Seen(member, entries, formula, derived, standing, measures, self.formulas.other(tenant, member.id))

    async def reload(self) -> None:
        """Forgets everything, and reads formulas and roster again."""
        ((last,),) = await self.reads.rows(sql.LAST_SEQ)
        self._forget_all()
        await self.formulas.refresh()
        await self.roster.refresh(self.reads)
        self._seq = last

    async def refresh(self) -> None:
        """Lets go of what was changed since somebody last looked, by this process or another."""
        if not self._behind:
            return
        async with self._turn:
            if not self._stale:
                return
            self._stale = False
            try:
                await self._catch_up()
            except BaseException:
                self._stale = True
                raise

    async def _catch_up(self) -> None:
        """Reads what was changed. What is cut short is read again: forgetting twice does no harm."""
        if self._seq is None:
            await self.reload()
            return
        # As far as the record goes, not as far as anything changed: nobody reads the same acts over and over.
        ((last,),) = await self.reads.rows(sql.LAST_SEQ)
        changed = await self.reads.rows(sql.CHANGED_SINCE, self._seq, last)
        if len(changed) > MOST_CHANGES:
            await self.reload()
            return
        if any(kind.startswith("trial.") for kind, *_ in changed):
            await self.formulas.refresh()
            self._forget_all()
        for kind, subject, creator, account in changed:
            if kind == CREATOR_CHANGED:
                await self.roster.add(self.reads, subject)
            for one in {subject, creator, account} - {None}:
                await self._changed(one)
        self._seq = last

    async def _changed(self, creator: str) -> None:
        self._forget(creator)
        if self._held or self._loads:
            for owner in await self.reads.owners_of(creator):
                self._forget(owner)

    def _forget_all(self) -> None:
        self._held.clear()
        self._keys.clear()
        for forgotten in self._loads.values():
            forgotten.add(_EVERYBODY)

    def _forget(self, creator: str) -> None:
        for forgotten in self._loads.values():
            forgotten.add(creator)
        for key in self._keys.pop(creator, ()):
            self._held.pop(key, None)

    async def _load(self, tenant: str, names: list[str], now: int) -> dict[str, Held]:
        """Derives standings from what the database holds: two statements, however many they are."""
        load, forgotten = object(), set[str]()
        self._loads[load] = forgotten
        try:
            named = await self.reads.owners(tenant, names)
            entries = await self.reads.entries_of({one.member.id: one.links for one in named.values()})
            found = await aside(
                list(entries.values()),
                lambda: {name: self._derived(one, entries[one.member.id], now) for name, one in named.items()},
            )
        finally:
            del self._loads[load]
        for name, held in found.items():
            self.roster.watch(tenant, name, held.standing.tier, held.formula.tiers[-1].name)
            if not forgotten & {held.id, _EVERYBODY}:
                self._keep((tenant, name), held)
        return found

    def _derived(self, owner: Owner, entries: list[Entry], now: int) -> Held:
        member = owner.member
        formula = self.formulas.of(member.tenant, member.id)
        derived, standing, back = boosted(entries, formula, now, facts_of(member))
        # What was given back per day changes at midnight.
        until = min(now + HOLDS_SECONDS, start_of(day_of(now) + 1)) if back else now + HOLDS_SECONDS
        return Held(member.id, member.cohort, standing, formula, derived.habit, owner.measures, until, {})

    def _keep(self, key: tuple[str, str], held: Held) -> None:
        self._held.pop(key, None)
        while len(self._held) >= self._most:
            self._forget(self._held[next(iter(self._held))].id)
        self._held[key] = held
        keys = self._keys.setdefault(held.id, [])
        if key not in keys:
            keys.append(key)


async def aside(entries: list[list[Entry]], reckoned: Callable[[], T]) -> T:
    """What is derived from entries: beside the event loop, unless it takes no time."""
    if sum(map(len, entries)) <= AT_ONCE and not any(one.kind == Kind.REVERSAL for some in entries for one in some):
        return reckoned()
    return await asyncio.to_thread(reckoned)


def boost_of(held: Held, scene: str) -> Boost:
    """What a standing comes to in a scene."""
    standing = held.standing
    if not held.measures:
        return Boost(standing.multiplier, standing.reasons, standing, held)
    multiplier, by = limited(standing.multiplier, held.measures, scene)
    reasons = (*standing.reasons, *(f"measure:{kind}" for kind in by))
    return Boost(multiplier, reasons, standing, held)


def today(now: int | None = None) -> int:
    """The day in Shanghai."""
    return day_of(int(time()) if now is None else now)


assert HOLDS_SECONDS < DAY
