"""A real Chromium before a real service with a small lexicon. Without Chromium the tests are skipped, and loudly so."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path

import pytest

from service import logs
from service.http.server import listening
from service.review import states
from service.rights import Role
from service.settings import Settings
from service.wiring import open_service
from tests.browser.chromium import CHROMIUM
from tests.small import in_a_thread, small_rules, terms

HERE = Path(__file__).parent
NEEDLESS = (
    "Translate",
    "OptimizationHints",
    "MediaRouter",
    "DialMediaRouteProvider",
    "WebUIOmniboxPopup",  # each window would load two hidden pages, in processes of their own
    "WebUIOmniboxAimPopup",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    "--disable-software-rasterizer",
    "--disable-extensions",
    f"--disable-features={','.join(NEEDLESS)}",
    "--in-process-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SKIPPED = "no Chromium: install Debian's chromium-headless-shell or chromium, or set QINGLIU_CHROMIUM to its path"
PASSWORD = "a-long-enough-secret"
PEOPLE = {"li.wei": Role.REVIEWER, "zhang.min": Role.SENIOR, "root": Role.ADMIN, "audit": Role.AUDITOR}
TERMS = {
    "ad_law/absolute_claim.txt": terms("absolute_claim", "国家级", "最高级"),
    "ad_law/false_fact_claim.txt": terms("false_fact_claim", "遥遥领先", "销量冠军"),
}


def pytest_terminal_summary(terminalreporter):
    if CHROMIUM is None:
        terminalreporter.section("BROWSER TESTS SKIPPED", sep="!")
        terminalreporter.line(SKIPPED)


@dataclass
class House:
    """A service in another thread, and what it was fed."""

    settings: Settings
    url: str = ""
    key: str = ""
    service: object = None
    loop: object = None
    stop: object = None
    error: BaseException | None = None
    ready: threading.Event = field(default_factory=threading.Event)

    def call(self, method, path, body=None):
        """One request with the pipeline's key; the JSON that came back."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=120)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        assert answer.status == 200, told[:500]
        return json.loads(told) if told.startswith((b"{", b"[")) else told.decode()

    def file(self, contents):
        """Has contents judged as advertisements: texts, or the members of requests."""
        items = [{"scene": "ad", **(one if isinstance(one, dict) else {"text": one})} for one in contents]
        told = []
        for start in range(0, len(items), 100):
            told += self.call("POST", "/v1/moderations/batch", {"items": items[start : start + 100]})["results"]
        assert not [one for one in told if "error" in one]
        return told

    def within(self, coroutine):
        """Runs a coroutine where the service runs."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def reported(self):
        """How many reports of broken policy came."""
        page = self.call("GET", "/metrics")
        return sum(
            float(line.split()[-1]) for line in page.splitlines() if line.startswith("qingliu_csp_reports_total")
        )


async def _serve(house):
    house.loop, house.stop = asyncio.get_running_loop(), asyncio.Event()
    async with open_service(house.settings) as service, listening(service, log=io.BytesIO()) as url:
        house.service, house.url = service, url
        _, house.key = await service.keys.create("shop", label="tests")
        for name, role in PEOPLE.items():
            await service.accounts.create("shop", name, role, PASSWORD, by="cli")
        house.ready.set()
        await house.stop.wait()


@contextmanager
def running(settings):
    house = House(settings)
    logs.configure(io.BytesIO(), level="warning")
    with in_a_thread(house, _serve):
        yield house


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    """Two terms that lead to people and two that block: tests do not wait for 50 000 others."""
    return small_rules(tmp_path_factory.mktemp("rules") / "lexicons", TERMS)


@pytest.fixture(scope="module")
def house(tmp_path_factory, lexicons):
    settings = Settings(
        data=tmp_path_factory.mktemp("data"),
        lexicons=lexicons,
        port=0,
        rate_limit=10**9,
        expert="off",
        max_content_chars=2_000_000,
        max_body=16 * 1024 * 1024,
    )
    with running(settings) as started:
        yield started


class Shared:
    """One Chromium for all modules of this folder, and its windows: a start takes seconds."""

    def __init__(self):
        self.browser, self.free, self._playwright, self._opened = None, [], None, ExitStack()

    def open(self):
        if self.browser is None:
            self._playwright = import_module("playwright.sync_api")
            playwright = self._opened.enter_context(self._playwright.sync_playwright())
            self.browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            self._opened.callback(self.browser.close)
        return self.browser

    def seat(self, house):
        """A window of its own cookies before a house: one that another test has left and emptied, or a new one."""
        if not self.free:
            context = self.open().new_context(locale="zh-CN")
            context.set_default_timeout(60_000)  # a busy machine is no failure
            self.free.append(Seat(context.new_page(), house).listen())
        made = self.free.pop()
        made.house, made.wrong = house, []
        return made

    def leave(self, seat):
        """A window that cannot be emptied is closed; opening and warming one costs most of a second of processor."""
        try:
            seat.empty()
        except self._playwright.Error:
            seat.page.context.close()
        else:
            self.free.append(seat)

    def close(self):
        """Playwright holds the thread's event loop, which the tests of other folders need."""
        self._opened.close()
        self.browser, self.free = None, []


