"""What somebody holds, without a look at what all others hold: every claim asks."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index beside the others."""
    held = sa.text("state = 'held'")
    op.create_index("reviews_held_by", "reviews", ["tenant", "holder", "category"], sqlite_where=held)


def downgrade() -> None:
    """Away again."""
    op.drop_index("reviews_held_by", "reviews")
