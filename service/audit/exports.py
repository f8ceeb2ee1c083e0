"""Packs that somebody asked for: asked, made one at a time beside the service, fetched, verified. Acts tell of each.

NoSuchExport     the tenant has asked for no such pack
AskedWrong       what was asked for cannot be made; it names the field and the kind of fault
NotThere         the pack is not made yet, or was taken away
Waited           so many packs wait to be verified that no more are taken for a moment

A pack rests on a checkpoint that is signed when its making begins. The plan is written down beside its files: a making
that was cut off goes on with the same plan, and gives the same pack.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import structlog

from moderation.types import Scene
from service import private
from service.acts import EXPORT_ASKED, EXPORT_CANCELLED, EXPORT_DONE, EXPORT_FAILED, EXPORT_FETCHED, Act
from service.audit import seal
from service.audit.archive import digest_of
from service.audit.formats import FORMATS, lacking
from service.audit.make import TEXTS, Cancelled, Plan, Progress, collect, tabulate
from service.audit.manifest import Ground
from service.audit.packs import PACKS
from service.audit.reads import Signed
from service.audit.records import Lookup, PackOrder, accounts_of
from service.audit.report import names_in
from service.audit.verify_export import check
from service.audit.weeding import Weeding
from service.ids import new_id, now
from service.ledger import Unchanged
from service.logs import where
from service.ports import Write
from service.store import audit_statements as sql
from service.tasks import forever, to_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Container
    from pathlib import Path

    from service.audit.log import Log
    from service.audit.verify_export import Check
    from service.ledger import Ledger
    from service.ports import Visit

LAST: Final = "g"
"""After every id."""
WAITING, DONE, FAILED, GONE = "waiting", "done", "failed", "cancelled"
MOST_VERIFIED: Final = 4
"""So many packs wait to be verified, the one among them that is: each holds a thread for as long as it takes."""
_PLAN: Final = "plan.json"
_LOOK_SECONDS: Final = 0.5
_REPORT_SECONDS: Final = 0.1


class NoSuchExport(LookupError):
    """The tenant has asked for no such pack."""


class NotThere(LookupError):
    """The pack is not there: not made yet, or taken away."""


class Waited(Exception):
    """Too many packs wait to be verified."""


class AskedWrong(ValueError):
    """What was asked for cannot be made. ``field`` and ``kind`` say why."""

    def __init__(self, field: str, kind: str) -> None:
        super().__init__(f"{field}: {kind}")
        self.field, self.kind = field, kind


class Export(NamedTuple):
    """A pack that was asked for, as the database has it. ``asked`` is JSON; times are RFC 3339 UTC.

    One that was made was taken away at ``removed_at``, for a text in it that is not kept any more.
    """

    id: str
    tenant: str
    pack: str
    asked: str
    by: str
    created_at: str
    state: str
    ended_at: str | None
    size: int | None
    records: int | None
    bytes: int | None
    sha256: str | None
    error: str | None
    removed_at: str | None = None


class Doing(NamedTuple):
    """How far a pack is: the stage, and how much of it is done."""

    stage: str
    done: int
    total: int


def _locked(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Exports:
    """Keeps the folder of packs, and makes them one after the other."""

    def __init__(self, ledger: Ledger, log: Log, folder: Path, *, version: str, lexicons: Path) -> None:
        self._ledger, self._log, self._folder = ledger, log, folder
        self._version, self._lexicons = version, lexicons
        self.weeding = Weeding(ledger, log.reads, folder)
        self._doing: dict[str, Doing] = {}
        self._making: set[str] = set()
        self._cancelled: set[str] = set()
        """Those being made of which somebody wants no more, for now or for good."""
        self._wake = asyncio.Event()
        self._turn, self._verifying = asyncio.Lock(), 0

    async def ask(self, tenant: str, asked: PackOrder, *, by: str, reason: str = "") -> Export:
        """Asks for a pack; one that somebody asks for again while it waits is the same.

        An unmasked one needs a reason, which stands in its manifest. Raises ``AskedWrong``.
        """
        _check(asked, reason, await asyncio.to_thread(names_in, self._lexicons))
        told = orjson.dumps({**asdict(asked), "reason": reason}).decode()
        id_ = new_id()
        facts = {
            "by": by,
            "filters": [[name, value] for name, value in sorted(asked.filters.items())],
            "formats": list(asked.formats),
            "pack": asked.pack,
            "reason": sha256(reason.encode()).hexdigest() if reason else "",
            "since": asked.since,
            "unmasked": asked.unmasked,
            "until": asked.until,
        }

        def work(visit: Visit) -> Export:
            if known := visit.rows(sql.EXPORT_ASKED, tenant, told, by):
                return Export(*known[0])
            row = (id_, tenant, asked.pack, told, by, visit.at)
            visit.record(Act(EXPORT_ASKED, id_, tenant, facts), Write(sql.INSERT_EXPORT, row))
            return Export(*row, WAITING, *[None] * 6)

        export = await self._ledger.visit(work)
        self._wake.set()
        return export

    async def one(self, tenant: str, export: str) -> Export:
        """A pack of a tenant. Raises ``NoSuchExport``."""
        rows = await asyncio.to_thread(self._log.reads.rows, sql.EXPORT, export, tenant)
        if not rows:
            raise NoSuchExport(export)
        return Export(*rows[0])

    async def listed(self, tenant: str, *, before: str = LAST, limit: int = 50) -> list[Export]:
        """The packs of a tenant, newest first."""
        rows = await asyncio.to_thread(self._log.reads.rows, sql.EXPORTS, tenant, before, limit)
        return [Export(*row) for row in rows]

    def doing(self, export: str) -> Doing | None:
        """How far a pack is that is being made now."""
        return self._doing.get(export)

    async def cancel(self, tenant: str, export: str, *, by: str) -> None:
        """Does not make a pack, or not to its end. Raises ``NoSuchExport`` and ``Unchanged`` for one that has ended."""
        found = await self.one(tenant, export)
        await self._end(tenant, export, EXPORT_CANCELLED, GONE, {"by": by})
        if export in self._making:
            self._cancelled.add(export)
        else:
            await asyncio.to_thread(self._clear, found)

    async def fetched(self, tenant: str, export: str, *, by: str) -> Path:
        """The archive, for somebody who takes it away: that is told. Raises ``NoSuchExport`` and ``NotThere``."""
        found = await self.one(tenant, export)
        path = self.archive(found)
        if found.state != DONE or not path.exists():
            raise NotThere(export)
        await self._ledger.record(Act(EXPORT_FETCHED, export, tenant, {"by": by, "sha256": found.sha256}))
        return path

    async def verified(self, path: Path) -> Check:
        """What the verifier says of a pack, by the keys that this log began with; one at a time. Raises ``Waited``."""
        if self._verifying >= MOST_VERIFIED:
            raise Waited
        self._verifying += 1
        try:
            async with self._turn:
                return await to_end(self._verified, path)
        finally:
            self._verifying -= 1

    def _verified(self, path: Path) -> Check:
        roots = [key for key, endorsement, _ in self._log.reads.signers() if not endorsement]
        done = check(path, key=roots.pop())
        while roots and any(code == "wrong-key" for code, _ in done.found):
            done = check(path, key=roots.pop())
        return done

    def archive(self, export: Export) -> Path:
        """Where the archive of a pack lies, or will."""
        return self._folder / f"{export.id}.zip"

    async def make(self, export: Export) -> Export:
        """Makes a pack now, if it waits; gives it as it is then. Of one that was given up or failed nothing stays."""
        self._making.add(export.id)
        try:
            async with self._alone():
                if (await self.one(export.tenant, export.id)).state == WAITING:
                    await self._tried(export)
        finally:
            self._making.discard(export.id)
            self._cancelled.discard(export.id)
            self._doing.pop(export.id, None)
        found = await self.one(export.tenant, export.id)
        if found.state in {FAILED, GONE}:
            await asyncio.to_thread(self._clear, found)
        return found

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Nobody else makes packs in the folder: the command line may, beside a service. A killed one holds nothing."""
        private.make_folder(self._folder)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            while not _locked(folder):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(_LOOK_SECONDS)
            yield
        finally:
            os.close(folder)

    async def watch(self) -> None:
        """Makes what waits, for ever."""
        await forever(self._look, rest=_LOOK_SECONDS, failing="packs not looked for", at_once=True, called=self._wake)

    async def _look(self) -> None:
        """Makes all packs that wait: those that are printed, which takes longest, come after all others."""
        while rows := await asyncio.to_thread(self._log.reads.rows, sql.EXPORT_WAITING):
            await self.make(Export(*rows[0]))

    async def _tried(self, export: Export) -> None:
        """Makes a pack, or tells that it failed. One that was given up meanwhile has ended already."""
        try:
            path = await self._made(export)
        except (Cancelled, Unchanged):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who asked has to hear of it
            structlog.get_logger().error("pack not made", export=export.id, **where(error))
            why = type(error).__name__
            await self._end(export.tenant, export.id, EXPORT_FAILED, FAILED, {"error": why}, error=why)
        else:
            await asyncio.to_thread(shutil.rmtree, self._work(export), ignore_errors=True)
            structlog.get_logger().info("pack made", export=export.id, bytes=path.stat().st_size)
            await self.weeding.out(frozenset(), anew=True, only=export.id)

    def _clear(self, export: Export) -> None:
        """Takes away whatever was written of a pack."""
        shutil.rmtree(self._work(export), ignore_errors=True)
        for path in (self.archive(export), seal.unfinished(self.archive(export)), self.weeding.beside(export.id)):
            path.unlink(missing_ok=True)

    async def _made(self, export: Export) -> Path:
        plan = await self._plan(export)
        since = await asyncio.to_thread(self._since, export, plan)
        ground = Ground(reads=self._log.reads, signer=self._log.signer, since=since, version=self._version)
        path = self.archive(export)
        call_off = partial(self._cancelled.add, export.id)
        progress = await to_end(self._write, export, plan, ground, path, called_off=call_off)
        digest = await asyncio.to_thread(digest_of, path)
        told = progress.of("records")["records"], path.stat().st_size, digest
        facts = {"bytes": told[1], "records": told[0], "sha256": digest, "size": plan.checkpoint.size}
        await self._end(export.tenant, export.id, EXPORT_DONE, DONE, facts, size=plan.checkpoint.size, made=told)
        return path

    def _write(self, export: Export, plan: Plan, ground: Ground, path: Path) -> Progress:
        """All the stages, in a thread."""
        progress = Progress(self._work(export), self._reporter(export.id)).taken_up()
        lookup = Lookup(self._log.reads, export.tenant)
        collect(plan, self._log.reads, lookup, progress)
        counting = tabulate(plan, lookup, progress)
        self.weeding.note(plan, progress.folder / TEXTS)
        seal.write_formats(plan, progress, counting, self._lexicons)
        seal.write_archive(plan, progress, ground, path)
        return progress

    def _reporter(self, export: str) -> Callable[[str, int, int], None]:
        last = [0.0]

        def report(stage: str, done: int, total: int) -> None:
            if export in self._cancelled:
                raise Cancelled(export)
            if monotonic() - last[0] > _REPORT_SECONDS or done == 0:
                self._doing[export], last[0] = Doing(stage, done, total), monotonic()

        return report

    async def _plan(self, export: Export) -> Plan:
        """The plan that stands, or a new one that rests on a checkpoint of now."""
        work = self._work(export)
        path = work / _PLAN
        if path.exists():
            return _plan_from(orjson.loads(path.read_bytes()))
        checkpoint = await self._log.checkpoint()
        told = orjson.loads(export.asked)
        reason = told.pop("reason")
        asked = PackOrder(**{**told, "formats": tuple(told["formats"])})
        first, end = await asyncio.to_thread(self._range, asked, checkpoint.size)
        plan = Plan(
            id=export.id,
            tenant=export.tenant,
            by=export.by,
            asked=asked,
            first=first,
            end=end,
            checkpoint=checkpoint,
            at=now(),
            reason=reason,
            accounts=await asyncio.to_thread(accounts_of, self._log.reads, export.tenant, asked.creator),
        )
        work.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(_plan_told(plan)))
        fresh.replace(path)
        return plan

    def _range(self, asked: PackOrder, size: int) -> tuple[int, int]:
        reads = self._log.reads
        first = reads.since(asked.since, size=size) if asked.since else 0
        end = reads.until(asked.until, size=size) if asked.until else size
        return first, max(first, end)

    def _since(self, export: Export, plan: Plan) -> Signed | None:
        """The checkpoint of the tenant's pack before."""
        reads = self._log.reads
        ((size,),) = reads.rows(sql.EXPORT_BEFORE, export.tenant, export.id, plan.checkpoint.size)
        return None if size is None else reads.checkpoint(size)

    def _work(self, export: Export) -> Path:
        return self._folder / export.id

    async def _end(  # noqa: PLR0913 - what becomes of a pack
        self,
        tenant: str,
        export: str,
        kind: str,
        state: str,
        facts: dict[str, Any],
        *,
        size: int | None = None,
        made: tuple[int, int, str] | tuple[None, None, None] = (None, None, None),
        error: str | None = None,
    ) -> None:
        def work(visit: Visit) -> None:
            row = (state, visit.at, size, *made, error, export)
            visit.record(Act(kind, export, tenant, facts), Write(sql.END_EXPORT, row))

        try:
            await self._ledger.visit(work)
        except Unchanged:
            if state != FAILED:
                raise


