"""What the crowd detectors find in rooms of a grammar that they were not built on, and what they find where nothing is.

``python -m bench.rooms [GRAMMAR] [--rooms N] [--minutes M] [--seed S] [--show]``: plays rooms of every kind, judges
them in this process, and prints a row for each figure that is promised. ``--show`` lists what was missed or alarmed.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from moderation.load import load_engine
from moderation.risk import Advice
from moderation.room import ROOM
from moderation.types import Action
from service.simulate.court import Court
from service.simulate.grammar import read_grammar
from service.simulate.rooms import Kind, play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from moderation.engine import Engine
    from service.simulate.court import Judged
    from service.simulate.grammar import Grammar

EVALUATION = Path(__file__).parents[1] / "tests" / "cases" / "rooms" / "eval_grammar_fifth.toml"
ONSET = 5
"""Raids and floods are to be found by so many of their messages."""
THIRD = 2
"""The place of the third violation, counted from 0."""


class Figure(NamedTuple):
    """One measured share: so many of so many, and what was missed."""

    name: str
    promised: str
    found: int
    of: int
    missed: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """In percent."""
        return 100 * self.found / self.of if self.of else 100.0


def played(
    engine: Engine, grammar: Grammar, *, rooms: int, minutes: float, seed: int
) -> dict[Kind, list[list[Judged]]]:
    """Rooms of every kind, judged."""
    found: dict[Kind, list[list[Judged]]] = defaultdict(list)
    for kind in Kind:
        for number in range(rooms):
            lines = play(grammar, kind, seed=seed + number, minutes=minutes)
            found[kind].append(list(Court(engine).judged(lines, f"{kind}-{number}")))
    return found


def figures(rooms: dict[Kind, list[list[Judged]]]) -> list[Figure]:
    """A row for each figure that is promised, and for what belongs to it."""
    of = events_of(judged for many in rooms.values() for one in many for judged in one)
    calm = [
        judged
        for kind in (Kind.ORDINARY, Kind.OVERCLAIM)
        for one in rooms[kind]
        for judged in one
        if judged.line.kind != "host_speech" and judged.line.truth is None
    ]
    alarms = [judged for judged in calm if is_alarm(judged)]
    worded = [judged for judged in calm if judged.verdict.action > Action.PASS and not is_alarm(judged)]
    return [
        _found("split-message diversion", ">= 95 %", of["split"], is_led_away),
        _found("echoes of a blocked text", "", of["echo"], is_led_away),
        _found("asking viewers to spell", "", of["spell"], is_led_away),
        _found("raids, within 5 messages", ">= 98 %", of["raid"], is_flood, first=ONSET),
        _found("floods, within 5 messages", ">= 98 %", of["flood"], is_flood, first=ONSET),
        Figure("false alarms in ordinary rooms", "<= 1 in 10 000", len(alarms), len(calm), tuple(map(_told, alarms))),
        Figure(
            "ordinary messages that words hold", "", len(worded), len(calm), tuple([one.line.text for one in worded])
        ),
        _warned(rooms[Kind.OVERCLAIM]),
        _found("corrections recorded", "100 %", of["correction"], lambda judged: bool(judged.corrections)),
        _rooms_told("complaint surges told", rooms[Kind.COMPLAINTS], "surge"),
        _rooms_told("waves of praise told", rooms[Kind.COMPLAINTS], "praise"),
        _rooms_told("surges told in ordinary rooms", rooms[Kind.ORDINARY], "surge"),
    ]


def events_of(judged: Iterable[Judged]) -> dict[str, list[list[Judged]]]:
    """The messages that belong together, by what they are part of."""
    events: dict[str, dict[tuple[str, int], list[Judged]]] = defaultdict(lambda: defaultdict(list))
    for one in judged:
        if (truth := one.line.truth) is not None:
            events[truth.what][one.content.room or "", truth.event].append(one)
    return defaultdict(list, {what: list(found.values()) for what, found in events.items()})


def is_alarm(judged: Judged) -> bool:
    """Whether a room found something in a message that is part of nothing."""
    return judged.line.truth is None and any(item.source == ROOM for item in judged.verdict.evidence)


def is_led_away(judged: Judged) -> bool:
    """Whether a message does not pass, by whatever found it."""
    return judged.verdict.action >= Action.REVIEW


def is_flood(judged: Judged) -> bool:
    """Whether a message is part of a flood."""
    return "spam_flood" in judged.verdict.categories


def _found(
    name: str, promised: str, of: Sequence[Sequence[Judged]], is_found: Callable[[Judged], bool], first: int = 1000
) -> Figure:
    missed = [messages for messages in of if not any(map(is_found, messages[:first]))]
    return Figure(name, promised, len(of) - len(missed), len(of), tuple([_text(messages) for messages in missed]))


def _text(messages: Sequence[Judged]) -> str:
    return " / ".join([judged.line.text for judged in messages[:6]])


def _told(judged: Judged) -> str:
    rules = [f"{item.rule}{dict(item.facts)} {item.note}" for item in judged.verdict.evidence if item.source == ROOM]
    return f"{judged.line.text}: {', '.join(rules)}"


def _warned(rooms: Sequence[Sequence[Judged]]) -> Figure:
    missed, of = [], 0
    for room in rooms:
        claims = [one for one in room if one.line.truth is not None and one.line.truth.what == "claim"]
        if len(claims) <= THIRD:
            continue
        of += 1
        warned = [step.at for one in room for step in one.steps if step.advice is Advice.WARN_HOST and step.on]
        if not warned or warned[0] >= claims[THIRD].content.at.timestamp():
            missed.append(claims[0].content.room or "")
    return Figure("host warned before the third claim", ">= 95 %", of - len(missed), of, tuple(missed))


def _rooms_told(name: str, rooms: Sequence[Sequence[Judged]], kind: str) -> Figure:
    told = [any(signal.kind == kind and signal.on for judged in room for signal in judged.signals) for room in rooms]
    return Figure(name, "", sum(told), len(told))


def main() -> None:
    """Plays, judges and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.rooms", description=__doc__)
    parser.add_argument("grammar", nargs="?", type=Path, default=EVALUATION)
    parser.add_argument("--rooms", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    engine = load_engine()
    rooms = played(engine, read_grammar(asked.grammar), rooms=asked.rooms, minutes=asked.minutes, seed=asked.seed)
    messages = sum(len(one) for many in rooms.values() for one in many)
    print(f"{asked.grammar}: {asked.rooms} rooms of each kind, {asked.minutes:g} minutes, {messages} messages")
    print("| figure | promised | found | of | % |\n|---|---|---:|---:|---:|")
    for figure in figures(rooms):
        print(f"| {figure.name} | {figure.promised} | {figure.found} | {figure.of} | {figure.share:.2f} |")
        if asked.show:
            for missed, times in Counter(figure.missed).most_common(30):
                print(f"    {times} x {missed}")


if __name__ == "__main__":
    main()
