"""New ids and times as text: UUIDs of version 7 (RFC 9562) and RFC 3339 UTC."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from time import time_ns

import orjson

_FIXED_WIDTH = 29
"""Length of a JSON time with microseconds, quotes included."""


def new_id() -> str:
    """A UUIDv7: 48 bits of milliseconds, 12 of their fraction (so ids sort by time), 60 random ones.

    Two bits that the standard leaves to chance are zero, which spares half of the work.
    """
    millis, nanos = divmod(time_ns(), 1_000_000)
    time, chance = f"{millis:012x}", os.urandom(8).hex()
    return f"{time[:8]}-{time[8:]}-7{(nanos << 12) // 1_000_000:03x}-8{chance[1:4]}-{chance[4:]}"


def stamp(at: datetime) -> str:
    """An aware time as RFC 3339 UTC text of 27 characters. Raises ``ValueError`` for one outside the years 1-9999."""
    try:
        moment = at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{at.isoformat()} is out of range in UTC") from error
    # orjson is six times as fast as isoformat, but leaves out microseconds that are zero.
    told = orjson.dumps(moment, option=orjson.OPT_UTC_Z)
    if len(told) == _FIXED_WIDTH:
        return told[1:-1].decode()
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def now() -> str:
    """The present as ``stamp`` writes it."""
    return stamp(datetime.now(UTC))


def from_stamp(text: str) -> datetime:
    """The aware UTC time that ``stamp`` wrote."""
    return datetime.fromisoformat(text)
