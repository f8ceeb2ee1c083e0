"""What every test may ask for: the shipped rules, read and compiled once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.engine import Engine
from moderation.load import load_ruleset

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset


@pytest.fixture(scope="session")
def shipped_ruleset() -> Ruleset:
    """The rules of the repository."""
    return load_ruleset()


@pytest.fixture(scope="session")
def shipped(shipped_ruleset: Ruleset) -> Engine:
    """An engine with the rules of the repository."""
    return Engine(shipped_ruleset)
