"""``kill -9`` at a random moment under load: what was acknowledged is there, once, and answers as before."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.service.mortal import Mortal

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS = 32
TEXTS = ["好用的面霜", "国家级面霜", "全网第一，加微信详聊", "物流很快，推荐", "最 高 级的享受"]


class Experiment:
    """One database that outlives its services; what clients heard, and what turned out to be wrong."""

    def __init__(self, folder: Path, lexicons: Path, *, early: bool = False) -> None:
        self.data, self.lexicons, self.early = folder / "data", lexicons, early
        self.heard: dict[str, list[str]] = {}
        self.bodies: dict[str, tuple[str, bytes]] = {}
        self.wrong: list[str] = []
        self.chance = random.Random(20261122)
        self._asked = 0

    async def start(self) -> None:
        """A new process on the old database."""
        self._server = await Mortal.started("kill_server", self.data, self.lexicons, *["--early"] * self.early)
        url, secret = await self._server.line()
        self._session = aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"})

    async def round(self) -> None:
        """Loads the service, kills it, starts it again and asks everything of this round once more."""
        before = len(self.bodies)
        clients = [asyncio.create_task(self._client()) for _ in range(CLIENTS)]
        await asyncio.sleep(self.chance.uniform(0.05, 0.9))
        await self._server.kill()
        await asyncio.gather(*clients)
        await self._session.close()
        await self.start()
        keys = iter(list(self.bodies)[before:])
        await asyncio.gather(*(self._ask_again(keys) for _ in range(CLIENTS)))

    async def end(self) -> None:
        """Ends the last service as ungently as the others."""
        await self._server.kill()
        await self._session.close()

    async def _client(self) -> None:
        while True:
            key, path, body = self._request()
            self.bodies[key] = (path, body)
            try:
                self.heard[key] = await self._post(key, path, body)
            except aiohttp.ClientError:
                return

    def _request(self) -> tuple[str, str, bytes]:
        self._asked += 1
        key = f"key-{self._asked}"
        items = [self._item(key, n) for n in range(5 if self._asked % 10 == 0 else 1)]
        if len(items) == 1:
            return key, "/v1/moderations", json.dumps(items[0]).encode()
        return key, "/v1/moderations/batch", json.dumps({"items": items}).encode()

    def _item(self, key: str, number: int) -> dict[str, str]:
        item = {"scene": "ad", "text": self.chance.choice(TEXTS)}
        if self.chance.random() < 0.5:
            item["content_id"] = f"c{self.chance.randrange(100)}"
        else:
            item["text"] += f" {key}-{number}"
        return item

    async def _post(self, key: str, path: str, body: bytes) -> list[str]:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        async with self._session.post(path, data=body, headers=headers) as response:
            told = await response.json()
            if response.status == 401:  # the sabotage twin may lose the very key that it acknowledged
                self.wrong.append("the API key was acknowledged and is lost")
                return []
            assert response.status == 200, told
        return [one["id"] for one in told.get("results", [told])]

    async def _ask_again(self, keys) -> None:
        for key in keys:
            ids = await self._post(key, *self.bodies[key])
            if self.heard.setdefault(key, ids) != ids:
                self.wrong.append(f"{key} was answered {self.heard[key]} and is now {ids}")

    def examine(self) -> None:
        """Compares what clients heard with what the database holds."""
        database = sqlite3.connect(self.data / "qingliu.db")

        def column(sql: str) -> list:
            return [value for (value,) in database.execute(sql)]

        if column("PRAGMA integrity_check") != ["ok"] or database.execute("PRAGMA foreign_key_check").fetchall():
            self.wrong.append("the database is damaged")
        seqs = column("SELECT seq FROM acts ORDER BY seq")
        if seqs != list(range(len(seqs))):
            self.wrong.append("the acts have a gap")
        heard = Counter(id_ for ids in self.heard.values() for id_ in ids)
        stored = Counter(column("SELECT id FROM decisions"))
        told = Counter(column("SELECT subject FROM acts WHERE kind = 'decision.auto'"))
        self.wrong += [f"{id_} was acknowledged and is lost" for id_ in heard - stored]
        self.wrong += [f"{id_} is there and nobody asked" for id_ in stored - heard]
        if told != stored:
            self.wrong.append("acts and decisions tell different stories")
        if column("SELECT count(*) FROM idempotency") != [len(self.heard)]:
            self.wrong.append("idempotency keys are missing")
        database.close()


async def run(folder, lexicons, *, rounds, early=False, until_wrong=False) -> Experiment:
    experiment = Experiment(folder, lexicons, early=early)
    await experiment.start()
    for _ in range(rounds):
        await experiment.round()
        if until_wrong and experiment.wrong:
            break
    await experiment.end()
    experiment.examine()
    return experiment


async def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path, lexicons):
    experiment = await run(tmp_path, lexicons, rounds=2)
    assert experiment.wrong == []
    assert len(experiment.heard) > 2 * CLIENTS


@pytest.mark.slow
async def test_answers_that_leave_before_the_commit_are_found_out(tmp_path, lexicons):
    """The sabotage twin: the same experiment must fail."""
    experiment = await run(tmp_path, lexicons, rounds=10, early=True, until_wrong=True)
    assert experiment.wrong


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_to_a_hundred_kills(tmp_path, lexicons):
    experiment = await run(tmp_path, lexicons, rounds=100)
    assert experiment.wrong == []
    assert len(experiment.heard) > 100 * CLIENTS
