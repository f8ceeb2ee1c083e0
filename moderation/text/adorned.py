"""Emoji between single characters: ornaments, whatever they stand for elsewhere (丑💯橘✨现🔥发👍). Judges nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_EMOJI = "[\u2190-\u2bff\u3030\u303d\U0001f000-\U0001faff]"
IN_A_ROW, LEAST, KINDS = 2, 4, 3
"""One stands behind so many characters in a row, so many do in all, of so many kinds or of one alone."""
_RUN = re.compile(f"(?:[\u3400-\u9fff]{_EMOJI}{{1,2}}){{{IN_A_ROW},}}")
_ONE = re.compile(_EMOJI)


def telling(signs: re.Pattern[str], visible: str) -> Iterator[re.Match[str]]:
    """The signs of a text but for ornaments, not all of which could be signs. 最👍 is a sign wherever it stands."""
    runs = list(_RUN.finditer(visible))
    found = [emoji for run in runs for emoji in _ONE.findall(run[0])]
    kinds = set(found)
    same = len(kinds) == 1
    if len(found) < LEAST or not (same or len(kinds) >= KINDS) or (all(map(signs.fullmatch, kinds)) and not same):
        return signs.finditer(visible)
    places = {place for run in runs for place in range(*run.span())}
    return (sign for sign in signs.finditer(visible) if sign.start() not in places or not _ONE.match(sign[0]))
