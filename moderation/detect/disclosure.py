"""Qualifications and disclosures: what an advertisement must say and does not, and numbers that do not hold.

What must be said is data (``lexicons/industries.toml``), number formats are code (``detect/formats.py``). Statements
are compared in the folded view: verbatim, whatever their punctuation. They may stand in any part of a content.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.cues import Hidden
from moderation.detect.formats import FORMATS, State, numbers_in
from moderation.industry import CART, SELLER, TOKENS
from moderation.matcher import Matcher
from moderation.policy import BINDS_FROM
from moderation.text.fold import CLAUSE_MARKS
from moderation.types import FULL_WEIGHT, UNSURE, Evidence, Scene, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from moderation.detect.formats import Found
    from moderation.detect.terms import Gate
    from moderation.industry import Duty, Industry, Sign
    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading, Reader
    from moderation.types import Content

CATEGORY = "missing_disclosure"
LONGEST_NAME = 60
"""A name of goods has no more characters, and no marks of clauses: with them it is copy."""
WARNING = 1
"""The severity of what will be a violation on a day that is known."""
ENOUGH = 8
"""So many numbers of one format and state a content: more of them can change nothing."""
SPOKEN = frozenset({Scene.LIVE_SPEECH, Scene.LIVE_CHAT})
"""Scenes in which numbers are heard or typed in haste: their digits are no proof of anything."""

Place = tuple[int, int, int]
"""The number of a part, and bounds in its folded view."""
Present = dict[str, "Place | None"]
"""The words of the table that stand in a content, and where each does first. Tokens stand nowhere."""


class _Concern(NamedTuple):
    """An industry that a content is about: how surely, and the word that showed it."""

    industry: Industry
    weight: int
    cue: Place | None = None


class _Context(NamedTuple):
    """What one content comes with while its duties are looked at."""

    content: Content
    parts: Sequence[PartReading]
    gate: Gate
    day: date
    present: Present


class DisclosureDetector:
    """Keeps the table of industries of one ruleset, with its words in one automaton."""

    def __init__(self, ruleset: Ruleset, reader: Reader) -> None:
        self._ruleset, self._reader, self._table = ruleset, reader, ruleset.industries
        industries, numbers = self._table.industries.values(), self._table.numbers
        words = {word for item in industries for word in _words_of(item)} - TOKENS
        words |= self._table.decoys
        words.update(word for number in numbers.values() for kind in number.kinds.values() for word in kind)
        words.update(gate for name in numbers for gate in FORMATS[name].gates)
        self._matcher = Matcher(sorted(words))
        wanted = {name for item in industries for need in item.needs for name in need.numbers}
        self._wanted = frozenset(wanted)
        self._gates = {name: FORMATS[name].gates for name in numbers if name in wanted or FORMATS[name].looks}
        signs = {word for item in industries for sign in item.signs for word in sign.any}
        self._triggers = signs.union(*self._gates.values())
        self._owner = {name: item for item in reversed([*industries]) for name in item.numbers}

    def detect(self, content: Content, parts: Sequence[PartReading], gate: Gate, day: date) -> list[Evidence]:
        """What is missing in a content, and what is wrong with its numbers."""
        if not self._live(CATEGORY, gate) or not parts:
            return []
        present = self._present(content, parts)
        if self._triggers.isdisjoint(present) and content.industry not in self._table.industries:
            return []
        context = _Context(content, parts, gate, day, present)
        concerns = list(self._concerns(content.industry, present))
        numbers = list(self._numbers(parts, present, day))
        given = Counter(found.format for _, found in numbers) + Counter(self._on_file(content, day))
        evidence = [] if content.scene in SPOKEN else list(self._wrong_numbers(context, numbers))
        for concern in concerns:
            evidence.extend(self._bans(context, concern))
            if not self._only_names(content, parts):
                evidence.extend(self._needs(context, concern, given))
        return evidence

    def _live(self, category: str, gate: Gate) -> bool:
        known = self._ruleset.categories.get(category)
        return known is not None and known.applies(gate.scene, advertising=gate.advertising)

    def _present(self, content: Content, parts: Sequence[PartReading]) -> Present:
        present: Present = {}
        if content.has_cart_link:
            present[CART] = None
        if content.author.role.trades:
            present[SELLER] = None
        words, decoys = self._matcher.words, self._table.decoys
        for number, part in enumerate(parts):
            hits = self._matcher.find(part.text)
            hidden = Hidden((start, end) for start, end, word in hits if words[word] in decoys)
            for start, end, word in hits:
                if words[word] not in present and not hidden.holds(start, end):
                    present[words[word]] = (number, start, end)
        return present

    def _concerns(self, declared: str | None, present: Present) -> Iterator[_Concern]:
        """The industry that was declared; else those that the text shows. Some concern every industry."""
        known = self._table.industries.get(declared or "")
        for item in self._table.industries.values():
            if item is known:
                yield _Concern(item, FULL_WEIGHT)
            elif (known is None or item.always) and item.signs and (cue := _shown(item.signs, present)):
                yield _Concern(item, UNSURE, cue[0])  # nobody declared the industry

    def _numbers(self, parts: Sequence[PartReading], present: Present, day: date) -> Iterator[tuple[int, Found]]:
        """Every number that stands in the parts, and what gives itself out as one; with the number of its part."""
        names = frozenset(
            name for name, gates in self._gates.items() if not gates or any(word in present for word in gates)
        )
        counts: dict[tuple[str, State], int] = defaultdict(int)
        for number, part in enumerate(parts if names else ()):
            view = self._reader.raw_view(part)
            for found in numbers_in(view.text, names, day):
                counts[found.format, found.state] += 1
                if counts[found.format, found.state] <= ENOUGH:
                    if not view.placed:
                        self._reader.place(view)
                    start, end = view.span(found.start, found.end)
                    yield number, found._replace(start=start, end=end)

    def _on_file(self, content: Content, day: date) -> Iterator[str]:
        """The formats of the numbers that the request names as held: those that fit and have not run out."""
        for text in content.qualifications:
            for found in numbers_in(self._ruleset.folding.visible(text), self._wanted, day):
                if found.state is State.VALID:
                    yield found.format

    def _wrong_numbers(self, context: _Context, numbers: Sequence[tuple[int, Found]]) -> Iterator[Evidence]:
        declared = self._table.industries.get(context.content.industry or "")
        for part, found in numbers:
            fault = found.state.value if found.state is not State.VALID else ""
            if not fault and self._claims_other(found, context.present):
                fault = "kind"
            owner = declared if declared and found.format in declared.numbers else self._owner.get(found.format)
            if fault and owner:
                yield Evidence(
                    source="disclosure",
                    category=CATEGORY,
                    rule=f"{CATEGORY}.{owner.code}.{found.format}_{fault}",
                    severity=owner.severity,
                    span=Span(context.parts[part].name, found.start, found.end),
                    laws=self._ruleset.citations(self._table.numbers[found.format].laws or owner.laws, context.day),
                    note=f"{fault}.{found.format}",
                )

    def _claims_other(self, found: Found, present: Present) -> bool:
        """Whether the text claims kinds of goods that the number contradicts, and not the one that it names."""
        kinds = self._table.numbers[found.format].kinds
        claimed = {kind for kind, words in kinds.items() if not words.isdisjoint(present)}
        return bool(found.kind and claimed) and found.kind not in claimed

    def _only_names(self, content: Content, parts: Sequence[PartReading]) -> bool:
        """Whether the text is the name of the goods and no more: that needs no review (三品一械广告审查办法 23)."""
        name = content.product or ""
        product = self._ruleset.folding.plain(name)
        return (
            0 < len(product) <= LONGEST_NAME
            and CLAUSE_MARKS.isdisjoint(name)
            and all(part.text in product for part in parts)
        )

    def _bans(self, context: _Context, concern: _Concern) -> Iterator[Evidence]:
        for ban in concern.industry.bans:
            if self._live(ban.category, context.gate):
                yield from self._duty(context, concern, ban, ban.category)

    def _needs(self, context: _Context, concern: _Concern, given: Counter[str]) -> Iterator[Evidence]:
        for need in concern.industry.needs:
            shown = need.numbers and sum(given[name] for name in need.numbers) >= need.count
            if not shown and need.words.isdisjoint(context.present):
                yield from self._duty(context, concern, need, CATEGORY)

    def _duty(self, context: _Context, concern: _Concern, duty: Duty, category: str) -> Iterator[Evidence]:
        """The evidence of a duty that was not met, if it binds this scene, day and text."""
        coming = duty.dates.coming(context.day)
        if context.content.scene not in duty.scenes or not (coming or duty.dates.holds(context.day)):
            return
        if duty.declared and concern.weight < FULL_WEIGHT:
            return
        shown = _shown(duty.when, context.present) if duty.when else (concern.cue,)
        if not shown:
            return
        begin = duty.dates.begin
        yield Evidence(
            source="disclosure",
            category=category,
            rule=f"{CATEGORY}.{concern.industry.code}.{duty.code}",
            severity=WARNING if coming else duty.severity,
            span=self._span(context.parts, shown[0]),
            laws=self._ruleset.citations(duty.laws, context.day),
            weight=concern.weight,
            note=f"{concern.industry.code}.{duty.code}",
            facts=((BINDS_FROM, begin.year * 10000 + begin.month * 100 + begin.day),) if coming and begin else (),
        )

    def _span(self, parts: Sequence[PartReading], cue: Place | None) -> Span:
        """The cue, or the whole first part where only a declaration says what the content is about."""
        if cue is None:
            return Span(parts[0].name, 0, len(parts[0].source))
        number, start, end = cue
        return Span(parts[number].name, *self._reader.folded_view(parts[number]).span(start, end))


def _shown(signs: Sequence[Sign], present: Present) -> tuple[Place | None] | None:
    """The first place of the word that shows a sign, in a tuple; ``None`` where no sign is shown."""
    for sign in signs:
        if sign.any.isdisjoint(present) or not sign.unless.isdisjoint(present):
            continue
        if not sign.beside or not sign.beside.isdisjoint(present):
            found = [present[word] for word in sign.any if word in present]
            return (min((place for place in found if place is not None), default=None),)
    return None


def _words_of(industry: Industry) -> Iterator[str]:
    for sign in (*industry.signs, *(sign for duty in industry.duties for sign in duty.when)):
        yield from (*sign.any, *sign.beside, *sign.unless)
    for need in industry.needs:
        yield from need.words
