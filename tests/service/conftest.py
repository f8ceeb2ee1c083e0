"""A small house for tests: real tables and policies of the repository, three terms, a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from moderation.types import Content, Part, Scene
from service.settings import Settings
from service.wiring import open_service
from tests.small import CLAIMS, migrated, small_rules

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    """A folder of rules that no change of the shipped terms touches."""
    return small_rules(tmp_path / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})


@pytest.fixture
def settings(tmp_path: Path, lexicons: Path) -> Settings:
    """Rules alone, which one may change; tests of the expert, and of two people, switch those on."""
    made = Settings(data=tmp_path / "data", lexicons=lexicons, expert="off", four_eyes=False)
    migrated(made.database)
    return made


@pytest.fixture
async def service(settings: Settings):
    async with open_service(settings) as opened:
        yield opened


@pytest.fixture
async def caller(service):
    _, secret = await service.keys.create("shop", label="tests")
    found = await service.keys.caller(secret)
    assert found is not None
    return found


@pytest.fixture
def content():
    """Makes contents: ``content("text", id="c1", scene=…)``."""

    def make(text: str = "这款面霜很好用", *, id: str = "", scene: Scene = Scene.AD, **more) -> Content:  # noqa: A002
        at = more.pop("at", datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
        return Content(scene=scene, parts=(Part("text", text),), at=at, id=id, tenant="shop", **more)

    return make
