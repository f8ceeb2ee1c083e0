"""Checks an audit pack offline: nothing but the standard library and ``cryptography``, and nothing of the project.

    python verify_export.py PACK [--key KEY] [--seen CHECKPOINT]... [--witness KEY]... [--json]

PACK is the archive or the folder it was unpacked to, KEY the log's public key (or a file that holds it), CHECKPOINT a
checkpoint that was had before. Exit code 0: nothing is wrong; 1: something is, and it is named; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import hmac
import json
import re
import struct
import sys
import zipfile
from binascii import a2b_base64, a2b_hex
from bisect import bisect_left
from collections import Counter
from contextlib import contextmanager, suppress
from copy import copy
from datetime import datetime
from functools import partial
from hashlib import file_digest, sha256
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Key = tuple[str, int, bytes]
"""Name, kind and bytes."""
Claim = dict[str, list[str]]
"""What the signed note says, by the first word of each line."""
Named = tuple[object, ...]
Signed = tuple[str, bytes, bytes]
"""A signature: name, key and bytes."""
SCHEMA, ENDORSEMENT = "qingliu/pack/1", "qingliu/key/1\n"
RECORDS, INDEX, LEAVES, CONTENTS = "records.jsonl", "index.bin", "leaves.bin", "contents.jsonl"
EDITED = {CONTENTS: "content-edited", "checkpoint": "checkpoint-edited"}
HASH, ENTRY, MOST, LARGE = 32, 16, 20, 10**15
COSIGNATURE = 4
CODES = {
    "unreadable": ("不是完整的审计包", "not a whole pack"),
    "wrong-key": ("不是由所信任的公钥签署", "not signed by a key that is trusted"),
    "record-inserted": ("多出的记录", "a record was inserted"),
    "record-duplicate": ("重复的记录", "a record stands twice"),
    "record-order": ("记录次序被调换", "records are out of order"),
    "tail-cut": ("末尾记录被截去", "the last records were cut off"),
    "record-missing": ("缺少记录", "records are missing"),
    "time-shifted": ("记录时间被改", "the time of a record was changed"),
    "record-edited": ("记录被改", "a record was edited"),
    "content-edited": ("内容被改", "a content was edited"),
    "rolled-back": ("日志小于此前见过的检查点：此包早于该检查点，或日志已被回退",
       "the log is smaller than one that was seen: the pack is older than that checkpoint, or the log was rolled back"),
    "forked": ("日志分叉：同一大小有两个根", "two logs of one size"),
    "rewritten": ("历史被改写：不是此前日志的延续", "the log does not go on from one that was seen"),
    "tree-broken": ("叶哈希不能得出检查点的根", "the leaves do not lead to the checkpoint's root"),
    "leaves-edited": ("叶哈希文件被改", "the file of leaf hashes was edited"),
    "index-edited": ("索引文件被改", "the index was edited"),
    "table-edited": ("表格文件被改", "a table was edited"),
    "file-edited": ("文件被改", "a file was edited"),
    "file-missing": ("缺少文件", "a file is missing"),
    "file-added": ("多出文件", "a file was added"),
    "checkpoint-edited": ("检查点被改", "the checkpoint was edited"),
    "manifest-edited": ("清单或其签名被改", "the manifest or its signature was edited"),
}  # fmt: skip
"""What may be wrong, the most telling first: the first that is found names the group."""
UNKNOWN = {
    "key-not-given": ("未给出 --key：公钥取自包内，无法知道它是否属于导出方",
       "no --key: the key comes from the pack, and may be anybody's"),
    "no-earlier-checkpoint": ("未给出此前的检查点：由密钥持有者所为的回退、分叉或全部改写无从得知",
       "no earlier checkpoint: a rollback, fork or rewrite by the key's holder cannot be seen"),
    "seen-not-connected": ("此包不含到此前检查点的一致性证明",
       "the pack holds no proof from the checkpoint that was seen"),
    "no-witness": ("没有见证人的签名可核对", "no signature of a witness was checked"),
    "filtered": ("此包经筛选：未列入的记录只见其哈希", "the pack was filtered: of other records there are only hashes"),
}  # fmt: skip
PURPOSE = "离线核对审计包，只需 Python 与 cryptography。退出码：0 完好，1 有问题并逐项列出，2 用法有误。"
A_KEY = ("应为公钥（形如 名称+十六进制+base64）或其文件", "a key (name+hex+base64), or a file that holds it")
A_CHECKPOINT = ("应为检查点文件", "a file that holds a checkpoint")


class Broken(Exception):
    """Stops the check: what follows would rest on what is not there."""


class Source:
    """The files of a pack, in an archive or a folder."""

    def __init__(self, path: Path) -> None:
        self.last = path.name
        """The file that was opened last: where the check stands."""
        self._folder = path if path.is_dir() else None
        if self._folder is None:
            self._archive = zipfile.ZipFile(path)
            if self._archive.start_dir != directory_of(path):
                raise Broken("archive")

    def names(self) -> list[str]:
        """The names of all files; one that stands twice is there twice."""
        if self._folder:
            files = sorted(each for each in self._folder.rglob("*") if each.is_file())
            return [each.relative_to(self._folder).as_posix() for each in files]
        return [each.encode("ascii", "replace").decode() for each in self._archive.namelist() if each[-1:] != "/"]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file, to be read in bytes, and to its end."""
        self.last = name
        if self._folder is not None:
            with (self._folder / name).open("rb") as file:
                yield file
            return
        entry = copy(self._archive.getinfo(name))
        size, entry.file_size = entry.file_size, entry.file_size + 1  # zipfile stops there, whatever else there is
        ends = [self._archive.start_dir, *(one.header_offset for one in self._archive.infolist())]
        with self._archive.open(entry) as file:
            room = min(end for end in ends if end > entry.header_offset) - self._archive.fp.tell()  # type: ignore[union-attr]
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or entry.compress_size > room:
                raise Broken(name)
            yield file
            if file.tell() != size:
                raise Broken(name)

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return file.read()


