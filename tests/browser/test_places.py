"""Nobody loses their place: not on the desk, not in a list, not while the page reads itself anew."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from service.audit import exports
from tests.browser.test_desk import CALM, held, sitting

AT = "document.activeElement.closest('#rows tr.on')?.dataset.id"


def pass_the_item(sat):
    """Take the item that a list led to, and pass it."""
    calm(sat)
    sat.press("t")
    sat.page.wait_for_selector("[data-act=pass]")
    calm(sat)
    sat.press("p")
    sat.page.wait_for_selector("#place .empty a:focus")


@pytest.fixture(scope="module")
def busy(house):
    """A house with work to do, and proofs that end soon."""
    house.file([{"content_id": f"p-{n}", "text": f"第{n}款面霜，遥遥领先"} for n in range(60)])
    soon = str(date.today() + timedelta(days=3))  # noqa: DTZ011 - a day, wherever
    for n in range(6):
        proof = {"claims": [f"本店第{n}款面霜销量冠军"], "file_sha256": "ab" * 32, "source": "报告", "valid_to": soon}
        house.call("POST", "/v1/proofs", proof)
    house.within(house.service.duties.alerts.sweep())
    return house


def ids(sat):
    return [one.get_attribute("data-id") for one in sat.page.locator("#rows tr[data-id]").all()]


def calm(sat):
    sat.page.wait_for_selector(".item")
    sat.page.wait_for_function(CALM)


def test_who_comes_back_to_the_desk_finds_the_item_that_was_shown(busy, seat):
    sat = sitting(seat)
    for _ in range(2):
        here = sat.shown()
        sat.press("j").another(here)
    here = sat.shown()
    sat.press("h")
    sat.page.wait_for_url("**/contents/*")
    sat.page.go_back()
    calm(sat)
    assert sat.shown() == here
    sat.page.reload()
    calm(sat)
    assert sat.shown() == here
    sat.go("/queue").go("/")
    calm(sat)
    assert sat.shown() == here


def test_a_list_is_where_it_was_left(busy, seat):
    sat = seat("zhang.min", path="/queue")
    listed = ids(sat)
    sat.press(*["j"] * 30, "Enter")
    calm(sat)
    sat.page.go_back()
    sat.page.wait_for_function(f"() => {AT} === '{listed[29]}'")
    assert sat.page.locator("tr.on").evaluate("row => row.getBoundingClientRect().top") > 80  # below the bar
    assert sat.page.locator("tr.on").evaluate("row => row.getBoundingClientRect().bottom") < 900
    sat.press("Enter")
    pass_the_item(sat)
    assert sat.page.locator("[data-act=go-on]").is_hidden()
    sat.press("Enter")
    sat.page.wait_for_url("**/queue?*")
    assert sat.page.evaluate(AT) == listed[30]  # the next one has its place
    sat.press("k")
    assert sat.page.evaluate(AT) == listed[28]
    assert sat.wrong == []


def test_hits_are_walked_at_once_and_found_again_where_they_were_left(busy, seat):
    sat = seat("li.wei", path="/search")
    sat.page.wait_for_selector("[name=text]:focus")
    sat.page.keyboard.type("遥遥领先")
    sat.press("Enter")
    sat.page.wait_for_url("**/search?text=*")
    sat.press("j", "j", "j")
    left = sat.page.locator("#rows > li.on a").get_attribute("href")
    sat.press("Enter")
    sat.page.wait_for_url("**/contents/**")
    sat.page.go_back()
    sat.page.wait_for_selector(f"#rows > li.on a[href='{left}']")
    sat.press("/")
    assert sat.page.evaluate("document.activeElement.name") == "text"
    sat.press("Escape")
    assert sat.page.evaluate("document.activeElement === document.body")
    assert sat.page.input_value("[name=text]") == "遥遥领先"  # the browser empties a search on Escape
    sat.page.fill("[name=text]", "")
    sat.page.fill("[name=creator_id]", "nobody")
    sat.press("Enter")
    sat.page.wait_for_selector("#rows >> text='没有找到。'")
    assert sat.wrong == []


def test_where_an_item_of_a_list_is_done_the_others_in_hand_go_on(busy, seat):
    sat = sitting(seat, "root")
    mine = held(sat)
    sat.go("/queue")
    sat.press("j", "Enter")
    pass_the_item(sat)
    assert sat.page.locator("[data-act=go-on]").inner_text().split("\n")[0].strip() == f"继续手上的 {mine} 条"
    sat.press("j")
    sat.page.wait_for_selector(".item [data-act=pass]")
    assert held(sat) == mine


def test_alerts_are_acknowledged_by_a_key_one_after_another(busy, seat):
    sat = seat("zhang.min", path="/alerts")
    left = ids(sat)
    assert len(left) >= 6
    badges = sat.page.locator(".badge")
    assert [int(one.split()[0]) for one in badges.all_inner_texts()] == [len(left)] * 2
    sat.press("a")
    sat.page.wait_for_selector("#toasts >> text='先用 J、K 选一行'")
    sat.press("j", "j", "j", "a")
    sat.page.wait_for_function(f"() => {AT} === '{left[3]}'")
    sat.press("Tab", "Enter")
    sat.page.wait_for_function(f"() => {AT} === '{left[4]}'")
    sat.press("j")
    assert sat.page.evaluate(AT) == left[5] and ids(sat) == [*left[:2], *left[4:]]
    sat.page.wait_for_function(f"() => parseInt(document.querySelector('.badge').textContent) === {len(left) - 2}")
    sat.page.evaluate("ql.renew('#main')")  # as the page does by itself
    sat.page.wait_for_function(f"() => {AT} === '{left[5]}'")
    sat.press("?")
    assert "知悉" in sat.page.locator("#keys").inner_text()
    assert sat.wrong == []


def test_an_alert_that_is_raised_meanwhile_is_counted_on_a_page_that_stays_open(busy, seat):
    sat = seat("li.wei")
    before = busy.call("GET", "/v1/alerts")["open"]
    soon = str(date.today() + timedelta(days=2))  # noqa: DTZ011 - a day, wherever
    proof = {"claims": ["本店面霜口碑冠军"], "file_sha256": "ef" * 32, "source": "报告", "valid_to": soon}
    busy.call("POST", "/v1/proofs", proof)
    busy.within(busy.service.duties.alerts.sweep())
    sat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # else some seconds later
    sat.page.wait_for_function(f"() => parseInt(document.querySelector('.badge').textContent) === {before + 1}")


def test_an_alert_of_a_proof_says_what_ends_and_leads_to_it(busy, seat):
    scope, claim = "全国线上线下全部渠道不含港澳台地区及海外", "本店牙刷销量冠军"
    soon = str(date.today() + timedelta(days=1))  # noqa: DTZ011 - a day, wherever
    proof = {"claims": [claim], "file_sha256": "cd" * 32, "source": "报告", "scope": scope, "valid_to": soon}
    told = busy.call("POST", "/v1/proofs", proof)
    busy.within(busy.service.duties.alerts.sweep())
    sat = seat("zhang.min", path="/alerts")
    row = sat.page.locator("#rows tbody tr").first
    assert claim in row.inner_text() and told["id"] not in row.inner_text()
    sat.press("j", "Enter")
    sat.page.wait_for_url(f"**/files?proof={told['id']}#{told['id']}")
    row = sat.page.locator("tr:target")
    assert row.evaluate("row => row.matches('.on') && row === document.activeElement")
    assert scope in row.inner_text() and "即将到期" in row.inner_text() and not row.locator(".chip.good").count()
    assert sat.wrong == []


def test_a_form_stays_open_while_a_pack_is_made(busy, seat, monkeypatch):
    going, collect = threading.Event(), exports.collect
    monkeypatch.setattr(exports, "collect", lambda *parts: going.wait(30) and collect(*parts))
    sat = seat("root", path="/exports")
    sat.press("n")
    sat.page.click("#export-form [type=submit]")
    sat.page.wait_for_selector("tr[data-state=waiting]")
    sat.press("n")
    sat.page.fill("#export-form [name=room]", "r-1")
    going.set()
    sat.page.wait_for_selector("tr[data-state=done]")
    assert sat.page.locator("#new-export[open]").count() == 1
    assert sat.page.input_value("#export-form [name=room]") == "r-1"
    assert sat.page.locator("tr[data-state=done] a[download]").count() == 1
    assert sat.wrong == []


@pytest.mark.parametrize(
    ("lang", "told"), [("zh", "2026/1/2 00:30:00（北京时间）"), ("en", "1/2/2026, 12:30:00 AM (Beijing time)")]
)
def test_the_whole_time_behind_an_age_is_that_of_beijing(busy, seat, lang, told):
    sat = seat("li.wei", path="/queue", lang=lang)
    shown = sat.page.locator("time[data-as]").first
    shown.evaluate("one => { one.dateTime = '2026-01-01T16:30:00Z'; one.title = ''; }")
    sat.page.wait_for_function("() => document.querySelector('time[data-as]').title")
    assert shown.get_attribute("title") == told


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("search", "text"),
        ("search", "creator_id"),
        ("audit", "named"),
        ("creators", "containing"),
        ("lexicons", "text"),
    ],
)
def test_what_was_looked_for_stays_as_it_was_typed(busy, seat, path, name):
    typed = '遥遥\u200b"领先&#8203;'
    sat = seat("root", path=f"/{path}?{urlencode({name: typed})}")
    field = sat.page.locator(f"[name={name}]")
    assert field.input_value() == typed
    assert sat.page.locator("label", has=field).locator(".sign").all_inner_texts() == ["U+200B"]
    assert not sat.go(f"/{path}?{name}=plain").page.locator("form .sign").count()
