"""The routes of host scripts: filed and reported on, read, compared, approved by a person who did not write them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson

from service.duty.diff import compared
from service.duty.products import UnknownProduct
from service.duty.proofs import LAST, UnknownProof
from service.duty.scripts import Counted, NewScript, NotApprovable, UnknownScript
from service.http.answer import Answer, tell
from service.http.asking import cursor_of, cut, place_of, read_as, read_query
from service.http.duty_answers import (
    DiffShown,
    ReportShown,
    ScriptReported,
    ScriptShown,
    ScriptsShown,
    VersionsShown,
    report_told,
    script_told,
)
from service.http.duty_wire import ApprovalRequest, DiffQuery, PageQuery, ScriptRequest, VersionQuery
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.rights import Right

if TYPE_CHECKING:
    from service.duty.scripts import Version
    from service.http.serving import Asked

_BODY_BYTES: Final = 1024 * 1024


@route(
    "POST",
    "/v1/scripts",
    policy=Right.SCRIPTS,
    takes=ScriptRequest,
    gives=ScriptReported,
    problems=(*BODY, "csrf", *CALLED),
)
async def file_script(asked: Asked) -> Answer:
    """File a host script, or a new version of one; answers with the report, sentence by sentence."""
    sent, caller = await read_as(asked, ScriptRequest, limit=_BODY_BYTES), asked.who
    duties = asked.serving.service.duties
    new = NewScript(sent.script_id or "", sent.title, _one_way(sent.text), sent.products, sent.proofs)
    try:
        version = await duties.scripts.file(caller, new)
    except UnknownProduct:
        raise Problem("invalid-body", faults=[Fault(("products",), "unknown_product")]) from None
    except UnknownProof:
        raise Problem("invalid-body", faults=[Fault(("proofs",), "unknown_proof")]) from None
    await duties.binding.renew(asked.who.tenant)
    found = await duties.scripts.report(caller.tenant, version)
    return tell({**script_told(version), "report": report_told(found, asked.lang)})


@route(
    "GET",
    "/v1/scripts",
    policy=Right.SHOWS,
    query=PageQuery,
    gives=ScriptsShown,
    problems=("invalid-query", *CALLED),
    shows_texts=True,
)
async def scripts(asked: Asked) -> Answer:
    """List scripts by their newest version, what was filed last first."""
    query = read_query(asked, PageQuery)
    found = await asked.serving.service.duties.scripts.listed(
        asked.who.tenant, before=place_of(query.cursor, LAST), limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    following = cursor_of(last.filed_at, last.id) if last else None
    return tell({"scripts": [script_told(one) for one in page], "next": following})


@route(
    "GET",
    "/v1/scripts/{id}",
    policy=Right.SHOWS,
    query=VersionQuery,
    gives=ScriptShown,
    problems=("not-found", "invalid-query", *CALLED),
    shows_texts=True,
)
async def one_script(asked: Asked) -> Answer:
    """Read a version of a script, the newest if none is named."""
    return tell(script_told(await _asked_for(asked)))


@route(
    "GET",
    "/v1/scripts/{id}/versions",
    policy=Right.SHOWS,
    gives=VersionsShown,
    problems=("not-found", *CALLED),
    shows_texts=True,
)
async def script_versions(asked: Asked) -> Answer:
    """List the versions of a script, newest first."""
    try:
        found = await asked.serving.service.duties.scripts.versions(asked.who.tenant, asked.found["id"])
    except UnknownScript:
        raise Problem("not-found") from None
    return tell({"versions": [script_told(one) for one in found]})


@route(
    "GET",
    "/v1/scripts/{id}/report",
    policy=Right.SHOWS,
    query=VersionQuery,
    gives=ReportShown,
    problems=("not-found", "invalid-query", *CALLED),
    shows_texts=True,
)
async def script_report(asked: Asked) -> Answer:
    """Report on a version by today's law, rules and proofs."""
    version = await _asked_for(asked)
    found = await asked.serving.service.duties.scripts.report(asked.who.tenant, version)
    return tell(report_told(found, asked.lang))


@route(
    "GET",
    "/v1/scripts/{id}/diff",
    policy=Right.SHOWS,
    query=DiffQuery,
    gives=DiffShown,
    problems=("not-found", "invalid-query", *CALLED),
    shows_texts=True,
)
async def script_diff(asked: Asked) -> Answer:
    """Compare two versions, sentence by sentence."""
    query = read_query(asked, DiffQuery)
    old, new = await _version(asked, query.from_), await _version(asked, query.to)
    lines = await asyncio.to_thread(compared, old.text, new.text)
    return tell({"lines": [line._asdict() for line in lines]})


@route(
    "POST",
    "/v1/scripts/{id}/approval",
    policy=Right.APPROVE,
    takes=ApprovalRequest,
    gives=ScriptShown,
    problems=("not-found", "not-approvable", *BODY, "csrf", *CALLED),
)
async def approve_script(asked: Asked) -> Answer:
    """Approve the newest version, bound to its exact text; not by who filed it."""
    sent, caller, duties = await read_as(asked, ApprovalRequest), asked.who, asked.serving.service.duties
    version = await _version(asked, None)
    seen = await duties.scripts.report(caller.tenant, version)
    counted = Counted(seen.ruleset.fingerprint, seen.counts, orjson.dumps(report_told(seen, "zh")).decode())
    try:
        await duties.scripts.approve(caller, version, counted, digest=sent.digest, note=sent.note.strip())
    except NotApprovable as error:
        raise Problem("not-approvable", context={"why": error.why}, members={"why": error.why}) from None
    await duties.binding.renew(asked.who.tenant)
    return tell(script_told(await _version(asked, version.version)))


ROUTES: Final = (file_script, scripts, one_script, script_versions, script_report, script_diff, approve_script)


def _one_way(text: str) -> str:
    """A text whose lines all end as they do in a browser's field, so that offsets count there what they count here."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def _asked_for(asked: Asked) -> Version:
    return await _version(asked, read_query(asked, VersionQuery).version)


async def _version(asked: Asked, version: int | None) -> Version:
    try:
        return await asked.serving.service.duties.scripts.version(asked.who.tenant, asked.found["id"], version)
    except UnknownScript:
        raise Problem("not-found") from None
