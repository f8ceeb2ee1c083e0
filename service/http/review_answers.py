"""What the review desk answers, in models for the API document and in the functions that fill them in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from service.http.answers import Answered, Decision, Person, ShortDecision, decider, named, rendered
from service.http.language import called
from service.review.intake import PARTS, weight
from service.review.rows import Row
from service.review.seeing import cut_short, texts_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from moderation.types import Content
    from service.moderate import Decided
    from service.review.archive import Dossier
    from service.store.appeal_reads import Appeal
    from service.store.desk_reads import Counts, Listed, Noted, Reported


class _Item(Answered):
    """What an item always tells."""

    id: str
    kind: str
    state: str = Field(pattern="^(waiting|held|closed)$")
    level: int
    round: int
    scene: str
    category: str
    severity: int
    reach: int
    priority: str = Field(description="the sort key: due_at, earlier by what makes it urgent; overdue: behind a 0")
    opened_at: str
    due_at: str | None
    breached_at: str | None
    holder: Person | None
    lease_until: str | None
    closed_at: str | None
    closed_by: Person | None
    content_id: str
    version: int
    excerpt: str


class Summary(_Item):
    """One item of the queue. ``reports`` counts those of its round."""

    reports: int


class Queued(Summary):
    """One item of a list. ``action`` is what a closed item ended with, where something was decided or stands."""

    action: str | None = Field(pattern="^(pass|review|block)$")


class Count(Answered):
    """How many there are, at least; ``more`` says that there are more."""

    n: int
    more: bool


class QueueCounts(Answered):
    """How much there is to do."""

    waiting: Count = Field(description="for everybody")
    escalated: Count = Field(description="waiting for seniors")
    claimable: Count = Field(description="waiting at a level that the caller may claim from")
    held: Count
    overdue: Count
    closed_today: Count


class Queue(Answered):
    """One page of the queue. It may be short, or empty, and yet go on: only ``next`` tells."""

    items: list[Queued]
    next: str | None
    counts: QueueCounts


class PartShown(Answered):
    """A part."""

    name: str
    text: str


class ContentShown(Answered):
    """A content as it was sent."""

    id: str
    version: int
    scene: str
    parts: list[PartShown]
    creator_id: str | None
    room_id: str | None
    account_role: str
    commercial: bool | None
    has_cart_link: bool
    industry: str | None
    product: str | None
    published_at: str


class ReadAs(Answered):
    """A part as the engine read it, and what it saw through."""

    part: str
    text: str
    folds: list[str]


class ReportShown(Answered):
    """What somebody said of a content."""

    id: str
    kind: str
    content_id: str
    review: str
    reporter: str
    reason: str
    detail: str
    order_id: str
    evidence: str
    filed_at: str
    outcome: str | None
    verification: str | None
    settled_at: str | None
    weight: float


class NoteShown(Answered):
    """What somebody wrote beside a step."""

    at: str
    step: str
    by: Person
    text: str


class Law(Answered):
    """An article that is cited, in words."""

    ref: str
    name: str
    text: str
    version: str
    verified: bool


class AppealAt(Answered):
    """What is appealed and why. Whoever decided before is told by their role alone."""

    id: str
    decision_id: str
    appellant: str
    grounds: str
    filed_at: str
    outcome: str | None
    final_at: str | None = Field(description="when the block became final, if it is")
    decided_by: str = Field(description="engine, deadline, or the role of the person")


class Full(_Item):
    """An item with all that belongs to it. ``token`` is there for who holds it, and goes with each of their steps."""

    token: int | None = None
    content: ContentShown
    decision: Decision
    outcome: Decision | None
    read_as: list[ReadAs]
    reports: list[ReportShown] = Field(description="reports and complaints on this item, the last ones first")
    notes: list[NoteShown]
    appeal: AppealAt | None = Field(default=None, description="of an appeal; what the item says of people has no names")
    history: list[ShortDecision]
    earlier: list[ShortDecision] | None = Field(
        description="on the creator's other contents; null where nobody begins to look at it: read the item for them"
    )
    similar: list[Summary] | None
    steps: list[str] = Field(description="what the caller could do now")
    laws: list[Law]


class Claimed(Answered):
    """The items that are yours now, the most urgent first."""

    items: list[Full]


def summary(listed: Listed) -> dict[str, Any]:
    """An item in short."""
    row = Row(*listed.row)
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "level": row.level,
        "round": row.round,
        "scene": row.scene,
        "category": row.category,
        "severity": row.severity,
        "reach": row.reach,
        "reports": row.reports,
        "priority": row.priority,
        "opened_at": row.opened_at,
        "due_at": row.due_at,
        "breached_at": row.breached_at,
        "holder": {"id": row.holder, "name": listed.holder_name or ""} if row.holder else None,
        "lease_until": row.lease_until,
        "closed_at": row.closed_at,
        "closed_by": {"id": row.closed_by, "name": listed.closed_name or ""} if row.closed_by else None,
        "content_id": listed.content_id,
        "version": listed.version,
        "excerpt": cut_short(listed.body),
    }


def _similar(listed: Listed, dossier: Dossier) -> dict[str, Any]:
    """A similar item; beside an appeal without the people who worked on it."""
    return summary(listed) | ({"holder": None, "closed_by": None} if dossier.appeal else {})


def counts_told(counts: Counts, most: int, *, senior: bool) -> dict[str, Any]:
    """Bounded counts, for a senior or for somebody else."""
    told = {name: {"n": min(n, most), "more": n > most} for name, n in counts._asdict().items()}
    return {**told, "claimable": together(told["waiting"], told["escalated"]) if senior else told["waiting"]}


def together(*counts: Mapping[str, Any]) -> dict[str, Any]:
    """Several bounded counts as one."""
    return {"n": sum(one["n"] for one in counts), "more": any(one["more"] for one in counts)}


def full(dossier: Dossier, ruleset: Ruleset, caller: str, lang: Language) -> dict[str, Any]:
    """An item with all that belongs to it, for one caller."""
    row, context = dossier.row, dossier.context
    names = None if dossier.appeal else dossier.names
    mine = {"token": row.token} if row.holder == caller else {}
    return {
        **summary(dossier.listed),
        **mine,
        "content": content_shown(dossier.decided.content),
        "decision": decision_shown(dossier.decided, lang, names),
        "outcome": None if dossier.outcome is None else decision_shown(dossier.outcome, lang, names),
        "read_as": [{"part": part, "text": text, "folds": list(folds)} for part, text, folds in dossier.seen],
        "reports": [report_shown(one) for one in dossier.reports],
        "notes": [_note(one) for one in dossier.notes],
        "appeal": None if dossier.appeal is None else _appeal(dossier.appeal),
        "history": [short_decision(one, names) for one in dossier.history],
        "earlier": None if context is None else [short_decision(one, names) for one in context.earlier],
        "similar": None if context is None else [_similar(one, dossier) for one in context.similar],
        "steps": [STEPS[step.value] for step in dossier.steps if step.value in STEPS],
        "laws": _laws(dossier.decided, ruleset, lang),
    }


STEPS = {
    "claimed": "claim",
    "extended": "heartbeat",
    "released": "release",
    "skipped": "skip",
    "escalated": "escalate",
    "decided": "decision",
    "undone": "undo",
}
"""The addresses of the steps that people take."""


def content_shown(content: Content) -> dict[str, Any]:
    """A content as it was sent."""
    return {
        "id": content.id,
        "version": content.version,
        "scene": content.scene.value,
        "parts": [{"name": part.name, "text": part.text} for part in content.parts],
        "creator_id": content.author.id,
        "room_id": content.room,
        "account_role": content.author.role.value,
        "commercial": content.commercial,
        "has_cart_link": content.has_cart_link,
        "industry": content.industry,
        "product": content.product,
        "published_at": content.at,
    }


def report_shown(one: Reported) -> dict[str, Any]:
    """A report or complaint."""
    words = dict(texts_in(one.body)) if one.body else {}
    return {
        "id": one.id,
        "kind": one.kind,
        "content_id": one.content_id,
        "review": one.review,
        "reporter": one.reporter,
        "reason": one.reason,
        **{name: words.get(name, "") for name in PARTS},
        "filed_at": one.filed_at,
        "outcome": one.outcome,
        "verification": one.verification,
        "settled_at": one.settled_at,
        "weight": round(weight(one.upheld, one.rejected), 3),
    }


def short_decision(decided: Decided, names: Mapping[str, str] | None) -> dict[str, Any]:
    """A decision in short; without names nobody is told of but by ``by``."""
    return {
        "id": decided.id,
        "content_id": decided.content.id,
        "version": decided.content.version,
        "decided_at": decided.at,
        "action": decided.verdict.action.code,
        "severity": decided.verdict.severity,
        "categories": list(decided.verdict.categories),
        "supersedes": decided.supersedes,
        "by": decider(decided.by),
        **_who(decided.by, names),
    }


def decision_shown(decided: Decided, lang: Language, names: Mapping[str, str] | None) -> dict[str, Any]:
    """A decision as ``GET /v1/moderations/{id}`` tells it to whoever may see the desk."""
    return {**rendered(decided, lang), **_who(decided.by, names)}


def _who(by: str, names: Mapping[str, str] | None) -> dict[str, Any]:
    return {"who": None} if names is None else named(by, names)


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "id": appeal.id,
        "decision_id": appeal.decision,
        "appellant": appeal.appellant,
        "grounds": grounds_of(appeal),
        "filed_at": appeal.filed_at,
        "outcome": appeal.outcome,
        "final_at": appeal.final_at,
        "decided_by": appeal.role or decider(appeal.by),
    }


def grounds_of(appeal: Appeal) -> str:
    """What somebody brings forward against a block."""
    return "".join(text for _, text in texts_in(appeal.body))


def _note(one: Noted) -> dict[str, Any]:
    text = "".join(text for _, text in texts_in(one.body))
    return {
        "at": one.at,
        "step": one.act.removeprefix("review."),
        "by": {"id": one.user, "name": one.name},
        "text": text,
    }


def _laws(decided: Decided, ruleset: Ruleset, lang: Language) -> list[dict[str, Any]]:
    refs: Sequence[str] = list(dict.fromkeys(law for item in decided.verdict.evidence for law in item.laws))
    articles = [ruleset.laws[ref] for ref in refs if ref in ruleset.laws]
    return [
        {
            "ref": article.ref,
            "name": ruleset.cited(article.ref, lang),
            "text": called(article, lang),
            "version": article.version,
            "verified": article.verified,
        }
        for article in articles
    ]
