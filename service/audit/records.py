"""Acts as the records of a pack: read from the log, with the contents that they are about, and filtered.

An act tells no text and neither creator nor room. Those stand in the content that it is about, which is looked up by
what the act names: a content with its version, or a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from service.acts import DECISION_AUTO, DECISION_FOLLOWED, DECISION_HUMAN, DECISION_TIMEOUT
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
        places = [_place(record, told, decisions) for record, told in zip(records, facts, strict=True)]
        contents = self._contents({place for place in places if place is not None})
        for record, told, place in zip(records, facts, places, strict=True):
            yield Told(record, told, _subject(told, place, contents))

    def decisions(self, ids: Iterable[str]) -> dict[str, tuple[str, int, str, str]]:
        """Content, version, action and scene of decisions by their ids."""
        rows = self._reads.rows(sql.DECISIONS_NAMED, self._tenant, orjson.dumps(sorted(ids)).decode())
        return {id_: (content, version, action, scene) for id_, content, version, action, scene in rows}

    def reviews(self, ids: Iterable[str]) -> dict[str, tuple[str, str | None, str | None]]:
        """When items were opened, are due and were late, by their ids."""
        rows = self._reads.rows(sql.REVIEWS_NAMED, self._tenant, orjson.dumps(sorted(ids)).decode())
        return {id_: (opened, due, late) for id_, opened, due, late in rows}

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


def wanted(told: Told, pack: Pack, asked: PackOrder) -> bool:
    """Whether an act of a kind that the pack takes is to be in it."""
    record, about = told.record, told.about
    if not asked.spans(record.at):
        return False
    if record.kind.startswith(HOUSE):
        return True
    if pack.scenes and about.scene and about.scene not in pack.scenes:
        return False
    for name in ("scene", "creator", "room"):
        if (value := getattr(asked, name)) and getattr(about, name) != value:
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


def _place(
    record: Record, facts: dict[str, Any], decisions: dict[str, tuple[str, int, str, str]]
) -> tuple[str, int] | None:
    content, version = facts.get("content"), facts.get("version")
    if isinstance(content, str) and isinstance(version, int):
        return content, version
    found = next((decisions[name] for name in _named(record, facts) if name in decisions), None)
    if found is not None:
        return found[0], found[1]
    return (content, 1) if isinstance(content, str) else None


def _subject(
    facts: dict[str, Any], place: tuple[str, int] | None, contents: dict[tuple[str, int], tuple[bytes, bytes]]
) -> Subject:
    scene, creator, room = (str(facts.get(name) or "") for name in ("scene", "creator", "room"))
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
