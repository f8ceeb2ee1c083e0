"""Enumerations: what is said ahead of the first item is said of all (不承诺保本、保收益、稳赚不赔).

So is what sums them up behind the last (国家级、最高级、最佳等字样一律删除).
"""

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
_BARRED = re.compile("(?:[都均]|一律|一概)?(?:[请先]?[别勿]|不[宜能得要收接让许]|谢绝|[慎禁忌])")
"""What bars all items when it begins the clause behind the last (骨折、有血栓、孕妇，不要用)."""
_OWN = frozenset("不没无别非未零")
"""What begins an item that says something else than the first."""
_PRAISED = re.compile("显著|明显|有效|见效|效果|一流|杠杠|真|就靠|都靠")
_HEADS = re.compile("词|用语|字眼|说法|表述|以下|下列|如下|[说讲写用]的|禁")
"""What makes of the words ahead of a colon a heading about words."""
_DISPOSED = re.compile("(?:禁止|不得|严禁|不能|不许|不准|不要|切勿|请勿|别)[将把以拿]")
"""Ahead of the first item: what is done with all of them follows behind the last, and may be long."""
_SUMMED = re.compile(
    "等(?!级|着|到|于|同|你|您|待|候)|都|均|皆|一律|一概|将|会被|属"
    "|(?<=[的者人])(?:[请先]?[别勿]|不[宜能得要收接让许租]|[慎禁忌])"
)
"""What makes of the words behind the last item a statement about all (孕妇、皮肤破了的别用)."""


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
    if (start != low and not joined) or not opens or high - end > 2 * ITEM:
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
            return (heading, last) if high - end <= TAIL else None
    if _PRAISED.search(view.text, end, high) or (first == low and not joined):
        return None
    if first == low:
        last = start - 1
    return (first, last) if high - end <= TAIL or _DISPOSED.search(view.text, first, last) else None


def tail(view: View, start: int, end: int) -> tuple[int, int] | None:
    """The bounds of what sums up the enumeration that ``view.text[start:end]`` is an item of, but not the last.

    ``None`` where nothing is enumerated, the item says more than its claim, or nothing behind the last is said of all.
    """
    if COMMA not in view.source:
        return None
    low, high, _, closes = view.clause(start, end, reach=_REACH)
    if not closes or high - end > TAIL or start - low > 2 * ITEM:
        return None
    for _ in range(ITEMS):
        if high == len(view.text) or _mark(view, high) != COMMA:
            break
        low, high = high, view.clause(high, high + 1, reach=_REACH)[1]
    if low < end:
        return None
    if summed := _SUMMED.search(view.text, low, high):
        return summed.start(), high
    barred = high - low <= ITEM and _BARRED.match(view.text, high)
    return (high, view.clause(high, high + 1, reach=_REACH)[1]) if barred else None


def _mark(view: View, place: int) -> str:
    """The one mark that stood in the source ahead of ``view.text[place]``; empty where it was more, or none."""
    gaps = view.gaps(place - 1, place + 1) if 0 < place < len(view.text) else ()
    return "".join(gap.strip() for _, gap in gaps)
