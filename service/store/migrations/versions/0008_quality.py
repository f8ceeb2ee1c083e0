"""The quality of review: second reviews, golden items with their copies and answers, how long decisions took."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    _create_golden_items()
    _create_golden_answers()
    _create_golden_copies()
    _create_handlings()
    _create_samples()


def _create_golden_items() -> None:
    op.create_table(
        "golden_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "golden_items_by_sort",
        "golden_items",
        ["tenant", "scene", "category", "severity"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "golden_items_standing",
        "golden_items",
        ["tenant", "target"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
    )


def _create_golden_answers() -> None:
    op.create_table(
        "golden_answers",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("golden", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("correct = 0 OR correct = 1", name="golden_answers_correct_is_boolean"),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["golden"], ["golden_items.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.ForeignKeyConstraint(["user"], ["users.id"]),
        sa.PrimaryKeyConstraint("decision"),
    )
    op.create_index("golden_answers_by_golden", "golden_answers", ["golden", "user"], unique=False)
    op.create_index("golden_answers_by_user", "golden_answers", ["tenant", "user", "at"], unique=False)


def _create_golden_copies() -> None:
    op.create_table(
        "golden_copies",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("golden", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["golden"], ["golden_items.id"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.PrimaryKeyConstraint("review"),
    )
    op.create_index("golden_copies_by_content", "golden_copies", ["content"], unique=False)
    op.create_index("golden_copies_by_golden", "golden_copies", ["golden"], unique=False)


def _create_handlings() -> None:
    op.create_table(
        "handlings",
        sa.Column("act", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("grim", sa.Integer(), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("millis", sa.Integer(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["acts.seq"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.ForeignKeyConstraint(["user"], ["users.id"]),
        sa.PrimaryKeyConstraint("act"),
    )
    op.create_index("handlings_by_time", "handlings", ["tenant", "at"], unique=False)
    op.create_index("handlings_by_user", "handlings", ["user", "at"], unique=False)


def _create_samples() -> None:
    op.create_table(
        "samples",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("first_by", sa.Text(), nullable=False),
        sa.Column("first_said", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("checked_round", sa.Integer(), nullable=False),
        sa.Column("second_by", sa.Text(), nullable=True),
        sa.Column("second_said", sa.Text(), nullable=True),
        sa.Column("agreed", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.CheckConstraint("agreed IS NULL OR agreed = 0 OR agreed = 1", name="samples_agreed_is_boolean"),
        sa.ForeignKeyConstraint(["checked"], ["reviews.id"]),
        sa.ForeignKeyConstraint(["first"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["first_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.ForeignKeyConstraint(["second_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("review", "round"),
    )
    op.create_index(
        "samples_answered", "samples", ["tenant", "opened_at"], unique=False, sqlite_where=sa.text("agreed IS NOT NULL")
    )
    op.create_index("samples_by_checked", "samples", ["checked", "checked_round"])


def downgrade() -> None:
    """What people did is not taken back."""
    raise NotImplementedError("the eighth migration cannot be undone: acts tell of its rows, and are never deleted")
