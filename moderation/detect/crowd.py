"""Turns what a room adds to a message into evidence: numbers as they are told, pieces by reading them together."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from moderation.room import ACCOUNT, DIVERSION, ECHO, ROOM, SPLIT, Finding, Retraction
from moderation.types import UNSURE, Evidence, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from datetime import date

    from moderation.liverules import LiveRules
    from moderation.roomstate import Company, Joined
    from moderation.ruleset import Ruleset
    from moderation.types import Content


_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_NUMBER = re.compile(r"(?:[qv群扣加]|(?<![单尾货编款证期])号)\d{5,12}", re.IGNORECASE | re.ASCII)
"""A letter that stands for a messenger, and a number; the number of an order is none."""


TOGETHER = 2
"""So many characters beside the newest one make a word of different people's: three in all."""


class Crowd(NamedTuple):
    """What a room's additions come to, and the earlier messages that they change."""

    evidence: list[Evidence]
    retracts: tuple[Retraction, ...]


def heard(  # noqa: PLR0913, PLR0917 - what a court needs, once a message with company
    company: Company,
    said: Container[str],
    content: Content,
    ruleset: Ruleset,
    day: date,
    live: Callable[[str], bool],
    court: Callable[[str], Iterable[Evidence]],
) -> Crowd:
    """The evidence of a message in its company, in the categories that are ``live``; unknown ones are left out.

    ``said`` are the categories that it is found to be by itself: an echo that says so itself is no news. ``court``
    reads a text as one of the content's scene and author, and gives what it finds there.
    """
    findings = [
        item
        for item in company.findings
        if item.category in ruleset.categories and not (item.rule == ECHO and item.category in said)
    ]
    retracts: tuple[Retraction, ...] = ()
    if company.joined and ruleset.live is not None:
        made = _best(company.joined, ruleset.live, court)
        if made is not None:
            findings.append(made[0])
            retracts = tuple([Retraction(known, made[0]) for known in made[1]])
    part = content.parts[0]
    span = Span(part.name, 0, len(part.text))
    return Crowd([_evidence(item, span, ruleset, day) for item in findings if live(item.category)], retracts)


def _best(
    lines: Sequence[Joined], rules: LiveRules, court: Callable[[str], Iterable[Evidence]]
) -> tuple[Finding, tuple[str, ...]] | None:
    """The gravest thing that pieces say together and none says alone, and the ids of the earlier pieces of it."""
    best: tuple[tuple[int, int], Finding, tuple[str, ...]] | None = None
    seen: set[tuple[str, bool]] = set()
    for line in lines:
        if (line.text, line.backwards) in seen:
            continue
        seen.add((line.text, line.backwards))
        for item, touched in _told(line, rules, court):
            weight = item.weight if line.people == 1 else min(item.weight, UNSURE)
            rank = (item.severity, weight)
            if best is None or rank > best[0]:
                facts = (
                    ("pieces", len(touched)),
                    ("people", line.people),
                    ("seconds", line.seconds),
                    ("backwards", int(line.backwards)),
                )
                finding = Finding(item.category, SPLIT, facts, weight, item.rule, item.severity)
                newest = line.ids[0 if line.backwards else -1]
                best = rank, finding, tuple(dict.fromkeys(known for known in touched if known and known != newest))
    return None if best is None else best[1:]


def _told(
    line: Joined, rules: LiveRules, court: Callable[[str], Iterable[Evidence]]
) -> Sequence[tuple[Evidence, tuple[str, ...]]]:
    """What a line of pieces says that its pieces do not, each with the ids of its pieces.

    Pieces of different people, or read backwards, meet by chance too: 加 of 加油 and somebody's 微信. So they are heard
    where several characters come one by one, where the name of an account follows, or where they are a mobile number.
    """
    pieces = _pieces(line)
    newest = pieces[0 if line.backwards else -1]
    forwards_alone = line.people == 1 and not line.backwards
    if forwards_alone or (
        line.people > 1 and not line.backwards and (_is_account(newest) or _MOBILE.fullmatch(line.text))
    ):
        said = _said(line, rules, court)
        made = list(_made(line, said, court)) if said else []
        return made or ([(item, ids) for item, ids, _ in _spelled(line, pieces, rules)] if forwards_alone else [])
    low, high = _singles(line, pieces)
    if high - low < (TOGETHER if line.people > 1 else 1):
        return []
    spans = [(item, *_touched(line, item.span)) for item in _said(line, rules, court)]
    found = [(item, line.ids[first : last + 1]) for item, first, last in spans if low <= first < last <= high]
    return found or [(item, ids) for item, ids, first in _spelled(line, pieces, rules) if low <= first]


