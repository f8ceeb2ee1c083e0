"""Receivers of notices over HTTP, for those who may manage them, each tenant's own; and by the command line beside."""

from __future__ import annotations

import json

import pytest
from jsonschema_rs import Draft202012Validator
from typer.testing import CliRunner

from service.acts import Act
from service.cli.app import app
from service.ids import new_id
from service.ports import Write
from service.rights import Scope
from service.webhooks import MOST

URL = "https://example.com/hooks"
NOTICE = "INSERT INTO notices (id, tenant, kind, subject, facts, at) VALUES (?, ?, 'decision.human', 'c', '{}', ?)"
DELIVERY = "INSERT INTO deliveries (notice, webhook, state, attempts, next_at, status) VALUES (?, ?, ?, 9, ?, 500)"


@pytest.fixture
def house(server, request):
    """A tenant of the test's own: ``house("POST", path, body)`` calls with its admin key."""
    tenant = f"t-{abs(hash(request.node.name)):x}"
    _, key = server.within(server.service.keys.create(tenant, scope=Scope.ADMIN))

    def call(method, path, body=None, **headers):
        return server.call(method, path, body, key=key, **headers)

    def write(webhook, state="dead"):
        id_ = new_id()

        def work(visit):
            visit.record(
                Act("notice.opened", id_, tenant),
                Write(NOTICE, (id_, tenant, visit.at)),
                Write(DELIVERY, (id_, webhook, state, visit.at)),
            )

        server.within(server.service.ledger.visit(work))
        return id_

    call.tenant, call.write = tenant, write
    return call


def test_a_receiver_is_created_listed_renewed_and_ended(house):
    made = house("POST", "/v1/webhooks", {"url": URL, "kinds": ["decision.human"]}).json
    assert made["secret"].startswith("whsec_") and (made["url"], made["kinds"]) == (URL, ["decision.human"])
    [listed] = house("GET", "/v1/webhooks").json["webhooks"]
    assert "secret" not in listed and (listed["id"], listed["ended_at"]) == (made["id"], None)
    renewed = house("POST", f"/v1/webhooks/{made['id']}/rotate").json
    assert renewed["secret"] not in {made["secret"], None} and renewed["rotated_at"]
    assert house("DELETE", f"/v1/webhooks/{made['id']}").json == {}
    assert house("DELETE", f"/v1/webhooks/{made['id']}").problem == "not-found"
    assert house("POST", f"/v1/webhooks/{made['id']}/rotate").problem == "not-found"
    assert house("GET", "/v1/webhooks").json["webhooks"][0]["ended_at"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"url": "missing"}),
        ({"url": "x"}, {"url": "url"}),
        ({"url": "http://example.com"}, {"url": "url_https"}),
        ({"url": "https://u@example.com"}, {"url": "url_userinfo"}),
        ({"url": "https://example.com#x"}, {"url": "url_fragment"}),
        ({"url": "https://169.254.169.254"}, {"url": "url_address"}),
        ({"url": URL, "kinds": ["x"]}, {"kinds.0": "literal_error"}),
        ({"url": URL, "kinds": ["decision.human"] * 99}, {"kinds": "too_long"}),
        ({"url": "https://" + "x" * 2000}, {"url": "string_too_long"}),
        ({"url": URL, "more": 1}, {"more": "extra_forbidden"}),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_receiver_that_cannot_be_is_refused_with_its_reason(house, body, faults, lang):
    reply = house("POST", "/v1/webhooks", body, Accept_Language=lang)
    assert (reply.status, reply.faults) == (422, faults)
    for error in reply.json["errors"]:
        assert "{" not in error["msg"] and error["msg"] != error["type"]


@pytest.mark.parametrize("sent", ["HTTPS://example.com/hooks", " https://EXAMPLE.com/hooks"])
def test_a_receiver_is_kept_in_its_usual_writing(house, sent):
    assert house("POST", "/v1/webhooks", {"url": sent}).json["url"] == URL


def test_there_are_twenty_receivers_at_most(house):
    for number in range(MOST):
        assert house("POST", "/v1/webhooks", {"url": f"{URL}/{number}"}).status == 200
    reply = house("POST", "/v1/webhooks", {"url": URL})
    assert (reply.status, reply.problem) == (409, "webhook-limit") and "20" in reply.json["detail"]