class Check:
    """One check of one pack: what is wrong, and what cannot be known."""

    source: Source

    def __init__(self, path: Path, key: str, seen: list[str], witnesses: list[str]) -> None:
        self.path, self.key, self.seen, self.witnesses = path, key, seen, witnesses
        self.found: list[tuple[str, str]] = []
        self.unknown: list[str] = []
        self.told: dict[str, object] = {}
        self.named: set[Named] = set()

    def run(self) -> None:
        """Checks all that there is. What breaks the check, damage or malice, leaves the file in hand unreadable."""
        try:
            self.source = Source(self.path)
        except Exception:  # noqa: BLE001 - as said
            self.say("unreadable", self.path.name)
            return
        try:
            self._check()
        except Exception:  # noqa: BLE001 - as said
            self.say("unreadable", self.source.last)
        order = list(CODES)
        self.found.sort(key=lambda pair: order.index(pair[0]))

    def say(self, code: str, where: object = "") -> None:
        """Notes what is wrong, and where."""
        if sum(each == code for each, _ in self.found) < MOST:
            shown = "".join(char if char.isprintable() else "?" for char in str(where))
            self.found.append((code, shown[:200]))

    def _check(self) -> None:
        raw = self.source.read("manifest.json")
        manifest = object_in(raw)
        text, signatures = note_of(self.source.read("manifest.sig").decode())
        trusted = self._trusted(manifest)
        self._signed("manifest.sig", text, signatures, trusted, "manifest-edited")
        claim = claims_of(text)
        if text.split("\n")[0] != SCHEMA or sha256(raw).hexdigest() != claim["manifest"][0]:
            self.say("manifest-edited", "manifest.json")
        first, end = map(number, claim["range"])
        size, root = number(claim["checkpoint"][0]), base64(claim["checkpoint"][1])
        records = number(claim["records"][0])
        if not first <= end <= size:
            raise Broken("range")
        self.place = first, end, size
        self._checkpoint(trusted, size, root)
        self.told = {"records": records, "first": first, "end": end, "size": size, "root": root.hex()}
        leaves, index = self.source.read(LEAVES), self.source.read(INDEX)
        for name, blob, code in ((LEAVES, leaves, "leaves-edited"), (INDEX, index, "index-edited")):
            if sha256(blob).hexdigest() != claim[name][0]:
                self.say(code, name)
        if len(index) != records * ENTRY:
            self.say("index-edited", "records")
        self._files(manifest, claim, leaves, index, first)
        self._tree(manifest, leaves, root)
        if manifest.get("filters") or records < end - first:
            self.unknown.append("filtered")

    def _trusted(self, manifest: dict[str, Any]) -> list[Key]:
        """The keys that are trusted: the one that was given, and those that it and its followers endorsed."""
        keys = manifest["keys"]
        if not self.key:
            self.unknown.append("key-not-given")
        trusted = [key_of(self.key or keys[-1]["key"])]
        for each in keys:
            if each["endorsement"] == "":
                continue
            text, signatures = note_of(each["endorsement"])
            old, new = map(key_of, text.removeprefix(ENDORSEMENT).strip().split("\n"))
            if text.startswith(ENDORSEMENT) and old in trusted and verified(text, signatures, old):
                trusted.append(new)
        return trusted

    def _signed(self, name: str, text: str, signatures: list[Signed], trusted: list[Key], code: str) -> None:
        known = [key for key in trusted if any(signed[:2] == (key[0], id_of(key)) for signed in signatures)]
        if not known:
            self.say("wrong-key", name)
        elif not any(verified(text, signatures, key) for key in known):
            self.say(code, name)

    def _checkpoint(self, trusted: list[Key], size: int, root: bytes) -> None:
        text, signatures = note_of(self.source.read("checkpoint").decode())
        self._signed("checkpoint", text, signatures, trusted, "checkpoint-edited")
        if point_of(text) != (size, root):
            self.say("checkpoint-edited", "checkpoint")
        bad = [key for key in map(key_of, self.witnesses) if not verified(text, signatures, key)]
        for name, *_ in bad:
            self.say("wrong-key", f"witness {name}")
        if len(bad) == len(self.witnesses):
            self.unknown.append("no-witness")

    def _files(self, manifest: dict[str, Any], claim: Claim, leaves: bytes, index: bytes, first: int) -> None:
        names = Counter(self.source.names())
        listed = {each["name"]: each for each in manifest["files"]}
        if not all(isinstance(each[key], str) for each in manifest["files"] for key in ("name", "sha256")):
            raise Broken("files")
        known = {*listed, "manifest.json", "manifest.sig"}
        for name in sorted(each for each, times in names.items() if times > 1 or each not in known):
            self.say("file-added", name)
        for name, each in sorted(listed.items(), key=lambda pair: pair[0] == CONTENTS):  # after the records
            if name not in names:
                self.say("file-missing", name)
            elif name == RECORDS:
                self._records(claim, Walk(leaves, index, first, self.named if CONTENTS in listed else None))
            elif name not in {LEAVES, INDEX}:
                if name == CONTENTS:
                    self._contents()
                if self._digest(name) != each["sha256"]:
                    self.say("table-edited" if name.startswith("tables") else EDITED.get(name, "file-edited"), name)

    def _digest(self, name: str) -> str:
        with self.source.open(name) as file:
            return file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]

    def _records(self, claim: Claim, walk: Walk) -> None:
        digest = sha256()
        with self.source.open(RECORDS) as file:
            for line in file:
                digest.update(line)
                walk.step(line)
        for code, where in (astray := walk.end()):
            self.say(code, where)
        if not astray and digest.hexdigest() != claim[RECORDS][0]:
            self.say("record-edited", RECORDS)

    def _contents(self) -> None:
        """Contents must be those that records name, each once, and fit their commitments where the text is told."""
        with self.source.open(CONTENTS) as file:
            for place, line in enumerate(file, 1):
                told = object_in(line)
                name = named(told, told.get("seq"))
                made = told.get("commitment")
                if "salt" in told or "body" in told:
                    made = hmac.digest(a2b_hex(told["salt"]), told["body"].encode(), "sha256").hex()
                if not name or name not in self.named or made != told["commitment"]:
                    self.say("content-edited", f"{CONTENTS}:{place}")
                self.named.discard(name)

    def _tree(self, manifest: dict[str, Any], leaves: bytes, root: bytes) -> None:
        first, end, size = self.place
        proof = [base64(each) for each in manifest["proof"]]
        before = list(parts(0, first))
        beside = [*before, *parts(end, size)]
        if len(leaves) != (end - first) * HASH or len(proof) != len(beside):
            self.say("tree-broken", "leaves" if len(leaves) != (end - first) * HASH else "proof")
            return
        left = [(wide, each) for (_, wide), each in zip(before, proof, strict=False)]
        right = [(wide, each) for (_, wide), each in zip(beside[len(before) :], proof[len(before) :], strict=True)]
        if rooted([*left, *pieces(leaves, first, first, end), *right]) != root:
            self.say("tree-broken", "root")
        known = {}
        if since := manifest.get("since"):
            old, old_root = point_of(note_of(since["checkpoint"])[0])
            known = {old: [base64(each) for each in since["proof"]]}
            if not consistent(old, old_root, size, root, known[old]):
                self.say("rewritten", f"since {old}")
        if not self.seen:
            self.unknown.append("no-earlier-checkpoint")
        for told in self.seen:
            self._against(told, known, root, lambda upto: rooted([*left, *pieces(leaves, first, first, upto)]))

    def _against(self, told: str, known: dict[int, list[bytes]], root: bytes, root_at: Callable[[int], bytes]) -> None:
        """Whether the log goes on from a checkpoint that was seen."""
        first, end, size = self.place
        old, old_root = point_of(note_of(told)[0])
        if old > size:
            self.say("rolled-back", f"{size} < {old}")
        elif old == size:
            if old_root != root:
                self.say("forked", old)
        elif first <= old <= end:
            if root_at(old) != old_root:
                self.say("rewritten", f"at {old}")
        elif old in known:
            if not consistent(old, old_root, size, root, known[old]):
                self.say("rewritten", f"at {old}")
        else:
            self.unknown.append("seen-not-connected")


