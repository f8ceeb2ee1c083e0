"""Finds flooding inside one text: a letter held down, or one stretch pasted again and again. Laughter is none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moderation.text.markup import REFERRED, UNSEEN
from moderation.text.reading import FLOOD
from moderation.types import Evidence, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading, Reader

CATEGORY = "spam_flood"
HELD = 16
"""One letter so often in a row is flooding."""
LAUGHED = 60
"""Laughter, applause and tears may go on longer."""
PASTED, PASTED_LENGTH = 5, 24
"""A stretch pasted so often, filling at least so many characters."""
LAUGHTER = frozenset("哈呵嘿嘻嘎吼啊呜哇6w233h鼓掌")

_HELD = re.compile(rf"(.)\1{{{HELD - 1},}}")
_SHOWN = re.compile(rf"([^\w\s{UNSEEN}{REFERRED}.,·。，、…!！?？~～=_*—–-])(?:\ufe0f?\1){{{HELD - 1},}}")
"""One sign or emoji again and again. Punctuation, which people draw lines with, is none."""
_PASTED = re.compile(rf"(.{{2,12}}?)\1{{{PASTED - 1},}}")


class SpamDetector:
    """Keeps the ruleset that its findings cite."""

    def __init__(self, ruleset: Ruleset, reader: Reader) -> None:
        self._ruleset, self._reader = ruleset, reader

    def detect(self, parts: Sequence[PartReading], day: date, live: Callable[[str], bool]) -> Iterator[Evidence]:
        """At most one finding of each kind a part: more of it says nothing new."""
        if not live(CATEGORY):
            return
        for part in parts:
            if part.look & FLOOD:
                yield from self._part(part, day)
                if match := _SHOWN.search(part.source):
                    yield self._evidence(part, "signs", match.span(), len(match[0]), day)

    def _part(self, part: PartReading, day: date) -> Iterator[Evidence]:
        text = part.text
        for match in _HELD.finditer(text):
            length = match.end() - match.start()
            if length >= (LAUGHED if match[1] in LAUGHTER else HELD):
                yield self._evidence(part, "held", self._span(part, match), length, day)
                break
        for match in _PASTED.finditer(text):
            if match.end() - match.start() >= PASTED_LENGTH and len(set(match[1])) > 1:
                times = (match.end() - match.start()) // len(match[1])
                yield self._evidence(part, "pasted", self._span(part, match), times, day)
                break

    def _span(self, part: PartReading, match: re.Match[str]) -> tuple[int, int]:
        return self._reader.folded_view(part).span(*match.span())

    def _evidence(self, part: PartReading, kind: str, bounds: tuple[int, int], times: int, day: date) -> Evidence:
        category = self._ruleset.categories[CATEGORY]
        return Evidence(
            source="spam",
            category=CATEGORY,
            rule=f"{CATEGORY}.{kind}",
            severity=category.severity,
            span=Span(part.name, *bounds),
            laws=self._ruleset.citations(category.laws, day),
            facts=(("times", times),),
        )
