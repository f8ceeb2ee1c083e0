"""The law in sentences (``tests/cases/law``), written before the rules: flagged or not, and where it says so how.

``work`` is what the rules were worked on. ``held`` stayed unseen until they were done. ``later`` holds the sets written
while the rules grew: each was measured before anybody read it, then worked on. What ``held`` and ``later`` judge
otherwise is listed in ``gaps.toml``, as strict xfail: a gap that closes must leave the list.
"""

from __future__ import annotations

import tomllib

import pytest

from tests.moderation.tables import CASES, cases, gaps, is_found, judged, known

DEVIATIONS = tomllib.loads((CASES / "law" / "deviations.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases("law/work")])
def test_a_work_case_is_flagged_or_not(case, shipped) -> None:
    assert is_found(shipped, case), f"{judged(shipped, case)}, expected {case['expect']}: {case['text']}"


NAMED = [case for case in cases("law/work") if case["expect"] in {"block", "review"}]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in NAMED])
def test_a_work_case_has_its_action_or_is_a_known_deviation(case, shipped) -> None:
    action = judged(shipped, case)
    if case["id"] in DEVIATIONS[case["expect"]]:
        assert action not in {case["expect"], "pass"}, "deviates no longer: take it off deviations.toml"
    elif action != "pass":  # a pass is the other test's complaint
        assert action == case["expect"], case["text"]


def test_deviations_are_work_cases_with_that_action() -> None:
    for expected, listed in DEVIATIONS.items():
        assert set(listed) <= {case["id"] for case in NAMED if case["expect"] == expected}


@pytest.mark.parametrize("case", [*known("law", "held"), *known("law", "later")])
def test_a_held_or_later_case_is_flagged_or_is_a_known_gap(case, shipped) -> None:
    assert is_found(shipped, case), f"{judged(shipped, case)}, expected {case['expect']}"


def test_gaps_are_cases() -> None:
    for part, listed in gaps("law").items():
        assert set(listed) <= {case["id"] for case in cases(f"law/{part}")}
