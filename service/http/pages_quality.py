"""The page of the quality of review: what people disagree on first, then how each of them works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.http import charts, quality
from service.http.console import HTML, shell, told_by
from service.http.routes import route
from service.review.quality import UNCLEAR, WATCH
from service.rights import Right

if TYPE_CHECKING:
    from service.http.answer import Answer
    from service.http.serving import Asked


@route("GET", "/quality", policy=Right.QUALITY, gives=HTML, shown=False)
async def page(asked: Asked) -> Answer:
    """Agreement, golden results, workload and exposure."""
    page = await shell(asked)
    told, labels = await told_by(asked, quality.quality), await told_by(asked, quality.labels)
    may = Right.GOLDEN in asked.who.rights
    golden = (await told_by(asked, quality.golden_items))["items"] if may else []
    people, cap = told["reviewers"], told["severe_per_hour"]
    busiest = max([1.0, *(one["per_hour"] or 0.0 for one in people)])
    return page.page(
        "quality.html",
        told=told,
        categories=[{**one, "drawn": charts.interval(one["kappa"])} for one in told["categories"]],
        people=[
            {
                **one,
                "drawn": charts.curve(one["golden"]["curve"], one["golden"]["limit"], longest=WATCH),
                "pace": charts.bar(one["per_hour"] or 0.0, busiest),
                "seen": charts.bar(one["severe_last_hour"], cap),
            }
            for one in people
        ],
        flagged=[one for one in people if one["golden"]["flagged_at"] is not None],
        stamping=[one for one in people if one["stamping"]],
        unclear_at=charts.place(UNCLEAR),
        marks=charts.MARKS,
        golden=golden,
        labels=labels,
        labels_full=charts.bar(labels["enough"] - labels["lacking"], labels["enough"]),
        cap=cap,
    )


ROUTES: Final = (page,)
