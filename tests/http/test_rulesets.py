"""A change of rules over the interface: browse, propose, try, approve, activate, run beside, go back."""

from __future__ import annotations

import time

import pytest

from service.rights import Role, Scope
from service.rulebook import rehearsal
from tests.http.conftest import running
from tests.small import terms

TENANT = "shop"


@pytest.fixture(scope="module")
def server(settings, tmp_path_factory):
    with running(settings.model_copy(update={"data": tmp_path_factory.mktemp("rules"), "four_eyes": True})) as started:
        yield started


@pytest.fixture(scope="module")
def ann(server):
    return server.hire("ann", Role.POLICY_ADMIN)


@pytest.fixture(scope="module")
def bo(server):
    return server.hire("bo", Role.ADMIN)


def done(reply):
    assert reply.status == 200, reply.json
    return reply.json


def proposed(ann, *changes, note="试试"):
    return done(ann.call("POST", "/v1/rulesets/proposals", {"changes": list(changes), "note": note}))


def step(person, proposal, name, **body):
    return person.call("POST", f"/v1/rulesets/proposals/{proposal['id']}/{name}", body)


def waited(person, made):
    """A rehearsal, once it is over."""
    for _ in range(500):
        told = done(person.call("GET", f"/v1/rulesets/rehearsals/{made['id']}"))
        if told["state"] != "running":
            return told
        time.sleep(0.01)
    raise AssertionError("the rehearsal does not end")


def add(line, category="absolute_claim"):
    return {"op": "add", "category": category, "line": line}


def test_a_change_from_proposal_over_its_difference_to_effect_and_back(server, ann, bo):
    for number in range(6):
        server.judge(f"第{number}款面霜最牛" if number < 4 else "国家级面霜", creator_id=f"maker-{number % 3}")
    word = next(term for term in done(ann.call("GET", "/v1/lexicons/terms?text=%E5%9B%BD%E5%AE%B6%E7%BA%A7"))["terms"])
    made = proposed(ann, add("最牛 | severity: 3"), {"op": "weight", "rule": word["rule"], "weight": 60})
    assert made["state"] == "open" and made["current"] and made["steps"] == ["rehearse", "revise", "withdraw"]
    assert [one["name"] for one in made["diff"]] == ["console-absolute_claim.txt", "policy.toml"]
    assert {"sign": "+", "text": "最牛 | severity: 3"} in made["diff"][0]["lines"]
    told = waited(bo, done(step(bo, made, "rehearsal", last=100)))
    assert told["state"] == "done" and told["seen"] == told["of"] == 6
    report = told["report"]
    assert report["moves"] == {"block>review": 2, "pass>block": 4}
    assert (report["new_flags"], report["released"], report["creators"]) == (4, 0, 3)
    assert report["hours"]["items"] > 0
    read = done(bo.call("GET", f"/v1/rulesets/proposals/{made['id']}"))
    assert read["report"] == report and read["steps"] == ["approve", "rehearse", "reject"]
    assert step(ann, made, "approval", sha256=made["sha256"]).problem == "rules-refused"
    assert done(step(bo, made, "approval", sha256=made["sha256"]))["state"] == "approved"
    active = done(step(ann, made, "activation", sha256=made["sha256"]))
    assert active["state"] == "active" and active["steps"] == []
    assert server.judge("这款面霜最牛").json["action"] == "block"
    assert server.judge("国家级面霜").json["action"] == "review"
    rules = done(ann.call("GET", "/v1/rulesets"))
    assert rules["active"] == 1 and rules["can_roll_back"] and rules["history"][0]["proposal"] == made["id"]
    assert server.judge("国家级面霜").json["ruleset"] == rules["ruleset"]
    assert done(bo.call("POST", "/v1/rulesets/rollback", {"active": 1}))["active"] == 0
    assert server.judge("这款面霜最牛").json["action"] == "pass"
    assert done(ann.call("GET", f"/v1/rulesets/proposals/{made['id']}"))["state"] == "rolled_back"


