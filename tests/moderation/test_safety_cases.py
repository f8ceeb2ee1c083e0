"""Trade, safety and disguises in sentences (``tests/cases/trade_safety``, ``tests/cases/disguise``).

As with the law: ``work`` was worked on, ``held`` is measured and never read, ``later`` was measured before it was read.
What is judged otherwise than its writer expects is listed in ``gaps.toml``.
"""

from __future__ import annotations

import pytest

from tests.moderation.tables import CASES, cases, gaps, is_found, judged, known

TABLES = ("trade_safety", "disguise")
PARTS = [(table, part.name) for table in TABLES for part in sorted((CASES / table).iterdir()) if part.is_dir()]


@pytest.mark.parametrize("case", [case for table, part in PARTS for case in known(table, part)])
def test_a_case_is_flagged_or_not_or_is_a_known_gap(case, shipped) -> None:
    assert is_found(shipped, case), f"{judged(shipped, case)}, expected {case['expect']}"


@pytest.mark.parametrize("table", TABLES)
def test_gaps_are_cases(table) -> None:
    for part, listed in gaps(table).items():
        assert set(listed) <= {case["id"] for case in cases(f"{table}/{part}")}


def test_ids_name_one_line() -> None:
    ids = [case["id"] for table, part in PARTS for case in cases(f"{table}/{part}")]
    assert len(ids) == len(set(ids))
