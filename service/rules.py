"""The active rules, shared and tenants' own: load, swap whole, and keep the old ones when the new ones are broken."""

from __future__ import annotations

import asyncio
import gc
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
import structlog

from moderation.errors import LoadError, LoadErrors
from moderation.load import load_engine
from moderation.own import digest_of, engine_with, read_own, shared_part
from service.acts import RULESET_ACTIVATED, Act
from service.ids import new_id, now
from service.ports import Write
from service.store import statements
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from moderation.engine import Engine
    from moderation.ruleset import Ruleset
    from service.ledger import Ledger
    from service.store.reads import ActiveLexicon, Reads

REMEMBERED = 4
"""So many rulesets are kept for rendering what was judged under them."""
REMEMBERED_OWN = 32
"""So many compiled lexicons of tenants are kept, so that going back to one of them costs nothing."""
WATCH_SECONDS = 0.4
"""So often another process's activations are looked for: what it activates holds here within a second."""


@dataclass(frozen=True, slots=True)
class Engines:
    """By which engine each tenant is judged. A verdict asks once, so that no activation can split it."""

    base: Engine
    own: Mapping[str, Engine] = field(default_factory=dict)

    def of(self, tenant: str) -> Engine:
        """The tenant's engine: the shared one, unless it has words of its own. All take the readings of ``base``."""
        return self.own.get(tenant, self.base)


class Rules:
    """Keeps the active engines. A swap is one reference; a case keeps the ruleset that it was opened under.

    Open it with ``await Rules.opened(…)``.
    """

    engines: Engines

    def __init__(self, lexicons: Path, scenes: Path, *, ledger: Ledger, reads: Reads) -> None:
        self._lexicons, self._scenes = lexicons, scenes
        self._ledger, self._reads = ledger, reads
        self._recent: OrderedDict[str, Ruleset] = OrderedDict()
        self._made = _OwnEngines()
        self._heard = 0
        self._turn, self._swapping = asyncio.Lock(), asyncio.Lock()

    @classmethod
    async def opened(cls, lexicons: Path, scenes: Path, *, ledger: Ledger, reads: Reads) -> Rules:
        """Loads the rules for the first time. Raises ``LoadErrors``."""
        rules = cls(lexicons, scenes, ledger=ledger, reads=reads)
        await rules.reload()
        return rules

    @property
    def engine(self) -> Engine:
        """The engine of the rules that all tenants share."""
        return self.engines.base

    async def reload(self) -> Ruleset:
        """Loads the rules anew and makes them active; the change is on record before the first content meets them.

        Raises ``LoadErrors`` when the new rules are broken, or a tenant's active lexicon cannot stand on them, and what
        the ledger raises when it cannot record: the old rules stay active then.
        """
        async with self._turn:
            engine = await asyncio.to_thread(self._load)
            ruleset = engine.ruleset
            async with self._swapping:
                heard = await self._reads.lexicons_state()
                active = await self._reads.active_lexicons()
                own, errors = await asyncio.to_thread(self._made.all_of, active, engine)
                if errors:
                    raise LoadErrors(errors)
                if ruleset.fingerprint != await self._reads.last_ruleset():
                    await self._record(ruleset)
                self.engines, self._heard = Engines(engine, own), heard
                self._remember(ruleset)
            return ruleset

    async def catch_up(self) -> None:
        """Judges by what tenants activated meanwhile, in this process or another.

        A lexicon that cannot stand on the shared rules, which were changed since it was activated, is told to the log
        and its tenant's old one stays.
        """
        if await self._reads.lexicons_state() == self._heard:
            return
        async with self._swapping:
            heard = await self._reads.lexicons_state()
            changed = await self._reads.active_lexicons(since=self._heard)
            base = self.engines.base
            made, errors = await asyncio.to_thread(self._made.all_of, changed, base)
            for error in errors:
                structlog.get_logger().warning("lexicon refused", file=error.file, line=error.line, reason=error.reason)
            none = {active.tenant for active in changed if not active.files}
            kept = {tenant: engine for tenant, engine in self.engines.own.items() if tenant not in none}
            self.engines, self._heard = Engines(base, {**kept, **made}), heard

    async def watch(self) -> None:
        """Catches up for ever."""
        await forever(self.catch_up, rest=WATCH_SECONDS, failing="lexicons not read")

    async def compiled(self, files: Mapping[str, str]) -> Engine:
        """The engine of the shared rules and these own files. Raises ``LoadErrors``."""
        return await asyncio.to_thread(self._made.engine, files, self.engines.base)

    def named(self, fingerprint: str) -> Ruleset:
        """The shared ruleset of a fingerprint, or of a pair, while it is remembered; else the active one."""
        return self._recent.get(shared_part(fingerprint), self.engine.ruleset)

    def _load(self) -> Engine:
        engine = load_engine(self._lexicons, self._scenes)
        # Rules are a great many objects that live long: the collector need not walk them in the middle of a request.
        gc.freeze()
        return engine

    async def _record(self, ruleset: Ruleset) -> None:
        # A list of pairs, because canonical bytes know only ASCII keys and a file may have any name.
        files = sorted(ruleset.files.items())
        act = Act(RULESET_ACTIVATED, ruleset.fingerprint, facts={"files": files})
        row = (new_id(), ruleset.fingerprint, orjson.dumps(files).decode(), now())
        await self._ledger.record(act, Write(statements.INSERT_ACTIVATION, row))

    def _remember(self, ruleset: Ruleset) -> None:
        self._recent[ruleset.fingerprint] = ruleset
        self._recent.move_to_end(ruleset.fingerprint)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)


class _OwnEngines:
    """Keeps the engines of tenants that were made last, by shared rules and texts."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Engine] = OrderedDict()

    def engine(self, files: Mapping[str, str], base: Engine) -> Engine:
        """The engine of ``base`` and a tenant's own files. Raises ``LoadErrors``."""
        key = base.ruleset.fingerprint, digest_of(files)
        engine = self._known.pop(key, None)
        if engine is None or engine.shared is not base.shared:
            engine = engine_with(read_own(files, base.ruleset), base)
        self._known[key] = engine
        while len(self._known) > REMEMBERED_OWN:
            self._known.popitem(last=False)
        return engine

    def all_of(self, active: list[ActiveLexicon], base: Engine) -> tuple[dict[str, Engine], list[LoadError]]:
        """The engines of tenants that have own files, and what is wrong with the others'."""
        own: dict[str, Engine] = {}
        errors: list[LoadError] = []
        for tenant, version, files in active:
            if files:
                try:
                    own[tenant] = self.engine(files, base)
                except LoadErrors as wrong:
                    place = f"{tenant}@{version}"
                    errors.extend(LoadError(f"{place}/{one.file}", one.line, one.told) for one in wrong.errors)
        return own, errors


class Aside:
    """Reads own files as the service would, in a process that judges nothing. Loads the shared rules when asked."""

    def __init__(self, lexicons: Path, scenes: Path) -> None:
        self._lexicons, self._scenes = lexicons, scenes
        self._base: Engine | None = None

    async def compiled(self, files: Mapping[str, str]) -> Engine:
        """The engine of the shared rules and these own files. Raises ``LoadErrors``, for shared rules too."""
        return await asyncio.to_thread(self._compiled, files)

    async def catch_up(self) -> None:
        """Nothing: a running service hears by itself."""

    def _compiled(self, files: Mapping[str, str]) -> Engine:
        if self._base is None:
            self._base = load_engine(self._lexicons, self._scenes)
        return engine_with(read_own(files, self._base.ruleset), self._base)
