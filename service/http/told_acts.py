"""Acts in words, for the pages of auditors: what was done, who did it, and what it says of that as people read it.

A pack and the interface have every fact as it is; here those are left out that tell a person nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.acts import (
    DECISION_AUTO,
    DECISION_FOLLOWED,
    DECISION_HUMAN,
    DECISION_SUPERSEDED,
    DECISION_TIMEOUT,
    DECISION_UNDONE,
)
from service.audit.packs import PACKS, said
from service.audit.retention import CLASSES
from service.creators.telling import day_told
from service.http import figures, html
from service.review.states import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.http.console import Shell

SORTS: Final = (
    "decision.*", "review.*", "appeal.*", "report.*", "sample.*", "golden.*", "label.*", "handling.*", "room.*",
    "show.*", "host.*", "correction.*", "alert.*", "ending.*", "script.*", "proof.*", "product.*", "creator.*",
    "account.*", "score.*", "measure.*", "boost.*", "formula.*", "trial.*", "lexicon.*", "ruleset.*", "proposal.*",
    "shadow.*", "model.*", "notice.*", "webhook.*", "user.*", "password.*", "session.*", "key.*", "view.*", "tenant.*",
    "settings.*", "service.*", "log.*", "texts.*", "export.*", "hold.*", "retention.*", "erasure.*",
)  # fmt: skip
"""The sorts of acts that the log can be narrowed to."""
_HIDDEN: Final = frozenset({
    "by", "commitment", "endorsement", "file", "files", "judgement", "mark", "note", "published_at", "salt",
    "seed", "text", "token", "verdict",
})  # fmt: skip
"""Facts that have a place of their own, or tell a person nothing."""
_PEOPLE: Final = frozenset({"approver", "author", "first_by", "user"})
_DECIDED: Final = frozenset({DECISION_AUTO, DECISION_FOLLOWED, DECISION_HUMAN, DECISION_TIMEOUT, DECISION_UNDONE})
_GROUPS: Final = {
    "action": ("action",),
    "advice": ("advice",),
    "event": ("event",),
    "level": ("act_level", "level"),
    "method": ("act_value",),
    "outcome": ("appeal_outcome", "outcome"),
    "role": ("role", "account"),
    "rule": ("creator_rule",),
    "said": ("action",),
    "scene": ("scene",),
    "scope": ("scope",),
    "signal": ("signal",),
    "source": ("source",),
    "was": ("role",),
    "why": ("act_value",),
}
"""Where the values of a fact have their names."""
_KINDS: Final = {
    "alert": "alert", "hold": "retention", "measure": "measure", "notice": "act", "score": "creator_entry",
}  # fmt: skip
"""What the fact ``kind`` of a sort of acts names; of the others it is a kind of items."""
_ENDS: Final = {1: "ending", 2: "expired"}
"""What was announced of a proof or a certificate."""
_CATEGORIES: Final = frozenset({"category", "reason", "reasons", "said"})
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT")
_HEX: Final = re.compile(r"[0-9a-f]{24,}")
_DIGEST: Final = 16
_MOST: Final = 4
"""So many values of a list are told, and how many more there are."""


def people_in(told: list[dict[str, Any]]) -> list[str]:
    """The ids that acts may name people by."""
    named = [str(one["facts"].get(name, "")) for one in told for name in (*_PEOPLE, "by")]
    return sorted({*named, *(one["subject"] for one in told)})


def act_in_words(page: Shell, told: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An act with its name, who did it, and its facts as pairs of short texts."""
    facts, lang = {**told["facts"]}, page.lang
    if isinstance(facts.get("told"), dict):  # what an event of a room says are facts like the others
        facts |= facts.pop("told")
    by = str(facts.get("by") or facts.get("user") or "")
    if told["kind"] == DECISION_SUPERSEDED:  # what it calls so is the decision that took the place of this one
        by, facts["superseded_by"] = "", by
    decided = told["kind"] in _DECIDED
    shown = [
        (html.named(lang, "act_fact", name), _value(page, told["kind"], name, value, names))
        for name, value in facts.items()
        if name not in _HIDDEN and not (decided and name == "action") and value not in ("", False, [], {}, None)
    ]
    return {
        **told,
        "name": html.named(lang, "act", told["kind"]),
        "by": names.get(by) or html.named(lang, "by", by),
        "by_id": by if by in names else "",
        "subject": told["subject"] if told["kind"].startswith("key.") else names.get(told["subject"], told["subject"]),
        "facts": shown,
        "decision": told["subject"] if decided else "",
        "action": facts.get("action", "") if decided else "",
    }


