"""Keys: shown once, stored as a digest, and gone everywhere within a second of their revocation."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from time import monotonic

import pytest

from service import keys as module
from service.ledger import LedgerUnwritable
from service.wiring import open_keys


@pytest.fixture
async def keys(settings):
    async with open_keys(settings) as opened:
        yield opened


def rows(settings, sql):
    connection = sqlite3.connect(settings.database)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


async def test_a_key_names_its_tenant(keys):
    key_id, secret = await keys.create("shop", label="收银台")
    assert secret.startswith(f"ql_{key_id}_") and len(secret) > 50
    assert await keys.caller(secret) == module.Caller("shop", key_id)


async def test_the_secret_is_nowhere_in_the_database(keys, settings):
    _, secret = await keys.create("shop")
    dump = "".join(sqlite3.connect(settings.database).iterdump())
    assert secret not in dump and secret.split("_", 2)[2] not in dump


@pytest.mark.parametrize("wrong", ["", "ql_", "x" * 100, "ql_\ud800", "密钥", "ql_000000000000_" + "A" * 43])
async def test_a_wrong_secret_is_nobody(keys, wrong):
    await keys.create("shop")
    assert await keys.caller(wrong) is None


async def test_one_changed_character_is_nobody(keys):
    _, secret = await keys.create("shop")
    changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    assert await keys.caller(changed) is None


async def test_a_revoked_key_is_nobody_and_ends_once(keys):
    key_id, secret = await keys.create("shop")
    assert await keys.caller(secret)
    assert await keys.revoke(key_id) is True
    assert await keys.caller(secret) is None
    assert await keys.revoke(key_id) is False
    assert await keys.revoke("unknown") is False


async def test_two_who_revoke_at_once_leave_one_act(keys, settings):
    key_id, _ = await keys.create("shop")
    assert sorted(await asyncio.gather(keys.revoke(key_id), keys.revoke(key_id))) == [False, True]
    assert rows(settings, "SELECT count(*) FROM acts WHERE kind = 'key.revoked'") == [(1,)]


async def test_a_revocation_by_another_process_is_heard_within_a_second(keys, settings):
    async with open_keys(settings) as others:
        key_id, secret = await keys.create("shop")
        assert await keys.caller(secret) and await others.caller(secret)
        assert await others.revoke(key_id)
        began = monotonic()
        while await keys.caller(secret):  # noqa: ASYNC110 - polling is how a key is used
            await asyncio.sleep(0.02)
        assert monotonic() - began < 1


async def test_without_the_check_the_revocation_would_go_unheard(keys, settings, monkeypatch):
    monkeypatch.setattr(module, "FRESH_SECONDS", 3600.0)
    async with open_keys(settings) as others:
        key_id, secret = await keys.create("shop")
        assert await keys.caller(secret)
        assert await others.revoke(key_id)
        await asyncio.sleep(1)
        assert await keys.caller(secret)


async def test_a_key_made_by_another_process_works_at_once(keys, settings):
    async with open_keys(settings) as others:
        _, first = await keys.create("shop")
        assert await keys.caller(first)
        _, second = await others.create("shop")
        await asyncio.sleep(module.MISSED_SECONDS * 1.5)
        assert await keys.caller(second)


async def test_guesses_do_not_become_a_query_each(keys, monkeypatch):
    _, secret = await keys.create("shop")
    assert await keys.caller(secret)
    asked = []
    state = keys._reads.keys_state

    async def counted():
        asked.append(1)
        return await state()

    monkeypatch.setattr(keys._reads, "keys_state", counted)
    began = monotonic()
    for guess in range(5000):
        assert await keys.caller(f"ql_{guess}") is None
    assert len(asked) <= (monotonic() - began) / module.MISSED_SECONDS + 2


async def test_keys_that_cannot_be_checked_admit_nobody(keys, monkeypatch):
    _, secret = await keys.create("shop")

    async def broken():
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(keys._reads, "keys_state", broken)
    with pytest.raises(LedgerUnwritable):
        await keys.caller(secret)


async def test_keys_are_listed_oldest_first(keys):
    made = [(await keys.create("shop", label=f"{n}"))[0] for n in range(3)]
    await keys.revoke(made[1])
    listed = await keys.listed()
    assert [key.key_id for key in listed] == made
    assert [key.label for key in listed] == ["0", "1", "2"]
    assert [key.revoked_at is None for key in listed] == [True, False, True]


async def test_every_change_is_an_act_that_holds_no_label(keys, settings):
    key_id, _ = await keys.create("shop", label="秘密标签")
    await keys.create("shop")
    await keys.revoke(key_id)
    acts = rows(settings, "SELECT kind, subject, tenant, body FROM acts ORDER BY seq")
    assert [kind for kind, *_ in acts] == ["tenant.created", "key.created", "key.created", "key.revoked"]
    assert {tenant for _, _, tenant, _ in acts} == {"shop"}
    assert acts[-1][1] == key_id
    assert not any("秘密" in json.dumps(json.loads(body), ensure_ascii=False) for *_, body in acts)


async def test_a_tenant_made_by_two_at_once_is_one(keys, settings):
    async with open_keys(settings) as others:
        secrets = await asyncio.gather(*(each.create("shop") for each in (keys, others) for _ in range(3)))
        assert all([await keys.caller(secret) for _, secret in secrets])
    assert rows(settings, "SELECT name FROM tenants") == [("shop",)]
    assert rows(settings, "SELECT count(*) FROM acts WHERE kind = 'tenant.created'") == [(1,)]


@pytest.mark.parametrize("tenant", ["", "A", "a b", "店", "-a", "a" * 64, "a\n", "../x"])
async def test_a_tenants_name_is_an_id(keys, tenant):
    with pytest.raises(ValueError, match="tenant"):
        await keys.create(tenant)


@pytest.mark.parametrize("label", ["x" * 201, "a\nb", "a\x00", "\ud800"])
async def test_a_label_is_short_and_printable(keys, label):
    with pytest.raises(ValueError, match="label"):
        await keys.create("shop", label=label)
