"""Receivers of notices: create, list, end, renew the secret, see what was sent, send again what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson
from yarl import URL

from service.acts import NOTICE_REPLAYED, WEBHOOK_CREATED, WEBHOOK_ROTATED, Act
from service.ids import later, new_id
from service.notices import KINDS, shown, signing_key
from service.notify import end
from service.outbound import allowed
from service.ports import Write
from service.store import notice_statements as statements
from service.store.notice_reads import Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.ledger import Ledger
    from service.ports import Visit
    from service.secret import Secret
    from service.store.notice_reads import Delivery, Notices

MOST: Final = 20
"""So many receivers a tenant may have at a time."""
SHOWN: Final = 200
URL_CHARS: Final = 2000
LAST: Final = "~"
"""Sorts behind every id of a notice."""


class UrlRefused(ValueError):
    """Nothing is sent to this address. ``why`` is ``url``, ``https``, ``userinfo``, ``fragment`` or ``address``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooMany(Exception):
    """The tenant has as many receivers as it may have."""


class Absent(LookupError):
    """The tenant has no such receiver, or no such delivery."""


class NotDead(Exception):
    """Only what was given up is sent again. ``state`` is what the delivery is instead, or ``ended`` the receiver."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Made(NamedTuple):
    """A receiver, and its signing secret as it is shown to its owner (``whsec_…``)."""

    webhook: Webhook
    secret: str


AT_ONCE_SECONDS: Final = 60
"""A secret that is asked to be renewed within so many seconds of the last time is not renewed twice."""


class Webhooks:
    """The receivers of all tenants. ``private`` allows http and addresses inside one's own network."""

    def __init__(self, ledger: Ledger, notices: Notices, secret: Secret, *, private: bool = False) -> None:
        self._ledger, self._notices, self._secret, self._private = ledger, notices, secret, private

    async def create(self, tenant: str, url: str, *, by: str, kinds: Sequence[str] = ()) -> Made:
        """A new receiver of these kinds of notices, or of all. Raises ``UrlRefused``, ``TooMany``, ``ValueError``."""
        url = str(checked(url, private=self._private))
        if unknown := set(kinds) - set(KINDS):
            raise ValueError(f"unknown kinds: {', '.join(sorted(unknown))}; expected some of {', '.join(KINDS)}")
        asked, id_ = tuple(dict.fromkeys(kinds)), new_id()

        def work(visit: Visit) -> Webhook:
            [(alive,)] = visit.rows(statements.WEBHOOKS_ALIVE, tenant)
            if alive >= MOST:
                raise TooMany
            row = (id_, tenant, url, orjson.dumps(asked).decode(), visit.at)
            act = Act(WEBHOOK_CREATED, id_, tenant, {"by": by, "kinds": list(asked)})
            visit.record(act, Write(statements.INSERT_WEBHOOK, row))
            return Webhook(id_, tenant, url, asked, 1, None, visit.at, None)

        return self._made(await self._ledger.visit(work))

    async def listed(self, tenant: str) -> list[Webhook]:
        """The receivers of a tenant, ended ones last."""
        return await self._notices.webhooks(tenant, limit=SHOWN)

    async def end(self, tenant: str, webhook_id: str, *, by: str) -> None:
        """Sends nothing more to a receiver. Raises ``Absent``, also for one that has ended."""

        def work(visit: Visit) -> None:
            if not end(visit, webhook_id, tenant, by=by):
                raise Absent(webhook_id)

        await self._ledger.visit(work)

    async def rotate(self, tenant: str, webhook_id: str, *, by: str) -> Made:
        """A new signing secret; for a day notices are signed with the old one too. Raises ``Absent``.

        Asked again at once it is the same: the old one, which the receiver still has, would count no longer.
        After a clock that went back it is a new one.
        """

        def work(visit: Visit) -> None:
            standing = visit.rows(statements.WEBHOOK_STANDS, webhook_id, tenant)
            if not standing:
                raise Absent(webhook_id)
            rotation, rotated_at = standing[0]
            if rotated_at is not None and rotated_at <= visit.at < later(rotated_at, AT_ONCE_SECONDS):
                return
            act = Act(WEBHOOK_ROTATED, webhook_id, tenant, {"by": by, "rotation": rotation + 1})
            visit.record(act, Write(statements.ROTATE_WEBHOOK, (visit.at, webhook_id)))

        await self._ledger.visit(work)
        webhook = await self._notices.webhook(tenant, webhook_id)
        assert webhook is not None
        return self._made(webhook)

    async def deliveries(
        self, tenant: str, webhook_id: str, *, state: str = "", before: str = LAST, limit: int = 50
    ) -> list[Delivery]:
        """What was or is to be sent to a receiver, newest first; ``before`` is a notice's id. Raises ``Absent``."""
        if await self._notices.webhook(tenant, webhook_id) is None:
            raise Absent(webhook_id)
        return await self._notices.deliveries(webhook_id, state=state, before=before, limit=limit)

    async def replay(self, tenant: str, notice: str, webhook_id: str, *, by: str) -> Delivery:
        """Sends again what was given up, as if it were new. Raises ``Absent`` and ``NotDead``."""

        def work(visit: Visit) -> None:
            found = visit.rows(statements.DELIVERY, notice, webhook_id, tenant)
            if not found:
                raise Absent(notice)
            if (state := found[0][4]) != "dead":
                raise NotDead(state)
            if not visit.rows(statements.WEBHOOK_STANDS, webhook_id, tenant):
                raise NotDead("ended")
            act = Act(NOTICE_REPLAYED, notice, tenant, {"by": by, "webhook": webhook_id})
            visit.record(act, Write(statements.REPLAYED, (visit.at, notice, webhook_id)))

        await self._ledger.visit(work)
        delivery = await self._notices.delivery(tenant, notice, webhook_id)
        assert delivery is not None
        return delivery

    def _made(self, webhook: Webhook) -> Made:
        return Made(webhook, shown(signing_key(self._secret, webhook.id, webhook.rotation)))


def checked(url: str, *, private: bool) -> URL:
    """The address of a receiver, in its usual writing. A name is not asked for here, but when something is sent to it.

    Raises ``UrlRefused``.
    """
    try:
        found = URL(url)
        shape = len(url) <= URL_CHARS and url.isprintable() and found.host and found.port
    except ValueError:
        shape = None
    if not shape or found.scheme not in {"http", "https"}:
        raise UrlRefused("url")
    if found.scheme != "https" and not private:
        raise UrlRefused("https")
    if found.user is not None or found.password is not None:
        raise UrlRefused("userinfo")
    if found.fragment:
        raise UrlRefused("fragment")
    host = found.host or ""
    if _numeric(host) and not allowed(host, private=private):
        raise UrlRefused("address")
    return found


def _numeric(host: str) -> bool:
    """Whether a host is an address, however oddly it is written; no public name ends in a number."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last[:2].lower() == "0x"
