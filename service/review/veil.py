"""What a person at the desk must not be shown: verdicts that they may come to give a second time, and golden doubles.

While a content waits to be decided again, whoever may do that sees of it what stood before any person decided. And who
is tested by golden items sees neither the contents that they are copies of nor the copies that others have answered.
Only people who decide are kept in the dark; whoever checks them is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.filing import ENGINE
from service.review.checks import is_tested
from service.review.rulings import DEADLINE
from service.rights import Right
from service.store import quality_statements as quality

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.keys import Caller
    from service.moderate import Decided, Moderation
    from service.store.desk_reads import DeskReads, Done, Listed

_TARGET = 3


class Veil(NamedTuple):
    """Keeps for whom it is; asks anew for each content."""

    caller: Caller
    reads: DeskReads
    moderation: Moderation

    @property
    def _decides(self) -> bool:
        return Right.REVIEW in self.caller.rights

    async def over(self, contents: Iterable[str]) -> frozenset[str]:
        """The content ids among these of which no person's decision may be shown."""
        ids = list(dict.fromkeys(contents))
        if not ids or not self._decides:
            return frozenset()
        return await self._among(quality.VEILED, ids)

    async def doubles(self, contents: Iterable[str]) -> frozenset[str]:
        """The content ids among these that may not be shown beside others."""
        ids = list(dict.fromkeys(contents))
        if not ids or not self._decides or not is_tested(self.caller.rights):
            return frozenset()
        return await self._among(quality.DOUBLES, ids)

    async def _among(self, sql: str, ids: list[str]) -> frozenset[str]:
        return frozenset(await self.reads.names_among(sql, self.caller.tenant, self.caller.id, ids))

    async def history(self, decided: Sequence[Decided]) -> list[Decided]:
        """Decisions without those that people took and that may not be seen."""
        hidden = await self.over(one.content.id for one in decided)
        return [one for one in decided if one.content.id not in hidden or one.by in {ENGINE, DEADLINE}]

    @staticmethod
    def told(acts: Sequence[Done]) -> list[Done]:
        """What was done about a content that is under the veil: without what people decided."""
        return [one for one in acts if one.by in {"", ENGINE, DEADLINE} or not one.kind.startswith("decision.")]

    async def newest(self, decided: Sequence[Decided]) -> list[Decided]:
        """The same number of decisions: for those that may not be seen what stood before; doubles stay."""
        hidden = await self.over(one.content.id for one in decided if one.by not in {ENGINE, DEADLINE})
        if not hidden:
            return list(decided)
        ids = await self.reads.before_people(self.caller.tenant, sorted(hidden))
        before = {
            (one.content.id, one.content.version): one for one in await self.moderation.decisions(self.caller, ids)
        }
        return [before.get((one.content.id, one.content.version), one) for one in decided]

    async def listed(self, items: Sequence[Listed]) -> list[Listed]:
        """Items without golden doubles."""
        hidden = await self.doubles(str(item.row[_TARGET]) for item in items)
        return [item for item in items if item.row[_TARGET] not in hidden]
