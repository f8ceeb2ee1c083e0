"""Packs over the interface and in the console: asked, made, fetched, verified; unmasked ones need more than a wish."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from moderation.types import Scene
from service.audit import exports, verify_export
from service.audit.exports import Doing
from service.audit.formats import FORMATS
from service.audit.packs import PACKS
from service.http.html import WORDS
from service.http.language import ERRORS
from service.rights import Role, Scope
from tests.http.test_console import shown

PHONE = "13812345678"


@pytest.fixture(scope="module")
def auditor(server):
    return server.hire("aud", Role.AUDITOR)


@pytest.fixture(scope="module")
def admin(server):
    return server.hire("export-admin", Role.ADMIN)


@pytest.fixture(scope="module")
def decided(server):
    told = server.judge(f"全网第一，电话{PHONE}", content_id="ad/1", creator_id="c1", room_id="r1").json
    server.judge("很好用", content_id="ad/2", creator_id="c2")
    return told["id"]


def made(server, who, body):
    """A pack, once it is made."""
    reply = server.call("POST", "/v1/exports", body, key=who)
    assert reply.status == 200, reply.body
    id_ = reply.json["id"]
    for _ in range(400):
        told = server.call("GET", f"/v1/exports/{id_}", key=who).json
        if told["state"] != "waiting":
            break
        time.sleep(0.02)
    assert told["state"] == "done", told
    return told


def fetched(server, who, told):
    reply = server.call("GET", f"/v1/exports/{told['id']}/pack", key=who)
    assert reply.status == 200
    assert reply.headers["content-length"] == str(len(reply.body)) == str(told["bytes"])
    return reply.body


def test_a_creators_statement_tells_of_its_scores_measures_reports_and_accounts(server, auditor, admin):
    for name in ("told", "told-shop", "told-other"):
        assert server.call("PUT", f"/v1/creators/{name}", {}).status == 200
    linked = server.call("POST", "/v1/creators/told/accounts", {"channel": "douyin", "account_id": "told-shop"})
    assert linked.status == 200
    for name in ("told", "told-shop", "told-other"):
        server.judge("国家级面霜", content_id=f"{name}-1", creator_id=name)
        report = {"content_id": f"{name}-1", "reporter_id": "somebody", "reason": "spam"}
        assert server.call("POST", "/v1/reports", report).status == 200
        found = admin.call("POST", f"/v1/creators/{name}/findings", {"name": "brush_order_found"})
        assert found.status == 200, found.body
    for name in ("told", "told-other"):
        limited = admin.call("POST", f"/v1/creators/{name}/measures", {"kind": "limit_traffic", "days": 5})
        assert limited.status == 200, limited.body
    told = made(server, auditor, {"pack": "creator", "creator": "told", "formats": []})
    with zipfile.ZipFile(io.BytesIO(fetched(server, auditor, told))) as archive:
        tables = {}
        for table in PACKS["creator"].tables:
            head, *rows = map(json.loads, archive.read(f"tables/{table.name}.jsonl").splitlines())
            tables[table.name] = [dict(zip(head, row, strict=True)) for row in rows]
    creators = {name: [row["creator"] for row in tables[name]] for name in ("decisions", "measures")}
    assert creators == {"decisions": ["told", "told-shop"], "measures": ["told"]}
    scores = [(row["kind"], row["creator"]) for row in tables["scores"]]
    assert [name for kind, name in scores if kind == "score.entry"] == ["told", "told-shop"]
    assert ("creator.added", "told") in scores
    assert {name for _, name in scores} == {"told", "told-shop"}
    assert [row["content"] for row in tables["complaints"]] == ["told-1", "told-shop-1"]


def test_a_pack_is_made_fetched_and_verified(server, auditor, decided, tmp_path):
    told = made(server, auditor, {"pack": "room_117", "contents": True, "formats": ["csv", "html"]})
    body = fetched(server, auditor, told)
    (tmp_path / "pack.zip").write_bytes(body)
    key = server.call("GET", "/v1/log/checkpoint", key=auditor).json["keys"][-1]
    assert verify_export.check(tmp_path / "pack.zip", key=key).found == []
    assert server.call("GET", f"/v1/exports/{told['id']}/verification", key=auditor).json["good"] is True
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert not [name for name in archive.namelist() if PHONE.encode() in archive.read(name)], "masked by default"
        text = archive.read("tables/decisions.csv").decode("utf-8-sig")
        assert "138****5678" in text and "全网第一" in text
        assert "日志序号" in text
        assert b"</html>" in archive.read("report.html")
    silent = made(server, auditor, {"pack": "room_117", "formats": ["csv", "html"]})
    with zipfile.ZipFile(io.BytesIO(fetched(server, auditor, silent))) as archive:
        assert b"ad/1" in (records := archive.read("records.jsonl")) and b"ad/2" not in records, "of no room"
        assert not [name for name in archive.namelist() if "全网第一".encode() in archive.read(name)], "not asked for"
    kinds = [one["kind"] for one in server.call("GET", "/v1/acts?kind=export.*", key=auditor).json["acts"]]
    assert {"export.asked", "export.done", "export.fetched"} <= set(kinds)


def test_packs_are_verified_one_at_a_time_and_few_wait(server, auditor, decided, monkeypatch):
    path = f"/v1/exports/{made(server, auditor, {'pack': 'room_117', 'formats': ['csv']})['id']}/verification"
    go_on, at_once, check = threading.Event(), [], exports.check

    def slow(*given, **more):
        at_once.append(len(at_once))
        assert go_on.wait(20)
        return check(*given, **more)

    monkeypatch.setattr(exports, "check", slow)
    waiting = server.service.audit.exports
    with ThreadPoolExecutor(exports.MOST_VERIFIED) as callers:
        asked = [callers.submit(server.call, "GET", path, key=auditor) for _ in range(exports.MOST_VERIFIED)]
        while waiting._verifying < exports.MOST_VERIFIED or not at_once:
            time.sleep(0.01)
        refused = server.call("GET", path, key=auditor)
        assert (refused.problem, refused.headers["retry-after"], at_once) == ("busy", "5", [0])
        go_on.set()
        assert [one.result().json["good"] for one in asked] == [True] * exports.MOST_VERIFIED
    assert server.call("GET", path, key=auditor).json["good"] is True


def test_a_report_cites_its_law_in_its_language(server, auditor, decided):
    for lang, law in zip(("zh", "en"), PACKS["log"].law, strict=True):
        told = made(server, auditor, {"pack": "log", "formats": ["html"], "lang": lang})
        with zipfile.ZipFile(io.BytesIO(fetched(server, auditor, told))) as archive:
            assert f'<p class="law">{law}</p>' in archive.read("report.html").decode()


def test_unmasked_takes_a_right_and_a_reason(server, auditor, admin, decided):
    body = {"pack": "log", "contents": True, "unmasked": True, "reason": "监管要求", "formats": []}
    assert server.call("POST", "/v1/exports", body, key=auditor).status == 403
    reply = server.call("POST", "/v1/exports", {**body, "reason": " "}, key=admin)
    assert (reply.status, reply.faults) == (422, {"reason": "reason_needed"})
    told = made(server, admin, body)
    with zipfile.ZipFile(io.BytesIO(fetched(server, admin, told))) as archive:
        assert PHONE.encode() in archive.read("contents.jsonl")
    assert server.call("GET", f"/v1/exports/{told['id']}/pack", key=auditor).status == 403
    acts = server.call("GET", f"/v1/acts?named={told['id']}&kind=export.asked", key=admin).json["acts"]
    assert acts[0]["facts"]["unmasked"] is True and acts[0]["facts"]["reason"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"pack": "nothing"}, {"pack": "pack_unknown"}),
        ({"pack": "creator"}, {"creator": "missing"}),
        ({"pack": "room_117", "scene": "advert"}, {"scene": "unknown_scene"}),
        ({"pack": "room_117", "category": "gamling"}, {"category": "unknown_category"}),
        ({"pack": "log", "since": "20261101"}, {"since": "datetime_rfc3339"}),
        ({"pack": "log", "until": 1793491200}, {"until": "datetime_rfc3339"}),
        ({"pack": "log", "formats": ["docx"]}, {"formats.0": "literal_error"}),
        (
            {"pack": "log", "since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            {"until": "period_empty"},
        ),
    ],
)
def test_what_cannot_be_made_is_said(server, auditor, body, faults):
    reply = server.call("POST", "/v1/exports", body, key=auditor)
    assert (reply.status, reply.faults) == (422, faults)


def test_the_scenes_that_are_told_are_those_that_there_are():
    told = ERRORS["unknown_scene"]["en"].removeprefix("there is no such scene; there are: ")
    assert told == ", ".join(Scene)
    assert ERRORS["unknown_scene"]["zh"].endswith(told)


def test_filters_leave_out_what_is_of_others(server, auditor, decided):
    told = made(server, auditor, {"pack": "creator", "creator": "c2", "formats": []})
    with zipfile.ZipFile(io.BytesIO(fetched(server, auditor, told))) as archive:
        records = archive.read("records.jsonl")
    assert b'"content":"ad/2"' in records and b"ad/1" not in records


def test_a_day_without_its_time_is_no_second_of_1970(server, auditor):
    reply = server.call("GET", "/v1/acts?since=20261101", key=auditor)
    assert (reply.status, reply.faults) == (422, {"since": "datetime_rfc3339"})


def test_a_witness_has_a_scope_of_its_own(server):
    _, key = server.within(server.service.keys.create("shop", scope=Scope.AUDIT))
    told = server.call("GET", "/v1/log/checkpoint", key=key).json
    proof = server.call("GET", f"/v1/log/consistency?old=1&new={told['size']}", key=key)
    assert proof.status == 200 and proof.json["proof"]
    assert server.call("POST", "/v1/moderations", {"scene": "ad", "text": "x"}, key=key).status == 403
    reply = server.call("GET", "/v1/log/consistency?old=9&new=3", key=key)
    assert (reply.status, reply.faults) == (422, {"old": "log_size"})


def test_acts_are_listed_with_their_filters(server, auditor, decided):
    first = server.call("GET", "/v1/acts?limit=3", key=auditor).json
    assert len(first["acts"]) == 3 and first["next"]
    second = server.call("GET", f"/v1/acts?limit=3&cursor={first['next']}", key=auditor).json
    assert second["acts"][0]["seq"] < first["acts"][-1]["seq"]
    named = server.call("GET", f"/v1/acts?named={decided}", key=auditor).json["acts"]
    assert decided in {one["subject"] for one in named}
    assert server.call("GET", "/v1/acts?until=2020-01-01T00:00:00Z", key=auditor).json == {"acts": [], "next": None}


def test_the_list_of_packs_names_its_days_in_shanghai_and_who_asked(server, auditor, decided):
    body = {"pack": "ad_archive", "since": "2026-09-30T16:00:00Z", "until": "2026-10-02T16:00:00Z", "formats": []}
    made(server, auditor, body)
    page = shown(auditor.call("GET", "/exports"))
    assert "2026-10-01 – 2026-10-02" in page
    assert f">{auditor.name}</bdi>" in page.partition("<tbody>")[2] and auditor.id not in page
    bare = page.count(WORDS["zh"]["exports.empty"])
    made(server, auditor, {"pack": "creator", "creator": "no-such-creator", "formats": []})
    assert shown(auditor.call("GET", "/exports")).count(WORDS["zh"]["exports.empty"]) == bare + 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pack_that_waits_is_told_from_the_one_that_is_made_and_one_too_long_to_print_says_so(
    server, auditor, decided, monkeypatch, lang
):
    made(server, auditor, {"pack": "log", "formats": []})
    exports = server.service.audit.exports
    (one,) = server.within(exports.listed("shop", limit=1))
    three = [
        one._replace(id="waits", state="waiting"),
        one._replace(id="made", state="waiting"),
        one._replace(state="failed", error="TookTooLong"),
    ]

    async def listed(*_, **__):
        return three

    monkeypatch.setattr(exports, "listed", listed)
    monkeypatch.setattr(exports, "doing", lambda id_: Doing("csv", 0, 1) if id_ == "made" else None)
    cookie = f"lang={lang}; __Host-qingliu={auditor.cookies['__Host-qingliu']}"
    rows = shown(auditor.call("GET", "/exports", Cookie=cookie)).split('<tr data-id="')[1:]
    for row, name in zip(rows, ("waiting", "making", "took_too_long"), strict=True):
        assert f">{WORDS[lang][f'exports.{name}']}</span>" in row


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_story_of_a_decision_is_a_page(server, auditor, decided, lang):
    server.within(server.service.audit.log.checkpoint())
    told = server.call("GET", f"/v1/decisions/{decided}/story", key=auditor).json
    assert told["checkpoint"]["size"] > told["seq"] and told["proof"]
    cookie = f"lang={lang}; __Host-qingliu={auditor.cookies['__Host-qingliu']}"
    page = shown(auditor.call("GET", f"/audit/decisions/{decided}", Cookie=cookie))
    assert told["leaf"] in page.replace("&#43;", "+")
    assert WORDS[lang]["story.course"] in page and "全网第一" in page
    at = datetime.fromisoformat(told["acts"][0]["at"]).astimezone(timezone(timedelta(hours=8)))
    assert WORDS[lang]["time.shanghai"].format(at=f"{at:%Y-%m-%d %H:%M:%S}") in page and "data-as" not in page
    for path in ("/audit", "/audit?kind=decision.*", "/exports"):
        assert WORDS[lang]["nav.audit"] in shown(auditor.call("GET", path, Cookie=cookie))


def test_every_stage_of_a_pack_has_its_words():
    told = {name.removeprefix("js.stage_") for name in WORDS["zh"] if name.startswith("js.stage_")}
    assert told == {*FORMATS, "records", "rows", "manifest", "archive"}
