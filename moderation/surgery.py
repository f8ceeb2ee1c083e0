"""Cuts into a text: where clauses and sentences begin and end, and how what is left joins again. No words, no rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moderation.text.fold import SENTENCE_MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.wording import Option

SOFT_MARKS = frozenset("，,、—…~～·|")
"""What joins two clauses, and goes when one of them does."""
PAIRS = (("“", "”"), ("‘", "’"), ("《", "》"), ("（", "）"), ("(", ")"), ("「", "」"), ("『", "』"), ("【", "】"))


class Cut(NamedTuple):
    """``[start, end)`` of the old text becomes ``text``, which begins at ``at`` in the new one."""

    start: int
    end: int
    text: str
    template: bool
    whole: bool
    at: int


def _hard(text: str, place: int) -> bool:
    """Whether a sentence ends with this character."""
    return text[place] in SENTENCE_MARKS


def _soft(text: str, place: int) -> bool:
    """Whether a clause ends before this character: a comma, or a blank between Han."""
    char = text[place]
    if char in "，,—…|":
        near = text[place - 1 : place] + text[place + 1 : place + 2]
        return not near.isdigit()
    if not char.isspace():
        return False
    left, right = text[place - 1 : place], text[place + 1 : place + 2]
    return not (left.isascii() and right.isascii()) and not left.isdigit()


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence (or sentences) that hold a stretch, without the mark at the end."""
    around = (start, end)
    while start > 0 and not _hard(text, start - 1):
        start -= 1
    while end < len(text) and not _hard(text, end):
        end += 1
    return _trimmed(text, *_inside(text, start, end, around))


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause (or clauses) that hold a stretch, without the marks around it."""
    around = (start, end)
    while start > 0 and not _hard(text, start - 1) and not _soft(text, start - 1):
        start -= 1
    while end < len(text) and not _hard(text, end) and not _soft(text, end):
        end += 1
    return _trimmed(text, *_inside(text, start, end, around))


def clause_beside(text: str, clause: tuple[int, int], *, before: bool) -> tuple[int, int] | None:
    """The clause before or behind another one in its sentence."""
    low, high = sentence_around(text, *clause)
    at = clause[0] - 1 if before else clause[1]
    while low <= at < high and (text[at] in SOFT_MARKS or text[at].isspace()):
        at += -1 if before else 1
    return clause_around(text, at, at + 1) if low <= at < high else None


def _inside(text: str, start: int, end: int, around: tuple[int, int]) -> tuple[int, int]:
    """Bounds that leave out what a quotation mark or bracket keeps apart, where its other half stands beyond them."""
    for opening, closing in PAIRS:
        if (place := text.rfind(opening, start, around[0])) >= 0 and text.find(closing, place, end) < 0:
            start = place + 1
        if (place := text.find(closing, around[1], end)) >= 0 and text.rfind(opening, start, place) < 0:
            end = place
    return start, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def loose(quoted: str) -> bool:
    """Whether a stretch may go without leaving a quotation mark or bracket behind."""
    return all(quoted.count(pair[0]) == quoted.count(pair[1]) for pair in PAIRS)


def joined(text: str, options: Sequence[Option], openers: Sequence[str]) -> list[Cut]:
    """Options as cuts that do not overlap: the larger takes in the smaller, and marks that join nothing go too."""
    merged: list[Option] = []
    said: set[str] = set()
    for option in sorted(options, key=lambda one: (one.start, -one.end)):
        if merged and option.start < merged[-1].end:
            if option.end > merged[-1].end:
                merged[-1] = merged[-1]._replace(
                    end=option.end, text="", template=False, whole=merged[-1].whole or option.whole
                )
            continue
        between = text[merged[-1].end : option.start] if merged else ""
        if merged and option.entry and option.entry == merged[-1].entry and not between:  # one wording for 减肥刮油
            plain = option if merged[-1].template else merged[-1]
            merged[-1] = merged[-1]._replace(
                end=option.end, text=plain.text.removesuffix("的"), template=plain.template
            )
            continue
        words = option.text.lstrip("，")
        if merged and merged[-1].whole and merged[-1].text and option.whole and words and _only_marks(between):
            option = option._replace(text="", template=False)  # noqa: PLW2901 - what stands before says enough
            words = ""
        if option.whole and words and (words in said or words in text):
            option = option._replace(text="", template=False)  # noqa: PLW2901 - once is enough
        said.add(words)
        if merged and not option.text and not merged[-1].text and option.whole and _only_marks(between):
            merged[-1] = merged[-1]._replace(end=option.end)
        else:
            merged.append(option)
    cuts: list[Cut] = []
    shift = floor = 0
    for option in merged:
        start, end = (
            (option.start, option.end)
            if option.text or not option.whole
            else _wider(text, option.start, option.end, openers)
        )
        start = max(start, floor)
        cuts.append(Cut(start, end, option.text, option.template, option.whole, start + shift))
        shift += len(option.text) - (end - start)
        floor = end
    return cuts


def _only_marks(between: str) -> bool:
    return all(char in SOFT_MARKS or char.isspace() for char in between)


def _wider(text: str, start: int, end: int, openers: Iterable[str]) -> tuple[int, int]:
    """A deleted clause with the marks that it leaves without a neighbour, and the opener that leaned on it."""
    while (text[max(start - 1, 0) : start], text[end : end + 1]) in PAIRS:
        start, end = start - 1, end + 1
    left, right = start, end
    while left > 0 and (text[left - 1] in SOFT_MARKS or text[left - 1].isspace()) and text[left - 1] != "\n":
        left -= 1
    while right < len(text) and (text[right] in SOFT_MARKS or text[right].isspace()) and text[right] != "\n":
        right += 1
    first = left == 0 or _hard(text, left - 1)
    last = right == len(text) or _hard(text, right)
    if first and last:
        while right < len(text) and text[right] in SENTENCE_MARKS and text[right] != "\n":
            right += 1
        return (left if right == len(text) else start), right
    if first:
        opener = next((word for word in openers if text.startswith(word, right)), "")
        return start, right + len(opener)
    return left, (right if last and right == end else end)
