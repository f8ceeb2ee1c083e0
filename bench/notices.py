"""How fast notices go out, and how late they are beside receivers that hang: ``python -m bench.notices``.

Real receivers on loopback, without TLS; a database of its own in a temporary directory.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final

import uvloop
from aiohttp import web

from service.acts import Act
from service.ids import new_id
from service.notify import Relay
from service.outbound import Sender
from service.ports import Write
from service.secret import open_secret
from service.settings import Settings
from service.webhooks import Webhooks
from service.wiring import Store, open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiohttp.web_request import BaseRequest

    from service.ports import Visit

NOTICE: Final = (
    "INSERT INTO notices (id, tenant, kind, subject, facts, at) VALUES (?, ?, 'decision.human', 'c', '{}', ?)"
)
DELIVERY: Final = "INSERT INTO deliveries (notice, webhook, state, attempts, next_at) VALUES (?, ?, 'waiting', 0, ?)"
TENANT: Final = "bench"
SLOW: Final = "slow"
HANGING: Final = 20
MANY: Final = 5000


@asynccontextmanager
async def receiver(came: dict[str, float]) -> AsyncIterator[str]:
    """A server that notes when a notice came; whatever is sent to ``/hang`` gets no answer."""

    async def answer(request: BaseRequest) -> web.Response:
        if request.path == "/hang":
            await asyncio.sleep(3600)
        came.setdefault(request.headers["webhook-id"], perf_counter())
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def write(store: Store, webhooks: Sequence[str], *, count: int = 1, tenant: str = TENANT) -> list[str]:
    """Files so many notices to each of these receivers; their ids, once they are on disk."""
    ids = [new_id() for _ in range(count)]

    def work(visit: Visit) -> None:
        for id_ in ids:
            deliveries = (Write(DELIVERY, (id_, webhook, visit.at)) for webhook in webhooks)
            visit.record(Act("notice.opened", id_, tenant), Write(NOTICE, (id_, tenant, visit.at)), *deliveries)

    await store.ledger.visit(work)
    return ids


async def measured(folder: Path) -> None:
    """Both figures."""
    settings = Settings(data=folder, expert="off")
    came: dict[str, float] = {}
    async with open_store(settings) as store, receiver(came) as url:
        await store.keys.create(TENANT)
        await store.keys.create(SLOW)
        secret = open_secret(settings)
        webhooks = Webhooks(store.ledger, store.notices, secret, private=True)
        good = (await webhooks.create(TENANT, url, by="bench")).webhook.id
        relay = Relay(store.notices, store.ledger, secret, Sender(private=True))
        await write(store, [good], count=MANY)
        began = perf_counter()
        relay.start()
        while relay.delivered < MANY:  # noqa: ASYNC110 - a wait that disturbs nothing
            await asyncio.sleep(0.05)
        print(f"{MANY / (perf_counter() - began):.0f} notices/s to one receiver, each outcome an act on disk")
        slow = [(await webhooks.create(SLOW, f"{url}/hang", by="bench")).webhook.id for _ in range(HANGING)]
        for hanging in (0, HANGING):
            if hanging:
                await write(store, slow, count=20, tenant=SLOW)
                await asyncio.sleep(1)
            late = await lateness(store, good, came)
            print(f"beside {hanging} that hang: median {median(late):.3f} s, at most {max(late):.3f} s late")
        await relay.close()


async def lateness(store: Store, webhook: str, came: dict[str, float], *, count: int = 100) -> list[float]:
    """The seconds from disk to receiver of so many notices, filed one after another."""
    filed = {}
    for _ in range(count):
        [id_] = await write(store, [webhook])
        filed[id_] = perf_counter()
        await asyncio.sleep(0.03)
    await asyncio.sleep(1.5)
    return [came[id_] - at for id_, at in filed.items()]


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(measured(Path(folder)))


if __name__ == "__main__":
    main()
