"""The tables of creators: who they are, the entries of their score, measures, boosts and trials of formulas.

Here a creator's own id (``name``) stands in ``creators`` alone; everything else bears the id that was made here. It
stands in ``blocks``, ``appeals`` and ``reports`` too, and is no text: erasure leaves it (ADR 25). ``score_entries`` is
INSERT-only: triggers of the twelfth migration hold it. Times of entries and links are seconds since 1970, because a
score is arithmetic on millions of them.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Creator(SQLModel, table=True):
    """An account or a creator. ``valid_until`` is a JSON object of verifications and seconds, ``entity`` a keyed hash.

    ``enrolled_at`` is empty while only violations are kept of it: nobody is profiled who takes no part.
    """

    __tablename__: ClassVar[str] = "creators"
    __table_args__ = (
        UniqueConstraint("tenant", "name"),
        Index("creators_by_entity", "tenant", "entity", sqlite_where=text("entity IS NOT NULL")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    role: str = Field(sa_column=Column(Text, nullable=False))
    cohort: str = Field(sa_column=Column(Text, nullable=False))
    mcn: str | None = Field(default=None, sa_column=Column(Text))
    entity: str | None = Field(default=None, sa_column=Column(Text))
    valid_until: str = Field(sa_column=Column(Text, nullable=False))
    created_at: str = Field(sa_column=Column(Text, nullable=False))
    enrolled_at: str | None = Field(default=None, sa_column=Column(Text))


class CreatorLink(SQLModel, table=True):
    """An account that is a creator's, from and until seconds since 1970."""

    __tablename__: ClassVar[str] = "creator_links"
    __table_args__ = (
        Index("creator_links_standing", "account", unique=True, sqlite_where=text("until IS NULL")),
        Index("creator_links_by_creator", "creator"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    creator: str = Field(sa_column=Column(Text, ForeignKey("creators.id"), nullable=False))
    account: str = Field(sa_column=Column(Text, ForeignKey("creators.id"), nullable=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    since: int = Field(sa_column=Column(Integer, nullable=False))
    until: int | None = Field(default=None, sa_column=Column(Integer))


class ScoreEntry(SQLModel, table=True):
    """One cause, in the columns of ``creators.entries.Entry``; ``creator`` is the account on which it happened."""

    __tablename__: ClassVar[str] = "score_entries"
    __table_args__ = (
        UniqueConstraint("creator", "kind", "cause"),
        CheckConstraint(
            "kind IN ('violation', 'correction', 'observation', 'training', 'reversal')",
            name="score_entries_kind_known",
        ),
        CheckConstraint("since <= recorded AND occurred <= recorded", name="score_entries_not_ahead"),
        CheckConstraint("(kind IN ('reversal', 'correction')) = (ref <> '')", name="score_entries_ref_where_due"),
        Index("score_entries_of_content", "content", sqlite_where=text("kind = 'violation'")),
        Index("score_entries_by_ref", "ref", sqlite_where=text("ref <> ''")),
    )

    number: int = Field(sa_column=Column(Integer, primary_key=True))
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    creator: str = Field(sa_column=Column(Text, ForeignKey("creators.id"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    cause: str = Field(sa_column=Column(Text, nullable=False))
    recorded: int = Field(sa_column=Column(Integer, nullable=False))
    since: int = Field(sa_column=Column(Integer, nullable=False))
    occurred: int = Field(sa_column=Column(Integer, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    value: int = Field(sa_column=Column(Integer, nullable=False))
    ref: str = Field(sa_column=Column(Text, nullable=False))
    scene: str = Field(sa_column=Column(Text, nullable=False))
    mark: str = Field(sa_column=Column(Text, nullable=False))
    decision: str | None = Field(default=None, sa_column=Column(Text, ForeignKey("decisions.id")))
    content: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("contents.id")))


class Measure(SQLModel, table=True):
    """One measure of the ladder against a creator. ``facts`` are codes and numbers (JSON); ``basis`` the articles.

    ``decided_by`` is a person, or ``rule`` where the ladder lets a rule decide; ``ended_by`` a person or ``term``.
    """

    __tablename__: ClassVar[str] = "measures"
    __table_args__ = (
        CheckConstraint(
            "state IN ('proposed', 'in_force', 'declined', 'lifted', 'expired')", name="measures_state_known"
        ),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="measures_decided_by_somebody"),
        Index("measures_by_creator", "creator", "proposed_at"),
        Index("measures_ending", "ends_at", sqlite_where=text("state = 'in_force' AND ends_at IS NOT NULL")),
        Index("measures_open", "creator", "kind", unique=True, sqlite_where=text("state IN ('proposed', 'in_force')")),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    creator: str = Field(sa_column=Column(Text, ForeignKey("creators.id"), nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    rule: str = Field(sa_column=Column(Text, nullable=False))
    basis: str = Field(sa_column=Column(Text, nullable=False))
    facts: str = Field(sa_column=Column(Text, nullable=False))
    days: int | None = Field(default=None, sa_column=Column(Integer))
    proposed_by: str = Field(sa_column=Column(Text, nullable=False))
    proposed_at: str = Field(sa_column=Column(Text, nullable=False))
    decided_by: str | None = Field(default=None, sa_column=Column(Text))
    decided_at: str | None = Field(default=None, sa_column=Column(Text))
    ends_at: str | None = Field(default=None, sa_column=Column(Text))
    ended_by: str | None = Field(default=None, sa_column=Column(Text))
    ended_at: str | None = Field(default=None, sa_column=Column(Text))
    relief: str = Field(sa_column=Column(Text, nullable=False))


class BoostSpend(SQLModel, table=True):
    """What was given on one day in Shanghai: the whole (empty key), a category's or a creator's; in impressions."""

    __tablename__: ClassVar[str] = "boost_spend"

    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), primary_key=True))
    day: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    sort: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    spent: int = Field(sa_column=Column(Integer, nullable=False))


class BoostRanking(SQLModel, table=True):
    """One ranking: the seed by which it can be drawn again, and what each candidate got (JSON, by creators' ids)."""

    __tablename__: ClassVar[str] = "boost_rankings"
    __table_args__ = (Index("boost_rankings_by_day", "tenant", "day"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    day: int = Field(sa_column=Column(Integer, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))
    scene: str = Field(sa_column=Column(Text, nullable=False))
    seed: int = Field(sa_column=Column(Integer, nullable=False))
    budget: int = Field(sa_column=Column(Integer, nullable=False))
    granted: int = Field(sa_column=Column(Integer, nullable=False))
    explored: int = Field(sa_column=Column(Integer, nullable=False))
    candidates: int = Field(sa_column=Column(Integer, nullable=False))
    gini: int = Field(sa_column=Column(Integer, nullable=False))
    gini_without: int = Field(sa_column=Column(Integer, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FormulaText(SQLModel, table=True):
    """One version of a tenant's formula: its TOML, whole."""

    __tablename__: ClassVar[str] = "formulas"
    __table_args__ = (UniqueConstraint("tenant", "version"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    version: str = Field(sa_column=Column(Text, nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    by: str = Field(sa_column=Column(Text, nullable=False))
    at: str = Field(sa_column=Column(Text, nullable=False))


class FormulaTrial(SQLModel, table=True):
    """One trial, in the fields of ``creators.trials.Trial``; ``base`` is empty for the formula that is shipped."""

    __tablename__: ClassVar[str] = "formula_trials"
    __table_args__ = (
        CheckConstraint(
            "state IN ('proposed', 'running', 'adopted', 'rolled_back', 'refused')", name="formula_trials_state_known"
        ),
        Index(
            "formula_trials_one_at_a_time",
            "tenant",
            unique=True,
            sqlite_where=text("state = 'proposed' OR state = 'running'"),
        ),
        Index("formula_trials_by_tenant", "tenant", "since"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    tenant: str = Field(sa_column=Column(Text, ForeignKey("tenants.name"), nullable=False))
    formula: str = Field(sa_column=Column(Text, ForeignKey("formulas.id"), nullable=False))
    base: str = Field(sa_column=Column(Text, nullable=False))
    variable: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    share: int = Field(sa_column=Column(Integer, nullable=False))
    proposed_by: str = Field(sa_column=Column(Text, nullable=False))
    since: int = Field(sa_column=Column(Integer, nullable=False))
    staged_at: int = Field(sa_column=Column(Integer, nullable=False))
