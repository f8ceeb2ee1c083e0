"""The API document is made of the types that parse requests; its page works without a network."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator, meta

from service.http.dispatch import table
from service.http.interface import ROUTES
from service.http.wire import ModerationRequest
from service.rights import Right

VENDORED = Path(__file__).parents[2] / "service" / "http" / "static" / "vendor" / "swagger-ui"


@pytest.fixture(scope="module")
def document(server):
    return server.call("GET", "/openapi.json", key=None).json


def test_the_document_is_openapi_3_1_and_names_every_route(document):
    assert document["openapi"].startswith("3.1")
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == {(one.method, one.path) for one in ROUTES if one.shown}


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        meta.validate(schema)
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert used <= schemas.keys()


def test_only_open_routes_are_told_to_need_no_key(document):
    for one in ROUTES:
        if one.shown:
            told = document["paths"][one.path][one.method.lower()]["security"]
            assert bool(told) == (one.policy is not Right.OPEN), one.path


def test_the_document_tells_the_fields_that_are_parsed(document):
    schema = document["components"]["schemas"]["ModerationRequest"]
    assert schema["properties"].keys() == ModerationRequest.model_fields.keys()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["scene"]
    assert schema["oneOf"] == [{"required": ["text"]}, {"required": ["parts"]}]


def test_real_answers_fit_the_document(server, document):
    def fits(told, name):
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]}).validate(
            told
        )

    decision = server.judge("国家级", content_id="fits").json
    fits(decision, "Decision")
    for text in ("国家级", "国家级配方，山里采的茶", "山里采的茶"):
        fits(server.judge(text, suggest=True).json, "Decision")
    items = [{"scene": "ad", "text": "最高级"}, {}]
    fits(server.call("POST", "/v1/moderations/batch", {"items": items}).json, "BatchAnswer")
    fits(server.call("GET", "/v1/moderations?content_id=fits").json, "History")
    fits(server.call("GET", "/readyz").json, "Ready")
    fits(server.call("GET", "/v1/moderations/none").json, "Problem")


def test_the_document_tells_what_is_no_json_of_a_model(document):
    def content(path):
        return document["paths"][path]["get"]["responses"]["200"]["content"]

    assert content("/v1/shows/{id}/corrections").keys() == {"application/json", "text/csv"}
    assert content("/metrics") == {"text/plain": {"schema": {"type": "string"}}}
    assert content("/openapi.json") == {"application/json": {"schema": {}}}


def test_the_document_tells_the_headers_of_answers(server, document):
    said = document["paths"]["/v1/moderations"]["post"]["responses"]
    assert {status: [*told["headers"]] for status, told in said.items() if "headers" in told} == {
        "200": ["Idempotent-Replayed"],
        "401": ["WWW-Authenticate"],
        "429": ["Retry-After"],
        "503": ["Retry-After"],
    }
    sent = {"scene": "ad", "text": "x"}
    replies = [server.call("POST", "/v1/moderations", sent, Idempotency_Key="told-twice") for _ in range(2)]
    assert "idempotent-replayed" in replies[1].headers
    assert "www-authenticate" in server.call("GET", "/v1/rooms", key=None).headers


def test_readiness_tells_what_is_wrong(server, monkeypatch):
    assert server.call("GET", "/readyz", key=None).json["ready"] is True
    monkeypatch.setattr(server.service.ledger, "trouble", "disk gone")
    reply = server.call("GET", "/readyz", key=None)
    assert (reply.status, reply.json["ready"], reply.json["reasons"]) == (503, False, ["ledger_unwritable"])
    assert server.judge().status == 503
    assert "qingliu_ready 0.0" in server.call("GET", "/metrics", key=None).body.decode()


def test_the_page_loads_nothing_from_elsewhere(server):
    page = server.call("GET", "/docs", key=None)
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    for source in sources:
        assert source.startswith(("/", "data:,")), source
        if source.startswith("/"):
            assert server.call("GET", source, key=None).status == 200
    start = server.call("GET", "/docs/docs.js", key=None).body.decode()
    assert "validatorUrl: null" in start
    assert "http" not in start


def test_vendored_files_are_what_their_list_says():
    listed = tomllib.loads((VENDORED / "VENDORED.toml").read_text(encoding="utf-8"))["sha256"]
    found = {path.name for path in VENDORED.iterdir()} - {"VENDORED.toml"}
    assert found == listed.keys()
    for name, digest in listed.items():
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == digest, name


def test_two_routes_cannot_answer_one_request():
    with pytest.raises(ValueError, match="declared twice"):
        table([*ROUTES, ROUTES[0]])
