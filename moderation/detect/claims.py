"""What a claim is about: guards, exemptions and proof for hits of the advertising categories, by a table of rules.

The table is data (``lexicons/claims.toml``), one row a legal rule. Its cue words are sought by one automaton, only in
texts that hold a hit; each cue then says which settings of which rules it satisfies. The order of decision is
baits, guards, comparison with others, aggravation, exemptions in the order of the table.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.detect.cues import Cues
from moderation.ruleset import FIELDS, ClaimKind, Outcome
from moderation.text.items import head, tail
from moderation.types import SEVERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from moderation.detect.cues import CueIndex
    from moderation.detect.rule import Rule
    from moderation.matcher import Hit
    from moderation.ruleset import ClaimRule, Ruleset, Setting
    from moderation.text.reading import PartReading
    from moderation.text.view import View
    from moderation.types import Content

SHORT_SENTENCE = 24
"""A cue counts in the same sentence; in a longer one only in the same clause."""
LONG_REACH = 48
"""What bounds a sentence without marks."""
FROM_AFAR = 6
"""The reach of a cue that need not stand right beside a hit: of an enumeration it may stand ahead of the first item,
or sum all up behind the last."""
DENYING = frozenset({ClaimKind.GUARD, ClaimKind.BAIT})
"""What is said of all items of an enumeration; an exemption is told of the one beside it."""
POSSESSIVES = "的之"
ADDED = frozenset({"sentence", "sentence_before", "sentence_after", "text"})
"""Where a writer can add what an exemption lacks. What else it asks for, but an industry, the claim itself must be."""
PARTICLES = frozenset("了的啊哦哈呢嘛呀哒喔哟呐")
"""What may follow a word that closes a clause."""
NUMBERS = frozenset({"<number>", "<quantity>"})
"""What stands in any text, so that it tells of no exemption."""
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
    """What a cue word fills, by where it stands seen from the hit.

    ``before``, ``after`` and ``closing`` hold (reach, slot): what is asked for right beside the hit has reach 0.
    ``ahead`` and ``behind`` are for cues anywhere in the sentence, to the left and to the right of the hit.
    """

    before: tuple[tuple[int, int], ...] = ()
    after: tuple[tuple[int, int], ...] = ()
    closing: tuple[tuple[int, int], ...] = ()
    of: tuple[int, ...] = ()
    clause: tuple[int, ...] = ()
    ahead: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()

    def all(self) -> frozenset[int]:
        """Every slot that the word may fill."""
        before, after, closing, *others = self
        return frozenset(chain((slot for _, slot in (*before, *after, *closing)), *others))

    def among(self, wanted: frozenset[int]) -> _Slots:
        """Only those slots that are ``wanted``."""
        before, after, closing, *others = self
        return _Slots(
            tuple(pair for pair in before if pair[1] in wanted),
            tuple(pair for pair in after if pair[1] in wanted),
            tuple(pair for pair in closing if pair[1] in wanted),
            *(tuple(slot for slot in slots if slot in wanted) for slots in others),
        )


_NEAR = {"left": "before", "right": "after", "before": "before", "after": "after", "closing": "closing"}
_FAR = {
    "of": ("of",),
    "clause": ("clause",),
    "sentence": ("ahead", "behind"),
    "sentence_before": ("ahead",),
    "sentence_after": ("behind",),
}


class _Row(NamedTuple):
    """A setting, compiled: the slots that must be filled and those that must not.

    An exemption nearly applies where the claim is what it is ``about`` and one of the slots that ``tell`` is filled.
    """

    rule: int
    exempts: bool
    needs: frozenset[int]
    bars: frozenset[int]
    about: frozenset[int]
    tell: frozenset[int]


class _Chapter(NamedTuple):
    """The part of the table that is open to a category.

    ``telling`` are the cues without which nothing applies but rows that ask for no cue word; ``rows`` tells for each
    slot which rows it brings up.
    """

    telling: frozenset[int]
    slots: dict[int, _Slots]
    rows: dict[int, list[_Row]]


def _rows_met(chapter: _Chapter, filled: set[int], closed: frozenset[int]) -> tuple[set[int], dict[int, str]]:
    """The rules that fire, and the exemptions that nearly did: they are incomplete, or something bars them."""
    fired: set[int] = set()
    halfway: dict[int, str] = {}
    for slot in filled:
        for of, exempts, needs, bars, about, tell in chapter.rows.get(slot, ()):
            if of in closed:
                continue
            if not needs <= filled:
                if exempts and slot in tell and about <= filled and bars.isdisjoint(filled):
                    halfway.setdefault(of, "incomplete")
            elif bars.isdisjoint(filled):
                fired.add(of)
            elif exempts:
                halfway[of] = "barred"
    return fired, halfway


class ClaimTable:
    """Keeps the compiled rules of one ruleset."""

    def __init__(self, ruleset: Ruleset, index: CueIndex) -> None:
        self.rules = ruleset.claims.rules
        self._ruleset = ruleset
        self._closed: dict[int, frozenset[int]] = {}
        self._plain = ruleset.folding.plain
        self._index = index
        self._asked: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._anywhere: dict[int, list[int]] = defaultdict(list)
        self._flags: dict[str, list[int]] = defaultdict(list)
        self._hits: dict[str, list[int]] = defaultdict(list)
        self._declared: dict[str, list[int]] = defaultdict(list)
        self._of_all: set[int] = set()
        self._count = 0
        self._rows = [self._row(n, setting) for n, rule in enumerate(self.rules) for setting in rule.settings]
        self._question, self._titled, self._quoted = (self._flags[f] for f in ("<question>", "<titled>", "<quoted>"))
        self._begins, self._ends, self._last = (self._flags[f] for f in ("^", "$", "<last>"))
        alike: dict[_Slots, list[int]] = defaultdict(list)  # words of a list fill the same
        for cue, by in self._asked.items():
            alike[_Slots(**{name: tuple(one) for name, one in by.items()})].append(cue)
        self._alike = [(filled, filled.all(), cues) for filled, cues in alike.items()]
        advertising = {code for code, category in ruleset.categories.items() if category.group == "advertising"}
        self._open = {
            code: frozenset(n for n, rule in enumerate(self.rules) if code in (rule.categories or advertising))
            for code in ruleset.categories
        }
        self._chapters: dict[str, _Chapter] = {}
        self._shared: dict[frozenset[int], _Chapter] = {}

    def _row(self, rule: int, setting: Setting) -> tuple[_Row, set[int]]:
        """Give a slot to each list of a setting. Also gives those that bring the row up: its cues, or its hit alone."""
        cues: set[int] = set()
        others: set[int] = set()
        bars: set[int] = set()
        added: set[int] = set()
        numbers: set[int] = set()
        for where in FIELDS:
            first = self._count
            if words := setting.needs[where]:
                cues.add(slot := self._slot_for(words, where, setting.reach))
                added.update({slot} if where in ADDED else ())
                numbers.update({slot} if NUMBERS.issuperset(words) else ())
            if words := setting.bars[where]:
                bars.add(self._slot_for(words, where, setting.reach))
            if where in {"before", "after"} and setting.reach >= FROM_AFAR and self.rules[rule].kind in DENYING:
                self._of_all.update(range(first, self._count))
        declared = (*setting.industries, *setting.undeclared)
        for names, index in ((setting.hits, self._hits), (declared, self._declared)):
            if names:
                for name in names:
                    index[name if name.isascii() else self._plain(name)].append(self._count)
                others.add(self._count)
                added.update({self._count} if names is declared else ())
                self._count += 1
        exempts = self.rules[rule].kind is ClaimKind.EXEMPTION
        needs, about = frozenset(cues | others), frozenset((cues | others) - added)
        return _Row(rule, exempts, needs, frozenset(bars), about, frozenset(cues - numbers)), cues or others

    def _slot_for(self, words: Sequence[str], where: str, reach: int) -> int:
        slot = self._count
        self._count += 1
        for cue in self._index.numbers(tuple(word for word in words if word not in FLAGS)):
            if where == "text":
                self._anywhere[cue].append(slot)
            if name := _NEAR.get(where):
                self._asked[cue][name].append((0 if where in {"left", "right"} else reach, slot))
            for name in _FAR.get(where, ()):
                self._asked[cue][name].append(slot)
        for flag in FLAGS.intersection(words):
            self._flags[flag].append(slot)
        return slot

    def _chapter(self, category: str) -> _Chapter | None:
        """What the rules say that are open to a category, made when one of its words is first met."""
        if category not in self._chapters and (open_ := self._open.get(category)):
            if open_ not in self._shared:
                self._shared[open_] = self._told([(row, cues) for row, cues in self._rows if row.rule in open_])
            self._chapters[category] = self._shared[open_]
        return self._chapters.get(category)

    def _told(self, rows: list[tuple[_Row, set[int]]]) -> _Chapter:
        needed = frozenset(slot for row, _ in rows for slot in row.needs)
        asked = needed.union(*[row.bars for row, _ in rows])
        brought: dict[int, list[_Row]] = defaultdict(list)
        for row, by in rows:
            for slot in by:
                brought[slot].append(row)
        telling = {cue for cue, filled in self._anywhere.items() if not needed.isdisjoint(filled)}
        open_: dict[int, _Slots] = {}
        for filled, slots, cues in self._alike:
            if not asked.isdisjoint(slots):
                open_.update(dict.fromkeys(cues, filled.among(asked)))
                telling.update(() if needed.isdisjoint(slots) else cues)
        return _Chapter(frozenset(telling), open_, dict(brought))

    def everywhere(self, numbers: AbstractSet[int]) -> set[int]:
        """The slots that a content as a whole fills by a cue anywhere in it."""
        return {slot for cue in self._anywhere.keys() & numbers for slot in self._anywhere[cue]}

    def declared(self, content: Content) -> set[int]:
        """The slots that the declared industry fills, and the scene where nothing declares that the content sells."""
        filled = {*self._declared.get(content.industry or "", ())}
        if not (content.commercial or content.has_cart_link or content.author.role.trades):
            filled.update(self._declared.get(content.scene, ()))
        return filled

    def closed(self, day: date) -> frozenset[int]:
        """The rules that are not in force on a day."""
        period = self._ruleset.period(day)
        closed = self._closed.get(period)
        if closed is None:
            closed = frozenset(n for n, rule in enumerate(self.rules) if not self._ruleset.applies(rule, day))
            self._closed[period] = closed
        return closed

    def rule_on(self, context: Context, view: View, rule: Rule, start: int, end: int) -> Ruling:
        """The table's ruling on one hit at ``view.text[start:end]``, which stands and is not allowed.

        Mostly nothing: no cue stands there that tells, no question, no quotation, nor a rule about the hit's own words.
        """
        chapter = self._chapter(rule.category)
        if chapter is None:
            return NOTHING_SAID
        by_name = self._hits.get(rule.family) or self._hits.get(view.text[start:end])
        if not (by_name or view.marked or context.apart or view.cues(context.index).meet(chapter.telling)):
            return NOTHING_SAID
        filled = self._filled(context, view, chapter, start, end)
        if view.line is not None:  # what is disguised beside a disguised claim says as much as what is plain
            filled |= context.shown(view)
        if by_name:
            filled.update(self._hits.get(rule.family, ()), self._hits.get(view.text[start:end], ()))
        if chapter.rows.keys().isdisjoint(filled):
            return NOTHING_SAID
        return self._decide(*_rows_met(chapter, filled, context.closed))

    def _decide(self, fired: set[int], halfway: dict[int, str]) -> Ruling:
        """Baits, guards, comparison, aggravation, violations, exemptions: the rules are kept in that order."""
        failed = {number: why for number, why in halfway.items() if number not in fired}
        rules = [(number, self.rules[number]) for number in sorted(fired)]
        baited = {code for _, rule in rules if rule.kind is ClaimKind.BAIT for code in rule.cancels}
        against, severity = "", 0
        found: ClaimRule | None = None
        for number, rule in rules:
            if rule.kind is ClaimKind.GUARD and rule.code not in baited:
                return Ruling(rule.outcome, rule)
            if rule.kind is ClaimKind.COMPARISON:
                against = rule.code
            elif rule.kind is ClaimKind.AGGRAVATION:
                against, severity = rule.code, SEVERE
            elif rule.kind is ClaimKind.VIOLATION:
                against, found = rule.code, found or rule
            elif rule.kind is ClaimKind.EXEMPTION:
                if not against or (rule.despite_comparison and not severity and found is None):
                    return Ruling(rule.outcome, rule, self._tried(failed))
                failed[number] = against
        compared_only = not severity and found is None
        return Ruling(Outcome.VIOLATION, found, self._tried(failed, against, compared_only=compared_only), severity)

    def _tried(self, failed: dict[int, str], against: str = "", *, compared_only: bool = False) -> tuple[str, ...]:
        """Why exemptions failed: ``against`` all, if anything is, but those that stand a comparison."""
        told = []
        for number, why in failed.items():
            rule = self.rules[number]
            stands = not against or (compared_only and rule.despite_comparison)
            told.append(f"{rule.code}:{why if stands else against}")
        return tuple(sorted(told))

    def _filled(  # noqa: C901, PLR0912 - one loop over every cue around every hit
        self, context: Context, view: View, chapter: _Chapter, start: int, end: int
    ) -> set[int]:
        """The slots that the surroundings of a hit fill."""
        slots = chapter.slots
        filled = set(context.everywhere)
        low, high, opens, closes = view.clause(start, end, reach=LONG_REACH)
        first, last, asks = view.sentence(start, end)
        ends = last == len(view.text) or view.asks_last
        first, last = max(first, start - LONG_REACH), min(last, end + LONG_REACH)
        left_of, right_of = (first, last) if last - first <= SHORT_SENTENCE else (low, high)
        for item, side in ((head(view, start, end), "before"), (tail(view, start, end), "after")):
            if item is None:
                continue
            for left, _, cue in view.cues(context.index).within(*item):
                if cue in slots and left >= item[0]:
                    filled.update(slot for _, slot in getattr(slots[cue], side) if slot in self._of_all)
        for left, right, cue in view.cues(context.index).within(first, last):
            if cue not in slots or left < first:
                continue
            before, after, closing, of, clause, ahead, behind = slots[cue]
            if right <= start:
                if ahead:
                    filled.update(ahead)
                if clause and left >= left_of:
                    filled.update(clause)
                if before and left >= low:
                    for reach, slot in before:
                        if start - right <= reach:
                            filled.add(slot)
            elif left >= end:
                if behind:
                    filled.update(behind)
                if clause and right <= right_of:
                    filled.update(clause)
                if right <= high:
                    for reach, slot in after:
                        if left - end <= reach:
                            filled.add(slot)
                    if closing and _closes(view, right, high):
                        filled.update(slot for reach, slot in closing if left - end <= reach)
                    if of and left == end + 1 and view.text[end] in POSSESSIVES:
                        filled.update(of)
        if asks:
            filled.update(self._question)
        if ends:
            filled.update(self._last)
        if start == low and opens:
            filled.update(self._begins)
        if end == high and closes:
            filled.update(self._ends)
        if mark := view.quoted(start, end):
            filled.update(self._titled if mark == "《" else self._quoted)
        return filled


def _closes(view: View, place: int, high: int) -> bool:
    """Whether a clause that goes up to ``high`` ends at a place, but for particles. In speech a blank ends one too."""
    first = next((at for at, _ in view.gaps(place - 1, high)), high)
    return PARTICLES.issuperset(view.text[place:first])


class Context:
    """One content while its hits are judged: its day, its industry, and what stands anywhere in it."""

    def __init__(
        self, content: Content, parts: Sequence[PartReading], day: date, table: ClaimTable, index: CueIndex
    ) -> None:
        self.day = day
        self.closed = table.closed(day)
        self._declared = table.declared(content)
        self._told = index.declared(content.industry)
        self.apart = bool(self._declared or content.qualifications) or len(parts) > 1
        """Whether something beyond a hit's own part may decide: what was declared, or a cue in another part."""
        self.index = index
        """Where all that is judged in this content looks for cues: it holds those of ``table``, and perhaps more."""
        self._table, self._parts, self._held = table, parts, content.qualifications
        self._everywhere: set[int] | None = None
        self._shown: dict[View, set[int]] = {}
        self._cues: Cues | None = None

    @property
    def cues(self) -> Cues:
        """The cues that stand anywhere in the content, or in a number that its seller holds.

        Where they stand is known for a content of one part whose seller holds none.
        """
        if self._cues is None:
            found = [part.folded.cues(self.index) for part in self._parts]
            found.extend(map(self.index.find_in, self._held))
            self._cues = found[0] if len(found) == 1 and not self._told else _together(found, self._told, self.index)
        return self._cues

    @property
    def everywhere(self) -> set[int]:
        """The slots that the content as a whole fills."""
        if self._everywhere is None:
            self._everywhere = self._table.everywhere(self.cues.numbers) | self._declared
        return self._everywhere

    def shown(self, view: View) -> set[int]:
        """The slots that a restored text fills by a cue anywhere in it."""
        filled = self._shown.get(view)
        if filled is None:
            filled = self._shown[view] = self._table.everywhere(view.cues(self.index).numbers)
        return filled


def _together(found: Sequence[Cues], told: list[Hit], index: CueIndex) -> Cues:
    """The cues of several texts, each text behind the other, and what was told beside them."""
    hits, shift = list(told), 0
    for cues in found:
        hits += [(start + shift, end + shift, number) for start, end, number in cues.hits]
        shift = max((end for _, end, _ in hits), default=0) + 1
    return Cues(hits, index.hiding)
