"""The house's own secret, from which a key for each purpose is derived. What is derived is kept nowhere."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from moderation.told import Wrong
from service import private

if TYPE_CHECKING:
    from service.settings import Settings

BYTES: Final = 32


class SecretRefused(Wrong):
    """The secret is not what it has to be: the wrong length, or a file that others can read."""


class Secret:
    """Keeps the 32 random bytes; they never leave it."""

    __slots__ = ("_root",)

    def __init__(self, root: bytes) -> None:
        if len(root) != BYTES:
            raise SecretRefused(
                f"密钥须为 {BYTES} 字节，而不是 {len(root)}", f"a secret has {BYTES} bytes, not {len(root)}"
            )
        self._root = root

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same as long as the secret is (HKDF-Expand with SHA-256, RFC 5869)."""
        return hmac.digest(self._root, b"qingliu/" + purpose.encode() + b"\x01", "sha256")

    def marked(self, purpose: str, *said: bytes) -> bytes:
        """HMAC-SHA-256 of what is said, under the key for a purpose. Each piece is hashed: no two lists look alike."""
        return hmac.digest(self.derived(purpose), b"".join([sha256(piece).digest() for piece in said]), "sha256")


def open_secret(settings: Settings, *, written: bool = False) -> Secret:
    """The secret of the settings, or of the file in the data directory, which the first to ask makes.

    Where something was ``written`` by it, it has to be there.

    Raises ``SecretRefused``.
    """
    if settings.secret is not None:
        return Secret(bytes.fromhex(settings.secret.get_secret_value()))
    try:
        private.required(settings.secret_file, where=written)
        return Secret(private.kept(settings.secret_file, BYTES))
    except private.NotPrivate as error:
        raise SecretRefused(*error.told) from None
