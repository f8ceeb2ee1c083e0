"""Entries are written with what causes them, and taken back with it; standings are true the moment it is committed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from moderation.types import Action, Author, Scene
from service.creators import book as book_module
from service.creators import trying
from service.creators.belonging import Link, counting
from service.creators.book import SLICE, Book, NotThere, boost_of
from service.creators.boosts import Entrant, Listing, rank_in
from service.creators.entries import Entry, Kind, day_of
from service.creators.formulas import FOLDER, SHIPPED
from service.creators.members import Profile, Refused, Signal
from service.creators.posting import member, post, seconds
from service.creators.reads import AT_ONCE
from service.creators.trials import Effect, NotAllowed, State, Trial
from service.ids import new_id
from service.keys import Caller
from service.review.appeals import Appealed
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rulings import Ruling
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role
from service.store import creator_statements
from service.wiring import open_service
from tests.small import hire

BLOCKED = "全网第一"
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
async def people(clock, service, caller):
    made = {}
    for name in ("ann", "bob"):
        await service.ledger.visit(partial(hire, id_=name, role=Role.ADMIN))
        made[name] = Caller("shop", name, RIGHTS_OF[Role.ADMIN])
    return made


class House:
    def __init__(self, service, caller, content, clock, people):
        self.service, self.caller, self.content, self.clock, self.people = service, caller, content, clock, people
        self.creators = service.creators

    async def boost(self, name, scene):
        return boost_of(await self.creators.book.held("shop", name), scene)

    async def publish(self, text="这款面霜很好用", author="li", id="", **more):  # noqa: A002
        at = datetime.now(UTC)
        told = self.content(text, id=id, author=Author(id=author), at=at, **more)
        return await self.service.moderation.one(self.caller, told)

    async def final(self, author="li", id=""):  # noqa: A002
        """A block whose term passed unused."""
        decided = await self.publish(BLOCKED, author, id)
        assert decided.verdict.action is Action.BLOCK
        await self.service.desk.notified("shop", decided.id)
        self.clock.shift(16 * DAY)
        await self.service.desk.sweep()
        return decided

    async def overturn(self, decided):
        """An appeal that is filed in time and overturned by a person."""
        appeal = await self.service.desk.appeal("shop", Appealed(decided.id, "", "li", "不是广告"))
        (row,) = await self.service.desk.claim(self.people["ann"], sorts=Sorts(kinds=("appeal",)))
        await self.service.desk.decide(self.people["ann"], row.id, row.token, Ruling(None, outcome="overturned"))
        return appeal

    async def entries(self, name="li"):
        return (await self.creators.book.seen("shop", name)).entries


@pytest.fixture
async def house(service, caller, content, clock, people):
    house = House(service, caller, content, clock, people)
    later = int(NOW.timestamp()) + 900 * 86_400
    await house.creators.members.put("shop", "li", Profile("host", verified_until={"identity": later}))
    return house


async def test_a_block_counts_once_it_is_final(house):
    decided = await house.publish(BLOCKED)
    await house.service.desk.notified("shop", decided.id)
    await house.service.desk.sweep()
    assert await house.entries() == []
    house.clock.shift(16 * DAY)
    await house.service.desk.sweep()
    (entry,) = await house.entries()
    assert (entry.kind, entry.name, entry.value) == (Kind.VIOLATION, "absolute_claim", 3)
    await house.service.desk.sweep()
    assert len(await house.entries()) == 1


async def test_what_the_engine_lets_pass_later_is_taken_back_in_the_same_commit(house, lexicons):
    await house.final(id="c1")
    before = (await house.creators.book.seen("shop", "li")).derived.score
    (lexicons / "ad_law/absolute_claim.txt").write_text(
        (lexicons / "ad_law/absolute_claim.txt").read_text(encoding="utf-8").replace("全网第一", "世界级第一"), "utf-8"
    )
    await house.service.rules.reload()
    again = await house.publish(BLOCKED, id="c1")
    assert again.verdict.action is Action.PASS
    kinds = sorted(one.kind for one in await house.entries())
    assert kinds == [Kind.OBSERVATION, Kind.REVERSAL, Kind.VIOLATION]
    after = await house.creators.book.seen("shop", "li")
    assert after.derived.deductions == ()
    assert after.derived.score > before


async def test_an_overturn_restores_score_tier_boost_and_compensation_at_once(house):
    for _ in range(40):
        await house.publish(f"今天的日记，第{_}篇，天气{chr(0x4E00 + _)}很好", scene=Scene.UGC)
        house.clock.shift(DAY)
    decided = await house.publish(BLOCKED, id="c1")
    sorts = Sorts(kinds=("report",))
    await house.boost("li", "ugc")
    clean = await house.boost("li", "ugc")
    assert clean.multiplier > 1200
    await house.service.desk.file("shop", Said("report", "c1", "u1", "false_ad", ""))
    (row,) = await house.service.desk.claim(house.people["bob"], sorts=sorts)
    await house.service.desk.decide(
        house.people["bob"], row.id, row.token, Ruling(Action.BLOCK, (Reason("absolute_claim"),))
    )
    house.clock.shift(timedelta(seconds=30))
    await house.service.desk.sweep()
    hit = await house.boost("li", "ugc")
    assert hit.multiplier == 1000
    assert "recent_severe" in hit.reasons
    house.clock.shift(5 * DAY)
    found = await house.creators.book.seen("shop", "li")
    newest = next(one for one in found.entries if one.kind == Kind.VIOLATION)
    ledger = await house.creators.reads.ledger(found.member.id, limit=3)
    block = next(one.decision for one in ledger if one.entry.id == newest.id)
    await house.service.desk.appeal("shop", Appealed(block, "", "li", "不是广告"))
    (row,) = await house.service.desk.claim(house.people["ann"], sorts=Sorts(kinds=("appeal",)))
    await house.service.desk.decide(house.people["ann"], row.id, row.token, Ruling(None, outcome="overturned"))
    back = await house.boost("li", "ugc")
    assert back.standing.score > hit.standing.score
    assert back.standing.owed > 0
    assert back.multiplier >= clean.multiplier
    assert "compensation" in back.reasons
    await house.service.desk.undo(house.people["ann"], row.id)
    again = await house.boost("li", "ugc")
    assert again.multiplier == 1000
    assert decided.verdict.action is Action.BLOCK


async def test_entries_cannot_be_changed_or_taken_away(house, settings):
    await house.final()
    raw = sqlite3.connect(settings.database)
    for attempt in (
        "UPDATE score_entries SET value = 0",
        "DELETE FROM score_entries",
        "INSERT OR REPLACE INTO score_entries SELECT * FROM score_entries",
        "UPDATE score_entries SET recorded = 0",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="INSERT-only"):
            raw.execute(attempt)
    raw.close()


async def test_reports_alone_move_nothing(house):
    decided = await house.publish("今天天气很好", id="c1", scene=Scene.UGC)
    before = (await house.creators.book.seen("shop", "li")).derived
    for number in range(30):
        await house.service.desk.file("shop", Said("report", "c1", f"u{number}", "false_ad", ""))
    after = (await house.creators.book.seen("shop", "li")).derived
    assert (after.score, after.deductions) == (before.score, ())
    assert decided.verdict.action is Action.PASS


async def test_only_who_is_enrolled_is_measured(house):
    await house.publish("今天天气很好", author="wang", scene=Scene.UGC)
    with pytest.raises(NotThere):
        await house.creators.book.seen("shop", "wang")
    for number in range(9):
        await house.publish(f"今天天气很好{chr(0x4E00 + number)}", scene=Scene.UGC)
    assert len([one for one in await house.entries() if one.name == "published"]) == 3


@pytest.mark.parametrize("lowest", ["D", "Z"])
async def test_scripts_of_the_lowest_tier_go_to_people_whatever_it_is_called(house, monkeypatch, lowest):
    shipped = house.creators.formulas.shipped
    tiers = (*shipped.tiers[:-1], shipped.tiers[-1]._replace(name=lowest))
    monkeypatch.setattr(house.creators.formulas, "shipped", replace(shipped, tiers=tiers))
    await house.creators.members.put("shop", "wang", Profile("host"))

    def swindled(visit):
        at = seconds(visit.at)
        entry = Entry(new_id(), Kind.VIOLATION, "v", 0, at, at, "fraud_scam", 4, "", "ugc")
        post(visit, "shop", member(visit, "shop", "li").id, entry)

    await house.service.ledger.visit(swindled)
    standings = await house.creators.book.standings("shop", ["li", "wang"])
    assert standings["li"].standing.tier == lowest != standings["wang"].standing.tier
    for author, scene, action in (
        ("li", Scene.LIVE_SCRIPT, Action.REVIEW),
        ("li", Scene.UGC, Action.PASS),
        ("wang", Scene.LIVE_SCRIPT, Action.PASS),
    ):
        assert (await house.publish(author=author, scene=scene)).verdict.action is action


@pytest.mark.parametrize("restarted", [False, True])
async def test_three_clean_items_a_day_are_entered_however_days_alternate(house, settings, restarted):
    """Nor does what is sent again use up a day, nor what is dated ahead give another one."""
    days = [datetime.now(UTC) - DAY, datetime.now(UTC)]

    async def send(service, numbers):
        for number in numbers:
            text = f"今天的日记{chr(0x4E00 + number)}"
            told = house.content(text, id=f"n{number}", author=Author(id="li"), scene=Scene.UGC, at=days[number % 2])
            await service.moderation.one(house.caller, told)

    await send(house.service, [0, 1, 0, 1, 0, 1, 2, 3])
    if restarted:
        async with open_service(settings) as fresh:
            await send(fresh, range(4, 20))
    else:
        await send(house.service, range(4, 20))
    days = [datetime.now(UTC) + DAY] * 2
    await send(house.service, range(20, 24))
    entries = [one for one in await house.entries() if one.name == "published"]
    assert Counter(day_of(one.since) for one in entries) == {day_of(int(NOW.timestamp())) - n: 3 for n in (0, 1)}


async def test_an_account_brings_its_violations_and_leaves_them(house):
    members = house.creators.members
    await house.final(author="li-douyin")
    assert await house.entries() == []
    await members.link("shop", "li", "douyin", "li-douyin")
    assert [one.kind for one in await house.entries()] == [Kind.VIOLATION]
    of_account = await house.boost("li-douyin", "ugc")
    assert of_account.standing == (await house.boost("li", "ugc")).standing
    await members.unlink("shop", "li", "li-douyin")
    assert [one.kind for one in await house.entries()] == [Kind.VIOLATION]
    assert [one.kind for one in await house.entries("li-douyin")] == [Kind.VIOLATION]
    with pytest.raises(Refused, match="own_account"):
        await members.link("shop", "li", "x", "li")


async def test_a_new_account_of_one_verified_person_is_linked(house):
    await house.creators.members.put("shop", "old", Profile(entity="91310000MA1"))
    await house.final(author="old")
    await house.creators.members.put("shop", "new", Profile(entity="91310000MA1"))
    assert [one.kind for one in await house.entries("new")] == [Kind.VIOLATION]


async def test_signals_are_entered_once_and_never_those_that_must_not_count(house):
    now = int(datetime.now(UTC).timestamp())
    sent = [Signal("engagement", now, 90), Signal("training_passed", now)]
    assert await house.creators.members.signal("shop", "li", sent) == [True, True]
    assert await house.creators.members.signal("shop", "li", sent) == [False, False]
    for name, why in (("negative_review", "signal_never"), ("gender", "signal_never"), ("published", "unknown_signal")):
        with pytest.raises(Refused, match=why):
            await house.creators.members.signal("shop", "li", [Signal(name, now, 1)])
    decided = await house.final()
    late = int(datetime.now(UTC).timestamp())
    fixed = Signal("self_correction", late, decision=decided.id, seconds=20)
    await house.creators.members.signal("shop", "li", [fixed])
    (one,) = (await house.creators.book.seen("shop", "li")).derived.deductions
    assert one.corrected


async def test_a_signal_of_tomorrow_is_told_tomorrow(house):
    signal, now = house.creators.members.signal, int(datetime.now(UTC).timestamp())
    with pytest.raises(Refused, match="signal_time"):
        await signal("shop", "li", [Signal("engagement", now + 3600, 90)])
    house.clock.move_to(datetime(2026, 11, 20, 15, 59, tzinfo=UTC))
    midnight = int(datetime(2026, 11, 20, 16, tzinfo=UTC).timestamp())
    assert await signal("shop", "li", [Signal("engagement", midnight + 60, 90)]) == [True]
    assert await signal("shop", "li", [Signal("engagement", midnight - 3600, 80)]) == [False], "it was today's"
    house.clock.move_to(datetime(2026, 11, 20, 17, tzinfo=UTC))
    assert await signal("shop", "li", [Signal("engagement", midnight + 60, 70)]) == [True]


async def test_who_asks_while_a_change_is_being_read_waits_for_it(house, monkeypatch):
    book, reading = house.creators.book, asyncio.Event()
    decided = await house.publish(BLOCKED)
    await house.service.desk.notified("shop", decided.id)
    house.clock.shift(16 * DAY)
    before = await book.held("shop", "li")
    await house.service.desk.sweep()
    rows = book.reads.rows

    async def slowly(*asked):
        reading.set()
        await asyncio.sleep(0.05)
        return await rows(*asked)

    monkeypatch.setattr(book.reads, "rows", slowly)
    book.touched()
    somebody = asyncio.create_task(book.refresh())
    await reading.wait()
    asked = await book.held("shop", "li")
    await somebody
    assert asked.standing.score < before.standing.score


@pytest.mark.parametrize("statement", [0, 1, 2])
async def test_a_change_that_could_not_be_read_is_read_by_whoever_asks_next(house, monkeypatch, statement):
    book = house.creators.book
    decided = await house.publish(BLOCKED)
    await house.service.desk.notified("shop", decided.id)
    house.clock.shift(16 * DAY)
    before = await book.held("shop", "li")
    await house.service.desk.sweep()
    rows, asked = book.reads.rows, []

    async def broken(*told):
        asked.append(told)
        if len(asked) == statement + 1:
            raise OSError("disk")
        return await rows(*told)

    monkeypatch.setattr(book.reads, "rows", broken)
    book.touched()
    with pytest.raises(OSError, match="disk"):
        await book.held("shop", "li")
    after = await book.held("shop", "li")
    assert len(asked) > statement + 1
    assert after.standing.score < before.standing.score


def _much(visit, name, number):
    owner = member(visit, "shop", name).id
    for place in range(number):
        post(visit, "shop", owner, Entry(new_id(), Kind.OBSERVATION, f"x:{place}", 0, 0, name="engagement", value=90))


async def test_what_takes_a_while_is_derived_beside_the_event_loop(house, monkeypatch):
    where, derive = [], book_module.boosted
    monkeypatch.setattr(book_module, "boosted", lambda *told: where.append(threading.current_thread()) or derive(*told))
    await house.boost("li", "ugc")
    await house.creators.book.seen("shop", "li")
    assert set(where) == {threading.current_thread()}
    await house.service.ledger.visit(partial(_much, name="li", number=AT_ONCE + 1))
    del where[:]
    await house.boost("li", "ugc")
    await house.creators.book.seen("shop", "li")
    assert len(where) == 2
    assert threading.current_thread() not in where


async def test_many_are_read_in_slices(house, monkeypatch):
    names = [f"k{number}" for number in range(SLICE + 1)]
    await house.service.ledger.visit(lambda visit: [member(visit, "shop", name) for name in names])
    book, asked = house.creators.book, []
    owners = book.reads.owners
    monkeypatch.setattr(book.reads, "owners", lambda tenant, some: asked.append(len(some)) or owners(tenant, some))
    assert set(await book.standings("shop", names)) == set(names)
    assert asked == [SLICE, 1]


@pytest.mark.parametrize("everybody", [False, True])
async def test_what_changed_while_it_was_derived_is_not_kept(house, monkeypatch, everybody):
    book, derive = house.creators.book, book_module.boosted
    began, go = threading.Event(), threading.Event()

    def slowly(*told):
        began.set()
        assert go.wait(30)
        return derive(*told)

    await house.service.ledger.visit(partial(_much, name="li", number=AT_ONCE + 1))
    monkeypatch.setattr(book_module, "boosted", slowly)
    early = asyncio.create_task(book.held("shop", "li"))
    assert await asyncio.to_thread(began.wait, 30)
    await fraud(house)
    await (book.reload if everybody else book.refresh)()
    go.set()
    await early
    assert (await book.held("shop", "li")).standing.tier == "D"


async def test_what_is_kept_in_memory_is_bounded(house):
    book = house.creators.book
    book._most = 16
    for number in range(40):
        await house.creators.members.put("shop", f"k{number}", Profile())
    for number in range(40):
        await book.held("shop", f"k{number}")
    assert len(book) <= 16


async def fraud(house):
    """A person finds what is never tolerated: the creator stands in the lowest tier from then on."""
    await house.publish(id="c1", scene=Scene.UGC)
    await house.service.desk.file("shop", Said("report", "c1", "u1", "false_ad", ""))
    (row,) = await house.service.desk.claim(house.people["bob"], sorts=Sorts(kinds=("report",)))
    ruling = Ruling(Action.BLOCK, (Reason("fraud_scam"),))
    await house.service.desk.decide(house.people["bob"], row.id, row.token, ruling)
    house.clock.shift(timedelta(seconds=30))
    await house.service.desk.sweep()


async def scripted(service, house, author="li", batch=()):
    """What becomes of a lawful script, filed alone or with others."""
    script = house.content(scene=Scene.LIVE_SCRIPT, author=Author(id=author), at=datetime.now(UTC))
    if batch:
        return (await service.moderation.many(house.caller, [*batch, script]))[-1].verdict.action
    return (await service.moderation.one(house.caller, script)).verdict.action


async def test_scripts_of_who_falls_to_the_lowest_tier_go_to_people_though_nobody_asked(house, content, settings):
    others = [content("今天的日记", scene=Scene.UGC), content(scene=Scene.LIVE_SCRIPT, author=Author(id="wang"))]
    assert await scripted(house.service, house) is Action.PASS
    assert await scripted(house.service, house, batch=others) is Action.PASS
    await house.creators.members.link("shop", "li", "douyin", "li-2")
    await fraud(house)
    assert await scripted(house.service, house) is Action.REVIEW
    assert await scripted(house.service, house, batch=others) is Action.REVIEW
    assert await scripted(house.service, house, "li-2") is Action.REVIEW
    assert await scripted(house.service, house, "wang") is Action.PASS
    async with open_service(settings) as fresh:
        assert await scripted(fresh, house) is Action.REVIEW
        assert await scripted(fresh, house, "li-2", batch=others) is Action.REVIEW


async def test_scripts_of_who_rose_again_pass_though_nobody_asked(house):
    await fraud(house)
    assert await scripted(house.service, house) is Action.REVIEW
    await _exonerated(house)
    assert await scripted(house.service, house) is Action.PASS


async def test_scenes_that_go_to_nobody_ask_for_no_standing(house, monkeypatch):
    await fraud(house)
    monkeypatch.setattr(Book, "standings", lambda *_: pytest.fail("nobody needs it"))
    assert (await house.publish(scene=Scene.UGC)).verdict.action is Action.PASS
    contents = [house.content(scene=scene, author=Author(id="li")) for scene in (Scene.AD, Scene.UGC)]
    decided = await house.service.moderation.many(house.caller, contents)
    assert [one.verdict.action for one in decided] == [Action.PASS, Action.PASS]


async def test_a_ranking_is_within_the_days_budget_and_logged(house):
    boosts = house.creators.boosts
    boosts.limits = boosts.limits._replace(day=100, creator=60)
    for name in ("a", "b", "c"):
        await house.creators.members.put("shop", name, Profile())
    asked = [Entrant(name, 1000) for name in ("a", "b", "c", "nobody")]
    first = await boosts.rank(Listing("shop", "ugc", asked, 80, seed=7))
    assert sum(one.extra for one in first.granted) <= 80
    second = await boosts.rank(Listing("shop", "ugc", asked, 80))
    spent = sum(one.extra for ranking in (first, second) for one in ranking.granted)
    assert spent <= 100
    days = await house.creators.reads.rows("SELECT sum(spent) FROM boost_spend WHERE sort = 'all'")
    assert days == [(spent,)]


class Reading:
    """A visit that remembers what it read."""

    def __init__(self, visit):
        self.visit, self.at, self.record, self.read = visit, visit.at, visit.record, []

    def rows(self, *asked):
        found = self.visit.rows(*asked)
        self.read += found
        return found


async def test_a_ranking_reads_what_was_spent_on_its_own_candidates_alone(house):
    boosts, book = house.creators.boosts, house.creators.book
    for name in ("a", "b"):
        await house.creators.members.put("shop", name, Profile())
    for number in range(40):
        many = [Entrant(f"k{number}-{place}", 1000, f"c{number}") for place in range(10)]
        await boosts.rank(Listing("shop", "ugc", many, 1000))
    asked = [Entrant("a", 1000, "food"), Entrant("b", 1000, "food"), Entrant("nobody", 1000)]
    await boosts.rank(Listing("shop", "ugc", asked, 100, seed=7))
    held, read = await book.standings("shop", ["a", "b"]), []

    def work(visit):
        reading = Reading(visit)
        listing = Listing("shop", "ugc", asked, 1000, 7)
        told = rank_in(reading, listing, held, boosts.limits._replace(creator=70, category=90))
        read.extend(reading.read)
        return told

    told = await house.service.ledger.visit(work)
    assert len(read) <= 2 + len(asked) + 1
    rows = "SELECT sort, key, spent FROM boost_spend WHERE sort IN ('creator', 'category')"
    spent = {(sort, key): amount for sort, key, amount in await house.creators.reads.rows(rows)}
    assert 0 < spent["category", "food"] <= 90
    assert all(spent.get(("creator", held[name].id), 0) <= 70 for name in ("a", "b"))
    assert told.budget == 1000


async def test_measures_are_proposed_decided_by_another_and_end_with_their_term(house):
    measures, (ann, bob) = house.creators.measures, house.people.values()
    proposed = await measures.propose(ann, "li", "limit_traffic", "manual", 10)
    with pytest.raises(Refused, match="measure_open"):
        await measures.propose(ann, "li", "limit_traffic", "manual", 10)
    with pytest.raises(Refused, match="same_person"):
        await measures.decide(ann, proposed, agrees=True)
    await measures.decide(bob, proposed, agrees=True)
    assert (await house.boost("li", "ugc")).multiplier == 500
    house.clock.shift(11 * DAY)
    await house.creators.sweep()
    assert (await house.boost("li", "ugc")).multiplier == 1000
    with pytest.raises(Refused, match="measure_term"):
        await measures.propose(ann, "li", "suspend_live", "manual", 60)
    again = await measures.propose(ann, "li", "stop_live", "manual", 60)
    await measures.decide(bob, again, agrees=True)
    assert (await house.boost("li", "live_speech")).multiplier == 0
    await measures.lift(ann, again, "appeal upheld")
    assert (await house.boost("li", "live_speech")).multiplier == 1000


async def _exonerated(house):
    """What a person found is overturned on appeal."""
    ((block,),) = await house.creators.reads.rows("SELECT decision FROM score_entries WHERE kind = 'violation'")
    await house.service.desk.appeal("shop", Appealed(block, "", "li", "不是诈骗"))
    (row,) = await house.service.desk.claim(house.people["ann"], sorts=Sorts(kinds=("appeal",)))
    await house.service.desk.decide(house.people["ann"], row.id, row.token, Ruling(None, outcome="overturned"))


async def _measured(house):
    found = await house.creators.reads.measures((await house.creators.reads.named("shop", "li")).id)
    return {one.kind: (one.state, one.ended_by or one.decided_by, one.relief) for one in found}


@pytest.mark.parametrize("restarted", [False, True])
async def test_measures_end_with_the_violations_that_alone_bore_them(house, settings, restarted):
    measures, (ann, bob) = house.creators.measures, house.people.values()
    await fraud(house)
    closed, listed = await measures.ruled("shop", "li")
    by_hand = await measures.propose(ann, "li", "suspend_live", "by hand", 5)
    for id_ in (closed, by_hand):
        await measures.decide(bob, id_, agrees=True)
    await house.creators.sweep()
    assert (await house.boost("li", "ugc")).multiplier == 0
    await _exonerated(house)
    if restarted:
        async with open_service(settings) as fresh:
            await fresh.creators.sweep()
    else:
        await house.creators.sweep()
    assert await _measured(house) == {
        "close_account": ("lifted", "rule", "overturned"),
        "blacklist": ("declined", "rule", ""),
        "suspend_live": ("in_force", "bob", ""),
    }
    assert (await house.boost("li", "ugc")).multiplier == 1000
    assert listed
    await fraud(house)
    assert len(await measures.ruled("shop", "li")) == 2, "what was wrong before is no reason against what is true now"


@pytest.mark.parametrize("before", [True, False])
async def test_measures_stay_while_another_violation_bears_them(house, before):
    measures, bob = house.creators.measures, house.people["bob"]
    owner = (await house.creators.reads.named("shop", "li")).id

    def another(visit):
        told = Entry(new_id(), Kind.VIOLATION, "d:0", 0, 0, name="fraud_scam", value=4, scene="ugc", mark="content:0")
        post(visit, "shop", owner, told)

    await fraud(house)
    if before:
        await house.service.ledger.visit(another)
    for id_ in await measures.ruled("shop", "li"):
        await measures.decide(bob, id_, agrees=True)
    if not before:
        house.clock.shift(DAY)
        await house.service.ledger.visit(another)
    ((first,),) = await house.creators.reads.rows("SELECT id FROM score_entries WHERE decision IS NOT NULL AND ref = ''"
        " AND kind = 'violation'")  # fmt: skip
    reversal = Entry(new_id(), Kind.REVERSAL, f"reversal:{first}", 0, 0, ref=first)
    await house.service.ledger.visit(lambda visit: post(visit, "shop", owner, reversal))
    await house.creators.sweep()
    assert {state for state, *_ in (await _measured(house)).values()} == {"in_force"}


async def test_a_trial_goes_in_stages_and_is_rolled_back_in_one_act(house, settings):
    trials, (ann, bob) = house.creators.trials, house.people.values()
    trials.terms = trials.terms._replace(sample=2)
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8")
    new = text.replace('version = "2026-11"', 'version = "2026-12"').replace("repeat_days = 30", "repeat_days = 60")
    id_ = await trials.propose(ann, new)
    with pytest.raises(NotAllowed, match="same_person"):
        await trials.advance(ann, id_)
    with pytest.raises(NotAllowed, match="too_early"):
        await trials.advance(bob, id_)
    house.clock.shift(8 * DAY)
    seen = await house.creators.book.seen("shop", "li")
    assert seen.other is not None
    assert (await trials.advance(bob, id_)).share == 5
    house.clock.shift(8 * DAY)
    assert (await trials.advance(bob, id_)).share == 20
    house.clock.shift(8 * DAY)
    with pytest.raises(NotAllowed, match="too_few"):
        await trials.advance(bob, id_)
    assert (await trials.roll_back(ann, id_)).state is State.ROLLED_BACK
    await house.creators.book.standings("shop", ["li"])
    assert house.creators.formulas.held("shop").trial is None


async def test_of_several_that_propose_at_once_one_does(house, monkeypatch):
    trials, (ann, bob) = house.creators.trials, house.people.values()
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace("repeat_days = 30", "repeat_days = 60")
    all_at_once = [trials.propose(by, text.replace("2026-11", f"v{n}", 1)) for n, by in enumerate((ann, bob, ann))]
    found = await asyncio.gather(*all_at_once, return_exceptions=True)
    assert sorted(str(one) for one in found if isinstance(one, NotAllowed)) == ["state", "state"]
    await house.creators.book.refresh()
    held = house.creators.formulas.held("shop")
    await trials.roll_back(ann, held.trial.id)
    monkeypatch.setattr(house.creators.formulas, "held", lambda _: held._replace(trial=None, id="what has gone"))
    with pytest.raises(NotAllowed, match="state"):
        await trials.propose(ann, text.replace("2026-11", "v9", 1))


async def test_a_creator_with_accounts_counts_once_in_a_trial_with_what_they_did(house):
    members = house.creators.members
    for name in ("one", "two", "three"):
        await members.put("shop", name, Profile())
    await members.link("shop", "one", "douyin", "one-more")
    await members.link("shop", "two", "douyin", "two-more")
    trial = Trial("t", "f", "", "half", State.RUNNING, 100, "ann", 0, int(NOW.timestamp()) - 86_400)

    async def effect():
        return (await house.creators.trials.effect("shop", trial))[:2]

    assert await effect() == (4, 0)
    await house.final(author="one-more")
    assert await effect() == (4, 1)
    decided = await house.final(author="two-more", id="c2")
    assert await effect() == (4, 2)
    await members.unlink("shop", "two", "two-more")
    assert await effect() == (5, 3)
    house.clock.shift(DAY)
    await house.final(author="two-more")
    assert await effect() == (5, 3)
    assert decided.verdict.action is Action.BLOCK


async def test_a_violation_that_becomes_final_late_counts_for_whose_account_it_was(house):
    """Of those with a violation since the stage began: of the day on which it happened, unless it was taken back."""
    members, trials = house.creators.members, house.creators.trials
    for name in ("one", "two"):
        await members.put("shop", name, Profile())
        await members.link("shop", name, "douyin", f"{name}-more")
    trial = Trial("t", "f", "", "half", State.RUNNING, 100, "ann", 0, int(NOW.timestamp()) - 86_400)
    decided = await house.publish(BLOCKED, author="one-more")
    await house.service.desk.notified("shop", decided.id)
    house.clock.shift(DAY)
    for name in ("one", "two"):
        await members.unlink("shop", name, f"{name}-more")
    house.clock.shift(DAY)
    await house.final(author="two-more")

    async def hit(since=trial.staged_at):
        rows = await house.creators.reads.rows(creator_statements.VIOLATED_SINCE, "shop", since)
        return {(await house.creators.reads.rows(NAME_OF, id_))[0][0] for (id_,) in rows}

    assert await hit() == {"one", "one-more", "two-more"}, "not who had it before"
    assert (await trials.effect("shop", trial))[:2] == (5, 3)
    assert await hit(int(datetime.now(UTC).timestamp()) + 1) == set(), "it was before the stage"
    (entry,) = (await house.creators.book.seen("shop", "one")).entries
    back = Entry(new_id(), Kind.REVERSAL, f"reversal:{entry.id}", 0, 0, ref=entry.id)
    owner = (await house.creators.book.seen("shop", "one-more")).member.id
    await house.service.ledger.visit(lambda visit: post(visit, "shop", owner, back))
    assert await hit() == {"two-more"}


NAME_OF = "SELECT name FROM creators WHERE id = ?"


class Staging:
    """Trials that always show an effect, taken on by the second person."""

    def __init__(self, house, monkeypatch):
        self.house, self.trials = house, house.creators.trials
        self.ann, self.bob = house.people.values()
        monkeypatch.setattr(trying, "tested", lambda treated, control: Effect(200, 0, 200, 20, 0.001))

    async def taken(self, version, *changed, share, adopted=False):
        """A formula that is counted for so many percent, or was adopted."""
        text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace('version = "2026-11"', f'version = "{version}"')
        for old, new in changed:
            text = text.replace(old, new)
        await self.house.creators.book.refresh()  # as the route does
        id_ = await self.trials.propose(self.ann, text)
        reached = None
        while reached is None or reached.share < share or (adopted and reached.state is not State.ADOPTED):
            self.house.clock.shift(8 * DAY)
            reached = await self.trials.advance(self.bob, id_)
        await self.house.creators.book.refresh()
        return id_

    async def version(self):
        await self.house.creators.book.refresh()
        return (await self.house.creators.book.seen("shop", "li")).formula.version


async def test_what_is_counted_for_everybody_is_rolled_back_as_well(house, monkeypatch):
    staging = Staging(house, monkeypatch)
    id_ = await staging.taken("2026-12", ("repeat_days = 30", "repeat_days = 60"), share=100)
    assert await staging.version() == "2026-12"
    assert (await staging.trials.roll_back(staging.ann, id_)).share == 0
    assert await staging.version() == "2026-11"
    with pytest.raises(NotAllowed, match="state"):
        await staging.trials.roll_back(staging.ann, id_)


async def test_what_was_adopted_is_rolled_back_newest_first(house, monkeypatch):
    staging, once = Staging(house, monkeypatch), ("repeat_days = 30", "repeat_days = 60")
    first = await staging.taken("2026-12", once, share=100, adopted=True)
    second = await staging.taken("2027-01", once, ("half = 45", "half = 40"), share=20)
    with pytest.raises(NotAllowed, match="followed"):
        await staging.trials.roll_back(staging.ann, first)
    await staging.trials.roll_back(staging.ann, second)
    third = await staging.taken("2027-02", once, ("half = 45", "half = 50"), share=100, adopted=True)
    assert await staging.version() == "2027-02"
    with pytest.raises(NotAllowed, match="followed"):
        await staging.trials.roll_back(staging.ann, first)
    await staging.trials.roll_back(staging.ann, third)
    assert await staging.version() == "2026-12"
    await staging.trials.roll_back(staging.ann, first)
    assert await staging.version() == "2026-11"


async def test_one_tenants_creators_are_not_anothers(house):
    with pytest.raises(NotThere):
        await house.creators.book.held("rival", "li")


async def _limited(house, name):
    id_ = await house.creators.measures.propose(house.people["ann"], name, "limit_traffic", "by hand", 7)
    await house.creators.measures.decide(house.people["bob"], id_, agrees=True)


@pytest.mark.parametrize("name", ["li", "bad"])
async def test_a_measure_in_force_is_not_escaped_by_links(house, name):
    members, book = house.creators.members, house.creators.book
    await members.put("shop", "bad", Profile(entity="91310000MA1"))
    await members.link("shop", "li", "x", "mine")
    await _limited(house, name)
    with pytest.raises(Refused, match="measured_link"):
        await members.link("shop", "li", "x", "bad")
    if name == "li":
        with pytest.raises(Refused, match="measured_link"):
            await members.unlink("shop", "li", "mine")
        return
    await members.put("shop", "li", Profile(entity="91310000MA1"))
    for one in ("li", "bad", "mine"):
        assert boost_of(await book.held("shop", one), "ad").multiplier < 1000
        assert (await book.seen("shop", one)).measures == ("limit_traffic",)


async def test_who_is_unlinked_before_a_block_is_final_leaves_the_violation(house):
    members = house.creators.members
    await members.link("shop", "li", "x", "acc")
    decided = await house.publish(BLOCKED, author="acc")
    await house.service.desk.notified("shop", decided.id)
    house.clock.shift(DAY)
    await members.unlink("shop", "li", "acc")
    house.clock.shift(16 * DAY)
    await house.service.desk.sweep()
    assert [one.kind for one in await house.entries()] == [Kind.VIOLATION]


async def test_a_date_ahead_is_no_way_to_leave_a_violation_behind(house):
    """The sender dates a content after the day on which the account will have gone; it was judged before."""
    members, at = house.creators.members, datetime.now(UTC) + 5 * DAY
    await members.link("shop", "li", "x", "acc")
    told = house.content(BLOCKED, author=Author(id="acc"), at=at)
    decided = await house.service.moderation.one(house.caller, told)
    await house.service.desk.notified("shop", decided.id)
    house.clock.shift(DAY)
    await members.unlink("shop", "li", "acc")
    house.clock.shift(16 * DAY)
    await house.service.desk.sweep()
    (entry,) = await house.entries()
    assert (entry.kind, entry.occurred < at.timestamp() - 4 * 86_400) == (Kind.VIOLATION, True)


async def test_a_correction_stays_with_the_violation_that_it_puts_right(house):
    """The pipeline tells of it after the account has gone, or before; whose violation it was has it."""
    members = house.creators.members
    await members.put("shop", "wang", Profile())
    await members.link("shop", "li", "x", "acc")
    before = await house.publish(BLOCKED, author="acc", id="c1")
    house.clock.shift(DAY)
    await members.unlink("shop", "li", "acc")
    await members.link("shop", "wang", "x", "acc")
    house.clock.shift(DAY)
    after = await house.publish(BLOCKED, author="acc", id="c2")
    for decided in (before, after):
        await house.service.desk.notified("shop", decided.id)
        told = Signal("self_correction", int(datetime.now(UTC).timestamp()), 0, decided.id, 30)
        assert await members.signal("shop", "acc", [told]) == [True]
    house.clock.shift(16 * DAY)
    await house.service.desk.sweep()
    kinds = [Kind.CORRECTION, Kind.VIOLATION]
    assert sorted(one.kind for one in await house.entries()) == kinds
    (mine,) = (await house.creators.book.seen("shop", "li")).derived.deductions
    assert mine.corrected
    theirs = (await house.creators.book.seen("shop", "wang")).derived.deductions
    assert [one.corrected for one in theirs] == [True, True], "what was found before a link comes along, put right"


def test_a_correction_names_a_violation_by_its_id_or_by_its_mark():
    link = Link("acc", 0, until=100)
    while_linked = Entry("v", Kind.VIOLATION, "v", 300, 300, 90, mark="version")
    afterwards = while_linked._replace(id="w", cause="w", occurred=110, mark="another")
    for ref, its in (("v", True), ("version", True), ("w", False), ("another", False), ("unknown", False)):
        told = Entry("c", Kind.CORRECTION, "c", 200, 200, ref=ref)
        found = counting("li", {"acc": [while_linked, afterwards, told]}, [link])
        assert (told in found, while_linked in found, afterwards in found) == (its, True, False), ref


async def test_one_entity_becomes_one_creator_without_chains(house):
    members, reads = house.creators.members, house.creators.reads
    for name in ("old", "new"):
        await members.put("shop", name, Profile())
    await members.link("shop", "li", "x", "old")
    await members.link("shop", "new", "x", "mine")
    for name in ("old", "new"):
        await members.put("shop", name, Profile("host", cohort="food", entity="91310000MA1"))
    owners = await reads.owners("shop", ["old", "new", "mine"])
    assert {one.member.name for one in owners.values()} == {"li"}
    assert (await reads.named("shop", "new")).cohort == "food"


async def test_whoever_is_older_keeps_what_it_is_when_it_verifies_later(house):
    members, reads = house.creators.members, house.creators.reads
    await house.publish(scene=Scene.UGC)
    house.clock.shift(DAY)
    for name in ("newbie", "mine"):
        await members.put("shop", name, Profile())
    await members.link("shop", "newbie", "x", "mine")
    await members.put("shop", "newbie", Profile(entity="91310000MA1"))
    await members.put("shop", "li", Profile("host", entity="91310000MA1"))
    owners = await reads.owners("shop", ["li", "newbie", "mine"])
    assert {one.member.name for one in owners.values()} == {"li"}
    assert (await house.creators.book.seen("shop", "li")).derived.items == 1


async def test_accounts_of_one_creator_are_not_ranked_twice(house):
    boosts, asked = house.creators.boosts, [Entrant("li", 100), Entrant("acc", 100)]
    await house.creators.members.link("shop", "li", "x", "acc")
    with pytest.raises(Refused, match="same_creator"):
        await boosts.rank(Listing("shop", "ugc", asked, 1000))
    held = await house.creators.book.standings("shop", ["li", "acc"])
    with pytest.raises(Refused, match="same_creator"):
        await house.service.ledger.visit(
            lambda visit: rank_in(visit, Listing("shop", "ugc", asked, 1000), held, boosts.limits)
        )
    assert await house.creators.reads.rows("SELECT id FROM boost_rankings") == []
