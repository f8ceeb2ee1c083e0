"""Cuts a text into pieces to show, pure: which marks cover each, and what the eye would not see as a sign of its own.

Offsets are code points, so a rare Han character or an emoji counts one, as in the evidence. No markup is made here.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLANK: Final = "\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u2800\u3164\uffa0"
"""Letters and signs that are drawn as nothing, and separators that break lines unasked."""
_ORDINARY: Final = frozenset("\n\t \u3000")
_HIDING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))
_PICTURES: Final = range(0x1F000, 0x1FB00)
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_CANDIDATE: Final = re.compile(
    "[^\\n\\t -~\u3000-\u3163\u3165-\u9fff\uff01-\uff9f\U00020000-\U0003fffd]"  # all else is seen by everybody
)


class Mark(NamedTuple):
    """A stretch that something is said of: ``[start, end)`` in code points. ``key`` says what, for whoever shows it."""

    start: int
    end: int
    key: int


class Piece(NamedTuple):
    """A stretch of one appearance. ``marks`` are the keys that cover it; ``sign`` names a hidden character.

    ``opens`` are the keys of the marks that begin here. A sign stands for a ``run`` of the same character in a row.
    """

    text: str
    marks: tuple[int, ...] = ()
    opens: tuple[int, ...] = ()
    sign: str = ""
    name: str = ""
    run: int = 1


def pieces(text: str, marks: Sequence[Mark] = ()) -> list[Piece]:
    """The text in pieces, in order and without loss: their texts joined are ``text``. Marks may overlap or be empty."""
    length = len(text)
    within = [Mark(max(start, 0), min(end, length), key) for start, end, key in marks]
    within = [mark for mark in within if mark.start < mark.end]
    cuts = sorted({0, length, *(mark.start for mark in within), *(mark.end for mark in within)})
    shown: list[Piece] = []
    open_: list[Mark] = []
    starting = sorted(within, key=lambda mark: (mark.start, -mark.end))
    place = 0
    for start, end in pairwise(cuts):
        open_ = [mark for mark in open_ if mark.end > start]
        opens = []
        while place < len(starting) and starting[place].start == start:
            open_.append(starting[place])
            opens.append(starting[place].key)
            place += 1
        keys = tuple(dict.fromkeys(mark.key for mark in open_))
        shown += _stretch(text, start, end, keys, tuple(dict.fromkeys(opens)))
    return shown


def visible(text: str) -> str:
    """The text for a place that holds no markup, such as a tooltip: hidden characters are written out."""
    return "".join(f"‹{piece.sign}›" if piece.sign else piece.text for piece in pieces(text))


def _stretch(text: str, start: int, end: int, keys: tuple[int, ...], opens: tuple[int, ...]) -> Iterator[Piece]:
    for piece in _signs(text, start, end):
        yield piece._replace(marks=keys, opens=opens)
        opens = ()


def _signs(text: str, start: int, end: int) -> Iterator[Piece]:
    done = start
    for found in _CANDIDATE.finditer(text, start, end):
        at = found.start()
        if at < done or not _hides(text, at):
            continue
        if at > done:
            yield Piece(text[done:at])
        sign = text[at]
        done = at + 1
        while done < end and text[done] == sign and _hides(text, done):
            done += 1
        named = unicodedata.name(sign, "") or _CONTROLS.get(sign, "")
        yield Piece(text[at:done], sign=f"U+{ord(sign):04X}", name=named, run=done - at)
    if done < end:
        yield Piece(text[done:end])


def _hides(text: str, at: int) -> bool:
    """Whether the character there would not be seen, or would move others about."""
    sign = text[at]
    if sign in _ORDINARY:
        return False
    if sign in _BLANK or unicodedata.category(sign) in _HIDING:
        return not (sign == _JOINER and _pictured(text, at - 1) and _pictured(text, at + 1))
    if any(ord(sign) in selectors for selectors in _SELECTORS):
        return not (sign == _EMOJI_STYLE and _pictured(text, at - 1))
    return False


def _pictured(text: str, at: int) -> bool:
    """Whether an emoji stands there, to which a joiner or selector belongs."""
    if not 0 <= at < len(text):
        return False
    sign = text[at]
    if sign == _EMOJI_STYLE:
        return _pictured(text, at - 1)
    return unicodedata.category(sign) in {"So", "Sk"} or sign in "#*0123456789©®‼⁉" or ord(sign) in _PICTURES


_CONTROLS: Final = {
    "\x00": "NULL",
    "\x07": "BELL",
    "\x08": "BACKSPACE",
    "\x0b": "LINE TABULATION",
    "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}
