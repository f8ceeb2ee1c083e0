"""What every test may ask for: the shipped rules, read and compiled once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.load import load_engine

if TYPE_CHECKING:
    from moderation.engine import Engine
    from moderation.ruleset import Ruleset


@pytest.fixture(scope="session")
def shipped() -> Engine:
    """An engine with the rules of the repository."""
    return load_engine()


@pytest.fixture(scope="session")
def shipped_ruleset(shipped: Engine) -> Ruleset:
    """The rules of the repository."""
    return shipped.ruleset
