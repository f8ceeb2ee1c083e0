"""The desk on a real database: who gets what, who may decide, what a decision leaves behind, what a deadline does."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from moderation.types import Action, Scene
from service.accounts import Change
from service.acts import Act
from service.ids import from_stamp, later
from service.keys import Caller
from service.moderate import Idempotency
from service.ports import Write
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rows import Conflict, NotThere, Row
from service.review.rulings import Ruling, Unfounded
from service.review.states import UNDO_SECONDS
from service.review.urgency import MOST_REPORTS, REPORT_CREDIT
from service.review.verdict import Reason
from service.rights import RIGHTS_OF, Role, Scope
from service.store.desk_reads import Query
from service.wiring import open_service
from tests.small import ABUSE, DOUBTFUL, hire

BLOCK = Ruling(Action.BLOCK, (Reason("abuse_insult"),))
PASS = Ruling(Action.PASS)
UNPROVEN = "销量突破天际榜"
ADD_HOOK = "INSERT INTO webhooks (id, tenant, url, kinds, rotation, created_at) VALUES (?, ?, ?, ?, 0, ?)"


@pytest.fixture
def lexicons(lexicons):
    (lexicons / "safety" / "abuse.txt").write_text(ABUSE, encoding="utf-8")
    fact = ABUSE.replace("abuse_insult", "false_fact_claim").replace("傻瓜蛋", "突破天际榜")
    (lexicons / "ad_law" / "fact.txt").write_text(fact, encoding="utf-8")
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
                hire(visit, id_, role, tenant=tenant, name=name)

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


# Who gets what


@pytest.mark.parametrize("change", [Change(disabled=True), Change(role=Role.AUDITOR)])
async def test_who_is_put_out_holds_nothing_any_longer(house, ann, sue, content, change):
    await house.judge(content, ("a", DOUBTFUL), ("b", DOUBTFUL), ("c", DOUBTFUL))
    held = await house.desk.claim(ann, limit=2)
    (other,) = await house.desk.claim(sue)
    await house.service.accounts.change("shop", ann.id, change, by="boss")
    assert {row.id for row in await house.desk.claim(sue, limit=3)} == {row.id for row in held}
    assert house.acts(held[0].id) == ["review.opened", "review.claimed", "review.released", "review.claimed"]
    assert house.acts(other.id) == ["review.opened", "review.claimed"]


async def test_the_most_urgent_comes_first_and_nobody_gets_what_another_holds(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL), ("b", DOUBTFUL))
    far = content(DOUBTFUL, scene=Scene.UGC, id="far", reach=10**6)
    await house.service.moderation.one(house.key, far)
    first = await house.desk.claim(ann, limit=2)
    assert [row.target for row in first] == ["far", "a"]
    assert {row.holder for row in first} == {ann.id}
    assert [row.target for row in await house.desk.claim(sue, limit=9)] == ["b"]
    assert await house.desk.claim(ann, limit=9) == []


async def test_what_came_earlier_cannot_starve(house, ann, content):
    """A credit is a head start of a fixed length: old items overtake new urgent ones."""
    with time_machine.travel("2026-11-20T00:00:00Z", tick=True):
        await house.judge(content, ("old", DOUBTFUL))
    await house.service.moderation.one(house.key, content(DOUBTFUL, scene=Scene.UGC, id="new", reach=10**9))
    (row,) = await house.desk.claim(ann)
    assert row.target == "old"


async def test_what_is_overdue_comes_first_and_then_what_is_due_first(house, ann, sue, content):
    with time_machine.travel("2026-11-20T00:00:00Z", tick=True) as clock:
        await house.judge(content, ("late", DOUBTFUL))
        clock.shift(timedelta(hours=23))
        await house.judge(content, ("day", DOUBTFUL))
        await house.service.moderation.one(house.key, content(DOUBTFUL, scene=Scene.UGC, id="far", reach=10**9))
        rows = {row.target: row for row in await house.desk.claim(ann, limit=9)}
        await house.desk.escalate(ann, rows["far"].id, rows["far"].token)
        for name in ("late", "day"):
            await house.desk.release(ann, rows[name].id, rows[name].token)
        clock.shift(timedelta(hours=1, minutes=1))
        assert await house.desk.sweep() == 1
        await house.desk.file("shop", Said("report", "late", "u1", "spam"))
        await house.judge(content, ("hours", UNPROVEN), scene=Scene.AD)
        listed = await house.service.desk_reads.listed("shop", Query(), after=None, limit=9)
        assert [Row(*one.row).target for one in listed.items] == ["late", "hours", "far", "day"]
        assert [row.target for row in await house.desk.claim(sue, limit=9)] == ["late", "far", "hours", "day"]


async def test_only_the_sorts_that_were_asked_for_are_handed_out(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL), ("b", DOUBTFUL))
    await house.judge(content, ("t", UNPROVEN), scene=Scene.AD)
    await house.judge(content, ("fine", "好用"))
    await house.desk.file("shop", Said("report", "fine", "u", "abuse_insult"))
    assert [row.target for row in await house.desk.claim(ann, limit=9, sorts=Sorts(scenes=("ad",)))] == ["t"]
    assert await house.desk.claim(ann, limit=9, sorts=Sorts(kinds=("report",), scenes=("ad",))) == []
    (report,) = await house.desk.claim(ann, limit=9, sorts=Sorts(kinds=("report", "appeal")))
    assert (report.target, report.category) == ("fine", "abuse_insult")
    taken = await house.desk.claim(ann, limit=9, sorts=Sorts(("content",), ("ugc",), ("abuse_insult",)))
    assert [row.target for row in taken] == ["a", "b"]


async def test_what_somebody_skipped_is_left_to_others_until_it_opens_again(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.desk.skip(ann, row.id, row.token)
    assert await house.desk.claim(ann) == []
    assert await house.desk.claim(ann, sorts=Sorts(scenes=("ugc",))) == []
    (other,) = await house.desk.claim(sue)
    await house.desk.release(sue, other.id, other.token)
    await house.judge(content, ("a", DOUBTFUL + "啊"))
    assert [one.round for one in await house.desk.claim(ann)] == [2]


async def test_escalated_items_are_for_seniors_and_come_first(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL), ("b", DOUBTFUL))
    first, second = await house.desk.claim(ann, limit=2)
    await house.desk.escalate(ann, second.id, second.token, note="拿不准")
    await house.desk.release(ann, first.id, first.token)
    assert [row.target for row in await house.desk.claim(sue, limit=1)] == ["b"]
    with pytest.raises(Conflict) as refused:
        await house.desk.claim_one(ann, second.id)
    assert refused.value.why == "state"
    ((words,),) = house.rows("SELECT body FROM contents WHERE content_id LIKE 'note-%'")
    assert "拿不准".encode() in words
    assert "拿不准".encode() not in b"".join(body for (body,) in house.rows("SELECT body FROM acts"))


async def test_a_lease_that_ended_frees_the_item(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann, lease=0)
    (taken,) = await house.desk.claim(sue)
    assert (taken.id, taken.token) == (row.id, row.token + 2)
    with pytest.raises(Conflict) as late:
        await house.desk.decide(ann, row.id, row.token, BLOCK)
    assert (late.value.why, late.value.row.holder) == ("token", sue.id)
    assert house.acts(row.id) == ["review.opened", "review.claimed", "review.lapsed", "review.claimed"]


async def test_a_heartbeat_holds_it_for_longer(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann, lease=1)
    longer = await house.desk.heartbeat(ann, row.id, row.token, lease=500)
    assert longer.token == row.token and longer.lease_until > row.lease_until
    with time_machine.travel(from_stamp(row.lease_until), tick=True):
        assert await house.desk.claim(sue) == []
        assert (await house.desk.decide(ann, row.id, row.token, PASS)).state == "closed"


async def test_seniors_take_from_others_what_they_hold_and_reviewers_do_not(house, ann, sue, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    bob = await house.person("bob")
    with pytest.raises(Conflict) as refused:
        await house.desk.release(bob, row.id, None)
    assert refused.value.why == "holder"
    assert (await house.desk.release(sue, row.id, None)).state == "waiting"
    with pytest.raises(Conflict):
        await house.desk.decide(ann, row.id, row.token, PASS)


async def test_another_tenants_item_is_not_there(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    eve = await house.person("eve", Role.SENIOR, tenant="rival")
    (row,) = await house.desk.claim(ann)
    assert await house.desk.claim(eve, limit=9) == []
    for step in (
        house.desk.claim_one(eve, row.id),
        house.desk.release(eve, row.id, row.token),
        house.desk.decide(eve, row.id, row.token, PASS),
        house.desk.undo(eve, row.id),
        house.desk.claim_one(ann, "nothing"),
    ):
        with pytest.raises(NotThere):
            await step


# What a decision leaves behind


async def test_a_decision_supersedes_the_engines_in_one_transaction(house, ann, content):
    (engine,) = await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, BLOCK)
    decided = await house.service.moderation.get(house.key, closed.outcome)
    assert (decided.by, decided.supersedes, decided.verdict.action) == (ann.id, engine.id, Action.BLOCK)
    assert [item.category for item in decided.verdict.evidence] == ["abuse_insult"]
    assert house.acts(closed.outcome) == ["decision.human", "notice.opened"]
    assert house.acts(engine.id) == ["decision.auto", "decision.superseded"]
    assert house.acts(row.id)[-1] == "review.decided"
    seqs = house.rows(
        "SELECT count(DISTINCT at) FROM acts WHERE seq >= (SELECT seq FROM decisions WHERE id = ?)", closed.outcome
    )
    assert seqs == [(1,)]


async def test_a_pass_keeps_what_was_found_as_exempt(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, PASS)
    verdict = (await house.service.moderation.get(house.key, closed.outcome)).verdict
    assert (verdict.action, verdict.evidence, verdict.categories, verdict.severity) == (Action.PASS, (), (), 0)
    assert [(item.code, item.category) for item in verdict.exemptions] == [("person", "abuse_insult")]


async def test_a_person_may_find_what_the_engine_did_not(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    ruling = Ruling(Action.BLOCK, (Reason("absolute_claim", "广告法 9(3)"),))
    verdict = (
        await house.service.moderation.get(house.key, (await house.desk.decide(ann, row.id, row.token, ruling)).outcome)
    ).verdict
    (item,) = verdict.evidence
    assert (item.source, item.rule, item.laws) == ("person", "person", ("广告法 9(3)",))
    assert (item.span.start, item.span.end) == (0, len(DOUBTFUL))
    assert [one.code for one in verdict.exemptions] == ["person"]
    assert verdict.severity == 3


@pytest.mark.parametrize(
    ("ruling", "code"),
    [
        (Ruling(Action.BLOCK), "reasons_needed"),
        (Ruling(Action.PASS, (Reason("abuse_insult"),)), "reasons_unasked"),
        (Ruling(None), "missing"),
        (Ruling(Action.PASS, outcome="upheld"), "outcome_unasked"),
        (Ruling(Action.BLOCK, (Reason("nonsense"),)), "unknown_category"),
        (Ruling(Action.BLOCK, (Reason("abuse_insult", "广告法 999"),)), "unknown_article"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_ruling_that_cannot_stand_changes_nothing(house, ann, content, ruling, code):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    with pytest.raises(Unfounded) as error:
        await house.desk.decide(ann, row.id, row.token, ruling)
    assert [wrong.code for wrong in error.value.wrong] == [code]
    assert house.acts(row.id) == ["review.opened", "review.claimed"]
    assert (await house.desk.decide(ann, row.id, row.token, PASS)).state == "closed"


async def test_a_persons_decision_stands_for_the_same_text_and_not_for_an_edited_one(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, PASS)
    (again,) = await house.judge(content, ("a", DOUBTFUL))
    assert (again.id, again.by, again.verdict.action) == (closed.outcome, ann.id, Action.PASS)
    (edited,) = await house.judge(content, ("a", DOUBTFUL + "，滚"))
    assert (edited.by, edited.verdict.action, edited.content.version) == ("engine", Action.REVIEW, 2)
    assert house.rows("SELECT state, round FROM reviews WHERE id = ?", row.id) == [("waiting", 2)]


async def test_a_decision_is_taken_back_within_ten_seconds_by_whoever_took_it(house, ann, sue, content):
    (engine,) = await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, BLOCK)
    with pytest.raises(Conflict) as refused:
        await house.desk.undo(sue, row.id)
    assert refused.value.why == "holder"
    held = await house.desk.undo(ann, row.id)
    assert (held.state, held.holder, held.token, held.outcome) == ("held", ann.id, closed.token + 1, None)
    newest, undone, first = await house.service.moderation.history(house.key, "a")
    assert (undone.id, first.id) == (closed.outcome, engine.id)
    assert newest.verdict == engine.verdict and newest.supersedes == closed.outcome
    labels = await house.service.labels.counts("shop")
    assert (labels.texts, labels.new) == (0, 0)  # what was taken back is no label
    assert house.acts(newest.id) == ["decision.undone"]
    closed = await house.desk.decide(ann, row.id, held.token, PASS)
    with (
        time_machine.travel(from_stamp(later(closed.closed_at, UNDO_SECONDS + 1)), tick=True),
        pytest.raises(Conflict) as late,
    ):
        await house.desk.undo(ann, row.id)
    assert late.value.why == "late"


async def test_receivers_hear_of_a_decision_after_the_time_to_take_it_back(house, ann, content):
    await hook(house, "all", "[]")
    await hook(house, "some", '["decision.timeout"]')
    await hook(house, "foreign", "[]", tenant="rival")
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    closed = await house.desk.decide(ann, row.id, row.token, BLOCK)
    due = house.rows("SELECT webhook, state, next_at FROM deliveries WHERE notice = ?", closed.outcome)
    assert due == [("all", "waiting", later(closed.closed_at, UNDO_SECONDS))]
    await house.desk.undo(ann, row.id)
    assert house.rows("SELECT state FROM deliveries") == [("cancelled",)]
    assert house.acts(closed.outcome)[-1] == "notice.cancelled"
    ((facts,),) = house.rows("SELECT facts FROM notices")
    assert b"abuse_insult" in facts and DOUBTFUL.encode() not in facts


async def hook(house, id_, kinds, tenant="shop"):
    row = (id_, tenant, "https://example.com/", kinds, "now")
    await house.service.ledger.visit(
        lambda visit: visit.record(Act("webhook.created", id_, tenant), Write(ADD_HOOK, row))
    )


# Opening, opening again, withdrawing


async def test_a_new_version_opens_the_item_again_instead_of_doubling_it(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    (row,) = await house.desk.claim(ann)
    await house.judge(content, ("a", DOUBTFUL + "！"), ("a", DOUBTFUL + "？"))
    ((state, number, token, version),) = house.rows(
        "SELECT r.state, r.round, r.token, c.version FROM reviews AS r JOIN contents AS c ON c.id = r.content"
    )
    assert (state, number, token, version) == ("waiting", 3, row.token + 2, 3)
    with pytest.raises(Conflict) as late:
        await house.desk.decide(ann, row.id, row.token, PASS)
    assert late.value.why == "token"


async def test_an_item_is_withdrawn_when_its_content_is_edited_into_a_clean_one(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    await house.judge(content, ("a", "好用"))
    assert house.rows("SELECT state, closed_by FROM reviews") == [("closed", None)]
    assert await house.desk.claim(ann) == []
    await house.judge(content, ("a", DOUBTFUL))
    assert [row.round for row in await house.desk.claim(ann)] == [2]


async def test_a_replayed_request_opens_nothing(house, ann, content):
    one = content(DOUBTFUL, scene=Scene.UGC, id="a")
    for _ in range(2):
        await house.service.moderation.many(house.key, [one, one], idempotency=Idempotency("k", b"body"))
    assert house.rows("SELECT state, round FROM reviews") == [("waiting", 2)]
    assert house.rows("SELECT count(*) FROM decisions") == [(2,)]


async def test_contents_without_an_id_each_have_their_item(house, ann, content):
    await house.judge(content, ("", DOUBTFUL), ("", DOUBTFUL))
    assert len(await house.desk.claim(ann, limit=9)) == 2


# Deadlines


async def late(house, days=3):
    """Sweeps as if so many days had gone by."""
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days), tick=True):
        return await house.desk.sweep()


async def test_a_breach_escalates_once_and_does_what_the_scene_says(house, ann, sue, content):
    await house.judge(content, ("ugc", DOUBTFUL))
    await house.judge(content, ("ad", UNPROVEN), scene=Scene.AD)
    (held, *_) = await house.desk.claim(ann)
    await hook(house, "all", "[]")
    assert await late(house) == 3  # the lease has ended too
    assert await late(house) == 0
    for id_, action in (("ugc", Action.PASS), ("ad", Action.BLOCK)):
        newest, engine = await house.service.moderation.history(house.key, id_)
        assert (newest.by, newest.verdict.action, newest.supersedes) == ("deadline", action, engine.id)
        assert newest.verdict.evidence == engine.verdict.evidence
        assert house.acts(newest.id) == ["decision.timeout", "notice.opened"]
    assert {level for (level,) in house.rows("SELECT level FROM reviews WHERE state = 'waiting'")} == {1}
    assert house.acts(held.id).count("review.breached") == 1
    assert house.rows("SELECT state, next_at <= ? FROM deliveries", "9") == [("waiting", 1)] * 2
    assert await house.desk.claim(ann, limit=9) == []
    for row in await house.desk.claim(sue, limit=9):
        closed = await house.desk.decide(sue, row.id, row.token, BLOCK)
        before = (await house.service.moderation.get(house.key, closed.outcome)).supersedes
        assert (await house.service.moderation.get(house.key, before)).by == "deadline"


async def test_nobody_looking_at_a_report_does_not_block_what_was_passed(house, ann, content):
    await house.judge(content, ("a", "好用"), scene=Scene.AD)
    await house.desk.file("shop", Said("report", "a", "u", "spam"))
    assert await late(house) == 1
    assert [one.by for one in await house.service.moderation.history(house.key, "a")] == ["engine"]
    assert house.rows("SELECT level, state FROM reviews") == [(1, "waiting")]


async def test_many_deadlines_pass_in_bounded_visits(house, content):
    await house.judge(content, *[(f"c{number}", DOUBTFUL) for number in range(120)])
    sizes = []
    visit = house.service.ledger.visit

    async def counted(work):
        sizes.append(await visit(work))
        return sizes[-1]

    house.service.ledger.visit = counted
    assert await late(house) == 120
    assert sizes == [50, 50, 20]
    assert house.rows("SELECT count(*), sum(level) FROM reviews") == [(120, 120)]


async def test_deadlines_are_swept_without_being_asked(settings, content):
    settings = settings.model_copy(update={"review_due": {Scene.UGC: 0.3}})
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        house = House(service, await service.keys.caller(secret))
        await house.judge(content, ("a", DOUBTFUL))
        for _ in range(60):
            await asyncio.sleep(0.1)
            if len(await service.moderation.history(house.key, "a")) == 2:
                break
        assert [one.by for one in await service.moderation.history(house.key, "a")] == ["deadline", "engine"]


# What people say


async def test_reports_of_a_passed_content_open_one_item(house, ann, content):
    await house.judge(content, ("a", "好用"))
    first = await house.desk.file("shop", Said("report", "a", "u1", "spam", "垃圾广告"))
    again = await house.desk.file("shop", Said("report", "a", "u1", "other"))
    other = await house.desk.file("shop", Said("report", "a", "u2", "spam"))
    assert first.fresh and other.fresh and again == (first.id, False)
    (row,) = await house.desk.claim(ann, limit=9)
    assert (row.kind, row.reports, row.priority < row.due_at) == ("report", 2, True)
    await house.desk.decide(ann, row.id, row.token, BLOCK)
    assert house.rows("SELECT reporter, upheld, rejected FROM reporters ORDER BY reporter") == [
        ("u1", 1, 0),
        ("u2", 1, 0),
    ]
    assert {one for (one,) in house.rows("SELECT outcome FROM reports")} == {"upheld"}
    assert (await house.service.moderation.history(house.key, "a"))[0].verdict.action is Action.BLOCK
    more = await house.desk.file("shop", Said("report", "a", "u1", "spam"))
    assert more.fresh
    assert house.rows("SELECT kind, state, round, reports FROM reviews") == [("report", "waiting", 2, 1)]


async def test_a_report_adds_to_the_open_item_of_its_content_and_only_hurries_it(house, ann, content):
    await house.judge(content, ("a", DOUBTFUL))
    ((before,),) = house.rows("SELECT priority FROM reviews")
    for number in range(40):
        await house.desk.file("shop", Said("report", "a", f"u{number}", "spam"))
    ((kind, reports, priority),) = house.rows("SELECT kind, reports, priority FROM reviews")
    assert (kind, reports) == ("content", 40)
    assert priority == later(before, -REPORT_CREDIT * MOST_REPORTS)  # forty of half a weight each, twelve at most


async def test_the_word_of_a_liar_weighs_less(house, ann, content):
    for number in range(6):
        await house.judge(content, (f"c{number}", "好用"))
        await house.desk.file("shop", Said("report", f"c{number}", "liar", "spam"))
        await house.desk.file("shop", Said("report", f"c{number}", f"u{number}", "spam"))
        (row,) = await house.desk.claim(ann)
        await house.desk.decide(ann, row.id, row.token, PASS)
    await house.judge(content, ("x", "好用"), ("y", "好用"))
    with time_machine.travel(datetime.now(UTC), tick=False):
        await house.desk.file("shop", Said("report", "x", "liar", "spam"))
        await house.desk.file("shop", Said("report", "y", "somebody", "spam"))
    assert [row.target for row in await house.desk.claim(ann, limit=2)] == ["y", "x"]


async def test_taking_a_decision_back_takes_its_outcome_from_reports_too(house, ann, content):
    await house.judge(content, ("a", "好用"))
    await house.desk.file("shop", Said("report", "a", "u1", "spam"))
    (row,) = await house.desk.claim(ann)
    await house.desk.decide(ann, row.id, row.token, BLOCK)
    row = await house.desk.undo(ann, row.id)
    assert house.rows("SELECT outcome, settled_at FROM reports") == [(None, None)]
    assert house.rows("SELECT upheld, rejected FROM reporters") == [(0, 0)]
    await house.desk.decide(ann, row.id, row.token, PASS)
    assert house.rows("SELECT upheld, rejected FROM reporters") == [(0, 1)]


async def test_a_complaint_is_verified_and_answered_and_may_leave_the_content_alone(house, ann, content):
    (before,) = await house.judge(content, ("a", "好用"))
    filed = await house.desk.file("shop", Said("complaint", "a", "buyer", "fake", "收到假货", "订单 8", "照片"))
    (row,) = await house.desk.claim(ann)
    with pytest.raises(Unfounded):
        await house.desk.decide(ann, row.id, row.token, PASS)
    ruling = Ruling(None, outcome="upheld", verification="verified", note="已核实")
    closed = await house.desk.decide(ann, row.id, row.token, ruling)
    assert (closed.state, closed.outcome) == ("closed", None)
    shown = await house.service.desk_reads.report("shop", filed.id, "complaint")
    assert (shown.outcome, shown.verification) == ("upheld", "verified")
    assert [one.id for one in await house.service.moderation.history(house.key, "a")] == [before.id]
    undone = await house.desk.undo(ann, row.id)
    ruling = Ruling(Action.BLOCK, (Reason("absolute_claim"),), outcome="upheld")
    await house.desk.decide(ann, row.id, undone.token, ruling)
    assert (await house.service.moderation.history(house.key, "a"))[0].verdict.action is Action.BLOCK
    assert house.rows("SELECT * FROM reporters") == []


async def test_a_report_on_a_content_that_was_never_judged_is_refused(house):
    with pytest.raises(NotThere):
        await house.desk.file("shop", Said("report", "ghost", "u", "spam"))
    assert house.rows("SELECT * FROM reviews") == []


async def test_a_report_does_not_change_what_somebody_is_looking_at(house, ann, content):
    await house.judge(content, ("a", "好用"))
    await house.desk.file("shop", Said("report", "a", "u1", "spam"))
    (row,) = await house.desk.claim(ann)
    await house.judge(content, ("a", "更好用"))
    await house.desk.file("shop", Said("report", "a", "u2", "spam"))
    assert house.rows("SELECT content, reports FROM reviews") == [(row.content, 2)]
    await house.desk.release(ann, row.id, row.token)
    await house.desk.file("shop", Said("report", "a", "u3", "spam"))
    ((content_row, reports),) = house.rows("SELECT content, reports FROM reviews")
    assert content_row > row.content and reports == 3
