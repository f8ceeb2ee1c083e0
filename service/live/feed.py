"""Who hears rooms inside the process: a caller that waits for its answers once, and feeds of all that happens."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.live.talk import News, Outcome


class Once:
    """Hears what becomes of so many messages, in the order in which they were brought."""

    def __init__(self, count: int) -> None:
        self.done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self._count = count
        self._heard: list[Outcome] = []

    def hear(self, own: Sequence[Outcome], news: News | None) -> None:  # noqa: ARG002 - it listens to nothing else
        """See ``talk.Ear``."""
        self._heard.extend(own)
        if len(self._heard) >= self._count and not self.done.done():
            self.done.set_result(self._heard)


class Lagging(Exception):
    """A feed was not read for so long that news were lost: begin anew, with what the store has."""


class Feed:
    """News of a tenant's rooms for one reader: ``async for news in feed``. Bounded: raises ``Lagging`` where lost."""

    def __init__(self, feeds: set[Feed], *, most: int) -> None:
        self._feeds, self._most = feeds, most
        self._news: deque[News] = deque()
        self._came = asyncio.Event()
        self._lagging = False
        feeds.add(self)

    def put(self, news: News) -> None:
        """What happened; at once, and without waiting."""
        if len(self._news) >= self._most:
            self._lagging = True
            self._news.clear()
            self.close()
        if not self._lagging:
            self._news.append(news)
        self._came.set()

    def close(self) -> None:
        """Hears no more."""
        self._feeds.discard(self)

    def __aiter__(self) -> Feed:
        """Itself."""
        return self

    async def __anext__(self) -> News:
        """The next news. Raises ``Lagging``."""
        while not self._news:
            if self._lagging:
                raise Lagging
            self._came.clear()
            await self._came.wait()
        return self._news.popleft()
