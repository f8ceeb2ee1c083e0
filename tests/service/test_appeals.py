"""Appeals on a real database: another person, once, in the term; what overturning restores; what becomes final."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from moderation.types import SHANGHAI, Action, Author, Scene
from service.creators.entries import Entry, Kind, standing
from service.creators.members import Profile
from service.ids import from_stamp
from service.review.appeals import Appealed, NotAppealable, NotTheirs
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rows import Conflict, NotThere
from service.review.rulings import Ruling, Unfounded
from service.review.states import UNDO_SECONDS
from service.review.verdict import Reason
from service.rights import Role
from service.store import appeal_statements as sql
from service.store.creator_statements import ENTRY
from tests.service.test_desk import DOUBTFUL, House, house, lexicons  # noqa: F401 - fixtures
from tests.small import migrated

BANNED = "全网第一"
BLOCK = Ruling(Action.BLOCK, (Reason("abuse_insult"),))
UPHOLD, OVERTURN = Ruling(None, outcome="upheld"), Ruling(None, outcome="overturned")
APPEALS = Sorts(kinds=("appeal",))
TERM = timedelta(days=15)


@contextmanager
def after(delta):
    with time_machine.travel(datetime.now(UTC) + delta, tick=True):
        yield


@pytest.fixture
async def people(house):  # noqa: F811
    return [await house.person("ann"), await house.person("bob", Role.SENIOR), await house.person("cid", Role.SENIOR)]


@pytest.fixture
def desk(house):  # noqa: F811
    return house.desk


async def blocked(house, content, id_="a", text=BANNED):  # noqa: F811
    """A block by the engine; its decision."""
    made = content(text, scene=Scene.AD, id=id_, author=Author(id="creator"))
    decided = await house.service.moderation.one(house.key, made)
    assert decided.verdict.action is Action.BLOCK
    return decided.id


async def blocked_by(house, content, who, id_="a"):  # noqa: F811
    """A block by a person; its decision."""
    made = content(DOUBTFUL, scene=Scene.UGC, id=id_, author=Author(id="creator"))
    await house.service.moderation.one(house.key, made)
    (row,) = await house.desk.claim(who, sorts=Sorts(kinds=("content",)))
    return (await house.desk.decide(who, row.id, row.token, BLOCK)).outcome


async def appeal(house, decision):  # noqa: F811
    """The item that an appeal opens."""
    filed = await house.desk.appeal("shop", Appealed(decision, "", "creator", "属实，有证明"))
    return (await house.service.appeals.appeal("shop", filed)).review


async def finals(house):  # noqa: F811
    """The decisions that count against somebody."""
    await house.desk.sweep()
    rows = house.rows(f"SELECT {ENTRY}, e.decision FROM score_entries AS e ORDER BY e.number")
    decisions = {id_: decision for id_, *_, decision in rows}
    entries = standing([Entry(*row[:-1]) for row in rows], 1 << 40)
    return [decisions[one.id] for one in entries if one.kind == Kind.VIOLATION]


# Another person


async def test_whoever_decided_neither_gets_nor_takes_nor_decides_the_appeal(house, desk, people, content):  # noqa: F811
    ann, bob, _ = people
    item = await appeal(house, await blocked_by(house, content, ann))
    assert await desk.claim(ann, limit=50) == []
    assert await desk.claim(ann, limit=50, sorts=APPEALS) == []
    with pytest.raises(Conflict, match="own"):
        await desk.claim_one(ann, item)
    assert "claim" not in (await house.service.archive.dossier(ann, item)).steps
    assert [row.id for row in await desk.claim(bob, limit=50, sorts=APPEALS)] == [item]


async def test_who_decides_the_content_while_holding_its_appeal_may_not_go_on(house, desk, people, content):  # noqa: F811
    bob = people[1]
    item = await appeal(house, await blocked(house, content))
    row = await desk.claim_one(bob, item)
    await desk.file("shop", Said("report", "a", "u", "spam"))
    (report,) = await desk.claim(bob, sorts=Sorts(kinds=("report",)))
    await desk.decide(bob, report.id, report.token, Ruling(Action.BLOCK, (Reason("absolute_claim"),)))
    with pytest.raises(Conflict, match="own"):
        await desk.decide(bob, item, row.token, UPHOLD)


async def test_at_once_only_others_get_appeals(house, desk, people, content):  # noqa: F811
    ann, bob, cid = people
    decisions = [await blocked_by(house, content, ann, f"c{number}") for number in range(6)]
    items = [await appeal(house, decision) for decision in decisions]
    one_by_one = [desk.claim_one(ann, item) for item in items]
    got = await asyncio.gather(
        *(desk.claim(who, limit=1, sorts=APPEALS) for who in (ann, bob, ann, cid, ann)),
        *one_by_one,
        return_exceptions=True,
    )
    rows = [row for each in got[:5] for row in each]
    assert {row.holder for row in rows} == {bob.id, cid.id}
    assert [error.why for error in got[5:]].count("own") + [error.why for error in got[5:]].count("state") == 6
    assert house.rows("SELECT count(*) FROM reviews WHERE kind = 'appeal' AND holder = ?", ann.id) == [(0,)]


async def test_who_took_their_ruling_back_may_decide_again(house, desk, people, content):  # noqa: F811
    bob = people[1]
    decision = await blocked(house, content)
    item = await appeal(house, decision)
    row = await desk.claim_one(bob, item)
    for ruling in (OVERTURN, UPHOLD, OVERTURN):
        await desk.decide(bob, item, row.token, ruling)
        row = await desk.undo(bob, item)
    await desk.decide(bob, item, row.token, UPHOLD)
    with after(timedelta(seconds=UNDO_SECONDS + 1)):
        assert await finals(house) == [decision]


async def test_severe_appeals_are_for_seniors(house, desk, people, content, lexicons):  # noqa: F811
    decision = await blocked(house, content)
    severity = house.rows("SELECT severity FROM decisions WHERE id = ?", decision)[0][0]
    item = await appeal(house, decision)
    assert house.rows("SELECT level FROM reviews WHERE id = ?", item) == [(int(severity >= 3),)]
    (opened, due) = house.rows("SELECT opened_at, due_at FROM reviews WHERE id = ?", item)[0]
    assert from_stamp(due) - from_stamp(opened) == timedelta(hours=48)


# Once, in the term


async def test_a_block_is_appealed_once(house, desk, content):  # noqa: F811
    decision = await blocked(house, content)
    await appeal(house, decision)
    again = await blocked(house, content)  # the engine says it again: the same block
    for one in (decision, again):
        with pytest.raises(NotAppealable, match="twice"):
            await appeal(house, one)
    assert house.rows("SELECT count(*) FROM appeals") == [(1,)]


async def test_two_appeals_at_once_are_one(house, desk, content):  # noqa: F811
    decision = await blocked(house, content)
    came = await asyncio.gather(*(appeal(house, decision) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in came) == 1


@pytest.mark.parametrize("told", [False, True])
async def test_the_term_runs_from_the_notice_or_else_from_the_decision(house, desk, content, told):  # noqa: F811
    decision = await blocked(house, content)
    with after(timedelta(days=10)):
        if told:
            await desk.notified("shop", decision)
    with after(timedelta(days=16)):
        if not told:
            with pytest.raises(NotAppealable, match="late"):
                await appeal(house, decision)
    with after(timedelta(days=26)), pytest.raises(NotAppealable, match="late"):
        await appeal(house, decision)
    with after(timedelta(days=24) if told else timedelta(days=14)):
        await appeal(house, decision)


@pytest.mark.parametrize("told", [False, True])
async def test_the_last_day_of_a_term_is_whole(house, desk, content, told):  # noqa: F811
    """Who was told in the morning of the first may appeal until midnight of the sixteenth, in Shanghai."""
    morning = datetime(2026, 11, 1, 0, 10, tzinfo=SHANGHAI)
    with time_machine.travel(morning, tick=True):
        one, other = await blocked(house, content, "one"), await blocked(house, content, "other")
        if told:
            await desk.notified("shop", one)
            await desk.notified("shop", other)
    with time_machine.travel(datetime(2026, 11, 16, 23, 59, tzinfo=SHANGHAI), tick=True):
        assert await finals(house) == []
        await appeal(house, one)
    with time_machine.travel(datetime(2026, 11, 17, 0, 0, 1, tzinfo=SHANGHAI), tick=True):
        with pytest.raises(NotAppealable, match="late"):
            await appeal(house, other)
        assert await finals(house) == ([other] if told else [])


async def test_what_is_no_block_or_not_there_cannot_be_appealed(house, desk, content):  # noqa: F811
    (passed,) = await house.judge(content, ("p", "好用"))
    with pytest.raises(NotAppealable, match="action"):
        await appeal(house, passed.id)
    with pytest.raises(NotAppealable, match="action"):
        await desk.notified("shop", passed.id)
    decision = await blocked(house, content)
    for tenant, one in (("rival", decision), ("shop", "ghost")):
        with pytest.raises(NotThere):
            await desk.appeal(tenant, Appealed(one, "", "c", "x"))
        with pytest.raises(NotThere):
            await desk.notified(tenant, one)


async def test_an_appeal_by_content_is_against_its_newest_block(house, desk, content):  # noqa: F811
    await blocked(house, content, text=BANNED)
    second = await blocked(house, content, text=f"{BANNED}！")
    filed = await desk.appeal("shop", Appealed("", "a", "creator", "x"))
    told = await house.service.appeals.appeal("shop", filed)
    assert (told.decision, told.content_id, told.version) == (second, "a", 2)


async def test_a_former_owner_appeals_for_what_was_theirs_alone(house, desk, content):  # noqa: F811
    """Whoever bears the violation appeals; nobody else uses up the one appeal."""
    members = house.service.creators.members
    await members.put("shop", "owner", Profile())
    await members.link("shop", "owner", "douyin", "creator")
    await members.link("shop", "owner", "douyin", "sibling")
    before = [await blocked(house, content, name) for name in ("b1", "b2")]
    with after(timedelta(days=1)):
        await members.unlink("shop", "owner", "creator")
    with after(timedelta(days=2)):
        made = content(BANNED, scene=Scene.AD, id="later", author=Author(id="creator"), at=datetime.now(UTC))
        later = (await house.service.moderation.one(house.key, made)).id
        for stranger in ("owner", "sibling"):
            with pytest.raises(NotTheirs):
                await desk.appeal("shop", Appealed(later, "", stranger, "x"))
        await desk.appeal("shop", Appealed(later, "", "creator", "x"))
        for decision, own in zip(before, ("owner", "sibling"), strict=True):
            await desk.appeal("shop", Appealed(decision, "", own, "x"))


# What comes of it


async def test_overturning_restores_the_content_and_tells_of_it(house, desk, people, content):  # noqa: F811
    ann, bob, _ = people
    decision = await blocked_by(house, content, ann)
    item = await appeal(house, decision)
    row = await desk.claim_one(bob, item)
    closed = await desk.decide(bob, item, row.token, OVERTURN)
    newest = (await house.service.moderation.history(house.key, "a", limit=1))[0]
    assert (newest.id, newest.verdict.action, newest.supersedes) == (closed.outcome, Action.PASS, decision)
    (filed,) = house.rows("SELECT id FROM appeals")[0]
    assert house.acts(filed) == ["appeal.filed", "appeal.decided"]
    assert house.acts(closed.outcome)[0] == "decision.human"
    kinds = [kind for (kind,) in house.rows("SELECT kind FROM notices ORDER BY id")]
    assert kinds.count("appeal.decided") == 1
    with after(timedelta(days=40)):
        assert await finals(house) == []
    values = house.rows("SELECT l.value FROM labels l WHERE l.judgement = ? AND l.head = 'abuse'", closed.outcome)
    assert values in ([(0,)], [])


async def test_a_taken_back_overturning_leaves_the_block_as_it_was(house, desk, people, content):  # noqa: F811
    ann, bob, _ = people
    decision = await blocked_by(house, content, ann)
    with after(timedelta(seconds=11)):
        assert await finals(house) == [decision]
        item = await appeal(house, decision)
        row = await desk.claim_one(bob, item)
        await desk.decide(bob, item, row.token, OVERTURN)
        assert await finals(house) == []
        await desk.undo(bob, item)
        assert await finals(house) == [decision]
    assert house.acts(decision).count("decision.final") == 1


async def test_upholding_what_the_engine_lets_pass_by_now_blocks_again(house, desk, people, content, lexicons):  # noqa: F811
    bob = people[1]
    decision = await blocked(house, content)
    item = await appeal(house, decision)
    (lexicons / "ad_law" / "absolute_claim.txt").write_text(
        (lexicons / "ad_law" / "absolute_claim.txt").read_text(encoding="utf-8").replace(BANNED, "某某词"),
        encoding="utf-8",
    )
    await house.service.rules.reload()
    made = content(BANNED, scene=Scene.AD, id="a", author=Author(id="creator"))
    assert (await house.service.moderation.one(house.key, made)).verdict.action is Action.PASS
    row = await desk.claim_one(bob, item)
    closed = await desk.decide(bob, item, row.token, UPHOLD)
    assert closed.outcome is not None
    with after(timedelta(seconds=UNDO_SECONDS + 1)):
        assert await finals(house) == [decision]


async def test_a_ruling_on_an_appeal_says_uphold_or_overturn_and_nothing_else(house, desk, people, content):  # noqa: F811
    bob = people[1]
    item = await appeal(house, await blocked(house, content))
    row = await desk.claim_one(bob, item)
    for ruling in (BLOCK, Ruling(Action.PASS), Ruling(None), Ruling(None, outcome="rejected")):
        with pytest.raises(Unfounded):
            await desk.decide(bob, item, row.token, ruling)


# Final


async def test_nobody_told_nothing_final(house, desk, content):  # noqa: F811
    await blocked(house, content)
    with after(timedelta(days=400)):
        assert await finals(house) == []


async def test_told_and_not_appealed_is_final_when_the_term_is_over(house, desk, content):  # noqa: F811
    decision = await blocked(house, content)
    await desk.notified("shop", decision)
    told = datetime.now(SHANGHAI)
    last = datetime.combine(told.date() + TERM + timedelta(days=1), datetime.min.time(), SHANGHAI) - told
    with after(last - timedelta(minutes=1)):
        assert await finals(house) == []
    with after(last + timedelta(seconds=5)):
        assert await finals(house) == [decision]
        assert await finals(house) == [decision]
    assert house.acts(decision) == ["decision.auto", "decision.notified", "decision.final"]


async def test_what_the_engine_repeats_counts_once_and_goes_on(house, desk, content):  # noqa: F811
    decision = await blocked(house, content)
    await desk.notified("shop", decision)
    await desk.notified("shop", await blocked(house, content))
    with after(timedelta(days=16)):
        assert await finals(house) == [decision]


async def test_a_persons_block_is_final_after_ten_seconds_unless_taken_back(house, desk, people, content):  # noqa: F811
    ann = people[0]
    decision = await blocked_by(house, content, ann)
    other = await blocked_by(house, content, ann, "b")
    (row,) = house.rows("SELECT id FROM reviews WHERE target = 'b'")
    await desk.undo(ann, row[0])
    assert await finals(house) == []
    with after(timedelta(seconds=UNDO_SECONDS + 1)):
        assert await finals(house) == [decision]
    assert "decision.final" not in house.acts(other)


async def test_many_become_final_in_bounded_batches(house, desk, content):  # noqa: F811
    for number in range(60):
        await desk.notified("shop", await blocked(house, content, f"c{number}"))
    with after(timedelta(days=16)):
        assert len(await finals(house)) == 60


ASKED = {
    "BARRED": ("r", "u"),
    "CHANGED": (1, 0),
    "STANDING_BLOCKS": (1,),
    "TWICE": (1, "d"),
    "BLOCKS_DUE": ("2026", "2026", 50),
    "APPEAL": ("a", "t"),
    "APPEAL_AT": ("r",),
    "TERM": ("d", "t"),
}


@pytest.mark.parametrize("name", ASKED)
def test_no_query_of_appeals_walks_a_whole_table(tmp_path, name):
    database = sqlite3.connect(migrated(tmp_path / "q.db"))
    plan = [step for *_, step in database.execute(f"EXPLAIN QUERY PLAN {getattr(sql, name)}", ASKED[name])]
    database.close()
    assert plan
    assert [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step] == []
