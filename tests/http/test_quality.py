"""The quality of review over HTTP: figures, golden items, labels; and what their documents promise."""

from __future__ import annotations

import pytest

from service.labels import Origin, Said
from service.rights import Role
from tests.http.test_reviews import BLOCK, act, claim, fits, judge

PASS = {"action": "pass"}


@pytest.fixture
def house(serving, doubtful):
    with serving(lexicons=doubtful, second_review_share=1.0, golden_share=0.0) as server:
        yield server


def works(house, who, ruling, *, skips=0):
    """Decides all that somebody is given, and skips the first few."""
    for place, item in enumerate(claim(house, who, limit=50)):
        step, body = ("skip", {}) if place < skips else ("decision", ruling)
        assert act(house, who, item["id"], step, token=item["token"], **body).status == 200


def test_from_decisions_to_figures(house):
    ann, bob, sue = house.hire("ann"), house.hire("bob"), house.hire("sue", Role.SENIOR)
    for number in range(4):
        judge(house, f"c{number}", f"第{number}次说你是个傻瓜蛋", creator_id="cr")
    works(house, ann, BLOCK)
    works(house, bob, PASS, skips=1)
    told = house.call("GET", "/v1/quality", key=sue).json
    fits(house, told, "Quality")
    (category,) = told["categories"]
    assert (category["category"], category["kappa"]["n"], category["observed"]["value"]) == ("abuse_insult", 3, 0.0)
    assert category["unclear"] is False, "three pairs say nothing yet"
    assert (category["kappa"]["value"], category["lacking"]) == (None, {"pairs": 27, "blocked": 0, "passed": 0})
    for lang, said in (("zh", "样本太少 · 还差 27 对"), ("en", "too few · 27 more pairs")):
        page = sue.call("GET", "/quality", Cookie=f"lang={lang}; __Host-qingliu={sue.cookies['__Host-qingliu']}")
        assert said in page.body.decode()
    by_name = {one["user"]["name"]: one for one in told["reviewers"]}
    assert (by_name["ann"]["decisions"], by_name["bob"]["decisions"]) == (4, 3), "a skip is no decision"
    assert by_name["ann"]["golden"]["answered"] == 0
    for who in (ann, bob):
        assert house.call("GET", "/v1/quality", key=who).problem == "forbidden"


def test_golden_items_are_made_listed_and_ended(house):
    ann, sue = house.hire("ann"), house.hire("sue", Role.SENIOR)
    judge(house, "c0")
    assert house.call("POST", "/v1/golden", {"content_id": "c0"}, key=sue).faults == {"content_id": "golden_undecided"}
    assert house.call("POST", "/v1/golden", {"content_id": "ghost"}, key=sue).status == 404
    works(house, ann, BLOCK)
    made = house.call("POST", "/v1/golden", {"content_id": "c0"}, key=sue).json
    assert house.call("POST", "/v1/golden", {"content_id": "c0"}, key=sue).json == made, "the same twice is one"
    told = house.call("GET", "/v1/golden", key=sue).json
    fits(house, told, "GoldenList")
    assert [(one["id"], one["answer"], one["answers"]) for one in told["items"]] == [
        (made["id"], ["block", "abuse_insult"], 0)
    ]
    for method, path in (("GET", "/v1/golden"), ("POST", "/v1/golden"), ("DELETE", "/v1/golden/c0")):
        body = {"content_id": "c0"} if method == "POST" else None
        assert house.call(method, path, body, key=ann).problem == "forbidden"
    assert house.call("DELETE", "/v1/golden/c0", key=sue).status == 200
    assert house.call("DELETE", "/v1/golden/c0", key=sue).status == 404
    assert house.call("GET", "/v1/golden", key=sue).json == {"items": []}


def test_labels_tell_their_origin_and_what_is_proposed(house):
    sue = house.hire("sue", Role.SENIOR)
    told = house.call("GET", "/v1/labels", key=sue).json
    fits(house, told, "LabelsShown")
    assert (told["texts"], told["ready"], told["proposals"], told["enough"]) == (0, False, [], 1000)


def test_retraining_is_proposed_when_all_tenants_have_labels_enough(house, monkeypatch):
    """It learns from all, so two tenants with half of the labels each need not wait for ever."""
    monkeypatch.setattr("service.labels.ENOUGH", 4)
    sue, labels = house.hire("sue", Role.SENIOR), house.service.labels
    house.within(house.service.keys.create("rival"))
    told = []
    for tenant, texts in (("shop", "甲乙"), ("rival", "丙丁")):
        said = [Said(place, text, {"fraud": 1}) for place, text in enumerate(texts)]
        house.within(labels.import_(said, tenant=tenant, origin=Origin.IMPORT, by="k"))
        found = house.call("GET", "/v1/labels", key=sue).json
        told.append((found["texts"], found["new"], found["lacking"], found["ready"]))
    assert told == [(2, 2, 2, False), (2, 2, 0, True)]
    assert "qingliu retrain" in sue.call("GET", "/quality").body.decode()
