"""From folders of labelled text to a model folder: weights, calibration, thresholds and the card for them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models import metrics
from models.card import HEADS, REVIEWED, Calibration, Card, Golden, write_card
from models.data import Row, Source, bare, files_of, known_sources, labelled, rows_of, told, varied, without
from models.disguises import disguise
from models.features import Alphabet, alphabet, bags
from models.fit import Fitted, Recipe, fit
from models.ngram import MILLI, NAME, Ngram
from models.synth import examples, expand
from models.synth import load as load_templates
from models.tensors import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from models.data import Labelled

    Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]
    Tell = Callable[[str], None]

WRITTEN: Final = Source(
    "text written by this project", "models/templates", "train", "this project's own", weights={"abuse": 0.5}
)
UNBIASED: Final = replace(WRITTEN, name="anti-bias sentences of this project")
ANTI_BIAS: Final = 0.13
"""So many anti-bias texts for each other text of the project: what real comments are most often wrongly flagged for."""
FALSE_ALARMS: Final = (
    dict.fromkeys(HEADS, 0.001)
    | dict.fromkeys(("violence", "self_harm", "minors", "privacy", "rumor"), 0.0005)
    | {"abuse": 0.008, "ad_law": 0.002}
)
"""The share of held-out ordinary text that each head may flag; together under 2 %. ad_law is heard of sellers alone."""
LEAST: Final = dict.fromkeys(HEADS, 0.5) | {"abuse": 0.6}
"""No threshold is lower than this probability: shops speak of deposits, parcels and groups more than ordinary text."""
UNCERTAIN: Final = 0.02
"""The share of held-out ordinary text that the first stage is uncertain of: as much of it costs a second reading."""
HALF: Final = 0.5
LIMITS: Final = (
    "A score re-ranks and asks for review; it never blocks by itself. abuse is learnt from comments on race, region "
    "and gender, the other heads chiefly from sentences that this project wrote, so that recall on foreign text is "
    "lower than on held-out text. Ordinary text is taken as innocent without being read. negative is a mood, never a "
    "breach."
)
GOLDEN: Final = (
    "今天的直播间人气不错，谢谢大家支持",
    "加薇信abc123领红包，进群稳赚不赔",
    "同城约吗，资源都在主页",
    "你这种人就是垃圾，滚远点",
    "全网最低价，三天见效，无效退款",
    "棋牌上分，首充送百分之五十",
    "",
    "薇❤️x㊙️🔞 𝟏𝟎𝟎％",
)
_LARGEST: Final = 127


@dataclass(frozen=True, slots=True)
class Order:
    """What to train: folders with data, texts that must not be in it, rows that the project wrote itself, a recipe."""

    folders: Sequence[Path]
    excluded: Sequence[Path] = ()
    own: Sequence[Row] = ()
    recipe: Recipe = field(default_factory=Recipe)
    reproduce: str = ""
    frozen: Collection[str] = ()
    """Texts, ``bare``, that only compare models: no row that reads so is learnt from, wherever it comes from."""


def train(order: Order, target: Path, tell: Tell) -> Card:
    """Trains, writes ``target/cards/ngram.json`` and ``target/weights/ngram.safetensors``, and gives the card.

    Twice: without the held-out rows, which then give calibration, thresholds and figures; and with them, but for
    those of sets that are for selection only, for shipping.

    Raises:
        DataRefused: for folders without data, text that is for measuring only, and rows that cannot be read.
    """
    files, rows = gather(order, tell)
    letters = alphabet()
    kept, held = parted(rows)
    tell(f"{len(kept)} rows to learn from, {len(held)} held out")
    first = learnt(kept, letters, order.recipe, tell)
    sets = told(files, rows)
    card = settle(Ngram(_card(order, pack(first), sets), first), held)
    tell("calibrated; now learning from all rows")
    final = [row for row in rows if row.source.use != "select"]
    arrays = learnt(final, letters, order.recipe, tell)
    return finished(card, arrays, target)


def finished(card: Card, arrays: Arrays, target: Path) -> Card:
    """Writes weights and their card, with digest and golden logits filled in, and gives the card."""
    data = pack(arrays)
    card = replace(card, sha256=sha256(data).hexdigest())
    return written(card, data, Ngram(card, arrays).logits(GOLDEN).tolist(), target)


def written(card: Card, data: bytes, golden: Sequence[Sequence[int]], target: Path) -> Card:
    """Writes weights and their card, which gets the logits of ``GOLDEN``, and gives the card."""
    card = replace(card, golden=tuple(Golden(text, tuple(row)) for text, row in zip(GOLDEN, golden, strict=True)))
    (target / "weights").mkdir(parents=True, exist_ok=True)
    (target / "weights" / card.weights).write_bytes(data)
    write_card(card, target / "cards" / f"{card.name}.json")
    return card


def learnt(rows: Sequence[Row], letters: Alphabet, recipe: Recipe, tell: Tell) -> Arrays:
    """The arrays of a first stage that has seen these rows."""
    taught = labelled(varied(rows, recipe.disguised, recipe.seed))
    found = bags(taught.texts, letters, recipe.bits)
    fitted = fit(found, taught.truth, taught.weight, recipe, lambda epoch, loss: tell(f"pass {epoch}: loss {loss:.4f}"))
    return quantised(fitted, letters)


def parted(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The rows to learn from, and those held out."""
    return [row for row in rows if not row.held_out], [row for row in rows if row.held_out]


def own_rows(count: int, seed: int) -> list[Row]:
    """Text that the project writes itself, for every head."""
    written = examples(seed=seed, count=count, disguise=disguise)
    rows = [Row(example.text, example.labels, WRITTEN, example.frame) for example in written]
    return rows + _anti_bias_rows(int(count * ANTI_BIAS), seed)


