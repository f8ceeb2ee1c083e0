"""The report of a pack as one page that prints well: what it covers, charts, the checklist, the heads of tables."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.audit import printed
from service.audit.columns import local
from service.audit.formats import WIDE, rows_in
from service.audit.make import rows_name
from service.audit.manifest import checklist
from service.audit.packs import HEADS, said
from service.names import called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language
    from service.audit.columns import Cell
    from service.audit.counting import Counting
    from service.audit.make import Plan, Progress

    _Names = Mapping[str, tuple[str, str]]

NAME: Final = "report.html"
PRINTED: Final = "report.pdf"
_SHOWN: Final = 200
"""So many rows of each table stand in the report; all stand in the table's own file."""
_PRINTED_ROWS: Final = 100
"""The printer takes milliseconds a cell, and far longer over a long one that it must break."""
_PRINTED_CHARACTERS: Final = 400
_LIMIT_SECONDS: Final = 900.0
_LOOK_SECONDS: Final = 0.2
_WIDE: Final = 1800
_BARS: Final = 12
_HIDDEN: Final = frozenset({"commitment", "facts", "spans", "signals", "supersedes", "decision"})
_ACTIONS: Final = ("pass", "review", "block")
_NAMED: Final = {"kind": "act", "scene": "scene", "action": "action", "before": "action", "by": "by"}
"""Columns whose codes have names."""
_CODES: Final = "; "


class TookTooLong(Exception):
    """A report was not printed within the time that it has."""


def write_report(plan: Plan, progress: Progress, counting: Counting, lexicons: Path) -> None:
    """Writes the page. Categories are called as ``lexicons`` has them."""
    _write(progress.folder / NAME, plan, progress, counting, lexicons)


def write_printed(plan: Plan, progress: Progress, counting: Counting, lexicons: Path) -> None:
    """Writes the same page as PDF/A. Raises ``CalledProcessError``, ``TookTooLong``, and ``Cancelled`` meanwhile."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / NAME
        _write(page, plan, progress, counting, lexicons, printing=True)
        command = [sys.executable, printed.__file__, str(page), str(progress.folder / PRINTED)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as printer:  # noqa: S603 - our own program
            try:
                _wait(printer, progress, len(plan.asked.formats))
            finally:
                printer.kill()


def _wait(printer: subprocess.Popen[bytes], progress: Progress, formats: int) -> None:
    """Until the report is printed, which is the last of the formats."""
    until = monotonic() + _LIMIT_SECONDS
    while printer.poll() is None:
        if monotonic() > until:
            raise TookTooLong
        progress.report("pdf", formats - 1, formats)
        with suppress(subprocess.TimeoutExpired):
            printer.wait(_LOOK_SECONDS)
    if printer.returncode:
        raise subprocess.CalledProcessError(printer.returncode, printer.args)


def _write(  # noqa: PLR0913 - what a report is made of
    path: Path, plan: Plan, progress: Progress, counting: Counting, lexicons: Path, *, printing: bool = False
) -> None:
    lang, names = plan.asked.lang, names_in(lexicons)
    shown = _PRINTED_ROWS if printing else _SHOWN
    tables = [_table(plan, progress, names, table, shown) for table in plan.pack.tables]
    if printing:
        for table in tables:
            table["rows"] = [[_shortened(cell, lang) for cell in row] for row in table["rows"]]
    told = _ENVIRONMENT.get_template("report.html").stream(
        plan=plan,
        lang=lang,
        name=said(plan.pack.name, lang),
        law=said(plan.pack.law, lang),
        local=local,
        checklist=checklist(plan),
        records=progress.of("records"),
        days=_days(counting),
        categories=[(said(names.get(code, (code, code)), lang), *more) for code, *more in _top(counting.categories)],
        kinds=[(called(lang, "act", code), *more) for code, *more in _top(counting.kinds)],
        figures=[row for row in counting.rows("figures", lang) if row[1]],
        tables=tables,
        shown=shown,
    )
    with path.open("w", encoding="utf-8") as file:
        file.writelines(told)


def names_in(lexicons: Path) -> dict[str, tuple[str, str]]:
    """What categories are called, Chinese and English; nothing where the rules are broken, which others tell."""
    try:
        told = tomllib.loads((lexicons / "categories.toml").read_text(encoding="utf-8"))
        return {one["code"]: (one["zh"], one["en"]) for one in told["category"]}
    except (OSError, ValueError, KeyError):
        return {}


def _table(plan: Plan, progress: Progress, names: _Names, table: Any, shown: int) -> dict[str, Any]:
    lang, texts = plan.asked.lang, plan.asked.contents
    columns = [name for name in table.columns if name not in _HIDDEN or len(table.columns) < 9]  # noqa: PLR2004 - fits
    columns = [name for name in columns if texts or name != "text"]
    places = [table.columns.index(name) for name in columns]
    rows = [[row[place] for place in places] for row in islice(rows_in(progress.folder / rows_name(table)), shown + 1)]
    return {
        "title": said(table.title, lang),
        "name": table.name,
        "heads": [(said(HEADS[name], lang), name in WIDE) for name in columns],
        "rows": [
            [_told(name, cell, names, lang) for name, cell in zip(columns, row, strict=True)] for row in rows[:shown]
        ],
        "more": len(rows) > shown,
    }


def _told(column: str, cell: Cell, names: _Names, lang: Language) -> Cell:
    """The cell as people read it: with names for its codes."""
    if not isinstance(cell, str):
        return cell
    if column == "categories":
        return _CODES.join(said(names.get(code, (code, code)), lang) for code in cell.split(_CODES))
    return called(lang, _NAMED[column], cell) if column in _NAMED else cell


def _shortened(cell: Cell, lang: Language) -> Cell:
    """The cell as it is printed; a long one says how long it is and where it stands whole."""
    if not isinstance(cell, str) or len(cell) <= _PRINTED_CHARACTERS:
        return cell
    whole = ("（共 {} 字，全文见该表文件）", " ({} characters; all stand in the table's file)")
    return f"{cell[:_PRINTED_CHARACTERS]}…{said(whole, lang).format(len(cell))}"


def _days(counting: Counting) -> list[dict[str, Any]]:
    """What became of contents by day, as heights of a chart in thousandths of the tallest."""
    days: dict[str, dict[str, int]] = {}
    for key, counts in counting.coverage.items():
        day = days.setdefault(key.partition(" ")[0], dict.fromkeys(_ACTIONS, 0))
        for action in _ACTIONS:
            day[action] += counts.get(action, 0)
    shown = sorted(days)[-_WIDE:]
    tallest = max([sum(days[day].values()) for day in shown], default=1) or 1
    return [
        {
            "day": day,
            "all": sum(days[day].values()),
            **days[day],
            **{f"{name}_h": days[day][name] * 1000 // tallest for name in _ACTIONS},
        }
        for day in shown
    ]


def _top(counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """The most frequent, each with its share of the largest in thousandths."""
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_BARS]
    return [(name, number, number * 1000 // found[0][1]) for name, number in found]


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
