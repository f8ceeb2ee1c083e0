"""Tags: hashtags, names and brackets that say what a text is, which cost nothing to write (#反诈宣传 at an offer).

The text is judged once more without them. What counts there and did not count with them is left to a person: now and
then a warning has no other frame than the tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moderation.text.markup import UNSEEN
from moderation.types import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from moderation.detect.own import OwnTerms
    from moderation.detect.terms import Findings, Gate, TermDetector
    from moderation.text.reading import PartReading, Reader
    from moderation.types import Content, Evidence

TAIL = "tail"
"""The fact of evidence that only the tags of the text speak against."""
_MARK = re.compile("[#＃@＠（(【\\[]")
_TAG = r"[#＃](?:[^\s#＃，。！？；：,!?;]{1,60}[#＃]|[\w\u00ad\u200b-\u200f\u2060-\u2064\ufeff]{1,60})|[@＠]\w{1,30}"
"""A tag holds no mark of a clause: what stands behind one is said."""
_IN = r"[^（(【\[）)】\]]{0,12}"
_SAID = rf"[（(【\[]{_IN}(?:剧情|演绎|虚构|模仿|雷同|玩笑|反诈|防骗|禁毒|普法|科普|警方|没敢){_IN}[）)】\]]"
_FRAME = re.compile(f"{_TAG}|{_SAID}")
"""Wherever one stands: a look at the ends alone is led astray by what stands beyond (🔥#反诈宣传, #反诈宣传 收到)."""


def despite_tail(  # noqa: PLR0913, PLR0917 - what judges, and all that is judged
    detector: TermDetector | OwnTerms,
    reader: Reader,
    content: Content,
    parts: Sequence[PartReading],
    gate: Gate,
    day: date,
    findings: Findings | None,
) -> Iterator[Evidence]:
    """What counts in the parts without their tags, in categories that ``findings`` lack; each asks for review."""
    bare = [_without_tags(part, reader) for part in parts]
    if all(one is part for one, part in zip(bare, parts, strict=True)):
        return
    said = {item.category for item in findings.evidence} if findings else set()
    more = detector.detect(content, bare, gate, day)
    for item in more.evidence if more is not None else ():
        if item.category not in said:
            yield item._replace(weight=min(item.weight, UNSURE), facts=(*item.facts, (TAIL, 1)))


def _without_tags(part: PartReading, reader: Reader) -> PartReading:
    """The part without its tags, every place as it was; the part itself where it has none, or nothing else."""
    source = part.source
    if _MARK.search(source) is None:
        return part
    bare = _FRAME.sub(_unseen, source)
    return part if bare == source or not reader.folding.plain(bare) else reader.read(part.name, bare)


def _unseen(frame: re.Match[str]) -> str:
    return UNSEEN * len(frame[0])
