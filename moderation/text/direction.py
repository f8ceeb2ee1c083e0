"""Texts that are not read from left to right: backwards (倒着看), or down the first characters of lines (竖着看).

Some say nothing of it: lines of one length are read in columns, and an override of direction (RLO) shows what it holds
backwards.
"""

from __future__ import annotations

import re
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from moderation.text.fold import CLAUSE_MARKS
from moderation.text.words import gain_backwards

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ACROSTIC = "acrostic"
_MAY_SAY = re.compile("[倒反竖纵藏隔跳]")
"""A cheap look: what follows holds one of these, 字, 看头 or 开头."""
_BACKWARDS = re.compile("[倒反](?:着|过来|回来|过去|序)?再?[看念读拼]")
_DOWN = re.compile(
    "[竖纵](?:着|排|向)?[看念读]|藏头|每[行句]的?(?:第一个?|头一?个?|开头)字|(?:第一个|头一个|开头的?)字连|首字(?!母)"
    r"|\b看(?:每[行句]的?)?开?头\b"
)
_EVERY_OTHER = re.compile("隔(?:着|一)?个?字|跳着?(?:字|一个字)?[看念读]")
_CLAUSE = re.compile("[^" + "".join(map(re.escape, sorted(CLAUSE_MARKS))) + "]+")
_LINE = re.compile("[^\r\n]+")
OVERRIDE = "\u202e"
_OVERRIDDEN = re.compile(f"{OVERRIDE}([^\u202c\r\n]*)")
FEWEST = 3
"""So many lines make an acrostic; in a text of fewer it goes down the clauses."""
LIKELIER, SHORTEST = 1.0, 4
"""How much likelier, as a logarithm for each character, a text or a clause of so many must be backwards."""
WIDEST = 12
"""Longer lines are not set in columns."""
NARROW = 3
"""Lines of so few characters end wherever they are full."""
LONGEST = 1_000
"""Longer texts are not tried: each character costs its words to look up, both ways."""

Piece = tuple[str, int, int]
"""A character to be read, and where the stretch of the text that it stands for begins and ends."""


def directed(source: str) -> tuple[str, list[Piece]] | None:
    """The disguise and the characters in the order in which a text says it is read; ``None`` where it says nothing."""
    if OVERRIDE in source:
        return "reverse", _as_overridden(source)
    if (
        "字" not in source and "看头" not in source and "开头" not in source and _MAY_SAY.search(source) is None
    ):  # cheap questions one by one: a generator takes twice as long
        return None
    if _BACKWARDS.search(source):
        clauses = _CLAUSE.finditer(source)
        return "reverse", [(char, *clause.span()) for clause in clauses for char in reversed(clause[0])]
    if _EVERY_OTHER.search(source):
        return "reverse", [piece for clause in _CLAUSE.finditer(source) for piece in _parted(clause)]
    if _DOWN.search(source):
        pieces = list(_LINE.finditer(source))
        if len(pieces) < FEWEST:
            pieces = list(_CLAUSE.finditer(source))
        return ACROSTIC, _heads(source, pieces)
    return None


def _parted(clause: re.Match[str]) -> list[Piece]:
    """A clause's characters but every second one, and then these."""
    letters = [char for char in clause[0] if char.isalnum()]
    return [(char, *clause.span()) for char in letters[::2] + letters[1::2]]


def unsaid(source: str) -> list[tuple[str, list[Piece]]]:
    """The same of a text in lines that says nothing: their first characters, their last, columns, or all on end.

    By chance these spell no word of three.
    """
    if source.count("\n") < FEWEST - 1 or len(source) > LONGEST:
        return []
    letters = [[place for place in range(*line.span()) if source[place].isalnum()] for line in _LINE.finditer(source)]
    rows = [row for row in letters if row]
    widest = max(map(len, rows), default=0)
    if len(rows) < FEWEST or widest == 1:
        return []
    found = [_each(source, (row[end] for row in rows)) for end in (0, -1)]
    if widest <= NARROW:
        found.append(_each(source, chain(*rows)))
    if widest <= WIDEST and min(map(len, rows)) >= widest - 1:
        for order in (rows, [row[::-1] for row in rows]):
            columns = (place for column in zip_longest(*order) for place in column if place is not None)
            found.append([(source[place], 0, len(source)) for place in columns])
    return [(ACROSTIC, pieces) for pieces in found]


def _as_overridden(source: str) -> list[Piece]:
    pieces: list[Piece] = []
    place = 0
    for run in _OVERRIDDEN.finditer(source):
        pieces += _each(source, range(place, run.start()))
        pieces += [(char, *run.span()) for char in reversed(run[1])]
        place = run.end()
    return pieces + _each(source, range(place, len(source)))


def _each(source: str, places: Iterable[int]) -> list[Piece]:
    return [(source[place], place, place + 1) for place in places]


def _heads(source: str, pieces: Sequence[re.Match[str]]) -> list[Piece]:
    heads = (next((place for place in range(*piece.span()) if source[place].isalnum()), -1) for piece in pieces)
    return [(source[place], place, place + 1) for place in heads if place >= 0]


def turned(source: str) -> tuple[str, list[Piece]] | None:
    """The same of a text that says nothing, if it or clauses of it are likelier backwards; ``None`` where none is."""
    if len(source) > LONGEST:
        return None
    clauses = list(_CLAUSE.finditer(source))
    gains = [gain_backwards(clause[0]) for clause in clauses]
    whole = sum(gains) >= LIKELIER * sum(len(clause[0]) for clause in clauses)
    pieces: list[Piece] = []
    found = False
    for clause, gained in zip(clauses, gains, strict=True):
        letters, (start, end) = clause[0], clause.span()
        if whole or (len(letters) >= SHORTEST and gained >= LIKELIER * len(letters)):
            pieces += [(char, start, end) for char in reversed(letters)]
            found = True
        else:
            pieces += [(char, place, place + 1) for place, char in enumerate(letters, start)]
    return ("reverse", pieces) if found else None
