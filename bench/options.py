"""How much effort a run takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Rounds and sizes. ``least`` is the seconds of processor time that one measurement should take."""

    rounds: int
    least: float
    comments: int
    http_rounds: int
    http_seconds: float
    connections: int = 64


FULL = Effort(rounds=7, least=0.1, comments=1000, http_rounds=5, http_seconds=4.0)
QUICK = Effort(rounds=3, least=0.005, comments=200, http_rounds=1, http_seconds=0.5)
