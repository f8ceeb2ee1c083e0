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
_MARK = re.compile("[#＃@＠（(【\\[:：]")
_TAG = r"[#＃](?:[^\s#＃，。！？；：,!?;]{1,60}[#＃]|[\w\u00ad\u200b-\u200f\u2060-\u2064\ufeff]{1,60})|[@＠]\w{1,30}"
"""A tag holds no mark of a clause: what stands behind one is said."""
_IN = r"[^（(【\[）)】\]]{0,12}"
_SAID = rf"[（(【\[]{_IN}(?:剧情|演绎|虚构|模仿|雷同|玩笑|反诈|防骗|禁毒|普法|科普|警方|没敢){_IN}[）)】\]]"
_HEAD = r"^\W{0,4}\w{0,8}?(?:反诈|防骗|禁毒|警方|民警|网警|公安|平安)\w{0,6}?(?:提醒|提示|宣传|通报|播报)[:：]"
_FRAME = re.compile(f"{_TAG}|{_SAID}|{_HEAD}")
"""Wherever one stands: a look at the ends alone is led astray by what stands beyond (🔥#反诈宣传, #反诈宣传 收到)."""
_CONDEMNED = re.compile(
    "(?:(?<!不)是|均为|属于?|小心|涉嫌|当心)[^，。！？；\\s]{0,6}(?:骗|诈|违法|犯法|犯罪|团伙|洗钱|传销|赌博)|骗局|骗术|(?<!不)违法犯罪|举报|报警|别信|"
    "不要信|莫信|勿信|勿轻信|请勿|切勿|千万别|警惕|谨防|幌子|陷阱|圈套|的套路|都是套路|多半是|挂断|挂电话|帮信罪|最高可判|判刑|坐牢"
)
"""What a warning says besides its offers. An offer has no use for it (骗子勿扰, 不违法 are none)."""


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
    if any(_CONDEMNED.search(part.text) for part in bare):
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
