"""The blind second review over HTTP: whatever a second reviewer asks for, no answer depends on the first verdict."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from service.http.html import WORDS
from service.http.interface import ROUTES
from service.live.talk import RETRACTION, RULING, Event
from service.review.veil import Veil, heard
from service.rights import RIGHTS_OF, RIGHTS_OF_KEY, Role, Scope
from tests.http.conftest import running
from tests.http.test_reviews import BLOCK, act, claim, judge
from tests.small import ABUSE, DOUBTFUL, small_rules

NOTED = {**BLOCK, "note": "铁证如山"}
PASS = {"action": "pass"}
VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?|\b[a-f]-item\b|\"reached\": ?[^,}]+"
    r"|\"seq\": ?\d+|<code>\d+</code>|\"token\": ?\d+|data-token=\"\d+\""
)
ASKED = {
    "/v1/reviews/{id}": "review",
    "/v1/reviews/{id}/suggestion": "review",
    "/v1/contents/{id}": "content",
    "/desk/{id}": "review",
    "/desk/{id}/suggestion": "review",
    "/items/{id}": "review",
    "/contents/{id}": "content",
    "/v1/search": "text",
    "/search": "text",
    "/v1/reviews": "states",
    "/queue": "states",
}
"""What each route that a reviewer may read is asked about one content; the others tell of no content."""
ELSEWHERE = {
    "/", "/contents", "/docs", "/docs/{asset}", "/healthz", "/login", "/metrics", "/openapi.json", "/readyz",
    "/static/{file}", "/system", "/try", "/v1/sessions/current", "/v1/views",
}  # fmt: skip
FILED = {
    "/alerts", "/files", "/scripts", "/scripts/{id}", "/scripts/{id}/diff", "/v1/alerts", "/v1/products",
    "/v1/products/{id}", "/v1/proofs", "/v1/proofs/{id}", "/v1/scripts", "/v1/scripts/{id}", "/v1/scripts/{id}/diff",
    "/v1/scripts/{id}/report", "/v1/scripts/{id}/versions", "/v1/shows", "/v1/shows/{id}", "/v1/shows/{id}/corrections",
}  # fmt: skip
"""They tell of what was filed before and during shows, which nobody decides at the desk."""
RULES = {
    "/lexicons", "/rehearsals/{id}", "/rulesets", "/rulesets/{id}",
    "/v1/lexicons", "/v1/lexicons/terms", "/v1/rulesets", "/v1/rulesets/proposals", "/v1/rulesets/proposals/{id}",
    "/v1/rulesets/rehearsals/{id}", "/v1/rulesets/shadows", "/v1/rulesets/versions/{version}",
}  # fmt: skip
"""They tell of rules, and of what engines make of contents by them."""
ROOMS = {
    "/live", "/live/{room}", "/v1/rooms", "/v1/rooms/{room}", "/v1/rooms/{room}/acts", "/v1/rooms/{room}/events",
    "/v1/rooms/{room}/pulse", "/v1/rooms/{room}/stream",
}  # fmt: skip
"""What rooms tell goes through ``veil.heard``."""
STATES = ("waiting", "held", "closed", "overdue")


@pytest.fixture(scope="module")
def house(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("blind")
    lexicons = small_rules(folder / "lexicons", {"safety/abuse.txt": ABUSE})
    own = {"data": folder / "data", "lexicons": lexicons, "second_review_share": 1.0, "golden_share": 0.0}
    with running(settings.model_copy(update=own)) as server:
        yield server


@pytest.fixture(scope="module")
def people(house):
    roles = {**dict.fromkeys(("ann", "bob", "cid", "eve"), Role.REVIEWER), "sue": Role.SENIOR}
    return {name: house.hire(name, role) for name, role in roles.items()}


def take(house, who, name, kind):
    """The item of a kind about a content, claimed; the others are given back."""
    items = claim(house, who, limit=50, kinds=[kind])
    for one in items:
        if one["content_id"] != name:
            assert act(house, who, one["id"], "release", token=one["token"]).status == 200
    return next(one for one in items if one["content_id"] == name)


def offered(house, who):
    """The contents that somebody would be given."""
    items = claim(house, who, limit=50)
    for one in items:
        act(house, who, one["id"], "release", token=one["token"])
    return {one["content_id"] for one in items}


def decide(house, who, name, kind, ruling):
    item = take(house, who, name, kind)
    reply = act(house, who, item["id"], "decision", token=item["token"], **ruling)
    assert reply.status == 200, reply.json
    return reply.json


def asked(house, who, name, reviews, text):
    """Everything that a person can read about a content, as text by what was asked; what must differ is taken out."""
    told = {}
    for path, about in ASKED.items():
        paths = {
            "review": [path.replace("{id}", review) for review in reviews],
            "content": [path.replace("{id}", quote(name, safe=""))],
            "text": [f"{path}?{'text' if path.startswith('/v1') else 'q'}={quote(text)}"],
            "states": [f"{path}?state={state}&limit=50" for state in STATES],
        }[about]
        for number, each in enumerate(paths):
            reply = house.call("GET", each, key=who)
            assert reply.status == 200, (each, reply.body)
            told[f"{path} {number}"] = reply.body.decode()
    return told


def about(told, name, path):
    """What is said of one content, where an answer is about several."""
    if path.startswith("/v1") and ASKED[path.split()[0]] in {"states", "text"}:
        told = json.dumps([one for one in json.loads(told)["items"] if one["content_id"] == name], ensure_ascii=False)
    elif ASKED[path.split()[0]] in {"states", "text"}:
        told = "".join(part for part in re.split(r"(?=<tr)|(?=<li)|(?=<article)", told) if name in part)
    return VARIES.sub("·", told)


def test_every_route_that_a_reviewer_may_read_is_looked_at():
    readable = {one.path for one in ROUTES if one.method == "GET" and one.policy in RIGHTS_OF[Role.REVIEWER]}
    assert readable == ASKED.keys() | ELSEWHERE | FILED | ROOMS | RULES


@pytest.mark.parametrize("kind", [RULING, RETRACTION])
def test_whoever_reviews_hears_no_word_of_what_people_decided_in_live_rooms(kind):
    at = datetime.now(UTC)
    events = [Event(1, kind, {"by": by}, at) for by in ("person", "deadline", "engine")]
    for role in Role:
        told = [one.facts["by"] for one in heard(events, RIGHTS_OF[role])]
        assert ("person" in told) == (role not in {Role.REVIEWER, Role.SENIOR}), role
        assert told[-2:] == ["deadline", "engine"]
    assert heard(events, RIGHTS_OF_KEY[Scope.MODERATE]) == events


def different(house, who, names, reviews, text):
    """The routes whose answers on two contents are not alike."""
    told = [asked(house, who, name, reviews[name], text) for name in names]
    return [path for path in told[0] if about(told[0][path], names[0], path) != about(told[1][path], names[1], path)]


@pytest.fixture(scope="module")
def verdicts(house, people):
    """Two contents alike that Ann decided, one each way; their items, with those of the second reviews."""
    reviews = {}
    for name, ruling in (("a-item", NOTED), ("b-item", PASS)):
        judge(house, name)
        first = decide(house, people["ann"], name, "content", ruling)
        sample = take(house, people["bob"], name, "sample")
        act(house, people["bob"], sample["id"], "release", token=sample["token"])
        reviews[name] = [first["id"], sample["id"]]
    return reviews


@pytest.mark.parametrize("who", ["bob", "sue"])
def test_no_answer_depends_on_the_first_verdict(house, people, verdicts, who):
    assert different(house, people[who], list(verdicts), verdicts, DOUBTFUL) == []


def test_without_the_veil_answers_would_tell(house, people, verdicts, monkeypatch):
    async def nothing(*_):
        return frozenset()

    monkeypatch.setattr(Veil, "over", nothing)
    assert len(different(house, people["bob"], list(verdicts), verdicts, DOUBTFUL)) >= 5


@pytest.mark.parametrize("name", ["a-item", "b-item"])
def test_pages_say_that_a_verdict_is_kept_back_and_name_people(house, people, verdicts, name):
    """An administrator may decide as well as look into the log: the story of a decision tells no more than the desk."""
    root, hidden = house.hire(f"root-{name}", Role.ADMIN), WORDS["zh"]["content.veiled"]
    told = house.call("GET", f"/v1/contents/{name}", key=people["ann"]).json["versions"][0]["decisions"]
    human = next(one["id"] for one in told if one["by"] == "person")
    story = root.call("GET", f"/audit/decisions/{human}").body.decode()
    course = story.partition('class="course"')[2].partition("</ol>")[0]
    assert hidden in story and WORDS["zh"]["act.decision.auto"] in course
    told = {WORDS["zh"][f"act.decision.{kind}"] for kind in ("human", "superseded")}
    assert not told & set(re.findall(r"<b>([^<]+)</b>", course))
    page = root.call("GET", f"/contents/{name}").body.decode()
    assert hidden in page and ">ann<" in page and people["ann"].id not in page
    own = people["ann"].call("GET", f"/contents/{name}").body.decode()
    assert hidden not in own and WORDS["zh"]["act.decision.human"] in own


def test_whoever_decided_sees_the_difference(house, people, verdicts):
    reviews = {name: items[:1] for name, items in verdicts.items()}
    assert len(different(house, people["ann"], list(verdicts), reviews, DOUBTFUL)) >= 5


def test_whoever_decided_does_not_see_that_it_is_decided_again(house, people, verdicts):
    seen = {}
    for who in ("ann", "bob"):
        told = house.call("GET", "/v1/reviews?state=waiting&limit=50", key=people[who]).json
        assert told["counts"]["waiting"]["n"] == len(told["items"])
        seen[who] = {one["content_id"] for one in told["items"]} & verdicts.keys()
    assert seen == {"ann": set(), "bob": {"a-item", "b-item"}}


def test_no_answer_depends_on_how_an_appeal_was_decided_first(house, people):
    reviews = {}
    for name, outcome in (("c-item", "upheld"), ("d-item", "overturned")):
        judge(house, name)
        decide(house, people["cid"], name, "content", BLOCK)
        decide(house, people["eve"], name, "sample", BLOCK)
        filed = house.call(
            "POST", "/v1/appeals", {"content_id": name, "appellant_id": "cr", "grounds": "只是玩笑"}
        ).json
        decide(house, people["ann"], name, "appeal", {"outcome": outcome})
        for person in ("ann", "cid", "eve"):
            assert name not in offered(house, people[person]), "whoever decided before has no word on it"
        sample = take(house, people["bob"], name, "sample")
        assert sample["appeal"]["grounds"] == "只是玩笑" and sample["appeal"]["outcome"] is None
        act(house, people["bob"], sample["id"], "release", token=sample["token"])
        reviews[name] = [filed["review"], sample["id"]]
    for who in ("bob", "sue"):
        assert different(house, people[who], list(reviews), reviews, DOUBTFUL) == []


@pytest.mark.parametrize(("name", "first", "last"), [("e-item", "upheld", PASS), ("f-item", "overturned", BLOCK)])
def test_a_senior_who_sees_an_appeal_otherwise_decides_it_anew(house, people, name, first, last):
    judge(house, name)
    decide(house, people["cid"], name, "content", BLOCK)
    filed = house.call("POST", "/v1/appeals", {"content_id": name, "appellant_id": "cr", "grounds": "只是玩笑"}).json
    decide(house, people["ann"], name, "appeal", {"outcome": first})
    second = decide(house, people["bob"], name, "sample", last)
    assert (second["state"], second["level"]) == ("waiting", 1)
    closed = decide(house, people["sue"], name, "sample", last)
    assert closed["outcome"]["action"] == last["action"]
    told = house.call("GET", f"/v1/appeals/{filed['id']}").json
    assert told["outcome"] == {"pass": "overturned", "block": "upheld"}[last["action"]]
    newest = house.call("GET", f"/v1/contents/{name}", key=people["sue"]).json["versions"][0]["decisions"][0]
    assert newest["action"] == last["action"]
