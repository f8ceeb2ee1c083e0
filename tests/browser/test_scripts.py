"""A script's way to its show in a real Chromium: filed, rewritten, approved by another, followed on air, corrected."""

from __future__ import annotations

import os
import re
import shutil
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from moderation.types import SHANGHAI
from tests.browser.conftest import TERMS
from tests.browser.test_console import _violations
from tests.small import LEXICONS, small_rules

DIGEST = "#digest >> text=/SHA-256 [0-9a-f]{64}/"
CLAIM = "本店牙刷去年全市销量冠军"
TEXT = f"大家好，欢迎来到直播间。这款牙刷是国家级的品质！我们的{CLAIM}。\n刷头柔软，今天很划算。"


@pytest.fixture(scope="session")
def lexicons(tmp_path_factory):
    """The small rules of the others, with those of live rooms."""
    folder = small_rules(tmp_path_factory.mktemp("live") / "lexicons", TERMS)
    shutil.copy(LEXICONS / "live.toml", folder / "live.toml")
    shutil.copytree(LEXICONS / "words", folder / "words")  # whose wares the kinds of goods name
    known = (LEXICONS / "industries.toml").read_text(encoding="utf-8").partition("\n[[industry]]")[0]
    (folder / "industries.toml").write_text(known, encoding="utf-8")  # kinds of certificates, and no industry
    return folder


def shot(sat, name):
    if folder := os.environ.get("QINGLIU_SHOTS"):
        sat.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def filed(house):
    """What is on file before the show: a proof and a product whose certificate ends soon."""
    soon = date.today() + timedelta(days=12)  # noqa: DTZ011 - a day, wherever
    paper = {"kind": "cos_filing", "number": "粤G妆网备字2022056789", "valid_to": str(soon)}
    product = {"product_id": "brush", "name": "牙刷", "industry": "cosmetic", "certificates": [paper]}
    house.call("POST", "/v1/products", product)
    proof = {"claims": [CLAIM], "file_sha256": "ab" * 32, "source": "市统计局 年报", "scope": "全市", "period": "去年"}
    return house.call("POST", "/v1/proofs", proof)["id"]


def test_a_script_is_filed_rewritten_and_approved_by_another(house, filed, seat):
    sat = seat("li.wei", path="/scripts")
    sat.press("n")
    sat.page.wait_for_selector("#new-script[open]")
    sat.page.fill("#script-form [name=title]", "十一月牙刷专场")
    sat.page.fill("#script-form [name=text]", TEXT)
    sat.page.check("#script-form [name=products][value=brush]")
    sat.page.check(f'#script-form [name=proofs][value="{filed}"]')
    assert _violations(sat) == []
    shot(sat, "script-new")
    sat.page.click("#script-form [type=submit]")
    sat.page.wait_for_selector(".sentence")
    outcomes = [one.get_attribute("class") for one in sat.page.locator(".sentence").all()]
    assert outcomes == ["sentence pass", "sentence block", "sentence proof", "sentence pass"]
    sat.page.check("#only")
    assert [one.is_visible() for one in sat.page.locator(".sentence").all()] == [False, True, True, False]
    assert _violations(sat) == []
    shot(sat, "script-report")
    sat.page.click("[data-accept]")
    assert "国家级" not in sat.page.input_value("#edited")
    assert CLAIM in sat.page.input_value("#edited")
    sat.page.click("#edit-form [type=submit]")
    sat.page.wait_for_function("() => document.querySelector('.script-head .chip')?.textContent.includes('2')")
    assert sat.page.locator(".sentence.block").count() == 0
    assert sat.page.locator("[data-open=approve]").count() == 0
    script = sat.page.get_attribute("#script", "data-id")
    sat.go(f"/scripts/{script}/diff?from=1&to=2")
    assert "国家级" in sat.page.locator("del").first.inner_text()
    assert _violations(sat) == []
    shot(sat, "script-diff")
    senior = seat("zhang.min", theme="dark", path=f"/scripts/{script}")
    senior.press("a")
    senior.page.wait_for_selector("#approve[open]")
    assert _violations(senior) == []
    senior.page.click("#approve-form [type=submit]")
    senior.page.wait_for_selector(".script-head .chip.good")
    shot(senior, "script-approved-dark")
    assert house.call("GET", f"/v1/scripts/{script}")["approved"]
    assert sat.wrong == senior.wrong == []


