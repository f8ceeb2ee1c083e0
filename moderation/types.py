"""The values that everything else speaks: content, evidence, verdict. No behaviour beyond reading them.

What is made once a hit is a named tuple: a frozen dataclass takes two and a half times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import NamedTuple

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time zone without daylight saving: the law of a content is that of its day here."""

FULL_WEIGHT = 100
"""The weight of evidence that nothing weakens. Weights are integers so that records stay canonical."""


class Scene(StrEnum):
    """Where a content appears. Each has one policy file in ``moderation/scenes``."""

    AD = "ad"
    LIVE_SCRIPT = "live_script"
    LIVE_SPEECH = "live_speech"
    LIVE_CHAT = "live_chat"
    UGC = "ugc"
    TITLE = "title"
    PROFILE = "profile"

    __hash__ = str.__hash__
    # Enum hashes by name in Python code; a scene is looked up for every content.


class Role(StrEnum):
    """Who speaks. The trading roles make a content commercial (《广告法适用问题执法指南（一）》4-7)."""

    USER = "user"
    CREATOR = "creator"
    SELLER = "seller"
    HOST = "host"
    MCN = "mcn"
    BRAND = "brand"
    OFFICIAL = "official"

    __hash__ = str.__hash__

    @property
    def trades(self) -> bool:
        """Whether what this account says in public is presumed to sell something."""
        return self in TRADING


TRADING = frozenset({Role.SELLER, Role.HOST, Role.MCN, Role.BRAND})


class Action(IntEnum):
    """What happens to a content, ordered by strictness so that ``max`` picks the decisive one."""

    PASS = 0
    REVIEW = 1
    BLOCK = 2

    @property
    def code(self) -> str:
        """The machine code on the wire: ``pass``, ``review`` or ``block``."""
        return self.name.lower()


class Effect(StrEnum):
    """Side effects a verdict may ask for: a closed list."""

    WARN = "warn"
    THROTTLE = "throttle"
    MASK = "mask"
    CRISIS = "crisis"
    REPORT = "report"
    COUNT = "count"

    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Part:
    """One named text of a content, such as ``title`` or ``text``."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The account that speaks, as far as the caller told. ``age_days`` counts whole days since it was opened."""

    id: str | None = None
    role: Role = Role.USER
    age_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is on file for claims in their exact words. Both days belong to its time; without an end it has none.

    One without claims is only named: nothing is exempt by it.
    """

    id: str
    claims: tuple[str, ...] = ()
    begins: date | None = None
    expires: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it holds on a day in China."""
        return within(day, self.begins, self.expires)


class Passage(NamedTuple):
    """A stretch of speech in which a sentence of the approved script was heard, by sound, in thousandths alike.

    ``proofs`` are those that the script names for what is said in that sentence.
    """

    part: str
    start: int
    end: int
    text: str
    alike: int
    proofs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How a host's speech keeps to the approved script. ``digest`` is that of its exact text.

    ``covered`` are the thousandths of the speech that the script has.
    """

    digest: str
    covered: int
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is examined. ``at`` is aware and decides which law applies; spans point into ``parts``."""

    scene: Scene
    parts: tuple[Part, ...]
    at: datetime
    id: str = ""
    version: int = 1
    tenant: str = ""
    author: Author = Author()
    room: str | None = None
    commercial: bool | None = None
    has_cart_link: bool = False
    industry: str | None = None
    product: str | None = None
    qualifications: tuple[str, ...] = ()
    reach: int | None = None
    """How many people it may reach, as far as the caller told; no verdict depends on it."""
    offset_ms: int | None = None
    """Where in a live show it was said, in milliseconds since its beginning."""
    reply_to: str | None = None
    """The content that it answers."""
    proofs: tuple[Proof, ...] = ()
    """What is on file for its claims."""
    script: Followed | None = None
    """How it keeps to what was approved before the show; ``None`` where nothing was."""

    def text_of(self, part: str) -> str:
        """The text of a part; empty where none has this name."""
        return next((one.text for one in self.parts if one.name == part), "")


