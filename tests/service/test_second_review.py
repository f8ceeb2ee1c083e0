"""The blind second review and golden items on a real database: who may decide what, who sees what, what comes of it."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from functools import partial

import orjson
import pytest
import time_machine

from moderation.types import Action
from service.http.review_answers import full, summary
from service.review import golden
from service.review.checks import Checks, agree
from service.review.desk import Desk
from service.review.rows import Conflict, NotThere
from service.review.rulings import Ruling
from service.review.search import Sought
from service.review.verdict import Reason
from service.rights import Role
from service.store.desk_reads import Query
from tests.service.test_desk import BLOCK, DOUBTFUL, PASS, House, lexicons  # noqa: F401 - a fixture

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
    return Desk(service.ledger, service.rules, service.moderation._terms, ALL)


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


async def test_who_saw_enough_severe_items_gets_others(house, people, content):
    desk = Desk(house.service.ledger, house.service.rules, house.service.moderation._terms, Checks(severe_per_hour=1))
    await house.judge(content, ("a", DOUBTFUL), ("b", DOUBTFUL))
    ((severity,),) = house.rows("SELECT DISTINCT severity FROM reviews")
    (row,) = await desk.claim(people["ann"])
    await desk.decide(people["ann"], row.id, row.token, PASS)
    got = await desk.claim(people["ann"])
    assert (got == []) == (severity >= 3)


async def test_of_items_that_say_the_same_one_is_handed_out(house, people, content):
    await house.judge(content, ("a", DOUBTFUL), ("b", f"{DOUBTFUL}\u200b"), ("c", f"{DOUBTFUL}啊"))
    rows = await house.desk.claim(people["ann"], limit=9, distinct=True)
    assert [row.target for row in rows] == ["a", "c"]
    assert [row.target for row in await house.desk.claim(people["bob"], limit=9)] == ["b"]


# Golden items


@pytest.fixture
async def planted(house, people, content):
    """A desk that mixes golden items in, and one golden content that was blocked by Cid."""
    service = house.service
    desk = Desk(service.ledger, service.rules, service.moderation._terms, GOLDEN, service.moderation.judged)
    await house.judge(content, ("gold", DOUBTFUL))
    (row,) = await house.desk.claim(people["cid"])
    await house.desk.decide(people["cid"], row.id, row.token, BLOCK)
    await service.ledger.visit(lambda visit: golden.add(visit, "shop", "gold", "sue"))
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
    visit = house.service.ledger.visit
    await house.judge(content, ("open", DOUBTFUL), ("clean", "好用"))
    for name in ("open", "clean"):
        with pytest.raises(golden.Unfit):
            await visit(lambda v, name=name: golden.add(v, "shop", name, "sue"))
    with pytest.raises(NotThere):
        await visit(lambda v: golden.add(v, "rival", "open", "sue"))
    with pytest.raises(NotThere):
        await visit(lambda v: golden.end(v, "shop", "open", "sue"))