class Walk:
    """Goes through the records beside the index, and finds out what was done to them."""

    def __init__(self, leaves: bytes, index: bytes, first: int, named_: set[Named] | None) -> None:
        self.leaves, self.first, self.named = leaves, first, named_
        entries = len(index) // ENTRY
        numbers = struct.unpack(f">{entries * 2}Q", index[: entries * ENTRY])
        self.seqs, self.times = numbers[::2], numbers[1::2]
        self.place = 0
        self.skipped: set[int] = set()
        self.bad: dict[int, str] = {}
        self.found: list[tuple[str, str]] = []

    def step(self, line: bytes) -> None:
        """The next record."""
        body = line[:-1] if line.endswith(b"\n") else line
        leaf = sha256(b"\x00" + body).digest()
        told = body.rpartition(b',"seq":')
        digits, more, _ = told[2].partition(b",")
        seq = int(digits) if told[1] and more and SOME_DIGITS.fullmatch(digits.decode("latin-1")) else -1
        place, start = self.place, (seq - self.first) * HASH
        fits = self.leaves[start : start + HASH] == leaf
        if fits and self.named is not None and b'"commitment":' in body:
            self.named.add(named({**object_in(body)["facts"]}, seq))
        if place < len(self.seqs) and self.seqs[place] == seq:
            self.place = place + 1
            if not fits:
                self._changed(place, body)
            return
        self._astray(seq, body, fits=fits)

    def _changed(self, place: int, body: bytes) -> None:
        self.bad[place] = "record-edited" if micros(body) == self.times[place] else "time-shifted"

    def _astray(self, seq: int, body: bytes, *, fits: bool) -> None:
        """A record that the index does not have here."""
        place = bisect_left(self.seqs, seq)
        if place == len(self.seqs) or self.seqs[place] != seq:
            self.found.append(("record-inserted", f"seq {seq}"))
            return
        if place > self.place:
            self.skipped.update(range(self.place, place))
            self.place = place + 1
            if not fits:
                self._changed(place, body)
        elif place in self.skipped:
            self.skipped.discard(place)
            self.found.append(("record-order", f"seq {seq}"))
        elif fits and place in self.bad:
            self.bad[place] = "record-inserted"
        else:
            self.found.append(("record-duplicate" if fits else "record-inserted", f"seq {seq}"))

    def end(self) -> list[tuple[str, str]]:
        """What was found."""
        if any(before >= after for before, after in pairwise(self.seqs)):
            self.found.append(("index-edited", "not in order"))
        for place, code in self.bad.items():
            self.found.append((code, f"seq {self.seqs[place]}"))
        if self.place < len(self.seqs):
            last = self.seqs[self.place - 1] if self.place else "-"
            self.found.append(("tail-cut", f"{len(self.seqs) - self.place} after seq {last}"))
        self.found.extend(("record-missing", f"seq {self.seqs[place]}") for place in sorted(self.skipped)[:MOST])
        return self.found


