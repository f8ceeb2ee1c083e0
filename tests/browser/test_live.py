"""The wall and a room while they read themselves anew: what is old says so, and nobody loses their place."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.browser.conftest import TERMS
from tests.browser.test_scripts import say
from tests.small import LEXICONS, small_rules

QUICK = "{ const wait = setTimeout; window.setTimeout = (act, after) => wait(act, after / 20); }\n"
SCRIPTS = re.compile(r"/app\.[^/]*js")


def hurried(sat, path):
    """Opens a page whose scripts wait a twentieth of their times, as no other page of this seat will."""

    def answer(route):
        told = route.fetch()
        route.fulfill(response=told, body=QUICK + told.text())
        asked.append(route)

    asked = []
    sat.page.route(SCRIPTS, answer)
    sat.go(path)
    sat.page.unroute(SCRIPTS)
    assert asked
    return sat


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    """The small rules of the others, with those of live rooms."""
    folder = small_rules(tmp_path_factory.mktemp("rooms") / "lexicons", TERMS)
    shutil.copy(LEXICONS / "live.toml", folder / "live.toml")
    return folder


def test_a_wall_that_cannot_be_read_says_how_old_it_is_and_comes_back(house, seat):
    say(house, "first-live", {"id": "f1", "text": "大家好"})
    sat, asked, held = hurried(seat("zhang.min"), "/live"), [], []
    assert "1 " in sat.page.locator("h1").inner_text()
    sat.page.on("request", lambda one: one.url.endswith("/live") and asked.append(one.url))
    sat.page.route("**/live", lambda route: route.abort() if held else held.append(route))
    with sat.page.expect_request("**/live"):
        pass
    sat.page.wait_for_timeout(300)
    assert len(asked) == 1, "one reading at a time"
    held[0].abort()
    sat.page.wait_for_selector("#stale >> text=（北京时间）的情况")
    assert sat.page.locator(".room").count() == 1
    say(house, "second-live", {"id": "s1", "text": "大家好"})
    sat.page.unroute("**/live")
    sat.page.wait_for_selector(".room >> nth=1")
    sat.page.wait_for_selector("#stale", state="hidden")
    assert "2 " in sat.page.locator("h1").inner_text()


@pytest.mark.parametrize("path", ["/system", "/alerts"])
def test_other_pages_say_so_too(house, seat, path):
    sat = hurried(seat("root"), path)
    sat.page.route(f"**{path}", lambda route: route.abort())
    sat.page.wait_for_selector("#stale:not([hidden])")
    sat.page.unroute(f"**{path}")
    sat.page.wait_for_selector("#stale", state="hidden")


def test_whoever_reads_the_script_of_a_room_stays_where_they_are(house, seat):
    lines = "".join(f"第{n}句，刷头柔软。" for n in range(80))
    script = house.call("POST", "/v1/scripts", {"text": lines})
    sat = seat("zhang.min", path="/live")
    approval = (
        f"ql.ask('POST', '/v1/scripts/{script['script_id']}/approval', {{digest: '{script['digest']}', note: ''}})"
    )
    sat.page.evaluate(approval)
    house.call("POST", "/v1/shows", {"room_id": "read-live", "script_id": script["script_id"]})
    say(house, "read-live", {"id": "r1", "text": "大家好"})
    hurried(sat, "/live/read-live")
    for focused in (False, True):
        if focused:
            sat.page.focus(".beside-script")
        sat.page.evaluate("document.querySelector('.beside-script').scrollTo(0, 200)")
        sat.page.evaluate("document.querySelector('.beside-script').dataset.old = '1'")
        sat.page.wait_for_selector(".beside-script:not([data-old])")
        assert sat.page.evaluate("document.querySelector('.beside-script').scrollTop") == 200
        assert sat.page.locator(".beside-script:focus").count() == focused
    assert sat.wrong == []


def test_what_hides_in_an_author_is_shown_where_they_are_met(house, seat):
    hides = "u-7\u200b\u202e"
    say(house, "hiding-live", {"kind": "chat", "author_id": hides, "text": "主播好", "id": "h1"})
    sat = seat("zhang.min", path="/live/hiding-live")
    told = "u-7‹U+200B›‹U+202E›"
    sat.page.click("#stream [data-author]")
    assert sat.page.locator("#picked").text_content() == f"已选中 {told}"
    sat.press("m")
    sat.page.wait_for_selector("#acting[open]")
    assert sat.page.locator("#acting-title").text_content() == f"禁言 {told}？"
    sat.press("Enter")
    sat.page.wait_for_selector(f"#toasts >> text=已禁言 {told}")
    (act,) = house.call("GET", "/v1/rooms/hiding-live/acts")["acts"]
    assert act["target"] == hides
    sat.page.click("[data-unmute]")
    sat.page.wait_for_selector("#acting[open]")
    assert sat.page.locator("#acting-title").text_content() == f"解除 {told} 的禁言？"
    sat.press("Enter")
    sat.page.wait_for_selector(f"#toasts >> text=已解除 {told} 的禁言")
    assert sat.wrong == []
