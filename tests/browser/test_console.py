"""A day at the desk in a real Chromium, by keyboard alone; every page for everybody; two languages, two themes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from service.keys import Caller
from service.review import search
from service.rights import RIGHTS_OF, Role
from tests.browser.conftest import PASSWORD

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
PAGES = (
    "/",
    "/queue",
    "/search?text=遥遥领先",
    "/contents/c-1",
    "/try",
    "/people",
    "/notices",
    "/quality",
    "/lexicons",
    "/rulesets",
    "/terms",
    "/system",
    "/nowhere",
)
STILL = "Promise.allSettled(document.getAnimations().map(animation => animation.finished)).then(() => true)"
RUN = """of => axe.run(of ?? document, {resultTypes: ['violations']})
    .then(told => told.violations.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 160))]))"""
LONG = "走过路过" * 12
READY = "body:not(:has([aria-busy=true])) .item"
"""An item that takes keys: while the page is busy it takes none."""


@pytest.fixture(scope="module")
def busy(house):
    """A house with work to do: 60 items, some reported, one complained of."""
    house.file(
        [
            {
                "content_id": f"c-{n}",
                "text": f"第{n}款面霜，遥遥领先，{LONG if n % 3 else ''}",
                "creator_id": f"maker-{n % 7}",
                "room_id": "r-1",
            }
            for n in range(60)
        ]
    )
    for n in (3, 4):
        report = {"content_id": f"c-{n}", "reporter_id": "u-1", "reason": "false_fact_claim", "detail": "不真实"}
        house.call("POST", "/v1/reports", report)
    house.call(
        "POST",
        "/v1/complaints",
        {"content_id": "c-5", "complainant_id": "u-2", "reason": "quality", "detail": "收到就坏了"},
    )
    return house


def item(house, name, review):
    """An item as its reviewer would read it over the interface."""
    return house.within(house.service.archive.item(_caller(house, name), review))


def _caller(house, name):
    return Caller("shop", name, RIGHTS_OF[Role.ADMIN])


def test_anonymous_people_are_led_to_the_door_and_back(busy, seat):
    anonymous = seat().go("/queue?scene=ad")
    assert anonymous.page.url.endswith("/login?next=%2Fqueue%3Fscene%3Dad")
    anonymous.page.fill("[name=tenant]", "shop")
    anonymous.page.fill("[name=name]", "li.wei")
    anonymous.page.fill("[name=password]", "wrong-password-1")
    anonymous.press("Enter")
    anonymous.page.wait_for_selector(".login .error:not([hidden])")
    anonymous.page.fill("[name=password]", "a-long-enough-secret")
    anonymous.press("Enter")
    anonymous.page.wait_for_url("**/queue?scene=ad")


@pytest.mark.parametrize(
    "where", ["//outside.invalid/", "https://outside.invalid/", "/\\outside.invalid", "javascript:alert(1)"]
)
def test_the_way_back_never_leaves_the_service(busy, seat, where):
    sat = seat("li.wei", path=where, by_keys=True)
    assert sat.page.url.startswith(busy.url)


def test_host_cookies_work_on_a_loopback_address_without_tls(busy, seat):
    cookies = {cookie["name"]: cookie for cookie in seat("li.wei", by_keys=True).page.context.cookies()}
    kept = cookies["__Host-qingliu"]
    assert kept["secure"] and kept["httpOnly"] and kept["sameSite"] == "Strict"


def test_twenty_items_in_a_row_by_keyboard_alone(busy, seat):
    sat = seat("li.wei", by_keys=True).press("c")
    sat.page.wait_for_selector(READY)
    done = []
    for turn in range(20):
        here = sat.shown()
        done.append(here)
        if turn % 2:
            sat.press("p")
        else:
            sat.press("b")
            sat.page.wait_for_selector("#reasons[open]")
            sat.press("Enter")
        sat.another(here)
    assert len(set(done)) == 20
    states = [item(busy, "li.wei", review) for review in done]
    assert [one.row[11] for one in states] == ["closed"] * 20
    assert {one.closed_name for one in states} == {"li.wei"}
    assert sat.wrong == []


@pytest.mark.usefixtures("unhurried")
def test_a_decision_is_undone_within_ten_seconds_and_decided_again(busy, seat):
    sat = seat("zhang.min").press("c")
    sat.page.wait_for_selector(READY)
    here = sat.shown()
    sat.press("p").another(here)
    sat.page.wait_for_selector("#undo:not([hidden])")
    sat.press("u")
    sat.page.wait_for_selector(f'.item[data-id="{here}"]')
    assert item(busy, "zhang.min", here).row[11] == "held"
    sat.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    sat.press("1", "1", "Enter").another(here)
    assert item(busy, "zhang.min", here).row[11] == "closed"


def test_an_item_is_escalated_with_a_note_and_a_senior_finds_it(busy, seat):
    sat = seat("li.wei").press("c")
    sat.page.wait_for_selector(READY)
    here = sat.shown()
    sat.press("e")
    sat.page.keyboard.type("拿不准，请看一下")
    sat.press("Control+Enter").another(here)
    listed = item(busy, "li.wei", here)
    assert listed.row[11] == "waiting" and listed.row[12] == 1
    senior = seat("zhang.min").go(f"/?item={here}")
    senior.page.wait_for_selector(".item")
    assert "拿不准，请看一下" in senior.page.locator(".item").inner_text()
    senior.press("t")
    senior.page.wait_for_selector('.item [data-act="pass"]')


def test_a_late_decision_is_told_in_words_with_a_way_on(busy, seat):
    sat = seat("li.wei").press("c")
    sat.page.wait_for_selector(READY)
    here = sat.shown()
    for bead in sat.page.locator("#tray button").all():
        busy.within(busy.service.desk.release(_caller(busy, "root"), bead.get_attribute("data-bead"), None))
    sat.press("Shift+P")
    sat.page.keyboard.type("画面里还有一处")
    sat.press("Control+Enter")
    sat.page.wait_for_selector(".conflict b >> text=此条已不在你手上，正在队列中等待领取。")
    assert sat.page.locator(".conflict span").inner_text() == "写下的说明还在。"
    sat.page.wait_for_selector("#tray button:only-child", state="attached")  # no conflict for each of the others
    sat.press("b")
    sat.page.wait_for_selector("#toasts >> text='先按 T 领取此条'")
    assert not sat.page.locator("dialog[open]").count()
    sat.press("t")
    sat.page.wait_for_selector(f".item[data-id='{here}']:not(:has(.conflict)) [data-act=pass]")
    sat.press("Shift+P")
    assert sat.page.input_value("#noting textarea") == "画面里还有一处"
    sat.press("Control+Enter").another(here)
    assert item(busy, "li.wei", here).row[11] == "closed"


def test_reasons_are_found_and_picked_by_typing(busy, seat):
    sat = seat("li.wei").press("c")
    sat.page.wait_for_selector(READY)
    here = sat.shown()
    sat.press("b", "/")
    sat.page.keyboard.type("没有这个")
    sat.press("Enter", "Enter")
    assert sat.page.locator("#reasons .error").inner_text() == "没有这样的理由"
    assert sat.page.input_value("#find-reason") == "没有这个" and sat.shown() == here
    for typed in ("jdhyy", "jue'dui", "绝对化"):
        sat.page.fill("#find-reason", typed)
        assert sat.page.locator(".choice:not([hidden])").get_attribute("data-code") == "absolute_claim"
    assert sat.page.locator("#reasons .error").is_hidden()
    sat.press("Enter")
    assert sat.page.locator('#choices input[value="absolute_claim"]').is_checked()
    sat.press("Enter").another(here)


def test_the_queue_is_walked_filtered_and_remembered_by_keyboard(busy, seat):
    sat = seat("li.wei", path="/queue")
    sat.press("j", "j")
    chosen = sat.page.locator("#rows tr.on").get_attribute("data-id")
    sat.press("v")
    sat.page.keyboard.type("我的广告")
    sat.press("Enter")
    sat.page.wait_for_selector(".view")
    sat.press("j", "j", "Enter")
    sat.page.wait_for_selector(READY)
    assert sat.shown() == chosen
    sat.go("/queue")
    asked = "answer => { window.asked = []; window.confirm = told => { asked.push(told); return answer; }; }"
    sat.page.evaluate(asked, False)
    sat.page.locator(".view button").click()
    assert sat.page.evaluate("asked") == ["删除视图「我的广告」？"]
    sat.page.evaluate(asked, True)
    sat.page.locator(".view button").click()
    sat.page.wait_for_selector(".view", state="detached")


def test_a_verdict_appears_while_one_types_and_nothing_is_filed(busy, seat):
    before = busy.service.ledger
    sat = seat("audit", path="/try")
    counted = busy.within(busy.service.desk_reads.last_content())
    sat.page.wait_for_selector("[name=text]:focus")
    sat.page.keyboard.type("这款国家级面霜遥遥领先")
    sat.page.wait_for_selector("#verdict mark")
    assert "广告法 9(3)" in sat.page.locator("#verdict").inner_text()
    assert busy.within(busy.service.desk_reads.last_content()) == counted
    assert before.trouble is None


def test_a_text_that_the_interface_refuses_is_refused_while_one_types(busy, seat):
    sat = seat("audit", path="/try")
    sat.page.fill("textarea", "好" * 2_000_001)
    sat.page.wait_for_selector("#verdict .error")
    assert sat.page.locator("#verdict .error").inner_text() == (
        "text: 一条内容各部分合计最多 2000000 个字符，收到 2000001 个"
    )


def test_what_was_typed_is_there_in_the_other_language(busy, seat):
    sat = seat("audit", path="/try")
    sat.page.fill("textarea", "这款国家级面霜")
    sat.page.select_option("[name=scene]", "ugc")
    sat.page.check("[name=has_cart_link]")
    sat.page.click("[data-do=lang]")
    sat.page.wait_for_selector("html[lang=en]")
    sat.page.wait_for_selector("#verdict mark")
    assert sat.page.input_value("textarea") == "这款国家级面霜" and sat.page.input_value("[name=scene]") == "ugc"
    assert sat.page.is_checked("[name=has_cart_link]")
    sat.page.reload()
    sat.page.wait_for_selector("#try")
    assert sat.page.evaluate("sessionStorage.getItem('kept')") is None
    assert sat.wrong == []


@pytest.mark.parametrize(("width", "lang"), [(1280, "zh"), (1280, "en"), (1440, "zh"), (1920, "zh")])
def test_categories_of_a_list_stay_on_one_line(busy, seat, width, lang):
    sat = seat("root", path="/queue", width=width, lang=lang)
    lines = sat.page.locator("#rows td.name").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert max(lines) < 48
    lost = "() => { const box = document.querySelector('.sheet-wrap'); return box.scrollWidth - box.clientWidth; }"
    assert sat.page.evaluate(lost) == 0
    if folder := os.environ.get("QINGLIU_SHOTS"):
        sat.page.screenshot(path=Path(folder) / f"queue-{width}-{lang}.png")


def test_the_bars_and_the_page_begin_at_one_line(busy, seat):
    left = """all => all.map(one => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return Math.round(range.getBoundingClientRect().left);
    })"""
    for width in (390, 1366, 1920):
        sat = seat("root", path="/alerts", width=width)
        lines = sat.page.locator(".brand, .pages-here a:first-child, main h1").evaluate_all(left)
        assert len(lines) == 3 and len(set(lines)) == 1, (width, lines)


def test_a_table_of_keys_is_not_torn(busy, seat):
    for path in ("/", "/queue", "/people"):
        sat = seat("root", path=path, width=1366)
        sat.press("?")
        lines = "all => all.map(one => [one.caption, ...one.rows].map(part => part.getBoundingClientRect().x))"
        assert all(len(set(table)) == 1 for table in sat.page.locator("#keys table").evaluate_all(lines))


def test_both_languages_and_both_themes(busy, seat):
    sat = seat("li.wei")
    assert sat.page.locator("html").get_attribute("lang") == "zh-CN"
    sat.page.locator("[data-do=lang]").focus()
    sat.press("Enter")
    sat.page.wait_for_selector("html[lang=en]")
    assert "Queue" in sat.page.locator(".pages-here").inner_text()
    light = sat.page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    sat.page.locator("[data-do=theme]").focus()
    sat.press("Enter")
    assert sat.page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") != light
    sat.go("/queue")
    assert sat.page.locator("html").get_attribute("data-theme") == "dark"


def test_an_item_that_comes_late_pulls_nobody_back(busy, seat):
    sat = seat("li.wei", path="/queue")
    sat.press("j", "Enter")
    sat.page.wait_for_selector(".item:focus")
    held = []
    sat.page.route("**/desk/*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    sat.page.reload()
    sat.page.locator("[data-do=lang]").focus()
    for route in held:
        route.continue_()
    sat.page.unroute("**/desk/*")
    sat.page.wait_for_selector(READY)
    assert sat.page.evaluate("document.activeElement.dataset.do") == "lang"


def test_nobody_is_offered_what_they_may_not_do(busy, seat):
    sat = seat("audit")
    assert sat.page.locator("#rows").count() == 1
    assert [link.get_attribute("href") for link in sat.page.locator("#keys [data-go]").all()] == [
        "/queue",
        "/search",
        "/try",
        "/quality",
        "/live",
        "/scripts",
        "/files",
        "/alerts",
        "/creators",
        "/boosts",
        "/formula",
        "/lexicons",
        "/rulesets",
        "/terms",
        "/audit",
        "/exports",
        "/retention",
        "/system",
    ]
    sat.press("j", "Enter")
    sat.page.wait_for_selector(READY)
    assert sat.page.locator(".acts-bar button").count() == 0
    assert sat.page.goto(f"{busy.url}/people").status == 403
    assert "text/html" in sat.page.goto(f"{busy.url}/people").headers["content-type"]


def test_people_and_keys_are_made_and_ended(busy, seat):
    sat = seat("root", path="/people")
    sat.press("n")
    sat.page.keyboard.type("wang.fang")
    sat.press("Enter")
    sat.page.wait_for_selector("#secret[open]")
    assert "wang.fang" in sat.page.locator("#secret output").inner_text()
    sat.press("Escape")
    sat.page.wait_for_selector("text=wang.fang")
    sat.press("Shift+N")
    sat.page.keyboard.type("流水线")
    sat.press("Enter")
    sat.page.wait_for_selector("#secret[open]")
    assert sat.page.locator("#secret output").inner_text().startswith("ql_")


def test_a_search_goes_on_by_itself_and_escape_stops_it(busy, seat, monkeypatch):
    monkeypatch.setattr(search, "MOST_LOOKED_AT", 7)
    sat = seat("li.wei", path="/search?text=第1款")
    sat.page.wait_for_selector("#rows > li:not(.empty)")
    sat.page.wait_for_selector("[rel=next]", state="detached")
    assert "第1款" in sat.page.locator("#rows").inner_text()
    sat.page.select_option("[name=action]", label="拦截")
    sat.page.press("[name=creator_id]", "Enter")
    sat.page.wait_for_url("**action=block**")
    assert sat.page.locator("[name=action]").input_value() == "block"
    sat.go("/search?text=龘龘").page.wait_for_selector("#rows >> text='没有找到。'")
    monkeypatch.setattr(search, "MOST_LOOKED_AT", 1)
    sat.go("/search?text=龘龘")
    sat.press("Escape")
    sat.page.wait_for_selector("#rows:not([aria-busy])")
    assert sat.page.locator("[rel=next]").count() == 1


def test_static_files_are_named_by_digest_and_kept(busy, seat):
    sat = seat()
    answers = {}
    sat.page.on("response", lambda answer: answers.update({answer.url: answer.headers}))
    sat.go("/login")
    styles = next(url for url in answers if url.endswith(".css"))
    assert "immutable" in answers[styles]["cache-control"]
    page = answers[f"{busy.url}/login"]
    assert "default-src 'none'" in page["content-security-policy"] and "unsafe" not in page["content-security-policy"]


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_on_any_page(busy, seat, theme):
    sat = seat("root", theme=theme)
    found = {}
    for path in ("/login", *PAGES):
        sat.go(path)
        if path == "/" and sat.page.locator("#start").count():
            sat.press("c")
            sat.page.wait_for_selector(READY)
            sat.press("b")
            found["reasons"] = _violations(sat)
            sat.press("Escape", "?")
            found["keys"] = _violations(sat)
            sat.press("Escape", "v")
        if path == "/try":
            sat.page.fill("textarea", "国家级\u202e面霜，遥遥领先")
            sat.page.wait_for_selector("#rewrite :not(.faint), #rewrite p")
        found[path] = _violations(sat)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def _violations(sat, of=None):
    """What axe finds on a page, or in a part of it."""
    sat.page.evaluate(STILL)  # what appears softly has its own colours only then
    if not sat.page.evaluate("'axe' in window"):
        sat.page.evaluate(AXE)
    return json.loads(json.dumps(sat.page.evaluate(RUN, of)))


def test_axe_would_find_something(busy, seat):
    sat = seat().go("/login")
    sat.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert _violations(sat)


def test_no_page_is_wider_than_a_phone(busy, seat):
    sat = seat("root", width=390)
    widths = {path: sat.go(path).page.evaluate("document.documentElement.scrollWidth") for path in (*PAGES, "/login")}
    assert {path: width for path, width in widths.items() if width > 390} == {}


def test_texts_in_lists_stay_readable_on_a_small_laptop(busy, seat):
    sat = seat("root", lang="en", width=1024).go("/queue")
    wide = "() => document.querySelector('#rows tbody .wide').getBoundingClientRect().width"
    lost = "() => { const box = document.querySelector('.sheet-wrap'); return box.scrollWidth - box.clientWidth; }"
    assert sat.page.evaluate(wide) >= 190 and sat.page.evaluate(lost) == 0


def test_a_long_list_of_people_goes_on_by_keyboard(busy, seat):
    """The last test of all: what looks at each page before need not look at hundreds of rows that are alike."""
    for number in range(101):
        busy.within(busy.service.accounts.create("shop", f"many-{number}", Role.REVIEWER, PASSWORD, by="cli"))
        busy.within(busy.service.keys.create("shop", label=f"many-{number}"))
    sat = seat("root", path="/people", width=390)
    assert sat.page.evaluate("document.documentElement.scrollWidth") <= 390
    sat.page.set_viewport_size({"width": 1440, "height": 900})
    assert _violations(sat, "[data-more]") == []
    for table, key in (("rows", "m"), ("api-keys", "Shift+M")):
        rows = sat.page.locator(f"#{table} tbody tr")
        assert rows.count() == 100
        sat.press(key)
        sat.page.wait_for_selector(f"#{table} tbody tr:nth-child(101)")
        assert not sat.page.locator(f"[data-more={table}]").count()
    assert sat.page.locator(":focus").get_attribute("data-delete")
