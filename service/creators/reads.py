"""Creators as values, read over a connection that cannot write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.creators.belonging import Link, counting
from service.creators.entries import Entry
from service.creators.posting import Member
from service.creators.standing import Facts
from service.creators.trials import State, Trial
from service.store import creator_statements as sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aiosqlite

LAST: Final = 1 << 62
AT_ONCE: Final = 500
"""So many entries are read, and counted, on the event loop: about a millisecond. More are for a thread beside it."""


class Measured(NamedTuple):
    """A row of ``measures``, in the order of ``creator_statements.MEASURE``."""

    id: str
    creator: str
    kind: str
    state: str
    rule: str
    basis: str
    facts: str
    days: int | None
    proposed_by: str
    proposed_at: str
    decided_by: str | None
    decided_at: str | None
    ends_at: str | None
    ended_by: str | None
    ended_at: str | None
    relief: str


class Shown(NamedTuple):
    """An entry as it is listed: its number, and the decision and version that it is about."""

    number: int
    entry: Entry
    decision: str | None
    content_id: str | None
    version: int | None


class Owner(NamedTuple):
    """A creator with its links, those that ended too, and the kinds of the measures in force against it."""

    member: Member
    links: list[Link]
    measures: tuple[str, ...]


class Account(NamedTuple):
    """An account that is or was linked; times in seconds."""

    name: str
    channel: str
    since: int
    until: int | None


class AppealShown(NamedTuple):
    """An appeal as it is listed with a creator."""

    id: str
    decision: str
    content_id: str
    filed_at: str
    outcome: str | None


class Spent(NamedTuple):
    """What was spent of a day's budget: ``sort`` is ``all`` or ``explored``."""

    day: int
    sort: str
    amount: int


class RankingShown(NamedTuple):
    """A ranking as it is listed, in the order of ``creator_statements.RANKINGS``."""

    id: str
    day: int
    at: str
    scene: str
    seed: int
    budget: int
    granted: int
    explored: int
    candidates: int
    gini: int
    gini_without: int


