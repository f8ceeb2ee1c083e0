"""The ledger: every change of state goes through here and is durable before anybody hears of it.

LedgerError               what the ledger may raise; a caller that sees one was not acknowledged
├── LedgerFull            too much waits for the disk: try again in a moment
├── LedgerClosed          the service is stopping
├── LedgerUnwritable      the database was locked for too long, or the disk failed: nothing is acknowledged
├── LedgerRefused         the database's own rules refuse what was to be written: a fault in the program
├── IdempotencyConflict   an idempotency key that came back with another body
└── Unchanged             a write that had to change a row found none (already revoked, unknown id)

One task drains a bounded queue; all that waits when it looks becomes one transaction, and each caller awaits its own
part of it. After a failure of the disk the ledger acknowledges nothing any more: what reached the platter is then
unknown, and only a restart, which reads it, can tell.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import structlog

from service.ids import now
from service.logs import where
from service.plan import Conflict, Entry, Plan, Replay, ToFile, ToRecord, ToVisit, wanted
from service.ports import Failed, JournalBroken, JournalBusy, NothingChanged, RowsRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.acts import Act
    from service.filing import Filing, Seal
    from service.plan import Entering, Outcome, Placed
    from service.ports import Found, Journal, Rows, Visit, Words, Write

Given = TypeVar("Given")

ENOUGH_ROWS = 64
LINGER_SECONDS = 0.004
"""A transaction costs as much as ten rows, and callers who were just answered come back at once. So a group waits
until it is as large as the last one was, or has enough rows, or has waited this long; after each that stayed small it
expects half as many. Who comes alone does not wait."""
LOOK_SECONDS = 0.001


class LedgerError(Exception):
    """What the ledger may raise."""


class LedgerFull(LedgerError):
    """Too many decisions wait for the disk."""


class LedgerClosed(LedgerError):
    """The service is stopping."""


class LedgerUnwritable(LedgerError):
    """The database could not be written; nothing was acknowledged."""


class LedgerRefused(LedgerError):
    """The database's rules refuse what was to be written."""


class IdempotencyConflict(LedgerError):
    """The same idempotency key came with another body."""


class Unchanged(LedgerError):
    """A write that had to change a row found none."""


class _Waiting(NamedTuple):
    """An entry in the queue, how many decisions and bytes of content it is, and who waits for it."""

    entry: Entry | ToVisit
    rows: int
    size: int
    heard: asyncio.Future[Any]


