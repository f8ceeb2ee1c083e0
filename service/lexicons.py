"""Tenants' own lexicons: file a version, activate one, go back to one. Versions stay; every step is an act."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import orjson

from moderation.own import check_own, check_shape, digest_of
from service.acts import LEXICON_ACTIVATED, LEXICON_FILED, Act
from service.ids import now
from service.keys import CLI
from service.ledger import LedgerRefused
from service.ports import Write
from service.store import statements
from service.store.reads import LexiconInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.engine import Engine
    from moderation.ruleset import Ruleset
    from service.ledger import Ledger
    from service.store.reads import Reads

NOTE_CHARS = 200
SHOWN = 200
"""So many versions are listed."""
NO_WORDS = 0
"""The version of a tenant that has no own words: the shared rules alone."""
_TRIES = 5
DIRECT = "direct"
"""The ground of an activation without a proposal."""


class UnknownVersion(LookupError):
    """The tenant has no such version."""


class FourEyes(Exception):
    """The house asks for two people: a version becomes active by a proposal."""


class Court(Protocol):
    """What reads own files, and judges by the active ones."""

    async def compiled(self, files: Mapping[str, str]) -> Engine:
        """The engine of the shared rules and these files. Raises ``LoadErrors``."""

    async def catch_up(self) -> None:
        """Judges by what is active."""


class Lexicon(NamedTuple):
    """A tenant's versions, newest first, and the active one (0: none)."""

    active: int
    versions: list[LexiconInfo]


class Lexicons:
    """Keeps order among those who change lexicons in this process; the database does among processes."""

    def __init__(self, ledger: Ledger, reads: Reads, court: Court, *, four_eyes: bool = False) -> None:
        self._ledger, self._reads, self._court, self._four_eyes = ledger, reads, court, four_eyes
        self._turn = asyncio.Lock()
        self._reading = asyncio.Lock()
        """Twenty thousand terms take a second of a core: one at a time, so that moderation goes on beside."""

    async def of(self, tenant: str) -> Lexicon:
        """The versions that a tenant has, and the active one."""
        return Lexicon(await self._active(tenant), await self._reads.lexicons(tenant, limit=SHOWN))

    async def files(self, tenant: str, version: int) -> Mapping[str, str]:
        """The texts of one version by name. Raises ``UnknownVersion``."""
        files = {} if version == NO_WORDS else await self._reads.lexicon_files(tenant, version)
        if files is None:
            raise UnknownVersion(version)
        return files

    async def file(self, tenant: str, files: Mapping[str, str], *, by: str, note: str = "") -> LexiconInfo:
        """A new version with these texts; the newest one where it has the very same. It is not yet active.

        Raises ``LoadErrors`` with all that is wrong, ``ValueError`` for the note, and what the ledger raises.
        """
        if len(note) > NOTE_CHARS or not all(map(str.isprintable, note)):
            raise ValueError(f"a note is at most {NOTE_CHARS} printable characters")
        check_shape(files)
        ruleset = await self.tried(files)
        terms, digest = len(ruleset.own), digest_of(files)
        async with self._turn:
            return await self._filed(tenant, files, LexiconInfo(0, digest, terms, note, by, ""))

    async def tried(self, files: Mapping[str, str]) -> Ruleset:
        """The shared rules with these files, which have judged their examples. Raises ``LoadErrors``."""
        async with self._reading:
            engine = await self._court.compiled(files)
            await asyncio.to_thread(check_own, engine)
        return engine.ruleset

    def permit(self, by: str) -> None:
        """Raises ``FourEyes`` where the house asks for two people and this is not its operator."""
        if self._four_eyes and by != CLI:
            raise FourEyes(by)

    async def activate(self, tenant: str, version: int, *, by: str) -> None:
        """Has a tenant judged by a version, old or new, from now on; 0 stands for none.

        Once it returns, no content that comes to this process is judged by another. Raises ``UnknownVersion``,
        ``FourEyes`` where the house asks for two people and this is not its operator, ``LoadErrors`` where the version
        cannot stand on the shared rules as they are now, and what the ledger raises.
        """
        files = await self.files(tenant, version)
        if files:
            await self._court.compiled(files)
        async with self._turn:
            before = await self._active(tenant)
            if version != before:
                self.permit(by)
                act = Act(
                    LEXICON_ACTIVATED, f"{tenant}/{version}", tenant, {"by": by, "before": before, "version": version}
                )
                row = (tenant, version or None, by, now(), DIRECT, None)
                await self._ledger.record(act, Write(statements.ACTIVATE_LEXICON, row))
            await self._court.catch_up()

    async def roll_back(self, tenant: str, *, by: str) -> int:
        """Activates the version that was active before the present one, and names it. Raises as ``activate`` does."""
        history = await self._reads.lexicon_history(tenant, limit=2)
        if not history:
            raise UnknownVersion(NO_WORDS)
        before = history[1] if len(history) > 1 else NO_WORDS
        await self.activate(tenant, before, by=by)
        return before

    async def _active(self, tenant: str) -> int:
        history = await self._reads.lexicon_history(tenant)
        return history[0] if history else NO_WORDS

    async def _filed(self, tenant: str, files: Mapping[str, str], told: LexiconInfo) -> LexiconInfo:
        for last_try in range(_TRIES):
            listed = await self._reads.lexicons(tenant, limit=1)
            newest = listed[0] if listed else None
            if newest is not None and newest.sha256 == told.sha256:
                return newest
            info = told._replace(version=newest.version + 1 if newest else 1, created_at=now())
            facts = {"by": info.by, "sha256": info.sha256, "terms": info.terms, "version": info.version}
            act = Act(LEXICON_FILED, f"{tenant}/{info.version}", tenant, facts)
            text = orjson.dumps(files, option=orjson.OPT_SORT_KEYS).decode()
            row = (tenant, info.version, text, info.sha256, info.terms, info.note, info.by, info.created_at)
            try:
                await self._ledger.record(act, Write(statements.INSERT_LEXICON, row))
            except LedgerRefused:  # another process took the number in between
                if last_try == _TRIES - 1:
                    raise
            else:
                return info
        raise AssertionError("the last try returns or raises")
