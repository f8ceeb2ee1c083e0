"""What somebody may do to a pack, or to a log, by name: each takes an unpacked pack, and does it somewhere by chance.

``CLASSES`` says which group the verifiers have to name. Whoever holds no key can at best make the manifest fit what
they did (``fixed``); whoever holds it makes another log, which only an earlier checkpoint shows.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = struct.Struct(">QQ")


class Pack:
    """An unpacked pack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def lines(self) -> list[bytes]:
        return (self.folder / "records.jsonl").read_bytes().splitlines(keepends=True)

    @lines.setter
    def lines(self, lines: list[bytes]) -> None:
        (self.folder / "records.jsonl").write_bytes(b"".join(lines))

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_bytes())

    @manifest.setter
    def manifest(self, told: dict) -> None:
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        (self.folder / "manifest.json").write_bytes(text.encode())

    def fix(self) -> None:
        """Makes the manifest fit the files, as far as that goes without the key."""
        told = self.manifest
        for file in told["files"]:
            path = self.folder / file["name"]
            if path.exists():
                file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
                file["bytes"] = path.stat().st_size
        told["records"]["count"] = len(self.lines)
        self.manifest = told

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def write(self, name: str, told: bytes) -> None:
        (self.folder / name).write_bytes(told)


def unpacked(pack: Path, folder: Path) -> Pack:
    """The files of an archive."""
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    return Pack(folder)


def repacked(pack: Pack, path: Path) -> Path:
    """An archive again."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(pack.folder.rglob("*")):
            if one.is_file():
                archive.write(one, one.relative_to(pack.folder).as_posix())
    return path


def edited(line: bytes, chance) -> bytes:
    """A record with another fact, but of the same time and number."""
    place = line.index(b'"facts":{') + len(b'"facts":{')
    how = chance.randrange(3)
    if how == 0:
        return line[:place] + b'"x":%d,' % chance.randrange(1000) + line[place:]
    if how == 1:
        return (
            line.replace(b'"action":"pass"', b'"action":"block"')
            if b'"action":"pass"' in line
            else edited(line, chance)
        )
    return re.sub(rb'"kind":"([a-z.]+)"', rb'"kind":"\1x"', line)


def edit(pack, chance):
    lines = pack.lines
    place = chance.randrange(len(lines))
    lines[place] = edited(lines[place], chance)
    pack.lines = lines


def edit_content(pack, chance):
    lines = pack.read("contents.jsonl").splitlines(keepends=True)
    place = chance.randrange(len(lines))
    told = json.loads(lines[place])
    told["body"] = told["body"].replace("面霜", "口红", 1)
    lines[place] = json.dumps(told, ensure_ascii=False).encode() + b"\n"
    pack.write("contents.jsonl", b"".join(lines))


def insert(pack, chance):
    lines = pack.lines
    place = chance.randrange(len(lines))
    fresh = edited(lines[place], chance)
    if chance.random() < 0.5:
        fresh = re.sub(rb',"seq":(\d+),', lambda found: b',"seq":%d,' % (int(found[1]) + 1_000_000), fresh)
    lines.insert(place + chance.randrange(2), fresh)
    pack.lines = lines


def delete(pack, chance):
    lines = pack.lines
    place = chance.randrange(len(lines) - 1)
    del lines[place : min(place + chance.randrange(1, 4), len(lines) - 1)]
    pack.lines = lines


def reorder(pack, chance):
    lines = pack.lines
    one, other = sorted(chance.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    pack.lines = lines


def duplicate(pack, chance):
    lines = pack.lines
    place = chance.randrange(len(lines))
    lines.insert(chance.randrange(place + 1, len(lines) + 1), lines[place])
    pack.lines = lines


def cut_tail(pack, chance):
    lines = pack.lines
    pack.lines = lines[: -chance.randrange(1, len(lines) // 2)]
    if chance.random() < 0.3:
        pack.write("index.bin", pack.read("index.bin"))


def edit_manifest(pack, chance):
    told = pack.manifest
    how = chance.randrange(6)
    if how == 0:
        told["filters"] = {"room": "r"}
    elif how == 1:
        told["redaction"] = "none" if told["redaction"] == "masked" else "masked"
    elif how == 2:
        told["by"] = "somebody"
    elif how == 3:
        told["period"]["until"] = "2031-01-01T00:00:00.000000Z"
    elif how == 4:
        told["checklist"] = []
    else:
        told["law"] += "!"
    pack.manifest = told


def shift(pack, chance):
    """Another time: of one record, of some in a row, or of all."""
    lines = pack.lines
    start = chance.randrange(len(lines))
    end = {0: start + 1, 1: len(lines)}.get(chance.randrange(3), min(start + 20, len(lines)))
    days = chance.randrange(1, 28)
    for place in range(start, end):
        lines[place] = re.sub(
            rb'^\{"at":"(\d{4})-(\d\d)-(\d\d)',
            lambda found: b'{"at":"%s-%s-%02d' % (found[1], found[2], days),
            lines[place],
        )
        if place == start and lines[place] == pack.lines[place]:
            lines[place] = lines[place].replace(b'{"at":"20', b'{"at":"19', 1)
    pack.lines = lines


HANDS = {
    "edited field": (edit, "record-edited"),
    "edited content": (edit_content, "content-edited"),
    "insertion": (insert, "record-inserted"),
    "deletion": (delete, "record-missing"),
    "reorder": (reorder, "record-order"),
    "duplicate": (duplicate, "record-duplicate"),
    "tail cut": (cut_tail, "tail-cut"),
    "manifest edit": (edit_manifest, "manifest-edited"),
    "shifted time": (shift, "time-shifted"),
}
"""What can be done to a pack without the key, and the group that it belongs to."""
KEYS = {
    "rollback": "rolled-back",
    "full rewrite": "rewritten",
    "fork": "forked",
    "wrong key": "wrong-key",
}
"""What takes a key: the real one, or another."""
