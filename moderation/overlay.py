"""What a tenant changes of rules that all share: what a term weighs and where it counts, thresholds and actions.

It is written in ``policy.toml`` of the tenant's own files. What it names and the shared rules no longer have is without
effect. Found is found: a term that is switched off leaves its hits among the exemptions.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from moderation.errors import LoadError, PolicyError
from moderation.tables import Document, Row, not_toml, placed
from moderation.types import FULL_WEIGHT, Action, Exemption, Scene
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.detect.terms import Findings
    from moderation.policy import ScenePolicy
    from moderation.ruleset import Category
    from moderation.types import Evidence

NAME: Final = "policy.toml"
"""The file of a tenant's own that holds it."""
SWITCHED_OFF: Final = "switched_off"
"""The code of an exemption: the tenant does not count this term."""
WAS: Final = "weight_was"
"""The fact that tells what a hit weighed before the tenant's overlay."""
MOST_SEVERE: Final = 4
_HEAD: Final = "# What this tenant changes of the shared rules. Written by the console: [was, now].\n"
_ACTIONS: Final = {action.code: action for action in Action}


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What becomes of one rule's hits, in some scenes or (``None``) in all.

    ``weight`` and ``severity`` are pairs of was and now. A hit that weighs less than its term keeps its share; one
    whose severity the law has raised keeps that.
    """

    rule: str
    off: bool = False
    weight: tuple[int, int] | None = None
    severity: tuple[int, int] | None = None
    scenes: frozenset[Scene] | None = None

    def of(self, item: Evidence) -> Evidence:
        """The hit as this tenant weighs it."""
        if self.severity is not None and item.severity == self.severity[0]:
            item = item._replace(severity=self.severity[1])
        if self.weight is not None:
            was, becomes = self.weight
            weight = max(1, min(FULL_WEIGHT, item.weight * becomes // was))
            if weight != item.weight:
                item = item._replace(weight=weight, facts=(*item.facts, (WAS, item.weight)))
        return item


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What a scene asks of evidence, where it differs from the house's policy."""

    block_at: int | None = None
    review_at: int | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)

    def over(self, policy: ScenePolicy) -> ScenePolicy:
        """The house's policy as this tenant has it; review never begins above block."""
        block_at = policy.block_at if self.block_at is None else self.block_at
        review_at = policy.review_at if self.review_at is None else self.review_at
        actions = {**policy.actions, **self.actions}
        return replace(policy, block_at=max(block_at, review_at), review_at=review_at, actions=actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All that one tenant changes of the shared rules."""

    terms: tuple[Adjustment, ...] = ()
    scenes: Mapping[Scene, Threshold] = field(default_factory=dict)
    by_rule: Mapping[str, tuple[Adjustment, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Hits ask by their rule."""
        by_rule: dict[str, tuple[Adjustment, ...]] = {}
        for one in self.terms:
            by_rule[one.rule] = (*by_rule.get(one.rule, ()), one)
        object.__setattr__(self, "by_rule", by_rule)

    def policies(self, house: Mapping[Scene, ScenePolicy]) -> Mapping[Scene, ScenePolicy]:
        """The policies of all scenes, with this tenant's thresholds."""
        return {scene: self.scenes[scene].over(one) if scene in self.scenes else one for scene, one in house.items()}

    def weigh(self, findings: Findings, scene: Scene) -> None:
        """Has the evidence weigh what this tenant says; what it does not count becomes exempt."""
        if self.by_rule.keys().isdisjoint([item.rule for item in findings.evidence]):
            return
        kept = []
        for item in findings.evidence:
            told: Evidence | None = item
            for one in self.by_rule.get(item.rule, ()):
                if told is None or (one.scenes is not None and scene not in one.scenes):
                    continue
                told = None if one.off else one.of(told)
            if told is None:
                findings.exemptions.append(Exemption(item.category, item.rule, item.span, SWITCHED_OFF))
            else:
                kept.append(told)
        findings.evidence[:] = kept


def read_overlay(text: str, categories: Mapping[str, Category]) -> tuple[Overlay, list[LoadError]]:
    """An overlay as it is written, and everything wrong with it."""
    errors: list[LoadError] = []
    terms: list[Adjustment] = []
    scenes: dict[Scene, Threshold] = {}
    try:
        document = Document(NAME, text, tomllib.loads(text))
        unknown = sorted(document.tree.keys() - {"term", "scene"})
        errors += [PolicyError(NAME, document.line(key), wrong("policy_key", key=key)) for key in unknown]
        for table, line in placed(document, "term"):
            terms.append(_adjustment(Row(document, table, PolicyError, "[[term]]", line)))
        for table, line in placed(document, "scene"):
            row = Row(document, table, PolicyError, "[[scene]]", line)
            scene = row.one_of("scene", Scene)
            if scene in scenes:
                raise row.wrong("twice", what=scene)
            scenes[scene] = _threshold(row, categories)
    except tomllib.TOMLDecodeError as error:
        errors.append(not_toml(NAME, error))
    except LoadError as error:
        errors.append(error)
    return Overlay(terms=tuple(terms), scenes=scenes), errors


def _adjustment(row: Row) -> Adjustment:
    listed = row.some_of("scenes", Scene, None) if row.take("scenes", list, None) is not None else None
    read = Adjustment(
        rule=row.take("rule", str),
        off=row.take("off", bool, False),
        weight=_pair(row, "weight", 1, FULL_WEIGHT),
        severity=_pair(row, "severity", 0, MOST_SEVERE),
        scenes=None if listed is None else frozenset(listed),
    )
    row.end()
    return read


def _pair(row: Row, key: str, low: int, high: int) -> tuple[int, int] | None:
    given = row.take(key, list, None)
    if given is None:
        return None
    if len(given) != 2 or not all(type(one) is int and low <= one <= high for one in given):  # noqa: PLR2004 - a pair
        raise row.wrong("was_now", key=key, low=low, high=high)
    return given[0], given[1]


def _threshold(row: Row, categories: Mapping[str, Category]) -> Threshold:
    actions: dict[str, Any] = row.take("actions", dict, {})
    for code, action in actions.items():
        if code not in categories or action not in _ACTIONS:
            raise row.wrong("policy_action", code=code, action=action)
    given = [key for key in ("block_at", "review_at") if row.take(key, int, None) is not None]
    limits = {key: row.number(key, 1, FULL_WEIGHT) for key in given}
    row.end()
    if limits.get("review_at", 0) > limits.get("block_at", FULL_WEIGHT):
        raise row.wrong("above", low="review_at", high="block_at")
    return Threshold(**limits, actions={code: _ACTIONS[action] for code, action in actions.items()})


def written(overlay: Overlay) -> str:
    """An overlay as ``read_overlay`` reads it; empty for one that changes nothing."""
    pieces = []
    for one in sorted(overlay.terms, key=lambda each: (each.rule, sorted(each.scenes or ()))):
        lines = ["[[term]]", f'rule = "{one.rule}"']
        if one.off:
            lines.append("off = true")
        for key, pair in (("weight", one.weight), ("severity", one.severity)):
            if pair is not None:
                lines.append(f"{key} = [{pair[0]}, {pair[1]}]")
        if one.scenes is not None:
            listed = ", ".join(f'"{scene}"' for scene in sorted(one.scenes))
            lines.append(f"scenes = [{listed}]")
        pieces.append("\n".join(lines))
    for scene, limits in sorted(overlay.scenes.items()):
        lines = ["[[scene]]", f'scene = "{scene}"']
        pairs = (("block_at", limits.block_at), ("review_at", limits.review_at))
        lines += [f"{key} = {value}" for key, value in pairs if value is not None]
        if limits.actions:
            told = ", ".join(f'{code} = "{action.code}"' for code, action in sorted(limits.actions.items()))
            lines.append(f"actions = {{ {told} }}")
        pieces.append("\n".join(lines))
    return _HEAD + "\n" + "\n\n".join(pieces) + "\n" if pieces else ""
