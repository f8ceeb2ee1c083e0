"""Live rooms under bounds: who exceeds credits, is silent or reads nothing is told and closed; nothing grows."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from contextlib import contextmanager

import aiohttp
import pytest

from bench.live_load import frames
from tests.http.conftest import running
from tests.http.streams import PROTOCOL, chat, stream

BLOCKED = "这是国家级的产品"
LONG = {"kind": "host_speech", "text": BLOCKED * 3}


@pytest.fixture(scope="module")
def narrow(settings, tmp_path_factory):
    """A server with little room for anything."""
    changed = {"live_credits": 8, "live_silence": 0.4, "live_buffer": 16 * 1024, "live_rooms": 3, "live_queue": 64}
    data = tmp_path_factory.mktemp("narrow")
    with running(settings.model_copy(update={**changed, "live_streams": 4, "data": data})) as server:
        yield server


def said(server, room, *messages):
    return server.call("POST", f"/v1/rooms/{room}/messages", {"messages": list(messages)})


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
        assert client.bye["why"] == "silent" and aiohttp.WSMsgType.PING in kinds


async def test_more_streams_than_allowed_are_refused(narrow):
    opened = [stream(narrow, "r") for _ in range(4)]
    for one in opened:
        await one.__aenter__()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with stream(narrow, "r"):
            pass
    assert refused.value.status == 503
    for one in opened:
        await one.__aexit__(None, None, None)


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


def test_too_many_messages_are_turned_away_until_there_is_room(narrow):
    turns = narrow.service.rooms.turns
    turns.waiting += 64
    reply = said(narrow, "r", chat("a"))
    assert (reply.problem, reply.headers["retry-after"]) == ("busy", "1")
    turns.waiting -= 64
    assert said(narrow, "r", chat("a")).status == 200


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
            await client.items(first + 8)
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
