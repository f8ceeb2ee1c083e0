"""Whoever is shown what users wrote leaves an act: which routes show it is looked for in what all of them answer."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from service.acts import TEXTS_SEEN
from service.http.interface import ROUTES
from service.http.seen import ONE_LOOK, Looks
from service.keys import Caller
from service.rights import Role
from tests.http.conftest import Browser, running
from tests.http.streams import stream
from tests.http.ways import OBJECTS, RIVAL, SHOP, WAYS, WITNESS, House, told, unique
from tests.small import DOUBTFUL

AD, SCRIPT, GROUNDS = "这款面霜很好用", "这是shop的脚本。", "不是shop"
SAID, DETAIL = "主播的声音真好听", "他在骗老人的钱"
WRITTEN = (AD, DOUBTFUL, SCRIPT, GROUNDS, SAID, DETAIL)
"""What users wrote in the house."""
SHOWN_AT = {
    "GET /v1/reviews",
    "GET /v1/reviews/{id}",
    "GET /v1/search",
    "GET /v1/contents/{id}",
    "GET /v1/reports/{id}",
    "GET /v1/appeals/{id}",
    "GET /v1/scripts",
    "GET /v1/scripts/{id}/report",
    "GET /v1/rooms/{room}/pulse",
    "GET /desk/{id}",
    "GET /items/{id}",
    "GET /queue",
    "GET /search",
    "GET /contents",
    "GET /live/{room}",
    "GET /scripts/{id}/diff",
    "GET /audit/decisions/{id}",
}
"""Some of the routes at which they must be found: else nothing would be shown."""
ELSEWHERE = {"GET /", "GET /v1/rooms/{room}/stream"}
"""Declared, and looked at in tests of their own: an admin's first page has no texts, and a stream is no request."""


@pytest.fixture(scope="module")
def house(settings, doubtful, tmp_path_factory):
    own = {"data": tmp_path_factory.mktemp("looks"), "lexicons": doubtful, "audit_witnesses": (str(WITNESS.verifier),)}
    with running(settings.model_copy(update=own)) as server:
        house = House(server)
        house.key(RIVAL)
        for content, text in (("content-of-shop", AD), ("plain", DOUBTFUL)):
            house.sent(SHOP, "/v1/moderations", {"scene": "ugc", "text": text, "content_id": content})
        about = {"content_id": "content-of-shop", "reporter_id": "u", "reason": "other", "detail": DETAIL}
        filed = house.sent(SHOP, "/v1/reports", about)
        house.kept["report", SHOP] = {"id": filed["review"], "filed": filed["id"]}
        house.sent(SHOP, "/v1/rooms/a-room/messages", {"messages": [{"id": "m", "text": SAID}]})
        house.asking = SHOP
        for one in ("script", "held"):
            OBJECTS[one](house, SHOP)
        yield house


def hired(house, role):
    user = house.person(SHOP, role)
    return Browser(house.server, SHOP, user.id, user.name).sign_in()


def looks(house, who):
    """Whom the acts name: the facts of each look of a person."""
    with closing(sqlite3.connect(house.server.settings.database)) as database:
        rows = database.execute("SELECT body FROM acts WHERE kind = ? AND subject = ?", (TEXTS_SEEN, who.id))
        return [json.loads(body)["facts"] for (body,) in rows]


def asked(house, who, one):
    """One route as somebody who may asks it for an object of their own."""
    way = WAYS[f"{one.method} {one.path}"]
    house.asking, house.who = SHOP, who.id
    gaps = {**(OBJECTS[way.object](house, SHOP) if way.object else {}), "unique": unique()}
    sent = None if way.body is None else told(way.body, gaps)
    me = replace(who, cookies=dict(who.cookies))  # who signs somebody else in stays who they are
    reply = me.call(one.method, told(one.path + way.query, gaps), sent)
    assert reply.status in way.fine, (one.path, reply.body)
    return reply, json.dumps(sent, ensure_ascii=False)


def shown(reply, sent):
    """What users wrote, in an answer: not what was sent just now."""
    page = re.sub(r"<[^>]+>", "", reply.body.decode("utf-8", "replace"))
    return [text for text in WRITTEN if text in page and text not in sent]


def complaints(house, who, routes):
    """Routes that show what they do not declare, or declare what leaves no act; and those that showed something."""
    wrong, found = [], set()
    for one in routes:
        name = f"{one.method} {one.path}"
        if WAYS[name].spends:
            continue
        reply, sent = asked(house, who, one)
        if one.method == "GET" and shown(reply, sent):  # a step is an act of its own, which names person and object
            found.add(name)
            if not one.shows_texts:
                wrong.append(f"{name} shows texts")
        left = [facts for facts in looks(house, who) if facts["route"] == name]
        if bool(left) != (one.shows_texts and name not in ELSEWHERE):
            wrong.append(f"{name} left {left}")
    return wrong, found


