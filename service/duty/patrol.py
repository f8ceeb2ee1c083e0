"""Watches live rooms: hears corrections on air, counts signals, and raises alerts. The keeper of rooms weighs the risk.

A follower of the keeper: it must not wait. What it tells (events of the room, alerts, records of corrections) goes to
disk with the decisions that it comes from. What it remembers is in memory, bounded, and begins anew with the process;
nothing is decided by it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.corrections import Speech, listen
from moderation.proof import OFF_SCRIPT
from moderation.risk import departure
from moderation.signals import Moods, Watch, feel, watch
from moderation.types import Action, Scene
from service.duty.alerts import Occasion, raise_alert
from service.duty.shows import Corrected, Said, correct
from service.ids import stamp
from service.live.risk import ADVICE, RISK, PutRight, moved
from service.live.talk import NOTHING_FOLLOWS, Follows
from service.plan import Happening
from service.store import duty_statements as sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from moderation.corrections import Correction
    from moderation.liverules import LiveRules
    from moderation.risk import Mark
    from moderation.signals import Signal
    from service.duty.binding import Binding
    from service.live.lane import Lane
    from service.live.talk import Judged
    from service.ports import Visit
    from service.rules import Rules

CORRECTION, SIGNAL = "correction", "signal"
MOST_ROOMS: Final = 10_000
MINUTES: Final = 120
"""So many minutes of a room are charted."""
_GRAVE: Final = ("room.red", "room.cut", "room.senior")
"""Who is told of one is not told of a later one at the same time."""
_ALERTS: Final = {
    "surge": "sentiment.surge",
    "praise": "brush.praise",
    "swap": "brush.swap",
    "rise": "anomaly.rise",
    "fall": "anomaly.fall",
}


_SILENT, _UNWATCHED, _CALM = Speech(), Watch(), Moods()


class Minute(NamedTuple):
    """One minute of a room: how many messages, how many of them did not pass, and the points of risk in it."""

    number: int
    messages: int
    flagged: int
    points: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a room."""

    speech: Speech = _SILENT
    watch: Watch = _UNWATCHED
    moods: Moods = _CALM
    minutes: tuple[Minute, ...] = ()
    corrections: int = 0


NOTHING_SEEN: Final = Seen()


@dataclass(slots=True)
class _Post:
    """A room as it was before its last batch and as it is since; ``first`` is the number of that batch."""

    first: int
    before: Seen
    after: Seen


@dataclass(slots=True)
class _Told:
    """What comes of a batch."""

    events: list[Happening]
    works: list[Callable[[Visit], object]]
    risk: list[Mark | PutRight]


