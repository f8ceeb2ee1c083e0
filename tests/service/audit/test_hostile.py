"""What would run, break or vanish in packs do not: every format and reader gives them back and counts the same."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from service.audit import formats, report
from service.audit.cells import LONGEST, fitted, neutral
from service.audit.packs import PACKS, TABLES
from service.audit.verify_export import check
from service.settings import REPOSITORY
from tests.service.audit.conftest import opened
from tests.service.audit.hostile import HOSTILE, ROOMS, SAID, SCENES, STARTS, said
from tests.service.audit.tamper import unpacked

if TYPE_CHECKING:
    from pathlib import Path

BLANK = "\ufeff\u200b\u200e\u200f\u2060 \xa0\u3000"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SOFFICE = shutil.which("soffice")
ALL = ("csv", "xlsx", "parquet", "html")
CHOSEN = ["ad_archive", *[pytest.param(code, marks=pytest.mark.slow) for code in PACKS if code != "ad_archive"]]
TABLE = TABLES["exports"]


@pytest.fixture(autouse=True)
def _wide_cells():
    before = csv.field_size_limit(1 << 24)
    yield
    csv.field_size_limit(before)


def rows():
    return [[number, text, *["x"] * (len(TABLE.columns) - 2)] for number, text in enumerate(HOSTILE)]


def lines(text):
    """With one sort of line ends: workbooks have no other."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_csv(path):
    """All the rows of a file, by the strict reader of the standard library."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True))


def begins_a_formula(cell):
    """Whether a spreadsheet may take a text for something else."""
    return cell.lstrip(BLANK)[:1] in set(STARTS)


def test_there_are_enough_hostile_texts():
    assert len(SAID) >= 500


# One table in each format


def test_no_cell_of_a_csv_begins_a_formula_and_all_are_read_again(tmp_path):
    formats.write_csv(tmp_path / "t.csv", TABLE, rows(), "zh")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert len(read) == len(HOSTILE) + 1
    assert {len(row) for row in read} == {len(TABLE.columns)}
    for (_, text, *_), row in zip(rows(), read[1:], strict=True):
        assert row[1] == neutral(text)
        assert not begins_a_formula(row[1])
        assert not CONTROL.search(row[1])


def test_a_workbook_holds_no_formula_and_no_link_and_is_read_again(tmp_path):
    formats.write_workbook(tmp_path / "t.xlsx", [(TABLE, rows()), (TABLES["keys"], [])], "zh")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "sheet" in name]
        assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    book = CalamineWorkbook.from_path(str(tmp_path / "t.xlsx"))
    read = book.get_sheet_by_index(0).to_python()
    assert len(read) == len(HOSTILE) + 1
    for (number, text, *_), row in zip(rows(), read[1:], strict=True):
        assert row[0] == number
        assert lines(row[1]) == lines(str(fitted(neutral(text))))
    assert len(book.get_sheet_by_index(1).to_python()) == 1


def test_parquet_and_jsonl_hold_what_was_said_exactly(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    formats.write_parquet(tmp_path / "t.parquet", TABLE, rows())
    read = parquet.read_table(tmp_path / "t.parquet").to_pydict()
    assert read[TABLE.columns[1]] == HOSTILE
    (tmp_path / "t.jsonl").write_bytes(b"[]\n" + b"".join(json.dumps(row).encode() + b"\n" for row in rows()))
    assert list(formats.rows_in(tmp_path / "t.jsonl")) == rows()


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=60)
def test_any_text_is_neutral(text):
    cell = str(neutral(text))
    assert cell.lstrip(BLANK)[:1] not in set("=+-@＝＋－＠") or not cell.strip()
    assert neutral(cell) == cell or cell.startswith("'")


def test_a_cell_that_is_too_long_says_how_long_it_was():
    cell = fitted("𠮷" * 20_000)
    assert len(cell.encode("utf-16-le")) // 2 <= LONGEST
    assert cell.endswith("…[20000]")


# Whole packs


class Opened:
    """An unpacked pack: what its tables hold, by their names."""

    def __init__(self, pack: Path, folder: Path, code: str) -> None:
        self.pack, self.tables = pack, PACKS[code].tables
        self.folder = unpacked(pack, folder).folder

    def path(self, table, ending) -> Path:
        return self.folder / "tables" / f"{table.name}.{ending}"

    def told(self, table) -> list[list]:
        """The rows as JSONL has them, which is what every other format has to tell."""
        head, *rest = map(json.loads, self.path(table, "jsonl").read_bytes().splitlines())
        assert head == list(table.columns)
        return rest

    def csv(self, table) -> list[list[str]]:
        return read_csv(self.path(table, "csv"))[1:]


@pytest.fixture(scope="module")
def made_pack(tmp_path_factory):
    """Packs of one log in which every hostile text was said; each is made once."""
    folder, known = tmp_path_factory.mktemp("hostile"), {}

    async def make(code, more):
        async with opened(folder / "data") as made:
            if not known:
                await said(made)
            needs = {"creator": "=1+1"} if code == "creator" else {}
            asked = {"contents": True, "unmasked": True, "reason": "=1+1", "formats": ALL, **needs, **more}
            return await made.pack(code, **asked), made.key

    def pack(code, **more):
        name = "-".join([code, *more.get("formats", ()), more.get("room", "")])
        if name not in known:
            found, key = asyncio.run(make(code, more))
            assert check(found, key=key).found == []
            known[name] = Opened(found, folder / name, code)
        return known[name]

    return pack


def expected(code):
    """The texts that were said in decisions that a pack tells of, in their order."""
    scenes = PACKS[code].scenes
    told = [text for number, text in enumerate(SAID) if not scenes or SCENES[number % len(SCENES)] in scenes]
    return ["=1+1"] if code == "creator" else told


def shown(cell):
    """What a cell of a workbook shows: openpyxl leaves the escapes of line ends as they stand in the file."""
    return "" if cell.value is None else lines(unescape(str(cell.value)))


@pytest.mark.parametrize("code", CHOSEN)
def test_every_format_of_a_pack_tells_what_jsonl_tells(made_pack, code):
    parquet = pytest.importorskip("pyarrow.parquet")
    pack = made_pack(code)
    book = openpyxl.load_workbook(pack.folder / "tables.xlsx")
    again = CalamineWorkbook.from_path(str(pack.folder / "tables.xlsx"))
    assert len(book.worksheets) == len(again.sheet_names) == len(pack.tables)
    for place, table in enumerate(pack.tables):
        told, read, cells = pack.told(table), pack.csv(table), list(book.worksheets[place].iter_rows(min_row=2))
        assert read == [[str(neutral(cell)) for cell in row] for row in told]
        assert not any(begins_a_formula(cell) or CONTROL.search(cell) for row in read for cell in row)
        wanted = [[lines(str(fitted(neutral(cell)))) for cell in row] for row in told]
        assert [[shown(cell) for cell in row] for row in cells] == wanted
        assert {cell.data_type for row in cells for cell in row} <= {"s", "n"}
        assert len(again.get_sheet_by_index(place).to_python()) == len(told) + 1
        columns = parquet.read_table(pack.path(table, "parquet")).to_pydict().values()
        exactly = [[None if cell is None else str(cell) for cell in row] for row in told]
        assert list(map(list, zip(*columns, strict=True))) == exactly


@pytest.mark.parametrize("code", CHOSEN)
def test_a_workbook_is_whole_and_calls_nothing(made_pack, code):
    with zipfile.ZipFile(made_pack(code).folder / "tables.xlsx") as archive:
        assert archive.testzip() is None
        parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}
    tags = {node.tag.rpartition("}")[2] for part in parts.values() for node in part.iter()}
    assert tags.isdisjoint({"f", "hyperlink", "ddeLink", "oleLink", "externalReference", "definedName"})
    assert not any("External" in node.attrib.values() for part in parts.values() for node in part.iter())


@pytest.mark.parametrize("code", CHOSEN)
def test_what_was_said_is_in_the_jsonl_to_the_letter(made_pack, code):
    pack = made_pack(code)
    records = map(json.loads, (pack.folder / "records.jsonl").read_bytes().splitlines())
    contents = map(json.loads, (pack.folder / "contents.jsonl").read_bytes().splitlines())
    assert [one["facts"]["by"] for one in records if one["kind"] == "decision.auto"] == expected(code)
    assert [json.loads(one["body"])["parts"][0][1] for one in contents] == expected(code)
    for table in pack.tables:
        if table.name in {"decisions", "ad_reviews"}:
            for name in {"text", "by", "creator", "product", "laws"} & set(table.columns):
                assert [row[table.columns.index(name)] for row in pack.told(table)] == expected(code)


class Page(HTMLParser):
    """The cells of the rows of a report's body, by the headings of its tables; and every element and attribute."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables, self.names, self._inside = {}, set(), ""

    def handle_starttag(self, tag, attributes):
        self.names |= {tag, *(name for name, _ in attributes)}
        self._inside = tag
        if tag == "h3":
            self.tables[len(self.tables)] = []
        elif tag == "tr" and self.tables:
            self.tables[len(self.tables) - 1].append([])
        elif tag == "td" and self.tables:
            self.tables[len(self.tables) - 1][-1].append("")

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "td" and self.tables:
            self.tables[len(self.tables) - 1][-1][-1] += data


