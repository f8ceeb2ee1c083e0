"""Reads ``lexicons/claims.toml``, the rule table of claims, into values. What it means is in ``detect/claims.py``."""

from __future__ import annotations

from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from moderation.detect.claims import FLAGS
from moderation.detect.cues import TOKENS
from moderation.errors import LawError
from moderation.lexicon import WordLists, spelt_out
from moderation.ruleset import FIELDS, ClaimKind, ClaimRule, Claims, Outcome, Setting
from moderation.tables import Document, Row, placed
from moderation.types import Scene
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.ruleset import Option

KNOWN_TOKENS = FLAGS | frozenset(TOKENS)
EXCUSES = frozenset({ClaimKind.GUARD, ClaimKind.EXEMPTION})
"""The kinds that end in an outcome of their own; the others only steer the decision."""
ENDS = frozenset({"^", "$", "<last>"})
REACH = 12
MAX_REACH = 48


def claims(document: Document, lists: WordLists, options: Mapping[str, Option]) -> Claims:
    """``claims.toml``: one ``[[rule]]`` a legal rule. ``lists`` are the named word lists, for ``@name``.

    Rows for another value of an option than the chosen one are read, checked and left out.
    """
    whens = document.headings("rule.when")
    headed = placed(document, "rule")
    ends = [line for _, line in headed[1:]]
    rules = [
        _rule(document, table, lists, [line, *(when for when in whens if line < when and not (end and end < when))])
        for (table, line), end in zip_longest(headed, ends)
    ]
    guards = {rule.code for rule in rules if rule.kind is ClaimKind.GUARD}
    seen: set[str] = set()
    for rule in rules:
        if rule.code in seen:
            raise LawError(document.name, rule.line, wrong("twice", what=rule.code))
        seen.add(rule.code)
        if unknown := sorted(rule.cancels - guards):
            raise LawError(document.name, rule.line, wrong("no_guard", what=rule.code, name=unknown[0]))
    chosen = [rule for rule in rules if _chosen(document, rule, options)]
    order = list(ClaimKind)
    return Claims(rules=tuple(sorted(chosen, key=lambda rule: order.index(rule.kind))), units=lists.get("units", ()))


def _chosen(document: Document, rule: ClaimRule, options: Mapping[str, Option]) -> bool:
    """Whether the row is part of the table as its options are set."""
    if not rule.option:
        return True
    name, _, value = rule.option.partition("=")
    if name not in options or value not in options[name].choices:
        raise LawError(document.name, rule.line, wrong("no_choice", what=rule.code, option=rule.option))
    return options[name].value == value


def _rule(document: Document, table: Any, lists: WordLists, lines: list[int]) -> ClaimRule:
    """A row. ``lines`` are where its heading and those of its settings stand."""
    row = Row.named(document, table, "code", lines[0])
    kind = row.one_of("kind", ClaimKind)
    settings = row.take("when", list)
    places = lines[1:] if len(lines) == len(settings) + 1 else lines[:1] * len(settings)
    rule = ClaimRule(
        code=row.take("code", str),
        kind=kind,
        zh=row.take("zh", str),
        en=row.take("en", str),
        laws=row.words("laws", []),
        outcome=row.one_of("outcome", Outcome, "pass" if kind in EXCUSES else "violation"),
        categories=frozenset(row.words("categories", ["absolute_claim"])) - {"advertising"},
        cancels=frozenset(row.words("cancels", [])),
        despite_comparison=row.take("despite_comparison", bool, default=False),
        certain=row.take("certain", bool, default=False),
        proof_zh=row.take("proof_zh", str, ""),
        proof_en=row.take("proof_en", str, ""),
        settings=tuple(_setting(document, item, lists, line) for item, line in zip(settings, places, strict=True)),
        hit=row.take("hit", str, ""),
        clean=row.take("clean", str, ""),
        option=row.take("option", str, ""),
        effective_from=row.take("from", date, None),
        effective_until=row.take("until", date, None),
        line=row.line,
    )
    row.end()
    if code := _contradiction(rule):
        raise row.wrong("of", what=rule.code, why=wrong(code))
    return rule


def _contradiction(rule: ClaimRule) -> str:
    """The code of what is readable and yet means nothing; empty where there is none."""
    excuses, violates = rule.kind in EXCUSES, rule.outcome is Outcome.VIOLATION
    faults = {
        "no_when": not rule.settings,
        "cancels": bool(rule.cancels) is not (rule.kind is ClaimKind.BAIT),
        "certain": rule.certain and rule.kind is not ClaimKind.GUARD,
        "despite": rule.despite_comparison and rule.kind is not ClaimKind.EXEMPTION,
        "outcome": excuses is violates,
        "proof_both": bool(rule.proof_zh) is not bool(rule.proof_en),
        "proof_what": rule.outcome is Outcome.PROOF and not rule.proof_zh,
        "it_ends_early": (rule.effective_from or date.min) > (rule.effective_until or date.max),
    }
    return next((code for code, there in faults.items() if there), "")


def _setting(document: Document, table: Any, lists: WordLists, line: int) -> Setting:
    row = Row(document, table, LawError, "", line)

    def cues(key: str) -> tuple[str, ...]:
        listed = row.words(key, [])
        try:
            found = spelt_out(listed, lists)
        except KeyError as error:
            raise amiss(f"@{error.args[0]}", "no_list", name=error.args[0]) from None
        for word in found:
            if word.startswith("<") and (key == "hit" or word not in KNOWN_TOKENS):
                known = wrong("hit_is") if key == "hit" else ", ".join(sorted(KNOWN_TOKENS))
                raise amiss(word, "no_token", word=word, known=known)
        return found

    def amiss(word: str, code: str, /, **facts: Any) -> LawError:
        return LawError(document.name, document.line(f'"{word}"', line), wrong(code, **facts))

    reach = row.take("reach", int, REACH)
    if not 0 <= reach <= MAX_REACH:
        told = wrong("range", key="reach", value=reach, low=0, high=MAX_REACH)
        raise LawError(document.name, document.line("reach =", line), told)
    setting = Setting(
        hits=cues("hit"),
        industries=row.words("industry", []),
        undeclared=tuple(row.some_of("undeclared", Scene, [])),
        needs={where: cues(where) for where in FIELDS},
        bars={where: cues(f"not_{where}") for where in FIELDS},
        reach=reach,
        line=line,
    )
    row.end()
    if not (setting.hits or setting.industries or setting.undeclared or any(setting.needs.values())):
        raise row.wrong("when_empty")
    if not (setting.hits or setting.industries or setting.undeclared or _words(setting)):
        raise row.wrong("when_ends")
    return setting


def _words(setting: Setting) -> set[str]:
    """What a setting asks for besides the ends of clause and text."""
    return {word for listed in setting.needs.values() for word in listed} - ENDS
