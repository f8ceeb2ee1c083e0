"""The rows of a spreadsheet as texts: the only file that knows how one is read."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile
from zlib import error as BadDeflate  # noqa: N812 - the name of an exception

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from moderation.encoding import ListUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, time, timedelta

    from python_calamine import CalamineSheet

MAGIC = b"PK\x03\x04"
MOST_BYTES: Final = 128 * 1024 * 1024
"""So many bytes a workbook may have unpacked: a word list of a million lines has a third of that."""
MOST_CELLS: Final = 20_000_000
"""So large the area from the first cell to the last may be: all of it is kept in memory, filled or not."""
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")


def rows(data: bytes, name: str = "") -> Iterator[tuple[int, list[str]]]:
    """The rows of a sheet, numbered from 1, numbers without needless decimals: of the only one, where none is named.

    Raises:
        ListUnreadable: where this is no spreadsheet, or which sheet is meant is not clear.
    """
    if data.startswith(MAGIC):
        _weigh(data)
    try:
        sheet = _sheet(CalamineWorkbook.from_filelike(BytesIO(data)), name)
        table = sheet.to_python(skip_empty_area=False) if sheet else []
    except (CalamineError, OSError, ValueError) as error:
        raise ListUnreadable(1, f"不是可读的 Excel 文件：{error}", f"is no readable spreadsheet: {error}") from None
    return ((number, [_text(cell) for cell in row]) for number, row in enumerate(table, start=1))


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet | None:
    """The sheet of a name, or the only one that holds something and is not hidden."""
    names = [
        one.name
        for one in book.sheets_metadata
        if one.typ is SheetTypeEnum.WorkSheet and (one.visible is SheetVisibleEnum.Visible or one.name == name)
    ]
    if name and name not in names:
        listed = "、".join(names)
        raise ListUnreadable(1, f"没有工作表“{name}”；现有：{listed}", f"there is no sheet {name}; there are {listed}")
    found: CalamineSheet | None = None
    for one in [name] if name else names:
        sheet = book.get_sheet_by_name(one)
        if sheet.start is None:
            continue
        if found is not None:
            listed = "、".join(names)
            raise ListUnreadable(
                1,
                f"工作表（{listed}）中不止一个有内容；请用 --sheet 指定，每个分别导入",
                f"of the sheets ({listed}) several hold something: name one with --sheet, and import each by itself",
            )
        found = sheet
    return found


def _weigh(data: bytes) -> None:
    """Raises ``ListUnreadable`` for what is little here and no memory holds once it is read."""
    rows, columns = 1, b""
    try:
        with ZipFile(BytesIO(data)) as book:
            if (size := sum(one.file_size for one in book.infolist())) > MOST_BYTES:
                raise _too_large(f"{size >> 20} MiB", f"{MOST_BYTES >> 20} MiB")
            for name in book.namelist():  # each is read whole: what is longer than it says fails its checksum
                text = book.read(name)
                for match in _PLACE.finditer(text) if name.startswith("xl/worksheets/") else ():
                    rows = max(rows, int(match[2]))
                    columns = max(columns, match[1], key=lambda letters: (len(letters), letters))
    except (BadZipFile, BadDeflate, EOFError, NotImplementedError, RuntimeError) as error:
        raise ListUnreadable(1, f"不是可读的 Excel 文件：{error}", f"is no readable spreadsheet: {error}") from None
    width = 0
    for letter in columns:
        width = 26 * width + letter - ord("A") + 1
    if (cells := rows * width) > MOST_CELLS:
        raise _too_large(f"{cells:,}", f"{MOST_CELLS:,}")


def _too_large(found: str, most: str) -> ListUnreadable:
    return ListUnreadable(
        1,
        f"工作簿过大（解压后的大小或单元格范围为 {found}，上限 {most}），请另存为 csv",
        f"is too large (unpacked, or from its first cell to its last: {found} of {most} at most); save it as csv",
    )


def _text(cell: float | str | bool | time | date | timedelta) -> str:  # noqa: FBT001 - what a cell may hold
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
