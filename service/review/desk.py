"""The review desk: what people do with items, each step inside the transaction that records it. No transport, no SQL.

NotThere     the tenant has no such item, content or report
Conflict     the step cannot be taken: the item has moved on, or is somebody else's; it carries the item as it is
Unfounded    a ruling that cannot stand: reasons that the tenant's ruleset does not know, or none where some are needed

A step reads the row, asks ``states`` and writes row and act in one visit to the ledger's thread. Who holds the newest
token may decide; everybody else is told what has become of the item.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from service.acts import DECISION_UNDONE, GOLDEN_UNDONE
from service.review import appeals, golden, handling, intake, rulings, samples
from service.review.checks import Checks, grim, is_blind, is_tested
from service.review.mixing import Mixing
from service.review.rows import APPEAL, Conflict, Row, found, give_back, moved, take, take_all
from service.review.rulings import Book, Unfounded
from service.review.states import FIRST, HOUSE, SENIOR, Move, Person, State, Step
from service.review.verdict import unfounded
from service.rights import Right
from service.store import desk_statements as desk
from service.tasks import forever

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.keys import Caller
    from service.ledger import Ledger
    from service.ports import Column, Visit
    from service.review.appeals import Appealed
    from service.review.intake import Filed, Said
    from service.review.mixing import Judge
    from service.review.rulings import Ruling
    from service.review.urgency import Deadlines
    from service.rules import Rules

MOST_CLAIMED: Final = 50
AMONG: Final = 4
"""Items that say nothing twice are sought among so many times as many as are wanted."""
AT_ONCE: Final = 50
"""So many items the house moves in one visit: everybody's next commit waits for it."""
SWEEP_SECONDS: Final = 1.0


class Sorts(NamedTuple):
    """Which items somebody wants: those of these kinds, scenes and categories; empty says any."""

    kinds: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def bound(self) -> tuple[str | None, str | None, str | None]:
        """As statements take them: JSON lists, or nothing for any."""
        kinds, scenes, categories = (orjson.dumps(names).decode() if names else None for names in self)
        return kinds, scenes, categories


ANY: Final = Sorts()


