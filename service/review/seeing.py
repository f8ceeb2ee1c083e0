"""What texts look like to a reader of the desk, pure: as the engine read them, cut short, searched, compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.text.fold import FOLDS, origins
from service.store.codec import told_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from moderation.engine import Engine
    from moderation.text.fold import Folding
    from moderation.types import Content

EXCERPT: Final = 60
AROUND: Final = 40
"""So many characters are shown on each side of what a search found."""
MOST_MARKS: Final = 20
LIKENESS: Final = 0.6
"""The share of pairs of neighbouring letters that two similar texts have in common."""
_COMPARED: Final = 2000
"""So many letters of a text are compared."""


class Seen(NamedTuple):
    """A part as the engine read it: folded, and restored where it was disguised; ``folds`` are what it saw through."""

    part: str
    text: str
    folds: tuple[str, ...]


class Excerpt(NamedTuple):
    """A stretch of a part, from ``start`` on; ``marks`` are places in ``text``, in code points."""

    part: str
    start: int
    text: str
    marks: tuple[tuple[int, int], ...]


def seen(engine: Engine, content: Content) -> list[Seen]:
    """What the engine read in each part."""
    folding = engine.ruleset.folding
    found = []
    for part in content.parts:
        reading = engine.reader.read(part.name, part.text)
        folds = folding.trail(part.text, folding.fold)
        restored = engine.reader.restored(reading)
        if restored is not None and restored.line is not None:
            names = dict.fromkeys(name for mark in restored.line.marks for name in mark.names)
            found.append(Seen(part.name, restored.text, (*folds, *(name for name in names if name not in FOLDS))))
        else:
            found.append(Seen(part.name, reading.text, folds))
    return found


def texts_in(body: bytes) -> list[tuple[str, str]]:
    """Names and texts of the parts in the stored bytes of a content."""
    return [(name, text) for name, text in told_in(body)["parts"]]


def cut_short(body: bytes) -> str:
    """The beginning of a content, on one line."""
    whole = " ".join(text for _, text in texts_in(body))
    return whole if len(whole) <= EXCERPT else whole[: EXCERPT - 1] + "…"


def sought(parts: Iterable[tuple[str, str]], plain: str, folding: Folding) -> list[Excerpt]:
    """Where a folded text stands in names and texts of parts, whatever its letters look like: one excerpt a part.

    For an empty text how they begin.
    """
    found = []
    for name, text in parts:
        if not plain:
            found.append(Excerpt(name, 0, text[: 2 * AROUND], ()))
            continue
        folded = folding.plain(text)
        if plain in folded:
            found.append(_excerpt(name, text, _places(text, folded, plain, folding)))
    return found


def _places(text: str, folded: str, plain: str, folding: Folding) -> list[tuple[int, int]]:
    where = origins(text, folding.fold, len(folded))
    places: list[tuple[int, int]] = []
    start = folded.find(plain)
    while start >= 0 and len(places) < MOST_MARKS:
        places.append((where[start], where[start + len(plain) - 1] + 1))
        start = folded.find(plain, start + len(plain))
    return places


def _excerpt(name: str, text: str, places: list[tuple[int, int]]) -> Excerpt:
    begin = max(0, places[0][0] - AROUND)
    end = min(len(text), max(places[0][1], begin) + AROUND)
    marks = tuple((start - begin, stop - begin) for start, stop in places if stop <= end)
    return Excerpt(name, begin, text[begin:end], marks)


def bigrams(folded: str) -> frozenset[str]:
    """The pairs of neighbouring letters of a folded text."""
    short = folded[:_COMPARED]
    return frozenset(short[place : place + 2] for place in range(max(1, len(short) - 1)))


def alike(own: frozenset[str], pool: Mapping[str, bytes], plain: Callable[[str], str], *, most: int) -> list[str]:
    """The ids of the contents in the pool that are most like a text, the likest first."""
    likeness = [(share(own, _letters(body, plain)), id_) for id_, body in pool.items()]
    likest = sorted((pair for pair in likeness if pair[0] >= LIKENESS), reverse=True)
    return [id_ for _, id_ in likest[:most]]


def _letters(body: bytes, plain: Callable[[str], str]) -> frozenset[str]:
    return bigrams(plain("".join(text for _, text in texts_in(body))))


def share(one: Iterable[str], other: Iterable[str]) -> float:
    """How much of what either holds both hold."""
    first, second = frozenset(one), frozenset(other)
    return len(first & second) / len(first | second)
