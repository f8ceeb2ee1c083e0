"""The routes of the log: checkpoints and proofs for witnesses, acts and the story of a decision for auditors."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from fnmatch import filter as filter_names
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

from service.audit.note import NoteRefused
from service.audit.timeline import NEWEST, Sought, look, story
from service.audit.tree import leaf_hash
from service.http.answer import Answer, tell
from service.http.answers import Answered
from service.http.asking import ListQuery, cursor_of, mark_of, read_as, read_query
from service.http.html import codes
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.wire import When  # noqa: TC001 - pydantic reads it at run time
from service.ids import stamp
from service.rights import Right

if TYPE_CHECKING:
    from service.audit.reads import Signed
    from service.audit.records import Record
    from service.http.serving import Asked

_QUERY: Final = ("invalid-query", *CALLED)
_NOTE_CHARS: Final = 10_000
Size = Annotated[int, Field(ge=0, lt=1 << 53)]


class ConsistencyQuery(BaseModel):
    """Two sizes of the log."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    old: Size = Field(description="the smaller size")
    new: Size = Field(default=0, description="the larger one; 0: that of the newest checkpoint")


class InclusionQuery(BaseModel):
    """An act, and a size of the log."""

    model_config = ConfigDict(extra="forbid")

    seq: Size
    size: Size = Field(default=0, description="0: that of the newest checkpoint")


class ActsQuery(ListQuery):
    """Which acts."""

    kind: Annotated[str, StringConstraints(max_length=80)] = Field(
        default="", description="as decision.auto, or review.* for all of a sort"
    )
    named: Annotated[str, StringConstraints(max_length=256)] = Field(default="", description="an id that it names")
    since: When | None = None
    until: When | None = None


