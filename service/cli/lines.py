"""The lines of a file as bytes, in bounded memory. Nothing is understood here."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from service.http.problems import Fault, Problem

if TYPE_CHECKING:
    from io import BufferedIOBase

_BLOCK: Final = 256 * 1024


class Lines:
    """Iterates over the lines of a stream, without their ends. A line over ``limit`` raises ``Problem`` in its place.

    The iteration goes on after that. ``number`` counts the lines given so far, ``taken`` the bytes read.
    """

    def __init__(self, stream: BufferedIOBase, *, limit: int) -> None:
        self._stream, self._limit = stream, limit
        self._ready: deque[bytes | None] = deque()
        self._rest = b""
        self._long = self._ended = False
        self.number = self.taken = 0

    @property
    def dry(self) -> bool:
        """Whether the next line would have to be waited for: the moment to hand on what has come so far."""
        return not self._ready

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> bytes:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._read()
        self.number += 1
        line = self._ready.popleft()
        if line is None:
            raise Problem("invalid-body", faults=[Fault((), "line_too_long", {"limit": self._limit})])
        return line

    def _read(self) -> None:
        block = self._stream.read1(_BLOCK)
        self.taken += len(block)
        if not block:
            self._ended = True
            if self._rest or self._long:
                self._end_line(b"")
            return
        *whole, rest = block.split(b"\n")
        for piece in whole:
            self._end_line(piece)
        self._keep(rest)

    def _end_line(self, piece: bytes) -> None:
        self._keep(piece)
        self._ready.append(None if self._long else self._rest.removesuffix(b"\r"))
        self._rest, self._long = b"", False

    def _keep(self, piece: bytes) -> None:
        if self._long or len(self._rest) + len(piece) > self._limit:
            self._rest, self._long = b"", True
        else:
            self._rest += piece
