"""What receivers are told: the notice and its deliveries, written in the transaction of what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.acts import NOTICE_CANCELLED, NOTICE_OPENED, Act, canonical
from service.ids import later
from service.ports import Write
from service.store import desk_statements as desk

if TYPE_CHECKING:
    from service.ports import Visit


def tell(visit: Visit, told: Act, *, wait: float) -> None:
    """Opens the notice of a decision for every living webhook of its tenant that wants the kind.

    ``told`` has the kind and the decision's id, which the notice bears too; its facts are ids, codes and numbers, never
    text. Deliveries may begin ``wait`` seconds later.
    """
    kind, decision, tenant, facts = told
    visit.record(
        Act(NOTICE_OPENED, decision, tenant, {"kind": kind}),
        Write(desk.INSERT_NOTICE, (decision, tenant, kind, decision, canonical(facts), visit.at)),
        Write(desk.INSERT_DELIVERIES, (decision, later(visit.at, wait), tenant, kind), must_change=False),
    )


def cancel(visit: Visit, tenant: str, decision: str) -> None:
    """Has nobody told of a decision who has not been told yet."""
    visit.record(
        Act(NOTICE_CANCELLED, decision, tenant),
        Write(desk.CANCEL_DELIVERIES, (visit.at, decision), must_change=False),
    )
