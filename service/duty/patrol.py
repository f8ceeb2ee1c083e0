"""Watches live rooms: folds each judged message into the room's risk, its corrections and its signals, and tells.

A follower of the keeper of rooms: it must not wait. What it tells (events of the room, alerts, records of corrections)
goes to disk with the decisions that it comes from. What it remembers is in memory, bounded, and begins anew with the
process; nothing is decided by it, and there is no action that is not told.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.corrections import Speech, listen
from moderation.proof import OFF_SCRIPT
from moderation.risk import Advice, Level, Risk, corrected, departure, fade, marks, weigh
from moderation.signals import Moods, Watch, feel, watch
from moderation.types import Action
from service.duty.alerts import Occasion, raise_alert
from service.duty.shows import Corrected, Said, correct
from service.ids import stamp
from service.plan import Happening
from service.store import duty_statements as sql
from service.talk import NOTHING_FOLLOWS, RISK, Follows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from moderation.corrections import Correction
    from moderation.liverules import LiveRules
    from moderation.risk import Reason, Step
    from moderation.signals import Signal
    from moderation.types import Content, Verdict
    from service.duty.binding import Binding
    from service.ports import Visit
    from service.rules import Rules
    from service.talk import Judged

ADVICE, CORRECTION, SIGNAL = "advice", "correction", "signal"
MOST_ROOMS: Final = 10_000
MINUTES: Final = 120
"""So many minutes of a room are charted."""
_ALERTS: Final = {
    "surge": "sentiment.surge",
    "praise": "brush.praise",
    "swap": "brush.swap",
    "rise": "anomaly.rise",
    "fall": "anomaly.fall",
}


_QUIET, _SILENT, _UNWATCHED, _CALM = Risk(), Speech(), Watch(), Moods()


class Minute(NamedTuple):
    """One minute of a room: how many messages, how many of them did not pass, and the points of risk at its end."""

    number: int
    messages: int
    flagged: int
    points: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a room."""

    risk: Risk = _QUIET
    speech: Speech = _SILENT
    watch: Watch = _UNWATCHED
    moods: Moods = _CALM
    minutes: tuple[Minute, ...] = ()
    judged: int = 0
    held: int = 0
    corrections: int = 0


@dataclass(slots=True)
class _Post:
    """A room as it was before its last batch and as it is since; ``first`` is the number of that batch."""

    first: int
    before: Seen
    after: Seen


class Glance(NamedTuple):
    """How a room stands at a moment."""

    room: str
    seen: Seen
    points: int
    level: Level


class _Told(NamedTuple):
    """What comes of a batch."""

    events: list[Happening]
    works: list[Callable[[Visit], object]]


