"""Shadows: a version of a tenant's rules that runs beside the active one, on all that is judged, and only counts.

It follows the record, so it takes nothing of the time in which a content is judged, misses nothing when the service
stops, and counts once what two processes both see. What it counts becomes true together with how far it has looked.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog

from moderation.errors import LoadErrors
from service.acts import SHADOW_COUNTED, SHADOW_ENDED, SHADOW_STARTED, Act
from service.ids import new_id
from service.ports import Write
from service.rulebook import rows
from service.rulebook.forecast import forecast
from service.rulebook.rehearsal import in_slices
from service.rulebook.rows import Refused
from service.rulebook.tally import SAMPLES, Tally, count_beside, read_tally
from service.store import rule_statements as sql
from service.tasks import forever

if TYPE_CHECKING:
    from service.chamber import Chamber
    from service.keys import Caller
    from service.ledger import Ledger
    from service.lexicons import Lexicons
    from service.ports import Visit
    from service.rules import Rules
    from service.store.rule_reads import Beside, RuleReads

WATCH_SECONDS: Final = 0.5
PAGE: Final = 96
"""So many contents are counted in one transaction."""
SHOWN: Final = 20


class Shadows:
    """Keeps its ways to the ledger, the rules and the record."""

    def __init__(self, ledger: Ledger, lexicons: Lexicons, rules: Rules, reads: RuleReads, chamber: Chamber) -> None:
        self._ledger, self._lexicons, self._rules, self._reads = ledger, lexicons, rules, reads
        self._chamber = chamber
        self._turn = asyncio.Lock()
        self._looked: dict[str, int] = {}
        """How far each was followed without anything to count, which no act tells of."""

    async def start(self, caller: Caller, version: int) -> str:
        """Has a version run beside the active one from now on; gives the shadow's id.

        Raises ``UnknownVersion``, ``LoadErrors``, and ``Refused`` where one runs already.
        """
        await self._rules.compiled(await self._lexicons.files(caller.tenant, version))
        id_ = new_id()

        def work(visit: Visit) -> str:
            rows.check_caller(visit, caller.tenant, caller.id)
            if visit.rows(sql.RUNNING, caller.tenant):
                raise Refused("running")
            ((last,),) = visit.rows(sql.LAST_SEQ)
            counts = orjson.dumps(Tally().told()).decode()
            row = (id_, caller.tenant, version, caller.id, visit.at, last, counts)
            act = Act(SHADOW_STARTED, id_, caller.tenant, {"begins": last, "by": caller.id, "version": version})
            visit.record(act, Write(sql.INSERT_SHADOW, row))
            return id_

        return await self._ledger.visit(work)

    async def stop(self, caller: Caller) -> str:
        """Ends the shadow that runs, once it has counted what was judged until now. Raises ``Refused`` (``state``)."""
        await self.catch_up(tenant=caller.tenant)

        def work(visit: Visit) -> str:
            rows.check_caller(visit, caller.tenant, caller.id)
            running = visit.rows(sql.RUNNING, caller.tenant)
            if not running:
                raise Refused("state")
            id_ = str(running[0][0])
            values = (id_, caller.id, visit.at)
            visit.record(Act(SHADOW_ENDED, id_, caller.tenant, {"by": caller.id}), Write(sql.END_SHADOW, values))
            self._looked.pop(id_, None)
            return id_

        return await self._ledger.visit(work)

    async def listed(self, tenant: str) -> list[dict[str, Any]]:
        """The shadows of a tenant, the last first, with what they have counted."""
        found = await self._reads.shadows(tenant, limit=SHOWN)
        handling = await self._reads.handling(tenant) if found else None
        told = []
        for one in found:
            assert handling is not None
            hours = forecast(one.counts.get("days", {}), handling)._asdict()
            samples = [each._asdict() for each in await self._reads.finds(one.id, limit=SAMPLES)]
            creators = await self._reads.creators(one.id)
            told.append({**_told(one), "creators": creators, "hours": hours, "samples": samples})
        return told

    async def watch(self) -> None:
        """Counts for ever."""
        await forever(self.catch_up, rest=WATCH_SECONDS, failing="shadows not counted")

    async def catch_up(self, *, tenant: str = "") -> None:
        """Counts all that was judged until now: for one tenant, or for all."""
        async with self._turn:
            for one in await self._reads.running():
                if not tenant or one.tenant == tenant:
                    await self._follow(one)

    async def _follow(self, shadow: Beside) -> None:
        through, last = max(shadow.through, self._looked.get(shadow.id, 0)), await self._reads.last_seq()
        if through >= last:
            return
        try:
            engine = await self._rules.compiled(await self._lexicons.files(shadow.tenant, shadow.version))
        except LoadErrors as errors:
            structlog.get_logger().warning("shadow refused", shadow=shadow.id, reason=str(errors.errors[0]))
            return
        while through < last:
            page, looked = await self._reads.judged_on(shadow.tenant, through, limit=PAGE)
            if page:
                tally = Tally()
                does = partial(self._chamber.does, shadow.tenant)
                await in_slices(page, partial(count_beside, tally, new=engine), does)
                if not await self._keep(shadow, tally, through, looked):
                    # Another process has counted these, or the shadow has ended.
                    looked = next((one.through for one in await self._reads.running() if one.id == shadow.id), last)
            through = self._looked[shadow.id] = looked

    async def _keep(self, shadow: Beside, tally: Tally, through: int, looked: int) -> bool:
        """Adds to what is counted, if nobody has counted further meanwhile."""

        def work(visit: Visit) -> bool:
            standing = visit.rows(sql.SHADOW_AT, shadow.id)
            if not standing or standing[0][0] > through:
                return False
            stood, counts = standing[0]
            total = _sum(read_tally(orjson.loads(counts)), tally)
            finds = [[move.decision, move.number, move.was, move.becomes] for move in tally.moved]
            facts = {
                "differ": tally.different,
                "judged": tally.judged,
                "moved": len(finds),
                "through": looked,
                "version": shadow.version,
            }
            told = orjson.dumps(total.told()).decode()
            visit.record(
                Act(SHADOW_COUNTED, shadow.id, shadow.tenant, facts),
                Write(sql.COUNT_SHADOW, (shadow.id, looked, told, stood)),
                *([Write(sql.INSERT_FINDS, (shadow.id, orjson.dumps(finds).decode()))] if finds else ()),
            )
            return True

        return await self._ledger.visit(work)


def _sum(one: Tally, more: Tally) -> Tally:
    days = dict(one.days)
    for day, counts in more.days.items():
        days[day] = [a + b for a, b in zip(days.get(day, [0, 0, 0]), counts, strict=True)]
    return Tally(
        judged=one.judged + more.judged,
        different=one.different + more.different,
        moves=one.moves + more.moves,
        scenes=one.scenes + more.scenes,
        found=one.found + more.found,
        lost=one.lost + more.lost,
        rules=one.rules + more.rules,
        days=days,
    )


def _told(one: Beside) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "started_by": {"id": one.started_by, "name": one.name},
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        **one.counts,
    }
