"""Writes acts and signs checkpoints until it is killed; says of each group of acts when it is on disk."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from service.acts import Act
from service.audit.keys import KeyInUse
from service.audit.log import Log
from service.audit.reads import LogReads
from service.ledger import Ledger
from service.secret import open_secret
from service.settings import Settings
from service.store import db
from service.store.journal import SqliteJournal


async def main() -> None:
    settings = Settings(data=Path(sys.argv[1]))
    open_secret(settings)
    ledger = Ledger(await SqliteJournal.opened(settings.database, busy_timeout=5))
    ledger.start()
    log = Log(ledger, LogReads(db.open_plain_reader(settings.database, busy_timeout=5)), KeyInUse(settings))
    await log.start()
    print("ready", flush=True)  # noqa: T201
    signing = asyncio.create_task(sign(log))
    while True:
        acts = [ledger.record(Act("x.y", "s", facts={"n": n})) for n in range(40)]
        print((await asyncio.gather(*acts))[-1], flush=True)  # noqa: T201
        if signing.done():
            signing.result()


async def sign(log) -> None:
    while True:
        await log.checkpoint()
        await asyncio.sleep(0.002)


asyncio.run(main())
