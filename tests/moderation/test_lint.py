"""What is doubtful about terms: measured on clean texts term by term, and told with its kind and an explanation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moderation.engine import Engine
from moderation.lint import EXPLAINED, Kind, false_alarms, lint, standing
from moderation.load import LEXICONS, load_frame, with_terms
from moderation.told import same

HEADER = "@category {}\n@owner tests\n@source tests\n@licence Apache-2.0\n@reviewed 2026-11-22\n"
CLEAN = [
    line
    for line in (LEXICONS.parent / "samples" / "clean.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.fixture(scope="module")
def frame():
    return load_frame()


@pytest.fixture(scope="module")
def examine(frame):
    """Lints some lines of one category over some texts: ``examine("手机\\n今天", ["…"])`` by kind."""

    def linted(lines: str, texts=(), category: str = "gambling", **more):
        ruleset, errors = with_terms(frame, "list.txt", HEADER.format(category) + lines)
        terms = ruleset.terms[len(frame.terms) :]
        alarms = false_alarms(Engine(ruleset), texts if not errors else ())
        found: dict[Kind, list] = {kind: [] for kind in Kind}
        for one in lint(terms, ruleset, alarms, refused=errors, **more):
            found[one.kind].append(one)
        return found

    return linted


def terms(found) -> list[str]:
    return [one.term for one in found]


def test_there_are_enough_clean_texts_and_all_differ() -> None:
    assert len(CLEAN) >= 600 and len(set(CLEAN)) == len(CLEAN)


def test_the_clean_texts_are_clean(shipped) -> None:
    alarms = false_alarms(shipped, CLEAN)
    assert alarms.texts == len(CLEAN)
    assert alarms.flagged < 0.05 * len(CLEAN)


def test_nothing_that_is_shipped_is_refused(shipped) -> None:
    findings = lint(shipped.ruleset.terms, shipped.ruleset, false_alarms(shipped, CLEAN))
    assert [one for one in findings if one.kind.refuses] == []
    assert {one.kind for one in findings} <= EXPLAINED.keys()


def test_a_term_that_flags_clean_texts_is_told_with_its_rate_and_some_of_them(examine) -> None:
    found = examine("今天真好\n老虎机大厅\n手机好用", ["今天真好啊"] * 4 + ["手机好用"] + ["别的"] * 95)
    (often,) = found[Kind.FREQUENT]
    (rare,) = found[Kind.ALARM]
    assert (often.term, often.rate, often.line, often.texts) == ("今天真好", 0.04, 6, ("今天真好啊",) * 3)
    assert (rare.term, rare.rate, rare.detail) == ("手机好用", 0.01, same("1/100"))


def test_a_word_inside_a_longer_one_is_counted_too(examine) -> None:
    found = examine("好吃得很\n真是好吃得很", ["真是好吃得很"] * 5)
    assert sorted(terms(found[Kind.FREQUENT])) == ["好吃得很", "真是好吃得很"]


def test_conditions_word_boundaries_and_allow_terms_count_in_the_rate(examine) -> None:
    found = examine("手机 | near: 赌博\n地铁 | sentence: 下注\n保本", ["手机在哪", "地铁来了", "环保本色"] * 5)
    assert not found[Kind.FREQUENT] and not found[Kind.ALARM]


def test_the_limit_may_be_chosen(examine) -> None:
    texts = ["今天真好"] * 3 + ["别的"] * 97
    assert terms(examine("今天真好", texts, limit=0.05)[Kind.ALARM]) == ["今天真好"]
    assert terms(examine("今天真好", texts, limit=0.03)[Kind.FREQUENT]) == ["今天真好"]


def test_signals_raise_no_false_alarm(examine) -> None:
    assert not examine("今天真好", ["今天真好"] * 9, category="negative_sentiment")[Kind.FREQUENT]


def test_short_common_latin_and_number_terms_are_told_unless_they_have_a_condition(examine) -> None:
    found = examine("手机\n囍嚞\nqq\n24\n123456\nabcd\n百家乐\n优惠 | near: 赌\n🔞\n/加微信/ | anchor: 加微信")
    assert terms(found[Kind.COMMON]) == ["手机"]
    assert terms(found[Kind.SHORT]) == ["囍嚞"]
    assert terms(found[Kind.ASCII]) == ["qq", "24", "123456"]


def test_repetitions_after_folding_are_told_with_the_first(examine) -> None:
    found = examine("VIP赌场\nvip賭場\n百家乐\n百家乐 | near: 赌")
    assert [(one.term, one.detail) for one in found[Kind.REPEATED]] == [("vip賭場", same("VIP赌场 list.txt:6"))]


def test_a_pattern_is_told_whose_anchors_are_no_part_of_its_matches(examine) -> None:
    lines = ("/甲..点/ | anchor: 丙丁", "/(?:加|进)群.{2}号/ | anchor: 加群, 丙丁", "/[^x]{2}站点/ | anchor: 到站点")
    (found,) = examine("\n".join(lines))[Kind.ANCHOR]
    assert (found.line, found.detail, found.kind.refuses) == (6, same("甲"), False)


@pytest.mark.parametrize("lines", ["赌", "百家乐\n百家乐", "usb", "百家乐 | nearr: x", "/a.*/ | anchor: a"])
def test_what_the_loader_refuses_is_refused(examine, lines) -> None:
    assert examine(lines)[Kind.REFUSED]


def test_leaving_out_what_cannot_stand_changes_no_alarm(shipped) -> None:
    ruleset = shipped.ruleset
    texts = [*CLEAN, "国国家家级配方", "薇❤了解", "全網最低價哈哈哈"]
    few = standing(ruleset.terms, ruleset.folding, texts)
    assert len(few) < len(ruleset.terms) / 5
    small = Engine(replace(ruleset, terms=tuple(few)))
    assert false_alarms(small, texts).counts == false_alarms(shipped, texts).counts
