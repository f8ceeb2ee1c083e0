"""The routes by which a pipeline files what people say of contents: users' reports, and complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.http.answer import Answer, tell
from service.http.asking import read_as
from service.http.problems import Fault, Problem
from service.http.review_answers import ReportShown, report_shown
from service.http.review_wire import ComplaintRequest, ReportRequest
from service.http.routes import BODY, CALLED, route
from service.review.intake import REPORT, Said
from service.review.rows import NotThere
from service.review.rulings import COMPLAINT
from service.rights import Right

if TYPE_CHECKING:
    from service.http.serving import Asked

_WRITES: Final = (*BODY, *CALLED)


@route("POST", "/v1/reports", policy=Right.REPORT, takes=ReportRequest, gives=ReportShown, problems=_WRITES)
async def report(asked: Asked) -> Answer:
    """File a user's report; the same user's second report of a round changes nothing."""
    sent = await read_as(asked, ReportRequest)
    return await _filed(asked, Said(REPORT, sent.content_id, sent.reporter_id, sent.reason, sent.detail))


@route("POST", "/v1/complaints", policy=Right.REPORT, takes=ComplaintRequest, gives=ReportShown, problems=_WRITES)
async def complaint(asked: Asked) -> Answer:
    """File a complaint, which people verify and answer with an outcome."""
    sent = await read_as(asked, ComplaintRequest)
    words = (sent.detail, sent.order_id, sent.evidence)
    return await _filed(asked, Said(COMPLAINT, sent.content_id, sent.complainant_id, sent.reason, *words))


@route(
    "GET", "/v1/reports/{id}", policy=Right.REPORT, gives=ReportShown, problems=("not-found", *CALLED), shows_texts=True
)
async def one_report(asked: Asked) -> Answer:
    """Read a report, with its outcome once there is one."""
    return await _told(asked, asked.found["id"], REPORT)


@route(
    "GET",
    "/v1/complaints/{id}",
    policy=Right.REPORT,
    gives=ReportShown,
    problems=("not-found", *CALLED),
    shows_texts=True,
)
async def one_complaint(asked: Asked) -> Answer:
    """Read a complaint, with its verification and outcome once there are any."""
    return await _told(asked, asked.found["id"], COMPLAINT)


ROUTES: Final = (report, complaint, one_report, one_complaint)


async def _filed(asked: Asked, said: Said) -> Answer:
    try:
        filed = await asked.serving.service.desk.file(asked.who.tenant, said)
    except NotThere:
        raise Problem("invalid-body", faults=[Fault(("content_id",), "unknown_content")]) from None
    return await _told(asked, filed.id, said.kind)


async def _told(asked: Asked, report_id: str, kind: str) -> Answer:
    found = await asked.serving.service.desk_reads.report(asked.who.tenant, report_id, kind)
    if found is None:
        raise Problem("not-found")
    return tell(report_shown(found))
