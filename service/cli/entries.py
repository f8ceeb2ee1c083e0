"""The file contract: JSONL, CSV and text files as bodies of the API, each with its id or with what is wrong with it.

A line has the fields of ``POST /v1/moderations``, with ``id`` for ``content_id``. Nothing is judged here.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from moderation.types import Content
from service.http.problems import Fault, Problem
from service.http.wire import ModerationRequest, read_item, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from moderation.types import Scene
    from service.cli.lines import Lines
    from service.http.wire import Limits

_BOM: Final = b"\xef\xbb\xbf"
_SERVED: Final = frozenset({"proofs", "suggest"})
"""Fields of the API that only a service can answer: it has the proofs on file, and gives suggestions."""
_FIELDS: Final = frozenset(ModerationRequest.model_fields) - _SERVED
_MOST_NAMES: Final = 20
"""So many unknown fields are remembered by name: a file of ever new ones must not fill the memory."""
_YES: Final = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}


class Form(StrEnum):
    """How a file is written."""

    JSONL = "jsonl"
    CSV = "csv"
    TXT = "txt"


class Encoding(StrEnum):
    """How the characters of CSV and text files are written. JSON is always UTF-8."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class HeaderError(Exception):
    """A CSV file whose first line does not name its columns."""


class EncodingError(Exception):
    """A file that is written in GB18030 where UTF-8 is expected."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: where it stands, what it calls itself, and its content or why there is none."""

    line: int
    id: str | int | None
    found: Content | Problem


@dataclass(slots=True, kw_only=True)
class Contract:
    """What a run asks of every line, and the unknown fields that it met. ``as_of`` wins over a line's own time."""

    scene: Scene | None
    now: datetime
    limits: Limits
    encoding: Encoding = Encoding.UTF_8
    strict: bool = False
    as_of: datetime | None = None
    ignored: Counter[str] = field(default_factory=Counter)
    proven: bool = False
    """Whether a line with more than ASCII was of the encoding, so that one that is not is an error of its own."""

    def entry(self, line: int, sent: Any) -> Entry:
        """An entry from plain data."""
        if not isinstance(sent, dict):
            return self._read(line, None, sent)
        name = sent.pop("id", None)
        if name is None:
            name = sent.get("content_id") or str(line)
        if not isinstance(name, str | int) or isinstance(name, bool):
            return Entry(line, None, Problem("invalid-body", faults=[Fault(("id",), "id_type")]))
        sent["content_id"] = str(name)
        if self.scene is not None:
            sent.setdefault("scene", self.scene.value)
        if not self.strict:
            self._drop_unknown(sent)
        elif served := sorted(sent.keys() & _SERVED):
            wrong = [Fault((one,), "extra_forbidden") for one in served]
            return Entry(line, name, Problem("invalid-body", faults=wrong))
        return self._read(line, name, sent)

    def _drop_unknown(self, sent: dict[str, Any]) -> None:
        for name in sent.keys() - _FIELDS:
            del sent[name]
            if name in self.ignored or len(self.ignored) < _MOST_NAMES:
                self.ignored[name] += 1

    def _read(self, line: int, name: str | int | None, sent: Any) -> Entry:
        read = read_item(sent, now=self.now, limits=self.limits)
        if isinstance(read, Content):
            return Entry(line, name, replace(read, at=self.as_of) if self.as_of else read)
        faults = [replace(fault, loc=_loc(fault.loc)) for fault in read.faults]
        return Entry(line, name, Problem("invalid-body", faults=faults))


