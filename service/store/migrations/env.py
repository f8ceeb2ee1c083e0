"""Alembic's entry: runs the migrations on the connection it was given, or on the configured database."""  # noqa: INP001 - Alembic wants folders, not packages

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from sqlmodel import SQLModel

from service.settings import Settings
from service.store import (
    audit_tables,
    creator_tables,
    desk_tables,
    duty_tables,
    quality_tables,
    room_tables,
    rule_tables,
    tables,
    vault_tables,
)
from service.store.db import make_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Importing the tables fills the metadata.
_TABLES = (
    tables.Act,
    desk_tables.Review,
    quality_tables.Sample,
    room_tables.RoomEvent,
    duty_tables.Show,
    rule_tables.Proposal,
    audit_tables.Export,
    vault_tables.Hold,
    creator_tables.Creator,
)
for _filled in _TABLES:
    assert _filled.metadata is SQLModel.metadata


def run(connection: Connection) -> None:
    """One transaction for all that is pending: a half-migrated database cannot be left behind."""
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    settings = Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = make_engine(settings.database, write=True, busy_timeout=settings.busy_timeout)
    with engine.begin() as opened:
        run(opened)
    engine.dispose()
