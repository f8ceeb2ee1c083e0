"""A client of a live room's stream for tests: says messages, collects what comes."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp

PROTOCOL = "qingliu.chat.v1"
PATIENCE = 10


def chat(id_, text="主播好", **more):
    """A message of a viewer."""
    return {"id": id_, "text": text, **more}


class Client:
    """One connection. ``seen`` are all items that came, in order; ``bye`` is why the service closed."""

    def __init__(self, socket):
        self.socket = socket
        self.hello = None
        self.seen = []
        self.credits = 0
        self.bye = None
        self.code = None

    async def say(self, *messages):
        await self.socket.send_str(json.dumps({"type": "messages", "messages": list(messages)}))

    async def next(self):
        """The next frame, or nothing where the stream is over."""
        frame = await asyncio.wait_for(self.socket.receive(), PATIENCE)
        if frame.type is not aiohttp.WSMsgType.TEXT:
            self.code = self.socket.close_code
            return None
        told = json.loads(frame.data)
        if told["type"] == "items":
            self.seen += told["items"]
        if told["type"] == "bye":
            self.bye = told
        if told["type"] == "hello":
            self.hello = told
        self.credits += told.get("credits", 0)
        return told

    async def items(self, count):
        """Reads until so many items have come, of all that ever came."""
        while len(self.seen) < count:
            assert await self.next() is not None, self.bye
        return self.seen

    async def answered(self, count):
        """Reads until so many of its messages were answered, of all that it ever said."""
        while self.credits - self.hello["credits"] < count:
            assert await self.next() is not None, self.bye

    async def over(self):
        """Reads until the service closes; why it did."""
        while await self.next() is not None:
            pass
        return (self.bye or {}).get("why")


@asynccontextmanager
async def stream(server, room, *, key=True, protocols=(PROTOCOL,), query="", **headers):
    """A stream, greeted."""
    sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
    if key:
        sent["Authorization"] = f"Bearer {server.key if key is True else key}"
    url = f"http://127.0.0.1:{server.port}/v1/rooms/{room}/stream{query}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=protocols, headers=sent, max_msg_size=0) as socket,
    ):
        client = Client(socket)
        await client.next()
        yield client
