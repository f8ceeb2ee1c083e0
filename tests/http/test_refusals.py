"""Whatever is wrong with a request is a clear 4xx that names the field and the expectation; nothing is a 500."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.http import asking
from service.http.interface import ROUTES
from service.http.language import ERRORS, PATTERNS, PROBLEMS
from service.http.problems import Problem, faults_of
from service.http.room_wire import RoomMessages
from service.http.wire import BatchRequest
from service.rights import Role
from service.settings import Settings

SERVICE = Path(__file__).parents[2] / "service"


@pytest.fixture(scope="module")
def senior(server):
    return server.hire("careful-senior", Role.SENIOR)


NOT_JSON = {
    "empty": (b"", "json_empty"),
    "blank": (b"  \n", "json_empty"),
    "cut off": (b'{"scene":"ad","text":"x"', "json_syntax"),
    "trailing comma": (b'{"scene":"ad","text":"x",}', "json_syntax"),
    "two documents": (b'{"scene":"ad","text":"x"}{}', "json_syntax"),
    "single quotes": (b"{'scene':'ad'}", "json_syntax"),
    "NaN": (b'{"scene":"ad","text":NaN}', "json_nan"),
    "Infinity": (b'{"scene":"ad","text":-Infinity}', "json_nan"),
    "number too large": (b'{"scene":"ad","text":1e999}', "json_number"),
    "leading zero": (b'{"scene":"ad","text":01}', "json_syntax"),
    "5001 digits": (b'{"scene":"ad","text":' + b"9" * 5001 + b"}", "json_number"),
    "depth 5000": (b"[" * 5000 + b"]" * 5000, "json_depth"),
    "deep objects": (b'{"text":' * 5000 + b"1" + b"}" * 5000, "json_depth"),
    "not UTF-8": (b'{"scene":"ad","text":"\xff"}', "json_utf8"),
    "GBK": ('{"scene":"ad","text":"国家级"}'.encode("gbk"), "json_utf8"),
    "lone surrogate": (b'{"scene":"ad","text":"\\ud800"}', "json_surrogate"),
    "lone low surrogate": (b'{"scene":"ad","text":"\\udc00x"}', "json_surrogate"),
    "raw control": (b'{"scene":"ad","text":"a\x00b"}', "json_control"),
    "byte order mark": (b'\xef\xbb\xbf{"scene":"ad","text":"x"}', "json_bom"),
}
WRONG = {
    "an array": ([], {"": "model_type"}),
    "null": (None, {"": "model_type"}),
    "a string": ("国家级", {"": "model_type"}),
    "nothing": ({}, {"scene": "missing"}),
    "no text": ({"scene": "ad"}, {"": "text_or_parts"}),
    "empty text": ({"scene": "ad", "text": ""}, {"text": "string_too_short"}),
    "null text": ({"scene": "ad", "text": None}, {"text": "string_type"}),
    "text and parts": ({"scene": "ad", "text": "x", "parts": [{"name": "a", "text": "x"}]}, {"": "text_or_parts"}),
    "no part": ({"scene": "ad", "parts": []}, {"parts": "too_short"}),
    "51 parts": ({"scene": "ad", "parts": [{"name": "a", "text": "x"}] * 51}, {"parts": "too_long"}),
    "same names": ({"scene": "ad", "parts": [{"name": "a", "text": "x"}] * 2}, {"parts": "part_names"}),
    "empty parts": ({"scene": "ad", "parts": [{"name": "a", "text": ""}]}, {"parts": "text_or_parts"}),
    "part name": (
        {"scene": "ad", "parts": [{"name": "A!", "text": "x"}]},
        {"parts.0.name": "string_pattern_mismatch"},
    ),
    "part field": (
        {"scene": "ad", "parts": [{"name": "a", "text": "x", "z": 1}]},
        {"parts.0.z": "extra_forbidden"},
    ),
    "a part of text": ({"scene": "ad", "parts": ["x"]}, {"parts.0": "model_type"}),
    "unknown scene": ({"scene": "tv", "text": "x"}, {"scene": "enum"}),
    "scene in capitals": ({"scene": "AD", "text": "x"}, {"scene": "enum"}),
    "unknown role": ({"scene": "ad", "text": "x", "account_role": "king"}, {"account_role": "enum"}),
    "unknown field": ({"scene": "ad", "text": "x", "txet": "y"}, {"txet": "extra_forbidden"}),
    "number for text": ({"scene": "ad", "text": 5}, {"text": "string_type"}),
    "string for truth": ({"scene": "ad", "text": "x", "commercial": "yes"}, {"commercial": "bool_type"}),
    "number for truth": ({"scene": "ad", "text": "x", "has_cart_link": 1}, {"has_cart_link": "bool_type"}),
    "empty id": ({"scene": "ad", "text": "x", "content_id": ""}, {"content_id": "string_too_short"}),
    "long id": ({"scene": "ad", "text": "x", "content_id": "i" * 201}, {"content_id": "string_too_long"}),
    "qualifications": ({"scene": "ad", "text": "x", "qualifications": "y"}, {"qualifications": "tuple_type"}),
    "no offset": (
        {"scene": "ad", "text": "x", "published_at": "2026-11-22T08:00:00"},
        {"published_at": "datetime_rfc3339"},
    ),
    "epoch": ({"scene": "ad", "text": "x", "published_at": 1763769600}, {"published_at": "datetime_rfc3339"}),
    "31 February": (
        {"scene": "ad", "text": "x", "published_at": "2026-02-31T08:00:00Z"},
        {"published_at": "datetime_rfc3339"},
    ),
    "year 9999": (
        {"scene": "ad", "text": "x", "published_at": "9999-12-31T23:59:59Z"},
        {"published_at": "datetime_range"},
    ),
    "year 1": (
        {"scene": "ad", "text": "x", "published_at": "0001-01-01T00:00:00+14:00"},
        {"published_at": "datetime_range"},
    ),
    "escaped NUL": ({"scene": "ad", "text": "a\x00b"}, {"text": "nul"}),
    "NUL in a part": ({"scene": "ad", "parts": [{"name": "a", "text": "\x00"}]}, {"parts.0.text": "nul"}),
    "20 001 characters": ({"scene": "ad", "text": "字" * 20001}, {"text": "content_too_long"}),
    "20 001 in parts": (
        {"scene": "ad", "parts": [{"name": "a", "text": "字" * 10000}, {"name": "b", "text": "字" * 10001}]},
        {"parts": "content_too_long"},
    ),
    "501 fields": ({f"f{number}": 1 for number in range(501)}, {"": "too_many_fields"}),
}
TWICE = {
    "a field": b'{"scene":"ad","text":"x","text":"y"}',
    "a field with a blank": b'{"scene":"ad","text":"x","text" :"y"}',
    "a blank that an innocent colon balances": b'{"scene":"ad","text":"a\\":","text" :"y"}',
    "an escaped name": b'{"scene":"ad","text":"x","te\\u0078t":"y"}',
    "inside a part": b'{"scene":"ad","parts":[{"name":"a","text":"x","text":"y"}]}',
}


def post(server, body):
    return server.call("POST", "/v1/moderations", body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(("body", "kind"), NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_says_why(server, body, kind):
    reply = post(server, body)
    assert (reply.status, reply.problem, reply.faults) == (400, "invalid-json", {"body": kind})


@pytest.mark.parametrize(("body", "faults"), WRONG.values(), ids=WRONG)
def test_a_wrong_field_is_named(server, body, faults):
    reply = post(server, body)
    assert (reply.status, reply.problem) == (422, "invalid-body")
    assert faults.items() <= reply.faults.items()
    assert all(error["type"] in ERRORS and "{" not in error["msg"] for error in reply.json["errors"])


@pytest.mark.parametrize(("body", "faults"), WRONG.values(), ids=WRONG)
def test_a_wrong_item_is_told_as_a_wrong_request_is(server, body, faults):
    reply = server.call("POST", "/v1/moderations/batch", {"items": [body]})
    assert reply.status == 200
    alone, told = post(server, body).json, reply.json["results"][0]["error"]
    assert told == {name: alone[name] for name in told}


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE)
def test_a_key_that_occurs_twice_is_refused(server, body):
    reply = post(server, body)
    assert (reply.status, reply.problem) == (400, "invalid-json")
    assert list(reply.faults.values()) == ["duplicate_key"]
    batch = server.call("POST", "/v1/moderations/batch", b'{"items":[' + body + b"]}")
    assert (batch.status, list(batch.faults.values())) == (400, ["duplicate_key"])


DEPTH = 1000
"""So deep the parser follows, and no function that calls itself."""


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/moderations"])
@pytest.mark.parametrize("hidden", ["x", "\\u0000"])
def test_what_is_nested_as_deep_as_can_be_read_is_refused_like_anything_else(server, path, hidden):
    body = f'{{"a":["\\u0000",{"[" * DEPTH}"{hidden}"{"]" * DEPTH}]}}'.encode()
    reply = server.call("POST", path, body, key=None if path == "/v1/sessions" else True)
    assert (reply.status, reply.problem) == (422, "invalid-body")
    deepest = ".".join(["a", "1", *["0"] * DEPTH])
    assert list(reply.faults) == ["a.0", deepest][: 1 + (hidden != "x")]
    assert set(reply.faults.values()) == {"nul"}


@pytest.mark.parametrize("text", ['"a":1', 'he said ":"', "12:30", '{"text":"x"}', "\\u0000", '\\"', "a\tb"])
def test_a_text_that_looks_like_json_is_a_text(server, text):
    assert post(server, {"scene": "ad", "text": text}).status == 200


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"items": "missing"}),
        ({"items": []}, {"items": "too_short"}),
        ({"items": {}}, {"items": "list_type"}),
        ({"items": [{}], "more": 1}, {"more": "extra_forbidden"}),
        ([], {"": "model_type"}),
        ({"items": [1] * 1001}, {"items": "batch_too_long"}),
        ({"items": [{"scene": "ad", "text": "字" * 20000}] * 51}, {"items": "batch_too_many_chars"}),
    ],
)
def test_a_batch_that_is_no_batch_is_refused_whole(server, body, faults):
    reply = server.call("POST", "/v1/moderations/batch", body)
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-body", faults)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("", {"content_id": "missing"}),
        ("?content_id=", {"content_id": "string_too_short"}),
        ("?content_id=a&content_id=b", {"content_id": "unique_value"}),
        ("?content_id=a&page=2", {"page": "extra_forbidden"}),
        ("?content_id=a%00b", {"content_id": "nul"}),
    ],
)
def test_a_wrong_query_is_named(server, query, faults):
    reply = server.call("GET", f"/v1/moderations{query}")
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-query", faults)


@pytest.mark.parametrize("path", ["/v1/reviews", "/v1/search", "/v1/terms", "/v1/lexicons/terms"])
def test_a_list_of_a_category_that_there_is_not_is_refused(server, senior, path):
    assert senior.call("GET", f"{path}?category=absolute_claim").status == 200
    assert (senior.call("GET", f"{path}?category=allow").status == 200) == (path == "/v1/lexicons/terms")
    reply = senior.call("GET", f"{path}?category=absolut_claim", Accept_Language="en")
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-query", {"category": "unknown_category"})
    told = reply.json["errors"][0]["msg"].removeprefix("there is no such category; there are: ")
    assert told.split(", ") == [*server.service.rules.engine.ruleset.categories]


def test_nothing_is_claimed_of_a_category_that_there_is_not(senior):
    reply = senior.call("POST", "/v1/reviews/claim", {"categories": ["absolute_claim", "absolut_claim"]})
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-body", {"categories.1": "unknown_category"})
    assert "absolute_claim" in reply.json["errors"][0]["msg"]


@pytest.mark.parametrize("name", ["x", "%00", "%ED%A0%80", "a" * 3000, "..%2f..%2fetc", "%E5%9B%BD"])
def test_an_unknown_decision_is_not_found(server, name):
    reply = server.call("GET", f"/v1/moderations/{name}")
    assert (reply.status, reply.problem) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1", "/v1/moderations/", "/v1/moderations/a/b", "/docs/../secret", "/docs/x"])
def test_an_unknown_address_is_not_found(server, path):
    reply = server.call("GET", path)
    assert (reply.status, reply.problem) == (404, "not-found")
    assert reply.json["instance"] == path


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/rooms/r/acts"), ("DELETE", "/v1/proofs/none"), ("POST", "/v1/moderations"), ("GET", "/v1/boosts")],
)
def test_a_query_is_refused_where_none_is_read(server, method, path):
    reply = server.call(method, f"{path}?dry_run=true&limit=1", {} if method == "POST" else None)
    assert (reply.status, reply.problem) == (422, "invalid-query")
    assert reply.faults == {"dry_run": "extra_forbidden", "limit": "extra_forbidden"}


@pytest.mark.parametrize("path", ["/v1/moderations/a%20b", "/v1/moderations/%00", "/v1/contents/a%2Fb%3F"])
def test_an_instance_is_a_reference_whatever_the_path_holds(server, path):
    assert server.call("GET", f"{path}?x=1").json["instance"] == path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/moderations", "GET, HEAD, POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("GET", "/v1/moderations/batch", "POST"),
        ("PATCH", "/v1/moderations/x", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_names_those_that_are(server, method, path, allow):
    reply = server.call(method, path)
    assert (reply.status, reply.problem, reply.headers["allow"]) == (405, "method-not-allowed", allow)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": ""},
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "identity"},
    ],
)
def test_only_plain_json_is_read(server, headers):
    reply = server.call("POST", "/v1/moderations", b"{}", **{k.replace("_", "-"): v for k, v in headers.items()})
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


def test_json_with_a_charset_is_json(server):
    reply = server.call(
        "POST", "/v1/moderations", b'{"scene":"ad","text":"x"}', **{"Content-Type": "application/json; charset=utf-8"}
    )
    assert reply.status == 200


def test_errors_are_told_in_english_to_those_who_read_english(server):
    body = json.dumps({"scene": "tv", "text": 1}).encode()
    zh = server.call("POST", "/v1/moderations", body)
    en = server.call("POST", "/v1/moderations", body, Accept_Language="en-GB,en;q=0.9")
    assert (zh.headers["content-language"], en.headers["content-language"]) == ("zh", "en")
    assert zh.faults == en.faults
    assert zh.json["title"] == PROBLEMS["invalid-body"].title["zh"]
    assert en.json["title"] == PROBLEMS["invalid-body"].title["en"]
    assert any("'ad'" in error["msg"] for error in en.json["errors"])
    assert {error["msg"] for error in zh.json["errors"]}.isdisjoint(error["msg"] for error in en.json["errors"])


def test_an_error_never_repeats_what_was_sent(server):
    secret = "绝密文本一二三"
    for body in ({"scene": secret, "text": secret}, {"scene": "ad", "text": [secret], "content_id": {"a": secret}}):
        assert secret not in post(server, body).body.decode()


def test_a_long_field_name_is_cut_and_many_errors_are_capped(server):
    reply = post(server, {"n" * 5000: 1, **{f"f{number}": 1 for number in range(300)}})
    assert len(reply.json["errors"]) == 20
    assert len(reply.body) < 10_000


LISTS = {
    "hosts": ("/v1/shows", {"room_id": "r", "hosts": [0] * 20_000}, {"hosts.0": "model_type"}),
    "ids": ("/v1/shows", {"room_id": "r", "products": ["p", *[0] * 20_000]}, {"products.1": "string_type"}),
    "signals": ("/v1/creators/c/signals", {"signals": [0] * 20_000}, {"signals.0": "model_type"}),
    "fields": ("/v1/shows", {f"f{number}": 1 for number in range(5000)}, {"": "too_many_fields"}),
    "NULs": ("/v1/shows", {"room_id": "r", "hosts": ["\0"] * 5000}, {f"hosts.{n}": "nul" for n in range(20)}),
}


@pytest.mark.parametrize(("path", "body", "faults"), LISTS.values(), ids=LISTS)
def test_what_is_wrong_in_thousands_of_places_is_told_by_the_first(server, path, body, faults):
    reply = server.call("POST", path, body)
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-body", faults)


def lists_in(schema):
    """Every list in the schema of a model, with whether its first wrong item ends the look at it."""
    if isinstance(schema, dict):
        if schema.get("type") in {"list", "tuple", "set"}:
            yield schema.get("fail_fast", False)
        schema = tuple(schema.values())
    if isinstance(schema, list | tuple):
        for inner in schema:
            yield from lists_in(inner)


def test_the_first_wrong_item_ends_the_look_at_any_list():
    item_by_item = {BatchRequest, RoomMessages}
    models = {one.takes for one in ROUTES if one.takes is not None} - item_by_item
    found = {model.__name__: list(lists_in(model.__pydantic_core_schema__)) for model in models}
    assert sum(map(len, found.values())) > 20
    assert {name for name, fast in found.items() if not all(fast)} == set()


def test_a_body_without_a_nul_is_not_searched_for_one(server, monkeypatch):
    monkeypatch.setattr(asking, "nul_places", None)
    assert server.call("POST", "/v1/shows", {"room_id": "r", "hosts": [0]}).faults == {"hosts.0": "model_type"}


def test_every_sentence_exists_in_both_languages():
    for kind, sentence in PROBLEMS.items():
        assert 400 <= sentence.status < 600, kind
        assert all(sentence.title[lang] and sentence.detail[lang] for lang in ("zh", "en")), kind
    assert all(said["zh"] and said["en"] for said in ERRORS.values())


HOSTILE = [None, True, 1, 1.5, -1, 10**30, float("inf"), "x", "", "A!", "2027-06-30", "x" * 99_999]
HOSTILE += [[], {}, [None], [{}], {"a": None}, {"a": 1}, {"A!": 1}, [1] * 2000]


def wrong_ways(model, values=HOSTILE):
    """What the model says of each of its fields for values of all sorts."""
    for name in model.model_fields:
        for value in values:
            try:
                model.model_validate({name: value})
            except ValidationError as error:
                yield from faults_of(error)


def test_whatever_can_be_wrong_with_a_field_has_a_sentence():
    models = {model for one in ROUTES for model in (one.takes, one.query) if model is not None}
    wrong = {fault.kind: fault for model in models for fault in wrong_ways(model)}
    assert len(wrong) > 20
    assert wrong.keys() - ERRORS.keys() == set()


def test_whatever_can_be_wrong_with_a_setting_has_a_sentence():
    wrong = {fault.kind for fault in wrong_ways(Settings, [*HOSTILE[:7], *HOSTILE[8:11], {}, [{}]])}
    assert wrong - ERRORS.keys() == set()


def test_every_pattern_that_is_asked_for_is_told_in_words(server):
    document = server.call("GET", "/openapi.json", key=None).body.decode()
    asked = set(re.findall(r'"pattern":"((?:[^"\\]|\\.)+)"', document))
    in_words = {json.dumps(pattern)[1:-1] for pattern in PATTERNS}
    assert in_words <= asked, "no request asks for this any more"
    assert {one for one in asked - in_words if not one.startswith("^(")} == set()


def test_a_pattern_is_told_by_what_it_asks_for(server):
    proof = {"claims": ["销量第一的牙刷"], "file_sha256": "9f86d0…", "source": "报告"}
    (error,) = server.call("POST", "/v1/proofs", proof).json["errors"]
    assert (error["loc"], error["msg"]) == (["file_sha256"], "须为 SHA-256 摘要：64 个小写十六进制数字")
    (error,) = server.call("POST", "/v1/products", {"product_id": "产品1", "name": "牙刷"}).json["errors"]
    assert "字母、数字和 . _ : -，最多 64 个字符" in error["msg"]


def test_a_list_with_one_wrong_item_is_not_called_too_short(server):
    signal = {"name": "refund_rate", "at": "2026-11-28T00:00:00+08:00", "value": 101}
    reply = server.call("POST", "/v1/creators/c/signals", {"signals": [signal]})
    assert reply.faults == {"signals.0.value": "less_than_equal"}
    assert server.call("POST", "/v1/creators/c/signals", {"signals": []}).faults == {"signals": "too_short"}


def test_choices_are_joined_as_the_reader_reads(server):
    (error,) = post(server, {"scene": "tv", "text": "x"}).json["errors"]
    assert error["msg"].endswith("'title'、'profile'")


@pytest.mark.parametrize(
    ("kind", "module", "error"),
    [
        ("review-conflict", "review", "Conflict"),
        ("review-conflict", "review/states.py", "return"),
        ("not-appealable", "review/appeals.py", "NotAppealable"),
        ("trial-conflict", "creators", "NotAllowed"),
        ("not-approvable", "duty/scripts.py", "NotApprovable"),
        ("rules-refused", "rulebook", "Refused"),
    ],
)
def test_every_reason_of_a_conflict_has_its_sentence(kind, module, error):
    place = SERVICE / module
    said = "".join(path.read_text(encoding="utf-8") for path in ([place] if place.suffix else place.glob("*.py")))
    codes = set(re.findall(rf'\b{error}\(?\s?"([a-z_]+)"', said)) - {"rights"}
    assert codes, "nothing is raised there any more"
    assert codes - PROBLEMS[kind].whys.keys() == set()
    for lang in ("zh", "en"):
        assert len({said[lang] for said in PROBLEMS[kind].whys.values()}) == len(PROBLEMS[kind].whys)


def test_a_conflict_says_its_own_reason_and_no_other():
    told = Problem("not-appealable", context={"why": "twice"}).told("zh")["detail"]
    assert told == "已经申诉过，一次为限；appeal 是已有的申诉（原因代码 twice）。"
    assert Problem("not-appealable", context={"why": "late"}).told("en")["detail"] == (
        "The term for appeals is over (reason code late)."
    )
