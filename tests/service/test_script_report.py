"""The report on a script by the shipped rules: each sentence its law, its rewrite, its product; what products lack."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pytest

from moderation.types import SHANGHAI, Proof
from service.duty.diff import compared
from service.duty.gaps import Filed, gaps
from service.duty.products import Paper, Product
from service.duty.proofs import OnFile
from service.duty.report import Matter, report
from service.duty.sheet import sheet
from service.duty.shows import Checked, Show

AT = datetime(2026, 11, 26, 12, tzinfo=SHANGHAI)
CLAIM = "去年双11全国精华类目销量第一"
SAID = {
    "大家好，欢迎来到直播间！": "pass",
    "今天第一个给大家带来的是小白瓶精华。": "pass",
    "这款精华是国家级实验室研发的，七天祛斑看得见。": "block",
    f"我们的小白瓶{CLAIM}，数据来源某某咨询。": "proof",
    "接下来是益生菌固体饮料，喝了能治便秘，酸甜好喝。": "block",
    "想了解的加我微信，前一百名送赠品。": "block",
}
TEXT = "".join(SAID)
SERUM = Product(
    "serum", "小白瓶精华", "cosmetic_special", (Paper("cos_special", "国妆特字20220789", date(2026, 12, 1)),)
)
DRINK = Product("drink", "益生菌固体饮料", "food", ())
PROOF = Proof(id="p", claims=(CLAIM,), expires=date(2026, 12, 31))


@pytest.fixture(scope="module")
def told(shipped):
    async def made(*products, text=TEXT, proofs=(PROOF,), at=AT):
        return await report(shipped, Matter(text, products, proofs, at), None)

    return made


async def test_each_sentence_has_its_outcome(told):
    found = await told(SERUM, DRINK)
    assert {found.text[one.sentence.start : one.sentence.end]: one.outcome for one in found.lines} == SAID
    assert found.counts == {"pass": 2, "proof": 1, "review": 0, "block": 3, "sentences": 6, "lacking": 0}


async def test_the_day_after_its_proof_ends_a_sentence_is_one_for_people_again(told):
    late = await told(SERUM, at=datetime(2027, 1, 1, tzinfo=SHANGHAI))
    assert late.lines[3].outcome != "proof"


async def test_blocked_sentences_have_rewrites_that_pass(told, shipped):
    found = await told(SERUM, DRINK)
    rewrites = [line.rewrite for line in found.lines if line.rewrite is not None and line.rewrite.parts]
    assert len(rewrites) >= 2
    text = "".join(rewrite.parts[0].text for rewrite in rewrites)
    again = await told(SERUM, DRINK, text=text)
    assert again.counts["block"] == 0


async def test_sentences_are_about_the_product_named_last(told):
    assert [line.product for line in (await told(SERUM, DRINK)).lines] == [
        "",
        "serum",
        "serum",
        "serum",
        "drink",
        "drink",
    ]


async def test_a_product_lacks_what_its_sentences_do_not_disclose(told):
    without = SERUM._replace(papers=())
    (lacking,) = (await told(without)).products
    assert [item.rule for item in lacking.evidence] == ["missing_disclosure.cosmetic_special.number"]
    expired = SERUM._replace(papers=(SERUM.papers[0]._replace(valid_to=date(2026, 11, 25)),))
    assert (await told(expired)).counts["lacking"] == 1
    assert (await told(SERUM)).counts["lacking"] == 0


async def test_what_is_said_of_many_products_is_read_once(told, shipped, monkeypatch):
    texts, read = [], shipped.read

    def noted(content):
        texts.append(content.parts[0].text)
        return read(content)

    monkeypatch.setattr(shipped, "read", noted)
    products = [Product(f"p{n}", f"面霜{n}号", "cosmetic", ()) for n in range(9)]
    found = await told(*products, text="今天的面霜到货了。大家快来。")
    assert len(found.products) == 9
    assert texts.count("今天的面霜到货了。大家快来。") == 1


async def test_a_sentence_owes_no_disclosure_by_itself(told):
    found = await told(Product("x", "产品", "health_food", ()), text="这款产品很好。大家可以看看。")
    assert found.counts["pass"] == 2
    assert {item.rule.rpartition(".")[2] for item in found.products[0].evidence} >= {"number", "statement"}


def test_a_comparison_tells_every_sentence_once():
    lines = compared("一。二。三。", "一。二二。三。四。")
    assert [tuple(line) for line in lines] == [
        ("same", "一。", "一。"),
        ("changed", "二。", "二二。"),
        ("same", "三。", "三。"),
        ("new", "", "四。"),
    ]


def show(*hosts, script="s"):
    return Show("i", "room", script, (), (), "by", "2026-11-26T04:00:00Z", None, None, hosts)


def codes(found):
    return [gap.code for gap in found]


def test_gaps_are_what_order_117_asks_for_and_is_not_there():
    day, filed = AT.date(), Filed((SERUM,), (), None)
    assert codes(gaps(show(), filed, day)) == ["host_unchecked", "script_unapproved"]
    fresh, old = Checked("li", "face", "2026-11-26", "k", ""), Checked("li", "face", "2026-05-26", "k", "")
    assert codes(gaps(show(old, script=None), filed, day)) == ["host_check_old", "script_missing"]
    assert codes(gaps(show(old, fresh), filed, day)) == ["script_unapproved"]
    assert codes(gaps(show(fresh._replace(checked_on="2026-11-27")), filed, day))[0] == "host_unchecked"
    assert codes(gaps(show(fresh, fresh._replace(checked_on="2099-01-01")), filed, day)) == ["script_unapproved"]
    expired = Filed((SERUM, DRINK), (OnFile(PROOF, "", "", "", "", "k", "", None),), None)
    assert codes(gaps(show(fresh, script=None), expired, date(2027, 1, 1)))[1:] == [
        "certificate_expired",
        "certificate_missing",
        "proof_invalid",
    ]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@x", "\tx", "＝1", "\n=1", "﹦1", "|x", "%0", "\ufeff=1", "  =1", "\u200b@x"]
)
def test_a_cell_that_begins_a_formula_is_made_harmless(cell):
    (_, (told,)) = csv.reader(io.StringIO(sheet(("a",), [(cell,)]).decode("utf-8-sig"), newline=""), strict=True)
    assert told == f"'{cell}"


def test_a_cell_holds_no_control_character():
    assert sheet(("a",), [("a\x00\x1bb",)]).decode("utf-8-sig").splitlines()[1] == r"a\u0000\u001bb"


async def test_a_registered_function_may_be_said_of_the_product_that_is_registered(told):
    text = "下面是辅酶软胶囊，有助于增强免疫力。"
    number = Paper("health_registration", "国食健注G20250012", None)
    held = Product("q10", "辅酶软胶囊", "health_food", (number,))
    assert [line.outcome for line in (await told(held, text=text)).lines] == ["pass"]
    bare = held._replace(papers=())
    assert [line.outcome for line in (await told(bare, text=text)).lines] == ["block"]
