"""The figures of the quality of review, from what the database holds of a period: whom and what to look at first.

A category on which people do not agree comes before any of them: its policy is taken to be badly written.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from service.ids import stamp
from service.review.checks import HOUR
from service.review.quality import Agreement, Pace, Watched, agreement, pace, watched
from service.review.states import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.keys import Caller
    from service.store.desk_reads import DeskReads, Handled, Sampled

_HOUR: Final = len("2026-01-01T00")
DAYS: Final = 90
"""So far back figures look."""


class Reviewer(NamedTuple):
    """How one person works. ``per_hour`` counts decisions in the hours in which they made any.

    ``severe`` are the severe items of the last hour, ``severe_most`` the most in any hour of the clock.
    """

    id: str
    name: str
    decisions: int
    per_hour: float | None
    pace: Pace
    severe: int
    severe_most: int
    golden: Watched


class Figures(NamedTuple):
    """All of it. Categories on which people agree least come first, and so do people who are flagged."""

    since: str
    overall: Agreement
    categories: list[tuple[str, Agreement]]
    reviewers: list[Reviewer]
    waiting: int

    @property
    def unclear(self) -> list[str]:
        """The categories whose policy is to be looked at before anybody who works by it."""
        return [category for category, told in self.categories if told.unclear]


async def figures(caller: Caller, reads: DeskReads) -> Figures:
    """The figures of the caller's tenant."""
    now = datetime.now(UTC)
    since = stamp(now - timedelta(days=DAYS))
    samples = await reads.samples(caller.tenant, since=since)
    answers = await reads.answers(caller.tenant, since=since)
    handled = await reads.handlings(caller.tenant, since=since)
    by_person: dict[str, list[Handled]] = defaultdict(list)
    for one in handled:
        by_person[one.user].append(one)
    golden: dict[str, list[bool]] = defaultdict(list)
    for user, right in answers:
        golden[user].append(right)
    names = await reads.names(caller.tenant, list(by_person | golden))
    hour_ago = stamp(now - timedelta(seconds=HOUR))
    people = [
        _reviewer((user, names.get(user, user)), by_person[user], golden[user], hour_ago)
        for user in {**by_person, **golden}
    ]
    return Figures(
        since=since,
        overall=agreement([_passed(one) for one in samples]),
        categories=sorted(_by_category(samples), key=lambda told: (_or_one(told[1]), told[0])),
        reviewers=sorted(
            people, key=lambda one: (one.golden.flagged_at is None, not one.pace.stamping, -one.decisions)
        ),
        waiting=await reads.samples_waiting(caller.tenant),
    )


def _or_one(told: Agreement) -> float:
    return 1.0 if told.kappa.value is None else told.kappa.value


def _passed(one: Sampled) -> tuple[bool, bool]:
    first, second = _said(one)
    return first[0] == "block", second[0] == "block"


def _said(one: Sampled) -> tuple[list[str], list[str]]:
    return orjson.loads(one.first_said), orjson.loads(one.second_said)


def _by_category(samples: Sequence[Sampled]) -> Iterable[tuple[str, Agreement]]:
    """Of the items of each category, whether both blocked them for it."""
    pairs: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for one in samples:
        if one.category:
            first, second = _said(one)
            pairs[one.category].append((one.category in first, one.category in second))
    return [(category, agreement(each)) for category, each in pairs.items()]


def _reviewer(who: tuple[str, str], handled: Sequence[Handled], golden: Sequence[bool], hour_ago: str) -> Reviewer:
    hours: dict[str, int] = defaultdict(int)
    severe: dict[str, int] = defaultdict(int)
    decided = [one for one in handled if one.step == Step.DECIDE]
    for one in decided:
        hours[one.at[:_HOUR]] += 1
    for one in handled:
        severe[one.at[:_HOUR]] += one.grim
    return Reviewer(
        *who,
        decisions=len(decided),
        per_hour=len(decided) / len(hours) if hours else None,
        pace=pace([(one.millis / 1000, one.letters) for one in decided if one.millis is not None]),
        severe=sum(one.grim for one in handled if one.at > hour_ago),
        severe_most=max(severe.values(), default=0),
        golden=watched(golden),
    )
