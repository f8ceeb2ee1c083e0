"""Teaching the second stage: it guesses masked characters of the text given, then learns the labels, then is stacked.

One that goes on from a finished one has guessed already. It sees the rows that the first stage sees, with the same
weights. Where a row says nothing of a head, the first stage's opinion counts a little. With teachers, finished second
stages of other seeds, it learns from what they agree on: half a label is then theirs, and unlabelled lines say
something too. Imports torch, uses a GPU where there is one; a run is repeatable on one machine without.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch.nn import functional

from models import metrics
from models.card import HEADS, Card, Stacked, read_card, read_weights
from models.data import Labelled, labelled, varied
from models.encoder import Encoder, filled, made, run
from models.features import alphabet
from models.ngram import MILLI, Ngram
from models.second import NAME, Both, Second, calibrated, lengthy, packed, unpacked
from models.tokens import BEGIN, LONGEST, MASK, NAMED, padded, vocabulary
from models.train import GOLDEN, WRITTEN, head_figures, scaling_of, threshold_of, usual, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from models.data import Row
    from models.lessons import Given, Lesson
    from models.tokens import Ids, Vocabulary

    Tell = Callable[[str], None]
    Floats = np.ndarray[Any, np.dtype[np.float32]]
    Places = np.ndarray[Any, np.dtype[np.int64]]

READ: Final = 56
"""Characters of a line that are read while masked ones are guessed."""
SKIMMED: Final = 2 * LONGEST
"""So much of a text is looked at for the characters that are read: symbols are left out."""
FEWEST: Final = 4
"""A line of no more characters gives nothing to guess."""
FORGOTTEN: Final = 0.15
"""The share of characters that are masked while labels are learnt, so that no frame is known by one of them."""
GUESSED: Final = 0.15
PLENTY: Final = 3
"""Ordinary text and the project's own are many and alike: each pass sees one of so many of them."""
AGREED: Final = 0.5
"""How much of a label is the teachers' where there are some, and what they weigh where a label is unknown."""
RARER: Final = dict.fromkeys(HEADS, 0.7) | {"porn": 1.4, "ad_law": 1.4, "abuse": 0.0, "negative": 0.0}
"""By so much in log odds a breach is rarer among long texts that people write than among the long rows held out."""
UNLABELLED: Final = 3
"""A line without labels for each so many rows with them, at most, is learnt from the teachers."""
_TOGETHER: Final = 64
"""Batches whose texts are sorted by length together."""
_SEEN: Final = 512
_TOLD: Final = 200
_WARM: Final = 0.06
LIMITS: Final = (
    "Stacked on the first stage of sha256 `beside` and of no other. Reads 128 characters at a time. By itself it is "
    "about as good as the first stage; its worth is what both together gain. A score asks for review and never blocks "
    "by itself."
)


