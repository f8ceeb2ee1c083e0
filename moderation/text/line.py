"""A text with stretches of it replaced, and where its characters stood before. Judges nothing."""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_START = attrgetter("start")


class Replaced(NamedTuple):
    """A stretch ``[start, end)`` of a line, the word that it stands for and the disguises that hid it."""

    start: int
    end: int
    word: str
    names: tuple[str, ...]


class Line:
    """A text with the first and last place of each character in the source, and the stretches that were restored."""

    __slots__ = ("_worn", "lasts", "marks", "starts", "text")

    def __init__(self, text: str, starts: list[int], lasts: list[int], marks: list[Replaced]) -> None:
        self.text, self.starts, self.lasts, self.marks = text, starts, lasts, marks
        self._worn: frozenset[str] | None = None

    @property
    def worn(self) -> frozenset[str]:
        """The disguises seen through anywhere in the text. Not asked before ``marks`` are complete."""
        if self._worn is None:
            self._worn = frozenset(name for mark in self.marks for name in mark.names)
        return self._worn

    def disguises(self, start: int, end: int) -> tuple[str, ...]:
        """The disguises seen through inside ``text[start:end]``."""
        marks = self.marks
        first = bisect_right(marks, start, key=_START) - 1  # the one before may reach into the stretch
        found = takewhile(lambda mark: mark.start < end, islice(marks, max(0, first), None))
        return tuple(dict.fromkeys(name for mark in found if mark.end > start for name in mark.names))

    def with_(self, replaced: Iterable[Replaced]) -> Line:
        """The line with these stretches replaced. They may overlap: the longest wins, then the first."""
        taken = bytearray(len(self.text))
        chosen = apart(replaced, taken)
        if not chosen:
            return self
        starts: list[int] = []
        lasts: list[int] = []
        pieces: list[str] = []
        marks: list[Replaced] = []
        old = [mark for mark in reversed(self.marks) if not any(taken[mark.start : mark.end])]
        place, shift = 0, 0
        for start, end, word, names in (*chosen, Replaced(len(self.text), len(self.text), "", ())):
            while old and old[-1].start < start:
                mark = old.pop()
                marks.append(Replaced(mark.start + shift, mark.end + shift, mark.word, mark.names))
            pieces += (self.text[place:start], word)
            first, last = self.starts[start:end], self.lasts[start:end]
            if len(word) != end - start:
                first, last = [first[0]] * len(word), [last[-1]] * len(word)
            starts += (*self.starts[place:start], *first)
            lasts += (*self.lasts[place:start], *last)
            if word:
                hidden = tuple(dict.fromkeys((*self.disguises(start, end), *names)))
                marks.append(Replaced(start + shift, start + shift + len(word), word, hidden))
            place, shift = end, shift + len(word) - (end - start)
        return Line("".join(pieces), starts, lasts, marks)


def apart(replaced: Iterable[Replaced], taken: bytearray) -> list[Replaced]:
    """Those that do not overlap, in their order: the longest wins, then the first. ``taken`` marks where they lie."""
    chosen: list[Replaced] = []
    for one in sorted(replaced, key=lambda it: (it.start - it.end, it.start)):
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    return sorted(chosen)


def put(text: str, clues: Iterable[Replaced]) -> tuple[str, bytearray]:
    """The text with what the clues stand for, and for each of its characters whether it comes from one."""
    pieces: list[str] = []
    changed = bytearray()
    place = 0
    for start, end, word, _ in clues:
        pieces += (text[place:start], word)
        changed += bytes(start - place) + b"\1" * len(word)
        place = end
    pieces.append(text[place:])
    return "".join(pieces), changed
