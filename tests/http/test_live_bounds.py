"""Live rooms under bounds: who exceeds credits, is silent or reads nothing is told and closed; nothing grows."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import socket
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from threading import current_thread
from types import SimpleNamespace

import aiohttp
import pytest
from structlog.testing import capture_logs

from bench.live_load import frames
from moderation.engine import Engine
from moderation.types import Content, Part, Scene
from service.http import stream as stream_
from service.http.streaming import AT_ONCE, Code, Stream, Waker
from service.live import rooms
from service.live.lane import Brought, Lane
from service.live.talk import Kind, Message
from service.tasks import beside
from tests.http.conftest import running
from tests.http.streams import PROTOCOL, chat, stream
from tests.small import CLAIMS, LEXICONS, small_rules, terms

BLOCKED = "这是国家级的产品"
LONG = {"kind": "host_speech", "text": BLOCKED * 3}


@pytest.fixture(scope="module")
def narrow(settings, tmp_path_factory):
    """A server with little room for anything, and the real rules of live rooms."""
    files = {"ad_law/absolute_claim.txt": CLAIMS, "trade/contact_diversion.txt": terms("contact_diversion", "来密室")}
    rules = small_rules(tmp_path_factory.mktemp("live rules") / "lexicons", files)
    shutil.copy(LEXICONS / "live.toml", rules)
    changed = {
        "lexicons": rules,
        "live_credits": 8,
        "live_silence": 0.4,
        "live_buffer": 16 * 1024,
        "live_rooms": 3,
        "live_queue": 64,
    }
    data = tmp_path_factory.mktemp("narrow")
    with running(settings.model_copy(update={**changed, "live_streams": 5, "data": data})) as server:
        yield server


@pytest.fixture(scope="module")
def rival(narrow):
    """The key of another tenant."""
    return narrow.within(narrow.service.keys.create("rival"))[1]


def said(server, room, *messages, key=True):
    return server.call("POST", f"/v1/rooms/{room}/messages", {"messages": list(messages)}, key=key)


async def test_a_client_that_exceeds_its_credits_is_told_and_closed(narrow):
    async with stream(narrow, "r") as client:
        await client.say(*(chat(f"m{n}") for n in range(9)))
        assert (await client.over(), client.code) == ("over_credit", 4429)
    async with stream(narrow, "r") as client:
        for first in range(0, 24, 8):
            await client.say(*(chat(f"m{n}") for n in range(first, first + 8)))
            await client.items(first + 8)
        assert {one["id"] for one in client.seen} == {f"m{n}" for n in range(24)}


async def test_a_client_that_answers_pings_stays_and_a_silent_one_is_told_and_closed(narrow):
    async with stream(narrow, "r") as awake:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(awake.next(), 1.2)
    async with stream(narrow, "r") as client:
        client.socket._autoping = False
        kinds = []
        while client.bye is None:
            told = await asyncio.wait_for(client.socket.receive(), 10)
            kinds.append(told.type)
            if told.type is aiohttp.WSMsgType.TEXT:
                client.bye = told.json()
        assert client.bye["why"] == "silent" and "没有收到" in client.bye["detail"] and aiohttp.WSMsgType.PING in kinds


async def test_more_streams_than_allowed_are_refused_and_other_tenants_find_a_place(narrow, rival):
    opened = [stream(narrow, "r") for _ in range(4)]
    for one in opened:
        await one.__aenter__()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with stream(narrow, "r"):
            pass
    assert refused.value.status == 503
    head = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    head |= {"Sec_WebSocket_Key": "A" * 22 + "==", "Sec_WebSocket_Protocol": PROTOCOL}
    assert narrow.call("GET", "/v1/rooms/r/stream", **head).problem == "busy"
    async with stream(narrow, "r", key=rival) as other:
        assert other.hello["room"] == "r"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with stream(narrow, "r", key=rival):
                pass
    for one in opened:
        await one.__aexit__(None, None, None)


async def test_streams_that_are_opened_at_once_are_no_more_than_allowed(narrow, monkeypatch):
    while gauge(narrow, "qingliu_streams"):  # noqa: ASYNC110 - those of the test before end in their own time
        await asyncio.sleep(0.05)
    prepare, refused, over = stream_._Socket.prepare, [], asyncio.Event()

    async def slow(socket, request):
        await asyncio.sleep(0.2)
        return await prepare(socket, request)

    async def come():
        try:
            async with stream(narrow, "r"), asyncio.timeout(5):
                await over.wait()
        except aiohttp.WSServerHandshakeError as error:
            refused.append(error.status)
            if len(refused) == 4:
                over.set()

    monkeypatch.setattr(stream_._Socket, "prepare", slow)
    await asyncio.gather(*(come() for _ in range(8)))
    assert refused == [503] * 4


@pytest.mark.parametrize("most", [*range(2, 40), 4096])
def test_one_tenant_leaves_others_a_quarter_of_all_places(most):
    own = next(own for own in range(most + 1) if not rooms.has_place(most, own, own))
    others = next(others for others in range(most) if not rooms.has_place(most, own + others, others))
    assert (own + others, others) == (most, max(1, most // 4))


def test_idle_rooms_are_forgotten_and_no_more_than_allowed_are_kept(narrow):
    keeper = narrow.service.rooms
    for n in range(6):
        assert said(narrow, f"r{n}", chat("a")).status == 200
    assert keeper.open == 3
    keeper._bounds = keeper._bounds.__class__(rooms=3, messages=64, idle=0.0)
    assert narrow.within(_forgotten(keeper)) == 3
    assert keeper.open == 0
    assert said(narrow, "r0", chat("a")).json["results"][0]["again"] is True


async def _forgotten(keeper):
    return keeper.forget()


async def test_rooms_are_swept_also_after_a_sweep_that_failed(monkeypatch):
    seen, more = [], asyncio.Event()

    def look(lane):
        seen.append(lane)
        if len(seen) == 1:
            raise OSError
        more.set()

    monkeypatch.setattr(rooms, "SWEEP_SECONDS", 0.01)
    keeper = rooms.Rooms(None, turns=SimpleNamespace(look=look), bounds=rooms.Bounds())
    keeper._lane("shop", "r")
    with capture_logs() as logs:
        async with beside(rooms=keeper.run()):
            await asyncio.wait_for(more.wait(), 5)
    assert [(one["event"], one["error"]) for one in logs] == [("rooms not swept", "OSError")]


def test_too_many_messages_are_turned_away_until_there_is_room(narrow):
    turns = narrow.service.rooms.turns
    turns.waiting += 64
    reply = said(narrow, "r", chat("a"))
    assert (reply.problem, reply.headers["retry-after"]) == ("busy", "1")
    turns.waiting -= 64
    assert said(narrow, "r", chat("a")).status == 200


def test_messages_of_one_tenant_leave_others_their_share(narrow, rival):
    turns = narrow.service.rooms.turns
    turns.wait("shop", 48)
    assert said(narrow, "r", chat("b")).problem == "busy"
    assert said(narrow, "r", chat("b"), key=rival).status == 200
    turns.wait("rival", 16)
    assert said(narrow, "r", chat("c"), key=rival).problem == "busy"
    turns.wait("rival", -16)
    turns.wait("shop", -48)
    assert said(narrow, "r", chat("b")).status == 200
    assert (turns.waiting, turns.waiting_of) == (0, {})


async def test_while_too_much_waits_credits_are_owed_and_given_later(narrow):
    turns = narrow.service.rooms.turns
    async with stream(narrow, "owed") as client:
        turns.waiting += 64
        await client.say(chat("a"))
        (refused,) = await client.items(1)
        assert (refused["why"], client.credits) == ("busy", 8)
        turns.waiting -= 64
        while client.credits < 9:
            await client.next()
        await client.say(chat("a"))
        assert (await client.items(2))[1]["seq"] == 1


# What a room adds


async def test_an_earlier_pass_is_retracted_when_a_later_message_completes_a_violation(narrow):
    async with stream(narrow, "split", query="?scope=room") as client:
        for n, text in enumerate("来密"):
            await client.say(chat(f"m{n}", text, author_id="a"))
            await client.items(n + 1)
        assert [one["action"] for one in client.seen] == ["pass", "pass"]
        await client.say(chat("m2", "室", author_id="a"))
        items = (await client.items(7))[2:]
    told = [(one["kind"], one.get("id", one.get("message")), one.get("action")) for one in items]
    assert told[:3] == [("verdict", "m2", "block"), ("verdict", "m0", "block"), ("verdict", "m1", "block")]
    assert told[3:] == [("retraction", "m0", "block"), ("retraction", "m1", "block")]
    history = narrow.call("GET", "/v1/moderations?content_id=split/m0").json["decisions"]
    assert [one["action"] for one in history] == ["block", "pass"]
    assert narrow.call("GET", "/v1/rooms/split/events").json["items"] == client.seen


def test_pieces_that_come_together_never_pass(narrow):
    results = said(narrow, "split2", *(chat(text, text, author_id="a") for text in "来密室")).json["results"]
    assert [one["action"] for one in results] == ["block"] * 3
    assert len(narrow.call("GET", "/v1/rooms/split2/events").json["items"]) == 3


def test_the_risk_of_a_room_is_told_with_its_reasons_and_fades(narrow):
    said(narrow, "risky", *(chat(f"m{n}", kind="host_speech", text=f"{BLOCKED}{n}") for n in range(3)))
    kinds = [one for one in narrow.call("GET", "/v1/rooms/risky/events").json["items"] if one["kind"] != "verdict"]
    assert ("advice", "warn_host", True) in [(one["kind"], one.get("advice"), one.get("on")) for one in kinds]
    assert kinds[0]["reasons"][0] == kinds[0]["reasons"][0] | {"source": "speech", "category": "absolute_claim"}
    assert kinds[0]["message"] == "m0"
    assert "×" in kinds[0]["detail"]
    shown = narrow.call("GET", "/v1/rooms/risky").json
    assert shown["level"] == "amber" and "warn_host" in shown["advice"]
    lane = narrow.service.rooms.lane("shop", "risky")
    lane.risk = dataclasses.replace(lane.risk, at=lane.risk.at - 7200)
    narrow.within(_looked(narrow, lane))
    last = narrow.call("GET", f"/v1/rooms/risky/events?after={shown['seq']}").json["items"]
    assert ("risk", "green", False) in [(one["kind"], one["level"], one.get("up")) for one in last]
    # An opened room remembers what its last messages mean.
    narrow.service.rooms._lanes.pop(("shop", "risky"))
    said(narrow, "risky", chat("new"))
    assert narrow.call("GET", "/v1/rooms/risky").json["level"] == "amber"


def test_a_room_that_was_closed_remembers_what_its_host_put_right(narrow):
    speech = {"kind": "host_speech", "author_id": "h"}
    said(narrow, "righted", chat("a", BLOCKED, **speech))
    said(narrow, "righted", chat("b", "口误口误，不是国家级", **speech))
    assert "correction" in [one["kind"] for one in narrow.call("GET", "/v1/rooms/righted/events").json["items"]]
    before = narrow.call("GET", "/v1/rooms/righted").json
    assert [one["source"] for one in before["reasons"]] == ["speech"]
    narrow.service.rooms._lanes.pop(("shop", "righted"))
    closed = narrow.call("GET", "/v1/rooms/righted").json
    assert closed | {"open": True} == before | {"judged": 0, "held": 0, "at": closed["at"]}
    said(narrow, "righted", chat("c", "好"))
    assert narrow.call("GET", "/v1/rooms/righted").json["reasons"] == before["reasons"]


async def _looked(server, lane):
    server.service.rooms.turns.look(lane)
    while lane.busy:  # noqa: ASYNC110 - it is told within a moment
        await asyncio.sleep(0.01)


def test_a_room_is_given_little_at_a_time_and_long_messages_are_judged_beside_the_event_loop(narrow, monkeypatch):
    threads, chars, hear = set(), [], Engine.hear

    def noted(engine, state, contents):
        if contents:
            chars.append(sum(len(one.parts[0].text) for one in contents))
            threads.add(current_thread().name)
        return hear(engine, state, contents)

    monkeypatch.setattr(Engine, "hear", noted)
    said(narrow, "long", *(chat(f"m{n}", "好" * 600) for n in range(16)))
    assert sum(chars) == 16 * 600 and max(chars) == 600 and threads == {"chamber_0"}


def test_a_turn_of_a_room_takes_few_of_its_long_messages():
    now = datetime.now(UTC)
    texts = (Content(scene=Scene.LIVE_CHAT, parts=(Part("text", "好" * 2000),), at=now) for _ in range(5))
    lane = Lane("shop", "r1")
    lane.waiting.extend(Brought(Message(f"m{n}", Kind.CHAT, one), None, 0.0) for n, one in enumerate(texts))
    assert [len(lane.take()), len(lane.take()), len(lane.take())] == [2, 2, 1]


# Who does not read


@contextmanager
def deaf(server, room):
    """A client that follows a whole room and reads nothing until it is told to; a socket that holds little."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.settimeout(10)
    opened.connect(("127.0.0.1", server.port))
    head = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol": PROTOCOL,
        "Authorization": f"Bearer {server.key}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    opened.sendall(f"GET /v1/rooms/{room}/stream?scope=room HTTP/1.1\r\n{lines}\r\n".encode())
    try:
        yield opened
    finally:
        opened.close()


