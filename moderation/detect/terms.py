"""Finds terms: lexicon words in every view, less those that are allowed, split by word boundaries or unguarded."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from moderation.detect.claims import ClaimTable, Hearing
from moderation.detect.rule import ANYWHERE, REACH, Compiled, Rule, compile_terms, cue_index
from moderation.ruleset import Outcome
from moderation.text import words
from moderation.text.fold import CLAUSE_MARKS, breaks, widest
from moderation.text.view import REPEATS, SYMBOLS, Reader
from moderation.types import FULL_WEIGHT, Evidence, Exemption, Scene, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from moderation.detect.claims import Ruling
    from moderation.detect.cues import CueIndex
    from moderation.matcher import Hit
    from moderation.ruleset import Ruleset
    from moderation.text.view import PartReading, View
    from moderation.types import Content

PATTERN_REACH = 32
EXCUSE_REACH = 16
"""What excuses a hit stands closer to it: speech without punctuation makes long clauses."""
REPEATED = 8
"""After so many full-weight findings of one rule in one content, more of it can change nothing and is only counted."""
HELD = 16
"""So far repeats of a hit's first and last letter are followed before its edges are looked at."""
ALLOWED_SKIP, ALLOWED_SKIP_OF_TWO = 2, 1
WEAKENED = 50
UNSURE = 60
"""The weight of a claim that the law leaves to a person."""
HINT = 40
"""Lighter rules are hints: they are listed beside something that counts, and never make a text worth a look."""


Gate = tuple["Scene", bool]
"""What decides which rules are live: the scene, and whether the content is advertising."""
Table = list[tuple[Rule, ...]]
"""For each word of a view its rules."""


@dataclass(slots=True)
class Findings:
    """What one content yields. ``truncated`` counts hits beyond ``REPEATED`` of a rule."""

    evidence: list[Evidence] = field(default_factory=list)
    exemptions: list[Exemption] = field(default_factory=list)
    proof: list[str] = field(default_factory=list)
    truncated: int = 0


