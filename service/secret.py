"""The house's own secret, from which a key for each purpose is derived. What is derived is kept nowhere."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from moderation.told import Wrong
from service import private

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.settings import Settings

BYTES: Final = 32


class SecretRefused(Wrong):
    """The secret is not what it has to be: another one, the wrong length, or a file that others can read."""


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


def check(settings: Settings, secret: Secret, opens: Callable[[], bool]) -> None:
    """Raises ``SecretRefused`` for another secret than the data were written with.

    The check value beside the data tells; where there is none, whether it ``opens`` what was sealed last. An empty one
    is an operator's word to go on with the secret that there is.
    """
    try:
        good = settings.secret_check.read_bytes() in {b"", _value(secret)}
    except FileNotFoundError:
        good = opens()
    if not good:
        zh = (
            f"secret（{settings.secret_file} 或 QINGLIU_SECRET）不是写入这些数据的那一个：请放回原来的 secret；"
            f"确已遗失、愿以现在这个继续时，先清空核对值（: > {settings.secret_check}），原先封存的内容从此无法读出"
        )
        en = (
            f"the secret ({settings.secret_file} or QINGLIU_SECRET) is not the one that these data were written with: "
            f"put that one back; if it is lost and you go on with this one, empty its check value first "
            f"(: > {settings.secret_check}), and what was sealed before can never be read again"
        )
        raise SecretRefused(zh, en)


def keep_check(settings: Settings, secret: Secret) -> None:
    """Leaves the check value of a secret that was checked. No secret follows from it."""
    path, value = settings.secret_check, _value(secret)
    if not path.exists() or path.read_bytes() != value:
        private.put(path, value, over=True)


def _value(secret: Secret) -> bytes:
    return secret.derived("check").hex().encode()
