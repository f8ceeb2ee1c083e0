"""What is grim in a real Chromium: folded away until somebody wants to see it, in the queue, the desk and searches."""

from __future__ import annotations

import pytest

from moderation.types import Action
from service.keys import Caller
from service.review.rulings import Ruling
from service.rights import RIGHTS_OF, Role
from tests.browser.test_console import _violations

GRIM = "转发的视频里满地都是血"


@pytest.fixture(scope="module")
def reported(house):
    """A content that passed, reported as violent; its item."""
    house.file([{"content_id": "grim", "scene": "ugc", "text": GRIM, "creator_id": "maker"}])
    told = {"content_id": "grim", "reporter_id": "u-9", "reason": "violence_terror"}
    return house.call("POST", "/v1/reports", told)["review"]


def test_what_is_grim_is_folded_away_until_somebody_looks_and_nobody_decides_before(house, reported, seat):
    sat = seat("li.wei").go("/queue")
    sat.page.wait_for_selector("#rows")
    assert GRIM not in sat.page.locator("main").inner_text()
    sat.go(f"/?item={reported}")
    sat.page.wait_for_selector(".item .curtain")
    assert GRIM not in sat.page.locator("main").inner_text()
    assert _violations(sat) == []
    sat.press("t")
    sat.page.wait_for_selector('.item [data-act="pass"]')
    assert GRIM not in sat.page.locator("main").inner_text()
    sat.press("p")
    sat.page.wait_for_selector(".item:not([data-shut])")
    assert GRIM in sat.page.locator("main").inner_text(), "the first key only shows it"
    assert house.call("GET", "/v1/moderations?content_id=grim")["decisions"][0]["by"] == "engine"
    sat.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    sat.press("p")
    sat.page.wait_for_selector("#undo:not([hidden])")
    assert house.call("GET", "/v1/moderations?content_id=grim")["decisions"][0]["by"] == "person"
    assert sat.wrong == []


def test_the_page_of_quality_shows_who_decided_and_what_labels_come_to(reported, seat):
    for lang, words in (
        ("zh", ["审核质量", "复审一致性", "校准题", "分类器的标注"]),
        ("en", ["Golden items", "Labels"]),
    ):
        sat = seat("zhang.min", lang=lang).go("/quality")
        shown = sat.page.locator("main").inner_text()
        assert [word for word in words if word not in shown] == []
        assert _violations(sat) == []


def test_a_content_is_made_golden_and_ended_by_keyboard(house, seat):
    house.file([{"content_id": "gold-1", "text": "这款面霜遥遥领先", "creator_id": "maker"}])
    desk, who = house.service.desk, house.within(house.service.accounts.called("shop", "li.wei"))
    caller = Caller("shop", who.id, RIGHTS_OF[Role.REVIEWER])
    row = next(row for row in house.within(desk.claim(caller, limit=50)) if row.target == "gold-1")
    house.within(desk.decide(caller, row.id, row.token, Ruling(Action.PASS)))
    sat = seat("zhang.min").go("/quality")
    sat.press("n")
    sat.page.wait_for_selector("#new-golden[open]")
    assert _violations(sat) == []
    sat.page.keyboard.type("gold-1")
    sat.press("Enter")
    sat.page.click("details.fold summary")
    assert "gold-1" in sat.page.locator("main").inner_text()
    assert _violations(sat) == []
    sat.page.evaluate("window.confirm = () => true")
    sat.page.click("[data-delete]")
    sat.page.wait_for_selector("[data-delete]", state="detached")
    assert sat.wrong == []
