"""The relay with real receivers: what fails, hangs, drips, redirects or cuts the line, and those who wait beside it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
import time_machine
from standardwebhooks import Webhook

from service import outbound
from service.acts import Act
from service.ids import later, now
from service.notices import HOUR, Schedule
from service.notify import Relay
from service.outbound import Sender, Timing
from service.ports import Write
from service.secret import open_secret
from service.settings import Settings
from service.webhooks import MOST, NotDead, TooMany, Webhooks
from service.wiring import open_service, open_store
from tests.service.notify_server import SOON, write_notice
from tests.service.receivers import Receiver, until
from tests.small import migrated

CANCEL = "UPDATE deliveries SET state = 'cancelled' WHERE notice = ? AND state = 'waiting'"
QUICK = Timing(connect=0.4, whole=0.4)


class House:
    """A database with a tenant, its webhooks, and a relay that tests shape."""

    def __init__(self, store, settings):
        self.store, self.ledger, self.settings = store, store.ledger, settings
        self.secret = open_secret(settings)
        self.webhooks = Webhooks(store.ledger, store.notices, self.secret, private=True)

    async def webhook(self, url, **more):
        return (await self.webhooks.create("shop", url, by="tests", **more)).webhook.id

    async def write(self, *webhooks, **more):
        return await write_notice(self.ledger, webhooks, **more)

    async def state(self, notice, webhook):
        return await self.store.notices.delivery("shop", notice, webhook)

    async def until(self, notice, webhook, state, *, seconds=10.0):
        async def reached():
            return (await self.state(notice, webhook)).state == state

        await until(reached, seconds=seconds)
        return await self.state(notice, webhook)

    async def take_back(self, notice):
        """As an undone decision does."""
        write = Write(CANCEL, (notice,))
        await self.ledger.visit(lambda visit: visit.record(Act("notice.cancelled", notice, "shop"), write))

    def acts(self, *kinds):
        """Kinds, subjects and facts of the acts of some kinds."""
        database = sqlite3.connect(self.settings.database)
        found = database.execute("SELECT kind, subject, body FROM acts ORDER BY seq").fetchall()
        database.close()
        return [(kind, subject, json.loads(body)["facts"]) for kind, subject, body in found if kind in kinds]

    @asynccontextmanager
    async def relay(self, *, schedule=SOON, sender=None, **more):
        sender = sender or Sender(private=True, timing=QUICK)
        relay = Relay(self.store.notices, self.ledger, self.secret, sender, schedule=schedule, **more)
        relay.start()
        try:
            yield relay
        finally:
            await relay.close()


@pytest.fixture
async def house(tmp_path):
    settings = Settings(data=tmp_path / "data")
    migrated(settings.database)
    async with open_store(settings) as store:
        await store.keys.create("shop")
        yield House(store, settings)


@pytest.fixture
async def receiver():
    async with Receiver() as started:
        yield started


@pytest.mark.parametrize("manner", ["fail", "hang", "drip", "redirect", "cut", "truncate"])
async def test_every_notice_arrives_at_a_receiver_that_recovers_under_one_id(house, receiver, manner):
    async with Receiver() as elsewhere:
        receiver.manner, receiver.elsewhere = manner, elsewhere.url
        webhook = await house.webhook(receiver.url)
        async with house.relay():
            notices = [await house.write(webhook) for _ in range(3)]
            await until(lambda: len(house.acts("notice.failed")) >= 3)
            receiver.manner = "ok"
            for notice in notices:
                delivery = await house.until(notice, webhook, "delivered")
                assert (delivery.status, delivery.error) == (204, None)
        assert set(receiver.ids) == set(notices)
        assert elsewhere.heard == []
    errors = {facts["error"] for _, _, facts in house.acts("notice.failed")}
    expected = {"fail": "status", "hang": "timeout", "drip": "timeout", "redirect": "redirect"}
    assert errors == {expected.get(manner, "broken")}
    assert sorted(subject for _, subject, _ in house.acts("notice.delivered")) == sorted(notices)


async def test_an_answer_is_read_only_so_far(house, receiver):
    receiver.manner = "flood"
    webhook = await house.webhook(receiver.url)
    async with house.relay():
        await house.until(await house.write(webhook), webhook, "delivered")


async def test_what_comes_is_signed_and_says_what_happened(house, receiver):
    made = await house.webhooks.create("shop", receiver.url, by="tests")
    async with house.relay():
        notice = await house.write(made.webhook.id, facts=b'{"content":"c1"}')
        await receiver.until(1)
        renewed = await house.webhooks.rotate("shop", made.webhook.id, by="tests")
        second = await house.write(made.webhook.id)
        await receiver.until(2)
    first, last = receiver.heard
    assert (first.id, last.id) == (notice, second)
    told = Webhook(made.secret).verify(first.body, first.headers)
    assert told["type"] == "decision.human" and told["data"] == {"content": "c1"}
    for secret in (made.secret, renewed.secret):
        Webhook(secret).verify(last.body, last.headers)
    assert made.secret != renewed.secret
    assert first.headers["Content-Type"] == "application/json" and "Cookie" not in first.headers


async def test_a_secret_is_renewed_by_a_clock_that_went_back(house, receiver):
    """For as long as the clock was ahead the old one would have been the answer."""
    webhook = await house.webhook(receiver.url)
    first = await house.webhooks.rotate("shop", webhook, by="tests")
    with time_machine.travel(datetime.now(UTC) - timedelta(days=1)):
        second = await house.webhooks.rotate("shop", webhook, by="tests")
        assert await house.webhooks.rotate("shop", webhook, by="tests") == second
    assert (first.webhook.rotation, second.webhook.rotation) == (2, 3)
    assert first.secret != second.secret


async def test_a_receiver_that_is_gone_ends_and_nothing_more_is_sent(house, receiver):
    receiver.manner = "gone"
    webhook, other = await house.webhook(receiver.url), await house.webhook(receiver.url)
    async with house.relay():
        notice = await house.write(webhook)
        dead = await house.until(notice, webhook, "dead")
        assert (dead.status, dead.error) == (410, "status")
        ended, standing = sorted(await house.webhooks.listed("shop"), key=lambda one: one.ended_at is None)
        assert (ended.id, standing.id, standing.ended_at) == (webhook, other, None)
        late = await house.write(webhook)
        await asyncio.sleep(0.6)
        assert (await house.state(late, webhook)).attempts == 0
        with pytest.raises(NotDead, match="ended"):
            await house.webhooks.replay("shop", notice, webhook, by="tests")
    assert [(kind, facts["by"]) for kind, _, facts in house.acts("webhook.ended")] == [("webhook.ended", "receiver")]


async def test_after_seventy_two_hours_a_notice_is_dead_and_can_be_sent_again(house, receiver):
    """By a clock that the test moves: the shipped schedule, and an hour passes whenever everything waits."""
    receiver.manner = "fail"
    webhook = await house.webhook(receiver.url)
    moved = [0.0]
    async with house.relay(schedule=Schedule(), clock=lambda: later(now(), moved[0])):
        notice = await house.write(webhook)

        async def over():
            found = await house.state(notice, webhook)
            if found.next_at > later(now(), moved[0]):
                moved[0] += HOUR
            return found.state != "waiting"

        await until(over, seconds=30)
        found = await house.state(notice, webhook)
        assert (found.state, found.status, found.error) == ("dead", 500, "status")
        assert 72 * HOUR <= moved[0] <= 75 * HOUR
        assert len(receiver.heard) == found.attempts >= 15
        assert [one.notice for one in await house.webhooks.deliveries("shop", webhook, state="dead")] == [notice]
        receiver.manner = "ok"
        again = await house.webhooks.replay("shop", notice, webhook, by="tests")
        assert (again.state, again.attempts) == ("waiting", 0)
        await house.until(notice, webhook, "delivered")
        with pytest.raises(NotDead, match="delivered"):
            await house.webhooks.replay("shop", notice, webhook, by="tests")
    assert set(receiver.ids) == {notice}
    kinds = [kind for kind, *_ in house.acts("notice.failed", "notice.dead", "notice.replayed", "notice.delivered")]
    assert kinds == ["notice.failed"] * (found.attempts - 1) + ["notice.dead", "notice.replayed", "notice.delivered"]


async def test_a_receiver_that_was_ended_gets_nothing_that_waited(house, receiver):
    webhook = await house.webhook(receiver.url)
    notice = await house.write(webhook)
    await house.webhooks.end("shop", webhook, by="tests")
    async with house.relay():
        await asyncio.sleep(0.6)
    assert (await house.state(notice, webhook)).state == "cancelled"
    assert receiver.heard == []


async def test_a_tenant_has_twenty_receivers_at_most(house):
    made = [await house.webhook(f"http://127.0.0.1:9/{number}") for number in range(MOST)]
    with pytest.raises(TooMany):
        await house.webhook("http://127.0.0.1:9/more")
    await house.webhooks.end("shop", made[0], by="tests")
    await house.webhook("http://127.0.0.1:9/more")


async def test_a_failure_of_our_own_rests_a_lane_and_loses_nothing(house, receiver, monkeypatch):
    monkeypatch.setattr("service.notify.REST_SECONDS", 0.05)
    webhook = await house.webhook(receiver.url)
    visit, failures = house.ledger.visit, []

    async def failing(work):
        failures.append(work)
        raise OSError("disk")

    monkeypatch.setattr(house.ledger, "visit", failing)
    async with house.relay():
        monkeypatch.setattr(house.ledger, "visit", visit)
        notice = await house.write(webhook)
        monkeypatch.setattr(house.ledger, "visit", failing)
        await receiver.until(1)
        await until(lambda: len(failures) >= 2)
        monkeypatch.setattr(house.ledger, "visit", visit)
        await house.until(notice, webhook, "delivered")
    assert set(receiver.ids) == {notice}


async def test_a_database_that_cannot_be_read_for_a_moment_stops_nothing(house, receiver, monkeypatch):
    monkeypatch.setattr("service.notify.REST_SECONDS", 0.05)
    webhook = await house.webhook(receiver.url)
    notices, failures = house.store.notices, []
    look = notices.due_webhooks

    async def failing(at):
        if len(failures) < 2:
            failures.append(at)
            raise sqlite3.OperationalError("disk I/O error")
        return await look(at)

    monkeypatch.setattr(notices, "due_webhooks", failing)
    async with house.relay():
        await house.until(await house.write(webhook), webhook, "delivered")
    assert len(failures) == 2


async def test_what_is_broken_off_by_a_stop_is_sent_again(house, receiver):
    receiver.manner = "hang"
    webhook = await house.webhook(receiver.url)
    async with house.relay(sender=Sender(private=True)):
        notice = await house.write(webhook)
        await receiver.until(1)
    found = await house.state(notice, webhook)
    assert (found.state, found.attempts) == ("waiting", 0)
    receiver.manner = "ok"
    async with house.relay():
        await house.until(notice, webhook, "delivered")
    assert receiver.ids == [notice, notice]


async def test_what_was_answered_before_a_stop_is_filed(house, receiver, monkeypatch):
    webhook = await house.webhook(receiver.url)
    visit, begun = house.ledger.visit, asyncio.Event()

    async def slow(work):
        begun.set()
        await asyncio.sleep(0.2)
        await visit(work)

    async with house.relay():
        notice = await house.write(webhook)
        monkeypatch.setattr(house.ledger, "visit", slow)
        await begun.wait()
    assert (await house.state(notice, webhook)).state == "delivered"


async def test_a_notice_that_is_taken_back_on_its_way_stays_taken_back_unless_it_arrived(house, receiver):
    receiver.manner = "fail"
    webhook = await house.webhook(receiver.url)
    async with house.relay(sender=Sender(private=True)):
        for manner, state in (("fail", "cancelled"), ("ok", "delivered")):
            receiver.manner, receiver.delay = manner, 0.4
            notice = await house.write(webhook)
            await until(lambda notice=notice: notice in receiver.ids)
            await house.take_back(notice)
            await asyncio.sleep(0.8)
            assert (await house.state(notice, webhook)).state == state
    assert [kind for kind, *_ in house.acts("notice.failed", "notice.delivered")] == [
        "notice.failed",
        "notice.delivered",
    ]


# Those who wait beside a slow one


async def delays_beside(house, *, sender, slow, count=20):
    """How long notices to a good receiver take while others are slow, in seconds."""
    async with Receiver() as good:
        webhook = await house.webhook(good.url)
        async with house.relay(sender=sender):
            for _ in range(3):
                await house.write(*slow)
            await asyncio.sleep(1.0)
            filed, loop = {}, asyncio.get_running_loop()
            for _ in range(count):
                before = loop.time()
                filed[await house.write(webhook)] = before
                await asyncio.sleep(0.03)
            await asyncio.sleep(1.2)
        came = {one.id: one.at - filed[one.id] for one in good.heard}
        return [came.get(notice, float("inf")) for notice in filed]


async def hanging(house, url):
    return [await house.webhook(f"{url}/{number}") for number in range(19)]


async def test_twenty_receivers_that_hang_delay_no_other(house, receiver, monkeypatch):
    monkeypatch.setattr("service.webhooks.MOST", 30)
    receiver.manner = "hang"
    slow = [*await hanging(house, receiver.url), await house.webhook(f"{receiver.url}/19")]
    delays = await delays_beside(house, sender=Sender(private=True), slow=slow)
    assert len(receiver.heard) >= 20
    assert max(delays) < 1.0
    assert median(delays) < 0.5


async def test_receivers_that_share_what_fills_up_delay_each_other(house, receiver, monkeypatch):
    """The sabotage twin: with a common pool of connections the same experiment must fail."""
    monkeypatch.setattr("service.webhooks.MOST", 30)
    receiver.manner = "hang"
    slow = [*await hanging(house, receiver.url), await house.webhook(f"{receiver.url}/19")]
    sender = Sender(private=True)
    sender._session.connector._limit = 16
    assert max(await delays_beside(house, sender=sender, slow=slow)) > 1.0


async def test_twenty_names_that_nobody_answers_for_delay_no_other(house, monkeypatch):
    monkeypatch.setattr("service.webhooks.MOST", 30)

    def lookup(host, port):
        if host.endswith(".slow.test"):
            time.sleep(2.5)
        return outbound.looked_up(host, port)

    slow = [await house.webhook(f"https://h{number}.slow.test/") for number in range(20)]
    delays = await delays_beside(house, sender=Sender(private=True, lookup=lookup), slow=slow)
    assert max(delays) < 1.0


# The whole service


async def test_a_running_service_tells_a_decision_without_its_words(settings, content, receiver):
    async with open_service(settings.model_copy(update={"webhook_private": True})) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        made = await service.webhooks.create("shop", receiver.url, by="tests")
        decided = await service.moderation.one(caller, content("国家级面霜", id="c1"))
        facts = json.dumps({"decision": decided.id}).encode()
        await write_notice(service.ledger, [made.webhook.id], facts=facts)
        await receiver.until(1)
        await until(lambda: service.relay.delivered >= 1)
    told = Webhook(made.secret).verify(receiver.heard[0].body, receiver.heard[0].headers)["data"]
    assert (told["id"], told["content_id"], told["action"], told["by"]) == (decided.id, "c1", "block", "engine")
    assert told["categories"] == ["absolute_claim"] and told["evidence"][0]["span"] == [0, 0, 3]
    assert "国家级" not in receiver.heard[0].body.decode()