class Desk:
    """Keeps nothing but its way to the ledger, and the golden items on their way: what is true is in the database."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rules,
        deadlines: Deadlines,
        checks: Checks | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._ledger, self._rules, self._deadlines, self._checks = ledger, rules, deadlines, checks or Checks()
        self.mixing = Mixing(ledger, deadlines, self._checks, judge) if judge else None

    async def claim(
        self,
        caller: Caller,
        *,
        limit: int = 1,
        sorts: Sorts = ANY,
        lease: float | None = None,
        distinct: bool = False,
    ) -> list[Row]:
        """Takes up to ``limit`` of the most urgent items; seniors get what was escalated first.

        What the caller skipped in this round, or had decided before it came to be decided again, is left to others, and
        so is what is severe once they have seen enough of it. ``distinct``: of items that say much the same
        only one, and what says the same as they decided within the hour only if nothing else waits.
        """
        person, most = _person(caller), min(limit, MOST_CLAIMED)
        seconds = self._deadlines.lease if lease is None else lease

        def work(visit: Visit) -> list[Row]:
            _lapse(visit, visit.rows(desk.LAPSED, caller.tenant, visit.at, AT_ONCE))
            wanted = most * AMONG if distinct else most
            rows = self._claimable(visit, caller.tenant, person, wanted, sorts)
            if distinct and rows:
                rows = handling.once(visit, rows, self._rules.engine.ruleset.folding.plain, person, most)
            return take_all(visit, rows, Move(Step.CLAIM, person, visit.at, lease=seconds))

        return await self._ledger.visit(work)

    async def claim_one(self, caller: Caller, review: str, *, lease: float | None = None) -> Row:
        """Takes the item with this id. Raises ``NotThere`` and ``Conflict``."""
        return await self._step(caller, review, Step.CLAIM, None, lease=lease)

    async def heartbeat(self, caller: Caller, review: str, token: int, *, lease: float | None = None) -> Row:
        """Holds an item for longer. Raises ``NotThere`` and ``Conflict``."""
        return await self._step(caller, review, Step.HEARTBEAT, token, lease=lease)

    async def release(self, caller: Caller, review: str, token: int | None) -> Row:
        """Gives an item back; seniors may take one from others, without a token. Raises ``NotThere``, ``Conflict``."""
        return await self._step(caller, review, Step.RELEASE, token)

    async def left(self, caller: Caller) -> None:
        """Gives back what somebody holds who is signed in nowhere any longer: nobody would decide it."""
        person = _person(caller)
        await self._ledger.visit(lambda visit: give_back(visit, caller.tenant, person))

    async def skip(self, caller: Caller, review: str, token: int) -> Row:
        """Leaves an item to others: it does not come back to the caller in this round. Raises as ``release``."""
        return await self._step(caller, review, Step.SKIP, token)

    async def escalate(self, caller: Caller, review: str, token: int, *, note: str = "") -> Row:
        """Passes an item on to seniors. Raises as ``release``, and ``ValueError`` for a note that cannot be stored."""
        return await self._step(caller, review, Step.ESCALATE, token, note=note)

    async def decide(self, caller: Caller, review: str, token: int, ruling: Ruling) -> Row:
        """Closes an item: decision, acts, reports and notice in one transaction.

        Raises ``NotThere``, ``Conflict``, ``Unfounded``, and ``ValueError`` for a note that cannot be stored.
        """
        book = self._book(caller.tenant)
        if wrong := unfounded(ruling.reasons, book.ruleset):
            raise Unfounded(wrong)
        person, sort = _person(caller), self._grim(caller.tenant)

        def work(visit: Visit) -> Row:
            row = found(visit, caller.tenant, review)
            own = appeals.is_own(visit, row, person.id)
            move = Move(Step.DECIDE, person, visit.at, token, own=own)
            decided = _decided(visit, row, move, ruling, book, self._checks)
            handling.timed(visit, row, move, sort)
            return decided

        return await self._ledger.visit(work)

    async def undo(self, caller: Caller, review: str) -> Row:
        """Takes one's own decision back while receivers have not heard of it; the item is held again.

        Raises ``NotThere`` and ``Conflict``.
        """
        person, lease = _person(caller), self._deadlines.lease

        def work(visit: Visit) -> Row:
            row = found(visit, caller.tenant, review)
            move = Move(Step.UNDO, person, visit.at, lease=lease)
            moved(row, move)
            if row.kind == samples.SAMPLE:  # whoever decided it may know the first verdict by now
                raise Conflict("late", row)
            samples.undone(visit, row)
            if row.kind == APPEAL:
                return appeals.undo(visit, row, move)
            copied = golden.copied(visit, row, person)
            return rulings.undo(visit, row, move, GOLDEN_UNDONE if copied else DECISION_UNDONE)

        return await self._ledger.visit(work)

    async def file(self, tenant: str, said: Said) -> Filed:
        """Files a report or a complaint on its content's item, which it opens or opens again where need be.

        Raises ``NotThere`` for a content that was never judged, ``ValueError`` for words that cannot be stored.
        """
        deadlines, known = self._deadlines, self._rules.engines.of(tenant).ruleset.categories
        return await self._ledger.visit(lambda visit: intake.file(visit, tenant, said, deadlines, known))

    async def make_golden(self, caller: Caller, content_id: str) -> str:
        """Has a decided content test reviewers; gives the golden item's id. Raises ``NotThere`` and ``Unfit``."""
        tenant, by, ruleset = caller.tenant, caller.id, self._book(caller.tenant).ruleset
        return await self._ledger.visit(lambda visit: golden.add(visit, tenant, content_id, by, ruleset))

    async def end_golden(self, caller: Caller, content_id: str) -> None:
        """Has a content test nobody any longer. Raises ``NotThere``."""
        await self._ledger.visit(lambda visit: golden.end(visit, caller.tenant, content_id, caller.id))

    async def appeal(self, tenant: str, said: Appealed) -> str:
        """Files an appeal, and gives its id.

        Raises ``NotThere``, ``NotTheirs``, ``NotAppealable``, and ``ValueError`` for grounds that cannot be stored.
        """
        return await self._ledger.visit(lambda visit: appeals.file(visit, tenant, said, self._deadlines))

    async def notified(self, tenant: str, decision: str) -> None:
        """The creator was told of a block, whose term begins. Raises ``NotThere`` and ``NotAppealable``."""
        days = self._deadlines.appeal_days
        await self._ledger.visit(lambda visit: appeals.notified(visit, tenant, decision, days))

    async def sweep(self) -> int:
        """Ends leases, deadlines and terms that have passed, a bounded number at a time; gives how many."""
        moved = 0
        while True:
            batch = await self._ledger.visit(partial(_swept, book_of=self._book))
            moved += batch
            if batch < AT_ONCE:
                return moved

    async def watch(self) -> None:
        """Sweeps for ever; when that ends, golden items that were still to come do not."""
        try:
            await forever(self._look, rest=SWEEP_SECONDS, failing="deadlines not swept")
        finally:
            if self.mixing is not None:
                await self.mixing.close()

    async def _look(self) -> None:
        await self.sweep()
        if self.mixing is not None:
            await self.mixing.look()

    def _book(self, tenant: str) -> Book:
        return Book(self._rules.engines.of(tenant).ruleset, self._deadlines.appeal_days)

    async def _step(  # noqa: PLR0913 - one for each part of a move
        self, caller: Caller, review: str, step: Step, token: int | None, *, lease: float | None = None, note: str = ""
    ) -> Row:
        person, seconds = _person(caller), self._deadlines.lease if lease is None else lease

        def work(visit: Visit) -> Row:
            row = found(visit, caller.tenant, review)
            own = step is Step.CLAIM and appeals.is_own(visit, row, person.id)
            if step is Step.CLAIM:
                row = _awake(visit, row)
                self._barred(visit, row, person)
            move = Move(step, person, visit.at, token, seconds, own=own)
            new = take(visit, row, move, note=note)
            if step in {Step.SKIP, Step.ESCALATE}:
                handling.timed(visit, row, move, self._grim(row.tenant))
            return new

        return await self._ledger.visit(work)

    def _grim(self, tenant: str) -> frozenset[str]:
        return grim(self._rules.engines.of(tenant).ruleset.categories)

    def _barred(self, visit: Visit, row: Row, person: Person) -> None:
        """Raises ``Conflict`` where somebody must not have an item, however they came by its id."""
        if samples.barred(visit, row, person):
            raise Conflict("barred", row)
        sort, most = self._grim(row.tenant), self._checks.severe_per_hour
        if row.category in sort and not handling.left(visit, row.tenant, person, most, sort):
            raise Conflict("exposure", row)

    def _claimable(self, visit: Visit, tenant: str, person: Person, limit: int, sorts: Sorts) -> list[Row]:
        rights, sort = person.rights, self._grim(tenant)
        left = handling.left(visit, tenant, person, self._checks.severe_per_hour, sort)
        barred = orjson.dumps([] if left else sorted(sort)).decode()
        open_to: tuple[Column, ...] = (is_blind(rights), is_tested(rights), barred)
        levels = (SENIOR, FIRST) if Right.SENIOR in rights else (FIRST,)
        if any(sorts):
            levels_ = orjson.dumps(levels).decode()
            found_ = visit.rows(desk.CLAIMABLE_OF_SORTS, tenant, levels_, *sorts.bound(), person.id, limit, *open_to)
            return handling.bearable([Row(*one) for one in found_], left, sort)
        rows: list[Row] = []
        for level in levels:
            if len(rows) < limit:
                found_ = visit.rows(desk.CLAIMABLE, tenant, level, person.id, limit - len(rows), *open_to)
                rows += [Row(*one) for one in found_]
        return handling.bearable(rows, left, sort)


