"""One live room for people: how it stands, its minutes, what was said with its marks, the script, what was done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import Field

from moderation.proof import OFF_SCRIPT
from moderation.render import render
from moderation.risk import fade
from moderation.script import sentences
from moderation.types import Scene
from service.http.answer import Answer
from service.http.answers import Answered as Told
from service.http.duty_answers import ActShown, ShowShown, act_told, show_told
from service.http.happened import in_words
from service.http.room_answers import RiskReason, risk_told
from service.http.room_wire import room_of
from service.http.routes import CALLED, route
from service.http.shows import gaps_of
from service.live.talk import Answered, Event, may_be_seen
from service.review.veil import heard
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from service.duty.scripts import Version
    from service.http.serving import Asked

STREAM: Final = 60
"""So much of what happened last is shown."""


class MinuteShown(Told):
    """A minute of a room."""

    at: datetime
    messages: int
    flagged: int
    points: int


class SpokenSentence(Told):
    """A sentence of the approved script."""

    text: str
    heard: bool = Field(description="whether it was heard in what was said last")


class ScriptBeside(Told):
    """The approved script of the show."""

    script_id: str
    version: int
    sentences: list[SpokenSentence]


class Pulse(Told):
    """A room as people watch it."""

    room: str
    show: ShowShown | None
    level: str
    points: int
    advice: list[str]
    reasons: list[RiskReason]
    judged: int
    held: int
    corrections: int
    minutes: list[MinuteShown]
    stream: list[dict[str, Any]] = Field(description="what happened last, newest first")
    script: ScriptBeside | None
    acts: list[ActShown]


@route(
    "GET", "/v1/rooms/{room}/pulse", policy=Right.SHOWS, gives=Pulse, problems=("not-found", *CALLED), shows_texts=True
)
async def pulse(asked: Asked) -> Answer:
    """Read how a room stands, its minutes, and what happened last, with texts and marks."""
    room, tenant, service = room_of(asked.found["room"]), asked.who.tenant, asked.serving.service
    duties, lane = service.duties, service.rooms.lane(tenant, room)
    last = (lane.last if lane is not None else 0) or (await service.rooms.last(tenant, room))[0]
    show = await duties.shows.live_in(tenant, room)
    came = await service.rooms.after(tenant, room, max(0, last - STREAM), limit=2 * STREAM)
    items = heard(came, asked.who.rights)
    version = await duties.scripts.approved(tenant, show.script) if show is not None and show.script else None
    lately = items[: -STREAM - 1 : -1]
    of = {str(one.facts["message"]) for one in lately if isinstance(one, Event) and "message" in one.facts}
    texts = await service.rooms.texts(tenant, room, of)
    told = {
        "room": room,
        "show": show_told(show, await gaps_of(asked, show)) if show is not None else None,
        **await standing(asked, room),
        "minutes": [
            {"at": datetime.fromtimestamp(60 * number, UTC), "messages": messages, "flagged": flagged, "points": points}
            for number, messages, flagged, points in duties.patrol.seen(tenant, room).minutes
        ],
        "stream": [_item(one, asked.lang, texts, service.rules.engine.ruleset) for one in lately],
        "script": _beside(version, items) if version is not None else None,
        "acts": [act_told(one) for one in await duties.shows.acts(tenant, room)],
    }
    return Answer(orjson.dumps(told, option=orjson.OPT_UTC_Z))


ROUTES: Final = (pulse,)


async def standing(asked: Asked, room: str) -> dict[str, Any]:
    """How a room stands by now. What was said before it was opened counts by the minutes that are remembered."""
    tenant, service = asked.who.tenant, asked.serving.service
    seen, live = service.duties.patrol.seen(tenant, room), service.rules.engine.ruleset.live
    lane = service.rooms.lane(tenant, room)
    risk = (lane if lane is not None and lane.opened else await service.rooms.stood(tenant, room)).risk
    if live is not None:
        risk = fade(risk, datetime.now(UTC).timestamp(), live.risk)
    messages, flagged = sum(one.messages for one in seen.minutes), sum(one.flagged for one in seen.minutes)
    if lane is not None and lane.judged:
        messages, flagged = lane.judged, lane.held
    return {
        **risk_told(risk),
        "points": int(risk.points()),
        "judged": messages,
        "held": flagged,
        "corrections": seen.corrections,
    }


def _item(one: Answered | Event, lang: Language, texts: Mapping[str, str], active: Ruleset) -> dict[str, Any]:
    if not isinstance(one, Answered):
        text, detail = texts.get(str(one.facts.get("message", "")), ""), in_words(one, lang, active)
        told = {"seq": one.number, "kind": one.kind, "at": one.at, "facts": dict(one.facts)}
        return {**told, "detail": detail, "text": text}
    content, verdict, ruleset = one.decided.content, one.decided.verdict, one.decided.ruleset
    told = render(verdict, content, ruleset, lang)
    off = any(name == OFF_SCRIPT for item in verdict.evidence for name, _ in item.facts)
    return {
        "seq": one.number,
        "kind": "verdict",
        "id": one.id,
        "scene": content.scene,
        "part": content.parts[0].name,
        "text": content.parts[0].text,
        "author_id": content.author.id,
        "at": content.at,
        "offset_ms": content.offset_ms,
        "show": may_be_seen(verdict.action, content.scene, ruleset),
        "off_script": off,
        "covered": content.script.covered if content.script is not None else None,
        **{name: told[name] for name in ("action", "severity", "categories", "evidence", "exemptions")},
    }


def _beside(version: Version, items: Sequence[Answered | Event]) -> dict[str, Any]:
    heard = [
        passage.text
        for one in items
        if isinstance(one, Answered) and one.decided.content.scene is Scene.LIVE_SPEECH
        for passage in (one.decided.content.script.passages if one.decided.content.script else ())
    ]
    told = []
    for _, start, end in sentences(version.text):
        text = version.text[start:end]
        told.append({"text": text, "heard": any(text in passage for passage in heard)})
    return {"script_id": version.script, "version": version.version, "sentences": told}
