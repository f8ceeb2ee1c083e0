"""Tables of sentences under ``tests/cases``: their lines, the contents they describe, and what is known to go wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.accuracy import content_of, is_flagged

if TYPE_CHECKING:
    from collections.abc import Container

    from moderation.engine import Engine

CASES = Path(__file__).parents[1] / "cases"


def cases(folder: str) -> list[dict]:
    """Every line of a folder of tables, such as ``law/work``."""
    files = sorted((CASES / folder).glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def by_file(folder: str) -> list:
    """The same, the lines of each file together: one test a file costs a fiftieth of one a line."""
    files = sorted((CASES / folder).glob("*.jsonl"))
    read = ((file.stem, file.read_text(encoding="utf-8").splitlines()) for file in files)
    return [pytest.param([json.loads(line) for line in lines if line], id=f"{folder}/{stem}") for stem, lines in read]


def gaps(table: str) -> dict[str, list[str]]:
    """The ids of the lines of a table that are judged otherwise than their writer expects, by part."""
    return tomllib.loads((CASES / table / "gaps.toml").read_text(encoding="utf-8"))


def action_of(engine: Engine, case: dict) -> str:
    """The code of the action."""
    return engine.examine(content_of(case)).conclude().action.code


def is_found(engine: Engine, case: dict) -> bool:
    """Whether a line is flagged, or passes, as its writer expects."""
    return is_flagged(engine.examine(content_of(case)).conclude()) == (case["side"] == "flag")


def wrong_ways(engine: Engine, listed: list[dict], known: Container[str] | None = None) -> list[str]:
    """What is judged otherwise than its writer expects, and every ``known`` gap that is closed.

    The sentence is told only where no gaps are known: of those of ``held`` nobody should read one.
    """
    told = []
    for case in listed:
        gap, found = case["id"] in (known or ()), is_found(engine, case)
        if found and gap:
            told.append(f"{case['id']} is judged as expected: take it off gaps.toml")
        elif not found and not gap:
            sentence = "" if known is not None else f": {_shown(case)}"
            told.append(f"{case['id']} {action_of(engine, case)}, expected {case['expect']}{sentence}")
    return told


def _shown(case: dict) -> str:
    return case.get("text") or " / ".join(part["text"] for part in case["parts"])
