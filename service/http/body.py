"""Reads a request's body under its limits: type, size and time, each refused before more is read than needed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from service.http.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


async def read_body(request: web.BaseRequest, *, limit: int, deadline: float) -> bytes:
    """The whole body. Raises ``Problem``: 408, 413, 415 or 417.

    A client that waits for ``100 Continue`` gets it only here, after its key and its declared length were found good.
    """
    headers = request.headers
    if "Content-Encoding" in headers or (
        headers.get("Content-Type") != "application/json" and request.content_type != "application/json"
    ):
        raise Problem("unsupported-media-type", headers={"Accept": "application/json", "Accept-Encoding": "identity"})
    if (length := request.content_length) is not None and length > limit:
        raise _too_large(limit)
    if expected := headers.get("Expect"):
        await _go_on(request, expected)
    stream = request.content
    if stream.is_eof() and length is not None:
        return stream.read_nowait(-1)
    return await _collect(request, limit=limit, deadline=deadline)


async def _collect(request: web.BaseRequest, *, limit: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(deadline):
            while chunk := await request.content.readany():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError:
        raise Problem("body-timeout", context={"seconds": f"{deadline:g}"}, headers={"Connection": "close"}) from None
    return b"".join(chunks)


async def _go_on(request: web.BaseRequest, expected: str) -> None:
    if expected.strip().lower() != "100-continue":
        raise Problem("expectation-failed")
    await request.writer.write(_CONTINUE)
    request.writer.output_size = 0


def _too_large(limit: int) -> Problem:
    return Problem("body-too-large", context={"limit": limit})
