"""Markup: what a page or an app shows of tags, references and faces by name is judged; every place stays."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.markup import REFERRED, UNSEEN, rendered

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
    ("国<o:p></o:p>家<x-a></x-a>级<custom id='a'></CUSTOM>标准", "国家级标准"),
    ("国<x/>家<canvas><rich-text>级</rich-text>标准", "国家级标准"),
    ("国<script>var a = '<b>';</script>家<style></style>级标准", "国家级标准"),
    ("国<![CDATA[]]>家<?x?>级标准", "国家级标准"),
    ("国<font face='//'>家<b href='a.cn'>级标准", "国家级标准"),
    ("国<b title='<'>家<b title='>'>级标准", "国家级标准"),
    (f"国<b title='{'x' * 1000}'>家<!--{'x' * 1000}-->级<!--a>b-->标准", "国家级标准"),
    (f"国[url={'a' * 100}]家[/url]级标准", "国家级标准"),
    ('国<b a=">家<b a=">级标准', "国家级标准"),
    ("国[LIST]家[code][/code]级[em]e113[/em]标准", "国家级标准"),
    ("国[开心]家[Smile]级标准", "国☺家☺级标准"),
    ("国[某脸]家[某脸]级标准", "国家级标准"),
    ("国[x][/x]家[x][/x]级标准", "国家级标准"),
    ("国:joy:家:joy:级标准", "国家级标准"),
    ("国/微笑家/微笑级标准", "国家级标准"),
    ("国<custom>家<custom>级标准", "国家级标准"),
    ("国<BR/>家", "国\n家"),
]
UNTOUCHED = [
    "a<b, x<y>z, List<String>, <最好>",
    "&unknown; &; R&D &#9999999;",
    "http://a.cn/?q=%E6%9C%80%E5%A5%BD 打8%折 100%有效",
    "[最好][微信][1]",
    "\\n\\u12 C:\\users \\ud800",
    "/?a=1&copy=2&lt=3&notit AT&T Q&A",
    "<vx abc12345> <abc12345></abc12346> </x> <a@b.cn> <https://a.cn/>",
    "vector<int> map<string, int> a<b <3 x < y > z",
    "加[某脸]加[某脸]abc 8:30:00 8:30:00 :joy: 一:joy: 亲亲/抱抱/举高高",
]


def shown(text: str) -> str:
    return rendered(text)[0]


@pytest.mark.parametrize(("text", "meant"), SHOWN)
def test_markup_reads_as_it_is_shown(text, meant) -> None:
    assert shown(text).replace(UNSEEN, "").replace(REFERRED, "") == meant


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_no_markup_stays_as_it_is(text) -> None:
    assert shown(text) == text


PIECES = (
    "国", "<b>", "</p>", "&#22269;", "&lt;", "\\u56fd", "%E5%AE%B6", "[赞]", "<", "%", "a", "<x", "</x>", "='", '="',
    ">", "<!--", "-->", "<style>", "</style>", "[x]", ":a:", "/赞", "//", "&#", "&#x", "0", ";", "&nbsp", "]]>",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES)))
def test_every_place_stays_what_it_was(pieces) -> None:
    text = "".join(pieces)
    source, aside = rendered(text)
    assert len(source) == len(text)
    assert all(char in {UNSEEN, "\n", text[place]} for place, char in enumerate(aside))


MONSTERS = ['<a "="', "<a b='", "<!--", "<!-- >", "<style><", "[b=", "&#0", ":a", "/微笑", ":aa:办"]


@pytest.mark.parametrize("piece", MONSTERS)
def test_markup_costs_by_its_length(piece) -> None:
    def cost(size: int) -> float:
        text, spent = piece * (size // len(piece)), []
        for _ in range(3):
            begun = process_time()
            rendered(text)
            spent.append(process_time() - begun)
        return min(spent)

    assert cost(80_000) < 0.03 + 6 * cost(20_000)


@pytest.mark.parametrize(
    "text",
    [
        "早上好<!--办假证，点这里-->",
        "<style>办假证</style>早上好",
        "<img alt='办假证'>早上好",
        "<b a=办假证>早上好",
        "<办>早上好[某脸，办假证]",
    ],
)
def test_what_is_hidden_where_markup_is_rendered_is_judged_by_itself(text, shipped, judge) -> None:
    (item,) = judge(shipped, text, scene="ugc").evidence
    assert text[item.span.start : item.span.end].startswith("办假证")


@pytest.mark.parametrize("text", ["加我<vx abc12345/>", "加我<vx id=abc12345></vx>", "加我<!--vx abc12345-->"])
def test_a_contact_in_markup_is_looked_for(text, shipped, quotes) -> None:
    assert any("abc12345" in quote for quote in quotes(shipped, text, scene="ugc"))


def test_a_long_attribute_or_comment_is_no_flooding(shipped, judge) -> None:
    text = f"<b title='{'x' * 60}'>好</b>看<!--{'y' * 60}-->"
    assert not judge(shipped, text, scene="ugc").evidence


@pytest.mark.parametrize("text", ["加微<custom></custom>信abc12345", "加微<x/>信abc12345"])
def test_a_tag_is_no_name_of_a_contact(text, shipped, quotes) -> None:
    assert set(quotes(shipped, text, scene="ugc")) == {text[:-8], "abc12345"}


def test_a_tag_is_no_letter_of_a_word(shipped, judge) -> None:
    assert not judge(shipped, "微<x></x>波炉").evidence


@pytest.mark.parametrize("text", ["<a href=abc123.top/x>点这里</a>", "[url=abc123.top]点这里[/url]"])
def test_the_address_in_markup_is_looked_for(text, shipped, judge) -> None:
    assert "contact_diversion" in judge(shipped, text, scene="ugc").categories


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
