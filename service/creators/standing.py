"""From a score to a tier and a multiplier for traffic: hard gates first, then the number. Pure.

A score only adds traffic. To take it away is a measure, which a person decides; so is the end of an account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import DAY
from service.creators.formula import FULL, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from service.creators.formula import Formula, Tier
    from service.creators.score import Derived

_LIVE: Final = frozenset({"live_script", "live_speech", "live_chat"})
LIMITS: Final[Mapping[str, tuple[int, frozenset[str]]]] = {
    "limit_traffic": (500, frozenset()),
    "suspend_live": (0, _LIVE),
    "stop_live": (0, _LIVE),
    "close_account": (0, frozenset()),
    "blacklist": (0, frozenset()),
}
"""What measures leave of the traffic, permille, and in which scenes; none named says in all."""


class Facts(NamedTuple):
    """What is known of a creator beside the entries. ``valid_until`` are the ends of verifications; times in seconds.

    ``verified`` says that somebody verified who it is.
    """

    cohort: str = "default"
    verified: bool = False
    valid_until: tuple[int, ...] = ()


class Standing(NamedTuple):
    """Where a creator stands. ``multiplier`` is permille; ``reasons`` are machine codes.

    ``newcomer`` says that neither days nor items are enough yet, ``owed`` what of the multiplier repays lost boosts.
    """

    score: int
    tier: str
    multiplier: int
    reasons: tuple[str, ...]
    newcomer: bool
    owed: int = 0


NOTHING_KNOWN: Final = Facts()
VERIFIED: Final = Facts(verified=True)


def placed(derived: Derived, formula: Formula, facts: Facts = NOTHING_KNOWN, owed: int = 0) -> Standing:
    """Tier and multiplier of a score; ``owed`` is added where no gate forbids it."""
    tier, reasons = tier_of(derived.score, formula), []
    newcomer = is_newcomer(derived, formula)
    for reason, holds, highest in (
        ("tenure", newcomer, formula.tenure_tier),
        ("unverified", not facts.verified, formula.unverified_tier),
        ("habit", derived.habit > formula.habit_most, formula.habit_tier),
    ):
        if holds and _rank(formula, tier.name) < _rank(formula, highest):
            tier = next(one for one in formula.tiers if one.name == highest)
            reasons.append(reason)
    multiplier = _within(tier, derived.score, formula)
    barred = gates(derived, formula, facts)
    reasons += barred
    if barred:
        multiplier, owed = min(multiplier, WHOLE), 0
    multiplier = min(multiplier + owed, formula.most_boost)
    if owed:
        reasons.append("compensation")
    return Standing(derived.score, tier.name, multiplier, tuple(reasons), newcomer, owed)


def limited(multiplier: int, measures: Iterable[str], scene: str) -> tuple[int, list[str]]:
    """What measures in force leave of a multiplier in a scene, and which of them do."""
    found = []
    for measure in measures:
        left, scenes = LIMITS.get(measure, (WHOLE * 10, frozenset()))
        if measure in LIMITS and (not scenes or scene in scenes):
            multiplier = min(multiplier, left)
            found.append(measure)
    return multiplier, found


def tier_of(score: int, formula: Formula) -> Tier:
    """The tier of a score, before any gate."""
    return next(tier for tier in formula.tiers if score >= tier.least)


def is_newcomer(derived: Derived, formula: Formula) -> bool:
    """Whether days or items are still too few to stand high."""
    if derived.first is None or derived.items < formula.tenure_items:
        return True
    return derived.at - derived.first < formula.tenure_days * DAY


def gates(derived: Derived, formula: Formula, facts: Facts = NOTHING_KNOWN) -> list[str]:
    """What forbids a boost now: codes."""
    found = []
    since = derived.at - formula.severe_days * DAY
    if any(one.entry.value >= formula.severe and one.entry.since > since for one in derived.deductions):
        found.append("recent_severe")
    if derived.zero is not None:
        found.append("zero_tolerance")
    recent = derived.at - formula.surge_days * DAY
    if sum(time > recent for time in derived.complaints) >= formula.surge:
        found.append("complaint_surge")
    if any(end <= derived.at for end in facts.valid_until):
        found.append("verification_expired")
    return found


def _rank(formula: Formula, name: str) -> int:
    return [tier.name for tier in formula.tiers].index(name)


def _within(tier: Tier, score: int, formula: Formula) -> int:
    above = [one.least for one in formula.tiers if one.least > tier.least]
    top = min(above, default=FULL)
    place = min(max(score - tier.least, 0), top - tier.least)
    return tier.low + (tier.high - tier.low) * place // (top - tier.least)
