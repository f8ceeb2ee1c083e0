"""Advertisements of which nobody said so: claims in disguise, and claims of who offers his own goods.

A viewer's comment is no advertisement (《广告法适用问题执法指南（一）》4), so the advertising categories do not apply.
Nobody writes of his own experience in code, though: zhi愈 and 高血鸭 are written by those who sell. And whoever says
that it is his own (自家熬的) and what it costs or how to get it (包邮, 要的说一声) does sell. A person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.rule import REACH
from moderation.detect.terms import Gate
from moderation.matcher import Matcher
from moderation.text.reading import DISGUISED
from moderation.types import SEVERE, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from moderation.detect.own import OwnTerms
    from moderation.detect.terms import TermDetector
    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading
    from moderation.types import Content, Evidence

COVERT = "covert"
"""The fact of evidence that only the disguise makes an advertisement."""
SELLING = "selling"
"""The fact of evidence that only an offer beside it makes an advertisement."""
OWN, CALL = LISTS = ("sells_own", "sells_call")
"""The word lists of which both must stand in what sells: whose it is, and the price or the way to it."""
WRITTEN = frozenset({"pinyin", "mixed", "shape", "split", "slang"})
"""Disguises that nobody writes by a slip of the keyboard."""
PIECED = WRITTEN - {"slang"}
"""Disguises of words that nobody uses by habit: enough beside a claim that stands openly."""
HEARD = WRITTEN | {"homophone", "fuzzy", "filler", "sign", "acrostic"}
"""The same with what may be a slip (在也不买) or an ornament (全网🥇): enough where the claim is severe."""


class Covert:
    """Finds the claims of contents that are declared neither advertisements nor anything else."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._categories = ruleset.categories
        plain = ruleset.folding.plain
        self._offer = [Matcher([plain(word) for word in ruleset.lists.get(name, ())]) for name in LISTS]

    def detect(
        self, detector: TermDetector | OwnTerms, content: Content, parts: Sequence[PartReading], day: date
    ) -> Iterator[Evidence]:
        """The claims that count though nobody declared the content, each enough to ask for review.

        Asked after the terms themselves, who have left with each part whether something in it is disguised at all.
        """
        sells = any(part.hits for part in parts) and self._sells(parts)
        if not (sells or any(part.look & DISGUISED and (part.restored or part.directed) for part in parts)):
            return
        findings = detector.detect(content, parts, Gate(content.scene, advertising=True), day)
        for item in findings.evidence if findings is not None else ():
            if self._categories[item.category].applies(content.scene, advertising=False):
                continue
            names = HEARD if item.severity >= SEVERE else WRITTEN
            fact = SELLING if sells else COVERT
            folds = item.folds
            if not sells and names.isdisjoint(folds):
                folds = (*self._hidden_beside(detector, parts, item), *folds)
            if sells or not names.isdisjoint(folds):
                yield item._replace(weight=min(item.weight, UNSURE), folds=folds, facts=(*item.facts, (fact, 1)))

    @staticmethod
    def _hidden_beside(
        detector: TermDetector | OwnTerms, parts: Sequence[PartReading], item: Evidence
    ) -> tuple[str, ...]:
        """The disguise of a word of the claim's own category beside a plain claim: 甲壮月泉结节 beside 贴没."""
        views = (view for part in parts if part.name == item.span.part for view in part.restored or ())
        for view in views:
            for mark in view.line.marks if view.line is not None else ():
                start, end = view.span(mark.start, mark.end)
                if PIECED.isdisjoint(mark.names) or start - REACH > item.span.end or item.span.start > end + REACH:
                    continue
                words = {word for low, high, word in view.hits if low < mark.end and mark.start < high}
                if any(rule.category == item.category for word in words for rule in detector.folded.rules[word]):
                    return mark.names
        return ()

    def _sells(self, parts: Sequence[PartReading]) -> bool:
        return all(any(offer.find(part.text) for part in parts) for offer in self._offer)