def test_a_term_is_tried_on_recent_contents_without_being_proposed(server, ann):
    server.judge("这款面霜宇宙第三")
    before = len(done(ann.call("GET", "/v1/rulesets/proposals"))["proposals"])
    made = done(ann.call("POST", "/v1/rulesets/rehearsals", {"changes": [add("宇宙第三")], "last": 50}))
    report = waited(ann, made)["report"]
    assert report["moves"] == {"pass>block": 1} and report["samples"][0]["becomes"] == "block"
    assert len(done(ann.call("GET", "/v1/rulesets/proposals"))["proposals"]) == before


def test_a_rehearsal_too_many_is_told_to_come_again(ann, monkeypatch):
    monkeypatch.setattr(rehearsal, "KEPT", 0)
    made = proposed(ann, add("宇宙第四"))
    for path, sent in (("rehearsals", {"changes": [add("宇宙第五")]}), (f"proposals/{made['id']}/rehearsal", {})):
        reply = ann.call("POST", f"/v1/rulesets/{path}", sent)
        assert (reply.problem, reply.headers["retry-after"]) == ("busy", "5")


def test_a_shadow_only_counts(server, ann):
    made = proposed(ann, add("影子词语"))
    assert done(ann.call("POST", "/v1/rulesets/shadows", {"version": made["version"]}))["shadows"][0]["judged"] == 0
    assert ann.call("POST", "/v1/rulesets/shadows", {"version": made["version"]}).json["why"] == "running"
    judged = server.judge("好一个影子词语", creator_id="c").json
    assert judged["action"] == "pass"
    server.judge("别的")
    told = done(ann.call("DELETE", "/v1/rulesets/shadows"))["shadows"][0]
    assert (told["judged"], told["moves"], told["creators"]) == (2, {"pass>block": 1}, 1)
    assert told["ended_at"] is not None
    moved = {"decision": judged["id"], "content_id": judged["content_id"], "scene": "ad"}
    assert told["samples"] == [{**moved, "was": "pass", "becomes": "block"}]
    assert f'href="/contents?id={judged["content_id"]}"' in ann.call("GET", "/rulesets").body.decode()
    assert ann.call("DELETE", "/v1/rulesets/shadows").json["why"] == "state"


def test_terms_are_browsed_and_found_however_they_are_written(server, ann):
    files = done(ann.call("GET", "/v1/lexicons"))["files"]
    assert {"name": "ad_law/absolute_claim.txt", "own": False, "category": "absolute_claim", "terms": 3} in files
    found = done(ann.call("GET", "/v1/lexicons/terms?text=%E5%9C%8B%E5%AE%B6&whose=shared"))["terms"]  # 國家
    assert [one["text"] for one in found] == ["国家级"]
    first = done(ann.call("GET", "/v1/lexicons/terms?limit=1&category=absolute_claim"))
    second = done(ann.call("GET", f"/v1/lexicons/terms?limit=2&category=absolute_claim&cursor={first['next']}"))
    assert len({one["rule"] for one in first["terms"] + second["terms"]}) == 3


def test_own_terms_are_looked_through_before_they_go_live(server, ann):
    told = done(ann.call("POST", "/v1/lexicons/lint", {"changes": [add("今天"), add("绝无仅有的词")]}))
    assert {(one["term"], one["kind"]) for one in told["doubts"]} >= {("今天", "common")}
    assert told["texts"] > 500
    assert not [one for one in told["doubts"] if one["term"] == "绝无仅有的词"]


def test_an_example_that_contradicts_its_line_is_told_before_it_goes_live(ann):
    told = ann.call("POST", "/v1/lexicons/lint", {"changes": [add("绝无仅有的词 | hit: 一句别的话")]})
    assert "lexicon_line" in told.faults.values() and "一句别的话" in str(told.json["errors"])
    kept = {"changes": [add("绝无仅有的词 | hit: 绝无仅有的词")]}
    assert done(ann.call("POST", "/v1/lexicons/lint", kept))["terms"] == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"op": "add", "category": "nothing", "line": "词语"}, ("changes.0", "change_unknown_category")),
        ({"op": "remove", "rule": "absolute_claim.x"}, ("changes.0", "change_unknown_rule")),
        ({"op": "guess"}, ("changes.0", "union_tag_invalid")),
        (
            {"op": "add", "category": "absolute_claim", "line": "词 | sevrity: 3"},
            ("files.console-absolute_claim.txt.7", "lexicon_line"),
        ),
        ({"op": "threshold", "scene": "ad", "block_at": 0}, ("changes.0.threshold.block_at", "greater_than_equal")),
    ],
)
def test_what_is_wrong_with_a_change_is_told_where_it_stands(ann, change, fault):
    reply = ann.call("POST", "/v1/rulesets/proposals", {"changes": [change]})
    assert reply.problem == "invalid-body" and dict([fault]).items() <= reply.faults.items()


