"""Advertisements of which nobody said so: claims in disguise, and claims of who offers his own goods.

A viewer's comment is no advertisement (《广告法适用问题执法指南（一）》4), so the advertising categories do not apply.
Nobody writes of his own experience in code, though: zhi愈 and 高血鸭 are written by those who sell. A lighter claim
(最好) counts where more than itself says so: a second disguise, or words for buyers. And whoever says that it is his
own (自家熬的) and what it costs or how to get it (包邮, 要的说一声) does sell. A person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.rule import REACH
from moderation.detect.terms import Gate
from moderation.matcher import Matcher
from moderation.text.reading import DISGUISED
from moderation.types import SEVERE, UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from moderation.detect.own import OwnTerms
    from moderation.detect.rule import Compiled
    from moderation.detect.terms import TermDetector
    from moderation.ruleset import Ruleset
    from moderation.text.line import Replaced
    from moderation.text.reading import PartReading
    from moderation.text.view import View
    from moderation.types import Content, Evidence

COVERT = "covert"
"""The fact of evidence that only the disguise makes an advertisement."""
SELLING = "selling"
"""The fact of evidence that only an offer beside it makes an advertisement."""
OWN, CALL, TALK = LISTS = ("sells_own", "sells_call", "sells_talk")
"""The word lists of who sells: whose the goods are, the price or the way to them, and how buyers are spoken to."""
WRITTEN = frozenset({"pinyin", "mixed", "shape", "split", "slang"})
"""Disguises that nobody writes by a slip of the keyboard."""
PIECED = WRITTEN - {"slang"}
"""Disguises of words that nobody uses by habit: enough beside a claim that stands openly."""
HEARD = WRITTEN | {"homophone", "fuzzy", "filler", "sign", "acrostic"}
"""The same with what may be a slip (在也不买) or an ornament (全网🥇): enough where the claim is severe."""
SEVERAL = 2
"""Disguised places of a text that is no viewer's slip, so that lighter claims in it count too."""


class Covert:
    """Finds the claims of contents that are declared neither advertisements nor anything else."""

    def __init__(self, ruleset: Ruleset, shared: Compiled) -> None:
        self._categories, self._rules = ruleset.categories, shared.rules
        plain = ruleset.folding.plain
        self._offer = {name: Matcher([plain(word) for word in ruleset.lists.get(name, ())]) for name in LISTS}

    def detect(
        self, detector: TermDetector | OwnTerms, content: Content, parts: Sequence[PartReading], day: date
    ) -> Iterator[Evidence]:
        """The claims that count though nobody declared the content, each enough to ask for review.

        Asked after the terms themselves, who have left with each part whether something in it is disguised at all.
        """
        sells = any(part.hits for part in parts) and self._says(parts, OWN) and self._says(parts, CALL)
        if not (sells or any(part.look & DISGUISED and (part.restored or part.directed) for part in parts)):
            return
        findings = detector.detect(content, parts, Gate(content.scene, advertising=True), day)
        if findings is None:
            return
        meant = sells or self._places(parts) >= SEVERAL or self._says(parts, OWN) or self._says(parts, TALK)
        for item in findings.evidence:
            if item.severity < SEVERE and not meant:
                continue
            if self._categories[item.category].applies(content.scene, advertising=False):
                continue
            names = HEARD if item.severity >= SEVERE else WRITTEN
            fact = SELLING if sells else COVERT
            folds = item.folds
            if not sells and names.isdisjoint(folds) and self._categories[item.category].severity >= SEVERE:
                folds = (*self._hidden_beside(parts, item), *folds)
            if sells or not names.isdisjoint(folds):
                yield item._replace(weight=min(item.weight, UNSURE), folds=folds, facts=(*item.facts, (fact, 1)))

    def _hidden_beside(self, parts: Sequence[PartReading], item: Evidence) -> tuple[str, ...]:
        """The disguise of a word of the claim's own category beside a plain claim: 甲壮月泉结节 beside 贴没."""
        for view, mark in _disguised([part for part in parts if part.name == item.span.part], PIECED):
            start, end = view.span(mark.start, mark.end)
            if start - REACH > item.span.end or item.span.start > end + REACH:
                continue
            words = {word for low, high, word in view.hits if low < mark.end and mark.start < high}
            if any(rule.category == item.category for word in words for rule in self._rules[word]):
                return mark.names
        return ()

    @staticmethod
    def _places(parts: Sequence[PartReading]) -> int:
        """How many places of the contents are disguised by intent, those that several views see counted once.

        A single character is dialect (吃咗, 嘅): that hides nothing.
        """
        places = sorted(
            (part.name, *view.span(mark.start, mark.end))
            for part in parts
            for view, mark in _disguised([part], WRITTEN)
            if len(mark.word) > 1 or mark.names != ("slang",)
        )
        count, last = 0, ("", 0)
        for part, start, end in places:
            if (part, start) >= last:
                count, last = count + 1, (part, end)
        return count

    def _says(self, parts: Sequence[PartReading], name: str) -> bool:
        return any(self._offer[name].find(part.text) for part in parts)


def _disguised(parts: Iterable[PartReading], names: frozenset[str]) -> Iterator[tuple[View, Replaced]]:
    """The places that are written in one of some disguises, each with the view that sees through it."""
    return (
        (view, mark)
        for part in parts
        for view in part.restored or ()
        for mark in (view.line.marks if view.line is not None else ())
        if not names.isdisjoint(mark.names)
    )
