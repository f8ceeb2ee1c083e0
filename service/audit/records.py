"""Acts as the records of a pack: read from the log, with the contents that they are about, and filtered.

An act tells no text and neither creator nor room. Those stand in the content that it is about, which is looked up by
what the act names: a content with its version, a decision, or an item of the desk. Where it names a creator, that is
by a number of ours, which is looked up too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import DECISION_AUTO, DECISION_FOLLOWED, DECISION_HUMAN, DECISION_TIMEOUT
from service.ids import stamp
from service.store import audit_statements as sql
from service.vault import opened, opened_salt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.reasons import Language
    from service.audit.packs import Pack
    from service.audit.reads import LogReads

CHUNK: Final = 1000
"""So many acts are read at a time."""
HOUSE: Final = ("ruleset.", "lexicon.", "model.", "settings.", "service.", "log.", "retention.", "hold.")
"""Acts of these kinds hold for every room and every creator: a filter leaves them in."""
DECIDED: Final = frozenset({DECISION_AUTO, DECISION_FOLLOWED, DECISION_HUMAN, DECISION_TIMEOUT})
"""What a content is decided by: the machine, a person, what a person decided before, or nobody in time."""
_ITEMS: Final = ("report.", "review.")
"""The subject of such acts may be an item."""
_MEMBERS: Final = "creator."
"""The subject of such acts is a creator."""
_NAMES: Final = ("decision", "supersedes", "follows", "restores", "reinstates", "of")


class Record(NamedTuple):
    """An act. ``body`` is its canonical form, the leaf of the log."""

    seq: int
    at: str
    tenant: str
    kind: str
    subject: str
    body: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """What it tells."""
        facts: dict[str, Any] = orjson.loads(self.body)["facts"]
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOrder:
    """What is to be in a pack. Times are RFC 3339 UTC text, ``until`` not included; empty says any."""

    pack: str
    since: str = ""
    until: str = ""
    scene: str = ""
    creator: str = ""
    room: str = ""
    category: str = ""
    contents: bool = False
    unmasked: bool = False
    formats: tuple[str, ...] = ("csv",)
    lang: Language = "zh"

    @property
    def filters(self) -> dict[str, str]:
        """What it is narrowed to, besides the period."""
        told = {name: str(getattr(self, name)) for name in ("scene", "creator", "room", "category")}
        return {name: value for name, value in told.items() if value}

    def spans(self, at: str) -> bool:
        """Whether a time is within its period."""
        return self.since <= at and (not self.until or at < self.until)


class Subject(NamedTuple):
    """What an act is about, as far as it is known. ``body`` is the content's, empty once it was erased."""

    content: str = ""
    version: int = 0
    scene: str = ""
    creator: str = ""
    room: str = ""
    body: bytes = b""
    salt: bytes = b""


Accounts = tuple[tuple[str, str, str], ...]
"""The accounts of a creator: the name of each, since when and until when; empty for ever."""


class Told(NamedTuple):
    """An act with its facts and what it is about."""

    record: Record
    facts: dict[str, Any]
    about: Subject


