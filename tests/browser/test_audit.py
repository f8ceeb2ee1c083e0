"""The whole walk of an auditor in a real Chromium: find a decision, print its story, make a pack, see it verified."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from service.audit import verify_export
from tests.browser.test_console import _violations


@pytest.fixture(scope="module")
def judged(house):
    text = "这款面霜是国家级的，电话13812345678"
    house.file([{"content_id": "walk", "text": text, "creator_id": "maker", "room_id": "r"}])
    asyncio.run_coroutine_threadsafe(house.service.audit.log.checkpoint(), house.loop).result(20)


def _can_be_read(page, report):
    page.goto("about:blank")
    page.set_content(report)
    assert page.locator("text", has_text="引擎判定").count() == 1
    time = page.locator(".scroll tr", has_text="walk").first.locator("td").nth(1)
    assert time.bounding_box()["height"] < 100 < time.bounding_box()["width"], "it is not squeezed"


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_from_a_decision_to_a_pack_that_is_verified(house, judged, seat, tmp_path, theme):
    sat = seat("audit", theme=theme).go("/audit?kind=decision.*&named=walk")
    page = sat.page
    page.wait_for_selector("#rows a")
    assert _violations(sat) == []
    page.locator("#rows a").first.click()
    page.wait_for_selector(".course")
    assert "面霜是国家级" not in page.locator("main").inner_text()  # what is grim is folded away here too
    assert page.locator(".finding").first.is_hidden()
    page.locator("details.shut summary").click()
    shown = page.locator("main").inner_text()
    assert "国家级" in shown and "引擎判定" in shown
    assert _violations(sat) == []
    assert page.pdf(path=tmp_path / "story.pdf")[:4] == b"%PDF"
    sat.go("/exports")
    sat.press("n")
    page.wait_for_selector("#new-export[open]")
    assert _violations(sat) == []
    page.check("[name=contents]")
    page.click("#export-form button.main")
    page.wait_for_selector('tr[data-state="done"]', timeout=60_000)
    page.locator("[data-verify]").first.click()
    page.wait_for_selector("#verdict[open]")
    assert "完好" in page.locator("#verdict-line").inner_text()
    assert "至今" in page.locator("#rows td:nth-child(2)").first.inner_text()
    assert _violations(sat) == []
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.locator("#rows a[download]").first.click()
    download.value.save_as(tmp_path / "pack.zip")
    assert verify_export.check(tmp_path / "pack.zip").found == []
    for link in page.locator("main p a[download]").all():
        with page.expect_download() as download:
            link.click()
        download.value.save_as(tmp_path / download.value.suggested_filename.partition("-")[0])
    other = Path(verify_export.__file__).with_suffix(".mjs")
    assert (tmp_path / other.name).read_bytes() == other.read_bytes()
    key, seen = page.locator("code.key").inner_text(), tmp_path / "checkpoint"
    command = [sys.executable, tmp_path / "verify_export.py", tmp_path / "pack.zip", "--key", key, "--seen", seen]
    checked = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "records are whole" in checked.stdout and "no earlier checkpoint" not in checked.stdout
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        assert "138****5678" in archive.read("contents.jsonl").decode()
        report = archive.read("report.html").decode()
    _can_be_read(page, report)
    sat.go("/retention")
    page.wait_for_selector("#rows")
    assert "总局令" in page.locator("main").inner_text() or "直播电商监督管理办法" in page.locator("main").inner_text()
    assert _violations(sat) == []
    if folder := os.environ.get("QINGLIU_SHOTS"):
        page.screenshot(path=Path(folder) / f"retention-{theme}.png")


def test_lists_without_items_are_walked_and_opened_by_keys(house, judged, seat):
    sat = seat("root", path="/audit?kind=decision.*&named=walk")
    sat.press("j", "k")
    assert sat.page.evaluate("document.activeElement.closest('#rows tr.on') !== null")
    sat.press("Enter")
    sat.page.wait_for_url("**/audit/decisions/*")
    for path in ("/creators", "/lexicons", "/rulesets", "/terms"):
        rows = sat.go(path).page.locator("#rows tbody tr:not(:has(.empty))")
        sat.press("j")
        assert sat.page.locator("#rows tr.on").count() == min(1, rows.count())
    assert sat.wrong == []


def test_rows_that_only_change_things_are_walked_and_never_changed_by_enter(house, judged, seat):
    house.call("POST", "/v1/proofs", {"claims": ["双十一全网第一"], "file_sha256": "ab" * 32, "source": "报告"})
    house.call("POST", "/v1/products", {"product_id": "p1", "name": "牙刷", "certificates": []})
    for path in ("/people", "/files", "/exports", "/notices", "/retention"):
        sat = seat("root", path=path)
        rows = sat.page.locator("[data-walk] tbody tr:not(:has(.empty))")
        sat.press("?")
        assert "上下移动" in sat.page.locator("#keys").inner_text()
        sat.press("Escape", *["j"] * rows.count())
        assert sat.page.locator("[data-walk] tr.on").count() == min(1, rows.count())
        if path in {"/people", "/files"}:  # both tables, one after the other
            assert rows.count() >= 2
            assert rows.last.evaluate("row => row === document.activeElement && row.matches('.on')")
            sat.page.on("dialog", lambda asked: pytest.fail(asked.message))
            sat.press("Enter", "k", "f")
            assert rows.nth(rows.count() - 2).evaluate("row => row.matches('.on')")
            assert sat.page.evaluate("document.activeElement.tagName") == "TR"
        assert sat.wrong == []


def test_a_story_is_printed_unfolded(house, judged, seat):
    sat = seat("audit", path="/audit?kind=decision.*&named=walk")
    page = sat.page
    page.locator("#rows a").first.click()
    page.wait_for_selector(".course")
    assert page.locator("article .text").first.is_hidden() and page.locator("article summary").first.is_visible()
    folded = page.locator("article").bounding_box()["height"]
    page.emulate_media(media="print")
    assert page.locator("article .text").first.is_visible() and page.locator(".finding").first.is_visible()
    assert page.locator("article .text").first.evaluate("text => text.checkVisibility({contentVisibilityAuto: true})")
    assert page.locator("article summary").first.is_hidden()
    assert page.locator("article").bounding_box()["height"] > folded / 2
    page.emulate_media(media="screen")
    assert page.locator("article .text").first.is_hidden()


def test_the_log_says_when_and_its_filters_are_one_line(house, judged, seat):
    sat = seat("audit", path="/audit")
    assert "北京时间" in sat.page.locator("#rows time").first.inner_text()
    fields = ".filters :is(input, select, button)"
    heights = sat.page.locator(fields).evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert set(heights) == {32}
    assert "北京时间" in sat.go("/contents/walk").page.locator(".acts-told time").first.inner_text()
    sat.go("/retention")
    heads = sat.page.locator("th.number").evaluate_all("all => all.map(one => getComputedStyle(one).textAlign)")
    assert heads == ["right"] * 3
