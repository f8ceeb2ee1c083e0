"""Judges a played room in this process, as the service would: verdicts, retractions, risk, corrections and signals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.corrections import Speech, listen
from moderation.risk import Risk, corrected, marks, weigh
from moderation.room import GIFT, RoomState
from moderation.signals import Moods, Watch, feel, watch
from moderation.types import Author, Content, Part, Role, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from moderation.corrections import Correction
    from moderation.engine import Case, Engine
    from moderation.liverules import LiveRules
    from moderation.risk import Step
    from moderation.signals import Signal
    from moderation.types import Verdict
    from service.simulate.rooms import Line

START = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""When a played room begins, unless somebody says otherwise."""
SLICE = 32
"""So many messages are folded at a time."""


class Judged(NamedTuple):
    """One line with what came of it. ``retracts`` are ids of earlier contents."""

    line: Line
    content: Content
    verdict: Verdict
    retracts: tuple[str, ...]
    steps: tuple[Step, ...]
    corrections: tuple[Correction, ...]
    signals: tuple[Signal, ...]


def content_of(line: Line, room: str, number: int, start: datetime = START) -> Content:
    """A line as the court reads it."""
    speech = line.kind == "host_speech"
    return Content(
        scene=Scene.LIVE_SPEECH if speech else Scene.LIVE_CHAT,
        parts=(Part(GIFT if line.kind == "gift" else "text", line.text),),
        at=start + timedelta(seconds=line.at),
        id=f"{room}-{number}",
        author=Author(id=line.author, role=Role.HOST if speech else Role.USER, age_days=line.age_days),
        room=room,
    )


def message_of(line: Line, room: str, number: int, start: datetime = START) -> dict[str, Any]:
    """A line as ``POST /v1/rooms/{room}/messages`` takes it."""
    message: dict[str, Any] = {
        "id": f"{room}-{number}",
        "kind": line.kind,
        "author_id": line.author,
        "text": line.text,
        "at": (start + timedelta(seconds=line.at)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if line.age_days is not None:
        message["account_age_days"] = line.age_days
    if line.kind == "host_speech":
        message["offset_ms"] = int(line.at * 1000)
    return message


class Court:
    """Keeps one room between its messages."""

    def __init__(self, engine: Engine) -> None:
        if engine.ruleset.live is None:
            raise ValueError("these rules say nothing of rooms: lexicons/live.toml is missing")
        self._engine, self._rules = engine, engine.ruleset.live
        self._room, self._risk, self._speech = RoomState(), Risk(), Speech()
        self._watch, self._moods = Watch(), Moods()

    def judged(self, lines: Sequence[Line], room: str, start: datetime = START) -> Iterator[Judged]:
        """Every line with its verdict, in order."""
        for first in range(0, len(lines), SLICE):
            some = lines[first : first + SLICE]
            contents = [content_of(line, room, first + number, start) for number, line in enumerate(some)]
            self._room, cases = self._engine.hear(self._room, contents)
            for line, case in zip(some, cases, strict=True):
                yield self._follow(line, case, self._rules)

    def _follow(self, line: Line, case: Case, rules: LiveRules) -> Judged:
        content, verdict = case.content, case.conclude()
        steps: list[Step] = []
        for mark in marks(content, verdict, rules.risk):
            self._risk, more = weigh(self._risk, mark, rules.risk)
            steps += more
        self._speech, corrections = listen(self._speech, content, verdict, rules)
        for item in corrections:
            self._risk, more = corrected(self._risk, item.at, item.claim.category, rules.risk)
            steps += more
        at, text = content.at.timestamp(), line.text
        self._watch, signals = watch(self._watch, at, verdict.categories, rules.signals)
        if line.kind == "chat":
            self._moods, moods = feel(
                self._moods, at, author=line.author, text=text, categories=verdict.categories, rules=rules.signals
            )
            signals += moods
        retracts = tuple([item.content_id for item in case.retracts])
        return Judged(line, content, verdict, retracts, tuple(steps), corrections, signals)
