"""What a claim is about: guards, exemptions and proof for hits of the advertising categories, by a table of rules.

The table is data (``lexicons/claims.toml``), one row a legal rule. Its cue words are sought by one automaton, only in
texts that hold a hit; each cue then says which settings of which rules it satisfies. The order of decision is
《DOMAIN 1.4》: baits, guards, comparison with others, aggravation, exemptions in the order of the table.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.ruleset import FIELDS, ClaimKind, Outcome
from moderation.types import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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
POSSESSIVES = "的之"
FLAGS = frozenset({"<question>", "<last>", "<titled>", "<quoted>", "^", "$"})
"""Cues that are no words: how the sentence ends, what encloses the hit, where its clause begins and ends."""


class Ruling(NamedTuple):
    """What the table says of one hit. ``tried`` names exemptions that were looked at and why they failed."""

    outcome: Outcome
    rule: ClaimRule | None = None
    tried: tuple[str, ...] = ()
    severity: int = 0


NOTHING_SAID = Ruling(Outcome.VIOLATION)


class _Slots(NamedTuple):
    """What a cue word fills, by where it stands seen from the hit. ``before`` and ``after`` come with their reach."""

    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    of: tuple[int, ...] = ()
    before: tuple[tuple[int, int], ...] = ()
    after: tuple[tuple[int, int], ...] = ()
    clause: tuple[int, ...] = ()
    sentence: tuple[int, ...] = ()
    sentence_before: tuple[int, ...] = ()
    sentence_after: tuple[int, ...] = ()
    text: tuple[int, ...] = ()


class _Row(NamedTuple):
    """A setting, compiled: the slots that must be filled and those that must not."""

    rule: int
    needs: frozenset[int]
    bars: frozenset[int]


class ClaimTable:
    """Keeps the compiled rules of one ruleset."""

    def __init__(self, ruleset: Ruleset, index: CueIndex) -> None:
        self.rules = ruleset.claims.rules
        self._ruleset = ruleset
        self._closed: dict[int, frozenset[int]] = {}
        self._plain = ruleset.folding.plain
        self._index = index
        asked: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._flags: dict[str, list[int]] = defaultdict(list)
        self._hits: dict[str, list[int]] = defaultdict(list)
        self._declared: dict[str, list[int]] = defaultdict(list)
        self._rows: list[_Row] = []
        self._asked_by: dict[int, list[int]] = defaultdict(list)
        self._count = 0
        for number, rule in enumerate(self.rules):
            for setting in rule.settings:
                self._add(number, setting, asked)
        self.slots = {cue: _Slots(**{where: tuple(slots) for where, slots in by.items()}) for cue, by in asked.items()}
        advertising = {code for code, category in ruleset.categories.items() if category.group == "advertising"}
        self._open = {
            code: frozenset(n for n, rule in enumerate(self.rules) if code in (rule.categories or advertising))
            for code in ruleset.categories
        }
        self._telling = {code: self._telling_cues(open_) for code, open_ in self._open.items()}

    def _add(self, rule: int, setting: Setting, asked: dict[int, dict[str, list[Any]]]) -> None:
        """Give a slot to each list of a setting. A row is looked at when one of its cues is there, or its hit alone."""
        cues: set[int] = set()
        others: set[int] = set()
        bars: set[int] = set()
        for where in FIELDS:
            for words, slots in ((setting.needs[where], cues), (setting.bars[where], bars)):
                if words:
                    slots.add(self._slot_for(words, where, setting.reach, asked))
        declared = (*setting.industries, *setting.undeclared)
        for names, index in ((setting.hits, self._hits), (declared, self._declared)):
            if names:
                for name in names:
                    index[name if name.isascii() else self._plain(name)].append(self._count)
                others.add(self._count)
                self._count += 1
        for slot in cues or others:
            self._asked_by[slot].append(len(self._rows))
        self._rows.append(_Row(rule, frozenset(cues | others), frozenset(bars)))

    def _slot_for(self, words: Sequence[str], where: str, reach: int, asked: dict[int, dict[str, list[Any]]]) -> int:
        slot = self._count
        self._count += 1
        for cue in self._index.numbers(tuple(word for word in words if word not in FLAGS)):
            asked[cue][where].append((reach, slot) if where in {"before", "after"} else slot)
        for flag in FLAGS.intersection(words):
            self._flags[flag].append(slot)
        return slot

    def _telling_cues(self, open_: frozenset[int]) -> frozenset[int]:
        """The cues without which no rule for a category can apply, but for those that ask for no cue word at all."""
        needed = {slot for row in self._rows if row.rule in open_ for slot in row.needs}
        return frozenset(
            cue
            for cue, slots in self.slots.items()
            if not needed.isdisjoint(
                [
                    *slots.left,
                    *slots.right,
                    *slots.of,
                    *slots.clause,
                    *slots.sentence,
                    *slots.sentence_before,
                    *slots.sentence_after,
                    *slots.text,
                ]
                + [slot for _, slot in (*slots.before, *slots.after)]
            )
        )

    def silent(self, view: View, rule: Rule, start: int, end: int) -> bool:
        """Whether no rule can apply to a hit: no cue, question, quotation, nor a rule about the hit's own words."""
        if not self._telling[rule.category].isdisjoint(view.cues(self._index).numbers):
            return False
        return not (view.marked or rule.family in self._hits or view.text[start:end] in self._hits)

    def declared(self, content: Content) -> set[int]:
        """The slots that the declared industry fills, and the scene where nothing declares that the content sells."""
        filled = {*self._declared.get(content.industry or "", ())}
        if not (content.commercial or content.has_cart_link or content.author.role.trades):
            filled.update(self._declared.get(content.scene, ()))
        return filled

    def closed(self, at: datetime) -> frozenset[int]:
        """The rules that are not in force on the day of ``at``."""
        day = at.astimezone(SHANGHAI).date()
        closed = self._closed.get(day.toordinal())
        if closed is None:
            closed = frozenset(n for n, rule in enumerate(self.rules) if not self._ruleset.applies(rule, day))
            self._closed[day.toordinal()] = closed
        return closed

    def rule_on(self, hearing: Hearing, view: View, rule: Rule, start: int, end: int) -> Ruling:
        """The table's ruling on one hit at ``view.text[start:end]``, which stands and is not allowed."""
        filled = self._filled(hearing, view, rule, start, end)
        touched = {row for slot in filled if slot in self._asked_by for row in self._asked_by[slot]}
        if not touched:
            return NOTHING_SAID
        open_ = self._open[rule.category]
        fired: set[int] = set()
        halfway: dict[int, str] = {}
        for number in touched:
            of, needs, bars = self._rows[number]
            if of not in open_ or of in hearing.closed:
                continue
            if not needs <= filled:
                halfway.setdefault(of, "incomplete")
            elif bars.isdisjoint(filled):
                fired.add(of)
            else:
                halfway[of] = "barred"
        return self._decide(fired, halfway)

    def _decide(self, fired: set[int], halfway: dict[int, str]) -> Ruling:
        """Baits, guards, comparison, aggravation, violations, exemptions: the rules are kept in that order."""
        tried = [
            f"{self.rules[number].code}:{why}"
            for number, why in halfway.items()
            if number not in fired and self.rules[number].kind is ClaimKind.EXEMPTION
        ]
        if not fired:
            return Ruling(Outcome.VIOLATION, None, tuple(sorted(tried)))
        rules = [self.rules[number] for number in sorted(fired)]
        baited = {code for rule in rules if rule.kind is ClaimKind.BAIT for code in rule.cancels}
        against, severity = "", 0
        found: ClaimRule | None = None
        for rule in rules:
            if rule.kind is ClaimKind.GUARD and rule.code not in baited:
                return Ruling(rule.outcome, rule)
            if rule.kind is ClaimKind.COMPARISON:
                against = rule.code
            elif rule.kind is ClaimKind.AGGRAVATION:
                against, severity = rule.code, SEVERE
            elif rule.kind is ClaimKind.VIOLATION:
                against, found = rule.code, found or rule
            elif rule.kind is ClaimKind.EXEMPTION:
                compared_only = against and not severity and found is None
                if against and not (compared_only and rule.despite_comparison):
                    tried.append(f"{rule.code}:{against}")
                else:
                    return Ruling(rule.outcome, rule, tuple(sorted(tried)))
        return Ruling(Outcome.VIOLATION, found, tuple(sorted(tried)), severity)

    def _filled(self, hearing: Hearing, view: View, rule: Rule, start: int, end: int) -> set[int]:
        """The slots that the surroundings of a hit fill."""
        filled = {*self._hits.get(rule.family, ()), *self._hits.get(view.text[start:end], ()), *hearing.everywhere}
        low, high, opens, closes = view.clause(start, end, reach=LONG_REACH)
        first, last, asks = view.sentence(start, end)
        ends = last == len(view.text) or view.asks_last
        first, last = max(first, start - LONG_REACH), min(last, end + LONG_REACH)
        left_of, right_of = (first, last) if last - first <= SHORT_SENTENCE else (low, high)
        for left, right, cue in view.cues(self._index).within(first, last):
            slots = self.slots.get(cue)
            if slots is None or left < first:
                continue
            if right <= start:
                filled.update(slots.sentence)
                filled.update(slots.sentence_before)
                if left >= left_of:
                    filled.update(slots.clause)
                if left >= low:
                    filled.update([slot for reach, slot in slots.before if start - right <= reach])
                    if right == start:
                        filled.update(slots.left)
            elif left >= end:
                filled.update(slots.sentence)
                filled.update(slots.sentence_after)
                if right <= right_of:
                    filled.update(slots.clause)
                if right <= high:
                    filled.update([slot for reach, slot in slots.after if left - end <= reach])
                    if left == end:
                        filled.update(slots.right)
                    elif left == end + 1 and view.text[end] in POSSESSIVES:
                        filled.update(slots.of)
        if asks:
            filled.update(self._flags["<question>"])
        if ends:
            filled.update(self._flags["<last>"])
        if start == low and opens:
            filled.update(self._flags["^"])
        if end == high and closes:
            filled.update(self._flags["$"])
        if mark := view.quoted(start, end):
            filled.update(self._flags["<titled>" if mark == "《" else "<quoted>"])
        return filled


