"""Notices, the pure part: whom they are for, how they are signed, when they are tried again, where they may go."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from service import notices
from service.http.webhooks import Kind
from service.ids import from_stamp, later, now
from service.notices import HOUR, Schedule, body_of, headers_of, keys_at, shown, signing_key
from service.outbound import allowed
from service.secret import Secret
from service.store.desk_statements import INSERT_DELIVERIES
from service.store.notice_statements import INSERT_WEBHOOK
from service.webhooks import UrlRefused, checked
from tests.small import migrated

HOUSE = Secret(bytes(range(32)))
AT = "2026-11-22T06:00:00.000000Z"


def signed(*, rotation=1, rotated_at=None, body=b'{"type":"x"}', at=None):
    at = at or now()
    return headers_of("n1", body, at=at, keys=keys_at(HOUSE, "w1", rotation, rotated_at=rotated_at, at=at))


def secret(rotation=1):
    return shown(signing_key(HOUSE, "w1", rotation))


def test_the_reference_library_accepts_the_signature():
    assert Webhook(secret()).verify(b'{"type":"x"}', signed()) == {"type": "x"}


@pytest.mark.parametrize("member", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_the_reference_library_refuses_what_was_changed(member):
    headers, body, key = signed(), b'{"type":"x"}', secret()
    if member == "body":
        body = b'{"type":"y"}'
    elif member == "secret":
        key = shown(signing_key(HOUSE, "w2", 1))
    else:
        headers[member] = str(int(headers[member]) + 1) if member.endswith("stamp") else "n2"
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body, headers)


def test_for_a_day_after_a_rotation_both_secrets_verify():
    at = now()
    fresh = signed(rotation=2, rotated_at=later(at, -23.9 * HOUR), at=at)
    assert Webhook(secret(2)).verify(b'{"type":"x"}', fresh) == Webhook(secret(1)).verify(b'{"type":"x"}', fresh)
    stale = signed(rotation=2, rotated_at=later(at, -24 * HOUR), at=at)
    Webhook(secret(2)).verify(b'{"type":"x"}', stale)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(1)).verify(b'{"type":"x"}', stale)


def test_no_two_receivers_and_no_two_rotations_share_a_secret():
    keys = {signing_key(HOUSE, webhook, rotation) for webhook in ("a", "b") for rotation in (1, 2)}
    assert len(keys) == 4 and {len(key) for key in keys} == {32}


def test_the_kinds_that_are_offered_are_those_that_are_sent():
    assert get_args(Kind) == notices.KINDS


@pytest.mark.parametrize(
    ("kinds", "kind", "told"),
    [("[]", "x", True), ('["x"]', "x", True), ('["y"]', "x", False), ('["y", "x"]', "x", True)],
)
def test_an_empty_list_asks_for_everything(tmp_path, kinds, kind, told):
    with closing(sqlite3.connect(migrated(tmp_path / "q.db"))) as database:
        database.execute(INSERT_WEBHOOK, ("w", "shop", "https://x.example", kinds, AT))
        database.execute(INSERT_DELIVERIES, ("n", AT, "shop", kind))
        found = database.execute("SELECT webhook FROM deliveries WHERE notice = 'n'").fetchall()
    assert found == [("w",)] * told


def test_a_body_tells_the_decision_and_keeps_the_notice_s_own_facts():
    verdict = {
        "categories": ["fraud"],
        "evidence": [
            {"source": "terms", "category": "fraud", "rule": "r", "severity": 3, "weight": 9, "span": [0, 1, 3],
             "laws": ["x 1"], "note": "secret note"}
        ],
    }  # fmt: skip
    told = notices.Told("d1", "c1", 2, "ad", "block", 3, json.dumps(verdict).encode(), 0, "r1", "d0", "u1", AT)
    facts = json.dumps({"decision": "d1", "reasons": [{"category": "fraud"}], "action": "pass"}).encode()
    sent = json.loads(body_of("decision.human", AT, facts, told))
    assert (sent["type"], sent["timestamp"]) == ("decision.human", AT)
    data = sent["data"]
    assert (data["id"], data["by"], data["action"], data["reasons"]) == ("d1", "u1", "block", [{"category": "fraud"}])
    assert data["evidence"][0]["span"] == [0, 1, 3] and "secret note" not in str(data)
    assert json.loads(body_of("x", AT, b'{"a":1}', None))["data"] == {"a": 1}


# When to try again


def test_a_notice_is_tried_for_seventy_two_hours_and_then_given_up():
    at, attempts, waits = AT, 0, []
    while True:
        attempts += 1
        again = Schedule().following(attempts, began=AT, at=at, chance=0.5)
        if again is None:
            break
        waits.append((from_stamp(again) - from_stamp(at)).total_seconds())
        at = again
    assert waits[:9] == list(notices.DELAYS)
    assert at == later(AT, 72 * HOUR)
    assert 18 <= attempts <= 24


def test_a_service_that_was_down_for_days_still_tries_a_few_times():
    late = later(AT, 200 * HOUR)
    tried = [Schedule().following(attempts, began=AT, at=late, chance=0.5) for attempts in range(1, 6)]
    assert None not in tried[:4] and tried[4] is None


@given(st.integers(1, 50), st.floats(0, 71 * HOUR), st.floats(0, 1))
def test_a_delay_is_near_what_the_schedule_says(attempts, age, chance):
    at = later(AT, age)
    again = Schedule().following(attempts, began=AT, at=at, chance=chance)
    wait = (from_stamp(again) - from_stamp(at)).total_seconds()
    delay = notices.DELAYS[min(attempts, len(notices.DELAYS)) - 1]
    assert 0.9 * delay - 1e-3 <= wait <= 1.1 * delay + 1e-3 or again == later(AT, 72 * HOUR)


# Where notices may go

PUBLIC = ["8.8.8.8", "2606:4700::1111", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.3.3", "192.168.1.1", "100.64.0.1", "198.18.0.1", "::1", "fc00::1",
    "::ffff:127.0.0.1", "::ffff:10.1.1.1", "64:ff9b::7f00:1",
]  # fmt: skip
NOWHERE = [
    "169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "0.0.0.0", "255.255.255.255", "240.0.0.1",
    "224.0.0.1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "3fff::1", "fec0::1", "127.1", "name", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_sent_to(address):
    assert allowed(address) and allowed(address, private=True)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_sent_to_only_where_the_house_allows_it(address):
    assert not allowed(address) and allowed(address, private=True)


@pytest.mark.parametrize("address", NOWHERE)
def test_nothing_is_ever_sent_to_metadata_or_nobody(address):
    assert not allowed(address) and not allowed(address, private=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.com/hook", None),
        ("https://例子.测试/hook?x=1", None),
        ("https://8.8.8.8:8443/", None),
        ("http://example.com/", "https"),
        ("ftp://example.com/", "url"),
        ("example.com", "url"),
        ("https://", "url"),
        ("https:///x", "url"),
        ("https://example.com:0/", "url"),
        ("https://example.com:99999/", "url"),
        ("https://exa\nmple.com/", "url"),
        ("https://example.com/" + "x" * 2000, "url"),
        ("https://u:p@example.com/", "userinfo"),
        ("https://u@example.com/", "userinfo"),
        ("https://example.com/#x", "fragment"),
        ("https://127.0.0.1/", "address"),
        ("https://2130706433/", "address"),
        ("https://0x7f000001/", "address"),
        ("https://0x7f.1/", "address"),
        ("https://127.1/", "address"),
        ("https://10.0.0.1./", "address"),
        ("https://[::1]/", "address"),
        ("https://[::ffff:7f00:1]/", "address"),
        ("https://169.254.169.254/latest", "address"),
    ],
)
def test_an_address_is_refused_before_anything_is_sent(url, why):
    if why is None:
        checked(url, private=False)
    else:
        with pytest.raises(UrlRefused) as refused:
            checked(url, private=False)
        assert refused.value.why == why


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text):
    for url in (text, f"https://{text}"):
        with suppress(UrlRefused):
            checked(url, private=False)
