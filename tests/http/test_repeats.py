"""What a client sends again because it never heard the answer is done once, on routes that would do it twice."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from service.rights import Role, Scope
from tests.http.conftest import Browser, running

PROOF = {"claims": ["双十一期间全网第一"], "file_sha256": "ab" * 32, "source": "某某研究院报告"}


@pytest.fixture(scope="module")
def server(settings, tmp_path_factory):
    with running(settings.model_copy(update={"data": tmp_path_factory.mktemp("repeats")})) as started:
        yield started


@pytest.fixture
def admin(server):
    """Somebody new each time: sessions do not outlive days that pass."""
    return server.hire(f"boss-{uuid4()}", Role.ADMIN)


def twice(server, path, body=None, *, key=True, **headers):
    """The answers to a request and to its repetition."""
    replies = [server.call("POST", path, body, key=key, **headers) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200], replies[1].body
    return [reply.json for reply in replies]


def acts(server, kind):
    database = sqlite3.connect(server.settings.database)
    try:
        return database.execute("SELECT count(*) FROM acts WHERE kind = ?", (kind,)).fetchone()[0]
    finally:
        database.close()


def ranking(server, **headers):
    asked = [{"creator_id": name, "expected": 1000, "category": "home"} for name in ("new", "known", "other")]
    return server.call("POST", "/v1/boosts/rank", {"scene": "ugc", "budget": 300, "candidates": asked}, **headers)


def spent(server):
    return sum(day["spent"] for day in server.call("GET", "/v1/boosts").json["days"])


def test_a_ranking_under_a_key_is_shared_out_once(server):
    server.call("PUT", "/v1/creators/known", {})
    first = ranking(server, Idempotency_Key="list-1")
    given = spent(server)
    assert first.status == 200 and first.json["granted"] == given > 0
    again = ranking(server, Idempotency_Key="list-1")
    assert again.json == first.json and spent(server) == given
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert ranking(server, Idempotency_Key="list-2").json["id"] != first.json["id"]
    assert spent(server) > given


def test_a_key_is_for_one_list_and_none_of_a_contents(server):
    assert ranking(server, Idempotency_Key="list-3").status == 200
    body = {"scene": "ugc", "budget": 1, "candidates": [{"creator_id": "x", "expected": 1}]}
    other = server.call("POST", "/v1/boosts/rank", body, Idempotency_Key="list-3")
    assert (other.status, other.problem) == (422, "idempotency-conflict")
    assert server.judge("很好用", Idempotency_Key="list-3").status == 200
    assert server.call("POST", "/v1/moderations", body, Idempotency_Key="list-1").problem == "invalid-body"
    assert ranking(server, Idempotency_Key="two words").problem == "invalid-idempotency-key"


def test_a_proof_is_filed_once_until_it_is_withdrawn(server):
    first, again = twice(server, "/v1/proofs", PROOF)
    assert first == again and acts(server, "proof.filed") == 1
    other = server.call("POST", "/v1/proofs", {**PROOF, "source": "另一份报告"}).json
    dated = server.call("POST", "/v1/proofs", {**PROOF, "valid_to": "2099-01-01"}).json
    assert len({first["id"], other["id"], dated["id"]}) == 3
    server.call("DELETE", f"/v1/proofs/{first['id']}")
    assert server.call("POST", "/v1/proofs", PROOF).json["id"] != first["id"]


def test_a_person_finds_the_same_once_a_day_unless_it_was_taken_back(server, admin):
    server.call("PUT", "/v1/creators/found", {})
    path, body = "/v1/creators/found/findings", {"name": "brush_order_found"}
    first, again = twice(server, path, body, key=admin)
    assert first == again
    assert admin.call("DELETE", f"{path}/{first['id']}").status == 200
    after = admin.call("POST", path, body).json
    assert after["id"] != first["id"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True):
        tomorrow = Browser(server, "shop", admin.id, admin.name).sign_in().call("POST", path, body).json
    assert tomorrow["id"] not in {first["id"], after["id"]}


def test_a_pack_that_is_asked_for_again_while_it_waits_is_the_same(server, admin):
    folder = server.service.audit.exports._folder
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        body = {"pack": "annual", "formats": ["csv"]}
        first, again = twice(server, "/v1/exports", body, key=admin)
        other = server.call("POST", "/v1/exports", {**body, "lang": "en"}, key=admin).json
    finally:
        os.close(held)
    assert first["id"] == again["id"] != other["id"]


def test_a_hold_is_placed_once_until_it_is_lifted(server, admin):
    server.judge("一句话", content_id="c1")
    body = {"kind": "content", "value": "c1", "reason": "监管来函"}
    first, again = twice(server, "/v1/holds", body, key=admin)
    assert first == again
    assert admin.call("DELETE", f"/v1/holds/{first['id']}").status == 200
    assert admin.call("POST", "/v1/holds", body).json["id"] != first["id"]


def test_a_secret_that_is_renewed_again_at_once_is_the_same(server, admin):
    made = server.call("POST", "/v1/webhooks", {"url": "https://example.com/hook"}, key=admin).json
    path = f"/v1/webhooks/{made['id']}/rotate"
    first, again = twice(server, path, key=admin)
    assert first == again and first["secret"] != made["secret"]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61), tick=True):
        key = server.within(server.service.keys.create("shop", scope=Scope.ADMIN))[1]
        assert server.call("POST", path, key=key).json["secret"] != first["secret"]


def test_a_change_of_rules_is_proposed_once_while_it_is_open(server, admin):
    change = {"op": "add", "category": "absolute_claim", "line": "最牛 | severity: 3"}
    body = {"changes": [change], "note": "试试"}
    first, again = twice(server, "/v1/rulesets/proposals", body, key=admin)
    assert first["id"] == again["id"]
    other = admin.call("POST", "/v1/rulesets/proposals", {**body, "note": "再试"}).json
    assert other["id"] != first["id"]


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [("content", "c1-misspelt", "unknown_content"), ("content", "", "missing"), ("room", " ", "missing")],
)
def test_a_hold_that_would_keep_nothing_is_refused(admin, kind, value, fault):
    reply = admin.call("POST", "/v1/holds", {"kind": kind, "value": value, "reason": "监管来函"})
    assert (reply.status, reply.faults) == (422, {"value": fault})
    assert [one for one in admin.call("GET", "/v1/holds").json["holds"] if one["value"] == value] == []
