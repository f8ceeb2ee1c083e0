"""Reports that are printed: what stands in them, how they are ended, and that other packs do not wait for them."""

from __future__ import annotations

import asyncio
import os
import re
import zipfile
import zlib

import pytest

from service.audit import formats, report
from service.audit.records import PackOrder
from service.audit.verify_export import check


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # WeasyPrint leaves a file of its own open
@pytest.mark.skipif(not formats.has_pdf(), reason="needs the extra pdf and the system's Pango")
async def test_a_printed_report_is_an_archive_document_that_runs_and_fetches_nothing(made):
    await made.act(40)
    pack = await made.pack(formats=("pdf",))
    with zipfile.ZipFile(pack) as archive:
        page = archive.read("report.pdf")
        assert "report.html" not in archive.namelist()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", page, re.DOTALL)
    told = page + b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    assert page.startswith(b"%PDF-1.7")
    assert b'pdfaid:part="3" pdfaid:conformance="U"' in told
    for active in (b"/JavaScript", b"/OpenAction", b"/URI", b"/Launch", b"/EmbeddedFile"):
        assert active not in told
    assert check(pack).found == []


@pytest.fixture
def printer(monkeypatch, tmp_path):
    """A printer that never ends; where it writes its number, and whether it still runs."""
    there, program = tmp_path / "printer.pid", tmp_path / "printer.py"
    told = f"import os, pathlib, time; pathlib.Path({str(there)!r}).write_text(str(os.getpid())); time.sleep(600)"
    program.write_text(told)
    monkeypatch.setattr("service.audit.printed.__file__", str(program))
    monkeypatch.setattr(formats, "has_pdf", lambda: True)
    return there


async def begun(there):
    """The number of the printer, once it is there."""
    async with asyncio.timeout(20):
        while not there.exists() or not there.read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
    return int(there.read_text())


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_printer_ends_when_its_pack_is_given_up(made, printer):
    await made.act(3)
    exports = made.audit.exports
    asked = await exports.ask("shop", PackOrder(pack="log", formats=("csv", "pdf")), by="cli")
    making = asyncio.create_task(exports.make(asked))
    pid = await begun(printer)
    async with asyncio.timeout(5):
        while exports.doing(asked.id).stage != "pdf":  # noqa: ASYNC110 - the printer is there before this is told
            await asyncio.sleep(0.02)
    assert runs(pid)
    await exports.cancel("shop", asked.id, by="cli")
    async with asyncio.timeout(5):
        assert (await making).state == "cancelled"
    assert not runs(pid)
    assert not list((made.folder / "exports").glob(f"{asked.id}*"))


async def test_a_report_that_takes_too_long_to_print_fails_and_says_so(made, printer, monkeypatch):
    await made.act(3)
    monkeypatch.setattr(report, "_LIMIT_SECONDS", 0.5)
    exports = made.audit.exports
    async with asyncio.timeout(20):
        failed = await exports.make(await exports.ask("shop", PackOrder(pack="log", formats=("pdf",)), by="cli"))
    assert (failed.state, failed.error) == ("failed", "TookTooLong")
    assert not printer.exists() or not runs(int(printer.read_text()))


async def test_what_is_printed_is_short_and_says_where_the_rest_stands(made, monkeypatch, tmp_path):
    """A cell of ten thousand unbroken characters took the printer minutes."""
    (tmp_path / "printer.py").write_text("import shutil, sys; shutil.copyfile(*sys.argv[1:])")
    monkeypatch.setattr("service.audit.printed.__file__", str(tmp_path / "printer.py"))
    monkeypatch.setattr(formats, "has_pdf", lambda: True)
    await made.act(1, note="9f" * 5000)
    await made.act(150)
    with zipfile.ZipFile(await made.pack(formats=("html", "pdf"))) as archive:
        whole, page = (archive.read(f"report.{name}").decode() for name in ("html", "pdf"))
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert len(max(cells, key=len)) < 450 and "字，全文见该表文件" in max(cells, key=len)
    assert page.count("<tr>") < 130 and "仅列前 100 行" in page
    assert "9f" * 5000 in whole and whole.count("<tr>") > 150


async def test_packs_that_are_printed_come_after_the_others(made, monkeypatch):
    await made.act(1)
    monkeypatch.setattr(formats, "has_pdf", lambda: True)
    exports, told = made.audit.exports, []
    ids = {
        name: (await exports.ask("shop", PackOrder(pack="log", formats=(name,)), by="cli")).id
        for name in ("pdf", "csv")
    }

    async def make(export):
        told.append(export.id)
        await exports.cancel("shop", export.id, by="cli")

    monkeypatch.setattr(exports, "make", make)
    await exports._look()
    assert told == [ids["csv"], ids["pdf"]]
