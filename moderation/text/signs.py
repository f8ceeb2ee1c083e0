"""How signs are written that stand for a word: emoji, masks over a character, Zhuyin and faces. Judges nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moderation.text.holes import MASKS

if TYPE_CHECKING:
    from collections.abc import Iterable

TONES = "ˊˇˋ˙"
FACE_LETTERS = "づっつノヽツシ"
_ZHUYIN = f"(?:[ㄅ-ㄙ][ㄧㄨㄩ]?[ㄚ-ㄦ]?|[ㄧㄨㄩ][ㄚ-ㄦ]?|[ㄚ-ㄦ])[{TONES}]?"
"""A syllable in Zhuyin: what begins it, what is between, what ends it, and its tone."""
_FACE = f"[(][^()\u3400-\u9fffa-z0-9]{{1,16}}[)][{FACE_LETTERS}]?"
"""A face drawn with symbols between brackets, and its arm: the letters in it are none."""
_BARS = "丨|"
_BETWEEN = f"[{_BARS}]{{0,2}}"
"""Strokes drawn between the parts of a sign: 薇丨❤."""
TABLED = {**dict.fromkeys(map(ord, MASKS), MASKS[0]), **dict.fromkeys(map(ord, _BARS))}
"""What makes of a sign as it stands the one in the table."""


def pattern(signs: Iterable[str]) -> re.Pattern[str]:
    """Any of the signs of a table, up to three masks, a syllable of Zhuyin or a face."""
    masks = f"[{re.escape(MASKS)}]"
    parts = (map(re.escape, sign) for sign in sorted(signs, key=len, reverse=True))
    known = [_BETWEEN.join(drawn).replace(r"\*", masks) for drawn in parts]
    return re.compile("|".join([*known, f"{masks}{{1,3}}", _ZHUYIN, _FACE]))
