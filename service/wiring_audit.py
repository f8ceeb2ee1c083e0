"""Opens the audit log and what is made from it on a store: its reader, its key, its jobs, packs."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson
import structlog

from service.audit.archive import Archive
from service.audit.exports import Exports
from service.audit.keys import KeyInUse, KeyRefused
from service.audit.log import Log
from service.audit.note import NoteRefused, verifier_from
from service.audit.reads import LogReads
from service.audit.retaining import Retaining
from service.logs import where
from service.store import audit_statements as sql
from service.store import db
from service.tasks import beside, forever
from service.vault import Vault, use
from service.version import installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from service.ledger import Ledger
    from service.secret import Secret
    from service.settings import Settings
    from service.wiring import Store

_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The log over the acts, and what is made from it."""

    ledger: Ledger
    log: Log
    exports: Exports
    witnesses: Sequence[str]
    """The keys of witnesses whose cosignatures are kept."""
    retaining: Retaining
    """What is kept for how long, held, purged and erased."""


@asynccontextmanager
async def open_log(settings: Settings, store: Store) -> AsyncIterator[Audit]:
    """The log, taken up where the database stands; nothing is signed by itself. Raises ``KeyRefused``."""
    path, patience = settings.database, settings.busy_timeout
    reads = LogReads(await asyncio.to_thread(db.open_plain_reader, path, busy_timeout=patience))
    try:
        _check_witnesses(settings.audit_witnesses)
        signed = bool(await asyncio.to_thread(reads.signers))
        key = await asyncio.to_thread(partial(KeyInUse, settings, signed=signed))
        ledger = store.ledger
        log = Log(ledger, reads, key, seconds=settings.audit_seconds)
        await log.start()
        exports = Exports(ledger, log, settings.exports, version=installed(), lexicons=settings.lexicons)
        retaining = Retaining(ledger, reads, store.vault, exports.weeding)
        yield Audit(ledger=ledger, log=log, exports=exports, witnesses=settings.audit_witnesses, retaining=retaining)
    finally:
        await asyncio.to_thread(reads.close)


def _check_witnesses(keys: Sequence[str]) -> None:
    """Raises ``KeyRefused`` for what is no key of a witness: its cosignatures would never be kept."""
    for key in keys:
        try:
            verifier_from(key)
        except NoteRefused as error:
            raise KeyRefused(f"audit_witnesses：{key}：{error.told.zh}", f"audit_witnesses: {key}: {error}") from None


@asynccontextmanager
async def open_audit(settings: Settings, store: Store, stages: Sequence[str]) -> AsyncIterator[Audit]:
    """The same at work: while it lasts, checkpoints are signed and packs are made. Raises ``KeyRefused``.

    ``stages`` are the cards, in the folder of models, by which it is judged.
    """
    async with (
        open_log(settings, store) as audit,
        beside(
            checkpoints=audit.log.watch(),
            packs=audit.exports.watch(),
            retention=audit.retaining.watch(),
            rules_to_keep=_archiving(settings, audit.log.reads),
            weights_to_keep=_keeping(settings, stages),
        ),
    ):
        yield audit


async def _archiving(settings: Settings, reads: LogReads) -> None:
    """Keeps the files of rulesets as they become active."""
    archive, known = Archive(settings.archived), ""

    async def keep() -> None:
        nonlocal known
        for fingerprint, files in await asyncio.to_thread(reads.rows, sql.NEWEST_RULESET, known):
            changed = await asyncio.to_thread(
                archive.keep_rules, settings.lexicons, settings.scenes, dict(orjson.loads(files))
            )
            known = fingerprint
            if changed:
                structlog.get_logger().warning("rules changed before they were archived", files=len(changed))

    await forever(keep, rest=_LOOK_SECONDS, failing="rules not archived", at_once=True)


async def _keeping(settings: Settings, stages: Sequence[str]) -> None:
    """Keeps the weights that a start judges with; those trained from labels lie by their content as they are."""
    archive = Archive(settings.archived)
    for name in stages:
        while True:
            try:
                if not await asyncio.to_thread(archive.keep_stage, settings.models, name):
                    structlog.get_logger().warning("weights or card changed under their name, not archived", card=name)
                break
            except Exception as error:  # noqa: BLE001 - a disk that is full now may not be so the next time
                structlog.get_logger().error("weights not archived", card=name, **where(error))
            await asyncio.sleep(_LOOK_SECONDS)


def open_vault(settings: Settings, secret: Secret) -> Vault:
    """What seals words and opens them, with a connection of its own."""
    reader = db.open_plain_reader(settings.database, busy_timeout=settings.busy_timeout)
    vault = Vault(secret, reader, sealing=settings.seal_contents)
    use(vault)
    return vault
