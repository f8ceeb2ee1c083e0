"""The shipped rules on the shipped samples: what their writer expects, less the gaps that are written down."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bench.corpus import samples
from moderation.types import Action

GAPS = tomllib.loads((Path(__file__).parents[1] / "cases" / "sample_gaps.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("content", "expected"), [pytest.param(*sample, id=sample[0].id) for sample in samples()])
def test_a_sample_is_judged_as_expected_or_is_a_known_gap(content, expected, shipped) -> None:
    action = shipped.examine(content).conclude().action
    gap = next((kind for kind, ids in GAPS.items() if content.id in ids), "")
    flagged = action is not Action.PASS
    if gap == "missed":
        assert expected != "pass" and not flagged
    elif gap == "false_alarms":
        assert expected == "pass" and flagged
    else:
        assert flagged == (expected != "pass")


def test_every_known_gap_is_a_sample() -> None:
    known = {content.id for content, _ in samples()}
    assert all(set(ids) <= known for ids in GAPS.values())
