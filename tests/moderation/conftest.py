"""A small court: own categories, laws and policies, so that no change of the shipped rules touches these tests."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moderation.load import load_engine
from moderation.types import Content, Part, Scene, Verdict

if TYPE_CHECKING:
    from moderation.engine import Engine

TESTS = Path(__file__).parents[1]
LEXICONS = TESTS.parent / "lexicons"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""Noon in Shanghai."""
HEADER = """\
@{kind} {of}
@owner tests
@source tests
@licence Apache-2.0
@reviewed 2026-11-22
"""
POLICY = """\
scene = "{scene}"
zh = "{scene}"
en = "{scene}"
advertising = "{advertising}"
while_waiting = "hold"
on_timeout = "block"
when_missing = "{when_missing}"
block_at = 80
review_at = 40
"""
ADVERTISING = {"title": "presumed", "profile": "presumed", "ugc": "declared", "live_chat": "declared"}
GENEROUS = {"ugc", "live_chat"}
"""Scenes in which a content passes although an expert gave no answer."""


@pytest.fixture(scope="session")
def write_rules():
    """Writes a small valid folder of rules: ``write_rules(folder, {path: text})``, scene policies under ``scenes``."""

    def write(folder: Path, files: dict[str, str] | None = None) -> Path:
        shutil.copytree(TESTS / "cases" / "minimal", folder)
        shutil.copytree(LEXICONS / "variants", folder / "variants")
        (folder / "scenes").mkdir()
        for scene in Scene:
            policy = POLICY.format(
                scene=scene,
                advertising=ADVERTISING.get(scene, "always"),
                when_missing="pass" if scene in GENEROUS else "review",
            )
            (folder / "scenes" / f"{scene}.toml").write_text(policy, encoding="utf-8")
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    return write


def term_file(lines: str, category: str) -> str:
    """A whole term file around some lines; the category ``allow`` makes an allow file for all categories."""
    kind, of = ("allow", "*") if category == "allow" else ("category", category)
    return HEADER.format(kind=kind, of=of) + lines


@pytest.fixture(scope="session")
def court(tmp_path_factory, write_rules):
    """An engine with just these lines: ``court("最好 | next: 的", allow="最好不要", gambling="百家乐")``."""
    known: dict[tuple, Engine] = {}

    def open_court(lines: str = "", **more: str) -> Engine:
        by_category = {"absolute_claim": lines, **more}
        key = tuple(sorted(by_category.items()))
        if key not in known:
            files = {
                f"{'allow' if name == 'allow' else 'ad_law'}/{name}.txt": term_file(text, name)
                for name, text in by_category.items()
                if text
            }
            folder = write_rules(tmp_path_factory.mktemp("rules") / "lexicons", files)
            known[key] = load_engine(folder, folder / "scenes")
        return known[key]

    return open_court


@pytest.fixture(scope="session")
def content():
    """Makes contents: ``content("text", scene="ugc", role="seller")``; several texts become several parts."""

    def make(*texts: str, scene: str = "ad", **more) -> Content:
        names = ("text",) if len(texts) == 1 else [f"part{number}" for number in range(len(texts))]
        parts = tuple(Part(name, text) for name, text in zip(names, texts, strict=True))
        return Content(scene=Scene(scene), parts=parts, at=more.pop("at", NOON), **more)

    return make


@pytest.fixture(scope="session")
def judge(content):
    """One verdict: ``judge(engine, "text", scene="ugc")``."""

    def verdict(engine: Engine, *texts: str, **more) -> Verdict:
        return engine.examine(content(*texts, **more)).conclude()

    return verdict


@pytest.fixture(scope="session")
def quotes(content):
    """What the evidence of a text quotes, in order: ``quotes(engine, "text")``."""

    def quoted(engine: Engine, *texts: str, **more) -> list[str]:
        asked = content(*texts, **more)
        parts = {part.name: part.text for part in asked.parts}
        found = engine.examine(asked).conclude().evidence
        return [parts[item.span.part][item.span.start : item.span.end] for item in found]

    return quoted
