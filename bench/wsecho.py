"""The yardstick of streams: ``python -m bench.wsecho`` sends every WebSocket frame back, by aiohttp and uvloop alone.

It runs until its standard input closes, and prints the port that it listens on.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import WSMsgType, web


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Every frame, back."""
    socket = web.WebSocketResponse(compress=False, protocols=("qingliu.chat.v1",))
    await socket.prepare(request)
    async for frame in socket:
        if frame.type is WSMsgType.TEXT:
            await socket.send_str(frame.data)
    return socket


async def serve() -> None:
    """Serves until nobody holds the other end of standard input."""
    app = web.Application()
    app.router.add_get("/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve())
