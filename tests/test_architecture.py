"""The shape of the tree: who may import whom, what the court must not touch, no cycles, no lazy imports, no giants.

Every rule is a function from sources to complaints, and is shown a bad source that it must complain about.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
PACKAGES = ("moderation", "models", "service")
TEXT_LIBRARIES = {"numpy", "daachorse", "jieba", "re2"}
STDLIB = {
    "__future__", "abc", "bisect", "collections", "contextlib", "csv", "dataclasses", "datetime", "enum", "functools",
    "hashlib", "html", "itertools", "json", "logging", "math", "operator", "re", "tomllib", "types", "typing",
    "unicodedata", "warnings",
}  # fmt: skip
DOORS = {
    "moderation.load": {"gc", "pathlib"},
    "moderation.text.words": {"pathlib", "tempfile"},  # jieba keeps its dictionary in a cache folder
}
"""What may touch the disk in the court, and with what."""
IMPURE_FUNCTIONS = {"open", "input", "print", "exec", "eval", "__import__"}
IMPURE_METHODS = {"now", "utcnow", "today", "fromtimestamp", "urandom", "getenv"}
HEAVY = {"torch", "transformers"}
MAX_FILE, MAX_FUNCTION = 450, 60
ALONE = {"service.audit.verify_export": 620}
"""What has to be one file, because somebody who does not trust us carries it away, and how long it may be."""

Sources = dict[str, str]
Complaints = list[str]


@cache
def sources() -> Sources:
    """Every module of the product: its dotted name and its text."""
    files = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {name_of(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


class Source(NamedTuple):
    """What the rules ask of one source. Names and lines alone: the trees of all sources are hundreds of megabytes."""

    imports: list[tuple[ast.Import | ast.ImportFrom, bool, bool]]
    """Each with whether it stands in a function, and whether for type checkers alone."""
    functions: list[tuple[int, str, int]]
    """The line, name and length of each."""
    impure: list[tuple[int, str]]
    """The line and name of what is called of the impure functions and methods."""


@cache
def read(text: str) -> Source:
    """A source, parsed once for all rules."""
    source = Source([], [], [])
    waiting: list[tuple[ast.AST, bool, bool]] = [(ast.parse(text), False, False)]
    while waiting:
        node, lazy, checked = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            source.imports.append((node, lazy, checked))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            source.functions.append((node.lineno, node.name, node.end_lineno - node.lineno + 1))
            lazy = True
        elif isinstance(node, ast.Call):
            called = node.func
            if getattr(called, "id", "") in IMPURE_FUNCTIONS or getattr(called, "attr", "") in IMPURE_METHODS:
                source.impure.append((node.lineno, ast.unparse(called)))
        elif is_type_checking(node):
            checked = True
        waiting.extend([(child, lazy, checked) for child in ast.iter_child_nodes(node)])
    return source


def imports(name: str, text: str, known: set[str], *, top: bool = False) -> Iterator[str]:
    """Dotted names that a module imports; those for type checkers alone do not count. ``top``: not in functions."""
    for node, lazy, checked in read(text).imports:
        if checked or (top and lazy):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            base = node.module or ""
            if node.level:
                base = ".".join([*name.split(".")[: -node.level], *filter(None, [base])])
            yield from (f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def may_import(name: str, target: str) -> bool:
    """The arrows: court ← models ← service; wiring alone knows what is real; nobody looks at HTTP but its doors.

    HTTP asks for what it wants by name and runs no SQL.
    """
    if within(name, "moderation"):
        return within(target, "moderation") or target.split(".", 1)[0] in TEXT_LIBRARIES | STDLIB | DOORS.get(
            name, set()
        )
    if within(name, "models"):
        return not within(target, "service")
    if within(target, "models") and not within(name, "service.cli"):
        return name in {"service.wiring", "service.wiring_expert"}
    if within(target, "service.http") and not within(name, "service.http"):
        return within(name, "service.cli") or name == "service.wiring"
    if within(name, "service.http"):
        return not (within(target, "service.store") and target.endswith("statements"))
    return True


def arrows(modules: Sources) -> Complaints:
    return [
        f"{name} imports {target}"
        for name, text in modules.items()
        for target in imports(name, text, set(modules))
        if not may_import(name, target)
    ]


def purity(modules: Sources) -> Complaints:
    """The court asks nobody: no file, clock, chance or network by a built-in or by a method."""
    return [
        f"{name}:{line} calls {called}"
        for name, text in modules.items()
        if within(name, "moderation") and name not in DOORS
        for line, called in read(text).impure
    ]


def cycles(modules: Sources) -> Complaints:
    """Modules that import each other, directly or by a detour."""
    known = set(modules)
    open_ = {name: {*imports(name, text, known, top=True)} & known - {name} for name, text in modules.items()}
    while free := [name for name, targets in open_.items() if not targets & open_.keys()]:
        for name in free:
            del open_[name]
    return [f"{name} is in or behind an import cycle" for name in open_]


def lazy_imports(modules: Sources) -> Complaints:
    complaints = []
    for name, text in modules.items():
        for node, lazy, _ in read(text).imports:
            if not lazy:
                continue
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            if not within(name, "models") or any(str(target).split(".")[0] not in HEAVY for target in names):
                complaints.append(f"{name}:{node.lineno} imports {', '.join(map(str, names))} inside a function")
    return complaints


def sizes(modules: Sources) -> Complaints:
    complaints = []
    for name, text in modules.items():
        if (length := text.count("\n")) > ALONE.get(name, MAX_FILE):
            complaints.append(f"{name} has {length} lines")
        for line, function, length in read(text).functions:
            if length > MAX_FUNCTION:
                complaints.append(f"{name}:{line} {function} has {length} lines")
    return complaints


def first_lines(modules: Sources) -> Complaints:
    return [f"{name} does not say what it is for" for name, text in modules.items() if not text.startswith('"""')]