def _person(caller: Caller) -> Person:
    return Person(caller.id, caller.rights)


def _awake(visit: Visit, row: Row) -> Row:
    """The item, free again where its lease has ended."""
    if row.state == State.HELD and (row.lease_until or "") <= visit.at:
        return take(visit, row, Move(Step.LAPSE, HOUSE, visit.at))
    return row


def _decided(  # noqa: PLR0913, PLR0917 - a decision, and what is to be checked of it
    visit: Visit, row: Row, move: Move, ruling: Ruling, book: Book, checks: Checks
) -> Row:
    """Decides an item for what it is: the first time, a second time, or for a score alone."""
    if row.kind == samples.SAMPLE:
        return samples.decide(visit, row, move, ruling, book)
    if copy := golden.copied(visit, row, move.who):
        return golden.answer(visit, row, move, ruling, book.ruleset, copy)
    decide = appeals.decide if row.kind == APPEAL else rulings.decide
    decided = decide(visit, row, move, ruling, book)
    samples.opened(visit, decided, move.who, ruling, checks)
    return decided


def _lapse(visit: Visit, rows: Sequence[tuple[object, ...]]) -> int:
    for row in rows:
        take(visit, Row(*row), Move(Step.LAPSE, HOUSE, visit.at))  # type: ignore[arg-type]
    return len(rows)


def _swept(visit: Visit, book_of: Callable[[str], Book]) -> int:
    """One batch: leases first, then deadlines, then blocks that become final.

    A breach sends the item to seniors, and the scene's policy acts.
    """
    lapsed = _lapse(visit, visit.rows(desk.LAPSED_ANYWHERE, visit.at, AT_ONCE))
    due = visit.rows(desk.DUE, visit.at, AT_ONCE - lapsed) if lapsed < AT_ONCE else []
    for one in due:
        if Row(*one).state == State.WAITING and golden.copied(visit, Row(*one), HOUSE):
            # Nobody came to it: nothing is late. What somebody holds is late as anything is.
            take(visit, Row(*one), Move(Step.WITHDRAW, HOUSE, visit.at))
            continue
        row = take(visit, Row(*one), Move(Step.BREACH, HOUSE, visit.at))
        if row.kind == intake.CONTENT and not golden.copied(visit, row, HOUSE):
            rulings.time_out(visit, row, book_of(row.tenant))
    moved = lapsed + len(due)
    return moved + (appeals.settle_due(visit, AT_ONCE - moved) if moved < AT_ONCE else 0)
