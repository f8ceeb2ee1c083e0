"""Conditions, edges, word boundaries, patterns and allow terms: when a hit counts."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from moderation.lexicon import ALLOW

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "conditions.toml").read_text(encoding="utf-8"))["case"]
LINES = "\n".join(case["line"] for case in CASES)
ALLOWED = "\n".join(case["allow"] for case in CASES if "allow" in case)
FOUND = [(case, text) for case in CASES for text in case["found"]]
MISSED = [(case, text) for case in CASES for text in case["missed"]]


@pytest.fixture(scope="module")
def bench(court):
    return court(LINES, allow=ALLOWED)


def rules_found(bench, judge, case, text) -> bool:
    line = LINES.splitlines().index(case["line"]) + 6
    rules = {term.id for term in bench.ruleset.terms if term.line == line and term.category != ALLOW}
    assert rules
    return bool(rules & {item.rule for item in judge(bench, text).evidence})


@pytest.mark.parametrize(("case", "text"), FOUND, ids=range(len(FOUND)))
def test_a_line_is_found_where_its_conditions_hold(case, text, bench, judge) -> None:
    assert rules_found(bench, judge, case, text)


@pytest.mark.parametrize(("case", "text"), MISSED, ids=range(len(MISSED)))
def test_a_line_is_missed_where_they_do_not(case, text, bench, judge) -> None:
    assert not rules_found(bench, judge, case, text)


def test_with_looks_at_every_part(court, judge) -> None:
    engine = court("内部名额 | with: 定金")
    assert judge(engine, "内部名额", "先付定金").evidence
    assert judge(engine, "先付定金", "内部名额", "内部名额").evidence
    assert not judge(engine, "内部名额", "免费").evidence


def test_near_does_not_look_at_other_parts(court, judge) -> None:
    assert not judge(court("刷单 | near: 招"), "刷单", "招人").evidence


def test_a_term_does_not_reach_across_parts(court, judge) -> None:
    assert not judge(court("国家级"), "国家", "级别").evidence


def test_a_condition_may_hold_in_one_place_and_not_in_another(court, quotes, judge) -> None:
    verdict = judge(court("最大 | next: 的"), "最大化，最大的，最大")
    assert [(item.span.start, item.span.end) for item in verdict.evidence] == [(4, 6)]


def test_one_word_may_stand_twice_with_different_conditions(court, judge) -> None:
    engine = court("最好 | next: 的\n最好 | next: $ | weight: 50")
    assert [item.weight for item in judge(engine, "最好的").evidence] == [100]
    assert [item.weight for item in judge(engine, "它最好").evidence] == [50]


def test_what_an_allow_term_silences_is_an_exemption_that_names_it(court, judge) -> None:
    engine = court("国家级", allow="[parks] note: 保护地\n国家级湿地")
    verdict = judge(engine, "来看国家级湿地")
    assert verdict.evidence == ()
    (exemption,) = verdict.exemptions
    (allowed,) = [term for term in engine.ruleset.terms if term.category == ALLOW]
    assert (exemption.code, exemption.note, exemption.category) == ("allow_term", allowed.id, "absolute_claim")
    assert (exemption.span.start, exemption.span.end) == (2, 5)


def test_what_a_word_boundary_silences_is_an_exemption(court, judge) -> None:
    (exemption,) = judge(court("保本"), "环保本色").exemptions
    assert (exemption.code, exemption.span.start, exemption.span.end) == ("word_boundary", 1, 3)


def test_where_two_terms_of_a_category_meet_each_is_a_word(court, judge) -> None:
    both = judge(court("安神\n助眠"), "酸枣仁膏安神助眠")  # dictionaries read 神助 in the middle
    assert [(item.span.start, item.span.end) for item in both.evidence] == [(4, 6), (6, 8)]
    (apart,) = judge(court("安神", gambling="助眠"), "酸枣仁膏安神助眠").exemptions[:1]
    assert apart.code == "word_boundary"


def test_an_allow_term_of_one_category_protects_no_other(court, judge) -> None:
    engine = court("王牌产品", gambling="王牌产品", allow="王牌产品展 | for: gambling")
    verdict = judge(engine, "王牌产品展")
    assert verdict.categories == ("absolute_claim",)
    assert [item.category for item in verdict.exemptions] == ["gambling"]


def test_an_allow_term_with_symbols_protects_in_the_text_as_written(court, judge) -> None:
    engine = court("100%", allow="100%棉")
    assert judge(engine, "100%有效").evidence
    assert not judge(engine, "100%棉").evidence
    assert judge(engine, "100%棉花").exemptions


def test_a_disguised_allow_term_still_protects(court, judge) -> None:
    assert not judge(court("国家级", allow="国家级湿地"), "國家級★濕地").evidence
    assert not judge(court("国家级", allow="国家级湿地"), "国家家级湿地").evidence


def test_a_hit_inside_a_longer_hit_of_its_category_says_nothing_new(court, quotes) -> None:
    engine = court("国家级\n国家级品质\n品质")
    assert quotes(engine, "国家级品质") == ["国家级品质"]
    assert quotes(engine, "国家级品质和品质") == ["国家级品质", "品质"]


def test_a_graver_hit_inside_a_longer_one_is_kept(court, judge) -> None:
    engine = court("国家级 | severity: 4\n国家级品质 | severity: 2")
    assert [(item.severity, item.span.end) for item in judge(engine, "国家级品质").evidence] == [(4, 3), (2, 5)]


def test_a_heavier_hit_inside_a_longer_one_is_kept(court, judge) -> None:
    engine = court("国家级\n国家级品质 | weight: 50")
    assert [(item.weight, item.span.end) for item in judge(engine, "国家级品质").evidence] == [(100, 3), (50, 5)]


def test_a_hit_inside_a_hit_of_another_category_is_kept(court, judge) -> None:
    engine = court("国家级", gambling="国家级赌场")
    assert judge(engine, "国家级赌场").categories == ("gambling", "absolute_claim")


def test_overlapping_hits_are_both_kept(court, quotes) -> None:
    assert quotes(court("国家级品\n级品质好"), "国家级品质好") == ["国家级品", "级品质好"]
