"""Cells of tables that spreadsheets open: no cell is taken for a formula, none breaks the file. Pure."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 32_767
"""So many characters (in UTF-16) one cell of a workbook holds."""
_STARTS: Final = frozenset("=+-@\t\r\n＝＋－＠﹦﹢﹣﹫|%")
"""With these a spreadsheet may begin a formula, or a command of old ones."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANK: Final = "\ufeff\u200b\u200e\u200f\u2060 \u00a0\u3000"


def neutral(value: str | int | None) -> str | int:
    """A value that may stand in a cell: numbers as they are, text that begins no formula, control characters named."""
    if value is None:
        return ""
    if isinstance(value, int):
        return int(value)
    text = _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", value)
    return f"'{text}" if text.lstrip(_BLANK)[:1] in _STARTS and text.lstrip(_BLANK) else text


def fitted(value: str | int) -> str | int:
    """The value as a workbook's cell holds it: a text that is too long ends with its whole length."""
    if isinstance(value, int) or len(value.encode("utf-16-le")) <= LONGEST * 2:
        return value
    note = f"…[{len(value)}]"
    return value.encode("utf-16-le")[: (LONGEST - len(note)) * 2].decode("utf-16-le", "ignore") + note
