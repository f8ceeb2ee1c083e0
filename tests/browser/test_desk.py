"""What a hand at the desk must not do by accident: hold a key, tick more than was decided, claim more than it asked."""

from __future__ import annotations

import pytest

from service.http import reviews
from service.review import states
from service.rights import Role
from tests.browser.conftest import PASSWORD, TERMS
from tests.browser.test_console import item
from tests.small import small_rules, terms

IN_HAND = "() => document.querySelectorAll('#tray button').length"
CALM = "() => !document.querySelector('[aria-busy=true]')"
SETTLED = "() => document.querySelector('.item') ?? document.querySelector('#start')?.contains(document.activeElement)"
"""The desk shows what is in hand, or offers work: a key that comes before may ask for other items than those."""
GROUND = "one => getComputedStyle(one).backgroundColor"


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    """The small rules of the others, with a word that is seen and leads to nothing."""
    faint = {"ad_law/superstition.txt": terms("superstition", "转运 | weight: 30")}
    return small_rules(tmp_path_factory.mktemp("desk") / "lexicons", TERMS | faint)


@pytest.fixture(scope="module")
def busy(house):
    """A house with work to do, of two scenes."""
    many = [{"content_id": f"c-{n}", "text": f"第{n}款面霜，遥遥领先，转运"} for n in range(30)]
    few = [{"content_id": f"v-{n}", "text": f"第{n}段口播，遥遥领先", "scene": "live_script"} for n in range(3)]
    house.file(many + few)
    return house


def sitting(seat, name="li.wei"):
    """Somebody with a claimed batch before them."""
    sat = seat(name)
    sat.page.wait_for_function(SETTLED)
    if not sat.page.locator(".item").count():
        sat.press("c")
    sat.page.wait_for_selector(".item")
    sat.page.wait_for_function(CALM)
    return sat


def listed(sat, query):
    """The queue as the person in a seat reads it."""
    return sat.page.evaluate("query => fetch(`/v1/reviews?${query}`).then(told => told.json())", query)


def closed(sat):
    return listed(sat, "limit=1")["counts"]["closed_today"]["n"]


def held(sat):
    return len(listed(sat, "state=held&holder=me&limit=50")["items"])


def state(house, review):
    return item(house, "li.wei", review).row[11]


def test_a_held_key_decides_one_item_and_walks_through_many(busy, seat):
    sat = sitting(seat)
    here, before = sat.shown(), closed(sat)
    sat.page.keyboard.down("p")
    sat.another(here)
    for _ in range(5):
        sat.page.keyboard.down("p")  # what a held key sends
        sat.page.wait_for_function(CALM)
    sat.page.keyboard.up("p")
    assert closed(sat) == before + 1
    here = sat.shown()
    sat.page.keyboard.down("j")
    sat.another(here)
    second = sat.shown()
    sat.page.keyboard.down("j")
    sat.another(second)
    assert len({here, second, sat.shown()}) == 3
    assert sat.wrong == []


def test_an_undo_that_comes_too_late_leaves_the_next_item_alone(busy, seat, monkeypatch):
    sat = sitting(seat)
    here = sat.shown()
    sat.page.evaluate("""() => {
        const asked = window.fetch, clock = Date.now;
        window.fetch = async (path, ...more) => {
            const told = await asked(path, ...more);
            if (path.endsWith("/decision")) Date.now = () => clock() + 4000;
            return told;
        };
    }""")
    sat.press("p").another(here)
    assert int(sat.page.locator("#undo-left").inner_text()) <= 6  # the answer took four of the ten seconds
    monkeypatch.setattr(states, "UNDO_SECONDS", 0)
    following = sat.shown()
    sat.press("u")
    sat.page.wait_for_selector("#toasts >> text='已过十秒，不能撤销'")
    sat.page.wait_for_function(CALM)
    assert sat.shown() == following and not sat.page.locator(".conflict").count()
    assert sat.page.locator("[data-act=pass]").is_enabled() and sat.page.locator("#undo").is_hidden()
    assert state(busy, here) == "closed" and state(busy, following) == "held"
    tally = sat.page.locator("#tally").inner_text()
    sat.press("s").another(following)
    assert sat.page.locator("#tally").inner_text() == tally == "本次已处理 1 条"  # what is skipped is not done
    sat.page.evaluate("Date.now = () => performance.timeOrigin + performance.now() + 60000")  # a lid was shut
    here = sat.shown()
    sat.press("p").another(here)
    sat.page.evaluate("Date.now = () => performance.timeOrigin + performance.now() + 120000")
    sat.page.wait_for_selector("#undo", state="hidden", timeout=3000)


