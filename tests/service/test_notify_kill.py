"""``kill -9`` in the middle of sending: every notice that was filed arrives, at least once, always under its own id."""

from __future__ import annotations

import asyncio
import random
import sqlite3

import pytest

from service.secret import open_secret
from service.settings import Settings
from service.webhooks import Webhooks
from service.wiring import open_store
from tests.service.mortal import Mortal
from tests.service.receivers import Receiver, until


async def until_killed(data, webhook, *options, seconds=0.0, over=None):
    """Runs a relay, kills it after some time, not before ``over()`` is true; the notices that it said were on disk."""
    relay = await Mortal.started("notify_server", data, webhook, *options)
    await relay.line()
    await asyncio.sleep(seconds)
    if over is not None:
        await until(over, seconds=60)
    said = await relay.kill()
    return said[: said.rfind("\n") + 1].split()


async def run(folder, *, rounds, options=()):
    """What was filed and never arrived, what arrived, and the states of deliveries."""
    settings, chance = Settings(data=folder / "data"), random.Random(20261126)
    async with Receiver() as receiver:
        async with open_store(settings) as store:
            await store.keys.create("shop")
            webhooks = Webhooks(store.ledger, store.notices, open_secret(settings), private=True)
            webhook = (await webhooks.create("shop", receiver.url, by="tests")).webhook.id
        filed = []
        for number in range(rounds):
            receiver.manner = ("ok", "fail", "cut")[number % 3]
            came = len(receiver.heard)
            filed += await until_killed(
                settings.data,
                webhook,
                "--write",
                *options,
                seconds=chance.uniform(0.2, 0.7),
                over=lambda came=came: len(receiver.heard) > came,
            )
        receiver.manner = "ok"
        database = sqlite3.connect(settings.database)

        def over():
            return not database.execute("SELECT 1 FROM deliveries WHERE state = 'waiting'").fetchall()

        await until_killed(settings.data, webhook, *options, over=over)
        assert len(filed) > 5 * rounds
        states = dict(database.execute("SELECT state, count(*) FROM deliveries GROUP BY state"))
        acts = database.execute("SELECT count(*) FROM acts WHERE kind = 'notice.delivered'").fetchone()[0]
        database.close()
        return set(filed) - receiver.taken, receiver, states, acts


async def test_every_notice_arrives_whatever_moment_the_process_is_killed_at(tmp_path):
    lost, receiver, states, acts = await run(tmp_path, rounds=2)
    assert lost == set()
    assert states == {"delivered": acts}
    assert len(receiver.taken) == acts


async def test_marking_before_sending_is_found_out(tmp_path):
    """The sabotage twin: the same experiment must fail."""
    lost, *_ = await run(tmp_path, rounds=2, options=["--forget"])
    assert lost


@pytest.mark.slow
async def test_every_notice_arrives_over_a_hundred_kills(tmp_path):
    lost, _, states, acts = await run(tmp_path, rounds=100)
    assert lost == set()
    assert states == {"delivered": acts}
