"""The tables of the quality of review: blind second reviews, golden items and their copies, how long people took.

Verdicts are kept as ``said``: a JSON list of the action and, for a block, the categories that were named.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Text, text
from sqlmodel import Field, SQLModel


class Sample(SQLModel, table=True):
    """One item that is decided a second time by somebody who does not know how it was: a round of a ``sample`` item.

    ``checked`` is the item, in its round, that was decided first, and ``first`` the decision that stands meanwhile.
    ``agreed`` is empty until somebody has said ``second``; where it is 0 a senior says the last word. ``settled_at``
    ends it, also where the text changed before anybody looked.
    """

    __tablename__: ClassVar[str] = "samples"
    __table_args__ = (
        CheckConstraint("agreed IS NULL OR agreed = 0 OR agreed = 1", name="samples_agreed_is_boolean"),
        Index("samples_answered", "tenant", "opened_at", sqlite_where=text("agreed IS NOT NULL")),
        Index("samples_by_checked", "checked", "checked_round"),
    )

    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), primary_key=True))
    round: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    category: str = Field(sa_column=Column(Text, nullable=False))
    first: str = Field(sa_column=Column(Text, ForeignKey("decisions.id"), nullable=False))
    first_by: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    first_said: str = Field(sa_column=Column(Text, nullable=False))
    opened_at: str = Field(sa_column=Column(Text, nullable=False))
    checked: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), nullable=False))
    checked_round: int = Field(sa_column=Column(Integer, nullable=False))
    second_by: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("users.id")))
    second_said: str | None = Field(default=None, sa_column=Column(Text))
    agreed: int | None = Field(default=None, sa_column=Column(Integer))
    settled_at: str | None = Field(default=None, sa_column=Column(Text))


class GoldenItem(SQLModel, table=True):
    """A decided content whose answer is known for certain. ``decided_by`` is who had decided it."""

    __tablename__: ClassVar[str] = "golden_items"
    __table_args__ = (
        Index("golden_items_standing", "tenant", "target", unique=True, sqlite_where=text("ended_at IS NULL")),
        Index("golden_items_by_sort", "tenant", "scene", "category", "severity", sqlite_where=text("ended_at IS NULL")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    target: str = Field(sa_column=Column(Text, nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))
    scene: str = Field(sa_column=Column(Text, nullable=False))
    category: str = Field(sa_column=Column(Text, nullable=False))
    severity: int = Field(sa_column=Column(Integer, nullable=False))
    said: str = Field(sa_column=Column(Text, nullable=False))
    decided_by: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))


class GoldenCopy(SQLModel, table=True):
    """An item that is a copy of a golden one. Its content and decisions are nobody's: no count may hold them."""

    __tablename__: ClassVar[str] = "golden_copies"
    __table_args__ = (Index("golden_copies_by_golden", "golden"), Index("golden_copies_by_content", "content"))

    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), primary_key=True))
    golden: str = Field(sa_column=Column(Text, ForeignKey("golden_items.id"), nullable=False))
    content: int = Field(sa_column=Column(Integer, ForeignKey("contents.id"), nullable=False))


class GoldenAnswer(SQLModel, table=True):
    """What a reviewer said of a copy: it counts while their decision on it stands."""

    __tablename__: ClassVar[str] = "golden_answers"
    __table_args__ = (
        CheckConstraint("correct = 0 OR correct = 1", name="golden_answers_correct_is_boolean"),
        Index("golden_answers_by_user", "tenant", "user", "at"),
        Index("golden_answers_by_golden", "golden", "user"),
    )

    decision: str = Field(sa_column=Column(Text, ForeignKey("decisions.id"), primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    golden: str = Field(sa_column=Column(Text, ForeignKey("golden_items.id"), nullable=False))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    said: str = Field(sa_column=Column(Text, nullable=False))
    correct: int = Field(sa_column=Column(Integer, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class Handling(SQLModel, table=True):
    """What a person did with one item that they held, by the act of it: decided, skipped or escalated it.

    ``grim`` says that it was of a kind of which nobody should see much; ``millis`` are those since they did the like
    with another, if known.
    """

    __tablename__: ClassVar[str] = "handlings"
    __table_args__ = (Index("handlings_by_user", "user", "at"), Index("handlings_by_time", "tenant", "at"))

    act: int = Field(sa_column=Column(Integer, ForeignKey("acts.seq"), primary_key=True, autoincrement=False))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    user: str = Field(sa_column=Column(Text, ForeignKey("users.id"), nullable=False))
    review: str = Field(sa_column=Column(Text, ForeignKey("reviews.id"), nullable=False))
    step: str = Field(sa_column=Column(Text, nullable=False))
    grim: int = Field(sa_column=Column(Integer, nullable=False))
    letters: int = Field(sa_column=Column(Integer, nullable=False))
    millis: int | None = Field(default=None, sa_column=Column(Integer))
    at: str = Field(sa_column=Column(Text, nullable=False))
