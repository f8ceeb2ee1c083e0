"""Proofs and approved words: which claims of a content are exempt by what is on file, and which weigh more unannounced.

A proof covers the claim that it was filed for, word for word, never a part of it: 销量第一 alone is not covered by a
report on 2025年全国牙刷销量第一. In speech the words are compared by sound. What the law forbids whatever is proven (a
cure, a promised return, a claim that aggravates) stays what it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from moderation.types import FULL_WEIGHT, PROOF, SEVERE, SHANGHAI, TEXT, Evidence, Exemption, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moderation.detect.terms import Findings
    from moderation.ruleset import Ruleset
    from moderation.text.reading import PartReading, Reader
    from moderation.types import Content, Followed, Passage, Proof

PROVABLE: Final = frozenset({"absolute_claim", "false_fact_claim", "price_deception"})
"""Categories in which it is the missing proof that makes the violation (绝对化用语执法指南 6 and 7, 广告法 11, 28)."""
UNANNOUNCED: Final = 150
"""What an advertising claim weighs, in percent, that the approved script does not have."""
OFF_SCRIPT: Final = "off_script"
"""The fact that tells how little of the speech the script has, in thousandths."""
ADVERTISING: Final = "advertising"
_DIGITS: Final = str.maketrans(dict(zip("0123456789", "零一二三四五六七八九", strict=True)))
_SPOKEN: Final = frozenset({Scene.LIVE_SPEECH})


class _Shelter(NamedTuple):
    """A stretch of a part that a valid proof covers."""

    part: str
    start: int
    end: int
    proof: str


def sounding(text: str, ruleset: Ruleset) -> str:
    """How a text sounds: toneless, dialects' mergers merged, digits as they are read; one code a folded character."""
    return ruleset.folding.plain(text).translate(_DIGITS).translate(ruleset.variants.sounds.fuzzy)


def named_in(content: Content, proofs: Iterable[Proof], ruleset: Ruleset) -> tuple[Proof, ...]:
    """Those proofs of which a claim stands in a content, with those claims alone: all that its verdict can rest on."""
    texts = [_heard(part.text, content.scene, ruleset) for part in content.parts]
    found = []
    for proof in proofs:
        claims = tuple(
            claim
            for claim in proof.claims
            if (sought := _heard(claim, content.scene, ruleset)) and any(sought in text for text in texts)
        )
        if claims:
            found.append(replace(proof, claims=claims))
    return tuple(found)


def settle(
    findings: Findings, content: Content, reading: Sequence[PartReading], reader: Reader, ruleset: Ruleset
) -> None:
    """Take what proofs cover out of the evidence, and weigh claims more that the approved script does not have."""
    day = content.at.astimezone(SHANGHAI).date()
    valid = [proof for proof in content.proofs if proof.holds(day)]
    shelters = list(_shelters(valid, content.scene, reading, reader, ruleset))
    texts = {part.name: part.source for part in reading}
    kept: list[Evidence] = []
    for item in findings.evidence:
        part, start, end = item.span
        words = sounding(texts[part][start:end], ruleset) if content.script is not None else ""
        passage = _saying(words, item, content.script, ruleset)
        proof = _covered(item, shelters) or (passage and _proven(words, passage, valid, ruleset))
        if proof and item.category in PROVABLE and item.severity < SEVERE and item.source != TEXT:
            findings.exemptions.append(Exemption(item.category, item.rule, item.span, PROOF, proof))
        elif passage is None and content.script is not None:
            kept.append(_unannounced(item, content.script, ruleset))
        else:
            kept.append(item)
    findings.evidence[:] = kept
    _note_proofs(findings, shelters)


def _heard(text: str, scene: Scene, ruleset: Ruleset) -> str:
    return sounding(text, ruleset) if scene in _SPOKEN else ruleset.folding.plain(text)


def _shelters(
    valid: Sequence[Proof], scene: Scene, reading: Sequence[PartReading], reader: Reader, ruleset: Ruleset
) -> Iterator[_Shelter]:
    """Where claims stand that are proven."""
    for part in reading if valid else ():
        view = reader.folded_view(part)
        text = _heard(part.source, scene, ruleset)
        for proof in valid:
            for claim in proof.claims:
                sought = _heard(claim, scene, ruleset)
                at = text.find(sought) if sought else -1
                while at >= 0:
                    yield _Shelter(part.name, *view.span(at, at + len(sought)), proof.id)
                    at = text.find(sought, at + len(sought))


def _covered(item: Evidence | Exemption, shelters: Sequence[_Shelter]) -> str:
    """The proof in whose shelter something stands; empty where none is."""
    part, start, end = item.span
    return next((one.proof for one in shelters if one.part == part and one.start <= start and end <= one.end), "")


def _saying(words: str, item: Evidence, script: Followed | None, ruleset: Ruleset) -> Passage | None:
    """The passage of the script that says this very thing where the speech says it."""
    part, start, end = item.span
    for passage in script.passages if script is not None else ():
        near = passage.part == part and passage.start <= start and end <= passage.end
        if near and words and words in sounding(passage.text, ruleset):
            return passage
    return None


def _proven(words: str, passage: Passage, valid: Sequence[Proof], ruleset: Ruleset) -> str:
    """The proof that the script names for that passage, if the words are those of its claim."""
    named = (proof for proof in valid if proof.id in passage.proofs)
    return next((one.id for one in named if any(words in sounding(claim, ruleset) for claim in one.claims)), "")


def _unannounced(item: Evidence, script: Followed, ruleset: Ruleset) -> Evidence:
    category = ruleset.categories.get(item.category)
    if category is None or category.group != ADVERTISING or item.source == TEXT:
        return item
    weight = min(FULL_WEIGHT, item.weight * UNANNOUNCED // 100)
    return item._replace(weight=weight, facts=(*item.facts, (OFF_SCRIPT, 1000 - script.covered)))


def _note_proofs(findings: Findings, shelters: Sequence[_Shelter]) -> None:
    """Exemptions of the claims table that ask for proof on file name the one that is there."""
    for place, item in enumerate(findings.exemptions):
        if item.note or item.code not in findings.proof:
            continue
        if proof := _covered(item, shelters):
            findings.exemptions[place] = item._replace(note=proof)
    asked = {item.code for item in findings.exemptions if item.code in findings.proof and not item.note}
    asked |= {item.note for item in findings.evidence}
    findings.proof[:] = [code for code in findings.proof if code in asked]