def _value(page: Shell, kind: str, name: str, value: Any, names: Mapping[str, str]) -> str:
    sort = kind.partition(".")[0]
    if name in _PEOPLE:
        return names.get(value, value)
    if name == "kind":
        return _first(page, (_KINDS.get(sort, "kind"), "kind"), value.replace(".", "_") if sort == "alert" else value)
    if name == "state":
        return _first(page, (f"{sort}_state", "state"), value)
    read = _READ.get(name)
    return _plain(page, name, value) if read is None else read(page, value)


def _plain(page: Shell, name: str, value: Any) -> str:
    """A value by the name of its fact, which those within it share unless they have names of their own."""
    if isinstance(value, list):
        parts = [_plain(page, name, one) for one in value if one not in (None, "")]
        more = [html.say(page.lang, "audit.more", n=len(parts) - _MOST)] if len(parts) > _MOST else []
        return _joined(page, [*parts[:_MOST], *more])
    if isinstance(value, dict):
        told = [(key, one) for key, one in value.items() if one not in ("", [], {}, None)]
        parts = [f"{html.named(page.lang, 'act_fact', key)} {_plain(page, key, one)}" for key, one in told]
        return _joined(page, parts)
    if isinstance(value, bool):
        return html.say(page.lang, "app.yes" if value else "app.no")
    if isinstance(value, int) and name not in _GROUPS:
        return figures.number(value)
    return _text(page, name, str(value))


def _text(page: Shell, name: str, value: str) -> str:
    if name in _CATEGORIES:
        value = _joined(page, [page.category(code) for code in value.split(",")])
    if _HEX.fullmatch(value):
        return f"{value[:_DIGEST]}…"
    if _MOMENT.match(value):
        return figures.clock(value)
    return _first(page, _GROUPS.get(name, ()), value)


def _first(page: Shell, groups: tuple[str, ...], value: str) -> str:
    """What the first of some groups that has a name for a value calls it."""
    return next((told for group in groups if (told := html.named(page.lang, group, value)) != value), value)


def _joined(page: Shell, parts: list[str]) -> str:
    return html.say(page.lang, "audit.and").join(parts)


def _moment(page: Shell, value: Any) -> str:
    return figures.clock(datetime.fromtimestamp(value, UTC)) if isinstance(value, int) else _text(page, "", value)


def _class(page: Shell, value: str) -> str:
    return next((said(one.name, page.lang) for one in CLASSES if one.code == value), value)


def _observed(page: Shell, value: str) -> str:
    """What was measured, or the categories of a violation."""
    signal = page.asked.serving.service.creators.book.formulas.shipped.signals.get(value)
    return _text(page, "category", value) if signal is None else said((signal.zh, signal.en), page.lang)


_READ: Final[dict[str, Callable[[Shell, Any], str]]] = {
    "class": _class,
    "day": lambda _, value: day_told(value),
    "filters": lambda page, value: _plain(page, "filters", dict(value)),
    "name": _observed,
    "occurred": _moment,
    "pack": lambda page, value: said(PACKS[value].name, page.lang) if value in PACKS else value,
    "said": lambda page, value: _plain(page, "said", orjson.loads(value)),
    "since": _moment,
    "told": lambda page, value: html.named(page.lang, "paper", _ENDS.get(value, str(value))),
    "step": lambda page, value: html.named(page.lang, "act", Step(value).act),
}
"""Facts that are read in a way of their own."""
