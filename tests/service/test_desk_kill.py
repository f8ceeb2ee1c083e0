"""``kill -9`` in the middle of review work: nothing is lost, nothing is decided twice, deadlines escalate once."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.service.mortal import Mortal
from tests.small import ABUSE, CLAIMS, DOUBTFUL, small_rules

if TYPE_CHECKING:
    from pathlib import Path

BROWSERS = 6


class Experiment:
    """One database that outlives its services; what was acknowledged, and what turned out to be wrong."""

    def __init__(self, folder: Path, lexicons: Path) -> None:
        (lexicons / "safety" / "abuse.txt").write_text(ABUSE, encoding="utf-8")
        self.data, self.lexicons = folder / "data", lexicons
        self.chance = random.Random(20261126)
        self.contents: list[str] = []
        self.decided: list[str] = []
        self.undone: list[str] = []
        self.reports: list[str] = []

    async def start(self) -> None:
        self._server = await Mortal.started("desk_server", self.data, self.lexicons)
        self.url, self.key = await self._server.line()
        self._session = aiohttp.ClientSession(self.url)

    async def round(self) -> None:
        """Works, kills, starts again on what the disk holds."""
        work = [asyncio.create_task(self._pipeline())]
        work += [asyncio.create_task(self._browser(("ann", "sue")[n % 2])) for n in range(BROWSERS)]
        await asyncio.sleep(self.chance.uniform(0.2, 1.2))
        await self._server.kill()
        await asyncio.gather(*work)
        await self._session.close()
        await self.start()

    async def end(self) -> None:
        """Lets every deadline pass, then ends as ungently as before."""
        await asyncio.sleep(1.5)
        await self._server.kill()
        await self._session.close()

    async def _post(self, who, path, body):
        headers = {"Authorization": f"Bearer {who}"}
        async with self._session.post(path, json=body, headers=headers) as response:
            assert response.status in {200, 409}, await response.text()
            return response.status, await response.json()

    async def _pipeline(self) -> None:
        while True:
            id_ = f"c{len(self.contents)}-{self.chance.randrange(10**9)}"
            try:
                await self._post(self.key, "/v1/moderations", {"scene": "ugc", "text": DOUBTFUL, "content_id": id_})
                self.contents.append(id_)
                if self.chance.random() < 0.3:
                    report = {"content_id": id_, "reporter_id": f"u{self.chance.randrange(5)}", "reason": "spam"}
                    _, told = await self._post(self.key, "/v1/reports", report)
                    self.reports.append(told["id"])
            except aiohttp.ClientError:
                return

    async def _browser(self, who) -> None:
        try:
            while True:
                lease = self.chance.choice((1, 5))
                _, told = await self._post(who, "/v1/reviews/claim", {"limit": 5, "lease_seconds": lease})
                for item in told["items"]:
                    await self._work(who, item)
                await asyncio.sleep(0.01)
        except aiohttp.ClientError:
            return

    async def _work(self, who, item) -> None:
        chance = self.chance.random()
        if chance < 0.2:
            return  # holds it until the lease ends
        token = {"token": item["token"]}
        if chance < 0.3:
            await self._post(who, f"/v1/reviews/{item['id']}/skip", token)
            return
        path = f"/v1/reviews/{item['id']}/decision"
        status, told = await self._post(who, path, {**token, "action": "pass"})
        if status == 200 and told["outcome"] is not None:  # who reads once more and agrees changes nothing
            self.decided.append(told["outcome"]["id"])
            if chance > 0.9 and (await self._post(who, f"/v1/reviews/{item['id']}/undo", {}))[0] == 200:
                self.undone.append(told["outcome"]["id"])

    def wrong(self) -> list[str]:
        """Compares what was acknowledged with what the database holds."""
        database = sqlite3.connect(self.data / "qingliu.db")

        def column(sql: str) -> list:
            return [value for (value,) in database.execute(sql)]

        acts = [
            (kind, subject, json.loads(body)["facts"])
            for kind, subject, body in database.execute("SELECT kind, subject, body FROM acts ORDER BY seq")
        ]
        found = [] if column("PRAGMA integrity_check") == ["ok"] else ["the database is damaged"]
        seqs = column("SELECT seq FROM acts ORDER BY seq")
        found += [] if seqs == list(range(len(seqs))) else ["the acts have a gap"]
        missing = {
            "content": set(self.contents) - set(column("SELECT target FROM reviews")),
            "decision": set(self.decided)
            - set(column("SELECT id FROM decisions WHERE by NOT IN ('engine', 'deadline')")),
            "report": set(self.reports) - set(column("SELECT id FROM reports")),
            "undo": set(self.undone) - set(column("SELECT supersedes FROM decisions WHERE supersedes IS NOT NULL")),
        }
        found += [f"{what} {one} was acknowledged and is lost" for what, lost in missing.items() for one in lost]
        found += [
            f"{one} is open and has no deadline"
            for one in column(
                "SELECT id FROM reviews WHERE state <> 'closed' AND due_at IS NULL AND breached_at IS NULL "
                "AND kind <> 'sample'"  # a second look waits for nobody
            )
        ]
        effective, breaches, timeouts = Counter(), Counter(), Counter()
        tokens = {}
        for kind, subject, facts in acts:
            if kind.startswith("review."):
                tokens[subject] = tokens.get(subject, 0) + (kind != "review.extended")
                place = (subject, facts["round"])
                effective[place] += {"review.decided": 1, "review.undone": -1}.get(kind, 0)
                breaches[place] += kind == "review.breached"
                if effective[place] not in {0, 1}:
                    found.append(f"{place} was decided twice")
            timeouts[facts.get("review")] += kind == "decision.timeout"
        found += [f"{place} was escalated {times} times" for place, times in breaches.items() if times > 1]
        found += [f"{item} timed out {times} times" for item, times in timeouts.items() if item and times > 1]
        if tokens != dict(database.execute("SELECT id, token FROM reviews")):
            found.append("acts and items tell different stories")
        forks = column(
            "SELECT supersedes FROM decisions WHERE supersedes IS NOT NULL GROUP BY supersedes HAVING count(*) > 1"
        )
        database.close()
        self.told = Counter(kind for kind, _, _ in acts)
        return found + [f"{one} was superseded twice" for one in forks]


async def run(folder, lexicons, *, rounds) -> Experiment:
    experiment = Experiment(folder, lexicons)
    await experiment.start()
    for _ in range(rounds):
        await experiment.round()
    await experiment.end()
    return experiment


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """What was worked on before and after a kill."""
    folder = tmp_path_factory.mktemp("killed")
    lexicons = small_rules(folder / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS})
    return asyncio.run(run(folder, lexicons, rounds=1))


def test_review_work_survives_kill_9(killed):
    experiment = killed
    assert experiment.wrong() == []
    assert min(experiment.told[kind] for kind in ("review.decided", "decision.human")) > 0


BROKEN = {
    "is lost": "DELETE FROM decisions WHERE id IN (SELECT outcome FROM reviews WHERE outcome IS NOT NULL)",
    "different stories": "UPDATE reviews SET token = token + 1",
    "no deadline": "UPDATE reviews SET due_at = NULL, breached_at = NULL, state = 'waiting', closed_at = NULL, "
    "holder = NULL, lease_until = NULL",
    "have a gap": "DROP TRIGGER acts_no_delete; DELETE FROM acts WHERE seq = 3",
}


def test_what_a_kill_could_break_is_found(killed, tmp_path):
    experiment = killed
    kept = tmp_path / "kept.db"
    path = experiment.data / "qingliu.db"
    database = sqlite3.connect(path)
    database.execute("VACUUM INTO ?", (str(kept),))
    database.close()
    for complaint, sql in BROKEN.items():
        for file in path.parent.glob("qingliu.db*"):
            file.unlink()
        shutil.copy(kept, path)
        database = sqlite3.connect(path)
        database.executescript(sql)
        database.close()
        assert any(complaint in one for one in experiment.wrong()), complaint


@pytest.mark.slow
async def test_review_work_survives_a_hundred_kills(tmp_path, lexicons):
    experiment = await run(tmp_path, lexicons, rounds=100)
    assert experiment.wrong() == []
    assert min(experiment.told[kind] for kind in ("review.breached", "decision.timeout", "decision.undone")) > 0
    assert len(experiment.decided) > 100
