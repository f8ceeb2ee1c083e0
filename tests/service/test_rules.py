"""Rules are swapped whole and on record; broken ones change nothing."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from moderation.errors import LoadErrors
from moderation.types import Action
from service.ledger import LedgerUnwritable
from service.wiring import open_service


def acts(settings, kind):
    connection = sqlite3.connect(settings.database)
    found = connection.execute("SELECT subject, body FROM acts WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    connection.close()
    return [(subject, json.loads(body)["facts"]) for subject, body in found]


def add_term(lexicons, term):
    with (lexicons / "ad_law" / "absolute_claim.txt").open("a", encoding="utf-8") as file:
        file.write(f"{term}\n")


async def test_a_reload_takes_effect_and_is_on_record(service, caller, content, lexicons, settings):
    before = await service.moderation.one(caller, content("宇宙无敌面霜"))
    add_term(lexicons, "宇宙无敌")
    ruleset = await service.rules.reload()
    after = await service.moderation.one(caller, content("宇宙无敌面霜"))
    assert [before.verdict.action, after.verdict.action] == [Action.PASS, Action.BLOCK]
    assert after.verdict.ruleset == ruleset.fingerprint != before.verdict.ruleset
    told = acts(settings, "ruleset.activated")
    assert [subject for subject, _ in told] == [before.verdict.ruleset, ruleset.fingerprint]
    changed = [
        name for (name, old), (_, new) in zip(told[0][1]["files"], told[1][1]["files"], strict=True) if old != new
    ]
    assert changed == ["ad_law/absolute_claim.txt"]


async def test_broken_rules_are_refused_and_the_old_ones_stay(service, caller, content, lexicons, settings):
    engine = service.rules.engine
    add_term(lexicons, "宇宙无敌 | nonsense: 1")
    with pytest.raises(LoadErrors) as caught:
        await service.rules.reload()
    [error] = caught.value.errors
    assert (error.file, error.line) == ("ad_law/absolute_claim.txt", 11)
    assert service.rules.engine is engine
    assert (await service.moderation.one(caller, content("国家级"))).verdict.action is Action.BLOCK
    assert len(acts(settings, "ruleset.activated")) == 1


async def test_rules_that_cannot_be_recorded_are_not_used(service, lexicons, monkeypatch):
    engine = service.rules.engine
    add_term(lexicons, "宇宙无敌")

    async def unwritable(*_):
        raise LedgerUnwritable("disk")

    monkeypatch.setattr(service.ledger, "record", unwritable)
    with pytest.raises(LedgerUnwritable):
        await service.rules.reload()
    assert service.rules.engine is engine


async def test_the_same_rules_are_recorded_once(service, settings):
    await service.rules.reload()
    await asyncio.gather(service.rules.reload(), service.rules.reload())
    assert len(acts(settings, "ruleset.activated")) == 1


async def test_a_case_opened_before_a_swap_is_concluded_under_its_own_rules(service, content, lexicons):
    case = service.rules.engine.examine(content("国家级"))
    add_term(lexicons, "宇宙无敌")
    await service.rules.reload()
    assert case.conclude().ruleset == case.ruleset.fingerprint != service.rules.engine.ruleset.fingerprint


async def test_old_decisions_are_told_with_their_own_rules_while_remembered(service, caller, content, lexicons):
    old = await service.moderation.one(caller, content("国家级"))
    add_term(lexicons, "宇宙无敌")
    await service.rules.reload()
    assert (await service.moderation.get(caller, old.id)).ruleset is old.ruleset
    for n in range(4):
        add_term(lexicons, f"宇宙第{n}号")
        await service.rules.reload()
    read = await service.moderation.get(caller, old.id)
    assert read.ruleset is service.rules.engine.ruleset
    assert read.verdict.ruleset == old.verdict.ruleset


async def test_a_reload_under_load_splits_nothing(service, caller, content, lexicons):
    """Every verdict is the whole of one ruleset or of the other."""
    add_term(lexicons, "宇宙无敌")
    old = service.rules.engine.ruleset.fingerprint
    running = True

    async def ask():
        seen = []
        while running:
            decided = await service.moderation.many(caller, [content("宇宙无敌")] * 20)
            seen.extend((one.verdict.ruleset, one.verdict.action) for one in decided)
            assert len({one.verdict.ruleset for one in decided}) == 1
        return seen

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    await asyncio.sleep(0.05)
    new = (await service.rules.reload()).fingerprint
    await asyncio.sleep(0.05)
    running = False
    seen = {pair for pairs in await asyncio.gather(*asking) for pair in pairs}
    assert seen == {(old, Action.PASS), (new, Action.BLOCK)}


async def test_a_start_with_broken_rules_fails_and_lets_the_database_go(settings, lexicons):
    add_term(lexicons, "|")
    with pytest.raises(LoadErrors):
        async with open_service(settings):
            pytest.fail("it must not open")
    (lexicons / "ad_law" / "absolute_claim.txt").unlink()
    async with open_service(settings) as service:
        assert service.health().ready
