"""What a handler gets: the request, who calls, and the service's parts. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from service.http.language import language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from moderation.reasons import Language
    from service.http.seen import Looks
    from service.http.stream import Streams
    from service.http.wire import Limits
    from service.keys import Caller
    from service.metrics import Metrics
    from service.moderate import Moderation
    from service.settings import Settings
    from service.wiring import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Flat, because the hot path walks through it on every request."""

    service: Service
    settings: Settings
    moderation: Moderation
    metrics: Metrics
    limits: Limits
    streams: Streams
    """The WebSockets that are open."""
    looks: Looks
    """Who looked at texts."""
    document: bytes
    """The OpenAPI document, made once."""
    version: str
    """The program's."""


@dataclass(slots=True)
class Asked:
    """One request on its way. ``caller`` is there on every route that needs a key."""

    request: web.BaseRequest
    serving: Serving
    found: Mapping[str, str]
    """The variable parts of the path."""
    caller: Caller | None = None
    shown: str = ""
    """The id of what the answer shows, where the query names it and not the path."""
    textless: bool = False
    """Whether this answer of a route that shows texts holds none."""

    @property
    def who(self) -> Caller:
        """Who calls. The frame lets nobody through to a route with a key who has none."""
        assert self.caller is not None
        return self.caller

    @property
    def lang(self) -> Language:
        """The language to answer in."""
        return lang_of(self.request)


def lang_of(request: web.BaseRequest) -> Language:
    """The language that a client reads."""
    return _language(request.headers.get("Accept-Language"))


@lru_cache(maxsize=256)
def _language(accept: str | None) -> Language:
    return language(accept)
