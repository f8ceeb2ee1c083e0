"""The shipped rules on the shipped samples: what their writer expects, less the gaps that are written down."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bench.corpus import samples
from moderation.types import Action, Scene

GAPS = tomllib.loads((Path(__file__).parents[1] / "cases" / "sample_gaps.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scene", list(Scene))
def test_samples_are_judged_as_expected_or_are_known_gaps(scene, shipped) -> None:
    missed, alarms = [], []
    for content, expected in samples():
        if content.scene is scene:
            flagged = shipped.examine(content).conclude().action is not Action.PASS
            if flagged and expected == "pass":
                alarms.append(content.id)
            elif not flagged and expected != "pass":
                missed.append(content.id)
    here = {content.id for content, _ in samples() if content.scene is scene}
    assert (missed, alarms) == tuple(
        [name for name in GAPS.get(kind, ()) if name in here] for kind in ("missed", "false_alarms")
    )


def test_every_known_gap_is_a_sample() -> None:
    known = {content.id for content, _ in samples()}
    assert all(set(ids) <= known for ids in GAPS.values())
