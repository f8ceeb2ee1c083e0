"""The tables of the review desk: people and their sessions, review items, reports, notices. ``tables`` has the rest.

What a person writes in a report is a content like any other; these tables hold its number. Secrets are kept as
digests; what signs notices is derived from the house's own key and stands nowhere.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    """A person of a tenant. ``password`` is an argon2id hash, empty while none is set."""

    __tablename__: ClassVar[str] = "users"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    role: str = Field(sa_column=Column(Text, nullable=False))
    password: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    disabled_at: str | None = Field(default=None, sa_column=Column(Text))


class Session(SQLModel, table=True):
    """A signed-in browser, by the SHA-256 of its secret."""

    __tablename__: ClassVar[str] = "sessions"
    __table_args__ = (Index("sessions_by_user", "user", sqlite_where=text("ended_at IS NULL")),)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    expires_at: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class Review(SQLModel, table=True):
    """One target that people have to look at: a content, or what somebody says of it. One row a target and kind.

    ``decision`` is the one under review, ``outcome`` the one that closed it. ``priority`` is a time, earlier than
    ``due_at`` by what severity and reach are worth, so nothing starves; with a 0 before it once the item is overdue.
    ``token`` grows with every change of hands, and only who holds the newest may decide. What waits is found by urgency
    alone, or by urgency within each sort (level, kind, scene, category), of which there are few.
    """

    __tablename__: ClassVar[str] = "reviews"
    __table_args__ = (
        UniqueConstraint("tenant", "kind", "target"),
        CheckConstraint("state = 'waiting' OR state = 'held' OR state = 'closed'", name="reviews_state_known"),
        CheckConstraint("(state = 'held') = (holder IS NOT NULL)", name="reviews_held_by_somebody"),
        CheckConstraint("(state = 'held') = (lease_until IS NOT NULL)", name="reviews_held_for_a_time"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="reviews_closed_at_a_time"),
        Index("reviews_waiting", "tenant", "level", "priority", "id", sqlite_where=text("state = 'waiting'")),
        Index(
            "reviews_waiting_by_sort",
            "tenant",
            "level",
            "kind",
            "scene",
            "category",
            "priority",
            "id",
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("reviews_held", "tenant", "lease_until", "id", sqlite_where=text("state = 'held'")),
        Index("reviews_held_by", "tenant", "holder", "category", sqlite_where=text("state = 'held'")),
        Index("reviews_closed", "tenant", "closed_at", "id", sqlite_where=text("state = 'closed'")),
        Index(
            "reviews_breached",
            "tenant",
            "breached_at",
            "id",
            sqlite_where=text("state <> 'closed' AND breached_at IS NOT NULL"),
        ),
        Index("reviews_due", "due_at", sqlite_where=text("state <> 'closed' AND due_at IS NOT NULL")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    target: str = Field(sa_column=Column(Text, nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    decision: str = Field(sa_column=Column(Text, ForeignKey("decisions.id"), nullable=False))
    scene: str = Field(sa_column=Column(Text, nullable=False))
    category: str = Field(sa_column=Column(Text, nullable=False))
    severity: int = Field(sa_column=Column(Integer, nullable=False))
    reach: int = Field(sa_column=Column(Integer, nullable=False))
    reports: int = Field(sa_column=Column(Integer, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    level: int = Field(sa_column=Column(Integer, nullable=False))
    round: int = Field(sa_column=Column(Integer, nullable=False))
    token: int = Field(sa_column=Column(Integer, nullable=False))
    priority: str = Field(sa_column=Column(Text, nullable=False))
    opened_at: str = Field(sa_column=Column(Text, nullable=False))
    due_at: str | None = Field(default=None, sa_column=Column(Text))
    breached_at: str | None = Field(default=None, sa_column=Column(Text))
    holder: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    lease_until: str | None = Field(default=None, sa_column=Column(Text))
    closed_at: str | None = Field(default=None, sa_column=Column(Text))
    closed_by: str | None = Field(default=None, sa_column=Column(Text))
    outcome: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("decisions.id")))


class ReviewSkip(SQLModel, table=True):
    """Who skipped an item in which round, and is not given it again then."""

    __tablename__: ClassVar[str] = "review_skips"

    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), primary_key=True))
    round: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), primary_key=True))


class ReviewNote(SQLModel, table=True):
    """What somebody wrote beside a step; ``act`` is the step's, ``content`` holds the words."""

    __tablename__: ClassVar[str] = "review_notes"
    __table_args__ = (Index("review_notes_by_review", "review"),)

    act: int = Field(sa_column=Column(Integer, ForeignKey("acts.seq"), primary_key=True, autoincrement=False))
    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), nullable=False))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))


class Report(SQLModel, table=True):
    """What somebody said of a content: a user's report, or a complaint. ``detail`` is the content that holds the words.

    ``outcome`` is ``upheld`` or ``rejected`` once a person has decided; ``verification`` says whether what a complaint
    states was found to be so.
    """

    __tablename__: ClassVar[str] = "reports"
    __table_args__ = (
        UniqueConstraint("review", "round", "reporter"),
        CheckConstraint("kind = 'report' OR kind = 'complaint'", name="reports_kind_known"),
        CheckConstraint("outcome IS NULL OR outcome = 'upheld' OR outcome = 'rejected'", name="reports_outcome_known"),
        CheckConstraint(
            "verification IS NULL OR verification = 'verified' OR verification = 'unverified'",
            name="reports_verification_known",
        ),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), nullable=False))
    round: int = Field(sa_column=Column(Integer, nullable=False))
    reporter: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    detail: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("contents.id")))
    filed_at: str = Field(sa_column=Column(Text, nullable=False))
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    verification: str | None = Field(default=None, sa_column=Column(Text))
    settled_at: str | None = Field(default=None, sa_column=Column(Text))


