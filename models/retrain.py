"""From labels that people gave to weights that may take the place of the active ones, if they are shown to be better.

Two ways. With folders of data: everything anew, as ``train`` does, the labels among the rest. Without: the active
weights are fitted further to the labels and to text that the project writes itself, which takes seconds and needs no
data that a house does not have. A share of the labels, the same for ever, is never learnt from and only compares.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.card import HEADS, write_card
from models.data import Row, Source, bare, labelled, told, varied
from models.evaluate import flags
from models.features import Alphabet, bags
from models.fit import Fitted, Recipe, further
from models.ngram import MILLI, NAME, Ngram, load
from models.train import Order, finished, gather, own_rows, quantised, train

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from models.card import Card
    from models.train import Tell

PEOPLE: Final = Source("labels from people", "", "train", "this house's own")
FROZEN_SHARE: Final = 0.2
"""Of the labelled texts so many are frozen, by the digest of their letters."""
ENOUGH_EACH: Final = 20
"""So many frozen texts must be of a head, and so many not, before anything can be said of it."""
BETTER_P: Final = 0.05
WORSE_POINTS: Final = 0.01
RESAMPLES: Final = 2000
_CHUNK: Final = 100
_BYTES: Final = 256
FURTHER: Final = Recipe(epochs=4)
FURTHER_OWN: Final = 10_000
CONTRADICTED: Final = 10
"""A head that fewer labels contradict than so many stays as it is, to the last bit, when weights are fitted further."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What to learn: labelled texts, rows that only compare, and, for everything anew, folders of data."""

    labels: Sequence[Row]
    compared: Sequence[Row] = ()
    folders: Sequence[Path] = ()
    excluded: Sequence[Path] = ()
    own: int = FURTHER_OWN
    recipe: Recipe = FURTHER
    reproduce: str = ""
    frozen: Sequence[Row] = field(init=False)
    """The rows that compare: those given, and the frozen share of the labels."""

    def __post_init__(self) -> None:
        """The share is fixed by the texts alone: no training can learn what an earlier one was asked."""
        object.__setattr__(self, "frozen", [*self.compared, *(row for row in self.labels if is_frozen(row.text))])

    def unmeasured(self) -> list[str]:
        """The heads of which the frozen rows say too little."""
        known = labelled(self.frozen)
        positive = (known.truth * (known.weight > 0)).sum(axis=0)
        negative = ((1 - known.truth) * (known.weight > 0)).sum(axis=0)
        return [head for head, *counts in zip(HEADS, positive, negative, strict=True) if min(counts) < ENOUGH_EACH]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same frozen rows: macro-F1 of each head and their mean, and whether the difference is one.

    ``p``: the share of resamples, whole groups at a time, in which the candidate is no better.
    """

    rows: int
    active: float
    candidate: float
    p: float
    heads: Mapping[str, Mapping[str, float]]
    worse: tuple[str, ...]
    """The heads that lose more than ``WORSE_POINTS``."""

    @property
    def proposed(self) -> bool:
        """Whether the candidate may take the place of the active model."""
        return self.candidate > self.active and self.p < BETTER_P and not self.worse

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "proposed": self.proposed}


def is_frozen(text: str) -> bool:
    """Whether a labelled text only compares. Depends on its letters alone: neither on the day nor on other texts."""
    return sha256(bare(text).encode("utf-8", "replace")).digest()[0] < FROZEN_SHARE * _BYTES


def people(rows: Iterable[tuple[str, str, int]]) -> list[Row]:
    """Labels (text, head, value), oldest first, as rows: of a text and head the newest counts. Erased texts go."""
    said: dict[str, tuple[str, dict[str, int]]] = {}
    for text, head, value in rows:
        if key := bare(text):
            said.setdefault(key, (text, {}))[1][head] = value
    return [Row(text, labels, PEOPLE) for text, labels in said.values()]


def retrain(active: Ngram, lesson: Lesson, target: Path, tell: Tell) -> tuple[Card, Comparison]:
    """Trains into ``target``, as ``train`` does, and compares on the frozen rows; the card holds the comparison.

    Raises:
        DataRefused: as ``train`` does.
    """
    hidden = frozenset(bare(row.text) for row in lesson.frozen)
    own = [*own_rows(lesson.own, lesson.recipe.seed), *(row for row in lesson.labels if not is_frozen(row.text))]
    order = Order(lesson.folders, lesson.excluded, own, lesson.recipe, lesson.reproduce, hidden)
    card = train(order, target, tell) if lesson.folders else _continued(active, order, target, tell)
    comparison = compare(active, load(target), lesson.frozen)
    card = replace(card, metrics={**card.metrics, "frozen": comparison.told()})
    write_card(card, target / "cards" / f"{NAME}.json")
    return card, comparison


def _continued(active: Ngram, order: Order, target: Path, tell: Tell) -> Card:
    """The active weights fitted further, in the heads that labels contradict.

    Calibration and thresholds stay: they come from text that is not here.
    """
    recipe = replace(order.recipe, bits=active.card.bits)
    files, rows = gather(order, tell)
    touched = contradicted(active, [row for row in rows if row.source is PEOPLE])
    names = ", ".join(HEADS[head] for head in touched) or "-"
    tell(f"{len(rows)} rows to learn from, on top of {active.card.sha256[:12]}, for {names}")
    letters = Alphabet(active.arrays["shown"], active.arrays["heard"])
    taught = labelled(varied(rows, recipe.disguised, recipe.seed))
    taught.weight[:, np.setdiff1d(np.arange(len(HEADS)), touched)] = 0
    steps = (active.arrays["scale"] / MILLI).astype(np.float32)
    start = Fitted(active.arrays["weights"] * steps, (active.arrays["bias"] / MILLI).astype(np.float32))
    found = quantised(
        further(start, bags(taught.texts, letters, recipe.bits), taught.truth, taught.weight, recipe), letters
    )
    arrays = {name: array.copy() for name, array in active.arrays.items()}
    for name in ("weights", "scale", "bias"):
        arrays[name][..., touched] = found[name][..., touched]
    learnt = [{**entry, "trained": entry["trained"] + entry["held_out"], "held_out": 0} for entry in told(files, rows)]
    data = [*active.card.data, {"name": f"weights {active.card.sha256}, fitted further with"}, *learnt]
    return finished(replace(active.card, data=data, reproduce=order.reproduce), arrays, target)


def contradicted(active: Ngram, rows: Sequence[Row]) -> list[int]:
    """The heads, by column, that at least ``CONTRADICTED`` labelled rows contradict at the card's threshold."""
    known = labelled(rows)
    wrong = (flags(active.card, active.scores(known.texts)) != (known.truth > 0)) & (known.weight > 0)
    return [int(head) for head in np.flatnonzero(wrong.sum(axis=0) >= CONTRADICTED)]


