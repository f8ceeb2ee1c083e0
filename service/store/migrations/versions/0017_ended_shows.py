"""What was to be kept for as long as a show lasts is looked at by the next sweep, which works out until when."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """They are due; nothing is purged before its class was worked out anew."""
    op.execute("UPDATE retentions SET until = '' WHERE until = '9999-12-31T00:00:00.000000Z' AND purged_at IS NULL")


def downgrade() -> None:
    """Nothing to take back."""
