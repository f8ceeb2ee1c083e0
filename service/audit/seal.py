"""The last stages of a pack: tables in the formats that were asked for, the manifest, and one archive of it all."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING, Final

from service.audit import formats
from service.audit.dsa import FOLDER, write_batches
from service.audit.make import CONTENTS, INDEX, LEAVES, RECORDS, TEXTS, record_from, rows_name
from service.audit.manifest import CHECKPOINT, MANIFEST, SIGNATURE, manifest, signature
from service.audit.report import write_printed, write_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from service.audit.counting import Counting
    from service.audit.make import Plan, Progress
    from service.audit.manifest import Ground

README: Final = "README.txt"
_README: Final = """\
清流审计包。离线校验（不需要网络，也不需要信任导出方）：
    python verify_export.py PACK.zip --key KEY [--seen CHECKPOINT]
    node verify_export.mjs PACK.zip --key KEY [--seen CHECKPOINT]
KEY 为日志公钥，请经独立渠道取得；CHECKPOINT 为此前取得的任一检查点。
records.jsonl 每行是一条行为的规范字节，即日志的叶；tables/ 是便于阅读的表格；manifest.json 是清单。

A Qingliu audit pack. Check it offline with either verifier, as above. KEY is the log's public key: get it by a way of
its own. CHECKPOINT is any checkpoint that you had before: without one nobody can see that a log was rolled back,
forked or rewritten by whoever holds its key.
"""
_STORED: Final = frozenset({INDEX, LEAVES, "tables.xlsx"})
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_LEVEL: Final = 1
_BLOCK: Final = 1 << 20


def write_formats(plan: Plan, progress: Progress, counting: Counting, lexicons: Path) -> None:
    """Stage three. Categories are called as ``lexicons`` has them. A format that was finished is not made again."""
    stages: dict[str, Callable[[], None]] = {
        "csv": lambda: _write_csv(plan, progress),
        "xlsx": lambda: _write_workbook(plan, progress),
        "parquet": lambda: _write_parquet(plan, progress),
        "html": lambda: write_report(plan, progress, counting, lexicons),
        "pdf": lambda: write_printed(plan, progress, counting, lexicons),
    }
    wanted = [name for name in formats.FORMATS if name in plan.asked.formats]
    for place, name in enumerate(wanted):
        if not progress.of(name).get("done"):
            progress.report(name, place, len(wanted))
            stages[name]()
            progress.note(name, done=True)
    if plan.pack.code == "dsa":
        with (progress.folder / RECORDS).open("rb") as file:
            write_batches(map(record_from, file), progress.folder / FOLDER)


def write_archive(plan: Plan, progress: Progress, ground: Ground, target: Path) -> None:
    """Stage four: manifest, signature and checkpoint, then all in one archive, which appears whole."""
    folder = progress.folder
    progress.report("manifest", 0, 1)
    (folder / README).write_text(_README, encoding="utf-8")
    (folder / CHECKPOINT).write_text(ground.reads.cosigned(plan.checkpoint), encoding="utf-8")
    apart = {MANIFEST, SIGNATURE, TEXTS, "state.json"}
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in apart)
    counted = {rows_name(table): _rows(folder / rows_name(table)) for table in plan.pack.tables}
    counted[RECORDS] = progress.of("records")["records"]
    if (folder / CONTENTS).exists():
        counted[CONTENTS] = _rows(folder / CONTENTS) + 1
    told = manifest(plan, progress, ground, files, counted)
    (folder / MANIFEST).write_bytes(told)
    (folder / SIGNATURE).write_text(signature(plan, progress, ground.signer, told), encoding="utf-8")
    fresh = unfinished(target)
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for place, path in enumerate([folder / MANIFEST, folder / SIGNATURE, *files]):
            progress.report("archive", place, len(files) + 2)
            _add(archive, path, path.relative_to(folder).as_posix())
    fresh.replace(target)


def unfinished(target: Path) -> Path:
    """Where an archive lies while it is written."""
    return target.with_name(f"{target.name}.new")


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_STORED if name in _STORED else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(entry, "w") as sink:
        shutil.copyfileobj(source, sink, _BLOCK)


def _write_csv(plan: Plan, progress: Progress) -> None:
    for table in plan.pack.tables:
        source = progress.folder / rows_name(table)
        formats.write_csv(source.with_suffix(".csv"), table, formats.rows_in(source), plan.asked.lang)


def _write_workbook(plan: Plan, progress: Progress) -> None:
    tables = ((table, formats.rows_in(progress.folder / rows_name(table))) for table in plan.pack.tables)
    formats.write_workbook(progress.folder / "tables.xlsx", tables, plan.asked.lang)


def _write_parquet(plan: Plan, progress: Progress) -> None:
    for table in plan.pack.tables:
        source = progress.folder / rows_name(table)
        formats.write_parquet(source.with_suffix(".parquet"), table, formats.rows_in(source))


def _rows(path: Path) -> int:
    """How many rows a JSONL table has: its first line names the columns."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")) - 1
