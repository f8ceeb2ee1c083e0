"""Claims in disguise where nobody said that anything is sold: who hides a claim from a filter knows what it is.

A viewer's comment is no advertisement (《广告法适用问题执法指南（一）》4), so the advertising categories do not apply.
Nobody writes of his own experience in code, though: zhi愈 and 高血鸭 are written by those who sell. A person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.terms import Gate
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
WRITTEN = frozenset({"pinyin", "mixed", "shape", "split", "slang"})
"""Disguises that nobody writes by a slip of the keyboard."""
HEARD = WRITTEN | {"homophone", "fuzzy", "filler", "sign", "acrostic"}
"""The same with what may be a slip (在也不买) or an ornament (全网🥇): enough where the claim is severe."""


def covert(
    detector: TermDetector | OwnTerms, ruleset: Ruleset, content: Content, parts: Sequence[PartReading], day: date
) -> Iterator[Evidence]:
    """The disguised claims of a content that is no declared advertisement, each enough to ask for review."""
    findings = detector.detect(content, parts, Gate(content.scene, advertising=True), day)
    for item in findings.evidence if findings is not None else ():
        names = HEARD if item.severity >= SEVERE else WRITTEN
        if names.isdisjoint(item.folds) or ruleset.categories[item.category].applies(content.scene, advertising=False):
            continue
        yield item._replace(weight=min(item.weight, UNSURE), facts=(*item.facts, (COVERT, 1)))
