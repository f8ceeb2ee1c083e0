"""Opens the socket and keeps slow clients from keeping it: deadlines on connections, malformed HTTP as a problem."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import structlog
from aiohttp import web

from service.http.interface import interface
from service.http.problems import Problem
from service.http.serving import lang_of
from service.logs import AccessLog
from service.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.http.stream import Streams
    from service.wiring import Service

_BACKLOG: Final = 1024
_BAD_REQUEST: Final = 400
_PAUSE: Final = 0.02
_TELLING: Final = 0.1
"""So long, when the service stops, whoever keeps a connection busy may hear in an answer that it ends."""


class AddressRefused(Exception):
    """The address to listen at cannot be had. Its cause says why."""


class Connection(web.RequestHandler):
    """One client's connection. The stock one waits an hour for the end of a header; this one waits a few seconds.

    The deadline runs from the opening of the connection, or from the first byte of a later request, to the last byte
    of the header, however slowly the bytes come. A body has its own deadline where it is read, and between requests
    the keep-alive time counts.
    """

    __slots__ = ("_deadline", "_parsed", "_timer", "leaving")

    def __init__(self, manager: web.Server, *, header_deadline: float, **options: Any) -> None:
        super().__init__(manager, **options)
        self._deadline = header_deadline
        self._parsed = 0
        self._timer: asyncio.TimerHandle | None = None
        self.leaving = False
        """Whether the connection ends as soon as the body that is still coming has come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected: the clock for its first header starts."""
        super().connection_made(transport)
        self._timer = self._loop.call_later(self._deadline, self._too_slow)

    def data_received(self, data: bytes) -> None:
        """Bytes came: stop the clock when a header is complete, start it when one has only begun."""
        web.RequestHandler.data_received(self, data)  # super() costs on the hottest path
        if self._request_count != self._parsed:
            self._parsed = self._request_count
            self._stop_clock()
        elif self._timer is None and self._waiter is not None and not self._waiter.done():
            self._timer = self._loop.call_later(self._deadline, self._too_slow)
        if self.leaving:
            self.let_go()

    def let_go(self) -> None:
        """Ends the connection once what it asked is answered. The stock one would drop a body that is still coming."""
        request = self._current_request
        self.leaving = self.connected and request is not None and not request.content.is_eof()
        if not self.leaving:
            self.close()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - the signature is aiohttp's
        """Somebody drained a body: only a connection that was paused has anything to resume.

        The stock one runs its parser over nothing after every body.
        """
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def connection_lost(self, exc: BaseException | None) -> None:
        """The client left."""
        self.leaving = False
        self._stop_clock()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What never became a request is answered with a problem too; anything else is the stock answer."""
        if status != _BAD_REQUEST:
            return super().handle_error(request, status, exc, message)
        structlog.get_logger().info("malformed request", remote=request.remote, error=type(exc).__name__)
        answer = Problem("bad-request").response(lang_of(request))
        answer.force_close()
        return cast(web.StreamResponse, answer)

    def _too_slow(self) -> None:
        self._timer = None
        self.force_close()

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@asynccontextmanager
async def listening(service: Service, *, log: BinaryIO) -> AsyncIterator[str]:
    """Answers requests until the context ends, then finishes those under way. Gives the address.

    Raises ``AddressRefused``.
    """
    settings = service.settings
    loop = asyncio.get_running_loop()
    access = AccessLog(log, loop)
    frame = interface(service, access=access)
    streams = frame.serving.streams
    server = web.Server(cast(Any, frame.answer))
    runner = web.ServerRunner(server, shutdown_timeout=settings.shutdown_deadline)
    await runner.setup()
    connect = partial(
        Connection,
        server,
        header_deadline=settings.header_deadline,
        loop=loop,
        keepalive_timeout=settings.keepalive,
        lingering_time=min(settings.body_deadline, 2.0),
        access_log=None,
        auto_decompress=False,
    )
    try:
        try:
            listener = await loop.create_server(connect, settings.host, settings.port, backlog=_BACKLOG)
        except OSError as error:
            raise AddressRefused from error
        try:
            host, port = listener.sockets[0].getsockname()[:2]
            async with beside(streams=streams.run()):
                yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        finally:
            listener.close()
            await _let_all_go(server, streams, patience=settings.shutdown_deadline)
    finally:
        await runner.cleanup()
        access.flush()


async def _let_all_go(server: web.Server, streams: Streams, *, patience: float) -> None:
    """Tells clients that are about to ask again that they must not, then waits for the bodies that are under way.

    The answers to those are waited for by the server's own shutdown.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    streams.stopping, told = True, loop.time() + min(_TELLING, patience)
    while loop.time() < told and server.connections:  # noqa: ASYNC110 - once a life
        await asyncio.sleep(_PAUSE)
    streams.end()
    connections = cast(list[Connection], server.connections)
    for connection in connections:
        connection.let_go()
    while loop.time() < until and any(connection.leaving for connection in connections):  # noqa: ASYNC110 - once a life
        await asyncio.sleep(_PAUSE)
