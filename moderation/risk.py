"""The risk of a room as a value: points that fade, a level, what is advised and for which reasons. It does nothing.

Marks come from verdicts on chat and host speech, from departures from the script and from complaints. Every step says
why; there is none that is not told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.rule import HINT
from moderation.room import COMPLAINTS, ROOM
from moderation.types import TEXT, Action, Scene

if TYPE_CHECKING:
    from moderation.liverules import RiskRules
    from moderation.types import Content, Verdict

REASONS = 12
"""So many reasons are kept at most; the lightest go first."""
FADED = 0.5
"""A reason of fewer points is none any more."""


class Source(StrEnum):
    """Where risk comes from."""

    CHAT = "chat"
    SPEECH = "speech"
    SCRIPT = "script"
    COMPLAINT = "complaint"


class Level(IntEnum):
    """How a room stands."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def code(self) -> str:
        """The machine code: ``green``, ``amber`` or ``red``."""
        return self.name.lower()


class Advice(StrEnum):
    """What may be advised: a closed list, in the order of weight."""

    SLOW_MODE = "slow_mode"
    WARN_HOST = "warn_host"
    SENIOR = "senior"
    CUT = "cut"


class Mark(NamedTuple):
    """One thing that adds risk: where it comes from, when (seconds since 1970), what it is, and how grave.

    ``violation`` tells whether it is one of the host's own, against which the line is counted.
    """

    source: Source
    at: float
    category: str
    points: int
    violation: bool = False


class Reason(NamedTuple):
    """Why a room stands where it stands: points of one category from one source, and how many marks made them."""

    source: Source
    category: str
    points: float
    times: int


class Step(NamedTuple):
    """Something to tell: a new level, or an advice that begins (``on``) or ends, with the reasons of the moment."""

    at: float
    level: Level
    advice: Advice | None
    on: bool
    reasons: tuple[Reason, ...]
    seconds: int = 0
    """Of slow mode: so long between two messages of a person."""


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk of one show in a room as of ``at``. A new show is ``Risk()``.

    ``violations`` are the host's since it began, ``unheeded`` those after a warning that still stands.
    """

    at: float = 0.0
    level: Level = Level.GREEN
    reasons: tuple[Reason, ...] = ()
    active: frozenset[Advice] = frozenset()
    violations: int = 0
    unheeded: int = 0
    warned_at: float = 0.0
    """When the host was warned last; 0: never."""

    def points(self, *sources: Source) -> float:
        """The points of some sources, or of all."""
        return sum([reason.points for reason in self.reasons if not sources or reason.source in sources])


def marks(content: Content, verdict: Verdict, rules: RiskRules) -> tuple[Mark, ...]:
    """What a verdict on a message adds: the gravest category of what counts, and complaints beside it.

    What a model's score alone says adds little, and is no violation of the host.
    """
    if not verdict.categories:
        return ()
    at = content.at.timestamp()
    found = []
    source = Source.SPEECH if content.scene is Scene.LIVE_SPEECH else Source.CHAT
    by_severity = rules.speech if source is Source.SPEECH else rules.chat
    graver = [category for category in verdict.categories if category != COMPLAINTS]
    if graver:
        points = by_severity[verdict.severity]
        if verdict.action is Action.REVIEW:
            points = points * rules.review_milli // 1000
        if any(item.source == ROOM for item in verdict.evidence):
            points = max(points, rules.crowd)
        counts = [item for item in verdict.evidence if item.category != COMPLAINTS and item.weight >= HINT]
        scored = all(item.source == TEXT for item in counts)
        if scored:
            points = points * rules.score_milli // 1000
        told = source is Source.SPEECH and verdict.action >= Action.REVIEW and not scored
        found.append(Mark(source, at, graver[0], points, told))
    if COMPLAINTS in verdict.categories:
        found.append(Mark(Source.COMPLAINT, at, COMPLAINTS, rules.complaint))
    return tuple([mark for mark in found if mark.points])


def departure(at: float, category: str, rules: RiskRules) -> Mark:
    """What a claim of the host adds that the approved script does not have."""
    return Mark(Source.SCRIPT, at, category, rules.script)


def weigh(risk: Risk, mark: Mark, rules: RiskRules) -> tuple[Risk, tuple[Step, ...]]:
    """The risk after a mark, and what is to be told: first what had ended by then, whether anybody looked or not."""
    faded, ended = look(risk, mark.at, rules)
    reasons = {(reason.source, reason.category): reason for reason in faded.reasons}
    known = reasons.get((mark.source, mark.category), Reason(mark.source, mark.category, 0.0, 0))
    reasons[mark.source, mark.category] = known._replace(points=known.points + mark.points, times=known.times + 1)
    heaviest = sorted(reasons.values(), key=lambda reason: -reason.points)[:REASONS]
    after = replace(
        faded,
        reasons=tuple(heaviest),
        violations=faded.violations + mark.violation,
        unheeded=faded.unheeded + (mark.violation and Advice.WARN_HOST in faded.active),
    )
    after, steps = _settle(after, rules, violated=mark.violation)
    return after, (*ended, *steps)


def corrected(risk: Risk, at: float, category: str, rules: RiskRules) -> tuple[Risk, tuple[Step, ...]]:
    """The risk after the host put a claim right on air: the consequence of that claim is lowered, and it was heeded.

    No more is taken away than the gravest claim weighs: who says five and corrects one is not forgiven the other four.
    """
    faded = fade(risk, at, rules)
    gone, most = 1 - rules.corrected_milli / 1000, {Source.SPEECH: max(rules.speech), Source.SCRIPT: rules.script}
    reasons = tuple(
        reason._replace(points=reason.points - min(reason.points, most.get(reason.source, 0)) * gone)
        if reason.category == category
        else reason
        for reason in faded.reasons
    )
    return _settle(replace(faded, reasons=reasons, unheeded=max(0, faded.unheeded - 1)), rules)


def look(risk: Risk, at: float, rules: RiskRules) -> tuple[Risk, tuple[Step, ...]]:
    """The risk at a later moment in which nothing happened, and what ends by it. Ask now and then, or when asked."""
    return _settle(fade(risk, at, rules), rules)


def renewed(risk: Risk, at: float, rules: RiskRules) -> tuple[Risk, tuple[Step, ...]]:
    """The risk of the next show in a room, and what is told to be over of the last one's."""
    _, over = _settle(replace(risk, at=at, reasons=()), rules)
    return Risk(), over


