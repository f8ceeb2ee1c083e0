"""Follows a live room and brings messages; resumes where it broke off: ``python room_client.py URL KEY ROOM``.

Each line of standard input is a viewer's message. Needs ``pip install aiohttp``; docs/rooms.md has the protocol.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import count

import aiohttp

PROTOCOL = "qingliu.chat.v1"
AGAIN_SECONDS = 1.0


class Room:
    """Keeps what was said and not answered, and the last number that was seen."""

    def __init__(self, name: str) -> None:
        self.name, self.last, self.credits = name, None, 0
        self.unanswered: dict[str, dict[str, str]] = {}
        self.more = asyncio.Event()

    async def follow(self, session: aiohttp.ClientSession) -> None:
        """Connects again for ever."""
        while True:
            after = "" if self.last is None else f"?after={self.last}"
            try:
                url = f"/v1/rooms/{self.name}/stream{after}"
                async with session.ws_connect(url, protocols=[PROTOCOL]) as socket:
                    saying = asyncio.create_task(self._say(socket))
                    try:
                        async for frame in socket:
                            self._hear(json.loads(frame.data))
                    finally:
                        saying.cancel()
            except aiohttp.ClientError as error:
                sys.stderr.write(f"{error}\n")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _say(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        sent: set[str] = set()
        while True:
            for id_, message in list(self.unanswered.items()):
                if id_ not in sent and self.credits > 0:
                    self.credits -= 1
                    sent.add(id_)
                    await socket.send_str(json.dumps({"type": "messages", "messages": [message]}))
            self.more.clear()
            await self.more.wait()

    def _hear(self, frame: dict) -> None:
        if frame["type"] == "hello":
            self.credits, self.last = frame["credits"], frame["seq"] if self.last is None else self.last
        elif frame["type"] == "items":
            self.credits += frame["credits"]
            for item in frame["items"]:
                self.last = max(self.last, item.get("seq", 0) if not item.get("again") else 0)
                if item.get("why") not in {"busy", "unavailable", "internal"}:
                    self.unanswered.pop(item.get("id"), None)
                sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
        self.more.set()


async def main(url: str, key: str, name: str) -> None:
    """Brings lines until there are no more and all are answered."""
    room = Room(name)
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as session:
        following = asyncio.create_task(room.follow(session))
        for number in count():
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                break
            room.unanswered[f"m{number}"] = {"id": f"m{number}", "text": line.strip() or "…"}
            room.more.set()
        while room.unanswered:  # noqa: ASYNC110 - a short program
            await asyncio.sleep(AGAIN_SECONDS / 10)
        following.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
