"""The review desk over HTTP: who gets what, what an item tells, and what becomes of a step that comes too late."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from jsonschema_rs import Draft202012Validator

from service.http import pages
from service.http.html import WORDS
from service.rights import Role, Scope
from tests.http.conftest import Browser
from tests.http.test_console import shown
from tests.small import DOUBTFUL

BLOCK = {"action": "block", "reasons": [{"category": "abuse_insult"}]}


@pytest.fixture
def house(serving, doubtful):
    """A server of our own, whose rules leave some contents to people."""
    with serving(lexicons=doubtful) as server:
        yield server


@pytest.fixture
def ann(house):
    return house.hire()


def judge(server, id_="a", text=DOUBTFUL, **more):
    return server.judge(text, content_id=id_, scene="ugc", **more).json


def claim(server, who, **body):
    reply = server.call("POST", "/v1/reviews/claim", body, key=who)
    assert reply.status == 200, reply.json
    return reply.json["items"]


def act(server, who, item, step, /, **body):
    return server.call("POST", f"/v1/reviews/{item}/{step}", body, key=who)


def queue(server, who, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return server.call("GET", f"/v1/reviews?{asked}", key=who)


def fits(server, told, name):
    document = server.call("GET", "/openapi.json", key=None).json
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(told)


def test_what_waits_is_what_one_may_claim(house, ann):
    """A desk that counts what its reviewer may not claim, or not what they may, contradicts the queue."""
    sue = house.hire("sue-counts", Role.SENIOR)
    for name in ("a", "b", "c"):
        judge(house, name)
    (item,) = claim(house, ann)
    act(house, ann, item["id"], "escalate", token=item["token"])
    for who, number, place in ((ann, 2, "/queue?state=waiting&amp;level=0"), (sue, 3, "/queue?state=waiting")):
        assert queue(house, who).json["counts"]["claimable"] == {"n": number, "more": False}
        page = who.call("GET", "/").body.decode()
        assert f'<a href="{place}"><b data-count="claimable">{number}</b>' in page
        assert WORDS["zh"]["desk.start_why"].format(n=number) in page
        assert ('data-count="overdue"' in page) == (who is sue)  # what is overdue is for seniors
        listed = who.call("GET", place.replace("&amp;", "&")).body.decode()
        assert listed.count("<tr data-id=") == number
        assert ('class="tally waiting" href="/queue?state=waiting" aria-current="true"' in listed) == (who is sue)


def test_work_from_the_queue_to_a_decision(house, ann):
    first = judge(house, creator_id="cr", room_id="room")
    judge(house, "b", DOUBTFUL + "！！", creator_id="cr")
    listed = queue(house, ann).json
    fits(house, listed, "Queue")
    assert [item["content_id"] for item in listed["items"]] == ["a", "b"]
    assert listed["counts"]["waiting"] == {"n": 2, "more": False}
    (item,) = claim(house, ann)
    assert (item["decision"]["id"], item["earlier"], item["similar"]) == (first["id"], None, None)
    full = house.call("GET", f"/v1/reviews/{item['id']}", key=ann).json
    fits(house, full, "Full")
    assert full["token"] == item["token"]
    assert set(full["steps"]) == {"heartbeat", "release", "skip", "escalate", "decision"}
    assert [one["content_id"] for one in full["earlier"]] == ["b"]
    assert [one["content_id"] for one in full["similar"]] == ["b"]
    assert full["content"]["creator_id"] == "cr" and full["content"]["room_id"] == "room"
    assert full["laws"] and full["read_as"] == [{"part": "text", "text": DOUBTFUL, "folds": []}]
    closed = act(house, ann, item["id"], "decision", token=item["token"], **BLOCK, note="骂人").json
    fits(house, closed, "Full")
    assert (closed["state"], closed["outcome"]["by"], closed["outcome"]["who"]["name"]) == ("closed", "person", "ann")
    assert [(note["text"], note["step"]) for note in closed["notes"]] == [("骂人", "decided")]
    assert "token" not in closed and closed["steps"] == ["undo"]


def test_a_closed_item_tells_in_its_list_what_it_ended_with(house, ann):
    for name in "abc":
        judge(house, name)
    for ruling in (BLOCK, {"action": "pass"}):
        (item,) = claim(house, ann)
        assert act(house, ann, item["id"], "decision", token=item["token"], **ruling).status == 200
    listed = queue(house, ann, state="closed").json
    fits(house, listed, "Queue")
    assert {one["content_id"]: one["action"] for one in listed["items"]} == {"a": "block", "b": "pass"}
    assert [one["action"] for one in queue(house, ann).json["items"]] == [None]


def test_the_desk_shows_all_that_somebody_holds(house, ann, monkeypatch):
    monkeypatch.setattr(pages, "MOST_LISTED", 2)
    for name in "abcde":
        judge(house, name)
    held = {item["id"] for item in claim(house, ann, limit=5)}
    page = house.call("GET", "/", key=ann).body.decode()
    assert set(re.search(r'data-held="([^"]*)"', page)[1].split()) == held and len(held) == 5


def test_who_signs_out_for_the_last_time_gives_back_what_they_held(house, ann):
    for name in "abc":
        judge(house, name)
    bob = house.hire("bob")
    taken, (other,) = claim(house, ann, limit=2), claim(house, bob)
    phone = Browser(house, "shop", ann.id, "ann").sign_in()
    assert phone.call("DELETE", "/v1/sessions/current").status == 200
    assert states(house, bob) == {**{item["id"]: "held" for item in taken}, other["id"]: "held"}
    assert ann.call("DELETE", "/v1/sessions/current").status == 200
    assert states(house, bob) == {**{item["id"]: "waiting" for item in taken}, other["id"]: "held"}
    assert {one["id"] for one in claim(house, bob, limit=3)} == {item["id"] for item in taken}


def states(server, who):
    found = [queue(server, who, state=state).json["items"] for state in ("waiting", "held")]
    return {item["id"]: item["state"] for items in found for item in items}


def test_the_pipeline_reads_what_a_person_decided_and_not_who(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    outcome = act(house, ann, item["id"], "decision", token=item["token"], action="pass").json["outcome"]
    told = house.call("GET", f"/v1/moderations/{outcome['id']}").json
    assert (told["action"], told["by"], "who" in told) == ("pass", "person", False)
    assert [(one["code"], one["name"]) for one in told["exemptions"]] == [("person", "人工复核认定不构成违规")]
    english = house.call("GET", f"/v1/moderations/{outcome['id']}", Accept_Language="en").json
    assert english["exemptions"][0]["reason"] == "a person looked at it and found no violation"
    assert judge(house)["id"] == outcome["id"]
    history = house.call("GET", "/v1/moderations?content_id=a").json["decisions"]
    assert [one["by"] for one in history] == ["person", "engine"]
    _, admin = house.within(house.service.keys.create("shop", scope=Scope.ADMIN))
    seen = house.call("GET", f"/v1/moderations/{outcome['id']}", key=admin).json
    assert seen["who"] == {"id": ann.id, "name": "ann"}


def test_a_text_that_comes_back_after_an_edit_is_answered_as_the_person_decided(house, ann):
    first = judge(house)
    (item,) = claim(house, ann)
    outcome = act(house, ann, item["id"], "decision", token=item["token"], action="pass").json["outcome"]
    assert (judge(house, text=DOUBTFUL + "，滚")["action"], judge(house)["action"]) == ("review", "pass")
    newest, engines, *_ = house.call("GET", "/v1/moderations?content_id=a").json["decisions"]
    assert (newest["by"], newest["version"], newest["supersedes"]) == ("person", 3, engines["id"])
    assert (engines["by"], engines["action"], engines["version"]) == ("engine", "review", 3)
    auditor = house.hire("aud", Role.AUDITOR)
    (told,) = house.call("GET", "/v1/acts?kind=decision.followed", key=auditor).json["acts"]
    assert (told["subject"], told["facts"]["follows"]) == (newest["id"], outcome["id"])
    assert judge(house, commercial=True)["by"] == "engine" == first["by"]


def test_what_a_person_found_is_told_in_words(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    reasons = [{"category": "gambling"}, {"category": "absolute_claim", "article": "广告法 9(3)"}]
    outcome = act(house, ann, item["id"], "decision", token=item["token"], action="block", reasons=reasons).json[
        "outcome"
    ]
    assert {one["source"] for one in outcome["evidence"]} == {"person"}
    told = {one["category"]: one for one in outcome["evidence"]}
    assert told["absolute_claim"]["reason"] == "人工认定属于绝对化用语，依据广告法 9(3)"
    assert told["absolute_claim"]["laws"] == ["广告法 9(3)"] and told["gambling"]["laws"]
    assert [one["code"] for one in outcome["exemptions"]] == ["person"]


def test_a_late_step_gets_the_item_as_it_is(house, ann):
    judge(house)
    (item,) = claim(house, ann, lease_seconds=1)
    sue = house.hire("sue", Role.SENIOR)
    assert act(house, sue, item["id"], "release").status == 200
    (again,) = claim(house, sue)
    late = act(house, ann, item["id"], "decision", token=item["token"], **BLOCK)
    assert (late.status, late.problem, late.json["why"]) == (409, "review-conflict", "token")
    assert late.json["item"]["holder"] == {"id": sue.id, "name": "sue"}
    fits(house, late.json["item"], "Summary")
    assert act(house, ann, item["id"], "decision", token=again["token"], **BLOCK).json["why"] == "holder"
    assert act(house, sue, item["id"], "skip", token=again["token"]).json["state"] == "waiting"
    assert act(house, sue, item["id"], "heartbeat", token=again["token"]).json["why"] == "token"


def test_every_step_over_http(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    longer = act(house, ann, item["id"], "heartbeat", token=item["token"], lease_seconds=9000).json
    assert longer["lease_until"] > item["lease_until"]
    freed = act(house, ann, item["id"], "release", token=item["token"]).json
    assert (freed["state"], freed["holder"]) == ("waiting", None)
    mine = act(house, ann, item["id"], "claim").json
    assert [one["id"] for one in queue(house, ann, holder="me").json["items"]] == [item["id"]]
    done = act(house, ann, item["id"], "decision", token=mine["token"], **BLOCK).json
    assert queue(house, ann, holder="me", state="closed").json["items"][0]["closed_by"]["name"] == "ann"
    undone = act(house, ann, item["id"], "undo").json
    assert undone["token"] == mine["token"] + 2
    assert [one["by"] for one in undone["history"]] == ["person", "person", "engine"]
    told = shown(ann.call("GET", "/contents/a")).split('<ol class="events">')[1]
    named = [
        WORDS["zh"]["act.decision.undone"] in one for one in told.partition("</section>")[0].split("<li class=")[1:4]
    ]
    assert named == [True, False, False], "nobody decided what an undo restored"
    up = act(house, ann, item["id"], "escalate", token=undone["token"], note="请看").json
    assert (up["level"], up["steps"], done["round"]) == (1, [], 1)
    assert act(house, ann, item["id"], "claim").status == 403
    sue = house.hire("sue", Role.SENIOR)
    assert act(house, sue, item["id"], "claim").json["notes"][0]["text"] == "请看"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"token": "missing"}),
        ({"token": 1, "action": "review"}, {"action": "literal_error"}),
        ({"token": 1, "action": "block"}, {"reasons": "reasons_needed"}),
        ({"token": 1, "action": "block", "reasons": [{"category": "x"}]}, {"reasons.0.category": "unknown_category"}),
        ({"token": 1, "action": "pass", "outcome": "upheld"}, {"outcome": "outcome_unasked"}),
        ({"token": 1, "action": "pass", "note": "\x00"}, {"note": "nul"}),
        ({"token": 0, "action": "pass"}, {"token": "greater_than_equal"}),
        ({"token": True, "action": "pass"}, {"token": "int_type"}),
    ],
)
def test_a_wrong_decision_names_its_fields(shared, body, faults):
    server, who, item = shared
    reply = act(server, who, item, "decision", **body)
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-body", faults)
    assert not [error["msg"] for error in reply.json["errors"] if error["msg"] == error["type"]]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("state=open", {"state": "literal_error"}),
        ("cursor=nonsense", {"cursor": "cursor"}),
        ("state=waiting&holder=me", {"state": "held_by_nobody"}),
        ("limit=1000", {"limit": "less_than_equal"}),
        ("level=x", {"level": "int_parsing"}),
        ("kind=content&kind=report", {"kind": "unique_value"}),
        ("colour=red", {"colour": "extra_forbidden"}),
    ],
)
def test_a_wrong_query_names_its_parameters(shared, query, faults):
    server, who, _ = shared
    reply = server.call("GET", f"/v1/reviews?{query}", key=who)
    assert (reply.status, reply.faults) == (422, faults)
    assert not [error["msg"] for error in reply.json["errors"] if error["msg"] == error["type"]]


@pytest.fixture(scope="module")
def shared(server):
    """The shared server, somebody who works there, and an item: a report, since its rules leave nothing to people."""
    server.judge("好用", content_id="shared")
    server.call("POST", "/v1/reports", {"content_id": "shared", "reporter_id": "u", "reason": "spam"})
    who = server.hire("desk-ann")
    (item,) = [one for one in claim(server, who, limit=50) if one["content_id"] == "shared"]
    return server, who, item["id"]


def test_no_key_may_work_at_the_desk_and_foreign_items_are_absent(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    _, admin = house.within(house.service.keys.create("shop", scope=Scope.ADMIN))
    for key in (house.key, admin):
        assert house.call("POST", "/v1/reviews/claim", {}, key=key).problem == "forbidden"
    assert house.call("GET", f"/v1/reviews/{item['id']}", key=admin).status == 200
    house.within(house.service.keys.create("rival"))
    eve = house.hire("eve", Role.ADMIN, tenant="rival")
    steps = ("claim", "heartbeat", "release", "skip", "escalate", "decision", "undo")
    for step in steps:
        body = {} if step in {"claim", "undo"} else {"token": item["token"]}
        body |= {"action": "pass"} if step == "decision" else {}
        foreign, absent = act(house, eve, item["id"], step, **body), act(house, eve, "nothing", step, **body)
        assert (foreign.status, absent.status) == (404, 404)
        assert foreign.json.keys() == absent.json.keys()
    for path in (f"/v1/reviews/{item['id']}", "/v1/contents/a", f"/v1/reviews/{item['id']}/suggestion"):
        assert house.call("GET", path, key=eve).status == 404
    assert queue(house, eve).json["items"] == [] and house.call("GET", "/v1/search?text=x", key=eve).json["items"] == []


def test_pages_of_the_queue_follow_by_cursor(house, ann):
    for number in range(5):
        judge(house, f"c{number}")
    seen, cursor = [], {}
    while True:
        page = queue(house, ann, limit=2, scene="ugc", **cursor).json
        seen += [item["content_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [f"c{number}" for number in range(5)]


def test_a_suggestion_is_worked_out_when_asked_for(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    told = house.call("GET", f"/v1/reviews/{item['id']}/suggestion", key=ann).json
    fits(house, told, "Rewritten")


# Looking back


@pytest.mark.parametrize("text", ["wechat", "WeChat", "ｗｅｃｈａｔ", "W-e chat", "加我", "加 我", "後臺"])
def test_search_finds_a_text_however_it_is_written(house, ann, text):
    house.judge("后台😀加我 WeＣhat", content_id="hit")
    house.judge("别的", content_id="other")
    found = house.call("GET", f"/v1/search?text={quote(text)}", key=ann).json
    fits(house, found, "Matches")
    ((hit,),) = (found["items"],)
    (excerpt,) = hit["excerpts"]
    ((start, end),) = excerpt["marks"]
    plain = house.service.rules.engine.ruleset.folding.plain
    assert plain(excerpt["text"][start:end]) == plain(text)
    assert (hit["content_id"], hit["decision"]["by"], found["next"]) == ("hit", "engine", None)


def test_search_is_bounded_and_goes_on(house, ann, monkeypatch):
    monkeypatch.setattr("service.review.search.MOST_LOOKED_AT", 10)
    monkeypatch.setattr("service.review.search.CHUNK", 4)
    items = [{"scene": "ad", "text": f"好用{number}", "content_id": f"c{number}"} for number in range(25)]
    house.call("POST", "/v1/moderations/batch", {"items": items})
    seen, cursor, requests = [], "", 0
    while cursor is not None:
        found = house.call("GET", f"/v1/search?text={quote('好用')}{cursor and '&cursor='}{cursor}", key=ann).json
        assert found["looked_at"] <= 10
        seen += [one["content_id"] for one in found["items"]]
        cursor, requests = found["next"], requests + 1
    assert seen == [f"c{number}" for number in reversed(range(25))]
    assert requests >= 3


def test_search_keeps_to_a_scene_a_verdict_a_category_and_an_author(house, ann):
    house.judge("国家级好用", content_id="blocked", creator_id="u1")
    for number in range(25):
        house.judge(f"好用{number}", content_id=f"passed{number}", scene="ugc", creator_id="u2")
    for more, ids in (
        ("scene=ad", ["blocked"]),
        ("action=block", ["blocked"]),
        ("category=absolute_claim", ["blocked"]),
        ("creator_id=u1", ["blocked"]),
        ("creator_id=u1&action=pass", []),
        ("scene=ugc&action=pass", [f"passed{number}" for number in reversed(range(25))]),
    ):
        seen, cursor = [], ""
        while cursor is not None:
            asked = f"/v1/search?text={quote('好用')}&{more}{cursor and '&cursor='}{cursor}"
            found = house.call("GET", asked, key=ann).json
            assert len(found["items"]) <= 20
            seen += [one["content_id"] for one in found["items"]]
            cursor = found["next"]
        assert seen == ids
    assert house.call("GET", "/v1/search?text=x&action=shrug", key=ann).status == 422


def test_a_search_needs_no_text_where_something_else_narrows_it(house, ann, monkeypatch):
    monkeypatch.setattr("service.review.search.CHUNK", 40)
    house.judge("国家级好用" * 30, content_id="blocked", creator_id="u1")
    for number in range(250):
        house.judge(f"好用{number}", content_id=f"passed{number}", scene="ugc", creator_id=f"u{number % 10}")
    for query, count in (
        ("action=block", 1),
        ("category=absolute_claim&scene=ad", 1),
        ("creator_id=u7", 25),
        ("scene=ugc&action=pass", 250),
        ("from=2020-01-01T00:00:00Z", 251),
    ):
        seen, cursor = [], ""
        while cursor is not None:
            found = house.call("GET", f"/v1/search?{query}{cursor and '&cursor='}{cursor}", key=ann).json
            assert len(found["items"]) <= 20
            seen += found["items"]
            cursor = found["next"]
        assert len({one["content_id"] for one in seen}) == len(seen) == count
    blocked = house.call("GET", "/v1/search?action=block", key=ann).json["items"][0]
    assert (blocked["scene"], blocked["creator_id"]) == ("ad", "u1")
    assert blocked["excerpts"] == [{"part": "text", "start": 0, "text": ("国家级好用" * 30)[:80], "marks": []}]
    for query in ("", "?text=", f"?action=block&text={quote('！！')}"):
        assert house.call("GET", f"/v1/search{query}", key=ann).faults == {"text": "nothing_to_find"}


def test_search_keeps_to_its_period(house, ann):
    house.judge("好用", content_id="now")
    for period, count in (
        ("from=2020-01-01T00:00:00Z", 1),
        ("to=2020-01-01T00:00:00Z", 0),
        ("from=2090-01-01T00:00:00Z", 0),
    ):
        found = house.call("GET", f"/v1/search?text={quote('好用')}&{period}", key=ann).json
        assert len(found["items"]) == count
    refused = house.call("GET", f"/v1/search?text={quote('！！')}", key=ann)
    assert refused.faults == {"text": "nothing_to_find"}


def test_one_contents_whole_history(house, ann):
    judge(house)
    (item,) = claim(house, ann)
    act(house, ann, item["id"], "decision", token=item["token"], **BLOCK)
    judge(house, text=DOUBTFUL + "啊")
    house.call("POST", "/v1/reports", {"content_id": "a", "reporter_id": "u", "reason": "spam", "detail": "骂人"})
    told = house.call("GET", "/v1/contents/a", key=ann).json
    fits(house, told, "WholeHistory")
    assert [(one["version"], len(one["decisions"])) for one in told["versions"]] == [(2, 1), (1, 2)]
    assert [one["kind"] for one in told["items"]] == ["content"]
    assert [one["detail"] for one in told["reports"]] == ["骂人"]


def test_a_contents_history_tells_what_was_done(house, ann):
    judge(house, "a")
    (item,) = claim(house, ann)
    act(house, ann, item["id"], "decision", token=item["token"], **BLOCK)
    judge(house, "b")
    told = house.call("GET", "/v1/contents/a", key=ann).json["acts"]
    kinds = ["review.decided", "decision.human", "review.claimed", "review.opened", "decision.auto"]
    assert sorted(one["kind"] for one in told) == sorted(kinds)
    assert [one["seq"] for one in told] == sorted((one["seq"] for one in told), reverse=True)
    who = {one["kind"]: (one["by"], one["who"] and one["who"]["name"]) for one in told}
    assert who["review.claimed"] == who["decision.human"] == ("person", "ann")
    assert (who["decision.auto"], who["review.opened"]) == (("engine", None), ("house", None))


ODD = ["a/b", "a//b/", "/", "..", ".", "a b", "a+b", "a%2Fb", "é国😀", "?x=1#y", "%", "a\u202eb", "'\"<script>", "\\"]


@pytest.mark.parametrize("content_id", ODD)
def test_a_content_is_found_under_whatever_it_is_called(server, content_id):
    assert server.judge("好用", content_id=content_id).status == 200
    _, admin = server.within(server.service.keys.create("shop", scope=Scope.ADMIN))
    for path in ("/v1/contents/", "/contents/"):
        reply = server.call("GET", path + quote(content_id, safe=""), key=admin)
        assert reply.status == 200, (path, content_id, reply.body[:200])
        assert path == "/contents/" or reply.json["content_id"] == content_id
    assert server.call("GET", "/contents?id=" + quote(content_id, safe=""), key=admin).status == 200


@pytest.mark.parametrize("content_id", ["%00", "%ff", "%ED%A0%80", "x" * 3000])
def test_a_content_that_cannot_be_is_absent(server, content_id):
    _, admin = server.within(server.service.keys.create("shop", scope=Scope.ADMIN))
    for path in ("/v1/contents/", "/contents/"):
        assert server.call("GET", path + content_id, key=admin).status == 404