def fade(risk: Risk, at: float, rules: RiskRules) -> Risk:
    """The same risk later. An earlier time changes nothing."""
    if at <= risk.at:
        return risk
    left = 0.5 ** ((at - risk.at) / rules.half_life_seconds)
    faded = [reason._replace(points=reason.points * left) for reason in risk.reasons]
    return replace(risk, at=at, reasons=tuple([reason for reason in faded if reason.points >= FADED]))


def _settle(risk: Risk, rules: RiskRules, *, violated: bool = False) -> tuple[Risk, tuple[Step, ...]]:
    """Level and advice that these points mean. A violation of a host who stands warned is told again."""
    if Advice.WARN_HOST not in _active(risk, rules):
        risk = replace(risk, unheeded=0)
    level, active = _level(risk, rules), _active(risk, rules)
    steps = []
    if level is not risk.level:
        steps.append(Step(risk.at, level, None, level > risk.level, risk.reasons))
    for advice in Advice:
        again = advice is Advice.WARN_HOST and violated
        if advice in active and (again or advice not in risk.active):
            steps.append(Step(risk.at, level, advice, True, risk.reasons, _seconds(advice, level, rules)))
        elif advice in risk.active and advice not in active:
            steps.append(Step(risk.at, level, advice, False, risk.reasons))
    warned = any(step.advice is Advice.WARN_HOST and step.on for step in steps)
    after = replace(risk, level=level, active=active, warned_at=risk.at if warned else risk.warned_at)
    return after, tuple(steps)


def _level(risk: Risk, rules: RiskRules) -> Level:
    points = risk.points()
    for level, threshold in ((Level.RED, rules.red), (Level.AMBER, rules.amber)):
        if points >= _held(threshold, rules, stands=risk.level >= level):
            return level
    return Level.GREEN


def _active(risk: Risk, rules: RiskRules) -> frozenset[Advice]:
    spoken, typed = risk.points(Source.SPEECH, Source.SCRIPT), risk.points(Source.CHAT)
    is_red = _level(risk, rules) is Level.RED

    def reaches(points: float, threshold: int, advice: Advice) -> bool:
        return points >= _held(threshold, rules, stands=advice in risk.active)

    advised = {
        Advice.SLOW_MODE: reaches(typed, rules.slow, Advice.SLOW_MODE),
        Advice.WARN_HOST: reaches(spoken, rules.warn, Advice.WARN_HOST),
        Advice.SENIOR: is_red or risk.unheeded >= rules.senior_after,
        Advice.CUT: is_red and risk.unheeded >= rules.cut_after,
    }
    return frozenset([advice for advice, holds in advised.items() if holds])


def _held(threshold: int, rules: RiskRules, *, stands: bool) -> float:
    """What stands falls only well below where it began, so that it does not flicker."""
    return threshold * rules.down_milli / 1000 if stands else threshold


def _seconds(advice: Advice, level: Level, rules: RiskRules) -> int:
    if advice is not Advice.SLOW_MODE:
        return 0
    return rules.slow_seconds if level < Level.RED else rules.slow_red_seconds
