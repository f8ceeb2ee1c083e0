"""Entries of scores, written inside the transaction of what causes them; and who they are about. In visits.

What counts of a version is asked of its blocks anew each time, so whatever made a block final, ended it or had it
stand again, one function brings the entries to what is true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from service.acts import CREATOR_ADDED, SCORE_ENTRY, Act
from service.creators.entries import Entry, Kind
from service.creators.settling import BlockFacts, FinalBlock, Known, final_of, wanted
from service.ids import from_stamp, new_id
from service.ports import Write
from service.store import creator_statements as sql
from service.store.codec import told_in

if TYPE_CHECKING:
    from service.ports import Visit

AT_ONCE: Final = 20


class Member(NamedTuple):
    """A row of ``creators``, in the order of its columns."""

    id: str
    tenant: str
    name: str
    role: str
    cohort: str
    mcn: str | None
    entity: str | None
    valid_until: str
    created_at: str
    enrolled_at: str | None


class Cause(NamedTuple):
    """What an entry rests on besides its own columns."""

    decision: str | None = None
    content: int | None = None


NOTHING: Final = Cause()


def version_mark(content: int) -> str:
    """What a violation and its correction on air both name, whichever decision each was about."""
    return f"content:{content}"


def seconds(stamp: str) -> int:
    """A stamp as whole seconds since 1970."""
    return int(from_stamp(stamp).timestamp())


def member(visit: Visit, tenant: str, name: str) -> Member:
    """The creator or account with this id of the pipeline's; made where it is unknown, without being enrolled."""
    if rows := visit.rows(sql.CREATOR_NAMED, tenant, name):
        return Member(*rows[0])
    made = Member(new_id(), tenant, name, "user", "default", None, None, "{}", visit.at, None)
    visit.record(Act(CREATOR_ADDED, made.id, tenant, {"enrolled": False}), Write(sql.INSERT_CREATOR, made))
    return made


def happened(published_at: str, judged_at: str) -> int:
    """When a content was published, in seconds since 1970. The sender says when: never after it was judged."""
    return min(seconds(published_at), seconds(judged_at))


def is_creator(visit: Visit, tenant: str, name: str, of: str, at: int) -> bool:
    """Whether an id of the pipeline's is this creator's: the same, or an account linked to it, now or still ``at``."""
    return name == of or bool(visit.rows(sql.SAME_CREATOR, tenant, name, of, at))


def post(visit: Visit, tenant: str, creator: str, entry: Entry, cause: Cause = NOTHING) -> bool:
    """Appends an entry, unless its cause is known; whether it was appended. Times to come are drawn back to now."""
    if visit.rows(sql.HAS_CAUSE, creator, entry.kind, entry.cause):
        return False
    now = seconds(visit.at)
    entry = entry._replace(
        recorded=now, since=min(entry.since or now, now), occurred=min(entry.occurred or entry.since or now, now)
    )
    facts: dict[str, object] = {
        "cause": entry.cause,
        "creator": creator,
        "kind": str(entry.kind),
        "name": entry.name,
        "occurred": entry.occurred,
        "since": entry.since,
        "value": entry.value,
    }
    if entry.ref:
        facts["ref"] = entry.ref
    if cause.decision:
        facts["decision"] = cause.decision
    row = (entry.id, tenant, creator, str(entry.kind), *entry[2:], cause.decision, cause.content)
    visit.record(Act(SCORE_ENTRY, entry.id, tenant, facts), Write(sql.INSERT_ENTRY, row))
    return True


def settle(visit: Visit, tenant: str, content: int) -> int:
    """Brings the violation entries of a version to what is final of it; gives how many entries that took."""
    blocks = visit.rows(sql.BLOCKS_OF, content)
    known = _standing(visit, content)
    author = next((creator for _, creator, *_ in blocks if creator is not None), None)
    facts = [
        BlockFacts(decision, seconds(final_at) if final_at else None, bool(stands))
        for decision, _, final_at, stands in blocks
    ]
    if author is None or not (known or any(one.final_at is not None for one in facts)):
        return 0
    newest = _newest(visit, content)
    due = wanted(final_of(facts, newest), [one for one, _ in known])
    count = 0
    for owner, id_ in [(owner, one.id) for one, owner in known if one.id in due.reverse]:
        count += _reverse(visit, tenant, owner, id_)
    if due.violation is not None:
        count += _violated(visit, tenant, author, content, due.violation)
    return count