class CosignatureRequest(BaseModel):
    """A checkpoint with the signature of a witness."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[StrictStr, StringConstraints(min_length=1, max_length=_NOTE_CHARS)]


class CheckpointShown(Answered):
    """A checkpoint of the log."""

    size: int
    root: str = Field(description="base64")
    at: str
    note: str = Field(description="the signed note, with the signatures of witnesses")
    keys: list[str] = Field(description="the keys that signed, the present one last")
    endorsements: list[str] = Field(description="by which each key was named by the former one; empty for the first")


class ProofShown(Answered):
    """A proof of RFC 9162: hashes in base64."""

    proof: list[str]


class InclusionShown(ProofShown):
    """The proof that an act is in the log. ``leaf`` is its hash."""

    leaf: str
    size: int


class Cosigned(Answered):
    """The checkpoint that a witness cosigned."""

    size: int


class ActTold(Answered):
    """One act, as the log has it."""

    seq: int
    at: str
    kind: str
    subject: str
    house: bool = Field(description="whether it concerns the whole house, not one tenant")
    facts: dict[str, Any]
    leaf: str = Field(description="its hash in the log's tree, in Base64")


class ActList(Answered):
    """Acts, newest first. ``next`` goes on among older ones, and may be there though none fitted so far."""

    acts: list[ActTold]
    next: str | None


class StoryTold(Answered):
    """All acts about the content of a decision, oldest first, and the proof that the decision is in the log."""

    content_id: str
    version: int
    acts: list[ActTold]
    seq: int
    leaf: str
    checkpoint: CheckpointShown | None
    proof: list[str]


@route("GET", "/v1/log/checkpoint", policy=Right.AUDIT, gives=CheckpointShown, problems=("not-found", *CALLED))
async def checkpoint(asked: Asked) -> Answer:
    """The newest checkpoint of the log."""
    reads = asked.serving.service.audit.log.reads
    last = await asyncio.to_thread(reads.last)
    if last is None:
        raise Problem("not-found")
    return tell(await asyncio.to_thread(_checkpoint, asked, last))


@route(
    "GET",
    "/v1/log/consistency",
    policy=Right.AUDIT,
    query=ConsistencyQuery,
    gives=ProofShown,
    problems=_QUERY,
)
async def consistency(asked: Asked) -> Answer:
    """The proof that a larger log begins as a smaller one did."""
    sent, log = read_query(asked, ConsistencyQuery), asked.serving.service.audit.log
    new = sent.new or await _newest(asked)
    if new > await asyncio.to_thread(log.reads.size) or sent.old > new:
        raise Problem("invalid-query", faults=[Fault(("old",), "log_size")])
    return tell({"proof": _b64(await asyncio.to_thread(log.consistency, sent.old, new))})


@route("GET", "/v1/log/inclusion", policy=Right.AUDIT, query=InclusionQuery, gives=InclusionShown, problems=_QUERY)
async def inclusion(asked: Asked) -> Answer:
    """The proof that an act is in the log."""
    sent, log = read_query(asked, InclusionQuery), asked.serving.service.audit.log
    size = sent.size or await _newest(asked)
    if size > await asyncio.to_thread(log.reads.size) or sent.seq >= size:
        raise Problem("invalid-query", faults=[Fault(("seq",), "log_size")])
    leaf = (await asyncio.to_thread(lambda: list(log.reads.leaves(sent.seq, sent.seq + 1))))[0]
    proof = await asyncio.to_thread(log.inclusion, sent.seq, size)
    return tell({"proof": _b64(proof), "leaf": b64encode(leaf).decode(), "size": size})


@route(
    "POST",
    "/v1/log/cosignatures",
    policy=Right.AUDIT,
    takes=CosignatureRequest,
    gives=Cosigned,
    problems=(*BODY, *CALLED),
)
async def cosign(asked: Asked) -> Answer:
    """Hand in the signature of a known witness under a checkpoint."""
    sent, audit = await read_as(asked, CosignatureRequest), asked.serving.service.audit
    try:
        size = await audit.log.witnessed(sent.note, audit.witnesses)
    except NoteRefused:
        raise Problem("invalid-body", faults=[Fault(("note",), "cosignature")]) from None
    return tell({"size": size})


@route("GET", "/v1/acts", policy=Right.AUDIT, query=ActsQuery, gives=ActList, problems=_QUERY)
async def acts(asked: Asked) -> Answer:
    """List acts of the tenant and of the house, newest first; a request looks at 20 000 of them at most."""
    sent, reads = read_query(asked, ActsQuery), asked.serving.service.audit.log.reads
    if sent.kind and not filter_names(codes("act"), sent.kind):
        raise Problem("invalid-query", faults=[Fault(("kind",), "unknown_act")])
    before = mark_of(sent.cursor, NEWEST)
    since, until = (stamp(moment) if moment else "" for moment in (sent.since, sent.until))
    sought = Sought(sent.kind, sent.named, since, until)
    seen = await asyncio.to_thread(look, reads, asked.who.tenant, sought, before=before, limit=sent.limit)
    after = None if seen.next is None else cursor_of(seen.next)
    return tell({"acts": [act_told(one) for one in seen.acts], "next": after})


@route("GET", "/v1/decisions/{id}/story", policy=Right.AUDIT, gives=StoryTold, problems=("not-found", *CALLED))
async def decision_story(asked: Asked) -> Answer:
    """All that is known of a decision, from first to last, with the proof that it is in the log."""
    reads = asked.serving.service.audit.log.reads
    found = await asyncio.to_thread(story, reads, asked.who.tenant, asked.found["id"])
    if found is None:
        raise Problem("not-found")
    shown = None if found.checkpoint is None else await asyncio.to_thread(_checkpoint, asked, found.checkpoint)
    return tell(
        {
            "content_id": found.content,
            "version": found.version,
            "acts": [act_told(one) for one in found.acts],
            "seq": found.seq,
            "leaf": b64encode(found.leaf).decode(),
            "checkpoint": shown,
            "proof": _b64(found.proof),
        }
    )


ROUTES: Final = (checkpoint, consistency, inclusion, cosign, acts, decision_story)


def act_told(record: Record) -> dict[str, Any]:
    """An act as clients are told of it."""
    return {
        "seq": record.seq,
        "at": record.at,
        "kind": record.kind,
        "subject": record.subject,
        "house": not record.tenant,
        "facts": record.facts,
        "leaf": b64encode(leaf_hash(record.body)).decode(),
    }


async def _newest(asked: Asked) -> int:
    last = await asyncio.to_thread(asked.serving.service.audit.log.reads.last)
    if last is None:
        raise Problem("invalid-query", faults=[Fault(("size",), "log_size")])
    return last.size


def _checkpoint(asked: Asked, signed: Signed) -> dict[str, Any]:
    reads = asked.serving.service.audit.log.reads
    keys = reads.signers()
    return {
        "size": signed.size,
        "root": b64encode(signed.root).decode(),
        "at": signed.at,
        "note": reads.cosigned(signed),
        "keys": [key for key, _, _ in keys],
        "endorsements": [endorsement for _, endorsement, _ in keys],
    }


def _b64(hashes: list[bytes]) -> list[str]:
    return [b64encode(one).decode() for one in hashes]
