"""Puts a verdict into plain data: the one shape that the command line, the API and files share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation.reasons import Language, Reasons
from moderation.suggest import REASONS

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset
    from moderation.suggest import Suggestion
    from moderation.types import Content, Evidence, Exemption, Span, Verdict


ERASED = {"erased": True}
"""Stands in what is told of a verdict once nothing is left of the text that it quotes."""


def render(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language = "zh") -> dict[str, Any]:
    """A verdict as JSON-ready data, with quotes from ``content`` and reasons in ``lang``.

    Members may be added, never removed: people script against this.
    """
    texts = {part.name: part.text for part in content.parts}
    reasons = Reasons(ruleset, content, lang)
    return {
        "action": verdict.action.code,
        "severity": verdict.severity,
        "categories": list(verdict.categories),
        "effects": list(verdict.effects),
        "evidence": [_evidence(item, texts, reasons) for item in verdict.evidence],
        "exemptions": [_exemption(item, texts, reasons) for item in verdict.exemptions],
        "proof": [reasons.proof(code) for code in verdict.proof],
        "advice": {code: _advice(ruleset, code, lang) for code in verdict.categories if code in ruleset.categories},
        "degraded": verdict.degraded,
        "missing": [{"source": item.source, "why": item.why} for item in verdict.missing],
        "matches_truncated": verdict.matches_truncated,
        "ruleset": verdict.ruleset,
        **(ERASED if (verdict.evidence or verdict.exemptions) and not any(texts.values()) else {}),
    }


def render_suggestion(
    suggestion: Suggestion, content: Content, ruleset: Ruleset, lang: Language = "zh"
) -> dict[str, Any]:
    """A suggestion as JSON-ready data. ``parts`` are the new texts; empty where there is none, and ``why`` says why."""
    texts = {part.name: part.text for part in content.parts}
    zh, en = REASONS.get(suggestion.reason, ("", ""))
    return {
        "edits": [{**edit._asdict(), "quote": texts[edit.part][edit.start : edit.end]} for edit in suggestion.edits],
        "parts": [{"name": part.name, "text": part.text} for part in suggestion.parts],
        "reason": suggestion.reason,
        "why": en if lang == "en" else zh,
        "needed": [ruleset.industries.tell(note, lang) for note in suggestion.needed],
    }


def _evidence(item: Evidence, texts: dict[str, str], reasons: Reasons) -> dict[str, Any]:
    place = _place(item.span, texts)
    return {
        "source": item.source,
        "category": item.category,
        "rule": item.rule,
        **place,
        "folds": list(item.folds),
        "laws": list(item.laws),
        "severity": item.severity,
        "weight": item.weight,
        "reason": reasons.found(item, place["text"]),
        "note": item.note,
        "facts": dict(item.facts),
        "why": reasons.why(item),
        "tried": reasons.tried(item),
        "proof": reasons.would_help(item),
    }


def _exemption(item: Exemption, texts: dict[str, str], reasons: Reasons) -> dict[str, Any]:
    rule = reasons.rule(item.code)
    return {
        "category": item.category,
        "rule": item.rule,
        **_place(item.span, texts),
        "code": item.code,
        "reason": reasons.excused(item),
        "name": reasons.name(item.code),
        "laws": list(reasons.laws(item.code)),
        "proof": [reasons.proof(item.code)] if rule and rule.proof_zh else [],
    }


def _place(span: Span, texts: dict[str, str]) -> dict[str, Any]:
    return {
        "part": span.part,
        "start": span.start,
        "end": span.end,
        "text": texts[span.part][span.start : span.end],
    }


def _advice(ruleset: Ruleset, code: str, lang: Language) -> str:
    category = ruleset.categories[code]
    return category.advice_en if lang == "en" else category.advice_zh