# What files say. Both verifiers take the same for a number, for base64 and for JSON

SOME_DIGITS = re.compile("[0-9]{1,15}")
base64 = partial(a2b_base64, strict_mode=True)


def number(told: str) -> int:
    """A whole number that no verifier gets wrong."""
    if not SOME_DIGITS.fullmatch(told):
        raise ValueError("number")
    return int(told)


def object_in(raw: bytes) -> dict[str, Any]:
    """The object of a JSON text in UTF-8."""
    return {**json.loads(raw.decode(), parse_constant=number)}


def named(told: dict[str, Any], seq: object) -> Named:
    """What a record's facts or a line of contents name: nothing, unless all of it makes sense."""
    numbers, texts = (seq, told.get("version")), (told.get("content"), told.get("commitment"))
    sound = all(type(one) in {int, float} and -LARGE < one < LARGE for one in numbers)  # type: ignore[operator]
    return (*numbers, *texts) if sound and all(isinstance(one, str) for one in texts) else ()


def directory_of(path: Path) -> int:
    """Where the directory of an archive says at its end that it begins; the end has one form for all verifiers."""
    with path.open("rb") as file:
        before = max(0, file.seek(0, 2) - 98)
        file.seek(before)
        tail = file.read()
    big, locator = tail[-42:-38] == b"PK\6\7", struct.pack("<4sQ4sLQL", b"PK\6\6", 44, b"PK\6\7", 0, before, 1)
    if tail[-22:-18] + tail[-2:] != b"PK\5\6\0\0" or (big and tail[:12] + tail[-42:-22] != locator):
        raise Broken("archive")
    return int.from_bytes(tail[-50:-42] if big else tail[-6:-2], "little")


