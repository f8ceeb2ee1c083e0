"""Logs and metrics tell what happened, and never a word of a content."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time

import structlog

from service import logs
from service.http import meta
from service.http.language import explain, language


def samples(server):
    page = server.call("GET", "/metrics", key=None).body.decode()
    lines = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_every_request_leaves_one_line(server):
    reply = server.judge()
    missing = server.call("GET", "/nowhere?q=secret", key=None)
    lines = {line.get("request_id"): line for line in server.lines()}
    line = lines[reply.headers["x-request-id"]]
    assert (line["event"], line["method"], line["route"], line["status"]) == ("request", "POST", "/v1/moderations", 200)
    assert line["tenant"] == "shop"
    assert line["ms"] > 0
    unknown = lines[missing.headers["x-request-id"]]
    assert (unknown["route"], unknown["status"], "tenant" in unknown) == ("unknown", 404, False)


def test_no_text_reaches_the_log(server, monkeypatch):
    logs.configure(server.log, level="info")  # whatever was started before, tests of the command too
    secret = "绝密文本一二三"
    server.judge(secret)
    server.judge(secret, scene="tv")
    server.call("GET", f"/v1/moderations?content_id={'a' * 9}&{'b' * 9}={'c' * 9}")

    async def fails(*_, **__):
        raise RuntimeError(secret)

    monkeypatch.setattr(server.service.moderation, "one", fails)
    reply = server.judge(secret)
    assert reply.problem == "internal"
    lines = server.lines()
    assert secret not in server.log.getvalue().decode()
    assert secret.encode("unicode_escape").decode() not in server.log.getvalue().decode()
    told = {line["event"]: line for line in lines if line.get("request_id") == reply.json["request_id"]}
    failure = told["request failed"]
    assert failure["error"] == "RuntimeError"
    assert any("content.py" in frame for frame in failure["trace"])


def test_library_records_lose_their_exceptions_messages():
    stream = io.BytesIO()
    logs.configure(stream, level="warning")
    try:
        int("绝密")
    except ValueError:
        logging.getLogger("library").exception("it broke")
    logging.getLogger("library").warning("plain %s", "words")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["error"], first["level"], first["logger"]) == (
        "it broke",
        "ValueError",
        "error",
        "library",
    )
    assert "绝密" not in stream.getvalue().decode()
    assert second["event"] == "plain words"


async def test_a_log_that_nobody_reads_any_more_breaks_nothing():
    stream = io.BytesIO()
    logs.configure(stream)
    access = logs.AccessLog(stream, asyncio.get_running_loop())
    stream.close()
    access.note(1.0, "GET", "/x", 200, 0.001, "id-1", None)
    access.flush()
    structlog.get_logger().error("told to nobody")
    logging.getLogger("library").error("told to nobody")


async def test_lines_wait_only_a_moment_and_never_pile_up():
    stream = io.BytesIO()
    access = logs.AccessLog(stream, asyncio.get_running_loop())
    noted = (1.0, "GET", "/x", 200, 0.001, "id-1", None)
    access.note(*noted)
    assert stream.getvalue() == b""
    await asyncio.sleep(0.2)
    assert len(stream.getvalue().splitlines()) == 1
    for _ in range(600):
        access.note(*noted)
    assert 300 < len(stream.getvalue().splitlines()) < 601
    access.flush()
    access.flush()
    assert len(stream.getvalue().splitlines()) == 601


def test_metrics_count_requests_verdicts_and_groups(server):
    before = samples(server)
    server.judge("国家级")
    server.judge("好用", scene="tv")
    after = samples(server)

    def grown(name):
        return after[name] - before.get(name, 0)

    request = 'qingliu_http_requests_total{method="POST",route="/v1/moderations",status="%s"}'
    assert grown(request % 200) == 1
    assert grown(request % 422) == 1
    assert grown('qingliu_http_request_seconds_count{method="POST",route="/v1/moderations"}') == 2
    assert grown('qingliu_verdicts_total{action="block",degraded="false",scene="ad"}') == 1
    assert grown("qingliu_ledger_group_rows_count") >= 1
    assert after["qingliu_ledger_waiting"] == after["qingliu_batches_waiting"] == 0
    assert after["qingliu_acts_unsigned"] >= 0
    fingerprint = server.service.rules.engine.ruleset.fingerprint
    assert after[f'qingliu_ruleset_info{{fingerprint="{fingerprint}"}}'] == 1


def test_metrics_tell_how_much_waits_for_a_reviewer_and_for_how_long(server, monkeypatch):
    monkeypatch.setattr(meta, "_COUNT_SECONDS", 0)
    before = samples(server)
    server.judge("好用", content_id="reported")
    sent = {"content_id": "reported", "complainant_id": "buyer", "reason": "fake"}
    assert server.call("POST", "/v1/complaints", sent).status < 300
    time.sleep(0.05)
    after = samples(server)
    assert after["qingliu_reviews_waiting"] == before["qingliu_reviews_waiting"] + 1
    assert after["qingliu_reviews_oldest_seconds"] >= max(before["qingliu_reviews_oldest_seconds"], 0.05)


def test_what_a_client_chooses_is_no_label(server):
    server.call("BREW", "/coffee-pot-name", key=None)
    page = server.call("GET", "/metrics", key=None).body
    assert b"coffee-pot-name" not in page
    assert b"BREW" not in page


def test_a_repeated_answer_is_not_a_second_verdict(server):
    name = 'qingliu_verdicts_total{action="pass",degraded="false",scene="ad"}'
    server.judge("好用", content_id="r", Idempotency_Key="repeat-1")
    before = samples(server)[name]
    server.judge("好用", content_id="r", Idempotency_Key="repeat-1")
    assert samples(server)[name] == before


def test_languages():
    assert [language(value) for value in (None, "", "*", "en;q=0", "en;q=x", "zh;q=0.1, en;q=0.2", "EN-us")] == [
        "zh",
        "zh",
        "zh",
        "zh",
        "zh",
        "en",
        "en",
    ]
    assert explain("never_heard_of", "zh") == "never_heard_of"
    assert "{limit}" in explain("batch_too_long", "en")
