"""How pages write numbers, shares and times, each in one form for the whole console. Pure; no words beside units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from moderation.types import SHANGHAI

_INSTANT: Final = timedelta(microseconds=1)


def number(value: float) -> str:
    """A count, or an amount, with its thousands apart."""
    return f"{value:,}"


def clock(stamp: str | datetime) -> str:
    """A moment as Shanghai's clocks show it, to the second."""
    return f"{_there(stamp):%Y-%m-%d %H:%M:%S}"


def day(stamp: str) -> str:
    """The day of Shanghai on which something begins; empty for no moment."""
    return f"{_there(stamp):%Y-%m-%d}" if stamp else ""


def last_day(stamp: str) -> str:
    """The last day of Shanghai that is wholly or partly before a moment, which itself is not included."""
    return f"{_there(stamp) - _INSTANT:%Y-%m-%d}" if stamp else ""


def _there(stamp: str | datetime) -> datetime:
    moment = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(stamp)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(SHANGHAI)
