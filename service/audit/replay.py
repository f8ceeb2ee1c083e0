"""Decisions of a pack judged again: by the policy from what was recorded, or whole from contents that are retained.

Rules come from the archive, by the fingerprints that the decisions name; weights are those that the caller has. Only
what the engine decided is judged again: people's decisions are theirs.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from moderation.load import load_engine
from moderation.own import BETWEEN, engine_with, fingerprint_of, read_own, shared_part
from moderation.policy import SecondStage
from moderation.replay import policy_differences, whole_differences
from moderation.room import ROOM
from moderation.types import SECOND, TEXT, Missing, Opinion, Scene
from service.audit.archive import NotKept
from service.audit.make import RECORDS, record_from
from service.audit.records import verdict_of
from service.escalation import ESCALATED, joined
from service.experts import answers
from service.store import audit_statements as sql
from service.store.codec import content_from, verdict_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from moderation.engine import Case, Engine
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Evidence, Verdict
    from service.audit.archive import Archive
    from service.audit.reads import LogReads
    from service.audit.records import Lookup, Record, Told
    from service.experts import Answer
    from service.ports import TextModel

CLOSE: Final = 1.0
"""How far apart, in thousandths, scores of the second stage may be: it computes in another order elsewhere."""
CHUNK: Final = 500


class Replayed(NamedTuple):
    """What came of one decision: in what it differs. ``why`` says why it could not be judged again."""

    seq: int
    id: str
    differs: tuple[str, ...] = ()
    why: str = ""


class Rulebook:
    """Finds rulesets by the fingerprints that decisions name; ``instead`` stands for all of them, where it is given."""

    def __init__(self, reads: LogReads, archive: Archive, tenant: str, *, instead: Engine | None = None) -> None:
        self._reads, self._archive, self._tenant, self._instead = reads, archive, tenant, instead
        self._engines: dict[str, Engine] = {}
        self._files = {fingerprint: dict(orjson.loads(files)) for fingerprint, files in reads.rows(sql.RULESETS)}

    def ruleset(self, fingerprint: str) -> Ruleset:
        """The shared rules of a fingerprint. Raises ``NotKept`` and ``LoadErrors``."""
        return self.engine(shared_part(fingerprint)).ruleset

    def engine(self, fingerprint: str) -> Engine:
        """The engine of a fingerprint, with the tenant's own words if it has some. Raises as ``ruleset``."""
        if self._instead is not None:
            return self._instead
        if fingerprint not in self._engines:
            self._engines[fingerprint] = self._made(fingerprint)
        return self._engines[fingerprint]

    def _made(self, fingerprint: str) -> Engine:
        shared, _, own = fingerprint.partition(BETWEEN)
        if own:
            base = self.engine(shared)
            for (files,) in self._reads.rows(sql.OWN_LEXICONS, self._tenant):
                texts = orjson.loads(files)
                if fingerprint_of(texts) == own:
                    return engine_with(read_own(texts, base.ruleset), base)
            raise NotKept(fingerprint)
        if shared not in self._files:
            raise NotKept(fingerprint)
        engine = load_engine(*self._archive.rules(shared, self._files[shared]))
        if engine.ruleset.fingerprint != shared:
            raise NotKept(f"{fingerprint}: the archive holds {engine.ruleset.fingerprint}")
        return engine


def decisions_in(pack: Path) -> Iterator[list[Record]]:
    """The engine's decisions of a pack, some at a time."""
    with zipfile.ZipFile(pack) as archive, archive.open(RECORDS) as file:
        found: list[Record] = []
        for line in file:
            if b'"kind":"decision.auto"' in line:
                record = record_from(line)
                if record.kind == "decision.auto":
                    found.append(record)
            if len(found) == CHUNK:
                yield found
                found = []
        yield found


def by_policy(records: Iterable[Record], book: Rulebook) -> Iterator[Replayed]:
    """Weighs what was recorded again."""
    for record in records:
        facts = record.facts
        try:
            ruleset = book.ruleset(facts["ruleset"])
        except NotKept as error:
            yield Replayed(record.seq, record.subject, why=f"rules not kept: {error}")
            continue
        differs = policy_differences(_recorded(facts, _NAMES), Scene(facts["scene"]), ruleset)
        yield Replayed(record.seq, record.subject, tuple(differs))


