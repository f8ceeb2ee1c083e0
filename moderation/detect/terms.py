"""Finds terms: lexicon words in every view, less those that are allowed, split by word boundaries or unguarded."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import product, starmap
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.allowed import holder, reaching
from moderation.detect.claims import NOTHING_SAID, ClaimTable, Context
from moderation.detect.hits import (
    HELD,
    company_hidden_by,
    ends_within,
    held,
    held_down,
    hidden_by,
    in_one_clause,
    matched,
    neighbours_allow,
    outermost,
    runs_on,
    says_it,
    stands_apart,
    weight_left,
)
from moderation.detect.rule import REACH, Compiled, Rule, compile_terms, cue_index, cues_in_disguise, held_in
from moderation.detect.sight import Table, candidates, look, may_stand, standing
from moderation.ruleset import Outcome
from moderation.text import words
from moderation.text.direction import ACROSTIC
from moderation.text.fold import CLAUSE_MARKS, PUNCTUATION, SENTENCE_MARKS, breaks, widest
from moderation.text.reading import Reader
from moderation.text.restore import Restorer, Vocabulary
from moderation.types import ALLOWED, BOUNDARY, FULL_WEIGHT, LEXICON, UNSURE, Evidence, Exemption, Scene, Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from moderation.detect.allowed import Protected
    from moderation.detect.claims import Ruling
    from moderation.detect.hits import Filed
    from moderation.detect.sight import Candidate, Seen, Tables
    from moderation.ruleset import ClaimRule, Ruleset
    from moderation.text.reading import PartReading
    from moderation.text.view import View
    from moderation.types import Content

EXCUSE_REACH = 16
"""What excuses a hit stands closer to it: speech without punctuation makes long clauses."""
REPEATED = 8
"""After so many full-weight findings of one rule in one content, more of it can change nothing and is only counted."""
ALLOWED_SKIP, ALLOWED_SKIP_OF_TWO = 2, 1
WEAKENED = 50
STOPS = frozenset("。；;")
"""What ends a thought; a call, a question and a new line may leave the rest of it to what follows (退不退？全退！)."""


class Gate(NamedTuple):
    """What decides which rules are live: the scene, and whether the content is advertising."""

    scene: Scene
    advertising: bool


_START_OF, _EVIDENCE_OF = itemgetter(0), itemgetter(6)
_new = tuple.__new__
"""Makes a named tuple in half the time of its own constructor."""
_Why = tuple["Ruling", tuple[str, ...]]
"""What the claims table said of a hit, and the disguises that it was seen through."""


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
        self.ruleset = ruleset
        held = held_in(ruleset.terms, ruleset.folding.plain)
        self.index = cue_index(ruleset, held)
        self.folded, self.raw = compile_terms(ruleset.terms, ruleset, self.index, held)
        sought = self.folded.disguised | cues_in_disguise(ruleset)
        vocabulary = Vocabulary(sought, self.folded.sure | sought - self.folded.disguised, self.folded.words)
        restorer = Restorer(ruleset.folding, ruleset.variants, vocabulary)
        self.reader = Reader(ruleset.folding, self.folded.words, self.raw.words, restorer)
        self.claims = ClaimTable(ruleset, self.index)
        rows = {row.code: row for row in ruleset.claims.rules}
        self._grounds = {term.id: rows[term.grounds] for term in ruleset.terms if term.grounds}
        gates = list(starmap(Gate, product(Scene, (False, True))))
        folded, raw = (self._tables(compiled, gates) for compiled in (self.folded, self.raw))
        self._live = {gate: (folded[gate], raw[gate]) for gate in gates}

    def _tables(self, compiled: Compiled, gates: Sequence[Gate]) -> dict[Gate, Table]:
        """A table for each gate; gates that open the same share one."""
        categories = self.ruleset.categories
        opened = {gate: compiled.open(categories, gate.scene, advertising=gate.advertising) for gate in gates}
        tables = {kinds: Table(compiled.live(kinds)) for kinds in set(opened.values())}
        return {gate: tables[kinds] for gate, kinds in opened.items()}

    def live(self, gate: Gate) -> Tables:
        """The live rules of the words of the folded and of the raw view."""
        return self._live[gate]

    def grounds(self, allowed: str, day: date) -> ClaimRule | None:
        """The exemption that an allow term stands for, while there is one."""
        row = self._grounds.get(allowed)
        return row if row and self.ruleset.applies(row, day) else None

    def detect(self, content: Content, parts: Sequence[PartReading], gate: Gate, day: date) -> Findings | None:
        """Everything the terms say of a content; ``None`` where none can count, as in most traffic."""
        tables = self._live[gate]
        alone = len(parts) == 1 and not self.index.declared(content.industry)
        sights = [look(part, self.reader, tables[0], self.index, alone=alone) for part in parts]
        joined = self.reader.further(parts, self.folded.anchors)
        if not joined and not any(sight.suspect for sight in sights):
            return None
        context = Context(content, parts, day, self.claims, self.index)
        seen = [(sight.part, sight.seen(self.reader, tables)) for sight in sights]
        seen.extend((part, [(view, candidates(view.text, view.hits, tables[0]))]) for part, view in joined)
        sifted = [standing(views, context) for _, views in seen]
        count = sum([len(listed) for views in sifted for _, listed in views])
        if not count:
            return None
        if count >= REPEATED:  # where hits are only counted, those that do not stand are too
            sifted = [sight.whole(tables).seen(self.reader, tables) for sight in sights]
            sifted += [views for _, views in seen[len(sights) :]]
        inspection = Inspection(self, context)
        for (part, _), views in zip(seen, sifted, strict=True):
            inspection.open(part, views)
            inspection.examine_all(views)
            inspection.close()
        return inspection.findings


class Inspection:
    """One content under examination: what is allowed in the current part, and what was found so far.

    Cues are looked for in the index of ``context``.
    """

    def __init__(self, detector: TermDetector, context: Context) -> None:
        self.findings = Findings()
        self._detector, self._context = detector, context
        self._reader, self._index = detector.reader, context.index
        self._counts: dict[tuple[str, object], int] = {}
        self._outer: dict[str, tuple[View, int, int, int]] = {}
        self._found: list[Filed] = []
        self._restored: list[Filed] = []
        self._stood: set[tuple[str, tuple[int, int]]] = set()
        self._groups: dict[str, int] = {}
        self._filed = 0
        self._listed: list[Candidate] = []

    def open(self, part: PartReading, views: Sequence[Seen]) -> None:
        """Turn to a part, and collect what its allow terms protect, by category."""
        self._part, self._length = part.name, len(part.source)
        self._stood.clear()
        self._allowed = self.protected(views, self._detector.folded, self._detector.raw)

    def protected(self, views: Sequence[Seen], folded: Compiled, raw: Compiled) -> Protected:
        """What the allow terms among the hits of some views of the current part protect, by category."""
        spans: dict[str, list[tuple[int, int, str]]] = {}
        for view, _ in views:
            table = (raw if view.name == "raw" else folded).allow
            for start, end, word in view.hits:
                for rule in table[word]:
                    bounds = self._stands(view, rule, start, end)
                    if bounds and (rule.regex is not None or not ends_within(view, *bounds)):
                        for category in rule.protects:
                            spans.setdefault(category, []).append((*view.span(*bounds), rule.id))
        return {category: reaching(found) for category, found in spans.items()} if spans else {}

    def examine_all(self, views: Sequence[Seen]) -> None:
        """Weigh the hits of all views of the current part."""
        for view, listed in views:
            self.examine(view, listed)

    def examine(self, view: View, listed: list[Candidate]) -> None:
        """Weigh hits: conditions first, as most weak words fall by them, then allow terms, gaps and boundaries.

        Outer ones come first: inside a finding of its category that says no less, a hit says nothing new.
        """
        listed.sort()
        self._listed = listed
        for start, minus_end, _, rule in listed:
            end = -minus_end
            outer = self._outer.get(rule.category)
            if outer is not None:
                seen, reach, severity, weight = outer
                if seen is view and end <= reach and rule.severity <= severity and rule.weight <= weight:
                    continue
            if self._counts and self._counts.get((rule.id, rule.weight), 0) >= REPEATED:
                self.findings.truncated += 1
                continue
            bounds = self._stands(view, rule, start, end)
            if bounds is None:
                continue
            names: tuple[str, ...] = ()
            if view.line is not None:
                names = self._disguises(view, rule, *bounds)
                if not names:
                    continue
            elif rule.company or rule.with_ or rule.next or rule.prev:
                self._stood.add((rule.id, view.span(*bounds)))
            weight = self._weigh(view, rule, bounds, names)
            if weight and (outer is None or outer[0] is not view or bounds[1] > outer[1]):
                self._outer[rule.category] = (view, bounds[1], rule.severity, weight)

    def _disguises(self, view: View, rule: Rule, start: int, end: int) -> tuple[str, ...]:
        """What a hit of the restored view was seen through, or what hid the company without which it did not stand."""
        if view.line is None:
            return ()
        if view.name == "joined":
            border = view.line.marks[0]
            crosses = start <= border.start and border.end <= end
            return border.names if crosses and rule.disguises.issuperset(border.names) else ()
        if names := hidden_by(rule, view.line, start, end):
            return names
        return () if (rule.id, view.span(start, end)) in self._stood else company_hidden_by(rule, view, start, end)

    def _weigh(self, view: View, rule: Rule, bounds: tuple[int, int], disguises: tuple[str, ...]) -> int:
        """Ask whether a hit that stands is allowed, is a word, and what the claims table says; file what comes of it.

        Returns the weight up to which hits inside this one say nothing new: all of them where the table exempts it,
        none where the hit is allowed or no word.
        """
        start, end = bounds
        if self._allowed and (allowed := self._allowed_by(rule.category, *view.span(start, end))):
            row = self._detector.grounds(allowed, self._context.day)
            self._keep(row)
            self._exempt(rule, view.span(start, end), row.code if row else ALLOWED, allowed)
            return 0
        weight = rule.weight
        if view.name != ACROSTIC and (gaps := view.gaps(start, end)):  # the first letters of lines always lie apart
            weight = self._torn_weight(view, rule, start, end, gaps)
        elif rule.short and not self._is_word(view, rule, start, end):
            weight = 0
        if not weight:
            self._exempt(rule, view.span(start, end), BOUNDARY, "")
            return 0
        ruling = self._detector.claims.rule_on(self._context, view, rule, start, end)
        if ruling is not NOTHING_SAID:
            outcome, row = ruling.outcome, ruling.rule
            self._keep(row)
            if outcome is Outcome.PASS or outcome is Outcome.PROOF:
                self._exempt(rule, view.span(start, end), row.code if row else "", "")
                return FULL_WEIGHT
            if outcome is Outcome.REVIEW:
                weight = min(weight, UNSURE)
        self._accept(view, rule, bounds, weight_left(weight, disguises), (ruling, disguises))
        return weight

    def close(self) -> None:
        """End a part: hits inside longer hits of their category that say no less are left out."""
        if self._found:
            found = self._found
            if len(found) > 1:
                found.sort()
                found = outermost(found)
            self.findings.evidence.extend(map(_EVIDENCE_OF, found))
        if self._restored:
            plain = [filed[6] for filed in self._found]
            new = [filed for filed in sorted(self._restored) if not any(says_it(item, filed[6]) for item in plain)]
            self.findings.evidence.extend(map(_EVIDENCE_OF, outermost(new)))
        if self._groups:
            self._found, self._restored = [], []
            self._groups = {}

    def _stands(self, view: View, rule: Rule, start: int, end: int) -> tuple[int, int] | None:
        """The bounds in the view where the rule holds: its dates, conditions, pattern and Latin edges.

        What is cheap comes first: most hits fall because a word that they ask for stands nowhere in the text.
        """
        if rule.simple:
            if not view.placed:
                self._reader.place(view)
            return start, end
        if not may_stand(rule, view, self._context):
            return None
        if not view.placed:
            self._reader.place(view)
        if rule.regex is not None:
            found = matched(rule.regex, rule.holds, view, start, end)
            if found is None:
                return None
            start, end = found
        if rule.edged and runs_on(view, start, end):
            return None
        return (start, end) if not rule.local or self._fits(view, rule, start, end) else None

    def _fits(self, view: View, rule: Rule, start: int, end: int) -> bool:
        """Whether the words that conditions ask for stand near enough, and none that excuses."""
        low, high, opens, closes = view.clause(start, end, reach=REACH)
        if rule.company:
            cues = view.cues(self._index)
            if rule.sentence:
                first, last, _ = view.sentence(start, end)
                if not cues.beside(rule.sentence, max(first, start - REACH), start, end, min(last, end + REACH)):
                    return False
            if rule.near and not cues.beside(rule.near, low, start, end, high):
                return False
            if rule.unless and cues.meet(rule.unless):
                near, far = max(low, start - EXCUSE_REACH), min(high, end + EXCUSE_REACH)
                if cues.around(rule.unless, near, start, end, far):
                    return False
        return not rule.placed or neighbours_allow(rule, view.text[low:start], view.text[end:high], opens, closes)

    def _allowed_by(self, category: str, start: int, end: int) -> str:
        return holder(self._allowed, category, start, end)

    def _torn_weight(self, view: View, rule: Rule, start: int, end: int, gaps: list[tuple[int, str]]) -> int:
        """The rule's weight, less for what stands inside the hit; 0 where the hit is no word here at all.

        A pattern says itself what may stand between its words: a comma costs it nothing, a call, a question and a new
        line half, and across a full stop it says nothing.
        """
        if rule.regex is not None:
            marks = SENTENCE_MARKS.intersection("".join([gap for _, gap in gaps]))
            if not STOPS.isdisjoint(marks):
                return 0
            return rule.weight * WEAKENED // FULL_WEIGHT if marks else rule.weight
        skip = widest([gap for _, gap in gaps])
        even = len(gaps) == end - start - 1 > 1 and len({gap for _, gap in gaps}) == 1  # nobody does that by chance
        narrow = skip <= (ALLOWED_SKIP_OF_TWO if end - start == 2 else ALLOWED_SKIP)  # noqa: PLR2004
        loss = FULL_WEIGHT if narrow or even else WEAKENED
        torn = [(place, gap) for place, gap in gaps if breaks(gap)]
        apart = len(torn) == end - start - 1 and (len(torn) > 1 or stands_apart(view, start, end, torn[0][1]))
        if torn and not apart:
            if not all(self._whole_pieces(view, start, place, end) for place, _ in torn):
                return 0
            if any(not CLAUSE_MARKS.isdisjoint(gap) for _, gap in torn):
                loss = WEAKENED
        return rule.weight * loss // FULL_WEIGHT

    def _whole_pieces(self, view: View, start: int, place: int, end: int) -> bool:
        """Whether the two sides of a blank or clause mark inside a hit are whole words in their own clauses."""
        low, high = view.stretch(start, end, reach=words.WINDOW)
        left, right = view.text[low:place], view.text[place:high]
        return words.stands_alone(left, len(left) - (place - start), len(left)) and words.stands_alone(
            right, 0, end - place
        )

    def _is_word(self, view: View, rule: Rule, start: int, end: int) -> bool:
        """Whether the hit stands alone; only where it seems not to, its clause is looked at more closely.

        What a rule asks for right beside its word (治 in 治感冒) may belong to it.
        """
        text = view.text
        if not words.straddled(text, start, end):
            return True
        low, high = view.stretch(start, end, reach=2 * words.WINDOW)
        clause = text[low:high]
        if words.stands_alone(clause, start - low, end - low):
            return True
        before = next((word for word in rule.precedes if text.endswith(word, low, start)), "")
        behind = next((word for word in rule.follows if text.startswith(word, end, high)), "")
        if (before or behind) and words.stands_alone(clause, start - len(before) - low, end + len(behind) - low):
            return True
        left, right = (bisect_left(self._listed, at, key=_START_OF) for at in (start - words.WINDOW, end + 1))
        # 安神助眠: where two of a category meet, a word ends.
        for first, minus_last, _, other in self._listed[left:right]:
            meet = (-minus_last == start or first == end) and other.category == rule.category and not other.regex
            if meet and words.stands_alone(clause, min(first, start) - low, max(-minus_last, end) - low):
                return True
        held = view.widen(start, end, reach=HELD)  # 野野种种: 种种 is a word, yet here a letter is held
        return held != (start, end) and words.stands_alone(clause, max(0, held[0] - low), held[1] - low)

    def _keep(self, row: ClaimRule | None) -> None:
        """Ask for the proof that a row rests on."""
        if row is not None and row.proof_zh and row.code not in self.findings.proof:
            self.findings.proof.append(row.code)

    def _exempt(self, rule: Rule, span: tuple[int, int], code: str, note: str) -> None:
        if not self._enough(rule, code):
            start, end = span[0], min(span[1], self._length)
            self.findings.exemptions.append(Exemption(rule.category, rule.id, Span(self._part, start, end), code, note))

    def _accept(self, view: View, rule: Rule, bounds: tuple[int, int], weight: int, why: _Why) -> None:
        ruling, disguises = why
        if self._enough(rule, weight):
            self.findings.truncated += 1
            return
        wide = bounds
        if rule.regex is None and held(view.text, *bounds):
            wide = held_down(view, *bounds)
            wide = bounds if wide == bounds else wide
        start, end = view.span(*wide)
        quoted = view.source[start:end]
        end = min(end, self._length)  # of parts read together the span is that of the first
        folds = () if quoted == view.text[wide[0] : wide[1]] else self._trail(view, quoted)
        if folds and rule.regex is not None:  # it spans clauses: the marks between them hide nothing
            folds = tuple([name for name in folds if name != PUNCTUATION])
        if disguises:
            folds = (*disguises, *folds)
        group = self._groups.setdefault(rule.id, len(self._groups))
        if view.name == "repeat" and any(it[4] == group and start <= it[0] and -it[1] <= end for it in self._found):
            return  # it stands there without leaving a repeat away
        if wide is not bounds or view.name == "repeat":
            folds = (*folds, "repeat")
            self._found = [it for it in self._found if it[4] != group or it[0] < start or -it[1] > end]
        severity = ruling.severity or rule.severity
        told = (start, end)
        if rule.regex is not None and view.line is None:
            told = view.span(*in_one_clause(rule.regex, view, *bounds))
        laws = self._detector.ruleset.citations(rule.laws, self._context.day)
        if rule.laws and not laws:  # nothing to block by on that day: a person decides
            weight = min(weight, UNSURE)
        evidence = _new(
            Evidence,
            (
                LEXICON,
                rule.category,
                rule.id,
                severity,
                _new(Span, (self._part, *told)),
                folds,
                laws,
                weight,
                ruling.rule.code if ruling.rule else rule.note,
                (),
                ruling.tried,
            ),
        )
        self._filed += 1
        found = self._found if view.line is None else self._restored
        found.append((start, -end, -severity, -weight, group, self._filed, evidence))

    def _trail(self, view: View, quoted: str) -> tuple[str, ...]:
        folding = self._detector.ruleset.folding
        return folding.trail(quoted, folding.keep if view.name == "raw" else folding.fold)

    def _enough(self, rule: Rule, kind: object) -> bool:
        """Count one more of a kind of outcome of a rule; tell whether it is one too many to keep."""
        key = (rule.id, kind)
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return count > REPEATED
