"""When a pack was taken away, for a text in it that is not kept any more."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside the others."""
    op.add_column("exports", sa.Column("removed_at", sa.Text(), nullable=True))


def downgrade() -> None:
    """Away again."""
    op.drop_column("exports", "removed_at")
