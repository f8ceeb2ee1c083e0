"""What commands beside a service share: they work on its database, or say in one line why they cannot."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Final, TypeVar

from service.audit.keys import KeyRefused
from service.cli.say import fail, why
from service.cli.words import say
from service.ledger import LedgerError
from service.secret import SecretRefused
from service.store import db

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from moderation.reasons import Language
    from service.settings import Settings

T = TypeVar("T")

UNUSABLE: Final = (db.Unsafe, LedgerError, SecretRefused, KeyRefused, sqlite3.DatabaseError, OSError)
"""What keeps a data directory from being worked on."""


def beside(chosen: Settings, work: Coroutine[None, None, T], lang: Language = "zh", *, makes: bool = False) -> T:
    """Does a work on the data directory; what keeps it from that ends the command.

    Only what ``makes`` data begins where there are none: in a directory that was misspelt a backup would hold nothing,
    and a check find nothing wrong.
    """
    if not makes and not chosen.database.exists():
        work.close()
        zh, en = f"{chosen.data} 中没有数据，请核对 --data", f"there is no data in {chosen.data}; check --data"
        fail(say(lang, zh, en))
    try:
        return asyncio.run(work)
    except UNUSABLE as error:
        told = refusal(chosen, error, lang)
        fail(say(lang, f"无法使用 {chosen.data}：{told}", f"cannot use {chosen.data}: {told}"))


def refusal(chosen: Settings, error: Exception, lang: Language) -> str:
    """Why a data directory cannot be used."""
    if isinstance(error, sqlite3.DatabaseError):
        return db.why(chosen.database, error).in_(lang)
    return why(error, lang)
