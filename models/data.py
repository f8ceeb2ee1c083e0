"""Labelled text from folders: which files are known, what their labels mean, and what training must never see."""

from __future__ import annotations

import json
import random
import tomllib
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import numpy as np

from models.card import HEADS, REVIEWED
from models.disguises import disguise
from moderation.told import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

SOURCES: Final = Path(__file__).with_name("sources.toml")
SUFFIXES: Final = (".jsonl", ".tsv", ".txt")
SHORTEST: Final = 2
"""Shorter texts say nothing and are left out."""
_TENTH: Final = 10
_JOINTS: Final = ("，", "。", " ", "！", "…", "，", "。", "")
LENGTHS: Final = (40, 120)
"""Copies among other texts are at least so many characters long, one length as often as another."""
Labels = dict[str, int]


class DataRefused(Wrong, ValueError):
    """A file cannot be used for what was asked; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a data set is. ``heads`` goes from a label to what it says of each head; ``every`` holds for each line."""

    name: str
    file: str
    use: str
    licence: str = ""
    text: str = "text"
    label: str = "label"
    group: str = ""
    sample: int = 0
    ordinary: bool = False
    heads: Mapping[str, Labels] = field(default_factory=dict)
    every: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


OWN: Final = Source("labelled rows", "*.jsonl", "train", label="labels")
"""Any JSONL file that no source names: its rows must have ``text`` and ``labels``, a head -> 0 or 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text and what is known of it. ``group`` keeps texts that belong together on one side of a split."""

    text: str
    labels: Mapping[str, int]
    source: Source
    group: str = ""

    @property
    def held_out(self) -> bool:
        """Whether this row serves selection, calibration and thresholds rather than training."""
        return (
            self.source.use in {"dev", "select"}
            or crc32((self.group or self.text).encode("utf-8", "replace")) % _TENTH == 0
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts as the trainer takes them: ``truth`` and ``weight`` have a row a text and a column a head; 0 is unknown."""

    texts: Sequence[str]
    truth: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]


def known_sources() -> list[Source]:
    """The data sets that this program knows."""
    return [Source(**told) for told in tomllib.loads(SOURCES.read_text(encoding="utf-8"))["source"]]


def files_of(folders: Iterable[Path], uses: Sequence[str], known: Sequence[Source]) -> list[tuple[Path, Source]]:
    """Every data file in the folders that has one of these uses, sorted.

    Raises:
        DataRefused: for a folder without any, or with text that only measures when training is asked for.
    """
    found: list[tuple[Path, Source]] = []
    for folder in folders:
        paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        pairs = [(path, source_of(path, known)) for path in paths if path.suffix in SUFFIXES]
        for path, source in pairs:
            if source and source.use == "test" and "test" not in uses:
                raise DataRefused(
                    f"{path}：{source.name} 只用于评测，用它训练，评测就失去意义",
                    f"{path}: {source.name} is for measuring only; training on it would spoil it",
                )
        usable = [(path, source) for path, source in pairs if source and source.use in uses]
        if not usable:
            raise DataRefused(
                f"{folder}：没有可用于 {'、'.join(uses)} 的数据文件，应为 {'、'.join(SUFFIXES)}",
                f"{folder}: no data file for {' or '.join(uses)}; expected {', '.join(SUFFIXES)}",
            )
        found += usable
    return found


def source_of(path: Path, known: Sequence[Source]) -> Source | None:
    """The data set that a file belongs to; ``None`` for a plain text file that nobody knows."""
    for source in known:
        if path.resolve().match(source.file):
            return source
    return OWN if path.suffix == ".jsonl" else None


def rows_of(path: Path, source: Source, seed: int = 0) -> list[Row]:
    """The labelled rows of a file. Raises ``DataRefused`` for a row that has no text or no label."""
    rows = [row for row in _read(path, source) if len(row.text) >= SHORTEST and (row.labels or source.ordinary)]
    if source.sample and len(rows) > source.sample:
        return random.Random(seed).sample(rows, source.sample)  # noqa: S311 - nothing secret
    return rows


def _read(path: Path, source: Source) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if path.suffix == ".txt":
                yield Row(line.strip(), source.every, source)
            elif path.suffix == ".tsv" and line.startswith("#"):
                continue
            else:
                try:
                    yield _row(line, path.suffix, source)
                except (ValueError, LookupError, TypeError, AttributeError) as error:
                    raise DataRefused(
                        f"{path}:{number}：应为含文字与 {source.label} 的一行：{error}",
                        f"{path}:{number}: expected a row with text and {source.label}: {error}",
                    ) from None


def _row(line: str, suffix: str, source: Source) -> Row:
    if suffix == ".tsv":
        columns = line.rstrip("\n").split("\t")
        return Row(columns[-1], source.heads[columns[1]], source)
    told = json.loads(line)
    return Row(_text(told, source), _labels(told, source), source, str(told.get(source.group, "")))


def _text(told: Mapping[str, Any], source: Source) -> str:
    """A row's text; a content of several parts is read line by line."""
    if source.text not in told and "parts" in told:
        return "\n".join(part["text"] for part in told["parts"])
    return str(told[source.text])


def _labels(told: Mapping[str, Any], source: Source) -> Mapping[str, int]:
    if source.every:
        return source.every
    if source.heads:
        label = told.get(source.label)
        return source.heads["" if label is None else str(label)]
    if source.ordinary or source.use == "test":
        return {}
    labels = {str(head): int(value) for head, value in told[source.label].items()}
    if not labels.keys() <= set(HEADS) or not set(labels.values()) <= {0, 1}:
        raise ValueError(f"labels must be heads of {', '.join(HEADS)}, each 0 or 1, not {labels}")
    return labels


def labelled(rows: Sequence[Row]) -> Labelled:
    """Rows as arrays."""
    columns = {head: column for column, head in enumerate(HEADS)}
    truth = np.zeros((len(rows), len(HEADS)), np.float32)
    weight = np.zeros_like(truth)
    for place, row in enumerate(rows):
        for head, value in row.labels.items():
            truth[place, columns[head]] = value
            weight[place, columns[head]] = row.source.weights.get(head, 1.0)
    return Labelled([row.text for row in rows], truth, weight)


def bare(text: str) -> str:
    """What two copies of a text have in common: its letters and digits."""
    return "".join(filter(str.isalnum, text.lower()))


def without(rows: Iterable[Row], excluded: Iterable[Path]) -> list[Row]:
    """The rows whose text stands in none of the excluded files, and each text once a source."""
    lines = (line for path in excluded for line in path.read_text(encoding="utf-8").splitlines())
    seen = {("", bare(_text(json.loads(line), OWN))) for line in lines if line.strip()}
    kept = []
    for row in rows:
        key = bare(row.text)
        if ("", key) in seen or (row.source.name, key) in seen:
            continue
        seen.add((row.source.name, key))
        kept.append(row)
    return kept


def varied(rows: Sequence[Row], hidden: float, seed: int, *, amid: float = 0) -> list[Row]:
    """The rows, disguised copies of a share of them, and of all these a share among others."""
    worn = [*rows, *disguised(rows, hidden, seed)]
    return [*worn, *among(worn, amid, seed)]


def disguised(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Copies of a share of the rows, disguised, of every label alike, so that a disguise says nothing by itself."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    return [replace(row, text=disguise(chance, row.text)) for row in _drawn(rows, share, chance)]


def among(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Copies of a share of the rows with innocent ones before and behind, of every label alike.

    What people write is longer than a sentence, and most of a text with a breach is ordinary. Who learns from sentences
    alone takes many words for innocence.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    innocent = [row for row in rows if not any(row.labels.values()) and row.labels.keys() >= set(REVIEWED)]
    return [_among(row, innocent, chance) for row in _drawn(rows, share, chance)] if innocent else []


def _among(row: Row, innocent: Sequence[Row], chance: random.Random) -> Row:
    text, labels, length = row.text, row.labels, chance.randint(*LENGTHS)
    while len(text) < length:
        other = chance.choice(innocent)
        pair = [text, other.text]
        chance.shuffle(pair)
        text = chance.choice(_JOINTS).join(pair)
        labels = {head: value for head, value in labels.items() if value or head in other.labels}
    return replace(row, text=text, labels=labels)


def _drawn(rows: Sequence[Row], share: float, chance: random.Random) -> Iterator[Row]:
    return (row for row in rows if chance.random() < (share / _TENTH if row.source.ordinary else share))


def told(files: Iterable[tuple[Path, Source]], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What the card says of the data: each set with its files' digest, how many rows were used and to what end."""
    digests: dict[str, Any] = {}
    by_name: dict[str, Source] = {}
    for path, source in files:
        digests.setdefault(source.name, sha256()).update(path.read_bytes())
        by_name[source.name] = source
    for row in rows:
        by_name.setdefault(row.source.name, row.source)
    listed = []
    for name, source in by_name.items():
        own = [row for row in rows if row.source.name == name]
        held = sum(row.held_out for row in own)
        entry = {"name": name, "licence": source.licence, "trained": len(own) - held, "held_out": held}
        if name in digests:
            entry["sha256"] = digests[name].hexdigest()
        listed.append(entry)
    return listed
