"""The one kind of response here: a whole answer of known length, written at once. No streaming."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import HttpVersion10

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import web

JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json"}
NO_STORE: Final[Mapping[str, str]] = {**JSON, "Cache-Control": "no-store"}
"""Of JSON that nobody may keep."""
_LINES: Final = {status.value: f"{status.value} {status.phrase}\r\nServer: qingliu\r\n" for status in HTTPStatus}


class Answer:
    """Bytes with a status and headers: what aiohttp's protocol needs of a response, and no more.

    The stock response prepares for streams and compression through a dozen coroutines, which cost a tenth of
    a small request. Header values come from this program, or were checked: no line break can get in. ``cookies`` are
    values of ``Set-Cookie``, the one field that may occur more than once.
    """

    __slots__ = ("body", "cookies", "headers", "keep_alive", "status")

    def __init__(
        self, body: bytes, *, status: int = 200, headers: Mapping[str, str] = JSON, cookies: Sequence[str] = ()
    ) -> None:
        self.body = body
        self.status = status
        self.headers = dict(headers)
        self.cookies = cookies
        self.keep_alive = True

    def force_close(self) -> None:
        """Ends the connection after this answer."""
        self.keep_alive = False

    async def prepare(self, request: web.BaseRequest) -> None:
        """Writes the whole answer."""
        head = self.head(request, len(self.body))
        await request.writer.write(head if request.method == "HEAD" else head + self.body)

    def head(self, request: web.BaseRequest, length: int) -> bytes:
        """Status line and headers before a body of so many bytes."""
        version = request.version
        self.keep_alive = self.keep_alive and request.keep_alive
        if not self.keep_alive:
            self.headers["Connection"] = "close"
        elif version == HttpVersion10:
            self.headers["Connection"] = "keep-alive"
        named = "".join([f"{name}: {value}\r\n" for name, value in self.headers.items()])
        if self.cookies:
            named += "".join([f"Set-Cookie: {cookie}\r\n" for cookie in self.cookies])
        return (
            f"HTTP/{version.major}.{version.minor} {_LINES[self.status]}{named}Date: {_date(int(time()))}\r\n"
            f"Content-Length: {length}\r\n\r\n"
        ).encode("latin-1")

    async def write_eof(self) -> None:
        """Nothing is left to write."""


def tell(told: Any) -> Answer:
    """Plain data as a JSON answer."""
    return Answer(orjson.dumps(told))


def confide(told: Any) -> Answer:
    """Plain data as a JSON answer that nobody may keep."""
    return Answer(orjson.dumps(told), headers=NO_STORE)


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
