"""Signed notes as transparency logs write them (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Pure.

A note is a text of whole lines, an empty line, and one line a signature: ``— name base64(key hash ‖ signature)``.
A key is written ``name+hash+base64(kind ‖ key)``, where the hash is the first four bytes of SHA-256 over name and key.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from moderation.told import Wrong
from service.audit.tree import HASH_BYTES

ED25519: Final = 1
COSIGNATURE: Final = 4
_HASH: Final = 4
_TIME: Final = 8
_DASH: Final = "— "
_NAME: Final = re.compile(r"[^\s+]+")
_COSIGNED: Final = "cosignature/v1\ntime {}\n{}"


class NoteRefused(Wrong, ValueError):
    """A note, or a key, that is not one, or that nobody signed who should have."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public half of a key: whose signature it is, of which kind."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:_HASH]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode()}"


class Signature(NamedTuple):
    """One signature line of a note. ``signed`` is what follows the key's hash."""

    name: str
    key: bytes
    signed: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key + self.signed).decode()}"


class Note(NamedTuple):
    """A text and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs. ``name`` is that of the log, or of the witness."""

    name: str
    private: Ed25519PrivateKey
    kind: int = ED25519

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        return Verifier(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def signature(self, text: str, *, at: int = 0) -> Signature:
        """The signature of a note's text; a witness tells when it saw it, in seconds since 1970."""
        if self.kind == ED25519:
            return Signature(self.name, self.verifier.id, self.private.sign(text.encode()))
        signed = self.private.sign(_COSIGNED.format(at, text).encode())
        return Signature(self.name, self.verifier.id, at.to_bytes(_TIME, "big") + signed)

    def note(self, text: str) -> Note:
        """The text, signed."""
        return Note(text, (self.signature(text),))


class Checkpoint(NamedTuple):
    """What a log says that it is: its size, its root, and when that was (RFC 3339 UTC)."""

    origin: str
    size: int
    root: bytes
    at: str

    def text(self) -> str:
        """As a note says it; the time is an extension line."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\ntime {self.at}\n"


def signer_from(name: str, seed: bytes, kind: int = ED25519) -> Signer:
    """The signer of a 32-byte seed. Raises ``NoteRefused``."""
    if not _NAME.fullmatch(name) or len(seed) != HASH_BYTES:
        raise NoteRefused(
            "密钥须有名称（不含空格与加号），长 32 字节", "a key has a name without blanks and plus signs, and 32 bytes"
        )
    return Signer(name, Ed25519PrivateKey.from_private_bytes(seed), kind)


def verifier_from(told: str) -> Verifier:
    """A key as it is written. Raises ``NoteRefused``."""
    name, _, rest = told.strip().partition("+")
    claimed, _, encoded = rest.partition("+")
    raw = _decoded(encoded)
    if not _NAME.fullmatch(name) or len(raw) != 1 + HASH_BYTES or raw[0] not in {ED25519, COSIGNATURE}:
        raise NoteRefused("应为公钥（形如 名称+十六进制+base64）", "expected a key as name+hash+base64")
    verifier = Verifier(name, raw[0], raw[1:])
    if verifier.id.hex() != claimed:
        raise NoteRefused("公钥与其中的校验值不符", "the key's hash is not that of the key")
    return verifier


def note_from(told: str) -> Note:
    """A note as it is written. Raises ``NoteRefused``."""
    text, gap, rest = told.rpartition("\n\n")
    if not gap or not rest.endswith("\n"):
        raise NoteRefused("应为正文、空行与签名", "expected a text, an empty line and signatures")
    signatures = []
    for line in rest.splitlines():
        name, blank, encoded = line.removeprefix(_DASH).partition(" ")
        raw = _decoded(encoded)
        if not line.startswith(_DASH) or not blank or len(raw) <= _HASH:
            raise NoteRefused("应为签名行", "expected a signature line")
        signatures.append(Signature(name, raw[:_HASH], raw[_HASH:]))
    return Note(text + "\n", tuple(signatures))


def signed_by(note: Note, verifier: Verifier) -> int | None:
    """When the key signed the note (0 where its kind tells no time); ``None`` where it did not. Raises ``NoteRefused``.

    A line that names the key and does not verify is an error, not an absence.
    """
    for signature in note.signatures:
        if (signature.name, signature.key) == (verifier.name, verifier.id):
            return _verified(note.text, signature.signed, verifier)
    return None


def _verified(text: str, signed: bytes, verifier: Verifier) -> int:
    at = 0
    if verifier.kind == COSIGNATURE:
        at, signed = int.from_bytes(signed[:_TIME], "big"), signed[_TIME:]
        text = _COSIGNED.format(at, text)
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signed, text.encode())
    except InvalidSignature:
        raise NoteRefused(
            f"{verifier.name} 的签名不成立", f"the signature of {verifier.name} does not verify"
        ) from None
    return at


def checkpoint_from(text: str) -> Checkpoint:
    """What a checkpoint's text says. Raises ``NoteRefused``."""
    lines = text.split("\n")
    try:
        origin, size, root, *more = lines
        at = next(line.removeprefix("time ") for line in more if line.startswith("time "))
    except (ValueError, StopIteration):
        raise NoteRefused("应有来源、大小、根与时间", "expected origin, size, root and time") from None
    if not size.isascii() or not size.isdecimal() or size != str(int(size)) or len(_decoded(root)) != HASH_BYTES:
        raise NoteRefused("应有大小与根", "expected a size and a root")
    return Checkpoint(origin, int(size), _decoded(root), at)


def opened(told: str, verifier: Verifier) -> Checkpoint:
    """A checkpoint that a key signed. Raises ``NoteRefused``."""
    note = note_from(told)
    if signed_by(note, verifier) is None:
        raise NoteRefused(f"没有 {verifier.name} 的签名", f"{verifier.name} did not sign it")
    return checkpoint_from(note.text)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NoteRefused("应为 base64", "expected base64") from None
