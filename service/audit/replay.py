"""Decisions of a pack judged again: by the policy from what was recorded, or whole from contents that are retained.

Rules come from the archive, by the fingerprints that the decisions name, and weights by the names that their evidence
tells, or that were in force. Only what the engine decided is judged again: people's decisions are theirs.
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
from moderation.types import LET_GO, SECOND, TEXT, Missing, Opinion, Scene
from service.audit.archive import NotKept
from service.audit.make import RECORDS, record_from
from service.audit.records import verdict_of
from service.escalation import ESCALATED
from service.experts import answers
from service.store import audit_statements as sql
from service.store.codec import content_from, verdict_told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from moderation.engine import Case, Engine
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict
    from service.audit.archive import Archive
    from service.audit.reads import LogReads
    from service.audit.records import Lookup, Record, Told
    from service.audit.stages import InForce
    from service.ports import Answer, TextModel

CLOSE: Final = 1.0
"""How far apart, in thousandths, scores of the second stage may be: it computes in another order elsewhere."""
CHUNK: Final = 500
_SCORE: Final = frozenset({"score_milli", "threshold_milli"})
"""Facts that are the stage's own; the others tell of an escalation."""


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
        engine = load_engine(*self._archive.rules(shared, self._files[shared]), examples=False)  # they were live
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
    """Judges contents again. ``opened`` gives the stage of the text expert that has a name; it raises ``NotKept``."""

    def __init__(self, in_force: InForce, opened: Callable[[str], TextModel]) -> None:
        self._in_force, self._opened = in_force, opened
        self._stages: dict[str, TextModel | NotKept] = {}

    def verdict(self, case: Case, recorded: Verdict, seq: int) -> Verdict:
        """The verdict as the recorded one was made, by the act of this number. Raises ``NotKept``."""
        # What the crowd of a room gave is in the record as numbers; the room itself is not.
        crowd = [item for item in recorded.evidence if item.source == ROOM]
        again = case.conclude(*crowd)
        for answer in self._heard(case, recorded, seq) if case.wants else ():
            again = case.conclude(*crowd, answer)
            if not whole_differences(recorded, again):
                break
        return again

    def _heard(self, case: Case, recorded: Verdict, seq: int) -> Iterator[Answer]:
        """What was heard then; more than one answer where the record does not tell which."""
        absent = {gone.source: gone for gone in recorded.missing}
        told = next((item for item in recorded.evidence if item.source == TEXT), None)
        gone = next((item for item in recorded.exemptions if item.code in LET_GO), None)
        if TEXT in absent:
            yield absent[TEXT]
        elif told is not None:
            facts = tuple(fact for fact in told.facts if fact[0] not in _SCORE)
            yield self._asked(told.note, case, facts, absent.get(SECOND))
        elif gone is not None:
            yield self._asked(gone.note, case, (), absent.get(SECOND))
        else:
            first, second = self._in_force.at(seq)
            asks = case.policy.second_stage if second and SECOND not in absent else SecondStage.NEVER
            if first and asks is not SecondStage.ALWAYS:
                yield self._asked(first, case, (), absent.get(SECOND))
            if asks is not SecondStage.NEVER:  # where it is uncertain, it may have cleared what the first stage found
                yield self._asked(second, case, (ESCALATED,))

    def _asked(self, name: str, case: Case, facts: tuple[tuple[str, int], ...], lacks: Missing | None = None) -> Answer:
        (answer,) = answers(self._stage(name), [case])
        return answer._replace(facts=facts, lacks=lacks) if isinstance(answer, Opinion) else answer

    def _stage(self, name: str) -> TextModel:
        if name not in self._stages:
            try:
                self._stages[name] = self._opened(name)
            except NotKept as error:
                self._stages[name] = error
        found = self._stages[name]
        if isinstance(found, NotKept):
            raise found
        return found


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
    try:
        again = bench.verdict(case, recorded, record.seq)
    except NotKept as error:
        return Replayed(record.seq, record.subject, why=f"weights not kept: {error}")
    escalated = any(ESCALATED in item.facts for item in recorded.evidence)
    differs = whole_differences(recorded, again, close=CLOSE if escalated else 0.0)
    return Replayed(record.seq, record.subject, tuple(differs))


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
