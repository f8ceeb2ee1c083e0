"""The results as one picture: texts a second by contestant, on a logarithmic scale."""

from __future__ import annotations

from math import floor, log10
from typing import TYPE_CHECKING, Any, Final

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

_CLEAN, _SAMPLES, _HTTP = "#1f77b4", "#9ecae1", "#2ca02c"
_ROOM: Final = 3.0
"""The axis goes so many times beyond the longest bar, for its label."""


def draw(result: dict[str, Any], path: Path) -> None:
    """Writes the picture. Engine and HTTP must have been measured."""
    figure = Figure(figsize=(10, 7.2), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(7, 3))
    _engine(above, result)
    _http(below, result["http"])
    told = result["machine"]
    figure.suptitle(f"{told['cpu']}, Python {told['python']}, {told['date'][:10]}", fontsize=9, color="#555555")
    figure.savefig(path, dpi=130)


def _engine(axes: Axes, result: dict[str, Any]) -> None:
    engine = result["engine"]
    keys = list(reversed(engine["contestants"]))
    height = 0.38
    for offset, name, colour, label in (
        (height / 2, "clean", _CLEAN, "clean comments, 40–80 characters"),
        (-height / 2, "samples", _SAMPLES, "samples/ (about half with violations)"),
    ):
        speeds = engine["corpora"][name]["texts_per_second"]
        values = [speeds[key]["median"] for key in keys]
        bars = axes.barh([place + offset for place in range(len(keys))], values, height, color=colour, label=label)
        axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(keys)), [engine["contestants"][key]["en"] for key in keys])
    _log(axes, f"texts per CPU second, one core, {result['lexicon']['terms']:,} terms")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, frameon=False)


def _http(axes: Axes, http: dict[str, Any]) -> None:
    names = {
        "batch": "POST /v1/moderations/batch (100), durable",
        "single": "POST /v1/moderations, durable",
        "echo": "bare aiohttp + uvloop POST echo",
    }
    values = [http["targets"][key]["texts_per_cpu_second"] for key in names]
    bars = axes.barh(range(len(names)), values, 0.6, color=_HTTP)
    axes.bar_label(bars, [f"{value:,.0f}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), list(names.values()))
    _log(axes, f"texts per CPU second of the server, {http['connections']} connections")


def _log(axes: Axes, label: str) -> None:
    widths = [bar.get_width() for bar in axes.patches if isinstance(bar, Rectangle)]
    axes.set_xscale("log")
    axes.set_xlim(10 ** floor(log10(min(widths))), max(widths) * _ROOM)
    axes.set_xlabel(label)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
