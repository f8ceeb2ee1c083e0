"""Makes a pack, stage by stage, in constant memory: records, rows, formats, manifest, archive.

Where it was cut off it goes on: what a stage has written stands in ``state.json`` beside its files, and files are cut
to that before more comes.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from service.audit.columns import Beside, row, takes, text_of
from service.audit.counting import Counting
from service.audit.mask import masked
from service.audit.packs import PACKS
from service.audit.records import Lookup, Record, Told, records, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service.audit.packs import Pack, Table
    from service.audit.reads import LogReads, Signed
    from service.audit.records import Accounts, PackOrder

RECORDS: Final = "records.jsonl"
INDEX: Final = "index.bin"
LEAVES: Final = "leaves.bin"
CONTENTS: Final = "contents.jsonl"
TEXTS: Final = "texts.jsonl"
"""The contents that the pack has the text of, by id and version; it is no part of it."""
_STATE: Final = "state.json"
_ENTRY: Final = struct.Struct(">QQ")
_CHUNK_BYTES: Final = 600_000
_SAVES: Final = 20
"""After so many chunks the place is noted."""


class Cancelled(Exception):
    """Whoever asked for the pack does not want it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be made, settled once: a pack that is taken up again is the same pack."""

    id: str
    tenant: str
    by: str
    asked: PackOrder
    first: int
    end: int
    checkpoint: Signed
    at: str
    reason: str = ""
    accounts: Accounts = ()

    @property
    def pack(self) -> Pack:
        """The sort of pack."""
        return PACKS[self.asked.pack]


@dataclass(slots=True)
class Progress:
    """How far the making is. ``report`` hears stage, done and total; it raises ``Cancelled`` to end it."""

    folder: Path
    report: Callable[[str, int, int], None]
    told: dict[str, Any] = field(default_factory=dict)

    def taken_up(self) -> Progress:
        """With what was noted before."""
        path = self.folder / _STATE
        if path.exists():
            self.told = orjson.loads(path.read_bytes())
        return self

    def note(self, stage: str, **more: Any) -> None:
        """Writes down where a stage stands."""
        self.told[stage] = {**self.told.get(stage, {}), **more}
        fresh = self.folder / f"{_STATE}.new"
        fresh.write_bytes(orjson.dumps(self.told))
        fresh.replace(self.folder / _STATE)

    def of(self, stage: str) -> dict[str, Any]:
        """Where a stage stands."""
        found: dict[str, Any] = self.told.get(stage, {})
        return found


class Growing:
    """Files that are appended to, cut to where they stood when that was last noted."""

    def __init__(self, folder: Path, sizes: dict[str, int]) -> None:
        self._files: dict[str, Any] = {}
        self._folder, self._sizes = folder, sizes

    def write(self, name: str, text: bytes) -> None:
        """Appends to a file, which is opened when it is first written to."""
        self.opened(name).write(text)

    def opened(self, name: str) -> Any:
        """The file of this name, ready to be appended to."""
        if name not in self._files:
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = file = path.open("r+b" if path.exists() else "w+b")
            file.truncate(self._sizes.get(name, 0))
            file.seek(0, os.SEEK_END)
        return self._files[name]

    def sizes(self) -> dict[str, int]:
        """How long each file is, with all that was written."""
        for name, file in self._files.items():
            file.flush()
            self._sizes[name] = file.tell()
        return dict(self._sizes)

    def close(self) -> None:
        """Lets the files go."""
        for file in self._files.values():
            file.close()


def collect(plan: Plan, reads: LogReads, lookup: Lookup, progress: Progress) -> None:
    """Stage one: the acts that are asked for, their index, and the hashes of all acts of the range."""
    stood = progress.of("records")
    if not stood.get("done"):
        _collect_records(plan, reads, lookup, progress, stood)
    if not progress.of("leaves").get("done"):
        with (progress.folder / LEAVES).open("wb") as file:
            for leaf in reads.leaves(plan.first, plan.end):
                file.write(leaf)
        progress.note("leaves", done=True)


def _collect_records(plan: Plan, reads: LogReads, lookup: Lookup, progress: Progress, stood: dict[str, Any]) -> None:
    files = Growing(progress.folder, dict(stood.get("sizes", {})))
    files.opened(RECORDS), files.opened(INDEX)
    start, number = stood.get("next", plan.first), stood.get("records", 0)
    edge = stood.get("edge", [None, None])
    total = plan.end - plan.first
    looks = bool(plan.asked.filters or plan.pack.scenes)
    try:
        for turn, (upto, chunk) in enumerate(records(reads, plan.tenant, start, plan.end), 1):
            kept = _chosen(plan, lookup, chunk, looks=looks)
            for record in kept:
                files.write(RECORDS, record.body + b"\n")
                files.write(INDEX, _ENTRY.pack(record.seq, micros(record.at)))
            if kept:
                edge = [kept[0].seq if edge[0] is None else edge[0], kept[-1].seq]
            number += len(kept)
            progress.report("records", upto - plan.first, total)
            if turn % _SAVES == 0:
                progress.note("records", next=upto, sizes=files.sizes(), records=number, edge=edge)
        progress.note("records", next=plan.end, sizes=files.sizes(), records=number, edge=edge, done=True)
    finally:
        files.close()


def _chosen(plan: Plan, lookup: Lookup, chunk: list[Record], *, looks: bool) -> list[Record]:
    fitting = [record for record in chunk if plan.pack.takes(record.kind)]
    if not looks:
        return [record for record in fitting if plan.asked.spans(record.at)]
    return [told.record for told in lookup.about(fitting) if wanted(told, plan.pack, plan.asked, plan.accounts)]


def tabulate(plan: Plan, lookup: Lookup, progress: Progress) -> Counting:
    """Stage two: the rows of each table as JSONL, the contents where they are asked for, and what is counted."""
    stood = progress.of("rows")
    counting = Counting(stood.get("counting"))
    if stood.get("done"):
        return counting
    files = Growing(progress.folder, dict(stood.get("sizes", {})))
    number, total = stood.get("records", 0), progress.of("records")["records"]
    try:
        for table in plan.pack.tables:
            if not table.counts and not files.opened(rows_name(table)).tell():
                files.write(rows_name(table), _line([*table.columns]))
        with (progress.folder / RECORDS).open("rb") as source:
            source.seek(stood.get("offset", 0))
            for turn, chunk in enumerate(_chunks(source), 1):
                _write_rows(plan, lookup, files, counting, [record_from(line) for line in chunk])
                number += len(chunk)
                progress.report("rows", number, total)
                if turn % _SAVES == 0:
                    where = {"sizes": files.sizes(), "offset": source.tell(), "records": number}
                    progress.note("rows", counting=counting.told(), **where)
        for table in plan.pack.tables:
            if table.counts:
                files.write(rows_name(table), _line([*table.columns]))
                for counted in counting.rows(table.counts, plan.asked.lang):
                    files.write(rows_name(table), _line(counted))
        progress.note("rows", counting=counting.told(), sizes=files.sizes(), done=True)
    finally:
        files.close()
    return counting


def _write_rows(plan: Plan, lookup: Lookup, files: Growing, counting: Counting, chunk: list[Record]) -> None:
    told = list(lookup.about(chunk))
    before = {str(one.facts["supersedes"]) for one in told if "supersedes" in one.facts}
    reviews = {str(one.facts["review"]) for one in told if "review" in one.facts}
    beside = Beside(
        lookup.decisions(before) if before else {},
        lookup.reviews(reviews) if reviews else {},
        texts=plan.asked.contents,
        unmasked=plan.asked.unmasked,
    )
    for one in told:
        counting.add(one)
        told_in = [table for table in plan.pack.tables if not table.counts and takes(table, one)]
        for table in told_in:
            files.write(rows_name(table), _line(row(table, one, beside)))
        if not plan.asked.contents or not one.about.body:
            continue
        listed = one.record.kind == "decision.auto"
        if listed:
            files.write(CONTENTS, _line(_content(one, unmasked=plan.asked.unmasked)))
        if listed or any("text" in table.columns for table in told_in):
            files.write(TEXTS, _line([one.about.content, one.about.version]))


def _content(told: Told, *, unmasked: bool) -> dict[str, Any]:
    """A content for whoever checks it: unmasked with its salt, so that its commitment can be made again."""
    about = told.about
    line: dict[str, Any] = {
        "commitment": told.facts.get("commitment", ""),
        "content": about.content,
        "seq": told.record.seq,
        "version": about.version,
    }
    if unmasked:
        return {**line, "body": about.body.decode(), "salt": about.salt.hex()}
    return {**line, "text": text_of(told, Beside({}, {})), "room": masked(about.room), "creator": masked(about.creator)}


def rows_name(table: Table) -> str:
    """Where the rows of a table lie."""
    return f"tables/{table.name}.jsonl"


def record_from(line: bytes) -> Record:
    """A record of its line."""
    act = orjson.loads(line)
    return Record(act["seq"], act["at"], act["tenant"], act["kind"], act["subject"], line.rstrip(b"\n"))


def micros(at: str) -> int:
    """Microseconds since 1970 of a time of the acts."""
    moment = datetime.fromisoformat(at)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _chunks(source: Any) -> Iterator[list[bytes]]:
    while chunk := source.readlines(_CHUNK_BYTES):
        yield chunk


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)
