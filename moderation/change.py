"""Changes that people propose, done to the texts of a tenant's own files: add, allow, remove, weigh, set a threshold.

A change says what is meant; the bytes that it leads to are what is judged by, compared and approved. No file is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.lexicon import ALLOW, OWN, parse
from moderation.overlay import NAME, Adjustment, Overlay, Threshold, read_overlay, written
from moderation.types import FULL_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from moderation.lexicon import Term
    from moderation.ruleset import Ruleset
    from moderation.types import Action, Scene

OWNER: Final = "console"
MOST_CHANGES: Final = 200
ANY_CATEGORY: Final = "*"


class Op(StrEnum):
    """What may be done to rules."""

    ADD = "add"
    ALLOW = "allow"
    REMOVE = "remove"
    RESTORE = "restore"
    SEVERITY = "severity"
    WEIGHT = "weight"
    THRESHOLD = "threshold"
    ACTION = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. ``line`` is in the line grammar, ``rule`` the id of a term, ``number`` a severity or a weight.

    What its kind does not ask for is left out. ``categories`` are those that an allow term protects from.
    """

    op: Op
    category: str = ""
    line: str = ""
    categories: tuple[str, ...] = ()
    rule: str = ""
    number: int | None = None
    scene: Scene | None = None
    scenes: tuple[Scene, ...] = ()
    block_at: int | None = None
    review_at: int | None = None
    action: Action | None = None