def say(house, room, *messages):
    sent = [{"kind": "host_speech", "author_id": "li", **one} for one in messages]
    told = house.call("POST", f"/v1/rooms/{room}/messages", {"messages": sent})
    return [one["action"] for one in told["results"]]


def done(house):
    return [one["kind"] for one in house.call("GET", "/v1/rooms/brush-live/acts")["acts"]]


AT_ONCE = """() => {
    document.querySelector('#acting').close();
    const key = {key: 'w', code: 'KeyW', bubbles: true, cancelable: true};
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', key));
}"""
"""A key in the moment in which a dialog closes: its field keeps the focus until the next frame is drawn."""


def act_in_the_room(senior, house):
    """A key by itself meets nobody: what is asked can be left, and a mute ends."""
    senior.press("w")
    senior.page.wait_for_selector("#acting[open]")
    senior.press("Escape")
    senior.page.wait_for_selector("#acting:not([open])", state="attached")
    assert done(house) == []
    senior.press("w")
    senior.page.wait_for_selector("#acting[open]")
    senior.page.evaluate(AT_ONCE)
    assert senior.page.locator("#acting[open]").count() == 1
    senior.press("Enter")
    senior.page.wait_for_selector("#acts b")
    senior.page.wait_for_selector("#stream .event.warned")
    senior.page.click("#stream [data-author='u-7']")
    senior.press("m")
    senior.page.wait_for_selector("#acting[open]")
    assert "u-7" in senior.page.locator("#acting-title").inner_text()
    assert senior.page.locator("#acting-said").inner_text() == "主播好"
    assert _violations(senior) == []
    shot(senior, "room-acting")
    senior.page.keyboard.type("刷屏带节奏")
    senior.press("Enter")
    senior.page.wait_for_selector("#stream .event.muted")
    senior.page.wait_for_selector("#acts >> text='刷屏带节奏'")
    senior.press("m")
    senior.page.wait_for_selector("#toasts >> text='u-7 已在禁言中'")
    assert _violations(senior) == []
    shot(senior, "room-muted")
    senior.page.click("[data-unmute='u-7']")
    senior.page.wait_for_selector("#acting[open]")
    senior.press("Enter")
    senior.page.wait_for_selector("[data-unmute]", state="detached")
    assert done(house) == ["unmute", "mute", "warn"]


def chart_names(sat):
    """What the chart of a room names, without its numbers: how many times there are depends on no clock."""
    told = sat.page.locator(".timeline text").all_text_contents()
    lines = [one for one in told if one.startswith("风险")]
    rest = [re.sub(r"\d+ ", "N ", re.sub(r"\d\d:\d[05]", "HH:MM", one)) for one in told if one not in lines]
    return [*lines, *sorted(rest, reverse=True)]


