"""The yardstick: ``python -m bench.echo`` answers every POST with its own body, by aiohttp and uvloop and nothing else.

It runs until its standard input closes, and prints the port that it listens on.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web


async def echo(request: web.Request) -> web.Response:
    """The body, back."""
    return web.Response(body=await request.read(), content_type="application/json")


async def serve(*routes: web.RouteDef) -> None:
    """Serves these routes until nobody holds the other end of standard input."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(web.post("/echo", echo)))
