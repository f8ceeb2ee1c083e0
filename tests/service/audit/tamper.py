"""What somebody may do to a pack, or to a log, by name: each takes an unpacked pack, and does it somewhere by chance.

``HANDS`` says which group the verifiers have to name. Whoever holds no key can at best make the manifest fit what
they did (``fix``); whoever holds it signs what they did (``HELD``), or makes another log, which only an earlier
checkpoint shows. ``ARCHIVES`` are what somebody may make of the archive alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import struct
import zipfile
import zlib
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

    def sign(self, signer) -> None:
        """Makes all fit with the key, as far as the tree lets it."""
        self.fix()
        text = self.read("manifest.sig").decode().rpartition("\n\n")[0] + "\n"
        for word, name in (("manifest", "manifest.json"), *((one, one) for one in ("records.jsonl", "index.bin"))):
            text = re.sub(rf"(?m)^{word} \w+$", f"{word} {hashlib.sha256(self.read(name)).hexdigest()}", text)
        self.write("manifest.sig", str(signer.note(text)).encode())

    @property
    def contents(self) -> list[dict]:
        return [json.loads(line) for line in self.read("contents.jsonl").splitlines()]

    @contents.setter
    def contents(self, told: list[dict]) -> None:
        lines = (json.dumps(one, sort_keys=True, ensure_ascii=False) + "\n" for one in told)
        self.write("contents.jsonl", "".join(lines).encode())

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


def rewrite_content(pack, chance):
    """Another text, with a commitment that fits it."""
    told = pack.contents
    one = chance.choice(told)
    one["body"] = one["body"].replace("面霜", "口红", 1)
    one["commitment"] = hmac.digest(bytes.fromhex(one["salt"]), one["body"].encode(), "sha256").hex()
    pack.contents = told


def mask_content(pack, chance):
    """A text as masked packs tell it, said to be another's."""
    told = pack.contents
    one, other = chance.sample(told, 2)
    del one["body"], one["salt"]
    one["text"] = "口红"
    name = chance.choice(["commitment", "content", "seq"])
    one[name] = other[name]
    pack.contents = told


def add_content(pack, chance):
    """A content that no record names, or one that was told before."""
    told = pack.contents
    more = dict(chance.choice(told))
    pack.contents = [*told, {**more, "version": 2} if chance.random() < 0.5 else more]


def hide_salt(pack, chance):
    told = pack.contents
    one = chance.choice(told)
    one["body"] = one["body"].replace("面霜", "口红", 1)
    del one["salt"]
    pack.contents = told


def miscount(pack, chance):
    """More records than there are, or fewer; or an index with a rest."""
    if chance.random() < 0.3:
        pack.write("index.bin", pack.read("index.bin") + b"\0" * chance.randrange(1, 16))
        return
    more = chance.choice([-7, -1, 1, 40])
    text = re.sub(
        rb"\nrecords (\d+)", lambda found: b"\nrecords %d" % (int(found[1]) + more), pack.read("manifest.sig")
    )
    pack.write("manifest.sig", text)


HELD = {
    "rewritten content": (rewrite_content, "content-edited"),
    "masked content": (mask_content, "content-edited"),
    "added content": (add_content, "content-edited"),
    "hidden salt": (hide_salt, "unreadable"),
    "other count": (miscount, "index-edited"),
}
"""What can be done to a pack by whoever holds the key, and signs it again."""


def patched(raw, crc_of=None, *, more=0, put=None):
    """An archive whose directory gives ``README.txt`` another size or checksum, or has another number at a place."""
    told, place = bytearray(raw), raw.rindex(b"README.txt") - 46
    if crc_of is not None:
        struct.pack_into("<L", told, place + 16, zlib.crc32(crc_of))
    (size,) = struct.unpack_from("<L", told, place + 24)
    struct.pack_into("<L", told, place + 24, size + more)
    if put is not None:
        struct.pack_into("<H", told, place + put[0], put[1])
    return bytes(told)


def damaged(raw, chance):
    """An archive with one or two other bytes in its directory, its end or the heads of its members."""
    told, start = bytearray(raw), raw.index(b"PK\1\2")
    heads = [found.start() for found in re.finditer(b"PK(?:\1\2|\3\4)", raw)]
    for _ in range(chance.randrange(1, 3)):
        near = chance.choice([len(told) - 98 + chance.randrange(98), chance.randrange(start, len(told))])
        place = chance.choice([near, chance.choice(heads) + chance.randrange(22)])
        told[place] = chance.choice([0, 1, 8, 255, told[place] ^ 1 << chance.randrange(8)])
    return bytes(told)


def zipped(pack, path, changes=None, *, method=zipfile.ZIP_DEFLATED, only=None):
    """The archive of a pack in which some files hold something else, or one is packed by another method."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(each for each in pack.folder.rglob("*") if each.is_file()):
            name = one.relative_to(pack.folder).as_posix()
            told = (changes or {}).get(name, one.read_bytes())
            archive.writestr(name, told, method if only in {None, name} else None)
    return path.read_bytes()


def archives(pack, path):
    """Archives of a good pack by what is odd about them, each with whether it is whole all the same."""
    readme, good = pack.read("README.txt"), zipped(pack, path)
    longer = zipped(pack, path, {"README.txt": readme + b"x"})
    moved = struct.unpack_from("<L", good, len(good) - 6)[0] + 7
    stored = zipped(pack, path, method=zipfile.ZIP_STORED)
    large = zipfile.ZIP64_LIMIT
    try:
        zipfile.ZIP64_LIMIT = 10
        big = zipped(pack, path)
    finally:
        zipfile.ZIP64_LIMIT = large
    return {
        "good": (good, True),
        "stored": (stored, True),
        "large numbers": (big, True),
        "large numbers elsewhere": (big[:-34] + bytes([big[-34] ^ 1]) + big[-33:], False),
        "bytes before": (b"x" * 7 + good, False),
        "bytes behind": (good + b"x", False),
        "a comment": (good[:-2] + b"\1\0x", False),
        "a directory elsewhere": (good[:-6] + struct.pack("<L", moved) + good[-2:], False),
        "more than its size": (patched(longer, readme, more=-1), False),
        "less than its size": (patched(good, more=1), False),
        "stored, more than its size": (
            patched(zipped(pack, path, {"README.txt": readme + b"x"}, method=0), readme, more=-1),
            False,
        ),
        "a member that goes on into the next": (patched(good, put=(22, 1)), False),
        "patched data": (patched(good, put=(8, 0x20)), False),
        "strong encryption": (patched(good, put=(8, 0x40)), False),
        "locked": (patched(good, put=(8, 1)), False),
        "an unknown method": (patched(good, put=(10, 99)), False),
        "another checksum": (patched(good, b"x"), False),
        "bzip2": (zipped(pack, path, method=zipfile.ZIP_BZIP2, only="README.txt"), False),
        "lzma": (zipped(pack, path, method=zipfile.ZIP_LZMA, only="README.txt"), False),
    }