def test_a_show_follows_its_script_deviates_and_is_corrected_on_record(house, filed, seat):
    script = house.call("GET", "/v1/scripts")["scripts"][0]
    assert script["approved"]
    host = {"host_id": "li", "checked_on": str(date.today())}  # noqa: DTZ011 - a day, wherever
    show = {"room_id": "brush-live", "script_id": script["script_id"], "products": ["brush"], "hosts": [host]}
    show = house.call("POST", "/v1/shows", show)
    assert show["gaps"] == []
    chat = {"kind": "chat", "author_id": "u-7", "text": "主播好", "id": "c1"}
    assert say(house, "brush-live", {"id": "s1", "text": "大家好欢迎来到直播间"}, chat) == ["pass", "pass"]
    assert say(house, "brush-live", {"id": "s2", "text": f"我们的{CLAIM}", "offset_ms": 61_000}) == ["pass"]
    senior = seat("zhang.min", path="/live")
    senior.page.wait_for_selector(".room")
    assert _violations(senior) == []
    senior.press("j")
    senior.page.wait_for_function("() => document.querySelector('.room.on a') === document.activeElement")
    senior.press("Enter")
    senior.page.wait_for_selector("#stream .outcome-mark.proof")
    assert senior.page.locator(".beside-script .heard").count() >= 1
    told = {"id": "s3", "text": "这款牙刷还是国家级的", "offset_ms": 70_000}
    assert say(house, "brush-live", told, {"id": "s4", "text": "遥遥领先"}) == ["block", "review"]
    senior.page.wait_for_selector("#stream .said.block .chip.warn")
    assert "不在脚本内" in senior.page.locator("#stream").inner_text()
    say(house, "brush-live", {"id": "s5", "text": "口误口误，不是国家级的，大家别误会", "offset_ms": 82_000})
    senior.page.wait_for_selector("#stream .event.correction")
    assert senior.page.locator(".level.amber, .level.red").count() >= 1
    assert chart_names(senior) == ["风险 中 24", "风险 高 72", "每分钟最多 N 条", "低于 N 解除“中”", *3 * ["HH:MM"]]
    assert _violations(senior) == []
    shot(senior, "room")
    act_in_the_room(senior, house)
    senior.press("n")
    senior.page.keyboard.type("已当场更正")
    senior.page.click("#note-form [type=submit]")
    senior.page.wait_for_function("() => document.querySelector('#acts').innerText.includes('已当场更正')")
    shot(senior, "room-acts")
    with senior.page.expect_download() as loading:
        senior.page.click("a[download]")
    export = Path(loading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(export) == 2
    assert "国家级" in export[1]
    assert "口误口误" in export[1]
    (record,) = house.call("GET", f"/v1/shows/{show['id']}/corrections")["corrections"]
    assert (record["claim"]["text"], record["claim"]["offset_ms"]) == ("国家级", 70_000)
    assert record["correction"]["offset_ms"] == 82_000
    house.call("POST", f"/v1/shows/{show['id']}/end", {})
    assert say(house, "brush-live", {"id": "s6", "text": f"我们的{CLAIM}"}) == ["review"]
    senior.go("/live")
    shot(senior, "wall")
    assert senior.wrong == []


def test_what_was_typed_of_a_room_is_kept_until_it_is_done(house, filed, seat):
    say(house, "far-live", {"id": "f1", "text": "大家好"})
    senior = seat("zhang.min", path="/live/far-live")
    senior.page.route("**/acts", lambda route: route.abort())
    for key, dialog, field in (("n", "#noting", "textarea"), ("w", "#acting", "input")):
        senior.press(key)
        senior.page.fill(f"{dialog} {field}", "第三次口误")
        senior.page.click(f"{dialog} [type=submit]")
        senior.page.wait_for_selector(f"{dialog}[open] .error >> text='连接不上服务，请稍后再试'")
        senior.page.reload()
        senior.press(key)
        assert senior.page.input_value(f"{dialog} {field}") == "第三次口误"
        senior.press("Escape")
    senior.page.unroute("**/acts")
    senior.press("n")
    senior.page.click("#noting [type=submit]")
    senior.page.wait_for_selector("#acts >> text='第三次口误'")
    senior.press("n")
    assert senior.page.input_value("#noting textarea") == ""


def test_alerts_wear_a_badge_until_somebody_knows(house, filed, seat):
    house.within(house.service.duties.alerts.sweep())
    sat = seat("li.wei", path="/alerts")
    sat.page.wait_for_selector(".badge")
    shot(sat, "alerts")
    assert _violations(sat) == []
    assert sat.page.locator("#rows a[href='/files?product=brush#product-brush']").count() == 1
    sat.press("j", "j", "k")
    assert sat.page.locator("#rows tbody tr:first-child.on").count() == 1
    while sat.page.locator("[data-acknowledge]").count():
        left = sat.page.locator("[data-acknowledge]").count()
        sat.page.click("[data-acknowledge]")
        sat.page.wait_for_function("left => document.querySelectorAll('[data-acknowledge]').length < left", arg=left)
    sat.page.wait_for_selector(".badge", state="detached")
    sat.go("/")
    assert sat.page.locator(".badge").count() == 0
    assert house.call("GET", "/v1/alerts")["open"] == 0
    assert sat.wrong == []


def test_what_is_on_file_can_be_filed_by_hand(house, filed, seat):
    sat = seat("li.wei", path="/files")
    shot(sat, "files")
    assert _violations(sat) == []
    sat.press("n")
    sat.page.fill("#proof-form [name=claims]", "本店米去年全省销量第一\n本店米连续三年全省第一")
    report = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"proof"}
    sat.page.set_input_files("#proof-form [name=file]", report)
    sat.page.wait_for_selector(DIGEST)
    sat.page.fill("#proof-form [name=source]", "某某协会")
    shot(sat, "files-new")
    sat.page.click("#proof-form [type=submit]")
    sat.page.wait_for_function("() => document.body.innerText.includes('连续三年')")
    assert sat.wrong == []
    proofs = house.call("GET", "/v1/proofs")["proofs"]
    assert len(proofs[0]["claims"]) == 2


