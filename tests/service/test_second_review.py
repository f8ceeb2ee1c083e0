"""The blind second review and golden items on a real database: who may decide what, who sees what, what comes of it."""

from __future__ import annotations

import hmac
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial

import orjson
import pytest
import time_machine

from moderation.types import Action, Author, Scene
from service.http.review_answers import full, summary
from service.review import golden, handling
from service.review.appeals import Appealed
from service.review.checks import Checks, agree
from service.review.desk import Desk, Sorts
from service.review.intake import Said
from service.review.rows import Conflict, NotThere
from service.review.rulings import Ruling
from service.review.search import Sought
from service.review.seeing import share
from service.review.verdict import Reason
from service.rights import Role
from service.store.desk_reads import Query
from tests.service.test_desk import BLOCK, DOUBTFUL, PASS, House, lexicons  # noqa: F401 - a fixture

BANNED = "全网第一"
NOTED = Ruling(Action.BLOCK, (Reason("abuse_insult"),), "铁证如山")
ALL = Checks(sample_share=1.0)
GOLDEN = Checks(golden_share=1.0, golden_wait=0.0)


@pytest.fixture
async def house(service):
    await service.keys.create("rival")
    _, secret = await service.keys.create("shop")
    return House(service, await service.keys.caller(secret))


@pytest.fixture
async def people(house):
    """Two reviewers, a second pair, two seniors and an admin."""
    seniors = {"sue": Role.SENIOR, "sid": Role.SENIOR, "ada": Role.ADMIN}
    names = ("ann", "bob", "cid", *seniors)
    return {name: await house.person(name, seniors.get(name, Role.REVIEWER)) for name in names}


@pytest.fixture
def desk(house, service):
    return Desk(service.ledger, service.rules, service.moderation._deadlines, ALL)


async def decided(house, desk, who, ruling, content, name="a"):  # noqa: PLR0913, PLR0917 - all that a case varies
    """A content that somebody decided, and the item of its second review."""
    await house.judge(content, (name, DOUBTFUL))
    row = next(one for one in await desk.claim(who, limit=9) if one.target == name)
    await desk.decide(who, row.id, row.token, ruling)
    ((sample,),) = house.rows("SELECT id FROM reviews WHERE kind = 'sample' AND target = ?", name)
    return row.id, sample


# The blind second review


async def test_who_decided_first_is_never_given_it_again(house, people, desk, content):
    _, sample = await decided(house, desk, people["ann"], BLOCK, content)
    assert await desk.claim(people["ann"], limit=9) == []
    assert await desk.claim(people["ada"], limit=9) == [], "an admin may read what the pipeline is told"
    for who in ("ann", "ada"):
        with pytest.raises(Conflict) as refused:
            await desk.claim_one(people[who], sample)
        assert refused.value.why == "barred"
    (row,) = await desk.claim(people["bob"], limit=9)
    assert (row.id, row.kind) == (sample, "sample")


async def test_what_nobody_waits_for_comes_after_what_is_due(house, people, desk, content):
    await decided(house, desk, people["ann"], BLOCK, content)
    await house.judge(content, ("later", DOUBTFUL))
    assert [row.kind for row in await desk.claim(people["bob"], limit=9)] == ["content", "sample"]


async def test_agreement_closes_it_in_silence(house, people, desk, content):
    _, sample = await decided(house, desk, people["ann"], BLOCK, content)
    (row,) = await desk.claim(people["bob"])
    before = house.rows("SELECT count(*) FROM decisions"), house.rows("SELECT count(*) FROM notices")
    closed = await desk.decide(people["bob"], sample, row.token, NOTED)
    assert (closed.state, closed.outcome) == ("closed", None)
    assert (house.rows("SELECT count(*) FROM decisions"), house.rows("SELECT count(*) FROM notices")) == before
    assert house.rows("SELECT agreed, second_by, settled_at IS NOT NULL FROM samples") == [(1, people["bob"].id, 1)]
    with pytest.raises(Conflict):
        await desk.undo(people["bob"], sample)


