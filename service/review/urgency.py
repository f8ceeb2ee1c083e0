"""How urgent an item is and by when it must be decided, from settings: a sort key and an absolute deadline."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.types import Action, Scene
from service.ids import later

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.types import Content, Verdict

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
SEVERITY_CREDIT: Final = (0.0, 300.0, 900.0, HOUR, 4 * HOUR)
"""So many seconds earlier an item is taken to have come, by severity."""
REACH_CREDIT: Final = 60.0
"""Seconds for each doubling of the number of people that a content may reach."""
REPORT_CREDIT: Final = 300.0
"""Seconds for a report by somebody whose reports are always upheld."""
UNDATED: Final = 7 * DAY
"""What has no deadline is handed out as if it were due after so many seconds."""
MOST_REPORTS: Final = 12
"""So many reports move an item at most: a crowd must not decide what people look at."""
DUE_SECONDS: Final[Mapping[Scene, float]] = {
    Scene.LIVE_CHAT: 60.0,
    Scene.LIVE_SPEECH: 60.0,
    Scene.AD: 4 * HOUR,
    Scene.LIVE_SCRIPT: 4 * HOUR,
    Scene.UGC: DAY,
    Scene.TITLE: DAY,
    Scene.PROFILE: DAY,
}


class Opening(NamedTuple):
    """What a filing says of the item that its content needs. ``due`` and ``credit`` are seconds."""

    category: str
    reach: int
    due: float
    credit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """The deadlines of scenes, the lease of a claim and the terms of appeals; in seconds unless a name says days."""

    due: Mapping[Scene, float] = field(default_factory=lambda: dict(DUE_SECONDS))
    lease: float = 600.0
    appeal_days: float = 15.0
    """So many days somebody has to appeal."""
    appeal_due: float = 2 * DAY
    """So many seconds people have to decide an appeal."""


def opening(content: Content, verdict: Verdict, deadlines: Deadlines) -> Opening | None:
    """The item that a verdict asks for: one that leaves the content to people."""
    if verdict.action is not Action.REVIEW:
        return None
    category = verdict.categories[0] if verdict.categories else ""
    reach = content.reach or 0
    return Opening(category, reach, deadlines.due[content.scene], credit(verdict.severity, reach))


def credit(severity: int, reach: int, reports: float = 0.0) -> float:
    """The seconds that severity, reach and the weight of reports are worth together."""
    return SEVERITY_CREDIT[severity] + REACH_CREDIT * log2(1 + reach) + REPORT_CREDIT * min(reports, MOST_REPORTS)


def priority(due_at: str, seconds: float) -> str:
    """The sort key of what is due then and has so much credit: smaller comes first."""
    return later(due_at, -seconds)


def overdue(key: str) -> str:
    """The sort key of an item whose deadline has passed: before all times."""
    return f"0{key}"
