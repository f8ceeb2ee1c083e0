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


_NUMBER = re.compile(r"[qv群号扣加]\d{5,12}", re.IGNORECASE | re.ASCII)
"""A letter that stands for a messenger, and a number."""


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
        said = [item for item in court(line.text) if item.category in rules.split]
        made = list(_made(line, said, court)) if said else []
        if not made:
            made = list(_spelled(line, rules))
        for item, touched in made:
            if (line.people > 1 or line.backwards) and not _is_no_chance(line, len(touched)):
                continue
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


def _is_no_chance(line: Joined, touched: int) -> bool:
    """Whether pieces of different people, or read backwards, hardly met by chance: characters, or an account."""
    starts = (0, *line.ends)
    pieces = [line.text[start:end].strip() for start, end in zip(starts, line.ends, strict=False)]
    ends = pieces[:touched] if line.backwards else pieces[-touched:]
    if all(len(piece) == 1 for piece in ends):
        return True
    return not line.backwards and any(len(piece) >= ACCOUNT and piece.isascii() for piece in ends)


def _spelled(line: Joined, rules: LiveRules) -> Iterator[tuple[Evidence, tuple[str, ...]]]:
    """Words and numbers that are nothing by themselves, and that nobody sends in pieces without a reason."""
    words = (*rules.cues.names, *rules.cues.spelled) if line.people == 1 else rules.cues.names
    spans = [(start, start + len(word)) for word in words if (start := line.text.find(word)) >= 0]
    if line.people == 1 and (match := _NUMBER.search(line.text)):
        spans.append(match.span())
    newest = 0 if line.backwards else len(line.ends) - 1
    for span in spans:
        first, last = _touched(line, Span("", *span))
        if first < last and newest in {first, last}:
            item = Evidence(ROOM, DIVERSION, f"{DIVERSION}.spelled", 0, Span("", *span), weight=UNSURE)
            yield item, line.ids[first : last + 1]


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
