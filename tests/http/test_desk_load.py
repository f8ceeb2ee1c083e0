"""Many people at one queue: browsers that stop while they hold items, leases that end, decisions that come too late.

Nothing is lost, nothing is decided twice, and nobody decides what somebody else was handed meanwhile. The twin without
tokens fails.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter

import aiohttp
import orjson
import pytest

from service.review import states
from tests.small import DOUBTFUL

BROWSERS = 8
LEASE = 1


@pytest.fixture
def house(serving, doubtful):
    with serving(lexicons=doubtful) as server:
        yield server


class Crowd:
    """Browsers of a few people, and what they were told."""

    def __init__(self, server, people):
        self.server, self.chance = server, random.Random(20261126)
        self.people = [server.hire(name) for name in people]
        self.accepted: list[tuple[str, int]] = []
        self.refused: Counter = Counter()
        self.handed: dict[str, int] = {}
        self.stolen: list[str] = []

    async def work(self, items):
        """Sends contents, then lets everybody work until nothing waits and nothing is held."""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self.server.port}") as self.session:
            for start in range(0, items, 500):
                batch = [
                    {"scene": "ugc", "text": DOUBTFUL, "content_id": f"c{number}"}
                    for number in range(start, min(items, start + 500))
                ]
                await self._post(self.server.key, "/v1/moderations/batch", {"items": batch})
            await asyncio.gather(*(self._browser(self.people[n % len(self.people)]) for n in range(BROWSERS)))

    async def _post(self, who, path, body):
        sent = {"Authorization": f"Bearer {who}"} if isinstance(who, str) else who.headers
        headers = {name.replace("_", "-"): value for name, value in sent.items()}
        async with self.session.post(path, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def _browser(self, who):
        idle = 0
        while idle < 3:
            _, told = await self._post(who, "/v1/reviews/claim", {"limit": 20, "lease_seconds": LEASE})
            items = told["items"]
            if not items:
                idle += 1
                await asyncio.sleep(LEASE / 2)
                continue
            idle = 0
            for item in items:
                self.handed[item["id"]] = item["token"]
            if self.chance.random() < 0.2:
                await self._stop(items)
                items.reverse()  # the last first: who was handed them meanwhile begins with the first
            for item in items:
                await self._decide(who, item)
                await asyncio.sleep(0.02 * self.chance.random())

    async def _stop(self, items):
        """Stands still with all that a browser holds, until some of it is handed to others or nobody wants it."""
        for _ in range(LEASE * 100):
            await asyncio.sleep(0.03)
            if any(self.handed[item["id"]] != item["token"] for item in items):
                return

    async def _decide(self, who, item):
        body = {"token": item["token"], "action": "pass"}
        status, told = await self._post(who, f"/v1/reviews/{item['id']}/decision", body)
        if status == 200:
            self.accepted.append((item["id"], item["token"]))
        else:
            assert status == 409, told
            self.refused[told["why"]] += 1

    def wrong(self, items):
        """What must not have happened."""
        database = sqlite3.connect(self.server.settings.database)
        left = database.execute("SELECT count(*) FROM reviews WHERE state <> 'closed'").fetchone()
        held = database.execute("SELECT count(*) FROM reviews").fetchone()
        acts = database.execute(
            "SELECT kind, subject, body FROM acts WHERE kind IN ('review.claimed', 'review.decided') ORDER BY seq"
        ).fetchall()
        database.close()
        handed, decided, found = {}, Counter(), []
        tokens = dict(self.accepted)
        for kind, subject, body in acts:
            if kind == "review.claimed":
                handed[subject] = orjson.loads(body)["facts"]["token"]
            else:
                decided[subject] += 1
                if tokens.get(subject) != handed[subject]:
                    found.append(f"{subject} was decided by a browser to which it was not handed last")
        found += [f"{subject} was decided {times} times" for subject, times in decided.items() if times > 1]
        if (left, held) != ((0,), (items,)):
            found.append(f"{left} of {held} are left")
        if len(decided) != items or len(self.accepted) != items:
            found.append(f"{len(decided)} decided, {len(self.accepted)} acknowledged")
        return found


async def run(house, *, items, people=("ann", "bob")):
    crowd = Crowd(house, people)
    await crowd.work(items)
    return crowd


async def test_nothing_is_lost_and_nothing_is_decided_twice(house):
    crowd = await run(house, items=300)
    assert crowd.wrong(300) == []
    assert crowd.refused.total() > 0


@pytest.mark.slow
async def test_without_tokens_somebody_decides_what_another_was_handed(house, monkeypatch):
    """The sabotage twin: the same experiment must fail."""
    refused = states.refused
    monkeypatch.setattr(states, "refused", lambda item, move: refused(item, move._replace(token=None)))
    crowd = await run(house, items=300, people=("ann",))
    assert any("not handed last" in one for one in crowd.wrong(300))


@pytest.mark.slow
async def test_ten_thousand_items_are_decided_once_each(house):
    crowd = await run(house, items=10_000)
    assert crowd.wrong(10_000) == []
    assert crowd.refused.total() > 100
