"""Recorded verdicts weighed again: by the policy alone from what was recorded, or whole against a new examination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moderation.policy import SHOWN, Weighed, decide

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset
    from moderation.types import Evidence, Scene, Verdict

CUT: Final = "cut"
"""More evidence was weighed than a verdict lists, so that what is recorded may not tell all."""
UNKNOWN: Final = "category"
"""The ruleset does not know a category of the recorded evidence."""
_OUTCOME: Final = ("action", "severity", "categories", "effects", "degraded")
_WHOLE: Final = (*_OUTCOME, "exemptions", "proof", "missing")


def weighed_again(recorded: Verdict, scene: Scene, ruleset: Ruleset) -> Verdict:
    """What the policy makes of the recorded evidence now. Raises ``KeyError`` for a category that is not known."""
    weighed = Weighed(
        recorded.evidence, recorded.exemptions, recorded.proof, recorded.missing, recorded.matches_truncated
    )
    return decide(ruleset.policies[scene], ruleset, weighed)


def policy_differences(recorded: Verdict, scene: Scene, ruleset: Ruleset) -> list[str]:
    """In what the policy would decide otherwise on the same evidence; nothing, if in nothing."""
    try:
        again = weighed_again(recorded, scene, ruleset)
    except KeyError:
        return [UNKNOWN]
    found = [name for name in _OUTCOME if getattr(recorded, name) != getattr(again, name)]
    if found and len(recorded.evidence) >= SHOWN and recorded.matches_truncated:
        return [CUT]
    return found


def whole_differences(recorded: Verdict, again: Verdict, *, close: float = 0.0) -> list[str]:
    """In what two verdicts on one content differ. ``close`` is how far apart scores of a second stage may be."""
    found = [name for name in _WHOLE if getattr(recorded, name) != getattr(again, name)]
    if len(recorded.evidence) != len(again.evidence) or not all(
        _same(one, other, close) for one, other in zip(recorded.evidence, again.evidence, strict=True)
    ):
        found.append("evidence")
    return found


def _same(one: Evidence, other: Evidence, close: float) -> bool:
    if one == other:
        return True
    if not close or one._replace(facts=()) != other._replace(facts=()):
        return False
    mine, theirs = dict(one.facts), dict(other.facts)
    return mine.keys() == theirs.keys() and all(abs(mine[name] - theirs[name]) <= close for name in mine)
