"""What the second stage is taught from, and how: values, and the way from an order to them. Imports no torch."""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from models import ngram
from models.card import HEADS, Calibration
from models.data import among, told
from models.features import alphabet
from models.train import gather, learnt, parted, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from models.card import Card
    from models.data import Row, Source
    from models.ngram import Ngram
    from models.train import Order

    Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """How to teach: ``lines`` of unlabelled text, passes over them and over the labels, the sizes of the model."""

    lines: int = 1_500_000
    passes: int = 1
    guessed: int = 128
    """Lines in a batch while masked characters are guessed."""
    epochs: int = 4
    batch: int = 128
    rate: float = 1e-3
    taught: float = 0.1
    """What the first stage's opinion weighs where a label is unknown."""
    disguised: float = 0.3
    among: float = 0.3
    vocabulary: int = 6000
    threads: int = 2
    seed: int = 20251126
    sizes: Mapping[str, int] = field(default_factory=lambda: {"width": 128, "layers": 3, "pairs": 65_521})
    teachers: Sequence[Path] = ()
    """Model folders with finished second stages: this one learns what they agree on, too."""
    start: Path | None = None
    """A folder with a finished one to go on from, which has guessed already; it may know fewer heads."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is taught from: rows to learn and rows held out, unlabelled lines, a first stage that saw none held out.

    ``beside`` is the card of the first stage that will stand beside this one, ``data`` what the card says of the data.
    """

    rows: Sequence[Row]
    held: Sequence[Row]
    lines: Sequence[str]
    first: Ngram
    beside: Card
    data: Sequence[Mapping[str, Any]] = ()
    reproduce: str = ""


def teach_second(order: Order, lesson: Lesson, target: Path, tell: Tell) -> Card:
    """Teaches a second stage for the first one in ``target``, and writes it there.

    Raises:
        WeightsRefused: when there is no sound first stage in ``target``.
        DataRefused: as ``gather`` does.
    """
    beside = ngram.load(target)
    files, rows = gather(order, tell)
    rows_learnt, alone = parted(rows)
    held = [*alone, *among(alone, lesson.among, lesson.seed)]
    tell("a first stage that has seen no row held out, to stack on")
    first = _first(rows_learnt, alone, order, beside, tell)
    lines = _lines(files, lesson)
    given = Given(rows_learnt, held, lines, first, beside.card, told(files, rows), order.reproduce)
    card: Card = importlib.import_module("models.teach").teach(given, lesson, target, tell)
    return card


def _first(rows: Sequence[Row], held: Sequence[Row], order: Order, beside: Ngram, tell: Tell) -> Ngram:
    arrays = learnt(rows, alphabet(), order.recipe, tell)
    plain = replace(
        beside.card, bits=order.recipe.bits, calibration=dict.fromkeys(HEADS, Calibration(1.0, 0.0)), metrics={}
    )
    return ngram.Ngram(settle(ngram.Ngram(plain, arrays), held), arrays)


def _lines(files: Sequence[tuple[Path, Source]], lesson: Lesson) -> list[str]:
    """Lines of the plain text files among the data, as many of each."""
    chance = random.Random(lesson.seed)  # noqa: S311 - nothing secret
    found: list[str] = []
    for path, _ in files:
        if path.suffix == ".txt":
            lines = path.read_text(encoding="utf-8").splitlines()
            found += chance.sample(lines, min(lesson.lines, len(lines)))
    return found
