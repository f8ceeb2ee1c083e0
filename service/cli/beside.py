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
from service.store.db import Unsafe

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from moderation.reasons import Language
    from service.settings import Settings

T = TypeVar("T")

UNUSABLE: Final = (Unsafe, LedgerError, SecretRefused, KeyRefused, sqlite3.DatabaseError, OSError)
"""What keeps a data directory from being worked on."""


def beside(chosen: Settings, work: Coroutine[None, None, T], lang: Language = "zh") -> T:
    """Does a work on the data directory; what keeps it from that ends the command."""
    try:
        return asyncio.run(work)
    except UNUSABLE as error:
        fail(say(lang, f"无法使用 {chosen.data}：{why(error, lang)}", f"cannot use {chosen.data}: {error}"))
