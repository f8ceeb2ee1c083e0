"""What the rules of one detector could see in a part: candidates by view, before anything is weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.hits import hidden_by, is_meant, matched
from moderation.detect.rule import HINT, Rule
from moderation.text.reading import DISGUISED, REPEATS, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from moderation.detect.claims import Context
    from moderation.detect.cues import CueIndex
    from moderation.matcher import Hit
    from moderation.text.reading import PartReading, Reader
    from moderation.text.view import View

OTHER_VIEWS = REPEATS | SYMBOLS
"""What may stand in another view than the folded one."""
Candidate = tuple[int, int, int, Rule]
"""A hit's start, the negative of its end, a running number and a live rule of its word: sorts outer hits first."""
Tables = tuple["Table", "Table"]
"""The live rules of the words of the folded and of the raw view."""
Seen = tuple["View", list[Candidate]]


class _Needs(dict[int, frozenset[int]]):
    """For each word the cues of which one must stand in a content of one part, worked out when first asked for.

    Empty where a rule of the word asks for none.
    """

    def __init__(self, rules: Sequence[tuple[Rule, ...]]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, word: int) -> frozenset[int]:
        asked = [rule.held or rule.near or rule.sentence or rule.with_ for rule in self._rules[word]]
        need = self[word] = frozenset().union(*asked) if all(asked) else frozenset()
        return need


class Table:
    """Keeps for each word of a view its live rules, and the cues without which none of them stands."""

    __slots__ = ("needs", "rules")

    def __init__(self, rules: list[tuple[Rule, ...]]) -> None:
        self.rules = rules
        self.needs = _Needs(rules)


class Sight(NamedTuple):
    """A part with the candidates of its folded view, and the restored views in which one could count.

    Those of the folded view are listed whose words stand in the text.
    """

    part: PartReading
    listed: list[Candidate]
    hidden: list[Seen]
    suspect: bool

    def seen(self, reader: Reader, tables: Tables) -> list[Seen]:
        """All views that hold something, the folded one first, each with its candidates."""
        views, (folded, raw) = reader.views(self.part), tables
        seen = [(view, candidates(view.text, view.hits, raw if view.name == "raw" else folded)) for view in views[1:]]
        return [(views[0], self.listed), *seen, *self.hidden]

    def whole(self, tables: Tables) -> Sight:
        """The same with all candidates listed."""
        return self._replace(listed=candidates(self.part.text, self.part.hits, tables[0]))


def look(part: PartReading, reader: Reader, table: Table, index: CueIndex, *, alone: bool) -> Sight:
    """What could count in a part: cheap questions only. ``alone`` says that the content has no other part."""
    rules, needs = table.rules, table.needs
    hits = [hit for hit in part.hits if rules[hit[2]]]
    if hits and alone:
        numbers = part.folded.cues(index).numbers
        hits = [hit for hit in hits if not (need := needs[hit[2]]) or not need.isdisjoint(numbers)]
    listed = _met(part.folded, candidates(part.text, hits, table), index, alone=alone) if hits else []
    hidden = list(_hidden(part, reader, table, index)) if part.look & DISGUISED else []
    suspect = bool(hidden or part.look & OTHER_VIEWS or _counts(listed))
    return Sight(part, listed, hidden, suspect)


def _hidden(part: PartReading, reader: Reader, table: Table, index: CueIndex) -> Iterator[Seen]:
    """The restored views with their candidates, where a live term that allows the disguise could count there."""
    for view in (reader.restored(part), reader.adorned(part)):
        if view is None or view.line is None:
            continue
        line, listed = view.line, candidates(view.text, view.hits, table)
        meant = is_meant(line)
        touched = [
            one
            for one in listed
            if (rule := one[3]).regex
            or rule.company
            or rule.next
            or rule.prev
            or (meant and rule.with_)
            or hidden_by(rule, line, one[0], -one[1])
        ]
        if touched and _counts(touched := _met(view, touched, index)):
            yield view, touched


def _met(view: View, listed: list[Candidate], index: CueIndex, *, alone: bool = False) -> list[Candidate]:
    """The candidates whose words stand in the text as a whole: whether they are near is looked at later.

    What a rule wants anywhere is asked of this text where it is ``alone``.
    """
    meet = view.cues(index).meet
    return [
        one
        for one in listed
        if (rule := one[3]).simple or (_in_company(rule, meet) and (not alone or not rule.with_ or meet(rule.with_)))
    ]


def _in_company(rule: Rule, meet: Callable[[frozenset[int]], bool]) -> bool:
    """Whether a text has the words that a rule wants inside its match, in the clause and in the sentence."""
    held, near, sentence = rule.held, rule.near, rule.sentence
    return (not held or meet(held)) and (not near or meet(near)) and (not sentence or meet(sentence))


def _counts(listed: list[Candidate]) -> bool:
    """Whether one of the candidates is more than a hint."""
    return any(one[3].weight >= HINT for one in listed)


def standing(views: Sequence[Seen], context: Context) -> list[Seen]:
    """The candidates that may stand, by what can be told without their places in the original."""
    return [(view, _standing(view, listed, context)) for view, listed in views]


def _standing(view: View, listed: list[Candidate], context: Context) -> list[Candidate]:
    return [
        one
        for one in listed
        if (rule := one[3]).simple
        or (
            may_stand(rule, view, context)
            and (rule.regex is None or matched(rule.regex, rule.holds, view, one[0], -one[1]))
        )
    ]


def may_stand(rule: Rule, view: View, context: Context) -> bool:
    """Whether a rule is in force, and the text and the content hold the words that it wants and none that it bars."""
    if rule.dated and not rule.in_force(context.day):
        return False
    if (rule.held or rule.company) and not _in_company(rule, view.cues(context.index).meet):
        return False
    if rule.asks_text:
        meet = context.cues.meet
        if rule.with_ and not meet(rule.with_):
            line = view.line
            if line is None or not view.cues(context.index).meet(rule.with_) or not is_meant(line):
                return False
        return not rule.without or not meet(rule.without)
    return True


def candidates(text: str, hits: list[Hit], table: Table) -> list[Candidate]:
    """The live rules of the hits of a text, less those that what stands right beside their hit rules out."""
    found: list[Candidate] = []
    rules = table.rules
    for start, end, word in hits:
        for rule in rules[word]:
            if (not rule.follows or text.startswith(rule.follows, end)) and (
                not rule.precedes or text.endswith(rule.precedes, 0, start)
            ):
                found.append((start, -end, len(found), rule))
    return found