def complained(visit: Visit, tenant: str, content: int, cause: str, *, stands: bool) -> None:
    """A complaint about a version was upheld and verified by a person, or that was taken back."""
    author = _author(visit, content)
    if author is None:
        return
    owner = member(visit, tenant, author).id
    held, next_ = numbered(visit, owner, cause)
    if stands and not held:
        entry = Entry(new_id(), Kind.OBSERVATION, next_, 0, 0, name="complaint_verified")
        post(visit, tenant, owner, entry, Cause(content=content))
    elif held and not stands:
        _reverse(visit, tenant, owner, held)


def numbered(visit: Visit, owner: str, cause: str) -> tuple[str, str]:
    """The observation that stands under a cause, which may come again once it was taken back; and its next number."""
    number, held = 0, ""
    while rows := visit.rows(sql.HAS_CAUSE, owner, str(Kind.OBSERVATION), f"{cause}:{number}"):
        held, number = ("" if _reversed(visit, rows[0][0]) else rows[0][0]), number + 1
    return held, f"{cause}:{number}"


def published(  # noqa: PLR0913 - an entry, and the decision that it rests on
    visit: Visit, creator: str, entry: Entry, *, tenant: str, decision: str, content: int
) -> None:
    """A clean item of an enrolled creator was published, or a script of theirs passed."""
    post(visit, tenant, creator, entry._replace(cause=f"{entry.name}:{content}"), Cause(decision, content))


def catch_up(visit: Visit) -> int:
    """Enters what became final before there were entries, a bounded number at a time; gives how many versions."""
    found = visit.rows(sql.FINAL_ANYWHERE, AT_ONCE)
    return sum([min(1, settle(visit, tenant, content)) for tenant, content in found])


def _standing(visit: Visit, content: int) -> list[tuple[Known, str]]:
    """The violation entries of a version that are not reversed, with whom they are about."""
    found = []
    for *columns, owner, decision in visit.rows(sql.VIOLATIONS_OF, content):
        entry = Entry(*columns)
        if not _reversed(visit, entry.id):
            found.append((Known(entry.id, decision or "", entry.value, entry.name), owner))
    return found


def _reversed(visit: Visit, id_: str) -> bool:
    return any(not _reversed(visit, reversal[0]) for reversal in visit.rows(sql.REVERSALS_OF, id_))


def _reverse(visit: Visit, tenant: str, owner: str, id_: str) -> int:
    return post(visit, tenant, owner, Entry(new_id(), Kind.REVERSAL, f"reversal:{id_}", 0, 0, ref=id_))


def _violated(visit: Visit, tenant: str, author: str, content: int, final: FinalBlock) -> int:
    number = len(visit.rows(sql.VIOLATIONS_OF, content))
    entry = Entry(
        new_id(),
        Kind.VIOLATION,
        f"{final.decision}:{number}",
        0,
        final.since,
        final.occurred,
        final.categories,
        final.severity,
        "",
        final.scene,
        version_mark(content),
    )
    return post(visit, tenant, member(visit, tenant, author).id, entry, Cause(final.decision, content))


def _newest(visit: Visit, content: int) -> FinalBlock:
    ((decision, scene, severity, verdict, published_at, at),) = visit.rows(sql.NEWEST, content)
    categories = ",".join(orjson.loads(verdict).get("categories", ()))
    return FinalBlock(decision, 0, happened(published_at, at), scene, severity, categories)


def _author(visit: Visit, content: int) -> str | None:
    rows = visit.rows(sql.AUTHOR_OF, content)
    if not rows:
        return None
    author: str | None = (told_in(rows[0][0]).get("author") or (None,))[0]
    return author