async def test_disagreement_goes_to_a_senior_whose_word_stands(house, people, desk, content):
    _, sample = await decided(house, desk, people["ann"], BLOCK, content)
    (row,) = await desk.claim(people["bob"])
    waiting = await desk.decide(people["bob"], sample, row.token, PASS)
    assert (waiting.state, waiting.level) == ("waiting", 1)
    newest = "SELECT action FROM decisions ORDER BY seq DESC LIMIT 1"
    assert house.rows(newest) == [("block",)], "the first decision stands meanwhile"
    assert await desk.claim(people["cid"], limit=9) == []
    (last,) = await desk.claim(people["sue"], limit=9)
    closed = await desk.decide(people["sue"], last.id, last.token, PASS)
    assert closed.outcome is not None and house.rows(newest) == [("pass",)]
    assert house.rows("SELECT agreed, settled_at IS NOT NULL FROM samples") == [(0, 1)]


async def test_a_senior_who_agrees_with_the_first_writes_no_decision(house, people, desk, content):
    _, sample = await decided(house, desk, people["ann"], BLOCK, content)
    (row,) = await desk.claim(people["bob"])
    await desk.decide(people["bob"], sample, row.token, PASS)
    (last,) = await desk.claim(people["sid"], limit=9)
    assert (await desk.decide(people["sid"], last.id, last.token, BLOCK)).outcome is None


@pytest.mark.parametrize("again", [True, False])
async def test_a_senior_overturns_an_appeal_though_the_pipeline_sent_the_content_again(
    house, people, desk, content, again
):
    """What the engine repeats is the same block (ADR 17)."""
    made = content(BANNED, scene=Scene.AD, id="a", author=Author(id="cr"))
    first = await house.service.moderation.one(house.key, made)
    filed = await desk.appeal("shop", Appealed(first.id, "", "cr", "有证明"))
    (row,) = await desk.claim(people["sue"], sorts=Sorts(kinds=("appeal",)))
    await desk.decide(people["sue"], row.id, row.token, Ruling(None, outcome="upheld"))
    if again:
        assert (await house.service.moderation.one(house.key, made)).id != first.id
    (row,) = await desk.claim(people["bob"])
    await desk.decide(people["bob"], row.id, row.token, PASS)
    (row,) = await desk.claim(people["sid"], limit=9)
    await desk.decide(people["sid"], row.id, row.token, PASS)
    assert house.rows("SELECT outcome FROM appeals WHERE id = ?", filed) == [("overturned",)]
    assert house.rows("SELECT action FROM decisions ORDER BY seq DESC LIMIT 1") == [("pass",)]


@pytest.mark.parametrize(("first", "last", "outcome"), [(BLOCK, PASS, "rejected"), (PASS, BLOCK, "upheld")])
async def test_what_becomes_of_reports_follows_the_second_review(house, people, desk, content, first, last, outcome):  # noqa: PLR0913, PLR0917
    """By their past reporters are weighed, so it must be what was true in the end."""
    await house.judge(content, ("a", "今天的面霜"))
    for reporter in ("u1", "u2"):
        await desk.file("shop", Said("report", "a", reporter, "false_ad"))
    (row,) = await desk.claim(people["ann"], sorts=Sorts(kinds=("report",)))
    await desk.decide(people["ann"], row.id, row.token, first)
    for who in ("bob", "sue"):
        (sample,) = await desk.claim(people[who], limit=9)
        await desk.decide(people[who], sample.id, sample.token, last)
    assert house.rows("SELECT DISTINCT outcome FROM reports") == [(outcome,)]
    credit = (1, 0) if outcome == "upheld" else (0, 1)
    told = house.rows("SELECT reporter, upheld, rejected FROM reporters ORDER BY reporter")
    assert told == [("u1", *credit), ("u2", *credit)]


async def test_a_senior_who_decided_the_first_time_gets_no_word_on_the_second(house, people, desk, content):
    _, sample = await decided(house, desk, people["sue"], BLOCK, content)
    (row,) = await desk.claim(people["bob"])
    await desk.decide(people["bob"], sample, row.token, PASS)
    assert await desk.claim(people["sue"], limit=9) == []
    assert [one.id for one in await desk.claim(people["sid"], limit=9)] == [sample]


async def test_a_decision_that_is_taken_back_needs_no_second(house, people, desk, content):
    first, sample = await decided(house, desk, people["ann"], BLOCK, content)
    held = await desk.undo(people["ann"], first)
    assert house.rows("SELECT state FROM reviews WHERE id = ?", sample) == [("closed",)]
    await desk.decide(people["ann"], first, held.token, PASS)
    assert house.rows("SELECT state, round FROM reviews WHERE id = ?", sample) == [("waiting", 2)]
    (row,) = await desk.claim(people["bob"])
    await desk.decide(people["bob"], sample, row.token, PASS)
    with pytest.raises(Conflict) as late:
        await desk.undo(people["ann"], first)
    assert late.value.why == "late"


