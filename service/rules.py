"""The active rules: load, swap whole, and keep the old ones when the new ones are broken."""

from __future__ import annotations

import asyncio
import gc
from collections import OrderedDict
from typing import TYPE_CHECKING

import orjson

from moderation.engine import Engine
from moderation.load import load_ruleset
from service.acts import RULESET_ACTIVATED, Act
from service.ids import new_id, now
from service.ports import Write
from service.store import statements

if TYPE_CHECKING:
    from pathlib import Path

    from moderation.ruleset import Ruleset
    from service.ledger import Ledger
    from service.store.reads import Reads

REMEMBERED = 4
"""So many rulesets are kept for rendering what was judged under them."""


class Rules:
    """Keeps the active engine. A swap is one reference; a case keeps the ruleset that it was opened under.

    Open it with ``await Rules.opened(…)``.
    """

    engine: Engine

    def __init__(self, lexicons: Path, scenes: Path, *, ledger: Ledger, reads: Reads) -> None:
        self._lexicons, self._scenes = lexicons, scenes
        self._ledger, self._reads = ledger, reads
        self._recent: OrderedDict[str, Ruleset] = OrderedDict()
        self._turn = asyncio.Lock()

    @classmethod
    async def opened(cls, lexicons: Path, scenes: Path, *, ledger: Ledger, reads: Reads) -> Rules:
        """Loads the rules for the first time. Raises ``LoadErrors``."""
        rules = cls(lexicons, scenes, ledger=ledger, reads=reads)
        await rules.reload()
        return rules

    async def reload(self) -> Ruleset:
        """Loads the rules anew and makes them active; the change is on record before the first content meets them.

        Raises ``LoadErrors`` when the new rules are broken, and what the ledger raises when it cannot record: the old
        rules stay active then.
        """
        async with self._turn:
            engine = await asyncio.to_thread(self._load)
            ruleset = engine.ruleset
            if ruleset.fingerprint != await self._reads.last_ruleset():
                await self._record(ruleset)
            self.engine = engine
            self._remember(ruleset)
            return ruleset

    def named(self, fingerprint: str) -> Ruleset:
        """The ruleset of that fingerprint while it is remembered, else the active one."""
        return self._recent.get(fingerprint, self.engine.ruleset)

    def _load(self) -> Engine:
        engine = Engine(load_ruleset(self._lexicons, self._scenes))
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
