"""What clients may send of live rooms, checked once at the edge: messages become ``Message`` or faults."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from moderation.types import Author, Part, Role
from service.draft import Draft
from service.http import duty_wire
from service.http.problems import Fault, Problem, faults_of
from service.http.wire import LONGEST, Malformed, Short, When, nul_places
from service.live.talk import MANNERS, Kind, Message, content_id

MOST_CHARS: Final = 2000
"""A message's text. Longer texts are scripts, and belong to another scene."""
MOST_MESSAGES: Final = 500
"""In one request, or in one frame."""
ROOM: Final = re.compile(duty_wire.ROOM)
MOST_ID: Final = 128
AHEAD: Final = timedelta(minutes=1)
"""So far a sender's clock may be ahead of ours: a later time would hold the room's risk where it is until then."""
_DAYS: Final = 40_000
_UTC: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{6})?Z")
"""Times as most programs write them, between the years that are taken; others are left to the model."""
_KINDS: Final = {kind.value: kind for kind in Kind}
_MOST_OFFSET: Final = 7 * 24 * 3600 * 1000

MessageId = Annotated[StrictStr, StringConstraints(min_length=1, max_length=MOST_ID)]


class RoomMessage(BaseModel):
    """One message of a live room. The same id again is the same message: it gets the verdict that it got."""

    model_config = ConfigDict(extra="forbid")

    id: MessageId = Field(description="your id, unique in the room")
    kind: Kind = Kind.CHAT
    text: Annotated[StrictStr, StringConstraints(min_length=1, max_length=MOST_CHARS)] = Field(
        description="what was written; of host_speech what the recogniser heard, of gift its name"
    )
    author_id: Short | None = None
    account_age_days: Annotated[StrictInt, Field(ge=0, le=_DAYS)] | None = Field(
        default=None, description="whole days since the account was opened"
    )
    at: When | None = Field(
        default=None,
        description="RFC 3339 with offset; when it was said, now where left out; a minute ahead at most",
    )
    offset_ms: Annotated[StrictInt, Field(ge=0, le=_MOST_OFFSET)] | None = Field(
        default=None, description="milliseconds since the show began"
    )
    reply_to: MessageId | None = Field(default=None, description="the message that it answers")


class RoomMessages(BaseModel):
    """Messages of one room, in their order; each gets its own verdict."""

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[list[RoomMessage], Field(min_length=1, max_length=MOST_MESSAGES)]


class _Envelope(BaseModel):
    """Messages that are looked at one by one, so that a bad one does not spoil the others."""

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[list[Any], Field(min_length=1, max_length=MOST_MESSAGES)]


class EventsQuery(BaseModel):
    """Which of a room's events to list."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**62)] = Field(default=0, description="the last number that you have")
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class StreamQuery(BaseModel):
    """How to follow a room."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[int, Field(ge=0, le=2**62)] | None = Field(
        default=None, description="the last number that you saw: what came after it is sent first"
    )
    scope: Literal["own", "room"] = Field(
        default="own", description="own: verdicts of your messages, and events; room: everybody's verdicts too"
    )


_one = RoomMessage.__pydantic_validator__
_many = _Envelope.__pydantic_validator__


def room_of(name: str) -> str:
    """The room that a path names. Raises ``Problem``."""
    if not ROOM.fullmatch(name):
        raise Problem("not-found")
    return name


def envelope(sent: Any) -> list[Any]:
    """The messages of a request, not yet looked at. Raises ``Problem``."""
    try:
        messages: list[Any] = _many.validate_python(sent).messages
    except ValidationError as error:
        raise Problem("invalid-body", faults=faults_of(error)) from None
    return messages


def read_message(sent: Any, *, tenant: str, room: str, now: datetime) -> Message | Malformed:
    """One message from plain data."""
    try:
        said = _plain(sent) or _modelled(sent)
    except ValidationError as error:
        return _malformed(sent, *faults_of(error))
    name, kind, text, author, age, at, offset, reply = said
    if "\x00" in text or "\x00" in name or "\x00" in f"{author}{reply}":
        return _malformed(sent, *nul_places(sent, ()))
    if at is not None and at - now > AHEAD:
        return _malformed(sent, Fault(("at",), "datetime_ahead"))
    scene, part, role = MANNERS[kind]
    content = Draft(
        scene,
        (Part(part, text),),
        now if at is None else at,
        content_id(room, name),
        1,
        tenant,
        _author(author, role, age),
        room,
        None,
        False,
        None,
        None,
        (),
        None,
        offset,
        None if reply is None else content_id(room, reply),
    ).done()
    return Message(name, kind, content)


def _modelled(sent: Any) -> _Said:
    read = _one.validate_python(sent)
    more = read.author_id, read.account_age_days, read.at, read.offset_ms, read.reply_to
    return _Said(read.id, read.kind, read.text, *more)


class _Said(NamedTuple):
    """The fields of ``RoomMessage`` in their order."""

    id: str
    kind: Kind
    text: str
    author_id: str | None = None
    account_age_days: int | None = None
    at: datetime | None = None
    offset_ms: int | None = None
    reply_to: str | None = None


def _plain(sent: Any) -> _Said | None:
    """What nearly every message is, in a third of the time that its model takes; ``None``: let the model look."""
    if type(sent) is not dict:
        return None
    get = sent.get
    name, text, author, age = get("id"), get("text"), get("author_id"), get("account_age_days")
    kind, at = _KINDS.get(str(get("kind", Kind.CHAT))), _at(get("at"))
    told = 2 + (author is not None) + (age is not None) + ("kind" in sent) + (at is not None)
    fine = (
        kind is not None
        and told == len(sent)
        and (type(name) is str and 0 < len(name) <= MOST_ID)
        and (type(text) is str and 0 < len(text) <= MOST_CHARS)
        and (author is None or (type(author) is str and 0 < len(author) <= LONGEST))
        and (age is None or (type(age) is int and 0 <= age <= _DAYS))
    )
    return _Said(cast(str, name), kind, cast(str, text), author, age, at) if fine and kind else None


def _at(sent: Any) -> datetime | None:
    if type(sent) is not str or not _UTC.fullmatch(sent):
        return None
    try:
        return datetime.fromisoformat(sent)
    except ValueError:
        return None


def _malformed(sent: Any, *faults: Fault) -> Malformed:
    name = sent.get("id") if isinstance(sent, dict) else None
    return Malformed(name[:MOST_ID] if isinstance(name, str) else None, faults)


@lru_cache(maxsize=4096)
def _author(author: str | None, role: Role, age: int | None) -> Author:
    return Author(id=author, role=role, age_days=age)
