"""Plays believable live rooms from a grammar: ordinary talk, and what is mixed into it, each message with its truth.

The same seed gives the same room. Nothing here knows what the detectors look for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.simulate.grammar import Grammar

NEW_VIEWERS, AGES_UNKNOWN, HALF = 0.08, 0.3, 0.5
"""The share of ordinary viewers with a new account, of rooms whose gateway tells no ages, and of one thing of two."""
TALK, ASKS, CHANTS, BITS, GIFTS = 0.42, 0.60, 0.91, 0.95, 0.985
"""What ordinary viewers do, as bounds of a draw between 0 and 1; what is left are complaints."""
AGAIN = 0.06
"""The share of questions that are asked again, as nobody answered."""
WAVE, ECHOES = 8, 3
"""So many people say one line of praise, and repeat a blocked text with edits."""
HOST = "host"
DIVERSIONS = ("chars", "chunks", "backwards", "two", "three", "fillers", "code", "number", "lure", "asks")
"""How viewers are led away: a character or a chunk a message, backwards, by two or three accounts, between ordinary
words, a pasted account or number, openly and then with edits, or by asking others to spell it."""


class Kind(StrEnum):
    """What happens in a room."""

    ORDINARY = "ordinary"
    DIVERSION = "diversion"
    RAID = "raid"
    OVERCLAIM = "overclaim"
    COMPLAINTS = "complaints"


class Truth(NamedTuple):
    """What a message is part of: ``what`` happens, in which event, and how many messages of the event came before."""

    what: str
    event: int
    part: int
    last: bool


class Line(NamedTuple):
    """One message of a room. ``at`` is in seconds since the room began; no truth: an ordinary message."""

    at: float
    kind: str
    author: str
    age_days: int | None
    text: str
    truth: Truth | None = None


@dataclass(slots=True)
class Stage:
    """One room being played: chance, grammar, viewers, and the lines so far (in no order)."""

    grammar: Grammar
    chance: Random
    seconds: float
    rate: float
    lines: list[Line] = field(default_factory=list)
    invites: list[float] = field(default_factory=list)
    knows_ages: bool = True
    viewers: list[tuple[str, int | None]] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    decks: dict[str, list[str]] = field(default_factory=dict)
    events: Iterator[int] = field(default_factory=count)
    bots: Iterator[int] = field(default_factory=count)

    def add(self, at: float, who: tuple[str, int | None], text: str, truth: Truth | None = None) -> None:
        """A chat message, if the show still runs."""
        if 0 <= at < self.seconds:
            self.lines.append(Line(at, "chat", *who, text, truth))

    def viewer(self, at: float, until: float) -> tuple[str, int | None]:
        """One of those who watch and are not typing; some speak more often than others. They type ``until`` then."""
        for _ in range(20):
            who = self.viewers[min(int(self.chance.expovariate(1) * len(self.viewers) / 4), len(self.viewers) - 1)]
            if self.busy.get(who[0], 0.0) <= at:
                break
        self.busy[who[0]] = until
        return who

    def fresh(self, name: str) -> str:
        """A sentence of a list, none again before all were said: people do not say one thing by chance."""
        deck = self.decks.setdefault(name, [])
        if not deck:
            deck.extend(self.chance.sample(self.grammar.frames[name], len(self.grammar.frames[name])))
        return self.grammar.fill(self.chance, deck.pop())

    def account(self, *, new: bool) -> tuple[str, int | None]:
        """Somebody who was not here before."""
        days = self.chance.randrange(6) if new else self.chance.randrange(30, 2000)
        return f"bot-{next(self.bots)}", days if self.knows_ages else None

    def say(self, name: str) -> str:
        """A sentence of a list of the grammar."""
        return self.grammar.say(self.chance, name)


def play(grammar: Grammar, kind: Kind, *, seed: int, minutes: float = 10, rate: float = 2.0) -> list[Line]:
    """The lines of one room in the order of time. ``rate`` is the number of ordinary chat messages a second."""
    chance = Random(f"{kind}/{seed}")  # noqa: S311 - a play, no secret
    stage = Stage(grammar, chance, minutes * 60, rate)
    stage.knows_ages = chance.random() >= AGES_UNKNOWN
    for number in range(max(20, int(rate * 60))):
        days = chance.randrange(7) if chance.random() < NEW_VIEWERS else int(chance.expovariate(1 / 500)) + 7
        stage.viewers.append((f"viewer-{number}", days if stage.knows_ages else None))
    _chatter(stage)
    _host(stage)
    if kind is Kind.DIVERSION:
        _spread(stage, 45, _divert)
    elif kind is Kind.RAID:
        _spread(stage, 75, _attack)
    elif kind is Kind.OVERCLAIM:
        _overclaim(stage)
    elif kind is Kind.COMPLAINTS:
        _complain(stage)
    return sorted(stage.lines, key=lambda line: line.at)


def _spread(stage: Stage, seconds: float, event: Callable[[Stage, float], None]) -> None:
    """An event every now and then, about so many seconds apart."""
    at = stage.chance.uniform(20, 40)
    while at < stage.seconds - 45:
        event(stage, at)
        at += stage.chance.uniform(0.7, 1.3) * seconds


def _chatter(stage: Stage) -> None:
    """Ordinary talk: questions, chants, a question asked again, a thought in three messages, gifts, a complaint."""
    chance, at = stage.chance, 0.0
    while (at := at + chance.expovariate(stage.rate)) < stage.seconds:
        draw = chance.random()
        if draw < TALK:
            _question(stage, at)
        elif draw < ASKS:
            stage.add(at, stage.viewer(at, at + 3), stage.say("chat.asks"))
        elif draw < CHANTS:
            _chant(stage, at)
        elif draw < BITS and stage.grammar.bits:
            who = stage.viewer(at, at + 13)
            for number, bit in enumerate(chance.choice(stage.grammar.bits)):
                stage.add(at + number * chance.uniform(1, 4), who, stage.grammar.fill(chance, bit))
        elif draw < GIFTS:
            who, name = stage.viewer(at, at), stage.say("gift.names")
            for again in range(chance.choice((1, 1, 3, 10))):
                if (moment := at + again * 0.3) < stage.seconds:
                    stage.lines.append(Line(moment, "gift", *who, name))
        else:
            stage.add(at, stage.viewer(at, at + 5), stage.fresh("chat.gripes"))


def _chant(stage: Stage, at: float) -> None:
    text, times = stage.say("chat.chants"), stage.chance.choice((1, 1, 1, 1, 2, 3))
    who = stage.viewer(at, at + times * 3)
    for again in range(times):
        stage.add(at + again * stage.chance.uniform(0.8, 3), who, text)


def _question(stage: Stage, at: float) -> None:
    """A sentence; now and then again, where nobody answered."""
    chance, text = stage.chance, stage.fresh("chat.talk")
    times = chance.randrange(1, 3) if chance.random() < AGAIN else 0
    who = stage.viewer(at, at + 4 + times * 25)
    for again in range(times + 1):
        stage.add(at + again * chance.uniform(9, 25), who, text)


def _host(stage: Stage) -> None:
    """The host talks, and now and then asks everybody to write something, which many do."""
    chance, at, invites = stage.chance, 2.0, stage.chance.uniform(30, 60)
    while at < stage.seconds:
        if at > invites:
            word = stage.grammar.fill(chance, chance.choice(stage.grammar.frames["host.words"]))
            said = stage.grammar.say(chance, "host.invites", word=word)
            stage.lines.append(Line(at, "host_speech", HOST, None, said))
            for moment in sorted([at + 2 + chance.expovariate(1 / 10) for _ in range(int(stage.rate * 15))]):
                form = chance.choice((word, word, word, word * 2, f"{word}！", f"{word}～"))
                stage.add(moment, stage.viewer(moment, moment + 2), form)
            stage.invites.append(at)
            invites = at + chance.uniform(90, 150)
        else:
            stage.lines.append(Line(at, "host_speech", HOST, None, stage.say("host.talk")))
        at += chance.uniform(6, 11)


def _divert(stage: Stage, at: float) -> None:
    """Somebody leads viewers away, in pieces, or openly and then with edits."""
    chance, grammar = stage.chance, stage.grammar
    mode = chance.choice(DIVERSIONS)
    target = stage.say("split.targets")
    people = [stage.account(new=chance.random() < HALF) for _ in range({"two": 2, "three": 3}.get(mode, 1))]
    if mode == "lure":
        _lure(stage, at)
        return
    if mode == "asks":
        stage.add(at, people[0], stage.say("split.asks"), Truth("spell", next(stage.events), 0, last=True))
        return
    if mode == "code":
        pieces = [stage.say("split.leads"), stage.say("split.accounts")]
    elif mode == "number":
        pieces = [chance.choice(("加扣扣", "加qq", "q")), *_cut(stage.say("split.numbers"), chance, (3, 4))]
    elif mode == "chunks":
        pieces = _cut(target, chance, (1, 2))
    else:
        pieces = list(target[::-1] if mode == "backwards" else target)
    event, gap = next(stage.events), chance.uniform(0.8, 16 / max(4, len(pieces)))
    for number, piece in enumerate(pieces):
        truth = Truth("split", event, number, number == len(pieces) - 1)
        stage.add(at, people[number % len(people)], piece, truth)
        at += gap * chance.uniform(0.7, 1.2)
        if mode == "fillers" and number == 1:
            stage.add(at - gap / 3, people[0], grammar.say(chance, "split.fillers"))


def _cut(text: str, chance: Random, sizes: tuple[int, int]) -> list[str]:
    pieces = []
    while text:
        size = chance.randint(*sizes)
        pieces.append(text[:size])
        text = text[size:]
    return pieces if len(pieces) > 1 else list(pieces[0])


def _lure(stage: Stage, at: float) -> None:
    """An open invitation, which is blocked, and the same with the name of the messenger written otherwise."""
    chance, text = stage.chance, stage.say("split.lures")
    stage.add(at, stage.account(new=True), text, Truth("lure", next(stage.events), 0, last=True))
    event = next(stage.events)
    for number in range(ECHOES):
        edited = text
        for word in ("微信", "薇信", "vx", "v信"):
            edited = edited.replace(word, chance.choice(("葳芯", "崴芯", "煨歆")))
        edited += chance.choice(("", "哦", "呀", "来"))
        at += chance.uniform(4, 12)
        stage.add(at, stage.account(new=True), edited, Truth("echo", event, number, number == ECHOES - 1))


def _attack(stage: Stage, at: float) -> None:
    """A raid of new accounts, or one person's flood."""
    if stage.chance.random() < HALF:
        _raid(stage, at)
    else:
        _flood(stage, at)


