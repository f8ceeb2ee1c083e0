"""The law in sentences (``tests/cases/law``), written before the rules: flagged or not, and where it says so how.

``work`` is what the rules were worked on. ``held`` stayed unseen until they were done. ``later`` holds the sets written
while the rules grew: each was measured before anybody read it, then worked on. What ``held`` and ``later`` judge
otherwise is listed in ``gaps.toml``, and must go wrong: a gap that closes must leave the list.
"""

from __future__ import annotations

import tomllib

import pytest

from tests.moderation.tables import CASES, action_of, by_file, cases, gaps, wrong_ways

DEVIATIONS = tomllib.loads((CASES / "law" / "deviations.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("listed", by_file("law/work"))
def test_work_cases_are_flagged_or_not(listed, shipped) -> None:
    assert wrong_ways(shipped, listed) == []


@pytest.mark.parametrize("listed", by_file("law/work"))
def test_work_cases_have_their_action_or_are_known_deviations(listed, shipped) -> None:
    told = []
    for case in listed:
        if (expected := case["expect"]) in DEVIATIONS:
            action, deviates = action_of(shipped, case), case["id"] in DEVIATIONS[expected]
            if deviates and action in {expected, "pass"}:
                told.append(f"{case['id']} deviates no longer: take it off deviations.toml")
            elif not deviates and action not in {expected, "pass"}:  # a pass is the other test's complaint
                told.append(f"{case['id']} {action}, expected {expected}: {case['text']}")
    assert told == []


def test_deviations_are_work_cases_with_that_action() -> None:
    assert DEVIATIONS.keys() == {"block", "review"}
    for expected, listed in DEVIATIONS.items():
        assert set(listed) <= {case["id"] for case in cases("law/work") if case["expect"] == expected}


KNOWN = frozenset(name for listed in gaps("law").values() for name in listed)


@pytest.mark.parametrize("listed", [*by_file("law/held"), *by_file("law/later")])
def test_held_and_later_cases_are_flagged_or_are_known_gaps(listed, shipped) -> None:
    assert wrong_ways(shipped, listed, KNOWN) == []


def test_gaps_are_cases() -> None:
    for part, listed in gaps("law").items():
        assert set(listed) <= {case["id"] for case in cases(f"law/{part}")}


def test_what_goes_wrong_and_what_does_no_longer_are_both_told(shipped) -> None:
    right = {"id": "a", "side": "flag", "expect": "block", "scene": "ad", "text": "全国销量第一"}
    wrong = right | {"id": "b", "side": "clean", "expect": "pass"}
    assert wrong_ways(shipped, [right, wrong]) == ["b block, expected pass: 全国销量第一"]
    assert wrong_ways(shipped, [right, wrong], {"a"}) == [
        "a is judged as expected: take it off gaps.toml",
        "b block, expected pass",
    ]
    assert wrong_ways(shipped, [right, wrong], {"b"}) == []


def test_a_registered_function_is_allowed_where_an_expert_would_doubt_it(shipped, judge) -> None:
    (first, *_) = judge(shipped, "有助于维持血糖健康水平，国食健注G20180099，本品不能代替药物").exemptions
    assert (first.rule.rpartition(".")[0], first.code) == ("health_food_claim.catalogue", "allow_term")
