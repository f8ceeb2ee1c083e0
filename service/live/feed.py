"""Who hears rooms inside the process: a caller that waits for its answers once."""

from __future__ import annotations

import asyncio
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
