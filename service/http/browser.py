"""What browsers bring: cookies, and whether a request comes from a page of this service. Keys need none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from service.http.problems import Problem

if TYPE_CHECKING:
    from aiohttp import web

    from service.keys import Caller
    from service.sessions import Sessions

SESSION: Final = "__Host-qingliu"
DEVICE: Final = "__Host-qingliu-device"
TOKEN: Final = "X-CSRF-Token"  # noqa: S105 - the name of a header
_KEPT: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
_A_YEAR: Final = 365 * 24 * 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})


async def signed_in(request: web.BaseRequest, sessions: Sessions) -> Caller | None:
    """Who is signed in. Raises ``Problem`` (403) for a change that no page of this service asks for."""
    secret = cookie(request, SESSION)
    caller = await sessions.caller(secret) if secret else None
    if caller is not None and request.method not in _SAFE:
        check_origin(request)
        _check_token(request, sessions, caller)
    return caller


def check_origin(request: web.BaseRequest) -> None:
    """Raises ``Problem`` for a change that a browser says another site's page asks for."""
    if request.method in _SAFE:
        return
    headers = request.headers
    if headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Problem("csrf")
    origin = headers.get("Origin")
    if origin is not None and not _is_own(origin, headers.get("Host", "")):
        raise Problem("csrf")


def check_socket(request: web.BaseRequest) -> None:
    """Raises ``Problem`` for a WebSocket that a browser opens with its cookies for another site's page.

    To open one is a mere read to browsers, which ask nobody before they do it; so they must say where they come from.
    """
    headers = request.headers
    if headers.get("Sec-Fetch-Site", "same-origin") not in _OWN_SITES:
        raise Problem("csrf")
    if not _is_own(headers.get("Origin", ""), headers.get("Host", "")):
        raise Problem("csrf")


def _is_own(origin: str, host: str) -> bool:
    """Whether a page's origin is this service. The scheme is not compared: who ends TLS in front of it knows that."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def _check_token(request: web.BaseRequest, sessions: Sessions, caller: Caller) -> None:
    if not sessions.is_own(caller, request.headers.get(TOKEN, "")):
        raise Problem("csrf")


def cookie(request: web.BaseRequest, name: str) -> str:
    """The value of a cookie; empty when it was not sent."""
    for pair in request.headers.get("Cookie", "").split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            return value
    return ""


def session_cookies(secret: str, device: str, *, life: float) -> tuple[str, str]:
    """What a browser is told to keep of a session, and of having signed in here."""
    return (
        f"{SESSION}={secret}; Max-Age={int(life)}; {_KEPT}",
        f"{DEVICE}={device}; Max-Age={_A_YEAR}; {_KEPT}",
    )


def no_session() -> tuple[str]:
    """What makes a browser forget its session."""
    return (f"{SESSION}=; Max-Age=0; {_KEPT}",)


def address_of(request: web.BaseRequest, *, proxies: int) -> str:
    """Where a client is; behind so many proxies of the house, what the outermost of them says."""
    if proxies:
        told = [one.strip() for line in request.headers.getall("X-Forwarded-For", ()) for one in line.split(",")]
        if len(told) >= proxies:
            return told[-proxies][:64]
    return request.remote or ""