async def seen_by(house, caller, items, name="a"):
    """Everything that this person's client can get of a content, as bytes, from all that asks the archive."""
    service = house.service
    archive, ruleset = service.archive, service.rules.engines.of(caller.tenant).ruleset
    told = [full(await archive.dossier(caller, review), ruleset, caller.id, "zh") for review in items]
    for state in ("waiting", "held", "closed"):
        page = await archive.page(caller, Query(state), after=None, limit=50)
        told += [summary(one) for one in page.items]
    history = await archive.history(caller, name)
    told.append([(one.by, one.verdict.action.code) for one in history.decisions])
    told.append([report.outcome for report in history.reports])
    folding = service.rules.engine.ruleset.folding
    found = await service.search.find(caller, Sought(folding.plain(DOUBTFUL)), folding, below=None, limit=50)
    told.append([(hit.decided.by, hit.decided.verdict.action.code) for hit in found.hits])
    return orjson.dumps(told, option=orjson.OPT_UTC_Z, default=str)


async def test_nothing_that_a_second_reviewer_can_see_depends_on_the_first_verdict(house, people, desk, content):
    """Two contents of one creator, alike but for the verdict: what a client gets of each is alike in all but ids."""
    rulings = {"a": NOTED, "b": PASS}
    made = {}
    for name, ruling in rulings.items():
        made[name] = await decided(house, desk, people["ann"], ruling, content, name)
    for who in ("bob", "sue"):
        for name, items in made.items():
            seen = await seen_by(house, people[who], items, name)
            for word in ("block", "铁证如山", '"by":"person"', "pass"):
                assert word.encode() not in seen, (who, name, word)
    informed = await seen_by(house, people["ann"], made["a"])
    assert b"block" in informed and "铁证如山".encode() in informed


async def test_when_it_is_over_everybody_sees_it(house, people, desk, content):
    items = await decided(house, desk, people["ann"], BLOCK, content)
    (row,) = await desk.claim(people["bob"])
    await desk.decide(people["bob"], row.id, row.token, BLOCK)
    assert b"block" in await seen_by(house, people["bob"], items)


def test_what_is_drawn_depends_on_the_secret_and_not_on_verdicts():
    def mark(key, purpose, *said):
        return hmac.digest(key, purpose.encode() + b"".join(said), "sha256")

    one, other = (Checks(sample_share=0.05, sample_severity=3, mark=partial(mark, key)) for key in (b"a", b"b"))
    drawn = [[checks.sampled("content", 1, f"r{n}", 1) for n in range(20_000)] for checks in (one, other)]
    assert all(abs(sum(each) / 20_000 - 0.05) < 0.005 for each in drawn)
    assert drawn[0] != drawn[1]
    assert one.sampled("content", 3, "r", 1) and one.sampled("appeal", 0, "r", 1)
    assert not one.sampled("complaint", 4, "r", 1)


def test_two_blocks_agree_when_they_rest_on_the_same():
    assert agree(("pass",), ("pass",)) and not agree(("pass",), ("block", "fraud"))
    assert agree(("block", "fraud", "spam"), ("block", "spam"))
    assert not agree(("block", "fraud"), ("block", "spam"))


# Exposure, and what is twice


@pytest.fixture
async def severe(house, content):
    """A desk that lets nobody have more than three severe items an hour, with five that wait and one that is mild."""
    service = house.service
    await house.judge(content, *((f"s{number}", f"{number}{DOUBTFUL}") for number in range(5)))
    database = sqlite3.connect(service.settings.database)
    database.execute("UPDATE reviews SET category = 'violence_terror'")
    database.commit()
    database.close()
    await house.judge(content, ("mild", f"再说一遍，{DOUBTFUL}"))
    return Desk(service.ledger, service.rules, service.moderation._deadlines, Checks(severe_per_hour=3))


