"""Finds the route of a request. A route is reachable only as a ``Route``, so none can forget to say who may call it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiohttp import web

    from service.http.routes import Route

_SLASH: Final = "\udc2f"
"""Half a character: no path that is read can hold it."""
_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Table:
    """Routes by path: one dictionary look-up for a path without variables, a short list of patterns for the rest.

    aiohttp's own application and router cost a fifth of a bare request; its low-level server does not need them.
    """

    exact: Mapping[str, Mapping[str, Route]]
    patterns: tuple[tuple[re.Pattern[str], Mapping[str, Route]], ...]

    def find(self, request: web.BaseRequest) -> tuple[Route, Mapping[str, str]]:
        """The route and the variable parts of its path. Raises ``Problem``: 404 or 405."""
        if (methods := self.exact.get(request.raw_path)) is not None:
            return _by_method(methods, request.method), _NOTHING
        path = _read(request)
        if (methods := self.exact.get(path)) is not None:
            return _by_method(methods, request.method), _NOTHING
        for pattern, methods in self.patterns:
            if match := pattern.fullmatch(path):
                found = {name: value.replace(_SLASH, "/") for name, value in match.groupdict().items()}
                return _by_method(methods, request.method), found
        raise Problem("not-found")


def table(routes: Iterable[Route]) -> Table:
    """The table of ``routes``. Raises ``ValueError`` when two of them answer the same method and path."""
    by_path: dict[str, dict[str, Route]] = {}
    for one in routes:
        methods = by_path.setdefault(one.path, {})
        if one.method in methods:
            raise ValueError(f"{one.method} {one.path} is declared twice")
        methods[one.method] = one
    exact = {path: methods for path, methods in by_path.items() if "{" not in path}
    patterns = [(_pattern(path), methods) for path, methods in by_path.items() if "{" in path]
    return Table(exact, tuple(patterns))


def _read(request: web.BaseRequest) -> str:
    """The path with its escapes read; a slash that was escaped parts nothing, and stands as ``_SLASH``."""
    raw = request.rel_url.raw_path
    if "%2f" not in raw.lower():
        return request.path
    try:
        return "/".join(unquote(part, errors="strict").replace("/", _SLASH) for part in raw.split("/"))
    except UnicodeDecodeError:
        raise Problem("not-found") from None


def _pattern(path: str) -> re.Pattern[str]:
    parts = [f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in path.split("/")]
    return re.compile("/".join(parts))


def _by_method(methods: Mapping[str, Route], method: str) -> Route:
    found = methods.get("GET" if method == "HEAD" else method)
    if found is None:
        allow = ", ".join(sorted({*methods, *(("HEAD",) if "GET" in methods else ())}))
        raise Problem("method-not-allowed", context={"allow": allow}, headers={"Allow": allow})
    return found
