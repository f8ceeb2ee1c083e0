"""From foreign words to lines of a term file: what is taken, in which form, and what is left out and why."""

from __future__ import annotations

from datetime import date

import pytest

from bench.lists import EVERYDAY, public_list
from moderation.encoding import decode
from moderation.importer import Order, Provenance, allowed_words, provenance_faults, sort_out, term_file
from moderation.lexicon import parse
from moderation.load import load_frame, with_terms
from moderation.wordlist import Item, Shape, read_text

ORIGIN = Provenance(source="某公开词表 2024", licence="MIT", owner="内容安全组", reviewed=date(2026, 11, 22))


@pytest.fixture(scope="module")
def frame():
    return load_frame()


@pytest.fixture(scope="module")
def take(frame):
    """Imports words into gambling: ``take("百家乐", force=True)``."""

    def imported(*words: str, **order):
        items = [Item(word, number) for number, word in enumerate(words, start=1)]
        return sort_out(items, Order(**{"folding": frame.folding, "category": "gambling", **order}))

    return imported


def lines(imported) -> list[str]:
    return [line.text for listed in imported.lines.values() for line in listed]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("百家乐", "百家乐"),
        ("www.example.com", "www.example.com"),
        ("{赌}博", r"\{赌\}博"),
        ("#1赌场", r"\#1赌场"),
        ("@赌王", r"\@赌王"),
        ("[赌场]", r"\[赌场]"),
        ("/赌场/", r"\/赌场/"),
        ("赌\\场", r"赌\\场"),
        ("百家乐+稳赢", "百家乐 | sentence: 稳赢"),
        ("稳赢&百家乐", "百家乐 | sentence: 稳赢"),
        ("稳赢 | 百家乐", "百家乐 | sentence: 稳赢"),
        ("网赌平台+加我+必赚", "网赌平台 | sentence: 加我 | with: 必赚"),
        ("百家乐|", "百家乐"),
        ("regex:加[微v]信?/群\\d+", r"/加(?:微|v)信?群\d+/ | anchor: 加微信群, 加微群, 加v信群, 加v群"),
        ("regex:稳赢[^/]+场", r"/稳赢[^\/]+场/ | anchor: 稳赢"),
        ("regex:稳赢(一|二)把", "/稳赢(?:一|二)把/ | anchor: 稳赢一把, 稳赢二把"),
        ("薇❤", "薇❤"),
        ("🔞", "🔞"),
        ("｛赌｝场 #1", r"\｛赌\｝场 \#1"),
        ("＠赌王", r"\＠赌王"),
        ("［赌场］", r"\［赌场］"),
        ("＃1赌场", r"\＃1赌场"),
    ],
)
def test_a_word_becomes_a_line_that_reads_as_it_was_meant(take, word, line) -> None:
    imported = take(word)
    assert lines(imported) == [line]
    terms, errors = parse("x.txt", term_file("gambling", imported.lines["gambling"], ORIGIN))
    assert not errors
    if "|" not in line:
        assert terms[0].text == word.strip("|")


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("日", "one_character"),
        ("1", "one_character"),
        ("Ａ", "one_character"),
        ("%", "one_character"),
        ("％", "one_character"),
        ("¥", "one_character"),
        ("。", "one_character"),
        ("\u200b", "empty"),
        ("|", "empty"),
        ("C++", "joined"),
        ("赌+赌", "joined"),
        ("a+b+c+d", "joined"),
        ("百家乐|1", "joined"),
        ("赌\x00博", "control"),
        ("赌\n博", "control"),
        ("赌" * 65, "too_long"),
        ("regex:(a+)+$", "pattern"),
        ("regex:(?=赌)", "pattern"),
        ("regex:" + "赌" * 600, "pattern"),
    ],
)
def test_what_cannot_work_is_left_out_with_its_line_and_reason(take, word, code) -> None:
    imported = take("百家乐", word)
    assert lines(imported) == ["百家乐"]
    assert [(one.line, one.text, one.code) for one in imported.rejected] == [(2, word, code)]
    assert imported.rejected[0].why.zh and imported.rejected[0].why.en


