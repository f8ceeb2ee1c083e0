"""The yardstick of streams: ``python -m bench.wsecho`` sends every WebSocket frame back, by aiohttp and uvloop alone.

It runs until its standard input closes, and prints the port that it listens on.
"""

from __future__ import annotations

import uvloop
from aiohttp import WSMsgType, web

from bench.echo import serve


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Every frame, back."""
    socket = web.WebSocketResponse(compress=False, protocols=("qingliu.chat.v1",))
    await socket.prepare(request)
    async for frame in socket:
        if frame.type is WSMsgType.TEXT:
            await socket.send_str(frame.data)
    return socket


if __name__ == "__main__":
    uvloop.run(serve(web.get("/{path:.*}", echo)))
