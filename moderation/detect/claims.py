"""What a claim is about: guards, exemptions and proof for hits of the advertising categories, by a table of rules.

The table is data (``lexicons/claims.toml``), one row a legal rule. Its cue words are sought by one automaton, only in
texts that hold a hit; each cue then says which settings of which rules it satisfies. The order of decision is
《DOMAIN 1.4》: baits, guards, comparison with others, aggravation, exemptions in the order of the table.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from moderation.ruleset import FIELDS, ClaimKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.detect.cues import CueIndex
    from moderation.detect.rule import Rule
    from moderation.ruleset import ClaimRule, Ruleset, Setting
    from moderation.text.view import PartReading, View
    from moderation.types import Content

SHORT_SENTENCE = 24
"""A cue counts in the same sentence; in a longer one only in the same clause (DOMAIN 1.3, precondition C)."""
LONG_REACH = 48
"""What bounds a sentence without marks."""
SEVERE = 4
FLAGS = frozenset({"<question>", "<titled>", "<quoted>", "^", "$"})
"""Cues that are no words: how the sentence ends, what encloses the hit, where its clause begins and ends."""

class Ruling(NamedTuple):
    """What the table says of one hit. ``tried`` names exemptions that were looked at and why they failed."""

    outcome: Outcome
    rule: ClaimRule | None = None
    tried: tuple[str, ...] = ()
    severity: int = 0


NOTHING_SAID = Ruling(Outcome.VIOLATION)


class _Cue(NamedTuple):
    """One place in which a cue word matters: the slot that it fills, where it must stand, and how far away."""

    slot: int
    where: str
    reach: int


class _Row(NamedTuple):
    """A setting, compiled: the slots that must be filled and those that must not."""

    rule: int
    needs: frozenset[int]
    bars: frozenset[int]


class ClaimTable:
    """Keeps the compiled rules of one ruleset."""

    def __init__(self, ruleset: Ruleset, index: CueIndex) -> None:
        self.rules = ruleset.claims.rules
        self._plain = ruleset.folding.plain
        self._index = index
        self._cues: dict[int, list[_Cue]] = defaultdict(list)
        self._flags: dict[str, list[int]] = defaultdict(list)
        self._hits: dict[str, list[int]] = defaultdict(list)
        self._industries: dict[str, list[int]] = defaultdict(list)
        self._rows: list[_Row] = []
        self._asked_by: dict[int, list[int]] = defaultdict(list)
        self._slots = 0
        for number, rule in enumerate(self.rules):
            for setting in rule.settings:
                self._add(number, setting)
        self.anywhere = {n: tuple(cue.slot for cue in cues if cue.where == "text") for n, cues in self._cues.items()}
        self._near = {n: tuple(cue for cue in cues if cue.where != "text") for n, cues in self._cues.items()}
        advertising = {code for code, category in ruleset.categories.items() if category.group == "advertising"}
        self._open = {
            code: frozenset(n for n, rule in enumerate(self.rules) if code in (rule.categories or advertising))
            for code in ruleset.categories
        }

    def _add(self, rule: int, setting: Setting) -> None:
        needs: set[int] = set()
        bars: set[int] = set()
        for where in FIELDS:
            self._fill(setting.needs[where], where, setting.reach, needs)
            self._fill(setting.bars[where], where, setting.reach, bars)
        for names, index in ((setting.hits, self._hits), (setting.industries, self._industries)):
            if names:
                needs.add(self._slots)
                for name in names:
                    index[name if name.isascii() else self._plain(name)].append(self._slots)
                self._slots += 1
        for slot in needs:
            self._asked_by[slot].append(len(self._rows))
        self._rows.append(_Row(rule, frozenset(needs), frozenset(bars)))

    def _fill(self, words: Sequence[str], where: str, reach: int, slots: set[int]) -> None:
        if not words:
            return
        for number in self._index.numbers(word for word in words if word not in FLAGS):
            self._cues[number].append(_Cue(self._slots, where, reach))
        for flag in FLAGS.intersection(words):
            self._flags[flag].append(self._slots)
        slots.add(self._slots)
        self._slots += 1

    def concerns(self, category: str) -> bool:
        """Whether the table has anything to say of this category."""
        return bool(self._open.get(category))

    def rule_on(self, case: Hearing, view: View, rule: Rule, start: int, end: int) -> Ruling:
        """The table's ruling on one hit at ``view.text[start:end]``, which stands and is not allowed."""
        open_ = self._open[rule.category]
        filled = self._filled(case, view, rule, start, end)
        touched = {row for slot in filled for row in self._asked_by.get(slot, ())}
        fired: set[int] = set()
        halfway: dict[int, str] = {}
        for number in touched:
            row = self._rows[number]
            if row.rule not in open_ or row.rule in fired:
                continue
            if not row.needs <= filled:
                halfway.setdefault(row.rule, "incomplete")
            elif row.bars.isdisjoint(filled):
                fired.add(row.rule)
            else:
                halfway[row.rule] = "barred"
        return self._decide(fired, halfway)

    def _decide(self, fired: set[int], halfway: dict[int, str]) -> Ruling:
        rules = [self.rules[number] for number in sorted(fired)]
        baited = {code for rule in rules if rule.kind is ClaimKind.BAIT for code in rule.cancels}
        severity = 0
        compared = barred = ""
        found: ClaimRule | None = None
        tried = [f"{self.rules[number].code}:{why}" for number, why in sorted(halfway.items())
                 if number not in fired and self.rules[number].kind is ClaimKind.EXEMPTION]  # fmt: skip
        for rule in rules:
            if rule.kind is ClaimKind.GUARD:
                if rule.code not in baited:
                    return Ruling(rule.outcome, rule)
            elif rule.kind is ClaimKind.COMPARISON:
                compared = rule.code
            elif rule.kind is ClaimKind.AGGRAVATION:
                barred, severity = rule.code, SEVERE
            elif rule.kind is ClaimKind.VIOLATION:
                found = found or rule
            elif rule.kind is ClaimKind.EXEMPTION:
                if rule.code in baited or (found and found.kind is ClaimKind.VIOLATION):
                    tried.append(f"{rule.code}:{found.code if found else 'bait'}")
                elif barred or (compared and not rule.despite_comparison):
                    tried.append(f"{rule.code}:{barred or compared}")
                elif found is None:
                    found = rule
        if found is not None and found.kind is ClaimKind.EXEMPTION:
            return Ruling(found.outcome, found, tuple(dict.fromkeys(tried)))
        return Ruling(Outcome.VIOLATION, found, tuple(dict.fromkeys(tried)), severity)

    def _filled(self, case: Hearing, view: View, rule: Rule, start: int, end: int) -> set[int]:
        """The slots that the surroundings of a hit fill."""
        filled = {*self._hits.get(rule.family, ()), *self._hits.get(view.text[start:end], ())}
        if case.industry:
            filled.update(self._industries.get(case.industry, ()))
        filled |= case.everywhere
        low, high, opens, closes = view.clause(start, end, reach=LONG_REACH)
        first, last, asks = view.sentence(start, end)
        first, last = max(first, start - LONG_REACH), min(last, end + LONG_REACH)
        scope = (first, last) if last - first <= SHORT_SENTENCE else (low, high)
        bounds = (low, high), scope
        for left, right, number in view.cues(self._index).within(first, last):
            if left < first or (left < end and right > start):
                continue
            for slot, where, reach in self._near.get(number, ()):
                if slot not in filled and _stands(view.text, where, (left, right), (start, end), reach, bounds):
                    filled.add(slot)
        mark = view.quoted(start, end)
        for flag, holds in (
            ("^", start == low and opens),
            ("$", end == high and closes),
            ("<question>", asks),
            ("<titled>", mark == "《"),
            ("<quoted>", mark and mark not in "《【"),
        ):
            if holds:
                filled.update(self._flags.get(flag, ()))
        return filled


