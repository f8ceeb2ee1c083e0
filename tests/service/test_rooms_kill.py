"""``kill -9`` while live rooms talk: what was acknowledged is decided once; who resumes misses and doubles nothing."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.service.mortal import Mortal
from tests.small import LEXICONS

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOL = "qingliu.chat.v1"
ROOMS = 8
DEPTH = 16
PATIENCE = 60


class Viewer:
    """One client of one room: what it said, and every number that it ever saw."""

    def __init__(self, room: str, chance: random.Random) -> None:
        self.room, self.chance = room, chance
        self.said: dict[str, str] = {}
        self.heard: dict[str, str] = {}
        self.last = 0
        self.wrong: list[str] = []

    async def talk(self, session: aiohttp.ClientSession, *, until_answered: bool = False) -> None:
        """Resumes, says again what was not answered, then goes on until the service is gone, or all is answered."""
        try:
            url = f"/v1/rooms/{self.room}/stream?after={self.last}"
            async with session.ws_connect(url, protocols=(PROTOCOL,)) as socket:
                hello = _text(await socket.receive(PATIENCE))
                while self.last < hello["seq"]:
                    self._take(await socket.receive(PATIENCE))
                pending = [id_ for id_ in self.said if id_ not in self.heard]
                await self._say(socket, pending)
                while not until_answered or len(self.heard) < len(self.said):
                    if not until_answered:
                        await self._say(socket, self._new(DEPTH - len(self.said) + len(self.heard)))
                    self._take(await socket.receive(PATIENCE))
        except (aiohttp.ClientError, ConnectionError):
            return

    def _new(self, count: int) -> list[str]:
        first = len(self.said)
        ids = [f"m{first + n}" for n in range(max(0, count))]
        self.said.update((id_, self.chance.choice(("主播好", "国家级的", "这个多少钱", f"第{id_}句"))) for id_ in ids)
        return ids

    async def _say(self, socket, ids) -> None:
        if ids:
            messages = [{"id": id_, "text": self.said[id_], "author_id": id_} for id_ in ids]
            await socket.send_str(json.dumps({"type": "messages", "messages": messages}))

    def _take(self, frame) -> None:
        for item in _text(frame).get("items", ()):
            if item["kind"] == "refused":
                self.wrong.append(f"{self.room}: {item}")
            elif item.get("again"):
                if self.heard.get(item["id"], item["decision_id"]) != item["decision_id"]:
                    self.wrong.append(f"{self.room}/{item['id']} was decided again")
                self.heard[item["id"]] = item["decision_id"]
            else:
                if item["seq"] != self.last + 1:
                    self.wrong.append(f"{self.room}: {item['seq']} came after {self.last}")
                self.last = item["seq"]
                if item["kind"] == "verdict":
                    self.heard[item["id"]] = item["decision_id"]


def _text(frame):
    if frame.type is not aiohttp.WSMsgType.TEXT:
        raise ConnectionError
    return json.loads(frame.data)


class Experiment:
    """One database that outlives its services, and a viewer in each room."""

    def __init__(self, folder: Path, lexicons: Path, *, early: bool = False) -> None:
        self.data, self.lexicons, self.early = folder / "data", lexicons, early
        self.chance = random.Random(20261126)
        self.viewers = [Viewer(f"r{n}", self.chance) for n in range(ROOMS)]

    async def start(self) -> None:
        self._server = await Mortal.started(
            "kill_server", self.data, self.lexicons, *["--early"] * self.early, expert="off"
        )
        url, secret = await self._server.line()
        self._session = aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"})

    def heard(self) -> int:
        """How many messages were answered in all."""
        return sum(len(viewer.heard) for viewer in self.viewers)

    async def round(self) -> None:
        """Talks until the service dies at a random moment, some answers later, then starts it again."""
        enough = self.heard() + ROOMS * self.chance.randint(DEPTH, 4 * DEPTH)
        talking = [asyncio.create_task(viewer.talk(self._session)) for viewer in self.viewers]
        async with asyncio.timeout(PATIENCE):
            while self.heard() < enough:  # noqa: ASYNC110 - viewers tell nobody what they hear
                await asyncio.sleep(0.005)
        await asyncio.sleep(self.chance.uniform(0, 0.05))
        await self._server.kill()
        await asyncio.gather(*talking)
        await self._session.close()
        await self.start()

    async def end(self) -> None:
        """Has everything answered that was ever said."""
        await asyncio.gather(*map(self._finish, self.viewers))
        await self._server.kill()
        await self._session.close()

    async def _finish(self, viewer: Viewer) -> None:
        try:
            await asyncio.wait_for(viewer.talk(self._session, until_answered=True), PATIENCE)
        except TimeoutError:
            viewer.wrong.append(f"{viewer.room}: {len(viewer.said) - len(viewer.heard)} were never answered")

    def wrong(self) -> list[str]:
        """What viewers complain of, and where the database differs from what they heard."""
        database = sqlite3.connect(self.data / "qingliu.db")
        rows = database.execute(
            "SELECT c.content_id, d.id FROM decisions AS d JOIN contents AS c ON c.id = d.content"
        ).fetchall()
        database.close()
        stored = Counter(rows)
        heard = Counter((f"{one.room}/{id_}", decision) for one in self.viewers for id_, decision in one.heard.items())
        found = [complaint for viewer in self.viewers for complaint in viewer.wrong]
        found += [f"{one} was heard and is not there" for one in heard - stored]
        found += [f"{one} is there and nobody heard it" for one in stored - heard]
        return found + [f"{one} was decided {n} times" for one, n in Counter(name for name, _ in rows).items() if n > 1]


async def run(folder, lexicons, *, rounds, early=False, until_wrong=False) -> list[str]:
    experiment = Experiment(folder, lexicons, early=early)
    await experiment.start()
    for _ in range(rounds):
        await experiment.round()
        if until_wrong and any(viewer.wrong for viewer in experiment.viewers):
            break
    await experiment.end()
    assert until_wrong or experiment.heard() >= rounds * ROOMS * DEPTH
    return experiment.wrong()


async def test_a_killed_service_loses_and_doubles_no_message(tmp_path, lexicons):
    assert await run(tmp_path, lexicons, rounds=1) == []


@asynccontextmanager
async def killed(folder, lexicons):
    """A client of a service that is killed in the end."""
    server = await Mortal.started("kill_server", folder / "data", lexicons, expert="off")
    url, secret = await server.line()
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}, raise_for_status=True) as one:

        async def call(method, path, body=None):
            async with one.request(method, path, json=body) as reply:
                return await reply.json()

        yield call
        await server.kill()


async def test_a_killed_service_keeps_the_risk_of_the_show_that_is_on(tmp_path, lexicons):
    shutil.copy(LEXICONS / "live.toml", lexicons)

    async def claim(call, id_):
        said = {"id": id_, "kind": "host_speech", "text": f"这是国家级的产品{id_}"}
        (verdict,) = (await call("POST", "/v1/rooms/r/messages", {"messages": [said]}))["results"]
        events = (await call("GET", f"/v1/rooms/r/events?after={verdict['seq']}"))["items"]
        return [(one.get("advice", one["kind"]), one.get("on", one.get("up"))) for one in events]

    async with killed(tmp_path, lexicons) as call:
        show = await call("POST", "/v1/shows", {"room_id": "r"})
        assert await claim(call, "a") == [("warn_host", True)]
    async with killed(tmp_path, lexicons) as call:
        assert (await call("GET", "/v1/rooms/r"))["advice"] == ["warn_host"]
        assert ("senior", True) in await claim(call, "b"), "the host was warned before"
        await call("POST", f"/v1/shows/{show['id']}/end", {})
        await call("POST", "/v1/shows", {"room_id": "r"})
    async with killed(tmp_path, lexicons) as call:
        assert (await call("GET", "/v1/rooms/r"))["advice"] == []
        assert await claim(call, "c") == [("warn_host", True)]


@pytest.mark.slow
async def test_a_service_killed_a_hundred_times_loses_and_doubles_no_message(tmp_path, lexicons):
    assert await run(tmp_path, lexicons, rounds=100) == []


@pytest.mark.slow
async def test_verdicts_that_leave_before_the_commit_are_found_out(tmp_path, lexicons):
    """The sabotage twin: the same experiment must fail."""
    assert await run(tmp_path, lexicons, rounds=20, early=True, until_wrong=True)
