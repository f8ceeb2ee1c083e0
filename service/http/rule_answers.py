"""Proposals and terms as clients are told of them, and drafts as clients send them."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson

from moderation.change import Change, Op, Unfit
from moderation.errors import LoadErrors
from moderation.lexicon import ALLOW
from moderation.types import Action
from service.http.problems import Fault, Problem
from service.lexicons import UnknownVersion
from service.rights import Right
from service.rulebook.proposals import Draft
from service.rulebook.rows import ACTIVE, APPROVED, BY_PROPOSAL, OPEN, NoProposal, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from moderation.errors import LoadError
    from moderation.lexicon import Condition
    from moderation.ruleset import Ruleset
    from service.http.rule_wire import AnyChange, DraftRequest, RehearsalRequest
    from service.keys import Caller
    from service.rulebook.catalogue import Listed
    from service.rulebook.rows import Row
    from service.store.rule_reads import Activated, Proposed

T = TypeVar("T")

AROUND: Final = 2
"""Unchanged lines shown around changed ones."""
MOST_LINES: Final = 400
_REPLACED: Final = "replaced"
_CONDITIONS: Final = ("near", "sentence", "with_", "unless", "without", "next", "prev", "not_next", "not_prev")


def draft_of(sent: DraftRequest | RehearsalRequest) -> Draft:
    """A draft as its author sent it. Raises ``Problem`` for files of one name and notes that cannot be shown."""
    note = getattr(sent, "note", "")
    if not all(map(str.isprintable, note)):
        raise Problem("invalid-body", faults=[Fault(("note",), "not_printable")])
    files = None
    if sent.files is not None:
        if sent.changes:
            raise Problem("invalid-body", faults=[Fault(("files",), "changes_or_files")])
        if len({file.name for file in sent.files}) < len(sent.files):
            raise Problem("invalid-body", faults=[Fault(("files",), "file_names")])
        files = {file.name: file.text for file in sent.files}
    told = [one.model_dump(mode="json", exclude_defaults=True) for one in sent.changes]
    return Draft(changes=[change_of(one) for one in sent.changes], files=files, note=note, told=told)


def change_of(sent: AnyChange) -> Change:
    """A change as the court takes it."""
    told = sent.model_dump()
    number = told.get("severity") if sent.op == "severity" else told.get("weight")
    return Change(
        op=Op(sent.op),
        category=told.get("category", ""),
        line=told.get("line", ""),
        categories=tuple(told.get("categories", ())),
        rule=told.get("rule", ""),
        number=number,
        scene=told.get("scene"),
        scenes=tuple(told.get("scenes", ())),
        block_at=told.get("block_at"),
        review_at=told.get("review_at"),
        action=Action[told["action"].upper()] if "action" in told else None,
    )


def fault_of(error: LoadError) -> Fault:
    """What the loader refuses, with file and line."""
    told = {"file": error.file, "line": error.line, "reason": error.told}
    return Fault(("files", error.file, error.line), "lexicon_line", told)


async def done(step: Awaitable[T]) -> T:
    """What a step gives; what stands in its way as a problem."""
    try:
        return await step
    except NoProposal:
        raise Problem("not-found") from None
    except Refused as error:
        members = {"why": error.why, **({"proposal": error.proposal} if error.proposal else {})}
        raise Problem("rules-refused", context={"why": error.why}, members=members) from None
    except Unfit as error:
        raise Problem("invalid-body", faults=[Fault(("changes", error.number), f"change_{error.why}")]) from None
    except LoadErrors as errors:
        raise Problem("invalid-body", faults=[fault_of(error) for error in errors.errors]) from None
    except UnknownVersion:
        raise Problem("invalid-body", faults=[Fault(("version",), "unknown_version")]) from None


def proposal_told(found: Proposed, caller: Caller, active: Activated | None, shared: str) -> dict[str, Any]:
    """A proposal for one reader, with the steps that they may take."""
    row = found.row
    state = row.state
    if state == ACTIVE and not (active and active.ground == BY_PROPOSAL and active.proposal == row.id):
        state = _REPLACED
    current = row.base == (active.version if active else 0) and row.shared == shared
    return {
        "id": row.id,
        "state": state,
        "revision": row.revision,
        "version": row.version,
        "sha256": row.sha256,
        "base": row.base,
        "current": current,
        "note": row.note,
        "changes": orjson.loads(row.changes),
        "author": {"id": row.author, "name": found.author},
        "proposed_at": row.proposed_at,
        "approver": _who(row.approver, found.approver),
        "approved_at": row.approved_at,
        "closed_by": _who(row.closed_by, found.closer),
        "closed_at": row.closed_at,
        "rehearsed": row.report is not None,
        "steps": steps(row, caller, current=current),
    }


def steps(row: Row, caller: Caller, *, current: bool) -> list[str]:
    """What a caller may do with a proposal. The store decides again when they do."""
    if Right.RULES not in caller.rights or row.state not in {OPEN, APPROVED}:
        return []
    own = caller.id == row.author
    listed = ["rehearse", "revise", "withdraw"] if own else ["rehearse", "reject"]
    if current and row.state == OPEN and not own:
        listed.insert(0, "approve")
    if current and row.state == APPROVED:
        listed.insert(0, "activate")
    return listed


def report_told(row: Row) -> Any:
    """What a proposal would change, as far as that was tried with these bytes."""
    return None if row.report is None else orjson.loads(row.report)


def _who(user: str | None, name: str | None) -> dict[str, str] | None:
    return None if user is None else {"id": user, "name": name or user}


def lines_changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[dict[str, Any]]:
    """The difference of two sets of files, line by line; files that are the same are left out."""
    told: list[dict[str, Any]] = []
    left = MOST_LINES
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        if before == after:
            continue
        lines = _lines(before, after)
        told.append({"name": name, "lines": lines[:left], "cut": len(lines) > left})
        left = max(0, left - len(lines))
    return told


def _lines(before: Sequence[str], after: Sequence[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False) if len(before) * len(after) < 10**7 else None
    if matcher is None:  # too long to align: what is gone, then what is new
        gone, new = set(before) - set(after), set(after) - set(before)
        return [{"sign": "-", "text": line} for line in before if line in gone] + [
            {"sign": "+", "text": line} for line in after if line in new
        ]
    for group in matcher.get_grouped_opcodes(AROUND):
        for tag, low, high, first, last in group:
            if tag == "equal":
                found += [{"sign": " ", "text": line} for line in before[low:high]]
                continue
            found += [{"sign": "-", "text": line} for line in before[low:high]]
            found += [{"sign": "+", "text": line} for line in after[first:last]]
    return found


def term_told(one: Listed, ruleset: Ruleset) -> dict[str, Any]:
    """A term as it is looked at."""
    term = one.term
    category = ruleset.categories.get(term.category)
    severity = term.severity if term.severity is not None else (category.severity if category else 0)
    laws = term.laws if term.laws is not None else (category.laws if category else ())
    adjusted = ruleset.overlay.by_rule.get(one.rule, ()) if ruleset.overlay else ()
    return {
        "rule": one.rule,
        "text": f"/{term.text}/" if term.pattern else term.text,
        "category": term.category,
        "family": term.family,
        "file": term.file,
        "line": term.line,
        "own": term.own,
        "pattern": term.pattern,
        "severity": severity,
        "weight": term.weight,
        "scenes": sorted(term.scenes or ()),
        "laws": list(laws),
        "conditions": _conditions(term.condition),
        "disguises": sorted(term.disguises),
        "note": term.note,
        "verified": term.verified,
        "adjusted": [
            {
                "off": each.off,
                "weight": list(each.weight) if each.weight else None,
                "severity": list(each.severity) if each.severity else None,
                "scenes": sorted(each.scenes or ()),
            }
            for each in adjusted
        ],
        "protects": sorted(term.protects or ()) if term.category == ALLOW else [],
    }


def _conditions(condition: Condition) -> dict[str, list[str]]:
    return {name.rstrip("_"): list(words) for name in _CONDITIONS if (words := getattr(condition, name))}
