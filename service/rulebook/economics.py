"""What each term is worth: how often it is right, scene by scene, and what reviewer time a true finding of it costs.

Pure. It rests on what people decided about what the engine had left to them, all of which is decided, so the shares are
not those of a selection; appeals correct what was decided. What the engine blocked by itself is seen only where
somebody appeals: that is told apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.rulebook.precision import ERROR, Interval, below, interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BUDGET: Final = 0.5
"""The share of false alarms that a house bears in what one term leaves to people."""
BLOCK_BUDGET: Final = 0.05
"""The share of false alarms that it bears in what nobody looks at any more."""
SURE: Final = 0.9
"""So probable it must be, by what people decided, that a term does worse than the budget allows."""
LEAST: Final = 8
"""Fewer decisions than this lead to no proposal."""
HINT: Final = 39
"""A weight below what any scene leaves to people: the term is shown beside what counts and sends nothing by itself."""
FULL: Final = 100
GUARD_SHARE: Final = 0.4
"""So large a part of the false alarms an expression must explain to be proposed as allowed."""
GUARD_LEAST: Final = 4
GUARD_TRUE: Final = 0.02
"""So small a part of the true findings it may take along."""
MOST_CONTEXTS: Final = 400
"""Contexts of one term that are kept on each side."""
REACH: Final = 3
"""Characters beside a hit that an allowed expression may take in."""


class Hit(NamedTuple):
    """A finding of a term that a person decided about. ``left`` and ``right`` are what stood beside it."""

    rule: str
    category: str
    upheld: bool
    weight: int
    left: str = ""
    text: str = ""
    right: str = ""


class Ruled(NamedTuple):
    """What a person made of one content. ``reviewed``: the engine had left it to people, rather than blocked it."""

    scene: str
    reviewed: bool
    hits: Sequence[Hit]
    seconds: float = 0.0


@dataclass(slots=True)
class Term:
    """One term in one scene."""

    rule: str
    scene: str
    category: str
    decided: int = 0
    upheld: int = 0
    seconds: float = 0.0
    overturned: int = 0
    confirmed: int = 0
    """Of what the engine blocked by itself and somebody appealed: blocks that fell, and that stood."""
    weight: int = 0
    """What its hits weighed last."""
    false_contexts: list[Hit] = field(default_factory=list)
    true_contexts: list[Hit] = field(default_factory=list)

    def precision(self, error: float = ERROR) -> Interval:
        """How often it is right where people look."""
        return interval(self.upheld, self.decided, error=error)

    @property
    def per_true(self) -> float | None:
        """Seconds of reviewers for each true finding; nothing where there was none."""
        return self.seconds / self.upheld if self.upheld else None


class Advice(NamedTuple):
    """What to do about a term: ``demote``, ``guard`` or ``promote``, the change, and what it is worth so far."""

    kind: str
    rule: str
    scene: str
    category: str
    precision: Interval
    decided: int
    change: dict[str, Any]
    saved: float
    """Seconds of reviewers that it would have spared."""
    lost: int
    """True findings that nobody would have looked at, or, of a promotion, false alarms expected in as many."""


class Economics:
    """Adds up what people decided, term by term and scene by scene."""

    def __init__(self) -> None:
        self.terms: dict[tuple[str, str], Term] = {}
        self.decided = 0
        self.seconds = 0.0

    def add(self, one: Ruled) -> None:
        """Counts one decision. Its time is shared by the terms that led to it."""
        self.decided += one.reviewed
        self.seconds += one.seconds
        by_rule: dict[str, list[Hit]] = defaultdict(list)
        for hit in one.hits:
            by_rule[hit.rule].append(hit)
        for rule, hits in by_rule.items():
            term = self.terms.setdefault((rule, one.scene), Term(rule, one.scene, hits[0].category))
            upheld = any(hit.upheld for hit in hits)
            if not one.reviewed:
                term.overturned += not upheld
                term.confirmed += upheld
                continue
            term.decided += 1
            term.upheld += upheld
            term.seconds += one.seconds / len(by_rule)
            term.weight = term.weight or max(hit.weight for hit in hits)
            kept = term.true_contexts if upheld else term.false_contexts
            if len(kept) < MOST_CONTEXTS:
                kept.append(hits[0])

    def advice(
        self,
        *,
        budget: float = BUDGET,
        block_budget: float = BLOCK_BUDGET,
        error: float = ERROR,
        settled: Mapping[str, Any] | None = None,
    ) -> list[Advice]:
        """What to demote, guard and promote so that false alarms stay within the budgets; the most worth first.

        ``settled`` are rules that the tenant weighs otherwise already: what was decided before says nothing of them.
        """
        found: list[Advice] = []
        promotable: list[Advice] = []
        for term in self.terms.values():
            if term.decided < LEAST or (settled and term.rule in settled):
                continue
            precision = term.precision(error)
            if below(1 - budget, term.upheld + 1, term.decided - term.upheld + 1) >= SURE:
                guard = _guard(term, precision, budget)
                found.append(guard or _weighed("demote", term, precision, HINT, term.upheld))
            elif precision.low >= 1 - block_budget and 0 < term.weight < FULL:
                lost = round((1 - precision.low) * term.decided)
                promotable.append(_weighed("promote", term, precision, FULL, lost))
            elif precision.share < 1 - budget / 2 and (guard := _guard(term, precision, budget)):
                found.append(guard)
        found.extend(_within(promotable, block_budget * self.decided))
        return sorted(found, key=lambda one: -one.saved)


def _weighed(kind: str, term: Term, precision: Interval, weight: int, lost: int) -> Advice:
    """Another weight for a term in its scene: nobody looks at its hits any more."""
    change = {"op": "weight", "rule": term.rule, "weight": weight, "scenes": [term.scene]}
    saved = round(term.seconds, 1)
    return Advice(kind, term.rule, term.scene, term.category, precision, term.decided, change, saved, lost)


def _within(promotable: Iterable[Advice], allowed: float) -> list[Advice]:
    """Those that spare most, as long as the false alarms to be expected of all together stay within the budget."""
    taken: list[Advice] = []
    for one in sorted(promotable, key=lambda each: -each.saved):
        if one.lost <= allowed:
            taken.append(one)
            allowed -= one.lost
    return taken


def _guard(term: Term, precision: Interval, budget: float) -> Advice | None:
    """An expression around the term that explains many of its false alarms, and hardly a true finding.

    Only where the term, without them, would keep within the budget: a bad term does not become good by one exception.
    """
    false, true = term.false_contexts, term.true_contexts
    if len(false) < GUARD_LEAST:
        return None
    counts = Counter(phrase for hit in false for phrase in _phrases(hit))
    against = Counter(phrase for hit in true for phrase in _phrases(hit))
    best = max(
        (phrase for phrase in counts if against[phrase] <= GUARD_TRUE * len(true)),
        key=lambda phrase: (counts[phrase], -len(phrase)),
        default="",
    )
    explained = counts[best] if best else 0
    if explained < max(GUARD_LEAST, GUARD_SHARE * len(false)):
        return None
    left = term.decided - round(explained / len(false) * (term.decided - term.upheld))
    if left <= 0 or term.upheld / left < 1 - budget:
        return None
    share = explained / max(1, len(false) + len(true))
    change = {"op": "allow", "line": best, "categories": [term.category]}
    saved = round(term.seconds * share, 1)
    return Advice("guard", term.rule, term.scene, term.category, precision, term.decided, change, saved, against[best])


def _phrases(hit: Hit) -> set[str]:
    """The expressions that take a hit in: with up to three characters before it, behind it, or one on either side."""
    if not hit.text:
        return set()
    found = {hit.left[-count:] + hit.text for count in range(1, min(REACH, len(hit.left)) + 1)}
    found |= {hit.text + hit.right[:count] for count in range(1, min(REACH, len(hit.right)) + 1)}
    return found
