"""The one answer that is not held whole: a file, sent block by block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from service.http.answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import web

_BLOCK: Final = 1 << 18


class FileAnswer(Answer):
    """A file to be kept under a name. It is there when the answer begins; what it says then is sent."""

    __slots__ = ("_path",)

    def __init__(self, path: Path, name: str, media: str) -> None:
        headers = {
            "Content-Type": media,
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        super().__init__(b"", headers=headers)
        self._path = path

    async def prepare(self, request: web.BaseRequest) -> None:
        """Writes the head, then the file; a file that ends too soon ends the connection."""
        with self._path.open("rb") as file:
            left = self._path.stat().st_size
            await request.writer.write(self.head(request, left))
            while left and request.method != "HEAD":
                block = await asyncio.to_thread(file.read, min(_BLOCK, left))
                if not block:
                    self.force_close()
                    return
                left -= len(block)
                await request.writer.write(block)
                await request.writer.drain()
