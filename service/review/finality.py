"""When a block becomes final, pure: told and not appealed in its term, or confirmed by a person. No clock, no rows.

A block is a run of decisions to block one version, each over the last. It stands while nothing but blocks follows; what
an engine repeats is the same block, and what lets the content pass ends it, whoever decided.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple

from moderation.types import SHANGHAI
from service.ids import from_stamp, later, stamp
from service.review.states import UNDO_SECONDS
from service.review.urgency import DAY


class Block(NamedTuple):
    """What is known of a block, in the order of the columns of ``blocks``. Times are stamps.

    ``since`` is the sequence number from which on only blocks may follow. ``confirmed_at`` is when a person decided to
    block, or upheld the block on appeal; ``due_at`` is when it becomes final as things are.
    """

    decision: str
    tenant: str
    content: int
    creator: str | None
    since: int
    notified_at: str | None = None
    appeal_until: str | None = None
    appealed_at: str | None = None
    confirmed_at: str | None = None
    due_at: str | None = None
    final_at: str | None = None
    ended_at: str | None = None

    def notified(self, at: str, days: float) -> Block:
        """Once its creator was told; telling them again changes nothing."""
        if self.notified_at is not None:
            return self
        return self._replace(notified_at=at, appeal_until=over(at, days)).timed()

    def appealed(self, at: str) -> Block:
        """Once somebody appealed: the term was used, so only a person can make it final."""
        return self._replace(appealed_at=self.appealed_at or at).timed()

    def confirmed(self, at: str | None) -> Block:
        """Once a person confirmed it, or, with nothing, once they took that back."""
        return self._replace(confirmed_at=at).timed()

    def timed(self) -> Block:
        """With the time at which it becomes final by what is known now."""
        return self._replace(due_at=due(self))

    @property
    def values(self) -> tuple[str | None, ...]:
        """The values of ``SET_BLOCK``."""
        return (*self[5:10], self.decision)


def due(block: Block) -> str | None:
    """When a block becomes final if it stands and nothing else happens; ``None``: not without something more."""
    times = []
    if block.confirmed_at is not None:
        times.append(later(block.confirmed_at, UNDO_SECONDS))
    if block.appeal_until is not None and block.appealed_at is None:
        times.append(block.appeal_until)
    return min(times, default=None)


def term(block: Block | None, decided_at: str, days: float) -> str:
    """Until when a block may be appealed: so long after its creator was told, or after the decision if nobody was."""
    told = block.appeal_until if block else None
    return told or over(decided_at, days)


def over(at: str, days: float) -> str:
    """When a term of days is over: with the last of them in Shanghai; that on which it begins is none of them."""
    last = from_stamp(later(at, days * DAY)).astimezone(SHANGHAI).date()
    return stamp(datetime.combine(last + timedelta(days=1), time(), SHANGHAI))
