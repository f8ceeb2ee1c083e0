"""What clients send about changes of rules, and what they are answered. Models only; nothing is done here."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, StringConstraints

from moderation.change import MOST_CHANGES
from moderation.own import MOST_FILES
from moderation.types import Scene
from service.http.answers import Answered
from service.http.asking import ListQuery
from service.http.lexicon import LAST_VERSION, LexiconFile
from service.http.wire import NAME, When
from service.lexicons import NOTE_CHARS
from service.rulebook.rehearsal import MOST, USUAL

MOST_LINE: Final = 2000

Code = Annotated[StrictStr, StringConstraints(pattern=NAME)]
Rule = Annotated[StrictStr, StringConstraints(min_length=1, max_length=120)]
Digest = Annotated[StrictStr, StringConstraints(min_length=64, max_length=64)]
Version = Annotated[StrictInt, Field(ge=0, le=LAST_VERSION)]
Percent = Annotated[StrictInt, Field(ge=1, le=100)]
Note = Annotated[StrictStr, StringConstraints(max_length=NOTE_CHARS)]
Line = Annotated[StrictStr, StringConstraints(min_length=1, max_length=MOST_LINE)]
Scenes = Annotated[list[Scene], Field(max_length=7, fail_fast=True)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AddTerm(_Sent):
    """Ban what a line of the grammar says (``docs/lexicons.md``)."""

    op: Literal["add"]
    category: Code
    line: Line = Field(examples=["史上最牛 | severity: 3 | scenes: ad, live_speech"])


class AllowTerm(_Sent):
    """Allow what a line says; in some categories or in all."""

    op: Literal["allow"]
    line: Line
    categories: Annotated[list[Code], Field(max_length=40, fail_fast=True)] = []


class RemoveTerm(_Sent):
    """Take an own term away; have a shared one not count, in some scenes or in all."""

    op: Literal["remove"]
    rule: Rule
    scenes: Scenes = []


class RestoreTerm(_Sent):
    """Have a term count as the house has it."""

    op: Literal["restore"]
    rule: Rule


class TermSeverity(_Sent):
    """Give a term's hits another severity."""

    op: Literal["severity"]
    rule: Rule
    severity: Annotated[StrictInt, Field(ge=0, le=4)]
    scenes: Scenes = []


class TermWeight(_Sent):
    """Give a term's hits another weight: what decides between block, review and a mere hint."""

    op: Literal["weight"]
    rule: Rule
    weight: Percent
    scenes: Scenes = []


class SceneThreshold(_Sent):
    """From which weight on a scene blocks, and from which it leaves to people."""

    op: Literal["threshold"]
    scene: Scene
    block_at: Percent | None = None
    review_at: Percent | None = None


class CategoryAction(_Sent):
    """What full-weight evidence of a category leads to in a scene."""

    op: Literal["action"]
    scene: Scene
    category: Code
    action: Literal["pass", "review", "block"]


AnyChange = Annotated[
    AddTerm | AllowTerm | RemoveTerm | RestoreTerm | TermSeverity | TermWeight | SceneThreshold | CategoryAction,
    Field(discriminator="op"),
]
Changes = Annotated[list[AnyChange], Field(max_length=MOST_CHANGES, fail_fast=True)]


class DraftRequest(_Sent):
    """Changes of what is active, in order; or ``files`` in place of all that the tenant has of its own."""

    changes: Changes = []
    files: Annotated[list[LexiconFile], Field(max_length=MOST_FILES, fail_fast=True)] | None = None
    note: Note = Field(default="", description="why, for whoever approves it")


class PeriodRequest(_Sent):
    """What to try it on: the last so many contents, and of them those that were judged in a period."""

    last: Annotated[StrictInt, Field(ge=1, le=MOST)] = USUAL
    since: When | None = None
    until: When | None = None


class RehearsalRequest(PeriodRequest):
    """A draft to try without proposing it."""

    changes: Changes = []
    files: Annotated[list[LexiconFile], Field(max_length=MOST_FILES, fail_fast=True)] | None = None


class BytesRequest(_Sent):
    """Exactly which bytes: the digest that was shown."""

    sha256: Digest


class RollbackRequest(_Sent):
    """What is active now: back is where one came from, if nothing else happened meanwhile."""

    active: Version


class ShadowRequest(_Sent):
    """Which version is to run beside the active one: it only counts."""

    version: Annotated[StrictInt, Field(ge=1, le=LAST_VERSION)]


class NothingRequest(_Sent):
    """Nothing more than the request itself."""


class TermsQuery(ListQuery):
    """Which terms to list."""

    text: Annotated[StrictStr, StringConstraints(max_length=100)] = Field(
        default="", description="what they hold, however it is written"
    )
    category: Annotated[StrictStr, StringConstraints(max_length=40)] = Field(
        default="", description="a category, or allow"
    )
    file: Annotated[StrictStr, StringConstraints(max_length=120)] = ""
    whose: Literal["", "own", "shared", "adjusted"] = ""


