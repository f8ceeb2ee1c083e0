"""What every test may ask for: the shipped rules, read and compiled once a run."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadFileScheduling

from moderation import load
from moderation.load import LEXICONS, SCENES, load_engine, load_ruleset
from service import rules
from service.audit import replay as audit_replay
from service.cli import judging, lexicon, lexicon_lint, lexicon_test, reload, replay

if TYPE_CHECKING:
    from moderation.engine import Engine
    from moderation.ruleset import Ruleset

os.environ.setdefault("QINGLIU_SECOND_STAGE", "off")
"""What is installed beside the tests must not change verdicts; tests of the second stage ask for it."""
os.environ.setdefault("QINGLIU_SECOND_REVIEW_SHARE", "0")
os.environ.setdefault("QINGLIU_GOLDEN_SHARE", "0")
"""No lots are drawn: a content reviewed again by chance is an item more in some runs. Tests of quality ask for it."""
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Compiled code is kept: each process that a test starts would compile the whole service, and each run all tests."""
os.environ.setdefault("QINGLIU_EVEN_ANSWERS", "0")
"""Hundreds of answers about items would each come a beat later. Tests of golden items ask for it."""
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
"""Databases are synced at every act: on a disk tests wait for that half of the time. A run leaves less than 1 GB."""
gc.disable()
"""While tests are collected nothing is let go: looking for garbage among all modules would take a second."""
gc.set_threshold(20_000, 20, 50)
"""As ``qingliu serve`` sets it: most of what tests make stays, and would be looked at again and again."""
STARTED = frozenset({"browser", "models"})
"""Folders whose tests all need what takes seconds to start: Chromium, or torch and a trained model."""
KEPT = 8
"""Engines that are kept for the services that open the same rules again."""


def pytest_xdist_auto_num_workers():
    """One more than there are cores: services wait for disks and clocks a quarter of the time."""
    return (os.cpu_count() or 1) + 1


class ByNeed(LoadFileScheduling):
    """A file goes to a worker that has already started what it needs: Chromium, torch, the shipped rules take seconds.

    Who finds nothing else to do starts it too.
    """

    def _assign_work_unit(self, node):
        started = {one: {*map(self._need, files)} for one, files in self.assigned_work.items()}
        own, any_ = started.pop(node, set()), set().union(*started.values())
        best = min(self.workqueue, key=lambda file: self._rank(self._need(file), own, any_))
        self.workqueue.move_to_end(best, last=False)
        super()._assign_work_unit(node)

    def _need(self, file):
        return _need_of(self.config.rootpath / file)

    @staticmethod
    def _rank(need, own, others):
        if need is None:
            return 1
        return 0 if need in own else 2 if need in others else 1


@cache
def _need_of(path):
    if path.parent.name in STARTED:
        return path.parent.name
    return "rules" if "shipped" in path.read_text(encoding="utf-8") else None


def pytest_xdist_make_scheduler(config, log):
    return ByNeed(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_finish():
    """From here on garbage is looked for, among what comes now."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _tables_made_once():
    """What depends on the variants alone; making it anew for each small ruleset would take minutes."""
    made, known = load.fold_tables, {}
    heard, sounds = load.Sounds, {}

    def tables(simplified, lookalikes):
        key = (tuple(simplified.items()), tuple(lookalikes.items()))
        if key not in known:
            known[key] = made(simplified, lookalikes)
        return known[key]

    def sounding(rows):
        key = tuple(rows)
        if key not in sounds:
            sounds[key] = heard(key)
        return sounds[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "fold_tables", tables)
        patch.setattr(load, "Sounds", sounding)
        yield


@pytest.fixture(scope="session", autouse=True)
def _same_rules_compiled_once():
    """Whoever opens folders with the same bytes shares an engine, which keeps no state; a few are kept."""
    engines, unjudged = {}, {}

    def engine(lexicons, scenes=SCENES, *, examples=True):
        judged = lexicons != LEXICONS  # those of the repository have a test
        return _kept(engines, _digest_of(lexicons, scenes), lambda: load_engine(lexicons, scenes, examples=judged))

    def ruleset(lexicons, scenes=SCENES, *, examples=True):
        key = _digest_of(lexicons, scenes)
        if examples or key in engines:
            return engine(lexicons, scenes).ruleset
        return _kept(unjudged, key, lambda: load_ruleset(lexicons, scenes, examples=False))

    with pytest.MonkeyPatch.context() as patch:
        for user in (rules, judging, replay, audit_replay):
            patch.setattr(user, "load_engine", engine)
        for user in (lexicon, lexicon_lint, lexicon_test, reload):
            patch.setattr(user, "load_ruleset", ruleset)
        yield engine


def _digest_of(*folders):
    digest = sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.*")):
            digest.update(f"{path.relative_to(folder)}\0".encode() + sha256(path.read_bytes()).digest())
        digest.update(b"\0")
    return digest.digest()


def _kept(known, key, make):
    """What is known by a key, made where it is not and set aside for good; of too many the oldest is forgotten."""
    if key not in known:
        known[key] = make()
        gc.freeze()
    known[key] = known.pop(key)
    if len(known) > KEPT:
        del known[next(iter(known))]
    return known[key]


@pytest.fixture(scope="session")
def shipped(_same_rules_compiled_once) -> Engine:
    """An engine with the rules of the repository."""
    return _same_rules_compiled_once(LEXICONS)


@pytest.fixture(scope="session")
def shipped_ruleset(shipped: Engine) -> Ruleset:
    """The rules of the repository."""
    return shipped.ruleset