class Patrol:
    """Keeps what is remembered of rooms, and of products: the least recently heard go first.

    ``lane`` finds a room of the keeper's, for its risk.
    """

    def __init__(self, rules: Rules, binding: Binding) -> None:
        self.lane: Callable[[str, str], Lane | None] = _no_lane
        self._rules, self._binding = rules, binding
        self._posts: OrderedDict[tuple[str, str], _Post] = OrderedDict()
        self._products: OrderedDict[tuple[str, str], Moods] = OrderedDict()

    def follow(self, judged: Sequence[Judged]) -> Follows:
        """Folds a batch of one room. One that comes again, as it was not filed, takes the place of what it did."""
        tenant, room, first = judged[0].tenant, judged[0].room, judged[0].number
        rules = self._rules.engine.ruleset.live
        if rules is None:  # rules without live.toml: nothing is watched
            return NOTHING_FOLLOWS
        post, lane = self._posts.get((tenant, room)), self.lane(tenant, room)
        seen = NOTHING_SEEN if post is None else (post.before if first <= post.first else post.after)
        told = _Told([], [], [])
        points = int(lane.risk.points()) if lane is not None else 0
        after = self._folded(seen, judged, rules, points, told)
        if lane is not None and (told.risk or any(one.verdict.categories for one in judged)):
            _tell_grave(judged[0], moved(lane.risk, judged, told.risk, rules.risk)[1], told)
        self._posts[tenant, room] = _Post(first, seen, after)
        self._posts.move_to_end((tenant, room))
        while len(self._posts) > MOST_ROOMS:
            self._posts.popitem(last=False)
        if not (told.events or told.works or told.risk):
            return NOTHING_FOLLOWS
        return Follows(told.events, partial(_all, told.works) if told.works else None, told.risk)

    def seen(self, tenant: str, room: str) -> Seen:
        """What is remembered of a room."""
        post = self._posts.get((tenant, room))
        return post.after if post is not None else NOTHING_SEEN

    def forget(self, tenant: str, room: str) -> None:
        """A new show begins in a room: what was said before is another one's."""
        self._posts.pop((tenant, room), None)

    def _folded(self, seen: Seen, judged: Sequence[Judged], rules: LiveRules, points: int, told: _Told) -> Seen:
        """A room after a batch. Most messages are chat that nothing follows from: they take a few microseconds each."""
        speech, watched, moods, minutes = seen.speech, seen.watch, seen.moods, seen.minutes
        corrections, fold = seen.corrections, self._rules.engine.ruleset.folding.plain
        product = self._binding.sole_product(judged[0].tenant, judged[0].room)
        for one in judged:
            content, verdict = one.message.content, one.verdict
            at, text, categories = content.at.timestamp(), fold(content.parts[0].text), verdict.categories
            if content.scene is Scene.LIVE_SPEECH:
                told.risk.extend(_departures(one, at, rules))
                speech, found = listen(speech, content, verdict, rules)
                corrections += len(found)
                for correction in found:
                    told.risk.append(PutRight(at, correction.claim.category))
                    _tell_correction(one, correction, told)
            watched, changes = watch(watched, at, categories, rules.signals)
            who = content.author.id or ""
            moods, feelings = feel(moods, at, author=who, text=text, categories=categories, rules=rules.signals)
            if changes or feelings:
                _tell_signals(one, (*changes, *feelings), "", told)
            if product:
                self._feel_product(one, product, text, rules, told)
            minutes = _charted(minutes, int(at) // 60, verdict.action is not Action.PASS, points)
        return Seen(speech, watched, moods, minutes, corrections)

    def _feel_product(self, one: Judged, product: str, text: str, rules: LiveRules, told: _Told) -> None:
        """The same of the product that the show sells, in whatever room; where it sells several nobody can tell."""
        key, content = (one.tenant, product), one.message.content
        moods, signals = feel(
            self._products.get(key, _CALM),
            content.at.timestamp(),
            author=content.author.id or "",
            text=text,
            categories=one.verdict.categories,
            rules=rules.signals,
        )
        self._products[key] = moods
        self._products.move_to_end(key)
        while len(self._products) > MOST_ROOMS:
            self._products.popitem(last=False)
        if signals:
            _tell_signals(one, signals, product, told)


def _no_lane(_tenant: str, _room: str) -> Lane | None:
    return None


def _departures(one: Judged, at: float, rules: LiveRules) -> Iterator[Mark]:
    if one.message.content.script is None:
        return
    off = [item.category for item in one.verdict.evidence if any(name == OFF_SCRIPT for name, _ in item.facts)]
    for category in dict.fromkeys(off):
        yield departure(at, category, rules.risk)


def _charted(minutes: tuple[Minute, ...], number: int, flagged: int, points: int) -> tuple[Minute, ...]:
    if minutes and minutes[-1].number >= number:
        last = minutes[-1]
        return (*minutes[:-1], Minute(last.number, last.messages + 1, last.flagged + flagged, points))
    return (*minutes[1 - MINUTES :], Minute(number, 1, flagged, points))


def _tell_grave(one: Judged, happenings: Iterable[Happening], told: _Told) -> None:
    """One alert for what the keeper is about to tell of the room's risk, where a person should look at once."""
    grave: dict[str, object] = {}
    for kind, facts in happenings:
        if (kind == RISK and facts["up"]) or (kind == ADVICE and facts["on"]):
            grave[f"room.{facts['advice' if kind == ADVICE else 'level']}"] = facts["level"]
    name = next((name for name in _GRAVE if name in grave), None)
    if name is not None:
        more = {"room": one.room, "level": grave[name]} | ({"advice": "cut"} if "room.cut" in grave else {})
        occasion = Occasion(name, one.room, str(int(one.message.content.at.timestamp())), more)
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
