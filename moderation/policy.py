"""Policies: the only place where evidence becomes an action."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from moderation.types import TEXT, TRADING, Action, Content, Effect, Evidence, Exemption, Missing, Scene, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moderation.ruleset import Category, Ruleset

BINDS_FROM = "binds_from"
"""The fact that marks evidence of a duty which is published and does not bind yet: it warns, whatever it does later."""
SHOWN = 64
"""So much evidence a verdict lists. What is beyond has been weighed and is counted as truncated."""


class Advertising(StrEnum):
    """When a scene's contents are judged as advertising (《广告法适用问题执法指南（一）》2-7)."""

    ALWAYS = "always"
    PRESUMED = "presumed"
    DECLARED = "declared"


class WhileWaiting(StrEnum):
    """What happens to a content between a review verdict and a person's decision."""

    HOLD = "hold"
    PUBLISH = "publish"


class SecondStage(StrEnum):
    """Which contents of a scene the second stage of the text expert reads too, where the house has one."""

    NEVER = "never"
    UNCERTAIN = "uncertain"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenePolicy:
    """One scene's way from evidence to action.

    Evidence of at least ``block_at`` weight leads to its category's action, of at least ``review_at`` to review at
    most, lighter evidence to nothing. ``when_missing`` is the least that happens when an expert gave no answer.
    ``experts`` are those that the scene hears: for each, the heads that count here and the category of each head. Heads
    that score under ``doubt_below``, in thousandths, doubt what is not firm; under ``deny_below`` what is firm, too.
    One that scores over ``insist_above`` is heard although a guard excuses what the rules found.
    """

    scene: Scene
    zh: str
    en: str
    advertising: Advertising
    while_waiting: WhileWaiting
    on_timeout: Action
    when_missing: Action
    block_at: int
    review_at: int
    actions: Mapping[str, Action]
    experts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    second_stage: SecondStage = SecondStage.NEVER
    doubt_below: int = 0
    deny_below: int = 0
    insist_above: int = 1000
    wants: tuple[str, ...] = field(init=False)
    """The names of the experts."""

    def __post_init__(self) -> None:
        """Names are asked for with every content."""
        object.__setattr__(self, "wants", tuple(self.experts))

    def is_advertising(self, content: Content) -> bool:
        """Whether the advertising categories apply: the first question of the law."""
        if self.advertising is Advertising.ALWAYS:
            return True
        if content.commercial or content.has_cart_link:
            return True
        if content.commercial is not None:
            return False
        return self.advertising is Advertising.PRESUMED or content.author.role in TRADING

    def leaves_open(self, content: Content) -> bool:
        """Whether nobody has said if the content is an advertisement, and its scene takes it for none."""
        return content.commercial is None and not self.is_advertising(content)

    def action_for(self, item: Evidence, category: Category) -> Action:
        """What one piece of evidence that counts leads to by itself: a score to review at most, whatever it weighs."""
        if binds_later(item):
            return Action.PASS
        action = self.actions.get(category.code, category.action)
        firm = item.weight >= self.block_at and item.source != TEXT
        return action if firm else min(action, Action.REVIEW)


def binds_later(item: Evidence) -> bool:
    """Whether it is about a duty that does not bind yet."""
    return BINDS_FROM in dict(item.facts)


class Weighed(NamedTuple):
    """What a decision is made from: evidence, what does not count and why, what must be proven, who gave no answer."""

    evidence: Sequence[Evidence] = ()
    exemptions: Sequence[Exemption] = ()
    proof: Sequence[str] = ()
    missing: tuple[Missing, ...] = ()
    truncated: int = 0


def decide(policy: ScenePolicy, ruleset: Ruleset, weighed: Weighed) -> Verdict:
    """Weigh everything into a verdict: the strictest action wins, hints below ``review_at`` count for nothing."""
    ranked = weighed.evidence
    if len(ranked) > 1:
        ranked = sorted(ranked, key=_rank)
    action, severity = Action.PASS, 0
    named: dict[str, Category] = {}
    for item in ranked:
        if item.weight < policy.review_at:
            continue
        if not named:
            severity = item.severity
        category = named[item.category] = ruleset.categories[item.category]
        if action is not Action.BLOCK:
            action = max(action, policy.action_for(item, category))
    missing, beyond = weighed.missing, len(ranked) - SHOWN
    return Verdict(
        max(action, policy.when_missing) if missing else action,
        severity,
        tuple(named),
        effects_of(action, severity, named.values()),
        tuple(ranked if beyond <= 0 else ranked[:SHOWN]),
        ruleset.fingerprint,
        tuple(weighed.exemptions[:SHOWN]),
        tuple(weighed.proof),
        missing,
        bool(missing),
        weighed.truncated + max(0, beyond),
    )


def _rank(item: Evidence) -> tuple[int, int, int]:
    return -item.severity, -item.weight, item.span.start


def effects_of(action: Action, severity: int, categories: Iterable[Category]) -> tuple[Effect, ...]:
    """The side effects that a verdict with these categories asks for."""
    asked: tuple[Effect, ...] = ()
    for category in categories:
        if category.effects:
            asked += category.effects
    if not asked:
        return (Effect.WARN,) if action is Action.PASS and severity else ()
    return tuple([effect for effect in _EFFECTS if effect in asked])


_EFFECTS = tuple(Effect)
