"""Keys of persons, holds, and until when each content is kept."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "data_keys",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("destroyed_at", sa.Text(), nullable=True),
        sa.CheckConstraint("(destroyed_at IS NULL) = (length(wrapped) > 0)", name="data_keys_destroyed_are_empty"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "data_keys_of_persons",
        "data_keys",
        ["tenant", "mark"],
        unique=True,
        sqlite_where=sa.text("destroyed_at IS NULL"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.Text(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('tenant', 'content', 'creator', 'room')", name="holds_kind_known"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="holds_lifted_by_somebody"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("holds_in_force", "holds", ["tenant"], sqlite_where=sa.text("lifted_at IS NULL"))
    op.create_table(
        "retentions",
        sa.Column("content", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("purged_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("content"),
    )
    op.create_index("retentions_due", "retentions", ["until"], sqlite_where=sa.text("purged_at IS NULL"))
    op.create_index("retentions_of_tenants", "retentions", ["tenant", "class", "until"])


def downgrade() -> None:
    """What was taken away does not come back."""
    raise NotImplementedError("the fourteenth migration cannot be undone: acts tell of its rows, and are never deleted")