def test_what_was_given_up_is_seen_page_by_page_and_sent_again(house):
    webhook = house("POST", "/v1/webhooks", {"url": URL}).json["id"]
    notices = [house.write(webhook) for _ in range(3)]
    arrived = house.write(webhook, "delivered")
    place = f"/v1/webhooks/{webhook}/deliveries"
    assert [one["notice"] for one in house("GET", place).json["deliveries"]] == [arrived, *reversed(notices)]
    first = house("GET", f"{place}?state=dead&limit=2").json
    second = house("GET", f"{place}?state=dead&limit=2&cursor={first['next']}").json
    assert [one["notice"] for one in first["deliveries"] + second["deliveries"]] == notices[::-1]
    assert second["next"] is None and first["deliveries"][0]["status"] == 500
    again = house("POST", f"/v1/deliveries/{notices[0]}/{webhook}/replay")
    assert (again.status, again.json["state"], again.json["attempts"]) == (200, "waiting", 0)
    for notice in (arrived, notices[0]):
        reply = house("POST", f"/v1/deliveries/{notice}/{webhook}/replay")
        assert (reply.status, reply.problem) == (409, "delivery-conflict")
    assert house("POST", f"/v1/deliveries/{new_id()}/{webhook}/replay").problem == "not-found"
    house("DELETE", f"/v1/webhooks/{webhook}")
    assert house("POST", f"/v1/deliveries/{notices[1]}/{webhook}/replay").problem == "delivery-conflict"


@pytest.mark.parametrize(
    ("query", "faults"),
    [("state=x", {"state": "literal_error"}), ("limit=0", {"limit": "greater_than_equal"}),
     ("limit=x", {"limit": "int_parsing"}), ("x=1", {"x": "extra_forbidden"}),
     ("limit=1&limit=2", {"limit": "unique_value"})],
)  # fmt: skip
def test_a_query_that_is_none_names_its_fields(house, query, faults):
    webhook = house("POST", "/v1/webhooks", {"url": URL}).json["id"]
    reply = house("GET", f"/v1/webhooks/{webhook}/deliveries?{query}")
    assert (reply.problem, reply.faults) == ("invalid-query", faults)
    assert "{" not in reply.json["errors"][0]["msg"]


def test_another_tenants_receivers_look_like_absent_ones(house, server):
    _, rival = server.within(server.service.keys.create("rival-hooks", scope=Scope.ADMIN))
    webhook = house("POST", "/v1/webhooks", {"url": URL}).json["id"]
    notice = house.write(webhook)
    assert server.call("GET", "/v1/webhooks", key=rival).json["webhooks"] == []
    for method, place in [
        ("DELETE", "/v1/webhooks/{}"),
        ("POST", "/v1/webhooks/{}/rotate"),
        ("GET", "/v1/webhooks/{}/deliveries"),
        ("POST", f"/v1/deliveries/{notice}/{{}}/replay"),
    ]:
        foreign, absent = (server.call(method, place.format(id_), key=rival) for id_ in (webhook, new_id()))
        assert (foreign.status, foreign.problem) == (absent.status, absent.problem) == (404, "not-found")
    assert house("GET", "/v1/webhooks").json["webhooks"][0]["ended_at"] is None


def test_a_key_that_only_moderates_manages_no_receivers(server):
    assert server.call("GET", "/v1/webhooks").problem == "forbidden"


def test_answers_fit_the_document(house, server):
    components = server.call("GET", "/openapi.json", key=None).json["components"]

    def fits(told, name):
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components}).validate(told)

    made = house("POST", "/v1/webhooks", {"url": URL}).json
    house.write(made["id"])
    fits(made, "WebhookMade")
    fits(house("GET", "/v1/webhooks").json, "WebhookList")
    fits(house("GET", f"/v1/webhooks/{made['id']}/deliveries").json, "DeliveryList")


def test_metrics_tell_what_waits_and_what_was_given_up(server):
    page = server.call("GET", "/metrics", key=None).body.decode()
    for name in ("waiting", "dead", "delivered", "failed"):
        assert f"\nqingliu_notices_{name} " in page


def test_the_command_line_manages_receivers_beside_the_server(house, server):
    def command(*words, code=0):
        place = ["--tenant", house.tenant, "--data", str(server.settings.data)]
        done = CliRunner().invoke(app, ["webhook", *words, *place], env={"QINGLIU_EXPERT": "off"})
        assert done.exit_code == code, done.output
        return done.output

    told = command("create", URL, "--kind", "decision.human")
    webhook = told.split("编号：")[1].split()[0]
    assert "whsec_" in told and webhook in command("list")
    notice = house.write(webhook)
    assert notice in command("deliveries", webhook, "--state", "dead", "--json")
    assert "will be sent again" in command("replay", notice, webhook, "--lang", "en")
    assert "当前状态" in command("replay", notice, webhook, code=1)
    assert json.loads(command("rotate", webhook, "--json"))["rotation"] == 2
    assert webhook in command("list", "--json") and notice in command("deliveries", webhook)
    assert "已停用" in command("end", webhook) and "已停用" in command("list")
    told = json.loads(command("create", URL, "--json"))
    assert told["secret"].startswith("whsec_") and told["kinds"] == []
    again = house.write(told["id"])
    assert json.loads(command("replay", again, told["id"], "--json"))["state"] == "waiting"
    assert json.loads(command("end", told["id"], "--json"))["ended"] is True
    assert "没有这个接收地址" in command("end", webhook, code=1)
    assert "https" in command("create", "http://example.com", code=1)
    assert "--state" in command("deliveries", webhook, "--state", "x", code=1)
    assert "unknown kinds" in command("create", URL, "--kind", "x", code=1)
