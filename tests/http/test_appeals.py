"""Appeals over HTTP: what a creator is told, that they were, one appeal in its term, decided by another, restored."""

from __future__ import annotations

import json

import pytest

from service.rights import Role
from service.settings import Settings

BANNED = "全网第一"


@pytest.fixture
def house(serving):
    with serving() as server:
        yield server


def block(server, id_="a", **more):
    reply = server.judge(BANNED, content_id=id_, **{"creator_id": "creator", **more}).json
    assert reply["action"] == "block"
    return reply


def appeal(server, **more):
    return server.call("POST", "/v1/appeals", {"appellant_id": "creator", "grounds": "有检测报告为证", **more})


def claimed(server, who):
    (item,) = server.call("POST", "/v1/reviews/claim", {"limit": 9}, key=who).json["items"]
    return item


def decide(server, who, item, **body):
    return server.call("POST", f"/v1/reviews/{item['id']}/decision", {"token": item["token"], **body}, key=who)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            [
                "被拦截",
                f"“{BANNED}”（第 1–4 字）",
                "绝对化用语",
                "依据：广告法 9(3)",
                "申诉期限：",
                "15 日内",
                "由系统自动作出",
            ],
        ),
        (
            "en",
            [
                "was blocked",
                "characters 1 to 4",
                "Articles: Advertising Law of the PRC 9(3) ",
                "within 15 days",
                "taken by a machine",
            ],
        ),
    ],
)
def test_the_statement_says_facts_rule_article_term_and_way_of_appeal(house, lang, words):
    decision = block(house)
    told = house.call("GET", f"/v1/moderations/{decision['id']}/statement", **{"Accept-Language": lang}).json
    assert [word for word in words if word not in told["text"]] == []
    assert (told["automated"], told["appeal_until"], told["term_days"]) == (True, None, 15.0)
    named = {"zh": "广告法 9(3)", "en": "Advertising Law of the PRC 9(3)"}[lang]
    assert (told["articles"][0]["ref"], told["articles"][0]["name"]) == ("广告法 9(3)", named)
    house.call("POST", f"/v1/decisions/{decision['id']}/notified", {})
    told = house.call("GET", f"/v1/moderations/{decision['id']}/statement").json
    assert told["appeal_until"].endswith("T16:00:00.000000Z")
    assert told["term"].endswith("日 24:00（北京时间） 之前。")


@pytest.mark.usefixtures("shipped")
def test_the_statement_alleges_only_what_was_decided(serving):
    with serving(lexicons=Settings().lexicons, expert="ngram") as house:
        decision = house.judge("全国第一家用上这种面料的羽绒服", creator_id="creator").json
        assert decision["categories"] == ["absolute_claim"]
        assert "false_fact_claim" in {item["category"] for item in decision["evidence"]}, (
            "a hint that counts for nothing"
        )
        told = house.call("GET", f"/v1/moderations/{decision['id']}/statement").json
    assert [fact.rpartition("：")[2] for fact in told["facts"]] == ["绝对化用语"] * len(told["facts"])
    assert told["facts"]


def test_there_is_no_statement_of_what_passed(house):
    passed = house.judge("好用").json
    for reply in (
        house.call("GET", f"/v1/moderations/{passed['id']}/statement"),
        house.call("POST", f"/v1/decisions/{passed['id']}/notified", {}),
        appeal(house, decision_id=passed["id"]),
    ):
        assert (reply.status, reply.json["why"]) == (409, "action")


def test_a_creator_is_told_once(house):
    decision = block(house)
    first = house.call("POST", f"/v1/decisions/{decision['id']}/notified", {}).json
    assert house.call("POST", f"/v1/decisions/{decision['id']}/notified", {}).json == first
    assert (first["stands"], first["final_at"], first["appealed_at"]) == (True, None, None)
    assert house.call("POST", "/v1/decisions/ghost/notified", {}).status == 404


def test_from_an_appeal_to_restored_content(house):
    decision = block(house)
    filed = appeal(house, content_id="a")
    assert filed.status == 200, filed.json
    assert (filed.json["decision_id"], filed.json["grounds"]) == (decision["id"], "有检测报告为证")
    again = appeal(house, decision_id=decision["id"])
    assert (again.status, again.json["why"], again.json["appeal"]) == (409, "twice", filed.json["id"])
    sue = house.hire("sue", Role.SENIOR)
    item = claimed(house, sue)
    assert (item["kind"], item["content_id"], item["id"]) == ("appeal", "a", filed.json["review"])
    assert (item["appeal"]["grounds"], item["appeal"]["decided_by"]) == ("有检测报告为证", "engine")
    assert decide(house, sue, item, action="pass").faults == {
        "outcome": "appeal_outcome_needed",
        "action": "action_unasked",
    }
    closed = decide(house, sue, item, outcome="overturned", note="报告属实").json
    assert (closed["state"], closed["outcome"]["action"]) == ("closed", "pass")
    told = house.call("GET", f"/v1/appeals/{filed.json['id']}").json
    assert told["outcome"] == "overturned"
    newest = house.call("GET", "/v1/moderations?content_id=a").json["decisions"][0]
    assert (newest["action"], newest["by"], newest["supersedes"]) == ("pass", "person", decision["id"])
    assert house.judge(BANNED, content_id="a", creator_id="creator").json["id"] == newest["id"]


