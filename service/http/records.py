"""The routes that look back: search in contents, and all that is known of one content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import orjson
from pydantic import Field

from service.http.answer import Answer
from service.http.answers import Answered, Decision, Person, ShortDecision, decider, named
from service.http.asking import check_category, cursor_of, places_in, read_query
from service.http.evenly import evenly
from service.http.problems import Fault, Problem
from service.http.review_answers import (
    ContentShown,
    ReportShown,
    Summary,
    content_shown,
    decision_shown,
    report_shown,
    short_decision,
    summary,
)
from service.http.review_wire import SearchQuery
from service.http.routes import CALLED, route
from service.ids import stamp
from service.review.rows import NotThere
from service.review.search import Hit, Sought
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.http.serving import Asked
    from service.review.archive import History
    from service.store.desk_reads import Done

_SHOWN: Final = 20


class ExcerptShown(Answered):
    """A stretch of a part; ``marks`` are pairs of code points into ``text``."""

    part: str
    start: int
    text: str
    marks: list[tuple[int, int]]


class Match(Answered):
    """A version that is asked for, and the newest decision on it."""

    content_id: str
    version: int
    scene: str
    creator_id: str | None
    received_at: str
    excerpts: list[ExcerptShown]
    decision: ShortDecision


class Matches(Answered):
    """What was found among the contents that were looked at; ``next`` goes on among older ones."""

    items: list[Match]
    next: str | None
    looked_at: int
    reached: str | None = Field(description="when the oldest of them came")


class Version(Answered):
    """One version of a content, with its decisions, newest first."""

    version: int
    received_at: str
    content: ContentShown | None
    decisions: list[Decision]


class ActShown(Answered):
    """Something that was done, as the ledger has it under ``seq``."""

    seq: int
    at: str
    kind: str = Field(examples=["decision.auto", "review.claimed"])
    by: Literal["engine", "person", "deadline", "house"]
    who: Person | None = Field(description="the person")


class WholeHistory(Answered):
    """All that is known of one content, newest first."""

    content_id: str
    versions: list[Version] = Field(description="the last 100; all decisions are told by /v1/moderations?content_id=")
    items: list[Summary]
    reports: list[ReportShown]
    acts: list[ActShown] = Field(description="decisions and what was done with the items: the last 200")
    veiled: bool = Field(description="whether what people decided is kept back, as it is being decided a second time")


@route(
    "GET",
    "/v1/search",
    policy=Right.READ,
    query=SearchQuery,
    gives=Matches,
    problems=("invalid-query", *CALLED),
    shows_texts=True,
)
async def search(asked: Asked) -> Answer:
    """Find contents that hold a text, or all of a kind, newest first; a request looks at 2 000 of them at most."""
    sent, caller, service = read_query(asked, SearchQuery), asked.who, asked.serving.service
    check_category(asked, sent.category)
    folding = service.rules.engine.ruleset.folding
    plain = folding.plain(sent.text)
    if not plain and (sent.text or not sent.model_fields_set - {"text", "cursor"}):
        raise Problem("invalid-query", faults=[Fault(("text",), "nothing_to_find")])
    what = Sought(
        plain,
        since=stamp(sent.since) if sent.since else "",
        until=stamp(sent.until) if sent.until else "",
        scene=sent.scene,
        category=sent.category,
        action=sent.action,
        author=sent.creator_id,
    )
    places = places_in(sent.cursor, int)
    below = int(places[0]) if places else None
    found = await service.search.find(caller, what, folding, below=below, limit=_SHOWN)
    names = await service.desk_reads.names(caller.tenant, [hit.decided.by for hit in found.hits])
    told = {
        "items": [_match(hit, names) for hit in found.hits],
        "next": None if found.next is None else cursor_of(found.next),
        "looked_at": found.looked_at,
        "reached": found.reached or None,
    }
    return Answer(orjson.dumps(told, option=orjson.OPT_UTC_Z))


@route(
    "GET", "/v1/contents/{id}", policy=Right.READ, gives=WholeHistory, problems=("not-found", *CALLED), shows_texts=True
)
async def whole_history(asked: Asked) -> Answer:
    """All that is known of one content: its versions, decisions, items, reports and acts."""
    return await evenly(asked, _history(asked))


ROUTES: Final = (search, whole_history)


async def _history(asked: Asked) -> Answer:
    try:
        history = await asked.serving.service.archive.history(asked.who, asked.found["id"])
    except NotThere:
        raise Problem("not-found") from None
    told = {
        "content_id": asked.found["id"],
        "versions": [_version(history, version, at, asked) for version, at in history.versions],
        "items": [summary(item) for item in history.items],
        "reports": [report_shown(one) for one in history.reports],
        "acts": [_act(one, history.names) for one in history.acts],
        "veiled": history.veiled,
    }
    return Answer(orjson.dumps(told, option=orjson.OPT_UTC_Z))


def _match(hit: Hit, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "content_id": hit.kept.content_id,
        "version": hit.kept.version,
        "scene": hit.decided.content.scene,
        "creator_id": hit.decided.content.author.id,
        "received_at": hit.kept.received_at,
        "excerpts": [one._asdict() for one in hit.excerpts],
        "decision": short_decision(hit.decided, names),
    }


def _act(done: Done, names: Mapping[str, str]) -> dict[str, Any]:
    by = decider(done.by) if done.by else "house"
    who = named(done.by, names)["who"] if done.by else None
    return {"seq": done.seq, "at": done.at, "kind": done.kind, "by": by, "who": who}


def _version(history: History, version: int, received_at: str, asked: Asked) -> dict[str, Any]:
    decisions = [one for one in history.decisions if one.content.version == version]
    return {
        "version": version,
        "received_at": received_at,
        "content": content_shown(decisions[0].content) if decisions else None,
        "decisions": [decision_shown(one, asked.lang, history.names) for one in decisions],
    }
