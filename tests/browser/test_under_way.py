"""What a key meets while an act is under way, or when the service fails to answer: no other item, and nothing lost."""

from __future__ import annotations

import pytest

from tests.browser.test_desk import CALM, sitting, state

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture(scope="module")
def busy(house):
    """A house with work to do."""
    house.file([{"content_id": f"w-{n}", "text": f"第{n}款面霜，遥遥领先"} for n in range(30)])
    return house


@pytest.mark.parametrize("key", ["b", "e", "Shift+P"])
def test_no_dialog_opens_over_an_item_that_is_about_to_go(busy, seat, key):
    sat, held = sitting(seat), []
    first = sat.shown()
    sat.press("p").another(first)
    second = sat.shown()
    sat.page.route("**/undo", lambda route: held.append(route))  # noqa: PLW0108 - a builtin bears no mark
    with sat.page.expect_request("**/undo"):
        sat.press("u")
    sat.press(key)
    assert not sat.page.locator("dialog[open]").count()
    held[0].continue_()
    sat.page.wait_for_selector(f".item[data-id='{first}']")
    sat.page.wait_for_function(CALM)
    sat.press("Enter", "Control+Enter")
    sat.page.unroute("**/undo")
    assert [state(busy, one) for one in (first, second)] == ["held", "held"]
    sat.press(key)
    sat.page.wait_for_selector("dialog[open]")
    sat.page.evaluate("document.querySelector('.item').dataset.id = 'another'")
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#toasts >> text='此条目前不能这样做'")
    assert not sat.page.locator("dialog[open]").count() and state(busy, first) == "held"
    assert sat.wrong == []


def test_an_undo_that_does_not_arrive_can_be_asked_again(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    sat.press("p").another(here)
    sat.page.route("**/undo", lambda route: route.abort())
    sat.press("u")
    sat.page.wait_for_selector("#toasts >> text=连接不上服务")
    sat.page.wait_for_function(CALM)
    assert sat.page.locator("#undo").is_visible()
    sat.page.unroute("**/undo")
    sat.press("u")
    sat.page.wait_for_selector(f".item[data-id='{here}']")
    assert sat.page.locator("#undo").is_hidden() and state(busy, here) == "held"


def quickly(route):
    """The desk, which looks always what has to be held for longer and what there is to do; one batch is enough."""
    answer = route.fetch()
    assert "heartbeat, 30000" in answer.text()
    told = answer.text().replace("heartbeat, 30000", "heartbeat, 300").replace('20000, "js.away"', '100, "js.away"')
    assert ">= 3 * batch" in told
    route.fulfill(response=answer, body=told.replace(">= 3 * batch", ">= batch"))


def test_all_that_is_in_hand_is_held_for_longer(busy, seat):
    sat, held = seat("root", path="/queue"), set()
    sat.page.route("**/desk*.js", quickly)
    sat.page.on("request", lambda asked: asked.url.endswith("/heartbeat") and held.add(asked.url.split("/")[-2]))
    sat.go("/").press("c")
    sat.page.wait_for_selector(".item")
    sat.page.wait_for_function(CALM)
    mine = sat.page.evaluate("[...document.querySelectorAll('#tray button')].map(one => one.dataset.bead)")
    assert len(mine) == 5 and held == set()
    sat.page.evaluate("Date.now = () => performance.timeOrigin + performance.now() + 6 * 60000")
    with sat.page.expect_response(lambda told: told.url.endswith(f"{mine[4]}/heartbeat")) as told:
        pass
    assert told.value.ok and held == set(mine)
    sat.page.route("**/v1/reviews?limit=1", lambda route: route.abort())
    sat.page.wait_for_selector("#stale >> text=手上的条目到时会放回队列")
    sat.page.unroute("**/v1/reviews?limit=1")
    sat.page.wait_for_selector("#stale", state="hidden")
    sat.press("c")
    sat.page.wait_for_selector("#toasts >> text='手上还有 5 条，先处理一些再领；J、K 逐条查看'")
    assert sat.page.locator("#tray button").count() == 5
    sat.page.unroute("**/desk*.js")


def test_beads_can_be_hit_and_nothing_with_the_focus_hides_behind_the_acts(busy, seat):
    sat = sitting(seat)
    beads = [one.bounding_box() for one in sat.page.locator("#tray button").all()]
    assert min(min(one["width"], one["height"]) for one in beads) >= 24
    sat.page.set_viewport_size({"width": 390, "height": 844})
    many = "one => { for (let n = 0; n < 60; n += 1) one.after(one.cloneNode()); }"
    sat.page.locator("#tray button").first.evaluate(many)
    assert sat.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    sat.page.set_viewport_size({"width": 1440, "height": 320})
    link = sat.page.locator(".item-side a").first
    link.evaluate("one => { one.style.display = 'block'; one.style.marginTop = '600px'; scrollTo(0, 0); }")
    link.evaluate("one => one.scrollIntoView({block: 'nearest'})")
    box, bar = link.bounding_box(), sat.page.locator(".acts-bar").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]


