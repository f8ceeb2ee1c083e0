"""The table of live rooms: what happened in each, under numbers without a gap. ``tables`` has the decisions."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Text
from sqlmodel import Field, SQLModel


class RoomEvent(SQLModel, table=True):
    """What happened in a room under the numbers from ``first`` to ``last``; a client resumes after a number.

    Kind ``verdicts``: messages judged together, whose decisions are, in order, those between the acts ``seq`` and
    ``until``; ``facts`` is how risky the room is after them. Any other kind is one event: ``seq`` and ``until`` are the
    act that tells of it, ``facts`` what it tells.
    """

    __tablename__: ClassVar[str] = "room_events"
    __table_args__ = (
        CheckConstraint("first >= 1 AND last >= first", name="room_events_numbered"),
        CheckConstraint("until >= seq", name="room_events_in_order"),
        {"sqlite_with_rowid": False},
    )

    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), primary_key=True))
    room: str = Field(sa_column=Column(Text, primary_key=True))
    first: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    last: int = Field(sa_column=Column(Integer, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(Integer, nullable=False))
    until: int = Field(sa_column=Column(Integer, nullable=False))
    facts: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))
