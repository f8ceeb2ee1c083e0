"""A small model, trained once on the project's own sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.fit import Recipe
from models.train import Order, train

if TYPE_CHECKING:
    from models.card import Card

ROOT = Path(__file__).parents[2]
OWN = (ROOT / "lexicons" / "examples", ROOT / "tests" / "cases" / "law" / "work")
SMALL = Recipe(bits=16, epochs=3, seed=7)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    folder = tmp_path_factory.mktemp("model")
    return folder, train(Order(OWN, recipe=SMALL, reproduce="a test"), folder, lambda _line: None)
