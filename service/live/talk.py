"""What is said and what happens in live rooms: values between transports, the keeper of rooms and who follows. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from moderation.policy import WhileWaiting
from moderation.types import Action, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from moderation.risk import Mark
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict
    from service.live.risk import PutRight
    from service.moderate import Decided
    from service.plan import Happening
    from service.ports import Visit

RETRACTION: Final = "retraction"
"""An earlier pass does not stand: the message is to be taken back."""
RULING: Final = "ruling"
"""A person, or a deadline, decided on a message."""
STARTED: Final = "show_started"
"""A show begins in the room: what was risky in the last one is over."""


class Kind(StrEnum):
    """What sort of message it is."""

    CHAT = "chat"
    HOST_SPEECH = "host_speech"
    GIFT = "gift"
    TITLE = "title"

    __hash__ = str.__hash__


class Manner(NamedTuple):
    """How messages of a kind are judged: their scene, the name of their part, who is taken to speak."""

    scene: Scene
    part: str
    role: Role


MANNERS: Final = {
    Kind.CHAT: Manner(Scene.LIVE_CHAT, "text", Role.USER),
    Kind.HOST_SPEECH: Manner(Scene.LIVE_SPEECH, "text", Role.HOST),
    Kind.GIFT: Manner(Scene.LIVE_CHAT, "gift", Role.USER),
    Kind.TITLE: Manner(Scene.TITLE, "text", Role.HOST),
}


class Message(NamedTuple):
    """A message as it came. Its content is called ``ROOM/ID`` in the house; rooms' names hold no slash."""

    id: str
    kind: Kind
    content: Content


def content_id(room: str, message: str) -> str:
    """What a message's content is called."""
    return f"{room}/{message}"


def may_be_seen(action: Action, scene: Scene, ruleset: Ruleset) -> bool:
    """Whether a message may be seen: it passed, or its scene lets it be seen while people decide."""
    if action is Action.REVIEW:
        policy = ruleset.policies.get(scene)
        return policy is not None and policy.while_waiting is WhileWaiting.PUBLISH
    return action is Action.PASS


def message_id(room: str, content: str) -> str:
    """The sender's id of a message, from what its content is called."""
    return content[len(room) + 1 :]


class Judged(NamedTuple):
    """A message with its verdict on the way to the disk; ``number`` is its place in the room."""

    tenant: str
    room: str
    number: int
    message: Message
    decision: str
    verdict: Verdict


class Follows(NamedTuple):
    """What follows of messages: events of the room, work in the transaction of their decisions, changes of its risk."""

    events: Sequence[Happening] = ()
    work: Callable[[Visit], object] | None = None
    risk: Sequence[Mark | PutRight] = ()


NOTHING_FOLLOWS: Final = Follows()

Follow = Callable[[Sequence[Judged]], Follows]
"""Hears every judged message of a room, batch by batch and in order, before the batch is on disk; must not wait.

``work`` runs in the journal's thread, in the transaction of the decisions, after they are written. What it raises
fails the batch.
"""
Introduce = Callable[[str, str, Message], Message]
"""Tenant, room, message: the message with what is on file for it (proofs, script, product); must not wait."""
Begin = Callable[[str, str], Awaitable[object]]
"""Tenant, room: hears of a new show before anything else is judged there."""


class Answered(NamedTuple):
    """A message's verdict that is on disk, under its number in the room. ``again``: it had been decided before."""

    id: str
    number: int
    decided: Decided
    again: bool = False


class NotJudged(NamedTuple):
    """A message that was not judged. ``why`` is a code: ``id_reused``, ``busy``, ``unavailable``, ``internal``."""

    id: str
    why: str


Outcome = Answered | NotJudged


class Event(NamedTuple):
    """Something that happened in a room, under its number."""

    number: int
    kind: str
    facts: Mapping[str, object]
    at: datetime


class News(NamedTuple):
    """What a room has to tell after one commit, in the order of its numbers: the verdicts first."""

    answers: Sequence[Answered]
    events: Sequence[Event]


class Ear(Protocol):
    """Who hears a room. Must take what it hears at once and must not raise."""

    def hear(self, own: Sequence[Outcome], news: News | None) -> None:
        """What became of the messages that it brought, and what the room tells everybody in it."""
