"""The page of a live room: its chart with times, scale and named lines, and what became of messages in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from service.http import charts
from service.http.html import WORDS
from service.http.pulse import STREAM
from service.plan import Happening
from service.rights import Role
from tests.http.streams import chat
from tests.http.test_console import shown

LINES = {"amber": 24, "red": 72}
_rooms = count()


@pytest.fixture(scope="module")
def admin(server):
    return server.hire("room-admin", Role.ADMIN)


@pytest.fixture
def room(server):
    """A room in which something was said."""
    name = f"page-{next(_rooms)}"
    sent = {"messages": [chat("m-1", "欢迎来到直播间"), chat("m-2", "国家级")]}
    assert server.call("POST", f"/v1/rooms/{name}/messages", sent).status == 200
    return name


def minute(at, messages=1, flagged=0, points=0):
    return {"at": at.isoformat(), "messages": messages, "flagged": flagged, "points": points}


def test_minutes_lie_where_they_passed_and_half_hours_are_named():
    last = datetime(2026, 11, 28, 14, 41, tzinfo=UTC)
    told = [minute(last - timedelta(minutes=ago), 4 if ago else 2, points=10) for ago in (500, 60, 30, 0)]
    drawn = charts.minutes(told, LINES)
    assert [one["clock"] for one in drawn["bars"]] == ["21:41", "22:11", "22:41"], "what passed before is not drawn"
    assert [one["x"] for one in drawn["bars"]] == pytest.approx([49.17, 74.17, 99.17])
    assert [one["label"] for one in drawn["ticks"]] == ["21:00", "21:30", "22:00", "22:30"]
    assert drawn["most"] == 4 and [one["said"] for one in drawn["bars"]] == [100, 100, 50]
    assert [one["level"] for one in drawn["lines"]] == ["amber", "red"]
    assert drawn["lines"][0]["y"] > drawn["lines"][1]["y"] > 0


def test_a_room_that_nobody_has_heard_has_nothing_to_draw():
    assert charts.minutes([], LINES)["bars"] == []


@pytest.mark.parametrize(("message", "words"), [("m-1", ["欢迎来到直播间"]), ("long-gone", ["消息", "long-gone"])])
def test_what_was_ruled_on_a_message_is_told_with_the_message(server, admin, room, message, words):
    later = {"messages": [chat(f"later-{n}", f"好看{n}") for n in range(STREAM)]}
    assert server.call("POST", f"/v1/rooms/{room}/messages", later).status == 200
    ruled = Happening("ruling", {"message": message, "decision": "d", "action": "pass", "by": "deadline"})
    server.within(server.service.rooms.tell("shop", room, ruled))
    page = shown(admin.call("GET", f"/live/{room}"))
    event = page.partition('class="event ruling"')[2].partition("</li>")[0]
    assert [part for part in re.split(r"<[^>]+>|\s+", event) if part][1 : 4 + len(words)] == [
        WORDS["zh"]["event.ruling"],
        WORDS["zh"]["action.pass"],
        WORDS["zh"]["by.deadline"],
        *words,
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_event_of_a_room_has_a_word(lang):
    kinds = ("risk", "advice", "retraction", "ruling", "correction", "signal", "muted", "unmuted", "warned")
    assert [kind for kind in kinds if f"event.{kind}" not in WORDS[lang]] == []
