"""Markup: what a page or an app shows of tags, references and faces by name is judged; every place stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.markup import REFERRED, UNSEEN, shown

SHOWN = [
    ("国<b>家</b>级标准", "国家级标准"),
    ("国<span style='color:red'>家</span><!-- x -->级标准", "国家级标准"),
    ("国[b]家[/b][color=#f00]级[/color]标准", "国家级标准"),
    ("&#22269;&#x5BB6;级&nbsp;标准", "国家级 标准"),
    ("\\u56fd\\u5bb6级标准\\ud83d\\ude00", "国家级标准😀"),
    ("国%E5%AE%B6%E7%BA%A7标准", "国家级标准"),
    ("国[捂脸]家[捂脸]级标准", "国☺家☺级标准"),
    ("国<wbr>家<section>级</section>标准", "国家级标准"),
    ("国<a href='#'>家</a>级标准", "国家级标准"),
    ("国&zwnj;家&ZeroWidthSpace;级标准", "国\u200c家\u200b级标准"),
    ("&#22269&#x5bb6级标准", "国家级标准"),
    ("国&#00023478;级标准", "国家级标准"),
    ("国&#x0005BB6级标准", "国家级标准"),
    (f"国&#{'0' * 5000}23478;级标准", "国家级标准"),
    ("国&shy家&nbsp级&nbsp标准", "国\xad家 级 标准"),
    ("国<BR/>家", "国\n家"),
]
UNTOUCHED = [
    "a<b, x<y>z, List<String>, <最好>",
    "&unknown; &; R&D &#9999999;",
    "http://a.cn/?q=%E6%9C%80%E5%A5%BD 打8%折 100%有效",
    "[最好][微信][1]",
    "\\n\\u12 C:\\users \\ud800",
    "<a href='//a.cn'>看</a>"[:18],
    "[url=a.cn]",
    "<a href=a.cn>",
    "/?a=1&copy=2&lt=3&notit AT&T Q&A",
    "<vx abc12345>",
]


@pytest.mark.parametrize(("text", "meant"), SHOWN)
def test_markup_reads_as_it_is_shown(text, meant) -> None:
    assert shown(text).replace(UNSEEN, "").replace(REFERRED, "") == meant


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_markup_or_leads_somewhere_stays_as_it_is(text) -> None:
    assert shown(text) == text


@given(
    st.lists(st.sampled_from(["国", "<b>", "</p>", "&#22269;", "&lt;", "\\u56fd", "%E5%AE%B6", "[赞]", "<", "%", "a"]))
)
def test_every_place_stays_what_it_was(pieces) -> None:
    text = "".join(pieces)
    assert len(shown(text)) == len(text)


@pytest.mark.parametrize(("text", "_"), SHOWN[:-1])
def test_a_claim_behind_markup_is_found_where_it_stands(text, _, court, judge) -> None:
    (item,) = judge(court("国家级标准"), "这是" + text + "的").evidence
    assert text.endswith(("标准", "\\ude00"))
    assert "标准" in ("这是" + text)[item.span.start : item.span.end]
    assert item.weight == 100


@pytest.mark.parametrize("text", ["<p>今天<b>天气</b>不错</p>" * 3, "[捂脸][捂脸]笑死我了", "&nbsp;" * 9 + "明天见"])
def test_markup_itself_is_no_flooding(text, shipped, judge) -> None:
    assert not judge(shipped, text).evidence


def test_the_address_in_a_link_is_still_looked_for(shipped, judge) -> None:
    verdict = judge(shipped, "<a href='http://abc123.top/x'>点这里领福利</a>")
    assert "contact_diversion" in verdict.categories


@pytest.mark.parametrize("written", ["&#26368;", "&#x6700;", "\\u6700", "%E6%9C%80"])
def test_a_quotation_begins_where_the_reference_does(written, shipped, judge) -> None:
    text = f"本店的面霜是全国{written}好的"
    quoted = [text[item.span.start : item.span.end] for item in judge(shipped, text).evidence]
    assert any(quote.removeprefix("全国") == f"{written}好" for quote in quoted)