class Ledger:
    """Keeps the queue and the one task that empties it. ``on_group`` hears the rows and seconds of each commit."""

    def __init__(
        self,
        journal: Journal,
        *,
        queue_rows: int = 16_384,
        queue_bytes: int = 64 * 1024 * 1024,
        group_rows: int = 512,
        on_group: Callable[[int, float], None] | None = None,
    ) -> None:
        self.on_group = on_group
        self.on_visit: Callable[[], None] | None = None
        """Hears of each commit that may have changed more than contents, before anybody is told of theirs."""
        self.waiting = 0
        """Decisions in the queue."""
        self.trouble: str | None = None
        """Why nothing is acknowledged any more; a machine code, then the cause."""
        self._journal = journal
        self._queue_rows, self._queue_bytes, self._group_rows = queue_rows, queue_bytes, group_rows
        self._waiting_bytes = 0
        self._queue: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self.closing = False
        """Whether nothing more is taken, because the service stops."""
        self._writer: asyncio.Task[None] | None = None
        self._expected = 1
        self._followed = False

    @property
    def full(self) -> bool:
        """Whether ``file`` would be turned away."""
        return self.waiting >= self._queue_rows or self._waiting_bytes >= self._queue_bytes

    def start(self) -> None:
        """Begins to write."""
        self._writer = asyncio.create_task(self._write_or_stop(), name="ledger")

    async def close(self) -> None:
        """Takes no more, writes all that waits, then lets the database go."""
        self.closing = True
        self._wake.set()
        try:
            if self._writer is not None:
                await self._writer
        finally:
            await self._journal.close()

    async def file(self, filings: Sequence[Filing], *, seal: Seal | None = None) -> list[Placed] | Replay:
        """Commits decisions together: where each came to stand, or what the idempotency key had led to before.

        Raises whatever the tree above names but ``Unchanged``.
        """
        return told(await self.submit(filings, seal=seal))

    def submit(
        self,
        filings: Sequence[Filing],
        *,
        seal: Seal | None = None,
        heard: asyncio.Future[Outcome] | None = None,
        entering: Entering | None = None,
    ) -> asyncio.Future[Outcome]:
        """The same for who waits elsewhere: ``heard``, or a new future, gets the outcome, for ``told`` to read.

        ``entering`` says under which numbers of which room they stand, and what happens there besides.
        """
        if self.full:
            raise LedgerFull("decisions wait for the disk")
        size = sum([len(filing.body) for filing in filings])
        return self._submit(ToFile(filings, seal, entering), max(len(filings), 1), size, heard)

    async def record(self, act: Act, *writes: Write | Words) -> int:
        """Commits one act with its writes; returns its sequence number. Never turned away for a full queue."""
        outcome = await self._submit(ToRecord(act, writes), 1, 0)
        assert isinstance(outcome, int)
        return outcome

    async def visit(self, work: Callable[[Visit], Given]) -> Given:
        """Runs ``work`` inside a transaction, in the journal's thread; what it gives, once that is on disk.

        ``work`` must be quick and touch nothing but its visit: everybody's next commit waits for it. What it raises of
        its own is raised here, and nothing that it wrote stands. Never turned away for a full queue.
        """
        return cast(Given, await self._submit(ToVisit(work), 1, 0))

    def _submit(
        self, entry: Entry | ToVisit, rows: int, size: int, heard: asyncio.Future[Any] | None = None
    ) -> asyncio.Future[Any]:
        if self.trouble is not None:
            raise LedgerUnwritable(self.trouble)
        if self.closing:
            raise LedgerClosed("the ledger is closed")
        if heard is None:
            heard = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(entry, rows, size, heard))
        self.waiting += rows
        self._waiting_bytes += size
        self._wake.set()
        return heard

    async def _write_or_stop(self) -> None:
        """Whatever ends the writer before its time, nobody may wait for it for ever."""
        try:
            await self._write()
        except BaseException as error:
            structlog.get_logger().error("the ledger's writer failed", **where(error))
            self._stop([], f"fault: {error!r}")
            raise

    async def _write(self) -> None:
        while True:
            if self._queue:
                await self._linger()
                await self._commit(self._take())
            elif self.closing:
                return
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _linger(self) -> None:
        end = perf_counter() + LINGER_SECONDS
        # Few looks instead of an event: every caller would pay for setting it.
        while self.waiting < self._expected and perf_counter() < end and not self.closing:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)

    def _take(self) -> list[_Waiting]:
        """The next group: at least one entry, then as many of its sort as fit."""
        group = [self._queue.popleft()]
        rows, visits = group[0].rows, isinstance(group[0].entry, ToVisit)
        while (
            self._queue
            and rows + self._queue[0].rows <= self._group_rows
            and isinstance(self._queue[0].entry, ToVisit) is visits
        ):
            group.append(self._queue.popleft())
            rows += group[-1].rows
        self.waiting -= rows
        self._expected = min(max(rows, self._expected // 2), ENOUGH_ROWS)
        self._waiting_bytes -= sum([waiting.size for waiting in group])
        return group

    async def _commit(self, group: list[_Waiting]) -> None:
        """Commits a group; where it is at fault, entry by entry, so that only the guilty one fails."""
        began = perf_counter()
        try:
            outcomes = await self._transact([waiting.entry for waiting in group])
        except JournalBusy as error:
            structlog.get_logger().warning("the database is locked, nothing acknowledged", entries=len(group))
            _fail(group, LedgerUnwritable(f"locked: {error}"))
        except JournalBroken as error:
            structlog.get_logger().error("the disk failed: nothing is acknowledged until a restart", why=str(error))
            self._stop(group, f"disk: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is somebody's, and the others must not wait
            if len(group) > 1:
                for waiting in group:
                    await self._commit_unless_stopped(waiting)
            else:
                _fail(group, _meaning(error, own=False))
        else:
            _tell(group, outcomes)
            if self.on_visit is not None and (self._followed or isinstance(group[0].entry, ToVisit)):
                self.on_visit()
            if self.on_group is not None:
                self.on_group(sum(waiting.rows for waiting in group), perf_counter() - began)

    async def _commit_unless_stopped(self, waiting: _Waiting) -> None:
        if self.trouble is None:
            await self._commit([waiting])
        else:
            _fail([waiting], LedgerUnwritable(self.trouble))

    async def _transact(self, entries: list[Entry | ToVisit]) -> list[Any]:
        if visits := [entry.work for entry in entries if isinstance(entry, ToVisit)]:
            return await self._journal.visit(visits)
        return await self._place(cast(list[Entry], entries))

    async def _place(self, entries: list[Entry]) -> list[Outcome]:
        outcomes: list[Outcome] = []

        def plan(found: Found) -> Rows:
            planned = Plan(found, now())
            for entry in entries:
                planned.add(entry)
            outcomes[:] = planned.outcomes
            self._followed = bool(planned.rows.works)
            return planned.rows

        await self._journal.transact(wanted(entries), plan)
        return outcomes

    def _stop(self, group: list[_Waiting], why: str) -> None:
        """For good: fails the group and everybody behind it."""
        self.trouble = why
        group.extend(self._queue)
        self._queue.clear()
        self.waiting = self._waiting_bytes = 0
        _fail(group, LedgerUnwritable(why))


def told(outcome: Outcome) -> list[Placed] | Replay:
    """What came of decisions. Raises ``IdempotencyConflict``."""
    if isinstance(outcome, Conflict):
        raise IdempotencyConflict("the idempotency key was used with another body")
    assert not isinstance(outcome, int)
    return outcome


def _tell(group: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
    for waiting, outcome in zip(group, outcomes, strict=True):
        if isinstance(outcome, Failed):
            _fail([waiting], _meaning(outcome.error, own=True))
        elif not waiting.heard.done():
            waiting.heard.set_result(outcome)


def _meaning(error: Exception, *, own: bool) -> Exception:
    """What the caller hears of a fault in what it asked for. A visit's ``own`` errors are raised as they are."""
    if own and not isinstance(error, NothingChanged | RowsRefused):
        return error
    meant = Unchanged(str(error)) if isinstance(error, NothingChanged) else LedgerRefused(str(error))
    meant.__cause__ = error
    return meant


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.heard.done():
            waiting.heard.set_exception(error)
