"""What people say of texts: kept for retraining, each text's labels an act. Texts stand in ``contents`` alone.

A judgement is all that somebody said of one text at once: 1 or 0 for each head that they know. Who judges in a
transaction of their own (the review desk) records ``facts`` and ``writes`` with their own act. The newest label of a
text and head is the one that counts; older ones stay. A judgement that is a decision has its id, and counts for nothing
once that was superseded.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from moderation.errors import LoadError, LoadErrors
from moderation.told import Told, Wrong
from moderation.types import Content, Part, Scene
from service.acts import LABEL_ADDED, Act
from service.filing import kept
from service.ids import from_stamp, new_id, now
from service.ports import Write
from service.store import statements
from service.store.codec import content_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.ledger import Ledger
    from service.store.reads import LabelRow, Reads

ENOUGH = 1_000
"""So many texts must have got labels since the last training before there may be another."""
MOST_CHARS = 20_000
_GROUP = 512
"""So many texts are handed to the ledger at a time."""


class Origin(StrEnum):
    """Where a label comes from. ``GOLDEN``: a text whose answer is known, with which reviewers are tried."""

    IMPORT = "import"
    REVIEW = "review"
    APPEAL = "appeal"
    GOLDEN = "golden"


class Drawn(StrEnum):
    """How a text was chosen for labelling."""

    UNCERTAIN = "uncertain"
    RANDOM = "random"
    DISAGREEMENT = "disagreement"


class Said(NamedTuple):
    """A line of a file of labels: a text, or the decision on it; 1 or 0 for some heads; how it was drawn."""

    line: int
    text: str
    labels: Mapping[str, int]
    drawn: Drawn | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What somebody said of one version of a content."""

    tenant: str
    content: str
    version: int
    labels: Mapping[str, int]
    origin: Origin
    by: str
    id: str
    drawn: Drawn | None = None

    def facts(self) -> dict[str, object]:
        """What an act tells of it, under the name ``judgement``."""
        told = {"id": self.id, "content": self.content, "version": self.version, "labels": dict(self.labels)}
        return {"judgement": {**told, "by": self.by, "drawn": self.drawn or "", "origin": self.origin}}

    def writes(self) -> list[Write]:
        """Its rows, for whoever records the act that tells of them; the act falls where there is no such content."""
        at = now()
        place = (self.tenant, self.content, self.version)
        said = (self.origin.value, self.drawn.value if self.drawn else "", self.by, at)
        return [
            Write(statements.INSERT_LABEL, (self.id, head, value, *said, *place)) for head, value in self.labels.items()
        ]


class Imported(NamedTuple):
    """What came of a file: texts that got labels, texts of which everything was known, lines without an answer."""

    added: int
    known: int
    unanswered: int


class LabelCounts(NamedTuple):
    """What a tenant's labels come to. ``new``: its texts with labels since the last training.

    ``lacking``: so many more, whosever they are, are needed for another.
    """

    texts: int
    new: int
    lacking: int
    heads: Mapping[str, tuple[int, int]]
    """For each head the texts that are and that are not."""
    origins: Mapping[str, int]
    drawn: Mapping[str, int]


class Labels:
    """Keeps order among those who add labels in this process."""

    def __init__(self, ledger: Ledger, reads: Reads) -> None:
        self._ledger, self._reads = ledger, reads
        self._turn = asyncio.Lock()

    async def import_(self, said: Sequence[Said], *, tenant: str, origin: Origin, by: str) -> Imported:
        """Records what a file says; what is known already is not told twice.

        Raises ``LoadErrors`` for decisions that do not exist or are about another text: nothing is recorded then.
        """
        async with self._turn:
            decided = await self._decided(said, tenant)
            known = _Known(await self._reads.labels(tenant))
            added = 0
            for start in range(0, len(said), _GROUP):
                recording = []
                for one in said[start : start + _GROUP]:
                    place = known.place(one.text) or decided.get(one.decision)
                    fresh = known.fresh(one)
                    if not fresh:
                        continue
                    content, version = place or (f"label-{new_id()}", 1)
                    judgement = Judgement(
                        tenant=tenant, content=content, version=version, labels=fresh, origin=origin, by=by,
                        id=new_id(), drawn=one.drawn,
                    )  # fmt: skip
                    known.learn(one.text, judgement)
                    act, writes = _act(judgement), judgement.writes()
                    recording.append(
                        self._ledger.record(act, *writes) if place else self._with_text(one.text, judgement)
                    )
                await asyncio.gather(*recording)
                added += len(recording)
            answered = sum(bool(one.labels) for one in said)
            return Imported(added, answered - added, len(said) - answered)

    async def counts(self, tenant: str) -> LabelCounts:
        """Counts of a tenant's labels."""
        told = await self._reads.label_counts(tenant)
        origins: Counter[str] = Counter()
        drawn: Counter[str] = Counter()
        for origin, how, number in told.judged:
            origins[origin] += number
            drawn[how or "-"] += number
        new, _ = await self._reads.labels_since_training(tenant)
        of_all, _ = await self._reads.labels_since_training()
        return LabelCounts(told.texts, new, max(0, ENOUGH - of_all), told.heads, dict(origins), dict(drawn))

    async def _with_text(self, text: str, judgement: Judgement) -> None:
        """Records a judgement and the text that it is about."""
        words = kept(judgement.tenant, judgement.content, _content(text), now())
        act = _act(judgement)
        act = act._replace(facts={**act.facts, "commitment": words.facts["commitment"]})
        await self._ledger.record(act, words.row, *judgement.writes())

    async def _decided(self, said: Sequence[Said], tenant: str) -> dict[str, tuple[str, int]]:
        """Which version of which content the decisions named are about."""
        found: dict[str, tuple[str, int]] = {}
        errors = []
        for one in said:
            if not one.decision or not one.labels:
                continue
            stored = await self._reads.decision(tenant, one.decision)
            if stored is None:
                told = Told(f"没有判定 {one.decision}", f"there is no decision {one.decision}")
                errors.append(LoadError("", one.line, told))
            elif "\n".join(part.text for part in stored.content.parts) != one.text:
                told = Told(f"判定 {one.decision} 的文本与此不同", f"the decision {one.decision} is about another text")
                errors.append(LoadError("", one.line, told))
            else:
                found[one.decision] = stored.content.id, stored.content.version
        if errors:
            raise LoadErrors(errors)
        return found


