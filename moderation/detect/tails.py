"""Tails: hashtags or a disclaimer in brackets at the end, which cost nothing to write (#反诈宣传 behind an offer).

The text is judged once more without its tail. What counts there and did not count with it is left to a person: now and
then a warning has no other frame than the tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moderation.types import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from moderation.detect.own import OwnTerms
    from moderation.detect.terms import Findings, Gate, TermDetector
    from moderation.text.reading import PartReading, Reader
    from moderation.types import Content, Evidence

TAIL = "tail"
"""The fact of evidence that only the tail of the text speaks against."""
LONGEST = 200
"""So much of a text may be its tail: a search through all of it would take the square of its length."""
_MARK = re.compile("[#＃）)】\\]]")
_TAIL = re.compile(
    r"(?:\s*(?:[#＃][^\s#＃]{1,20}[#＃]?"
    r"|[（(【\[][^（(【\[）)】\]]{0,12}(?:剧情|演绎|虚构|模仿|雷同|玩笑)[^（(【\[）)】\]]{0,12}[）)】\]]))+\s*$"
)


def despite_tail(  # noqa: PLR0913, PLR0917 - what judges, and all that is judged
    detector: TermDetector | OwnTerms,
    reader: Reader,
    content: Content,
    parts: Sequence[PartReading],
    gate: Gate,
    day: date,
    findings: Findings | None,
) -> Iterator[Evidence]:
    """What counts in the parts without their tails, in categories that ``findings`` lack; each asks for review."""
    bare = [_without_tail(part, reader) for part in parts]
    if all(one is part for one, part in zip(bare, parts, strict=True)):
        return
    said = {item.category for item in findings.evidence} if findings else set()
    more = detector.detect(content, bare, gate, day)
    for item in more.evidence if more is not None else ():
        if item.category not in said:
            yield item._replace(weight=min(item.weight, UNSURE), facts=(*item.facts, (TAIL, 1)))


def _without_tail(part: PartReading, reader: Reader) -> PartReading:
    first = max(0, len(part.source) - LONGEST)
    tail = _TAIL.search(part.source, first) if _MARK.search(part.source, first) else None
    return reader.read(part.name, part.source[: tail.start()]) if tail and tail.start() else part
