"""The tables of proposed rules and of rulesets that run beside the active one, which migration 0011 makes.

A proposal's bytes stand in ``tenant_lexicons``, INSERT-only; a proposal names one, a revision another. The
triggers that keep activations to what two people approved live in the migration.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Text, text
from sqlmodel import Field, SQLModel


class Proposal(SQLModel, table=True):
    """A change of a tenant's rules on its way. ``version`` holds its bytes, ``sha256`` is their digest.

    ``base`` is the version that it was made on, ``shared`` the fingerprint of the shared rules then; ``changes`` is the
    JSON of what was asked for. ``author`` wrote the present revision, ``approver`` approved exactly that. ``report`` is
    the JSON of what it would change, as far as that was worked out for these bytes.
    """

    __tablename__: ClassVar[str] = "proposals"
    __table_args__ = (
        CheckConstraint("approver IS NULL OR approver <> author", name="proposals_two_people"),
        CheckConstraint("(approver IS NULL) = (approved_at IS NULL)", name="proposals_approved_by_somebody"),
        CheckConstraint(
            "state NOT IN ('approved', 'active') OR approver IS NOT NULL", name="proposals_active_once_approved"
        ),
        CheckConstraint(
            "state IN ('open', 'approved', 'active', 'rolled_back', 'rejected', 'withdrawn')",
            name="proposals_state_known",
        ),
        ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        Index("proposals_by_tenant", "tenant", "proposed_at", "id"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    sha256: str = Field(sa_column=Column(Text, nullable=False))
    base: int = Field(sa_column=Column(Integer, nullable=False))
    shared: str = Field(sa_column=Column(Text, nullable=False))
    revision: int = Field(sa_column=Column(Integer, nullable=False))
    changes: str = Field(sa_column=Column(Text, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    author: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    proposed_at: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    approver: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    approved_at: str | None = Field(default=None, sa_column=Column(Text))
    closed_by: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    closed_at: str | None = Field(default=None, sa_column=Column(Text))
    report: str | None = Field(default=None, sa_column=Column(Text))


class Shadow(SQLModel, table=True):
    """A ruleset that runs beside the active one and only counts. ``through`` is the last act that it has looked at.

    ``counts`` is the JSON of what it would have changed so far. One runs a tenant at a time.
    """

    __tablename__: ClassVar[str] = "shadows"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        Index("shadows_running", "tenant", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index("shadows_by_tenant", "tenant", "started_at"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    started_by: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    started_at: str = Field(sa_column=Column(Text, nullable=False))
    begins: int = Field(sa_column=Column(Integer, nullable=False))
    through: int = Field(sa_column=Column(Integer, nullable=False))
    counts: str = Field(sa_column=Column(Text, nullable=False))
    ended_by: str | None = Field(default=None, sa_column=Column(Text))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class ShadowFind(SQLModel, table=True):
    """A decision on which a shadow would have acted otherwise: what it was, what it would have been."""

    __tablename__: ClassVar[str] = "shadow_finds"

    shadow: str = Field(sa_column=Column(Text, ForeignKey("shadows.id"), primary_key=True))
    decision: str = Field(sa_column=Column(Text, ForeignKey("decisions.id"), primary_key=True))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    was: str = Field(sa_column=Column(Text, nullable=False))
    becomes: str = Field(sa_column=Column(Text, nullable=False))
