"""What other rules would have made of contents that were judged: counted one by one, the same way before and beside.

Pure. A rehearsal counts what was judged until now, a shadow what is judged from now on; both add to a ``Tally``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moderation.compare import compare
from moderation.room import ROOM
from moderation.types import DENIED, LET_GO, TEXT, Action, Evidence, Opinion, Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moderation.compare import Difference
    from moderation.engine import Engine, Reading
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Exemption, Missing, Verdict

SAMPLES: Final = 50
_SCORED: Final = 2
"""So many facts of the expert's evidence are its own: score and threshold."""


class Judged(NamedTuple):
    """A decision of the engine as it stands on record. ``day`` is that of the decision, in Shanghai."""

    seq: int
    id: str
    number: int
    content: Content
    verdict: Verdict
    day: str


class Move(NamedTuple):
    """A decision on which other rules act otherwise."""

    decision: str
    number: int
    content_id: str
    scene: str
    was: str
    becomes: str
    creator: str | None


@dataclass(slots=True)
class Tally:
    """Counts; ``days`` tells for each day how many more, and how many fewer, would be left to people."""

    judged: int = 0
    different: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    scenes: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    """How often each rule finds what no rule found there before."""
    days: dict[str, list[int]] = field(default_factory=dict)
    """For each day: judged, newly left to people, no longer left to people."""
    creators: set[str] = field(default_factory=set)
    moved: list[Move] = field(default_factory=list)
    """What is acted on otherwise, since it was taken last."""

    def add(self, one: Judged, old: Verdict, new: Verdict) -> None:
        """Counts one content: what was made of it, and what other rules make of it."""
        self.judged += 1
        day = self.days.setdefault(one.day, [0, 0, 0])
        day[0] += 1
        difference = compare(old, new)
        if difference is None:
            return
        self.different += 1
        self.found.update(item.category for item in difference.found)
        self.lost.update(item.category for item in difference.lost)
        self.rules.update({item.rule for item in difference.found})
        if old.action is not new.action:
            self._moved(one, difference, day)

    def _moved(self, one: Judged, difference: Difference, day: list[int]) -> None:
        content, old, new = one.content, difference.old.action, difference.new.action
        self.moves[f"{old.code}>{new.code}"] += 1
        self.scenes[content.scene.value] += 1
        day[1] += new is Action.REVIEW
        day[2] += old is Action.REVIEW
        if content.author.id is not None:
            self.creators.add(content.author.id)
        self.moved.append(
            Move(one.id, one.number, content.id, content.scene.value, old.code, new.code, content.author.id)
        )

    def told(self) -> dict[str, Any]:
        """The counts as JSON knows them; ``read_tally`` reads them. Who was touched and what moved is told apart."""
        return {
            "judged": self.judged,
            "different": self.different,
            "moved": self.moves.total(),
            "new_flags": sum(count for move, count in self.moves.items() if move.startswith("pass>")),
            "released": sum(count for move, count in self.moves.items() if move.endswith(">pass")),
            "moves": dict(sorted(self.moves.items())),
            "scenes": dict(sorted(self.scenes.items())),
            "found": dict(sorted(self.found.items())),
            "lost": dict(sorted(self.lost.items())),
            "rules": dict(sorted(self.rules.items())),
            "days": dict(sorted(self.days.items())),
        }


def read_tally(told: Mapping[str, Any]) -> Tally:
    """A tally to go on with."""
    moves, scenes, found, lost, rules = (
        Counter(told.get(name, {})) for name in ("moves", "scenes", "found", "lost", "rules")
    )
    return Tally(
        judged=told.get("judged", 0),
        different=told.get("different", 0),
        moves=moves,
        scenes=scenes,
        found=found,
        lost=lost,
        rules=rules,
        days={day: list(counts) for day, counts in told.get("days", {}).items()},
    )


def heard(verdict: Verdict, ruleset: Ruleset) -> tuple[Evidence | Opinion | Missing, ...]:
    """What else had been heard when a verdict was made, as far as any rules could count it: text expert and room."""
    crowd = [item for item in verdict.evidence if item.source == ROOM]
    scores = [item for item in verdict.evidence if item.source == TEXT]
    gone = [item for item in verdict.exemptions if item.code in LET_GO]
    if not (scores or gone):
        return (*crowd, *verdict.missing)
    denied = [item for item in gone if item.code == DENIED]
    told = Opinion(
        TEXT,
        (scores or gone)[0].note,
        tuple(map(_score, scores)),
        _heads(gone, ruleset),
        _heads(denied, ruleset),
        facts=scores[0].facts[_SCORED:] if scores else (),
    )
    return (*crowd, told, *verdict.missing)


def _heads(gone: Iterable[Exemption], ruleset: Ruleset) -> tuple[str, ...]:
    """The heads that let these go, as far as the categories are still known."""
    known = [ruleset.categories[item.category] for item in gone if item.category in ruleset.categories]
    return tuple({head: None for category in known for head in category.doubted_by})


def _score(item: Evidence) -> Score:
    facts = dict(item.facts)
    head = item.rule.removeprefix(f"{TEXT}.")
    return Score(head, facts["score_milli"], facts["threshold_milli"], item.span, item.folds)


def verdict_by(engine: Engine, one: Judged, reading: Reading | None = None) -> Verdict:
    """What an engine makes of a content that was judged, with what the expert had said then."""
    return engine.examine(one.content, reading).conclude(*heard(one.verdict, engine.ruleset))


def count(tally: Tally, company: Sequence[Judged], old: Engine, new: Engine) -> None:
    """Counts some contents. Where the old rules are those that judged, their verdict is taken as it stands."""
    readings = old.read_many([one.content for one in company])
    for one, reading in zip(company, readings, strict=True):
        was = one.verdict if one.verdict.ruleset == old.ruleset.fingerprint else verdict_by(old, one, reading)
        tally.add(one, was, verdict_by(new, one, reading))


def count_beside(tally: Tally, company: Sequence[Judged], new: Engine) -> None:
    """Counts some contents against the verdicts that they got."""
    for one in company:
        tally.add(one, one.verdict, verdict_by(new, one))