class Lookup:
    """Finds what acts are about, many at a time."""

    def __init__(self, reads: LogReads, tenant: str) -> None:
        self._reads, self._tenant = reads, tenant

    def about(self, records: Sequence[Record]) -> Iterator[Told]:
        """Each act with what it is about."""
        facts = [record.facts for record in records]
        decisions = self.decisions(
            {name for record, told in zip(records, facts, strict=True) for name in _named(record, told)}
        )
        items = self._items([_item(record, told) for record, told in zip(records, facts, strict=True)])
        places = [_place(record, told, decisions, items) for record, told in zip(records, facts, strict=True)]
        contents = self._contents({place for place in places if place is not None})
        creators = [_creator(record, told) for record, told in zip(records, facts, strict=True)]
        names = self._names(creators)
        for record, told, place, creator in zip(records, facts, places, creators, strict=True):
            yield Told(record, told, _subject(told, place, names.get(creator, creator), contents))

    def decisions(self, ids: Iterable[str]) -> dict[str, tuple[str, int, str, str]]:
        """Content, version, action and scene of decisions by their ids."""
        rows = self._reads.rows(sql.DECISIONS_NAMED, self._tenant, orjson.dumps(sorted(ids)).decode())
        return {id_: (content, version, action, scene) for id_, content, version, action, scene in rows}

    def reviews(self, ids: Iterable[str]) -> dict[str, tuple[str, str | None, str | None]]:
        """When items were opened, are due and were late, by their ids."""
        rows = self._reads.rows(sql.REVIEWS_NAMED, self._tenant, orjson.dumps(sorted(ids)).decode())
        return {id_: (opened, due, late) for id_, opened, due, late in rows}

    def _items(self, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        rows = self._reads.rows(sql.REVIEWS_ABOUT, self._tenant, orjson.dumps(sorted({*ids} - {""})).decode())
        return {id_: (content, version) for id_, content, version in rows}

    def _names(self, ids: Iterable[str]) -> dict[str, str]:
        return dict(self._reads.rows(sql.MEMBERS_NAMED, self._tenant, orjson.dumps(sorted({*ids} - {""})).decode()))

    def _contents(self, places: set[tuple[str, int]]) -> dict[tuple[str, int], tuple[bytes, bytes]]:
        if not places:
            return {}
        rows = self._reads.rows(sql.VERSIONS_NAMED, self._tenant, orjson.dumps(sorted(places)).decode())
        return {(content, version): (opened(body), opened_salt(salt)) for content, version, salt, body in rows}


def records(reads: LogReads, tenant: str, first: int, end: int) -> Iterator[tuple[int, list[Record]]]:
    """The acts of a tenant and of the house in ``[first, end)``, a chunk at a time, each with where the next begins."""
    for start in range(first, end, CHUNK):
        upto = min(start + CHUNK, end)
        yield upto, [Record(*row) for row in reads.rows(sql.RECORDS, start, upto, tenant)]


def accounts_of(reads: LogReads, tenant: str, creator: str) -> Accounts:
    """The accounts that are or were linked to a creator."""
    rows = reads.rows(sql.ACCOUNTS_HELD, tenant, creator)
    return tuple((name, _second(since), "" if until is None else _second(until + 1)) for name, since, until in rows)


def _second(number: int) -> str:
    return stamp(datetime.fromtimestamp(number, UTC))


def wanted(told: Told, pack: Pack, asked: PackOrder, accounts: Accounts = ()) -> bool:
    """Whether an act of a kind that the pack takes is to be in it. ``accounts`` are those of the creator asked for."""
    record, about = told.record, told.about
    if not asked.spans(record.at):
        return False
    if record.kind.startswith(HOUSE):
        return True
    if about.scene and not pack.tells(about.scene, about.room):
        return False
    for name in ("scene", "room"):
        if (value := getattr(asked, name)) and getattr(about, name) != value:
            return False
    if asked.creator and about.creator != asked.creator:
        spans = [(since, until) for name, since, until in accounts if name == about.creator]
        if not any(since <= record.at and (not until or record.at < until) for since, until in spans):
            return False
    return not asked.category or asked.category in categories_of(told.facts)


def verdict_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The verdict of a decision; empty where an act tells none."""
    return facts.get("verdict") or {}


def categories_of(facts: dict[str, Any]) -> list[str]:
    """The categories of a decision's verdict."""
    verdict = verdict_of(facts)
    found = verdict.get("categories") or [one["category"] for one in verdict.get("evidence", ())]
    return list(dict.fromkeys(found))


def _named(record: Record, facts: dict[str, Any]) -> list[str]:
    """The decisions that an act may name, where it does not name a version of a content itself."""
    if "content" in facts and "version" in facts:
        return []
    own = [record.subject] if record.kind.startswith("decision.") else []
    return own + [facts[name] for name in _NAMES if isinstance(facts.get(name), str)]


def _item(record: Record, facts: dict[str, Any]) -> str:
    """The item that an act may name."""
    named = facts.get("review")
    return named if isinstance(named, str) else record.subject if record.kind.startswith(_ITEMS) else ""


def _creator(record: Record, facts: dict[str, Any]) -> str:
    """What an act names a creator by."""
    return record.subject if record.kind.startswith(_MEMBERS) else str(facts.get("creator") or "")


def _place(
    record: Record,
    facts: dict[str, Any],
    decisions: dict[str, tuple[str, int, str, str]],
    items: dict[str, tuple[str, int]],
) -> tuple[str, int] | None:
    content, version = facts.get("content"), facts.get("version")
    if isinstance(content, str) and isinstance(version, int):
        return content, version
    found = next((decisions[name] for name in _named(record, facts) if name in decisions), None)
    if found is not None:
        return found[0], found[1]
    return (content, 1) if isinstance(content, str) else items.get(_item(record, facts))


def _subject(
    facts: dict[str, Any],
    place: tuple[str, int] | None,
    creator: str,
    contents: dict[tuple[str, int], tuple[bytes, bytes]],
) -> Subject:
    scene, room = (str(facts.get(name) or "") for name in ("scene", "room"))
    if place is None:
        return Subject(scene=scene, creator=creator, room=room)
    body, salt = contents.get(place, (b"", b""))
    if not body:
        return Subject(*place, scene, creator, room)
    read = orjson.loads(body)
    return Subject(
        *place,
        scene=scene or read.get("scene", ""),
        creator=creator or (read.get("author") or [""])[0] or "",
        room=room or read.get("room") or "",
        body=body,
        salt=salt,
    )