class LintRequest(_Sent):
    """Which own files to look through: those of a version, 0 for the active one; or a draft."""

    version: Version = 0
    changes: Changes = []


class Who(Answered):
    """A person."""

    id: str
    name: str


class Hours(Answered):
    """Reviewer-hours a week, more than now, or fewer below zero; ``low`` to ``high`` at 95 %."""

    mean: float
    low: float
    high: float
    items: float
    days: int = Field(description="how many days it rests on")
    timed: int = Field(description="how many decisions of people were timed")
    seconds: float = Field(description="how long one takes")


class Report(Answered):
    """What other rules would have made of contents that were judged. ``moves`` is keyed ``was>becomes``."""

    judged: int
    different: int
    moved: int
    new_flags: int
    released: int
    moves: dict[str, int]
    scenes: dict[str, int]
    found: dict[str, int]
    lost: dict[str, int]
    rules: dict[str, int] = Field(description="how often each rule made the difference")
    days: dict[str, list[int]] = Field(description="judged, newly to review, and no longer, by day")
    creators: int
    hours: Hours
    samples: list[dict[str, Any]] = Field(description="up to 50 contents that are acted on otherwise")


class Rehearsing(Answered):
    """A rehearsal on its way."""

    id: str
    state: Literal["running", "done", "failed"]
    seen: int
    of: int
    report: Report | None


class ProposalShown(Answered):
    """A proposal. ``state`` is ``replaced`` for one that was active and is not any more."""

    id: str
    state: Literal["open", "approved", "active", "replaced", "rolled_back", "rejected", "withdrawn"]
    revision: int
    version: int
    sha256: str = Field(description="of the bytes that are approved and become active")
    base: int = Field(description="the version that it was made on")
    current: bool = Field(description="whether that is still active, above the same shared rules")
    note: str
    changes: list[dict[str, Any]]
    author: Who
    proposed_at: str
    approver: Who | None
    approved_at: str | None
    closed_by: Who | None
    closed_at: str | None
    rehearsed: bool
    steps: list[str] = Field(description="what the caller may do with it")


class ProposalRead(ProposalShown):
    """A proposal with its difference to what it was made on, line by line, and what it would change."""

    diff: list[dict[str, Any]] = Field(description="for each file: name, and lines with their sign (+, - or blank)")
    report: Report | None


class Proposals(Answered):
    """Proposals, newest first."""

    proposals: list[ProposalShown]
    next: str | None


class ActivationShown(Answered):
    """A change of the active version."""

    version: int
    at: str
    by: Who
    ground: Literal["direct", "proposal", "rollback"]
    proposal: str | None


class ShadowShown(Report):
    """A ruleset that runs, or ran, beside the active one, and what it has counted."""

    id: str
    version: int
    started_by: Who
    started_at: str
    ended_at: str | None


class Shadows(Answered):
    """The shadows of the tenant, the last first."""

    shadows: list[ShadowShown]


class RulesetsShown(Answered):
    """What the tenant's contents are judged by, and how that came to be."""

    active: int = Field(description="the version of the tenant's own; 0 for none")
    ruleset: str
    four_eyes: bool
    can_roll_back: bool
    history: list[ActivationShown]
    shadow: str | None = Field(description="the id of the shadow that runs")


class VersionRead(Answered):
    """The texts of a version."""

    version: int
    files: list[LexiconFile]


class Activated(Answered):
    """What is active now."""

    active: int
    ruleset: str


class LexiconFileShown(Answered):
    """A file of terms."""

    name: str
    own: bool
    category: str
    terms: int


class Lexicons(Answered):
    """The files of terms, those of the tenant first."""

    files: list[LexiconFileShown]


class TermShown(Answered):
    """A term. ``line`` is as its file has it, as far as it is known; ``adjusted`` what the tenant makes of it."""

    rule: str
    text: str
    category: str
    family: str
    file: str
    line: int
    own: bool
    pattern: bool
    severity: int
    weight: int
    scenes: list[str]
    laws: list[str]
    conditions: dict[str, list[str]]
    disguises: list[str]
    note: str
    verified: bool
    adjusted: list[dict[str, Any]]
    protects: list[str] = Field(description="the categories from which an allow term keeps; else none")


class Terms(Answered):
    """Terms, in the order of their files."""

    terms: list[TermShown]
    next: str | None


class Doubt(Answered):
    """Something doubtful about a term. ``refuses``: it must not go live."""

    kind: str
    told: str
    refuses: bool
    file: str
    line: int
    term: str
    detail: str
    rate: float
    texts: list[str]


class Lint(Answered):
    """What is doubtful about a tenant's own terms, on ``texts`` clean texts."""

    terms: int
    texts: int
    doubts: list[Doubt]
