"""What every test may ask for: the shipped rules, read and compiled once a run."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from moderation import load
from moderation.load import load_engine
from service import rules

if TYPE_CHECKING:
    from moderation.engine import Engine
    from moderation.ruleset import Ruleset

os.environ.setdefault("QINGLIU_SECOND_STAGE", "off")
"""What is installed beside the tests must not change verdicts; tests of the second stage ask for it."""
os.environ.setdefault("QINGLIU_SECOND_REVIEW_SHARE", "0")
os.environ.setdefault("QINGLIU_GOLDEN_SHARE", "0")
"""No lots are drawn: a content reviewed again by chance is an item more in some runs. Tests of quality ask for it."""
os.environ.setdefault("QINGLIU_EVEN_ANSWERS", "0")
"""Hundreds of answers about items would each come a beat later. Tests of golden items ask for it."""
KEPT = 8
"""Engines that are kept for the services that open the same rules again."""


@pytest.fixture(scope="session", autouse=True)
def _folding_tables_made_once():
    """The folding tables depend on the variants alone; making them anew for each small ruleset would take minutes."""
    made, known = load.fold_tables, {}

    def tables(simplified, lookalikes):
        key = (tuple(simplified.items()), tuple(lookalikes.items()))
        if key not in known:
            known[key] = made(simplified, lookalikes)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "fold_tables", tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def _same_rules_compiled_once():
    """Services that open folders with the same bytes share an engine, which keeps no state; a few are kept."""
    made, known = rules.load_engine, {}

    def engine(lexicons, scenes):
        digest = sha256()
        for root in (lexicons, scenes):
            for path in sorted(root.rglob("*.*")):
                digest.update(f"{path.relative_to(root)}\0".encode() + sha256(path.read_bytes()).digest())
        key = digest.digest()
        known[key] = known.pop(key, None) or made(lexicons, scenes)
        if len(known) > KEPT:
            del known[next(iter(known))]
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "load_engine", engine)
        yield


@pytest.fixture(scope="session")
def shipped() -> Engine:
    """An engine with the rules of the repository."""
    return load_engine()


@pytest.fixture(scope="session")
def shipped_ruleset(shipped: Engine) -> Ruleset:
    """The rules of the repository."""
    return shipped.ruleset