class TermDetector:
    """Keeps the compiled terms of one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._ruleset = ruleset
        self._index = cue_index(ruleset)
        self._folded, self._raw = compile_terms(ruleset, self._index)
        self.reader = Reader(ruleset.folding, self._folded.words, self._raw.words)
        gates = product(Scene, (False, True))
        self._claims = ClaimTable(ruleset, self._index)
        self._live = {gate: (self._table(self._folded, gate), self._table(self._raw, gate)) for gate in gates}

    def _table(self, compiled: Compiled, gate: Gate) -> Table:
        return compiled.live(self._ruleset.categories, gate[0], advertising=gate[1])

    def detect(self, content: Content, parts: Sequence[PartReading], gate: Gate, day: date) -> Findings | None:
        """Everything the terms say of a content; ``None`` where none can count, as in most traffic."""
        folded, raw = self._live[gate]
        for part in parts:
            if part.look & (REPEATS | SYMBOLS) or (part.hits and self._suspect(part, folded)):
                break
        else:
            return None
        hearing = Hearing(self._claims, self._index, content, parts)
        inspection = _Inspection(self._ruleset, self.reader, self._index, hearing, day)
        for part in parts:
            views = self.reader.views(part)
            inspection.open(part, views, self._folded.allow, self._raw.allow)
            for view in views:
                table = raw if view.name == "raw" else folded
                live = [hit for hit in view.hits if table[hit[2]]]
                for start, end, word in live if len(live) == 1 else sorted(live, key=_outer_first):
                    for rule in table[word]:
                        if not rule.conditional or rule.possible(view.text, start, end):
                            inspection.examine(view, rule, start, end)
            inspection.close()
        return inspection.findings

    def _suspect(self, part: PartReading, table: Table) -> bool:
        """Whether a live term could count here. Looks at the part as a whole: what is near is looked at later."""
        for start, end, word in part.hits:
            for rule in table[word]:
                if rule.weight < HINT:
                    continue
                if not rule.conditional:
                    return True
                if rule.possible(part.text, start, end):
                    company = rule.near or rule.sentence
                    if not company or not company.isdisjoint(part.folded.cues(self._index).numbers):
                        return True
        return False


class _Inspection:
    """One content under examination: what is allowed in the current part, and what was found so far."""

    def __init__(self, ruleset: Ruleset, reader: Reader, index: CueIndex, hearing: Hearing, day: date) -> None:
        self.findings = Findings()
        self._ruleset, self._reader, self._index, self._hearing, self._day = ruleset, reader, index, hearing, day
        self._counts: dict[tuple[str, object], int] = defaultdict(int)
        self._outer: dict[str, tuple[View, int, int, int]] = {}
        self._allowed: dict[str, tuple[list[int], list[tuple[int, str]]]] = {}
        self._found: dict[str, list[Evidence]] = {}

    def open(self, part: PartReading, views: Sequence[View], folded: Table, raw: Table) -> None:
        """Turn to a part, and collect what its allow terms protect, by category."""
        self._part = part
        spans: dict[str, list[tuple[int, int, str]]] = {}
        self._allowed = {}
        for view in views:
            table = raw if view.name == "raw" else folded
            for start, end, word in view.hits:
                for rule in table[word]:
                    if bounds := self._stands(view, rule, start, end):
                        for category in rule.protects:
                            spans.setdefault(category, []).append((*view.span(*bounds), rule.id))
        if spans:
            self._allowed = {category: _furthest(found) for category, found in spans.items()}

    def examine(self, view: View, rule: Rule, start: int, end: int) -> None:
        """Weigh one hit: conditions first, as most weak words fall by them, then allow terms, gaps and boundaries.

        Hits come outer ones first: inside a finding of its category that says no less, a hit says nothing new.
        """
        outer = self._outer.get(rule.category)
        if outer and outer[0] is view and end <= outer[1] and rule.severity <= outer[2] and rule.weight <= outer[3]:
            return
        if self._counts and self._counts[rule.id, rule.weight] >= REPEATED:
            self.findings.truncated += 1
            return
        bounds = self._stands(view, rule, start, end)
        if bounds is None:
            return
        if self._allowed and (allowed := self._allowed_by(rule.category, *view.span(*bounds))):
            self._exempt(rule, view.span(*bounds), "allow_term", allowed)
        elif weight := self._weight(view, rule, *bounds):
            weight = self._weigh(view, rule, bounds, weight)
            if not outer or outer[0] is not view or bounds[1] > outer[1]:
                self._outer[rule.category] = (view, bounds[1], rule.severity, weight)
        else:
            self._exempt(rule, view.span(*bounds), "word_boundary", "")

    def _weigh(self, view: View, rule: Rule, bounds: tuple[int, int], weight: int) -> int:
        """Ask the claims table what a hit that stands is about, and file what it says.

        Returns the weight up to which hits inside this one say nothing new: all of them where it is exempt.
        """
        ruling = self._hearing.ruling(view, rule, *bounds)
        if ruling.rule is not None and ruling.rule.proof_zh and ruling.rule.code not in self.findings.proof:
            self.findings.proof.append(ruling.rule.code)
        if ruling.outcome in {Outcome.PASS, Outcome.PROOF}:
            self._exempt(rule, view.span(*bounds), ruling.rule.code if ruling.rule else "", "")
            return FULL_WEIGHT
        if ruling.outcome is Outcome.REVIEW:
            weight = min(weight, UNSURE)
        self._accept(view, rule, bounds, weight, ruling)
        return weight

    def close(self) -> None:
        """End a part: hits inside longer hits of their category that say no less are left out."""
        found = [item for items in self._found.values() for item in items]
        if len(found) > 1:
            found = _outermost(found)
        self.findings.evidence.extend(found)
        self._found = {}

    def _stands(self, view: View, rule: Rule, start: int, end: int) -> tuple[int, int] | None:
        """The bounds in the view where the rule holds: its dates, pattern, Latin edges and conditions."""
        if not view.placed:
            self._reader.place(view)
        if rule.simple:
            return start, end
        if not rule.in_force(self._day):
            return None
        if rule.regex is not None:
            low = max(0, start - PATTERN_REACH)
            window = view.text[low : end + PATTERN_REACH]
            if rule.regex.search(window) is None:
                return None
            bounds = ((low + match.start(), low + match.end()) for match in rule.regex.finditer(window))
            found = next((bound for bound in bounds if bound[0] <= start and end <= bound[1]), None)
            if found is None:
                return None
            start, end = found
        if rule.edged and _runs_on(view, *view.widen(start, end, reach=HELD)):
            return None
        return (start, end) if self._condition_holds(view, rule, start, end) else None

    def _condition_holds(self, view: View, rule: Rule, start: int, end: int) -> bool:
        if not rule.conditional:
            return True
        if rule.with_ and rule.with_.isdisjoint(self._hearing.numbers):
            return False
        if rule.without and not rule.without.isdisjoint(self._hearing.numbers):
            return False
        if not rule.company:
            return self._beside_allows(view, rule, start, end)
        cues = view.cues(self._index)
        if rule.near and rule.near.isdisjoint(cues.numbers):
            return False
        if rule.sentence:
            if rule.sentence.isdisjoint(cues.numbers):
                return False
            first, last, _ = view.sentence(start, end)
            if not cues.beside(rule.sentence, max(first, start - REACH), start, end, min(last, end + REACH)):
                return False
        low, high, _, _ = view.clause(start, end, reach=REACH)
        if rule.near and not cues.beside(rule.near, low, start, end, high):
            return False
        if not rule.unless.isdisjoint(cues.numbers):
            low, high = max(low, start - EXCUSE_REACH), min(high, end + EXCUSE_REACH)
            if cues.beside(rule.unless, low, start, end, high):
                return False
        return self._beside_allows(view, rule, start, end)

    def _beside_allows(self, view: View, rule: Rule, start: int, end: int) -> bool:
        """What stands right before and right behind, within the clause."""
        if not rule.placed:
            return True
        low, high, opens, closes = view.clause(start, end, reach=REACH)
        before, after = view.text[low:start], view.text[end:high]
        if (rule.next or rule.at_end) and not ((rule.at_end and closes and not after) or after.startswith(rule.next)):
            return False
        if (rule.prev or rule.at_start) and not (
            (rule.at_start and opens and not before) or before.endswith(rule.prev)
        ):
            return False
        return not (after.startswith(rule.not_next) or before.endswith(rule.not_prev))

    def _allowed_by(self, category: str, start: int, end: int) -> str:
        for key in (ANYWHERE, category):
            starts, reaches = self._allowed.get(key, ((), ()))
            index = bisect_right(starts, start) - 1
            if index >= 0 and reaches[index][0] >= end:
                return reaches[index][1]
        return ""

    def _weight(self, view: View, rule: Rule, start: int, end: int) -> int:
        """The rule's weight, less for what stands inside the hit; 0 where the hit is no word here at all."""
        gaps = view.gaps(start, end)
        if not gaps:
            return rule.weight if not rule.short or self._is_word(view, start, end) else 0
        skip = widest([gap for _, gap in gaps])
        loss = FULL_WEIGHT if skip <= (ALLOWED_SKIP_OF_TWO if end - start == 2 else ALLOWED_SKIP) else WEAKENED  # noqa: PLR2004
        torn = [(place, gap) for place, gap in gaps if breaks(gap)]
        if torn and not (len(torn) == end - start - 1 and len(torn) > 1):
            if not all(self._whole_pieces(view, start, place, end) for place, _ in torn):
                return 0
            if any(not CLAUSE_MARKS.isdisjoint(gap) for _, gap in torn):
                loss = WEAKENED
        return rule.weight * loss // FULL_WEIGHT

    def _whole_pieces(self, view: View, start: int, place: int, end: int) -> bool:
        """Whether the two sides of a blank or clause mark inside a hit are whole words in their own surroundings."""
        left = view.text[max(0, start - words.WINDOW) : place]
        right = view.text[place : end + words.WINDOW]
        return words.stands_alone(left, len(left) - (place - start), len(left)) and words.stands_alone(
            right, 0, end - place
        )

    def _is_word(self, view: View, start: int, end: int) -> bool:
        """Whether the hit stands alone; only where it seems not to, its clause is looked at more closely."""
        if not words.straddled(view.text, start, end):
            return True
        low, high, _, _ = view.clause(start, end, reach=2 * words.WINDOW)
        clause = view.text[low:high]
        if words.stands_alone(clause, start - low, end - low):
            return True
        held = view.widen(start, end, reach=HELD)  # 野野种种: 种种 is a word, yet here a letter is held
        return held != (start, end) and words.stands_alone(clause, max(0, held[0] - low), held[1] - low)

    def _exempt(self, rule: Rule, span: tuple[int, int], code: str, note: str) -> None:
        if self._enough(rule, code):
            return
        self.findings.exemptions.append(
            Exemption(category=rule.category, rule=rule.id, span=Span(self._part.name, *span), code=code, note=note)
        )

    def _accept(self, view: View, rule: Rule, bounds: tuple[int, int], weight: int, ruling: Ruling) -> None:
        if self._enough(rule, weight):
            self.findings.truncated += 1
            return
        wide = bounds if rule.regex else view.widen(*bounds)
        start, end = view.span(*wide)
        quoted = view.source[start:end]
        folds = () if quoted == view.text[wide[0] : wide[1]] else self._trail(view, quoted)
        known = self._found.setdefault(rule.id, [])
        if view.name == "repeat" or wide != bounds:
            folds = (*folds, "repeat")
            known[:] = [item for item in known if item.span.start < start or item.span.end > end]
        known.append(
            Evidence(
                "lexicon",
                rule.category,
                rule.id,
                ruling.severity or rule.severity,
                Span(self._part.name, start, end),
                folds,
                self._ruleset.citations(rule.laws, self._day),
                weight,
                ruling.rule.code if ruling.rule else rule.note,
                (),
                ruling.tried,
            )
        )

    def _trail(self, view: View, quoted: str) -> tuple[str, ...]:
        folding = self._ruleset.folding
        return folding.trail(quoted, folding.keep if view.name == "raw" else folding.fold)

    def _enough(self, rule: Rule, kind: object) -> bool:
        """Count one more of a kind of outcome of a rule; tell whether it is one too many to keep."""
        count = self._counts[rule.id, kind] = self._counts[rule.id, kind] + 1
        return count > REPEATED


