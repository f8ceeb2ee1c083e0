"""What clients send about creators and are answered: the models of the routes of creators, boosts, measures, trials."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, StringConstraints

from moderation.types import Role, Scene
from service.http.answers import Answered
from service.http.asking import ListQuery
from service.http.wire import NAME, Short, When

Code = Annotated[StrictStr, StringConstraints(pattern=NAME)]
MOST_CANDIDATES = 500
MOST_SIGNALS = 100
_MOST_SHOWN = 10**9
_LONGEST_FORMULA = 100_000
_LONGEST_WHY = 500


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CreatorRequest(_Sent):
    """Who a creator is. ``verified_until`` are ends of verifications by their names, as ``{"identity": "2027-…"}``."""

    role: Role = Role.CREATOR
    cohort: Code = "default"
    mcn: Short | None = None
    entity: Short | None = Field(
        default=None, description="what identifies the verified person or firm; kept as a keyed hash alone"
    )
    verified_until: Annotated[dict[Code, When], Field(max_length=20)] = {}


class AccountRequest(_Sent):
    """An account on a channel, by the id that contents bear as ``creator_id``."""

    channel: Code
    account_id: Short


class SignalSent(_Sent):
    """One thing measured, or done: ``training_passed`` needs no more, ``self_correction`` the last two."""

    name: Code
    at: When
    value: Annotated[StrictInt, Field(ge=0, le=100)] | None = Field(default=None, description="of what is measured")
    decision_id: Short | None = None
    seconds: Annotated[StrictInt, Field(ge=0, le=86_400)] | None = None


class SignalsRequest(_Sent):
    """Signals, all or none. The same name on the same day counts once."""

    signals: Annotated[tuple[SignalSent, ...], Field(min_length=1, max_length=MOST_SIGNALS, fail_fast=True)]


class FindingRequest(_Sent):
    """What a person found, as ``brush_order_found``."""

    name: Code


class CandidateSent(_Sent):
    """Somebody who may be shown: impressions ``expected`` without any boost."""

    creator_id: Short
    expected: Annotated[StrictInt, Field(ge=0, le=_MOST_SHOWN)]
    category: Code = ""


class RankRequest(_Sent):
    """A list to be ranked. ``budget`` is how many extra impressions it may be given at most."""

    scene: Scene
    candidates: Annotated[tuple[CandidateSent, ...], Field(min_length=1, max_length=MOST_CANDIDATES, fail_fast=True)]
    budget: Annotated[StrictInt, Field(ge=0, le=_MOST_SHOWN)]
    seed: Annotated[StrictInt, Field(ge=0, le=2**53)] | None = Field(
        default=None, description="to draw a ranking again; otherwise one is made and told"
    )


class MeasureRequest(_Sent):
    """A measure of the ladder, proposed by a person; another one decides."""

    kind: Literal[
        "warning", "limit_features", "limit_traffic", "suspend_live", "stop_live", "close_account", "blacklist"
    ]
    rule: Code = "manual"
    days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None


class MeasureDecision(_Sent):
    """Whether a measure comes into force; ``days`` may be fewer than proposed."""

    agrees: StrictBool
    days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None


class ReliefRequest(_Sent):
    """Why a measure ends before its term."""

    why: Annotated[StrictStr, StringConstraints(min_length=1, max_length=_LONGEST_WHY)]


class TrialRequest(_Sent):
    """A formula as TOML: the one that holds with one number changed and another version."""

    formula: Annotated[StrictStr, StringConstraints(min_length=1, max_length=_LONGEST_FORMULA)]


class BoostQuery(_Sent):
    """Where the creator would be shown."""

    scene: Scene


class CreatorsQuery(ListQuery):
    """Creators whose id contains something."""

    containing: Annotated[StrictStr, StringConstraints(max_length=200)] = ""


class MeasuresQuery(ListQuery):
    """Measures in a state; all where none is named."""

    state: Literal["", "proposed", "in_force", "declined", "lifted", "expired"] = ""


class ExplanationQuery(_Sent):
    """On which scale the score is shown besides."""

    preset: Annotated[StrictStr, StringConstraints(max_length=32)] = ""


class Nothing(Answered):
    """Nothing more to tell."""


class ReasonShown(Answered):
    """Why a multiplier is what it is."""

    code: str
    text: str


class BoostShown(Answered):
    """What a creator's traffic is multiplied by in a scene."""

    creator_id: str
    scene: str
    multiplier: float
    tier: str
    score: float
    reasons: list[ReasonShown]
    valid_until: str
    formula: str


class AccountShown(Answered):
    """A linked account, and until when it was."""

    account_id: str
    channel: str
    since: str
    until: str | None


