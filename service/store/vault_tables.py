"""Tables of what is kept for how long: keys of persons, holds, and when each content expires."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


class DataKey(SQLModel, table=True):
    """A person's key, wrapped by the master key; empty once it was destroyed. ``mark`` is an HMAC of who it is."""

    __tablename__: ClassVar[str] = "data_keys"
    __table_args__ = (
        Index("data_keys_of_persons", "tenant", "mark", unique=True, sqlite_where=text("destroyed_at IS NULL")),
        CheckConstraint("(destroyed_at IS NULL) = (length(wrapped) > 0)", name="data_keys_destroyed_are_empty"),
    )

    id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: str = Field(sa_column=Column(Text, nullable=False))
    destroyed_at: str | None = Field(default=None, sa_column=Column(Text))


class Hold(SQLModel, table=True):
    """Nothing that it covers is purged or erased until it is lifted. ``reason`` is the house's own words."""

    __tablename__: ClassVar[str] = "holds"
    __table_args__ = (
        CheckConstraint("kind IN ('tenant', 'content', 'creator', 'room')", name="holds_kind_known"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="holds_lifted_by_somebody"),
        Index("holds_in_force", "tenant", sqlite_where=text("lifted_at IS NULL")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    value: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    placed_at: str = Field(sa_column=Column(Text, nullable=False))
    lifted_at: str | None = Field(default=None, sa_column=Column(Text))
    lifted_by: str | None = Field(default=None, sa_column=Column(Text))


class Retention(SQLModel, table=True):
    """Until when a content is kept, and by which class: what the purge works through. It follows from the content."""

    __tablename__: ClassVar[str] = "retentions"
    __table_args__ = (
        Index("retentions_due", "until", sqlite_where=text("purged_at IS NULL")),
        Index("retentions_of_tenants", "tenant", "class", "until"),
    )

    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), primary_key=True, autoincrement=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    class_: str = Field(sa_column=Column("class", Text, nullable=False))
    until: str = Field(sa_column=Column(Text, nullable=False))
    purged_at: str | None = Field(default=None, sa_column=Column(Text))
