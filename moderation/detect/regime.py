"""Which law the same words are judged by: that of the goods that the content is about, and else the general one.

Terms of several laws may find one stretch. The finding of the law that fits stays and is as grave as the gravest of
them, so that no action depends on it; the others are told as exemptions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.cues import Hidden
from moderation.lexicon import OWN
from moderation.matcher import Matcher
from moderation.types import LEXICON, REGIME, Exemption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.text.reading import PartReading
    from moderation.types import Content, Evidence, Span
    from moderation.wares import Kind, Wares


class Regimes:
    """Keeps the names of goods of one ruleset."""

    def __init__(self, wares: Wares) -> None:
        self._wares = wares
        named = {name: kind for kind in reversed(wares.kinds) for name in kind.names}
        used = {use: kind for kind in reversed(wares.kinds) for use in kind.uses}
        self._matcher = Matcher(sorted(named.keys() | used.keys() | wares.none))
        self._named = [named.get(word) for word in self._matcher.words]
        self._used = [used.get(word) for word in self._matcher.words]
        self._categories = frozenset((*(kind.category for kind in wares.kinds), wares.general))

    def settle(
        self, content: Content, parts: Sequence[PartReading], evidence: Sequence[Evidence]
    ) -> tuple[Sequence[Evidence], list[Exemption]]:
        """The evidence without findings that another law takes over, and those findings."""
        if len({item.category for item in evidence if self._contends(item)}) <= 1:
            return evidence, []
        kind = self._wares.declared(content.industry) or self._kind(parts)
        laws = (kind.category, self._wares.general) if kind else (self._wares.general,)
        gone: dict[tuple[str, Span], Exemption] = {}
        for category in dict.fromkeys(laws):
            general = self._wares.general if kind and kind.apart else ""
            evidence, taken = self._taken_over(evidence, category, laws[0], general)
            gone |= taken
        return evidence, [*gone.values()]

    def _taken_over(
        self, evidence: Sequence[Evidence], category: str, first: str, void: str
    ) -> tuple[Sequence[Evidence], dict[tuple[str, Span], Exemption]]:
        """What is left once the findings of a category took over those at their place, and what they took over.

        Nothing takes over what is of the ``first`` category. What is of a ``void`` one is taken over at any place.
        """
        kept = []
        gone: dict[tuple[str, Span], Exemption] = {}
        others = [one for one in evidence if one.category not in {category, first} and self._contends(one)]
        for item in evidence:
            taken = []
            if item.category == category and self._contends(item):
                taken = [one for one in others if one.category == void or one.span.touches(item.span)]
                gone |= {
                    (one.rule, one.span): Exemption(one.category, one.rule, one.span, REGIME, item.rule)
                    for one in taken
                }
            together = (item, *taken)
            severity, weight = max(one.severity for one in together), max(one.weight for one in together)
            kept.append(item._replace(severity=severity, weight=weight) if taken else item)
        return [item for item in kept if (item.rule, item.span) not in gone], gone

    def _contends(self, item: Evidence) -> bool:
        own = item.rule.startswith(f"{OWN}.")
        return item.source == LEXICON and item.category in self._categories and not own

    def _kind(self, parts: Iterable[PartReading]) -> Kind | None:
        """The kind of goods that the parts name, or use: the first in the order of the table."""
        found: set[int] = set()
        for part in parts:
            hits = self._matcher.find(part.text)
            hidden = Hidden((start, end) for start, end, _ in hits)
            found.update(number for start, end, number in hits if not hidden.holds(start, end))
        for told in (self._named, self._used):
            kinds = {kind.code for number in found if (kind := told[number])}
            if kinds:
                return next(kind for kind in self._wares.kinds if kind.code in kinds)
        return None
