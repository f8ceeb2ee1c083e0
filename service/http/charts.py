"""Places of the marks in the console's charts, in units of their drawing, pure: a template puts them into SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH: Final = 100.0
HEIGHT: Final = 30.0


LOWEST: Final = -0.2
"""Agreement by chance is 0; what is far worse is drawn at the edge."""
MARKS: Final = ("-0.2", "0", "0.2", "0.4", "0.6", "0.8", "1")


def place(value: float) -> float:
    """Where a coefficient of agreement lies."""
    return round((max(LOWEST, min(1.0, value)) - LOWEST) * WIDTH / (1 - LOWEST), 2)


def interval(share: Mapping[str, Any]) -> dict[str, float] | None:
    """A coefficient and its interval; ``None`` where there is none."""
    if share["value"] is None or share["low"] is None:
        return None
    low = place(share["low"])
    return {"from": low, "wide": round(place(share["high"]) - low, 2), "at": max(0.0, place(share["value"]) - 0.5)}


def curve(values: Sequence[float], limit: float, *, longest: int) -> dict[str, Any]:
    """A line through the values, from nothing on, and where the limit lies; what falls far below is cut off."""
    lowest = -limit
    scale = HEIGHT / (limit * 1.1 - lowest)

    def height(value: float) -> float:
        return round(HEIGHT - (max(lowest, min(value, limit * 1.1)) - lowest) * scale, 2)

    points = [f"{round(number * WIDTH / longest, 2)},{height(value)}" for number, value in enumerate([0.0, *values])]
    return {"points": " ".join(points), "limit": height(limit)}


def bar(value: float, most: float) -> float:
    """How long a bar is."""
    return round(min(WIDTH, value * WIDTH / most), 2) if most else 0.0
