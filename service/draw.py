"""Which texts are worth a person's look: half uncertain, 30 % at random, 20 % where rules and score disagree. Pure.

The random ones are drawn first and from everything, so that they alone tell how often things happen. A group that runs
short is filled up at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING, Final

from moderation.expert import ADVERTISING, says_something
from moderation.types import TEXT
from service.labels import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from moderation.ruleset import Ruleset
    from service.ports import TextModel
    from service.store.reads import Stored

SHARES: Final = {Drawn.RANDOM: 0.3, Drawn.UNCERTAIN: 0.5, Drawn.DISAGREEMENT: 0.2}
_LEAST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A decided text as the draw sees it.

    ``doubt`` is how far the nearest head is from its threshold, in log odds; ``dispute`` how far the score is on the
    other side than the rules, 0 where they agree.
    """

    decision: str
    text: str
    doubt: float
    dispute: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A text to be labelled, and how it was chosen."""

    decision: str
    text: str
    drawn: Drawn


def draw(candidates: Sequence[Candidate], count: int, random: Random) -> list[Drawing]:
    """At most ``count`` texts, each once."""
    pool: dict[str, Candidate] = {}
    for candidate in candidates:
        pool.setdefault(candidate.text, candidate)
    shuffled = random.sample(list(pool.values()), len(pool))
    disputed = sorted((one for one in shuffled if one.dispute), key=lambda one: -one.dispute)
    orders = {
        Drawn.RANDOM: shuffled,
        Drawn.DISAGREEMENT: disputed,
        Drawn.UNCERTAIN: sorted(shuffled, key=lambda one: one.doubt),
    }
    wanted = {drawn: round(count * SHARES[drawn]) for drawn in orders}
    wanted[Drawn.UNCERTAIN] = count - wanted[Drawn.RANDOM] - wanted[Drawn.DISAGREEMENT]
    found: dict[str, Drawing] = {}
    for drawn, order in orders.items():
        _take(order, wanted[drawn], drawn, found)
    _take(shuffled, count - len(found), Drawn.RANDOM, found)
    return list(found.values())


def _take(order: Sequence[Candidate], count: int, drawn: Drawn, found: dict[str, Drawing]) -> None:
    for candidate in order:
        if count <= 0:
            return
        if candidate.text not in found:
            found[candidate.text] = Drawing(candidate.decision, candidate.text, drawn)
            count -= 1


def candidates(stored: Sequence[Stored], model: TextModel, ruleset: Ruleset) -> Iterator[Candidate]:
    """Decided texts beside what the model says of them now."""
    texts = ["\n".join(part.text for part in one.content.parts) for one in stored]
    said = [place for place, text in enumerate(texts) if says_something(text)]
    if not said:
        return
    labels, thresholds = model.card.labels, model.card.thresholds
    odds = [_odds(thresholds[label]) for label in labels]
    scores = model.scores([texts[place] for place in said]).tolist()
    for place, row in zip(said, scores, strict=True):
        margins = {label: _odds(score) - odd for label, score, odd in zip(labels, row, odds, strict=True)}
        yield _candidate(stored[place], texts[place], margins, ruleset)


def _candidate(stored: Stored, text: str, margins: dict[str, float], ruleset: Ruleset) -> Candidate:
    """Only heads that the scene hears count. Rules speak for a head where they found its category, as it counted."""
    heads = ruleset.policies[stored.content.scene].experts.get(TEXT, {})
    kind = _kinds(ruleset)
    verdict = stored.verdict
    ruled = {kind(item.category) for item in verdict.evidence if item.source != TEXT} & set(
        map(kind, verdict.categories)
    )
    doubt, dispute = inf, 0.0
    for head, category in heads.items():
        margin = margins.get(head, -inf)
        doubt = min(doubt, abs(margin))
        if (margin >= 0) != (kind(category) in ruled):
            dispute = max(dispute, abs(margin))
    return Candidate(stored.id, text, doubt, dispute)


def _kinds(ruleset: Ruleset) -> Callable[[str], str]:
    """Categories of advertising law are one: a single head speaks for them all."""

    def kind(code: str) -> str:
        category = ruleset.categories.get(code)
        return ADVERTISING if category is not None and category.group == ADVERTISING else code

    return kind


def _odds(chance: float) -> float:
    held = min(max(chance, _LEAST), 1 - _LEAST)
    return log(held / (1 - held))
