"""What clients are answered: decisions as JSON, and the models that describe them in the API document."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it at run time
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from moderation.render import render, render_suggestion
from moderation.types import PERSON, Scene
from service.filing import ENGINE
from service.review.rulings import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language
    from moderation.types import Verdict
    from service.moderate import Decided, Suggested
    from service.store.reads import Newer

NOTHING_MORE: Final[dict[str, Any]] = {}
_MOST_CLEAN: Final = 256
"""Scenes by languages by rulesets that a process may see; beyond that the memory starts anew."""


class Answered(BaseModel):
    """Members may be added to an answer in later versions, never removed."""

    model_config = ConfigDict(extra="allow")


class Proof(Answered):
    """What must be kept on file for a claim to be lawful."""

    code: str
    text: str
    laws: list[str]


class Tried(Answered):
    """An exemption that was looked at and failed."""

    code: str
    name: str
    why: str = Field(description="incomplete, barred, or the code of the row that barred it")
    reason: str
    laws: list[str]


class Finding(Answered):
    """One piece of evidence: ``start`` and ``end`` are code points into the original text of the part."""

    source: str = Field(description="text: a score of the text expert; anything else: a rule")
    category: str
    rule: str
    part: str
    start: int
    end: int
    text: str
    folds: list[str] = Field(description="the disguises that were seen through")
    laws: list[str] = Field(examples=[["广告法 9(3)"]])
    severity: int = Field(ge=0, le=4)
    weight: int
    reason: str = Field(description="what was found")
    note: str = Field(description="the row of the claims table that decided, or the note of the term")
    facts: dict[str, int] = Field(description="the numbers behind it, such as score_milli and threshold_milli")
    why: str = Field(description="why it counts")
    tried: list[Tried]
    proof: list[Proof] = Field(description="what would make it lawful")


class Excused(Answered):
    """A hit that does not count, and why."""

    category: str
    rule: str
    part: str
    start: int
    end: int
    text: str
    code: str
    reason: str
    name: str
    laws: list[str]
    proof: list[Proof]


class Absent(Answered):
    """An expert that was asked and gave nothing."""

    source: str
    why: str


class Change(Answered):
    """One edit: the code points ``start`` to ``end`` of a part of the content give way to ``replacement``."""

    part: str
    start: int
    end: int
    quote: str = Field(description="what goes; empty where something is only added")
    replacement: str = Field(description="what comes; empty where something is only deleted")
    template: bool = Field(description="the replacement holds something that a person must fill in")
    rule: str = Field(description="the rule of the evidence that it answers")


class NewPart(Answered):
    """A part as it would read then."""

    name: str
    text: str


class Rewritten(Answered):
    """The smallest edit whose result passes in the same scene, or why there is none."""

    edits: list[Change]
    parts: list[NewPart] = Field(description="the content with all edits made; empty where there are none")
    reason: str = Field(
        description="empty: the parts pass. Else not_needed, no_lawful_wording, nothing_left, too_long, none_found, "
        "proof_needed (a person checks the proof that its evidence names), number_needed (they pass once the numbers "
        "that are needed have been added) or for_people (the rules let them pass, and the text expert has doubts)"
    )
    why: str = Field(description="the reason in words")
    needed: list[str] = Field(description="what only the sender can add, such as an approval number")


class Person(Answered):
    """Somebody who works here."""

    id: str
    name: str


class Superseding(Answered):
    """The decision that stands on the same version by now."""

    id: str
    action: str = Field(pattern="^(pass|review|block)$")
    by: str = Field(pattern="^(engine|person|deadline)$")
    decided_at: datetime


EFFECTS: Final = (
    "what the rules ask for besides the action, whatever that is: throttle (slow the author down, or show it to few), "
    "crisis (offer the author help), warn, mask, report, count"
)


class Decision(Answered):
    """A decision that is on disk: what was judged, when, under which ruleset, and the verdict."""

    id: str
    content_id: str
    version: int
    scene: Scene
    decided_at: datetime
    supersedes: str | None
    superseded_by: Superseding = Field(  # type: ignore[assignment]
        default=None, description="what stands instead by now, so go by that; left out while this decision stands"
    )
    by: str = Field(
        description="engine, person, or deadline: nobody decided in time", pattern="^(engine|person|deadline)$"
    )
    who: Person | None = Field(default=None, description="the person, for callers who may see the desk")
    action: str = Field(
        description="while people decide on a review, ugc and live_speech may be seen, and the rest is held back",
        pattern="^(pass|review|block)$",
    )
    severity: int = Field(ge=0, le=4)
    categories: list[str] = Field(description="most severe first")
    advice: dict[str, str] = Field(description="what to do about each category")
    effects: list[str] = Field(description=EFFECTS)
    evidence: list[Finding]
    exemptions: list[Excused]
    proof: list[Proof]
    degraded: bool
    missing: list[Absent]
    ruleset: str
    matches_truncated: int
    erased: bool = Field(default=False, description="only where the text was erased: nothing can be quoted")
    suggestions: Rewritten = Field(default=None, description="only where the request says suggest: true")  # type: ignore[assignment]


class ShortDecision(Answered):
    """A decision without what it was made from."""

    id: str
    content_id: str
    version: int
    decided_at: datetime
    action: str
    severity: int
    categories: list[str]
    supersedes: str | None
    by: str
    who: Person | None


class BatchItemProblem(Answered):
    """An item that was not judged."""

    content_id: str | None
    error: dict[str, Any]


class BatchAnswer(Answered):
    """One result or error an item, in the order of the request."""

    results: list[Decision | BatchItemProblem]


class History(Answered):
    """The decisions on one content over all its versions, newest first."""

    decisions: list[Decision]
    next: str | None


class Alive(Answered):
    """The process answers."""

    status: str


class Ready(Answered):
    """Whether the service can do its work, and the codes of what keeps it from it."""

    ready: bool
    reasons: list[str]
    ruleset: str


def told(
    decided: Decided, lang: Language, suggested: Suggested | None = None, more: Mapping[str, Any] = NOTHING_MORE
) -> bytes:
    """A decision as JSON, with what could be written instead where that was asked for, and ``more`` members."""
    if suggested is not None:
        rewritten = render_suggestion(suggested.suggestion, decided.content, suggested.ruleset, lang)
        return orjson.dumps({**rendered(decided, lang), **more, "suggestions": rewritten}, option=orjson.OPT_UTC_Z)
    if decided.verdict.evidence or decided.verdict.exemptions:
        return orjson.dumps({**rendered(decided, lang), **more}, option=orjson.OPT_UTC_Z)
    return orjson.dumps({**_head(decided), **more}, option=orjson.OPT_UTC_Z)[:-1] + b"," + _clean_tail(decided, lang)


def rendered(decided: Decided, lang: Language) -> dict[str, Any]:
    """A decision as plain data."""
    return {**_head(decided), **render(decided.verdict, decided.content, decided.ruleset, lang=lang)}


def decider(by: str) -> str:
    """What sort of decider that is: ``engine``, ``deadline`` or ``person``."""
    return by if by in {ENGINE, DEADLINE} else PERSON


def named(by: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The member that tells which person decided; for callers who may see the desk."""
    return {"who": {"id": by, "name": names.get(by, "")} if decider(by) == PERSON else None}


def superseded(newer: Newer | None) -> Mapping[str, Any]:
    """The member that tells what stands instead of a decision; none where it stands."""
    if newer is None:
        return NOTHING_MORE
    told = {"id": newer.id, "action": newer.action, "by": decider(newer.by), "decided_at": newer.at}
    return {"superseded_by": told}


def _head(decided: Decided) -> dict[str, Any]:
    content = decided.content
    return {
        "id": decided.id,
        "content_id": content.id,
        "version": content.version,
        "scene": content.scene,
        "decided_at": decided.at,
        "supersedes": decided.supersedes,
        "by": decider(decided.by),
    }


_clean: dict[tuple[Verdict, Language], bytes] = {}


def _clean_tail(decided: Decided, lang: Language) -> bytes:
    """What a verdict that found nothing says: most traffic, and the same bytes for all contents of a scene."""
    key = decided.verdict, lang
    tail = _clean.get(key)
    if tail is None:
        if len(_clean) >= _MOST_CLEAN:
            _clean.clear()
        tail = _clean[key] = orjson.dumps(render(decided.verdict, decided.content, decided.ruleset, lang=lang))[1:]
    return tail