def heard(opened):
    """All that such a client then reads, frame by frame."""
    buffer = bytearray()
    while True:
        try:
            data = opened.recv(1 << 16)
        except ConnectionError:
            break
        if not data:
            break
        buffer += data
    del buffer[: buffer.find(b"\r\n\r\n") + 4]
    return list(frames(buffer))


async def _talk(server, room, count):
    """Says so many messages in a room, eight at a time; how long each eight took."""
    waits = []
    async with stream(server, room) as client:
        for first in range(0, count, 8):
            began = time.perf_counter()
            await client.say(*(chat(f"m{n}", **LONG) for n in range(first, first + 8)))
            await client.answered(first + 8)
            waits.append(time.perf_counter() - began)
    return waits


def gauge(server, name):
    page = server.call("GET", "/metrics", key=None).body.decode()
    return float(next(line.split()[1] for line in page.splitlines() if line.startswith(f"{name} ")))


async def test_a_client_that_reads_nothing_is_told_and_closed_and_the_others_hear_everything(narrow):
    with deaf(narrow, "deaf") as opened:
        await _talk(narrow, "deaf", 320)
        assert gauge(narrow, "qingliu_streams_waiting_bytes") <= 4 * 16 * 1024
        told = await asyncio.to_thread(heard, opened)
    types = [json.loads(payload)["type"] for opcode, payload in told if opcode == 1]
    assert (types[0], types[-1], json.loads(told[-2][1])["why"]) == ("hello", "bye", "slow")
    assert told[-1][0] == 8 and int.from_bytes(told[-1][1][:2], "big") == 4413
    while not gauge(narrow, "qingliu_streams_slow"):  # noqa: ASYNC110 - the client's task ends in its own time
        await asyncio.sleep(0.05)