@pytest.mark.parametrize("room", [pytest.param(room, marks=pytest.mark.slow if room else ()) for room in range(ROOMS)])
def test_a_report_shows_texts_and_is_made_of_nothing_else(made_pack, room):
    """All the rows of a room; all rooms together said every text."""
    names = report.names_in(REPOSITORY / "lexicons")
    pack, page = made_pack("room_117", room=f"r{room}", formats=("html",)), Page()
    page.feed((pack.folder / "report.html").read_text(encoding="utf-8"))
    page.close()
    assert "decision.auto" not in {cell for table in page.tables.values() for row in table for cell in row}
    assert page.names.isdisjoint({"script", "img", "a", "b", "iframe", "object", "link", "base", "form", "src", "href"})
    assert not any(name.startswith("on") for name in page.names)
    assert len(page.tables) == len(pack.tables)
    for table, (head, *rows) in ((one, page.tables[place]) for place, one in enumerate(pack.tables) if pack.told(one)):
        assert head == []
        hidden = report._HIDDEN if len(table.columns) >= 9 else ()
        places = [place for place, name in enumerate(table.columns) if name not in hidden]
        named = [
            [report._told(table.columns[place], row[place], names, "zh") for place in places]
            for row in pack.told(table)
        ]
        told = [["" if cell is None else str(cell) for cell in row] for row in named]
        assert [list(map(lines, row)) for row in rows] == [list(map(lines, row)) for row in told]
    texts = [row[-1] for row in pack.told(TABLES["decisions"])]
    assert texts == SAID[room::ROOMS]


