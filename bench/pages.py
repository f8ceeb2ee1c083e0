"""How long each page of the console takes with few and with many items: ``python -m bench.pages [--many 1000000]``.

Rows are put straight into a database of its own in a temporary directory; the pages are then asked over HTTP by
somebody who is signed in, both houses by turns. What counts is the ratio: a page must not grow with what waits.
"""

from __future__ import annotations

import argparse
import io
import json
import sqlite3
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

import uvloop
from aiohttp import ClientSession

from service.cli.serve import whole_service
from service.rights import Role
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

TENANT: Final = "bench"
NAME, PASSWORD = "bench", "a-password-of-the-bench"
TEXTS: Final = {
    "ad": "商场拆迁清仓，亏本甩卖，内部价拿货，皮鞋全场一折。",
    "ugc": "出闲置相机，电话１５４０００１２３９９，价格可以谈。",
    "live_script": "名校学位房，首付分期，签约就送户口，一步到位。",
}
FEW: Final = 1000
PAGES: Final = {
    "my work": "/",
    "an item": "/desk/{item}",
    "queue": "/queue",
    "queue, one scene": "/queue?scene=ad",
    "queue, scene and level": "/queue?scene=ugc&level=0",
    "queue, in hand": "/queue?state=held",
    "queue, closed": "/queue?state=closed",
    "search, many hits": "/search?text=%E6%B8%85%E4%BB%93",
    "search, no hit": "/search?text=%E9%BE%98%E9%BE%98",
    "a content": "/contents/many-7",
    "try it": "/try",
    "quality": "/quality",
    "live": "/live",
    "scripts": "/scripts",
    "files": "/files",
    "alerts": "/alerts",
    "creators": "/creators",
    "boosts": "/boosts",
    "formula": "/formula",
    "lexicons": "/lexicons",
    "rulesets": "/rulesets",
    "terms": "/terms",
    "audit": "/audit",
    "exports": "/exports",
    "retention": "/retention",
    "people": "/people",
    "notices": "/notices",
    "system": "/system",
}
COPIES: Final = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
"""
CONTENTS: Final = f"""
INSERT INTO contents (id, tenant, content_id, version, commitment, salt, body, key_id, received_at)
{COPIES} SELECT 1000 + i, c.tenant, 'many-' || i, 1, c.commitment, c.salt, c.body, NULL, c.received_at
FROM n JOIN templates AS t ON t.place = i % (SELECT count(*) FROM templates) JOIN contents AS c ON c.id = t.content
"""  # noqa: S608 - only the names of this file
DECISIONS: Final = f"""
INSERT INTO decisions (seq, id, tenant, content, supersedes, at, scene, published_at, action, severity, verdict,
    degraded, stages_missing, ruleset, "by")
{COPIES} SELECT 1000000000 + i, 'd-' || i, d.tenant, 1000 + i, NULL, d.at, d.scene, d.published_at, d.action,
    d.severity, d.verdict, d.degraded, d.stages_missing, d.ruleset, d."by"
FROM n JOIN templates AS t ON t.place = i % (SELECT count(*) FROM templates) JOIN decisions AS d ON d.id = t.decision
"""  # noqa: S608 - only the names of this file
REVIEWS: Final = f"""
INSERT INTO reviews (id, tenant, kind, target, content, decision, scene, category, severity, reach, reports, state,
    level, round, token, priority, opened_at, due_at, closed_at, closed_by, outcome)
{COPIES} SELECT printf('r%09d', i), r.tenant, r.kind, 'many-' || i, 1000 + i, 'd-' || i, r.scene, r.category,
    r.severity, 0, 0, CASE WHEN i % 10 THEN 'waiting' ELSE 'closed' END, i % 50 = 0, 1, 1,
    printf('2026-11-%02dT00:%02d:%02d.%06dZ', 1 + i % 20, i % 60, i % 59, i % 1000000), r.opened_at,
    '2999-01-01T00:00:00.000000Z', CASE WHEN i % 10 THEN NULL ELSE r.opened_at END, NULL, NULL
