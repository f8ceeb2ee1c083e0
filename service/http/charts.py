"""Places of the marks in the console's charts, in units of their drawing, pure: a template puts them into SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH: Final = 100.0
HEIGHT: Final = 30.0


def interval(share: Mapping[str, Any], *, low: float = -1.0, high: float = 1.0) -> dict[str, float] | None:
    """A share and its interval on a line from ``low`` to ``high``; ``None`` where there is none."""
    if share["value"] is None or share["low"] is None:
        return None
    scale = WIDTH / (high - low)
    return {
        "from": round((share["low"] - low) * scale, 2),
        "wide": round((share["high"] - share["low"]) * scale, 2),
        "at": round((share["value"] - low) * scale, 2),
    }


def curve(values: Sequence[float], limit: float, *, longest: int) -> dict[str, Any]:
    """A line through the values, from nothing on, and where the limit lies; what falls far below is cut off."""
    lowest = -limit
    scale = HEIGHT / (limit * 1.1 - lowest)

    def place(value: float) -> float:
        return round(HEIGHT - (max(lowest, min(value, limit * 1.1)) - lowest) * scale, 2)

    points = [f"{round(number * WIDTH / longest, 2)},{place(value)}" for number, value in enumerate([0.0, *values])]
    return {"points": " ".join(points), "limit": place(limit)}


def bar(value: float, most: float) -> float:
    """How long a bar is."""
    return round(min(WIDTH, value * WIDTH / most), 2) if most else 0.0