class Stuck:
    """A socket whose client takes nothing."""

    async def send_frame(self, *_):
        await asyncio.Event().wait()

    async def close(self, **_):
        pass


@pytest.mark.parametrize(
    ("size", "seconds", "ended"), [(2000, 1.9, None), (2000, 2.1, Code.SLOW), (8001, 0.1, Code.SLOW)]
)
async def test_a_burst_of_answers_waits_for_a_client_that_is_busy_with_one_frame(monkeypatch, size, seconds, ended):
    now = [100.0]
    monkeypatch.setattr("service.http.streaming.monotonic", lambda: now[0])
    asked = SimpleNamespace(request=SimpleNamespace(transport=None), lang="zh")
    client = Stream(asked, "r", Stuck(), whole=False, credits=8, most=1000, waker=Waker(), seen=0.0)
    sending = asyncio.create_task(client._frame(b"."))
    await asyncio.sleep(0)
    now[0] += seconds
    client._put(b"." * size)
    assert client.ending is ended
    sending.cancel()
    await client.ended()


async def test_pongs_that_nobody_reads_are_no_way_to_fill_the_memory():
    asked = SimpleNamespace(request=SimpleNamespace(transport=None), lang="zh")
    client = Stream(asked, "r1", Stuck(), whole=False, credits=8, most=1000, waker=Waker(), seen=0.0)
    sending = asyncio.create_task(client.send())
    for _ in range(25):
        client.say({"type": "pong", "id": "x" * 400})
        await asyncio.sleep(0)
    assert client.ending is Code.SLOW and client.size == 0
    sending.cancel()
    await client.ended()


async def test_a_full_room_is_told_few_at_a_time_and_in_turn():
    waker, events, woken = Waker(), [asyncio.Event() for _ in range(3 * AT_ONCE)], []

    async def sleep(place):
        await events[place].wait()
        woken.append(place)

    async with asyncio.TaskGroup() as group:
        for place in range(len(events)):
            group.create_task(sleep(place))
        await asyncio.sleep(0)
        for event in events:
            waker.wake(event)
        passes = []
        while len(woken) < len(events):
            passes.append(len(woken))
            await asyncio.sleep(0)
    assert woken == list(range(len(events)))
    assert {after - before for before, after in pairwise(passes)} <= {0, AT_ONCE}
