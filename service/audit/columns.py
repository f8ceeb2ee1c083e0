"""What each column of a table tells of an act: values of cells, text or whole numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from moderation.types import SHANGHAI
from service.audit.mask import masked
from service.audit.records import categories_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.audit.packs import Table
    from service.audit.records import Told

Cell = str | int | None
_SHOWN: Final = frozenset({"by", "content", "version", "commitment", "verdict", "scene", "room", "creator", "action"})
"""Facts that have columns of their own."""
_JOINED: Final = "; "


@dataclass(frozen=True, slots=True)
class Beside:
    """What rows need besides their acts: decisions and items by id, whether texts are told, and masked."""

    decisions: Mapping[str, tuple[str, int, str, str]]
    reviews: Mapping[str, tuple[str, str | None, str | None]]
    texts: bool = False
    unmasked: bool = False


def local(at: str | None) -> str:
    """A time of the acts as ISO 8601 in Chinese time."""
    return datetime.fromisoformat(at).astimezone(SHANGHAI).isoformat(timespec="milliseconds") if at else ""


def takes(table: Table, told: Told) -> bool:
    """Whether a table has a row for an act."""
    kind = told.record.kind
    if not table.takes(kind):
        return False
    if kind.startswith("decision.") and table.kinds != ("*",):
        if table.scenes and told.about.scene not in table.scenes:
            return False
        if table.actions and told.facts.get("action") not in table.actions:
            return False
        if table.with_:
            return bool(COLUMNS[table.with_](told, _NOTHING))
    return True


def row(table: Table, told: Told, beside: Beside) -> list[Cell]:
    """The cells of an act in a table."""
    return [COLUMNS[name](told, beside) for name in table.columns]


def text_of(told: Told, beside: Beside) -> str:
    """What the content says, its parts line by line, masked unless it may not be."""
    if not told.about.body:
        return ""
    text = "\n".join(part for _, part in orjson.loads(told.about.body)["parts"])
    return text if beside.unmasked else masked(text)


def _fact(name: str) -> Callable[[Told, Beside], Cell]:
    def cell(told: Told, _: Beside) -> Cell:
        value = told.facts.get(name)
        if isinstance(value, bool):
            return int(value)
        return value if isinstance(value, (str, int)) or value is None else orjson.dumps(value).decode()

    return cell


def _evidence(told: Told) -> list[dict[str, Any]]:
    return list(verdict_of(told.facts).get("evidence", ()))


def _of_content(name: str) -> Callable[[Told, Beside], Cell]:
    def cell(told: Told, beside: Beside) -> Cell:
        value = orjson.loads(told.about.body).get(name) if told.about.body else None
        if isinstance(value, list):
            value = _JOINED.join(map(str, value))
        if value is None:
            return ""
        return str(value) if beside.unmasked else masked(str(value))

    return cell


def _listed(told: Told, name: str) -> str:
    return _JOINED.join(dict.fromkeys(value for one in _evidence(told) for value in one.get(name, ())))


def _spans(told: Told, _: Beside) -> str:
    return _JOINED.join("{}:{}-{}".format(*one["span"]) for one in _evidence(told))


def _exemptions(told: Told, _: Beside) -> str:
    exempt = verdict_of(told.facts).get("exemptions", ())
    return _JOINED.join(dict.fromkeys(f"{one['rule']}→{one['code']}" for one in exempt))


def _signals(told: Told, _: Beside) -> str:
    found = [f"{one['rule']}.{name}={number}" for one in _evidence(told) for name, number in one.get("facts", ())]
    return _JOINED.join(dict.fromkeys(found))


def _missing(told: Told, _: Beside) -> str:
    gone = verdict_of(told.facts).get("missing", ())
    return _JOINED.join(f"{one['source']}({one['why']})" for one in gone)


def _before(told: Told, beside: Beside) -> str:
    found = beside.decisions.get(str(told.facts.get("supersedes", "")))
    return found[2] if found else ""


def _disagrees(told: Told, beside: Beside) -> Cell:
    before = _before(told, beside)
    return int(before != told.facts.get("action")) if before and "action" in told.facts else ""


def _reasons(told: Told, _: Beside) -> str:
    return _JOINED.join("/".join(map(str, filter(None, reason))) for reason in told.facts.get("reasons", ()))


def _reviewed(told: Told, beside: Beside) -> tuple[str, str | None, str | None] | None:
    return beside.reviews.get(str(told.facts.get("review", "")))


def _review(place: int) -> Callable[[Told, Beside], Cell]:
    def cell(told: Told, beside: Beside) -> Cell:
        found = _reviewed(told, beside)
        return local(found[place]) if found else ""

    return cell


def _waited(told: Told, beside: Beside) -> Cell:
    found = _reviewed(told, beside)
    if not found:
        return ""
    return int((datetime.fromisoformat(told.record.at) - datetime.fromisoformat(found[0])).total_seconds())


def _in_time(told: Told, beside: Beside) -> Cell:
    found = _reviewed(told, beside)
    return int(not found[1] or told.record.at <= found[1]) if found else ""


def _facts(told: Told, _: Beside) -> str:
    left = {name: value for name, value in told.facts.items() if name not in _SHOWN}
    return orjson.dumps(left, option=orjson.OPT_SORT_KEYS).decode() if left else ""


COLUMNS: Final[Mapping[str, Callable[[Told, Beside], Cell]]] = {
    "seq": lambda told, _: told.record.seq,
    "time": lambda told, _: local(told.record.at),
    "kind": lambda told, _: told.record.kind,
    "subject": lambda told, _: told.record.subject,
    "decision": lambda told, _: told.record.subject,
    "by": _fact("by"),
    "review": _fact("review"),
    "scene": lambda told, _: told.about.scene,
    "room": lambda told, _: told.about.room,
    "creator": lambda told, _: told.about.creator,
    "content": lambda told, _: told.about.content,
    "version": lambda told, _: told.about.version or "",
    "commitment": _fact("commitment"),
    "action": _fact("action"),
    "severity": _fact("severity"),
    "degraded": _fact("degraded"),
    "ruleset": _fact("ruleset"),
    "supersedes": _fact("supersedes"),
    "round": _fact("round"),
    "categories": lambda told, _: _JOINED.join(categories_of(told.facts)),
    "rules": lambda told, _: _JOINED.join(dict.fromkeys(one["rule"] for one in _evidence(told))),
    "laws": lambda told, _: _listed(told, "laws"),
    "proof": lambda told, _: _JOINED.join(map(_one, verdict_of(told.facts).get("proof", ()))),
    "spans": _spans,
    "exemptions": _exemptions,
    "signals": _signals,
    "missing": _missing,
    "before": _before,
    "disagrees": _disagrees,
    "reasons": _reasons,
    "queued": _review(0),
    "due": _review(1),
    "queue_seconds": _waited,
    "in_time": _in_time,
    "industry": _of_content("industry"),
    "product": _of_content("product"),
    "certificates": _of_content("qualifications"),
    "text": lambda told, beside: text_of(told, beside) if beside.texts else "",
    "facts": _facts,
}
_NOTHING: Final = Beside({}, {})


def _one(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
