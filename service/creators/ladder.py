"""The ladder of measures of Order 117 Art 12: what each is, on what it rests, who decides, how it ends. Pure data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from service.creators.entries import DAY

if TYPE_CHECKING:
    from service.creators.score import Derived
    from service.creators.standing import Standing


class Rung(NamedTuple):
    """A measure: its name, the longest term in days (none: without end), and whether a person has to decide."""

    zh: str
    en: str
    most_days: int | None
    by_person: bool


BASIS: Final = "直播电商监督管理办法 12"
NOTICE: Final = "直播电商监督管理办法 14"
LADDER: Final = {
    "warning": Rung("警示", "Warning", 30, by_person=False),
    "limit_features": Rung("限制功能", "Limited features", 30, by_person=True),
    "limit_traffic": Rung("限制流量", "Limited traffic", 30, by_person=True),
    "suspend_live": Rung("暂停直播", "Live rooms suspended", 7, by_person=True),
    "stop_live": Rung("限期停播", "Barred from live rooms for a term", 90, by_person=True),
    "close_account": Rung("关闭账号", "Account closed", None, by_person=True),
    "blacklist": Rung("黑名单", "Blacklist", 1095, by_person=True),
}
"""From mild to severe. Only the mildest takes effect without a person (PIPL 24)."""


class Proposal(NamedTuple):
    """A measure that a rule proposes: which, why, for how many days, on what numbers."""

    kind: str
    rule: str
    days: int | None
    facts: dict[str, int]


def proposals(derived: Derived, standing: Standing, lowest: str, watched: str) -> list[Proposal]:
    """What the rules propose for a creator as it stands now: proportionate, the mildest that fits each cause."""
    found = []
    severe = [one for one in derived.deductions if one.entry.value >= 4]  # noqa: PLR2004 - the highest severity
    year = [one for one in severe if one.entry.since > derived.at - 365 * DAY]
    facts = {"score": standing.score, "severe": len(year), "violations": len(derived.deductions)}
    if derived.zero is not None:
        found += [Proposal("close_account", "zero_tolerance", None, facts)]
        found += [Proposal("blacklist", "zero_tolerance", 365, facts)]
    elif len(year) >= 3:  # noqa: PLR2004 - docs/creators.md
        found.append(Proposal("close_account", "severe_thrice_a_year", None, facts))
    elif len(year) == 2:  # noqa: PLR2004
        found.append(Proposal("stop_live", "severe_twice_a_year", 15, facts))
    if standing.tier == lowest and derived.zero is None:
        found.append(Proposal("limit_traffic", "lowest_tier", 30, facts))
    elif standing.tier == watched:
        found.append(Proposal("warning", "watched_tier", 30, facts))
    return found
