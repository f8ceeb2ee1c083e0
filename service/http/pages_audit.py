"""The pages of auditors: what was done, one decision's whole story, packs. Each asks the interface."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from moderation.types import Scene
from service.audit.formats import FORMATS, USUAL, lacking
from service.audit.packs import PACKS, said
from service.audit.retention import SHORTEST
from service.http import audit, exports, html, records, retention
from service.http.console import HTML, shell, told_by
from service.http.filters import first, following, given, in_days, wrong, wrong_days
from service.http.problems import Problem
from service.http.routes import route
from service.http.told_acts import SORTS, act_in_words, people_in
from service.review.veil import tells
from service.rights import Right

if TYPE_CHECKING:
    from service.http.answer import Answer
    from service.http.console import Shell
    from service.http.serving import Asked

_FILTERS: Final = ("kind", "named", "since", "until", "cursor")
_BAD: Final = (400, 422)


@route("GET", "/audit", policy=Right.AUDIT, gives=HTML, shown=False)
async def timeline(asked: Asked) -> Answer:
    """What was done, newest first, and how the log stands."""
    page = await shell(asked)
    query = given(asked, *_FILTERS)
    error = wrong_days(query, "since", "until", page.lang)
    told: dict[str, Any] = {"acts": [], "next": None}
    try:
        if not error:
            told = await told_by(asked, audit.acts, query={**in_days(query, "since", "until"), "limit": "100"})
    except Problem as problem:
        if problem.status not in _BAD:
            raise
        error = wrong(problem, page.lang)
    return page.page(
        "audit.html",
        acts=await _acts(page, told["acts"]),
        query=query,
        error=error,
        sorts=[(sort, html.named(page.lang, "acts", sort)) for sort in SORTS],
        first=first(query),
        next=following(query, told["next"]),
        log=await _log(asked),
    )


@route("GET", "/audit/decisions/{id}", policy=Right.AUDIT, gives=HTML, shown=False, shows_texts=True)
async def story(asked: Asked) -> Answer:
    """One decision's whole story, to be printed."""
    page = await shell(asked)
    told = await told_by(asked, audit.decision_story, found={"id": asked.found["id"]})
    whole = None
    asked.textless = Right.READ not in page.me["rights"]
    if Right.READ in page.me["rights"]:
        whole = await told_by(asked, records.whole_history, found={"id": told["content_id"]})
    veiled = whole is not None and whole["veiled"]
    acts = [one for one in told["acts"] if not (veiled and tells(one["kind"], str(one["facts"].get("by", ""))))]
    versions = [] if whole is None else [one for one in whole["versions"] if one["version"] == told["version"]]
    decisions = [one for version in versions for one in version["decisions"]]
    return page.page(
        "story.html",
        told=told,
        id=asked.found["id"],
        acts=await _acts(page, acts),
        veiled=veiled,
        version=versions[0] if versions else None,
        decision=next((one for one in decisions if one["id"] == asked.found["id"]), None),
    )


@route("GET", "/exports", policy=Right.AUDIT, gives=HTML, shown=False)
async def packs(asked: Asked) -> Answer:
    """Packs: make one, see how far it is, fetch it, see it verified."""
    page = await shell(asked)
    told = await told_by(asked, exports.exports, query={**given(asked, "cursor"), "limit": "50"})
    names = await page.names_of([one["by"] for one in told["exports"]])
    today = date.today()  # noqa: DTZ011 - a suggestion in a form
    return page.page(
        "exports.html",
        exports=told["exports"],
        names=names,
        next=following({}, told["next"]),
        packs=[(one.code, said(one.name, page.lang), said(one.law, page.lang), one.needs) for one in PACKS.values()],
        formats=[one for one in FORMATS if not lacking([one])],
        usual=USUAL,
        scenes=[scene.value for scene in Scene],
        categories=page.categories(),
        may_unmask=Right.UNMASK in page.me["rights"],
        since=_quarter(today),
        log=await _log(asked),
    )


@route("GET", "/retention", policy=Right.AUDIT, gives=HTML, shown=False)
async def kept(asked: Asked) -> Answer:
    """What is kept for how long, what ends when, and what is held."""
    page = await shell(asked)
    told = await told_by(asked, retention.retention)
    held = await told_by(asked, retention.holds, query=given(asked, "cursor"))
    return page.page(
        "retention.html",
        told=told,
        young=SHORTEST,
        holds=held["holds"],
        next=following({}, held["next"]),
        names=await page.names_of([one["by"] for one in held["holds"]]),
        may=Right.RETAIN in page.me["rights"],
    )


ROUTES: Final = (timeline, story, packs, kept)


async def _log(asked: Asked) -> dict[str, Any]:
    """How the log stands: acts, the last checkpoint, who saw it, the key."""
    reads = asked.serving.service.audit.log.reads
    last, size = await asyncio.to_thread(lambda: (reads.last(), reads.size()))
    if last is None:
        return {"size": size, "signed": 0, "at": "", "root": "", "witnesses": 0, "key": "", "note": ""}
    note = await asyncio.to_thread(reads.cosigned, last)
    keys = await asyncio.to_thread(reads.signers)
    return {
        "size": size,
        "signed": last.size,
        "at": last.at,
        "root": last.root.hex(),
        "witnesses": note.count("\n— ") - 1,
        "key": keys[-1][0] if keys else "",
        "note": note,
    }


async def _acts(page: Shell, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Acts for a page, with the names of people."""
    names = await page.names_of(people_in(told))
    return [act_in_words(page, one, names) for one in told]


def _quarter(today: date) -> str:
    """The first day of the quarter."""
    return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1).isoformat()
