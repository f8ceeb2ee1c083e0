"""Contents and verdicts as stored bytes, and back.

What is left at its default is left out, so that new optional fields change neither old bytes nor their commitments.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from moderation.types import (
    Action,
    Author,
    Content,
    Effect,
    Evidence,
    Exemption,
    Followed,
    Missing,
    Part,
    Passage,
    Proof,
    Role,
    Scene,
    Span,
    Verdict,
)
from service.acts import canonical
from service.ids import from_stamp
from service.vault import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING_MORE = b"{}"
"""The ``verdict_blob`` of a verdict that its columns tell whole."""
_OPTIONAL = ("room", "commercial", "industry", "product", "offset_ms", "reply_to")


def content_body(content: Content) -> bytes:
    """The canonical bytes of what a content says and is: everything but its id, version, tenant and time.

    Two contents with the same bytes are the same version. Raises ``ValueError`` for text that is not Unicode (a lone
    surrogate).
    """
    told: dict[str, Any] = {"scene": content.scene, "parts": [[part.name, part.text] for part in content.parts]}
    if content.author.id is not None or content.author.role is not Role.USER:
        told["author"] = [content.author.id, content.author.role]
    if content.author.age_days is not None:
        told["age_days"] = content.author.age_days
    for name in _OPTIONAL:
        if (value := getattr(content, name)) is not None:
            told[name] = value
    if content.has_cart_link:
        told["has_cart_link"] = True
    if content.qualifications:
        told["qualifications"] = content.qualifications
    if content.proofs or content.script is not None:
        told |= _bound(content)
    try:
        return canonical(told)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"content cannot be stored: {error}") from error


def content_from(body: bytes, *, tenant: str, content_id: str, version: int, published_at: str) -> Content:
    """The content that ``content_body`` wrote, as it was judged."""
    told = told_in(body)
    author_id, role = told.get("author", (None, Role.USER))
    parts = tuple(Part(name, text) for name, text in told["parts"])
    return Content(
        scene=Scene(told["scene"]),
        parts=parts,
        at=from_stamp(published_at),
        id=content_id,
        version=version,
        tenant=tenant,
        author=Author(id=author_id, role=Role(role), age_days=told.get("age_days")),
        has_cart_link=told.get("has_cart_link", False),
        qualifications=tuple(told.get("qualifications", ())),
        proofs=tuple(_proof(*proof) for proof in told.get("proofs", ())),
        script=_script(told["script"], parts) if "script" in told else None,
        **{name: told[name] for name in _OPTIONAL if name in told},
    )


def _bound(content: Content) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if content.proofs:
        told["proofs"] = [_proof_told(proof) for proof in content.proofs]
    if content.script is not None:
        told["script"] = _script_told(content.script, part_numbers(content))
    return told


def _proof_told(proof: Proof) -> list[Any]:
    days = [day and day.isoformat() for day in (proof.begins, proof.expires)]
    return [proof.id, proof.claims, *days]


def _proof(name: str, claims: Sequence[str], begins: str | None, expires: str | None) -> Proof:
    first, last = (date.fromisoformat(day) if day else None for day in (begins, expires))
    return Proof(id=name, claims=tuple(claims), begins=first, expires=last)


def _script_told(script: Followed, numbers: Mapping[str, int]) -> list[Any]:
    return [script.digest, script.covered, [(numbers[part], *rest) for part, *rest in script.passages]]


def _script(told: Sequence[Any], parts: Sequence[Part]) -> Followed:
    digest, covered, passages = told
    heard = (
        Passage(parts[number].name, start, end, text, alike, tuple(proofs))
        for number, start, end, text, alike, proofs in passages
    )
    return Followed(digest=digest, covered=covered, passages=tuple(heard))


def text_of(body: bytes) -> str:
    """What a stored content says, its parts line by line; empty where it was erased."""
    return "\n".join(text for _, text in told_in(body)["parts"])


def told_in(body: bytes) -> dict[str, Any]:
    """What stored bytes tell, be they sealed or not; one empty part where they were erased."""
    plain = opened(body)
    return orjson.loads(plain) if plain else {"scene": Scene.UGC, "parts": [["text", ""]]}


def part_numbers(content: Content) -> dict[str, int]:
    """The place of each part by its name. Names are the caller's words, so records outside ``contents`` use these."""
    return {part.name: number for number, part in reversed(list(enumerate(content.parts)))}


