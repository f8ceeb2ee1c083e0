"""The command line as people use it: real processes and files, and rules that no change of shipped terms moves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from service.cli.app import app

REPOSITORY = Path(__file__).parents[2]
ORIGIN = ("--source", "某公开词表", "--licence", "MIT", "--owner", "内容安全组")
CLEAN = "今天天气好\n手机在桌上\n我们去吃饭\n"
TERMS = """\
@category {category}
@owner tests
@source tests
@licence Apache-2.0
@reviewed 2026-11-22
@verified true

{terms}
"""


@pytest.fixture(scope="session")
def rules(tmp_path_factory) -> Path:
    """The shipped tables with a handful of terms."""
    folder = tmp_path_factory.mktemp("rules") / "lexicons"
    folder.mkdir()
    for name in ("categories.toml", "laws.toml", "codes.toml"):
        shutil.copy(REPOSITORY / "lexicons" / name, folder / name)
    shutil.copy(REPOSITORY / "tests" / "cases" / "minimal" / "claims.toml", folder / "claims.toml")
    (folder / "industries.toml").write_text("# No industries: nothing is asked for.\n", encoding="utf-8")
    shutil.copytree(REPOSITORY / "lexicons" / "variants", folder / "variants")
    for name in ("ad_law", "trade", "safety", "allow"):
        (folder / name).mkdir()
    write_terms(folder / "ad_law" / "absolute_claim.txt", "absolute_claim", "国家级", "全网最低价")
    write_terms(folder / "safety" / "abuse_insult.txt", "abuse_insult", "大傻瓜")
    write_terms(folder / "trade" / "contact_diversion.txt", "contact_diversion", "薇❤")
    allow = TERMS.format(category="absolute_claim", terms="国家级湿地公园").replace("@category", "@allow")
    (folder / "allow" / "places.txt").write_text(allow, encoding="utf-8")
    return folder


def write_terms(path: Path, category: str, *terms: str) -> None:
    path.write_text(TERMS.format(category=category, terms="\n".join(terms)), encoding="utf-8")


@pytest.fixture
def qingliu(rules):
    """Runs a command over the small rules: ``qingliu("screen", "-", input=b"…")``."""

    def run(*words, input: bytes = b"", **env) -> subprocess.CompletedProcess[bytes]:  # noqa: A002
        return subprocess.run(command(*words), input=input, capture_output=True, check=False, **place(rules, **env))

    return run


@pytest.fixture
def inside(rules):
    """The same without a process of its own, for the many small cases: ``inside("explain", "…")``."""

    def run(*words, input: bytes = b"", **env) -> subprocess.CompletedProcess[bytes]:  # noqa: A002
        environment = {"QINGLIU_LEXICONS": str(rules), "QINGLIU_EXPERT": "off", "COLUMNS": "120", **env}
        done = CliRunner().invoke(app, [*map(str, words)], input=input, env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout_bytes, done.stderr_bytes)

    return run


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "clean.txt"
    path.write_text(CLEAN * 40, encoding="utf-8")
    return path


@pytest.fixture
def bring(inside, tmp_path, texts):
    """Imports bytes as a file of a name: ``bring("a.txt", "百家乐".encode(), "--category", "gambling")``."""

    def run(name: str, data: bytes, *words, output="out.txt"):
        (tmp_path / name).write_bytes(data)
        place = ("--output", tmp_path / output) if output else ()
        done = inside("lexicon", "import", tmp_path / name, *ORIGIN, "--corpus", texts, "--json", *place, *words)
        return done, orjson.loads(done.stdout) if done.stdout else {}

    return run


def written(path) -> list[str]:
    return [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith(("@", "#"))
    ]


def command(*words) -> list[str]:
    return [sys.executable, "-m", "service", *map(str, words)]


def place(rules: Path, **env) -> dict:
    """Where and with which environment commands run. The expert is off: these tests are about rules."""
    told = {"QINGLIU_LEXICONS": str(rules), "QINGLIU_EXPERT": "off", "COLUMNS": "120", **env}
    return {"cwd": REPOSITORY, "env": {**os.environ, **told}}


def told(done: subprocess.CompletedProcess[bytes]) -> list[dict]:
    """Standard output, of which every line must be a JSON object."""
    return [orjson.loads(line) for line in done.stdout.splitlines()]
