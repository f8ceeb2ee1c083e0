"""Reads ``lexicons/claims.toml``, the rule table of claims, into values. What it means is in ``detect/claims.py``."""

from __future__ import annotations

from typing import Any

from moderation.detect.claims import FLAGS
from moderation.detect.cues import TOKENS
from moderation.errors import LawError
from moderation.lexicon import WordLists, spelt_out
from moderation.ruleset import FIELDS, ClaimKind, ClaimRule, Claims, Outcome, Setting
from moderation.tables import Document, Row, tables
from moderation.types import Scene

KNOWN_TOKENS = FLAGS | frozenset(TOKENS)
REACH = 12
MAX_REACH = 48


def claims(document: Document, lists: WordLists) -> Claims:
    """``claims.toml``: one ``[[rule]]`` a legal rule. ``lists`` are the named word lists, for ``@name``."""
    rules = [_rule(document, table, lists) for table in tables(document, "rule")]
    seen: set[str] = set()
    for rule in rules:
        line = document.line(f'code = "{rule.code}"')
        if rule.code in seen:
            raise LawError(document.name, line, f"{rule.code} stands twice")
        seen.add(rule.code)
        if unknown := sorted(rule.cancels - {other.code for other in rules}):
            raise LawError(document.name, line, f"{rule.code} cancels the unknown {unknown[0]!r}")
    order = list(ClaimKind)
    return Claims(rules=tuple(sorted(rules, key=lambda rule: order.index(rule.kind))), units=lists.get("units", ()))


def _spelt_out(row: Row, listed: tuple[str, ...], lists: WordLists) -> tuple[str, ...]:
    try:
        found = spelt_out(listed, lists)
    except KeyError as error:
        raise row.wrong(f"@{error.args[0]} is no list under words/") from None
    for word in found:
        if word.startswith("<") and word not in KNOWN_TOKENS:
            raise row.wrong(f"{word} is no token; known are {', '.join(sorted(KNOWN_TOKENS))}")
    return found


def _rule(document: Document, table: Any, lists: WordLists) -> ClaimRule:
    code = table.get("code", "") if isinstance(table, dict) else ""
    row = Row(document, table, LawError, f'code = "{code}"')
    kind = row.one_of("kind", ClaimKind)
    rule = ClaimRule(
        code=row.take("code", str),
        kind=kind,
        zh=row.take("zh", str),
        en=row.take("en", str),
        laws=row.words("laws", []),
        outcome=row.one_of("outcome", Outcome, "violation" if kind is ClaimKind.VIOLATION else "pass"),
        categories=frozenset(row.words("categories", ["absolute_claim"])) - {"advertising"},
        cancels=frozenset(row.words("cancels", [])),
        despite_comparison=row.take("despite_comparison", bool, default=False),
        proof_zh=row.take("proof_zh", str, ""),
        proof_en=row.take("proof_en", str, ""),
        settings=tuple(_setting(document, item, code, lists) for item in row.take("when", list)),
        hit=row.take("hit", str, ""),
        clean=row.take("clean", str, ""),
    )
    row.end()
    if not rule.settings:
        raise row.wrong(f"{code} has no [[rule.when]]")
    return rule


def _setting(document: Document, table: Any, code: str, lists: WordLists) -> Setting:
    row = Row(document, table, LawError, f'code = "{code}"')
    reach = row.take("reach", int, REACH)
    if not 0 <= reach <= MAX_REACH:
        raise row.wrong(f"{code}: reach is {reach}, expected 0 to {MAX_REACH}")
    setting = Setting(
        hits=_spelt_out(row, row.words("hit", []), lists),
        industries=row.words("industry", []),
        undeclared=tuple(row.some_of("undeclared", Scene, [])),
        needs={where: _spelt_out(row, row.words(where, []), lists) for where in FIELDS},
        bars={where: _spelt_out(row, row.words(f"not_{where}", []), lists) for where in FIELDS},
        reach=reach,
    )
    row.end()
    if not (setting.hits or setting.industries or setting.undeclared or any(setting.needs.values())):
        raise row.wrong(f"{code}: a [[rule.when]] needs a cue, a hit or an industry")
    return setting
