"""The house's own secret, from which a key for each purpose is derived. What is derived is kept nowhere."""

from __future__ import annotations

import hmac
import os
from contextlib import suppress
from hashlib import sha256
from secrets import token_bytes, token_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from service.settings import Settings

BYTES: Final = 32
_PRIVATE: Final = 0o600
_OTHERS: Final = 0o077


class SecretRefused(Exception):
    """The secret is not what it has to be: the wrong length, or a file that others can read."""


class Secret:
    """Keeps the 32 random bytes; they never leave it."""

    __slots__ = ("_root",)

    def __init__(self, root: bytes) -> None:
        if len(root) != BYTES:
            raise SecretRefused(f"a secret has {BYTES} bytes, not {len(root)}")
        self._root = root

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same as long as the secret is (HKDF-Expand with SHA-256, RFC 5869)."""
        return hmac.digest(self._root, b"qingliu/" + purpose.encode() + b"\x01", "sha256")

    def marked(self, purpose: str, *said: bytes) -> bytes:
        """HMAC-SHA-256 of what is said, under the key for a purpose. Each piece is hashed: no two lists look alike."""
        return hmac.digest(self.derived(purpose), b"".join([sha256(piece).digest() for piece in said]), "sha256")


def open_secret(settings: Settings) -> Secret:
    """The secret of the settings, or of the file in the data directory, which the first to ask makes.

    Raises ``SecretRefused``.
    """
    if settings.secret is not None:
        return Secret(bytes.fromhex(settings.secret.get_secret_value()))
    path = settings.secret_file
    with suppress(FileNotFoundError):
        return _read(path)
    _make(path)
    return _read(path)


def _read(path: Path) -> Secret:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise SecretRefused(f"{path} can be read by others: chmod 600 {path}")
        root = file.read(BYTES + 1)
    if len(root) != BYTES:
        raise SecretRefused(f"{path} has to have {BYTES} bytes")
    return Secret(root)


def _make(path: Path) -> None:
    """Puts a whole file in its place, or leaves the one that another process has just put there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
