"""Tables of the audit log and of packs. Tiles and checkpoints follow from the acts, and no act tells of them.

The triggers that make the log's tables INSERT-only live in the thirteenth migration.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


class LogTile(SQLModel, table=True):
    """256 neighbours of the Merkle tree and the root over them. At level 0 they are the hashes of acts.

    The neighbours of level n are the roots of level n - 1, so that only level 0 has to hold them.
    """

    __tablename__: ClassVar[str] = "log_tiles"

    level: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hashes: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class LogCheckpoint(SQLModel, table=True):
    """What the log said that it is: ``note`` is signed, and tells size, root and time."""

    __tablename__: ClassVar[str] = "log_checkpoints"

    size: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))


class LogCosignature(SQLModel, table=True):
    """A witness has seen a checkpoint. ``line`` is the signature line of the note."""

    __tablename__: ClassVar[str] = "log_cosignatures"

    size: int = Field(sa_column=Column(Integer, ForeignKey("log_checkpoints.size"), primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    line: str = Field(sa_column=Column(Text, nullable=False))


class LogKey(SQLModel, table=True):
    """A key that signs checkpoints; the last one holds. ``endorsement`` is the note by which the former names it."""

    __tablename__: ClassVar[str] = "log_keys"

    number: int = Field(sa_column=Column(Integer, primary_key=True))
    key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    endorsement: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class Export(SQLModel, table=True):
    """A pack that somebody asked for. ``asked`` is JSON; ``size`` is that of the checkpoint that it rests on.

    One that was made is ``removed_at`` once a text in it was purged or erased.
    """

    __tablename__: ClassVar[str] = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'failed', 'cancelled')", name="exports_state_known"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="exports_end_with_a_time"),
        Index("exports_by_tenant", "tenant", "id"),
        Index("exports_waiting", "id", sqlite_where=text("state = 'waiting'")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    pack: str = Field(sa_column=Column(Text, nullable=False))
    asked: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))
    size: int | None = Field(default=None, sa_column=Column(Integer))
    records: int | None = Field(default=None, sa_column=Column(Integer))
    bytes: int | None = Field(default=None, sa_column=Column(Integer))
    sha256: str | None = Field(default=None, sa_column=Column(Text))
    error: str | None = Field(default=None, sa_column=Column(Text))
    removed_at: str | None = Field(default=None, sa_column=Column(Text))
