"""Enumerations: what is said ahead of the first item is said of all (不承诺保本、保收益、稳赚不赔)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moderation.text.view import View

COMMA = "、"
COLON = frozenset("：:")
ITEMS = 12
"""Longer enumerations are not followed to their beginning."""
ITEM = 10
"""Letters of an item between the first and the one that is asked about, at most: more is a statement of its own."""
TAIL = 6
"""Letters behind a claim in its item, at most."""
_REACH = 40
_JOINED = re.compile("(?<![温柔亲祥谐缓饱平])[和及与或]$")
"""What joins the last item to the one before it, and ends no word."""
_OWN = frozenset("不没无别非未零")
"""What begins an item that says something else than the first."""
_PRAISED = re.compile("显著|明显|有效|见效|效果|一流|杠杠|真|就靠|都靠")
_HEADS = re.compile("词|用语|字眼|说法|表述|以下|下列|如下|[说讲写用]的|禁")
"""What makes of the words ahead of a colon a heading about words."""


def head(view: View, start: int, end: int) -> tuple[int, int] | None:
    """The bounds of the first item of the enumeration that ``view.text[start:end]`` is a further bare item of.

    With a heading about words ahead of it (以下词不能说：) the heading is part of the first item, and the first item
    itself counts as a further one. A word may join the last item (甲、乙和丙). ``None`` where nothing is enumerated, or
    the item makes a statement of its own.
    """
    if COMMA not in view.source:
        return None
    low, high, opens, _ = view.clause(start, end, reach=_REACH)
    joined = start > low and _JOINED.search(view.text, low, start) is not None
    if (start != low and not joined) or not opens or high - end > TAIL or _PRAISED.search(view.text, end, high):
        return None
    first, last = low, high
    for _ in range(ITEMS):
        if first == 0 or _mark(view, first) != COMMA:
            break
        if first != low and (view.text[first] in _OWN or last - first > ITEM):
            return None
        first, last = view.clause(first - 1, first, reach=_REACH)[0], first
    if first and _mark(view, first) in COLON:
        heading = view.clause(first - 1, first, reach=_REACH)[0]
        if _HEADS.search(view.text, heading, first) and (first != low or _mark(view, high) == COMMA):
            return heading, last
    if first != low:
        return first, last
    return (low, start - 1) if joined else None


def _mark(view: View, place: int) -> str:
    """The one mark that stood in the source ahead of ``view.text[place]``; empty where it was more, or none."""
    gaps = view.gaps(place - 1, place + 1) if 0 < place < len(view.text) else ()
    return "".join(gap.strip() for _, gap in gaps)
