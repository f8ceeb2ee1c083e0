"""What clients are told of live rooms: verdicts, events and rooms as JSON, and the models that describe them."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it at run time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson
from pydantic import Field

from moderation.render import render
from moderation.risk import Advice
from service.http.answers import EFFECTS, Absent, Excused, Finding, Proof, decider
from service.http.answers import Answered as Told
from service.http.happened import in_words
from service.http.language import explain
from service.live.risk import reasons_told
from service.live.talk import Answered, Event, NotJudged, may_be_seen

if TYPE_CHECKING:
    from moderation.reasons import Language
    from moderation.risk import Risk
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict
    from service.http.wire import Malformed
    from service.live.lane import Lane
    from service.live.talk import News

_MOST_CLEAN: Final = 256
_OFTEN_EMPTY: Final = ("evidence", "exemptions", "proof", "advice", "missing")


class RoomVerdict(Told):
    """A message's verdict, on disk under its number in the room. Lists that would be empty are left out."""

    seq: int
    kind: Literal["verdict"]
    id: str = Field(description="the message")
    decision_id: str
    decided_at: datetime
    by: str = Field(description="engine, person, or deadline", pattern="^(engine|person|deadline)$")
    again: bool = Field(default=False, description="the message had come before: this is what became of it")
    show: bool = Field(description="whether the message may be seen now")
    action: str = Field(pattern="^(pass|review|block)$")
    severity: int = Field(ge=0, le=4)
    categories: list[str]
    effects: list[str] = Field(description=EFFECTS)
    degraded: bool
    ruleset: str
    matches_truncated: int
    evidence: list[Finding] = Field(default_factory=list)
    exemptions: list[Excused] = Field(default_factory=list)
    proof: list[Proof] = Field(default_factory=list)
    missing: list[Absent] = Field(default_factory=list)


class RoomEventShown(Told):
    """Something that happened in a room: its kind, and what it tells in members of its own."""

    seq: int
    kind: str = Field(examples=["risk", "retraction"])
    at: datetime
    detail: str = Field(description="the same for people", examples=["风险升为“高”（口播 · 绝对化用语 ×3）"])


class RoomRefused(Told):
    """A message that was not judged. It may be sent again, unless it is ``invalid`` or ``id_reused``."""

    kind: Literal["refused"]
    id: str | None
    index: int | None = Field(default=None, description="the place in what was sent, from 0, of one that is `invalid`")
    why: str = Field(examples=["invalid", "id_reused", "busy", "unavailable", "internal"])
    errors: list[dict[str, Any]]


class RoomResults(Told):
    """One result a message, in the order of the request."""

    room: str
    results: list[RoomVerdict | RoomRefused]


class RoomEvents(Told):
    """What happened in a room after a number, in order; ``next`` is the number to go on after."""

    room: str
    items: list[RoomVerdict | RoomEventShown]
    next: int


class RiskReason(Told):
    """What adds to a room's risk: points that fade, and how many times it came."""

    source: str = Field(pattern="^(chat|speech|script|complaint)$")
    category: str
    points: int
    times: int


class RoomShown(Told):
    """A live room. Counts are those since it was opened here; an idle one is forgotten, and what happened is kept."""

    room: str
    open: bool
    seq: int = Field(description="the number of what happened last")
    at: datetime | None = Field(default=None, description="when that was, of a room that is not open")
    level: str = Field(description="of its risk", pattern="^(green|amber|red)$")
    advice: list[str] = Field(description="what is advised now", examples=[["slow_mode", "warn_host"]])
    reasons: list[RiskReason] = Field(description="of the level and the advice, the heaviest first")
    judged: int
    held: int = Field(description="of them those that did not pass")
    waiting: int
    listeners: int


class RoomList(Told):
    """The open rooms, those in which something happened last first."""

    items: list[RoomShown]
    next: str | None


