"""What was ended after a backup was made: keys, people and receivers of notices end again when it is restored.

Only what takes rights away is carried over: whoever restores because somebody made themselves at home does not bring
their roles and passwords along. Who has another role or password by now is named instead. All sessions end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.accounts import Change, changed, end_sessions
from service.acts import KEY_REVOKED, Act
from service.notify import end
from service.ports import Write
from service.store import people_statements as sql
from service.store.statements import REVOKE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from service.ports import Visit

    Rows = Callable[..., list[tuple[Any, ...]]]


class Ended(NamedTuple):
    """What stands no more, and by which role and password whom is known, by tenant and id."""

    keys: list[str]
    people: list[tuple[str, str]]
    receivers: list[tuple[str, str]]
    known: dict[tuple[str, str], tuple[str, str]]


class EndedAgain(NamedTuple):
    """How much a restore ended anew, and whose role or password has changed since the backup (``tenant/name``)."""

    keys: int
    people: int
    receivers: int
    others: list[str]


def ended(rows: Rows) -> Ended:
    """What was ended until now. Reads."""
    found = rows(sql.ACCOUNTS)
    return Ended(
        [key for (key,) in rows(sql.KEYS_REVOKED)],
        [(tenant, user) for tenant, user, _, _, _, disabled in found if disabled],
        [(tenant, webhook) for webhook, tenant in rows(sql.RECEIVERS_ENDED)],
        {(tenant, user): (role, password) for tenant, user, _, role, password, _ in found},
    )


def end_again(visit: Visit, gone: Ended, *, by: str) -> EndedAgain:
    """Ends what stands in a backup and was ended after it was made."""
    standing = [(key, tenant) for key in gone.keys for (tenant,) in visit.rows(sql.KEY_TENANT, key, None)]
    for key, tenant in standing:
        visit.record(Act(KEY_REVOKED, key, tenant, {"by": by}), Write(REVOKE_KEY, (visit.at, key)))
    here = {(tenant, user): told for tenant, user, *told in visit.rows(sql.ACCOUNTS)}
    people = [one for one in gone.people if one in here and not here[one][-1]]
    for one in people:
        changed(visit, one, Change(disabled=True), "", by=by, even_last=True)
    receivers = sum(end(visit, webhook, tenant, by=by) for tenant, webhook in gone.receivers)
    others = [
        f"{one[0]}/{name}"
        for one, (name, role, password, off) in here.items()
        if not off and one not in people and gone.known.get(one, (role, password)) != (role, password)
    ]
    return EndedAgain(len(standing), len(people), receivers, others)


def end_all_sessions(visit: Visit) -> None:
    """Has everybody sign in anew: who signed out after a backup was made is signed in there."""
    for tenant, user in visit.rows(sql.SIGNED_IN):
        end_sessions(visit, tenant, user, why="restored")
