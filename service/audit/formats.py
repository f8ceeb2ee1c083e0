"""Tables as files: CSV that Excel opens right, workbooks, Parquet. Each is written row by row; none is kept whole."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from ctypes.util import find_library
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import orjson
import xlsxwriter

from service.audit.cells import fitted, neutral
from service.audit.packs import HEADS, said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from moderation.reasons import Language
    from service.audit.columns import Cell
    from service.audit.packs import Table

SHEET_ROWS: Final = 1_000_000
"""So many rows one sheet takes; more go on in the next."""
_NAME: Final = 28
_GROUP: Final = 1000
WIDE: Final = frozenset({"text", "facts"})
FORMATS: Final = ("csv", "xlsx", "parquet", "html", "pdf")
"""What may be asked for besides JSONL, which is always there."""
USUAL: Final = ("csv", "xlsx", "html")
"""What is made where nothing else is asked for: it needs no extra."""


class NoParquet(Exception):
    """pyarrow is not installed."""


def rows_in(path: Path) -> Iterator[list[Cell]]:
    """The rows of a JSONL table, whose first line names the columns."""
    with path.open("rb") as file:
        file.readline()
        for line in file:
            yield orjson.loads(line)


def write_csv(path: Path, table: Table, rows: Iterable[Sequence[Cell]], lang: Language) -> None:
    """UTF-8 with a byte-order mark, CRLF, every cell neutral."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([said(HEADS[name], lang) for name in table.columns])
        for row in rows:
            writer.writerow([neutral(cell) for cell in row])


def write_workbook(path: Path, tables: Iterable[tuple[Table, Iterable[Sequence[Cell]]]], lang: Language) -> None:
    """A sheet a table. No text becomes a formula or a link, and no row stays in memory."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
        for table, rows in tables:
            _write_sheets(book, head, table, rows, lang)


def _write_sheets(book: Any, head: Any, table: Table, rows: Iterable[Sequence[Cell]], lang: Language) -> None:
    sheet, place, number = None, 0, 0
    for row in rows:
        if sheet is None or place > SHEET_ROWS:
            number += 1
            sheet, place = _sheet(book, head, table, number, lang), 1
        for column, cell in enumerate(row):
            value = fitted(neutral(cell))
            if isinstance(value, str):
                sheet.write_string(place, column, value)
            else:
                sheet.write_number(place, column, value)
        place += 1
    if sheet is None:
        _sheet(book, head, table, 1, lang)


def _sheet(book: Any, head: Any, table: Table, number: int, lang: Language) -> Any:
    title = said(table.title, lang)[:_NAME].translate(str.maketrans("", "", "[]:*?/\\'"))
    sheet = book.add_worksheet(title if number == 1 else f"{title} {number}")
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(table.columns):
        sheet.set_column(column, column, 48 if name in WIDE else 18)
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, said(HEADS[name], lang), head)
    return sheet


def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    return find_spec("pyarrow") is not None


@cache
def has_pdf() -> bool:
    """Whether PDF can be written here: WeasyPrint is an extra, and sets its letters with the system's Pango."""
    return find_spec("weasyprint") is not None and find_library("pango-1.0") is not None


def lacking(names: Collection[str]) -> str:
    """The first of some formats for which something is not installed here; empty where all can be written."""
    if "parquet" in names and not has_parquet():
        return "parquet"
    return "pdf" if "pdf" in names and not has_pdf() else ""


def write_parquet(path: Path, table: Table, rows: Iterable[Sequence[Cell]]) -> None:
    """Columns of text, as machines read them: nothing is neutralised. Raises ``NoParquet``."""
    with _parquet(path, table) as put:
        group: list[Sequence[Cell]] = []
        for row in rows:
            group.append(row)
            if len(group) == _GROUP:
                put(group)
                group = []
        put(group)


@contextmanager
def _parquet(path: Path, table: Table) -> Iterator[Any]:
    if not has_parquet():
        raise NoParquet("pip install 'qingliu[parquet]'")
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")  # it takes a second, and is an extra
    schema = arrow.schema([(name, arrow.string()) for name in table.columns])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def put(group: Sequence[Sequence[Cell]]) -> None:
            columns = [[None if cell is None else str(cell) for cell in column] for column in zip(*group, strict=True)]
            writer.write_table(arrow.table(columns or [[] for _ in schema], schema=schema))

        yield put