def _raid(stage: Stage, at: float) -> None:
    chance, event, size = stage.chance, next(stage.events), stage.chance.randint(10, 25)
    text = stage.say("raid.texts")
    for number in range(size):
        said = text + stage.say("raid.tails")
        stage.add(at, stage.account(new=True), said, Truth("raid", event, number, number == size - 1))
        at += chance.uniform(0.2, 2.0)


def _flood(stage: Stage, at: float) -> None:
    chance, event, size = stage.chance, next(stage.events), stage.chance.randint(8, 15)
    who, mode = stage.account(new=chance.random() < HALF), stage.chance.choice(("same", "similar", "short", "burst"))
    text = stage.say("flood.shorts" if mode == "short" else "flood.texts")
    gap = chance.uniform(0.4, 0.8) if mode == "burst" else chance.uniform(0.8, 4.0)
    for number in range(size):
        said = stage.say("chat.talk") if mode == "burst" else text
        if mode == "similar":
            said += stage.say("raid.tails")
        stage.add(at, who, said, Truth("flood", event, number, number == size - 1))
        at += gap


def _overclaim(stage: Stage) -> None:
    """A host who claims too much again and again, and now and then puts it right."""
    chance, at = stage.chance, stage.chance.uniform(15, 40)
    number, event = 0, next(stage.events)
    while at < stage.seconds - 60:
        truth = Truth("claim", event, number, last=False)
        stage.lines.append(Line(at, "host_speech", HOST, None, stage.say("claim.texts"), truth))
        number += 1
        if chance.random() < HALF:
            later = at + chance.uniform(4, 50)
            words = stage.say("claim.corrections")
            stage.lines = [line for line in stage.lines if line.kind != "host_speech" or not at < line.at <= later]
            stage.lines.append(
                Line(later, "host_speech", HOST, None, words, Truth("correction", next(stage.events), 0, last=True))
            )
            at = later
        at += chance.uniform(15, 60)


def _complain(stage: Stage) -> None:
    """Ordinary for a while, then many complain, then several praise in one wording."""
    chance, event = stage.chance, next(stage.events)
    at, number = stage.seconds * 0.4, 0
    while at < stage.seconds * 0.65:
        stage.add(
            at, stage.viewer(at, at + 3), stage.say("complaint.texts"), Truth("complaint", event, number, last=False)
        )
        number += 1
        at += chance.expovariate(1 / 4)
    text, event, at = stage.say("praise.texts"), next(stage.events), stage.seconds * 0.7
    for number in range(WAVE):
        said = text + chance.choice(("", "！", "呀", "哦"))
        stage.add(at, stage.account(new=True), said, Truth("praise", event, number, number == WAVE - 1))
        at += chance.uniform(4, 20)