class Hearing:
    """One content while its hits are judged: what stands anywhere in it, and its declared industry."""

    def __init__(self, table: ClaimTable, index: CueIndex, content: Content, parts: Sequence[PartReading]) -> None:
        self._declared = table.declared(content)
        self.closed = table.closed(content.at)
        self._table, self._index, self._parts = table, index, parts
        self._everywhere: set[int] | None = None
        self._numbers: frozenset[int] | None = None

    @property
    def numbers(self) -> frozenset[int]:
        """The cues that stand anywhere in the content."""
        if self._numbers is None:
            self._numbers = frozenset().union(*[part.folded.cues(self._index).numbers for part in self._parts])
        return self._numbers

    @property
    def everywhere(self) -> set[int]:
        """The slots that the content as a whole fills: by a cue anywhere in it, by its declared industry."""
        if self._everywhere is None:
            slots = self._table.slots
            self._everywhere = {slot for cue in self.numbers if cue in slots for slot in slots[cue].text}
            self._everywhere |= self._declared
        return self._everywhere

    def ruling(self, view: View, rule: Rule, start: int, end: int) -> Ruling:
        """What the table says of a hit at ``view.text[start:end]`` that stands and is not allowed."""
        alone = len(self._parts) == 1  # another part may hold the cue that a rule asks for anywhere
        if alone and self._table.silent(view, rule, start, end) and not self._declared:
            return NOTHING_SAID
        return self._table.rule_on(self, view, rule, start, end)
