"""Proofs, products, scripts, shows, corrections and alerts over the interface of a real server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from uuid import uuid4

import pytest
import time_machine

from moderation.types import SHANGHAI
from service.duty.alerts import Occasion, raise_alert
from service.duty.shows import Corrected, Doing, Said, correct
from service.http.html import WORDS
from service.ids import from_stamp
from service.keys import Caller
from service.rights import Role
from tests.http.conftest import running
from tests.http.test_console import shown

CLAIM = "本店牙刷双十一期间全网第一"
FILE = "ab" * 32
TODAY = datetime.now(SHANGHAI).date()


@pytest.fixture(scope="module")
def server(settings, tmp_path_factory):
    with running(settings.model_copy(update={"data": tmp_path_factory.mktemp("shows")})) as started:
        yield started


@pytest.fixture(scope="module")
def senior(server):
    return server.hire("sue", Role.SENIOR)


@pytest.fixture(scope="module")
def writer(server):
    return server.hire("wang", Role.REVIEWER)


def fine(reply):
    assert reply.status == 200, reply.body
    return reply.json


def proof(server, claims=(CLAIM,), **more):
    body = {"claims": list(claims), "file_sha256": FILE, "source": "某某研究院报告", **more}
    return fine(server.call("POST", "/v1/proofs", body))["id"]


def script(server, text, *, key=True, **more):
    return fine(server.call("POST", "/v1/scripts", {"text": text, **more}, key=key))


def test_a_content_that_names_a_proof_is_exempt_until_the_proof_ends(server):
    until = TODAY + timedelta(days=40)
    named = {"scene": "ad", "text": f"我们的{CLAIM}。", "proofs": [proof(server, valid_to=str(until))]}
    assert fine(server.judge(CLAIM))["action"] == "block"
    told = fine(server.call("POST", "/v1/moderations", named))
    assert told["action"] == "pass"
    assert [(one["code"], one["name"]) for one in told["exemptions"]] == [("proof", "有在案且在有效期内的证明")]
    at = f"{until}T23:59:59+08:00"
    assert fine(server.call("POST", "/v1/moderations", {**named, "published_at": at}))["action"] == "pass"
    late = f"{until + timedelta(days=1)}T00:00:00+08:00"
    assert fine(server.call("POST", "/v1/moderations", {**named, "published_at": late}))["action"] == "block"
    batch = {"items": [named, {"scene": "ad", "text": "很好"}]}
    results = fine(server.call("POST", "/v1/moderations/batch", batch))["results"]
    assert [one["action"] for one in results] == ["pass", "pass"]


def test_a_withdrawn_proof_exempts_nothing(server):
    named = {"scene": "ad", "text": CLAIM, "proofs": [proof(server)]}
    assert fine(server.call("POST", "/v1/moderations", named))["action"] == "pass"
    assert fine(server.call("DELETE", f"/v1/proofs/{named['proofs'][0]}"))["state"] == "withdrawn"
    refused = server.call("POST", "/v1/moderations", named)
    assert (refused.status, refused.faults) == (422, {"proofs": "unknown_proof"})
    assert server.call("DELETE", f"/v1/proofs/{named['proofs'][0]}").problem == "not-found"
    batch = {"items": [{"scene": "ad", "text": "很好"}, {**named, "content_id": "n"}, {"scene": "ad", "text": "好"}]}
    one, two, three = fine(server.call("POST", "/v1/moderations/batch", batch))["results"]
    assert (one["action"], three["action"]) == ("pass", "pass")
    assert two["content_id"] == "n"
    assert [(error["loc"], error["type"]) for error in two["error"]["errors"]] == [(["proofs"], "unknown_proof")]


@pytest.mark.parametrize("path", ["/v1/moderations", "/v1/moderations/batch"])
def test_what_was_answered_is_answered_again_whatever_became_of_its_proof(server, path):
    named = {"scene": "ad", "text": CLAIM, "proofs": [proof(server)]}
    body, key = {"items": [named]} if path.endswith("batch") else named, uuid4().hex
    first = server.call("POST", path, body, Idempotency_Key=key)
    fine(server.call("DELETE", f"/v1/proofs/{named['proofs'][0]}"))
    again = server.call("POST", path, body, Idempotency_Key=key)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert fine(again) == fine(first)
    other = server.call("POST", path, {**body, "x": 1}, Idempotency_Key=key)
    assert other.problem == ("invalid-body" if path.endswith("batch") else "idempotency-conflict")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"claims": ["第一"]}, {"claims.0": "string_too_short"}),
        ({"claims": [CLAIM, "最  好"]}, {"claims.1": "string_too_short"}),
        ({"claims": ["第一，，", "    ", "，。！？"]}, {f"claims.{n}": "string_too_short" for n in range(3)}),
        ({"file_sha256": "x"}, {"file_sha256": "string_pattern_mismatch"}),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, {"valid_to": "days_reversed"}),
    ],
)
def test_a_proof_that_says_nothing_is_refused(server, change, fault):
    body = {"claims": [CLAIM], "file_sha256": FILE, "source": "s", **change}
    assert fault.items() <= server.call("POST", "/v1/proofs", body).faults.items()


def test_proofs_are_listed_newest_first_page_by_page(server):
    ids = [proof(server, period=f"第{number}季度") for number in range(3)]
    first = fine(server.call("GET", "/v1/proofs?limit=2"))
    assert [one["id"] for one in first["proofs"]] == ids[:0:-1]
    second = fine(server.call("GET", f"/v1/proofs?limit=2&cursor={first['next']}"))
    assert second["proofs"][0]["id"] == ids[0]


def test_a_product_filed_anew_takes_the_place_of_what_was(server):
    body = {
        "product_id": "brush",
        "name": "电动牙刷",
        "industry": "cosmetic",
        "certificates": [{"kind": "cos_filing", "number": "粤G妆网备字2022056789", "valid_to": str(TODAY)}],
    }
    assert fine(server.call("POST", "/v1/products", body))["certificates"][0]["state"] == "ending"
    new = {**body, "certificates": [{"kind": "sc", "number": "SC10537021100467"}]}
    told = fine(server.call("POST", "/v1/products", new))
    assert told["certificates"] == [{"kind": "sc", "number": "SC10537021100467", "valid_to": None, "state": "valid"}]
    assert fine(server.call("GET", "/v1/products"))["products"] == [told]


def test_a_script_is_reported_on_sentence_by_sentence(server):
    text = f"大家好。这是国家级产品！我们的{CLAIM}。"
    told = script(server, text, proofs=[proof(server)])
    outcomes = [(one["text"], one["outcome"]) for one in told["report"]["sentences"]]
    assert outcomes == [("大家好。", "pass"), ("这是国家级产品！", "block"), (f"我们的{CLAIM}。", "proof")]
    assert told["report"]["counts"] == {
        "pass": 1,
        "proof": 1,
        "review": 0,
        "block": 1,
        "sentences": 3,
        "lacking": 0,
    }
    found = told["report"]["sentences"][1]
    assert found["evidence"][0]["laws"]
    assert found["rewrite"]["reason"] in {"", "nothing_left", "none_found"}
    assert text[found["start"] : found["end"]] == found["text"]


def test_approval_is_bound_to_the_text_and_an_edit_voids_it(server, senior, writer):
    first = script(server, "大家好。刷头很软。", key=writer, script_id="s-1")
    path = "/v1/scripts/s-1/approval"
    assert server.call("POST", path, {"digest": "0" * 64}, key=senior).json["why"] == "digest"
    approved = fine(server.call("POST", path, {"digest": first["digest"]}, key=senior))
    assert (approved["approved"], approved["approved_by"]) == (True, senior.id)
    assert server.call("POST", path, {"digest": first["digest"]}, key=senior).json["why"] == "approved"
    again = script(server, "大家好。刷头很软。", key=writer, script_id="s-1")
    assert (again["version"], again["approved"]) == (1, True)
    edited = script(server, "大家好。刷头最软。", key=writer, script_id="s-1")
    assert (edited["version"], edited["approved"]) == (2, False)
    old = fine(server.call("GET", "/v1/scripts/s-1?version=1"))
    assert (old["approved"], old["voided_at"] is not None) == (False, True)
    assert server.call("POST", path, {"digest": first["digest"]}, key=senior).json["why"] == "digest"
    lines = fine(server.call("GET", "/v1/scripts/s-1/diff?from=1&to=2"))["lines"]
    assert [(one["kind"], one["new"]) for one in lines] == [("same", "大家好。"), ("changed", "刷头最软。")]
    versions = fine(server.call("GET", "/v1/scripts/s-1/versions"))["versions"]
    assert [one["version"] for one in versions] == [2, 1]


def test_what_did_not_change_between_versions_is_folded(server, senior, writer):
    for last in ("好用。", "最好用。"):
        script(server, "".join(f"第{number}句。" for number in range(7)) + last, key=writer, script_id="s-long")
    page = shown(senior.call("GET", "/scripts/s-long/diff?from=1&to=2"))
    assert WORDS["zh"]["script.unchanged"].format(n=7) in page and "<del>" in page


def test_nobody_approves_what_they_filed_and_blocked_words_need_a_reason(server, senior, writer):
    own = script(server, "大家好。", key=senior, script_id="s-2")
    path = "/v1/scripts/{}/approval"
    assert server.call("POST", path.format("s-2"), {"digest": own["digest"]}, key=senior).json["why"] == "author"
    bad = script(server, "国家级！", key=writer, script_id="s-3")
    body = {"digest": bad["digest"]}
    assert server.call("POST", path.format("s-3"), body, key=senior).json["why"] == "note"
    assert fine(server.call("POST", path.format("s-3"), {**body, "note": "引用批文名称"}, key=senior))["approved"]
    assert server.call("POST", path.format("s-3"), body, key=writer).status == 403
    assert server.call("POST", path.format("s-3"), body).status == 403


def test_host_speech_follows_the_approved_script_of_its_show(server, senior, writer):
    text = f"大家好欢迎来到直播间。我们的{CLAIM}。刷头很软。"
    filed = script(server, text, key=writer, script_id="s-4", proofs=[proof(server)])
    body = {"room_id": "r-4", "script_id": "s-4", "hosts": [{"host_id": "li", "checked_on": str(TODAY)}]}
    show = fine(server.call("POST", "/v1/shows", body))
    assert [gap["code"] for gap in show["gaps"]] == ["script_unapproved"]
    said = {"scene": "live_speech", "room_id": "r-4", "account_role": "host"}
    assert fine(server.call("POST", "/v1/moderations", {**said, "text": CLAIM}))["action"] == "block"
    fine(server.call("POST", "/v1/scripts/s-4/approval", {"digest": filed["digest"]}, key=senior))
    assert fine(server.call("GET", f"/v1/shows/{show['id']}"))["gaps"] == []
    heard = fine(server.call("POST", "/v1/moderations", {**said, "text": f"我们的{CLAIM}"}))
    assert (heard["action"], heard["exemptions"][0]["code"]) == ("pass", "proof")
    off = fine(server.call("POST", "/v1/moderations", {**said, "text": "它还是国家级的"}))
    assert off["action"] == "block"
    assert "off_script" in off["evidence"][0]["facts"]
    assert off["evidence"][0]["why"].endswith("不在播前审定的脚本内")
    fine(server.call("POST", f"/v1/shows/{show['id']}/end", {}))
    after = fine(server.call("POST", "/v1/moderations", {**said, "text": f"我们的{CLAIM}"}))
    assert after["action"] == "block"


def test_all_that_is_numbered_behind_the_start_of_a_show_is_judged_by_it(server):
    filed, started, numbers = proof(server), threading.Event(), count()

    def say():
        said = {"id": f"m-{next(numbers)}", "kind": "host_speech", "text": f"我们的{CLAIM}"}
        fine(server.call("POST", "/v1/rooms/r-10/messages", {"messages": [said]}))

    def talk():
        while not started.is_set():
            say()
        say()

    say()
    with ThreadPoolExecutor(1) as pool:
        talking = pool.submit(talk)
        fine(server.call("POST", "/v1/shows", {"room_id": "r-10", "proofs": [filed]}))
        started.set()
        talking.result()
    told = fine(server.call("GET", "/v1/rooms/r-10/events?limit=500"))["items"]
    begin = next(one["seq"] for one in told if one["kind"] == "show_started")
    heard = [(one["seq"] > begin, one["action"]) for one in told if one["kind"] == "verdict"]
    assert set(heard) == {(False, "block"), (True, "pass")}


def test_a_room_has_one_show_at_a_time_and_tells_what_is_missing(server):
    body = {"room_id": "r-5", "products": ["brush5"]}
    assert server.call("POST", "/v1/shows", body).faults == {"products": "unknown_product"}
    fine(server.call("POST", "/v1/products", {"product_id": "brush5", "name": "牙刷"}))
    show = fine(server.call("POST", "/v1/shows", body))
    assert [(gap["code"], gap["subject"]) for gap in show["gaps"]] == [
        ("host_unchecked", "r-5"),
        ("script_missing", "r-5"),
        ("certificate_missing", "brush5"),
    ]
    again = server.call("POST", "/v1/shows", body)
    assert (again.problem, again.json["show"]) == ("already-live", show["id"])
    old = {"host_id": "li", "method": "face", "checked_on": str(TODAY - timedelta(days=200))}
    told = fine(server.call("POST", f"/v1/shows/{show['id']}/checks", old))
    assert told["gaps"][0] == {"code": "host_check_old", "subject": "li"}
    live = fine(server.call("GET", "/v1/shows?state=live"))["shows"]
    assert "r-5" in [one["room_id"] for one in live]
    ended = fine(server.call("POST", f"/v1/shows/{show['id']}/end", {}))
    assert fine(server.call("POST", f"/v1/shows/{show['id']}/end", {}))["ended_at"] == ended["ended_at"]
    fine(server.call("POST", "/v1/shows", body))


def test_a_check_that_is_yet_to_come_is_refused(server):
    late = {"host_id": "li", "checked_on": str(TODAY + timedelta(days=2))}
    fit = {"host_id": "wu", "checked_on": str(TODAY)}
    began = server.call("POST", "/v1/shows", {"room_id": "r-9", "hosts": [fit, late]})
    assert (began.status, began.faults) == (422, {"hosts.1.checked_on": "day_ahead"})
    show = fine(server.call("POST", "/v1/shows", {"room_id": "r-9", "hosts": [fit]}))
    again = server.call("POST", f"/v1/shows/{show['id']}/checks", late)
    assert (again.status, again.faults) == (422, {"checked_on": "day_ahead"})


def test_what_people_do_in_a_room_is_on_record(server, writer):
    path = "/v1/rooms/r-6/acts"
    assert server.call("POST", path, {"kind": "warn"}).status == 403
    assert server.call("POST", path, {"kind": "mute"}, key=writer).faults == {"target": "missing"}
    for blank in ({"kind": "mute", "target": "  ", "minutes": 1}, {"kind": "warn", "target": "\u3000"}):
        assert server.call("POST", path, blank, key=writer).faults == {"target": "missing"}
    assert server.call("POST", path, {"kind": "warn", "minutes": 5}, key=writer).faults == {
        "minutes": "extra_forbidden"
    }
    fine(server.call("POST", path, {"kind": "mute", "target": "u-1", "text": "刷屏"}, key=writer))
    told = fine(server.call("POST", path, {"kind": "warn", "text": "  "}, key=writer))["acts"]
    assert [(one["kind"], one["target"], one["text"]) for one in told] == [
        ("warn", None, ""),
        ("mute", "u-1", "刷屏"),
    ]
    assert told[0]["by"] == {"id": writer.id, "name": "wang"}


@pytest.mark.parametrize("name", ["\u3000x", "a\u00a0b", "a/b"])
def test_no_show_begins_in_a_room_of_such_a_name(server, name):
    reply = server.call("POST", "/v1/shows", {"room_id": name}, Accept_Language="en")
    assert reply.faults == {"room_id": "string_pattern_mismatch"}
    assert "without slashes, blanks" in reply.json["errors"][0]["msg"]


def test_a_mute_may_end_by_itself(server, writer):
    path = "/v1/rooms/r-8/acts"
    (told,) = fine(server.call("POST", path, {"kind": "mute", "target": "u-1", "minutes": 10}, key=writer))["acts"]
    assert timedelta(0) < from_stamp(told["until"]) - from_stamp(told["at"]) <= timedelta(minutes=10)
    (event,) = fine(server.call("GET", "/v1/rooms/r-8/events"))["items"]
    assert (event["kind"], event["target"], event["until"]) == ("muted", "u-1", told["until"])
    assert "data-unmute" in writer.call("GET", "/live/r-8").body.decode()
    past = Doing("mute", "u-1", until=told["at"])
    server.within(server.service.duties.shows.act(Caller("shop", writer.id), "r-9", past))
    assert [one["over"] for one in fine(server.call("GET", "/v1/rooms/r-9/acts"))["acts"]] == [True]
    assert "data-unmute" not in writer.call("GET", "/live/r-9").body.decode()


def test_corrections_are_exported_with_their_words_and_offsets(server):
    show = fine(server.call("POST", "/v1/shows", {"room_id": "r-7"}))
    ids = ["claim-7", "taken-back-7"]
    for name, text in zip(ids, ["这是国家级的", "=口误，不是国家级"], strict=True):
        body = {"scene": "live_speech", "room_id": "r-7", "content_id": name, "text": text}
        fine(server.call("POST", "/v1/moderations", body))

    def work(visit):
        rows = [visit.rows("SELECT id FROM contents WHERE content_id = ?", name)[0][0] for name in ids]
        claim, taken_back = Said(rows[0], 2, 5, visit.at), Said(rows[1], 0, 9, visit.at)
        correct(visit, "shop", Corrected("r-7", "li", "absolute_claim", claim, taken_back))

    server.within(server.service.ledger.visit(work))
    path = f"/v1/shows/{show['id']}/corrections"
    (told,) = fine(server.call("GET", path))["corrections"]
    assert (told["claim"]["text"], told["correction"]["text"]) == ("国家级", "=口误，不是国家级")
    assert (told["claim"]["start"], told["show_id"], told["host_id"]) == (2, show["id"], "li")
    export = server.call("GET", f"{path}?format=csv")
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    lines = export.body.decode("utf-8-sig").splitlines()
    assert (len(lines), "国家级" in lines[1], ",'=口误，不是国家级," in lines[1]) == (2, True, True)


def test_what_ends_within_thirty_days_is_announced_once_and_again_when_it_ends(server, writer):
    ends = TODAY + timedelta(days=300)
    ending = proof(server, valid_to=str(ends))
    paper = {"kind": "sc", "number": "SC1", "valid_to": str(ends)}
    fine(server.call("POST", "/v1/products", {"product_id": "p-8", "name": "米", "certificates": [paper]}))
    mine = {ending, "p-8"}

    def told(days):
        with time_machine.travel(datetime.combine(ends, datetime.min.time(), UTC) + timedelta(days=days)):
            server.within(server.service.duties.alerts.sweep())
            server.within(server.service.duties.alerts.sweep())
        found = fine(server.call("GET", "/v1/alerts?limit=200"))["alerts"]
        return sorted(one["kind"] for one in found if one["subject"] in mine)

    assert told(-31) == []
    assert told(-30) == ["certificate.ending", "proof.ending"]
    assert told(0) == ["certificate.ending", "proof.ending"]
    assert told(1) == ["certificate.ending", "certificate.expired", "proof.ending", "proof.expired"]
    fine(server.call("POST", "/v1/products", {"product_id": "p-8", "name": "米", "certificates": [paper]}))
    assert told(2) == ["certificate.ending", "certificate.expired", "proof.ending", "proof.expired"]


def test_an_alert_is_raised_once_and_acknowledged_by_a_person(server, writer):
    ledger = server.service.ledger
    occasion = Occasion(
        "room.red", "r-9", "1", {"category": "negative_sentiment", "expected_milli": 640, "level": "red"}
    )
    raising = partial(raise_alert, tenant="shop", occasion=occasion)
    raised = server.within(ledger.visit(raising))
    assert server.within(ledger.visit(raising)) is None
    before = fine(server.call("GET", "/v1/alerts"))["open"]
    line = shown(writer.call("GET", "/alerts")).partition(raised)[2].partition("</tr>")[0]
    assert "negative_sentiment" not in line and " red" not in line and "预期 0.6" in line
    path = f"/v1/alerts/{raised}/acknowledgement"
    assert server.call("POST", path, {}).status == 403
    told = fine(server.call("POST", path, {}, key=writer))
    assert told["acknowledged_by"] == {"id": writer.id, "name": "wang"}
    after = fine(server.call("GET", "/v1/alerts"))
    assert (after["open"], raised in [one["id"] for one in after["alerts"]]) == (before - 1, False)
    assert raised in [one["id"] for one in fine(server.call("GET", "/v1/alerts?state=all&limit=200"))["alerts"]]


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_a_script_is_kept_with_lines_that_end_as_in_a_browsers_field(server, ends):
    told = script(server, ends.join(["", "大家好。", "", "牙刷很软。"]))
    assert told["text"] == "\n大家好。\n\n牙刷很软。"
    first, second = told["report"]["sentences"]
    assert [told["text"][one["start"] : one["end"]] for one in (first, second)] == ["大家好。", "牙刷很软。"]