def _said(line: Joined, rules: LiveRules, court: Callable[[str], Iterable[Evidence]]) -> list[Evidence]:
    """What the pieces say when they are read as one text, in the categories that are looked for."""
    return [item for item in court(line.text) if item.category in rules.split]


def _pieces(line: Joined) -> list[str]:
    starts = (0, *line.ends)
    return [line.text[start:end].strip() for start, end in zip(starts, line.ends, strict=False)]


def _is_account(piece: str) -> bool:
    return len(piece) >= ACCOUNT and piece.isascii()


def _singles(line: Joined, pieces: Sequence[str]) -> tuple[int, int]:
    """The first and the last of the single characters that came one by one, the newest piece among them; else 0, 0."""
    count = 0
    for piece in pieces if line.backwards else reversed(pieces):
        if len(piece) != 1:
            break
        count += 1
    if not count:
        return 0, 0
    return (0, count - 1) if line.backwards else (len(pieces) - count, len(pieces) - 1)


def _spelled(line: Joined, pieces: Sequence[str], rules: LiveRules) -> Iterator[tuple[Evidence, tuple[str, ...], int]]:
    """Words, numbers and accounts that are nothing by themselves, and that nobody sends in pieces without a reason.

    With each the ids of its pieces, and the place of the first.
    """
    text = line.text
    spans = [
        (start, start + len(word))
        for word in (*rules.cues.names, *rules.cues.spelled)
        if (start := text.find(word) if line.backwards else text.rfind(word)) >= 0
    ]
    if match := _NUMBER.search(text):
        spans.append(match.span())
    before = text[: line.ends[-2]] if len(line.ends) > 1 else ""
    if _is_account(pieces[-1]) and not pieces[-1].isalpha() and before.endswith(rules.cues.names):
        spans.append((len(before) - 1, len(text)))
    newest = 0 if line.backwards else len(line.ends) - 1
    for span in spans:
        first, last = _touched(line, Span("", *span))
        if first < last and (newest in {first, last} or line.people > 1):
            item = Evidence(ROOM, DIVERSION, f"{DIVERSION}.spelled", 0, Span("", *span), weight=UNSURE)
            yield item, line.ids[first : last + 1], first


def _made(
    line: Joined, said: Sequence[Evidence], court: Callable[[str], Iterable[Evidence]]
) -> Iterator[tuple[Evidence, tuple[str, ...]]]:
    """What the newest piece and others make: it reaches over a border, or was not there without the one or the other.

    With each the ids of its pieces.
    """
    cut = line.ends[0] if line.backwards else line.ends[-2]
    alone: set[str] | None = None
    for item in said:
        first, last = _touched(line, item.span)
        newest = 0 if line.backwards else len(line.ends) - 1
        if first == last or newest not in {first, last}:
            if alone is None:
                alone = {other.rule for text in (line.text[:cut], line.text[cut:]) for other in court(text)}
            if item.rule in alone:
                continue
            beside = min(1, len(line.ends) - 1) if line.backwards else newest - 1
            first, last = min(first, newest, beside), max(last, newest, beside)
        yield item, line.ids[first : last + 1]


def _touched(line: Joined, span: Span) -> tuple[int, int]:
    """The first and the last piece that a span touches."""
    first = bisect_right(line.ends, span.start)
    return first, max(first, bisect_left(line.ends, span.end))


def _evidence(item: Finding, span: Span, ruleset: Ruleset, day: date) -> Evidence:
    category = ruleset.categories[item.category]
    return Evidence(
        source=ROOM,
        category=item.category,
        rule=f"{ROOM}.{item.rule}",
        severity=item.severity or category.severity,
        span=span,
        laws=ruleset.citations(category.laws, day),
        weight=item.weight,
        note=item.note,
        facts=item.facts,
    )