class Reporter(SQLModel, table=True):
    """How often somebody's reports were upheld and rejected: what their next one weighs."""

    __tablename__: ClassVar[str] = "reporters"

    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), primary_key=True))
    reporter: str = Field(sa_column=Column(Text, primary_key=True))
    upheld: int = Field(sa_column=Column(Integer, nullable=False))
    rejected: int = Field(sa_column=Column(Integer, nullable=False))


class SavedView(SQLModel, table=True):
    """A person's own filter of the queue. ``query`` is the query string of the page."""

    __tablename__: ClassVar[str] = "saved_views"

    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    query: str = Field(sa_column=Column(Text, nullable=False))


class Webhook(SQLModel, table=True):
    """Where notices of a tenant are sent. ``kinds`` is a JSON list, empty for all.

    ``rotation`` counts its signing secrets: the first is 1, and each is derived from the house's own.
    """

    __tablename__: ClassVar[str] = "webhooks"
    __table_args__ = (Index("webhooks_standing", "tenant", sqlite_where=text("ended_at IS NULL")),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    url: str = Field(sa_column=Column(Text, nullable=False))
    kinds: str = Field(sa_column=Column(Text, nullable=False))
    rotation: int = Field(sa_column=Column(Integer, nullable=False))
    rotated_at: str | None = Field(default=None, sa_column=Column(Text))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class Notice(SQLModel, table=True):
    """Something that receivers are told of. ``facts`` is canonical JSON without text; ``id`` is the message's."""

    __tablename__: ClassVar[str] = "notices"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class Delivery(SQLModel, table=True):
    """One notice on its way to one receiver: ``waiting``, ``delivered``, ``dead`` or ``cancelled``.

    ``attempts`` are those since ``replayed_at``, or since the notice.
    """

    __tablename__: ClassVar[str] = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "state = 'waiting' OR state = 'delivered' OR state = 'dead' OR state = 'cancelled'",
            name="deliveries_state_known",
        ),
        Index("deliveries_by_webhook", "webhook", "notice"),
        Index("deliveries_dead", "webhook", "notice", sqlite_where=text("state = 'dead'")),
        Index("deliveries_due", "webhook", "next_at", sqlite_where=text("state = 'waiting'")),
    )

    notice: str = Field(sa_column=Column(Text, ForeignKey("notices.id"), primary_key=True))
    webhook: str = Field(sa_column=Column(Text, ForeignKey("webhooks.id"), primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    attempts: int = Field(sa_column=Column(Integer, nullable=False))
    next_at: str = Field(sa_column=Column(Text, nullable=False))
    status: int | None = Field(default=None, sa_column=Column(Integer))
    error: str | None = Field(default=None, sa_column=Column(Text))
    settled_at: str | None = Field(default=None, sa_column=Column(Text))
    replayed_at: str | None = Field(default=None, sa_column=Column(Text))


class Block(SQLModel, table=True):
    """A block on its way to being final: a person decided it, its creator was told of it or appealed, or its text went.

    Only blocks may follow ``since`` while it stands, ``due_at`` is when it becomes final as things are. ``ended_at`` is
    when whoever decided it took it back.
    """

    __tablename__: ClassVar[str] = "blocks"
    __table_args__ = (
        CheckConstraint("(notified_at IS NULL) = (appeal_until IS NULL)", name="blocks_told_with_a_term"),
        Index("blocks_by_content", "content"),
        Index("blocks_due", "due_at", sqlite_where=text("final_at IS NULL AND due_at IS NOT NULL")),
        Index("blocks_final", "tenant", "creator", "final_at", sqlite_where=text("final_at IS NOT NULL")),
    )

    decision: str = Field(sa_column=Column(Text, ForeignKey("decisions.id"), primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    creator: str | None = Field(default=None, sa_column=Column(Text))
    since: int = Field(sa_column=Column(Integer, nullable=False))
    notified_at: str | None = Field(default=None, sa_column=Column(Text))
    appeal_until: str | None = Field(default=None, sa_column=Column(Text))
    appealed_at: str | None = Field(default=None, sa_column=Column(Text))
    confirmed_at: str | None = Field(default=None, sa_column=Column(Text))
    due_at: str | None = Field(default=None, sa_column=Column(Text))
    final_at: str | None = Field(default=None, sa_column=Column(Text))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class Appeal(SQLModel, table=True):
    """An appeal against a block. ``content`` is the version that was blocked, ``grounds`` the content with the words.

    ``outcome`` says what became of the block. Who took a ruling on it back is remembered: what they decided until
    ``undone_seq`` was this appeal, and does not keep them from it.
    """

    __tablename__: ClassVar[str] = "appeals"
    __table_args__ = (
        CheckConstraint(
            "outcome IS NULL OR outcome = 'upheld' OR outcome = 'overturned'", name="appeals_outcome_known"
        ),
        CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="appeals_settled_with_an_outcome"),
        Index("appeals_by_content", "content"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    decision: str = Field(sa_column=Column(Text, ForeignKey("blocks.decision"), nullable=False, unique=True))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), nullable=False, unique=True))
    appellant: str = Field(sa_column=Column(Text, nullable=False))
    grounds: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    filed_at: str = Field(sa_column=Column(Text, nullable=False))
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    settled_at: str | None = Field(default=None, sa_column=Column(Text))
    notice: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("notices.id")))
    undone_by: str | None = Field(default=None, sa_column=Column(Text))
    undone_seq: int | None = Field(default=None, sa_column=Column(Integer))
