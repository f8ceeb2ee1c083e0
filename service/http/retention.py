"""The routes about what is kept for how long: classes and what ends when, holds, the erasure of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, StringConstraints

from service.audit.exports import LAST
from service.audit.holds import HoldWrong, NoSuchHold
from service.audit.packs import said
from service.audit.retention import CLASSES
from service.http.answer import Answer, tell
from service.http.answers import Answered
from service.http.asking import ListQuery, cursor_of, cut, mark_of, read_as, read_query
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.rights import Right

if TYPE_CHECKING:
    from service.audit.holds import Hold
    from service.http.serving import Asked

Value = Annotated[StrictStr, StringConstraints(max_length=256)]
Reason = Annotated[StrictStr, StringConstraints(min_length=1, max_length=500)]


class HoldRequest(BaseModel):
    """What is not to be purged or erased until further notice."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["tenant", "content", "creator", "room"]
    value: Value = Field(default="", description="the id, which of a content must be known; empty for the whole tenant")
    reason: Reason


class ErasureRequest(BaseModel):
    """Whose words are to be erased."""

    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[StrictStr, StringConstraints(min_length=1, max_length=256)]
    reason: Reason
    retained: StrictBool = Field(default=False, description="also what a class of retention would keep for longer")


class HoldShown(Answered):
    """A hold."""

    id: str
    kind: str
    value: str
    reason: str
    by: str
    placed_at: str
    lifted_at: str | None = Field(description="who lifted it stands in the act that tells of it")


class HoldList(Answered):
    """Holds, newest first, lifted ones too."""

    holds: list[HoldShown]
    next: str | None


class ErasureShown(Answered):
    """What came of an erasure."""

    contents: int = Field(description="contents that were emptied")
    keys: int = Field(description="keys that were destroyed")
    held: int = Field(description="contents that a hold keeps")
    retained: int = Field(description="contents that the law keeps for longer")
    packs: int = Field(description="packs that were taken away, for they had the text of such contents")


class ClassShown(Answered):
    """A class of retention, and how much of it ends in which month."""

    code: str
    name: str
    law: str
    days: int
    purged: int
    expiring: list[tuple[str, int]] = Field(description="month and number of contents")


class RetentionShown(Answered):
    """What is kept for how long."""

    classes: list[ClassShown]
    sealing: bool = Field(description="whether what contents say is stored sealed")


class Lifted(Answered):
    """The hold is lifted."""


@route("GET", "/v1/retention", policy=Right.AUDIT, gives=RetentionShown, problems=CALLED)
async def retention(asked: Asked) -> Answer:
    """What is kept for how long, and what ends when. Contents are classed when they are thirty days old."""
    retaining, tenant = asked.serving.service.audit.retaining, asked.who.tenant
    expiring, purged = await retaining.expiring(tenant), await retaining.purged(tenant)
    classes = [
        {
            "code": one.code,
            "name": said(one.name, asked.lang),
            "law": said(one.law, asked.lang),
            "days": one.days,
            "purged": purged.get(one.code, 0),
            "expiring": [(month, number) for code, month, number in expiring if code == one.code],
        }
        for one in CLASSES
    ]
    return tell({"classes": classes, "sealing": asked.serving.settings.seal_contents})


@route("GET", "/v1/holds", policy=Right.AUDIT, query=ListQuery, gives=HoldList, problems=("invalid-query", *CALLED))
async def holds(asked: Asked) -> Answer:
    """List holds, newest first, lifted ones too."""
    query = read_query(asked, ListQuery)
    listed = await asked.serving.service.audit.retaining.holds.listed(
        asked.who.tenant, before=mark_of(query.cursor, LAST), limit=query.limit + 1
    )
    page, last = cut(listed, query.limit)
    return tell({"holds": [_hold(one) for one in page], "next": cursor_of(last.id) if last else None})


@route("POST", "/v1/holds", policy=Right.RETAIN, takes=HoldRequest, gives=HoldShown, problems=(*BODY, *CALLED))
async def place_hold(asked: Asked) -> Answer:
    """Keep what a content, a creator, a room or all of the tenant said, whatever its time."""
    caller, sent = asked.who, await read_as(asked, HoldRequest)
    moderation = asked.serving.moderation
    if sent.kind == "content" and sent.value and not await moderation.history(caller, sent.value, limit=1):
        raise Problem("invalid-body", faults=[Fault(("value",), "unknown_content")])
    try:
        hold = await asked.serving.service.audit.retaining.holds.place(
            caller.tenant, sent.kind, sent.value, reason=sent.reason, by=caller.id
        )
    except HoldWrong as error:
        raise Problem("invalid-body", faults=[Fault((str(error),), "missing")]) from None
    return tell(_hold(hold))


@route("DELETE", "/v1/holds/{id}", policy=Right.RETAIN, gives=Lifted, problems=("not-found", *CALLED))
async def lift_hold(asked: Asked) -> Answer:
    """Lift a hold; what it kept goes when its time has come."""
    caller = asked.who
    try:
        await asked.serving.service.audit.retaining.holds.lift(caller.tenant, asked.found["id"], by=caller.id)
    except NoSuchHold:
        raise Problem("not-found") from None
    return tell({})


@route("POST", "/v1/erasures", policy=Right.RETAIN, takes=ErasureRequest, gives=ErasureShown, problems=(*BODY, *CALLED))
async def erase(asked: Asked) -> Answer:
    """Erase what a person wrote, but for what is held, and for what the law keeps unless that is asked for too."""
    caller, sent = asked.who, await read_as(asked, ErasureRequest)
    erased = await asked.serving.service.audit.retaining.erase(
        caller.tenant, sent.person_id, reason=sent.reason, by=caller.id, retained=sent.retained
    )
    return tell(erased._asdict())


ROUTES: Final = (retention, holds, place_hold, lift_hold, erase)


def _hold(hold: Hold) -> dict[str, Any]:
    told = hold._asdict()
    del told["tenant"], told["lifted_by"]
    return told
