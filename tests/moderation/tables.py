"""Tables of sentences under ``tests/cases``: their lines, the contents they describe, and what is known to go wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from bench.accuracy import content_of, is_flagged

CASES = Path(__file__).parents[1] / "cases"


def cases(folder: str) -> list[dict]:
    """Every line of a folder of tables, such as ``law/work``."""
    files = sorted((CASES / folder).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def gaps(table: str) -> dict[str, list[str]]:
    """The ids of the lines of a table that are judged otherwise than their writer expects, by part."""
    return tomllib.loads((CASES / table / "gaps.toml").read_text(encoding="utf-8"))


def known(table: str, part: str) -> list:
    """The lines of a part, those that are known to fail marked so: a gap that closes must leave the list."""
    listed = frozenset(gaps(table).get(part, ()))
    gap = pytest.mark.xfail(strict=True, reason="listed in gaps.toml")
    return [
        pytest.param(case, id=case["id"], marks=gap if case["id"] in listed else ())
        for case in cases(f"{table}/{part}")
    ]


def judged(shipped, case: dict) -> str:
    """The action."""
    return shipped.examine(content_of(case)).conclude().action.code


def is_found(shipped, case: dict) -> bool:
    """Whether a line is flagged, or passes, as its writer expects."""
    return is_flagged(shipped.examine(content_of(case)).conclude()) == (case["side"] == "flag")
