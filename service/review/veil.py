"""What a person at the desk must not be shown: verdicts that they may come to give a second time, and golden doubles.

While a content waits to be decided again, whoever may do that sees of it what stood before any person decided. And who
is tested by golden items sees neither the contents that they are copies of nor the copies that others have answered.
Only people who decide are kept in the dark; whoever checks them is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.types import PERSON
from service.acts import (
    APPEAL_DECIDED,
    APPEAL_REDECIDED,
    APPEAL_UNDONE,
    DECISION_AUTO,
    DECISION_HUMAN,
    DECISION_TIMEOUT,
    DECISION_UNDONE,
    GOLDEN_ANSWERED,
    GOLDEN_COPIED,
    GOLDEN_UNDONE,
    REPORT_SETTLED,
    REPORT_UNSETTLED,
)
from service.filing import ENGINE
from service.live.talk import RETRACTION, RULING, Event
from service.review.checks import is_blind, is_tested
from service.review.rulings import DEADLINE
from service.rights import Right
from service.store.desk_reads import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.keys import Caller
    from service.live.talk import Answered
    from service.moderate import Decided, Moderation
    from service.store.desk_reads import DeskReads, Done, Listed

_AS_ANY: Final = {
    GOLDEN_COPIED: DECISION_AUTO,
    GOLDEN_ANSWERED: DECISION_HUMAN,
    GOLDEN_UNDONE: DECISION_UNDONE,
}
"""What is told of copies to whom they test: what is told of any content."""
_HOUSE: Final = frozenset({ENGINE, DEADLINE})
_BY_HOUSE: Final = frozenset({DECISION_AUTO, DECISION_TIMEOUT})
_RULED: Final = frozenset({APPEAL_DECIDED, APPEAL_REDECIDED, APPEAL_UNDONE, REPORT_SETTLED, REPORT_UNSETTLED})


def heard(items: Iterable[Answered | Event], rights: frozenset[Right]) -> list[Answered | Event]:
    """What somebody hears of a live room: whoever reviews hears no word of what people decided on its messages."""
    return [one for one in items if not (isinstance(one, Event) and _is_kept_from(one, rights))]


def tells(kind: str, by: str) -> bool:
    """Whether an act about a content tells what a person decided, or would not be there had they decided otherwise."""
    return kind in _RULED or (kind.startswith("decision.") and (kind not in _BY_HOUSE or by not in _HOUSE))


def _is_kept_from(event: Event, rights: frozenset[Right]) -> bool:
    told = event.kind in {RULING, RETRACTION} and event.facts.get("by") == PERSON
    return told and Right.REVIEW in rights and is_blind(rights)


class Veil(NamedTuple):
    """Keeps for whom it is; asks anew for each content."""

    caller: Caller
    reads: DeskReads
    moderation: Moderation

    @property
    def viewer(self) -> Viewer:
        """For whom it is, as the database asks."""
        return Viewer(self.caller.id, is_tested(self.caller.rights))

    async def over(self, contents: Iterable[str]) -> frozenset[str]:
        """The content ids among these of which no person's decision may be shown."""
        ids = list(dict.fromkeys(contents))
        if not ids or Right.REVIEW not in self.caller.rights:
            return frozenset()
        return frozenset(await self.reads.veiled(self.caller.tenant, self.viewer, ids))

    async def doubles(self, contents: Iterable[str]) -> frozenset[str]:
        """The content ids among these that may not be shown beside others."""
        ids = list(dict.fromkeys(contents))
        return frozenset(await self.reads.doubles(self.caller.tenant, self.viewer, ids) if ids else ())

    async def history(self, decided: Sequence[Decided]) -> list[Decided]:
        """Decisions without those that people took and that may not be seen."""
        hidden = await self.over(one.content.id for one in decided)
        return [one for one in decided if one.content.id not in hidden or one.by in {ENGINE, DEADLINE}]

    def told(self, acts: Sequence[Done], *, veiled: bool) -> list[Done]:
        """What was done about a content; under the veil without what people decided."""
        tested = is_tested(self.caller.rights)
        seen = [one._replace(kind=_AS_ANY.get(one.kind, one.kind)) if tested else one for one in acts]
        house = {"", ENGINE, DEADLINE}
        return [one for one in seen if not veiled or one.by in house or not one.kind.startswith("decision.")]

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

    async def items(self, items: Sequence[Listed]) -> list[Listed]:
        """Items of one content, without those that must not be seen."""
        ids = [str(item.row[0]) for item in items]
        hidden = await self.reads.hidden(self.caller.tenant, self.viewer, ids)
        return [item for item in items if item.row[0] not in hidden]

    async def listed(self, items: Sequence[Listed]) -> list[Listed]:
        """Items without those that must not be seen beside others."""
        shown = await self.items(items)
        golden = await self.doubles(item.content_id for item in shown)
        return [item for item in shown if item.content_id not in golden]
