"""Live commerce: proofs, products, scripts, shows and their records, corrections, alerts."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    _create_shows()
    _create_alerts()
    _create_corrections()
    _create_host_checks()
    _create_products()
    _create_proofs()
    _create_scripts()
    _create_show_acts()
    _create_certificates()


def _create_shows() -> None:
    op.create_table(
        "shows",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=True),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("proofs", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="shows_ended_by_somebody"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("shows_by_room", "shows", ["tenant", "room", "started_at"])
    op.create_index("shows_live", "shows", ["tenant", "room"], unique=True, sqlite_where=sa.text("ended_at IS NULL"))
    op.create_index("shows_started", "shows", ["tenant", "started_at", "id"])


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("raised_at", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.Text(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="alerts_acknowledged_by_one"),
        sa.ForeignKeyConstraint(["acknowledged_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "kind", "subject", "mark"),
    )
    op.create_index(
        "alerts_open", "alerts", ["tenant", "raised_at", "id"], sqlite_where=sa.text("acknowledged_at IS NULL")
    )
    op.create_index("alerts_raised", "alerts", ["tenant", "raised_at", "id"])


def _create_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("show", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("claim_start", sa.Integer(), nullable=False),
        sa.Column("claim_end", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.Text(), nullable=False),
        sa.Column("correction", sa.Integer(), nullable=False),
        sa.Column("correction_start", sa.Integer(), nullable=False),
        sa.Column("correction_end", sa.Integer(), nullable=False),
        sa.Column("corrected_at", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["claim"], ["contents.id"]),
        sa.ForeignKeyConstraint(["correction"], ["contents.id"]),
        sa.ForeignKeyConstraint(["show"], ["shows.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("corrections_by_room", "corrections", ["tenant", "room", "corrected_at"])


def _create_host_checks() -> None:
    op.create_table(
        "host_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("show", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("checked_on", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["show"], ["shows.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("host_checks_by_show", "host_checks", ["show"])


def _create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "product"),
    )


def _create_proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=True),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.CheckConstraint("told BETWEEN 0 AND 2", name="proofs_told_known"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("proofs_ending", "proofs", ["valid_to"], sqlite_where=sa.text("ended_at IS NULL AND told < 2"))
    op.create_index("proofs_standing", "proofs", ["tenant", "filed_at", "id"])


def _create_scripts() -> None:
    op.create_table(
        "scripts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("proofs", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("report", sa.Integer(), nullable=True),
        sa.Column("voided_at", sa.Text(), nullable=True),
        sa.CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="scripts_approved_by_somebody"),
        sa.CheckConstraint("(approved_at IS NULL) = (report IS NULL)", name="scripts_approved_on_a_report"),
        sa.CheckConstraint("voided_at IS NULL OR approved_at IS NOT NULL", name="scripts_voided_once_approved"),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["report"], ["contents.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "script", "version"),
    )
    op.create_index("scripts_filed", "scripts", ["tenant", "filed_at", "id"])


def _create_show_acts() -> None:
    op.create_table(
        "show_acts",
        sa.Column("act", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("show", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["acts.seq"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["show"], ["shows.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.ForeignKeyConstraint(["user"], ["users.id"]),
        sa.PrimaryKeyConstraint("act"),
    )
    op.create_index("show_acts_by_room", "show_acts", ["tenant", "room", "act"])


def _create_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.Text(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.CheckConstraint("told BETWEEN 0 AND 2", name="certificates_told_known"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["product"], ["products.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "certificates_by_product", "certificates", ["product", "place"], sqlite_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "certificates_ending", "certificates", ["valid_to"], sqlite_where=sa.text("ended_at IS NULL AND told < 2")
    )


def downgrade() -> None:
    """What people filed is not taken back."""
    raise NotImplementedError("the eleventh migration cannot be undone: acts tell of its rows, and are never deleted")
