"""The log job: hashes what was done since it last looked, keeps the tiles and signs checkpoints. No tree is kept whole.

It reads what is on disk already, so nothing that it signs can be lost, and holds up nobody: hashing is done in a thread
beside, and what it writes is a row a tile and a row a checkpoint. Two processes that sign at once write the same tiles,
and of one size the first checkpoint stays.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from service.acts import LOG_KEY, SERVICE_RESTORED, Act
from service.audit.keys import endorsed
from service.audit.note import Checkpoint, NoteRefused, checkpoint_from, note_from, signed_by, verifier_from
from service.audit.reads import WIDTH, LogReads
from service.audit.tree import Frontier, consistency, inclusion, leaf_hash, root_of
from service.ids import new_id, now
from service.logs import where
from service.ports import Write
from service.store import audit_statements as sql
from service.tasks import forever, to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from service.audit.note import Signer
    from service.audit.reads import Signed
    from service.ledger import Ledger
    from service.ports import Row, Visit

EVERY: Final = 1000
"""So many acts do not wait for the time of a checkpoint."""
LOOK_SECONDS: Final = 0.25
_CHUNK: Final = 1000
"""So many acts are read at a time."""
_FAILING: Final = "checkpoint not signed"
_MOST: Final = 50_000
"""What follows from so many acts is written at once: a log that was left behind grows in steps."""


class NoCheckpoint(LookupError):
    """The log has no checkpoint yet, or none of this size."""


class Grown(NamedTuple):
    """What follows from acts that were read: rows of tiles and of checkpoints. ``behind``: others are left to read."""

    tiles: list[Row]
    checkpoints: list[Row]
    behind: bool = False


class Log:
    """Keeps the edge of the tree. ``signer`` gives the key of the moment, which may be replaced while the log runs."""

    def __init__(self, ledger: Ledger, reads: LogReads, signer: Callable[[], Signer], *, seconds: float = 60.0) -> None:
        self._ledger, self.reads, self._signer, self._seconds = ledger, reads, signer, seconds
        self._frontier = Frontier()
        self._tail: list[bytes] = []
        self._at = float("-inf")
        self._turn = asyncio.Lock()
        self._ahead = False
        """Whether the edge may be ahead of the disk: it was read on, and whoever was to write that may be gone."""
        self._signed = 0
        self.unsigned = 0
        """Acts that no checkpoint covered yet, as counted last."""

    @property
    def signer(self) -> Signer:
        """The key that signs now."""
        return self._signer()

    async def start(self) -> None:
        """Takes up where the database stands, and tells of the key if it is new."""
        await self._told_of_key()
        await asyncio.to_thread(self._take_up)

    async def checkpoint(self) -> Signed:
        """A checkpoint over all that is on disk now."""
        async with self._turn:
            return await self._grow()

    async def rotate(self, new: Signer) -> None:
        """Tells that ``new`` follows the present key, which endorses it. The caller then puts the new one in place."""
        old = self.signer
        await self._record_key(new, endorsed(old, new.verifier))

    async def restored(self, size: int, *, by: str) -> None:
        """Tells that the database is a backup with the checkpoint of ``size``: what was done after it is not here."""
        await self._ledger.record(Act(SERVICE_RESTORED, new_id(), facts={"by": by, "checkpoint": size}))

    async def look(self) -> None:
        """Signs, if it is time to."""
        self.unsigned = waits = await asyncio.to_thread(self.reads.size) - self._signed
        if waits >= EVERY or (waits and monotonic() - self._at >= self._seconds):
            await self.checkpoint()

    async def watch(self) -> None:
        """Looks for ever; at the end it signs what is left."""
        try:
            await forever(self.look, rest=min(LOOK_SECONDS, self._seconds), failing=_FAILING, at_once=True)
        finally:
            try:
                await self.checkpoint()
            except Exception as error:  # noqa: BLE001 - the service stops all the same
                structlog.get_logger().error(_FAILING, **where(error))

    async def witnessed(self, told: str, witnesses: Sequence[str]) -> int:
        """Keeps a cosignature of a checkpoint by a known witness; gives its size. Raises ``NoteRefused``."""
        note = note_from(told)
        size = checkpoint_from(note.text).size
        kept = await asyncio.to_thread(self.reads.checkpoint, size)
        if kept is None or note_from(kept.note).text != note.text:
            raise NoteRefused("the log has signed no such checkpoint")
        lines = []
        for key in map(verifier_from, witnesses):
            if signed_by(note, key) is not None:
                lines += [(str(key), str(one)) for one in note.signatures if (one.name, one.key) == (key.name, key.id)]
        if not lines:
            raise NoteRefused("no known witness signed it")
        writes = [(size, key, line) for key, line in lines]

        def work(visit: Visit) -> None:
            for row in writes:
                visit.derive(Write(sql.INSERT_COSIGNATURE, row, must_change=False))

        await self._ledger.visit(work)
        return size

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the log of ``new`` acts begins as that of ``old``. Reads; raises ``ValueError``."""
        return consistency(self.reads.subtree, old, new)

    def inclusion(self, seq: int, size: int) -> list[bytes]:
        """The proof that an act is in the log of ``size`` acts. Reads; raises ``ValueError``."""
        return inclusion(self.reads.subtree, seq, size)

    def _take_up(self) -> None:
        self._frontier = self.reads.frontier(self.reads.tiled())
        self._tail = []
        last = self.reads.last()
        self._signed = 0 if last is None else last.size

    async def _grow(self) -> Signed:
        signer = self.signer
        while (await self._step(signer)).behind:
            pass
        last = await asyncio.to_thread(self.reads.last)
        self._at = monotonic()
        if last is None:
            raise NoCheckpoint("nothing was done yet")
        self._signed, self.unsigned = last.size, 0
        return last

    async def _step(self, signer: Signer) -> Grown:
        if self._ahead:
            await to_end(self._take_up)
        self._ahead = True
        grown = await to_end(self._read, signer)
        if grown.checkpoints:

            def work(visit: Visit) -> None:
                for row in grown.tiles:
                    visit.derive(Write(sql.INSERT_TILE, row, must_change=False))
                for row in grown.checkpoints:
                    visit.derive(Write(sql.INSERT_CHECKPOINT, row, must_change=False))

            await self._ledger.visit(work)
        self._ahead = False
        return grown

    def _read(self, signer: Signer) -> Grown:
        """Hashes what is new. A checkpoint every thousand acts, one for what is left."""
        there = self.reads.size()
        end = min(there, self._frontier.size + _MOST)
        grown = Grown([], [], behind=end < there)
        while (size := self._frontier.size) < end:
            upto = min(end, size // EVERY * EVERY + EVERY, size + _CHUNK)
            for (body,) in self.reads.rows(sql.LEAVES, size, upto):
                self._append(leaf_hash(body), grown)
            if upto == end or upto % EVERY == 0:
                grown.checkpoints.append(self._checkpoint(signer))
        if not grown.checkpoints and end and self._signed < end:
            grown.checkpoints.append(self._checkpoint(signer))
        return grown

    def _append(self, leaf: bytes, grown: Grown) -> None:
        self._frontier.append(leaf)
        self._tail.append(leaf)
        size = self._frontier.size
        if size % WIDTH:
            return
        # A subtree that is whole now is the last on the frontier, or has been merged with those left of it.
        grown.tiles.append((0, size // WIDTH - 1, root_of(self._tail), b"".join(self._tail)))
        self._tail.clear()
        level, width = 1, WIDTH * WIDTH
        while size % width == 0:
            number = size // width - 1
            grown.tiles.append((level, number, self._root(level, number, grown), None))
            level, width = level + 1, width * WIDTH

    def _root(self, level: int, number: int, grown: Grown) -> bytes:
        """The root over 256 roots of the level below, of which some may not be on disk yet."""
        first = number * WIDTH
        roots = [root for (root,) in self.reads.rows(sql.TILE_ROOTS, level - 1, first, first + WIDTH)]
        fresh = {one[1]: one[2] for one in grown.tiles if one[0] == level - 1}
        missing = [fresh[place] for place in range(first + len(roots), first + WIDTH)]
        return root_of([*roots, *missing])  # type: ignore[list-item]

    def _checkpoint(self, signer: Signer) -> Row:
        at = now()
        size, root = self._frontier.size, self._frontier.root()
        return size, root, at, str(signer.note(Checkpoint(signer.name, size, root, at).text()))

    async def _told_of_key(self) -> None:
        known = await asyncio.to_thread(self.reads.signers)
        if str(self.signer.verifier) not in [key for key, _, _ in known]:
            if known:
                structlog.get_logger().warning("the log goes on under a key that the last one did not endorse")
            await self._record_key(self.signer, "")

    async def _record_key(self, signer: Signer, endorsement: str) -> None:
        key = str(signer.verifier)
        act = Act(LOG_KEY, key, facts={"endorsement": endorsement})
        await self._ledger.record(act, Write(sql.INSERT_LOG_KEY, (key, endorsement, now())))
