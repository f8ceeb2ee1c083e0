"""What each term would flag by itself: the question that is asked before a list goes live. Not for judging contents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.claims import Context
from moderation.detect.rule import HINT
from moderation.detect.sight import candidates
from moderation.detect.terms import Inspection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from moderation.detect.terms import Gate, TermDetector
    from moderation.text.reading import PartReading
    from moderation.types import Content


def alone(detector: TermDetector, content: Content, parts: Sequence[PartReading], gate: Gate, day: date) -> set[str]:
    """The rules that count in a content, each as if it were the only one.

    A verdict leaves out a hit that lies inside another; here both are told, as either may be taken off the list.
    """
    folded, raw = detector.live(gate)
    context = Context(content, parts, day, detector.claims, detector.index)
    found: set[str] = set()
    for part in parts:
        if not (part.hits or part.look):
            continue
        views = detector.reader.views(part)
        seen = [(view, candidates(view.text, view.hits, raw if view.name == "raw" else folded)) for view in views]
        for view, listed in seen:
            for candidate in sorted(listed):
                if candidate[3].id not in found:
                    inspection = Inspection(detector, context)
                    inspection.open(part, seen)
                    inspection.examine(view, [candidate])
                    inspection.close()
                    found.update(item.rule for item in inspection.findings.evidence if item.weight >= HINT)
    return found