async def test_nobody_gets_more_severe_items_an_hour_than_the_cap(severe, people):
    ann, rows = people["ann"], await severe.claim(people["ann"], limit=9)
    assert sorted(row.target for row in rows) == ["mild", "s0", "s1", "s2"], "what is held counts"
    assert await severe.claim(ann, limit=9) == []
    first, second, third = [row for row in rows if row.category == "violence_terror"]
    await severe.decide(ann, first.id, first.token, PASS)
    await severe.skip(ann, second.id, second.token)
    assert await severe.claim(ann, limit=9) == [], "what was looked at counts, also if it was skipped"
    await severe.release(ann, third.id, third.token)
    assert len(await severe.claim(ann, limit=9)) == 1, "what was given back does not"
    left = await severe.claim(people["bob"], limit=9)
    assert len(left) == 3
    await severe.release(people["bob"], left[0].id, left[0].token)
    with pytest.raises(Conflict) as refused:
        await severe.claim_one(ann, left[0].id)
    assert refused.value.why == "exposure"
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1, seconds=1), tick=True):
        await severe.sweep()
        again = await severe.claim(ann, limit=9)
        assert sum(row.category == "violence_terror" for row in again) == 3


async def test_without_a_cap_everything_is_handed_out(severe, house, people):
    assert len(await house.desk.claim(people["ann"], limit=9)) == 6


async def test_of_items_that_say_the_same_one_is_handed_out(house, people, content):
    await house.judge(content, ("a", DOUBTFUL), ("b", f"{DOUBTFUL}\u200b"), ("c", f"算了，{DOUBTFUL}，不和你说了"))
    rows = await house.desk.claim(people["ann"], limit=9, distinct=True)
    assert [row.target for row in rows] == ["a", "c"]
    await house.desk.decide(people["ann"], rows[0].id, rows[0].token, PASS)
    await house.judge(content, ("d", f"另外{DOUBTFUL[:-3]}真是傻瓜蛋"))
    assert [row.target for row in await house.desk.claim(people["ann"], limit=9, distinct=True)] == ["d"]
    (last,) = await house.desk.claim(people["ann"], limit=9, distinct=True)
    assert last.target == "b", "nothing else waits"


async def test_no_more_items_are_compared_than_are_handed_out(house, people, content, monkeypatch):
    read, bigrams = [], handling.bigrams
    monkeypatch.setattr(handling, "bigrams", lambda text: read.append(text) or bigrams(text))
    await house.judge(content, *((name, f"{DOUBTFUL}{name * 40}") for name in "abcd"))
    rows = await house.desk.claim(people["ann"], limit=2, distinct=True)
    assert ([row.target for row in rows], len(read)) == (["a", "b"], 2)


@pytest.mark.parametrize("size", range(1, 30))
def test_texts_of_other_sizes_are_told_apart_before_they_are_compared(size, monkeypatch):
    own, compared = frozenset(map(str, range(20))), []
    others = [frozenset(map(str, range(start, start + size))) for start in range(6)]
    truth = [share(own, other) >= handling.SAME for other in others]
    monkeypatch.setattr(handling, "share", lambda *pair: compared.append(pair) or share(*pair))
    assert [handling._same(own, other) for other in others] == truth
    assert bool(compared) is (17 <= size <= 23)


# Golden items


@pytest.fixture
async def planted(house, people, content):
    """A desk that mixes golden items in, and one golden content that was blocked by Cid."""
    service = house.service
    desk = Desk(service.ledger, service.rules, service.moderation._deadlines, GOLDEN, service.moderation.judged)
    await house.judge(content, ("gold", DOUBTFUL))
    (row,) = await house.desk.claim(people["cid"])
    await house.desk.decide(people["cid"], row.id, row.token, BLOCK)
    await desk.make_golden(people["sue"], "gold")
    await desk.mixing.look()
    await house.judge(content, *((f"x-{number}", DOUBTFUL) for number in range(1000, 1003)))
    await desk.mixing.look()
    await desk.claim(people["bob"], limit=3)
    await desk.mixing.come()
    return desk


async def copy_for(desk, who):
    (row,) = await desk.claim(who, limit=9) or [None]
    return row


async def test_a_golden_copy_is_answered_for_the_score_alone(house, people, planted):
    contents = "SELECT action FROM decisions AS d JOIN contents AS c ON c.id = d.content WHERE c.content_id = 'gold'"
    before = house.rows(contents), house.rows("SELECT count(*) FROM notices"), house.rows("SELECT count(*) FROM labels")
    copy = await copy_for(planted, people["ann"])
    assert copy.kind == "content" and copy.target.startswith("x-") and copy.target != "x-1000"
    closed = await planted.decide(people["ann"], copy.id, copy.token, PASS)
    assert closed.outcome is not None, "as for any other item"
    after = house.rows(contents), house.rows("SELECT count(*) FROM notices"), house.rows("SELECT count(*) FROM labels")
    assert after == before
    assert house.rows('SELECT "user", correct FROM golden_answers') == [(people["ann"].id, 0)]
    undone = await planted.undo(people["ann"], copy.id)
    await planted.decide(people["ann"], copy.id, undone.token, BLOCK)
    told = await house.service.desk_reads.answers("shop", since="")
    assert told == [(people["ann"].id, True)]


