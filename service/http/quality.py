"""The routes of the quality of review: figures of agreement, golden results and work; and what is golden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from service.http.answer import Answer, tell
from service.http.answers import Answered, Person
from service.http.asking import read_as
from service.http.problems import Fault, Problem
from service.http.routes import BODY, CALLED, route
from service.http.wire import Short  # noqa: TC001 - pydantic reads it at run time
from service.labels import ENOUGH
from service.review import figures, golden
from service.review.rows import NotThere
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked
    from service.review.figures import Reviewer
    from service.review.quality import Agreement, Share
    from service.store.reads import ModelInfo

_WRITES: Final = (*BODY, *CALLED)


class ShareShown(Answered):
    """An estimate with its 95 % interval; null where there is too little to tell one."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class LackingShown(Answered):
    """Pairs that are still needed before kappa and alpha are told: in all, blocked by either, let pass by either."""

    pairs: int
    blocked: int
    passed: int


class AgreementShown(Answered):
    """How far people who do not know of each other come to the same; ``unclear`` where that is too little."""

    observed: ShareShown
    kappa: ShareShown
    alpha: ShareShown
    lacking: LackingShown
    unclear: bool


class CategoryAgreement(AgreementShown):
    """The same of the items of one category."""

    category: str


class GoldenResults(Answered):
    """How somebody answers golden items. ``curve`` is the evidence of erring, which flags at ``limit``."""

    answered: int
    wrong: int
    curve: list[float]
    limit: float
    flagged_at: int | None
    flags: int


class ReviewerShown(Answered):
    """How somebody works. ``hasty`` is the share of decisions made faster than one can read, of the last 2 000."""

    user: Person
    decisions: int
    per_hour: float | None
    median_seconds: float | None
    hasty: ShareShown
    stamping: bool
    severe_last_hour: int
    severe_most_an_hour: int
    golden: GoldenResults


class Quality(Answered):
    """The figures of the last 90 days. What is unclear comes before whoever is flagged: it may not be their fault."""

    since: str
    unclear: list[str] = Field(description="categories whose policy seems badly written: look at these first")
    second_reviews_waiting: int
    severe_per_hour: int = Field(description="the cap")
    overall: AgreementShown
    categories: list[CategoryAgreement]
    reviewers: list[ReviewerShown]


class GoldenRequest(BaseModel):
    """A content that a person decided, and whose answer is known for certain."""

    model_config = ConfigDict(extra="forbid")

    content_id: Short


class GoldenShown(Answered):
    """A golden item: its answer is the action and, for a block, its categories."""

    id: str
    content_id: str
    scene: str
    category: str
    severity: int
    answer: list[str]
    by: str
    created_at: str
    answers: int
    wrong: int


class GoldenList(Answered):
    """What is golden, the newest first."""

    items: list[GoldenShown]


class GoldenMade(Answered):
    """The golden item."""

    id: str


class HeadLabels(Answered):
    """How many texts people said are of a kind, and how many are not."""

    head: str
    yes: int
    no: int


class Proposal(Answered):
    """Weights that were shown to be better than others: macro-F1 before and after on the frozen set."""

    sha256: str
    base: str
    labels: int
    before: float
    after: float
    p: float
    created_at: str


class LabelsShown(Answered):
    """What people have taught, and what to do with it. ``ready``: all tenants have enough new labels for a training."""

    texts: int
    new: int = Field(description="texts of the tenant with labels since the last training")
    enough: int = Field(description="so many new ones of all tenants are enough for another")
    lacking: int = Field(description="so many are still needed")
    ready: bool
    origins: dict[str, int]
    heads: list[HeadLabels]
    active: str = Field(description="the active weights; empty for those of the settings")
    proposals: list[Proposal]


class Done(Answered):
    """Nothing more to tell."""


