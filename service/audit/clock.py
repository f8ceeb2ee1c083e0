"""Whether the clock can be believed: nothing is to be taken away because of one that jumped ahead."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import structlog

from service.ids import from_stamp, later
from service.store import vault_statements as sql

if TYPE_CHECKING:
    from service.audit.reads import LogReads

DAY: Final = 86_400.0
FAR: Final = 4 * DAY
"""So far behind the clock the log may end, but for what it says of the last day: a house rests over holidays."""
_SLIP: Final = 3600.0
"""A clock that goes on by so much more or less than the time that passes has jumped again."""


class Clock:
    """Keeps since when it watches a clock that it doubts: what it told then, and when that was by the machine."""

    def __init__(self, reads: LogReads) -> None:
        self._reads = reads
        self._watched: tuple[str, float] | None = None

    def doubted(self, at: str) -> bool:
        """Whether the clock, which tells ``at``, stands far after the log, and has not run for a day like that.

        What was signed under it counts once it is a day old, and so does a day through which it was watched. Reads.
        """
        signed = self._reads.rows(sql.SIGNED_BEFORE, later(at, -DAY))
        if not signed or signed[0][0] >= later(at, -FAR):
            self._watched = None
            return False
        passed = monotonic()
        if self._watched is None or abs(_seconds(self._watched[0], at) - (passed - self._watched[1])) > _SLIP:
            self._watched = at, passed
            structlog.get_logger().error(
                "the clock stands far after the log: nothing is purged until it has run so for a day",
                clock=at,
                log=signed[0][0],
            )
        return passed - self._watched[1] < DAY


def _seconds(since: str, at: str) -> float:
    return (from_stamp(at) - from_stamp(since)).total_seconds()
