"""What clients send about live shows: proofs, products, scripts, shows, acts in rooms. Models only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

from service.http.wire import NAME, Short

FEWEST: Final = 4
"""Letters and digits that a claim has at least, once folded: a proof of 第一 would cover everything."""
ROOM: Final = r"^[^/\s\x00-\x20\x7f]{1,64}$"
"""A room's name."""
MOST_SCRIPT: Final = 100_000
_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)

Code = Annotated[StrictStr, StringConstraints(pattern=NAME)]
Id = Annotated[StrictStr, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
Day = Annotated[date, Field(strict=False, ge=_FIRST, lt=_LAST)]
Digest = Annotated[StrictStr, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Ids = Annotated[tuple[Id, ...], Field(max_length=200, fail_fast=True)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProofRequest(_Sent):
    """A document that proves claims, word for word as they are said."""

    claims: Annotated[
        tuple[Annotated[StrictStr, StringConstraints(min_length=FEWEST, max_length=500)], ...],
        Field(min_length=1, max_length=50, fail_fast=True),
    ] = Field(description="each claim in its exact words, with its period and scope")
    file_sha256: Digest = Field(description="the digest of the document, which stays with you")
    source: Annotated[StrictStr, StringConstraints(min_length=1, max_length=500)] = Field(
        description="who says so: institution and title"
    )
    period: Annotated[StrictStr, StringConstraints(max_length=200)] = Field(
        default="", description="the period that the document is about"
    )
    scope: Annotated[StrictStr, StringConstraints(max_length=500)] = Field(
        default="", description="region, industry, range of goods"
    )
    valid_from: Day | None = Field(
        default=None, description="the first day on which it may be used; no limit if left out"
    )
    valid_to: Day | None = Field(default=None, description="the last day on which it may be used (Asia/Shanghai)")


class CertificateSent(_Sent):
    """A certificate of a product."""

    kind: Code = Field(description="your own code, or that of a number format", examples=["cos_filing"])
    number: Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)]
    valid_to: Day | None = Field(default=None, description="the last day on which it holds")


class ProductRequest(_Sent):
    """A product with all its certificates: what is filed again under the same id takes the place of what was."""

    product_id: Id
    name: Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)] = Field(description="as hosts call it")
    industry: Code | None = Field(default=None, description="a code of docs/industries.md")
    certificates: Annotated[tuple[CertificateSent, ...], Field(max_length=50, fail_fast=True)] = ()


class ScriptRequest(_Sent):
    """A host script. Under the id of one that is there it is a new version, and an approval of the old one ends."""

    script_id: Id | None = Field(default=None, description="yours; a new one is made if left out")
    title: Annotated[StrictStr, StringConstraints(max_length=200)] = ""
    text: Annotated[StrictStr, StringConstraints(min_length=1, max_length=MOST_SCRIPT)] = Field(
        description="kept with its lines ended by a line feed alone"
    )
    products: Ids = Field(default=(), description="ids of products that were filed")
    proofs: Ids = Field(default=(), description="ids of proofs that it relies on")


class ApprovalRequest(_Sent):
    """Approves exactly the text with this digest."""

    digest: Digest
    note: Annotated[StrictStr, StringConstraints(max_length=2000)] = Field(
        default="", description="why, where the report would have sentences blocked"
    )


class CheckSent(_Sent):
    """That a host's identity was checked."""

    host_id: Id
    method: Code = Field(default="id_card", examples=["id_card", "face", "platform"])
    checked_on: Day


class ShowRequest(_Sent):
    """A show that begins in a room."""

    room_id: Annotated[StrictStr, StringConstraints(pattern=ROOM)]
    hosts: Annotated[tuple[CheckSent, ...], Field(max_length=50, fail_fast=True)] = ()
    products: Ids = ()
    proofs: Ids = ()
    script_id: Id | None = None


MOST_MINUTES: Final = 366 * 24 * 60
"""A mute that has an end holds so long at most."""


class ActRequest(_Sent):
    """What somebody does in a room: to whom, and why."""

    kind: Literal["mute", "unmute", "warn", "note"]
    target: Short | None = Field(default=None, description="whom a mute meets; the host is warned")
    text: Annotated[StrictStr, StringConstraints(max_length=1000)] = ""
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None = Field(
        default=None, description="how long a mute holds; without it, until it is lifted"
    )


class PageQuery(_Sent):
    """Which part of a list."""

    cursor: Annotated[StrictStr, StringConstraints(max_length=400)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ShowsQuery(PageQuery):
    """Which shows."""

    state: Literal["live", "all"] = "all"


class AlertsQuery(PageQuery):
    """Which alerts."""

    state: Literal["open", "all"] = "open"


class VersionQuery(_Sent):
    """Which version; the newest if left out."""

    version: Annotated[int, Field(ge=1, le=100_000)] | None = None


class DiffQuery(_Sent):
    """Which two versions."""

    from_: Annotated[int, Field(alias="from", ge=1, le=100_000)]
    to: Annotated[int, Field(ge=1, le=100_000)]


class ExportQuery(_Sent):
    """In which form."""

    format: Literal["json", "csv"] = "json"
