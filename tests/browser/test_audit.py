"""The whole walk of an auditor in a real Chromium: find a decision, print its story, make a pack, see it verified."""

from __future__ import annotations

import asyncio
import os
import zipfile
from pathlib import Path

import pytest

from service.audit import verify_export
from tests.browser.test_console import _violations


@pytest.fixture(scope="module")
def judged(house):
    house.file([{"content_id": "walk", "text": "这款面霜是国家级的，电话13812345678", "creator_id": "maker"}])
    asyncio.run_coroutine_threadsafe(house.service.audit.log.checkpoint(), house.loop).result(20)


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_from_a_decision_to_a_pack_that_is_verified(house, judged, seat, tmp_path, theme):
    sat = seat("audit", theme=theme).go("/audit?kind=decision.*&named=walk")
    page = sat.page
    page.wait_for_selector("#rows a")
    assert _violations(sat) == []
    page.locator("#rows a").first.click()
    page.wait_for_selector(".course")
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
    assert _violations(sat) == []
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    download.value.save_as(tmp_path / "pack.zip")
    assert verify_export.check(tmp_path / "pack.zip").found == []
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        assert "138****5678" in archive.read("contents.jsonl").decode()
    sat.go("/retention")
    page.wait_for_selector("#rows")
    assert "总局令" in page.locator("main").inner_text() or "直播电商监督管理办法" in page.locator("main").inner_text()
    assert _violations(sat) == []
    if folder := os.environ.get("QINGLIU_SHOTS"):
        page.screenshot(path=Path(folder) / f"retention-{theme}.png")
