"""Structured logs, one JSON object a line. Never the text of a content: not in fields, and no messages of exceptions.

Two doors: ``configure`` for the events of the service and of its libraries, ``AccessLog`` for the one line a request,
which is written without the general machinery (10 µs a line) and reaches the stream a moment later in one write.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import orjson
import structlog

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

    from service.keys import Caller

    _Noted = tuple[float, str, str, int, float, str, Caller | None]

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_FLUSH_AFTER: Final = 0.1
_FLUSH_FROM: Final = 500


class _Sink:
    """A stream that may break without breaking the service: nobody's request fails because a log reader went away."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        """Writes, or not."""
        with suppress(OSError, ValueError):
            self._stream.write(data)

    def flush(self) -> None:
        """Flushes, or not."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure(stream: BinaryIO, *, level: str = "info") -> None:
    """Sends the events of the service and of its libraries to ``stream``."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, _Sink(stream))),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


def _line(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def where(error: BaseException) -> dict[str, Any]:
    """An exception as fields: its type and where it came from. Its message may quote a content, so it is left out."""
    return {"error": type(error).__name__, "trace": _frames(error.__traceback__)}


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-12:]]


class _Bridge(logging.Handler):
    """Brings the standard library's records into the same stream, without their exceptions' messages."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = where(record.exc_info[1]) if record.exc_info and record.exc_info[1] else {}
        message = record.msg if fields else record.getMessage()
        structlog.get_logger().log(record.levelno, str(message), logger=record.name, **fields)


class AccessLog:
    """Keeps requests for at most a tenth of a second, then writes their lines at once."""

    def __init__(self, stream: BinaryIO, loop: asyncio.AbstractEventLoop) -> None:
        self._stream = _Sink(stream)
        self._loop = loop
        self._noted: list[_Noted] = []
        self._timer: asyncio.TimerHandle | None = None

    def note(self, *noted: *_Noted) -> None:
        """One request: when (epoch seconds), method, route, status, seconds, request id, caller."""
        self._noted.append(noted)
        if self._timer is None:
            self._timer = self._loop.call_later(_FLUSH_AFTER, self.flush)
        elif len(self._noted) >= _FLUSH_FROM:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        noted, self._noted = self._noted, []
        if noted:
            self._stream.write(b"".join(map(_request_line, noted)))
            self._stream.flush()


def _request_line(noted: _Noted) -> bytes:
    at, method, route, status, seconds, request_id, caller = noted
    line = {
        "at": datetime.fromtimestamp(at, UTC),
        "level": "info",
        "event": "request",
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 3),
        "request_id": request_id,
    }
    if caller is not None:
        line["tenant"] = caller.tenant
        line["user" if caller.session else "key"] = caller.id
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z)