def test_a_decision_that_was_overturned_names_the_one_that_stands(house):
    body = {"scene": "ad", "text": BANNED, "content_id": "a", "creator_id": "creator"}
    decision = house.call("POST", "/v1/moderations", body, Idempotency_Key="once").json
    assert "superseded_by" not in house.call("GET", f"/v1/moderations/{decision['id']}").json
    appeal(house, content_id="a")
    sue = house.hire("sue", Role.SENIOR)
    decide(house, sue, claimed(house, sue), outcome="overturned", note="报告属实")
    newest, first = house.call("GET", "/v1/moderations?content_id=a").json["decisions"]
    stands = {"id": newest["id"], "action": "pass", "by": "person", "decided_at": newest["decided_at"]}
    read = house.call("GET", f"/v1/moderations/{decision['id']}").json
    assert (read["action"], read["superseded_by"]) == ("block", stands)
    assert first == read
    assert "superseded_by" not in newest
    again = house.call("POST", "/v1/moderations", body, Idempotency_Key="once").json
    assert (again["id"], again["superseded_by"]) == (decision["id"], stands)
    batch = {"items": [body]}
    house.call("POST", "/v1/moderations/batch", batch, Idempotency_Key="batch")
    (known,) = house.call("POST", "/v1/moderations/batch", batch, Idempotency_Key="batch").json["results"]
    assert known["id"] == newest["id"]
    edited = house.judge("另一段文字", content_id="a", creator_id="creator").json
    assert "superseded_by" not in house.call("GET", f"/v1/moderations/{newest['id']}").json
    assert "superseded_by" not in edited


def test_only_the_creator_uses_up_the_one_appeal(house):
    block(house)
    assert appeal(house, content_id="a", appellant_id="路人甲").faults == {"appellant_id": "not_the_creator"}
    assert appeal(house, content_id="a").status == 200


def test_accounts_linked_to_the_creator_appeal_for_them(house):
    for name in ("creator", "shop"):
        assert house.call("PUT", f"/v1/creators/{name}", {}).status == 200
    for number, account in enumerate(("second", "third")):
        body = {"channel": "douyin", "account_id": account}
        assert house.call("POST", "/v1/creators/creator/accounts", body).status == 200
        block(house, f"c{number}")
    block(house, "c2")
    assert appeal(house, content_id="c0", appellant_id="second").status == 200
    block(house, "by-second", creator_id="second")
    assert appeal(house, content_id="by-second", appellant_id="third").status == 200
    assert appeal(house, content_id="c1", appellant_id="shop").faults == {"appellant_id": "not_the_creator"}


def test_where_the_pipeline_names_no_creator_anybody_may_appeal(house):
    assert house.judge(BANNED, content_id="a").json["action"] == "block"
    assert appeal(house, content_id="a", appellant_id="whoever").status == 200


def test_whoever_decided_is_told_by_role_alone_and_is_refused(house):
    block(house)
    ann = house.hire("ann")
    house.call("POST", "/v1/reports", {"content_id": "a", "reporter_id": "u", "reason": "spam"})
    first = house.hire("ann2", Role.SENIOR)
    item = claimed(house, first)
    decide(house, first, item, action="block", reasons=[{"category": "abuse_insult"}])
    filed = appeal(house, content_id="a").json
    refused = house.call("POST", f"/v1/reviews/{filed['review']}/claim", {}, key=first)
    assert (refused.status, refused.json["why"]) == (409, "own")
    sue = house.hire("sue", Role.SENIOR)
    shown = house.call("GET", f"/v1/reviews/{filed['review']}", key=sue).json
    assert shown["appeal"]["decided_by"] == "senior"
    assert "ann2" not in json.dumps(shown, ensure_ascii=False)
    assert "claim" in shown["steps"]
    assert house.call("POST", f"/v1/reviews/{filed['review']}/claim", {}, key=ann).status in {200, 403}


def test_the_page_of_an_appeal_has_its_own_acts(house):
    block(house)
    filed = appeal(house, content_id="a").json
    sue = house.hire("sue", Role.SENIOR)
    claimed(house, sue)
    page = house.call("GET", f"/desk/{filed['review']}", key=sue).body.decode()
    assert "有检测报告为证" in page
    assert 'data-act="keep"' in page
    assert 'data-act="overturn"' in page
    assert 'data-act="pass"' not in page
    assert "/queue" in house.call("GET", "/queue?kind=appeal", key=sue).body.decode()


def test_an_appeal_names_one_decision_or_one_content(house):
    block(house)
    for body in ({}, {"content_id": "a", "decision_id": "b"}):
        assert appeal(house, **body).faults == {"decision_id": "one_of_two"}
    assert appeal(house, content_id="ghost").faults == {"content_id": "unknown_content"}
    assert appeal(house, decision_id="ghost").faults == {"decision_id": "unknown_decision"}
    assert house.call("GET", "/v1/appeals/ghost").status == 404


def test_the_notice_of_a_block_has_the_statement_without_a_word_of_the_content(house):
    block(house)
    house.call("POST", "/v1/reports", {"content_id": "a", "reporter_id": "u", "reason": "spam"})
    sue = house.hire("sue", Role.SENIOR)
    item = claimed(house, sue)
    decide(house, sue, item, action="block", reasons=[{"category": "absolute_claim"}])

    async def noticed():
        return await house.service.ledger.visit(lambda visit: visit.rows("SELECT facts FROM notices"))

    ((facts,),) = house.within(noticed())
    told = json.loads(facts)["statement"]
    assert "申诉期限" in told["zh"]
    assert "Appeal:" in told["en"]
    assert BANNED not in facts.decode()
