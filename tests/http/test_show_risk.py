"""A show is what risk measures: the next one starts fresh, the same one goes on wherever its room was in between."""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from moderation.risk import Level, Mark, Risk, Source
from service.duty.shows import AlreadyLive, NewShow
from service.http.html import WORDS
from service.live.talk import Follows
from service.rights import Role
from tests.http.streams import chat
from tests.http.test_console import shown
from tests.small import CLAIMS, LEXICONS, small_rules

BLOCKED = "这是国家级的产品"
ROOM = "show-risk"


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    made = small_rules(tmp_path_factory.mktemp("rules of shows") / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})
    shutil.copy(LEXICONS / "live.toml", made)
    return made


@pytest.fixture
def live(serving, rules):
    """``with live() as server``: the same house each time, with the rules of live rooms."""
    return lambda: serving(lexicons=rules)


def said(server, *texts, kind="host_speech"):
    first, _ = server.within(server.service.rooms.last("shop", ROOM))
    messages = [chat(f"m{first}-{place}", text, kind=kind) for place, text in enumerate(texts)]
    reply = server.call("POST", f"/v1/rooms/{ROOM}/messages", {"messages": messages})
    return [one["seq"] for one in reply.json["results"]]


def started(server):
    reply = server.call("POST", "/v1/shows", {"room_id": ROOM})
    assert reply.status == 200, reply.body
    return reply.json["id"]


def ended(server, show):
    assert server.call("POST", f"/v1/shows/{show}/end", {}).status == 200


def happened(server, after=0):
    """The events of the room: each kind with its level or advice, and whether it begins."""
    items = server.call("GET", f"/v1/rooms/{ROOM}/events?after={after}&limit=500").json["items"]
    told = [one for one in items if one["kind"] != "verdict"]
    return [(one["kind"], one.get("advice") or one.get("level"), one.get("on", one.get("up"))) for one in told]


def risk_of(server):
    return server.service.rooms.lane("shop", ROOM).risk


def forget(server):
    """As if the room had been idle for long."""
    del server.service.rooms._lanes["shop", ROOM]


def test_a_new_show_starts_fresh_and_gateways_hear_that_the_last_ones_advice_is_over(live):
    with live() as server:
        show = started(server)
        last = said(server, BLOCKED, BLOCKED + "呀")[-1]
        assert ("advice", "senior", True) in happened(server, last), "a violation after a warning"
        stood = server.call("GET", f"/v1/rooms/{ROOM}").json
        ended(server, show)
        assert server.call("GET", f"/v1/rooms/{ROOM}").json["advice"] == stood["advice"]
        show = started(server)
        assert happened(server, stood["seq"]) == [
            ("risk", "green", False),
            ("advice", "warn_host", False),
            ("advice", "senior", False),
            ("show_started", None, None),
        ]
        fresh = server.call("GET", f"/v1/rooms/{ROOM}").json
        assert (fresh["level"], fresh["advice"], fresh["reasons"]) == ("green", [], [])
        last = said(server, BLOCKED + "哦")[-1]
        assert happened(server, last) == [("advice", "warn_host", True)], "it is the first of this show"


@pytest.mark.parametrize("again", ["forgotten", "restarted"])
def test_a_show_that_was_started_and_heard_nothing_yet_is_fresh_after(live, again):
    with live() as server:
        show = started(server)
        said(server, BLOCKED, BLOCKED + "呀")
        ended(server, show)
        started(server)
        if again == "forgotten":
            forget(server)
            said(server, "大家好")
            assert risk_of(server) == Risk()
    with live() as server:
        assert server.call("GET", f"/v1/rooms/{ROOM}").json["level"] == "green"
        last = said(server, BLOCKED + "哦")[-1]
        assert happened(server, last) == [("advice", "warn_host", True)]


@pytest.mark.parametrize("shows", [True, False])
def test_the_same_show_goes_on_exactly_where_its_room_was_forgotten_or_the_service_stopped(live, shows):
    off_script = Mark(Source.SCRIPT, 0.0, "medical_claim", 8)

    def follow(judged):
        return Follows(risk=[off_script._replace(at=one.message.content.at.timestamp()) for one in judged[:1]])

    with live() as server:
        if shows:
            started(server)
        server.service.rooms.turns.follow.append(follow)
        said(server, BLOCKED, "大家好", BLOCKED + "呀")
        server.service.rooms.turns.follow.remove(follow)
        for number in range(70):
            said(server, f"第{number}句", kind="chat")
        before, count = risk_of(server), len(happened(server))
        assert {reason.source for reason in before.reasons} == {"speech", "script"}
        assert (before.violations, before.unheeded, before.warned_at > 0) == (2, 1, True)
        forget(server)
        told = server.call("GET", f"/v1/rooms/{ROOM}/pulse").json
        assert (told["level"], told["points"]) == (before.level.code, pytest.approx(before.points(), rel=0.1))
        said(server, "又来了", kind="chat")
        _same(risk_of(server), before)
    with live() as server:
        said(server, "还在吗", kind="chat")
        _same(risk_of(server), before)
        assert len(happened(server)) == count, "nobody is told again"


def _same(now, before):
    """But for what faded meanwhile."""
    assert now.points() == pytest.approx(before.points(), rel=0.1)
    assert now.violations == before.violations and now.unheeded == before.unheeded
    assert (now.level, now.active, now.warned_at) == (before.level, before.active, before.warned_at)


def test_what_was_told_to_be_over_is_not_told_again_by_a_room_that_is_opened_again(live):
    with live() as server:
        said(server, BLOCKED)
        lane, turns = server.service.rooms.lane("shop", ROOM), server.service.rooms.turns
        assert happened(server) == [("advice", "warn_host", True)]

        async def looked():
            turns.look(lane)
            while lane.busy or lane.pending:  # noqa: ASYNC110 - it is told within a moment
                await asyncio.sleep(0.01)

        with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):
            server.within(looked())
            told = happened(server)
            assert told[1:] == [("advice", "warn_host", False)]
            forget(server)
            said(server, "大家好", kind="chat")
            assert happened(server) == told


def test_two_who_start_a_show_at_once_are_told_which_is_on(live):
    with live() as server:
        shows, tell = server.service.duties.shows, server.service.rooms.tell
        caller = server.within(server.service.keys.caller(server.key))

        async def both():
            new = NewShow(ROOM)
            return await asyncio.gather(*(shows.start(caller, new, tell) for _ in "ab"), return_exceptions=True)

        first, second = server.within(both())
        assert isinstance(second, AlreadyLive) and second.show == first.id
        assert happened(server) == [("show_started", None, None)]


def test_the_page_says_where_a_level_is_lifted_and_shows_a_single_point(live):
    with live() as server:
        admin = server.hire("risk-admin", Role.ADMIN)
        said(server, *[BLOCKED] * 9)
        rules = server.service.rules.engine.ruleset.live.risk
        assert risk_of(server).level is Level.RED
        page = shown(admin.call("GET", f"/live/{ROOM}"))
        ends = WORDS["zh"]["live.lifted"].format(level=WORDS["zh"]["level.red"], n=rules.red * rules.down_milli // 1000)
        assert ends in page
        points = re.search(r"<b>(\d+)</b> <span[^>]*>" + WORDS["zh"]["live.points"], page)[1]
        *_, last = re.findall(r'<circle class="risk"[^>]*><title>[^<]*?(\d+)</title>', page)
        assert last == points