def _loc(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return ("id", *loc[1:]) if loc[:1] == ("content_id",) else loc


def entries(form: Form, lines: Lines, contract: Contract) -> Iterator[Entry]:
    """Every line of a file that holds something. Raises ``HeaderError`` for a CSV file without usable column names.

    ``EncodingError`` where a CSV or text file is GB18030 and nobody said so.
    """
    read = {Form.JSONL: _jsonl, Form.CSV: _csv, Form.TXT: _txt}[form]
    return read(lines, contract)


def chunks(entries: Iterator[Entry], lines: Lines, size: int) -> Iterator[list[Entry]]:
    """Entries in groups for reading them at once; a group ends early rather than wait for more input."""
    while chunk := list(islice(entries, 1)):
        while not lines.dry and len(chunk) < size and (more := next(entries, None)) is not None:
            chunk.append(more)
        yield chunk


def _jsonl(lines: Lines, contract: Contract) -> Iterator[Entry]:
    for number, raw in _each(lines):
        if isinstance(raw, Problem):
            yield Entry(number, None, raw)
            continue
        text = raw.removeprefix(_BOM) if number == 1 else raw
        if not text.strip():
            continue
        try:
            sent = read_json(text)
        except Problem as problem:
            yield Entry(number, None, problem)
        else:
            yield contract.entry(number, sent)


def _txt(lines: Lines, contract: Contract) -> Iterator[Entry]:
    for number, raw in _each(lines):
        if isinstance(raw, Problem):
            yield Entry(number, str(number), raw)
        elif (text := _decoded(raw, number, contract)) and not text.isspace():
            yield _checked(number, {"id": str(number), "text": text}, contract)


def _each(lines: Lines) -> Iterator[tuple[int, bytes | Problem]]:
    """The lines with their numbers; one that is too long comes as its problem."""
    while True:
        try:
            raw = next(lines, None)
        except Problem as problem:
            yield lines.number, problem
            continue
        if raw is None:
            return
        yield lines.number, raw


def _decoded(raw: bytes, number: int, contract: Contract) -> str:
    """A line as text. Raises ``EncodingError`` where the first that tells is no UTF-8, and would be GB18030."""
    utf_8 = contract.encoding is Encoding.UTF_8
    text = raw.removeprefix(_BOM) if number == 1 and utf_8 else raw
    read = text.decode(contract.encoding, "surrogateescape")
    if not (contract.proven or read.isascii()):
        if utf_8 and _is(text, Encoding.GB18030) and not _is(text, Encoding.UTF_8):
            raise EncodingError
        contract.proven = True
    return read


def _is(raw: bytes, encoding: Encoding) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _checked(line: int, sent: dict[str, Any], contract: Contract) -> Entry:
    """An entry whose strings were decoded here; bytes that are no characters stand in them as lone surrogates."""
    wrong = [name for name, value in sent.items() if any("\ud800" <= char <= "\udfff" for char in value)]
    if wrong:
        faults = [Fault((name,), "not_text", {"encoding": contract.encoding.upper()}) for name in wrong]
        name = sent.get("id") if "id" not in wrong else None
        return Entry(line, name or str(line), Problem("invalid-body", faults=faults))
    return contract.entry(line, {name: _cell(name, value) for name, value in sent.items()})


def _csv(lines: Lines, contract: Contract) -> Iterator[Entry]:
    rows = csv.reader(_CsvLines(lines, contract), strict=True)
    names = _header(rows, contract)
    while True:
        before = lines.number
        try:
            row = next(rows, None)
        except csv.Error:
            yield Entry(before + 1, None, Problem("invalid-body", faults=[Fault((), "csv_syntax")]))
        except Problem as problem:
            yield Entry(before + 1, None, problem)
        else:
            if row is None:
                return
            if row:
                yield _row(before + 1, names, row, contract)


class _CsvLines:
    """Lines as the CSV reader wants them; an iterator and no generator, because it must survive a line too long."""

    def __init__(self, lines: Lines, contract: Contract) -> None:
        self._lines, self._contract = lines, contract

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        raw = next(self._lines)
        return _decoded(raw, self._lines.number, self._contract) + "\n"


def _header(rows: Iterator[list[str]], contract: Contract) -> list[str]:
    try:
        names = [name.strip() for name in next(rows, [])]
    except (csv.Error, Problem):
        names = []
    if "text" not in names or len(set(names)) < len(names) or not (contract.scene or "scene" in names):
        raise HeaderError
    return names


def _row(line: int, names: list[str], row: list[str], contract: Contract) -> Entry:
    if len(row) != len(names):
        fault = Fault((), "csv_cells", {"expected": len(names), "actual": len(row)})
        return Entry(line, None, Problem("invalid-body", faults=[fault]))
    return _checked(line, {name: cell for name, cell in zip(names, row, strict=True) if cell}, contract)


def _cell(name: str, value: str) -> Any:
    """A cell as the API takes it. What is neither yes nor no stays as it is and is refused by the field's own type."""
    if name in {"commercial", "has_cart_link"}:
        return _YES.get(value.strip().lower(), value)
    if name == "reach" and value.isdecimal():
        return int(value)
    if name == "qualifications":
        return [piece for piece in (part.strip() for part in value.replace("；", ";").split(";")) if piece]
    return value