def verdict_told(answered: Answered, lang: Language) -> bytes:
    """A verdict as JSON. What found nothing, which is most, ends in the same bytes for all of a scene."""
    name, number, decided, again = answered
    by = decider(decided.by)
    head = b'{"seq":%d,"kind":"verdict","id":%b,"decision_id":"%b","decided_at":%b,"by":"%b",%b' % (
        number,
        orjson.dumps(name),
        decided.id.encode(),
        _moment(decided.at),
        by.encode(),
        b'"again":true,' if again else b"",
    )
    verdict = decided.verdict
    if verdict.evidence or verdict.exemptions:
        tail = _tail(verdict, decided.content, decided.ruleset, lang)
    else:
        # Most contents of a scene that are clean have one and the same verdict: to hash it would cost as much as all
        # the rest here.
        key = id(verdict), decided.content.scene, lang
        known, tail = _clean.get(key, _NONE)
        if known is not verdict:
            if len(_clean) >= _MOST_CLEAN:
                _clean.clear()
            tail = _tail(verdict, decided.content, decided.ruleset, lang)
            _clean[key] = verdict, tail
    return head + tail


@lru_cache(maxsize=64)
def _moment(at: datetime) -> bytes:
    """A time as JSON: all that was committed together has the same."""
    return orjson.dumps(at, option=orjson.OPT_UTC_Z)


_last: list[tuple[News, Language, list[bytes]]] = []


def verdicts_told(news: News, lang: Language) -> list[bytes]:
    """The verdicts of some news as JSON: made once for all who listen, since they hear of them one after the other."""
    if not _last or _last[0][0] is not news or _last[0][1] != lang:
        _last[:] = [(news, lang, [verdict_told(answer, lang) for answer in news.answers])]
    return _last[0][2]


_NONE: Final[tuple[Verdict | None, bytes]] = None, b""
_clean: dict[tuple[int, str, Language], tuple[Verdict, bytes]] = {}


def _tail(verdict: Verdict, content: Content, ruleset: Ruleset, lang: Language) -> bytes:
    told = render(verdict, content, ruleset, lang=lang)
    for name in _OFTEN_EMPTY:
        if not told[name]:
            del told[name]
    told["show"] = may_be_seen(verdict.action, content.scene, ruleset)
    return orjson.dumps(told)[1:]


def event_told(event: Event, lang: Language, ruleset: Ruleset) -> bytes:
    """An event as JSON; ``ruleset`` names its categories."""
    told = {**event.facts, "seq": event.number, "kind": event.kind, "at": event.at}
    return orjson.dumps({**told, "detail": in_words(event, lang, ruleset)}, option=orjson.OPT_UTC_Z)


def item_told(item: Answered | Event, lang: Language, ruleset: Ruleset) -> bytes:
    """Either of them."""
    return verdict_told(item, lang) if isinstance(item, Answered) else event_told(item, lang, ruleset)


def refused_told(name: str | None, why: str, lang: Language) -> bytes:
    """A message that was not judged, as JSON: why, in a code and in words."""
    errors = [{"loc": [], "msg": explain(f"room_{why}", lang), "type": why}]
    return orjson.dumps({"kind": "refused", "id": name, "why": why, "errors": errors})


def invalid_told(index: int, sent: Malformed, lang: Language) -> bytes:
    """A message that could not be read, as JSON: its place in what was sent, for one whose id cannot be read either."""
    errors = [fault.told(lang) for fault in sent.faults]
    return orjson.dumps({"kind": "refused", "id": sent.id, "index": index, "why": "invalid", "errors": errors})


def outcome_told(outcome: Answered | NotJudged, lang: Language) -> bytes:
    """What became of a message, as JSON."""
    if isinstance(outcome, Answered):
        return verdict_told(outcome, lang)
    return refused_told(outcome.id, outcome.why, lang)


def room_told(lane: Lane) -> dict[str, Any]:
    """An open room as plain data."""
    return {
        "room": lane.name,
        "open": True,
        "seq": lane.last,
        **risk_told(lane.risk),
        "judged": lane.judged,
        "held": lane.held,
        "waiting": len(lane.waiting),
        "listeners": len(lane.ears),
    }


def risk_told(risk: Risk) -> dict[str, Any]:
    """How a room stands, as plain data."""
    return {
        "level": risk.level.code,
        "advice": [advice.value for advice in Advice if advice in risk.active],
        "reasons": reasons_told(risk.reasons),
    }
