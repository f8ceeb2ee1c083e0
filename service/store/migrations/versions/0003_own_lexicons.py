"""Tenants' own lexicons and which of them was active when, both INSERT-only; and what a key may do."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
    "tenant_lexicons": "tenant = NEW.tenant AND version = NEW.version",
    "tenant_activations": "id = NEW.id",
}


def upgrade() -> None:
    """Forward. Keys that exist may do what they could before."""
    op.add_column("api_keys", sa.Column("scope", sa.Text(), server_default="moderate", nullable=False))
    op.create_table(
        "tenant_lexicons",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("version >= 1", name="tenant_lexicons_version_from_one"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("tenant", "version"),
    )
    op.create_table(
        "tenant_activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tenant_activations_by_tenant", "tenant_activations", ["tenant"])
    for table, key in _KEYS.items():
        for trigger in _TRIGGERS:
            op.execute(trigger.format(table=table, key=key))


def downgrade() -> None:
    """What tenants filed is not taken back."""
    raise NotImplementedError("the third migration cannot be undone: acts tell of its rows, and are never deleted")