def test_a_suggestion_that_does_not_come_leaves_its_button(busy, seat):
    sat = sitting(seat)
    sat.page.route("**/suggestion", lambda route: route.abort())
    sat.press("w")
    sat.page.wait_for_selector("#toasts >> text=连接不上服务")
    sat.page.wait_for_function(CALM)
    sat.page.unroute("**/suggestion")
    sat.page.click("[data-act=suggest]")
    sat.page.wait_for_selector(".suggestion:not(:has([data-act]))")


def test_a_rewrite_that_fails_leaves_the_verdict_and_an_empty_field_waits_for_nothing(busy, seat):
    sat, held = seat("audit", path="/try"), []
    sat.page.route("**/try/rewrite", lambda route: route.abort())
    sat.page.fill("textarea", "遥遥领先")
    sat.page.wait_for_selector("#verdict #rewrite .error")
    assert sat.page.locator("#verdict mark").count()
    sat.page.route("**/try/verdict", lambda route: held.append(route))  # noqa: PLW0108 - a builtin bears no mark
    with sat.page.expect_request("**/try/verdict"):
        sat.page.fill("textarea", "遥遥领先了")
    sat.page.wait_for_selector("#verdict[aria-busy=true]")
    sat.page.fill("textarea", "")
    sat.page.wait_for_selector("#verdict[aria-busy=false]")
    for path in ("rewrite", "verdict"):
        sat.page.unroute(f"**/try/{path}")


def lost(sat, pattern):
    """Has requests arrive whose answers do not come."""
    sat.page.route(pattern, lambda route: (route.fetch(), route.abort()))


def test_a_decision_whose_answer_was_lost_is_told_counted_and_undone(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    lost(sat, "**/decision")
    sat.press("b")
    sat.page.wait_for_selector("#reasons[open]")
    sat.press("Enter")
    sat.page.wait_for_selector("#toasts >> text='服务已收到你的决定：已拦截'")
    sat.another(here)
    assert state(busy, here) == "closed" and not sat.page.locator("dialog[open]").count()
    assert sat.page.locator("#tally").inner_text() == "本次已处理 1 条"
    lost(sat, "**/undo")
    sat.press("u")
    sat.page.wait_for_selector("#toasts >> text=连接不上服务")
    sat.page.wait_for_function(CALM)
    sat.page.unroute("**/undo")
    sat.press("u")
    sat.page.wait_for_selector(f".item[data-id='{here}'] [data-act=block]")
    sat.page.wait_for_function(CALM)
    assert state(busy, here) == "held" and sat.page.locator("#undo").is_hidden()
    sat.page.route(f"**/v1/reviews/{here}", lambda route: route.abort())  # nor can be asked what became of it
    sat.press("Shift+P")
    sat.page.wait_for_selector("#noting[open]")
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#noting .error >> text=尚不知决定是否已生效")
    sat.press("Escape")
    for pattern in ("**/decision", f"**/v1/reviews/{here}"):
        sat.page.unroute(pattern)
    sat.press("p")
    sat.page.wait_for_selector("#toasts >> text='服务已收到你的决定：已通过'")
    sat.another(here)
    assert not sat.page.locator(".conflict").count() and sat.page.locator("#undo").is_visible()
    assert sat.page.locator("#tally").inner_text() == "本次已处理 1 条"
    sat.press("u")
    sat.page.wait_for_selector(f".item[data-id='{here}'] [data-act=pass]")
    assert state(busy, here) == "held"


SOONER = """() => {
    const limit = AbortSignal.timeout.bind(AbortSignal), every = window.setInterval.bind(window);
    AbortSignal.timeout = (ms) => limit(ms / 20);
    window.setInterval = (work, ms) => every(work, ms === 4000 ? 100 : ms);
}"""
"""The waits of the desk, shorter."""


def test_a_request_that_hangs_is_told_and_given_up(busy, seat):
    sat = sitting(seat)
    here = sat.shown()
    sat.page.evaluate(SOONER)
    sat.page.route("**/decision", lambda _: None)
    sat.press("p", "b")
    sat.page.wait_for_selector("#toasts >> text='上一步还没完成，这一下没有算'")
    sat.page.wait_for_selector("#toasts >> text=还在等服务答复")
    assert not sat.page.locator("dialog[open]").count()
    sat.page.wait_for_selector("#toasts >> text=连接不上服务")
    sat.page.wait_for_function(CALM)
    assert sat.shown() == here and state(busy, here) == "held"
    sat.page.unroute("**/decision")
    sat.press("p").another(here)
    assert state(busy, here) == "closed" and sat.wrong == []
