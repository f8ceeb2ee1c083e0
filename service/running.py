"""Which service runs on a data directory: one at a time, known by a locked pid file. No signal is sent from here."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Final, TextIO

from service import private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs now. ``url`` is empty until it listens."""

    pid: int
    url: str


class AlreadyRunning(Exception):
    """Another service holds the data directory."""

    def __init__(self, other: Running | None) -> None:
        super().__init__(f"pid {other.pid} {other.url}".strip() if other else "starting")


@contextmanager
def claim(pid_file: Path) -> Iterator[Callable[[str], None]]:
    """Holds the data directory; gives a function that notes the address. Raises ``AlreadyRunning``.

    The lock, not the file, says that a service runs: a killed service leaves the file behind, and its number may by
    then belong to an innocent process.
    """
    private.make_folder(pid_file.parent)
    with pid_file.open("a+", encoding="ascii") as file:
        if not any(_locked(file) for _ in range(_TRIES)):
            raise AlreadyRunning(_read(pid_file))

        def note(url: str) -> None:
            file.seek(0)
            file.truncate()
            file.write(f"{os.getpid()}\n{url}\n")
            file.flush()

        note("")
        try:
            yield note
        finally:
            file.seek(0)
            file.truncate()


def _locked(file: TextIO) -> bool:
    """Whether the lock could be had. Somebody who only looks holds it for a moment, hence the second try."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sleep(0.05)
        return False
    return True


def running(pid_file: Path) -> Running | None:
    """The service that holds the data directory, if one does."""
    try:
        with pid_file.open(encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(pid_file)
            return None
    except FileNotFoundError:
        return None


def _read(pid_file: Path) -> Running | None:
    pid, _, url = pid_file.read_text(encoding="ascii").partition("\n")
    return Running(int(pid), url.strip()) if pid.strip().isdigit() else None
