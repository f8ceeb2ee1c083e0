"""Sends what the service says to addresses that others chose. Connected to is the very address that was checked.

A name is asked for once an attempt; its answers are checked, and the socket of each is checked again when it is made.
So it helps nobody that a name means something else a moment later, or that an address is written in a strange way.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 15.0
MOST_READ: Final = 64 * 1024
"""So much of an answer is read; nothing in it matters but its status."""
_LOOKUPS: Final = 64
"""Names asked for at once: a name server that hangs holds one thread a name."""
_REDIRECTS: Final = range(300, 400)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL: Final = IPv6Network("2000::/3")
_SPECIAL: Final = (IPv6Network("2001::/23"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
_NEVER: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.100.100.200/32"),
    IPv4Network("168.63.129.16/32"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("240.0.0.0/4"),
)
"""What answers for a machine's own metadata, and what is nobody's: refused even where private receivers are allowed."""
_NEVER_6: Final = (IPv6Network("fe80::/10"), IPv6Network("fd00:ec2::/32"), IPv6Network("::/128"))


class AddressRefused(OSError):
    """An address that nothing is sent to."""

    def __init__(self, address: str) -> None:
        super().__init__(errno.EACCES, f"{address} is not an address to send to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a receiver may take, in seconds."""

    connect: float = CONNECT_SECONDS
    whole: float = WHOLE_SECONDS


class Answered(NamedTuple):
    """What came of one attempt: the status, or why there is none, as a machine code.

    Codes: ``refused_address``, ``dns``, ``connect``, ``tls``, ``timeout``, ``redirect``, ``status``, ``broken``; empty
    for an answer of 2xx.
    """

    status: int | None
    error: str = ""


def allowed(address: str, *, private: bool = False) -> bool:
    """Whether something may be sent to an address. ``private`` allows loopback and private networks, never metadata."""
    try:
        ip = _plain(ip_address(address))
    except ValueError:
        return False
    if ip.is_multicast:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _NEVER) and (private or ip.is_global)
    if any(ip in network for network in _NEVER_6):
        return False
    if private and (ip.is_loopback or ip.is_private):
        return True
    return ip in _GLOBAL and ip.is_global and not any(ip in network for network in _SPECIAL)


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


class _Checked(AbstractResolver):
    """Names to addresses, in threads of its own, each name asked for once at a time; only what is allowed comes out."""

    def __init__(self, lookup: Callable[[str, int], list[tuple[Any, ...]]], *, private: bool) -> None:
        self._lookup, self._private = lookup, private
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="names")
        self._asked: dict[tuple[str, int], asyncio.Future[list[tuple[Any, ...]]]] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the signature is aiohttp's
    ) -> list[ResolveResult]:
        """See ``AbstractResolver``. A name that stands for one refused address is refused as a whole."""
        found = await asyncio.shield(self._asking(host, port))
        results = []
        for kind, _, proto, _, place in found:
            if not allowed(place[0], private=self._private):
                raise AddressRefused(place[0])
            results.append(
                ResolveResult(
                    hostname=host, host=place[0], port=place[1], family=kind, proto=proto, flags=socket.AI_NUMERICHOST
                )
            )
        return results

    def _asking(self, host: str, port: int) -> asyncio.Future[list[tuple[Any, ...]]]:
        asking = self._asked.get((host, port))
        if asking is None:
            loop = asyncio.get_running_loop()
            asking = self._asked[host, port] = loop.run_in_executor(self._threads, self._ask, host, port)
            asking.add_done_callback(lambda done: self._told(host, port, done))
        return asking

    def _told(self, host: str, port: int, done: asyncio.Future[list[tuple[Any, ...]]]) -> None:
        del self._asked[host, port]
        if not done.cancelled():
            done.exception()  # whoever asked may have left

    def _ask(self, host: str, port: int) -> list[tuple[Any, ...]]:
        try:
            return self._lookup(host, port)
        except UnicodeError as error:
            raise OSError(errno.EINVAL, "not a name") from error

    async def close(self) -> None:
        """See ``AbstractResolver``. A name server that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def looked_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """What the system knows of a name, as ``socket.getaddrinfo`` gives it. Raises ``OSError``."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class Sender:
    """Keeps what is needed to send; use it inside the event loop, and close it there.

    ``plain`` allows http, by default where ``private`` does. ``lookup`` and ``trust`` are for tests: where names are
    asked for, and whose certificates count.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        plain: bool | None = None,
        timing: Timing | None = None,
        lookup: Callable[[str, int], list[tuple[Any, ...]]] = looked_up,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        timing = timing or Timing()
        self._private, self._plain = private, private if plain is None else plain
        connector = aiohttp.TCPConnector(
            resolver=_Checked(lookup, private=private),
            socket_factory=self._socket,
            ssl=trust or True,
            use_dns_cache=False,
            force_close=True,
            limit=0,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=timing.whole, connect=timing.connect, sock_connect=timing.connect),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": "qingliu", "Accept-Encoding": "identity"},
        )
        self._resolver = connector._resolver  # noqa: SLF001 - aiohttp closes only a resolver that it made

    async def close(self) -> None:
        """Ends every connection."""
        await self._session.close()
        await self._resolver.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """One attempt. Never raises: whatever a receiver does is an answer of some kind."""
        if not self._plain and not _is_https(url):
            return Answered(None, "refused_address")
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                status = response.status
                await _read_some(response)
                response.close()
        except Exception as error:  # noqa: BLE001 - a receiver chooses what goes wrong
            return Answered(None, _code(error))
        if status in _REDIRECTS:
            return Answered(status, "redirect")
        return Answered(status, "" if 200 <= status < 300 else "status")  # noqa: PLR2004 - 2xx

    def _socket(self, found: tuple[Any, ...]) -> socket.socket:
        """The last gate: no socket is made for an address that is not allowed."""
        family, kind, proto, _, place = found
        if not allowed(place[0], private=self._private):
            raise AddressRefused(place[0])
        return socket.socket(family=family, type=kind, proto=proto)


def _is_https(url: str) -> bool:
    """Whether it is, however it is written: aiohttp reads it with the same eyes."""
    try:
        return URL(url).scheme == "https"
    except ValueError:
        return False


async def _read_some(response: aiohttp.ClientResponse) -> None:
    left = MOST_READ
    while left > 0 and (piece := await response.content.read(left)):
        left -= len(piece)


def _code(error: Exception) -> str:
    """What went wrong, as one of few words."""
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, AddressRefused):
        return "refused_address"
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return "broken"


_CODES: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.InvalidURL, "refused_address"),
)
