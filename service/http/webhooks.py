"""The routes about receivers of notices: create, list, end, renew the secret, see deliveries, send one again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

from service.http.answer import Answer, tell
from service.http.answers import Answered
from service.http.asking import cut, read_as, read_query
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.notices import KINDS
from service.rights import Right
from service.webhooks import LAST, MOST, URL_CHARS, Absent, NotDead, TooMany, UrlRefused

if TYPE_CHECKING:
    from service.http.serving import Asked
    from service.store.notice_reads import Delivery as Sent
    from service.store.notice_reads import Webhook as Receiver
    from service.webhooks import Made

_MOST_SHOWN: Final = 200
_WRITES: Final = (*BODY, "webhook-limit", *CALLED)
_FOUND: Final = ("not-found", *CALLED)

Kind = Literal[
    "alert.raised",
    "appeal.decided",
    "decision.human",
    "decision.timeout",
    "decision.undone",
    "room.muted",
    "room.unmuted",
    "room.warned",
    "script.approved",
    "script.voided",
]


class WebhookRequest(BaseModel):
    """Where to send notices, and of which kinds; an empty list stands for all."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[StrictStr, StringConstraints(min_length=1, max_length=URL_CHARS)] = Field(
        examples=["https://example.com/hooks/qingliu"]
    )
    kinds: Annotated[list[Kind], Field(max_length=len(KINDS), fail_fast=True)] = []


class DeliveriesQuery(BaseModel):
    """Which deliveries to list."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["waiting", "delivered", "dead", "cancelled", ""] = Field(default="", description="empty: all")
    cursor: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="", description="the ``next`` of the page before"
    )
    limit: Annotated[int, Field(ge=1, le=_MOST_SHOWN)] = 50


class Webhook(Answered):
    """A receiver, without its secret."""

    id: str
    url: str
    kinds: list[str] = Field(description="empty: all")
    rotated_at: str | None
    created_at: str
    ended_at: str | None


class WebhookMade(Webhook):
    """A receiver with its signing secret."""

    secret: str = Field(description="shown now and never again", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookEnded(Answered):
    """Nothing more is sent."""


class WebhookList(Answered):
    """The receivers of the tenant, ended ones last."""

    webhooks: list[Webhook]


class Delivery(Answered):
    """One notice on its way to one receiver. ``notice`` is the ``webhook-id`` that the receiver gets every time."""

    notice: str
    webhook: str
    kind: str
    subject: str
    state: str = Field(pattern="^(waiting|delivered|dead|cancelled)$")
    attempts: int
    next_at: str
    status: int | None = Field(description="of the last answer")
    error: str | None = Field(
        description="why the last attempt failed: status, redirect, timeout, connect, tls, dns, refused_address, broken"
    )
    at: str
    settled_at: str | None


class DeliveryList(Answered):
    """Deliveries, newest first."""

    deliveries: list[Delivery]
    next: str | None = Field(description="the cursor of the next page")


@route("POST", "/v1/webhooks", policy=Right.NOTICES, takes=WebhookRequest, gives=WebhookMade, problems=_WRITES)
async def create_webhook(asked: Asked) -> Answer:
    """Have notices sent to an address; the answer holds the signing secret, which is shown only now."""
    caller, sent = asked.who, await read_as(asked, WebhookRequest)
    try:
        made = await asked.serving.service.webhooks.create(caller.tenant, sent.url, kinds=sent.kinds, by=caller.id)
    except UrlRefused as error:
        kind = "url" if error.why == "url" else f"url_{error.why}"
        raise Problem("invalid-body", faults=[Fault(("url",), kind)]) from None
    except TooMany:
        raise Problem("webhook-limit", context={"limit": MOST}) from None
    return tell(_made(made))


@route("GET", "/v1/webhooks", policy=Right.NOTICES, gives=WebhookList, problems=CALLED)
async def webhooks(asked: Asked) -> Answer:
    """List the addresses that notices are sent to, ended ones last."""
    listed = await asked.serving.service.webhooks.listed(asked.who.tenant)
    return tell({"webhooks": [_webhook(webhook) for webhook in listed]})


@route("DELETE", "/v1/webhooks/{id}", policy=Right.NOTICES, gives=WebhookEnded, problems=_FOUND)
async def end_webhook(asked: Asked) -> Answer:
    """Send nothing more to an address; what was on its way to it is cancelled."""
    caller = asked.who
    try:
        await asked.serving.service.webhooks.end(caller.tenant, asked.found["id"], by=caller.id)
    except Absent:
        raise Problem("not-found") from None
    return tell({})


@route("POST", "/v1/webhooks/{id}/rotate", policy=Right.NOTICES, gives=WebhookMade, problems=_FOUND)
async def rotate_webhook(asked: Asked) -> Answer:
    """Renew the signing secret; for 24 hours notices are signed with the former one too."""
    caller = asked.who
    try:
        made = await asked.serving.service.webhooks.rotate(caller.tenant, asked.found["id"], by=caller.id)
    except Absent:
        raise Problem("not-found") from None
    return tell(_made(made))


@route(
    "GET",
    "/v1/webhooks/{id}/deliveries",
    policy=Right.NOTICES,
    query=DeliveriesQuery,
    gives=DeliveryList,
    problems=("invalid-query", *_FOUND),
)
async def deliveries(asked: Asked) -> Answer:
    """List what was or is to be sent to an address, newest first; ``state=dead`` is what was given up."""
    query = read_query(asked, DeliveriesQuery)
    try:
        listed = await asked.serving.service.webhooks.deliveries(
            asked.who.tenant,
            asked.found["id"],
            state=query.state,
            before=query.cursor or LAST,
            limit=query.limit + 1,
        )
    except Absent:
        raise Problem("not-found") from None
    page, last = cut(listed, query.limit)
    return tell({"deliveries": [_delivery(one) for one in page], "next": last.notice if last else None})


@route(
    "POST",
    "/v1/deliveries/{notice}/{webhook}/replay",
    policy=Right.NOTICES,
    gives=Delivery,
    problems=("delivery-conflict", *_FOUND),
)
async def replay_delivery(asked: Asked) -> Answer:
    """Send again what was given up, under the same id."""
    caller, found = asked.who, asked.found
    try:
        delivery = await asked.serving.service.webhooks.replay(
            caller.tenant, found["notice"], found["webhook"], by=caller.id
        )
    except Absent:
        raise Problem("not-found") from None
    except NotDead as error:
        raise Problem("delivery-conflict", context={"state": error.state}) from None
    return tell(_delivery(delivery))


ROUTES: Final = (create_webhook, webhooks, end_webhook, rotate_webhook, deliveries, replay_delivery)


def _webhook(webhook: Receiver) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "rotated_at": webhook.rotated_at,
        "created_at": webhook.created_at,
        "ended_at": webhook.ended_at,
    }


def _made(made: Made) -> dict[str, Any]:
    return {**_webhook(made.webhook), "secret": made.secret}


def _delivery(delivery: Sent) -> dict[str, Any]:
    return delivery._asdict()
