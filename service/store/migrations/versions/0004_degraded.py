"""A decision that lacks a stage is degraded whatever it says: a review or a block made half blind is no other."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. SQLite cannot change a check, so the rows move to a new table."""
    op.drop_index("decisions_by_content")
    op.drop_index("decisions_superseded_once")
    op.rename_table("decisions", "decisions_0003")
    _create_decisions()
    op.execute("INSERT INTO decisions SELECT * FROM decisions_0003 ORDER BY seq")
    op.drop_table("decisions_0003")
    op.create_index("decisions_by_content", "decisions", ["content"])
    op.create_index(
        "decisions_superseded_once",
        "decisions",
        ["supersedes"],
        unique=True,
        sqlite_where=sa.text("supersedes IS NOT NULL"),
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("published_at", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.LargeBinary(), nullable=False),
        sa.Column("degraded", sa.Integer(), nullable=False),
        sa.Column("stages_missing", sa.Text(), nullable=False),
        sa.Column("ruleset", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("action = 'pass' OR action = 'review' OR action = 'block'", name="decisions_action_known"),
        sa.CheckConstraint("severity BETWEEN 0 AND 4", name="decisions_severity_known"),
        sa.CheckConstraint("degraded = 0 OR degraded = 1", name="decisions_degraded_is_boolean"),
        sa.CheckConstraint("stages_missing = '[]' OR degraded = 1", name="decisions_half_blind_is_degraded"),
        sa.CheckConstraint(
            "NOT (degraded = 1 AND action = 'pass' AND scene IN ('ad', 'live_script', 'live_speech'))",
            name="decisions_no_degraded_pass_on_air",
        ),
        sa.ForeignKeyConstraint(["seq"], ["acts.seq"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["supersedes"], ["decisions.id"]),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )


def downgrade() -> None:
    """Nothing to take back: what this check lets through the old one does too."""