@route("GET", "/v1/quality", policy=Right.QUALITY, gives=Quality, problems=CALLED)
async def quality(asked: Asked) -> Answer:
    """Agreement a category, golden results, pace and exposure a reviewer, of the last 90 days."""
    service = asked.serving.service
    told = await figures.figures(asked.who, service.desk_reads)
    body = {
        "since": told.since,
        "unclear": told.unclear,
        "second_reviews_waiting": told.waiting,
        "severe_per_hour": service.settings.severe_per_hour,
        "overall": _agreement(told.overall),
        "categories": [{"category": code, **_agreement(one)} for code, one in told.categories],
        "reviewers": [_reviewer(one) for one in told.reviewers],
    }
    return tell(body)


@route("GET", "/v1/labels", policy=Right.QUALITY, gives=LabelsShown, problems=CALLED)
async def labels(asked: Asked) -> Answer:
    """What the labels of reviews come to, and whether a training or new weights are proposed."""
    service = asked.serving.service
    told, weights = await service.labels.counts(asked.who.tenant), await service.weights.trainings()
    body = {
        "texts": told.texts,
        "new": told.new,
        "enough": ENOUGH,
        "lacking": told.lacking,
        "ready": not told.lacking,
        "origins": told.origins,
        "heads": [{"head": head, "yes": yes, "no": no} for head, (yes, no) in told.heads.items()],
        "active": weights.active,
        "proposals": [_proposal(model) for model in weights.waiting],
    }
    return tell(body)


@route("GET", "/v1/golden", policy=Right.GOLDEN, gives=GoldenList, problems=CALLED)
async def golden_items(asked: Asked) -> Answer:
    """List what is golden, with how it was answered."""
    items = await asked.serving.service.desk_reads.golden(asked.who.tenant)
    told = [{"answer": orjson.loads(one.said), **one._asdict()} for one in items]
    for one in told:
        del one["said"]
    return tell({"items": told})


@route(
    "POST", "/v1/golden", policy=Right.GOLDEN, takes=GoldenRequest, gives=GoldenMade, problems=("not-found", *_WRITES)
)
async def make_golden(asked: Asked) -> Answer:
    """Have a decided content test reviewers: copies of it come into the queue, and look like any other item."""
    sent = await read_as(asked, GoldenRequest)
    try:
        id_ = await asked.serving.service.desk.make_golden(asked.who, sent.content_id)
    except NotThere:
        raise Problem("not-found") from None
    except golden.Unfit as unfit:
        raise Problem("invalid-body", faults=[Fault(("content_id",), str(unfit))]) from None
    return tell({"id": id_})


@route("DELETE", "/v1/golden/{id}", policy=Right.GOLDEN, gives=Done, problems=("not-found", *CALLED))
async def end_golden(asked: Asked) -> Answer:
    """Have a content, by its content id, test nobody any longer; its results stay."""
    try:
        await asked.serving.service.desk.end_golden(asked.who, asked.found["id"])
    except NotThere:
        raise Problem("not-found") from None
    return Answer(b"{}")


ROUTES: Final = (quality, labels, golden_items, make_golden, end_golden)


def _proposal(model: ModelInfo) -> dict[str, Any]:
    report = model.report
    told = {"before": report["active"], "after": report["candidate"], "p": report["p"]}
    return {"sha256": model.sha256, "base": model.base, "labels": model.labels, "created_at": model.created_at, **told}


def _agreement(told: Agreement) -> dict[str, Any]:
    shares = {name: _share(getattr(told, name)) for name in ("observed", "kappa", "alpha")}
    return {**shares, "lacking": told.lacking._asdict(), "unclear": told.unclear}


def _share(share: Share) -> dict[str, Any]:
    return {name: None if one is None else round(one, 4) for name, one in share._asdict().items()}


def _reviewer(one: Reviewer) -> dict[str, Any]:
    return {
        "user": {"id": one.id, "name": one.name},
        "decisions": one.decisions,
        "per_hour": None if one.per_hour is None else round(one.per_hour, 1),
        "median_seconds": None if one.pace.median is None else round(one.pace.median, 1),
        "hasty": _share(one.pace.hasty),
        "stamping": one.pace.stamping,
        "severe_last_hour": one.severe,
        "severe_most_an_hour": one.severe_most,
        "golden": {**one.golden._asdict(), "curve": [round(each, 3) for each in one.golden.curve]},
    }
