"""What clients are told about live shows: proofs, products, scripts with their reports, shows, alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from moderation.reasons import Reasons
from moderation.render import render, render_suggestion
from service.http.answers import Answered
from service.ids import now

if TYPE_CHECKING:
    from datetime import date

    from moderation.reasons import Language
    from service.duty.alerts import Alert
    from service.duty.products import Product
    from service.duty.proofs import OnFile
    from service.duty.report import Lacking, Report, ReportLine
    from service.duty.scripts import Version
    from service.duty.shows import Correction, Done, Show


class ProofShown(Answered):
    """A proof on file."""

    id: str
    claims: list[str]
    file_sha256: str
    source: str
    period: str
    scope: str
    valid_from: str | None
    valid_to: str | None
    state: str = Field(description="valid, coming, expired or withdrawn")
    filed_at: str
    filed_by: str
    ended_at: str | None


class ProofsShown(Answered):
    """Proofs, newest first."""

    proofs: list[ProofShown]
    next: str | None


class CertificateShown(Answered):
    """A certificate of a product."""

    kind: str
    number: str
    valid_to: str | None
    state: str = Field(description="valid, ending (within 30 days) or expired")


class ProductShown(Answered):
    """A product."""

    product_id: str
    name: str
    industry: str | None
    certificates: list[CertificateShown]
    filed_at: str
    filed_by: str


class ProductsShown(Answered):
    """Products by id."""

    products: list[ProductShown]
    next: str | None


class Sentence(Answered):
    """A sentence of a script. ``start`` and ``end`` are code points in the text; evidence counts from ``start``."""

    number: int
    start: int
    end: int
    text: str
    product_id: str | None
    outcome: str = Field(description="pass, proof (lawful with what is or must be on file), review or block")
    severity: int
    categories: list[str]
    evidence: list[dict[str, Any]]
    exemptions: list[dict[str, Any]]
    proof: list[dict[str, Any]] = Field(description="what must be on file")
    rewrite: dict[str, Any] | None


class Owed(Answered):
    """What a product lacks."""

    product_id: str
    name: str
    industry: str | None
    certificates: list[CertificateShown]
    papers: list[str] = Field(description="what its industry must hold, as the law calls it (Chinese)")
    lacking: list[dict[str, Any]]


class ReportShown(Answered):
    """What the law says of a script, sentence by sentence."""

    ruleset: str
    day: str
    counts: dict[str, int]
    sentences: list[Sentence]
    products: list[Owed]


class ScriptShown(Answered):
    """A version of a script."""

    script_id: str
    version: int
    title: str
    text: str
    digest: str
    products: list[str]
    proofs: list[str]
    filed_at: str
    filed_by: str
    approved_at: str | None
    approved_by: str | None
    voided_at: str | None = Field(description="when a later version ended the approval")
    approved: bool
    note: str


class ScriptReported(ScriptShown):
    """A version with its report."""

    report: ReportShown


class ScriptsShown(Answered):
    """The newest version of each script."""

    scripts: list[ScriptShown]
    next: str | None


class VersionsShown(Answered):
    """The versions of a script, newest first."""

    versions: list[ScriptShown]


class DiffShown(Answered):
    """Two versions, sentence by sentence."""

    lines: list[dict[str, Any]]


class CheckShown(Answered):
    """A check of a host's identity."""

    host_id: str
    method: str
    checked_on: str
    by: str
    at: str


class ShowShown(Answered):
    """A show."""

    id: str
    room_id: str
    script_id: str | None
    products: list[str]
    proofs: list[str]
    hosts: list[CheckShown]
    started_at: str
    started_by: str
    ended_at: str | None
    ended_by: str | None
    gaps: list[dict[str, str]] = Field(description="what Order 117 asks for and is not there: code and subject")


class ShowsShown(Answered):
    """Shows."""

    shows: list[ShowShown]
    next: str | None


class CorrectionShown(Answered):
    """A correction on air."""

    id: str
    room_id: str
    show_id: str | None
    host_id: str | None
    category: str
    claim: dict[str, Any]
    correction: dict[str, Any]
    seconds_between: float
    recorded_at: str


class CorrectionsShown(Answered):
    """The corrections of a show."""

    corrections: list[CorrectionShown]


class ActShown(Answered):
    """What a person did in a room."""

    act: int
    kind: str
    target: str | None
    text: str
    by: dict[str, str]
    at: str
    until: str | None = Field(description="when a mute ends by itself; null: once it is lifted")
    over: bool = Field(description="whether it has ended by itself")


class ActsShown(Answered):
    """What people did in a room, newest first."""

    acts: list[ActShown]


class AlertShown(Answered):
    """An alert."""

    id: str
    kind: str
    subject: str
    facts: dict[str, Any]
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: dict[str, str] | None


class AlertsShown(Answered):
    """Alerts, newest first; ``open`` counts those that nobody acknowledged, up to 99."""

    alerts: list[AlertShown]
    open: int
    next: str | None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def proof_told(proof: OnFile, today: date) -> dict[str, Any]:
    """A proof as JSON-ready data."""
    return {
        "id": proof.value.id,
        "claims": list(proof.value.claims),
        "file_sha256": proof.file,
        "source": proof.source,
        "period": proof.period,
        "scope": proof.scope,
        "valid_from": _day(proof.value.begins),
        "valid_to": _day(proof.value.expires),
        "state": proof.state(today),
        "filed_at": proof.filed_at,
        "filed_by": proof.by,
        "ended_at": proof.ended_at,
    }