async def test_who_knows_the_answer_is_not_tested_with_it(house, people, planted):
    assert await copy_for(planted, people["cid"]) is None
    assert await copy_for(planted, people["sue"]) is None
    copy = await copy_for(planted, people["ann"])
    await planted.decide(people["ann"], copy.id, copy.token, BLOCK)


async def test_what_the_copy_was_made_of_does_not_show(house, people, planted):
    copy = await copy_for(planted, people["ann"])
    seen = await seen_by(house, people["ann"], [copy.id], copy.target)
    assert b"gold" not in seen and b"block" not in seen
    assert b"gold" in await seen_by(house, people["sue"], [copy.id], copy.target)


async def test_a_copy_that_nobody_comes_to_is_not_late(house, people, planted):
    ((copy,),) = house.rows("SELECT review FROM golden_copies")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=True):
        await planted.sweep()
    assert house.rows("SELECT state, breached_at FROM reviews WHERE id = ?", copy) == [("closed", None)]


async def test_only_what_a_person_decided_can_be_golden(house, people, content):
    await house.judge(content, ("open", DOUBTFUL), ("clean", "好用"))
    for name in ("open", "clean"):
        with pytest.raises(golden.Unfit):
            await house.desk.make_golden(people["sue"], name)
    stranger = await house.person("sam", Role.SENIOR, tenant="rival")
    with pytest.raises(NotThere):
        await house.desk.make_golden(stranger, "open")
    with pytest.raises(NotThere):
        await house.desk.end_golden(people["sue"], "open")


async def test_copies_are_no_contents_of_anybody(house, people, planted):
    """Neither texts to label, nor blocks against their creator, nor hits of a search for who may see them."""
    copy = await copy_for(planted, people["ann"])
    await planted.decide(people["ann"], copy.id, copy.token, BLOCK)
    drawn = await house.service.labels._reads.unlabelled("shop", limit=50)
    assert drawn and copy.target not in {one.content.id for one in drawn}
    assert house.rows("SELECT count(*) FROM blocks AS b JOIN golden_copies AS g ON g.content = b.content") == [(0,)]
    folding = house.service.rules.engine.ruleset.folding
    for who in ("sue", "ada", "bob"):
        find = house.service.search.find
        found = await find(people[who], Sought(folding.plain(DOUBTFUL)), folding, below=None, limit=50)
        assert copy.target not in {hit.kept.content_id for hit in found.hits}, who


async def test_a_content_that_takes_the_name_of_a_copy_is_an_ordinary_one(house, people, planted, content):
    copy = await copy_for(planted, people["ann"])
    await planted.decide(people["ann"], copy.id, copy.token, BLOCK)
    await house.judge(content, (copy.target, f"{DOUBTFUL}，又来了"))
    row = next(row for row in await planted.claim(people["bob"], limit=9) if row.target == copy.target)
    before = house.rows("SELECT count(*) FROM notices")
    await planted.decide(people["bob"], row.id, row.token, BLOCK)
    assert house.rows("SELECT count(*) FROM notices") != before
    assert len(house.rows("SELECT 1 FROM golden_answers")) == 1


async def test_golden_answers_that_no_longer_stand_test_nobody(house, people, planted, content):
    """The golden content was appealed, and passes now: no copy is made of it any longer."""
    copy = await copy_for(planted, people["ann"])
    await planted.decide(people["ann"], copy.id, copy.token, BLOCK)
    await house.desk.appeal("shop", Appealed("", "gold", "cr", "不是骂人"))
    (row,) = await house.desk.claim(people["bob"], limit=1, sorts=Sorts(kinds=("appeal",)))
    await house.desk.decide(people["bob"], row.id, row.token, Ruling(None, outcome="overturned"))
    await house.judge(content, ("x-1003", DOUBTFUL))
    await planted.mixing.look()
    await planted.mixing.come()
    assert len(house.rows("SELECT 1 FROM golden_copies")) == 1
    assert {row for (row,) in house.rows("SELECT DISTINCT origin FROM labels")} == {"review", "golden", "appeal"}
