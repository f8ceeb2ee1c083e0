"""A service opens whole, records that it did, and closes without losing anything."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading

import pytest

from service.cli.serve import collecting_seldom, reload_when, reloads_asked
from service.settings import Settings
from service.store import db
from service.tasks import beside
from service.wiring import open_service


def kinds(settings):
    connection = sqlite3.connect(settings.database)
    found = connection.execute("SELECT kind FROM acts ORDER BY seq").fetchall()
    connection.close()
    return [kind for (kind,) in found]


async def test_a_start_is_on_record_and_settings_only_when_they_change(settings):
    for changed in ({}, {}, {"max_batch_items": 10}, {"port": 9999}):
        async with open_service(settings.model_copy(update=changed)):
            pass
    assert kinds(settings) == [
        "ruleset.activated",
        "settings.changed",
        "service.started",
        "log.key",
        "service.started",
        "settings.changed",
        "service.started",
        "settings.changed",
        "service.started",
    ]


async def test_what_was_asked_before_the_end_is_answered(settings, content):
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        asking = [asyncio.create_task(service.moderation.one(caller, content())) for _ in range(200)]
        await asyncio.sleep(0)
    decided = await asyncio.gather(*asking)
    async with open_service(settings) as service:
        for one in decided[::20]:
            assert (await service.moderation.get(caller, one.id)).id == one.id


async def test_health_is_red_once_the_disk_failed(service, caller, content, monkeypatch):
    assert service.health().ready
    service.ledger.trouble = "disk: told by a test"
    health = service.health()
    assert (health.ready, health.reasons) == (False, ("ledger_unwritable",))
    service.ledger.trouble = None


async def test_health_is_red_while_stopping(settings):
    async with open_service(settings) as service:
        pass
    assert service.health().reasons == ("stopping",)


async def test_a_service_leaves_no_thread_and_no_task_behind(settings, content):
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        await service.moderation.one(await service.keys.caller(secret), content("字" * 5000))
        assert [one for one in threading.enumerate() if one.name.startswith("chamber") and one not in threads]
    left = [one for one in threading.enumerate() if one not in threads and not one.name.startswith("asyncio")]
    for thread in left:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in left)
    assert asyncio.all_tasks() == tasks


async def test_only_the_process_that_serves_collects_seldom_and_only_as_long(settings):
    before = gc.get_threshold()
    try:
        gc.set_threshold(701, 11, 11)
        async with open_service(settings):
            assert gc.get_threshold() == (701, 11, 11)
        with collecting_seldom():
            assert gc.get_threshold() == (20_000, 20, 50)
        assert gc.get_threshold() == (701, 11, 11)
    finally:
        gc.set_threshold(*before)


async def test_nobody_waits_for_reloads_behind_the_end():
    tasks = asyncio.all_tasks()
    with reloads_asked() as wanted:
        async with beside(reload=reload_when(wanted, None)):
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == tasks


async def test_groups_are_told_to_whoever_listens(settings, content):
    heard = []
    async with open_service(settings) as service:
        service.ledger.on_group = lambda rows, seconds: heard.append((rows, seconds))
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        await service.moderation.many(caller, [content() for _ in range(30)])
    assert any(rows == 30 and seconds > 0 for rows, seconds in heard)


async def test_an_unsafe_database_is_refused(settings, monkeypatch):
    real = db.pragmas
    monkeypatch.setattr(db, "pragmas", lambda busy: {**real(busy), "synchronous": 7})
    with pytest.raises(db.Unsafe, match="synchronous"):
        async with open_service(settings):
            pytest.fail("it must not open")


def test_settings_come_from_code_then_environment_then_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qingliu.toml").write_text("port = 1111\nhost = '0.0.0.0'\nmax_batch_items = 7\n")
    monkeypatch.setenv("QINGLIU_PORT", "2222")
    monkeypatch.setenv("QINGLIU_HOST", "::1")
    chosen = Settings(port=3333)
    assert (chosen.port, chosen.host, chosen.max_batch_items) == (3333, "::1", 7)


@pytest.mark.parametrize("wrong", [{"port": 70000}, {"queue_rows": 0}, {"log_level": "loud"}, {"colour": "red"}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)


def test_where_a_service_runs_is_not_in_its_fingerprint(tmp_path):
    assert Settings(port=1).fingerprint() == Settings(port=2, data=tmp_path, host="::1").fingerprint()
    assert Settings().fingerprint() != Settings(max_content_chars=1).fingerprint()
