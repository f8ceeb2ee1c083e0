"""Values of options in the line grammar: whole numbers, dates, true and false. A wrong one is a ``GrammarError``."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from moderation.errors import GrammarError
from moderation.wrongs import wrong

if TYPE_CHECKING:
    from collections.abc import Callable


def whole(low: int, high: int) -> Callable[[str, int, str, str], int]:
    """A reader of whole numbers, both bounds included."""

    def read(name: str, number: int, key: str, value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,3}", value) or not low <= int(value) <= high:
            raise GrammarError(name, number, wrong("whole_number", key=key, low=low, high=high, value=value))
        return int(value)

    return read


def day(name: str, number: int, key: str, value: str) -> date:
    """A date such as 2026-02-01."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GrammarError(name, number, wrong("date", key=key, value=value)) from None


def yes(name: str, number: int, key: str, value: str) -> bool:
    """``true`` or ``false``."""
    if value not in {"true", "false"}:
        raise GrammarError(name, number, wrong("true_false", key=key, value=value))
    return value == "true"
