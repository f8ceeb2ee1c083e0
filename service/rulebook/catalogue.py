"""The terms that there are, by rule id and by what they say: for whoever browses them, looks one up or changes one."""

from __future__ import annotations

import asyncio
from collections import ChainMap, OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.own import shared_part

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from moderation.lexicon import Term
    from moderation.ruleset import Ruleset
    from moderation.text.fold import Folding

KEPT: Final = 3
"""So many rulesets' terms are remembered: a list of fifty thousand takes a quarter of a second to number."""


class Listed(NamedTuple):
    """A term and its rule id."""

    rule: str
    term: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which terms: those that hold ``text`` when folded, of a category, of a file; own ones, shared ones or both."""

    text: str = ""
    category: str = ""
    file: str = ""
    own: bool | None = None
    adjusted: bool = False
    """Only those that the tenant weighs otherwise."""


@dataclass(frozen=True, slots=True)
class Index:
    """The terms of one ruleset, shared ones and own ones, in the order of their files."""

    listed: Sequence[Listed]
    plain: Sequence[str]
    """What each says, folded."""
    by_rule: MutableMapping[str, list[Term]]

    def terms(self, rule: str) -> Sequence[Term]:
        """The terms of a rule id; a rule that code makes has none."""
        return self.by_rule.get(rule, ())

    def text(self, rule: str) -> str:
        """What a rule's term says; empty where no term has that id."""
        return next((term.text for term in self.terms(rule)), "")

    def find(self, sought: Sought, ruleset: Ruleset, *, after: int, limit: int) -> tuple[list[Listed], int | None]:
        """A page of terms, and the place behind it where more follow."""
        word = ruleset.folding.plain(sought.text) or sought.text.strip()
        adjusted = ruleset.overlay.by_rule if ruleset.overlay else {}
        found: list[Listed] = []
        for place in range(after, len(self.listed)):
            one = self.listed[place]
            term = one.term
            if sought.category and term.category != sought.category:
                continue
            if (sought.file and term.file != sought.file) or (sought.own is not None and term.own != sought.own):
                continue
            if (word and word not in self.plain[place]) or (sought.adjusted and one.rule not in adjusted):
                continue
            if len(found) == limit:
                return found, place
            found.append(one)
        return found, None


def made(terms: Sequence[Term], folding: Folding) -> Index:
    """The index of some terms."""
    listed = [Listed(term.id, term) for term in terms]
    plain = [folding.plain(one.term.text) or one.term.text for one in listed]
    by_rule: dict[str, list[Term]] = defaultdict(list)
    for rule, term in listed:
        by_rule[rule].append(term)
    return Index(listed, plain, dict(by_rule))


class Catalogue:
    """Keeps the indexes of shared terms made last, by fingerprint."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Index] = OrderedDict()
        self._turn = asyncio.Lock()

    async def of(self, ruleset: Ruleset) -> Index:
        """The index of a ruleset, own terms first; the first one who asks waits for it, in a thread."""
        shared = shared_part(ruleset.fingerprint)
        async with self._turn:
            known = self._made.pop(shared, None)
            if known is None:
                known = await asyncio.to_thread(made, ruleset.terms, ruleset.folding)
            self._made[shared] = known
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        if not ruleset.own:
            return known
        own = await asyncio.to_thread(made, ruleset.own, ruleset.folding)
        return Index([*own.listed, *known.listed], [*own.plain, *known.plain], ChainMap(own.by_rule, known.by_rule))
