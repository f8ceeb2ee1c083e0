"""What nobody else may read: folders, and files that hold a secret of fixed length, whole or not there, on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_bytes, token_hex
from typing import TYPE_CHECKING, Final

from moderation.told import Wrong

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE: Final = 0o600
_FOLDER: Final = 0o700
_OTHERS: Final = 0o077


class NotPrivate(Wrong):
    """A file that others can read, that is not as long as it has to be, or that is gone."""


def make_folder(path: Path) -> None:
    """Makes a folder, where there is none."""
    path.mkdir(mode=_FOLDER, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Makes an empty file, where there is none."""
    path.touch(mode=_PRIVATE)


def kept(path: Path, size: int) -> bytes:
    """The secret bytes of a file, which the first to ask makes. Raises ``NotPrivate``."""
    with suppress(FileNotFoundError):
        return read(path, size)
    with suppress(FileExistsError):
        put(path, token_bytes(size))
    return read(path, size)


def required(path: Path, *, where: bool) -> None:
    """Raises ``NotPrivate`` for a file that is gone ``where`` something rests on it already."""
    if where and not path.exists():
        made = f"(umask 077; head -c 32 /dev/urandom > {path})"
        raise NotPrivate(
            f"{path} 不在，而数据库中的记录由它签名或加密：请放回备份的密钥；确已遗失、愿以新密钥继续时（由它封存的"
            f"再也无法打开），先执行 {made}",
            f"{path} is gone, and records are signed or sealed with it: put back the key that was backed up; where it "
            f"is lost and a new one is to do (what was sealed with it stays closed), first run {made}",
        )


def read(path: Path, size: int) -> bytes:
    """The bytes of a file. Raises ``NotPrivate`` and ``FileNotFoundError``."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise NotPrivate(
                f"{path} 可被他人读取：chmod 600 {path}", f"{path} can be read by others: chmod 600 {path}"
            )
        secret = file.read(size + 1)
    if len(secret) != size:
        raise NotPrivate(f"{path} 须为 {size} 字节", f"{path} has to have {size} bytes")
    return secret


def put(path: Path, secret: bytes, *, over: bool = False) -> None:
    """Puts a whole file in its place. Raises ``FileExistsError`` where there is one, unless it is to be replaced."""
    make_folder(path.parent)
    fresh = path.with_name(f"{path.name}.{token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        if over:
            fresh.replace(path)
        else:
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
