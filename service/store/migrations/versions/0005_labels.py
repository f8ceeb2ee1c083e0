"""Labels from people, what was trained from them, and which weights were active when: all INSERT-only."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TRIGGERS = (
    """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is INSERT-only'); END""",
    """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is INSERT-only'); END""",
    # INSERT OR REPLACE fires no DELETE trigger, so a row that is there stops it here.
    """CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {key})
    BEGIN SELECT RAISE(ABORT, '{table} is INSERT-only'); END""",
)
_KEYS = {
    "labels": "number = NEW.number OR (judgement = NEW.judgement AND head = NEW.head)",
    "models": "sha256 = NEW.sha256",
    "model_activations": "id = NEW.id",
}


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "labels",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("value = 0 OR value = 1", name="labels_value_is_boolean"),
        sa.CheckConstraint("origin IN ('import', 'review', 'appeal', 'golden')", name="labels_origin_known"),
        sa.CheckConstraint("drawn IN ('', 'uncertain', 'random', 'disagreement')", name="labels_drawn_known"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("judgement", "head"),
    )
    op.create_index("labels_by_content", "labels", ["content"])
    op.create_table(
        "models",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("proposed = 0 OR proposed = 1", name="models_proposed_is_boolean"),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "model_activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.sha256"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, key in _KEYS.items():
        for trigger in _TRIGGERS:
            op.execute(trigger.format(table=table, key=key))


def downgrade() -> None:
    """What people said is not taken back."""
    raise NotImplementedError("the fifth migration cannot be undone: acts tell of its rows, and are never deleted")
