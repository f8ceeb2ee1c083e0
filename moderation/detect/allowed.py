"""What allow terms protect in one part: spans by category, asked whether one of them holds a hit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from moderation.detect.rule import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable

Reaches = tuple[list[int], list[tuple[int, str]]]
"""Sorted starts, and for each the furthest end of any span that starts there or before, with its rule."""
Protected = dict[str, Reaches]
"""By category; ``ANYWHERE`` protects from all."""


def reaching(spans: Iterable[tuple[int, int, str]]) -> Reaches:
    """Spans with the ids of their allow rules, made ready to be asked."""
    starts: list[int] = []
    reaches: list[tuple[int, str]] = []
    for start, end, rule in sorted(spans):
        reach = max((end, rule), reaches[-1]) if reaches else (end, rule)
        starts.append(start)
        reaches.append(reach)
    return starts, reaches


def holder(protected: Protected, category: str, start: int, end: int) -> str:
    """The id of an allow rule for ``category`` whose span holds ``[start, end)``; empty where none does."""
    for key in (ANYWHERE, category):
        starts, reaches = protected.get(key, ((), ()))
        index = bisect_right(starts, start) - 1
        if index >= 0 and reaches[index][0] >= end:
            return reaches[index][1]
    return ""


def wider_holder(protected: Protected, category: str, start: int, end: int) -> str:
    """The same for spans that are longer than ``[start, end)``."""
    for key in (ANYWHERE, category):
        starts, reaches = protected.get(key, ((), ()))
        for index, least in ((bisect_right(starts, start) - 1, end + 1), (bisect_left(starts, start) - 1, end)):
            if index >= 0 and reaches[index][0] >= least:
                return reaches[index][1]
    return ""
