"""The route of term economics: how often each term is right, what it costs reviewers, what to do about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints

from moderation.types import Scene  # noqa: TC001 - pydantic reads it at run time
from service.http.answer import Answer, confide
from service.http.answers import Answered
from service.http.asking import check_category, read_query
from service.http.routes import CALLED, route
from service.rights import Right
from service.rulebook.economics import BLOCK_BUDGET, BUDGET
from service.rulebook.precision import ERROR

if TYPE_CHECKING:
    from service.http.serving import Asked
    from service.rulebook.catalogue import Index
    from service.rulebook.economics import Advice, Economics, Term

_MOST: Final = 500


class EconomicsQuery(BaseModel):
    """Which terms to list, and which false alarms the house bears."""

    model_config = ConfigDict(extra="forbid")

    scene: Scene | None = None
    category: Annotated[StrictStr, StringConstraints(max_length=40)] = ""
    order: Literal["cost", "precision", "decided"] = Field(
        default="cost", description="cost: reviewer time for each true finding, the dearest first"
    )
    budget: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=BUDGET, description="false alarms borne in what one term leaves to people"
    )
    block_budget: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=BLOCK_BUDGET, description="false alarms borne in what nobody looks at any more"
    )
    error: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        default=ERROR, description="share of decisions at most in which a person errs"
    )
    limit: Annotated[int, Field(ge=1, le=_MOST)] = 100


class TermWorth(Answered):
    """One term in one scene. ``low`` to ``high`` holds its true precision at 95 %."""

    rule: str
    text: str
    scene: str
    category: str
    decided: int
    upheld: int
    precision: float
    low: float
    high: float
    seconds: float = Field(description="of reviewers")
    per_true: float | None = Field(description="seconds for each true finding; null where there was none")
    overturned: int = Field(description="blocks by the engine alone that fell on appeal")
    confirmed: int


class TermAdvice(Answered):
    """What to do about a term; ``change`` is what to propose."""

    kind: Literal["demote", "guard", "promote"]
    rule: str
    text: str
    scene: str
    category: str
    decided: int
    precision: float
    low: float
    high: float
    change: dict[str, Any]
    saved: float = Field(description="seconds of reviewers that it would have spared")
    lost: int = Field(description="true findings lost; of a promotion, false alarms to be expected")


class TermEconomics(Answered):
    """The terms by what people decided, and proposals, the most worth first."""

    decided: int
    seconds: float
    terms: list[TermWorth]
    budget: float
    more: bool
    advice: list[TermAdvice]


@route(
    "GET",
    "/v1/terms",
    policy=Right.QUALITY,
    query=EconomicsQuery,
    gives=TermEconomics,
    problems=("invalid-query", *CALLED),
)
async def term_economics(asked: Asked) -> Answer:
    """Tell how often terms are right, what they cost reviewers, and which to demote, guard or promote."""
    query, caller, service = read_query(asked, EconomicsQuery), asked.who, asked.serving.service
    check_category(asked, query.category)
    book, ruleset = service.rulebook, service.rules.engines.of(caller.tenant).ruleset
    economics = await book.worth.of(caller.tenant)
    index = await book.catalogue.of(ruleset)
    settled = ruleset.overlay.by_rule if ruleset.overlay else {}
    told = await asyncio.to_thread(_worked_out, economics, query, index, settled)
    return confide(told)


ROUTES: Final = (term_economics,)


def _worked_out(economics: Economics, query: EconomicsQuery, index: Index, settled: Any) -> dict[str, Any]:
    chosen = [
        term
        for term in economics.terms.values()
        if (query.scene is None or term.scene == query.scene)
        and (not query.category or term.category == query.category)
    ]
    chosen.sort(key=_ORDER[query.order])
    advice = economics.advice(budget=query.budget, block_budget=query.block_budget, error=query.error, settled=settled)
    return {
        "decided": economics.decided,
        "seconds": round(economics.seconds, 1),
        "terms": [_term(one, index, query.error) for one in chosen[: query.limit]],
        "budget": query.budget,
        "more": len(chosen) > query.limit,
        "advice": [_advice(one, index) for one in advice],
    }


_ORDER: Final = {
    "cost": lambda one: (-(one.seconds / max(one.upheld, 0.5)), -one.decided, one.rule),
    "precision": lambda one: (one.precision().share if one.decided else 1.0, -one.decided, one.rule),
    "decided": lambda one: (-one.decided, one.rule),
}


def _term(one: Term, index: Index, error: float) -> dict[str, Any]:
    precision = one.precision(error)
    return {
        "rule": one.rule,
        "text": index.text(one.rule),
        "scene": one.scene,
        "category": one.category,
        "decided": one.decided,
        "upheld": one.upheld,
        "precision": round(precision.share, 4),
        "low": round(precision.low, 4),
        "high": round(precision.high, 4),
        "seconds": round(one.seconds, 1),
        "per_true": None if one.per_true is None else round(one.per_true, 1),
        "overturned": one.overturned,
        "confirmed": one.confirmed,
    }


def _advice(one: Advice, index: Index) -> dict[str, Any]:
    share, low, high = one.precision
    return {
        "kind": one.kind,
        "rule": one.rule,
        "text": index.text(one.rule),
        "scene": one.scene,
        "category": one.category,
        "decided": one.decided,
        "precision": round(share, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "change": one.change,
        "saved": one.saved,
        "lost": one.lost,
    }
