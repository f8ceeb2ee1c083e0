"""The routes about packs: ask for one, see how far it is, fetch it, have it verified, give it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from service.audit.exports import LAST, AskedWrong, NoSuchExport, NotThere, Waited
from service.audit.packs import PACKS, said
from service.audit.records import PackOrder
from service.http.answer import Answer, tell
from service.http.answers import Answered
from service.http.asking import ListQuery, cursor_of, cut, known_categories, mark_of, read_as, read_query
from service.http.files import FileAnswer
from service.http.problems import Fault, Problem, forbidden
from service.http.routes import BODY, CALLED, route
from service.http.wire import When  # noqa: TC001 - pydantic reads it at run time
from service.ids import stamp
from service.ledger import Unchanged
from service.rights import Right

if TYPE_CHECKING:
    from service.audit.exports import Export
    from service.http.serving import Asked

_FOUND: Final = ("not-found", *CALLED)
_ZIP: Final = "application/zip"
Name = Annotated[str, StringConstraints(max_length=256)]
Format = Literal["csv", "xlsx", "parquet", "html", "pdf"]


class ExportRequest(BaseModel):
    """What is to be in a pack. Without a period it goes back to the first act."""

    model_config = ConfigDict(extra="forbid")

    pack: Annotated[str, StringConstraints(max_length=40)] = Field(examples=["room_117"])
    since: When | None = None
    until: When | None = Field(default=None, description="not included")
    scene: Name = ""
    creator: Name = ""
    room: Name = ""
    category: Name = ""
    contents: StrictBool = Field(default=False, description="with what contents say, in tables and contents.jsonl")
    unmasked: StrictBool = Field(default=False, description="personal data as it is; needs a right and a reason")
    reason: Annotated[str, StringConstraints(max_length=500)] = ""
    formats: Annotated[list[Format], Field(max_length=5, fail_fast=True)] = ["csv", "xlsx", "html"]
    lang: Literal["zh", "en"] = "zh"


class DoingShown(Answered):
    """How far the making is."""

    stage: str
    done: int
    total: int


class ExportShown(Answered):
    """A pack that was asked for."""

    id: str
    pack: str
    name: str
    asked: dict[str, Any]
    by: str
    created_at: str
    state: Literal["waiting", "done", "failed", "cancelled"]
    doing: DoingShown | None
    ended_at: str | None
    size: int | None = Field(description="of the checkpoint that it rests on")
    records: int | None
    bytes: int | None
    sha256: str | None
    error: str | None
    removed_at: str | None = Field(description="when it was taken away, for a text in it that was purged or erased")


class ExportList(Answered):
    """Packs, newest first."""

    exports: list[ExportShown]
    next: str | None


class FindingShown(Answered):
    """Something that is wrong with a pack."""

    code: str
    where: str


class Verified(Answered):
    """What the verifier says of a pack."""

    good: bool
    found: list[FindingShown]
    unknown: list[str] = Field(description="what cannot be known from the pack alone")


@route("POST", "/v1/exports", policy=Right.AUDIT, takes=ExportRequest, gives=ExportShown, problems=(*BODY, *CALLED))
async def ask_export(asked: Asked) -> Answer:
    """Ask for a pack; it is made beside, and waits to be fetched."""
    caller, sent = asked.who, await read_as(asked, ExportRequest)
    if sent.unmasked and Right.UNMASK not in caller.rights:
        raise forbidden(Right.UNMASK)
    since, until = (stamp(moment) if moment else "" for moment in (sent.since, sent.until))
    told = sent.model_dump(exclude={"since", "until", "reason", "formats"})
    wanted = PackOrder(**told, since=since, until=until, formats=tuple(dict.fromkeys(sent.formats)))
    try:
        export = await asked.serving.service.audit.exports.ask(
            caller.tenant, wanted, by=caller.id, reason=sent.reason.strip()
        )
    except AskedWrong as error:
        raise Problem("invalid-body", faults=[Fault((error.field,), error.kind, known_categories(asked))]) from None
    return tell(_shown(asked, export))


@route("GET", "/v1/exports", policy=Right.AUDIT, query=ListQuery, gives=ExportList, problems=("invalid-query", *CALLED))
async def exports(asked: Asked) -> Answer:
    """List packs, newest first."""
    sent = read_query(asked, ListQuery)
    listed = await asked.serving.service.audit.exports.listed(
        asked.who.tenant, before=mark_of(sent.cursor, LAST), limit=sent.limit + 1
    )
    page, last = cut(listed, sent.limit)
    after = None if last is None else cursor_of(last.id)
    return tell({"exports": [_shown(asked, one) for one in page], "next": after})


@route("GET", "/v1/exports/{id}", policy=Right.AUDIT, gives=ExportShown, problems=_FOUND)
async def export(asked: Asked) -> Answer:
    """A pack, and how far its making is."""
    return tell(_shown(asked, await _found(asked)))


@route("DELETE", "/v1/exports/{id}", policy=Right.AUDIT, gives=ExportShown, problems=("export-ended", *_FOUND))
async def cancel_export(asked: Asked) -> Answer:
    """Give up a pack that is not made yet."""
    found, caller = await _found(asked), asked.who
    try:
        await asked.serving.service.audit.exports.cancel(caller.tenant, found.id, by=caller.id)
    except Unchanged:
        raise Problem("export-ended") from None
    return tell(_shown(asked, await _found(asked)))


@route("GET", "/v1/exports/{id}/pack", policy=Right.AUDIT, gives=_ZIP, problems=_FOUND)
async def fetch_export(asked: Asked) -> Answer:
    """Fetch a pack that is made; that is told by an act."""
    caller, found = asked.who, await _found(asked)
    if orjson.loads(found.asked)["unmasked"] and Right.UNMASK not in caller.rights:
        raise forbidden(Right.UNMASK)
    try:
        path = await asked.serving.service.audit.exports.fetched(caller.tenant, found.id, by=caller.id)
    except NotThere:
        raise Problem("not-found") from None
    return FileAnswer(path, f"qingliu-{found.pack}-{found.id}.zip", _ZIP)


@route("GET", "/v1/exports/{id}/verification", policy=Right.AUDIT, gives=Verified, problems=("busy", *_FOUND))
async def verify_export(asked: Asked) -> Answer:
    """Have a pack verified as an auditor would, by the key of this service."""
    found, audit = await _found(asked), asked.serving.service.audit
    path = audit.exports.archive(found)
    if found.state != "done" or not path.exists():
        raise Problem("not-found")
    try:
        done = await audit.exports.verified(path)
    except Waited:
        raise Problem("busy", headers={"Retry-After": "5"}) from None
    findings = [{"code": code, "where": where} for code, where in done.found]
    return tell({"good": not findings, "found": findings, "unknown": sorted(set(done.unknown))})


ROUTES: Final = (ask_export, exports, export, cancel_export, fetch_export, verify_export)


async def _found(asked: Asked) -> Export:
    try:
        return await asked.serving.service.audit.exports.one(asked.who.tenant, asked.found["id"])
    except NoSuchExport:
        raise Problem("not-found") from None


def _shown(asked: Asked, export: Export) -> dict[str, Any]:
    doing = asked.serving.service.audit.exports.doing(export.id)
    told = export._asdict()
    del told["tenant"]
    return {
        **told,
        "name": said(PACKS[export.pack].name, asked.lang),
        "asked": orjson.loads(export.asked),
        "doing": None if doing is None else doing._asdict(),
    }
