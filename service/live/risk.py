"""A room's risk as its keeper has it: what verdicts and others add, what is told of it, how it is kept. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from moderation import risk as rising
from moderation.risk import Advice, Level, Mark, Reason, Risk, Source, corrected, look, marks, weigh
from service.plan import Happening

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moderation.liverules import RiskRules
    from moderation.risk import Step
    from service.live.talk import Judged

RISK: Final = "risk"
"""The level changed."""
ADVICE: Final = "advice"
"""Something is advised from now on, or no longer: slow mode, a warning to the host, a senior's look, a cut."""


_NONE: Final = Risk()


class PutRight(NamedTuple):
    """The host put a claim of a category right on air, at so many seconds since 1970."""

    at: float
    category: str


def moved(
    risk: Risk, judged: Sequence[Judged], more: Iterable[Mark | PutRight], rules: RiskRules
) -> tuple[Risk, list[Happening]]:
    """The risk after messages with their verdicts, then after what others add; what is to be told of it."""
    happened: list[Happening] = []
    for one in judged:
        for mark in marks(one.message.content, one.verdict, rules):
            risk, steps = weigh(risk, mark, rules)
            happened.extend([_told(step, one.message.id) for step in steps])
    for change in more:
        if isinstance(change, Mark):
            risk, steps = weigh(risk, change, rules)
        else:
            risk, steps = corrected(risk, change.at, change.category, rules)
        happened.extend([_told(step) for step in steps])
    return risk, happened


def renewed(risk: Risk, at: float, rules: RiskRules) -> tuple[Risk, list[Happening]]:
    """The risk where a show begins, and what is over with the last one."""
    risk, steps = rising.renewed(risk, at, rules)
    return risk, [_told(step) for step in steps]


def kept(risk: Risk) -> str:
    """A risk as JSON, for the record of the room; an empty object where there is none."""
    if risk == _NONE:
        return "{}"
    told = {
        "at": risk.at,
        "level": risk.level,
        "reasons": [list(reason) for reason in risk.reasons],
        "active": sorted(risk.active),
        "violations": risk.violations,
        "unheeded": risk.unheeded,
        "warned_at": risk.warned_at,
    }
    return orjson.dumps({RISK: told}).decode()


def restored(facts: Mapping[str, Any]) -> Risk:
    """A risk from what ``kept`` gave; none from any other facts."""
    told = facts.get(RISK)
    if told is None:
        return _NONE
    reasons = tuple([Reason(Source(source), *rest) for source, *rest in told["reasons"]])
    active = frozenset(map(Advice, told["active"]))
    return Risk(**(told | {"level": Level(told["level"]), "reasons": reasons, "active": active}))


def faded(risk: Risk, at: float, rules: RiskRules) -> tuple[Risk, list[Happening]]:
    """The risk at a later moment in which nothing happened."""
    risk, steps = look(risk, at, rules)
    return risk, [_told(step) for step in steps]


def is_calm(risk: Risk) -> bool:
    """Whether nothing stands that could end by itself."""
    return risk.level is Level.GREEN and not risk.active


def reasons_told(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    """Reasons as plain data, the heaviest first."""
    return [
        {
            "source": reason.source.value,
            "category": reason.category,
            "points": round(reason.points),
            "times": reason.times,
        }
        for reason in reasons
    ]


def _told(step: Step, message: str = "") -> Happening:
    facts: dict[str, object] = {"level": step.level.code, "reasons": reasons_told(step.reasons)}
    if message:
        facts["message"] = message
    if step.advice is None:
        return Happening(RISK, facts | {"up": step.on})
    facts |= {"advice": step.advice.value, "on": step.on}
    if step.seconds:
        facts["seconds"] = step.seconds
    return Happening(ADVICE, facts)
