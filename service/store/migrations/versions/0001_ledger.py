"""The ledger: tenants, keys, contents, decisions, idempotency, rulesets, settings, and the acts that tell of them."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TRIGGERS = (
    # An act is never changed, and never taken away.
    """CREATE TRIGGER acts_no_update BEFORE UPDATE ON acts
    BEGIN SELECT RAISE(ABORT, 'acts are INSERT-only'); END""",
    """CREATE TRIGGER acts_no_delete BEFORE DELETE ON acts
    BEGIN SELECT RAISE(ABORT, 'acts are INSERT-only'); END""",
    # The sequence starts at 0 and has no gap. INSERT OR REPLACE, which fires no DELETE trigger, fails here too.
    """CREATE TRIGGER acts_gapless BEFORE INSERT ON acts
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM acts)
    BEGIN SELECT RAISE(ABORT, 'acts are gapless'); END""",
)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "acts",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("seq >= 0", name="acts_start_at_zero"),
        sa.PrimaryKeyConstraint("seq"),
    )
    for trigger in _TRIGGERS:
        op.execute(trigger)
    _create_house()
    _create_contents()
    _create_decisions()


def _create_house() -> None:
    op.create_table(
        "rulesets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "tenants",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )


def _create_contents() -> None:
    op.create_table(
        "contents",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.CheckConstraint("version >= 1", name="contents_version_from_one"),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "content_id", "version"),
    )
    op.create_table(
        "idempotency",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("tenant", "key_hash"),
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
        sa.CheckConstraint("action IN ('pass', 'review', 'block')", name="decisions_action_known"),
        sa.CheckConstraint("severity BETWEEN 0 AND 4", name="decisions_severity_known"),
        sa.CheckConstraint("degraded IN (0, 1)", name="decisions_degraded_is_boolean"),
        sa.CheckConstraint(
            "action <> 'pass' OR stages_missing = '[]' OR degraded = 1", name="decisions_blind_pass_is_degraded"
        ),
        sa.CheckConstraint(
            "NOT (scene IN ('ad', 'live_script', 'live_speech') AND degraded = 1 AND action = 'pass')",
            name="decisions_no_degraded_pass_on_air",
        ),
        sa.ForeignKeyConstraint(["seq"], ["acts.seq"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["supersedes"], ["decisions.id"]),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("decisions_by_content", "decisions", ["content"])
    op.create_index(
        "decisions_superseded_once",
        "decisions",
        ["supersedes"],
        unique=True,
        sqlite_where=sa.text("supersedes IS NOT NULL"),
    )


def downgrade() -> None:
    """A ledger is not taken back."""
    raise NotImplementedError("the ledger's first migration cannot be undone: acts are never deleted")
