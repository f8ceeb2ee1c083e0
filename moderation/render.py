"""Puts a verdict into words and plain data: the one shape that the command line, the API and files share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Evidence, Exemption, Verdict

Language = Literal["zh", "en"]

FOLD_NAMES = {
    "case": ("大小写", "letter case"),
    "width": ("全角", "full width"),
    "compat": ("兼容字形", "compatibility form"),
    "traditional": ("繁体或异体", "traditional form"),
    "lookalike": ("形近字符", "look-alike"),
    "invisible": ("零宽字符", "invisible character"),
    "bidi": ("双向控制符", "bidi control"),
    "marks": ("组合符号", "combining mark"),
    "space": ("空白", "blank"),
    "punctuation": ("标点", "punctuation"),
    "symbol": ("符号", "symbol"),
    "emoji": ("表情", "emoji"),
    "repeat": ("重复", "repetition"),
}
"""What a reader calls each fold, in Chinese and English."""
EXEMPTION_NAMES = {
    "allow_term": ("属于允许词的一部分", "part of an allowed expression"),
    "word_boundary": ("跨越词语边界，不构成该词", "not a word here: it crosses a word boundary"),
}


def render(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language = "zh") -> dict[str, Any]:
    """A verdict as JSON-ready data, with quotes from ``content`` and reasons in ``lang``."""
    texts = {part.name: part.text for part in content.parts}
    return {
        "action": verdict.action.code,
        "severity": verdict.severity,
        "categories": list(verdict.categories),
        "effects": list(verdict.effects),
        "evidence": [_evidence(item, texts, ruleset, lang) for item in verdict.evidence],
        "exemptions": [_exemption(item, texts, lang) for item in verdict.exemptions],
        "proof": list(verdict.proof),
        "suggestions": list(verdict.suggestions),
        "advice": {code: _advice(ruleset, code, lang) for code in verdict.categories if code in ruleset.categories},
        "degraded": verdict.degraded,
        "missing": [{"source": item.source, "why": item.why} for item in verdict.missing],
        "matches_truncated": verdict.matches_truncated,
        "ruleset": verdict.ruleset,
    }


def reason(item: Evidence, quote: str, ruleset: Ruleset, lang: Language = "zh") -> str:
    """Why this is evidence, in one sentence."""
    name = _name(ruleset, item.category, lang)
    hidden = [FOLD_NAMES[fold] for fold in item.folds]
    if lang == "en":
        seen = f", seen through {', '.join(name for _, name in hidden)}" if hidden else ""
        law = f"; {', '.join(item.laws)}" if item.laws else ""
        return f"“{quote}”: {name}{seen}{law}"
    seen = f"（已还原：{'、'.join(name for name, _ in hidden)}）" if hidden else ""
    law = f"，依据{'、'.join(item.laws)}" if item.laws else ""
    return f"“{quote}”{seen}属于{name}{law}"


def _evidence(item: Evidence, texts: dict[str, str], ruleset: Ruleset, lang: Language) -> dict[str, Any]:
    span = item.span
    quote = texts[span.part][span.start : span.end]
    return {
        "category": item.category,
        "rule": item.rule,
        "part": span.part,
        "start": span.start,
        "end": span.end,
        "text": quote,
        "folds": list(item.folds),
        "laws": list(item.laws),
        "severity": item.severity,
        "weight": item.weight,
        "reason": reason(item, quote, ruleset, lang),
    }


def _exemption(item: Exemption, texts: dict[str, str], lang: Language) -> dict[str, Any]:
    span = item.span
    zh, en = EXEMPTION_NAMES[item.code]
    return {
        "category": item.category,
        "rule": item.rule,
        "part": span.part,
        "start": span.start,
        "end": span.end,
        "text": texts[span.part][span.start : span.end],
        "code": item.code,
        "reason": en if lang == "en" else zh,
    }


def _name(ruleset: Ruleset, code: str, lang: Language) -> str:
    """What people call a category; its code where an old verdict names one that the rules have dropped since."""
    category = ruleset.categories.get(code)
    if category is None:
        return code
    return category.en if lang == "en" else category.zh


def _advice(ruleset: Ruleset, code: str, lang: Language) -> str:
    category = ruleset.categories[code]
    return category.advice_en if lang == "en" else category.advice_zh
