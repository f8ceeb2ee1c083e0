"""The law in sentences (``tests/cases/law``), written before the rules: flagged or not, and where it says so how.

``work`` is what the rules were worked on. ``held`` stayed unseen until they were done. ``later`` holds the sets written
while the rules grew: each was measured before anybody read it, then worked on. What ``held`` and ``later`` judge
otherwise is listed in ``gaps.toml``, as strict xfail: a gap that closes must leave the list.
"""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.types import Action, Author, Content, Part, Role, Scene

LAW = Path(__file__).parents[1] / "cases" / "law"
DAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
DEVIATIONS = tomllib.loads((LAW / "deviations.toml").read_text(encoding="utf-8"))
GAPS = tomllib.loads((LAW / "gaps.toml").read_text(encoding="utf-8"))


def cases(part: str) -> list[dict]:
    """Every line of a part."""
    files = sorted((LAW / part).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def known(part: str) -> list:
    """The lines of a part, those that are known to fail marked so."""
    gaps = frozenset(GAPS[part])
    gap = pytest.mark.xfail(strict=True, reason="listed in gaps.toml")
    return [pytest.param(case, id=case["id"], marks=gap if case["id"] in gaps else ()) for case in cases(part)]


def content(case: dict) -> Content:
    return Content(
        scene=Scene(case["scene"]),
        parts=(Part("text", case["text"]),),
        at=DAY,
        author=Author(role=Role(case.get("account_role", "user"))),
        commercial=case.get("commercial"),
        has_cart_link=case.get("has_cart_link", False),
        industry=case.get("industry"),
        product=case.get("product"),
    )


def judged(shipped, case: dict) -> str:
    """The action; ``flag`` is review or block."""
    return shipped.examine(content(case)).conclude().action.code


def holds(case: dict, action: str) -> bool:
    return (action != Action.PASS.code) == (case["side"] == "flag")


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases("work")])
def test_a_work_case_is_flagged_or_not(case, shipped) -> None:
    action = judged(shipped, case)
    assert holds(case, action), f"{action}, expected {case['expect']}: {case['text']}"


NAMED = [case for case in cases("work") if case["expect"] in {"block", "review"}]


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


@pytest.mark.parametrize("case", [*known("held"), *known("later")])
def test_a_held_or_later_case_is_flagged_or_is_a_known_gap(case, shipped) -> None:
    action = judged(shipped, case)
    assert holds(case, action), f"{action}, expected {case['expect']}"


def test_gaps_are_cases() -> None:
    for part, listed in GAPS.items():
        assert set(listed) <= {case["id"] for case in cases(part)}
