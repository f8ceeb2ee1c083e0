"""Too big, too slow, too much, or not HTTP at all: turned away early, and nobody else notices."""

from __future__ import annotations

import json
import socket
import time

import pytest

from service.http.server import Connection
from service.ledger import LedgerClosed, LedgerFull, LedgerRefused, LedgerUnwritable


def raw(server, *chunks, pause=0.0, wait=20.0):
    """Sends bytes as they are; gives all that comes back until the server closes, and how long that took."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as connection:
        for chunk in chunks:
            try:
                connection.sendall(chunk)
            except OSError:
                break
            time.sleep(pause)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    return received, time.monotonic() - began


def head(server, *lines, path="/v1/moderations"):
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.key}", *lines, "", ""]
    ).encode()


JSON = "Content-Type: application/json"


@pytest.mark.parametrize(("path", "limit"), [("/v1/moderations", 256 * 1024), ("/v1/moderations/batch", 8 * 1024**2)])
def test_a_body_over_its_limit_is_refused(server, path, limit):
    reply = server.call("POST", path, b" " * (limit + 1))
    assert (reply.status, reply.problem) == (413, "body-too-large")
    assert str(limit) in reply.json["detail"]
    assert server.call("POST", path, b" " * limit).status == 400


def test_a_declared_length_is_refused_before_the_body_comes(server):
    received, _ = raw(server, head(server, JSON, "Content-Length: 999999999", "Connection: close"))
    assert received.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_a_length_is_counted_as_it_comes(server):
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    received, _ = raw(server, head(server, JSON, "Transfer-Encoding: chunked", "Connection: close"), *[chunk] * 12)
    assert received.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_read(server):
    body = b'{"scene":"ad","text":"x"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
    received, _ = raw(server, head(server, JSON, "Transfer-Encoding: chunked", "Connection: close"), chunks)
    assert received.startswith(b"HTTP/1.1 200 ")


def test_a_header_that_never_ends_is_cut_off(serving):
    with serving(header_deadline=0.4) as server:
        for start in (b"", b"POST /v1/moder", head(server)[:-2]):
            received, seconds = raw(server, start)
            assert received == b""
            assert 0.3 < seconds < 2


def test_without_the_clock_a_header_may_take_for_ever(serving, monkeypatch):
    monkeypatch.setattr(Connection, "_too_slow", lambda _: None)
    with serving(header_deadline=0.4) as server, pytest.raises(TimeoutError):
        raw(server, head(server)[:-2], wait=1.5)


def test_dripping_does_not_extend_the_deadline_of_a_header(serving):
    with serving(header_deadline=0.4) as server:
        received, seconds = raw(server, *(bytes([byte]) for byte in head(server)), pause=0.1)
        assert received == b""
        assert seconds < len(head(server)) * 0.1


def test_the_next_header_on_a_connection_has_the_deadline_too(serving):
    with serving(header_deadline=0.4) as server:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        received, seconds = raw(server, request, request[:-2], pause=0.2)
        assert received.count(b"HTTP/1.1 200 ") == 1
        assert seconds < 2


def test_an_idle_connection_outlives_the_deadline_of_a_header(serving):
    with serving(header_deadline=0.3, keepalive=5.0) as server:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        closing = request[:-2] + b"Connection: close\r\n\r\n"
        received, _ = raw(server, request, closing, pause=0.6)
        assert received.count(b"HTTP/1.1 200 ") == 2


def test_an_idle_connection_ends_with_the_keep_alive_time(serving):
    with serving(header_deadline=5.0, keepalive=0.4) as server:
        _, seconds = raw(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 0.3 < seconds < 3


def test_a_slow_body_is_cut_off(serving):
    with serving(body_deadline=0.4) as server:
        received, seconds = raw(server, head(server, JSON, "Content-Length: 100"), b'{"scene"')
        assert received.startswith(b"HTTP/1.1 408 ")
        assert b"body-timeout" in received
        assert seconds < 3


def test_a_slow_client_holds_up_nobody_else(serving):
    with serving(body_deadline=2.0) as server:
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(50)]
        for connection in slow:
            connection.sendall(head(server, JSON, "Content-Length: 100") + b"{")
        began = time.monotonic()
        assert server.judge().status == 200
        assert time.monotonic() - began < 1
        for connection in slow:
            connection.close()


def test_a_full_ledger_turns_away_before_the_body(serving, monkeypatch):
    with serving() as server:
        monkeypatch.setattr(type(server.service.moderation), "full", property(lambda _: True))
        for path in ("/v1/moderations", "/v1/moderations/batch"):
            received, _ = raw(server, head(server, JSON, "Content-Length: 100", "Connection: close", path=path))
            assert received.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 1\r\n" in received
            assert b"urn:qingliu:problem:busy" in received
        assert server.call("GET", "/v1/moderations?content_id=a").status == 200


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (LedgerFull("x"), 503, "busy"),
        (LedgerClosed("x"), 503, "unavailable"),
        (LedgerUnwritable("x"), 503, "unavailable"),
        (LedgerRefused("x"), 500, "internal"),
        (RuntimeError("x"), 500, "internal"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_ledger_refuses_is_not_acknowledged(server, monkeypatch, error, status, kind):
    async def fails(*_, **__):
        raise error

    monkeypatch.setattr(server.service.moderation, "one", fails)
    reply = server.judge()
    assert (reply.status, reply.problem) == (status, kind)
    assert ("retry-after" in reply.headers) == (status == 503)
    assert "x" not in reply.json["detail"].split()


def test_a_client_that_waits_to_be_asked_is_asked_only_for_a_good_request(server):
    body = b'{"scene":"ad","text":"x"}'
    wait = ("Expect: 100-continue", f"Content-Length: {len(body)}", "Connection: close")
    received, _ = raw(server, head(server, JSON, *wait), body, pause=0.1)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ")
    received, _ = raw(server, head(server, "Content-Type: text/plain", *wait))
    assert received.startswith(b"HTTP/1.1 415 ")
    received, _ = raw(server, head(server, JSON, *wait).replace(b"Bearer ql", b"Bearer no"))
    assert received.startswith(b"HTTP/1.1 401 ")


def test_another_expectation_is_refused(server):
    received, _ = raw(server, head(server, JSON, "Expect: miracles", "Content-Length: 2", "Connection: close"), b"{}")
    assert received.startswith(b"HTTP/1.1 417 ")


@pytest.mark.parametrize(
    "bytes_",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_a_problem_too(server, bytes_):
    received, _ = raw(server, bytes_)
    assert received.startswith(b"HTTP/1.")
    assert received.split(b" ", 2)[1] == b"400"
    assert b"application/problem+json" in received
    assert json.loads(received.partition(b"\r\n\r\n")[2])["type"] == "urn:qingliu:problem:bad-request"


def test_an_old_client_is_answered_and_let_go(server):
    received, _ = raw(server, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert received.startswith(b"HTTP/1.0 200 ")
    assert b"Connection: close" in received


def test_an_old_client_that_wants_to_stay_may(server):
    staying = b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    received, _ = raw(server, staying, b"GET /healthz HTTP/1.0\r\n\r\n", pause=0.1)
    assert received.count(b"HTTP/1.0 200 ") == 2
    assert received.count(b"Connection: keep-alive") == 1


def test_pipelined_requests_are_answered_in_order(server):
    body = b'{"scene":"ad","text":"x"}'
    one = head(server, JSON, f"Content-Length: {len(body)}") + body
    last = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received, _ = raw(server, one * 5 + last)
    assert [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]] == [b"200"] * 5 + [b"404"]


def test_a_large_batch_leaves_room_for_others(server):
    items = [{"scene": "ad", "text": "国家级" + "好用的面霜" * 190} for _ in range(1000)]
    body = json.dumps({"items": items}, ensure_ascii=False).encode()
    connection = socket.create_connection(("127.0.0.1", server.port))
    request = head(server, JSON, f"Content-Length: {len(body)}", "Connection: close", path="/v1/moderations/batch")
    connection.sendall(request + body)
    slowest = 0.0
    for _ in range(20):
        began = time.monotonic()
        assert server.call("GET", "/healthz", key=None).status == 200
        slowest = max(slowest, time.monotonic() - began)
    received = b""
    while part := connection.recv(1 << 20):
        received += part
    connection.close()
    assert received.startswith(b"HTTP/1.1 200 ")
    assert slowest < 1
