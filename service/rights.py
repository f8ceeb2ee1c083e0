"""Who may do what: rights, and the scopes of keys and roles of people that hold them. Routes and the desk ask it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What a route or an act asks of its caller."""

    OPEN = "open"
    """Nothing: anybody may, without saying who they are."""
    SELF = "self"
    """To be a person who is signed in."""
    MODERATE = "moderate"
    """Have contents judged, and read decisions."""
    FOLLOW = "follow"
    """See live rooms: how they stand, verdicts and events as they come."""
    REPORT = "report"
    """File users' reports and complaints."""
    LEXICON = "lexicon"
    """Change the tenant's own words."""
    RULES = "rules"
    """Propose changes of the tenant's rules, approve those of others, put them into force and take them back."""
    READ = "read"
    """See the queue, contents and their history."""
    REVIEW = "review"
    """Claim items and decide them."""
    SENIOR = "senior"
    """Work on what was escalated, and take from others what they hold."""
    QUALITY = "quality"
    """See how well reviews agree, and how reviewers answer golden items."""
    GOLDEN = "golden"
    """Say which items are golden."""
    CREATORS = "creators"
    """See creators: their scores, ledgers and boosts."""
    SIGNALS = "signals"
    """Enrol creators, link accounts, tell signals and rank candidates."""
    MEASURES = "measures"
    """Find against creators, and propose, decide and lift measures."""
    FORMULA = "formula"
    """Propose, stage and roll back trials of the creator formula."""
    PEOPLE = "people"
    """Manage users and keys."""
    NOTICES = "notices"
    """Manage where notices are sent."""
    AUDIT = "audit"
    """See all acts, the log and its proofs; make and fetch packs."""
    UNMASK = "unmask"
    """Make packs in which personal data is not masked."""
    RETAIN = "retain"
    """Place and lift holds, and erase what is known of a person."""
    SHOWS = "shows"
    """See shows, scripts, proofs, products and alerts."""
    SCRIPTS = "scripts"
    """File scripts, proofs and products; start and end shows."""
    APPROVE = "approve"
    """Approve scripts of others."""
    LIVE = "live"
    """Act in live rooms: mute, warn, note; acknowledge alerts."""


class Scope(StrEnum):
    """What an API key may do."""

    MODERATE = "moderate"
    ADMIN = "admin"
    AUDIT = "audit"
    """For witnesses and auditors' own programs."""


class Role(StrEnum):
    """What a person is in the house."""

    REVIEWER = "reviewer"
    SENIOR = "senior"
    POLICY_ADMIN = "policy_admin"
    AUDITOR = "auditor"
    ADMIN = "admin"


RIGHTS_OF_KEY: Final[dict[Scope, frozenset[Right]]] = {
    Scope.MODERATE: frozenset({Right.OPEN, Right.MODERATE, Right.FOLLOW, Right.REPORT, Right.SHOWS, Right.SCRIPTS})
    | {Right.CREATORS, Right.SIGNALS},
    Scope.ADMIN: frozenset(Right)
    - {Right.SELF, Right.REVIEW, Right.SENIOR, Right.RULES, Right.APPROVE, Right.LIVE}
    - {Right.MEASURES, Right.FORMULA},
    Scope.AUDIT: frozenset({Right.OPEN, Right.AUDIT}),
}
"""A machine never decides as a person would: no scope holds a reviewer's rights, or counts as one of two people."""
_SEES: Final = frozenset({Right.OPEN, Right.SELF, Right.READ, Right.FOLLOW, Right.SHOWS})
RIGHTS_OF: Final[dict[Role, frozenset[Right]]] = {
    Role.REVIEWER: _SEES | {Right.REVIEW, Right.SCRIPTS, Right.LIVE},
    Role.SENIOR: _SEES
    | {Right.CREATORS, Right.REVIEW, Right.SENIOR, Right.QUALITY, Right.GOLDEN}
    | {Right.SCRIPTS, Right.APPROVE, Right.LIVE, Right.MEASURES},
    Role.POLICY_ADMIN: _SEES
    | {Right.LEXICON, Right.RULES, Right.QUALITY, Right.GOLDEN, Right.SCRIPTS, Right.CREATORS, Right.FORMULA},
    Role.AUDITOR: _SEES | {Right.CREATORS, Right.QUALITY, Right.AUDIT},
    Role.ADMIN: frozenset(Right),
}
"""Of people. Who reviews does not see creators: their scores tell what others decided of what is reviewed again.

Not in one table with the scopes: both have an ``admin``, and as texts the two are equal."""
