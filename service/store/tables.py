"""The schema's one definition. The migrations must arrive at exactly these tables; a test compares them.

Times are RFC 3339 UTC text of fixed width (``2026-11-22T06:38:10.123456Z``): the same bytes stand in the acts, text
order is time order, and no driver can take the zone away. The triggers that make ``acts`` INSERT-only and gapless
live in the first migration, those that make ``tenant_lexicons`` and ``tenant_activations`` so in the third, those for
labels and models in the fifth.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel


class Tenant(SQLModel, table=True):
    """Who the contents belong to."""

    __tablename__: ClassVar[str] = "tenants"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    created_at: str = Field(sa_column=Column(Text, nullable=False))


class ApiKey(SQLModel, table=True):
    """A key: only the SHA-256 of its secret is kept."""

    __tablename__: ClassVar[str] = "api_keys"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    label: str = Field(sa_column=Column(Text, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    revoked_at: str | None = Field(default=None, sa_column=Column(Text))
    scope: str = Field(sa_column=Column(Text, nullable=False, server_default="moderate"))


class Act(SQLModel, table=True):
    """One change of state. ``body`` is the canonical JSON of the whole act: a leaf for the audit log."""

    __tablename__: ClassVar[str] = "acts"
    __table_args__ = (
        CheckConstraint("seq >= 0", name="acts_start_at_zero"),
        Index("acts_of_items", "subject", sqlite_where=text("kind >= 'review.' AND kind < 'review/'")),
        Index(
            "acts_of_users",
            "subject",
            sqlite_where=text("kind IN ('password.changed', 'user.changed', 'user.created', 'user.enabled')"),
        ),
    )

    seq: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: str = Field(sa_column=Column(Text, nullable=False))
    tenant: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredContent(SQLModel, table=True):
    """One version of a content. The only place in the database that holds its text.

    ``body`` is canonical JSON; once it is encrypted ``key_id`` names the key. ``commitment`` is its HMAC-SHA-256 under
    ``salt``, the same that stands in the acts; the salt goes when the text goes, and the commitment then tells nothing.
    """

    __tablename__: ClassVar[str] = "contents"
    __table_args__ = (
        UniqueConstraint("tenant", "content_id", "version"),
        CheckConstraint("version >= 1", name="contents_version_from_one"),
    )

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    content_id: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    commitment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    key_id: str | None = Field(default=None, sa_column=Column(Text))
    received_at: str = Field(sa_column=Column(Text, nullable=False))


class Decision(SQLModel, table=True):
    """One decision on one version. ``seq`` is its act's; ``verdict`` holds spans and codes, never text.

    ``content`` is the version judged, by number: content ids come in any order, and each index over them costs a page
    a decision. ``published_at`` is the content's own time, by which the law was chosen.
    """

    __tablename__: ClassVar[str] = "decisions"
    __table_args__ = (
        CheckConstraint("action = 'pass' OR action = 'review' OR action = 'block'", name="decisions_action_known"),
        CheckConstraint("severity BETWEEN 0 AND 4", name="decisions_severity_known"),
        CheckConstraint("degraded = 0 OR degraded = 1", name="decisions_degraded_is_boolean"),
        CheckConstraint("stages_missing = '[]' OR degraded = 1", name="decisions_half_blind_is_degraded"),
        CheckConstraint(
            "NOT (degraded = 1 AND action = 'pass' AND scene IN ('ad', 'live_script', 'live_speech'))",
            name="decisions_no_degraded_pass_on_air",
        ),
        Index("decisions_by_content", "content"),
        Index("decisions_by_people", "tenant", "seq", sqlite_where=text("\"by\" NOT IN ('engine', 'deadline')")),
        Index("decisions_superseded_once", "supersedes", unique=True, sqlite_where=text("supersedes IS NOT NULL")),
    )

    seq: int = Field(sa_column=Column(Integer, ForeignKey("acts.seq"), primary_key=True, autoincrement=False))
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    tenant: str = Field(sa_column=Column(Text, nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    supersedes: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("decisions.id")))
    at: str = Field(sa_column=Column(Text, nullable=False))
    scene: str = Field(sa_column=Column(Text, nullable=False))
    published_at: str = Field(sa_column=Column(Text, nullable=False))
    action: str = Field(sa_column=Column(Text, nullable=False))
    severity: int = Field(sa_column=Column(Integer, nullable=False))
    verdict: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    degraded: int = Field(sa_column=Column(Integer, nullable=False))
    stages_missing: str = Field(sa_column=Column(Text, nullable=False))
    ruleset: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))


class IdempotencyRecord(SQLModel, table=True):
    """What an idempotency key was used for: salted HMAC of the body, ids of the decisions (a JSON list)."""

    __tablename__: ClassVar[str] = "idempotency"

    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), primary_key=True))
    key_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    mac: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    decisions: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class RulesetActivation(SQLModel, table=True):
    """One activation of a ruleset. ``files`` maps each file to its SHA-256 (JSON)."""

    __tablename__: ClassVar[str] = "rulesets"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: str = Field(sa_column=Column(Text, nullable=False))
    files: str = Field(sa_column=Column(Text, nullable=False))
    activated_at: str = Field(sa_column=Column(Text, nullable=False))


class SettingsChange(SQLModel, table=True):
    """One set of settings that the service ran with."""

    __tablename__: ClassVar[str] = "settings"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    fingerprint: str = Field(sa_column=Column(Text, nullable=False))
    changed_at: str = Field(sa_column=Column(Text, nullable=False))


class TenantLexicon(SQLModel, table=True):
    """One version of a tenant's own lexicon. ``files`` is a JSON object of names and texts; ``by`` a key or ``cli``."""

    __tablename__: ClassVar[str] = "tenant_lexicons"
    __table_args__ = (CheckConstraint("version >= 1", name="tenant_lexicons_version_from_one"),)

    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), primary_key=True))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    files: str = Field(sa_column=Column(Text, nullable=False))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    terms: int = Field(sa_column=Column(Integer, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))