def test_repetitions_are_told_after_folding(take) -> None:
    imported = take("VIP赌场", "百家乐", "vip賭場", "ＶＩＰ赌场", "稳赢+百家乐", "百家乐&稳赢")
    assert lines(imported) == ["VIP赌场", "百家乐", "百家乐 | sentence: 稳赢"]
    assert [(one.line, one.code, "1" in one.why.zh) for one in imported.rejected[:2]] == [
        (3, "repeated", True),
        (4, "repeated", True),
    ]
    assert imported.reasons() == {"repeated": 3}


def test_force_takes_one_character_only_as_a_clause_of_its_own(take, frame, judge) -> None:
    from_force = take("赌", force=True)
    assert lines(from_force) == ["赌 | prev: ^ | next: $"]
    _, errors = with_terms(frame, "x.txt", term_file("gambling", from_force.lines["gambling"], ORIGIN))
    assert not errors


def test_tags_lead_to_categories_and_unknown_ones_nowhere(frame) -> None:
    items = [Item("百家乐", 1, ("赌",)), Item("约炮", 2, ("黄", "x")), Item("某词", 3, ("政",)), Item("无标签", 4)]
    order = Order(folding=frame.folding, categories={"赌": "gambling", "黄": "porn_vulgar"})
    imported = sort_out(items, order)
    assert {code: [line.text for line in listed] for code, listed in imported.lines.items()} == {
        "gambling": ["百家乐"],
        "porn_vulgar": ["约炮"],
    }
    assert [(one.line, one.code) for one in imported.rejected] == [(3, "no_category"), (4, "no_category")]
    assert imported.taken == 2


def test_an_allowed_word_is_not_banned_too(take, frame) -> None:
    allowed = allowed_words(frame.terms, frame.folding)
    assert "usb" in allowed
    assert [one.code for one in take("USB", allowed=allowed).rejected] == ["allowed"]
    assert lines(take("usb", allowed={"usb": frozenset({"porn_vulgar"})})) == ["usb"]


def test_words_nested_too_deep_are_left_out_so_that_the_file_loads(take, frame) -> None:
    imported = take(*["囍" * length for length in range(2, 30)])
    assert imported.reasons() == {"nested": 12}
    _, errors = with_terms(frame, "x.txt", term_file("gambling", imported.lines["gambling"], ORIGIN))
    assert not errors


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source": " "}, "source"),
        ({"owner": ""}, "owner"),
        ({"licence": "a\nb"}, "licence"),
        ({"licence": "无"}, "licence"),
        ({"licence": "Unknown"}, "licence"),
    ],
)
def test_a_list_without_source_licence_or_owner_is_refused(changed, told) -> None:
    given = {"source": "某处", "licence": "MIT", "owner": "某组", "reviewed": date(2026, 11, 22)}
    assert not list(provenance_faults(Provenance(**given)))
    faults = list(provenance_faults(Provenance(**{**given, **changed})))
    assert any(told in fault.en for fault in faults)


def test_a_public_list_of_60_000_lines_becomes_a_file_that_loads(frame) -> None:
    text, encoding = decode(public_list())
    listing = read_text(text, Shape(), suffix=".txt")
    order = Order(folding=frame.folding, category="gambling", allowed=allowed_words(frame.terms, frame.folding))
    imported = sort_out(listing.items, order)
    reasons = imported.reasons()
    assert encoding == "gb18030" and len(listing.items) == 60_000
    assert imported.taken + reasons.total() == 60_000
    assert reasons["one_character"] > 1000 and reasons["repeated"] > 8000
    file = term_file("gambling", imported.lines["gambling"], ORIGIN)
    ruleset, errors = with_terms(frame, "list.txt", file)
    assert not errors
    taken = {term.text for term in ruleset.terms[len(frame.terms) :]}
    assert {word for word in EVERYDAY if len(word) > 1} - taken <= allowed_words(frame.terms, frame.folding).keys()
