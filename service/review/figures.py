"""The figures of the quality of review, from what the database holds of a period: whom and what to look at first.

A category on which people do not agree comes before any of them: its policy is taken to be badly written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import orjson

from service.ids import stamp
from service.review.checks import HOUR
from service.review.quality import Agreement, Pace, Watched, agreement, pace, watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.keys import Caller
    from service.store.desk_reads import DeskReads, Sampled, Worked

Counted = TypeVar("Counted")
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
    since, hour_ago = stamp(now - timedelta(days=DAYS)), stamp(now - timedelta(seconds=HOUR))
    samples: list[Sampled] = []
    by_person: dict[str, list[Worked]] = defaultdict(list)
    for day in range(DAYS):  # so that whoever asks something else waits for no more than one
        begin, end = (stamp(now - timedelta(days=DAYS - each)) for each in (day, day + 1))
        samples += await reads.samples(caller.tenant, since=begin, until=end)
        for one in await reads.worked(caller.tenant, since=begin, until=end):
            by_person[one.user].append(one)
    last = await reads.worked(caller.tenant, since=hour_ago, until=stamp(now))
    severe = _counted((one.user, one.grim) for one in last)
    golden: dict[str, list[bool]] = defaultdict(list)
    for user, right in await reads.answers(caller.tenant, since=since):
        golden[user].append(right)
    names = await reads.names(caller.tenant, list(by_person | golden))
    people = [
        _reviewer(
            (user, names.get(user, user)),
            by_person[user],
            pace(await reads.timed(user, since=since)),
            severe[user],
            golden[user],
        )
        for user in {**by_person, **golden}
    ]
    return Figures(
        since=since,
        overall=agreement(_counted((_passed(one), one.number) for one in samples)),
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
    pairs: dict[str, list[tuple[tuple[bool, bool], int]]] = defaultdict(list)
    for one in samples:
        if one.category:
            first, second = _said(one)
            pairs[one.category].append(((one.category in first, one.category in second), one.number))
    return [(category, agreement(_counted(each))) for category, each in pairs.items()]


def _counted(told: Iterable[tuple[Counted, int]]) -> Counter[Counted]:
    found: Counter[Counted] = Counter()
    for one, count in told:
        found[one] += count
    return found


def _reviewer(
    who: tuple[str, str], worked: Sequence[Worked], paced: Pace, severe: int, golden: Sequence[bool]
) -> Reviewer:
    decided = _counted((one.hour, one.decided) for one in worked if one.decided)
    return Reviewer(
        *who,
        decisions=decided.total(),
        per_hour=decided.total() / len(decided) if decided else None,
        pace=paced,
        severe=severe,
        severe_most=max(_counted((one.hour, one.grim) for one in worked).values(), default=0),
        golden=watched(golden),
    )
