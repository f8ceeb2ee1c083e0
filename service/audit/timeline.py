"""Acts for people who look: the timeline with its filters, and the whole story of a decision. Bounded, in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from service.audit.records import Record
from service.audit.tree import inclusion, leaf_hash
from service.store import audit_statements as sql

if TYPE_CHECKING:
    from service.audit.reads import LogReads, Signed

NEWEST: Final = 1 << 62
LOOKED_AT: Final = 20_000
"""So many acts one look goes through; what is older takes another."""
STORY_ACTS: Final = 200_000
"""So many acts after the first decision on a content a story is looked for in."""
MOST: Final = 500


class Seen(NamedTuple):
    """Acts, newest first; ``next`` is where to go on, if there is more to look at."""

    acts: list[Record]
    next: int | None


class Sought(NamedTuple):
    """Which acts: of this kind (``review.*`` for all of a sort), naming this id, in this time; empty says any."""

    kind: str = ""
    named: str = ""
    since: str = ""
    until: str = ""


class Story(NamedTuple):
    """All acts about the content of a decision, oldest first; the proof that the decision's own is in the log."""

    content: str
    version: int
    acts: list[Record]
    seq: int
    leaf: bytes
    checkpoint: Signed | None
    proof: list[bytes]


def look(reads: LogReads, tenant: str, sought: Sought, *, before: int, limit: int) -> Seen:
    """One look back."""
    size = reads.size()
    end = min(before, size)
    if sought.until:
        end = min(end, reads.until(sought.until, size=size))
    floor = reads.since(sought.since, size=size) if sought.since else 0
    start = max(end - LOOKED_AT, floor)
    named = orjson.dumps(sought.named)
    rows = reads.rows(sql.ACTS_BACK, end, start, tenant, sought.kind, sought.named, named, limit)
    read = [Record(*row) for row in rows]
    acts = [one for one in read if sought.since <= one.at and (not sought.until or one.at < sought.until)]
    if len(read) == limit:
        return Seen(acts, read[-1].seq)
    return Seen(acts, start if start > floor else None)


def story(reads: LogReads, tenant: str, decision: str) -> Story | None:
    """What is known of a decision of a tenant."""
    placed = reads.rows(sql.DECISION_PLACE, decision, tenant)
    if not placed:
        return None
    seq, content, version = placed[0]
    names = [name for (name,) in reads.rows(sql.STORY_NAMES, tenant, content)]
    ((first,),) = reads.rows(sql.FIRST_ON, tenant, content)
    rows = reads.rows(sql.ACTS_OF, first, first + STORY_ACTS, tenant, orjson.dumps(names).decode(), MOST)
    acts = [Record(*row) for row in rows]
    checkpoint = reads.checkpoint_from(seq + 1)
    proof = inclusion(reads.subtree, seq, checkpoint.size) if checkpoint else []
    ((body,),) = reads.rows(sql.LEAVES, seq, seq + 1)
    return Story(content, version, acts, seq, leaf_hash(body), checkpoint, proof)
