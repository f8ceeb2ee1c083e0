"""Reading bodies: whatever the bytes, a content or a problem; and nothing is read in two ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.types import Content
from service.http import wire
from service.http.problems import Problem
from service.http.wire import Limits, Malformed, read_batch, read_one

LIMITS = Limits(content_chars=100, batch_items=10, batch_chars=500)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEYS = ["scene", "text", "parts", "content_id", "published_at", "qualifications", "commercial", "x", 'a":', "a b"]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["ad", "ugc"])
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


def one(body):
    return read_one(body, tenant="t", now=NOW, limits=LIMITS)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_content_or_a_problem(body):
    try:
        assert isinstance(one(body), Content)
    except Problem as problem:
        assert 400 <= problem.status < 500
        assert problem.told("zh")["errors"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KEYS), JSON), max_size=6), st.sampled_from([":", " :", "\t:", "\n :"]))
def test_no_key_is_ever_swallowed(pairs, colon):
    body = "{" + ",".join(f"{json.dumps(key)}{colon}{json.dumps(value)}" for key, value in pairs) + "}"
    twice = len({key for key, _ in pairs}) < len(pairs)
    try:
        one(body.encode())
    except Problem as problem:
        found = "duplicate_key" in {fault.kind for fault in problem.faults}
        assert found == twice or (not found and problem.kind == "invalid-json")
    else:
        assert not twice


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40))
def test_a_text_arrives_as_it_was_sent(text):
    for ascii_only in (True, False):
        body = json.dumps({"scene": "ugc", "text": text}, ensure_ascii=ascii_only).encode()
        content = one(body)
        assert [(part.name, part.text) for part in content.parts] == [("text", text)]
        assert (content.tenant, content.at) == ("t", NOW)


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON, min_size=1, max_size=8))
async def test_an_item_is_read_as_a_single_body_is(items):
    body = json.dumps({"items": items}).encode()
    try:
        read = await read_batch(body, tenant="t", now=NOW, limits=LIMITS)
    except Problem as problem:
        assert problem.kind in {"invalid-json", "invalid-body"}
        return
    for item, found in zip(items, read, strict=True):
        try:
            alone = one(json.dumps(item).encode())
        except Problem as problem:
            assert isinstance(found, Malformed)
            assert found.faults[:20] == problem.faults
        else:
            assert found == alone


def test_without_the_look_at_the_bytes_a_key_would_be_swallowed(monkeypatch):
    monkeypatch.setattr(wire, "_suspicious", lambda *_: False)
    assert one(b'{"scene":"ad","text":"shown to one","text":"judged by another"}').parts[0].text == "judged by another"


def test_times_keep_their_instant():
    content = one(b'{"scene":"ad","text":"x","published_at":"2026-11-22T08:00:00.5+08:00"}')
    assert content.at == datetime(2026, 11, 22, 0, 0, 0, 500_000, tzinfo=UTC)


async def test_a_big_suspicious_batch_is_looked_at_in_a_thread():
    items = [{"scene": "ad", "text": '"' * 40 + '":'}] * 10
    padding = b" " * 70_000
    body = b'{"items":' + padding + json.dumps(items).encode() + b"}"
    read = await read_batch(body, tenant="t", now=NOW, limits=LIMITS)
    assert all(isinstance(found, Content) for found in read)
    twice = body.replace(b'"scene": "ad"', b'"scene": "ad", "scene": "ad"', 1)
    with pytest.raises(Problem) as refused:
        await read_batch(twice, tenant="t", now=NOW, limits=LIMITS)
    assert refused.value.faults[0].kind == "duplicate_key"


PLAIN = st.fixed_dictionaries(
    {"scene": st.sampled_from(["ad", "ugc", "AD", "", None]), "text": st.text(max_size=110) | st.none()},
    optional={
        "content_id": st.text(max_size=3) | st.sampled_from(["x" * 200, "x" * 201, None, 1]),
        "room_id": st.just("r"),
    },
)


@settings(max_examples=400, deadline=None)
@given(PLAIN)
def test_the_short_way_for_plain_contents_reads_what_the_model_reads(sent):
    """The command line takes only the model's way, and must agree."""
    body = json.dumps(sent).encode()
    modelled = wire.read_item(sent, now=NOW, limits=LIMITS, tenant="t")
    try:
        assert one(body) == modelled
    except Problem as problem:
        if "json_surrogate" not in {fault.kind for fault in problem.faults}:
            assert isinstance(modelled, Malformed)
            assert problem.faults == modelled.faults


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"scene":"ad","text":"suggest"}', [False]),
        (b'{"scene":"ad","text":"x"}', []),
        (b'{"scene":"ad","text":"x","suggest":true}', [True]),
        (b'{"scene":"ad","text":"x","s\\u0075ggest":true}', [True]),
        (b'{"scene":"ad","text":"x","suggest":false}', [False]),
        (b'{"items":[{"suggest":true},7,{"suggest":1}]}', [True, False, False]),
    ],
)
def test_who_wants_a_suggestion_is_read_however_it_is_written(body, wanted):
    assert wire.wanting(body) == wanted
