"""The page of a live room: its chart with times, scale and named lines, and what became of messages in words."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from service.duty.patrol import Minute, Seen
from service.http import charts
from service.http.happened import in_words
from service.http.html import WORDS
from service.http.pulse import STREAM
from service.http.streaming import Code
from service.live.talk import STARTED, Event
from service.plan import Happening
from service.rights import Role
from tests.http.streams import chat
from tests.http.test_console import shown

LINES = [{"level": "amber", "points": 24}, {"level": "red", "points": 72}]
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
    drawn = charts.minutes(told, LINES, (last, 10))
    assert [one["clock"] for one in drawn["bars"]] == ["21:41", "22:11", "22:41"], "what passed before is not drawn"
    assert [one["x"] for one in drawn["bars"]] == pytest.approx([49.17, 74.17, 99.17])
    assert [one["label"] for one in drawn["ticks"]] == ["21:00", "21:30", "22:00", "22:30"]
    assert drawn["most"] == 4 and [one["said"] for one in drawn["bars"]] == [50, 50, 25]
    assert [one["level"] for one in drawn["lines"]] == ["amber", "red"]
    assert drawn["lines"][0]["y"] > drawn["lines"][1]["y"] > 0


@pytest.mark.parametrize(
    ("ago", "x", "between"), [(14, 0, 5), (15, 46.67, 10), (45, 23.33, 15), (119, 0, 30), (120, None, 30)]
)
def test_no_more_time_is_drawn_than_holds_what_there_is(ago, x, between):
    last = datetime(2026, 11, 28, 14, 41, tzinfo=UTC)
    drawn = charts.minutes([minute(last - timedelta(minutes=ago)), minute(last)], LINES, (last, 0))
    assert [one["x"] for one in drawn["bars"]][:-1] == ([] if x is None else [x])
    named = [int(one["label"][3:]) for one in drawn["ticks"]]
    assert {(there - here) % 60 for here, there in itertools.pairwise(named)} == {between}


def test_a_room_that_nobody_has_heard_has_nothing_to_draw():
    assert charts.minutes([], LINES, (datetime.now(UTC), 0))["bars"] == []


def test_the_line_of_risk_goes_on_to_now_as_far_as_it_has_faded():
    last = datetime(2026, 11, 28, 14, 41, tzinfo=UTC)
    told = [minute(last, points=80)]
    near = charts.minutes(told, LINES, (last + timedelta(minutes=12), 60))
    assert [(one["x"], one["points"]) for one in near["risk"]] == [(16.0, 80), (96.0, 60)]
    assert near["bars"][0]["x"] == 13.33 and near["risk"][0]["y"] < near["risk"][1]["y"]
    assert [one["points"] for one in charts.minutes(told, LINES, (last, 79))["risk"]] == [79]
    far = charts.minutes(told, LINES, (last + timedelta(days=1), 0))
    assert [(one["x"], one["points"]) for one in far["risk"]] == [(96.0, 80)]
    wild = charts.minutes([minute(last, points=5000)], LINES, (last, 5000))
    assert wild["risk"][0]["y"] == 0 and wild["lines"][0]["y"] - wild["lines"][1]["y"] > 20, "lines are told apart"


def test_outcomes_that_are_the_same_are_one_row(server, admin, room):
    for number, by in enumerate(["deadline", "deadline", "person", "deadline"]):
        ruled = Happening("ruling", {"message": f"m-{number % 2 + 1}", "decision": "d", "action": "pass", "by": by})
        server.within(server.service.rooms.tell("shop", room, ruled))
    page = shown(admin.call("GET", f"/live/{room}"))
    rows = [one.partition("</li>")[0] for one in page.split('class="event ruling"')[1:]]
    assert ["×2" in row for row in rows] == [False, False, True]
    assert "欢迎来到直播间" in rows[2] and "国家级" in rows[2]


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


def test_the_page_of_a_room_that_was_closed_tells_what_was_said_and_how_its_risk_went(server, admin, room, monkeypatch):
    seen = Seen(minutes=(Minute(29_000_000, 1, 0, 0), Minute(29_000_001, 1, 1, 8)))
    monkeypatch.setattr(server.service.duties.patrol, "seen", lambda _tenant, _room: seen)
    fell = Happening("risk", {"level": "green", "up": False, "reasons": []})
    server.within(server.service.rooms.tell("shop", room, fell))
    server.service.rooms._lanes.pop(("shop", room))
    page = shown(admin.call("GET", f"/live/{room}"))
    assert "2 条，1 条未通过" in page and "风险降为“低”" in page
    for name in (room, f"{room}-mute"):
        assert server.call("POST", "/v1/shows", {"room_id": name}).status == 200
    monkeypatch.setattr(server.service.duties.patrol, "seen", lambda _tenant, name: seen if name == room else Seen())
    for named in (room, f"{room}-mute"):
        server.service.rooms._lanes.pop(("shop", named), None)
    wall = shown(admin.call("GET", "/live"))
    told = wall.partition(f'href="/live/{room}"')[2].partition("</li>")[0]
    assert "2 条，1 条未通过" in told and WORDS["zh"]["live.quiet"] in told, "its show is on: it is no zero"
    assert "0 条" not in wall.partition(f'href="/live/{room}-mute"')[2].partition("</li>")[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_event_of_a_room_has_a_word(lang):
    kinds = ("risk", "advice", "retraction", "ruling", "correction", "signal", "muted", "unmuted", "warned", STARTED)
    assert [kind for kind in kinds if f"event.{kind}" not in WORDS[lang]] == []


REASONS = [{"source": "speech", "category": "absolute_claim", "points": 24, "times": 3}]


@pytest.mark.parametrize(
    ("kind", "facts", "zh", "en"),
    [
        (
            "risk",
            {"level": "red", "up": True, "reasons": REASONS},
            "风险升为“高”（口播 · 绝对化用语 ×3）",
            "The risk rose: High (Speech · Absolute claim ×3)",
        ),
        ("risk", {"level": "green", "up": False, "reasons": REASONS}, "风险降为“低”", "The risk fell: Low"),
        (
            "advice",
            {"advice": "slow_mode", "on": True, "level": "red", "reasons": [], "seconds": 15},
            "建议慢速模式，每人 15 秒一条",
            "Slow mode advised, 15 s between two messages of a person",
        ),
        ("advice", {"advice": "cut", "on": False, "level": "green"}, "建议中断：已解除", "Cut advised: over"),
        (
            "retraction",
            {"message": "m7", "decision": "d", "action": "block"},
            "消息 m7 现为拦截，请撤下",
            "Take message m7 back: Block",
        ),
        (
            "ruling",
            {"message": "m7", "decision": "d", "action": "pass", "by": "person"},
            "消息 m7 的复核结论：通过（人工）",
            "Message m7 was reviewed: Pass (A person)",
        ),
        (
            "correction",
            {"category": "absolute_claim", "seconds": 20},
            "主播在 20 秒后更正：绝对化用语",
            "The host put it right after 20 s: Absolute claim",
        ),
        ("signal", {"signal": "rise", "category": "*", "on": True}, "命中率升高", "More flagged"),
        (
            "signal",
            {"signal": "surge", "category": "", "on": False},
            "已平息——负面情绪与投诉激增",
            "Over: Complaints surge",
        ),
        (
            "muted",
            {"target": "u1", "until": "2026-11-28T12:00:00Z"},
            "u1 被禁言，至 2026-11-28 20:00",
            "u1 is muted until 2026-11-28 20:00",
        ),
        ("muted", {"target": "u1"}, "u1 被禁言", "u1 is muted"),
        ("unmuted", {"target": "u1"}, "u1 不再禁言", "u1 is no longer muted"),
        ("warned", {"target": ""}, "已提醒主播", "The host was warned"),
        (STARTED, {"show": "s"}, "新场次开始，风险从零计起", "A show begins, and its risk from nothing"),
        ("to_come", {}, "to_come", "to_come"),
    ],
)
def test_every_event_of_a_room_is_told_in_a_sentence(kind, facts, zh, en, server):
    event = Event(7, kind, facts, datetime.now(UTC))
    assert [in_words(event, lang, server.service.rules.engine.ruleset) for lang in ("zh", "en")] == [zh, en]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_end_of_a_stream_has_a_sentence(lang):
    assert [code for code in Code if f"bye.{code.word}" not in WORDS[lang]] == []