class CreatorReads:
    """Keeps one connection for reading; whoever opened it closes it."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, statement: str, *values: str | int | None) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        return [tuple(row) for row in await self._connection.execute_fetchall(statement, values)]

    async def named(self, tenant: str, name: str) -> Member | None:
        """A creator by the pipeline's id."""
        rows = await self.rows(sql.CREATOR_NAMED, tenant, name)
        return Member(*rows[0]) if rows else None

    async def owners(self, tenant: str, names: Sequence[str]) -> dict[str, Owner]:
        """Those with these ids, or whose accounts they are, and what stands beside them: one statement."""
        found = {}
        # An account that is somebody's stands where they stand, so that comes last.
        for name, _, *columns, links, measures in await self.rows(sql.OWNERS, tenant, _listed(names)):
            beside = [Link(*link) for link in orjson.loads(links)]
            found[name] = Owner(Member(*columns), beside, tuple(orjson.loads(measures)))
        return found

    async def known_as(self, tenant: str, id_: str) -> Member | None:
        """A creator by the id that was made here."""
        rows = await self.rows(sql.CREATOR_AS, tenant, id_)
        return Member(*rows[0]) if rows else None

    async def listed(self, tenant: str, *, after: str, containing: str, limit: int) -> list[Member]:
        """Enrolled creators by their ids, from one on; accounts that are another creator's are left out."""
        return [Member(*row) for row in await self.rows(sql.CREATORS_LISTED, tenant, after, containing, limit)]

    async def links(self, creator: str) -> list[Link]:
        """The accounts that are or were a creator's."""
        return [Link(*row) for row in await self.rows(sql.LINKS, creator)]

    async def accounts(self, creator: str) -> list[Account]:
        """The same to be shown."""
        return [Account(*row) for row in await self.rows(sql.LINKS_SHOWN, creator)]

    async def entries_of(self, links: Mapping[str, Sequence[Link]]) -> dict[str, list[Entry]]:
        """All entries that count for each creator, its own and those that its links bring: one statement."""
        accounts = {link.account for held in links.values() for link in held}
        rows = await self._connection.execute_fetchall(sql.MANY_ENTRIES, (_listed([*links, *accounts]),))
        found = list(rows)
        return _counting(found, links) if len(found) <= AT_ONCE else await asyncio.to_thread(_counting, found, links)

    async def ledger(self, creator: str, *, before: int = LAST, limit: int) -> list[Shown]:
        """The newest entries of a creator and its accounts, before a number."""
        owners = [creator, *{link.account for link in await self.links(creator)}]
        rows = await self.rows(sql.ENTRIES_SHOWN, _listed(owners), before, limit)
        return [Shown(row[0], Entry(*row[1:12]), *row[12:]) for row in rows]

    async def decisions(self, entries: Sequence[str]) -> dict[str, str | None]:
        """The decision that each of some entries is about, by their ids."""
        return dict(await self.rows(sql.DECIDED_BY, _listed(entries)))

    async def measures(self, creator: str) -> list[Measured]:
        """The measures against a creator, newest first."""
        return [Measured(*row) for row in await self.rows(sql.MEASURES_OF, creator)]

    async def measures_in(self, tenant: str, state: str, *, before: str, limit: int) -> list[tuple[Measured, str]]:
        """The measures of a tenant, of one state or (empty) of all, newest first, each with whom it is against."""
        rows = await self.rows(sql.MEASURES_LISTED, tenant, state, before, limit)
        return [(Measured(*row), name) for *row, name in rows]

    async def enrolled(self, tenant: str, *, limit: int) -> list[str]:
        """The ids of the pipeline's of enrolled creators."""
        return [name for _, name in await self.rows(sql.ENROLLED_IN, tenant, limit)]

    async def appeals_about(self, tenant: str, contents: Sequence[str]) -> list[AppealShown]:
        """The newest appeals about some contents."""
        return [AppealShown(*row) for row in await self.rows(sql.APPEALS_ABOUT, tenant, _listed(contents))]

    async def spent_days(self, tenant: str, since: int) -> list[Spent]:
        """What was spent in all and explored on each day from one on, where anything was."""
        return [Spent(*row) for row in await self.rows(sql.SPENT_DAYS, tenant, since)]

    async def boosted(self, tenant: str, creator: str) -> list[tuple[int, int]]:
        """The last days on which a creator was boosted, newest first, and what was spent."""
        return [(day, spent) for day, spent in await self.rows(sql.BOOSTED, tenant, creator)]

    async def rankings(self, tenant: str, *, limit: int) -> list[RankingShown]:
        """The newest rankings."""
        return [RankingShown(*row) for row in await self.rows(sql.RANKINGS, tenant, limit)]

    async def formula(self, tenant: str, formula: str) -> tuple[str, str] | None:
        """The version and the TOML of a formula of a tenant's own."""
        rows = await self.rows(sql.FORMULA_TEXT, tenant, formula)
        return (rows[0][0], str(rows[0][1])) if rows else None

    async def owners_of(self, account: str) -> list[str]:
        """The creators whose an account is or was."""
        return [owner for (owner,) in await self.rows(sql.OWNER_OF, account)]

    async def trials(self, tenant: str, *, limit: int) -> list[Trial]:
        """The trials of a tenant, newest first."""
        return [trial_of(row) for row in await self.rows(sql.TRIALS, tenant, limit)]


def _counting(rows: Sequence[Sequence[Any]], links: Mapping[str, Sequence[Link]]) -> dict[str, list[Entry]]:
    of_account: dict[str, list[Entry]] = {}
    for account, *columns in rows:
        of_account.setdefault(account, []).append(Entry(*columns))
    return {creator: counting(creator, of_account, held) for creator, held in links.items()}


def _listed(values: Sequence[str]) -> str:
    return orjson.dumps(list(values)).decode()


def trial_of(row: tuple[Any, ...]) -> Trial:
    """A trial from its columns."""
    id_, formula, base, variable, state, share, by, since, staged_at = row
    return Trial(id_, formula, base, variable, State(state), share, by, since, staged_at)


def facts_of(member: Member) -> Facts:
    """What of a creator its standing rests on. Verified is who has a verification at all, in force or not."""
    ends = tuple(int(end) for end in orjson.loads(member.valid_until).values())
    return Facts(member.cohort, verified=bool(ends) or member.entity is not None, valid_until=ends)
