"""What a hit is in its view: inside its pattern, whole, beside the words it asks for, in disguise."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from moderation.detect.rule import REACH, SURE
from moderation.text.fold import CLAUSE_MARKS, LISTING
from moderation.text.variants import DISGUISES
from moderation.text.words import LONGEST_WORD, PAIR, frequency
from moderation.types import FULL_WEIGHT, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterable

    import re2

    from moderation.detect.rule import Rule
    from moderation.text.line import Line
    from moderation.text.view import View
    from moderation.types import Evidence

PATTERN_REACH = 32
_END = re.compile(r"[。！？!?；;]|\n\s*\n")
DELIBERATE = frozenset({"slang", "sign", "split", "digit", "mixed", "filler", "acrostic"})
"""Disguises that nobody puts on by accident; of others a weak pair has too many innocent doubles."""
Filed = tuple[int, int, int, int, int, int, "Evidence"]
"""Evidence behind what it is sorted by: place, outer ones first, severity, weight, its rule's and its own turn."""
HELD = 16
"""So far repeats of a hit's first and last letter are followed before its edges are looked at."""


def hidden_by(rule: Rule, line: Line, start: int, end: int) -> tuple[str, ...]:
    """The disguises that a hit in a restored text wears; none where its term does not allow one of them."""
    names = line.disguises(start, end)
    if not names or not rule.disguises.issuperset(names):
        return ()
    return names if is_sought(end - start, rule.weight, names) else ()


def is_meant(line: Line) -> bool:
    """Whether something in a restored text was disguised in a way that nobody writes by accident."""
    return not DELIBERATE.isdisjoint(line.worn)


def is_sought(length: int, weight: int, names: Iterable[str]) -> bool:
    """Whether a term of so many characters and such a weight is looked for in these disguises."""
    return length > PAIR or weight >= SURE or DELIBERATE.issuperset(names)


def company_hidden_by(rule: Rule, view: View, start: int, end: int) -> tuple[str, ...]:
    """The disguises around a plain hit that wants company: what it stands beside may be restored.

    Beyond its clause only what nobody writes by accident is such company. So may what must stand right beside it
    (最好de面霜).
    """
    line = view.line
    if line is None or line.disguises(start, end):
        return ()
    if not (rule.near or rule.sentence or rule.with_):
        names = line.disguises(max(0, start - bool(rule.prev)), end + bool(rule.next))
        return names if rule.disguises.issuperset(names) else ()
    low, high, _, _ = view.clause(start, end, reach=REACH)
    names = line.disguises(low, high)
    if not names and (rule.sentence or rule.with_):
        low, high = max(0, start - REACH), min(len(view.text), end + REACH)
        if not rule.with_:
            first, last, _ = view.sentence(start, end)
            low, high = max(low, first), min(high, last)
        names = tuple(name for name in line.disguises(low, high) if name in DELIBERATE)
    return names if rule.disguises.issuperset(names) else ()


def weight_left(weight: int, disguises: Iterable[str]) -> int:
    """What a hit's weight is worth after the disguises that it was seen through.

    Of those that nobody puts on by accident as much as a person is asked about is left.
    """
    left = weight
    for name in disguises:
        left = left * DISGUISES[name][0] // FULL_WEIGHT
    return max(left, min(weight, UNSURE)) if DELIBERATE.issuperset(disguises) else left


def ends_within(view: View, start: int, end: int) -> bool:
    """Whether a sentence or a paragraph ends inside a hit: it is no name of anything then (本店是第一！医院)."""
    return any(_END.search(gap) for _, gap in view.gaps(start, end))


def stands_apart(view: View, start: int, end: int, gap: str) -> bool:
    """Whether the text around a hit is cut up alike, or the hit is all there is: one character a line.

    Of marks that are no blank and make no list, the same on one side is enough.
    """
    length = len(view.text)
    left = view.gaps(start - 1, start + 1)[:1] if start else []
    right = view.gaps(end - 1, end + 1)[:1] if end < length else []
    beside = left == [(start, gap)], right == [(end, gap)]
    if gap.isspace():
        return (beside[0] or not start) and (beside[1] or end == length)
    return any(beside) and LISTING.isdisjoint(gap)


def matched(pattern: re2._Regexp, holds: tuple[str, ...], view: View, start: int, end: int) -> tuple[int, int] | None:
    """The bounds of the match that holds the hit. A pattern sees a window around its hit, so its cost is bounded.

    ``holds`` are words of which every match has one: without them the pattern need not be asked. Nor need it where it
    saw the same last: when the hit is looked at again, and all along a text that repeats one letter.
    """
    low = max(0, start - PATTERN_REACH)
    asked = (view.text[low : end + PATTERN_REACH], start - low, end - low)
    said = view.said.get(pattern)
    if said is None or said[0] != asked:
        said = view.said[pattern] = (asked, _match_around(pattern, holds, *asked))
    return said[1] and (low + said[1][0], low + said[1][1])


