"""Entries of a creator's ledger: causes, never points. No clock, no rows.

An entry is only appended. What it weighs is derived from all entries by ``score``; what was wrong is reversed by
another entry, and a reversal may itself be reversed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY: Final = 86_400
WEEK_DAYS: Final = 7
SHANGHAI_SECONDS: Final = 8 * 3600
_MONDAY: Final = 3
"""1970-01-01 was a Thursday."""


class Kind(StrEnum):
    """What sort of cause an entry is."""

    VIOLATION = "violation"
    """A version whose block is final. ``value`` is the severity, ``name`` the categories with commas between."""
    CORRECTION = "correction"
    """The creator corrected the violation whose id or mark is ``ref`` on air, ``value`` seconds after it."""
    OBSERVATION = "observation"
    """Something measured: ``name`` says what, ``value`` is 0 to 100."""
    TRAINING = "training"
    """A training was passed."""
    REVERSAL = "reversal"
    """The entry ``ref`` does not count, from its beginning on."""

    __hash__ = str.__hash__


class Entry(NamedTuple):
    """One cause. Times are seconds since 1970 UTC; ``since`` is from when it counts, ``occurred`` when it happened.

    ``recorded`` is when it was appended, never before ``since``. ``cause`` is unique within an account and kind, so a
    cause that comes twice leaves one entry. ``mark`` is the same for items whose words are as good as equal; of a
    violation it names the version.
    """

    id: str
    kind: str
    cause: str
    recorded: int
    since: int
    occurred: int = 0
    name: str = ""
    value: int = 0
    ref: str = ""
    scene: str = ""
    mark: str = ""


def day_of(at: int) -> int:
    """The day in Shanghai, counted from 1970."""
    return (at + SHANGHAI_SECONDS) // DAY


def start_of(day: int) -> int:
    """The second with which a day in Shanghai begins."""
    return day * DAY - SHANGHAI_SECONDS


def week_of(day: int) -> int:
    """The week of a day, from Monday on."""
    return (day + _MONDAY) // WEEK_DAYS


def last_day_of(week: int) -> int:
    """The Sunday of a week."""
    return week * WEEK_DAYS - _MONDAY + WEEK_DAYS - 1


def standing(entries: Iterable[Entry], at: int) -> list[Entry]:
    """What counts at a time: recorded by then, and not reversed by what is recorded by then."""
    known = [entry for entry in entries if entry.recorded <= at]
    against: dict[str, list[str]] = {}
    for entry in known:
        if entry.kind == Kind.REVERSAL:
            against.setdefault(entry.ref, []).append(entry.id)
    if not against:
        return known
    stands: dict[str, bool] = {}

    def holds(id_: str) -> bool:
        if id_ not in stands:
            stands[id_] = True  # what would reverse itself does not
            stands[id_] = not any(holds(reversal) for reversal in against.get(id_, ()))
        return stands[id_]

    return [entry for entry in known if entry.kind != Kind.REVERSAL and (entry.id not in against or holds(entry.id))]
