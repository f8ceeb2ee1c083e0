"""Hostile text in every field that a reviewer sees: nothing runs, nothing is fetched, no policy is broken."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import quote

import pytest

_SPEC = importlib.util.spec_from_file_location("hostile", Path(__file__).with_name("hostile.py"))
hostile = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile)
STRINGS = hostile.strings()
SHORT = 20
PAGES = 12
"""So many pages of each sort are opened, a third of them in the short run."""
SHOW = """async path => {
    document.querySelector('#place').replaceChildren(...await ql.part(path)); ql.tick();
    return [...document.querySelectorAll('.item .eye .text')].map(one => one.textContent).join('');
}"""


def feed(house, texts):
    """Files each text in every field that takes it; gives the ids of the review items."""
    cut = [text[:200].strip() or "x" for text in texts]
    house.file(
        {
            "content_id": f"{short[:150]}#{number}",
            "text": f"遥遥领先{text}",
            "creator_id": short[:200],
            "room_id": short[:200],
            "product": short[:200],
            "industry": short[:200],
        }
        for number, (text, short) in enumerate(zip(texts, cut, strict=True))
    )
    for number, (text, short) in enumerate(zip(texts, cut, strict=True)):
        about = {"content_id": f"{short[:150]}#{number}", "reason": "other", "detail": text[:2000]}
        house.call("POST", "/v1/reports", {**about, "reporter_id": short})
        house.call(
            "POST", "/v1/complaints", {**about, "complainant_id": short, "order_id": short, "evidence": text[:2000]}
        )
    return [f"{short[:150]}#{number}" for number, short in enumerate(cut)]


@pytest.mark.parametrize(
    "texts", [pytest.param(STRINGS[:SHORT], id="some"), pytest.param(STRINGS, id="all", marks=pytest.mark.slow)]
)
def test_nothing_of_it_runs_or_leaves_or_breaks_the_policy(house, seat, texts):
    feed(house, texts)
    pages = PAGES if len(texts) > SHORT else PAGES // 3
    sat = seat("zhang.min")
    items = read_all(sat)
    assert len(items) >= 2 * len(texts)
    for id_, kind in items:
        shown = sat.page.evaluate(SHOW, f"/desk/{id_}")
        assert shown.startswith("遥遥领先") or kind == "complaint" or "遥遥领先" in shown
    for id_, _ in items[:: max(1, len(items) // pages)]:
        sat.go(f"/?item={id_}").page.wait_for_selector(".item")
        sat.press("v")
    for text in texts[:pages]:
        sat.go(f"/search?text={quote(text[:90])}")
    for name in [name for name, _ in contents(sat)][:pages]:
        sat.go(f"/contents/{quote(name, safe='')}")
    sat.go("/try")
    for text in texts[:pages]:
        sat.page.fill("textarea", f"国家级{text}")
        sat.page.wait_for_selector("#verdict[aria-busy=false] mark")
    view = sat.page.evaluate(
        "s => ql.ask('POST', '/v1/views', {name: s, query: 'state=waiting&x=' + s})",
        "<img src=x onerror=window.pwned=1>",
    )
    assert view["name"].startswith("<img")
    sat.go("/queue")
    assert sat.page.evaluate("window.pwned") is None
    assert [one for one in sat.wrong if "400" not in one and "404" not in one] == []
    assert house.reported() == 0


def read_all(sat):
    """All items that wait: id and kind."""
    found, cursor = [], ""
    while True:
        told = sat.page.evaluate("path => ql.ask('GET', path)", f"/v1/reviews?limit=100{cursor}")
        found += [(one["id"], one["kind"]) for one in told["items"]]
        if not told["next"]:
            return found
        cursor = f"&cursor={told['next']}"


def contents(sat):
    told = sat.page.evaluate("ql.ask('GET', '/v1/reviews?limit=40')")
    return [(one["content_id"], one["kind"]) for one in told["items"]]


@pytest.mark.slow
def test_a_line_of_a_million_characters_is_shown(house, seat):
    house.call(
        "POST", "/v1/moderations", {"scene": "ad", "content_id": "long", "text": "遥遥领先<b>" + "长" * 1_000_000}
    )
    sat = seat("zhang.min")
    sat.go("/contents/long").page.wait_for_selector(".text")
    assert sat.page.evaluate("document.querySelector('.text').textContent.length") > 1_000_000
    assert sat.page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_hidden_characters_are_seen_and_marks_stand_right_behind_rare_characters(house, seat):
    house.file([{"content_id": "rare", "text": "𠮷𪚥😀\u202e\u200b国家级，遥遥领先"}])
    sat = seat("zhang.min").go("/contents/rare")
    assert [mark.inner_text().rpartition("]")[2].strip() for mark in sat.page.locator(".version .text mark").all()] == [
        "国家级",
        "遥遥领先",
    ]
    assert sat.page.locator(".version > .text .sign").all_inner_texts() == ["U+202E", "U+200B"]


def test_a_page_that_ran_a_script_would_be_found(house, seat):
    """The net holds: what the tests above look for is there when a page does break the policy."""
    sat = seat("zhang.min")
    before = house.reported()
    sat.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.pwned=1>')")
    sat.page.wait_for_timeout(500)
    assert sat.page.evaluate("window.pwned") is None
    assert house.reported() > before


def test_there_are_five_hundred_hostile_strings():
    assert len(set(STRINGS)) >= 500