def _outermost(found: list[Evidence]) -> list[Evidence]:
    furthest: dict[str, tuple[int, tuple[int, int]]] = {}
    kept = []
    for item in sorted(found, key=_by_place):
        end, rank = furthest.get(item.category, (-1, (0, 0)))
        own = (item.severity, item.weight)
        if item.span.end > end or own > rank:
            kept.append(item)
            furthest[item.category] = max((item.span.end, own), (end, rank))
    return kept


def _by_place(item: Evidence) -> tuple[int, int, int, int]:
    return item.span.start, -item.span.end, -item.severity, -item.weight


def _outer_first(hit: Hit) -> tuple[int, int]:
    return hit[0], -hit[1]


def _runs_on(view: View, start: int, end: int) -> bool:
    """Whether a Latin letter at the hit's edge adjoins another one, or a digit another digit: sb in usb."""
    text = view.text
    return (start > 0 and _same_run(text[start - 1], text[start]) and not view.gaps(start - 1, start + 1)) or (
        end < len(text) and _same_run(text[end - 1], text[end]) and not view.gaps(end - 1, end + 1)
    )


def _same_run(left: str, right: str) -> bool:
    return (left.isascii() and right.isascii()) and (
        (left.isalpha() and right.isalpha()) or (left.isdigit() and right.isdigit())
    )


def _furthest(spans: Iterable[tuple[int, int, str]]) -> tuple[list[int], list[tuple[int, str]]]:
    """Sorted starts, and for each the furthest end of any span that starts there or before."""
    starts: list[int] = []
    reaches: list[tuple[int, str]] = []
    for start, end, rule in sorted(spans):
        reach = max((end, rule), reaches[-1]) if reaches else (end, rule)
        starts.append(start)
        reaches.append(reach)
    return starts, reaches
