"""Creators as clients are told of them: where they stand and why, entries, measures, the sum that a score is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.creators.formula import WHOLE
from service.creators.ladder import LADDER
from service.creators.lines import changes
from service.creators.reads import facts_of
from service.creators.score import reckon
from service.creators.standing import limited, placed
from service.creators.telling import entry_told, lines_told, reason_told, restores_told
from service.http.language import called
from service.ids import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.creators.book import Boost, Held, Seen
    from service.creators.entries import Entry
    from service.creators.formula import Formula
    from service.creators.reads import Account, Measured, Shown
    from service.http.serving import Asked

_MOST_CHANGES: Final = 12
_APPEALS: Final = "/v1/appeals"


def named(asked: Asked) -> Callable[[str], str]:
    """What categories are called in the reader's language."""
    categories = asked.serving.service.rules.engine.ruleset.categories
    return lambda code: called(categories.get(code), asked.lang, code)


def moment(seconds: int) -> str:
    """Seconds since 1970 as a stamp."""
    return stamp(datetime.fromtimestamp(seconds, UTC))


def measure_told(asked: Asked, one: Measured, name: str) -> dict[str, Any]:
    """A measure as it is answered."""
    told = one._asdict()
    del told["creator"]
    rung = LADDER[one.kind]
    return {
        **told,
        "creator_id": name,
        "name": called(rung, asked.lang),
        "basis": orjson.loads(one.basis),
        "facts": orjson.loads(one.facts),
    }


def points(milli: int) -> float:
    """Thousandths as points."""
    return milli / WHOLE


def brief_told(name: str, held: Held) -> dict[str, Any]:
    """Where a creator stands, in a list."""
    standing = held.standing
    return {
        "creator_id": name,
        "score": points(standing.score),
        "tier": standing.tier,
        "multiplier": standing.multiplier / WHOLE,
        "newcomer": standing.newcomer,
        "reasons": list(standing.reasons),
        "measures": list(held.measures),
    }


def _reasons(asked: Asked, reasons: Sequence[str], formula: Formula, habit: int) -> list[dict[str, str]]:
    return [
        {"code": reason, "text": reason_told(reason, formula, habit, asked.lang)} for reason in reasons or ("none",)
    ]


def boost_told(asked: Asked, name: str, scene: str, found: Boost) -> dict[str, Any]:
    """What a creator's traffic is multiplied by."""
    held = found.held
    return {
        "creator_id": name,
        "scene": scene,
        "multiplier": found.multiplier / WHOLE,
        "tier": found.standing.tier,
        "score": points(found.standing.score),
        "reasons": _reasons(asked, found.reasons, held.formula, held.habit),
        "valid_until": moment(held.until),
        "formula": held.formula.version,
    }


def creator_told(asked: Asked, seen: Seen, accounts: Sequence[Account], measures: Sequence[Measured]) -> dict[str, Any]:
    """Who a creator is, where it stands, what is in force against it."""
    multiplier, by = limited(seen.standing.multiplier, seen.measures, "")
    reasons = [*seen.standing.reasons, *(f"measure:{kind}" for kind in by)]
    return {
        "creator_id": seen.member.name,
        "role": seen.member.role,
        "cohort": seen.member.cohort,
        "mcn": seen.member.mcn,
        "verified_until": {name: moment(end) for name, end in orjson.loads(seen.member.valid_until).items()},
        "enrolled_at": seen.member.enrolled_at,
        "score": points(seen.standing.score),
        "tier": seen.standing.tier,
        "multiplier": multiplier / WHOLE,
        "compliance": points(seen.derived.compliance),
        "quality": points(seen.derived.quality),
        "items": seen.derived.items,
        "reasons": _reasons(asked, reasons, seen.formula, seen.derived.habit),
        "formula": seen.formula.version,
        "other": _other(seen),
        "accounts": [
            {
                "account_id": one.name,
                "channel": one.channel,
                "since": moment(one.since),
                "until": None if one.until is None else moment(one.until),
            }
            for one in accounts
        ],
        "measures": [measure_told(asked, one, seen.member.name) for one in measures],
    }


def _other(seen: Seen) -> dict[str, Any] | None:
    if seen.other is None:
        return None
    derived = reckon(seen.entries, seen.other, seen.derived.at, cohort=seen.member.cohort)
    standing = placed(derived, seen.other, facts_of(seen.member))
    return {"formula": seen.other.version, "score": points(standing.score), "tier": standing.tier}


def entry_shown(asked: Asked, seen: Seen, one: Shown, told: dict[str, Entry]) -> dict[str, Any]:
    """An entry of the ledger; ``told`` are those that it may reverse, by id."""
    entry = one.entry
    return {
        "id": entry.id,
        "kind": entry.kind,
        "text": _said(asked, seen, entry, told.get(entry.ref)),
        "name": entry.name,
        "value": entry.value,
        "since": moment(entry.since),
        "occurred": moment(entry.occurred),
        "recorded": moment(entry.recorded),
        "ref": entry.ref or None,
        "decision_id": one.decision,
        "content_id": one.content_id,
        "version": one.version,
    }


def _said(asked: Asked, seen: Seen, entry: Entry, reversed_: Entry | None) -> str:
    """What an entry says, and what the one says that it reverses."""
    of = _said(asked, seen, reversed_, None) if reversed_ else entry.ref
    return entry_told(entry, seen.formula, asked.lang, named(asked), of)


def explained(asked: Asked, seen: Seen, decisions: dict[str, str | None]) -> dict[str, Any]:
    """A score as a sum that adds up to it; ``decisions`` by entry. Takes a while: not for the event loop."""
    name, formula = named(asked), seen.formula
    by_id = {entry.id: entry for entry in seen.entries}
    moved = changes(seen.entries, formula, cohort=seen.member.cohort, limit=_MOST_CHANGES)
    return {
        "creator_id": seen.member.name,
        "score": points(seen.standing.score),
        "tier": seen.standing.tier,
        "multiplier": seen.standing.multiplier / WHOLE,
        "formula": formula.version,
        "formula_digest": formula.digest,
        "verified": formula.verified,
        "lines": [
            {**line, "amount": points(line["amount"]), "decision_id": decisions.get(line["entry_id"] or "")}
            for line in lines_told(seen, asked.lang, name)
        ],
        "changes": [
            {
                "at": moment(one.entry.recorded),
                "text": _said(asked, seen, one.entry, by_id.get(one.entry.ref)),
                "before": points(one.before),
                "after": points(one.after),
                "delta": points(one.after - one.before),
            }
            for one in moved
        ],
        "restores": restores_told(seen, asked.lang, name),
        "appeal": _APPEALS,
    }
