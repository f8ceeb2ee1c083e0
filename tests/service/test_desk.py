"""The desk on a real database: who gets what, who may decide, what a decision leaves behind, and what a deadline does."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass

import pytest
import time_machine

from moderation.types import Action, Scene
from service.acts import Act
from service.ids import from_stamp
from service.keys import Caller
from service.ports import Write
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rows import Conflict, NotThere
from service.review.rulings import Ruling, Unfounded
from service.review.states import UNDO_SECONDS, later
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role, Scope
from service.wiring import open_service

DOUBTFUL = "你就是个傻瓜蛋"
BLOCK = Ruling(Action.BLOCK, (Reason("abuse_insult"),))
PASS = Ruling(Action.PASS)
ABUSE = """\
@category abuse_insult
@owner tests
@source tests
@licence Apache-2.0
@reviewed 2026-11-22
@verified false

傻瓜蛋
"""
ADD_USER = "INSERT INTO users (id, tenant, name, role, password, created_at) VALUES (?, ?, ?, ?, '', ?)"


@pytest.fixture
def lexicons(lexicons):
    (lexicons / "safety" / "abuse.txt").write_text(ABUSE, encoding="utf-8")
    return lexicons


@dataclass
class House:
    """A running service, a key of its tenant, and people who are made when they are first named."""

    service: object
    key: Caller

    @property
    def desk(self):
        return self.service.desk

    async def person(self, name="ann", role=Role.REVIEWER, tenant="shop"):
        """Somebody who works here."""
        id_ = f"u-{tenant}-{name}"

        def work(visit):
            if not visit.rows("SELECT 1 FROM users WHERE id = ?", id_):
                row = (id_, tenant, name, role.value, visit.at)
                visit.record(Act("user.created", id_, tenant, {"role": role.value}), Write(ADD_USER, row))

        await self.service.ledger.visit(work)
        return Caller(tenant, id_, RIGHTS_OF[role])

    async def judge(self, content, *texts, **more):
        """Contents as the pipeline sends them; the decisions."""
        contents = [content(text, scene=more.get("scene", Scene.UGC), id=id_) for id_, text in texts]
        return await self.service.moderation.many(self.key, contents)

    def rows(self, sql, *values):
        """What the database holds."""
        database = sqlite3.connect(self.service.settings.database)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def acts(self, subject):
        """What was told of something, in order."""
        return [kind for (kind,) in self.rows("SELECT kind FROM acts WHERE subject = ? ORDER BY seq", subject)]


@pytest.fixture
async def house(service):
    await service.keys.create("rival")
    _, secret = await service.keys.create("shop", scope=Scope.MODERATE)
    return House(service, await service.keys.caller(secret))


@pytest.fixture
async def ann(house):
    return await house.person("ann")


@pytest.fixture
async def sue(house):
    return await house.person("sue", Role.SENIOR)


async def test_smoke(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, BLOCK)
    assert closed.state == "closed"
