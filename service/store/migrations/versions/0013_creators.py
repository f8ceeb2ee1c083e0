"""Creators: accounts, links, entries of scores, measures, boosts, formulas and their trials."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
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
    "score_entries": "number = NEW.number OR id = NEW.id"
    " OR (creator = NEW.creator AND kind = NEW.kind AND cause = NEW.cause)",
    "boost_rankings": "id = NEW.id",
    "formulas": "id = NEW.id OR (tenant = NEW.tenant AND version = NEW.version)",
}


def upgrade() -> None:
    """Forward."""
    _create_creators()
    _create_creator_links()
    _create_score_entries()
    _create_measures()
    _create_boost_spend()
    _create_boost_rankings()
    _create_formulas()
    _create_formula_trials()
    for table, key in _KEYS.items():
        for trigger in _TRIGGERS:
            op.execute(trigger.format(table=table, key=key))


def _create_creators() -> None:
    op.create_table(
        "creators",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("cohort", sa.Text(), nullable=False),
        sa.Column("mcn", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "name"),
    )
    op.create_index("creators_by_entity", "creators", ["tenant", "entity"], sqlite_where=sa.text("entity IS NOT NULL"))


def _create_creator_links() -> None:
    op.create_table(
        "creator_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["creators.id"]),
        sa.ForeignKeyConstraint(["creator"], ["creators.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("creator_links_by_creator", "creator_links", ["creator"])
    op.create_index(
        "creator_links_standing", "creator_links", ["account"], unique=True, sqlite_where=sa.text("until IS NULL")
    )


def _create_score_entries() -> None:
    op.create_table(
        "score_entries",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recorded", sa.Integer(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("occurred", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("content", sa.Integer(), nullable=True),
        sa.CheckConstraint("(kind IN ('reversal', 'correction')) = (ref <> '')", name="score_entries_ref_where_due"),
        sa.CheckConstraint(
            "kind IN ('violation', 'correction', 'observation', 'training', 'reversal')",
            name="score_entries_kind_known",
        ),
        sa.CheckConstraint("since <= recorded AND occurred <= recorded", name="score_entries_not_ahead"),
        sa.ForeignKeyConstraint(["content"], ["contents.id"]),
        sa.ForeignKeyConstraint(["creator"], ["creators.id"]),
        sa.ForeignKeyConstraint(["decision"], ["decisions.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("creator", "kind", "cause"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("score_entries_by_ref", "score_entries", ["ref"], sqlite_where=sa.text("ref <> ''"))
    op.create_index(
        "score_entries_of_content", "score_entries", ["content"], sqlite_where=sa.text("kind = 'violation'")
    )


def _create_measures() -> None:
    op.create_table(
        "measures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.Text(), nullable=True),
        sa.Column("ends_at", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("relief", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="measures_decided_by_somebody"),
        sa.CheckConstraint(
            "state IN ('proposed', 'in_force', 'declined', 'lifted', 'expired')", name="measures_state_known"
        ),
        sa.ForeignKeyConstraint(["creator"], ["creators.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("measures_by_creator", "measures", ["creator", "proposed_at"])
    op.create_index(
        "measures_ending", "measures", ["ends_at"], sqlite_where=sa.text("state = 'in_force' AND ends_at IS NOT NULL")
    )
    op.create_index(
        "measures_open",
        "measures",
        ["creator", "kind"],
        unique=True,
        sqlite_where=sa.text("state IN ('proposed', 'in_force')"),
    )


def _create_boost_spend() -> None:
    op.create_table(
        "boost_spend",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("tenant", "day", "sort", "key"),
    )


def _create_boost_rankings() -> None:
    op.create_table(
        "boost_rankings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("explored", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("gini", sa.Integer(), nullable=False),
        sa.Column("gini_without", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("boost_rankings_by_day", "boost_rankings", ["tenant", "day"])


def _create_formulas() -> None:
    op.create_table(
        "formulas",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant", "version"),
    )


def _create_formula_trials() -> None:
    op.create_table(
        "formula_trials",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("formula", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("variable", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("staged_at", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'running', 'adopted', 'rolled_back', 'refused')", name="formula_trials_state_known"
        ),
        sa.ForeignKeyConstraint(["formula"], ["formulas.id"]),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("formula_trials_by_tenant", "formula_trials", ["tenant", "since"])
    op.create_index(
        "formula_trials_one_at_a_time",
        "formula_trials",
        ["tenant"],
        unique=True,
        sqlite_where=sa.text("state = 'proposed' OR state = 'running'"),
    )


def downgrade() -> None:
    """What counted for and against people is not taken back."""
    raise NotImplementedError("the twelfth migration cannot be undone: acts tell of its rows, and are never deleted")