@pytest.mark.usefixtures("unhurried")
def test_an_undo_covers_no_text_and_outlasts_a_look_at_another_page(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    sat.press("p").another(here)
    assert sat.page.locator("#undo").bounding_box()["y"] > sat.page.locator(".pages-here").bounding_box()["y"]
    assert top(sat, "#undo") + sat.page.locator("#undo").bounding_box()["height"] < top(sat, ".item")
    sat.press("h")
    sat.page.wait_for_url("**/contents/**")
    sat.page.go_back()
    sat.page.wait_for_selector("#undo:not([hidden])")
    sat.page.wait_for_function(CALM)
    assert sat.page.locator("#tally").inner_text() == "本次已处理 1 条"
    sat.press("u")
    sat.page.wait_for_selector(f".item[data-id='{here}']")
    assert state(busy, here) == "held" and sat.page.locator("#undo").is_hidden()
    assert sat.wrong == []


def test_a_second_review_offers_no_undo(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    sat.press("p").another(here)
    senior = seat("zhang.min")
    review = listed(senior, "kind=sample&limit=1")["items"][0]["id"]
    senior.go(f"/?item={review}").page.wait_for_selector(".item")
    senior.press("t")
    senior.page.wait_for_selector("[data-act=pass]")
    senior.page.wait_for_function(CALM)
    senior.press("p")
    senior.page.wait_for_selector("#toasts >> text='已通过；抽检的决定不能撤销'")
    assert senior.page.locator("#undo").is_hidden() and state(busy, review) == "closed"


def test_who_takes_what_another_took_is_told_whose_it_is(busy, seat):
    sat, other = seat("li.wei"), seat("zhang.min")
    review = listed(sat, "state=waiting&kind=content&level=0&limit=1")["items"][0]["id"]
    for one in (sat, other):
        one.go(f"/?item={review}").page.wait_for_selector("[data-act=take]")
    other.press("t")
    other.page.wait_for_selector("[data-act=pass]")
    sat.press("t")
    sat.page.wait_for_selector(".conflict >> text=此条现在由别人处理。")
    assert "zhang.min" in sat.page.locator(".conflict").inner_text()
    other.press("r")
    other.page.wait_for_selector("#place .empty")


def test_a_block_is_put_together_by_keys_whatever_the_keyboard_writes(busy, seat):
    sat = seat("li.wei", lang="en")
    if not sat.page.locator(".item").count():
        sat.press("c")
    sat.page.wait_for_selector("[data-act=block]")
    sat.page.wait_for_function(CALM)
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    assert sat.page.locator("#choices").evaluate("one => one.scrollWidth <= one.clientWidth")
    slash = "new KeyboardEvent('keydown', {key: '、', code: 'Slash', bubbles: true, cancelable: true})"
    sat.page.evaluate(f"document.activeElement.dispatchEvent({slash})")  # a Chinese input method is on
    assert sat.page.evaluate("document.activeElement.id") == "find-reason"
    sat.page.evaluate("document.querySelector('#choices').focus()")
    sat.press("n", "n", "1", "/")
    assert sat.page.input_value("#reasons [name=note]") == "n1/"
    sat.press("Escape")


def test_only_what_was_decided_is_ticked_and_looks_so(busy, seat):
    sat = sitting(seat)
    assert sat.page.locator(".item").get_attribute("data-categories") == "false_fact_claim superstition"
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    shown = sat.page.locator(".choice")
    assert [shown.nth(n).get_attribute("data-code") for n in range(2)] == ["false_fact_claim", "superstition"]
    assert [one.get_attribute("value") for one in sat.page.locator("#choices :checked[name=category]").all()] == [
        "false_fact_claim"
    ]
    assert shown.nth(0).evaluate(GROUND) != shown.nth(1).evaluate(GROUND) == shown.nth(2).evaluate(GROUND)
    sat.press("Escape")


def test_a_key_that_does_nothing_says_why(busy, seat):
    sat = seat("li.wei")
    review = listed(sat, "scene=live_script&limit=1")["items"][0]["id"]
    sat.go(f"/?item={review}")
    sat.page.wait_for_selector(".item")
    for key in "pbsrea":
        sat.page.evaluate("document.querySelector('#toasts').replaceChildren()")
        sat.press(key)
        sat.page.wait_for_selector("#toasts >> text='先按 T 领取此条'")
    sat.press("t")
    sat.page.wait_for_selector("[data-act=pass]")
    sat.page.wait_for_function(CALM)
    sat.press("o")
    sat.page.wait_for_selector("#toasts >> text='此条不是申诉，请用 P / B'")
    sat.press("r")
    sat.page.wait_for_selector("#place .empty")
    assert state(busy, review) == "waiting"


@pytest.mark.usefixtures("unhurried")
def test_an_item_out_of_a_list_leads_back_to_it_and_claims_nothing(busy, seat):
    sat = seat("zhang.min", path="/queue?scene=live_script")
    sat.press("j", "Enter")
    sat.page.wait_for_selector(".item")
    here = sat.shown()
    sat.press("t")
    sat.page.wait_for_selector("[data-act=pass]")
    sat.page.wait_for_function(CALM)
    sat.press("p")
    sat.page.wait_for_selector("#place .empty a:focus")
    assert held(sat) == 0
    sat.press("u")
    sat.page.wait_for_selector(f'.item[data-id="{here}"] [data-act=pass]')
    sat.page.wait_for_function(CALM)
    sat.press("p")
    sat.page.wait_for_selector("#place .empty a:focus")
    sat.press("Enter")
    sat.page.wait_for_url("**/queue?scene=live_script")
    assert sat.page.locator("#rows tr[data-id]").count() == 2
    assert sat.wrong == []


def test_a_hand_comes_to_its_end_where_nothing_is_claimed_by_itself(busy, seat):
    sat = sitting(seat, "root")
    for scene in range(2):
        if scene:
            sat.page.reload()
            sat.page.wait_for_selector(".item")
        else:
            sat.press("Shift+C")
        assert sat.page.locator("[data-act=refill]").get_attribute("aria-pressed") == "false"
    for _ in range(sat.page.evaluate(IN_HAND)):
        here = sat.shown()
        sat.press("p").another(here)
    sat.page.wait_for_selector("#place .empty a:focus")
    assert held(sat) == 0
    sat.press("Shift+C", "c")
    sat.page.wait_for_selector(".item")


def test_a_creator_leads_to_all_that_is_theirs_and_nothing_overdue_is_no_alarm(busy, seat):
    busy.file([{"content_id": f"m-{n}", "text": f"第{n}款，遥遥领先", "creator_id": "某 店&1"} for n in range(2)])
    sat = seat("li.wei", path="/queue?state=waiting")
    plain = sat.page.locator(".tally b").last.evaluate("one => getComputedStyle(one).color")
    overdue = sat.page.locator(".tally", has_text="已超时").locator("b")
    assert (overdue.inner_text(), overdue.evaluate("one => getComputedStyle(one).color")) == ("0", plain)
    review = sat.page.evaluate("""() => fetch("/v1/reviews?limit=100").then(told => told.json())
        .then(({items}) => items.find(one => one.content_id === "m-0").id)""")
    sat.go(f"/?item={review}").page.wait_for_selector(".item")
    sat.page.click(".item-side a[href^='/search']")
    sat.page.wait_for_url("**/search?creator_id=*")
    assert sat.page.input_value("[name=creator_id]") == "某 店&1"
    assert [one.split(" v")[0] for one in sat.page.locator("#rows p .foreign").all_inner_texts()] == [
        "某 店&1", "m-1", "某 店&1", "m-0",
    ]  # fmt: skip
    assert sat.wrong == []


def test_the_help_of_keys_opens_at_its_top(busy, seat):
    sat = seat("li.wei")
    sat.page.set_viewport_size({"width": 1280, "height": 720})
    sat.press("?")
    sat.page.wait_for_selector("#keys-title:focus")
    assert sat.page.locator("#keys").evaluate("one => one.scrollTop") == 0
    tables = [one.bounding_box()["x"] for one in sat.page.locator("#keys table").all()]
    assert max(tables) - min(tables) > 200
    sat.press("Escape")


def test_filters_are_walked_by_keys_and_keep_the_focus(busy, seat):
    sat = seat("li.wei", path="/queue")
    sat.press("f", "ArrowDown", "ArrowDown")
    assert sat.page.evaluate("document.activeElement.name") == "kind"
    assert sat.page.url.endswith("/queue")
    sat.press("Enter")
    sat.page.wait_for_url("**/queue?*kind=report*")
    sat.page.wait_for_selector("select[name=kind]:focus")
    sat.press("ArrowUp")
    sat.press("Tab")
    sat.page.wait_for_url("**/queue?*kind=content*")
    sat.page.wait_for_selector("select[name=scene]:focus")
    sat.press("ArrowDown", "Escape")
    assert sat.page.input_value("select[name=scene]") == ""
    sat.page.locator("select[name=level]").dispatch_event("pointerdown")  # by mouse it applies at once
    sat.page.select_option("select[name=level]", "1")
    sat.page.wait_for_url("**/queue?*level=1*")
    assert sat.wrong == []


def test_a_role_is_given_and_a_person_disabled_after_a_question(busy, seat):
    who = busy.within(busy.service.accounts.create("shop", "chen.jie", Role.AUDITOR, PASSWORD, by="cli")).id
    sat = seat("root", path="/people")
    sat.page.evaluate("window.asked = [], window.confirm = told => asked.push(told) > 1, null")
    row = f"[data-user='{who}']"
    sat.page.focus(f"{row} select")
    sat.press("ArrowUp")
    assert sat.page.evaluate("asked") == []
    sat.press("Tab")
    assert [("chen.jie" in told, "审计员" in told) for told in sat.page.evaluate("asked")] == [(True, True)]
    assert sat.page.input_value(f"{row} select") == "auditor"
    assert role(busy, who) == "auditor"
    sat.page.focus(f"{row} select")
    sat.press("ArrowUp", "Enter")
    sat.page.wait_for_selector("#toasts >> text='已保存'")
    assert role(busy, who) == sat.page.input_value(f"{row} select") != "auditor"
    sat.page.evaluate("window.confirm = told => { sessionStorage.asked = told; return true; }, null")
    sat.page.click(f"{row} [data-disable]")
    sat.page.wait_for_selector(f"{row} .chip.warn")
    assert "chen.jie" in sat.page.evaluate("sessionStorage.asked")
    assert sat.wrong == []


def role(house, who):
    return house.within(house.service.accounts.one("shop", who)).role


def test_a_list_says_when_and_how_what_is_closed_ended(busy, seat):
    sat = sitting(seat, "zhang.min")
    here = sat.shown()
    sat.press("p").another(here)
    sat.go("/queue?state=closed")
    assert sat.page.locator("#rows th").first.inner_text() == "办结时间"
    assert sat.page.locator(f"tr[data-id='{here}'] .action.pass").inner_text() == "通过"
    assert sat.go("/queue").page.locator("#rows th").first.inner_text() == "时限"


def test_a_deadline_and_a_complaint_are_told_in_their_own_words(busy, seat):
    said = {"content_id": "c-29", "complainant_id": "u-2", "reason": "quality", "detail": "收到就坏了"}
    review = busy.call("POST", "/v1/complaints", said)["review"]
    sat = seat("li.wei").go(f"/?item={review}")
    sat.page.wait_for_selector(".item")
    assert sat.page.locator(".item-head .chip.warn").all_inner_texts() == ["投诉 1"]
    assert top(sat, "#said") < top(sat, ".reading")
    late = "one => { one.dateTime = new Date(Date.now() - 13.5 * 60000).toISOString(); }"
    sat.page.locator(".deadline time").evaluate(late)
    sat.page.wait_for_function("() => document.querySelector('.deadline time').textContent === '已超时 13 分钟'")


def test_the_queue_says_which_list_it_shows_and_counts_that_list(busy, seat, monkeypatch):
    sat = sitting(seat, "zhang.min").press("c")
    sat.page.wait_for_function(CALM)  # with so many in hand nothing more is claimed behind what follows
    for key in ("p", "e"):
        here = sat.shown()
        sat.press(key)
        if key == "e":
            sat.page.wait_for_selector("#noting[open]")
            sat.press("Control+Enter")
        sat.another(here)
    here = sat.page.locator(".tally[aria-current]")
    lists = {
        "/queue": "waiting",
        "/queue?state=waiting&scene=ad": "waiting",
        "/queue?state=waiting&level=1": "escalated",
        "/queue?state=held": "held",
        "/queue?state=overdue": "overdue",
        "/queue?state=closed&day=today": "closed_today",
    }
    for path, name in lists.items():
        assert name in sat.go(path).page.locator(".tally[aria-current]").get_attribute("class").split()
        assert here.evaluate("one => getComputedStyle(one).boxShadow") != "none"
        if "scene" not in path:
            assert int(here.locator("b").inner_text()) == sat.page.locator("#rows tr[data-id]").count()
    assert sat.page.locator("#rows tr[data-id]").count() > 0
    monkeypatch.setattr(reviews, "midnight", lambda: "2999")
    assert sat.go("/queue?state=closed&day=today").page.locator("#rows tr[data-id]").count() == 0
    sat.page.click("[name=day]")  # all that was ever closed
    sat.page.wait_for_url(lambda url: "day=" not in url)
    assert sat.page.locator("#rows tr[data-id]").count() > 0


def top(sat, selector):
    return sat.page.locator(selector).bounding_box()["y"]


def test_a_long_text_shows_what_was_said_of_it_and_its_marks_are_walked(busy, seat):
    text = "，".join(["遥遥领先", *["走过路过" * 40] * 12, "转运", *["走过路过" * 40] * 12, "遥遥领先"])
    busy.file([{"content_id": "long", "text": text}])
    for n in range(5):
        said = {"content_id": "long", "reporter_id": f"r-{n}", "reason": "absolute_claim", "detail": "不真实" * 300}
        review = busy.call("POST", "/v1/reports", said)["review"]
    sat = seat("li.wei", path=f"/?item={review}")
    sat.page.wait_for_selector(".item")
    assert top(sat, "#said") < top(sat, ".reading") < 500
    assert sat.page.locator("#said > .lines li").count() == 3 and sat.page.locator("#said details li").count() == 2
    said = sat.page.locator(".text mark")
    assert said.count() == 3
    for key, place in ((".", 0), (".", 1), (".", 2), (",", 1)):
        sat.press(key)
        assert said.evaluate_all("all => all.findIndex(one => one.classList.contains('at'))") == place
        assert 0 < said.nth(place).bounding_box()["y"] < 900
        assert 0 < top(sat, ".stays") < 200  # what is beside the text stays in sight
    sat.page.evaluate("scrollTo(0, 0)")
    sat.page.locator(".legend button", has_text="迷信").click()
    assert 0 < said.nth(1).bounding_box()["y"] < 900
    sat.press("t")
    sat.page.wait_for_selector("[data-act=block]")
    sat.page.wait_for_function(CALM)
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    codes = [sat.page.locator(".choice").nth(n).get_attribute("data-code") for n in range(3)]
    assert codes == ["false_fact_claim", "absolute_claim", "superstition"]
    sat.press("Escape", "r")
    assert sat.wrong == []