# Keys and notes


def key_of(told: str) -> Key:
    """Name, kind and bytes of a key that is written ``name+hash+base64``."""
    name, claimed, encoded = told.strip().split("+", 2)
    raw = base64(encoded)
    key = (name, raw[0], raw[1:])
    if id_of(key).hex() != claimed or len(raw) != 1 + HASH:
        raise ValueError("key")
    return key


def id_of(key: Key) -> bytes:
    """The four bytes by which a signature names its key."""
    return sha256(f"{key[0]}\n".encode() + bytes([key[1]]) + key[2]).digest()[:4]


def note_of(told: str) -> tuple[str, list[Signed]]:
    """The text of a note and its signatures: name, key and bytes."""
    text, gap, rest = told.rpartition("\n\n")
    if not gap:
        raise ValueError("note")
    signatures = []
    for line in filter(None, rest.split("\n")):
        _, name, encoded = line.split(" ")
        raw = base64(encoded)
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", signatures


def point_of(text: str) -> tuple[int, bytes]:
    """Size and root of the log, as a checkpoint says."""
    _, size, root, *_ = text.split("\n")
    return number(size), base64(root)


def verified(text: str, signatures: list[Signed], key: Key) -> bool:
    """Whether a key signed a text."""
    for name, named, told in signatures:
        if (name, named) != (key[0], id_of(key)):
            continue
        said, signed = text, told
        if key[1] == COSIGNATURE:
            said, signed = f"cosignature/v1\ntime {int.from_bytes(told[:8], 'big')}\n{text}", told[8:]
        try:
            Ed25519PublicKey.from_public_bytes(key[2]).verify(signed, said.encode())
        except InvalidSignature:
            continue
        return True
    return False


def claims_of(text: str) -> dict[str, list[str]]:
    """What the signed note says, by the first word of its lines."""
    return {words[0]: words[1:] for line in text.split("\n")[2:] if (words := line.split(" "))}


# The tree (RFC 9162)


def parts(first: int, end: int) -> Iterator[tuple[int, int]]:
    """The whole subtrees of ``[first, end)``: where each begins, and how many leaves it has."""
    while first < end:
        wide = min(first & -first or 1 << end.bit_length(), 1 << (end - first).bit_length() - 1)
        yield first, wide
        first += wide


def whole(blob: bytes) -> bytes:
    """The root over leaf hashes that stand one behind the other: a power of two of them."""
    while len(blob) > HASH:
        blob = b"".join(
            [sha256(b"\x01" + blob[place : place + 2 * HASH]).digest() for place in range(0, len(blob), 2 * HASH)]
        )
    return blob


