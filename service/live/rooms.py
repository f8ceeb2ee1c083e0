"""The keeper of live rooms: which are open, who speaks and listens in them, and when an idle one is forgotten.

One lane a room keeps its order; ``turns`` has what waits judged and filed. Nothing about transports here, and no rule
about content.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from service.ledger import LedgerClosed
from service.live.feed import Once
from service.live.lane import Brought, Lane, Said
from service.live.talk import Answered, Event, content_id, message_id
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.live.talk import Ear, Message, Outcome
    from service.live.turns import Turns
    from service.plan import Happening
    from service.ports import Visit
    from service.store.reads import Stored
    from service.store.room_reads import Numbered, RoomReads

SWEEP_SECONDS: Final = 5.0
TOGETHER: Final = 200
"""So many rooms are looked at before others get their turn."""
PAUSE: Final = 0.002


class Crowded(Exception):
    """So many messages or rooms are under way that no more are taken for a moment."""


def has_place(most: int, taken: int, own: int) -> bool:
    """Whether a tenant that took ``own`` of ``most`` places may take another; others took the rest of ``taken``.

    The last quarter is kept for those who have less than a quarter: alone nobody takes them all.
    """
    quarter = max(1, most // 4)
    return taken < (most if own < quarter else most - quarter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is kept in memory: open rooms, messages that wait in all of them, seconds until an idle one goes."""

    rooms: int = 10_000
    messages: int = 16_384
    idle: float = 600.0