FROM n JOIN templates AS t ON t.place = i % (SELECT count(*) FROM templates) JOIN reviews AS r ON r.id = t.review
"""  # noqa: S608 - only the names of this file
TEMPLATES: Final = """
CREATE TEMP TABLE templates AS
SELECT row_number() OVER () - 1 AS place, id AS review, content, decision FROM reviews
"""


def fill(database: Path, rows: int) -> None:
    """Copies the items that are there so often that there are ``rows`` of them."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(TEMPLATES)
    for statement in (CONTENTS, DECISIONS, REVIEWS):
        connection.execute(statement, (rows,))
    connection.commit()
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def prepare(settings: Settings) -> None:
    """A person who may see everything, and one item a text."""
    async with whole_service(settings, log=io.BytesIO()) as (service, url), ClientSession() as session:
        _, key = await service.keys.create(TENANT)
        await service.accounts.create(TENANT, NAME, Role.ADMIN, PASSWORD, by="cli")
        items = [{"scene": scene, "text": text, "creator_id": f"c-{scene}"} for scene, text in TEXTS.items()]
        headers = {"Authorization": f"Bearer {key}"}
        async with session.post(f"{url}/v1/moderations/batch", json={"items": items}, headers=headers) as answer:
            told = json.loads(await answer.read())["results"]
        assert [one["action"] for one in told] == ["review"] * len(TEXTS), told


class House:
    """A running house and the headers of somebody who is signed in."""

    def __init__(self, session: ClientSession, url: str, headers: dict[str, str], item: str) -> None:
        self._session, self._url, self._headers, self._item = session, url, headers, item
        self.best: dict[str, float] = {}

    async def ask(self, name: str, path: str) -> None:
        """Asks for a page once and keeps the shortest time, in milliseconds."""
        started = perf_counter()
        async with self._session.get(self._url + path.format(item=self._item), headers=self._headers) as answer:
            assert answer.status == 200, (path, answer.status)  # noqa: PLR2004 - OK
            await answer.read()
        self.best[name] = min(self.best.get(name, float("inf")), (perf_counter() - started) * 1000)


async def enter(stack: AsyncExitStack, settings: Settings) -> House:
    """Opens a house and signs in."""
    _, url = await stack.enter_async_context(whole_service(settings, log=io.BytesIO()))
    session = await stack.enter_async_context(ClientSession())
    body = {"tenant": TENANT, "name": NAME, "password": PASSWORD}
    async with session.post(f"{url}/v1/sessions", json=body) as answer:
        cookies = "; ".join(line.partition(";")[0] for line in answer.headers.getall("Set-Cookie"))
    headers = {"Cookie": cookies, "Accept": "text/html"}
    async with session.get(f"{url}/v1/reviews?limit=1", headers=headers) as answer:
        item = json.loads(await answer.read())["items"][0]["id"]
    return House(session, url, headers, item)


async def measured(few: Settings, many: Settings, *, turns: int) -> tuple[dict[str, float], dict[str, float]]:
    """The best of so many turns of each page, the two houses by turns so that the machine's moods hit both."""
    async with AsyncExitStack() as stack:
        houses = [await enter(stack, settings) for settings in (few, many)]
        for _ in range(turns):
            for name, path in PAGES.items():
                for house in houses:
                    await house.ask(name, path)
        return houses[0].best, houses[1].best


def filled(folder: str, rows: int) -> Settings:
    """A house with so many items."""
    settings = Settings(data=Path(folder) / str(rows), port=0, expert="off", log_level="error")
    uvloop.run(prepare(settings))
    fill(settings.database, rows)
    return settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=15)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        houses = [filled(folder, rows) for rows in (FEW, chosen.many)]
        few, many = uvloop.run(measured(*houses, turns=chosen.turns))
    print(f"| page | {FEW:,} items, ms | {chosen.many:,} items, ms | ratio |\n|---|---|---|---|")
    for name, took in few.items():
        print(f"| {name} | {took:.1f} | {many[name]:.1f} | {many[name] / took:.2f} |")


if __name__ == "__main__":
    main()
