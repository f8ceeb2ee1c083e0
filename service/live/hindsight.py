"""What turns out later about messages of live rooms: the expert answers after all, or a person decides otherwise.

A chat message passes without the expert where that is late; it is asked again for a minute, and a late finding is
another decision, of which the room is told. What people and deadlines decide is looked for in the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.types import PERSON, Action, Opinion
from service.filing import ENGINE
from service.live.lane import Late
from service.live.talk import RETRACTION, RULING, content_id, may_be_seen
from service.plan import Happening
from service.review.rulings import DEADLINE
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from moderation.engine import Case
    from moderation.types import Missing
    from service.live.lane import Lane
    from service.live.rooms import Rooms
    from service.live.talk import Message
    from service.ports import Expert
    from service.rules import Rules
    from service.store.reads import Stored
    from service.store.room_reads import RoomReads, Ruled

PAUSE_SECONDS: Final = 0.5
"""So often people's decisions are looked for, and the expert is asked again."""
PATIENCE_SECONDS: Final = 60.0
"""So long it is asked for one message (the longest that a degraded pass stands unseen)."""
UNDONE_SECONDS: Final = 15.0
"""So long a person's decision may still be taken back."""
MOST: Final = 2048
_KINDS: Final = frozenset({ENGINE, DEADLINE})
"""Deciders that are told as they are; whoever else decides is a person, and rooms are not told which."""
TOGETHER: Final = 64
_ACTIONS: Final = {action.code: action for action in Action}


class _Missed(NamedTuple):
    """A message that passed half-blind, and until when it is worth asking."""

    lane: Lane
    message: Message
    case: Case
    until: float


class Hindsight:
    """Keeps messages that passed without the expert, and how far people's decisions were read."""

    def __init__(
        self,
        rooms: Rooms,
        reads: RoomReads,
        hearing: Expert | None,
        rules: Rules,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rooms, self._reads, self._hearing, self._rules, self._clock = rooms, reads, hearing, rules, clock
        self._missed: deque[_Missed] = deque()
        self._unfiled: deque[tuple[Lane, Late]] = deque()
        self._seen: str | None = None
        """The last decision that was read; none at the start."""
        self._recent: dict[str, float] = {}
        """Decisions that may still be taken back, and when they were read."""
        rooms.turns.on_missed, rooms.turns.on_unfiled = self.missed, self.unfiled

    def missed(self, lane: Lane, message: Message, case: Case) -> None:
        """A message passed without the expert. Of too many the oldest are not asked for again."""
        if len(self._missed) >= MOST:
            self._missed.popleft().lane.missed -= 1
        lane.missed += 1
        self._missed.append(_Missed(lane, message, case, self._clock() + PATIENCE_SECONDS))

    def unfiled(self, lane: Lane, late: Sequence[Late]) -> None:
        """The ledger did not take late findings: they are brought again. Of too many the oldest are let go."""
        for one in late:
            if len(self._unfiled) >= MOST:
                self._unfiled.popleft()[0].missed -= 1
            lane.missed += 1
            self._unfiled.append((lane, one))

    def file_again(self) -> None:
        """Brings to their rooms the late findings that could not be filed."""
        unfiled, self._unfiled = self._unfiled, deque()
        for lane, late in unfiled:
            lane.missed -= 1
            lane.late.append(late)
            self._rooms.turns.call(lane)

    async def run(self) -> None:
        """Looks for ever."""
        await forever(self._look, rest=PAUSE_SECONDS, failing="rooms not looked after")

    async def _look(self) -> None:
        self.file_again()
        await self.ask_again()
        await self.read_rulings()

    async def ask_again(self) -> None:
        """Asks the expert again for the oldest messages that it was late for."""
        if self._hearing is None or not self._missed:
            return
        batch = [self._missed.popleft() for _ in range(min(TOGETHER, len(self._missed)))]
        answers = await asyncio.gather(*self._hearing.ask([one.case for one in batch]))
        for one, answer in zip(batch, answers, strict=True):
            self._settle(one, answer)

    async def read_rulings(self) -> None:
        """Tells rooms what people, or deadlines, decided on their messages since the last time.

        The first time, what the service was stopped before it could tell; what may still be taken back is known then
        too, told or not. What was told before something failed is not told again.
        """
        now = self._clock()
        self._recent = {decision: at for decision, at in self._recent.items() if now - at <= UNDONE_SECONDS}
        undone, ruled, upto = await self._found()
        stand = await self._reads.known([_place(one) for one in (*undone, *ruled) if not one.told])
        for one in undone:
            await self._tell(one, stand)
        for one in ruled:
            await self._tell(one, stand)
            self._recent[one.decision] = now
            if self._seen is not None:
                self._seen = one.decision
        self._seen = upto

    async def _found(self) -> tuple[list[Ruled], list[Ruled], str]:
        """What was taken back, what was decided, and the decision that this goes up to."""
        if self._seen is None:
            upto = await self._reads.last_ruling()
            ruled = await self._reads.lately()
            return [], ruled, max([upto, *(one.decision for one in ruled)])
        undone = await self._reads.rulings_over([*self._recent]) if self._recent else []
        return undone, *await self._reads.rulings(self._seen)

    async def _tell(self, one: Ruled, stand: Mapping[tuple[str, str], tuple[int, Stored]]) -> None:
        if not one.told:
            was_seen, is_seen = one.before == Action.PASS.code, one.action == Action.PASS.code
            facts: dict[str, Any] = {
                "message": one.message,
                "decision": one.decision,
                "action": one.action,
                "by": one.by if one.by in _KINDS else PERSON,
            }
            _, stands = stand.get(_place(one), (0, None))
            if stands is not None:
                ruleset = self._rules.engines.of(one.tenant).ruleset
                facts["show"] = may_be_seen(_ACTIONS[one.action], stands.content.scene, ruleset)
            happening = Happening(RETRACTION if was_seen and not is_seen else RULING, facts)
            await self._rooms.tell(one.tenant, one.room, happening, ruled=stands)
        self._recent.pop(one.over, None)

    def _settle(self, one: _Missed, answer: Opinion | Missing) -> None:
        lane = one.lane
        if not isinstance(answer, Opinion) and self._clock() < one.until:
            self._missed.append(one)
            return
        lane.missed -= 1
        verdict = one.case.conclude(answer)
        if isinstance(answer, Opinion) and verdict.action > Action.PASS:
            lane.late.append(Late(one.message, verdict))
            self._rooms.turns.call(lane)


def _place(one: Ruled) -> tuple[str, str]:
    return one.tenant, content_id(one.room, one.message)