SLOWLY = """() => {
    const read = File.prototype.arrayBuffer;
    File.prototype.arrayBuffer = async function () {
        if (this.name === "none") throw new Error("gone");
        if (this.name === "large") await new Promise((go) => { window.go = go; });
        return read.call(this);
    };
}"""
"""One file takes long to read, and one cannot be read."""


def test_a_proof_is_filed_with_the_digest_of_the_file_that_is_chosen(house, filed, seat):
    sat, sent = seat("li.wei", path="/files"), []
    sat.page.on("request", lambda asked: asked.method == "POST" and sent.append(asked.post_data_json))
    sat.page.evaluate(SLOWLY)
    sat.press("n")
    sat.page.fill("#proof-form [name=claims]", "本店面全市销量第一")
    sat.page.fill("#proof-form [name=source]", "某某协会")

    def choose(name):
        sat.page.set_input_files("#proof-form [name=file]", {"name": name, "mimeType": "", "buffer": name.encode()})

    choose("small")
    sat.page.wait_for_selector(DIGEST)
    choose("large")
    assert not sat.page.locator(DIGEST).count()
    sat.page.click("#proof-form [type=submit]")
    sat.page.wait_for_selector("#proof-form .error >> text=还没有算出")
    choose("none")
    sat.page.wait_for_selector("#proof-form .error >> text=读不出这个文件")
    sat.page.evaluate("() => go()")
    sat.page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    assert not sat.page.locator(DIGEST).count() and sent == []
    choose("last")
    sat.page.wait_for_selector(DIGEST)
    sat.page.click("#proof-form [type=submit]")
    sat.page.wait_for_selector("main >> text=本店面全市销量第一")
    assert [one["file_sha256"] for one in sent] == [sha256(b"last").hexdigest()]
    assert sat.wrong == []


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_rewrite_takes_the_place_of_its_own_sentence_whatever_ends_the_lines(house, filed, seat, ends):
    lines = ["", "大家好😀", "", "欢迎来到直播间。", "这款牙刷是国家级的品质！", "刷头柔软。"]
    name = house.call("POST", "/v1/scripts", {"text": ends.join(lines), "products": ["brush"]})["script_id"]
    sat = seat("li.wei", path=f"/scripts/{name}")
    assert sat.page.input_value("#edited") == "\n".join(lines)
    words = sat.page.get_attribute("[data-accept]", "data-accept")
    sat.page.click("[data-accept]")
    assert sat.page.input_value("#edited") == "\n".join([*lines[:4], words, lines[5]])
    assert sat.wrong == []


def test_a_rewrite_keeps_what_was_typed_meanwhile(house, filed, seat):
    sentences = ["这款牙刷是国家级的品质！", "刷头柔软。", "它遥遥领先。", "真是最高级的享受！"]
    name = house.call("POST", "/v1/scripts", {"text": "".join(sentences), "products": ["brush"]})["script_id"]
    sat = seat("li.wei", path=f"/scripts/{name}")
    offers = sat.page.locator("[data-accept]")
    first, last = offers.first, offers.last
    sat.page.fill("#edited", "".join([*sentences[:2], "我加了一句。", *sentences[2:]]))
    first.click()
    typed = sat.page.input_value("#edited")
    assert typed == "".join([first.get_attribute("data-accept"), "刷头柔软。我加了一句。", *sentences[2:]])
    assert sat.page.locator("#accepted").inner_text().startswith("已采纳 1 处")
    with sat.page.expect_navigation():
        sat.page.click("[data-do=lang]")  # what was typed is kept, what was accepted is not known any more
    assert sat.page.input_value("#edited") == typed
    first.click()
    sat.page.wait_for_selector("#toasts >> text=stands there twice")
    assert sat.page.input_value("#edited") == typed and first.is_enabled()
    last.click()
    assert sat.page.input_value("#edited") == typed.replace(sentences[3], last.get_attribute("data-accept"))
    assert sat.wrong == []


