"""Rows as a file for spreadsheets: UTF-8 with a mark, every cell neutral."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from service.audit.cells import neutral

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def sheet(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file: the header, then the rows."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")
