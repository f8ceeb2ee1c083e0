"""Scales as platforms show them, for a score of our own: templates as data, none verified. Pure."""

from __future__ import annotations

import tomllib
from typing import Any, NamedTuple

from service.creators.formula import FULL, POINT


class PresetError(ValueError):
    """A preset that cannot be used; it names the file and the key."""


class Preset(NamedTuple):
    """A scale: ``highest`` points, or ``levels`` as pairs of the least score (milli-points) and the names in zh and en.

    ``verified`` is whether somebody compared it with the platform's own rules.
    """

    name: str
    zh: str
    en: str
    verified: bool
    source: str
    highest: int
    levels: tuple[tuple[int, str, str], ...]


def parse(text: str, file: str) -> dict[str, Preset]:
    """The presets of a file by name. Raises ``PresetError``."""
    try:
        raw = tomllib.loads(text)
        found = {name: _made(name, one) for name, one in raw.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise PresetError(f"{file}: {error}") from None
    for name, preset in found.items():
        if not preset.highest and not preset.levels:
            raise PresetError(f"{file}: {name} needs highest or levels")
        if preset.levels and preset.levels[-1][0] != 0:
            raise PresetError(f"{file}: the lowest level of {name} must begin at 0")
    return found


def shown(preset: Preset, score: int, lang: str) -> str:
    """A score on the preset's scale, rounded down: a number of points, or the name of a level."""
    if preset.levels:
        zh, en = next((zh, en) for least, zh, en in preset.levels if score >= least)
        return en if lang == "en" else zh
    tenths = score * preset.highest * 10 // FULL
    return f"{tenths // 10}.{tenths % 10}"


def _made(name: str, raw: dict[str, Any]) -> Preset:
    levels = sorted(raw.get("levels", ()), key=lambda one: -one["least"])
    return Preset(
        name,
        raw["zh"],
        raw["en"],
        raw["verified"] is True,
        raw["source"],
        int(raw.get("highest", 0)),
        tuple((round(one["least"] * POINT), one["zh"], one["en"]) for one in levels),
    )
