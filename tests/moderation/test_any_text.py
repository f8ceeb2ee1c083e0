"""Whatever the text: no exception, spans inside it, quotes that hold the term, one verdict however it was read."""

from __future__ import annotations

import gc
import re
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.types import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

PIECES = (
    "国家级", "国", "家", "级", "级 ", "最佳", "最", "佳", "vx", "v", "x", "扣扣", "扣", "薇❤", "100%", "月入三万",
    "加", "保本", "环", "色", "天天天", "13800138000", "一三八", "1380", "www.a.com", "a@b.com", "taobao点com", "微信",
    "：", "\ud800", "\udfff", "\u0301", "\u0336", "\ufdfa", "㍿", "𝛎", "🔞", "🔥", "👨‍👩‍👧", "🇨🇳", "\ufe0f",
    "\u200d", "\u200b", "\u202e", "\U000f0000", "\U000e0041", "\x00", "\n", "，", "。", " ", "-", "哈", "K", "ſ",
    "İ", "ﬁ", "級", "國", "1", "一",
)  # fmt: skip
"""What hides, joins, expands and repeats, and what the small court below looks for."""
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60)
LINES = """\
国家级
最佳
vx
扣扣
薇❤
100%
🔞
国家级景区 | severity: 1
最 | next: 佳
株式会社
保本 | unless: 加
天天天 | weight: 50
/月入[一三0-9]+万/ | anchor: 月入
"""
WAYS = (
    "(￣ε(#￣)", "( _ )", "(′?_?`)", "(T_T)", "(", ")", "*", "＊", "○", "ㄅ", "ㄨㄟˋ", "氵台", "艹", "weixin", "jiǎ",
    "v", "㊙️", "❤️", "啊", "的", "_", ".", "カ", "ロ", "倒过来读", "藏头", "竖着看", "谐音", "打一字", "女且", "2⃣️", "①",
    "〇", " ", "\n", "，",
)  # fmt: skip
"""What disguises are made of: faces, masks, Zhuyin, pieces of characters, signs, hints how to read."""
MARKS = "\u0316\u0301"
CHARACTERS = 20_000
"""What a content may hold."""


def times(piece: str) -> Callable[[int], str]:
    return lambda size: (piece * (size // len(piece) + 1))[:size]


MONSTERS: dict[str, Callable[[int], str]] = {
    "combining marks": lambda size: "国" + MARKS * (size * 2) + "家级",
    "one letter that NFKC makes a sentence": lambda size: "\ufdfa" * (size * 3 // 20),
    "nested terms": times("扣"),
    "nothing but hits": times("国家级"),
    "hits across clauses": times("国家级，"),
    "thousands of different characters": times("".join(map(chr, range(0x4E00, 0x4E00 + 5_000)))),
    "lone surrogates": times("\ud800国\udfff家级"),
    "NUL": times("国\x00家\x00级\x00"),
    "private planes": times("\U000f0000国家级"),
    "expanding letters": times("㍿"),
    "emoji": times("国👨‍👩‍👧‍👦家级"),
    "digits": times("1"),
    "phones": times("13800138000 "),
    "dots": times("a.a@"),
    "dashes": times("a-"),
    "laughter": times("哈"),
    "letters that stand for digits": times("o"),
    "pasted": times("加我聊天"),
    "blanks": times("国 家 级 "),
    "held edges": lambda size: "x" + "v" * (size - 2) + "x",
    "held letters": times("国国家家级级最最佳佳"),
    "half a term": times("国家"),
    "one clause of conditions": times("最保本"),
}
"""Texts of a size that are worst for something."""
CLOAKED = {
    "initials": times("全网z低价"),
    "words backwards": times("信微的加"),
    "pieces and letters": times("包氵台百bing"),
    "pieces and look-alikes": times("代开发氵票王见金"),
    "words that want company": times("微信甲"),
}
"""Texts that are worst for restoring what the shipped words hide behind."""


@pytest.fixture(scope="module")
def small(court):
    return court(LINES, allow="国家级湿地\n环保", contact_diversion="加v", gambling="赌博")


def without_repeats(text: str) -> str:
    return re.sub(r"([^\W\d_])\1+", r"\1", text)


def holds(engine, item, quote: str) -> bool:
    """Whether a quote holds the characters of the term that was found in it."""
    folding = engine.ruleset.folding
    if item.source != "lexicon":
        return bool(quote.strip())
    (term,) = [term for term in engine.ruleset.terms if term.id == item.rule]
    if term.pattern:
        return re.search(term.text, folding.plain(quote)) is not None
    for shape in (folding.plain, folding.visible):
        word, seen = shape(term.text), shape(quote)
        if word and (word in seen or without_repeats(word) in without_repeats(seen)):
            return True
    return False


def check(engine, asked) -> None:
    """All that holds for any content."""
    case = engine.examine(asked)
    verdict = case.conclude()
    texts = {part.name: part.text for part in asked.parts}
    for item in (*verdict.evidence, *verdict.exemptions):
        text = texts[item.span.part]
        assert 0 <= item.span.start < item.span.end <= len(text)
    for item in verdict.evidence:
        assert holds(engine, item, texts[item.span.part][item.span.start : item.span.end])
        assert 1 <= item.weight <= 100
    assert verdict.categories == tuple(dict.fromkeys(verdict.categories))
    assert engine.examine(asked).conclude() == verdict


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(TEXTS, max_size=3), scene=st.sampled_from(Scene))
def test_any_text_is_judged_and_quoted_truly(texts, scene, small, content) -> None:
    check(small, content(*texts, scene=scene))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=80), pieces=st.lists(st.integers(0, 10_000), max_size=6), scene=st.sampled_from(Scene))
