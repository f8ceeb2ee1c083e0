"""Appeals, and blocks on their way to being final; what people blocked before is confirmed already."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CONFIRMED = """
INSERT INTO blocks (decision, tenant, content, creator, since, confirmed_at, due_at)
SELECT d.id, d.tenant, d.content, json_extract(CAST(c.body AS TEXT), '$.author[0]'), d.seq, d.at, d.at
FROM decisions AS d JOIN acts AS a ON a.seq = d.seq JOIN contents AS c ON c.id = d.content
WHERE a.kind = 'decision.human' AND d.action = 'block' AND NOT EXISTS (
    SELECT 1 FROM decisions AS n JOIN acts AS u ON u.seq = n.seq
    WHERE n.supersedes = d.id AND u.kind = 'decision.undone'
)
"""


def upgrade() -> None:
    """Forward. The acts that tell of people's decisions tell of these rows."""
    op.create_table(
        "blocks",
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=True),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("notified_at", sa.Text(), nullable=True),
        sa.Column("appeal_until", sa.Text(), nullable=True),
        sa.Column("appealed_at", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("final_at", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.CheckConstraint("(notified_at IS NULL) = (appeal_until IS NULL)", name="blocks_told_with_a_term"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("decision"),
    )
    op.create_index("blocks_by_content", "blocks", ["content"])
    op.create_index("blocks_due", "blocks", ["due_at"], sqlite_where=sa.text("final_at IS NULL AND due_at IS NOT NULL"))
    op.create_index(
        "blocks_final", "blocks", ["tenant", "creator", "final_at"], sqlite_where=sa.text("final_at IS NOT NULL")
    )
    _create_appeals()
    op.get_bind().exec_driver_sql(_CONFIRMED)


def _create_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("appellant", sa.Text(), nullable=False),
        sa.Column("grounds", sa.Integer(), nullable=False),
        sa.Column("filed_at", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome = 'upheld' OR outcome = 'overturned'", name="appeals_outcome_known"
        ),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="appeals_settled_with_an_outcome"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["decision"], ["blocks.decision"]),
        sa.ForeignKeyConstraint(["grounds"], ["contents.id"]),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision"),
        sa.UniqueConstraint("review"),
    )
    op.create_index("appeals_by_content", "appeals", ["content"])


def downgrade() -> None:
    """What people did is not taken back."""
    raise NotImplementedError("the seventh migration cannot be undone: acts tell of its rows, and are never deleted")
