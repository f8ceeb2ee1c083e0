"""The review desk over HTTP: who gets what, what an item tells, and what becomes of a step that comes too late."""

from __future__ import annotations

import pytest

from service.rights import Role, Scope

DOUBTFUL = "你就是个傻瓜蛋"
ABUSE = """\
@category abuse_insult
@owner tests
@source tests
@licence Apache-2.0
@reviewed 2026-11-22
@verified false

傻瓜蛋
"""
BLOCK = {"action": "block", "reasons": [{"category": "abuse_insult"}]}


@pytest.fixture
def house(serving, lexicons, tmp_path):
    """A server of our own, whose rules leave some contents to people."""
    abuse = lexicons / "safety" / "abuse.txt"
    abuse.write_text(ABUSE, encoding="utf-8")
    try:
        with serving() as server:
            yield server
    finally:
        abuse.unlink()


@pytest.fixture
def ann(house):
    return house.signed_in()


def judge(server, id_="a", text=DOUBTFUL, **more):
    return server.judge(text, content_id=id_, scene="ugc", **more).json


def claim(server, who, **body):
    reply = server.call("POST", "/v1/reviews/claim", body, key=who)
    assert reply.status == 200, reply.json
    return reply.json["items"]


def act(server, who, item, step, /, **body):
    return server.call("POST", f"/v1/reviews/{item}/{step}", body, key=who)


def test_smoke(house, ann):
    first = judge(house, creator_id="cr")
    judge(house, "b", DOUBTFUL + "！！", creator_id="cr")
    listed = house.call("GET", "/v1/reviews", key=ann).json
    assert [item["content_id"] for item in listed["items"]] == ["a", "b"]
    item = claim(house, ann)[0]
    assert item["decision"]["id"] == first["id"]
    full = house.call("GET", f"/v1/reviews/{item['id']}", key=ann).json
    assert full["token"] == item["token"]
    print(full)
    reply = act(house, ann, item["id"], "decision", token=item["token"], **BLOCK, note="骂人")
    assert reply.status == 200, reply.json
    print(reply.json)
    print(house.call("GET", "/v1/moderations?content_id=a").json)
    print(house.call("GET", "/v1/contents/a", key=ann).json)
    found = house.call("GET", "/v1/search?text=%E5%82%BB-%E7%93%9C", key=ann).json
    print(found)
    reply = act(house, ann, item["id"], "decision", token=item["token"], **BLOCK, note="骂人")
    print(reply.json)
    assert reply.status == 409
    print(act(house, ann, item["id"], "undo").json)
    assert 0