def _papers(product: Product, today: date) -> list[dict[str, Any]]:
    return [
        {"kind": one.kind, "number": one.number, "valid_to": _day(one.valid_to), "state": one.state(today)}
        for one in product.papers
    ]


def product_told(product: Product, today: date) -> dict[str, Any]:
    """A product as JSON-ready data."""
    return {
        "product_id": product.id,
        "name": product.name,
        "industry": product.industry,
        "certificates": _papers(product, today),
        "filed_at": product.filed_at,
        "filed_by": product.by,
    }


def script_told(version: Version) -> dict[str, Any]:
    """A version as JSON-ready data."""
    return {
        "script_id": version.script,
        "version": version.version,
        "title": version.title,
        "text": version.text,
        "digest": version.digest,
        "products": list(version.products),
        "proofs": list(version.proofs),
        "filed_at": version.filed_at,
        "filed_by": version.by,
        "approved_at": version.approved_at,
        "approved_by": version.approved_by,
        "voided_at": version.voided_at,
        "approved": version.approved,
        "note": version.note,
    }


def report_told(report: Report, lang: Language) -> dict[str, Any]:
    """A report as JSON-ready data, in the reader's language."""
    today = Reasons(report.ruleset, report.lines[0].content, lang).day if report.lines else report.at.date()
    return {
        "ruleset": report.ruleset.fingerprint,
        "day": today.isoformat(),
        "counts": report.counts,
        "sentences": [_sentence(line, report, lang) for line in report.lines],
        "products": [_owed(one, report, lang, today) for one in report.products],
    }


def _sentence(line: ReportLine, report: Report, lang: Language) -> dict[str, Any]:
    number, start, end = line.sentence
    told = render(line.verdict, line.content, report.ruleset, lang)
    rewrite = line.rewrite
    return {
        "number": number,
        "start": start,
        "end": end,
        "text": report.text[start:end],
        "product_id": line.product or None,
        "outcome": line.outcome,
        "severity": told["severity"],
        "categories": told["categories"],
        "evidence": told["evidence"],
        "exemptions": told["exemptions"],
        "proof": told["proof"],
        "rewrite": render_suggestion(rewrite, line.content, report.ruleset, lang) if rewrite is not None else None,
    }


def _owed(one: Lacking, report: Report, lang: Language, today: date) -> dict[str, Any]:
    reasons = Reasons(report.ruleset, one.content, lang)
    lacking = [
        {"rule": item.rule, "severity": item.severity, "laws": list(item.laws), "why": reasons.why(item)}
        for item in one.evidence
    ]
    product = one.product
    industry = report.ruleset.industries.industries.get(product.industry or "")
    return {
        "product_id": product.id,
        "name": product.name,
        "industry": product.industry,
        "certificates": _papers(product, today),
        "papers": list(industry.papers) if industry is not None else [],
        "lacking": lacking,
    }


def show_told(show: Show, gaps: list[dict[str, str]]) -> dict[str, Any]:
    """A show as JSON-ready data, with what is not in order."""
    return {
        "id": show.id,
        "room_id": show.room,
        "script_id": show.script,
        "products": list(show.products),
        "proofs": list(show.proofs),
        "hosts": [
            {"host_id": one.host, "method": one.method, "checked_on": one.checked_on, "by": one.by, "at": one.at}
            for one in show.hosts
        ],
        "started_at": show.started_at,
        "started_by": show.by,
        "ended_at": show.ended_at,
        "ended_by": show.ended_by,
        "gaps": gaps,
    }


def act_told(done: Done) -> dict[str, Any]:
    """What a person did, as JSON-ready data."""
    return {
        "act": done.act,
        "kind": done.kind,
        "target": done.target,
        "text": done.text,
        "by": {"id": done.user, "name": done.name},
        "at": done.at,
        "until": done.until,
        "over": done.until is not None and done.until <= now(),
    }


def correction_told(one: Correction, seconds: float) -> dict[str, Any]:
    """A correction as JSON-ready data."""
    return {
        "id": one.id,
        "room_id": one.room,
        "show_id": one.show,
        "host_id": one.host,
        "category": one.category,
        "claim": {
            "content_id": one.content_id,
            "text": one.words,
            "start": one.start,
            "end": one.end,
            "offset_ms": one.offset_ms,
            "said_at": one.claimed_at,
        },
        "correction": {
            "content_id": one.correction_id,
            "text": one.correction_words,
            "start": one.correction_start,
            "end": one.correction_end,
            "offset_ms": one.correction_offset_ms,
            "said_at": one.corrected_at,
        },
        "seconds_between": seconds,
        "recorded_at": one.recorded_at,
    }


def alert_told(alert: Alert) -> dict[str, Any]:
    """An alert as JSON-ready data."""
    who = {"id": alert.acknowledged_by, "name": alert.name or ""} if alert.acknowledged_by else None
    return {
        "id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "facts": dict(alert.facts),
        "raised_at": alert.raised_at,
        "acknowledged_at": alert.acknowledged_at,
        "acknowledged_by": who,
    }