def verdict_blob(verdict: Verdict, content: Content) -> bytes:
    """What the decision's own columns do not say: spans and codes, since evidence carries no text. Canonical bytes."""
    told: dict[str, Any] = {}
    if verdict.evidence or verdict.exemptions:
        numbers = part_numbers(content)
        told["evidence"] = [_evidence_told(evidence, numbers) for evidence in verdict.evidence]
        told["exemptions"] = [_exemption_told(exemption, numbers) for exemption in verdict.exemptions]
    if verdict.categories:
        told["categories"] = verdict.categories
    if verdict.effects:
        told["effects"] = verdict.effects
    if verdict.proof:
        told["proof"] = verdict.proof
    if verdict.missing:
        told["missing"] = verdict.missing
    if verdict.matches_truncated:
        told["matches_truncated"] = verdict.matches_truncated
    return canonical(told) if told else NOTHING_MORE


def verdict_from(  # noqa: PLR0913 - the columns that hold a verdict
    blob: bytes, content: Content, *, action: str, severity: int, degraded: bool, ruleset: str
) -> Verdict:
    """The verdict that ``verdict_blob`` and the decision's columns hold."""
    names = [part.name for part in content.parts]
    return verdict_told(orjson.loads(blob), names, action=action, severity=severity, degraded=degraded, ruleset=ruleset)


def verdict_told(  # noqa: PLR0913 - what a verdict is told by
    told: Mapping[str, Any], names: Sequence[str], *, action: str, severity: int, degraded: bool, ruleset: str
) -> Verdict:
    """The verdict of what ``verdict_blob`` wrote, as an act has it; ``names`` are those of the content's parts."""
    return Verdict(
        action=Action[action.upper()],
        severity=severity,
        categories=tuple(told.get("categories", ())),
        effects=tuple(map(Effect, told.get("effects", ()))),
        evidence=tuple(_evidence(item, names) for item in told.get("evidence", ())),
        ruleset=ruleset,
        exemptions=tuple(_exemption(item, names) for item in told.get("exemptions", ())),
        proof=tuple(told.get("proof", ())),
        missing=tuple(Missing(**missing) for missing in told.get("missing", ())),
        degraded=degraded,
        matches_truncated=told.get("matches_truncated", 0),
    )


def _evidence_told(evidence: Evidence, numbers: Mapping[str, int]) -> dict[str, Any]:
    span = evidence.span
    told = {
        "source": evidence.source,
        "category": evidence.category,
        "rule": evidence.rule,
        "severity": evidence.severity,
        "weight": evidence.weight,
        "span": (numbers[span.part], span.start, span.end),
    }
    if evidence.folds:
        told["folds"] = evidence.folds
    if evidence.laws:
        told["laws"] = evidence.laws
    if evidence.note:
        told["note"] = evidence.note
    if evidence.facts:
        told["facts"] = evidence.facts
    if evidence.tried:
        told["tried"] = evidence.tried
    return told


def _exemption_told(exemption: Exemption, numbers: Mapping[str, int]) -> dict[str, Any]:
    span = exemption.span
    return {
        "category": exemption.category,
        "rule": exemption.rule,
        "span": (numbers[span.part], span.start, span.end),
        "code": exemption.code,
        "note": exemption.note,
    }


def _span(told: Sequence[int], names: Sequence[str]) -> Span:
    number, start, end = told
    return Span(names[min(number, len(names) - 1)], start, end)  # of a content that was erased one part is left


def _evidence(told: Mapping[str, Any], names: Sequence[str]) -> Evidence:
    fixed = {
        "span": _span(told["span"], names),
        "folds": tuple(told.get("folds", ())),
        "laws": tuple(told.get("laws", ())),
        "tried": tuple(told.get("tried", ())),
        "facts": tuple((name, number) for name, number in told.get("facts", ())),
    }
    return Evidence(**{**told, **fixed})


def _exemption(told: Mapping[str, Any], names: Sequence[str]) -> Exemption:
    return Exemption(**{**told, "span": _span(told["span"], names)})