def test_a_filter_that_is_hostile_is_told_as_a_text(made_pack):
    text = '"><script>1</script>=1+1'
    pack, page = made_pack("room_117", room=text, formats=("html",)), Page()
    page.feed((pack.folder / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.names
    assert json.loads((pack.folder / "manifest.json").read_bytes())["filters"] == {"room": text}


# Readers of other people


@pytest.mark.slow
@pytest.mark.parametrize("code", PACKS)
def test_pandas_counts_and_reads_the_same(made_pack, code):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pack = made_pack(code)
    as_text = {"dtype": str, "keep_default_na": False}
    sheets = [
        list(pandas.read_excel(pack.folder / "tables.xlsx", sheet_name=None, engine=engine, **as_text).values())
        for engine in ("openpyxl", "calamine")
    ]
    for place, table in enumerate(pack.tables):
        told, path = pack.told(table), pack.path(table, "csv")
        read = [
            pandas.read_csv(path, **as_text),
            pandas.read_csv(path),
            pandas.read_csv(path, engine="python"),
            pandas.read_parquet(pack.path(table, "parquet")),
            *(sheet[place] for sheet in sheets),
        ]
        assert [len(one) for one in read] == [len(told)] * len(read)
        assert read[0].to_numpy().tolist() == pack.csv(table)


def soffice(folder, *words):
    """Has LibreOffice convert files, with a profile of its own."""
    command = [SOFFICE, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", *map(str, words)]
    subprocess.run(command, capture_output=True, check=True, timeout=900)


IN_CSV = "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
"""UTF-8, numbers found out, formulas worked out: as trusting as it gets."""
TO_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Every sheet into a file of its own."""


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here: apt-get install libreoffice-calc")
@pytest.mark.parametrize("code", PACKS)
def test_libreoffice_counts_the_same_and_finds_no_formula(made_pack, tmp_path, code):
    pack = made_pack(code)
    told = {table.name: pack.told(table) for table in pack.tables}
    soffice(tmp_path, "--convert-to", TO_CSV, "--outdir", tmp_path / "sheets", pack.folder / "tables.xlsx")
    for table in pack.tables:
        title = table.title[0]
        (path,) = (one for one in (tmp_path / "sheets").iterdir() if one.stem.partition("-")[2] == title)
        read = [list(map(lines, row)) for row in read_csv(path)[1:]]
        assert len(read) == len(told[table.name]), table.name
        assert read == [[lines(str(fitted(neutral(cell)))) for cell in row] for row in told[table.name]], table.name
    paths = [pack.path(table, "csv") for table in pack.tables]
    soffice(tmp_path, IN_CSV, "--convert-to", TO_CSV, "--outdir", tmp_path / "again", *paths)
    for table in pack.tables:
        (path,) = (tmp_path / "again").glob(f"{table.name}*.csv")
        assert len(read_csv(path)) == len(told[table.name]) + 1, table.name
    soffice(tmp_path, "--convert-to", "fods", "--outdir", tmp_path / "flat", pack.folder / "tables.xlsx")
    soffice(tmp_path, IN_CSV, "--convert-to", "fods", "--outdir", tmp_path / "flat", *paths)
    assert len(list((tmp_path / "flat").iterdir())) == len(paths) + 1
    assert [path.name for path in (tmp_path / "flat").iterdir() if b"table:formula" in path.read_bytes()] == []


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here: apt-get install libreoffice-calc")
def test_libreoffice_finds_formulas_where_nothing_is_neutral(tmp_path):
    """The control: the same texts, written as they are."""
    with (tmp_path / "raw.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[number, text] for number, text in enumerate(SAID)])
    soffice(tmp_path, IN_CSV, "--convert-to", "fods", "--outdir", tmp_path, tmp_path / "raw.csv")
    assert (tmp_path / "raw.fods").read_bytes().count(b"table:formula") > 100