def _check(asked: PackOrder, reason: str, categories: Container[str]) -> None:
    pack = PACKS.get(asked.pack)
    if pack is None:
        raise AskedWrong("pack", "pack_unknown")
    if pack.needs and not getattr(asked, pack.needs):
        raise AskedWrong(pack.needs, "missing")
    if asked.unmasked and not reason.strip():
        raise AskedWrong("reason", "reason_needed")
    if asked.since and asked.until and asked.since >= asked.until:
        raise AskedWrong("until", "period_empty")
    if asked.scene and asked.scene not in tuple(Scene):
        raise AskedWrong("scene", "unknown_scene")
    if asked.category and asked.category not in categories:
        raise AskedWrong("category", "unknown_category")
    unknown = [one for one in asked.formats if one not in FORMATS]
    if unknown:
        raise AskedWrong("formats", "format_unknown")
    if missing := lacking(asked.formats):
        raise AskedWrong("formats", f"{missing}_missing")


def _plan_told(plan: Plan) -> dict[str, Any]:
    checkpoint = plan.checkpoint
    told = {"size": checkpoint.size, "root": checkpoint.root.hex(), "at": checkpoint.at, "note": checkpoint.note}
    return {**asdict(plan), "checkpoint": told}


def _plan_from(told: dict[str, Any]) -> Plan:
    asked = PackOrder(**{**told["asked"], "formats": tuple(told["asked"]["formats"])})
    checkpoint = Signed(**{**told["checkpoint"], "root": bytes.fromhex(told["checkpoint"]["root"])})
    return Plan(**{**told, "asked": asked, "checkpoint": checkpoint})
