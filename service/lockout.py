"""How long somebody who failed to sign in has to wait. In memory and per process: a brake, and bounded.

Failures are counted for the account together with where they come from. A device that signed in before is its own
place; all others are counted by their address, and for the account together besides, as a crowd. So nobody can keep
the owner out by failing in the owner's name: the owner's device is not in the crowd.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 65_536
"""Places remembered; the one that failed longest ago is forgotten first."""
_FORGET: Final = 3600.0
_NETWORK: Final = 64


class Patience(NamedTuple):
    """So many failures cost nothing; then the wait doubles from one second up to ``longest``."""

    free: int
    longest: float


ONE: Final = Patience(5, 900.0)
CROWD: Final = Patience(20, 60.0)


class Place(NamedTuple):
    """What failures are counted for."""

    tenant: str
    name: str
    of: str
    patience: Patience


class Delayed(Exception):
    """Too many failures; ``seconds`` are left to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.seconds = seconds


@dataclass(slots=True)
class _Tally:
    failures: int
    free_at: float
    last: float


class Delays:
    """Keeps the failures of one process."""

    def __init__(self, *, clock: Callable[[], float], most: int = MOST) -> None:
        self._clock, self._most = clock, most
        self._tallies: OrderedDict[Place, _Tally] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tallies)

    def admit(self, places: tuple[Place, ...]) -> None:
        """Lets an attempt through, counted as failed: many at once are no way around. Raises ``Delayed``."""
        now = self._clock()
        wait = max((self._wait(place, now) for place in places), default=0.0)
        if wait > 0:
            raise Delayed(max(1, ceil(wait)))
        for place in places:
            self._count(place, now)

    def succeeded(self, places: tuple[Place, ...]) -> None:
        """The attempt was good: its own place is forgiven; the crowd only loses what it was counted for."""
        for place in places:
            tally = self._tallies.get(place)
            if tally is None:
                continue
            if place.patience is ONE or tally.failures <= 1:
                del self._tallies[place]
            else:
                tally.failures -= 1
                tally.free_at = tally.last

    def _wait(self, place: Place, now: float) -> float:
        tally = self._tallies.get(place)
        if tally is None:
            return 0.0
        if now - tally.last > _FORGET:
            del self._tallies[place]
            return 0.0
        return tally.free_at - now

    def _count(self, place: Place, now: float) -> None:
        tally = self._tallies.setdefault(place, _Tally(0, now, now))
        tally.failures += 1
        tally.last = now
        over = tally.failures - place.patience.free
        if over >= 0:
            tally.free_at = now + min(2.0 ** min(over, 30), place.patience.longest)
        self._tallies.move_to_end(place)
        if len(self._tallies) > self._most:
            self._tallies.popitem(last=False)


def places(tenant: str, name: str, *, address: str, device: str | None) -> tuple[Place, ...]:
    """What an attempt is counted for. ``device`` is the mark of one that signed in to this account before."""
    if device is not None:
        return (Place(tenant, name, f"device {device}", ONE),)
    return Place(tenant, name, _network(address), ONE), Place(tenant, name, "", CROWD)


def _network(address: str) -> str:
    """Who has one IPv6 address has 2⁶⁴ of them."""
    try:
        told = ip_address(address)
    except ValueError:
        return address
    if isinstance(told, IPv6Address) and told.ipv4_mapped is None:
        return f"{int(told) >> (128 - _NETWORK):x}/64"
    return str(told)