def test_any_text_around_shipped_words_is_judged(text, pieces, scene, shipped, content) -> None:
    terms = shipped.ruleset.terms
    words = [terms[piece % len(terms)].text for piece in pieces]
    asked = content(text.join(words) + text, scene=scene, commercial=True)
    verdict = shipped.examine(asked).conclude()
    length = len(asked.parts[0].text)
    assert all(0 <= item.span.start < item.span.end <= length for item in (*verdict.evidence, *verdict.exemptions))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.sampled_from(WAYS) | st.integers(0, 10_000), max_size=12), scene=st.sampled_from(Scene))
def test_any_disguise_around_shipped_words_is_judged(pieces, scene, shipped, content) -> None:
    terms = shipped.ruleset.terms
    text = "".join(piece if isinstance(piece, str) else terms[piece % len(terms)].text for piece in pieces)
    verdict = shipped.examine(content(text, scene=scene)).conclude()
    assert all(0 <= item.span.start < item.span.end <= len(text) for item in (*verdict.evidence, *verdict.exemptions))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batch=st.lists(st.lists(TEXTS, max_size=2), max_size=6), scene=st.sampled_from(Scene))
def test_a_batch_is_its_contents_one_by_one(batch, scene, small, content) -> None:
    contents = [content(*texts, scene=scene) for texts in batch]
    readings = small.read_many(contents)
    alone = [small.read_many([asked])[0] for asked in contents]
    assert [list(map(seen, reading)) for reading in readings] == [list(map(seen, reading)) for reading in alone]
    together = [small.examine(asked, read).conclude() for asked, read in zip(contents, readings, strict=True)]
    assert together == [small.examine(asked).conclude() for asked in contents]


def seen(part) -> tuple:
    return tuple(getattr(part, name) for name in type(part).__slots__)


def test_a_large_batch_is_its_contents_one_by_one(shipped, content) -> None:
    terms = shipped.ruleset.terms[::40]
    contents = [content(f"我们家{term.text}，{index}", scene="ad") for index, term in enumerate(terms)]
    readings = shipped.read_many(contents)
    together = [shipped.examine(asked, read).conclude() for asked, read in zip(contents, readings, strict=True)]
    assert together == [shipped.examine(asked).conclude() for asked in contents]
    assert any(verdict.evidence for verdict in together)


def test_words_do_not_form_across_the_contents_of_a_batch(small, content) -> None:
    contents = [content(text, scene="ugc") for text in ("打赌", "博物馆", "去赌博")]
    readings = small.read_many(contents)
    found = [small.examine(asked, read).conclude().categories for asked, read in zip(contents, readings, strict=True)]
    assert found == [(), (), ("gambling",)]


def test_an_empty_batch_has_no_readings(small) -> None:
    assert small.read_many([]) == []


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_judged(name, small, shipped, content) -> None:
    text = MONSTERS[name](CHARACTERS)
    check(small, content(text))
    shipped.examine(content(text, scene="ugc", commercial=True)).conclude()


def test_disguise_of_any_length_hides_nothing(small, quotes) -> None:
    text = MONSTERS["combining marks"](CHARACTERS)
    assert len(text.encode()) > 64_000
    assert quotes(small, text) == [text]


def cost(engine, asked) -> float:
    """The least processor time of several tries: what the work itself takes."""
    best = 1e9
    gc.disable()
    for _ in range(5):
        begin = process_time()
        engine.examine(asked).conclude()
        best = min(best, process_time() - begin)
    gc.enable()
    return best


def growth(engine, content, monster: Callable[[int], str]) -> float:
    """What two doublings of a text cost, as the factor of one; measured anew where the machine was disturbed."""
    quarter, whole = monster(CHARACTERS // 4), monster(CHARACTERS)
    factors = []
    for _ in range(4):
        small, large = cost(engine, content(quarter)), cost(engine, content(whole))
        factors.append((large / max(small, 2e-4)) ** 0.5)
        if factors[-1] <= 2.3:
            break
    return min(factors)


@pytest.mark.slow
@pytest.mark.parametrize("name", MONSTERS)
def test_twice_the_text_costs_twice_the_time(name, small, content) -> None:
    assert growth(small, content, MONSTERS[name]) <= 2.3


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOAKED)
def test_twice_the_disguises_cost_twice_the_time(name, shipped, content) -> None:
    assert growth(shipped, content, CLOAKED[name]) <= 2.3


@pytest.mark.slow
def test_quadratic_work_would_be_noticed(small, content) -> None:
    class Slow:
        def examine(self, asked):
            text = asked.parts[0].text
            assert all(text.count("级", place) >= 0 for place in range(0, len(text), 2))
            return small.examine(content("面霜"))

    assert growth(Slow(), content, times("国家级很好")) > 2.3
