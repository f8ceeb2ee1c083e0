"""Which law the same words are judged by: that of the goods that the content is about, and else the general one.

Terms of several laws may find one stretch. The finding of the law that fits stays and is as grave as the gravest of
them, so that no action depends on it; the others are told as exemptions. What a finding cites is law for such goods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moderation.detect.cues import Hidden
from moderation.lexicon import OWN
from moderation.matcher import Matcher
from moderation.types import LEXICON, REGIME, SHANGHAI, TEXT, Exemption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading
    from moderation.types import Content, Evidence, Span
    from moderation.wares import Kind, Wares

BESIDE: Final = "severity_alone"
"""The fact of a finding that is as grave as what it stands for: how grave it was by itself."""


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
        self._settled = frozenset(kind.category for kind in wares.kinds if kind.settled)
        self._bound = frozenset[str]().union(*(kind.only for kind in wares.kinds))

    def settle(
        self, content: Content, parts: Sequence[PartReading], evidence: Sequence[Evidence]
    ) -> tuple[Sequence[Evidence], list[Exemption]]:
        """The evidence without findings that another law takes over, and those findings."""
        if len({item.category for item in evidence if self._contends(item)}) <= 1:
            return evidence, []
        kinds = self._kinds(content, parts) or self._kinds_by(self._used, parts)
        kind = kinds[0] if kinds else None
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
        others = [one for one in evidence if one.category not in {category, first} and self._yields(one)]
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
            if severity > item.severity:
                item = item._replace(facts=(*item.facts, (BESIDE, item.severity)))  # noqa: PLW2901
            kept.append(item._replace(severity=severity, weight=weight) if taken else item)
        return [item for item in kept if (item.rule, item.span) not in gone], gone

    def cite(
        self, content: Content, parts: Sequence[PartReading], evidence: Sequence[Evidence], ruleset: Ruleset
    ) -> tuple[Sequence[Evidence], list[Exemption]]:
        """The evidence with the law for the goods that are named; and what was found by that for other goods.

        An article made for other goods is left out, one made for these comes first. Where nothing is named, all stay.
        """
        if not any(self._yields(item) or not self._bound.isdisjoint(item.laws) for item in evidence):
            return evidence, []
        kinds = self._kinds(content, parts)
        if not kinds:
            return evidence, []
        day = content.at.astimezone(SHANGHAI).date()
        cited = [self._cited(it, kinds, ruleset, day) if it.source in {LEXICON, TEXT} else it for it in evidence]
        moved = [old for old, new in zip(evidence, cited, strict=True) if old.category != new.category]
        return cited, [Exemption(item.category, item.rule, item.span, REGIME, item.rule) for item in moved]

    def _cited(self, item: Evidence, kinds: list[Kind], ruleset: Ruleset, day: date) -> Evidence:
        kind, fit = kinds[0], frozenset[str]().union(*(one.only for one in kinds))
        left = [ref for ref in item.laws if ref in fit or ref not in self._bound]
        if self._yields(item) and item.category not in {one.category for one in kinds}:
            if any(one.apart for one in kinds) and not kind.apart:
                return item  # the one may be what the other is taken with: a medicine and honey
            laws = kind.laws or ruleset.categories[kind.category].laws
            if item.category == self._wares.general and not kind.apart:
                laws = tuple(dict.fromkeys((*kind.laws, *left)))
            else:
                item = item._replace(category=kind.category)
            return item._replace(laws=ruleset.citations(laws, day))
        if item.rule.startswith(f"{OWN}.") or not item.laws:
            return item
        if left[:1] != [item.laws[0]]:  # the article of the claim itself is none for such goods
            laws = tuple(dict.fromkeys((*ruleset.citations(kind.laws, day), *left)))
            return item._replace(laws=laws) if item.category == kind.category else item
        return item._replace(laws=tuple(sorted(left, key=lambda ref: ref not in fit)))

    def _contends(self, item: Evidence) -> bool:
        own = item.rule.startswith(f"{OWN}.")
        return item.source == LEXICON and item.category in self._categories and not own

    def _yields(self, item: Evidence) -> bool:
        """Whether the law for other goods may take the finding over: words of its field need not stand around it."""
        return item.category not in self._settled and self._contends(item)

    def _kinds(self, content: Content, parts: Iterable[PartReading]) -> list[Kind]:
        """The kind that is declared, or else the kinds that the parts name, in the order of the table."""
        declared = self._wares.declared(content.industry)
        return [declared] if declared else self._kinds_by(self._named, parts)

    def _kinds_by(self, told: Sequence[Kind | None], parts: Iterable[PartReading]) -> list[Kind]:
        found: set[int] = set()
        for part in parts:
            hits = self._matcher.find(part.text)
            hidden = Hidden((start, end) for start, end, _ in hits)
            found.update(number for start, end, number in hits if not hidden.holds(start, end))
        codes = {kind.code for number in found if (kind := told[number])}
        return [kind for kind in self._wares.kinds if kind.code in codes]