def test_a_key_counts_as_nobody(server, ann):
    made = proposed(ann, add("钥匙词语"))
    _, key = server.within(server.service.keys.create(TENANT, scope=Scope.ADMIN))
    for name in ("approval", "activation"):
        path = f"/v1/rulesets/proposals/{made['id']}/{name}"
        assert server.call("POST", path, {"sha256": made["sha256"]}, key=key).problem == "forbidden"
    assert server.call("POST", "/v1/rulesets/proposals", {"changes": [add("词语")]}, key=key).problem == "forbidden"
    files = [{"name": "own.txt", "text": terms("absolute_claim", "钥匙词语")}]
    filed = server.call("GET", "/v1/lexicon", key=key).json["versions"]
    assert server.call("POST", "/v1/lexicon", {"files": files, "activate": True}, key=key).problem == "four-eyes"
    assert server.call("GET", "/v1/lexicon", key=key).json["versions"] == filed  # no new version either
    assert server.call("POST", "/v1/lexicon/activations", {"version": made["version"]}, key=key).problem == "four-eyes"


def test_thresholds_of_a_scene_and_actions_of_a_category(server, ann, bo):
    changes = [
        {"op": "threshold", "scene": "ad", "review_at": 100, "block_at": 100},
        {"op": "action", "scene": "ad", "category": "absolute_claim", "action": "review"},
    ]
    made = proposed(ann, *changes)
    assert made["changes"] == changes
    done(step(bo, made, "approval", sha256=made["sha256"]))
    done(step(bo, made, "activation", sha256=made["sha256"]))
    assert server.judge("国家级面霜").json["action"] == "review"
    done(ann.call("POST", "/v1/rulesets/rollback", {"active": made["version"]}))
    assert server.judge("国家级面霜").json["action"] == "block"


def test_who_only_reads_sees_and_changes_nothing(server, ann):
    made = proposed(ann, add("只读词语"))
    audit = server.hire("audit", Role.AUDITOR)
    assert done(audit.call("GET", f"/v1/rulesets/proposals/{made['id']}"))["steps"] == []
    assert step(audit, made, "approval", sha256=made["sha256"]).problem == "forbidden"


def test_a_proposal_is_revised_withdrawn_or_rejected(server, ann, bo):
    made = proposed(ann, add("改前词语"))
    done(step(bo, made, "approval", sha256=made["sha256"]))
    again = done(ann.call("POST", f"/v1/rulesets/proposals/{made['id']}/revision", {"changes": [add("改后词语")]}))
    assert (again["revision"], again["state"], again["approver"]) == (2, "open", None)
    assert step(bo, made, "approval", sha256=made["sha256"]).json["why"] == "bytes"
    assert done(step(ann, made, "withdrawal"))["state"] == "withdrawn"
    other = proposed(ann, add("另一词语"))
    assert step(ann, other, "rejection").json["why"] == "own"
    assert done(step(bo, other, "rejection"))["closed_by"]["name"] == "bo"
    assert step(ann, {"id": "nothing"}, "withdrawal").problem == "not-found"
    assert step(ann, {"id": "nothing"}, "rehearsal").problem == "not-found"


