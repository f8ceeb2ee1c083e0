"""One room's lane: what waits there, what is under way, who listens. It keeps order; it judges and stores nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.risk import Risk
from moderation.roomstate import RoomState
from service.live.talk import STARTED
from service.sitting import length_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from moderation.engine import Case
    from moderation.types import Verdict
    from service.live.talk import Ear, Message, News, Outcome
    from service.plan import Happening
    from service.ports import Visit
    from service.store.reads import Stored

MOST_TOGETHER: Final = 128
MOST_CHARS: Final = 4000
"""So many messages of a room, and so long ones, are judged together; the rest waits for the next turn."""


@dataclass(slots=True, eq=False)
class Brought:
    """A message that waits, who brought it and when."""

    message: Message
    ear: Ear
    at: float


@dataclass(slots=True, eq=False)
class Said:
    """Something that happens in a room without a message, and who waits for its number."""

    happening: Happening
    heard: asyncio.Future[int]
    work: Callable[[Visit], object] | None = None
    ruled: Stored | None = None
    """The decision on a message that it tells of."""


class Late(NamedTuple):
    """A message that was told before, and what is made of it now. ``refused``: so often it could not be filed."""

    message: Message
    verdict: Verdict
    refused: int = 0


@dataclass(slots=True, eq=False)
class Lane:
    """One room while it is open. ``last`` is its last number on disk, ``state`` what is remembered up to there."""

    tenant: str
    name: str
    state: RoomState = field(default_factory=RoomState)
    risk: Risk = field(default_factory=Risk)
    last: int = 0
    opened: bool = False
    """Whether its last number is known."""
    busy: bool = False
    """Whether messages of it are being judged or saved: what comes waits for the next turn."""
    used: float = 0.0
    judged: int = 0
    held: int = 0
    """Messages since it was opened, and those of them that did not pass."""
    missed: int = 0
    """Of its messages those that the expert is asked for again."""
    waiting: deque[Brought] = field(default_factory=deque)
    said: list[Said] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    ears: dict[Ear, bool] = field(default_factory=dict)
    """Who listens; true for those who hear of everybody's messages."""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and nobody listens: it may be forgotten."""
        return not (self.busy or self.pending or self.ears or self.missed)

    @property
    def pending(self) -> bool:
        """Whether anything waits for a turn."""
        return bool(self.waiting or self.said or self.late)

    def take(self) -> list[Brought]:
        """The next messages, in order. The same id twice parts them: the second finds what became of the first."""
        taken: list[Brought] = []
        seen: set[str] = set()
        chars = 0
        while self.waiting and len(taken) < MOST_TOGETHER and chars < MOST_CHARS:
            if self.waiting[0].message.id in seen:
                break
            brought = self.waiting.popleft()
            seen.add(brought.message.id)
            chars += length_of(brought.message.content)
            taken.append(brought)
        return taken

    def tell(self, outcomes: Iterable[tuple[Ear, Outcome]], news: News | None) -> None:
        """Tells who brought messages what became of them, and who listens what happened."""
        own: dict[Ear, list[Outcome]] = {}
        for ear, outcome in outcomes:
            own.setdefault(ear, []).append(outcome)
        if news is not None:
            for ear, whole in list(self.ears.items()):
                if whole or news.events or ear in own:
                    ear.hear(own.pop(ear, ()), news)
        for ear, heard in own.items():
            ear.hear(heard, None)


@dataclass(slots=True, eq=False)
class Part:
    """What of one lane is judged in one turn: new messages, their cases, and the state after them."""

    lane: Lane
    brought: Sequence[Brought]
    said: Sequence[Said]
    late: list[Late]
    """What the expert found after all."""
    pieces: list[Late] = field(default_factory=list)
    """Earlier messages that turned out to be pieces of a violation."""
    messages: list[Message] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    state: RoomState = field(default_factory=RoomState)
    risk: Risk = field(default_factory=Risk)
    tried: int = 0

    @property
    def begins(self) -> bool:
        """Whether a new show begins with it."""
        return any(said.happening.kind == STARTED for said in self.said)
