"""Makes docs/images/*.png: the console of a fresh demo, at two widths and in both themes, in a headless Chromium.

Needs Debian's chromium-headless-shell or chromium, a font with Chinese characters (fonts-noto-cjk) and the extra
``test``. ``--all FOLDER`` takes every page at 1440 and 390 pixels, light and dark, for looking through.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser.chromium import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PORT = "8137"
LINE = "这款面霜全網最＊低价，七天祛斑看得见\u200b，加我薇❤了解"
PLACES = {
    "login": "/login?tenant=demo",
    "desk": "/",
    "queue": "/queue",
    "search": "/search?text=最",
    "content": "/contents/ad-002",
    "live": "/live",
    "room": "/live/demo-live",
    "scripts": "/scripts",
    "script": "/scripts/demo-script?version=1",
    "files": "/files",
    "alerts": "/alerts?state=all",
    "try": "/try",
    "lexicons": "/lexicons?text=最",
    "rulesets": "/rulesets",
    "terms": "/terms",
    "people": "/people",
    "notices": "/notices",
    "system": "/system",
}
WIDTHS = {1440: 900, 390: 844}
SAYS = {"light": ("地铁口", "学位房"), "dark": ("云杉新城", "商铺")}
"""What the item says that is shown in a theme, and another where the demo's people have decided it by now."""
README = {
    "desk": ("desk", 1440, "light", "zh"),
    "desk-dark": ("desk", 1440, "dark", "zh"),
    "desk-phone": ("desk", 390, "light", "zh"),
    "queue": ("queue", 1440, "light", "zh"),
    "try": ("try", 1440, "light", "en"),
    "room": ("room", 1440, "light", "zh"),
    "script": ("script", 1440, "light", "en"),
}


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """A demo of its own, and the passwords that it printed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "QINGLIU_EXPERT_DEADLINE": "10"}
        environment["QINGLIU_EXPERT_DEADLINE_LIVE_CHAT"] = "10"
        command = [sys.executable, "-u", "-m", "service", "demo", "--port", PORT]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
        try:
            told = ""
            for line in process.stdout or ():
                told += line
                if "Ctrl-C" in line:
                    break
            yield dict(re.findall(r"用户 (\S+)\s+密码 (\S+)", told))
        finally:
            process.terminate()
            process.wait(30)


def sign_in(context: BrowserContext, name: str, password: str) -> Page:
    """A page of somebody who has signed in."""
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{PORT}/login?tenant=demo&next=/queue")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def look(page: Page, place: str, *, width: int, theme: str, lang: str) -> None:
    """Brings a page to where it shows what it is for."""
    url = f"http://127.0.0.1:{PORT}"
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in (("theme", theme), ("lang", lang))]
    )
    if place == "desk":
        show_item(page, url, SAYS[theme])
    else:
        page.goto(url + PLACES[place])
    if place == "try":
        page.fill("textarea", LINE)
        page.wait_for_selector("#rewrite .edits, #rewrite .faint + .faint, #rewrite .text", timeout=20_000)
    page.wait_for_timeout(600)


def show_item(page: Page, url: str, says: tuple[str, ...]) -> None:
    """The first item that says one of these, in hand, with what surrounds it."""
    queries = ("state=waiting&limit=100", "state=held&limit=100")
    lists = [page.evaluate("path => ql.ask('GET', path)", f"/v1/reviews?{query}")["items"] for query in queries]
    asked = [one for one in chain(*lists) if one["kind"] == "content"]  # a second review may not be for who looks here
    found = next(one["id"] for words in says for one in asked if words in one["excerpt"].replace("\u200b", ""))
    page.goto(f"{url}/?item={found}")
    page.wait_for_selector(".item")
    page.keyboard.press("t")
    page.wait_for_selector('.item [data-act="pass"]')
    if page.viewport_size and page.viewport_size["width"] > 1000:  # noqa: PLR2004 - where two columns fit
        page.keyboard.press("v")
    page.keyboard.press("w")
    page.wait_for_selector("#suggestion button", state="detached", timeout=20_000)
    page.wait_for_timeout(4500)


def main() -> None:
    """Start a demo, sign in, look around."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, default=None, metavar="FOLDER")
    chosen = parser.parse_args().all
    with demo() as passwords, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        page = sign_in(context, "admin", passwords["admin"])
        folder = chosen or TARGET
        folder.mkdir(parents=True, exist_ok=True)
        wanted = README
        if chosen:
            wanted = {
                f"{place}-{width}-{theme}": (place, width, theme, "zh")
                for width in WIDTHS
                for theme in ("light", "dark")
                for place in PLACES
            }
        for name, (place, width, theme, lang) in wanted.items():
            look(page, place, width=width, theme=theme, lang=lang)
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