class _Known:
    """What has been said of each text, the newest label of a head."""

    def __init__(self, rows: Iterable[LabelRow]) -> None:
        self._places: dict[str, tuple[str, int]] = {}
        self._said: dict[str, dict[str, int]] = {}
        for row in rows:
            self._places.setdefault(row.text, (row.content, row.version))
            self._said.setdefault(row.text, {})[row.head] = row.value

    def place(self, text: str) -> tuple[str, int] | None:
        return self._places.get(text)

    def fresh(self, said: Said) -> dict[str, int]:
        """The labels of a line that are new or other than before."""
        before = self._said.get(said.text, {})
        return {head: value for head, value in said.labels.items() if before.get(head) != value}

    def learn(self, text: str, judgement: Judgement) -> None:
        self._places.setdefault(text, (judgement.content, judgement.version))
        self._said.setdefault(text, {}).update(judgement.labels)


def _act(judgement: Judgement) -> Act:
    return Act(LABEL_ADDED, judgement.id, judgement.tenant, judgement.facts())


def _content(text: str) -> Content:
    """A text that came with its labels, as ``contents`` holds it: of no scene in particular."""
    return Content(scene=Scene.UGC, parts=(Part("text", text),), at=from_stamp(now()))


def read(lines: Iterable[bytes], heads: Sequence[str], *, file: str = "") -> list[Said]:
    """The lines of a JSONL file: ``text``, ``labels`` (a head -> 0 or 1), perhaps ``drawn`` and ``decision``.

    Labels may be empty: a text that nobody has answered for yet.

    Raises:
        LoadErrors: with every line that is no such thing.
    """
    found: list[Said] = []
    errors: list[LoadError] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_said(line, number, heads))
        except _Amiss as amiss:
            errors.append(LoadError(file, number, amiss.told))
    if errors:
        raise LoadErrors(errors)
    return found


class _Amiss(Wrong):
    """A line that is no labelled text, and why."""


def _said(line: bytes, number: int, heads: Sequence[str]) -> Said:
    try:
        told = json.loads(line)
    except ValueError as error:
        raise _Amiss("不是合法的 JSON", f"is no JSON: {error}") from None
    if not isinstance(told, dict) or not isinstance(told.get("text"), str) or not told["text"].strip():
        raise _Amiss("应为含 text 的对象", "expected an object with a text")
    text, labels, drawn, decision = told["text"], told.get("labels"), told.get("drawn"), told.get("decision", "")
    if len(text) > MOST_CHARS:
        zh = f"文本有 {len(text)} 字，最多 {MOST_CHARS} 字"
        raise _Amiss(zh, f"the text has {len(text)} characters; at most {MOST_CHARS} may be")
    if not isinstance(labels, dict) or any(type(value) is not int or value not in {0, 1} for value in labels.values()):
        raise _Amiss("应有 labels：每个标签为 0 或 1", "expected labels, a head -> 0 or 1")
    if unknown := sorted(labels.keys() - set(heads)):
        listed, known = ", ".join(unknown), ", ".join(heads)
        raise _Amiss(f"未知的标签 {listed}；已知的有 {known}", f"unknown heads {listed}; expected {known}")
    if drawn not in {None, "", *Drawn}:
        known = ", ".join(Drawn)
        raise _Amiss(f"drawn 应为其中之一：{known}", f"drawn must be one of {known}")
    if not isinstance(decision, str):
        raise _Amiss("decision 应为判定的编号", "decision must be a decision's id")
    try:
        content_body(_content(text))
    except ValueError as error:
        raise _Amiss("文本无法保存", f"the text cannot be kept: {error}") from None
    return Said(number, text, labels, Drawn(drawn) if drawn else None, decision)
