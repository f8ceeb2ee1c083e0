"""Which version of the program runs."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed() -> str:
    """The version that is installed, ``0`` in a source tree that never was."""
    try:
        return version("qingliu")
    except PackageNotFoundError:
        return "0"