def within(day: date, begin: date | None, end: date | None) -> bool:
    """Whether a day lies in a period. Both ends belong to it; ``None`` limits nothing."""
    return not ((begin and day < begin) or (end and day > end))


class Span(NamedTuple):
    """Code-point offsets ``[start, end)`` into the original text of the part named ``part``."""

    part: str
    start: int
    end: int

    def touches(self, other: Span) -> bool:
        """Whether some character stands in both."""
        return self.part == other.part and self.start < other.end and other.start < self.end


class Evidence(NamedTuple):
    """One finding. ``folds`` are the disguises seen through; ``laws`` the articles in force on the content's day.

    ``tried`` are the exemptions that were looked at, each as ``code:why it failed``.
    ``weight`` runs from 1 to ``FULL_WEIGHT``; ``facts`` are integers that a replay needs (a count, a limit).
    """

    source: str
    category: str
    rule: str
    severity: int
    span: Span
    folds: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    weight: int = FULL_WEIGHT
    note: str = ""
    facts: tuple[tuple[str, int], ...] = ()
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """An expert that was asked and gave nothing: absence as a value, with its reason."""

    source: str
    why: str


UNSURE = 60
"""The weight of what a person has to judge, as an expert's score, a number that no word explains, a claim that the law
leaves open: enough to ask for review, never enough to block."""
TEXT = "text"
"""The expert that reads texts, as policies, evidence and absences name it."""
SECOND = "text_second"
"""Its second stage, as absences name it: what it says is the expert's opinion."""
BOUNDARY, ALLOWED, NAMED = "word_boundary", "allow_term", "named_number"
"""Exemptions of these codes say that a word is not there, is part of another, or that a number is one of an order or a
ticket; the last two excuse what touches them."""
LEXICON = "lexicon"
"""Where evidence comes from that a term gave."""
REGIME = "other_law"
"""Why a finding does not count that the law for these goods takes over; the exemption's note names its finding."""
DOUBTED = "text_doubt"
"""Why a light term does not count that the text expert doubts; the exemption's note names the exact weights."""
DENIED = "text_denial"
"""The same of a firm or severe term, which the text expert holds for impossible where it stands."""
LET_GO = frozenset({DOUBTED, DENIED})
"""The exemptions that the text expert gives."""
SEVERE = 4
"""From this severity on the law forgives nobody (绝对化用语执法指南 11), and an expert must deny what it doubts."""
PROOF = "proof"
"""Why a claim is exempt for which a proof is on file; the exemption's note names the proof."""
PERSON = "person"
"""Somebody at the review desk: source and rule of what they found themselves, and why what they passed is exempt."""


class Score(NamedTuple):
    """One head of an expert that reached its threshold, both in thousandths, and the stretch that says most for it."""

    head: str
    score: int
    threshold: int
    span: Span
    folds: tuple[str, ...] = ()


class Opinion(NamedTuple):
    """What an expert says of a content. ``expert`` names its exact weights; no score: nothing reached its threshold.

    ``margin`` is the distance, in thousandths, of the score that is nearest to its threshold. ``facts`` stand in all
    evidence that comes of it; ``lacks`` tells that a second stage should have been heard too and was not. ``doubts``
    are the heads that are as good as sure that the content is none of theirs, where no other suspects a breach;
    ``denies`` those of them that hold it for impossible.
    """

    source: str
    expert: str
    scores: tuple[Score, ...] = ()
    doubts: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    margin: int = 1000
    facts: tuple[tuple[str, int], ...] = ()
    lacks: Missing | None = None


class Exemption(NamedTuple):
    """A hit that does not count, and the reason: an allow-term, a word boundary, a guard or an exemption."""

    category: str
    rule: str
    span: Span
    code: str
    note: str = ""


class Verdict(NamedTuple):
    """The outcome of a case. Evidence is ordered by severity, weight, then place."""

    action: Action
    severity: int
    categories: tuple[str, ...]
    effects: tuple[Effect, ...]
    evidence: tuple[Evidence, ...]
    ruleset: str
    exemptions: tuple[Exemption, ...] = ()
    proof: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    degraded: bool = False
    matches_truncated: int = 0