def test_the_minutes_of_a_room_are_charted_by_the_clock_of_shanghai(house, filed, seat):
    say(house, "charted", {"kind": "chat", "author_id": "u-1", "text": "主播好", "id": "m1"})
    times = [datetime.fromisoformat(one["at"]) for one in house.call("GET", "/v1/rooms/charted/pulse")["minutes"]]
    page = seat("zhang.min", path="/live/charted").page
    shown = page.locator(".timeline .said title").all_text_contents()
    assert [words.split()[0] for words in shown] == [f"{at.astimezone(SHANGHAI):%H:%M}" for at in times]
    assert times


def test_whoever_scrolls_away_from_the_picked_line_stays_there(house, filed, seat):
    for number in range(60):
        say(
            house,
            "long-live",
            {"kind": "chat", "author_id": f"u-{number}", "text": f"主播好{number}，国家级", "id": f"c{number}"},
        )
    sat = seat("zhang.min", path="/live/long-live")
    below = "document.documentElement.scrollHeight - document.querySelector('main').getBoundingClientRect().bottom"
    assert sat.page.evaluate(below) < 100, "what the list scrolls makes no page longer"
    sat.press("j")
    assert sat.page.locator("#stream .on").get_attribute("data-author") == "u-59"
    sat.page.evaluate("document.querySelector('#stream').scrollTo(0, 1e6)")
    away = sat.page.evaluate("document.querySelector('#stream').scrollTop")
    assert away > 100
    sat.page.evaluate("document.querySelector('#stream').firstElementChild.dataset.old = '1'")
    sat.page.wait_for_function("() => !document.querySelector('#stream').firstElementChild.dataset.old")
    sat.page.wait_for_selector("#stream .on[data-author=u-59]")
    assert sat.page.evaluate("document.querySelector('#stream').scrollTop") == away
    sat.press("j", "k")
    assert sat.page.evaluate("document.querySelector('#stream').scrollTop") < away


def test_certificates_are_picked_by_name(house, filed, seat):
    sat = seat("li.wei", path="/files")
    sat.press("Shift+N")
    sat.page.fill("#product-form [name=product_id]", "mask")
    sat.page.fill("#product-form [name=name]", "面膜")
    sat.page.select_option("#papers [name=kind]", label="普通化妆品备案编号")
    sat.page.fill("#papers [name=number]", "粤G妆网备字2022056789")
    sat.page.click("#more-papers")
    last = sat.page.locator(".paper-of").last
    last.locator("[name=kind]").select_option("ccc")
    last.locator("[name=number]").fill("2022010101234567")
    last.locator("[name=valid_to]").fill("2030-01-31")
    sat.page.click("#more-papers")
    assert _violations(sat) == []
    shot(sat, "files-product")
    sat.page.click("#product-form [type=submit]")
    sat.page.wait_for_function("() => document.querySelector('main').innerText.includes('面膜')")
    product = next(one for one in house.call("GET", "/v1/products")["products"] if one["product_id"] == "mask")
    kinds = {one["kind"]: one["valid_to"] for one in product["certificates"]}
    assert kinds == {"cos_filing": None, "ccc": "2030-01-31"}
    row = sat.page.locator("tr", has_text="面膜").inner_text()
    assert "普通化妆品备案编号" in row and "至 2030-01-31" in row and "ccc" not in row
    assert sat.wrong == []


def test_the_pages_fit_a_phone(filed, seat):
    sat, widths = seat("root", width=390), {}
    for path in ("/scripts", "/files", "/alerts", "/live", "/live/brush-live"):
        sat.go(path)
        widths[path] = sat.page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > 390} == {}
