"""Tenants' own lexicons: versions stay, activation holds at once, an old version comes back, nobody hears another's."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from moderation.errors import LoadErrors
from moderation.own import MOST_BYTES
from moderation.types import Action
from service.ledger import LedgerUnwritable
from service.lexicons import UnknownVersion
from service.rules import WATCH_SECONDS
from service.store import db, statements
from service.wiring import open_lexicons, open_service

HEADER = "@{kind}\n@owner t\n@source t\n@licence x\n@reviewed 2026-11-22\n{lines}\n"


def ban(*words, category="abuse_insult"):
    return {"ban.txt": HEADER.format(kind=f"category {category}", lines="\n".join(words))}


def allow(*words):
    return {"allow.txt": HEADER.format(kind="allow *", lines="\n".join(words))}


@pytest.fixture
async def rival(service):
    _, secret = await service.keys.create("rival")
    return await service.keys.caller(secret)


@pytest.fixture
def activated(service):
    """Files and activates: ``await activated("shop", files)``; gives the version."""

    async def make(tenant, files):
        info = await service.lexicons.file(tenant, files, by="k")
        await service.lexicons.activate(tenant, info.version, by="k")
        return info.version

    return make


def acts(settings, kind):
    connection = sqlite3.connect(settings.database)
    found = connection.execute("SELECT subject, body FROM acts WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    connection.close()
    return [(subject, json.loads(body)) for subject, body in found]


async def action(service, caller, content):
    return (await service.moderation.one(caller, content)).verdict.action


async def test_a_version_holds_once_it_is_activated_and_not_before(service, caller, content):
    info = await service.lexicons.file("shop", ban("某某词"), by="k")
    assert await action(service, caller, content("某某词")) is Action.PASS
    await service.lexicons.activate("shop", info.version, by="k")
    decided = await service.moderation.one(caller, content("某某词"))
    assert decided.verdict.action is Action.BLOCK
    assert decided.verdict.ruleset == f"{service.rules.engine.ruleset.fingerprint}+{info.sha256[:16]}"
    assert (await service.moderation.get(caller, decided.id)) == decided


async def test_an_old_version_comes_back_and_none_does_too(service, caller, content, activated):
    assert [await activated("shop", ban("某某词")), await activated("shop", ban("别的词"))] == [1, 2]
    assert await action(service, caller, content("某某词")) is Action.PASS
    assert await service.lexicons.roll_back("shop", by="k") == 1
    assert await action(service, caller, content("某某词")) is Action.BLOCK
    await service.lexicons.activate("shop", 0, by="k")
    decided = await service.moderation.one(caller, content("某某词"))
    assert (decided.verdict.action, decided.verdict.ruleset) == (Action.PASS, service.rules.engine.ruleset.fingerprint)
    lexicon = await service.lexicons.of("shop")
    assert (lexicon.active, [info.version for info in lexicon.versions]) == (0, [2, 1])
    assert await service.lexicons.files("shop", 1) == ban("某某词")


async def test_nothing_to_go_back_to_is_said(service, activated):
    with pytest.raises(UnknownVersion):
        await service.lexicons.roll_back("shop", by="k")
    for version in (1, -1, 7):
        with pytest.raises(UnknownVersion):
            await service.lexicons.activate("shop", version, by="k")


async def test_the_first_version_rolls_back_to_no_own_words(service, caller, content, activated):
    await activated("shop", ban("某某词"))
    assert await service.lexicons.roll_back("shop", by="k") == 0
    assert await action(service, caller, content("某某词")) is Action.PASS


async def test_the_same_texts_are_the_same_version(service, caller):
    first = await service.lexicons.file("shop", ban("某某词"), by="k")
    assert await service.lexicons.file("shop", ban("某某词"), by="other") == first
    assert (await service.lexicons.file("shop", ban("别的词"), by="k")).version == 2


async def test_every_step_is_an_act_that_quotes_nothing(service, caller, settings, activated):
    await activated("shop", ban("某某词"))
    await service.lexicons.roll_back("shop", by="k")
    [(filed, body)] = acts(settings, "lexicon.filed")
    assert (filed, body["tenant"]) == ("shop/1", "shop")
    assert body["facts"].keys() == {"by", "sha256", "terms", "version"}
    told = [(subject, body["facts"]) for subject, body in acts(settings, "lexicon.activated")]
    assert told == [
        ("shop/1", {"before": 0, "by": "k", "version": 1}),
        ("shop/0", {"before": 1, "by": "k", "version": 0}),
    ]
    assert "某某词" not in json.dumps([body, told], ensure_ascii=False)


async def test_what_is_active_already_is_not_told_twice(service, settings, caller, activated):
    await activated("shop", ban("某某词"))
    await service.lexicons.activate("shop", 1, by="k")
    assert len(acts(settings, "lexicon.activated")) == 1


async def test_company_is_judged_by_each_ones_own_words(service, caller, rival, content, activated):
    """Both in one sitting, so that both are read at once."""
    await activated("shop", {**ban("某某词"), **allow("国家级玫瑰谷")})
    await activated("rival", {**ban("国家级玫瑰谷", category="absolute_claim")})
    texts = ["某某词", "国家级玫瑰谷", "好用"] * 10
    asked = [service.moderation.one(who, content(text)) for text in texts for who in (caller, rival)]
    seen = [one.verdict.action for one in await asyncio.gather(*asked)]
    assert seen == [Action.BLOCK, Action.PASS, Action.PASS, Action.BLOCK, Action.PASS, Action.PASS] * 10
    batches = [await service.moderation.many(who, [content(text) for text in texts]) for who in (caller, rival)]
    assert [one.verdict.action for pair in zip(*batches, strict=True) for one in pair] == seen
    long = [content(f"{text}，{'好用的面霜。' * 500}") for text in texts[:3]]
    assert [(await service.moderation.one(rival, one)).verdict.action for one in long] == seen[1:6:2]


async def test_broken_files_are_refused_whole_and_change_nothing(service, caller, content, activated):
    await activated("shop", ban("某某词"))
    with pytest.raises(LoadErrors, match=r"ban.txt:6: unknown category 'nonsense'"):
        await service.lexicons.file("shop", ban("词", category="nonsense"), by="k")
    with pytest.raises(LoadErrors, match="does not find its example"):
        await service.lexicons.file("shop", ban("别的词 | hit: 无关"), by="k")
    assert len((await service.lexicons.of("shop")).versions) == 1
    assert await action(service, caller, content("某某词")) is Action.BLOCK


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "at least one file"),
        ({"../x.txt": "a"}, "is named like"),
        ({"X.TXT": "a"}, "is named like"),
        ({"a.txt": "a\n\0"}, "a.txt:2: holds the NUL"),
        ({f"a{n}.txt": "" for n in range(65)}, "at most 64"),
        ({"a.txt": "啊" * (MOST_BYTES // 3 + 1)}, "at most 2000000"),
    ],
)
async def test_what_is_no_bundle_is_refused_before_it_is_read(service, files, reason):
    with pytest.raises(LoadErrors, match=reason):
        await service.lexicons.file("shop", files, by="k")


async def test_a_note_is_a_short_line(service, caller):
    for note in ("x" * 201, "a\nb"):
        with pytest.raises(ValueError, match="200 printable"):
            await service.lexicons.file("shop", ban("某某词"), by="k", note=note)
    assert (await service.lexicons.file("shop", ban("某某词"), by="k", note="新品")).note == "新品"


async def test_what_cannot_be_recorded_does_not_hold(service, caller, content, monkeypatch):
    info = await service.lexicons.file("shop", ban("某某词"), by="k")

    async def unwritable(*_):
        raise LedgerUnwritable("disk")

    with monkeypatch.context() as patch:
        patch.setattr(service.ledger, "record", unwritable)
        with pytest.raises(LedgerUnwritable):
            await service.lexicons.activate("shop", info.version, by="k")
    assert await action(service, caller, content("某某词")) is Action.PASS
    assert (await service.lexicons.of("shop")).active == 0


async def test_another_process_activates_and_it_holds_within_a_second(service, caller, content, settings):
    """The command line beside the service: a store of its own, and no word to the service."""
    async with open_lexicons(settings) as (lexicons, _):
        info = await lexicons.file("shop", ban("某某词"), by="cli")
        await lexicons.activate("shop", info.version, by="cli")
        await asyncio.sleep(WATCH_SECONDS + 0.4)
        assert await action(service, caller, content("某某词")) is Action.BLOCK
        await lexicons.roll_back("shop", by="cli")
        await asyncio.sleep(WATCH_SECONDS + 0.4)
        assert await action(service, caller, content("某某词")) is Action.PASS


async def test_two_processes_that_file_at_once_get_two_versions(service, caller, settings):
    async with open_lexicons(settings) as (beside, _):
        filing = [who.file("shop", ban(f"第{n}号词"), by="k") for n in range(4) for who in (service.lexicons, beside)]
        await asyncio.gather(*filing)
    versions = [info.version for info in (await service.lexicons.of("shop")).versions]
    assert versions == list(range(len(versions), 0, -1)) and len(versions) >= 4


async def test_what_was_active_is_active_after_a_restart(settings, content):
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        info = await service.lexicons.file("shop", ban("某某词"), by="k")
        await service.lexicons.activate("shop", info.version, by="k")
    async with open_service(settings) as service:
        caller = await service.keys.caller(secret)
        assert await action(service, caller, content("某某词")) is Action.BLOCK


async def test_own_words_survive_a_reload_of_the_shared_rules(service, caller, content, lexicons, activated):
    await activated("shop", ban("某某词"))
    before = (await service.moderation.one(caller, content("某某词"))).verdict
    with (lexicons / "ad_law" / "absolute_claim.txt").open("a", encoding="utf-8") as file:
        file.write("宇宙无敌\n")
    shared = await service.rules.reload()
    after = (await service.moderation.one(caller, content("某某词和宇宙无敌"))).verdict
    assert after.ruleset == f"{shared.fingerprint}+{before.ruleset.partition('+')[2]}" != before.ruleset
    assert len(after.evidence) == 2


async def test_shared_rules_on_which_active_words_cannot_stand_are_refused(
    service, caller, content, lexicons, activated
):
    words = lexicons / "words" / "brands.toml"
    words.parent.mkdir()
    words.write_text('brands = ["洗衣粉"]\n', encoding="utf-8")
    await service.rules.reload()
    await activated("shop", ban("蓝月亮 | near: @brands"))
    words.unlink()
    with pytest.raises(LoadErrors, match=r"shop@1/ban.txt:6: @brands is no list"):
        await service.rules.reload()
    assert await action(service, caller, content("蓝月亮洗衣粉")) is Action.BLOCK
    await service.lexicons.activate("shop", 0, by="k")
    await service.rules.reload()


async def test_words_that_cannot_stand_on_the_services_rules_leave_the_old_ones(
    service, caller, content, settings, activated
):
    """Another process, with other shared rules, activated them."""
    await activated("shop", ban("某某词"))
    broken = '{"ban.txt": "nonsense"}'
    with sqlite3.connect(settings.database) as database:
        database.execute(statements.INSERT_LEXICON, ("shop", 2, broken, "x", 1, "", "cli", "now"))
        database.execute(statements.ACTIVATE_LEXICON, ("shop", 2, "cli", "now", "direct", None))
    database.close()
    await service.rules.catch_up()
    assert await action(service, caller, content("某某词")) is Action.BLOCK
    await activated("shop", ban("别的词"))
    assert await action(service, caller, content("别的词")) is Action.BLOCK


async def test_the_watch_outlives_a_database_that_cannot_be_read(service, caller, content, settings, monkeypatch):
    async def broken():
        raise sqlite3.OperationalError("busy")

    with monkeypatch.context() as patch:
        patch.setattr(service.rules._reads, "lexicons_state", broken)
        await asyncio.sleep(WATCH_SECONDS + 0.2)
    async with open_lexicons(settings) as (lexicons, _):
        info = await lexicons.file("shop", ban("某某词"), by="cli")
        await lexicons.activate("shop", info.version, by="cli")
    await asyncio.sleep(WATCH_SECONDS + 0.4)
    assert await action(service, caller, content("某某词")) is Action.BLOCK


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tenant_lexicons SET files = '{}'",
        "DELETE FROM tenant_lexicons",
        "INSERT OR REPLACE INTO tenant_lexicons SELECT * FROM tenant_lexicons",
        "UPDATE tenant_activations SET version = NULL",
        "DELETE FROM tenant_activations",
        "INSERT OR REPLACE INTO tenant_activations SELECT * FROM tenant_activations",
        "INSERT INTO tenant_activations VALUES (9, 'shop', 9, 'k', 'now', 'direct', NULL)",
    ],
)
async def test_versions_and_activations_are_insert_only(service, caller, settings, activated, sql):
    await activated("shop", ban("某某词"))
    connection = db.open_writer(settings.database, busy_timeout=5)
    with pytest.raises(sqlite3.IntegrityError, match=r"INSERT-only|FOREIGN KEY"):
        connection.execute(sql)
    connection.close()
