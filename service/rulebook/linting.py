"""What is doubtful about a tenant's own terms, on clean texts: the same that ``qingliu lexicon lint`` tells."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from moderation.engine import Engine
from moderation.lexicon import ALLOW
from moderation.lint import Alarms, Finding, false_alarms, lint, standing
from service.settings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from moderation.ruleset import Ruleset

CLEAN = REPOSITORY / "samples" / "clean.txt"


class Linted(NamedTuple):
    """How many terms were looked at, on how many texts, and what is doubtful."""

    terms: int
    texts: int
    found: list[Finding]


@cache
def clean_texts() -> tuple[str, ...]:
    """The clean texts that come with the program; none where they are not installed."""
    try:
        return texts_in(CLEAN)
    except OSError:
        return ()


def texts_in(path: Path) -> tuple[str, ...]:
    """The texts of a file, one a line; lines that start with # are comments. Raises ``OSError``."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def linted(ruleset: Ruleset) -> Linted:
    """What is doubtful about a tenant's own terms, above the shared rules. Takes a second for many terms."""
    own, texts = ruleset.own, clean_texts()
    allowed = [term for term in ruleset.terms if term.category == ALLOW]
    seen = standing((*allowed, *own), ruleset.folding, texts)
    alarms = Alarms()
    if texts and any(term.category != ALLOW for term in seen):
        alarms = false_alarms(Engine(replace(ruleset, terms=tuple(seen), own=(), overlay=None)), texts)
    return Linted(len(own), len(texts), lint(own, ruleset, alarms))
