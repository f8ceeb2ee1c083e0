"""Statements of reasons for the DSA Transparency Database: one a restriction, 100 at most in a batch. No personal data.

Facts tell which rule found something, of which category and where, never what the content says. The identifier (puid)
is that of the decision, so that a batch may be handed in again.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.audit.records import DECIDED, categories_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.audit.records import Record

BATCH: Final = 100
FOLDER: Final = "dsa"
_TOLD: Final = tomllib.loads(Path(__file__).with_name("dsa.toml").read_text(encoding="utf-8"))["category"]
_OTHER: Final = ("OTHER_VIOLATION_TC", "OTHER")
_DAY: Final = 10
_FACTS, _GROUND = 5000, 500
_FIRST_DAY: Final = "2000-01-01"
_LAST_DAY: Final = "2038-01-01"
_BY: Final = {"decision.auto": "AUTOMATED_DECISION_FULLY", "decision.timeout": "AUTOMATED_DECISION_FULLY"}
_LANGUAGE: Final = "ZH"


def restricts(kind: str, facts: dict[str, Any]) -> bool:
    """Whether an act restricts a content."""
    return kind in DECIDED and facts.get("action") == "block"


def statement(record: Record) -> dict[str, Any]:
    """The statement of a decision that restricts a content."""
    facts = record.facts
    verdict = verdict_of(facts)
    codes = categories_of(facts)
    told = [tuple(_TOLD.get(code, _OTHER)) for code in codes] or [_OTHER]
    categories = list(dict.fromkeys(category for category, _ in told))
    keywords = list(dict.fromkeys(keyword for _, keyword in told))
    laws = list(dict.fromkeys(law for one in verdict.get("evidence", ()) for law in one.get("laws", ())))
    made: dict[str, Any] = {
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_facts": _facts(verdict.get("evidence", ()), facts),
        "category": f"STATEMENT_CATEGORY_{categories[0]}",
        "category_addition": [f"STATEMENT_CATEGORY_{one}" for one in categories[1:]],
        "category_specification": [f"KEYWORD_{one}" for one in keywords],
        "content_type": ["CONTENT_TYPE_TEXT"],
        "content_language": _LANGUAGE,
        "content_date": _day(str(facts.get("published_at") or record.at), _FIRST_DAY),
        "application_date": _day(record.at, "2020-01-01"),
        "end_date_visibility_restriction": None,
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes" if verdict.get("evidence") or record.kind != "decision.human" else "No",
        "automated_decision": _BY.get(record.kind, "AUTOMATED_DECISION_PARTIALLY"),
        "puid": record.subject,
        **_ground(laws, codes),
    }
    if "OTHER" in keywords:
        made["category_specification_other"] = "; ".join(codes)[:_GROUND] or "other"
    return made


def write_batches(records: Iterable[Record], folder: Path) -> int:
    """Writes ``dsa/statements-00001.json`` and so on, each as one request takes it; gives how many statements."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for batch in _batches(records):
        path = folder / f"statements-{number // BATCH + 1:05d}.json"
        path.write_bytes(orjson.dumps({"statements": batch}))
        number += len(batch)
    return number


def _batches(records: Iterable[Record]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for record in records:
        if restricts(record.kind, record.facts):
            batch.append(statement(record))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _ground(laws: list[str], codes: list[str]) -> dict[str, str]:
    """Illegal where an article is cited, incompatible with the terms elsewhere."""
    named = ", ".join(codes) or "other"
    if laws:
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": "; ".join(laws)[:_GROUND],
            "illegal_content_explanation": f"The content falls under {named}, which these articles forbid."[:2000],
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": f"Terms of the platform: {named}"[:_GROUND],
        "incompatible_content_explanation": f"The content falls under {named}, which the terms exclude."[:2000],
        "incompatible_content_illegal": "No",
    }


def _facts(evidence: Iterable[dict[str, Any]], facts: dict[str, Any]) -> str:
    found = [
        f"{one['category']} by rule {one['rule']} at part {one['span'][0]}, {one['span'][1]}-{one['span'][2]}"
        for one in evidence
    ]
    by = "by a person" if facts.get("by") not in {"engine", "deadline"} else "by automated means"
    return f"Judged {by} under ruleset {facts.get('ruleset', '')}. Found: {'; '.join(found) or 'see category'}."[
        :_FACTS
    ]


def _day(at: str, first: str) -> str:
    return min(max(at[:_DAY], first), _LAST_DAY)
