"""A relay to be killed: it sends what is due and, with ``--write``, files one notice after another and prints its id.

A notice is printed once it is on disk. ``--forget`` is the sabotage: what is sent is marked as delivered before.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from service.acts import NOTICE_DELIVERED, Act
from service.ids import new_id
from service.ledger import Ledger
from service.notices import Schedule
from service.notify import Relay
from service.outbound import Sender, Timing
from service.ports import Write
from service.secret import open_secret
from service.settings import Settings
from service.store import db, notice_statements
from service.store.journal import SqliteJournal
from service.store.notice_reads import Notices

NOTICE = "INSERT INTO notices (id, tenant, kind, subject, facts, at) VALUES (?, ?, ?, ?, ?, ?)"
DELIVERY = "INSERT INTO deliveries (notice, webhook, state, attempts, next_at) VALUES (?, ?, 'waiting', 0, ?)"
SOON = Schedule(delays=(0.05, 0.1, 0.2), jitter=0.1)


async def write_notice(ledger, webhooks, *, kind="decision.human", facts=b"{}"):
    """Files a notice to these receivers as a decision would; its id."""
    id_, tenant = new_id(), "shop"

    def work(visit):
        visit.record(
            Act("notice.opened", id_, tenant),
            Write(NOTICE, (id_, tenant, kind, "c1", facts, visit.at)),
            *(Write(DELIVERY, (id_, webhook, visit.at)) for webhook in webhooks),
        )

    await ledger.visit(work)
    return id_


class Forgetful(Relay):
    """The sabotage: a notice counts as delivered as soon as it is on its way."""

    async def _attempt(self, webhook, due):
        row = (204, due.began, due.notice, webhook)
        act = Act(NOTICE_DELIVERED, due.notice, due.tenant)
        await self._ledger.visit(lambda visit: visit.record(act, Write(notice_statements.DELIVERED, row)))
        await super()._attempt(webhook, due)


async def main(data, webhook, *options):
    """Without the rest of the service: a process that has to be killed a hundred times must start at once."""
    settings = Settings(data=Path(data))
    ledger = Ledger(await SqliteJournal.opened(settings.database, busy_timeout=5))
    ledger.start()
    notices = Notices(await db.open_reader(settings.database, busy_timeout=5))
    kind = Forgetful if "--forget" in options else Relay
    sender = Sender(private=True, timing=Timing(connect=1, whole=1))
    relay = kind(notices, ledger, open_secret(settings), sender, schedule=SOON)
    relay.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if "--write" in options:
            sys.stdout.write(await write_notice(ledger, [webhook]) + "\n")
            sys.stdout.flush()
        await asyncio.sleep(0.01)
