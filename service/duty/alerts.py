"""Alerts: what people must know of soon, told once each; and the watch over proofs and certificates that run out.

Whoever finds something raises it inside the transaction that shows it: ``raise_alert``. The same occasion (its mark) is
raised once, whoever finds it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from moderation.types import SHANGHAI
from service.acts import ALERT_ACKNOWLEDGED, ALERT_RAISED, ENDING_TOLD, Act, canonical
from service.duty.products import WARNED
from service.duty.proofs import LAST
from service.ids import from_stamp, new_id
from service.ports import Write
from service.review import notices
from service.store import duty_statements as sql
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiosqlite

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Visit

_ENDING, _EXPIRED = 1, 2
_PROOFS: Final = {_ENDING: "proof.ending", _EXPIRED: "proof.expired"}
_CERTIFICATES: Final = {_ENDING: "certificate.ending", _EXPIRED: "certificate.expired"}
SWEEP_SECONDS: Final = 30.0
AT_ONCE: Final = 100
"""So many endings are announced in one visit: everybody's next commit waits for it."""
MOST_COUNTED: Final = 99


class Occasion(NamedTuple):
    """What is to be raised. ``facts`` are ids, codes and integers, never text."""

    kind: str
    subject: str
    mark: str
    facts: Mapping[str, object] = {}


class Alert(NamedTuple):
    """An alert as it stands. Times are RFC 3339 UTC; ``name`` is that of who acknowledged it."""

    id: str
    kind: str
    subject: str
    facts: Mapping[str, Any]
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    name: str | None


class NoAlert(LookupError):
    """An alert that the tenant does not have."""


def raise_alert(visit: Visit, tenant: str, occasion: Occasion) -> str | None:
    """Raises an alert and tells receivers; gives its id, or ``None`` where the occasion was raised before."""
    kind, subject, mark, facts = occasion
    if visit.rows(sql.ALERT_KNOWN, tenant, kind, subject, mark):
        return None
    id_ = new_id()
    row = (id_, tenant, kind, subject, mark, canonical(facts), visit.at)
    told = {**facts, "kind": kind, "subject": subject}
    visit.record(Act(ALERT_RAISED, id_, tenant, {**told, "mark": mark}), Write(sql.INSERT_ALERT, row))
    notices.tell(visit, Act(ALERT_RAISED, id_, tenant, {"alert": id_, "facts": dict(facts), **told}), wait=0)
    return id_


class Alerts:
    """Keeps its ways to the database."""

    def __init__(self, ledger: Ledger, connection: aiosqlite.Connection) -> None:
        self._ledger, self._connection = ledger, connection

    async def listed(self, tenant: str, *, open_only: bool, before: tuple[str, str] = LAST, limit: int) -> list[Alert]:
        """The alerts of a tenant, newest first; ``before`` is time and id of the last one seen."""
        statement = sql.ALERTS_OPEN if open_only else sql.ALERTS
        rows = await self._connection.execute_fetchall(statement, (tenant, *before, limit))
        return [_alert(*row) for row in rows]

    async def one(self, tenant: str, alert: str) -> Alert | None:
        """One alert of a tenant."""
        rows = await self._connection.execute_fetchall(sql.ALERT, (alert, tenant))
        return next((_alert(*row) for row in rows), None)

    async def open(self, tenant: str) -> int:
        """How many nobody has acknowledged, counted up to ``MOST_COUNTED``."""
        rows = await self._connection.execute_fetchall(sql.ALERTS_COUNT, (tenant, MOST_COUNTED))
        return next((int(count) for (count,) in rows), 0)

    async def acknowledge(self, caller: Caller, alert: str) -> None:
        """Somebody has seen it. Again, or by another, it changes nothing. Raises ``NoAlert``."""

        def work(visit: Visit) -> None:
            rows = visit.rows(sql.ALERT_STATE, alert, caller.tenant)
            if not rows:
                raise NoAlert(alert)
            if rows[0][0] is None:
                act = Act(ALERT_ACKNOWLEDGED, alert, caller.tenant, {"by": caller.id})
                visit.record(act, Write(sql.ACKNOWLEDGE_ALERT, (visit.at, caller.id, alert, caller.tenant)))

        await self._ledger.visit(work)

    async def watch(self) -> None:
        """Announces for ever what ends soon or has ended."""
        await forever(self._sweep_all, rest=SWEEP_SECONDS, failing="endings not announced", at_once=True)

    async def sweep(self) -> int:
        """Announces proofs and certificates that end within 30 days, and those that ended; gives how many."""
        return await self._ledger.visit(_announce)

    async def _sweep_all(self) -> None:
        while await self.sweep() >= AT_ONCE:
            pass


def _announce(visit: Visit) -> int:
    today = from_stamp(visit.at).astimezone(SHANGHAI).date()
    day = today.isoformat()
    bounds = ((today + WARNED).isoformat(), day, AT_ONCE)
    proofs = visit.rows(sql.PROOFS_ENDING, *bounds)
    for proof, tenant, valid_to in proofs:
        told = _EXPIRED if valid_to < day else _ENDING
        occasion = Occasion(_PROOFS[told], proof, valid_to, {"valid_to": valid_to})
        raise_alert(visit, tenant, occasion)
        visit.record(Act(ENDING_TOLD, proof, tenant, {"told": told}), Write(sql.TELL_PROOF, (told, proof)))
    certificates = visit.rows(sql.CERTIFICATES_ENDING, *bounds)
    for certificate, tenant, product, kind, valid_to in certificates:
        told = _EXPIRED if valid_to < day else _ENDING
        facts = {"certificate_kind": kind, "valid_to": valid_to}
        # A product that is filed anew has new certificates: the same end is announced once.
        raise_alert(visit, tenant, Occasion(_CERTIFICATES[told], product, f"{kind}/{valid_to}", facts))
        act = Act(ENDING_TOLD, certificate, tenant, {"told": told})
        visit.record(act, Write(sql.TELL_CERTIFICATE, (told, certificate)))
    return len(proofs) + len(certificates)


def _alert(*row: Any) -> Alert:
    id_, kind, subject, facts, *rest = row
    return Alert(id_, kind, subject, orjson.loads(facts), *rest)
