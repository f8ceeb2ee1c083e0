"""Signals of a room or a product: rates against their own past, surges of complaints, waves of praise. Pure.

A signal is no violation: it is counted, told and never deletes anything. Who keeps the states decides what they are of
(one ``Watch`` a room, one a product). Times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, lgamma
from typing import TYPE_CHECKING, NamedTuple

from moderation.likeness import pairs_of, shared_milli
from moderation.room import COMPLAINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.liverules import SignalRules

BRUSH, ALL = "brush_order", "*"
"""Categories; ``ALL`` stands for anything but complaints."""
PEOPLE, LINES, CATEGORIES = 64, 48, 48
"""So many complaints, lines of praise and categories are remembered at most."""
NEGLIGIBLE = 1e-6
"""What is left of a sum when a term is smaller than this part of it does not matter."""


class Signal(NamedTuple):
    """Something to tell: ``rise`` or ``fall`` of a category's rate, ``surge`` of complaints, ``praise``, ``swap``.

    ``on`` is false where it is over. ``facts`` are whole numbers: of how many, in how many seconds, expected how many.
    """

    kind: str
    category: str
    at: float
    on: bool
    facts: tuple[tuple[str, int], ...]


class Window(NamedTuple):
    """One window of time: how many messages it had, and how many of each category."""

    number: int
    messages: int
    flags: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered to watch rates: the window that runs, those before it (newest last), and what stands."""

    number: int = 0
    messages: int = 0
    flags: dict[str, int] = field(default_factory=dict)
    past: tuple[Window, ...] = ()
    standing: tuple[tuple[str, str], ...] = ()
    """``(kind, category)`` of alarms that were told and are not over."""


def watch(state: Watch, at: float, categories: Iterable[str], rules: SignalRules) -> tuple[Watch, tuple[Signal, ...]]:
    """Count one decided message with the categories that it was found to be; rates are looked at when a window ends.

    A rate is compared with the own past by Fisher's exact test, over horizons of several lengths. Where nothing changes
    (messages are flagged independently at one rate) an alarm comes up in at most ``alarm_micro`` of a million windows a
    category; bursts that belong together make more. A late message counts in the window that runs.
    """
    number = int(at) // rules.window_seconds
    signals: tuple[Signal, ...] = ()
    if number > state.number:
        state, signals = _close(state, number, rules)
    flags = dict(state.flags)
    for category in {*categories}:
        if category in flags or len(flags) < CATEGORIES:
            flags[category] = flags.get(category, 0) + 1
    after = Watch(max(number, state.number), state.messages + 1, flags, state.past, state.standing)
    return after, signals


def _close(state: Watch, number: int, rules: SignalRules) -> tuple[Watch, tuple[Signal, ...]]:
    """End a window, look at every category, and open the next one."""
    flags = {**state.flags}
    if others := sum([count for category, count in flags.items() if category != COMPLAINTS]):
        flags[ALL] = min(others, state.messages)
    closed = Window(state.number, state.messages, tuple(sorted(flags.items())))
    past = (*state.past, closed)[-rules.windows :] if state.messages else state.past
    oldest = number - 4 * rules.windows  # a room that was silent for long starts anew
    past = tuple([window for window in past if window.number >= oldest])
    known = {category for window in past for category, _ in window.flags}
    known.update([category for _, category in state.standing])
    standing, told = dict.fromkeys(state.standing), []
    at = float(number * rules.window_seconds)
    for category in sorted(known)[:CATEGORIES]:
        found = _change(past, category, rules) if past else None
        for kind in ("rise", "fall"):
            facts = found[1] if found and found[0] == kind else None
            if facts is not None and (kind, category) not in standing:
                standing[kind, category] = None
                told.append(Signal(kind, category, at, True, facts))
            elif facts is None and (kind, category) in standing:
                del standing[kind, category]
                told.append(Signal(kind, category, at, False, ()))
    return Watch(number, 0, {}, past, tuple(standing)), tuple(told)


def _change(
    past: Sequence[Window], category: str, rules: SignalRules
) -> tuple[str, tuple[tuple[str, int], ...]] | None:
    """Whether the newest windows differ from those before, over the first horizon that shows it."""
    counts = [(window.messages, dict(window.flags).get(category, 0)) for window in past]
    alpha = rules.alarm_micro / 1e6 / (2 * len(rules.horizons))
    for horizon in rules.horizons:
        new, old = counts[-horizon:], counts[:-horizon]
        messages, flags = (sum(column) for column in zip(*new, strict=True))
        before, flagged = (sum(column) for column in zip(*old, strict=True)) if old else (0, 0)
        if before < rules.least or messages < rules.least_new:
            continue
        expected = flagged * messages / before
        facts = (
            ("messages", messages),
            ("flags", flags),
            ("expected_milli", int(expected * 1000)),
            ("seconds", horizon * rules.window_seconds),
        )
        if flags * 1000 > expected * rules.rise_milli and tail(flags, messages, flagged, before) < alpha:
            return "rise", facts
        if flags * 1000 <= expected * rules.fall_milli:
            unflagged = tail(messages - flags, messages, before - flagged, before)
            if unflagged < alpha:
                return "fall", facts
    return None