def compare(active: Ngram, candidate: Ngram, rows: Sequence[Row], seed: int = 0) -> Comparison:
    """Both models at the thresholds of their cards, on each head for which there are both kinds of rows."""
    known = labelled(rows)
    counts, heads = _counts(
        [flags(model.card, model.scores(known.texts)) for model in (active, candidate)], known, rows
    )
    each = _macro_f1(counts.sum(axis=0)[None])[0][heads]
    before, after = (float(value) for value in each.mean(axis=0)) if len(each) else (0.0, 0.0)
    chance, groups = np.random.default_rng(seed), len(counts)
    not_better = 0
    for _ in range(0, RESAMPLES if groups else 0, _CHUNK):
        drawn = chance.multinomial(groups, np.full(groups, 1 / groups), _CHUNK)
        resampled = _macro_f1((drawn @ counts.reshape(groups, -1)).reshape(_CHUNK, *counts.shape[1:]))[:, heads].mean(
            axis=1
        )
        not_better += int((resampled[:, 1] <= resampled[:, 0]).sum())
    told_heads = {
        HEADS[head]: {"active": round(float(old), 4), "candidate": round(float(new), 4)}
        for head, (old, new) in zip(heads, each, strict=True)
    }
    worse = tuple(HEADS[head] for head, (old, new) in zip(heads, each, strict=True) if old - new > WORSE_POINTS)
    p = (not_better + 1) / (RESAMPLES + 1)
    return Comparison(len(rows), round(before, 4), round(after, 4), round(p, 4), told_heads, worse)


def _counts(flagged: Sequence[Any], known: Any, rows: Sequence[Row]) -> tuple[Any, list[int]]:
    """By group, head and model the four cells of the table of flags and truth; and the heads that have both truths."""
    names = {name: number for number, name in enumerate(dict.fromkeys(row.group or row.text for row in rows))}
    owner = np.array([names[row.group or row.text] for row in rows], np.int64)
    seen, truth = known.weight > 0, known.truth > 0
    counts = np.zeros((len(names), len(HEADS), len(flagged), 4), np.float64)
    for model, flag in enumerate(flagged):
        for cell, inside in enumerate((flag & truth, flag & ~truth, ~flag & truth, ~flag & ~truth)):
            np.add.at(counts[:, :, model, cell], owner, inside & seen)
    heads = [head for head in range(len(HEADS)) if (truth & seen)[:, head].any() and (~truth & seen)[:, head].any()]
    return counts, heads


def _macro_f1(counts: Any) -> Any:
    hit, false, missed, clear = np.moveaxis(counts, -1, 0)
    wrong = false + missed
    return (hit / np.maximum(hit + wrong / 2, 1) + clear / np.maximum(clear + wrong / 2, 1)) / 2