def _match_around(
    pattern: re2._Regexp, holds: tuple[str, ...], window: str, start: int, end: int
) -> tuple[int, int] | None:
    if holds and not stands_one(holds, window):
        return None
    bounds = ((match.start(), match.end()) for match in pattern.finditer(window))
    return next((bound for bound in bounds if bound[0] <= start and end <= bound[1]), None)


def in_one_clause(pattern: re2._Regexp, view: View, start: int, end: int) -> tuple[int, int]:
    """The bounds of a match, or of what the pattern finds in one of its clauses alone: 99 of 99%，240毫升."""
    marks = [place for place, gap in view.gaps(start, end) if not CLAUSE_MARKS.isdisjoint(gap)]
    for low, high in pairwise([start, *marks, end] if marks else ()):
        if found := pattern.search(view.text[low:high]):
            return low + found.start(), low + found.end()
    return start, end


def stands_one(words: tuple[str, ...], text: str) -> bool:
    """Whether one of the words stands in a text."""
    for word in words:  # noqa: SIM110 - a generator takes twice as long
        if word in text:
            return True
    return False


def neighbours_allow(rule: Rule, before: str, after: str, opens: bool, closes: bool) -> bool:  # noqa: FBT001
    """What stands right before and right behind a hit, within the clause."""
    if (rule.next or rule.at_end) and not ((rule.at_end and closes and not after) or after.startswith(rule.next)):
        return False
    if (rule.prev or rule.at_start) and not ((rule.at_start and opens and not before) or before.endswith(rule.prev)):
        return False
    return not (after.startswith(rule.not_next) or before.endswith(rule.not_prev))


def held(text: str, start: int, end: int) -> bool:
    """Whether the first or last letter of a hit stands beside itself: only then need the bounds be widened."""
    return (start > 0 and text[start - 1] == text[start]) or text[end : end + 1] == text[end - 1]


def held_down(view: View, start: int, end: int) -> tuple[int, int]:
    """The bounds with the repeats of a hit's first and last letter.

    A single one that is a letter of the word next to it repeats nothing: 糖 of 糖尿病 in 降血糖糖尿病. A mark
    parts words.
    """
    left, right = view.widen(start, end)
    if start - left == 1 and any(_word(view, begin, start) for begin in range(max(0, start - LONGEST_WORD), left)):
        left = start
    last = min(len(view.text), end + LONGEST_WORD)
    if right - end == 1 and any(_word(view, end, stop) for stop in range(right + 1, last + 1)):
        right = end
    return left, right


def _word(view: View, start: int, end: int) -> bool:
    return bool(frequency(view.text[start:end])) and not view.gaps(start, end)


def runs_on(view: View, start: int, end: int) -> bool:
    """Whether a Latin letter at the hit's edge adjoins another one, or a digit another digit: sb in usb."""
    text = view.text
    if not (text[start].isascii() or text[end - 1].isascii()):
        return False
    start, end = view.widen(start, end, reach=HELD)
    return (start > 0 and _same_run(text[start - 1], text[start]) and not view.gaps(start - 1, start + 1)) or (
        end < len(text) and _same_run(text[end - 1], text[end]) and not view.gaps(end - 1, end + 1)
    )


def _same_run(left: str, right: str) -> bool:
    return (left.isascii() and right.isascii()) and (
        (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())
    )


def says_it(plain: Evidence, restored: Evidence) -> bool:
    """Whether what was found without restoring says all that a restored finding at its place says."""
    return (
        plain.category == restored.category
        and (plain.severity, plain.weight) >= (restored.severity, restored.weight)
        and plain.span.start < restored.span.end
        and restored.span.start < plain.span.end
    )


def outermost(found: list[Filed]) -> list[Filed]:
    """What is left of sorted findings without those that an outer one of their category says as gravely."""
    furthest: dict[str, tuple[int, tuple[int, int]]] = {}
    kept = []
    for filed in found:
        _, minus_end, minus_severity, minus_weight, _, _, item = filed
        end, rank = furthest.get(item.category, (-1, (0, 0)))
        own = (-minus_severity, -minus_weight)
        if -minus_end > end or own > rank:
            kept.append(filed)
            furthest[item.category] = max((-minus_end, own), (end, rank))
    return kept