class Patrol:
    """Keeps what is remembered of rooms, and of products: the least recently heard go first."""

    def __init__(self, rules: Rules, binding: Binding) -> None:
        self._rules, self._binding = rules, binding
        self._posts: OrderedDict[tuple[str, str], _Post] = OrderedDict()
        self._products: OrderedDict[tuple[str, str], Moods] = OrderedDict()

    def follow(self, judged: Sequence[Judged]) -> Follows:
        """Folds a batch of one room. One that comes again, as it was not filed, takes the place of what it did."""
        tenant, room, first = judged[0].tenant, judged[0].room, judged[0].number
        post = self._posts.get((tenant, room))
        seen = Seen() if post is None else (post.before if first <= post.first else post.after)
        rules = self._rules.engine.ruleset.live
        if rules is None:  # rules without live.toml: nothing is watched
            return NOTHING_FOLLOWS
        told = _Told([], [])
        after = seen
        for one in judged:
            after = self._fold(after, one, rules, told)
        self._posts[tenant, room] = _Post(first, seen, after)
        self._posts.move_to_end((tenant, room))
        while len(self._posts) > MOST_ROOMS:
            self._posts.popitem(last=False)
        if not told.events and not told.works:
            return NOTHING_FOLLOWS
        return Follows(told.events, partial(_all, told.works) if told.works else None)

    def glance(self, tenant: str, room: str) -> Glance:
        """How a room stands now; one that was never heard of stands quiet."""
        post = self._posts.get((tenant, room))
        return self._glance(room, post.after if post is not None else Seen())

    def glances(self, tenant: str) -> list[Glance]:
        """The rooms that are remembered, the riskiest first."""
        found = [self._glance(room, post.after) for (owner, room), post in self._posts.items() if owner == tenant]
        return sorted(found, key=lambda one: (-one.level, -one.points, one.room))

    def forget(self, tenant: str, room: str) -> None:
        """A new show begins in a room: nothing is held against it."""
        self._posts.pop((tenant, room), None)

    def _glance(self, room: str, seen: Seen) -> Glance:
        rules, now = self._rules.engine.ruleset.live, datetime.now(UTC).timestamp()
        points = int(fade(seen.risk, now, rules.risk).points()) if rules is not None else 0
        return Glance(room, seen, points, seen.risk.level if points else Level.GREEN)

    def _fold(self, seen: Seen, one: Judged, rules: LiveRules, told: _Told) -> Seen:
        content, verdict = one.message.content, one.verdict
        at = content.at.timestamp()
        risk = seen.risk
        for mark in (*marks(content, verdict, rules.risk), *_departures(content, verdict, at, rules)):
            risk, steps = weigh(risk, mark, rules.risk)
            _tell_steps(one, steps, told)
        speech, found = listen(seen.speech, content, verdict, rules)
        for correction in found:
            risk, steps = corrected(risk, at, correction.claim.category, rules.risk)
            _tell_correction(one, correction, told)
            _tell_steps(one, steps, told)
        watched, changes = watch(seen.watch, at, verdict.categories, rules.signals)
        text = self._rules.engine.ruleset.folding.plain(content.parts[0].text)
        moods, feelings = self._feel(seen.moods, one, text, rules)
        _tell_signals(one, (*changes, *feelings), "", told)
        self._feel_product(one, text, rules, told)
        flagged = int(verdict.action is not Action.PASS)
        return replace(
            seen,
            risk=risk,
            speech=speech,
            watch=watched,
            moods=moods,
            minutes=_charted(seen.minutes, int(at) // 60, flagged, int(risk.points())),
            judged=seen.judged + 1,
            held=seen.held + flagged,
            corrections=seen.corrections + len(found),
        )

    @staticmethod
    def _feel(moods: Moods, one: Judged, text: str, rules: LiveRules) -> tuple[Moods, tuple[Signal, ...]]:
        content = one.message.content
        return feel(
            moods,
            content.at.timestamp(),
            author=content.author.id or "",
            text=text,
            categories=one.verdict.categories,
            rules=rules.signals,
        )

    def _feel_product(self, one: Judged, text: str, rules: LiveRules, told: _Told) -> None:
        """The same of the product that the show sells, in whatever room; where it sells several nobody can tell."""
        product = self._binding.sole_product(one.tenant, one.room)
        if not product or not one.verdict.categories:
            return
        key = (one.tenant, product)
        moods, signals = self._feel(self._products.get(key, Moods()), one, text, rules)
        self._products[key] = moods
        self._products.move_to_end(key)
        while len(self._products) > MOST_ROOMS:
            self._products.popitem(last=False)
        _tell_signals(one, signals, product, told)


def _departures(content: Content, verdict: Verdict, at: float, rules: LiveRules) -> Iterator[Any]:
    if content.script is None:
        return
    off = [item.category for item in verdict.evidence if any(name == OFF_SCRIPT for name, _ in item.facts)]
    for category in dict.fromkeys(off):
        yield departure(at, category, rules.risk)


def _charted(minutes: tuple[Minute, ...], number: int, flagged: int, points: int) -> tuple[Minute, ...]:
    if minutes and minutes[-1].number >= number:
        last = minutes[-1]
        return (*minutes[:-1], Minute(last.number, last.messages + 1, last.flagged + flagged, points))
    return (*minutes[1 - MINUTES :], Minute(number, 1, flagged, points))


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    return [
        {"source": one.source.value, "category": one.category, "points": int(one.points), "times": one.times}
        for one in reasons
    ]


def _tell_steps(one: Judged, steps: Iterable[Step], told: _Told) -> None:
    for step in steps:
        facts = {"level": step.level.code, "on": step.on, "reasons": _reasons(step.reasons)}
        if step.advice is None:
            told.events.append(Happening(RISK, facts))
        else:
            more = {"seconds": step.seconds} if step.seconds else {}
            told.events.append(Happening(ADVICE, {**facts, "advice": step.advice.value, **more}))
        grave = step.advice in {Advice.SENIOR, Advice.CUT} or (step.advice is None and step.level is Level.RED)
        if step.on and grave:
            kind = "room.red" if step.advice is None else f"room.{step.advice.value}"
            occasion = Occasion(kind, one.room, str(int(step.at)), {"room": one.room, "level": step.level.code})
            told.works.append(partial(raise_alert, tenant=one.tenant, occasion=occasion))


def _tell_correction(one: Judged, correction: Correction, told: _Told) -> None:
    claim = correction.claim
    facts = {
        "category": claim.category,
        "claim": [claim.content_id, claim.span.start, claim.span.end],
        "correction": [correction.content_id, correction.span.start, correction.span.end],
        "seconds": correction.seconds,
    }
    told.events.append(Happening(CORRECTION, facts))
    told.works.append(partial(_record, one=one, correction=correction))


def _record(visit: Visit, *, one: Judged, correction: Correction) -> None:
    """Files a correction, unless the claim's content is not there."""
    claim = correction.claim
    places = [visit.rows(sql.CONTENT_ROW, one.tenant, name) for name in (claim.content_id, correction.content_id)]
    if not all(places):
        return
    (first,), (second,) = places
    said = Said(first[0], claim.span.start, claim.span.end, _at(claim.at))
    taken_back = Said(second[0], correction.span.start, correction.span.end, _at(correction.at))
    host = one.message.content.author.id
    correct(visit, one.tenant, Corrected(one.room, host, claim.category, said, taken_back))


def _tell_signals(one: Judged, signals: Iterable[Signal], product: str, told: _Told) -> None:
    for signal in signals:
        facts: dict[str, object] = {"category": signal.category, **dict(signal.facts)}
        if product:
            facts["product"] = product
        else:
            told.events.append(Happening(SIGNAL, {**facts, "signal": signal.kind, "on": signal.on}))
        if signal.on:
            mark = f"{signal.category}/{int(signal.at)}"
            occasion = Occasion(_ALERTS[signal.kind], product or one.room, mark, {**facts, "room": one.room})
            told.works.append(partial(raise_alert, tenant=one.tenant, occasion=occasion))


def _at(seconds: float) -> str:
    return stamp(datetime.fromtimestamp(seconds, UTC))


def _all(works: Sequence[Callable[[Visit], object]], visit: Visit) -> None:
    for work in works:
        work(visit)
