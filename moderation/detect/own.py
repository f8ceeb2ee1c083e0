"""A tenant's own terms on top of those that all share: found in the same texts, weighed in the same inspection.

An own allow term protects from every ban, shared or own. A shared allow term protects from an own ban only where it is
the longer of the two: a tenant that bans the very word which the house allows means it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.detect.allowed import holder, wider_holder
from moderation.detect.claims import Context
from moderation.detect.cues import CueIndex, Cues
from moderation.detect.rule import compile_terms, cue_words, held_in
from moderation.detect.sight import OTHER_VIEWS, Table, candidates, look, standing
from moderation.detect.terms import Inspection
from moderation.matcher import Matcher
from moderation.text.reading import DISGUISED, Reader
from moderation.text.restore import Restorer, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from moderation.detect.sight import Seen, Tables
    from moderation.detect.terms import Findings, Gate, TermDetector
    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading
    from moderation.types import Content


class OwnTerms:
    """Keeps the compiled own terms of one ruleset, beside the shared ones. It takes the place of ``TermDetector``."""

    def __init__(self, ruleset: Ruleset, base: TermDetector) -> None:
        self._ruleset, self._base = ruleset, base
        held = held_in(ruleset.own, ruleset.folding.plain)
        self.index = WiderIndex(base.index, cue_words(ruleset.own, held), ruleset)
        self.folded, self.raw = compile_terms(ruleset.own, ruleset, self.index, held)
        folding = ruleset.folding
        known = (*base.folded.words, *self.folded.words)
        vocabulary = Vocabulary(self.folded.disguised, self.folded.sure, known)
        restorer = Restorer(folding, ruleset.variants, vocabulary)
        self._reader = Reader(folding, self.folded.words, self.raw.words, restorer)
        self._live: dict[Gate, Tables] = {}

    def detect(self, content: Content, parts: Sequence[PartReading], gate: Gate, day: date) -> Findings | None:
        """Everything that shared and own terms say of a content; ``None`` where none can count."""
        base = self._base
        again = [self._reader.again(part) for part in parts]
        joined = self._reader.further(again, self.folded.anchors)
        if not joined and not any(part.hits or part.look & (OTHER_VIEWS | DISGUISED) for part in again):
            return base.detect(content, parts, gate, day)
        shared, own = base.live(gate), self._tables(gate)
        alone = len(parts) == 1 and not self.index.declared(content.industry)
        sights = [look(part, base.reader, shared[0], self.index, alone=alone) for part in parts]
        own_sights = [look(part, self._reader, own[0], self.index, alone=alone) for part in again]
        joined_shared = base.reader.further(parts, base.folded.anchors)
        if not (joined or joined_shared or any(sight.suspect for sight in (*sights, *own_sights))):
            return None
        context = Context(content, parts, day, base.claims, self.index)
        seen: list[tuple[PartReading, Sequence[Seen], Sequence[Seen]]] = [
            (sight.part, sight.whole(shared).seen(base.reader, shared), mine.whole(own).seen(self._reader, own))
            for sight, mine in zip(sights, own_sights, strict=True)
        ]
        seen.extend((part, [(view, candidates(view.text, view.hits, shared[0]))], ()) for part, view in joined_shared)
        seen.extend((part, (), [(view, candidates(view.text, view.hits, own[0]))]) for part, view in joined)
        if not any(listed for _, *both in seen for views in both for _, listed in standing(views, context)):
            return None
        inspection = _Inspection(self, base, context)
        for part, views, own_views in seen:
            inspection.open_both(part, views, own_views)
            inspection.examine_all(views)
            inspection.turn_to_own()
            inspection.examine_all(own_views)
            inspection.close()
        return inspection.findings

    def _tables(self, gate: Gate) -> Tables:
        """The live rules of a gate, worked out when first asked for: an activation should not wait for all of them."""
        tables = self._live.get(gate)
        if tables is None:
            folded, raw = (
                Table(compiled.live(compiled.open(self._ruleset.categories, gate.scene, advertising=gate.advertising)))
                for compiled in (self.folded, self.raw)
            )
            tables = self._live[gate] = folded, raw
        return tables


class WiderIndex(CueIndex):
    """A cue index with more words: numbers of the narrower one mean the same here, new words have higher ones."""

    def __init__(self, narrower: CueIndex, words: Iterable[str], ruleset: Ruleset) -> None:
        self._narrower, self._plain, self.wares = narrower, ruleset.folding.plain, narrower.wares
        known = narrower.known
        folded = {word: ruleset.folding.plain(word) for word in words if not word.startswith("<")}
        new = sorted({*folded.values()} - known.keys() - {""})
        self._first = len(known)
        self._more = Matcher(new)
        self._numbers = {**known, **{word: number for number, word in enumerate(new, start=self._first)}}
        own = {word: self._numbers[letters] for word, letters in folded.items() if letters}
        self._written = {**narrower.written, **own}
        self._sets, self.hiding = {}, narrower.hiding.copy()

    def find(self, text: str) -> Cues:
        """All cues of a folded text."""
        cues = self._narrower.find(text)
        first = self._first
        more = [(start, end, first + number) for start, end, number in self._more.find(text)]
        return Cues([*cues.hits, *more], self.hiding)


class _Inspection(Inspection):
    """One content under examination by shared and own rules: what is allowed depends on whose rule asks."""

    def __init__(self, own: OwnTerms, base: TermDetector, context: Context) -> None:
        super().__init__(base, context)
        self._own = own
        self._own_turn = False

    def open_both(self, part: PartReading, views: Sequence[Seen], own_views: Sequence[Seen]) -> None:
        """Turn to a part and to the shared rules."""
        self.open(part, views)
        self._shared_allowed = self._allowed
        self._own_allowed = self.protected(own_views, self._own.folded, self._own.raw)
        self._allowed = self._shared_allowed or self._own_allowed  # whether to ask at all
        self._own_turn = False

    def turn_to_own(self) -> None:
        """From here on own rules ask, in the same part."""
        self._own_turn = True

    def _allowed_by(self, category: str, start: int, end: int) -> str:
        shared = wider_holder if self._own_turn else holder
        return holder(self._own_allowed, category, start, end) or shared(self._shared_allowed, category, start, end)
