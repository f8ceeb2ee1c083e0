"""The watch over live rooms: departures and corrections reach the risk, surges and grave risk raise alerts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from moderation.script import ApprovedScript
from moderation.types import Author, Content, Part, Role, Scene
from service.duty import patrol
from service.duty.patrol import Patrol
from service.live.lane import Lane
from service.live.risk import PutRight
from service.live.talk import Judged, Kind, Message

START = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Watched:
    """A room whose messages are judged by the shipped rules and then watched; alerts are caught instead of filed."""

    def __init__(self, engine, *, product=""):
        binding = SimpleNamespace(sole_product=lambda _tenant, _room: product)
        self.engine, self.number = engine, 0
        self.patrol = Patrol(SimpleNamespace(engine=engine), binding)
        self.lane = Lane("shop", "r")
        self.patrol.lane = lambda _tenant, _room: self.lane

    def judged(self, text, *, seconds=0, author="u", speech=False, script=None):
        self.number += 1
        content = Content(
            scene=Scene.LIVE_SPEECH if speech else Scene.LIVE_CHAT,
            parts=(Part("text", text),),
            at=START + timedelta(seconds=seconds),
            id=f"r/{self.number}",
            room="r",
            author=Author(id=author, role=Role.HOST if speech else Role.USER),
            script=script,
        )
        verdict = self.engine.examine(content).conclude()
        kind = Kind.HOST_SPEECH if speech else Kind.CHAT
        return Judged("shop", "r", self.number, Message(str(self.number), kind, content), "d", verdict)

    def say(self, text, **more):
        return self.patrol.follow([self.judged(text, **more)])


@pytest.fixture
def alerts(monkeypatch):
    """The occasions that were to be raised, as (kind, subject)."""
    raised = []
    monkeypatch.setattr(
        patrol, "raise_alert", lambda _visit, tenant, occasion: raised.append((occasion.kind, occasion.subject))
    )
    return raised


def done(follows):
    if follows.work is not None:
        follows.work(None)
    return follows


def test_a_correction_reaches_the_risk_and_is_told(shipped, monkeypatch):
    kept = []
    monkeypatch.setattr(patrol, "_record", lambda _visit, one, correction: kept.append((one.room, correction.words)))
    room = Watched(shipped)
    room.say("这款面霜是国家级的", speech=True, author="host")
    follows = done(room.say("口误口误，不是国家级", speech=True, author="host", seconds=20))
    assert [event.kind for event in follows.events] == ["correction"]
    assert follows.events[0].facts["seconds"] == 20
    assert [type(one) for one in follows.risk] == [PutRight]
    assert kept[0][0] == "r"
    assert room.patrol.seen("shop", "r").corrections == 1


def test_after_a_minute_nothing_is_corrected(shipped):
    room = Watched(shipped)
    room.say("这款面霜是国家级的", speech=True, author="host")
    assert room.say("口误口误，不是国家级", speech=True, author="host", seconds=90).events == ()


def test_a_claim_off_the_script_adds_to_the_risk(shipped, shipped_ruleset):
    room, text = Watched(shipped), "它是国家级的"
    script = ApprovedScript("大家好，欢迎来到直播间。", "d", shipped_ruleset, {})
    off = room.say(text, speech=True, author="host", script=script.followed((Part("text", text),)))
    assert [(one.source, one.category) for one in off.risk] == [("script", "absolute_claim")]
    assert room.say(text, speech=True, author="host", seconds=400).risk == ()


def test_a_surge_of_complaints_raises_one_alert_for_the_room_and_one_for_the_product(shipped, alerts):
    room = Watched(shipped, product="brush")
    for number in range(24):
        done(room.say("质量太差了，退货也不给退，差评", author=f"u{number}", seconds=number * 4))
    assert sorted(alerts) == [("sentiment.surge", "brush"), ("sentiment.surge", "r")]


def test_a_room_that_turns_red_raises_one_alert_at_a_time(shipped, alerts):
    room = Watched(shipped)
    rules = shipped.ruleset.live.risk
    for number in range(12):
        judged = room.judged("这款面霜能根治湿疹，国家级", speech=True, author="host", seconds=number)
        done(room.patrol.follow([judged]))
        room.lane.risk, _ = patrol.moved(room.lane.risk, [judged], (), rules)
    assert alerts == [("room.senior", "r"), ("room.red", "r")]


def test_a_batch_that_comes_again_counts_once(shipped):
    room = Watched(shipped)
    room.say("主播好")
    again = room.judged("你好", seconds=1)
    for _ in range(3):
        room.patrol.follow([again])
    assert sum(minute.messages for minute in room.patrol.seen("shop", "r").minutes) == 2


def test_what_is_remembered_is_bounded(shipped, monkeypatch):
    monkeypatch.setattr(patrol, "MOST_ROOMS", 3)
    room = Watched(shipped)
    for number in range(9):
        room.patrol.follow([room.judged("你好", seconds=number)._replace(room=f"r{number}")])
    assert len(room.patrol._posts) == 3
    room.patrol.forget("shop", "r8")
    assert len(room.patrol._posts) == 2


def test_minutes_are_charted_up_to_a_bound(shipped):
    room = Watched(shipped)
    for minute in range(130):
        room.say("你好", seconds=minute * 60)
    minutes = room.patrol.seen("shop", "r").minutes
    assert len(minutes) == patrol.MINUTES
    assert minutes[-1].number - minutes[0].number == patrol.MINUTES - 1