SHARED = Shared()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem):
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        SHARED.close()


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        pytest.skip(SKIPPED)
    pytest.importorskip("playwright.sync_api")
    return SHARED.open()


@dataclass
class Seat:
    """A person's browser, and what it said that it should not have said."""

    page: object
    house: House
    wrong: list = field(default_factory=list)

    def listen(self):
        self.page.on("pageerror", lambda error: self.wrong.append(f"error {error}"))
        self.page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("console", lambda said: said.type == "error" and self.wrong.append(f"console {said.text}"))
        self.page.on(
            "request",
            lambda asked: asked.url.startswith((self.house.url, "data:")) or self.wrong.append(f"request {asked.url}"),
        )
        return self

    def empty(self):
        """Leaves the window as a new one is: no page, nothing kept, the mouse in its corner."""
        self.page.evaluate("sessionStorage.clear(), localStorage.clear()")
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")
        self.page.context.clear_cookies()

    def go(self, path):
        """Opens a page of the console."""
        self.page.goto(self.house.url + path)
        return self

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def shown(self):
        """The id of the item that is shown."""
        return self.page.locator(".item").get_attribute("data-id")

    def another(self, old):
        """Waits for another item, or for the end of them."""
        self.page.wait_for_function(
            "old => document.querySelector('.item')?.dataset.id !== old && !document.querySelector('[aria-busy=true]')",
            arg=old,
        )


@pytest.fixture
def unhurried(monkeypatch):
    """Gives who undoes something ten minutes for it: a machine with much else to do may take ten seconds for a page."""
    monkeypatch.setattr(states, "UNDO_SECONDS", 600)


@pytest.fixture
def seat(chromium, house):
    """Makes signed-in browsers: ``seat("li.wei", theme="dark")``; through the door only where that is the matter."""
    taken = []

    def sit(  # noqa: PLR0913 - what a test may choose
        name=None, *, theme="light", lang="zh", width=1440, path="/", by_keys=False
    ):
        made = SHARED.seat(house)
        taken.append(made)
        page, context = made.page, made.page.context
        page.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
        page.emulate_media(color_scheme=theme)
        if lang != "zh":
            context.add_cookies([{"name": "lang", "value": lang, "url": house.url}])
        if name is not None and by_keys:
            made.go(f"/login?tenant=shop&next={path}")
            page.focus("[name=name]")  # several windows: the focus may be in another
            page.keyboard.type(name)
            page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/login" not in url)
        elif name is not None:
            who = {"tenant": "shop", "name": name, "password": PASSWORD}
            told = context.request.post(f"{house.url}/v1/sessions", data=who, headers={"Origin": house.url})
            assert told.ok, told.text()
            made.go(path)
        return made

    yield sit
    for left in taken:
        SHARED.leave(left)