class Bench:
    """Judges contents again: the text expert's stages, of which each may be absent."""

    def __init__(self, first: TextModel | None, second: Callable[[], TextModel | None]) -> None:
        self._first, self._open = first, second
        self._second: TextModel | None = None
        self._opened = False

    def verdict(self, case: Case, recorded: Verdict) -> tuple[Verdict | None, str]:
        """The verdict as the recorded one was made, or why it cannot be made."""
        # What the crowd of a room gave is in the record as numbers; the room itself is not.
        crowd: list[Evidence] = [item for item in recorded.evidence if item.source == ROOM]
        absent = {gone.source: gone for gone in recorded.missing}
        if not case.wants:
            return case.conclude(*crowd), ""
        if TEXT in absent:
            return case.conclude(*crowd, absent[TEXT]), ""
        if self._first is None:
            return (case.conclude(*crowd), "") if _unheard(recorded) else (None, "the text expert is off")
        (answer,) = answers(self._first, [case])
        answer, why = self._escalated(case, recorded, answer, absent.get(SECOND))
        return (None, why) if why else (case.conclude(*crowd, answer), "")

    def _escalated(self, case: Case, recorded: Verdict, answer: Answer, absent: Missing | None) -> tuple[Answer, str]:
        """Follows the recorded escalation."""
        if absent is not None:
            lacking = answer._replace(lacks=absent) if isinstance(answer, Opinion) else answer
            return lacking, ""
        facts = next((item.facts for item in recorded.evidence if ESCALATED in item.facts), None)
        always = case.policy.second_stage is SecondStage.ALWAYS
        if facts is None and not always:
            return answer, ""
        if not self._opened:
            self._second, self._opened = self._open(), True
        if self._second is None:
            return answer, "" if facts is None else "the second stage is absent"
        (heard,) = answers(self._second, [case])
        own = tuple(fact for fact in facts or (ESCALATED,) if fact[0] not in {"score_milli", "threshold_milli"})
        return joined(answer, heard, own), ""


def by_content(records: Sequence[Record], book: Rulebook, lookup: Lookup, bench: Bench) -> Iterator[Replayed]:
    """Judges retained contents again."""
    for told in lookup.about(records):
        record, facts, about = told
        if not about.body:
            yield Replayed(record.seq, record.subject, why="content erased")
            continue
        content = content_from(
            about.body,
            tenant=record.tenant,
            content_id=about.content,
            version=about.version,
            published_at=facts["published_at"],
        )
        try:
            yield _judged(told, content, book, bench)
        except NotKept as error:
            yield Replayed(record.seq, record.subject, why=f"rules not kept: {error}")


def _judged(told: Told, content: Content, book: Rulebook, bench: Bench) -> Replayed:
    record, facts = told.record, told.facts
    recorded = _recorded(facts, [part.name for part in content.parts])
    case = book.engine(facts["ruleset"]).examine(content)
    again, why = bench.verdict(case, recorded)
    if again is None:
        return Replayed(record.seq, record.subject, why=why)
    escalated = any(ESCALATED in item.facts for item in recorded.evidence)
    differs = whole_differences(recorded, again, close=CLOSE if escalated else 0.0)
    return Replayed(record.seq, record.subject, tuple(differs))


def _unheard(recorded: Verdict) -> bool:
    return not any(item.source == TEXT for item in recorded.evidence)


def _recorded(facts: dict[str, Any], names: Sequence[str]) -> Verdict:
    return verdict_told(
        verdict_of(facts),
        names,
        action=facts["action"],
        severity=facts["severity"],
        degraded=facts["degraded"],
        ruleset=facts["ruleset"],
    )


_NAMES: Final = tuple(map(str, range(1000)))
"""Names of parts, which are the caller's words and are in no act: numbers do where only spans are weighed."""
