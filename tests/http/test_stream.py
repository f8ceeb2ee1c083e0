"""The WebSocket of a live room: verdicts by id, credits, resumption, and an end for who does not keep to it."""

from __future__ import annotations

import asyncio
import sqlite3
from itertools import count

import aiohttp
import pytest

from service.http import browser
from service.http import stream as stream_
from service.http.stream import FRAME
from service.plan import Happening
from service.rights import Role
from tests.http.streams import PROTOCOL, chat, stream

BLOCKED = "这是国家级的产品"
_rooms = count()


@pytest.fixture
def room():
    return f"stream-{next(_rooms)}"


async def within(server, coroutine):
    """Runs a coroutine where the service runs, and waits here without holding this loop."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, server.loop))


def seqs(items):
    return [one["seq"] for one in items]


async def test_verdicts_come_by_id_and_give_credits_back(server, room):
    async with stream(server, room) as client:
        assert client.hello == client.hello | {
            "type": "hello",
            "room": room,
            "seq": 0,
            "credits": 256,
            "level": "green",
        }
        await client.say(chat("a"), chat("b", BLOCKED, kind="title"), {"id": "c"})
        await client.say(chat("d"))
        items = await client.items(4)
        assert {one["id"]: one.get("action", one.get("why")) for one in items} == {
            "a": "pass",
            "b": "block",
            "c": "invalid",
            "d": "pass",
        }
        assert sorted(one["seq"] for one in items if "seq" in one) == [1, 2, 3]
        assert client.credits == 256 + 4


async def test_a_message_whose_id_cannot_be_read_is_told_by_its_place(server, room):
    async with stream(server, room) as client:
        await client.say({"id": 5, "text": "hi"}, chat("a"), {"text": "x"}, 7)
        refused = [one for one in await client.items(4) if one["kind"] == "refused"]
        assert [(one["id"], one["index"]) for one in refused] == [(None, 0), (None, 2), (None, 3)]


async def test_who_resumes_gets_what_came_after_once_and_in_order(server, room):
    async with stream(server, room) as client:
        await client.say(*(chat(f"m{n}") for n in range(40)))
        await client.items(40)
    async with stream(server, room, query="?after=25") as client:
        assert client.hello["seq"] == 40
        await client.say(chat("new"))
        assert seqs(await client.items(16)) == list(range(26, 42))
    async with stream(server, room) as client:
        await client.say(chat("m3"), chat("last"))
        again, last = sorted(await client.items(2), key=lambda one: one["seq"])
        assert (again["seq"], again["again"], last["seq"]) == (4, True, 42)


async def test_who_resumes_after_a_number_that_the_room_has_not_reached_hears_its_verdicts(server, room):
    async with stream(server, room) as client:
        await client.say(*(chat(f"m{n}") for n in range(4)))
        await client.items(4)
    async with stream(server, room, query="?after=1000") as client:
        await client.say(chat("new"))
        await client.answered(1)
        assert [(one["id"], one["seq"]) for one in client.seen] == [("new", 5)]


async def test_who_resumes_while_others_talk_misses_and_doubles_nothing(server, room):
    async with stream(server, room) as talker:
        await talker.say(*(chat(f"a{n}") for n in range(100)))
        async with stream(server, room, query="?after=0&scope=room") as client:
            for n in range(50):
                await talker.say(chat(f"b{n}"))
            assert seqs(await client.items(150)) == list(range(1, 151))


async def test_own_verdicts_alone_unless_the_whole_room_is_asked_for_and_events_for_all(server, room):
    async with stream(server, room) as one, stream(server, room, query="?scope=room") as all_:
        await one.say(chat("a"))
        await one.items(1)
        await all_.items(1)
        await all_.say(chat("b"))
        await all_.items(2)
        await within(server, server.service.rooms.tell("shop", room, Happening("slow_mode", {"seconds": 5})))
        told = (await one.items(2))[1]
        assert told == told | {"kind": "slow_mode", "seconds": 5, "seq": 3}
        assert seqs(await all_.items(3)) == [1, 2, 3] and seqs(one.seen) == [1, 3]


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        ("{", "invalid-json"),
        ('{"type":"messages","messages":[{"id":"a","text":"b"}],"messages":[]}', "invalid-json"),
        ('{"type":"messages"}', "invalid-body"),
        ('{"type":"else"}', "invalid-body"),
        ("[]", "invalid-body"),
        ('{"type":"messages","messages":[],"more":1}', "invalid-body"),
        (b"x", None),
    ],
)
async def test_a_frame_that_cannot_be_read_ends_the_stream_with_the_reason(server, room, frame, problem):
    async with stream(server, room) as client:
        await (client.socket.send_bytes(frame) if isinstance(frame, bytes) else client.socket.send_str(frame))
        assert (await client.over(), client.code) == ("malformed", 4400)
        assert client.bye.get("problem", {}).get("type") == (problem and f"urn:qingliu:problem:{problem}")


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ('{"type":"else"}', {"loc": ["type"], "msg": "应为以下之一：'messages'、'ping'", "type": "literal_error"}),
        ('{"messages":[]}', {"loc": ["type"], "msg": "缺少必填字段", "type": "missing"}),
        ("[]", {"loc": [], "msg": "应为 JSON 对象", "type": "model_type"}),
    ],
)
async def test_who_sends_another_type_of_frame_is_told_which_there_are(server, room, frame, fault):
    async with stream(server, room) as client:
        await client.socket.send_str(frame)
        await client.over()
        assert client.bye["problem"]["errors"] == [fault]


@pytest.mark.parametrize("size", [1, 100 * FRAME])
async def test_a_frame_that_is_too_large_ends_the_stream_with_the_reason(server, room, size):
    async with stream(server, room) as client:
        await client.socket.send_str(" " * FRAME + "x" * size)
        assert (await client.over(), client.code) == ("too_large", 1009)
        assert "256 KiB" in client.bye["detail"]


async def test_a_ping_is_answered_in_json_too(server, room):
    async with stream(server, room) as client:
        await client.socket.send_str('{"type":"ping","id":7}')
        assert await client.next() == {"type": "pong", "id": 7}


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket", "Connection": "Upgrade"}])
def test_a_plain_request_is_told_to_upgrade(server, room, headers):
    reply = server.call("GET", f"/v1/rooms/{room}/stream", **headers)
    assert (reply.status, reply.problem, reply.headers["upgrade"]) == (426, "upgrade-required", "websocket")
    assert PROTOCOL in reply.json["detail"]


@pytest.mark.parametrize("protocols", [(), ("other.v1",)])
async def test_a_client_of_another_protocol_is_refused(server, room, protocols):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with stream(server, room, protocols=protocols):
            pass
    assert refused.value.status == 426


async def test_what_a_client_offers_instead_stays_out_of_the_log(server, room, caplog):
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with stream(server, room, protocols=("bearer", "ql_secret")):
            pass
    assert "ql_secret" not in caplog.text


# Who may


async def test_nobody_unknown_gets_a_stream(server, room):
    for key in ("ql_wrong", None):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with stream(server, room, key=key):
                pass
        assert refused.value.status == 401


async def _by_session(server, person, room, **headers):
    sent = {**person.headers, "X_CSRF_Token": None, **headers}
    async with stream(server, room, key=None, **sent) as client:
        await client.say(chat("a"))
        return await client.over()


async def test_a_person_follows_and_says_nothing(server, room):
    ann = server.hire(f"ann-{room}", Role.REVIEWER)
    assert await _by_session(server, ann, room) == "forbidden"


FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": None}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_sites_page_gets_no_stream_by_a_persons_cookie(server, room, headers):
    ann = server.hire(f"ann-{room}", Role.REVIEWER)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await _by_session(server, ann, room, **headers)
    assert refused.value.status == 403


async def test_without_the_check_another_sites_page_would_get_one(server, room, monkeypatch):
    """The sabotage twin."""
    ann = server.hire(f"ann-{room}", Role.REVIEWER)
    monkeypatch.setattr(stream_, "check_socket", browser.check_origin)
    assert await _by_session(server, ann, room, Origin="https://evil.example") == "forbidden"


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), RuntimeError("a fault")])
async def test_who_joins_while_the_store_cannot_be_read_is_told_to_come_again(server, room, error, monkeypatch):
    async def broken(*_):
        raise error

    monkeypatch.setattr(server.service.rooms.turns, "open", broken)
    async with stream(server, room) as client:
        assert (await client.over(), client.code) == ("busy", 1013)
    assert server.service.rooms.lane("shop", room).idle, "nobody is left listening"
    monkeypatch.undo()
    async with stream(server, room) as client:
        assert client.hello["seq"] == 0


async def test_a_stream_ends_with_the_key_that_opened_it(server, room):
    key_id, secret = await within(server, server.service.keys.create("shop"))
    async with stream(server, room, key=secret) as client:
        await within(server, server.service.keys.revoke(key_id))
        assert await client.over() == "forbidden"


async def test_tenants_rooms_of_one_name_are_apart(server, room):
    _, rival = await within(server, server.service.keys.create("rival"))
    async with stream(server, room) as mine, stream(server, room, key=rival, query="?scope=room") as theirs:
        await mine.say(chat("a"))
        await mine.items(1)
        await theirs.say(chat("b"))
        assert [one["id"] for one in await theirs.items(1)] == ["b"] and theirs.seen[0]["seq"] == 1
