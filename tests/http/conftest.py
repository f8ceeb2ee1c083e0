"""A real server on a loopback port with a real database, in a thread of its own, and a plain client for it."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

import pytest

from service import logs
from service.http.server import listening
from service.rights import Role
from service.settings import Settings
from service.wiring import open_service
from tests.small import ABUSE, CLAIMS, in_a_thread, small_rules

PASSWORD = "correct horse battery"


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict
    body: bytes
    cookies: dict = field(default_factory=dict)
    """Each cookie that was set: its value, then its attributes, as one string."""

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The kind of problem, which must be told as one."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return self.json["type"].removeprefix("urn:qingliu:problem:")

    @property
    def faults(self):
        """Error types by the field that they name."""
        return {".".join(map(str, error["loc"])): error["type"] for error in self.json["errors"]}


@dataclass
class Browser:
    """A person at a browser: keeps the cookies and the token, and sends them with every request."""

    server: Server
    tenant: str
    id: str
    name: str
    cookies: dict = field(default_factory=dict)
    csrf: str = ""

    def sign_in(self, password=PASSWORD):
        """Signs in, anew where the person is signed in."""
        reply = self.call(
            "POST", "/v1/sessions", {"tenant": self.tenant, "name": self.name, "password": password}, X_CSRF_Token=None
        )
        assert reply.status == 200, reply.body
        return self

    def call(self, method, path, body=None, **headers):
        """One request, as a page of the service sends it; ``headers`` win."""
        reply = self.server.call(method, path, body, key=None, **{**self.headers, **headers})
        self.keep(reply)
        return reply

    @property
    def headers(self):
        """What a page of the service sends along."""
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()) or None,
            "Origin": f"https://127.0.0.1:{self.server.port}",
            "Sec_Fetch_Site": "same-origin",
            "X_CSRF_Token": self.csrf or None,
        }

    def keep(self, reply):
        """What an answer sets, as a browser keeps it."""
        for name, told in reply.cookies.items():
            value, *attributes = told.split("; ")
            self.cookies[name] = value
            if "Max-Age=0" in attributes:
                del self.cookies[name]
        if reply.cookies and reply.json.get("csrf"):
            self.csrf = reply.json["csrf"]


@dataclass
class Server:
    """A service that runs in another thread."""

    settings: Settings
    log: io.BytesIO
    port: int = 0
    key: str = ""
    service: object = None
    loop: object = None
    ready: threading.Event = field(default_factory=threading.Event)
    stop: object = None
    error: BaseException | None = None
    line: HTTPConnection | None = None
    """A connection that is kept for thousands of requests in a row: making one costs as much as most answers."""

    def call(self, method, path, body=None, *, key=True, **headers):
        """One request, on a connection of its own unless there is a ``line``.

        ``key``: ours, another one, somebody's session, or none.
        """
        if isinstance(key, Browser):
            return key.call(method, path, body, **headers)
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if key:
            sent["Authorization"] = f"Bearer {self.key if key is True else key}"
        if body is not None and "Content-Type" not in sent:
            sent["Content-Type"] = "application/json"
        if not isinstance(body, (bytes, type(None))):
            body = json.dumps(body).encode()
        connection = self.line or HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            read = {name.lower(): value for name, value in answer.getheaders()}
            cookies = dict(value.split("=", 1) for name, value in answer.getheaders() if name == "Set-Cookie")
            return Reply(answer.status, read, answer.read(), cookies)
        finally:
            if connection is not self.line:
                connection.close()

    def hire(self, name="ann", role=Role.REVIEWER, *, tenant="shop", password=PASSWORD):
        """A new person, who then signs in: what ``call`` takes as a key."""
        user = self.within(self.service.accounts.create(tenant, name, role, password, by="cli"))
        return Browser(self, tenant, user.id, name).sign_in(password)

    def judge(self, text="这款面霜很好用", /, **more):
        """One content as an advertisement."""
        headers = {name: more.pop(name) for name in list(more) if name[0].isupper()}
        return self.call("POST", "/v1/moderations", {"scene": "ad", "text": text, **more}, **headers)

    def within(self, coroutine):
        """Runs a coroutine where the service runs."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def lines(self):
        """What was logged until now."""

        async def flushed():
            await asyncio.sleep(0.2)

        self.within(flushed())
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


async def _serve(server):
    server.loop, server.stop = asyncio.get_running_loop(), asyncio.Event()
    async with open_service(server.settings) as service, listening(service, log=server.log) as url:
        server.service, server.port = service, int(url.rpartition(":")[2])
        _, server.key = await service.keys.create("shop", label="tests")
        server.ready.set()
        await server.stop.wait()


@contextmanager
def running(settings, log=None):
    """A server for as long as the context lasts; ``log`` takes its lines of requests."""
    server = Server(settings, log or io.BytesIO())
    with in_a_thread(server, _serve):
        yield server


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    """Rules that no change of the shipped terms touches."""
    return small_rules(tmp_path_factory.mktemp("rules") / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})


@pytest.fixture(scope="session")
def doubtful(tmp_path_factory):
    """The same, and a word that is left to people."""
    files = {"ad_law/absolute_claim.txt": CLAIMS, "safety/abuse.txt": ABUSE}
    return small_rules(tmp_path_factory.mktemp("doubtful") / "lexicons", files)


@pytest.fixture(scope="session")
def settings(tmp_path_factory, lexicons):
    """Settings of a service that nobody else uses."""
    return Settings(
        data=tmp_path_factory.mktemp("data"),
        lexicons=lexicons,
        port=0,
        rate_limit=10**9,
        expert="off",
        four_eyes=False,  # one key changes lexicons here; tests of two people ask for them
    )


@pytest.fixture(scope="session", autouse=True)
def log():
    """The log of the shared server, and what the others tell beside their requests."""
    stream = io.BytesIO()
    logs.configure(stream)
    return stream


@pytest.fixture(scope="session")
def server(settings, log):
    """The server that most tests share."""
    with running(settings, log) as started:
        yield started


@pytest.fixture
def serving(settings, tmp_path):
    """Makes a server with other settings: ``with serving(max_body=…) as server``."""

    def make(**changed):
        return running(settings.model_copy(update={"data": tmp_path / "data", **changed}))

    return make


@pytest.fixture(autouse=True)
def _log_goes_where_it_went(log):
    """Whoever sends the log elsewhere in a test: afterwards it goes to the shared server's stream again."""
    yield
    logs.configure(log)