class Unfit(Exception):
    """A change that cannot be made: the number of the change and a machine code."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"change {number}: {why}")
        self.number, self.why = number, why


class _Known(NamedTuple):
    """What a change stands on: the files so far, the shared rules, the terms by rule id, the day."""

    files: dict[str, str]
    ruleset: Ruleset
    find: Callable[[str], Sequence[Term]]
    day: date


def changed(
    files: Mapping[str, str],
    changes: Sequence[Change],
    ruleset: Ruleset,
    *,
    find: Callable[[str], Sequence[Term]],
    day: date,
) -> dict[str, str]:
    """The files after all changes, in order. ``find`` gives the shared terms of a rule id. Raises ``Unfit``.

    What the line grammar refuses is told by whoever reads the files, with file and line.
    """
    known = _Known(dict(files), ruleset, find, day)
    for number, change in enumerate(changes):
        why = _MAKERS[change.op](known, change)
        if why:
            raise Unfit(number, why)
    return {name: text for name, text in known.files.items() if text.strip()}


def _add(known: _Known, change: Change) -> str:
    if change.category not in known.ruleset.categories:
        return "unknown_category"
    return _append(known, f"console-{change.category}.txt", f"@category {change.category}", change.line)


def _allow(known: _Known, change: Change) -> str:
    if any(one not in known.ruleset.categories for one in change.categories):
        return "unknown_category"
    chosen = f" | for: {', '.join(change.categories)}" if change.categories else ""
    return _append(known, "console-allow.txt", f"@allow {ANY_CATEGORY}", change.line.strip() + chosen)


def _append(known: _Known, name: str, kind: str, line: str) -> str:
    line = line.strip()
    if not line or line[0] in "#@[" or len(line.splitlines()) != 1:
        return "no_line"
    text = known.files.get(name, "")
    if line in map(str.strip, text.splitlines()):
        return "there_already"
    if not text:
        text = (
            f"{kind}\n@owner {OWNER}\n@source {OWNER}\n@licence proprietary\n@reviewed {known.day}\n@verified false\n\n"
        )
    known.files[name] = f"{text.rstrip()}\n{line}\n"
    return ""


def _remove(known: _Known, change: Change) -> str:
    """An own line goes; a shared term, or one of several on a line, is switched off, which no allow term can be."""
    if change.rule.startswith(OWN + "."):
        for name, text in known.files.items():
            if name == NAME:
                continue
            terms, _ = parse(name, text, known.ruleset.lists, own=True)
            here = [term for term in terms if term.id == change.rule]
            if here and sum(term.line == here[0].line for term in terms) == 1:
                lines = text.splitlines()
                del lines[here[0].line - 1]
                known.files[name] = "\n".join(lines) + "\n" if len(terms) > 1 else ""
                return _write(known, _without(_overlay(known), change.rule))
    if _term(known, change.rule) is None:
        return "unknown_rule"
    return _adjusted(known, change, off=True)


def _restore(known: _Known, change: Change) -> str:
    overlay = _overlay(known)
    if change.rule not in overlay.by_rule:
        return "nothing_to_restore"
    return _write(known, _without(overlay, change.rule))


def _severity(known: _Known, change: Change) -> str:
    term = _term(known, change.rule)
    if term is None or change.number is None:
        return "unknown_rule"
    was = term.severity if term.severity is not None else known.ruleset.categories[term.category].severity
    return _adjusted(known, change, severity=(was, change.number))


def _weight(known: _Known, change: Change) -> str:
    term = _term(known, change.rule)
    if term is None or change.number is None or not 1 <= change.number <= FULL_WEIGHT:
        return "unknown_rule"
    return _adjusted(known, change, weight=(term.weight, change.number))


def _threshold(known: _Known, change: Change) -> str:
    scene = change.scene
    if scene is None or scene not in known.ruleset.policies:
        return "unknown_scene"
    overlay = _overlay(known)
    old = overlay.scenes.get(scene, Threshold())
    new = replace(
        old,
        block_at=old.block_at if change.block_at is None else change.block_at,
        review_at=old.review_at if change.review_at is None else change.review_at,
    )
    return _write(known, replace(overlay, scenes={**overlay.scenes, scene: new}))


def _action(known: _Known, change: Change) -> str:
    scene = change.scene
    if scene is None or scene not in known.ruleset.policies:
        return "unknown_scene"
    if change.category not in known.ruleset.categories or change.action is None:
        return "unknown_category"
    overlay = _overlay(known)
    old = overlay.scenes.get(scene, Threshold())
    new = replace(old, actions={**old.actions, change.category: change.action})
    return _write(known, replace(overlay, scenes={**overlay.scenes, scene: new}))


_MAKERS: Final[Mapping[Op, Callable[[_Known, Change], str]]] = {
    Op.ADD: _add,
    Op.ALLOW: _allow,
    Op.REMOVE: _remove,
    Op.RESTORE: _restore,
    Op.SEVERITY: _severity,
    Op.WEIGHT: _weight,
    Op.THRESHOLD: _threshold,
    Op.ACTION: _action,
}


def _overlay(known: _Known) -> Overlay:
    overlay, _ = read_overlay(known.files.get(NAME, ""), known.ruleset.categories)
    return overlay


def _write(known: _Known, overlay: Overlay) -> str:
    known.files[NAME] = written(overlay)
    return ""


def _adjusted(
    known: _Known,
    change: Change,
    *,
    off: bool = False,
    weight: tuple[int, int] | None = None,
    severity: tuple[int, int] | None = None,
) -> str:
    """Has the overlay say so of the change's rule, in its scenes or in all."""
    scenes = frozenset(change.scenes) or None
    adjusted = Adjustment(rule=change.rule, off=off, weight=weight, severity=severity, scenes=scenes)
    return _write(known, _with(_overlay(known), adjusted))


def _with(overlay: Overlay, adjusted: Adjustment) -> Overlay:
    """The newer word on a rule and its scenes holds for what it speaks of; the rest of the older one stays."""
    kept, merged = [], adjusted
    for one in overlay.terms:
        if (one.rule, one.scenes) == (adjusted.rule, adjusted.scenes):
            merged = replace(
                one,
                off=adjusted.off,
                weight=adjusted.weight or one.weight,
                severity=adjusted.severity or one.severity,
            )
        else:
            kept.append(one)
    return replace(overlay, terms=(*kept, merged))


def _without(overlay: Overlay, rule: str) -> Overlay:
    return replace(overlay, terms=tuple(one for one in overlay.terms if one.rule != rule))


def _term(known: _Known, rule: str) -> Term | None:
    found = _own(known, rule) if rule.startswith(OWN + ".") else known.find(rule)
    return next((term for term in found if term.category != ALLOW), None)


def _own(known: _Known, rule: str) -> list[Term]:
    found: list[Term] = []
    for name, text in known.files.items():
        if name != NAME:
            terms, _ = parse(name, text, known.ruleset.lists, own=True)
            found.extend(term for term in terms if term.id == rule)
    return found
