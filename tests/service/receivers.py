"""Receivers of notices for tests: real servers on loopback that behave, fail, hang, drip, redirect or cut the line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web


async def until(condition, *, seconds=10.0):
    """Waits for something to become true; the condition may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            came = condition()
            if await came if asyncio.iscoroutine(came) else came:
                return
            await asyncio.sleep(0.02)


@dataclass
class Heard:
    """One request that came."""

    id: str
    headers: dict
    body: bytes
    at: float


@dataclass
class Receiver:
    """A server; ``manner`` says how it answers, and may be changed at any time."""

    manner: str = "ok"
    heard: list[Heard] = field(default_factory=list)
    taken: set = field(default_factory=set)
    """The ids that it said it has."""
    delay: float = 0.0
    url: str = ""
    elsewhere: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self):
        app = web.Application()
        app.router.add_route("*", "/{way:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    @property
    def ids(self):
        """The ids of notices, each time that they came."""
        return [one.id for one in self.heard]

    async def until(self, count, *, seconds=10.0):
        """Waits for so many different notices."""
        await until(lambda: len(set(self.ids)) >= count, seconds=seconds)

    async def _answer(self, request):
        body = await request.read()
        loop = asyncio.get_running_loop()
        self.heard.append(Heard(request.headers.get("webhook-id"), dict(request.headers), body, loop.time()))
        manner = self.manner
        await asyncio.sleep(self.delay)
        return await getattr(self, f"_{manner}")(request)

    async def _ok(self, request):
        self.taken.add(request.headers.get("webhook-id"))
        return web.Response(status=204)

    async def _fail(self, request):
        return web.Response(status=500, text="no")

    async def _gone(self, request):
        return web.Response(status=410)

    async def _hang(self, request):
        await asyncio.sleep(3600)

    async def _drip(self, request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.05)

    async def _flood(self, request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1024):
            await response.write(b"." * 65536)
        return response

    async def _redirect(self, request):
        return web.Response(status=307, headers={"Location": self.elsewhere})

    async def _cut(self, request):
        """Took it, and the line is cut before the answer is out."""
        request.transport.abort()
        return web.Response()

    async def _truncate(self, request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        request.transport.close()
        return response
