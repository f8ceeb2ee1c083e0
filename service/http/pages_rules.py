"""The pages of rules: lexicons with a draft beside them, proposals and what is active, what terms are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moderation.types import Scene
from service.http import charts, html, lexicons, rulesets, terms
from service.http.console import HTML, shell, told_by
from service.http.filters import following, given
from service.http.routes import route
from service.lexicons import NOTE_CHARS
from service.rights import Right
from service.rulebook.rehearsal import MOST, USUAL

if TYPE_CHECKING:
    from service.http.answer import Answer
    from service.http.serving import Asked

_WHOSE: Final = ("own", "shared", "adjusted")
_ORDERS: Final = ("cost", "precision", "decided")
_PAGE: Final = "50"
_LASTS: Final = (200, 2000, 10_000, MOST)
_LISTED: Final = "60"


@route("GET", "/lexicons", policy=Right.READ, gives=HTML, shown=False)
async def browse(asked: Asked) -> Answer:
    """Browse and search the terms; put changes together, try them, propose them."""
    page = await shell(asked)
    query = given(asked, "text", "category", "whose", "file", "cursor")
    told = await told_by(asked, lexicons.lexicon_terms, query={**query, "limit": _PAGE})
    files = await told_by(asked, lexicons.lexicon_files)
    return page.page(
        "lexicons.html",
        query=query,
        terms=told["terms"],
        files=files["files"],
        total=sum(one["terms"] for one in files["files"]),
        categories=page.categories(),
        scenes=[scene.value for scene in Scene],
        whose=_WHOSE,
        lasts=_LASTS,
        usual=USUAL,
        note_chars=NOTE_CHARS,
        next=following(query, told["next"]),
        may=Right.RULES in page.me["rights"],
    )


@route("GET", "/rulesets", policy=Right.READ, gives=HTML, shown=False)
async def house(asked: Asked) -> Answer:
    """What contents are judged by, proposals, shadows, and how it came to be."""
    page = await shell(asked)
    told = await told_by(asked, rulesets.rulesets)
    listed = await told_by(asked, rulesets.proposals, query={**given(asked, "cursor"), "limit": "30"})
    beside = await told_by(asked, rulesets.shadows)
    return page.page(
        "rulesets.html",
        told=told,
        proposals=listed["proposals"],
        next=following({}, listed["next"]),
        shadows=beside["shadows"],
        may=Right.RULES in page.me["rights"],
    )


@route("GET", "/rulesets/{id}", policy=Right.READ, gives=HTML, shown=False)
async def proposal(asked: Asked) -> Answer:
    """One proposal: what it says, line by line, what it would change, who stands for it."""
    page = await shell(asked)
    told = await told_by(asked, rulesets.one_proposal, found={"id": asked.found["id"]})
    running = await told_by(asked, rulesets.rulesets)
    service = asked.serving.service
    index = await service.rulebook.catalogue.of(service.rules.engines.of(page.me["tenant"]).ruleset)
    changes = [{**one, "says": index.text(one["rule"])} if "rule" in one else one for one in told["changes"]]
    return page.page(
        "proposal.html",
        told={**told, "changes": changes},
        lasts=_LASTS,
        usual=USUAL,
        shadow=running["shadow"],
        may=Right.RULES in page.me["rights"],
    )


@route("GET", "/rehearsals/{id}", policy=Right.READ, gives=HTML, shown=False)
async def rehearsal(asked: Asked) -> Answer:
    """How far a rehearsal is, or what came of it: a part of a page."""
    page = await shell(asked)
    told = await told_by(asked, rulesets.one_rehearsal, found={"id": asked.found["id"]})
    return page.part("rehearsal.html", told=told)


@route("GET", "/terms", policy=Right.QUALITY, gives=HTML, shown=False)
async def worth(asked: Asked) -> Answer:
    """How often terms are right, what they cost reviewers, what to do about them."""
    page = await shell(asked)
    query = given(asked, "scene", "category", "order", "budget")
    told = await told_by(asked, terms.term_economics, query={**query, "limit": _LISTED})
    dearest = max([1.0, *(one["seconds"] for one in told["terms"])])
    return page.page(
        "terms.html",
        query=query,
        told=told,
        terms=[{**one, "drawn": _drawn(one), "cost": charts.bar(one["seconds"], dearest)} for one in told["terms"]],
        advice=[{**one, "drawn": _drawn(one)} for one in told["advice"]],
        limit=round(charts.bar(1 - told["budget"], 1.0), 1),
        categories=page.categories(),
        scenes=[(scene.value, html.named(page.lang, "scene", scene.value)) for scene in Scene],
        orders=_ORDERS,
        may=Right.RULES in page.me["rights"],
    )


ROUTES: Final = (browse, house, proposal, rehearsal, worth)


def _drawn(one: dict[str, Any]) -> dict[str, float]:
    """A share and its interval on a line from nothing to all."""
    low = charts.bar(one["low"], 1.0)
    wide = round(charts.bar(one["high"], 1.0) - low, 2)
    return {"from": low, "wide": wide, "at": charts.bar(one["precision"], 1.0)}
