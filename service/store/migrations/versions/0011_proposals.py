"""Proposed rules, approved by a second person; rulesets that only count. An activation says on what ground it is."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CHANGED_PEOPLE = "kind IN ('password.changed', 'user.changed', 'user.created', 'user.enabled')"
# What two people approved: both still are who they were, and the bytes are those.
_TWO_PEOPLE = """
CREATE TRIGGER tenant_activations_two_people BEFORE INSERT ON tenant_activations
WHEN NEW.ground = 'proposal' AND NOT EXISTS (
    SELECT 1 FROM proposals AS p
    JOIN tenant_lexicons AS l ON l.tenant = p.tenant AND l.version = p.version AND l.sha256 = p.sha256
    JOIN users AS a ON a.id = p.author JOIN users AS b ON b.id = p.approver
    WHERE p.id = NEW.proposal AND p.tenant = NEW.tenant AND p.version = NEW.version AND p.state = 'approved'
        AND p.author <> p.approver AND a.tenant = p.tenant AND b.tenant = p.tenant
        AND a.disabled_at IS NULL AND b.disabled_at IS NULL
        AND a.role IN ('policy_admin', 'admin') AND b.role IN ('policy_admin', 'admin')
        AND p.base = coalesce((SELECT n.version FROM tenant_activations AS n
            WHERE n.tenant = p.tenant ORDER BY n.id DESC LIMIT 1), 0))
BEGIN SELECT RAISE(ABORT, 'an activation needs a proposal that two people stand for'); END
"""
# Back is only where one came from, and only once: to go on again takes two people.
_BACK = """
CREATE TRIGGER tenant_activations_back BEFORE INSERT ON tenant_activations
WHEN NEW.ground = 'rollback' AND (
    coalesce((SELECT n.ground FROM tenant_activations AS n WHERE n.tenant = NEW.tenant ORDER BY n.id DESC LIMIT 1),
        'rollback') = 'rollback'
    OR NEW.version IS NOT (SELECT n.version FROM tenant_activations AS n
        WHERE n.tenant = NEW.tenant ORDER BY n.id DESC LIMIT 1 OFFSET 1))
BEGIN SELECT RAISE(ABORT, 'a rollback goes to what was active before'); END
"""
_KNOWN = """
CREATE TRIGGER tenant_activations_ground BEFORE INSERT ON tenant_activations
WHEN NEW.ground NOT IN ('direct', 'proposal', 'rollback')
BEGIN SELECT RAISE(ABORT, 'the ground of an activation is direct, proposal or rollback'); END
"""


def upgrade() -> None:
    """Forward. What was activated until now was so directly."""
    op.add_column("tenant_activations", sa.Column("ground", sa.Text(), server_default="direct", nullable=False))
    op.add_column("tenant_activations", sa.Column("proposal", sa.Text(), nullable=True))
    op.create_table(
        "proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.CheckConstraint("approver IS NULL OR approver <> author", name="proposals_two_people"),
        sa.CheckConstraint("(approver IS NULL) = (approved_at IS NULL)", name="proposals_approved_by_somebody"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'active') OR approver IS NOT NULL", name="proposals_active_once_approved"
        ),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'active', 'rolled_back', 'rejected', 'withdrawn')",
            name="proposals_state_known",
        ),
        sa.ForeignKeyConstraint(["approver"], ["users.id"]),
        sa.ForeignKeyConstraint(["author"], ["users.id"]),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("proposals_by_tenant", "proposals", ["tenant", "proposed_at", "id"])
    _create_shadows()
    op.create_index("acts_of_users", "acts", ["subject"], sqlite_where=sa.text(_CHANGED_PEOPLE))
    op.create_index(
        "decisions_by_people",
        "decisions",
        ["tenant", "seq"],
        sqlite_where=sa.text("\"by\" NOT IN ('engine', 'deadline')"),
    )
    for trigger in (_TWO_PEOPLE, _BACK, _KNOWN):
        op.execute(trigger)


def _create_shadows() -> None:
    op.create_table(
        "shadows",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("through", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"]),
        sa.ForeignKeyConstraint(["tenant", "version"], ["tenant_lexicons.tenant", "tenant_lexicons.version"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("shadows_by_tenant", "shadows", ["tenant", "started_at"])
    op.create_index("shadows_running", "shadows", ["tenant"], unique=True, sqlite_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "shadow_finds",
        sa.Column("shadow", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("becomes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["shadow"], ["shadows.id"]),
        sa.PrimaryKeyConstraint("shadow", "decision"),
    )


def downgrade() -> None:
    """What people approved is not taken back."""
    raise NotImplementedError("the ninth migration cannot be undone: acts tell of its rows, and are never deleted")
