"""Which contents a pack has the text of, and the end of packs that say what is not kept any more.

Beside an archive lies a list of their numbers, sorted, eight bytes each. Where a text was purged or erased every
archive that has it goes: what the log proves stays in the log, and the same pack may be made again, without that text.
"""

from __future__ import annotations

import asyncio
from array import array
from typing import TYPE_CHECKING, Final

import orjson

from service.acts import EXPORT_REMOVED, Act
from service.audit.packs import PACKS
from service.ledger import Unchanged
from service.ports import Write
from service.store import audit_statements as sql

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from service.audit.make import Plan
    from service.audit.packs import Pack
    from service.audit.reads import LogReads
    from service.ledger import Ledger
    from service.ports import Visit

NUMBERS: Final = ".texts"
"""What the list of a pack ends in."""
BY: Final = "retention"
_AT_ONCE: Final = 1 << 20
_LOOKED_UP: Final = 10_000


class Weeding:
    """Keeps nothing but the folder of packs and its ways to the database."""

    def __init__(self, ledger: Ledger, reads: LogReads, folder: Path) -> None:
        self._ledger, self._reads, self._folder = ledger, reads, folder

    def beside(self, export: str) -> Path:
        """Where the list of a pack lies."""
        return self._folder / f"{export}{NUMBERS}"

    def note(self, plan: Plan, named: Path) -> None:
        """Lists the contents that a pack has the text of; ``named`` are their ids and versions, one a line."""
        if not _speaks(plan.pack, contents=plan.asked.contents):
            return
        numbers: set[int] = set()
        if named.exists():
            with named.open("rb") as file:
                while lines := file.readlines(_AT_ONCE):
                    found = self._reads.rows(sql.NUMBERS_NAMED, plan.tenant, f"[{b','.join(lines).decode()}]")
                    numbers.update(number for (number,) in found)
        self.beside(plan.id).write_bytes(array("Q", sorted(numbers)).tobytes())

    async def out(self, gone: AbstractSet[int], *, anew: bool = False, only: str = "") -> int:
        """Takes away the packs with the text of contents that went; ``anew`` looks up which of theirs did.

        Gives how many. Of a pack that has no list it is not known: it goes with any text that does. ``only`` is the
        one pack to look at.
        """
        taken = 0
        standing = await asyncio.to_thread(self._reads.rows, sql.EXPORTS_STANDING) if gone or anew else []
        for export, tenant, pack, asked, digest in standing:
            speaks = _speaks(PACKS[pack], contents=orjson.loads(asked)["contents"])
            if speaks and only in {"", export} and await asyncio.to_thread(self._lost, export, gone, anew=anew):
                taken += await self._taken(export, tenant, digest)
        return taken

    def _lost(self, export: str, gone: AbstractSet[int], *, anew: bool) -> bool:
        numbers = array("Q")
        try:
            numbers.frombytes(self.beside(export).read_bytes())
        except FileNotFoundError:
            return bool(gone)
        if not anew:
            return not gone.isdisjoint(numbers)
        chunks = (numbers[place : place + _LOOKED_UP] for place in range(0, len(numbers), _LOOKED_UP))
        return any(self._reads.rows(sql.EMPTY_AMONG, orjson.dumps(chunk.tolist()).decode()) for chunk in chunks)

    async def _taken(self, export: str, tenant: str, digest: str) -> int:
        """The list goes last: until then it is looked through again."""

        def work(visit: Visit) -> None:
            act = Act(EXPORT_REMOVED, export, tenant, {"by": BY, "sha256": digest})
            visit.record(act, Write(sql.REMOVE_EXPORT, (visit.at, export)))

        await asyncio.to_thread((self._folder / f"{export}.zip").unlink, missing_ok=True)
        try:
            await self._ledger.visit(work)
        except Unchanged:
            return 0
        await asyncio.to_thread(self.beside(export).unlink, missing_ok=True)
        return 1


def _speaks(pack: Pack, *, contents: bool) -> bool:
    """Whether a pack may have texts: columns of them were filled unasked once."""
    return contents or any("text" in table.columns for table in pack.tables)
