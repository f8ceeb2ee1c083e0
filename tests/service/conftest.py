"""A small house for tests: real tables and policies of the repository, three terms, a database of its own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation import load
from moderation.types import Content, Part, Scene
from service.settings import Settings
from service.wiring import open_service

LEXICONS = Path(__file__).parents[2] / "lexicons"
TERMS = """\
@category absolute_claim
@owner tests
@source tests
@licence Apache-2.0
@reviewed 2026-11-22
@verified false

国家级
最高级
全网第一
"""


_fold_tables = load.fold_tables
_made: dict[str, object] = {}


@pytest.fixture(autouse=True)
def _fold_tables_are_made_once(monkeypatch):
    """They take half a second, depend on nothing but their arguments, and no test here changes those."""

    def remembered(*pairs):
        key = repr(pairs)
        if key not in _made:
            _made[key] = _fold_tables(*pairs)
        return _made[key]

    monkeypatch.setattr(load, "fold_tables", remembered)


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    """A folder of rules that no change of the shipped terms touches."""
    folder = tmp_path / "lexicons"
    folder.mkdir()
    for name in ("categories.toml", "laws.toml", "codes.toml"):
        shutil.copy(LEXICONS / name, folder / name)
    (folder / "claims.toml").write_text("# No claim rules: a hit is a violation.\n", encoding="utf-8")
    (folder / "industries.toml").write_text("# No industries: nothing is asked for.\n", encoding="utf-8")
    shutil.copytree(LEXICONS / "variants", folder / "variants")
    for name in ("ad_law", "trade", "safety", "allow"):
        (folder / name).mkdir()
    (folder / "ad_law" / "absolute_claim.txt").write_text(TERMS, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path, lexicons: Path) -> Settings:
    """Rules alone; tests of the expert switch it on."""
    return Settings(data=tmp_path / "data", lexicons=lexicons, expert="off")


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
