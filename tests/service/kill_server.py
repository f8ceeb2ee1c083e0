"""A service to be killed: real parts on a free port. With ``--early`` its answers leave before the commit.

Test-only: the product has no such switch. Prints its address and a key, then serves until it is killed.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from service import wiring
from service.settings import Settings
from service.store.journal import SqliteJournal
from tests.service.mortal import serve_until_killed


class EarlyJournal(SqliteJournal):
    """The sabotage: says that a group is on disk as soon as it is planned; the commit follows a little later."""

    async def transact(self, wanted, plan):
        loop = asyncio.get_running_loop()
        planned = loop.create_future()

        def plan_and_tell(found):
            rows = plan(found)
            loop.call_soon_threadsafe(planned.set_result, None)
            time.sleep(0.02)
            return rows

        self.behind = loop.run_in_executor(self._thread, self._transact, wanted, plan_and_tell)
        await planned


async def main(data: str, lexicons: str, *options: str) -> None:
    if "--early" in options:
        wiring.SqliteJournal = EarlyJournal
    settings = Settings(data=Path(data), lexicons=Path(lexicons), port=0)
    async with wiring.open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        await serve_until_killed(service, data, secret)
