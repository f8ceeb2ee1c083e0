"""Live rooms: what happened in each, by number."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "room_events",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("first >= 1 AND last >= first", name="room_events_numbered"),
        sa.CheckConstraint("until >= seq", name="room_events_in_order"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("tenant", "room", "first"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """What happened is not taken back."""
    raise NotImplementedError("the tenth migration cannot be undone: acts tell of its rows, and are never deleted")