class Hearing:
    """One content while its hits are judged: what stands anywhere in it, and its declared industry."""

    def __init__(self, table: ClaimTable, index: CueIndex, content: Content, parts: Sequence[PartReading]) -> None:
        self.industry = content.industry
        self._table, self._index, self._parts = table, index, parts
        self._everywhere: set[int] | None = None
        self._numbers: set[int] | None = None

    @property
    def numbers(self) -> set[int]:
        """The cues that stand anywhere in the content."""
        if self._numbers is None:
            self._numbers = {number for part in self._parts for _, _, number in part.folded.cues(self._index).hits}
        return self._numbers

    @property
    def everywhere(self) -> set[int]:
        """The slots of ``text`` fields: filled by a cue anywhere in the content."""
        if self._everywhere is None:
            self._everywhere = {slot for number in self.numbers for slot in self._table.anywhere.get(number, ())}
        return self._everywhere

    def ruling(self, view: View, rule: Rule, start: int, end: int) -> Ruling:
        """What the table says of a hit at ``view.text[start:end]`` that stands and is not allowed."""
        if not self._table.concerns(rule.category):
            return NOTHING_SAID
        return self._table.rule_on(self, view, rule, start, end)


def _stands(text: str, where: str, cue: tuple[int, int], hit: tuple[int, int], reach: int,
            bounds: tuple[tuple[int, int], tuple[int, int]]) -> bool:  # fmt: skip
    """Whether a cue stands where its field asks for it, seen from the hit. ``bounds``: the clause, and the scope."""
    (left, right), (start, end) = cue, hit
    (low, high), (first, last) = bounds
    match where:
        case "left":
            return right == start and left >= low
        case "right":
            return left == end and right <= high
        case "of":
            return left == end + 1 and text[end] in "的之" and right <= high
        case "before":
            return right <= start and start - right <= reach and left >= low
        case "after":
            return left >= end and left - end <= reach and right <= high
        case "clause":
            return left >= first and right <= last
        case "sentence":
            return True
        case "sentence_after":
            return left >= end
        case _:
            return False
