"""How time is taken: processor time, interleaved rounds, medians, no garbage collection in between."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from math import ceil
from time import process_time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


def rounds(
    runs: Mapping[str, Callable[[T], object]], make: Callable[[str], T], *, count: int, least: float
) -> dict[str, list[float]]:
    """Seconds of processor time of one run of each, ``count`` times over.

    ``make`` prepares the input of a run, anew each time and outside the clock. Every measurement repeats its run
    until it should take ``least`` seconds. The order rotates from round to round, so that drift hits all alike.
    """
    with undisturbed():
        return _rounds(runs, make, count=count, least=least)


def _rounds(
    runs: Mapping[str, Callable[[T], object]], make: Callable[[str], T], *, count: int, least: float
) -> dict[str, list[float]]:
    once = {name: min(_once(run, [make(name)]) for _ in range(2)) for name, run in runs.items()}
    repeats = {name: max(1, ceil(least / max(seconds, 1e-6))) for name, seconds in once.items()}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for turn in range(count):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            inputs = [make(name) for _ in range(repeats[name])]
            taken[name].append(_once(runs[name], inputs) / repeats[name])
    return taken


def _once(run: Callable[[T], object], inputs: list[T]) -> float:
    gc.collect()  # what the last one left behind; whatever was there before is frozen and costs nothing here
    start = process_time()
    for one in inputs:
        run(one)
    return process_time() - start


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection but by request: it would hit whoever runs when its counter is full."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
