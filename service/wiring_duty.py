"""Opens what a live show owes: proofs, products, scripts, shows, alerts, and what binds them to contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.duty.alerts import Alerts
from service.duty.binding import Binding
from service.duty.patrol import Patrol
from service.duty.products import Products
from service.duty.proofs import Proofs
from service.duty.scripts import Scripts
from service.duty.shows import Shows

if TYPE_CHECKING:
    import aiosqlite

    from service.chamber import Chamber
    from service.ledger import Ledger
    from service.live.rooms import Rooms
    from service.ports import Expert
    from service.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """The parts, each with its own ways to the database."""

    proofs: Proofs
    products: Products
    scripts: Scripts
    shows: Shows
    alerts: Alerts
    binding: Binding
    patrol: Patrol


def open_duties(
    ledger: Ledger,
    connection: aiosqlite.Connection,
    *,
    rules: Rules,
    hearing: Expert | None,
    chamber: Chamber,
) -> Duties:
    """All of them over one connection that only reads; whoever opened it closes it."""
    proofs, products, shows = Proofs(ledger, connection), Products(ledger, connection), Shows(ledger, connection)
    scripts = Scripts(
        ledger, connection, rules=rules, hearing=hearing, products=products, proofs=proofs, chamber=chamber
    )
    binding = Binding(rules=rules, proofs=proofs, products=products, scripts=scripts, shows=shows)
    return Duties(
        proofs=proofs,
        products=products,
        scripts=scripts,
        shows=shows,
        alerts=Alerts(ledger, connection),
        binding=binding,
        patrol=Patrol(rules, binding),
    )


async def join_rooms(duties: Duties, rooms: Rooms) -> None:
    """Has what is said in rooms judged with what is on file, and watched."""
    await duties.binding.prime()
    duties.patrol.lane = rooms.lane
    rooms.turns.introduce.append(duties.binding.introduce)
    rooms.turns.follow.append(duties.patrol.follow)

    async def begin(tenant: str, room: str) -> None:
        duties.patrol.forget(tenant, room)
        await duties.binding.read(tenant, room)

    rooms.turns.begin = begin
