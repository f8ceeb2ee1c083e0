"""An appeal in a real Chromium: from the interface to a person of another mind; overturned, undone, upheld."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.test_console import _violations


@pytest.fixture(scope="module")
def appealed(house):
    """Two blocked contents whose creator was told and appeals; the items."""
    house.file([{"content_id": f"b-{n}", "text": "这款面霜是国家级的", "creator_id": "maker"} for n in range(2)])
    reviews = []
    for n in range(2):
        decision = house.call("GET", f"/v1/moderations?content_id=b-{n}")["decisions"][0]
        assert decision["action"] == "block"
        house.call("POST", f"/v1/decisions/{decision['id']}/notified", {})
        grounds = "有国家级实验室的证书，编号 7" + "\n请看" * 200
        body = {"decision_id": decision["id"], "appellant_id": "maker", "grounds": grounds}
        reviews.append(house.call("POST", "/v1/appeals", body)["review"])
    return reviews


def newest(house, content_id):
    return house.call("GET", f"/v1/moderations?content_id={content_id}")["decisions"][0]["action"]


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.usefixtures("unhurried")
def test_from_an_appeal_to_restored_content_by_keyboard_alone(house, appealed, seat, theme):
    number = int(theme == "dark")
    sat = seat("zhang.min", theme=theme).go(f"/?item={appealed[number]}")
    sat.page.wait_for_selector("#appeal")
    sat.press("t")
    sat.page.wait_for_selector('.item [data-act="overturn"]')
    shown = sat.page.locator(".item").inner_text()
    assert "编号 7" in shown
    assert "引擎" in shown
    assert sat.page.locator(".reading").bounding_box()["y"] < 500  # however long the appeal is
    assert _violations(sat) == []
    if folder := os.environ.get("QINGLIU_SHOTS"):
        sat.page.screenshot(path=Path(folder) / f"appeal-{theme}.png")
    sat.press("p", "b")  # no acts of an appeal
    sat.page.wait_for_selector("#toasts >> text='申诉请用 A / O'")
    assert sat.page.locator("#reasons[open]").count() == 0
    sat.press("o")
    sat.page.wait_for_selector("#noting[open]")
    sat.page.keyboard.type("证书属实")
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#undo:not([hidden])")
    assert sat.page.locator("#undo").inner_text().count("撤销") == 1
    sat.another(appealed[number])
    assert newest(house, f"b-{number}") == "pass"
    sat.press("u")
    sat.page.wait_for_selector(f'.item[data-id="{appealed[number]}"] [data-act="keep"]')
    assert newest(house, f"b-{number}") == "block"
    sat.page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    sat.press("a" if number else "o")
    sat.page.wait_for_selector("#noting[open]")
    sat.press("Control+Enter")
    sat.page.wait_for_selector("#undo:not([hidden])")
    assert newest(house, f"b-{number}") == ("block" if number else "pass")
    assert sat.wrong == []