def pieces(leaves: bytes, start: int, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The whole subtrees of ``[first, end)`` with their roots; ``leaves`` begins with leaf ``start``."""
    for place, wide in parts(first, end):
        for each in range(place, place + wide, min(wide, 65_536)):
            upto = each + min(wide, 65_536)
            yield upto - each, whole(leaves[(each - start) * HASH : (upto - start) * HASH])


def rooted(subtrees: Iterable[tuple[int, bytes]]) -> bytes:
    """The root over whole subtrees, from left to right."""
    stack: list[tuple[int, bytes]] = []
    for one in subtrees:
        stack.append(one)
        while len(stack) > 1 and stack[-2][0] == stack[-1][0]:
            (wide, left), (_, right) = stack[-2:]
            stack[-2:] = [(wide * 2, sha256(b"\x01" + left + right).digest())]
    if not stack:
        return sha256(b"").digest()
    root = stack.pop()[1]
    while stack:
        root = sha256(b"\x01" + stack.pop()[1] + root).digest()
    return root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old in {0, new}:
        return not proof and old_root == (new_root if old else sha256(b"").digest())
    path = [old_root, *proof] if old & (old - 1) == 0 else proof
    if old > new or not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    was = now = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            was, now = sha256(b"\x01" + each + was).digest(), sha256(b"\x01" + each + now).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            now = sha256(b"\x01" + now + each).digest()
        number, last = number >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def micros(body: bytes) -> int:
    """Microseconds since 1970 of a record's time; -1 where it has none."""
    with suppress(ValueError):
        if told := re.match(rb'\{"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z"', body):
            return int(datetime.fromisoformat(told[1].decode() + "+00:00").timestamp()) * 1_000_000 + int(told[2])
    return -1


def check(path: Path, *, key: str = "", seen: list[str] | None = None, witnesses: list[str] | None = None) -> Check:
    """A whole check. ``key`` and ``witnesses`` as they are written, ``seen`` the texts of checkpoints."""
    done = Check(path, key, seen or [], witnesses or [])
    done.run()
    return done


def pack_at(told: str) -> Path:
    """Where a pack is."""
    try:
        Path(told).stat()
    except (OSError, ValueError):
        raise argparse.ArgumentTypeError(f"没有这个审计包 / there is no such pack: {told}") from None
    return Path(told)


def key_at(told: str) -> str:
    """A key, or what a file says that holds it."""
    try:
        text = Path(told).read_text(encoding="utf-8") if Path(told).is_file() else told
        key_of(text)
    except (OSError, ValueError, IndexError):
        raise argparse.ArgumentTypeError(f"{' / '.join(A_KEY)}: {told}") from None
    return text


def checkpoint_at(told: str) -> str:
    """The text of a checkpoint."""
    try:
        text = Path(told).read_text(encoding="utf-8")
        point_of(note_of(text)[0])
    except (OSError, ValueError):
        raise argparse.ArgumentTypeError(f"{' / '.join(A_CHECKPOINT)}: {told}") from None
    return text


def main() -> int:
    """The command."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=f"{PURPOSE}\n{__doc__}", formatter_class=shape, add_help=False)
    asked = parser.add_argument_group("参数与选项 / arguments and options")
    asked.add_argument("pack", type=pack_at, help="审计包")
    asked.add_argument("--key", type=key_at, help="日志公钥或其文件")
    asked.add_argument("--seen", action="append", default=[], type=checkpoint_at, help="此前取得的检查点文件（可多次）")
    asked.add_argument("--witness", action="append", default=[], type=key_at, help="见证人公钥（可多次）")
    asked.add_argument("--json", action="store_true", help="以 JSON 输出")
    asked.add_argument("-h", "--help", action="help", help="显示此说明")
    given = parser.parse_args()
    done = check(given.pack, key=given.key or "", seen=given.seen, witnesses=given.witness)
    if given.json:
        found = [{"code": code, "where": where} for code, where in done.found]
        group, unknown = found[0]["code"] if found else "", sorted(set(done.unknown))
        print(json.dumps({"good": not found, "group": group, "found": found, "unknown": unknown, **done.told}))
        return bool(done.found)
    for code, where in done.found:
        print(f"✗ {code}: {CODES[code][0]} / {CODES[code][1]} ({where})")
    for code in sorted(set(done.unknown)):
        print(f"? {code}: {UNKNOWN[code][0]} / {UNKNOWN[code][1]}")
    if not done.found:
        print("✓ {records} 条记录完好 / records are whole; {first}–{end} of {size}, {root}".format(**done.told))
    return bool(done.found)


if __name__ == "__main__":
    sys.exit(main())