BAD: list[tuple[Callable[[Sources], Complaints], Sources, str]] = [
    (arrows, {"moderation.x": "from service.ledger import Ledger"}, "moderation.x imports service.ledger"),
    (arrows, {"moderation.x": "import aiohttp"}, "moderation.x imports aiohttp"),
    (arrows, {"moderation.x": "from pathlib import Path"}, "moderation.x imports pathlib"),
    (arrows, {"moderation.x": "import random, time"}, "moderation.x imports random"),
    (arrows, {"moderation.x": "import asyncio"}, "moderation.x imports asyncio"),
    (arrows, {"moderation.x": "import socket"}, "moderation.x imports socket"),
    (arrows, {"models.x": "from service import ledger"}, "models.x imports service"),
    (arrows, {"service.moderate": "import models.card"}, "service.moderate imports models.card"),
    (
        arrows,
        {"service.moderate": "from .http import wire", "service.http": ""},
        "service.moderate imports service.http",
    ),
    (
        arrows,
        {"service.http.x": "from service.store import a_statements", "service.store.a_statements": ""},
        "service.http.x imports service.store.a_statements",
    ),
    (purity, {"moderation.x": "def f():\n    return open('x')"}, "moderation.x:2 calls open"),
    (purity, {"moderation.x": "day = datetime.now()"}, "moderation.x:1 calls datetime.now"),
    (purity, {"moderation.x": "day = date.today()"}, "moderation.x:1 calls date.today"),
    (
        cycles,
        {"service.a": "import service.b", "service.b": "from service.c import x", "service.c": "from service import a"},
        "service.a is in or behind an import cycle",
    ),
    (lazy_imports, {"service.x": "def f():\n    import json"}, "service.x:2 imports json inside a function"),
    (lazy_imports, {"models.x": "def f():\n    import json"}, "models.x:2 imports json inside a function"),
    (sizes, {"service.x": "\n" * 451}, "service.x has 451 lines"),
    (sizes, {"service.x": "def f():\n" + "    pass\n" * 60}, "service.x:1 f has 61 lines"),
    (first_lines, {"service.x": "import json"}, "service.x does not say what it is for"),
]
RULES = [arrows, purity, cycles, lazy_imports, sizes, first_lines]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Callable[[Sources], Complaints]) -> None:
    assert rule(sources()) == []


@pytest.mark.parametrize(("rule", "modules", "complaint"), BAD, ids=[complaint for _, _, complaint in BAD])
def test_a_bad_source_is_noticed(rule: Callable[[Sources], Complaints], modules: Sources, complaint: str) -> None:
    assert complaint in rule(modules)


@pytest.mark.parametrize(
    ("rule", "modules"),
    [
        (arrows, {"models.x": "from moderation.types import Span", "service.cli.model": "import models.card"}),
        (arrows, {"service.wiring": "import service.http.server, models.card"}),
        (arrows, {"moderation.x": "if TYPE_CHECKING:\n    from pathlib import Path"}),
        (cycles, {"a.b": "from a.c import x", "a.c": "if TYPE_CHECKING:\n    from a.b import y"}),
        (lazy_imports, {"models.x": "def f():\n    import torch\n    from transformers import AutoModel"}),
    ],
)
def test_what_is_allowed_is_not_complained_about(rule: Callable[[Sources], Complaints], modules: Sources) -> None:
    assert rule(modules) == []


def test_every_rule_has_a_bad_source() -> None:
    assert {rule for rule, _, _ in BAD} == set(RULES)


def test_the_tree_is_not_empty() -> None:
    assert {"moderation.engine", "moderation.load", "service.moderate", "service.wiring"} <= sources().keys()
