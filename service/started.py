"""What a start puts on record: the settings, where they changed, and what the service judges with."""

from __future__ import annotations

import platform
import sqlite3
from typing import TYPE_CHECKING

from service.acts import SERVICE_STARTED, SETTINGS_CHANGED, Act
from service.experts import name_of
from service.ids import new_id, now
from service.ports import Write
from service.store import statements

if TYPE_CHECKING:
    from service.ledger import Ledger
    from service.ports import TextModel
    from service.rules import Rules
    from service.settings import Settings
    from service.store.reads import Reads


async def record_settings(settings: Settings, ledger: Ledger, reads: Reads) -> None:
    """Records the settings where they are not those of the last start."""
    fingerprint = settings.fingerprint()
    if fingerprint != await reads.last_settings():
        row = (new_id(), fingerprint, now())
        await ledger.record(Act(SETTINGS_CHANGED, fingerprint), Write(statements.INSERT_SETTINGS, row))


async def record_start(
    settings: Settings, ledger: Ledger, rules: Rules, model: TextModel | None, second_stage: str
) -> None:
    """Records that the service started. ``second_stage`` is the name of that, or ``off``."""
    facts = {
        "expert": "off" if model is None else name_of(model),
        "second_stage": second_stage,
        "python": platform.python_version(),
        "ruleset": rules.engine.ruleset.fingerprint,
        "settings": settings.fingerprint(),
        "sqlite": sqlite3.sqlite_version,
    }
    await ledger.record(Act(SERVICE_STARTED, new_id(), facts=facts))
