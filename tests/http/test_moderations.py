"""Judging over HTTP: one content, batches, versions, what is remembered, and in which language it is told."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from service.rights import Scope
from service.settings import Settings


def test_a_clean_content_passes(server):
    reply = server.judge()
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    told = reply.json
    assert told["action"] == "pass"
    assert told["evidence"] == []
    assert told["version"] == 1
    assert told["content_id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", told["decided_at"])


def test_evidence_names_the_offending_characters_the_law_and_the_reason(server):
    told = server.judge("我们是国家级配方").json
    assert told["action"] == "block"
    found = told["evidence"][0]
    assert found["text"] == "国家级" == "我们是国家级配方"[found["start"] : found["end"]]
    assert found["category"] == told["categories"][0] == "absolute_claim"
    assert any(law.startswith("广告法 9") for law in found["laws"])
    assert "国家级" in found["reason"]


def test_spans_point_into_the_part_that_they_name(server):
    parts = [{"name": "title", "text": "面霜"}, {"name": "body", "text": "全网第一的面霜"}]
    told = server.call("POST", "/v1/moderations", {"scene": "ad", "parts": parts}).json
    assert [(found["part"], found["text"]) for found in told["evidence"]] == [("body", "全网第一")]


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        (None, "绝对化"),
        ("zh-CN", "绝对化"),
        ("en", "absolute"),
        ("de, en;q=0.8, zh;q=0.7", "absolute"),
        ("fr", "绝对化"),
    ],
)
def test_reasons_are_chinese_unless_english_is_liked_better(server, accept, words):
    told = server.judge("国家级", Accept_Language=accept).json
    assert words in told["evidence"][0]["reason"].lower()


def test_a_decision_can_be_read_again(server):
    told = server.judge("最高级的享受").json
    assert server.call("GET", f"/v1/moderations/{told['id']}").json == told


def test_an_edited_text_is_a_new_version_and_a_pass_never_covers_it(server):
    name = f"post-{uuid4()}"
    first = server.judge("好用", content_id=name).json
    again = server.judge("好用", content_id=name).json
    edited = server.judge("国家级的好用", content_id=name).json
    assert [told["version"] for told in (first, again, edited)] == [1, 1, 2]
    assert [told["action"] for told in (first, again, edited)] == ["pass", "pass", "block"]
    assert again["supersedes"] == first["id"]
    listed = server.call("GET", f"/v1/moderations?content_id={name}").json["decisions"]
    assert [told["id"] for told in listed] == [edited["id"], again["id"], first["id"]]


def test_another_tenant_sees_nothing(server):
    told = server.judge("好用", content_id="shared-name").json
    _, other = server.within(server.service.keys.create("rival"))
    assert server.call("GET", f"/v1/moderations/{told['id']}", key=other).status == 404
    assert server.call("GET", "/v1/moderations?content_id=shared-name", key=other).json == {
        "decisions": [],
        "next": None,
    }


def test_a_history_of_any_length_can_be_read_whole(server):
    name = f"post-{uuid4()}"
    sent = [server.judge(f"好用{number}", content_id=name).json["id"] for number in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        told = server.call("GET", f"/v1/moderations?content_id={name}&limit=2&cursor={cursor}").json
        found += [one["id"] for one in told["decisions"]]
        cursor = told["next"]
    assert found == sent[::-1]
    assert server.call("GET", f"/v1/moderations?content_id={name}&cursor=x").faults == {"cursor": "cursor"}


def test_each_item_of_a_batch_gets_its_own_result_or_error_in_order(server):
    items = [
        {"scene": "ad", "text": "好用", "content_id": "b-1"},
        {"scene": "nowhere", "text": "好用", "content_id": "b-2"},
        {"scene": "ad", "text": "国家级", "content_id": "b-3"},
        "not an object",
        {"scene": "ugc", "text": "", "content_id": 5},
    ]
    reply = server.call("POST", "/v1/moderations/batch", {"items": items})
    assert reply.status == 200
    results = reply.json["results"]
    assert [result.get("action") for result in results] == ["pass", None, "block", None, None]
    assert [result["content_id"] for result in results] == ["b-1", "b-2", "b-3", None, None]
    assert results[1]["error"]["type"] == "urn:qingliu:problem:invalid-body"
    assert results[1]["error"]["errors"][0]["loc"] == ["scene"]
    assert {error["type"] for error in results[4]["error"]["errors"]} == {"string_type", "string_too_short"}


def test_a_batch_judges_as_single_requests_do(server):
    texts = ["好用", "国家级", "國家級", "国 家 级", "全网第一", "🔥" * 50, "最高级" * 100]
    batch = server.call("POST", "/v1/moderations/batch", {"items": [{"scene": "ad", "text": text} for text in texts]})
    told = [{**result, "id": 0, "content_id": 0, "decided_at": 0} for result in batch.json["results"]]
    single = [{**server.judge(text).json, "id": 0, "content_id": 0, "decided_at": 0} for text in texts]
    assert told == single


def test_a_batch_of_nothing_but_errors_is_answered(server):
    reply = server.call("POST", "/v1/moderations/batch", {"items": [{}, {}]})
    assert reply.status == 200
    assert ["error" in result for result in reply.json["results"]] == [True, True]


def test_the_same_key_and_body_get_the_stored_answer(server):
    key, name = str(uuid4()), str(uuid4())
    first = server.judge("国家级", content_id=name, Idempotency_Key=key)
    again = server.judge("国家级", content_id=name, Idempotency_Key=key)
    assert again.json == first.json
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(server.call("GET", f"/v1/moderations?content_id={name}").json["decisions"]) == 1


def test_the_same_key_with_another_body_is_refused(server):
    key = str(uuid4())
    server.judge("好用", Idempotency_Key=key)
    reply = server.judge("国家级", Idempotency_Key=key)
    assert (reply.status, reply.problem) == (422, "idempotency-conflict")


def test_two_at_once_with_one_key_are_judged_once(server):
    key, name = str(uuid4()), str(uuid4())
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: server.judge("好用", content_id=name, Idempotency_Key=key), range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert len(server.call("GET", f"/v1/moderations?content_id={name}").json["decisions"]) == 1


def test_a_repeated_batch_gets_the_same_list_errors_included(server):
    body = {"items": [{"scene": "ad", "text": "国家级"}, {"scene": "?"}, {"scene": "ad", "text": "好用"}]}
    key = str(uuid4())
    first, again = (server.call("POST", "/v1/moderations/batch", body, Idempotency_Key=key) for _ in range(2))
    assert again.json == first.json
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "with blank", "tab\tinside"])
def test_a_malformed_idempotency_key_is_refused(server, key):
    reply = server.judge("好用", Idempotency_Key=key)
    assert (reply.status, reply.problem) == (400, "invalid-idempotency-key")


def test_head_answers_like_get_without_a_body(server):
    reply = server.call("HEAD", "/healthz", key=None)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == str(len(server.call("GET", "/healthz", key=None).body))


def test_the_callers_request_id_is_kept_when_it_is_harmless(server):
    assert server.judge(X_Request_Id="order-17.a").headers["x-request-id"] == "order-17.a"
    assert server.judge(X_Request_Id="a b").headers["x-request-id"] != "a b"


def test_what_the_caller_told_of_a_content_reaches_the_verdict(server):
    told = {
        "scene": "ugc",
        "text": "全网第一的面霜",
        "creator_id": "u1",
        "room_id": "r1",
        "account_role": "user",
        "has_cart_link": False,
        "industry": "cosmetic",
        "product": "面霜",
        "qualifications": ["国妆备字1"],
        "published_at": "2026-11-22T08:00:00+08:00",
    }
    quiet = server.call("POST", "/v1/moderations", {**told, "commercial": False})
    selling = server.call("POST", "/v1/moderations", {**told, "commercial": True})
    assert (quiet.json["action"], selling.json["action"]) == ("pass", "block")


def test_a_repetition_under_other_limits_conflicts_instead_of_mixing_up_results(server, monkeypatch):
    async def fewer(*_, **__):
        return []

    monkeypatch.setattr(server.service.moderation, "many", fewer)
    reply = server.call("POST", "/v1/moderations/batch", {"items": [{"scene": "ad", "text": "x"}]})
    assert (reply.status, reply.problem) == (422, "idempotency-conflict")


def test_a_suggestion_is_answered_where_it_is_asked_for(server):
    asked = server.judge("国家级配方，山里采的茶", suggest=True).json
    (edit,) = asked["suggestions"]["edits"]
    assert (edit["quote"], edit["replacement"], edit["template"]) == ("国家级配方，", "", False)
    assert asked["suggestions"]["parts"] == [{"name": "text", "text": "山里采的茶"}]
    assert (asked["suggestions"]["reason"], asked["suggestions"]["why"]) == ("", "")
    assert "suggestions" not in server.judge("国家级配方，山里采的茶").json
    assert "suggestions" not in server.judge("国家级配方，山里采的茶", suggest=False).json


def test_why_there_is_no_suggestion_is_told_in_the_readers_language(server):
    assert server.judge(suggest=True).json["suggestions"]["reason"] == "not_needed"
    told = server.judge("国家级配方", suggest=True, Accept_Language="en").json["suggestions"]
    assert (told["reason"], told["why"]) == ("nothing_left", "nothing is left without the violation: write it anew")


def test_each_item_of_a_batch_asks_for_itself(server):
    items = [
        {"scene": "ad", "text": "国家级配方，山里采的茶", "suggest": True},
        {"scene": "ad"},
        {"scene": "ad", "text": "国家级配方，山里采的茶"},
        {"scene": "ad", "text": "山里采的茶", "suggest": True},
    ]
    results = server.call("POST", "/v1/moderations/batch", {"items": items}).json["results"]
    told = [result.get("suggestions", {}).get("reason") for result in results]
    assert told == ["", None, None, "not_needed"]


def test_asking_for_a_suggestion_makes_no_new_version(server):
    name = str(uuid4())
    assert server.judge("国家级配方", content_id=name).json["version"] == 1
    again = server.judge("国家级配方", content_id=name, suggest=True).json
    assert (again["version"], again["suggestions"]["reason"]) == (1, "nothing_left")


def test_a_suggestion_must_be_asked_for_by_a_truth_value(server):
    assert server.judge(suggest="yes").status == 422


def test_an_industry_is_one_that_the_rules_know(serving):
    with serving(lexicons=Settings().lexicons) as server:
        known = server.service.rules.engine.ruleset.industries.industries
        assert server.judge("舒缓面霜", industry="cosmetic").status == 200
        for code in ("保健食品", "healthfood", "化妆品"):
            reply = server.judge("舒缓面霜", industry=code)
            assert (reply.status, reply.faults) == (422, {"industry": "unknown_industry"})
            assert ", ".join(known) in reply.json["errors"][0]["msg"]
        reply = server.call("POST", "/v1/products", {"product_id": "p", "name": "面霜", "industry": "fooood"})
        assert reply.faults == {"industry": "unknown_industry"}
        batch = {"items": [{"scene": "ad", "parts": [{"name": "a", "text": "面霜"}], "industry": "fooood"}]}
        (told,) = server.call("POST", "/v1/moderations/batch", batch).json["results"]
        assert told["error"]["errors"][0]["type"] == "unknown_industry"
        schemas = server.call("GET", "/openapi.json", key=None).json["components"]["schemas"]
        for model in ("ModerationRequest", "ProductRequest"):
            assert schemas[model]["properties"]["industry"]["anyOf"][0]["enum"] == list(known)


def test_an_erased_text_is_said_to_be_erased_and_nothing_is_quoted_of_it(server):
    author = f"u-{uuid4().hex}"
    before = server.judge("全网第一的面霜", creator_id=author).json
    assert "erased" not in before and "“全网第一”" in before["evidence"][0]["reason"]
    _, key = server.within(server.service.keys.create("shop", scope=Scope.ADMIN))
    asked = {"person_id": author, "reason": "本人要求", "retained": True}
    assert server.call("POST", "/v1/erasures", asked, key=key).json["contents"] == 1
    after = server.call("GET", f"/v1/moderations/{before['id']}").json
    assert after["erased"] is True
    assert after["evidence"][0]["reason"] == before["evidence"][0]["reason"].replace("全网第一", "已删除的原文")
    assert [one["text"] for one in after["evidence"]] == [""] * len(before["evidence"])
