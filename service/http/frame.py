"""Around every request: its id, caller and rate limit, errors as problems, one log line and the metrics."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from time import perf_counter, time
from typing import TYPE_CHECKING, Any, Final

import structlog

from service.http.browser import check_origin, signed_in
from service.http.console import refusal, shell, wants_page
from service.http.problems import CHALLENGE, Fault, Problem, forbidden
from service.http.serving import Asked, lang_of
from service.ledger import IdempotencyConflict, LedgerClosed, LedgerFull, LedgerUnwritable
from service.live.rooms import Crowded
from service.logs import where
from service.rights import Right
from service.rulebook.rehearsal import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiohttp import web

    from service.http.answer import Answer
    from service.http.console import Shell
    from service.http.dispatch import Table
    from service.http.rates import Rates
    from service.http.routes import Route
    from service.http.serving import Serving
    from service.keys import Caller, Keys
    from service.logs import AccessLog
    from service.sessions import Sessions

_PASSING: Final[dict[type[Exception], tuple[str, Mapping[str, str]]]] = {
    LedgerFull: ("busy", {"Retry-After": "1"}),
    LedgerClosed: ("unavailable", {"Retry-After": "5"}),
    LedgerUnwritable: ("unavailable", {"Retry-After": "5"}),
    IdempotencyConflict: ("idempotency-conflict", {}),
    Crowded: ("busy", {"Retry-After": "1"}),
    Busy: ("busy", {"Retry-After": "5"}),
}
"""What any handler may run into, as problems."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE: Final = 499
_SERVER_ERROR: Final = 500
_REFUSED: Final = 400


def _request_ids() -> Iterator[str]:
    """Ids that differ within a process and, by their prefix, between processes."""
    prefix = token_hex(4)
    return (f"{prefix}-{number:x}" for number in count())


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every handler. ``answer`` is what the server calls."""

    table: Table
    keys: Keys
    sessions: Sessions
    rates: Rates
    access: AccessLog
    serving: Serving
    _ids: Iterator[str] = field(default_factory=_request_ids, init=False)

    async def answer(self, request: web.BaseRequest) -> Answer | web.WebSocketResponse[Any]:
        """Answers one request; whatever goes wrong becomes a problem."""
        started = perf_counter()
        headers = request.headers
        request_id = headers.get("X-Request-Id")
        if request_id is None or not _REQUEST_ID.fullmatch(request_id):
            request_id = next(self._ids)
        path, status, caller, left = "unknown", _CLIENT_GONE, None, None
        try:
            try:
                route, found = self.table.find(request)
                path = route.path
                if route.policy is Right.OPEN:
                    check_origin(request)
                else:
                    caller = await self._caller(request)
                    _permit(caller, route.policy)
                    left = self.rates.spend(caller.id)
                    _unasked(route, request)
                asked = Asked(request, self.serving, found, caller)
                response = await route.answer(asked)
                if route.shows_texts and caller is not None and caller.session and response.status < _REFUSED:
                    await _noted(route, asked, caller)
            except (asyncio.CancelledError, ConnectionError):
                raise
            except Exception as error:  # noqa: BLE001 - every error has to become an answer
                response = await self._answer_to(error, request, request_id)
            status = response.status
            out = response.headers
            out["X-Request-Id"] = request_id
            if left is not None:
                out["RateLimit"] = left
            if caller is not None and "Authorization" not in headers:
                # That answers to ``Authorization`` are nobody else's every cache knows (RFC 9111 3.5), of ``X-API-Key``
                # and of cookies none does.
                out["Cache-Control"] = "no-store"
            if self.serving.streams.stopping:
                response.force_close()
            return response
        finally:
            method = request.method if request.method in _METHODS else "other"
            seconds = perf_counter() - started
            self.serving.metrics.answered(method, path, status, seconds)
            self.access.note(time(), method, path, status, seconds, request_id, caller)

    async def _caller(self, request: web.BaseRequest) -> Caller:
        """Who calls: by a key, or, where no key is sent, by a session. Raises ``Problem``: 401 or 403."""
        caller = await caller_of(request, self.keys, self.sessions)
        if caller is None:
            raise Problem("unauthorized", headers={"WWW-Authenticate": CHALLENGE})
        return caller

    async def _answer_to(self, error: Exception, request: web.BaseRequest, request_id: str) -> Answer:
        problem = _problem(error)
        if problem.status == _SERVER_ERROR:
            structlog.get_logger().error("request failed", request_id=request_id, **where(error))
        if wants_page(request):
            return refusal(problem, request, await self._looking(request))
        return problem.response(lang_of(request), request_id=request_id, instance=request.rel_url.raw_path)

    async def _looking(self, request: web.BaseRequest) -> Shell | None:
        """Who is signed in and sees a page that tells of a problem; nobody, where that cannot be told."""
        try:
            caller = await signed_in(request, self.sessions)
            return None if caller is None else await shell(Asked(request, self.serving, {}, caller))
        except Exception:  # noqa: BLE001 - the page has to tell of the first problem, whatever else is wrong
            return None


async def caller_of(request: web.BaseRequest, keys: Keys, sessions: Sessions) -> Caller | None:
    """Who calls, if anybody does. Raises ``Problem`` (403) for what no page of this service asks for."""
    secret = _secret(request.headers)
    if secret is None:
        return await signed_in(request, sessions)
    return await keys.caller(secret) if secret else None


def _permit(caller: Caller, policy: Right) -> None:
    if policy not in caller.rights:
        raise forbidden(policy)


def _unasked(route: Route, request: web.BaseRequest) -> None:
    """Refuses a query where none is read: who asks for a part, or a trial, must not be given, or do, the whole."""
    if route.shown and route.query is None and "?" in request.raw_path and request.query:
        raise Problem("invalid-query", faults=[Fault((name,), "extra_forbidden") for name in request.query])


async def _noted(route: Route, asked: Asked, caller: Caller) -> None:
    """Leaves the act of a look before the answer leaves. A WebSocket left it when it was opened; HEAD shows nothing."""
    if not asked.textless and not route.upgrades and asked.request.method != "HEAD":
        of = tuple(asked.found.values()) or ((asked.shown,) if asked.shown else ())
        await asked.serving.looks.note(caller, f"{route.method} {route.path}", of)


def _secret(headers: Mapping[str, str]) -> str | None:
    """The key that was sent: empty when it was sent wrongly, nothing when there is none and cookies may speak."""
    bearer = headers.get("Authorization")
    if bearer is None:
        return headers.get("X-API-Key")
    scheme, _, secret = bearer.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if known := _PASSING.get(type(error)):
        kind, headers = known
        return Problem(kind, headers=headers)
    return Problem("internal")
