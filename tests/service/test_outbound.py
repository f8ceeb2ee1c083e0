"""Where nothing is sent: addresses inside, by whatever name, writing, change of mind or detour; and whom TLS trusts."""

from __future__ import annotations

import socket
import subprocess
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from service import outbound
from service.outbound import Sender, Timing
from tests.service.receivers import Receiver

QUICK = Timing(connect=0.4, whole=0.4)


@pytest.fixture
async def receiver():
    async with Receiver() as started:
        yield started


def answering(*addresses):
    """A name server that gives these addresses in turn, and what it was asked."""
    asked = []

    def lookup(host, port):
        asked.append(host)
        address = addresses[(len(asked) - 1) % len(addresses)]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return lookup, asked


@asynccontextmanager
async def twins():
    """Two servers on one port: one on an address that stands for the world, one on an address inside."""
    heard = {"public": 0, "inside": 0}

    def counting(name):
        async def answer(_):
            heard[name] += 1
            return web.Response()

        return answer

    runners = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name, address in (("public", "127.0.0.2"), ("inside", "127.0.0.1")):
        runner = web.ServerRunner(web.Server(counting(name)))
        await runner.setup()
        await web.TCPSite(runner, address, port).start()
        runners.append(runner)
    try:
        yield port, heard
    finally:
        for runner in runners:
            await runner.cleanup()


class Naive(Sender):
    """The sabotage: asks for the name, checks, and lets the connection ask again."""

    def __init__(self, **options):
        super().__init__(**options)
        resolve, lookup = self._resolver.resolve, options["lookup"]

        async def twice(host, port=0, family=socket.AF_INET):
            found = await resolve(host, port, family)
            return [{**found[0], "host": lookup(host, port)[0][4][0]}]

        self._resolver.resolve = twice

    def _socket(self, found):
        return socket.socket(*found[:3])


async def rebound(kind, monkeypatch):
    """Sends ten times to a name that means a public address and a private one in turn."""
    monkeypatch.setattr(outbound, "allowed", lambda address, *, private: address == "127.0.0.2")
    lookup, asked = answering("127.0.0.2", "127.0.0.1")
    async with twins() as (port, heard):
        sender = kind(plain=True, lookup=lookup, timing=QUICK)
        came = [await sender.post(f"http://rebind.test:{port}/", b"{}", {}) for _ in range(10)]
        await sender.close()
    return came, heard, asked


async def test_a_name_that_changes_its_meaning_reaches_nothing_inside(monkeypatch):
    came, heard, asked = await rebound(Sender, monkeypatch)
    assert heard == {"public": 5, "inside": 0}
    assert [one.error for one in came] == ["", "refused_address"] * 5
    assert len(asked) == 10


async def test_a_name_that_is_asked_for_twice_is_found_out(monkeypatch):
    _, heard, _ = await rebound(Naive, monkeypatch)
    assert heard["inside"] > 0


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1"]
)
async def test_names_and_addresses_inside_are_refused(address, receiver):
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    lookup, _ = answering(address)
    sender = Sender(plain=True, lookup=lookup, timing=QUICK)
    literal = f"[{address}]" if ":" in address else address
    for host in ("inside.test", literal):
        assert (await sender.post(f"http://{host}:{port}/", b"{}", {})).error == "refused_address"
    await sender.close()
    assert receiver.heard == []


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "0177.0.0.1", "localhost", "127.0.0.1."])
async def test_addresses_that_are_written_strangely_are_refused(host, receiver):
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    sender = Sender(plain=True, timing=QUICK)
    assert (await sender.post(f"http://{host}:{port}/", b"{}", {})).error in {"refused_address", "dns"}
    await sender.close()
    assert receiver.heard == []


async def test_http_ends_with_the_setting_that_allowed_it(receiver, monkeypatch):
    monkeypatch.setattr(outbound, "allowed", lambda _, *, private: True)
    sender = Sender(timing=QUICK)
    assert await sender.post(receiver.url, b"{}", {}) == (None, "refused_address")
    await sender.close()
    assert receiver.heard == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("HTTPS://hook.test/x", "dns"),
        (" https://hook.test/x", "dns"),
        ("HTTP://hook.test/x", "refused_address"),
        ("https://[/", "refused_address"),
    ],
)
async def test_https_is_known_however_it_is_written(url, error):
    def lookup(host, port):
        raise socket.gaierror

    sender = Sender(timing=QUICK, lookup=lookup)
    assert await sender.post(url, b"{}", {}) == (None, error)
    await sender.close()


async def test_a_redirect_to_an_address_inside_is_not_followed(receiver):
    async with Receiver() as inside:
        receiver.manner, receiver.elsewhere = "redirect", inside.url
        sender = Sender(private=True, timing=QUICK)
        assert await sender.post(receiver.url, b"{}", {}) == (307, "redirect")
        await sender.close()
        assert inside.heard == []


async def test_nothing_goes_through_a_proxy_of_the_environment(receiver, monkeypatch):
    async with Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        sender = Sender(private=True, timing=QUICK)
        assert (await sender.post(receiver.url, b"{}", {})).status == 204
        await sender.close()
        assert proxy.heard == []


@pytest.fixture
def certificate(tmp_path):
    """A key and a certificate for hook.test that nobody vouches for."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hook.test -addext subjectAltName=DNS:hook.test"
    )
    made = [*command.split(), "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run(made, check=True, capture_output=True)
    return tmp_path


async def test_a_certificate_must_be_the_receivers_own_and_trusted(certificate):
    own = outbound.ssl.SSLContext(outbound.ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate / "cert", certificate / "key")
    trust = outbound.ssl.create_default_context(cafile=certificate / "cert")

    async def answer(_):
        return web.Response()

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=own).start()
    port = runner.addresses[0][1]
    lookup, _ = answering("127.0.0.1")
    try:
        for trusted, name, error in ((None, "hook", "tls"), (trust, "other", "tls"), (trust, "hook", "")):
            sender = Sender(private=True, lookup=lookup, trust=trusted, timing=Timing(connect=2, whole=2))
            assert (await sender.post(f"https://{name}.test:{port}/", b"{}", {})).error == error
            await sender.close()
    finally:
        await runner.cleanup()
