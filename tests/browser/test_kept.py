"""Nothing that somebody typed is lost: not with the connection, not with the session, not by a second click."""

from __future__ import annotations

import pytest

from service.accounts import Change
from service.rights import Role
from tests.browser.conftest import PASSWORD
from tests.browser.test_desk import CALM, sitting

NOTE = "参见第九条，画面里还有一处"
FORMS = {
    "/v1/keys": ("/people", "Shift+N", "#new-key form", {"label": "流水线"}),
    "/v1/exports": ("/exports", "n", "#export-form", {}),
    "/v1/products": ("/files", "Shift+N", "#product-form", {"product_id": "p-1", "name": "牙刷"}),
}
"""What each form sends to: where it is, the key that opens it, and what is typed."""


@pytest.fixture(scope="module")
def busy(house):
    """A house with work to do."""
    house.file([{"content_id": f"k-{n}", "text": f"第{n}款面霜，遥遥领先"} for n in range(20)])
    return house


def block(sat):
    """Asks to block, with a second reason and a note; not sent yet."""
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    sat.press("2")
    sat.page.select_option("#choices .choice:nth-child(1) select", index=1)
    sat.page.fill("#reasons textarea", NOTE)


def filled(sat):
    """What stands in the dialog of reasons: the codes that are ticked, the articles that are chosen, and the note."""
    codes = [one.get_attribute("value") for one in sat.page.locator("#choices :checked[name=category]").all()]
    articles = sat.page.locator("#choices select").evaluate_all("all => all.map(one => one.value).filter(Boolean)")
    return codes, articles, sat.page.input_value("#reasons textarea")


def test_a_block_that_does_not_reach_the_service_is_kept_as_it_was(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    block(sat)
    typed = filled(sat)
    assert len(typed[0]) == 2 and len(typed[1]) == 1
    sat.page.route("**/decision", lambda route: route.abort())
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#reasons[open] .error:not([hidden])")
    assert "连接不上服务" in sat.page.locator("#reasons .error").inner_text()
    assert filled(sat) == typed
    sat.page.reload()
    sat.page.wait_for_selector(".item")
    sat.page.wait_for_function(CALM)
    assert sat.shown() == here
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    assert filled(sat) == typed and sat.page.locator("#reasons .error").is_hidden()
    sat.page.unroute("**/decision")
    sat.press("Enter").another(here)
    told = sat.page.evaluate("id => fetch(`/v1/reviews/${id}`).then(told => told.json())", here)
    assert [one["text"] for one in told["notes"]] == [NOTE]
    decided = busy.call("GET", f"/v1/moderations?content_id={told['content_id']}")["decisions"][0]
    assert set(decided["categories"]) == set(typed[0])
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    assert filled(sat)[1:] == ([], "")
    assert sat.page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('draft'))") == []


def test_a_note_outlives_the_session_and_the_way_back_says_why(busy, seat):
    sat = sitting(seat, "zhang.min")
    sat.press("e")
    sat.page.wait_for_selector("#noting[open]")
    sat.page.keyboard.type(NOTE)
    here, url = sat.shown(), sat.page.url
    sat.page.context.clear_cookies()
    sat.page.evaluate("ql.ask('GET', '/v1/reviews?limit=1').catch(() => {})")  # as the page does by itself
    sat.page.wait_for_selector("#noting #signed-out:not([hidden])")
    assert sat.page.url == url and sat.page.input_value("#noting textarea") == NOTE
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#noting[open] .error >> text='登录已失效，没有完成'")
    sat.press("Escape")
    sat.page.wait_for_selector(".bar > #signed-out:not([hidden])")
    sat.page.click("#signed-out a")
    sat.page.wait_for_url("**/login?*")
    assert "登录已失效" in sat.page.locator(".login .note-line").inner_text()
    assert sat.page.input_value("[name=tenant]") == "shop"
    assert sat.page.evaluate("document.activeElement.name") == "name"
    sat.page.keyboard.type("zhang.min")
    sat.press("Tab")
    sat.page.keyboard.type(PASSWORD)
    sat.press("Enter")
    sat.page.wait_for_url(url)
    sat.page.wait_for_selector(".item")
    sat.page.wait_for_function(CALM)
    assert sat.shown() == here
    sat.press("e")
    sat.page.wait_for_selector("#noting[open]")
    assert sat.page.input_value("#noting textarea") == NOTE
    sat.press("Control+Enter").another(here)


def test_who_comes_by_a_link_after_the_session_is_told_why_too(busy, seat):
    who = busy.within(busy.service.accounts.create("shop", "mei.lin", Role.AUDITOR, PASSWORD, by="cli")).id
    sat = seat("mei.lin", path="/queue")
    busy.within(busy.service.accounts.change("shop", who, Change(role=Role.REVIEWER), by="cli"))
    sat.go("/search")
    assert sat.page.url.endswith("/login?next=%2Fsearch&why=over")


@pytest.mark.parametrize("made", FORMS)
def test_two_clicks_send_a_form_once(busy, seat, made):
    path, key, form, fields = FORMS[made]
    sat, sent = seat("root", path=path), []
    sat.page.on("request", lambda asked: asked.method == "POST" and sent.append(asked.url))
    sat.press(key)
    for name, text in fields.items():
        sat.page.fill(f"{form} [name={name}]", text)
    sat.page.evaluate("form => { for (let n = 0; n < 2; n += 1) document.querySelector(form).requestSubmit(); }", form)
    sat.page.wait_for_selector("#secret[open]" if path == "/people" else "[data-walk] td:not(.empty)")
    assert [one.removeprefix(busy.url) for one in sent] == [made]
    assert sat.wrong == []


def test_whoever_signs_out_is_told_where_the_session_goes_on(busy, seat):
    sat = seat("li.wei", path="/queue")

    def leave():
        sat.page.click(".menu summary")
        sat.page.click("[data-do=leave]")

    sat.page.route("**/sessions/current", lambda route: route.abort())
    leave()
    sat.page.wait_for_selector("#toasts >> text=连接不上服务")
    sat.page.unroute("**/sessions/current")
    sat.page.evaluate("document.querySelector('.menu').open = false")
    who = {"tenant": "shop", "name": "zhang.min", "password": PASSWORD}
    assert sat.page.context.request.post(f"{busy.url}/v1/sessions", data=who, headers={"Origin": busy.url}).ok
    leave()  # another tab has begun another session
    sat.page.wait_for_selector("#signed-out:not([hidden])")
    assert sat.page.url.endswith("/queue")
    sat.page.reload()
    leave()
    sat.page.wait_for_url("**/login")


def test_one_enter_sends_what_was_mended(busy, seat):
    sat = seat("root", path="/people")
    sat.press("n")
    sat.page.keyboard.type("li.wei")
    sat.press("Enter")
    sat.page.wait_for_selector("#new-user .error:not([hidden])")
    sat.page.keyboard.type(".2")
    sat.press("Enter")
    sat.page.wait_for_selector("#secret[open]")
    assert "li.wei.2" in sat.page.locator("#secret output").inner_text()
