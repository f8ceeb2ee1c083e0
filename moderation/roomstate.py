"""What is remembered of a live room, and what a room says of a message: values without behaviour, bounded in bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

USERS, TEXTS, KEYS, TYPING = 128, 64, 320, 64
"""Twice so many people, texts, marks of texts, and people who sent pieces are remembered at most."""
POSTS, PIECES, RING, BLOCKED, INVITED = 12, 6, 12, 64, 8
"""So many messages of a text, pieces of a person and of all, blocked texts, and things that the host asked for."""
KEPT = 32
"""So many characters of a text are remembered."""
NAME, ID = 64, 200
"""So many characters of the id of a person, and of a content, are remembered."""
OLD, FIRST, YOUNG = 0, 1, 2
"""An account of known age or of earlier messages; one of unknown age that speaks first here; one known to be new."""
V = TypeVar("V")


class Finding(NamedTuple):
    """What a crowd does, in numbers: ``rule`` is the last name of the evidence's rule, ``facts`` what a replay needs.

    ``note`` is the rule of the words that pieces make, ``severity`` theirs; 0 stands for the category's own.
    """

    category: str
    rule: str
    facts: tuple[tuple[str, int], ...]
    weight: int
    note: str = ""
    severity: int = 0


class Joined(NamedTuple):
    """Pieces of a room put together; the newest stands last, or first where it reads ``backwards``.

    ``ends`` tells where each piece ends in ``text``, ``ids`` which contents they are, both in the order of ``text``.
    """

    text: str
    ends: tuple[int, ...]
    ids: tuple[str, ...]
    people: int
    seconds: int
    backwards: bool


class Company(NamedTuple):
    """What the room adds to one message. Most have none: ``NOTHING``."""

    findings: tuple[Finding, ...] = ()
    joined: tuple[Joined, ...] = ()


NOTHING = Company()


class Retraction(NamedTuple):
    """An earlier message that turned out to be a piece of a violation: its content id, and what is found of it now.

    Its new verdict is ``engine.examine(earlier, room=Company((finding,))).conclude()``.
    """

    content_id: str
    finding: Finding


class Recent(Generic[V]):
    """A map that keeps its newest entries: two generations, of which the older is dropped when the newer is full.

    A copy shares the older generation, which is never changed.
    """

    __slots__ = ("fresh", "stale")

    def __init__(self, fresh: dict[str, V] | None = None, stale: dict[str, V] | None = None) -> None:
        self.fresh: dict[str, V] = {} if fresh is None else fresh
        self.stale: dict[str, V] = {} if stale is None else stale

    def copy(self) -> Recent[V]:
        """The same entries; what is put there does not touch the original."""
        return Recent(self.fresh.copy(), self.stale)

    def get(self, key: str) -> V | None:
        """The entry, if it is remembered."""
        found = self.fresh.get(key)
        return self.stale.get(key) if found is None else found

    def put(self, key: str, value: V, limit: int) -> None:
        """Remember an entry; of the others at least the newest ``limit`` stay."""
        fresh = self.fresh
        fresh[key] = value
        if len(fresh) > limit:
            del fresh[key]
            self.fresh, self.stale = {key: value}, fresh

    def __eq__(self, other: object) -> bool:
        """Whether both remember the same."""
        return isinstance(other, Recent) and (self.fresh, self.stale) == (other.fresh, other.stale)

    __hash__ = None  # type: ignore[assignment]


class User(NamedTuple):
    """What is remembered of a person: their last text, how often in a row since when, and how fast they speak.

    ``times`` are those of their last messages that are no refrains; ``now`` and ``before`` count their messages in the
    ten seconds ``bucket`` and in the ten before.
    """

    said: str
    run: int
    since: float
    times: tuple[float, ...]
    bucket: int
    now: int
    before: int


class Post(NamedTuple):
    """One message of a text: when, by whom, and how new the account is (``OLD``, ``FIRST``, ``YOUNG``)."""

    at: float
    author: str
    age: int


class Piece(NamedTuple):
    """A message so short that it may be a piece of one."""

    at: float
    author: str
    text: str
    id: str


class Block(NamedTuple):
    """When a text was blocked in the room, under which category, and who said it ("" where not told)."""

    at: float
    category: str
    author: str


@dataclass(slots=True)
class RoomState:
    """All that is remembered of one room: some 250 kB when it is busy. A new room is ``RoomState()``.

    It is a value: ``observe``, ``remember``, ``forget`` and ``Engine.hear`` give a new one and leave the old one alone.
    """

    clock: float = 0.0
    """The newest time that was told, in seconds since 1970."""
    users: Recent[User] = field(default_factory=Recent)
    texts: Recent[tuple[Post, ...]] = field(default_factory=Recent)
    """Who said a text, or one nearly equal to it."""
    keys: Recent[str] = field(default_factory=Recent)
    """The text under which a text, or one with a mark of it, is counted."""
    pieces: Recent[tuple[Piece, ...]] = field(default_factory=Recent)
    ring: tuple[Piece, ...] = ()
    """The last pieces of all that have a letter which violations are spelled with."""
    blocked: dict[str, Block] = field(default_factory=dict)
    """Texts that were blocked here; replaced, never changed, as ``echoes`` is."""
    echoes: dict[str, str] = field(default_factory=dict)
    """The blocked text that a mark is one of."""
    invited: tuple[tuple[float, str], ...] = ()
    """What the host said when asking everybody to write something, and when."""
    called: float = 0.0
    """Until when what the host says may belong to that."""

    def copy(self) -> RoomState:
        """The same room; what is folded into it does not touch the original."""
        return RoomState(
            self.clock,
            self.users.copy(),
            self.texts.copy(),
            self.keys.copy(),
            self.pieces.copy(),
            self.ring,
            self.blocked,
            self.echoes,
            self.invited,
            self.called,
        )
