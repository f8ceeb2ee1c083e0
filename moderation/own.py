"""A tenant's own lexicon: texts in the line grammar, checked against the shared rules that they stand on; an overlay.

No file is opened here; a bundle is a handful of names and texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from moderation.check import check_lines, check_terms
from moderation.engine import Engine
from moderation.errors import LoadError, LoadErrors, TermError
from moderation.lexicon import parse
from moderation.overlay import NAME, Overlay, read_overlay
from moderation.told import Told
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.lexicon import Term
    from moderation.ruleset import Ruleset

MOST_TERMS = 20_000
MOST_PATTERNS = 500
"""Each pattern may take megabytes once it is compiled."""
MOST_BYTES = 2_000_000
MOST_FILES = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}\.txt|policy\.toml")
_NAMED = Told(
    "文件名应如 words.txt（a-z、0-9、- 与 _，至多 60 个，再加 .txt），或为 policy.toml",
    "a file is named like words.txt (a-z, 0-9, - and _, at most 60, then .txt) or policy.toml",
)
BETWEEN = "+"
"""What stands between the two halves of a pair of fingerprints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What one tenant has of its own: terms, and what it changes of the shared rules.

    ``fingerprint``: 16 hex digits over names and texts.
    """

    fingerprint: str
    terms: tuple[Term, ...]
    overlay: Overlay


def read_own(files: Mapping[str, str], ruleset: Ruleset) -> Own:
    """Read and check term and allow files, and ``policy.toml``, by name, for use on top of ``ruleset``.

    Raises:
        LoadErrors: with every reason, file and line why they must not go live.
    """
    terms: list[Term] = []
    errors: list[LoadError] = []
    overlay, wrongs = read_overlay(files.get(NAME, ""), ruleset.categories)
    errors.extend(wrongs)
    for name, text in sorted(files.items()):
        if name == NAME:
            continue
        found, amiss = parse(name, text, ruleset.lists, own=True, most=MOST_TERMS - len(terms))
        terms.extend(found)
        errors.extend(amiss)
        if len(terms) > MOST_TERMS:
            errors.append(TermError(name, terms[-1].line, wrong("many_terms", most=MOST_TERMS)))
            break
    else:
        errors.extend(_too_many_patterns(terms))
        errors.extend(check_terms(terms, ruleset.categories, ruleset.laws, ruleset.folding))
    if errors:
        raise LoadErrors(errors)
    return Own(fingerprint=fingerprint_of(files), terms=tuple(terms), overlay=overlay)


def fingerprint_of(files: Mapping[str, str]) -> str:
    """16 hex digits over every name and every byte of text."""
    return digest_of(files)[:16]


def digest_of(files: Mapping[str, str]) -> str:
    """The SHA-256 behind it, as hex."""
    digest = sha256()
    for name, text in sorted(files.items()):
        data = text.encode()
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def engine_with(own: Own, base: Engine) -> Engine:
    """The engine that judges by the rules of ``base`` and by a tenant's own terms. Takes milliseconds."""
    pair = f"{base.ruleset.fingerprint}{BETWEEN}{own.fingerprint}"
    policies = own.overlay.policies(base.ruleset.policies)
    rules = replace(base.ruleset, fingerprint=pair, own=own.terms, overlay=own.overlay, policies=policies)
    return Engine(rules, base=base)


def shared_part(fingerprint: str) -> str:
    """The fingerprint of the shared rules in a pair; any other fingerprint is that itself."""
    return fingerprint.partition(BETWEEN)[0]


def check_own(engine: Engine) -> None:
    """Judge every example of the own terms of ``engine``. Raises ``LoadErrors``."""
    if errors := check_lines(engine, engine.ruleset.own):
        raise LoadErrors(errors)


def _too_many_patterns(terms: Sequence[Term]) -> list[LoadError]:
    patterns = [term for term in terms if term.pattern]
    if len(patterns) <= MOST_PATTERNS:
        return []
    first = patterns[MOST_PATTERNS]
    return [TermError(first.file, first.line, wrong("many_patterns", most=MOST_PATTERNS))]


def check_shape(files: Mapping[str, str]) -> None:
    """Raises ``LoadErrors`` with what is wrong before a line is read."""
    if not files:
        raise LoadErrors([LoadError("", 1, Told("词库至少要有一个文件", "a lexicon has at least one file"))])
    errors = [LoadError(name, 1, _NAMED) for name in files if not _NAME.fullmatch(name)]
    errors.extend(
        LoadError(name, text.count("\n", 0, text.index("\0")) + 1, Told("含有空字符（NUL）", "holds the NUL character"))
        for name, text in files.items()
        if "\0" in text
    )
    last = next(reversed(list(files)))
    if len(files) > MOST_FILES:
        count = len(files)
        told = Told(f"有 {count} 个文件，最多 {MOST_FILES} 个", f"there are {count} files; at most {MOST_FILES} may be")
        errors.append(LoadError(last, 1, told))
    if (size := sum(len(text.encode("utf-8", "surrogatepass")) for text in files.values())) > MOST_BYTES:
        zh = f"全部文本共 {size} 字节，最多 {MOST_BYTES} 字节"
        errors.append(
            LoadError(last, 1, Told(zh, f"the texts have {size} bytes together; at most {MOST_BYTES} may be"))
        )
    if errors:
        raise LoadErrors(errors)
