"""Tables of sentences under ``tests/cases``: their lines, the contents they describe, and what is known to go wrong."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.types import Action, Author, Content, Part, Role, Scene

CASES = Path(__file__).parents[1] / "cases"
DAY = datetime(2026, 11, 22, 4, tzinfo=UTC)


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


def content(case: dict) -> Content:
    """The content that a line describes."""
    parts = case.get("parts") or [{"name": "text", "text": case["text"]}]
    return Content(
        scene=Scene(case["scene"]),
        parts=tuple(Part(part["name"], part["text"]) for part in parts),
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
    """Whether a line is flagged, or passes, as its writer expects."""
    return (action != Action.PASS.code) == (case["side"] == "flag")
