"""The tables of live commerce: proofs, products, shows, scripts, corrections, alerts. ``tables`` has the rest.

What people write stands in ``contents``, and these tables hold its number: claims and sources of a proof, the name and
the certificates' numbers of a product, scripts, notes. Days are those of China, ``YYYY-MM-DD``.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class ProofRow(SQLModel, table=True):
    """A proof on file. ``file`` is the SHA-256 of the document; both days belong to its time.

    ``told`` counts what was announced of its end: 1 that it comes, 2 that it came.
    """

    __tablename__: ClassVar[str] = "proofs"
    __table_args__ = (
        CheckConstraint("told BETWEEN 0 AND 2", name="proofs_told_known"),
        Index("proofs_standing", "tenant", "filed_at", "id"),
        Index("proofs_ending", "valid_to", sqlite_where=text("ended_at IS NULL AND told < 2")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    file: str = Field(sa_column=Column(Text, nullable=False))
    valid_from: str | None = Field(default=None, sa_column=Column(Text))
    valid_to: str | None = Field(default=None, sa_column=Column(Text))
    by: str = Field(sa_column=Column(Text, nullable=False))
    filed_at: str = Field(sa_column=Column(Text, nullable=False))
    told: int = Field(sa_column=Column(Integer, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class ProductRow(SQLModel, table=True):
    """A product as it was filed last, by the tenant's own name for it. ``content`` holds the words."""

    __tablename__: ClassVar[str] = "products"
    __table_args__ = (UniqueConstraint("tenant", "product"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    product: str = Field(sa_column=Column(Text, nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    industry: str | None = Field(default=None, sa_column=Column(Text))
    by: str = Field(sa_column=Column(Text, nullable=False))
    filed_at: str = Field(sa_column=Column(Text, nullable=False))


class Certificate(SQLModel, table=True):
    """A certificate of a product; its number is part ``place`` of the content. ``told`` is as that of a proof."""

    __tablename__: ClassVar[str] = "certificates"
    __table_args__ = (
        CheckConstraint("told BETWEEN 0 AND 2", name="certificates_told_known"),
        Index("certificates_by_product", "product", "place", sqlite_where=text("ended_at IS NULL")),
        Index("certificates_ending", "valid_to", sqlite_where=text("ended_at IS NULL AND told < 2")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    product: str = Field(sa_column=Column(Text, ForeignKey("products.id"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    place: int = Field(sa_column=Column(Integer, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    valid_to: str | None = Field(default=None, sa_column=Column(Text))
    told: int = Field(sa_column=Column(Integer, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class ScriptVersion(SQLModel, table=True):
    """One version of a host script. ``digest`` is the SHA-256 of its exact text, to which an approval is bound.

    ``products`` and ``proofs`` are JSON lists of ids. ``report`` is the content that holds what the approver saw. An
    approval ends when a later version is filed.
    """

    __tablename__: ClassVar[str] = "scripts"
    __table_args__ = (
        UniqueConstraint("tenant", "script", "version"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="scripts_approved_by_somebody"),
        CheckConstraint("(approved_at IS NULL) = (report IS NULL)", name="scripts_approved_on_a_report"),
        CheckConstraint("voided_at IS NULL OR approved_at IS NOT NULL", name="scripts_voided_once_approved"),
        Index("scripts_filed", "tenant", "filed_at", "id"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    script: str = Field(sa_column=Column(Text, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    products: str = Field(sa_column=Column(Text, nullable=False))
    proofs: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    filed_at: str = Field(sa_column=Column(Text, nullable=False))
    approved_at: str | None = Field(default=None, sa_column=Column(Text))
    approved_by: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    report: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("contents.id")))
    voided_at: str | None = Field(default=None, sa_column=Column(Text))


class Show(SQLModel, table=True):
    """A live show in a room: one at a time. ``script`` is the name of its script, whatever version is approved."""

    __tablename__: ClassVar[str] = "shows"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="shows_ended_by_somebody"),
        Index("shows_live", "tenant", "room", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index("shows_started", "tenant", "started_at", "id"),
        Index("shows_by_room", "tenant", "room", "started_at"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    room: str = Field(sa_column=Column(Text, nullable=False))
    script: str | None = Field(default=None, sa_column=Column(Text))
    products: str = Field(sa_column=Column(Text, nullable=False))
    proofs: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    started_at: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))
    ended_by: str | None = Field(default=None, sa_column=Column(Text))


class HostCheck(SQLModel, table=True):
    """That the identity of a show's host was checked, how and on which day (Order 117, 8 and 28)."""

    __tablename__: ClassVar[str] = "host_checks"
    __table_args__ = (Index("host_checks_by_show", "show"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    show: str = Field(sa_column=Column(Text, ForeignKey("shows.id"), nullable=False))
    host: str = Field(sa_column=Column(Text, nullable=False))
    method: str = Field(sa_column=Column(Text, nullable=False))
    checked_on: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class ShowAct(SQLModel, table=True):
    """What a person did in a room: mute, warn or note. ``content`` holds what they wrote, ``target`` is who it met."""

    __tablename__: ClassVar[str] = "show_acts"
    __table_args__ = (Index("show_acts_by_room", "tenant", "room", "act"),)

    act: int = Field(sa_column=Column(Integer, ForeignKey("acts.seq"), primary_key=True, autoincrement=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    room: str = Field(sa_column=Column(Text, nullable=False))
    show: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("shows.id")))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    target: str | None = Field(default=None, sa_column=Column(Text))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    content: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("contents.id")))
    at: str = Field(sa_column=Column(Text, nullable=False))


class Correction(SQLModel, table=True):
    """That a host corrected a claim on air (Order 117, 31(1)): two spans, each in a content, and when each was said."""

    __tablename__: ClassVar[str] = "corrections"
    __table_args__ = (Index("corrections_by_room", "tenant", "room", "corrected_at"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    room: str = Field(sa_column=Column(Text, nullable=False))
    show: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("shows.id")))
    host: str | None = Field(default=None, sa_column=Column(Text))
    category: str = Field(sa_column=Column(Text, nullable=False))
    claim: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    claim_start: int = Field(sa_column=Column(Integer, nullable=False))
    claim_end: int = Field(sa_column=Column(Integer, nullable=False))
    claimed_at: str = Field(sa_column=Column(Text, nullable=False))
    correction: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    correction_start: int = Field(sa_column=Column(Integer, nullable=False))
    correction_end: int = Field(sa_column=Column(Integer, nullable=False))
    corrected_at: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class Alert(SQLModel, table=True):
    """Something that people are told of once: ``mark`` tells one occasion of a subject from the next."""

    __tablename__: ClassVar[str] = "alerts"
    __table_args__ = (
        UniqueConstraint("tenant", "kind", "subject", "mark"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="alerts_acknowledged_by_one"),
        Index("alerts_raised", "tenant", "raised_at", "id"),
        Index("alerts_open", "tenant", "raised_at", "id", sqlite_where=text("acknowledged_at IS NULL")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    mark: str = Field(sa_column=Column(Text, nullable=False))
    facts: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    raised_at: str = Field(sa_column=Column(Text, nullable=False))
    acknowledged_at: str | None = Field(default=None, sa_column=Column(Text))
    acknowledged_by: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
