"""The report on a script before the show: sentence by sentence what the law says, and for each product what is lacking.

Sentences are judged one by one, since claims do not cross them; what a product must disclose may stand in any sentence
that is about it, so those are judged together.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.policy import Weighed, decide
from moderation.proof import named_in
from moderation.script import MOST_SENTENCES, Named, about, sentences
from moderation.types import PROOF, SHANGHAI, Action, Author, Content, Evidence, Part, Role, Scene
from service.sitting import to_hear
from service.suggesting import suggestions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from moderation.engine import Case, Engine, Reading
    from moderation.ruleset import Ruleset
    from moderation.script import Sentence
    from moderation.suggest import Suggestion
    from moderation.types import Proof, Verdict
    from service.chamber import Does
    from service.duty.products import Product
    from service.ports import Expert

SCRIPT: Final = "script"
DISCLOSURE: Final = "missing_disclosure"
MOST_REWRITES: Final = 60
"""So many sentences get a rewrite: each takes up to 25 examinations."""
_SLICE: Final = 64
_NUMBERS: Final = ("_malformed", "_expired", "_kind")
"""How findings about a number end that stands in the sentence itself."""


class ReportLine(NamedTuple):
    """One sentence with its verdict; ``product`` is the id of what it is about, empty for nothing in particular."""

    sentence: Sentence
    product: str
    content: Content
    verdict: Verdict
    rewrite: Suggestion | None = None

    @property
    def outcome(self) -> str:
        """``block``, ``review``, ``proof`` (lawful with what is or must be on file) or ``pass``."""
        if self.verdict.action is not Action.PASS:
            return self.verdict.action.code
        proven = self.verdict.proof or any(item.code == PROOF for item in self.verdict.exemptions)
        return "proof" if proven else "pass"


class Lacking(NamedTuple):
    """What a product's sentences must say and do not."""

    product: Product
    content: Content
    evidence: tuple[Evidence, ...]


class Report(NamedTuple):
    """All of it, under one ruleset, for a day."""

    text: str
    at: datetime
    ruleset: Ruleset
    lines: tuple[ReportLine, ...]
    products: tuple[Lacking, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many sentences came to what, and how many products lack something."""
        told = dict.fromkeys(("pass", "proof", "review", "block"), 0)
        for line in self.lines:
            told[line.outcome] += 1
        return {**told, "sentences": len(self.lines), "lacking": sum(bool(one.evidence) for one in self.products)}


class Matter(NamedTuple):
    """What is to be reported on. ``at`` is aware; its day decides which law applies and which proofs hold."""

    text: str
    products: Sequence[Product]
    proofs: Sequence[Proof]
    at: datetime

    @property
    def day(self) -> date:
        """The day in Shanghai."""
        return self.at.astimezone(SHANGHAI).date()


async def report(engine: Engine, matter: Matter, hearing: Expert | None, does: Does = asyncio.to_thread) -> Report:
    """Judges a script, piece by piece where ``does`` has it done; the text expert is heard sentence by sentence."""
    found = sentences(matter.text)[:MOST_SENTENCES]
    named = [Named(one.id, one.name) for one in matter.products]
    meant = await does(about, matter.text, found, named)
    contents = await does(_contents, engine.ruleset, matter, found, meant)
    verdicts: list[Verdict] = []
    for start in range(0, len(contents), _SLICE):
        cases = await does(_cases, engine, contents[start : start + _SLICE])
        answers = [None if one is None else await one for one in to_hear(cases, hearing)]
        verdicts += [
            _own(engine, case, case.conclude() if answer is None else case.conclude(answer))
            for case, answer in zip(cases, answers, strict=True)
        ]
    lines = [ReportLine(*one) for one in zip(found, meant, contents, verdicts, strict=True)]
    rewritten = await _rewritten(engine, lines, hearing, does)
    lacking = await does(_lacking, engine, matter, found, meant)
    return Report(matter.text, matter.at, engine.ruleset, tuple(rewritten), tuple(lacking))


def sentence(text: str, at: datetime, **more: object) -> Content:
    """A sentence of a script as a content."""
    return Content(scene=Scene.LIVE_SCRIPT, parts=(Part(SCRIPT, text),), at=at, author=Author(role=Role.HOST), **more)  # type: ignore[arg-type]


def proven_sentences(text: str, proofs: Sequence[Proof], at: datetime, ruleset: Ruleset) -> dict[int, tuple[str, ...]]:
    """For the sentences in which a claim stands that one of the proofs is for: its number, and their ids."""
    found = {
        number: tuple(one.id for one in named_in(sentence(text[start:end], at), proofs, ruleset))
        for number, start, end in sentences(text)[:MOST_SENTENCES]
    }
    return {number: ids for number, ids in found.items() if ids}


def _contents(ruleset: Ruleset, matter: Matter, found: Sequence[Sentence], meant: Sequence[str]) -> list[Content]:
    held = {product.id: product.numbers(matter.day) for product in matter.products}
    contents = []
    for (_, start, end), product in zip(found, meant, strict=True):
        content = sentence(matter.text[start:end], matter.at, qualifications=held.get(product, ()))
        contents.append(replace(content, proofs=named_in(content, matter.proofs, ruleset)))
    return contents


def _cases(engine: Engine, contents: Sequence[Content]) -> list[Case]:
    return [engine.examine(one) for one in contents]


def _own(engine: Engine, case: Case, verdict: Verdict) -> Verdict:
    """The verdict without what one sentence cannot owe by itself: disclosures, which are looked at by product."""
    mine = tuple(item for item in verdict.evidence if not _is_owed(item))
    if mine == verdict.evidence:
        return verdict
    weighed = Weighed(mine, verdict.exemptions, verdict.proof, verdict.missing, verdict.matches_truncated)
    return decide(case.policy, engine.ruleset, weighed)


def _is_owed(item: Evidence) -> bool:
    return item.category == DISCLOSURE and not item.rule.endswith(_NUMBERS)


async def _rewritten(
    engine: Engine, lines: Sequence[ReportLine], hearing: Expert | None, does: Does
) -> list[ReportLine]:
    asked = [line for line in lines if line.verdict.action is not Action.PASS][:MOST_REWRITES]
    found = await suggestions(engine, [line.content for line in asked], hearing, does)
    rewrites = {line.sentence: one for line, one in zip(asked, found, strict=True)}
    return [line._replace(rewrite=rewrites.get(line.sentence)) for line in lines]


def _lacking(engine: Engine, matter: Matter, found: Sequence[Sentence], meant: Sequence[str]) -> list[Lacking]:
    told = []
    readings: dict[str, Reading] = {}  # most products share theirs: what no sentence names is said of all
    for product in matter.products:
        said = "".join(
            matter.text[start:end]
            for (_, start, end), whose in zip(found, meant, strict=True)
            if whose in {"", product.id}
        )
        said = said or product.name
        content = sentence(
            said,
            matter.at,
            industry=product.industry,
            product=product.name,
            qualifications=product.numbers(matter.day),
        )
        if said not in readings:
            readings[said] = engine.read(content)
        evidence = engine.owed(content, readings[said])
        told.append(Lacking(product, content, tuple(item for item in evidence if _is_owed(item))))
    return told
