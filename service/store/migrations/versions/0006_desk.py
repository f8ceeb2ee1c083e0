"""The review desk: people, their sessions, review items, reports and notices; what waits for review gets its item."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WAITING = """
SELECT c.tenant, c.content_id, c.id, d.id, d.scene, d.severity, d.verdict
FROM decisions AS d JOIN contents AS c ON c.id = d.content
WHERE d.action = 'review'
    AND NOT EXISTS (SELECT 1 FROM decisions AS l WHERE l.supersedes = d.id)
    AND NOT EXISTS (
        SELECT 1 FROM contents AS n WHERE n.tenant = c.tenant AND n.content_id = c.content_id AND n.version > c.version
    )
ORDER BY d.seq
"""


def upgrade() -> None:
    """Forward. Nobody was promised a time for what waits already, so these items have no deadline."""
    _create_people()
    _create_reviews()
    _index_reviews()
    _create_reports()
    _create_skips_and_notes()
    _create_notices()
    _open_items()


def _open_items() -> None:
    connection = op.get_bind()
    seq = connection.exec_driver_sql("SELECT coalesce(max(seq) + 1, 0) FROM acts").scalar_one()
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    waiting = connection.exec_driver_sql(_WAITING).fetchall()
    for number, (tenant, target, content, decision, scene, severity, verdict) in enumerate(waiting):
        item = str(uuid4())
        categories = json.loads(verdict).get("categories", [])
        facts = {"content": target, "decision": decision, "kind": "content", "round": 1}
        told = {
            "schema": "act/2",
            "seq": seq + number,
            "at": at,
            "tenant": tenant,
            "kind": "review.opened",
            "subject": item,
            "facts": facts,
        }
        body = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        connection.exec_driver_sql(
            "INSERT INTO acts (seq, at, tenant, kind, subject, body) VALUES (?, ?, ?, 'review.opened', ?, ?)",
            (seq + number, at, tenant, item, body),
        )
        connection.exec_driver_sql(
            """
            INSERT INTO reviews (id, tenant, kind, target, content, decision, scene, category, severity, reach, reports,
                state, level, round, token, priority, opened_at)
            VALUES (?, ?, 'content', ?, ?, ?, ?, ?, ?, 0, 0, 'waiting', 0, 1, 1, ?, ?)
            """,
            (item, tenant, target, content, decision, scene, next(iter(categories), ""), severity, at, at),
        )


def _create_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant"],
            ["tenants.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "name"),
    )
    op.create_table(
        "saved_views",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("user", "name"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("sessions_by_user", "sessions", ["user"], unique=False, sqlite_where=sa.text("ended_at IS NULL"))


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("breached_at", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="reviews_closed_at_a_time"),
        sa.CheckConstraint("(state = 'held') = (holder IS NOT NULL)", name="reviews_held_by_somebody"),
        sa.CheckConstraint("(state = 'held') = (lease_until IS NOT NULL)", name="reviews_held_for_a_time"),
        sa.CheckConstraint("state = 'waiting' OR state = 'held' OR state = 'closed'", name="reviews_state_known"),
        sa.ForeignKeyConstraint(
            ["content"],
            ["contents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision"],
            ["decisions.id"],
        ),
        sa.ForeignKeyConstraint(
            ["holder"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["outcome"],
            ["decisions.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant"],
            ["tenants.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "kind", "target"),
    )


def _index_reviews() -> None:
    waiting, held, closed = (sa.text(f"state = '{state}'") for state in ("waiting", "held", "closed"))
    late = sa.text("state <> 'closed' AND breached_at IS NOT NULL")
    sort = ["tenant", "level", "kind", "scene", "category", "priority", "id"]
    op.create_index("reviews_breached", "reviews", ["tenant", "breached_at", "id"], sqlite_where=late)
    op.create_index("reviews_closed", "reviews", ["tenant", "closed_at", "id"], sqlite_where=closed)
    op.create_index("reviews_held", "reviews", ["tenant", "lease_until", "id"], sqlite_where=held)
    op.create_index("reviews_waiting", "reviews", ["tenant", "level", "priority", "id"], sqlite_where=waiting)
    op.create_index("reviews_waiting_by_sort", "reviews", sort, sqlite_where=waiting)
    op.create_index(
        "reviews_due", "reviews", ["due_at"], sqlite_where=sa.text("state <> 'closed' AND due_at IS NOT NULL")
    )


def _create_reports() -> None:
    op.create_table(
        "reporters",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant"],
            ["tenants.name"],
        ),
        sa.PrimaryKeyConstraint("tenant", "reporter"),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Integer(), nullable=True),
        sa.Column("filed_at", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("verification", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.CheckConstraint("kind = 'report' OR kind = 'complaint'", name="reports_kind_known"),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome = 'upheld' OR outcome = 'rejected'", name="reports_outcome_known"
        ),
        sa.CheckConstraint(
            "verification IS NULL OR verification = 'verified' OR verification = 'unverified'",
            name="reports_verification_known",
        ),
        sa.ForeignKeyConstraint(
            ["detail"],
            ["contents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant"],
            ["tenants.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review", "round", "reporter"),
    )


def _create_skips_and_notes() -> None:
    op.create_table(
        "review_skips",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review"],
            ["reviews.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("review", "round", "user"),
    )

    op.create_table(
        "review_notes",
        sa.Column("act", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("content", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["acts.seq"]),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"]),
        sa.ForeignKeyConstraint(["user"], ["users.id"]),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.PrimaryKeyConstraint("act"),
    )
    op.create_index("review_notes_by_review", "review_notes", ["review"])
    of_items = sa.text("kind >= 'review.' AND kind < 'review/'")
    op.create_index("acts_of_items", "acts", ["subject"], sqlite_where=of_items)


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("webhooks_standing", "webhooks", ["tenant"], sqlite_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Text(), nullable=True),
        sa.Column("replayed_at", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'delivered' OR state = 'dead' OR state = 'cancelled'",
            name="deliveries_state_known",
        ),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"]),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"]),
        sa.PrimaryKeyConstraint("notice", "webhook"),
    )
    op.create_index("deliveries_by_webhook", "deliveries", ["webhook", "notice"])
    op.create_index("deliveries_dead", "deliveries", ["webhook", "notice"], sqlite_where=sa.text("state = 'dead'"))
    op.create_index(
        "deliveries_due", "deliveries", ["webhook", "next_at"], unique=False, sqlite_where=sa.text("state = 'waiting'")
    )


def downgrade() -> None:
    """What people did is not taken back."""
    raise NotImplementedError("the sixth migration cannot be undone: acts tell of its rows, and are never deleted")
