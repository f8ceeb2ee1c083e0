"""Reports and complaints over HTTP: filed by the pipeline, read by it, and answered by people."""

from __future__ import annotations

import pytest

from service.rights import Role


@pytest.fixture
def house(serving):
    with serving() as server:
        server.judge("好用", content_id="a")
        yield server


def report(server, **more):
    return server.call("POST", "/v1/reports", {"content_id": "a", "reporter_id": "u1", "reason": "spam", **more})


def complain(server, **more):
    body = {"content_id": "a", "complainant_id": "buyer", "reason": "fake", **more}
    return server.call("POST", "/v1/complaints", body)


def claimed(server, who):
    (item,) = server.call("POST", "/v1/reviews/claim", {"limit": 9}, key=who).json["items"]
    return item


def decide(server, who, item, **body):
    return server.call("POST", f"/v1/reviews/{item['id']}/decision", {"token": item["token"], **body}, key=who)


def test_a_report_is_filed_once_a_round_and_told_its_outcome(house):
    first = report(house, detail="垃圾广告").json
    assert report(house, reason="other").json["id"] == first["id"]
    assert (first["detail"], first["weight"], first["outcome"]) == ("垃圾广告", 0.5, None)
    ann = house.hire()
    item = claimed(house, ann)
    assert [one["id"] for one in item["reports"]] == [first["id"]]
    assert decide(house, ann, item, action="block", reasons=[{"category": "gambling"}]).status == 200
    told = house.call("GET", f"/v1/reports/{first['id']}").json
    assert (told["outcome"], told["weight"]) == ("upheld", 0.667)
    assert report(house).json["id"] != first["id"]


def test_a_complaint_is_verified_and_answered(house):
    filed = complain(house, detail="假货", order_id="订单 8", evidence="照片").json
    assert (filed["order_id"], filed["evidence"]) == ("订单 8", "照片")
    ann = house.hire()
    item = claimed(house, ann)
    assert decide(house, ann, item, action="pass").faults == {"outcome": "outcome_needed"}
    closed = decide(house, ann, item, outcome="upheld", verification="verified").json
    assert (closed["state"], closed["outcome"]) == ("closed", None)
    told = house.call("GET", f"/v1/complaints/{filed['id']}").json
    assert (told["outcome"], told["verification"]) == ("upheld", "verified")
    assert house.call("GET", f"/v1/reports/{filed['id']}").status == 404


def test_words_of_a_report_are_found_in_contents_alone(house):
    secret = "绝密举报"
    report(house, detail=secret)
    complain(house, detail=secret)
    ann = house.hire()
    assert house.call("GET", "/v1/search?text=%E7%BB%9D%E5%AF%86", key=ann).json["items"] == []

    async def elsewhere():
        def work(visit):
            bodies = [body for (body,) in visit.rows("SELECT body FROM acts")]
            return [body for body in bodies if secret.encode() in body], visit.rows("SELECT facts FROM notices")

        return await house.service.ledger.visit(work)

    assert house.within(elsewhere()) == ([], [])


def test_a_content_that_was_never_judged_cannot_be_reported(house):
    for reply in (report(house, content_id="ghost"), complain(house, content_id="ghost")):
        assert (reply.status, reply.faults) == (422, {"content_id": "unknown_content"})


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"reason": "Spam!"}, {"reason": "string_pattern_mismatch"}),
        ({"reporter_id": ""}, {"reporter_id": "string_too_short"}),
        ({"detail": "x" * 2001}, {"detail": "string_too_long"}),
        ({"detail": "\x00"}, {"detail": "nul"}),
        ({"colour": 1}, {"colour": "extra_forbidden"}),
    ],
)
def test_a_wrong_report_names_its_fields(house, more, faults):
    reply = report(house, **more)
    assert (reply.status, reply.faults) == (422, faults)


def test_people_do_not_file_reports_and_other_tenants_do_not_see_them(house):
    filed = report(house).json
    assert house.call("POST", "/v1/reports", {}, key=house.hire()).status == 403
    _, rival = house.within(house.service.keys.create("rival"))
    assert house.call("GET", f"/v1/reports/{filed['id']}", key=rival).status == 404
    assert house.call("GET", f"/v1/reports/{filed['id']}", key=house.hire("boss", Role.ADMIN)).status == 200
