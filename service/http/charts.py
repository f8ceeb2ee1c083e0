"""Places of the marks in the console's charts, in units of their drawing, pure: a template puts them into SVG."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from service.http.figures import clock
from service.ids import from_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH: Final = 100.0
HEIGHT: Final = 30.0
SPANS: Final = {15: 5, 30: 10, 60: 15, 120: 30}
"""The minutes of a room that are drawn, the fewest that hold what there is, and those between two that are named."""


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


def columns(counts: Sequence[tuple[str, int, str, str]], *, high: float = 120.0) -> dict[str, Any]:
    """Columns side by side, from label, count, sort (a class) and title; the highest fills the height."""
    most = max([count for _, count, _, _ in counts], default=0)
    items, wide = [], 1000.0 / max(1, len(counts))
    for place, (label, count, sort, title) in enumerate(counts):
        tall = round(count * high / most, 2) if most else 0.0
        x = place * wide
        items.append(
            {
                "x": round(x + wide * 0.12, 2),
                "y": round(140 - tall, 2),
                "wide": round(wide * 0.76, 2),
                "high": tall,
                "middle": round(x + wide / 2, 2),
                "label": label,
                "count": count,
                "sort": sort,
                "title": title,
            }
        )
    return {"columns": items}


def over_time(
    values: Sequence[tuple[int, int]],
    events: Sequence[tuple[int, str, str]],
    dates: Sequence[tuple[int, str]],
    *,
    most: int,
) -> dict[str, Any] | None:
    """A line through values at times, with events on it: each a time, a sort (a class) and a title."""
    if not values:
        return None
    wide, high, left, top, bottom = 1000.0, 240.0, 36.0, 12.0, 24.0
    first, last = values[0][0], max(values[-1][0], values[0][0] + 1)

    def across(at: int) -> float:
        return round(left + 8 + (min(max(at, first), last) - first) * (wide - left - 24) / (last - first), 1)

    def down(value: float) -> float:
        return round(top + (high - top - bottom) * (1 - value / most), 1)

    def on_line(at: int) -> float:
        before = [value for time, value in values if time <= at] or [values[0][1]]
        after = next((value for time, value in values if time >= at), before[-1])
        return down(min(before[-1], after))

    return {
        "width": wide,
        "height": high,
        "left": left,
        "points": " ".join(f"{across(at)},{down(value)}" for at, value in values),
        "levels": [{"y": down(most * part / 4), "label": str(100 * part // 4)} for part in range(5)],
        "dates": [{"x": across(at), "label": label} for at, label in dates],
        "events": [{"x": across(at), "y": on_line(at), "sort": sort, "title": title} for at, sort, title in events],
    }


def minutes(
    told: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]], now: tuple[datetime, int]
) -> dict[str, Any]:
    """Up to two hours of a room as they passed, right to now, or to the last minute told where that is longer ago.

    ``lines`` are levels of risk, each with its ``points``; ``now`` has the points that are left of the last minute's.
    Points have the whole height, bars half of it: the lines are no measure of messages. What is far over the highest
    line is drawn at the edge, or the lines would be one.
    """
    if not told:
        return {"bars": [], "risk": [], "ticks": [], "lines": [], "most": 0}
    at = [int(from_stamp(one["at"]).timestamp()) // 60 for one in told]
    most = max(1, *(one["messages"] for one in told))
    limit = max([1, *(one["points"] for one in lines)])
    scale = 1.1 * max(limit, min(2 * limit, max(one["points"] for one in told)))
    longest = max(SPANS)
    is_near = 0 <= int(now[0].timestamp()) // 60 - at[-1] < longest
    last = int(now[0].timestamp()) // 60 if is_near else at[-1]
    span = next((span for span in SPANS if last - at[0] < span), longest)

    def left(minute: int) -> float:
        return round((minute - last + span - 1) * WIDTH / span, 2)

    def height(points: int) -> float:
        return round(WIDTH - _share(min(points, scale), scale), 2)

    drawn = [(left(minute), one) for minute, one in zip(at, told, strict=True) if left(minute) >= 0]
    bars = [
        {
            "x": x,
            "said": _share(one["messages"], 2 * most),
            "flagged": _share(one["flagged"], 2 * most),
            "clock": clock(one["at"])[11:16],
            "of": one,
        }
        for x, one in drawn
    ]
    wide = round(WIDTH / span * 0.8, 2)
    risk = {x: one["points"] for x, one in drawn} | ({left(last): now[1]} if is_near else {})
    ticks = [minute for minute in range(last - span + 1, last + 1) if minute % SPANS[span] == 0]
    return {
        "bars": bars,
        "wide": wide,
        "risk": [{"x": round(x + wide / 2, 2), "y": height(points), "points": points} for x, points in risk.items()],
        "ticks": [{"x": left(one), "label": clock(datetime.fromtimestamp(one * 60, UTC))[11:16]} for one in ticks],
        "lines": [{**one, "y": height(one["points"])} for one in lines],
        "most": most,
    }


def _share(value: float, most: float) -> float:
    return round(value * WIDTH / most, 2)
