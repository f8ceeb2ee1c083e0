"""Reads ``lexicons/live.toml`` into ``LiveRules``; what is wrong names the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.errors import LawError
from moderation.liverules import LIMITS, RISK, SIGNALS, Cues, Limits, LiveRules, RiskRules, SignalRules
from moderation.tables import MAX_SEVERITY, Row
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Container

    from moderation.tables import Document
    from moderation.text.fold import Folding

MOST = 100_000
"""No limit is higher: a mistyped one would switch its detector off silently."""


def live_rules(document: Document, categories: Container[str], folding: Folding) -> LiveRules:
    """``live.toml``.

    Raises:
        LawError: with file, line and what was expected.
    """
    top = Row(document, document.tree, LawError, "split =")
    limits = Row(document, top.take("limits", dict), LawError, "[limits]")
    split, echo = (_categories(top, name, categories) for name in ("split", "echo"))
    numbers = {name: limits.number(name, 1, MOST) for name in LIMITS}
    limits.end()
    cues = _cues(document, Row(document, top.take("cues", dict), LawError, "[cues]"), folding)
    risk = _risk(Row(document, top.take("risk", dict), LawError, "[risk]"))
    signals = _signals(Row(document, top.take("signals", dict), LawError, "[signals]"), folding)
    top.end()
    return LiveRules(limits=Limits(**numbers), cues=cues, split=split, echo=echo, risk=risk, signals=signals)


def _categories(row: Row, name: str, categories: Container[str]) -> frozenset[str]:
    for code in row.words(name):
        if code not in categories:
            raise row.wrong("names_category", what=name, code=code)
    return frozenset(row.words(name))


def _signals(row: Row, folding: Folding) -> SignalRules:
    horizons = tuple(row.take("horizons", list))
    praise = tuple(map(folding.plain, row.words("praise")))
    numbers = {name: row.number(name, 1, MOST) for name in SIGNALS}
    row.end()
    rules = SignalRules(horizons=horizons, praise=praise, **numbers)
    if not horizons or not all(isinstance(one, int) and 0 < one < rules.windows for one in horizons):
        raise row.wrong("horizons", value=list(horizons), windows=rules.windows)
    return rules


def _risk(row: Row) -> RiskRules:
    by_severity = {name: tuple(row.take(name, list)) for name in ("chat", "speech")}
    for name, points in by_severity.items():
        if len(points) != MAX_SEVERITY + 1 or not all(isinstance(one, int) and 0 <= one <= MOST for one in points):
            raise row.wrong("points", key=name, value=list(points), count=MAX_SEVERITY + 1)
    numbers = {name: row.number(name, 1, MOST) for name in RISK}
    row.end()
    rules = RiskRules(chat=by_severity["chat"], speech=by_severity["speech"], **numbers)
    if rules.amber > rules.red:
        raise row.wrong("above", low="amber", high="red")
    return rules


def _cues(document: Document, row: Row, folding: Folding) -> Cues:
    spell = row.take("spell", list)
    if not all(_is_lists(lists) for lists in spell):
        line = document.line("spell =", row.line)
        raise LawError(document.name, line, wrong("spell"))
    cues = Cues(
        refrains=frozenset(map(folding.plain, row.words("refrains"))),
        invite=tuple(map(folding.plain, row.words("invite"))),
        spell=tuple([tuple([_plain(folding, phrases) for phrases in lists]) for lists in spell]),
        replies=frozenset(map(folding.plain, row.words("replies"))),
        spelled=row.words("spelled"),
        names=row.words("names"),
        corrections=row.words("corrections"),
        no_corrections=row.words("no_corrections"),
        letters=frozenset(row.take("letters", str)),
    )
    row.end()
    phrases = (
        *cues.refrains,
        *cues.invite,
        *cues.replies,
        *[one for lists in cues.spell for of in lists for one in of],
    )
    if not all(phrases):
        raise row.wrong("phrase_lost")
    return cues


def _plain(folding: Folding, phrases: list[str]) -> tuple[str, ...]:
    return tuple(map(folding.plain, phrases))


def _is_lists(lists: object) -> bool:
    return (
        isinstance(lists, list)
        and bool(lists)
        and all(
            isinstance(phrases, list) and phrases and all(isinstance(phrase, str) and phrase for phrase in phrases)
            for phrases in lists
        )
    )
