"""What is given back of boosts that violations cost which were overturned. Pure.

What the multiplier lacked at a time is added as long after the overturn as had passed since the violation counted. Each
overturn pays for what it alone brought to light, so that over time exactly what was lost is given back, whichever were
overturned and in whatever order. What stands again, or was found to be something else, is lost as far as it was less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import Kind, standing
from service.creators.score import reckon
from service.creators.standing import NOTHING_KNOWN, placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.creators.entries import Entry
    from service.creators.formula import Formula
    from service.creators.score import Derived
    from service.creators.standing import Facts, Standing

MOST: Final = 16
"""So many overturns are paid for each by itself; where there are more, neighbours are taken together."""
MOST_PAIRS: Final = 48
"""So many pairs of derivations at most: those, and what was given back, and withheld, while others counted."""


class Stood(NamedTuple):
    """A score, and where its creator stands by it; ``back`` is what is owed, whether or not a gate forbids it now."""

    derived: Derived
    standing: Standing
    back: int


def boosted(entries: Sequence[Entry], formula: Formula, at: int, facts: Facts = NOTHING_KNOWN) -> Stood:
    """Where a creator stands at a time, with what is owed for boosts lost to decisions that were overturned."""
    derived = reckon(entries, formula, at, cohort=facts.cohort)
    back = owed(entries, formula, at, facts)
    return Stood(derived, placed(derived, formula, facts, back), back)


def owed(entries: Sequence[Entry], formula: Formula, at: int, facts: Facts = NOTHING_KNOWN) -> int:
    """What a multiplier is raised by at a time for boosts that were lost, permille."""
    return _owed(entries, formula, at, facts, _Means())


class _Means:
    """How many pairs of derivations are left."""

    def __init__(self) -> None:
        self.left = MOST_PAIRS


def _owed(entries: Sequence[Entry], formula: Formula, at: int, facts: Facts, means: _Means) -> int:
    past = Past(entries, formula, at)
    if not past.ended or not means.left:
        return 0
    total, found = 0, past.overturns(min(MOST, means.left))
    means.left -= len(found)
    for since, first, last in found:
        time = since + at - first
        if time < last:
            # What was given back at that time, and a gate withheld, is lost as well.
            back = _owed(entries, formula, time, facts, means)
            had, due = (
                placed(reckon(past.known(time, by), formula, time, cohort=facts.cohort), formula, facts, back)
                for by in (first - 1, last)
            )
            total += max(0, due.multiplier - had.multiplier)
    return total


class Past:
    """Entries as a time knows them. ``ended`` is when each violation ended that does not stand by then."""

    def __init__(self, entries: Sequence[Entry], formula: Formula, at: int) -> None:
        self._entries, self._formula, self._at = entries, formula, at
        reversed_: dict[str, int] = {}
        for entry in entries:
            if entry.kind == Kind.REVERSAL and entry.recorded <= at:
                reversed_[entry.ref] = max(entry.recorded, reversed_.get(entry.ref, 0))
        self.ended: dict[str, int] = {}
        self._of_mark: dict[str, list[Entry]] = {}
        if not reversed_:
            return
        stands = {entry.id for entry in standing(entries, at)}
        for entry in entries:
            if entry.kind == Kind.VIOLATION and entry.recorded <= at:
                self._of_mark.setdefault(entry.mark or entry.id, []).append(entry)
                if entry.id in reversed_ and entry.id not in stands:
                    self.ended[entry.id] = reversed_[entry.id]

    def overturns(self, most: int) -> list[tuple[int, int, int]]:
        """When what ended counted from, and from when to when it ended; no more of them than ``most``."""
        since: dict[int, int] = {}
        for same in self._of_mark.values():
            ends = [(entry.recorded, self.ended[entry.id]) for entry in same if entry.id in self.ended]
            for _, end in ends:
                first = min(began for began, ended in ends if ended <= end)
                if self._at - end < end - first:
                    since[end] = min(first, since.get(end, first))
        width = 1
        while True:
            found: dict[int, tuple[int, int, int]] = {}
            for end, began in sorted(since.items()):
                known = found.get(end // width, (began, end, end))
                found[end // width] = (min(began, known[0]), known[1], end)
            if len(found) <= most:
                return list(found.values())
            width *= 2

    def known(self, at: int, by: int) -> Iterable[Entry]:
        """What counted at a time, less what was known by another to be no violation, or none of that sort."""
        for entry in standing(self._entries, at):
            found = self._truth(entry, by) if entry.id in self.ended else entry
            if found is not None:
                yield found

    def _truth(self, one: Entry, by: int) -> Entry | None:
        """What a violation was by what is known, or was known by a time; nothing where it was none.

        That it was worse than was thought is lost to nobody.
        """
        if self.ended[one.id] > by:
            return one
        same = self._of_mark[one.mark or one.id]
        stands = [other for other in same if other.id not in self.ended]
        stood = [other for other in same if other.id in self.ended and other.recorded <= by < self.ended[other.id]]
        for other in (*stands, *stood):
            worse = self._formula.is_zero(other.name) and not self._formula.is_zero(one.name)
            if worse or other.value > one.value:
                return one
            return one._replace(name=other.name, value=other.value, scene=other.scene)
        return None
