"""Shares a budget of extra traffic among candidates: bounds, cohorts, newcomers by chance. Pure; cost is linear.

Traffic is counted in impressions. Who may have more gets at most ``expected`` times what its multiplier is above 1;
where the budget is too small all of a cohort get the same part of that. A part of the budget is for newcomers, who are
drawn by a seed, so that any ranking can be drawn again.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from service.creators.formula import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Candidate(NamedTuple):
    """Somebody who may be shown: impressions ``expected`` without a boost, and the multiplier (permille)."""

    creator: str
    expected: int
    multiplier: int
    category: str = ""
    cohort: str = "default"
    newcomer: bool = False


class Bounds(NamedTuple):
    """What may be given now: the whole, and what is left for each creator and category. Exploration is permille.

    ``creators`` and ``categories`` hold what is left where something was spent; who is not in them has ``per_creator``
    or ``per_category`` left.
    """

    budget: int
    per_creator: int
    per_category: int
    exploration: int = 80
    creators: Mapping[str, int] = {}
    categories: Mapping[str, int] = {}


class Granted(NamedTuple):
    """What a candidate gets beside what is expected; negative where a measure limits it. ``why`` is a machine code."""

    candidate: Candidate
    extra: int
    why: str

    @property
    def shown(self) -> int:
        """Impressions with what is granted."""
        return self.candidate.expected + self.extra


def ranked(candidates: Sequence[Candidate], bounds: Bounds, seed: int) -> list[Granted]:
    """All candidates, who is shown most first. What is granted together never exceeds the budget nor any bound."""
    explored = bounds.budget * bounds.exploration // WHOLE
    veterans = [one for one in candidates if not one.newcomer and one.multiplier > WHOLE]
    newcomers = [one for one in candidates if one.newcomer and one.multiplier >= WHOLE]
    given = _shared(veterans, bounds, bounds.budget - explored) if veterans else {}
    if veterans and bounds.exploration < WHOLE:
        explored = min(explored, sum(given.values()) * bounds.exploration // (WHOLE - bounds.exploration))
    spent: dict[str, int] = {}
    for one in veterans:
        spent[one.category] = spent.get(one.category, 0) + given[one.creator]
    drawn = _explored(newcomers, bounds, explored, seed, spent)
    found = []
    for one in candidates:
        if one.creator in drawn and one.newcomer:
            found.append(Granted(one, drawn[one.creator], "exploration"))
        elif one.creator in given and not one.newcomer and one.multiplier > WHOLE:
            found.append(Granted(one, given[one.creator], "boost" if given[one.creator] else "budget"))
        elif one.multiplier < WHOLE:
            found.append(Granted(one, one.expected * (one.multiplier - WHOLE) // WHOLE, "measure"))
        else:
            found.append(Granted(one, 0, "none"))
    found.sort(key=lambda one: (-one.shown, one.candidate.creator))
    return found


def _shared(veterans: Sequence[Candidate], bounds: Bounds, budget: int) -> dict[str, int]:
    """Each cohort gets of the budget what it is of the expected traffic; what one leaves over the others share."""
    asked: dict[str, int] = {}
    expected: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for one in veterans:
        want = one.expected * (one.multiplier - WHOLE) // WHOLE
        want = min(want, bounds.creators.get(one.creator, bounds.per_creator))
        asked[one.creator] = want
        expected[one.cohort] = expected.get(one.cohort, 0) + one.expected
        wanted[one.cohort] = wanted.get(one.cohort, 0) + want
    portions = _portions(expected, wanted, budget)
    given = {one.creator: asked[one.creator] * portions[one.cohort] // max(1, wanted[one.cohort]) for one in veterans}
    return _within_categories(veterans, bounds, given)


def _portions(expected: Mapping[str, int], wanted: Mapping[str, int], budget: int) -> dict[str, int]:
    whole = max(1, sum(expected.values()))
    fair = {cohort: min(wanted[cohort], budget * size // whole) for cohort, size in expected.items()}
    rest = budget - sum(fair.values())
    open_ = {cohort: wanted[cohort] - got for cohort, got in fair.items()}
    lacking = sum(open_.values())
    if rest <= 0 or not lacking:
        return fair
    return {cohort: got + min(open_[cohort], rest * open_[cohort] // lacking) for cohort, got in fair.items()}


def _within_categories(veterans: Sequence[Candidate], bounds: Bounds, given: dict[str, int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in veterans:
        sums[one.category] = sums.get(one.category, 0) + given[one.creator]
    left = {name: max(0, bounds.categories.get(name, bounds.per_category)) for name in sums}
    return {
        one.creator: given[one.creator] * min(left[one.category], sums[one.category]) // max(1, sums[one.category])
        for one in veterans
    }


def _explored(
    newcomers: Sequence[Candidate], bounds: Bounds, budget: int, seed: int, sums: dict[str, int]
) -> dict[str, int]:
    """Newcomers in an order drawn by the seed, each up to its own bound, until the budget is spent.

    ``sums`` is what each category got already; it grows.
    """
    drawn: dict[str, int] = {}
    for one in sorted(newcomers, key=lambda one: _chance(seed, one.creator)):
        left = bounds.categories.get(one.category, bounds.per_category) - sums.get(one.category, 0)
        extra = min(one.expected, bounds.creators.get(one.creator, bounds.per_creator), left, budget)
        if extra > 0:
            drawn[one.creator] = extra
            sums[one.category] = sums.get(one.category, 0) + extra
            budget -= extra
        if budget <= 0:
            break
    return drawn


def _chance(seed: int, creator: str) -> bytes:
    return blake2b(creator.encode("utf-8", "surrogatepass"), digest_size=8, key=seed.to_bytes(8)).digest()


def gini(amounts: Sequence[int]) -> float:
    """How unequal amounts are: 0 where all are equal, near 1 where one has all."""
    ordered, whole = sorted(amounts), sum(amounts)
    if not whole:
        return 0.0
    number = len(ordered)
    weighed = sum(place * amount for place, amount in enumerate(ordered, 1))
    return (2 * weighed) / (number * whole) - (number + 1) / number