def teach(given: Given, lesson: Lesson, target: Path, tell: Tell) -> Card:
    """Writes ``target/cards/encoder.json`` and ``target/weights/encoder.safetensors``; gives the card."""
    torch.set_num_threads(lesson.threads)
    torch.manual_seed(lesson.seed)
    chance = random.Random(lesson.seed)  # noqa: S311 - nothing secret
    lines = [line[:SKIMMED] for line in chance.sample(given.lines, min(lesson.lines, len(given.lines)))]
    rows = varied(given.rows, lesson.disguised, lesson.seed, amid=lesson.among)
    texts = [row.text for row in given.rows]
    if lesson.start is None:
        known = vocabulary([*lines[: len(texts)], *texts], alphabet(), lesson.vocabulary)
        model = _moved(made(known, lesson.sizes))
        if lines:
            _guess(model, [ids[:READ] for ids in map(known.ids, [*lines, *texts]) if len(ids) > FEWEST], lesson, tell)
    else:
        known, model, sizes = _resumed(lesson.start)
        lesson = replace(lesson, sizes=sizes)
    taught = _targets(given.first, labelled(rows), lesson.taught)
    if lesson.teachers:
        taught = _agreed(taught, lines[: len(rows) // UNLABELLED], lesson, tell)
    plenty = np.ones(len(taught.texts), bool)
    plenty[: len(rows)] = [row.source.ordinary or row.source.file == WRITTEN.file for row in rows]
    lessons = _Lessons([_piece(known, text) for text in taught.texts], taught.truth, taught.weight, plenty)
    _learn(model, lessons, lesson, tell)
    model.cpu()
    data = packed(known, {name: one.detach().numpy() for name, one in model.named_parameters()})
    known, parameters = unpacked(data, lesson.sizes)
    card = _card(given, data, lesson)
    stage = Second(card, known, run(known, lesson.sizes, parameters))
    card = settled(given.first, stage, given.held)
    golden = np.rint(stage.logits(GOLDEN) * MILLI).astype(int).tolist()
    return written(card, data, golden, target)


def _place() -> torch.device:
    """Where is computed."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _moved(model: Encoder) -> Encoder:
    """The model, now there."""
    torch.nn.Module.to(model, _place())
    return model


def _quick() -> torch.autocast:
    """Half the digits on a GPU; all of them elsewhere."""
    place = _place().type
    return torch.autocast(place, torch.bfloat16, enabled=place == "cuda")


def _piece(known: Vocabulary, text: str) -> Ids:
    """The ids of as much of a text as is learnt from."""
    piece: Ids = np.concatenate([[BEGIN], known.ids(text[:SKIMMED])[:LONGEST]])
    return piece


def _agreed(taught: Labelled, lines: Sequence[str], lesson: Lesson, tell: Tell) -> Labelled:
    """These texts and lines without labels; what the teachers think of each is mixed with what is known of it."""
    texts = [*taught.texts, *lines]
    opinion, knowing = np.zeros((len(texts), len(HEADS)), np.float32), np.zeros(len(HEADS), np.float32)
    for folder in lesson.teachers:
        tell(f"what the second stage in {folder} thinks of {len(texts)} texts")
        columns, found = _opinion(folder, texts)
        opinion[:, columns] += found
        knowing[columns] += 1
    opinion /= np.maximum(knowing, 1)
    unknown = np.zeros((len(lines), len(HEADS)), np.float32)
    truth, weight = np.concatenate([taught.truth, unknown]), np.concatenate([taught.weight, unknown])
    heard = (knowing > 0).astype(np.float32)
    share = np.where(weight > lesson.taught, AGREED, 1).astype(np.float32) * heard
    return Labelled(texts, (1 - share) * truth + share * opinion, np.maximum(weight, AGREED * heard))


def _finished(folder: Path) -> tuple[Card, Vocabulary, Mapping[str, Floats]]:
    """The second stage in a folder, of whatever heads. Raises ``WeightsRefused``."""
    card = read_card(folder / "cards" / f"{NAME}.json", older=True)
    return card, *unpacked(read_weights(card, folder / "weights"), card.sizes, heads=len(card.labels))


def _resumed(folder: Path) -> tuple[Vocabulary, Encoder, Mapping[str, int]]:
    """How a finished second stage reads, all that it knows, and its sizes. Of heads that are new it knows nothing."""
    card, known, parameters = _finished(folder)
    model = made(known, card.sizes)
    columns = _columns(card)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter[columns if name.startswith("classifier.") else ...] = torch.from_numpy(parameters[name])
    return known, _moved(model), card.sizes


def _columns(card: Card) -> list[int]:
    """Where the heads of a card stand among all."""
    return [HEADS.index(head) for head in card.labels]


def _opinion(folder: Path, texts: Sequence[str]) -> tuple[list[int], Floats]:
    """The probabilities by the second stage in a folder alone, a row a text, and the columns that they stand for."""
    card, known, parameters = _finished(folder)
    model = _moved(filled(known, card.sizes, parameters))
    pieces = [_piece(known, text) for text in texts]
    found = np.zeros((len(texts), len(card.labels)))
    order = np.argsort([len(piece) for piece in pieces], kind="stable")
    with torch.inference_mode(), _quick():
        for start in range(0, len(order), _SEEN):
            places = order[start : start + _SEEN]
            ids = torch.from_numpy(padded([pieces[place] for place in places])).to(_place())
            found[places] = model.logits(ids).float().cpu().numpy()
    return _columns(card), calibrated(card, found).astype(np.float32)


class _Steps:
    """Adam with a rate that rises, then falls to nothing. Pairs are many and rarely met: theirs is the lazy kind."""

    def __init__(self, model: Encoder, rate: float, steps: int) -> None:
        rest = [parameter for name, parameter in model.named_parameters() if name != "pairs.weight"]
        self._rest, self._rate, self._steps, self._done = rest, rate, steps, 0
        self._all: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(rest, rate, betas=(0.9, 0.98), weight_decay=0.01),
            torch.optim.SparseAdam([model.pairs.weight], rate, betas=(0.9, 0.98)),
        ]

    def take(self, loss: torch.Tensor) -> None:
        """One step down."""
        done = self._done / max(1, self._steps)
        for optimizer in self._all:
            for group in optimizer.param_groups:
                group["lr"] = self._rate * min(1.0, done / _WARM + 1e-3, (1 - done) / (1 - _WARM))
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._rest, 1.0)
        for optimizer in self._all:
            optimizer.step()
        self._done += 1


def _batches(lengths: Places, places: Places, size: int, chance: np.random.Generator) -> Iterator[Places]:
    """These places in batches of about equal lengths, in random order."""
    order = chance.permutation(places)
    for start in range(0, len(order), size * _TOGETHER):
        group = order[start : start + size * _TOGETHER]
        group = group[np.argsort(lengths[group], kind="stable")]
        batches = [group[at : at + size] for at in range(0, len(group), size)]
        yield from (batches[number] for number in chance.permutation(len(batches)))


def _guess(model: Encoder, pieces: Sequence[Ids], lesson: Lesson, tell: Tell) -> None:
    """Passes in which masked characters are guessed."""
    chance = np.random.default_rng(lesson.seed)
    steps = _Steps(model, lesson.rate, lesson.passes * (len(pieces) // lesson.guessed))
    model.train(mode=True)
    number = 0
    lengths = np.array([len(piece) for piece in pieces])
    for _ in range(lesson.passes):
        for places in _batches(lengths, np.arange(len(pieces)), lesson.guessed, chance):
            ids = torch.from_numpy(padded([np.concatenate([[BEGIN], pieces[place]]) for place in places]))
            masked = (torch.rand(ids.shape) < GUESSED) & (ids >= len(NAMED))
            ids, masked = ids.to(_place()), masked.to(_place())
            with _quick():
                hidden = model.hidden(ids.masked_fill(masked, MASK), ids > 0)
                loss = functional.cross_entropy(model.guesses(hidden[masked]).float(), ids[masked])
            steps.take(loss)
            number += 1
            if number % _TOLD == 0:
                tell(f"guessing, {number * lesson.guessed} lines: loss {loss.item():.3f}")


def _targets(first: Ngram, given: Labelled, share: float) -> Labelled:
    """Labels and what each weighs; where one is unknown, the first stage's opinion with this weight."""
    truth, weight = given.truth.copy(), given.weight.copy()
    if share:
        unknown = weight == 0
        truth[unknown] = first.scores(given.texts)[unknown]
        weight[unknown] = share
    return Labelled(given.texts, truth, weight)


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Texts as ids with labels and their weights. ``plenty``: there are many like it."""

    pieces: Sequence[Ids]
    truth: Floats
    weight: Floats
    plenty: np.ndarray[Any, np.dtype[np.bool_]]

    def of(self, epoch: int, chance: np.random.Generator) -> Places:
        """The places to learn in a pass: each one that is rare, and in turn a part of the others."""
        turn = np.arange(len(self.pieces)) % PLENTY == epoch % PLENTY
        return chance.permutation(np.flatnonzero(turn | ~self.plenty))


def _learn(model: Encoder, given: _Lessons, lesson: Lesson, tell: Tell) -> None:
    """Passes over the labels."""
    chance = np.random.default_rng(lesson.seed + 1)
    lengths = np.array([len(piece) for piece in given.pieces])
    passes = [given.of(epoch, chance) for epoch in range(lesson.epochs)]
    steps = _Steps(model, lesson.rate, sum(-(-len(places) // lesson.batch) for places in passes))
    model.train(mode=True)
    for epoch, seen in enumerate(passes):
        total, count = torch.zeros((), device=_place()), 0
        for places in _batches(lengths, seen, lesson.batch, chance):
            ids = torch.from_numpy(padded([given.pieces[place] for place in places]))
            ids = ids.masked_fill((torch.rand(ids.shape) < FORGOTTEN) & (ids >= len(NAMED)), MASK).to(_place())
            with _quick():
                logits = model.logits(ids).float()
            truth, weight = (torch.from_numpy(one[places]).to(_place()) for one in (given.truth, given.weight))
            each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
            loss = (each * weight).sum() / len(places)
            steps.take(loss)
            total, count = total + loss.detach(), count + 1
        tell(f"learning, pass {epoch + 1}: {len(seen)} texts, loss {total.item() / count:.4f}")
    model.train(mode=False)


def settled(first: Ngram, stage: Second, held: Sequence[Row]) -> Card:
    """The stage's card with stacking, thresholds and figures of both stages, alone and together, from held-out rows."""
    known = labelled(held)
    ordinary = np.array([row.source.ordinary for row in held], bool)
    one, two = first.logits(known.texts), stage.logits(known.texts)
    scalings = {head: scaling_of(two[:, column] * MILLI, known, column) for column, head in enumerate(HEADS)}
    long = lengthy(known.texts)
    short_pairs, long_pairs = (_stacked(one, two, _share(known, share)) for share in (1 - long, long))
    long_pairs = {head: replace(pair, offset=round(pair.offset - RARER[head], 6)) for head, pair in long_pairs.items()}
    card = replace(stage.card, calibration=scalings, stacking=short_pairs, stacking_long=long_pairs)
    scores = {
        "first": first.calibrated(one),
        "second": calibrated(card, two),
        "both": Both(first, stage.under(card)).stacked(one, two, long),
    }
    told: dict[str, Any] = {}
    limits: dict[str, dict[str, float]] = {}
    for name, found in scores.items():
        limits[name] = {
            head: threshold_of(found[usual(known, ordinary, column), column], head) for column, head in enumerate(HEADS)
        }
        told[name] = {
            head: head_figures(found[:, column], known, column, limits[name][head]) for column, head in enumerate(HEADS)
        }
    gains = {head: _gain(scores, limits, known, column) for column, head in enumerate(HEADS)}
    figures = {
        "held_out": told,
        "thresholds_alone": limits["second"],
        "gain": {head: gain for head, gain in gains.items() if gain},
    }
    return replace(card, thresholds=limits["both"], metrics=figures)


def _share(known: Labelled, share: Any) -> Labelled:
    """The same texts, of which only a share counts."""
    return replace(known, weight=(known.weight * share[:, None]).astype(np.float32))


def _stacked(one: Any, two: Any, known: Labelled) -> dict[str, Stacked]:
    """The numbers of each head, from the log odds of both stages and what the rows weigh."""
    return {
        head: _pair(np.stack([one[:, column] / MILLI, two[:, column]], axis=1), known, column)
        for column, head in enumerate(HEADS)
    }


def _pair(pairs: Any, known: Labelled, column: int) -> Stacked:
    """No stage may count against itself: where the fit says so, the other one stands alone."""
    rows = known.weight[:, column] > 0
    truth, weight = known.truth[rows, column].astype(float), known.weight[rows, column].astype(float)
    first, second, offset = metrics.stacked(pairs[rows], truth, weight, (0.5, 0.5))
    if second < 0:
        (first, offset), second = metrics.platt(pairs[rows, 0], truth, weight), 0.0
    elif first < 0:
        first, (second, offset) = 0.0, metrics.platt(pairs[rows, 1], truth, weight)
    return Stacked(round(first, 6), round(second, 6), round(offset, 6))


def _gain(scores: Mapping[str, Any], limits: Mapping[str, Any], known: Labelled, column: int) -> dict[str, float]:
    """Macro-F1 of both above the first alone, each at its own threshold, and the chance that it is none."""
    rows = known.weight[:, column] > 0
    truth, head = known.truth[rows, column] > 0, HEADS[column]
    if not truth.any() or truth.all():
        return {}
    both, first = (scores[name][rows, column] >= limits[name][head] for name in ("both", "first"))
    gain, chance = metrics.better(metrics.macro_f1, both, first, truth)
    return {"macro_f1": round(gain, 4), "p": round(chance, 4)}


def _card(given: Given, data: bytes, lesson: Lesson) -> Card:
    return replace(
        given.beside,
        name=NAME,
        kind="transformer over characters, syllables and hashed pairs, stacked on the first stage",
        weights=f"{NAME}.safetensors",
        sha256=sha256(data).hexdigest(),
        bits=8,
        sizes=dict(lesson.sizes),
        beside=given.beside.sha256,
        data=given.data,
        reproduce=given.reproduce,
        limits=LIMITS,
    )