class TenantActivation(SQLModel, table=True):
    """One change of the version by which a tenant is judged; the last one holds. No version: no own words.

    ``ground`` says why it may be: ``direct`` (the operator, or a house without four eyes), ``proposal`` (two people) or
    ``rollback`` (back to what was active before). Triggers of migration 0011 hold the last two to it.
    """

    __tablename__: ClassVar[str] = "tenant_activations"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        Index("tenant_activations_by_tenant", "tenant"),
    )

    id: int = Field(sa_column=Column(Integer, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    version: int | None = Field(default=None, sa_column=Column(Integer))
    by: str = Field(sa_column=Column(Text, nullable=False))
    activated_at: str = Field(sa_column=Column(Text, nullable=False))
    ground: str = Field(sa_column=Column(Text, nullable=False, server_default="direct"))
    proposal: str | None = Field(default=None, sa_column=Column(Text))


class Label(SQLModel, table=True):
    """What somebody said of one head of one text: 1 or 0. The text stands in ``contents``, erased or not.

    All that was said of a text at once has one ``judgement``. ``drawn`` says how the text was chosen, if it was.
    """

    __tablename__: ClassVar[str] = "labels"
    __table_args__ = (
        UniqueConstraint("judgement", "head"),
        CheckConstraint("value = 0 OR value = 1", name="labels_value_is_boolean"),
        CheckConstraint("origin IN ('import', 'review', 'appeal', 'golden')", name="labels_origin_known"),
        CheckConstraint("drawn IN ('', 'uncertain', 'random', 'disagreement')", name="labels_drawn_known"),
        Index("labels_by_content", "content"),
    )

    number: int = Field(sa_column=Column(Integer, primary_key=True))
    judgement: str = Field(sa_column=Column(Text, nullable=False))
    head: str = Field(sa_column=Column(Text, nullable=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    value: int = Field(sa_column=Column(Integer, nullable=False))
    origin: str = Field(sa_column=Column(Text, nullable=False))
    drawn: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class TrainedModel(SQLModel, table=True):
    """One training from labels and what came of it. ``sha256`` is that of the weights, ``card`` that of their card.

    ``base`` are the weights that it was compared with, ``labels`` the newest label that it could learn from, ``report``
    the comparison (JSON). Only what was ``proposed`` lies in the data directory and may be promoted.
    """

    __tablename__: ClassVar[str] = "models"
    __table_args__ = (CheckConstraint("proposed = 0 OR proposed = 1", name="models_proposed_is_boolean"),)

    sha256: str = Field(sa_column=Column(Text, primary_key=True))
    card: str = Field(sa_column=Column(Text, nullable=False))
    base: str = Field(sa_column=Column(Text, nullable=False))
    labels: int = Field(sa_column=Column(Integer, nullable=False))
    proposed: int = Field(sa_column=Column(Integer, nullable=False))
    report: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))


class ModelActivation(SQLModel, table=True):
    """One change of the text expert's weights; the last one holds. No model: the one that the settings name."""

    __tablename__: ClassVar[str] = "model_activations"

    id: int = Field(sa_column=Column(Integer, primary_key=True))
    model: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("models.sha256")))
    by: str = Field(sa_column=Column(Text, nullable=False))
    activated_at: str = Field(sa_column=Column(Text, nullable=False))
