"""Advertisements of which nobody said so: claims in disguise, and claims of who offers his own goods.

A viewer's comment is no advertisement (《广告法适用问题执法指南（一）》4), so the advertising categories do not apply.
Nobody writes of his own experience in code, though: zhi愈 and 高血鸭 are written by those who sell. And whoever says
that it is his own (自家熬的) and what it costs or how to get it (包邮, 要的说一声) does sell. A person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        """The claims that count though nobody declared the content, each enough to ask for review."""
        sells = any(part.hits for part in parts) and self._sells(parts)
        if not (sells or any(part.look & DISGUISED for part in parts)):
            return
        findings = detector.detect(content, parts, Gate(content.scene, advertising=True), day)
        for item in findings.evidence if findings is not None else ():
            if self._categories[item.category].applies(content.scene, advertising=False):
                continue
            names = HEARD if item.severity >= SEVERE else WRITTEN
            fact = SELLING if sells else COVERT
            if sells or not names.isdisjoint(item.folds):
                yield item._replace(weight=min(item.weight, UNSURE), facts=(*item.facts, (fact, 1)))

    def _sells(self, parts: Sequence[PartReading]) -> bool:
        return all(any(offer.find(part.text) for part in parts) for offer in self._offer)
