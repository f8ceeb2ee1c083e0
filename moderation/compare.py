"""Two verdicts on one content, by an old and a new ruleset: what is newly found, what is no longer, what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moderation.types import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moderation.types import Evidence, Span, Verdict


class Difference(NamedTuple):
    """What two verdicts do not have in common. ``decided`` tells whether action or severity differ too."""

    old: Verdict
    new: Verdict
    found: tuple[Evidence, ...]
    lost: tuple[Evidence, ...]
    decided: bool


def compare(old: Verdict, new: Verdict) -> Difference | None:
    """The difference of two verdicts, or ``None``. Evidence is the same where place and category are.

    An expert's quote is no place: a longer or shorter one around the same score is the same.
    """
    found, lost = _beyond(new.evidence, old.evidence), _beyond(old.evidence, new.evidence)
    decided = (old.action, old.severity) != (new.action, new.severity)
    return Difference(old, new, found, lost, decided) if found or lost or decided else None


def _beyond(some: Iterable[Evidence], others: Iterable[Evidence]) -> tuple[Evidence, ...]:
    known = {(item.category, _place(item)) for item in others}
    return tuple(item for item in some if (item.category, _place(item)) not in known)


def _place(item: Evidence) -> Span | str:
    return item.rule if item.source == TEXT else item.span
