"""The use-case on the real engine and a real database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime
from threading import get_ident
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation.types import (
    Action,
    Author,
    Content,
    Effect,
    Evidence,
    Exemption,
    Missing,
    Part,
    Role,
    Scene,
    Span,
    Verdict,
)
from service.acts import canonical
from service.draft import Draft
from service.filing import prepared
from service.ids import stamp
from service.keys import Caller
from service.ledger import IdempotencyConflict
from service.moderate import Idempotency
from service.review.urgency import Deadlines
from service.sitting import SLICE_CHARS, SLICE_CONTENTS, slices
from service.store.codec import content_body, content_from, verdict_blob, verdict_from
from service.wiring import open_service

OTHER = Caller("rival", "0")


async def test_a_decision_reads_back_as_it_was_answered(service, caller, content):
    told = content(
        "全网第一的国 家 级面霜",
        id="p1",
        author=Author(id="u1", role=Role.SELLER),
        room="r1",
        commercial=True,
        has_cart_link=True,
        industry="cosmetics",
        product="面霜",
        qualifications=("A1", "B2"),
    )
    decided = await service.moderation.one(caller, told)
    assert decided.verdict.action is Action.BLOCK
    assert {told.parts[0].text[e.span.start : e.span.end] for e in decided.verdict.evidence} >= {"全网第一", "国 家 级"}
    read = await service.moderation.get(caller, decided.id)
    assert read == decided
    assert read.content == told
    assert read.at.tzinfo is not None


@pytest.mark.parametrize("alone", [True, False])
async def test_a_long_text_is_judged_beside_the_event_loop(service, caller, content, monkeypatch, alone):
    threads = {}
    examine = service.rules.engine.examine

    def noted(asked, *reading):
        threads[asked.id] = get_ident()
        return examine(asked, *reading)

    monkeypatch.setattr(service.rules.engine, "examine", noted)
    long, short = content("好" * (SLICE_CHARS + 1), id="long"), content("好", id="short")
    if alone:
        await service.moderation.one(caller, long)
        await service.moderation.one(caller, short)
    else:
        await service.moderation.many(caller, [short, content("好" * (SLICE_CHARS + 1), id="long"), short])
    assert threads["short"] == get_ident() != threads["long"]


async def test_another_tenants_decision_does_not_exist(service, caller, content):
    decided = await service.moderation.one(caller, content(id="p1"))
    assert await service.moderation.get(OTHER, decided.id) is None
    assert await service.moderation.history(OTHER, "p1") == []


async def test_the_callers_tenant_wins_over_the_contents(service, caller):
    stolen = Content(scene=Scene.UGC, parts=(Part("text", "你好"),), at=datetime.now(UTC), id="x", tenant="rival")
    decided = await service.moderation.one(caller, stolen)
    assert decided.content.tenant == "shop"
    assert await service.moderation.get(OTHER, decided.id) is None


async def test_a_pass_never_covers_an_edited_text(service, caller, content):
    first = await service.moderation.one(caller, content("好用的面霜", id="p1"))
    edited = await service.moderation.one(caller, content("国家级面霜", id="p1"))
    reverted = await service.moderation.one(caller, content("好用的面霜", id="p1"))
    assert [first.content.version, edited.content.version, reverted.content.version] == [1, 2, 3]
    assert [first.verdict.action, edited.verdict.action] == [Action.PASS, Action.BLOCK]
    assert first.supersedes is edited.supersedes is reverted.supersedes is None
    history = await service.moderation.history(caller, "p1")
    assert history == [reverted, edited, first]


async def test_a_changed_fact_is_an_edit_as_much_as_a_changed_word(service, caller, content):
    await service.moderation.one(caller, content(id="p1"))
    again = await service.moderation.one(caller, content(id="p1", commercial=True))
    assert again.content.version == 2


async def test_the_same_text_judged_again_supersedes(service, caller, content):
    first = await service.moderation.one(caller, content(id="p1"))
    later = await service.moderation.one(caller, content(id="p1", at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert later.content.version == 1
    assert later.supersedes == first.id
    assert (await service.moderation.get(caller, first.id)).content.at.year == 2026
    assert (await service.moderation.get(caller, later.id)).content.at.year == 2027


async def test_a_content_without_id_gets_its_own(service, caller, content):
    one, two = [await service.moderation.one(caller, content()) for _ in range(2)]
    assert one.content.id and one.content.id != two.content.id
    assert one.content.version == two.content.version == 1


async def test_a_content_as_filed_differs_in_its_place_only(service, caller):
    told = Content(
        scene=Scene.UGC,
        parts=(Part("a", "甲"), Part("b", "乙")),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        author=Author(id="u", role=Role.HOST),
        room="r",
        commercial=False,
        has_cart_link=True,
        industry="i",
        product="p",
        qualifications=("q",),
    )
    filed = (await service.moderation.one(caller, told)).content
    assert filed == replace(told, tenant="shop", id=filed.id, version=1)
    assert hash(filed) == hash(replace(filed))
    with pytest.raises(FrozenInstanceError):
        filed.version = 2


async def test_an_idempotency_key_answers_as_before(service, caller, content):
    key = Idempotency("k", b"body")
    first = await service.moderation.one(caller, content("国家级", id="p1"), idempotency=key)
    again = await service.moderation.one(caller, content("国家级", id="p1"), idempotency=key)
    assert again.replayed and not first.replayed
    assert (again.id, again.verdict, again.content, again.at) == (first.id, first.verdict, first.content, first.at)
    with pytest.raises(IdempotencyConflict):
        await service.moderation.one(caller, content(id="p1"), idempotency=Idempotency("k", b"other"))
    assert len(await service.moderation.history(caller, "p1")) == 1


async def test_idempotency_keys_belong_to_their_tenant(service, caller, content):
    _, secret = await service.keys.create("rival")
    rival = await service.keys.caller(secret)
    key = Idempotency("k", b"body")
    mine = await service.moderation.one(caller, content(), idempotency=key)
    theirs = await service.moderation.one(rival, content(), idempotency=key)
    assert mine.id != theirs.id and not theirs.replayed


async def test_two_at_once_under_one_key_are_one_execution(service, caller, content):
    key = Idempotency("k", b"body")
    answers = await asyncio.gather(
        *(service.moderation.one(caller, content(id="p1"), idempotency=key) for _ in range(50))
    )
    assert len({answer.id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert len(await service.moderation.history(caller, "p1")) == 1


async def test_a_batch_is_the_same_as_one_by_one(service, caller, content):
    texts = ["好用", "国家级面霜", "加微信 abc12345 详聊", "全网 第 一", "", "最高级" * 40] * 30
    batch = await service.moderation.many(caller, [content(text) for text in texts])
    single = [await service.moderation.one(caller, content(text)) for text in texts[:6]]
    assert [decided.verdict for decided in batch] == [decided.verdict for decided in single] * 30
    assert [decided.content.parts[0].text for decided in batch] == texts
    assert len({decided.id for decided in batch}) == len(texts)


async def test_a_batch_replays_in_order(service, caller, content):
    key = Idempotency("k", b"batch")
    contents = [content(f"第{n}条", id=f"p{n}") for n in range(40)]
    first = await service.moderation.many(caller, contents, idempotency=key)
    again = await service.moderation.many(caller, contents, idempotency=key)
    assert [decided.id for decided in again] == [decided.id for decided in first]
    assert all(decided.replayed for decided in again)


async def test_an_empty_batch_leaves_nothing(service, caller):
    assert await service.moderation.many(caller, []) == []


async def test_one_content_twice_in_a_batch_is_placed_in_order(service, caller, content):
    one, two, three = await service.moderation.many(
        caller, [content("甲", id="p"), content("乙", id="p"), content("乙", id="p")]
    )
    assert [one.content.version, two.content.version, three.content.version] == [1, 2, 2]
    assert three.supersedes == two.id


async def test_a_lone_surrogate_is_a_value_error_and_leaves_nothing(service, caller, content):
    with pytest.raises(ValueError, match="cannot be stored"):
        await service.moderation.one(caller, content("坏\ud800字", id="p1"))
    with pytest.raises(ValueError, match="cannot be stored"):
        await service.moderation.many(caller, [content(id="p1"), content("\udfff", id="p2")])
    assert await service.moderation.history(caller, "p1") == []


async def test_a_big_batch_lets_others_have_their_turn(service, caller, content):
    """A ticker beside a batch of 1 000 never waits long; without slices it would wait for the whole batch."""
    gaps = []

    async def tick():
        last = perf_counter()
        while True:
            await asyncio.sleep(0)
            now = perf_counter()
            gaps.append(now - last)
            last = now

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    gaps.clear()
    began = perf_counter()
    await service.moderation.many(caller, [content("很好用的面霜，推荐给大家" * 3) for _ in range(1000)])
    took = perf_counter() - began
    ticker.cancel()
    assert sorted(gaps)[-5] < max(took / 4, 0.02)


def test_slices_keep_everything_in_order_and_within_bounds(content):
    contents = [content("字" * length) for length in [1] * 200 + [5000, 1, 3999, 2, 20_000] + [100] * 100]
    parts = list(slices(contents))
    assert [c for part in parts for c in part] == contents
    for part in parts:
        assert len(part) <= SLICE_CONTENTS
        assert len(part) == 1 or sum(len(c.parts[0].text) for c in part) <= SLICE_CHARS


async def test_text_lives_only_in_contents(settings, content):
    """Every other table, and every act, is searched for what was written."""
    secret_text, name = "国家级金丝雀七七四十九，国家级湿地公园", "金丝雀部分名"
    allowed = settings.lexicons / "allow" / "places.txt"
    headers = "@allow *\n@owner t\n@source t\n@licence t\n@reviewed 2026-11-22\n\n"
    allowed.write_text(f"{headers}国家级湿地公园\n", encoding="utf-8")
    async with open_service(settings) as service:
        _, secret = await service.keys.create("shop")
        caller = await service.keys.caller(secret)
        told = Content(
            scene=Scene.AD, parts=(Part(name, secret_text),), at=datetime.now(UTC), id="p1", product="金丝雀牌"
        )
        key = Idempotency("k", b'{"text":"' + secret_text.encode() + b'"}')
        decided = await service.moderation.one(caller, told, idempotency=key)
        assert decided.verdict.action is Action.BLOCK
        assert decided.verdict.exemptions
        assert await service.moderation.get(caller, decided.id) == decided
    database = sqlite3.connect(settings.database)
    found = {}
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in database.execute(f"SELECT * FROM {table}"):
            texts = [value if isinstance(value, bytes) else str(value).encode() for value in row]
            hits = [word for word in ("金丝雀", "国家级", "\\u91d1") if any(word.encode() in text for text in texts)]
            found.setdefault(table, set()).update(hits)
    database.close()
    assert found.pop("contents") == {"金丝雀", "国家级"}
    assert not any(found.values()), found
    assert {"acts", "decisions", "idempotency"} <= found.keys()


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=4),
    at=st.datetimes(timezones=st.just(UTC)),
    commercial=st.sampled_from([None, True, False]),
    scene=st.sampled_from(Scene),
)
def test_any_content_survives_storage(parts, at, commercial, scene):
    told = Content(
        scene=scene,
        parts=tuple(Part(f"p{n}", text) for n, text in enumerate(parts)),
        at=at,
        id="c",
        tenant="t",
        commercial=commercial,
    )
    body = content_body(told)
    read = content_from(body, tenant="t", content_id="c", version=1, published_at=stamp(at))
    assert read == told
    assert content_body(read) == body


def test_a_verdict_with_everything_survives_storage_and_is_told_without_text():
    told = Content(
        scene=Scene.UGC, parts=(Part("标题", "甲"), Part("正文", "乙丙丁")), at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    verdict = Verdict(
        action=Action.REVIEW,
        severity=3,
        categories=("absolute_claim", "privacy"),
        effects=(Effect.WARN, Effect.COUNT),
        evidence=(
            Evidence(
                source="terms",
                category="absolute_claim",
                rule="absolute_claim.zui.1",
                severity=3,
                span=Span("正文", 0, 2),
                folds=("width", "emoji"),
                laws=("广告法 9(3)",),
                weight=70,
                note="why",
                facts=(("count", 3), ("limit", 2)),
            ),
            Evidence(source="codes", category="privacy", rule="privacy.mobile", severity=2, span=Span("标题", 0, 1)),
        ),
        exemptions=(
            Exemption(category="a", rule="r", span=Span("正文", 1, 3), code="allow_term", note="allow.1"),
            Exemption(category="b", rule="s", span=Span("标题", 0, 1), code="word_boundary"),
        ),
        proof=("sales_data",),
        missing=(Missing("classifier", "deadline"),),
        degraded=True,
        matches_truncated=5,
        ruleset="0123456789abcdef",
    )
    blob = verdict_blob(verdict, told)
    read = verdict_from(blob, told, action="review", severity=3, degraded=True, ruleset="0123456789abcdef")
    assert read == verdict
    filing = prepared(told, verdict, tenant="shop", deadlines=Deadlines())
    facts = json.loads(canonical(filing.facts))
    assert filing.judged[6] == '["classifier"]'
    assert filing.judged[4] == blob == canonical(facts["verdict"])
    assert facts["verdict"]["missing"] == [{"source": "classifier", "why": "deadline"}]
    assert [item["span"] for item in facts["verdict"]["evidence"]] == [[1, 0, 2], [0, 0, 1]]
    assert facts["verdict"]["evidence"][0]["facts"] == [["count", 3], ["limit", 2]]
    assert [item["span"][0] for item in facts["verdict"]["exemptions"]] == [1, 0]
    for word in ("标题", "正文", "甲", "乙"):
        assert word.encode() not in blob + canonical(filing.facts)


def test_a_draft_becomes_a_content_like_any_other(content):
    known = {field.name: getattr(content("好用", id="p1"), field.name) for field in fields(Content)}
    assert [field.name for field in fields(Draft)] == list(known)
    assert [field.default for field in fields(Draft)] == [field.default for field in fields(Content)]
    made, same = Draft(**known).done(), Content(**known)
    assert type(made) is Content
    assert made == same
    assert hash(made) == hash(same)
    with pytest.raises(FrozenInstanceError):
        made.id = "p2"