def tail(flags: int, messages: int, flagged: int, before: int) -> float:
    """Fisher's exact test: how likely so many flags or more are, of all flags, where both stretches have one rate."""
    everything, successes = messages + before, flags + flagged
    most = min(messages, successes)
    total = _log_choose(everything, messages)
    term = exp(_log_choose(successes, flags) + _log_choose(everything - successes, messages - flags) - total)
    found = term
    for count in range(flags, most):
        up = (successes - count) * (messages - count)
        down = (count + 1) * (everything - successes - messages + count + 1)
        term *= up / down
        found += term
        if term < found * NEGLIGIBLE:
            break
    return min(1.0, found)


def _log_choose(many: int, few: int) -> float:
    return lgamma(many + 1) - lgamma(few + 1) - lgamma(many - few + 1)


class Remembered(NamedTuple):
    """A message that is remembered for a signal: when, by whom, and its text where that is compared."""

    at: float
    author: str
    text: str = ""


class Wave(NamedTuple):
    """The last wave of praise: when its last line came, and how many people were in it."""

    at: float = 0.0
    people: int = 0


NO_WAVE = Wave()


@dataclass(frozen=True, slots=True)
class Moods:
    """What is remembered of complaints, praise and swaps, newest last, and what stands told."""

    complaints: tuple[Remembered, ...] = ()
    praise: tuple[Remembered, ...] = ()
    swaps: tuple[Remembered, ...] = ()
    usual: float = 0.0
    """People who complain, as a share of messages, as far as they do without a surge."""
    stretch: int = 0
    """The ``surge_seconds`` that run, how many messages they had, and how many those before."""
    messages: int = 0
    before: int = 0
    wave: Wave = NO_WAVE
    standing: tuple[str, ...] = ()


def feel(  # noqa: PLR0913 - what is told of one message
    state: Moods, at: float, *, author: str, text: str, categories: Iterable[str], rules: SignalRules
) -> tuple[Moods, tuple[Signal, ...]]:
    """Count one decided message of a room, or of a product: complaints, lines of praise, and talk of brushing.

    ``text`` is what was read of it (folded). A surge is many people who complain within ``surge_seconds``, and several
    times as many as usual; praise is scripted where several people say nearly the same five-star line.
    """
    codes = {*categories}
    complaints, praise, swaps = state.complaints, state.praise, state.swaps
    if COMPLAINTS in codes:
        complaints = (*complaints[1 - PEOPLE :], Remembered(at, author))
    if BRUSH in codes:
        swaps = (*swaps[1 - LINES :], Remembered(at, author))
    wave = state.wave
    if BRUSH not in codes and _praises(text, rules):
        praise = (*praise[1 - LINES :], Remembered(at, author, text))
        if (people := _alike(praise, rules)) >= rules.praise_people:
            wave = Wave(at, people)
    complaining = _people(complaints, at, rules.surge_seconds)
    stretch, messages, before, usual = _usual(state, at, complaints, rules)
    part = rules.surge_seconds - int(at) % rules.surge_seconds
    expected = usual * (messages + before * part / rules.surge_seconds)
    least = max(expected * rules.surge_milli / 1000, expected + rules.surge_deviations * expected**0.5)
    least = min(least, PEOPLE)  # no more are remembered, however many there are
    found = {
        "surge": complaining if complaining >= max(rules.surge_people, least) else 0,
        "praise": wave.people if wave.people and at - wave.at <= rules.praise_seconds else 0,
        "swap": people if (people := _people(swaps, at, rules.praise_seconds)) >= rules.swap_people else 0,
    }
    facts = {
        "surge": (("seconds", rules.surge_seconds), ("expected_milli", int(expected * 1000))),
        "praise": (("seconds", rules.praise_seconds),),
        "swap": (("seconds", rules.praise_seconds),),
    }
    told = []
    for kind, count in found.items():
        category = COMPLAINTS if kind == "surge" else BRUSH
        if bool(count) != (kind in state.standing):
            told.append(Signal(kind, category, at, bool(count), (("people", count), *facts[kind]) if count else ()))
    standing = tuple([kind for kind, count in found.items() if count])
    after = Moods(complaints, praise, swaps, usual, stretch, messages, before, wave, standing)
    return after, tuple(told)


def _usual(
    state: Moods, at: float, complaints: Sequence[Remembered], rules: SignalRules
) -> tuple[int, int, int, float]:
    """The stretch that runs, its messages, those before, and the usual share: a surge teaches it little."""
    stretch, least = int(at) // rules.surge_seconds, rules.surge_share_milli / 1000
    usual = state.usual or least
    if stretch <= state.stretch:
        return state.stretch, state.messages + 1, state.before, usual
    if state.messages:
        ended = _people(complaints, float(stretch * rules.surge_seconds), rules.surge_seconds)
        usual = max(least, usual + (min(ended / state.messages, 2 * usual) - usual) / 4)
    return stretch, 1, state.messages if stretch == state.stretch + 1 else 0, usual


def _people(lines: Sequence[Remembered], at: float, seconds: int) -> int:
    return len({line.author for line in lines if 0 <= at - line.at <= seconds})


def _praises(text: str, rules: SignalRules) -> bool:
    return len(text) >= rules.praise_length and sum([word in text for word in rules.praise]) >= rules.praise_words


def _alike(lines: Sequence[Remembered], rules: SignalRules) -> int:
    """How many people lately said nearly what the last line says."""
    last = lines[-1]
    pairs = pairs_of(last.text)
    return len(
        {
            line.author
            for line in lines
            if 0 <= last.at - line.at <= rules.praise_seconds and shared_milli(pairs, line.text) >= rules.praise_milli
        }
    )