def test_whole_files_take_the_place_of_all_own_ones(server, ann):
    files = [{"name": "brand.txt", "text": terms("absolute_claim", "品牌词语")}]
    body = {"files": files, "note": "整套替换"}
    made = done(ann.call("POST", "/v1/rulesets/proposals", body))
    assert made["changes"] == [] and [one["name"] for one in made["diff"]] == ["brand.txt"]
    assert done(ann.call("GET", f"/v1/rulesets/versions/{made['version']}"))["files"] == files
    for wrong, fault in (
        ({"files": files * 2}, "file_names"),
        ({"files": files, "changes": [add("词语")]}, "changes_or_files"),
    ):
        assert ann.call("POST", "/v1/rulesets/proposals", wrong).faults["files"] == fault
    assert ann.call("POST", "/v1/rulesets/proposals", {"changes": []}).json["why"] == "nothing"
    assert ann.call("POST", "/v1/rulesets/proposals", {"note": "a\u202eb"}).faults["note"] == "not_printable"
    assert ann.call("GET", "/v1/rulesets/versions/99").problem == "not-found"
    assert ann.call("GET", "/v1/rulesets/versions/x").problem == "not-found"


def test_lists_go_on_by_their_cursor(server, ann):
    for number in range(2):
        proposed(ann, add(f"翻页词语{number}"))
    first = done(ann.call("GET", "/v1/rulesets/proposals?limit=1"))
    second = done(ann.call("GET", f"/v1/rulesets/proposals?limit=1&cursor={first['next']}"))
    assert first["proposals"][0]["id"] != second["proposals"][0]["id"]
    assert ann.call("GET", "/v1/lexicons/terms?cursor=WyJ4Il0").problem == "invalid-query"
    assert ann.call("GET", "/v1/lexicons/terms?cursor=Wy0xXQ").problem == "invalid-query"
    assert done(ann.call("GET", "/v1/lexicons/terms?whose=adjusted"))["terms"] == []
    file = done(ann.call("GET", "/v1/lexicons"))["files"][0]["name"]
    assert done(ann.call("GET", f"/v1/lexicons/terms?file={file}&text=zzz"))["terms"] == []
    assert ann.call("GET", "/v1/lexicons/terms?file=ad_laws/none.txt").problem == "invalid-query"


def test_a_change_that_does_not_fit_is_told_by_lint_as_by_a_rehearsal(ann):
    sent = {"changes": [add("某个词语", category="nowhere")]}
    said = [ann.call("POST", f"/v1/{path}", sent) for path in ("lexicons/lint", "rulesets/rehearsals")]
    assert [(one.status, one.json["errors"][0]["type"]) for one in said] == [(422, "change_unknown_category")] * 2


def test_own_files_that_cannot_be_read_are_told_by_lint(server, ann):
    told = ann.call("POST", "/v1/lexicons/lint", {"changes": [add("一")]})
    assert told.problem == "invalid-body" and "lexicon_line" in told.faults.values()
    assert ann.call("POST", "/v1/lexicons/lint", {"version": 99}).faults == {"version": "unknown_version"}
    assert done(ann.call("POST", "/v1/lexicons/lint", {}))["terms"] == 0


def test_what_terms_are_worth_is_told_to_who_may_see_figures(server, ann):
    senior = server.hire("sen", Role.SENIOR)
    server.judge("国家级面霜", content_id="worth-1", creator_id="w")
    (decision,) = done(server.call("GET", "/v1/moderations?content_id=worth-1"))["decisions"]
    about = {"decision_id": decision["id"], "appellant_id": "w", "grounds": "有证书"}
    review = done(server.call("POST", "/v1/appeals", about))["review"]
    token = done(senior.call("POST", f"/v1/reviews/{review}/claim", {}))["token"]
    done(senior.call("POST", f"/v1/reviews/{review}/decision", {"token": token, "outcome": "overturned"}))
    told = done(senior.call("GET", "/v1/terms?order=precision&scene=ad&category=absolute_claim"))
    (one,) = [each for each in told["terms"] if each["text"] == "国家级"]
    assert (one["decided"], one["overturned"], one["per_true"], one["high"]) == (0, 1, None, 1.0)
    assert told["advice"] == [] and told["budget"] == 0.5
    assert server.hire("rev").call("GET", "/v1/terms").problem == "forbidden"
