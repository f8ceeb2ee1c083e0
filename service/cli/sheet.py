"""The rows of a spreadsheet as texts: the only file that knows how one is read."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook

from moderation.wordlist import ListUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, time, timedelta

MAGIC = b"PK\x03\x04"


def rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet, numbered from 1, numbers without needless decimals.

    Raises:
        ListUnreadable: where this is no spreadsheet.
    """
    try:
        sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0)
        table = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise ListUnreadable(1, f"不是可读的 Excel 文件：{error}", f"is no readable spreadsheet: {error}") from None
    return ((number, [_text(cell) for cell in row]) for number, row in enumerate(table, start=1))


def _text(cell: float | str | bool | time | date | timedelta) -> str:  # noqa: FBT001 - what a cell may hold
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