def _anti_bias_rows(count: int, seed: int) -> list[Row]:
    """One to three lines together that mention a group without attacking it."""
    templates, chance = load_templates(), random.Random(seed)  # noqa: S311 - nothing secret
    rows = []
    for _ in range(count):
        drawn = chance.sample(templates.unbiased, chance.choice((1, 2, 2, 3)))
        text = chance.choice("，。 ；").join(expand(chance, line, templates.slots) for line in drawn)
        rows.append(Row(text, {"abuse": 0}, UNBIASED, drawn[0]))
    return rows


def gather(order: Order, tell: Tell) -> tuple[list[tuple[Path, Source]], list[Row]]:
    """The files of an order and all their rows, each text once."""
    files = files_of(order.folders, ("train", "dev", "select"), known_sources()) if order.folders else []
    rows: list[Row] = []
    counts: Counter[str] = Counter()
    for path, source in files:
        read = rows_of(path, source, order.recipe.seed)
        counts[source.name] += len(read)
        rows += read
    for name, count in counts.items():
        tell(f"{name}: {count} rows")
    kept = without([*rows, *order.own], order.excluded)
    return files, [row for row in kept if bare(row.text) not in order.frozen] if order.frozen else kept


def settle(model: Ngram, held: Sequence[Row]) -> Card:
    """The model's card with calibration, thresholds and figures from held-out rows."""
    known = labelled(held)
    logits = model.logits(known.texts)
    ordinary = np.array([row.source.ordinary for row in held], bool)
    scalings = {head: scaling_of(logits[:, column], known, column) for column, head in enumerate(HEADS)}
    card = replace(model.card, calibration=scalings)
    scores = Ngram(card, model.arrays).calibrated(logits)
    thresholds = {
        head: threshold_of(scores[usual(known, ordinary, column), column], head) for column, head in enumerate(HEADS)
    }
    figures = {
        head: head_figures(scores[:, column], known, column, thresholds[head]) for column, head in enumerate(HEADS)
    }
    limits = np.array([thresholds[head] for head in REVIEWED])
    calm = scores[ordinary, : len(REVIEWED)]
    flagged = (calm >= limits).any(axis=1)
    margins = np.abs(calm - limits).min(axis=1)
    band = round(float(np.quantile(margins, UNCERTAIN)), 4) if len(margins) else 0.0
    held_out = {"heads": figures, "ordinary": {"rows": int(ordinary.sum()), "flagged": _share(flagged)}}
    return replace(card, thresholds=thresholds, band=band, metrics={"held_out": held_out})


def scaling_of(logits: Any, known: Labelled, column: int) -> Calibration:
    """How thousandths of log odds become a probability of the head in this column."""
    weight = known.weight[:, column].astype(np.float64)
    truth = known.truth[:, column].astype(np.float64)
    slope, offset = metrics.platt(logits / MILLI, truth, weight)
    return Calibration(round(slope, 6), round(offset, 6))


def usual(known: Labelled, ordinary: Any, column: int) -> Any:
    """Which rows set a head's threshold: the ordinary ones that say something of it, all of them where none does."""
    said = ordinary & (known.weight[:, column] > 0)
    return said if said.any() else ordinary


def threshold_of(ordinary: Any, head: str) -> float:
    """The probability that ordinary text reaches with the head's share of ``FALSE_ALARMS`` only."""
    if not len(ordinary):
        return LEAST[head]
    reached = float(np.quantile(ordinary, 1 - FALSE_ALARMS[head], method="higher"))
    return round(max(LEAST[head], reached + 1e-4), 4)


def head_figures(scores: Any, known: Labelled, column: int, threshold: float) -> dict[str, Any]:
    """How good probabilities are for one head, on the rows that say something of it."""
    rows = known.weight[:, column] > 0
    truth, chance = known.truth[rows, column] > 0, scores[rows]
    if not truth.any() or truth.all():
        return {"rows": int(rows.sum()), "positive": int(truth.sum())}
    return {
        "rows": int(rows.sum()),
        "positive": int(truth.sum()),
        "macro_f1": round(metrics.macro_f1(chance >= HALF, truth), 4),
        "pr_auc": round(metrics.average_precision(chance, truth), 4),
        "ece": round(metrics.calibration_error(chance, truth), 4),
        "recall_at_threshold": round(metrics.recall(chance >= threshold, truth), 4),
    }


def _share(flagged: Any) -> float:
    return round(float(flagged.mean()), 5) if len(flagged) else 0.0


def quantised(fitted: Fitted, letters: Alphabet) -> Arrays:
    """Weights as bytes: each head's largest weight is 127 steps; logits come out in thousandths."""
    steps = np.maximum(np.abs(fitted.weights).max(axis=0).astype(np.float64), 1e-6) / _LARGEST
    return {
        "weights": np.rint(fitted.weights / steps).astype(np.int8),
        "scale": steps * MILLI,
        "bias": np.rint(fitted.bias * MILLI).astype(np.int32),
        "shown": letters.shown,
        "heard": letters.heard,
    }


def _card(order: Order, data: bytes, sets: list[dict[str, Any]]) -> Card:
    plain = Calibration(1.0, 0.0)
    return Card(
        name=NAME,
        kind="hashed n-grams, NB-scaled logistic regression, int8",
        weights=f"{NAME}.safetensors",
        sha256=sha256(data).hexdigest(),
        bits=order.recipe.bits,
        labels=HEADS,
        calibration=dict.fromkeys(HEADS, plain),
        thresholds=dict(LEAST),
        golden=(),
        data=sets,
        metrics={},
        reproduce=order.reproduce,
        limits=LIMITS,
    )