class Rooms:
    """Keeps the open rooms of all tenants."""

    def __init__(
        self, reads: RoomReads, *, turns: Turns, bounds: Bounds, clock: Callable[[], float] = monotonic
    ) -> None:
        self.turns = turns
        """Where messages are judged; who knows more of a room joins its ``introduce`` and ``follow``."""
        self._reads, self._bounds, self._clock = reads, bounds, clock
        self._lanes: OrderedDict[tuple[str, str], Lane] = OrderedDict()
        self._closing = False

    # Who speaks and who listens

    @property
    def open(self) -> int:
        """How many rooms are open."""
        return len(self._lanes)

    def full_of(self, tenant: str) -> bool:
        """Whether no more messages of a tenant are taken for the moment."""
        waiting, own = self.turns.waiting, self.turns.waiting_of[tenant]
        return self.turns.full or not has_place(self._bounds.messages, waiting, own)

    def bring(self, tenant: str, room: str, messages: Sequence[Message], ear: Ear) -> None:
        """Has messages judged in order; ``ear`` hears what becomes of each. Raises ``Crowded``, ``LedgerClosed``."""
        if self.full_of(tenant):
            raise Crowded
        lane, now = self._lane(tenant, room), self._clock()
        lane.waiting.extend([Brought(message, ear, now) for message in messages])
        self.turns.wait(tenant, len(messages))
        self.turns.call(lane)

    async def say(self, tenant: str, room: str, messages: Sequence[Message]) -> list[Outcome]:
        """Has messages judged in order; what became of each. Raises as ``bring``."""
        if not messages:
            return []
        heard = Once(len(messages))
        self.bring(tenant, room, messages, heard)
        found: dict[str, deque[Outcome]] = {}
        for outcome in await heard.done:
            found.setdefault(outcome.id, deque()).append(outcome)
        return [found[message.id].popleft() for message in messages]

    async def tell(
        self,
        tenant: str,
        room: str,
        happening: Happening,
        *,
        work: Callable[[Visit], object] | None = None,
        ruled: Stored | None = None,
    ) -> int:
        """Has something happen in a room, once it is on disk; its number. ``work`` is done in that transaction.

        ``ruled`` is the decision on a message that it tells of, which the room keeps in mind. Where a show begins
        (``STARTED``) the risk does too. Raises ``Crowded`` and what the ledger and ``work`` raise.
        """
        lane = self._lane(tenant, room)
        said = Said(happening, asyncio.get_running_loop().create_future(), work, ruled)
        lane.said.append(said)
        self.turns.call(lane)
        return await said.heard

    async def join(self, tenant: str, room: str, ear: Ear, *, whole: bool) -> Lane:
        """Lets ``ear`` hear what happens from now on, with ``whole`` every verdict too, until it leaves.

        What is on disk then has numbers up to its lane's ``last``; what it hears may begin earlier. Raises as
        ``bring``, and whatever the store does; then it hears nothing.
        """
        lane = self._lane(tenant, room)
        lane.ears[ear] = whole
        try:
            if not lane.opened:
                await self.turns.open(lane)
        except BaseException:
            self.leave(lane, ear)
            raise
        return lane

    def leave(self, lane: Lane, ear: Ear) -> None:
        """Lets ``ear`` hear no more."""
        lane.ears.pop(ear, None)

    async def after(self, tenant: str, room: str, number: int, *, limit: int) -> list[Answered | Event]:
        """What happened in a room after a number, from the store, in order: ``limit`` things at most."""
        return [self._numbered(room, one) for one in await self._reads.after(tenant, room, number, limit=limit)]

    async def texts(self, tenant: str, room: str, messages: Iterable[str]) -> dict[str, str]:
        """What some messages of a room said, as far as they were judged there."""
        found = await self._reads.known([(tenant, content_id(room, one)) for one in messages])
        return {message_id(room, name): stored.content.parts[0].text for (_, name), (_, stored) in found.items()}

    def lanes(self, tenant: str) -> list[Lane]:
        """A tenant's open rooms."""
        return [lane for (owner, _), lane in self._lanes.items() if owner == tenant]

    def lane(self, tenant: str, room: str) -> Lane | None:
        """A room, if it is open."""
        return self._lanes.get((tenant, room))

    async def stood(self, tenant: str, room: str) -> Lane:
        """How a room that is not open stands by its record, by now."""
        lane = Lane(tenant, room)
        await self.turns.open(lane)
        self.turns.fade(lane)
        return lane

    async def last(self, tenant: str, room: str) -> tuple[int, str]:
        """The last number of a room, and when that was: 0 for one in which nothing ever happened."""
        return await self._reads.last(tenant, room)

    # Its life

    async def run(self) -> None:
        """Sweeps for ever."""
        await forever(self.sweep, rest=SWEEP_SECONDS, failing="rooms not swept")

    async def sweep(self) -> None:
        """Forgets idle rooms, and sees what of a risk has faded."""
        self.forget()
        for number, lane in enumerate(list(self._lanes.values())):
            self.turns.look(lane)
            if number % TOGETHER == 0:
                await asyncio.sleep(0)

    def forget(self) -> int:
        """Forgets rooms that were idle for long enough, oldest first; how many."""
        since, gone = self._clock() - self._bounds.idle, 0
        for key, lane in list(self._lanes.items()):
            if lane.used > since:
                break
            if lane.idle:
                del self._lanes[key]
                gone += 1
        return gone

    async def close(self) -> None:
        """Takes no more; returns once all that was brought is answered."""
        self._closing = True
        while self.turns.busy or any(lane.busy or lane.pending for lane in self._lanes.values()):  # noqa: ASYNC110 - once a life
            await asyncio.sleep(PAUSE)

    def _lane(self, tenant: str, room: str) -> Lane:
        if self._closing:
            raise LedgerClosed("the service is stopping")
        lane = self._lanes.get((tenant, room))
        if lane is None:
            if len(self._lanes) >= self._bounds.rooms:
                self._make_room()
            lane = self._lanes[tenant, room] = Lane(tenant, room)
        else:
            self._lanes.move_to_end((tenant, room))
        lane.used = self._clock()
        return lane

    def _make_room(self) -> None:
        key = next((key for key, lane in self._lanes.items() if lane.idle), None)
        if key is None:
            raise Crowded
        del self._lanes[key]

    # Reading back

    def _numbered(self, room: str, one: Numbered) -> Answered | Event:
        if one.decision is None:
            return Event(one.number, one.kind, one.facts, one.at)
        return Answered(message_id(room, one.decision.content.id), one.number, self.turns.retold(one.decision))
