"""Turns what a room adds to a message into evidence: numbers as they are told, pieces by reading them together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from moderation.room import ROOM, SPLIT, Finding, Retraction
from moderation.types import UNSURE, Evidence, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from moderation.roomstate import Company, Joined
    from moderation.ruleset import Ruleset
    from moderation.types import Content


class Crowd(NamedTuple):
    """What a room's additions come to, and the earlier messages that they change."""

    evidence: list[Evidence]
    retracts: tuple[Retraction, ...]


def heard(  # noqa: PLR0913, PLR0917 - what a court needs, once a message with company
    company: Company,
    content: Content,
    ruleset: Ruleset,
    day: date,
    live: Callable[[str], bool],
    court: Callable[[str], Iterable[Evidence]],
) -> Crowd:
    """The evidence of a message in its company, in the categories that are ``live``; unknown ones are left out.

    ``court`` reads a text as one of the content's scene and author, and gives what it finds there.
    """
    findings = [item for item in company.findings if item.category in ruleset.categories]
    retracts: tuple[Retraction, ...] = ()
    if company.joined and ruleset.live is not None:
        made = _best(company.joined, ruleset.live.split, court)
        if made is not None:
            findings.append(made[0])
            retracts = tuple([Retraction(known, made[0]) for known in made[1]])
    part = content.parts[0]
    span = Span(part.name, 0, len(part.text))
    return Crowd([_evidence(item, span, ruleset, day) for item in findings if live(item.category)], retracts)


def _best(
    lines: Sequence[Joined], split: frozenset[str], court: Callable[[str], Iterable[Evidence]]
) -> tuple[Finding, tuple[str, ...]] | None:
    """The gravest thing that pieces say together and none says alone, and the ids of the earlier pieces of it."""
    best: tuple[tuple[int, int], Finding, tuple[str, ...]] | None = None
    seen: set[tuple[str, bool]] = set()
    for line in lines:
        if (line.text, line.backwards) in seen:
            continue
        seen.add((line.text, line.backwards))
        said = [item for item in court(line.text) if item.category in split]
        for item, touched in _made(line, said, court) if said else ():
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