class MeasureShown(Answered):
    """A measure with facts, basis, term and how it ended."""

    id: str
    creator_id: str
    kind: str
    name: str
    state: str
    rule: str
    basis: list[str]
    facts: dict[str, int]
    days: int | None
    proposed_by: str
    proposed_at: str
    decided_by: str | None
    decided_at: str | None
    ends_at: str | None
    ended_by: str | None
    ended_at: str | None
    relief: str


class OtherScore(Answered):
    """The score by the other formula, while one is tried."""

    formula: str
    score: float
    tier: str


class CreatorShown(Answered):
    """A creator: who it is, where it stands and what is in force."""

    creator_id: str
    role: str
    cohort: str
    mcn: str | None
    verified_until: dict[str, str]
    enrolled_at: str | None
    score: float
    tier: str
    multiplier: float
    compliance: float = Field(description="of the score")
    quality: float = Field(description="of the score")
    items: int
    reasons: list[ReasonShown]
    formula: str
    other: OtherScore | None
    accounts: list[AccountShown]
    measures: list[MeasureShown]


class CreatorBrief(Answered):
    """A creator in a list."""

    creator_id: str
    role: str
    cohort: str
    score: float
    tier: str
    multiplier: float
    newcomer: bool
    reasons: list[str] = Field(description="codes of what caps the tier, forbids a boost or raises the multiplier")
    measures: list[str]


class CreatorList(Answered):
    """Creators in the order of their ids."""

    items: list[CreatorBrief]
    next: str | None


class EntryShown(Answered):
    """An entry of the ledger: a cause, never points."""

    id: str
    kind: str
    text: str
    name: str
    value: int
    since: str
    occurred: str
    recorded: str
    ref: str | None
    decision_id: str | None
    content_id: str | None
    version: int | None


class LedgerShown(Answered):
    """Entries, newest first."""

    items: list[EntryShown]
    next: str | None


class LineShown(Answered):
    """A summand of the score, in points. ``entry_id`` and ``decision_id`` say what it rests on."""

    code: str
    amount: float
    text: str
    entry_id: str | None
    decision_id: str | None
    date: str | None
    expires: str | None


class ChangeShown(Answered):
    """What an entry changed, in points."""

    at: str
    text: str
    before: float
    after: float
    delta: float


class ScaleShown(Answered):
    """The score on a platform's scale; a template that nobody verified."""

    preset: str
    name: str
    shown: str
    verified: bool


class Explanation(Answered):
    """A score as a sum that adds up, what changed and why, and what would restore it."""

    creator_id: str
    score: float
    tier: str
    multiplier: float
    formula: str
    formula_digest: str
    verified: bool
    lines: list[LineShown]
    changes: list[ChangeShown]
    restores: list[str]
    appeal: str = Field(description="where to appeal")
    scales: list[ScaleShown]


class SignalsDone(Answered):
    """For each signal whether it was new."""

    fresh: list[bool]


class EntryMade(Answered):
    """The entry."""

    id: str


class GrantShown(Answered):
    """What a candidate gets: ``extra`` impressions, and why."""

    creator_id: str
    extra: int
    shown: int
    why: str


class RankShown(Answered):
    """The order, with the seed by which it can be drawn again."""

    id: str
    seed: int
    budget: int
    granted: int
    explored: int
    items: list[GrantShown]


class RankingShown(Answered):
    """A ranking in the log. Gini coefficients are permille, of what is shown with and without the boosts."""

    id: str
    day: int = Field(description="whose budget it spent, in days since 1970-01-01")
    at: str
    scene: str
    seed: int
    budget: int
    granted: int
    explored: int
    candidates: int
    gini: int
    gini_without: int


class BoostDay(Answered):
    """What was given on a day."""

    day: str
    spent: int
    explored: int


class BoostsShown(Answered):
    """The budget of a day, what was spent of it on the last days, and the newest rankings."""

    budget: int
    per_creator: int
    per_category: int
    exploration: float
    days: list[BoostDay]
    rankings: list[RankingShown]


class MeasureList(Answered):
    """Measures, newest first."""

    items: list[MeasureShown]
    next: str | None


class MeasuresMade(Answered):
    """The measures that were proposed."""

    ids: list[str]


class EffectShown(Answered):
    """How many of whom the formula moves, and of the others, got a final violation since the stage began."""

    treated: int
    treated_hits: int
    control: int
    control_hits: int
    p: float


class TrialShown(Answered):
    """A trial of a formula."""

    id: str
    version: str
    base: str
    variable: str
    state: str
    share: int
    proposed_by: str
    since: str
    staged_at: str
    effect: EffectShown | None


class TrialList(Answered):
    """The formula that holds, and the trials, newest first. Each stage lasts ``days`` at least."""

    formula: str
    text: str
    days: int
    sample: int
    items: list[TrialShown]


class TrialMade(Answered):
    """The trial."""

    id: str
