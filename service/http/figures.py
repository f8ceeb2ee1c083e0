"""How pages write numbers, shares and times, each in one form for the whole console. Pure; no words beside units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from moderation.types import SHANGHAI

_INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = len("2026-11-28")


def number(value: float) -> str:
    """A count, or an amount, with its thousands apart."""
    return f"{value:,}"


def percent(share: float, places: int = 0) -> str:
    """A share of one in per cent."""
    return f"{100 * share:.{places}f}%"


def signed(value: float) -> str:
    """A difference with its sign; none at all has no sign, however small it was."""
    told = f"{value:+.2f}"
    return told[1:] if float(told) == 0 else told


def clock(stamp: str | datetime) -> str:
    """A moment as Shanghai's clocks show it, to the second; what is no moment stays what it is."""
    try:
        return f"{_there(stamp):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return str(stamp)


def day(stamp: str) -> str:
    """The day of Shanghai on which something begins; empty for no moment."""
    return clock(stamp)[:_DAY]


def last_day(stamp: str) -> str:
    """The last day of Shanghai that is wholly or partly before a moment, which itself is not included."""
    return f"{_there(stamp, less=_INSTANT):%Y-%m-%d}" if stamp else ""


def _there(stamp: str | datetime, *, less: timedelta = timedelta()) -> datetime:
    """A moment in Shanghai; one at either end of all years stays as it is, for there is no year beyond."""
    moment = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(stamp)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return (moment - less).astimezone(SHANGHAI)
    except OverflowError:
        return moment
