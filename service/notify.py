"""The relay: takes what is due, sends it, and files what came of it. One receiver's slowness is nobody else's.

Each receiver for which something is due has a lane of its own, and lanes share nothing that fills up. A notice is
marked as delivered after the receiver said so; a process that dies in between sends it again, under the same id.
Notices about one subject are sent in the order in which they became due, and overtake each other where one has to be
tried again: a receiver that minds looks at ``timestamp``.
"""

from __future__ import annotations

import asyncio
import random
from time import monotonic
from typing import TYPE_CHECKING, Final

import orjson
import structlog

from service.acts import NOTICE_DEAD, NOTICE_DELIVERED, NOTICE_FAILED, WEBHOOK_ENDED, Act
from service.ids import now
from service.logs import where
from service.notices import Schedule, body_of, headers_of, keys_at
from service.ports import Write
from service.store import notice_statements as statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.ledger import Ledger
    from service.outbound import Answered, Sender
    from service.ports import Visit
    from service.secret import Secret
    from service.store.notice_reads import Due, Notices

LOOK_SECONDS: Final = 0.25
COUNT_SECONDS: Final = 10.0
REST_SECONDS: Final = 5.0
"""So long a lane rests after a failure of our own: what was sent and could not be filed must not be sent in a loop."""
AT_ONCE: Final = 8
"""Requests under way to one receiver; only one while its last answer was a failure."""
_GONE: Final = 410


class Relay:
    """Keeps the lanes. ``clock`` gives stamps, ``chance`` numbers from 0 to 1: tests move the one and fix the other."""

    def __init__(  # noqa: PLR0913 - its parts
        self,
        notices: Notices,
        ledger: Ledger,
        secret: Secret,
        sender: Sender,
        *,
        schedule: Schedule | None = None,
        clock: Callable[[], str] = now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._notices, self._ledger, self._secret, self._sender = notices, ledger, secret, sender
        self._schedule = schedule or Schedule()
        self._clock, self._chance = clock, chance
        self.waiting = self.dead = 0
        """Deliveries in the database, as counted last."""
        self.delivered = self.failed = 0
        """Attempts of this process, by how they ended."""
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._filing: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to send."""
        self._looking = asyncio.create_task(self._look(), name="relay")

    async def close(self) -> None:
        """Breaks off what is under way, files what came back; what was broken off is sent again at the next start."""
        running = [*([self._looking] if self._looking else []), *self._lanes.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*self._filing, return_exceptions=True)
        await self._sender.close()

    async def _look(self) -> None:
        counted = float("-inf")
        while True:
            try:
                if self._ledger.trouble is None:
                    for webhook in await self._notices.due_webhooks(self._clock()):
                        if webhook not in self._lanes:
                            self._open(webhook)
                if monotonic() - counted > COUNT_SECONDS:
                    self.waiting, self.dead = await self._notices.counts()
                    counted = monotonic()
            except Exception as error:  # noqa: BLE001 - whatever failed this time may work the next
                structlog.get_logger().error("notices cannot be looked for", **where(error))
                await asyncio.sleep(REST_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    def _open(self, webhook: str) -> None:
        lane = asyncio.create_task(self._serve(webhook), name=f"notices to {webhook}")
        self._lanes[webhook] = lane
        lane.add_done_callback(lambda _: self._lanes.pop(webhook))

    async def _serve(self, webhook: str) -> None:
        """Sends to one receiver until nothing is due."""
        under_way: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                width = 1 if webhook in self._failing else AT_ONCE
                due = await self._notices.due(webhook, self._clock(), limit=2 * AT_ONCE)
                for one in due:
                    if len(under_way) < width and one.notice not in under_way:
                        under_way[one.notice] = asyncio.create_task(self._attempt(webhook, one))
                if not under_way:
                    return
                done, _ = await asyncio.wait(
                    under_way.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                under_way = {notice: task for notice, task in under_way.items() if task not in done}
                await asyncio.gather(*done)
        except Exception as error:  # noqa: BLE001 - this lane rests, the others go on
            structlog.get_logger().error("notices cannot be filed", webhook=webhook, **where(error))
            await self._break_off(under_way)
            await asyncio.sleep(REST_SECONDS)
        finally:
            await self._break_off(under_way)

    @staticmethod
    async def _break_off(under_way: dict[str, asyncio.Task[None]]) -> None:
        for task in under_way.values():
            task.cancel()
        await asyncio.gather(*under_way.values(), return_exceptions=True)

    async def _attempt(self, webhook: str, due: Due) -> None:
        """Sends one notice and files what came of it. Cancelled after the answer came, it is filed all the same."""
        decision = orjson.loads(due.facts).get("decision")
        told = await self._notices.told(due.tenant, decision) if decision else None
        body = body_of(due.kind, due.at, due.facts, told)
        at = self._clock()
        keys = keys_at(self._secret, webhook, due.rotation, rotated_at=due.rotated_at, at=at)
        answered = await self._sender.post(due.url, body, headers_of(due.notice, body, at=at, keys=keys))
        if answered.error:
            self.failed += 1
            self._failing.add(webhook)
        else:
            self.delivered += 1
            self._failing.discard(webhook)
        filing = asyncio.create_task(self._file(webhook, due, answered))
        self._filing.add(filing)
        filing.add_done_callback(self._filing.discard)
        await asyncio.shield(filing)

    async def _file(self, webhook: str, due: Due, answered: Answered) -> None:
        at = self._clock()
        again = self._schedule.following(due.attempts + 1, began=due.began, at=at, chance=self._chance())
        if answered.status == _GONE:
            again = None
        await self._ledger.visit(lambda visit: _file(visit, webhook, due, answered, again))


def _file(visit: Visit, webhook: str, due: Due, answered: Answered, again: str | None) -> None:
    """One act an attempt, and one more where the receiver is gone for good."""
    facts: dict[str, object] = {"attempt": due.attempts + 1, "webhook": webhook}
    if answered.status is not None:
        facts["status"] = answered.status
    if answered.error:
        facts["error"] = answered.error
    [(state,)] = visit.rows(statements.DELIVERY_STATE, due.notice, webhook)
    came, key = (answered.status, answered.error), (due.notice, webhook)

    def act(kind: str) -> Act:
        return Act(kind, due.notice, due.tenant, facts)

    if state == "delivered":
        return
    if not answered.error:
        visit.record(act(NOTICE_DELIVERED), Write(statements.DELIVERED, (answered.status, visit.at, *key)))
    elif state != "waiting":
        visit.record(act(NOTICE_FAILED))
    elif again is not None:
        facts["next_at"] = again
        visit.record(act(NOTICE_FAILED), Write(statements.RETRIED, (*came, again, *key)))
    else:
        visit.record(act(NOTICE_DEAD), Write(statements.DIED, (*came, visit.at, *key)))
    if answered.status == _GONE:
        end(visit, webhook, due.tenant, by="receiver")


def end(visit: Visit, webhook: str, tenant: str, *, by: str) -> bool:
    """Ends a receiver and cancels what is on its way to it; false where it had ended before. For use in a visit."""
    if not visit.rows(statements.WEBHOOK_STANDS, webhook, tenant):
        return False
    visit.record(
        Act(WEBHOOK_ENDED, webhook, tenant, {"by": by}),
        Write(statements.END_WEBHOOK, (visit.at, webhook)),
        Write(statements.CANCEL_WAITING, (visit.at, webhook), must_change=False),
    )
    return True
