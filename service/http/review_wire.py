"""What clients send to the review desk: filters, claims, decisions, reports. Models only; nothing is done here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, StringConstraints

from moderation.types import Scene  # noqa: TC001 - pydantic reads it at run time
from service.http.wire import NAME, Short, When
from service.review.desk import MOST_CLAIMED

if TYPE_CHECKING:
    from pydantic.config import JsonDict

MOST_WORDS: Final = 2000
"""Characters of a note, of what a report says and of what a complaint brings forward."""
MOST_LISTED: Final = 100
_LAST_TOKEN: Final = 2**53 - 1

Code = Annotated[StrictStr, StringConstraints(pattern=NAME)]
Words = Annotated[StrictStr, StringConstraints(max_length=MOST_WORDS)]
Kind = Literal["content", "report", "complaint", "appeal", "sample"]
Token = Annotated[StrictInt, Field(ge=1, le=_LAST_TOKEN)]
Lease = Annotated[StrictInt, Field(ge=1, le=86_400)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QueueQuery(_Sent):
    """Which items to list."""

    state: Literal["waiting", "held", "overdue", "closed"] | None = Field(
        default=None, description="waiting if left out, held where holder is given"
    )
    kind: Kind | None = None
    scene: Scene | None = None
    category: Code | None = None
    level: Annotated[int, Field(ge=0, le=1)] | None = Field(default=None, description="0: for all, 1: escalated")
    holder: Literal["me"] | None = Field(default=None, description="me: those that I hold, or closed")
    day: Literal["today"] | None = Field(
        default=None, description="of what is closed only that of today, which began at midnight in Shanghai"
    )
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 50


class ClaimRequest(_Sent):
    """How many items to take at most, and of which sorts; empty lists say any."""

    limit: Annotated[StrictInt, Field(ge=1, le=MOST_CLAIMED)] = 1
    kinds: Annotated[tuple[Kind, ...], Field(max_length=5, fail_fast=True)] = ()
    scenes: Annotated[tuple[Scene, ...], Field(max_length=7, fail_fast=True)] = ()
    categories: Annotated[tuple[Code, ...], Field(max_length=50, fail_fast=True)] = ()
    lease_seconds: Lease | None = Field(default=None, description="how long to hold them; the house's time if left out")
    distinct: bool = Field(
        default=False,
        description="of items that say much the same only one, and no repetition of what you just decided",
    )


class ClaimOneRequest(_Sent):
    """How long to hold it."""

    lease_seconds: Lease | None = None


class HeldRequest(_Sent):
    """The token that came with the item."""

    token: Token


class ReleaseRequest(_Sent):
    """The token that came with the item; seniors who take an item from others leave it out."""

    token: Token | None = None


class HeartbeatRequest(HeldRequest):
    """Hold it for so much longer from now on."""

    lease_seconds: Lease | None = None


class EscalateRequest(HeldRequest):
    """Pass it on to seniors."""

    note: Words = Field(default="", description="why, for whoever gets it")


class ReasonSent(_Sent):
    """Why a content is blocked: a category, and the article that it rests on."""

    category: Code
    article: Annotated[StrictStr, StringConstraints(max_length=100)] | None = Field(
        default=None, examples=["广告法 9(3)"]
    )


class DecisionRequest(HeldRequest):
    """What becomes of the content: a block has at least one reason, a pass none.

    A complaint needs ``outcome``, and may leave the content as it is: without ``action``. An appeal has no ``action``.
    """

    action: Literal["pass", "block"] | None = None
    reasons: Annotated[tuple[ReasonSent, ...], Field(max_length=20, fail_fast=True)] = ()
    note: Words = ""
    outcome: Literal["upheld", "rejected", "overturned"] | None = Field(
        default=None, description="of a complaint: upheld or rejected; of the block appealed: upheld or overturned"
    )
    verification: Literal["verified", "unverified"] | None = Field(
        default=None, description="whether what a complaint states was found to be so"
    )


class UndoRequest(_Sent):
    """Nothing: a decision is taken back within ten seconds, by whoever took it."""


class ReportRequest(_Sent):
    """What a user says of a content that was judged before."""

    content_id: Short
    reporter_id: Short = Field(description="your user's id; what their reports weigh follows how many were upheld")
    reason: Code = Field(description="your own code, or that of a category")
    detail: Words = ""


class ComplaintRequest(_Sent):
    """What somebody complains of: it is answered with an outcome."""

    content_id: Short
    complainant_id: Short
    reason: Code
    detail: Words = ""
    order_id: Annotated[StrictStr, StringConstraints(max_length=200)] = ""
    evidence: Words = Field(default="", description="what it rests on, such as links")


def _exactly_one_of_the_two(schema: JsonDict) -> None:
    schema["oneOf"] = [{"required": ["content_id"]}, {"required": ["decision_id"]}]


class AppealRequest(_Sent):
    """An appeal against a block: a decision, or the newest one on a content. Give exactly one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_exactly_one_of_the_two)

    content_id: Short = ""
    decision_id: Short = ""
    appellant_id: Short = Field(
        description="your user's id: the creator_id of the content where it has one, or an account linked to it"
    )
    grounds: Annotated[StrictStr, StringConstraints(min_length=1, max_length=MOST_WORDS)]


class NotifiedRequest(_Sent):
    """Nothing: the creator has been told by now."""


class SearchQuery(BaseModel):
    """What to look for in contents, newest first."""

    model_config = ConfigDict(extra="forbid", validate_by_alias=True)

    text: Annotated[str, StringConstraints(max_length=100)] = Field(
        default="",
        description="width, case, traditional forms and symbols between letters make no difference; may be left out"
        " where something else narrows the search",
    )
    since: When | None = Field(default=None, alias="from", description="RFC 3339 with offset: received at or after it")
    until: When | None = Field(default=None, alias="to", description="received before it")
    scene: Scene | None = None
    category: Code | None = Field(default=None, description="that the newest decision names")
    action: Literal["pass", "review", "block"] | None = Field(default=None, description="of the newest decision")
    creator_id: Short | None = Field(default=None, description="whose content it is")
    cursor: Cursor | None = None
