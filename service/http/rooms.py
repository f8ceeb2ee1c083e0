"""The routes of live rooms without sockets: bring messages, see which rooms are open, read what happened in one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson

from service.http.answer import Answer, tell
from service.http.asking import ListQuery, cursor_of, cut, places_in, read_plain, read_query
from service.http.problems import Problem
from service.http.room_answers import (
    RoomEvents,
    RoomList,
    RoomResults,
    RoomShown,
    invalid_told,
    item_told,
    outcome_told,
    room_told,
)
from service.http.room_wire import (
    EventsQuery,
    RoomMessages,
    envelope,
    read_message,
    room_of,
)
from service.http.routes import BODY, CALLED, route
from service.http.wire import Malformed
from service.ids import from_stamp
from service.live.rooms import Crowded
from service.review.veil import heard
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked
    from service.live.lane import Lane

_WRITES: Final = (*BODY, "not-found", "busy", *CALLED)


@route(
    "POST",
    "/v1/rooms/{room}/messages",
    policy=Right.MODERATE,
    takes=RoomMessages,
    gives=RoomResults,
    problems=_WRITES,
)
async def say(asked: Asked) -> Answer:
    """Have messages of a live room judged, in their order; each gets its own verdict or error, once it is on disk."""
    room, caller, serving = room_of(asked.found["room"]), asked.who, asked.serving
    rooms = serving.service.rooms
    if rooms.full_of(caller.tenant):
        raise Crowded
    sent = envelope(await read_plain(asked, limit=serving.settings.max_batch_body))
    now = datetime.now(UTC)
    read = [read_message(one, tenant=caller.tenant, room=room, now=now) for one in sent]
    outcomes = await rooms.say(caller.tenant, room, [one for one in read if not isinstance(one, Malformed)])
    judged = iter(outcomes)
    results = [
        invalid_told(index, one, asked.lang) if isinstance(one, Malformed) else outcome_told(next(judged), asked.lang)
        for index, one in enumerate(read)
    ]
    return Answer(b'{"room":%s,"results":[%s]}' % (orjson.dumps(room), b",".join(results)))


@route("GET", "/v1/rooms", policy=Right.FOLLOW, query=ListQuery, gives=RoomList, problems=("invalid-query", *CALLED))
async def rooms(asked: Asked) -> Answer:
    """List the open rooms, those in which something happened last first."""
    query = read_query(asked, ListQuery)
    before = places_in(query.cursor, int, str)
    lanes = sorted(asked.serving.service.rooms.lanes(asked.who.tenant), key=_place, reverse=True)
    page, last = cut([lane for lane in lanes if before is None or _place(lane) < before], query.limit)
    following = cursor_of(*_place(last)) if last else None
    return tell({"items": [room_told(lane) for lane in page], "next": following})


@route("GET", "/v1/rooms/{room}", policy=Right.FOLLOW, gives=RoomShown, problems=("not-found", *CALLED))
async def one_room(asked: Asked) -> Answer:
    """Read how a room stands."""
    name, tenant, keeper = room_of(asked.found["room"]), asked.who.tenant, asked.serving.service.rooms
    lane = keeper.lane(tenant, name)
    if lane is not None and lane.last:
        return tell(room_told(lane))
    last, at = await keeper.last(tenant, name)
    if not last:
        raise Problem("not-found")
    told = {**room_told(await keeper.stood(tenant, name)), "open": False, "at": from_stamp(at)}
    return Answer(orjson.dumps(told, option=orjson.OPT_UTC_Z))


@route(
    "GET",
    "/v1/rooms/{room}/events",
    policy=Right.FOLLOW,
    query=EventsQuery,
    gives=RoomEvents,
    problems=("invalid-query", "not-found", *CALLED),
    shows_texts=True,
)
async def events(asked: Asked) -> Answer:
    """List what happened in a room after a number: verdicts and events, in order."""
    name, tenant, keeper = room_of(asked.found["room"]), asked.who.tenant, asked.serving.service.rooms
    query = read_query(asked, EventsQuery)
    items = await keeper.after(tenant, name, query.after, limit=query.limit)
    last = items[-1].number if items else (await keeper.last(tenant, name))[0]
    if not last:
        raise Problem("not-found")
    shown = heard(items, asked.who.rights)
    ruleset = asked.serving.service.rules.engine.ruleset
    told = b",".join([item_told(item, asked.lang, ruleset) for item in shown])
    after = last if items else min(query.after, last)
    return Answer(b'{"room":%s,"items":[%s],"next":%d}' % (orjson.dumps(name), told, after))


ROUTES: Final = (say, rooms, one_room, events)


def _place(lane: Lane) -> list[str | int]:
    """Where a room stands in the list: by the microsecond in which something happened in it last, then by its name."""
    return [int(lane.used * 1_000_000), lane.name]
