"""Trade, safety and disguises in sentences (``tests/cases/trade_safety``, ``tests/cases/disguise``).

As with the law: ``work`` was worked on, ``held`` is measured and never read, ``later`` was measured before it was read.
What is judged otherwise than its writer expects is listed in ``gaps.toml``.
"""

from __future__ import annotations

import pytest

from bench.accuracy import content_of
from moderation.types import Action
from tests.moderation.tables import CASES, by_file, cases, gaps, wrong_ways

TABLES = ("trade_safety", "disguise")
KNOWN = frozenset(name for table in TABLES for listed in gaps(table).values() for name in listed)
PARTS = [(table, part.name) for table in TABLES for part in sorted((CASES / table).iterdir()) if part.is_dir()]


@pytest.mark.parametrize("listed", [group for table, part in PARTS for group in by_file(f"{table}/{part}")])
def test_cases_are_flagged_or_not_or_are_known_gaps(listed, shipped) -> None:
    assert wrong_ways(shipped, listed, KNOWN) == []


@pytest.mark.parametrize("table", TABLES)
def test_gaps_are_cases(table) -> None:
    for part, listed in gaps(table).items():
        assert set(listed) <= {case["id"] for case in cases(f"{table}/{part}")}


def test_ids_name_one_line() -> None:
    ids = [case["id"] for table, part in PARTS for case in cases(f"{table}/{part}")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "text",
    [
        "特别讨厌听见河南人偷井盖这个梗",  # who quotes it
        "澳门人来我们店，门口有个醉汉一身汗味",  # the group in one clause, the hard word in another
        "体检科的单子上写着口交这一栏",
    ],
)
def test_what_may_be_talk_is_for_a_person_to_judge(text, shipped) -> None:
    assert shipped.examine(content_of({"scene": "ugc", "text": text})).conclude().action is Action.REVIEW