def test_every_route_that_shows_texts_says_so_and_leaves_an_act(house):
    wrong, found = complaints(house, hired(house, Role.ADMIN), ROUTES)
    assert wrong == []
    assert found >= SHOWN_AT
    assert {one.method for one in ROUTES if one.shows_texts} == {"GET"}


@pytest.mark.parametrize("name", ["GET /v1/search", "GET /queue", "GET /v1/scripts/{id}/report", "GET /live/{room}"])
def test_a_route_that_does_not_say_so_is_noticed(house, name):
    one = next(one for one in ROUTES if f"{one.method} {one.path}" == name)
    object.__setattr__(one, "shows_texts", False)
    try:
        wrong, _ = complaints(house, hired(house, Role.ADMIN), [one])
    finally:
        object.__setattr__(one, "shows_texts", True)
    assert wrong == [f"{name} shows texts"]


def test_an_act_says_who_saw_what_and_never_what_was_sought(house):
    who = hired(house, Role.AUDITOR)
    item = house.kept["report", SHOP]["id"]
    for path in ("/search?text=13912345678", "/contents?id=plain", f"/items/{item}", f"/?item={item}", "/", "/search"):
        assert who.call("GET", path).status == 200
        assert who.call("HEAD", path).status == 200
    assert looks(house, who) == [
        {"by": who.id, "route": "GET /search"},
        {"by": who.id, "route": "GET /contents", "of": ["plain"]},
        {"by": who.id, "route": "GET /items/{id}", "of": [item]},
        {"by": who.id, "route": "GET /", "of": [item]},
        {"by": who.id, "route": "GET /"},
    ]


def test_keys_refusals_and_pages_without_texts_leave_nothing(house):
    who = hired(house, Role.REVIEWER)
    for path in ("/", "/search", "/system", "/live", "/v1/rooms"):
        assert who.call("GET", path).status == 200
    assert who.call("GET", "/v1/contents/nothing").status == 404
    assert house.server.call("GET", "/v1/moderations?content_id=plain").status == 200
    assert looks(house, who) == []


async def _joined(house, who, scope):
    async with stream(house.server, "a-room", key=None, query=f"?scope={scope}", **who.headers):
        pass


def test_who_follows_a_whole_room_leaves_an_act_and_who_only_brings_messages_none(house):
    who = hired(house, Role.REVIEWER)
    asyncio.run(_joined(house, who, "own"))
    assert looks(house, who) == []
    asyncio.run(_joined(house, who, "room"))
    assert looks(house, who) == [{"by": who.id, "route": "GET /v1/rooms/{room}/stream", "of": ["a-room"]}]


def test_nobody_sees_texts_while_no_act_can_be_left_and_all_else_is_shown(house, monkeypatch):
    who, item = hired(house, Role.REVIEWER), house.kept["report", SHOP]["id"]
    monkeypatch.setattr(house.server.service.ledger, "trouble", "disk gone")
    for path in (f"/v1/reviews/{item}", "/v1/search?text=%E5%A5%BD"):
        reply = who.call("GET", path)
        assert (reply.status, reply.problem) == (503, "unavailable")
        assert not shown(reply, "")
    assert who.call("GET", "/queue", Accept="text/html").status == 503
    for path in ("/", "/search", "/system", "/v1/rooms"):
        assert who.call("GET", path).status == 200
    assert house.server.call("GET", "/v1/moderations?content_id=plain").status == 200


class Acts:
    """A ledger that takes note of acts alone."""

    def __init__(self):
        self.left = []

    async def record(self, act):
        self.left.append(act.facts.get("of"))


@pytest.fixture
def noted():
    ledger, clock = Acts(), SimpleNamespace(now=0.0)
    looked = Looks(ledger, clock=lambda: clock.now, most=3)

    def note(*of, by="ann", route="GET /x"):
        asyncio.run(looked.note(Caller("shop", by), route, of))

    return SimpleNamespace(note=note, left=ledger.left, clock=clock, looked=looked)


def test_a_look_that_goes_on_leaves_one_act_in_ten_minutes(noted):
    for seconds in (0, 1, ONE_LOOK - 1, ONE_LOOK, ONE_LOOK + 1):
        noted.clock.now = seconds
        noted.note("a")
    assert noted.left == [["a"], ["a"]]


def test_another_person_route_or_object_is_another_look(noted):
    noted.note("a")
    noted.note("b")
    noted.note("a", by="bob")
    noted.note("a", route="GET /y")
    assert len(noted.left) == 4


def test_only_so_many_looks_are_remembered_and_a_forgotten_one_leaves_another_act(noted):
    for of in "abcd":
        noted.note(of)
    assert len(noted.looked._since) == 3
    noted.note("d")
    noted.note("a")
    assert noted.left == [["a"], ["b"], ["c"], ["d"], ["a"]]
