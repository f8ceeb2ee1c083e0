"""Patterns that people bring: in folded form, with an anchor, within limits, or refused with the reason."""

from __future__ import annotations

import pytest
import re2

from moderation.patterns import LARGEST, LONGEST, PatternRefused, compiled, tame


@pytest.fixture(scope="module")
def plain(shipped_ruleset):
    return shipped_ruleset.folding.plain


@pytest.mark.parametrize(
    ("pattern", "folded", "anchors"),
    [
        (r"加微信", "加微信", ("加微信",)),
        (r"加[VvＶ微]\s*信?[:：]?\d{5,}", r"加(?:v|微)信?\d{5,}", ("加v", "加微")),
        (r"微信[:：]?\s*[a-zA-Z0-9]{5,}", r"(?i)微信[a-zA-Z0-9]{5,}", ("微信",)),
        (r"(代开|虚开)发票", r"(?:代开|虚开)发票", ("代开发票", "虚开发票")),
        (r"百家乐.{0,5}(?:稳赢|必赚)", r"百家乐.{0,5}(?:稳赢|必赚)", ("百家乐",)),
        (r"(网赌|博彩)+平台", r"(?:网赌|博彩)+平台", ("平台",)),
        (r"(?:加群|进群)\d*|私聊我", r"(?:加群|进群)\d*|私聊我", ("加群", "进群", "私聊我")),
        (r"\x{8D4C}\x{535A}", "赌博", ("赌博",)),
        (r"(?i)VIP", "(?i)vip", ("vip",)),
        (r"\bvx号", "vx号", ("vx号",)),
        (r"稳\t赢\n", "稳赢", ("稳赢",)),
        (r"賭博", "赌博", ("赌博",)),
        (r"稳[\-、]赢\.", "稳赢", ("稳赢",)),
        (r"[０-９]{3}万稳赢", "[0-9]{3}万稳赢", ("万稳赢",)),
        (r"(?P<name>稳赢)\pN", r"(?:稳赢)\pN", ("稳赢",)),
        (r"[^a]稳赢[\d一二]", r"[^a]稳赢[\d一二]", ("稳赢",)),
        (r"稳赢()[\]\-]", "稳赢", ("稳赢",)),
        (r"稳赢[^國Ｖ級]级", r"稳赢[^国v级]级", ("稳赢",)),
        (r"稳赢[國0-9]级", r"稳赢[国0-9]级", ("稳赢",)),
        (r"稳赢[^國\n，\]a-z\x{570b}\x{4e00}-龥-]级", r"稳赢[^国\n，\]a-z\x{570b}\x{4e00}-龥-]级", ("稳赢",)),
        (r"稳[ \t\n]*赢[\t国]级", "稳赢国级", ("稳赢国级",)),
    ],
)
def test_a_pattern_is_brought_into_folded_form(plain, pattern, folded, anchors) -> None:
    assert tame(pattern, plain) == (folded, anchors)
    assert re2.compile(folded)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"\d{11}", "no anchor"),
        (r"加?微?信?", "no anchor"),
        (r"赌|百家乐", "no anchor"),
        (r"(?:百家乐)*x", "no anchor"),
        (r"(?:百家乐){0}x", "no anchor"),
        (r".*", "no anchor"),
        ("|".join(f"赌{chr(0x4E00 + 7 * number)}" for number in range(70)), "no anchor"),
        (r"^赌博", "window"),
        (r"赌博\z", "window"),
        (r"\Q赌博\E", "not supported"),
        (r"(?=赌)博", "RE2 refuses"),
        (r"(赌)博\1", "RE2 refuses"),
        (r"赌博(", "RE2 refuses"),
        ("赌博" * LONGEST, "characters"),
        (r"([一-龥]{1,50}){1,20}赌博", "instructions"),
        ("(" * 30 + "赌博" + ")" * 30, "nests"),
    ],
)
def test_a_pattern_beyond_the_rules_is_refused_with_the_reason(plain, pattern, reason) -> None:
    with pytest.raises(PatternRefused, match=reason) as refused:
        tame(pattern, plain)
    assert refused.value.told.zh


def test_every_shipped_pattern_is_far_below_the_limits(shipped_ruleset) -> None:
    sizes = [compiled(term.text).programsize for term in shipped_ruleset.terms if term.pattern]
    assert max(sizes) < LARGEST / 2


def test_a_negated_set_keeps_out_what_its_writer_excluded(plain) -> None:
    folded, _ = tame("甲乙丙[^國]级别", plain)
    assert not re2.search(folded, plain("甲乙丙國级别")) and not re2.search(folded, plain("甲乙丙国级别"))
    assert re2.search(folded, plain("甲乙丙省级别"))


@pytest.mark.parametrize("text", ["加V 信：123456", "加微:99999", "快加ｖ信88888吧"])
def test_a_tamed_pattern_finds_what_its_writer_meant(plain, text) -> None:
    folded, anchors = tame(r"加[VvＶ微]\s*信?[:：]?\d{5,}", plain)
    read = plain(text)
    assert re2.search(folded, read)
    assert any(anchor in read for anchor in anchors)
