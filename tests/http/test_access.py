"""Who may call: keys, their end, their rate, and what is open to all."""

from __future__ import annotations

import time

import pytest

from service.http.interface import ROUTES
from service.http.problems import Problem
from service.http.rates import Rates
from service.http.routes import Route, route
from service.rights import RIGHTS_OF, RIGHTS_OF_KEY, Right, Role, Scope

OPEN = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"]
CONSOLE = ["/login", "/csp", "/static/{file}"]


def address(one):
    return one.path.replace("{asset}", "docs.js").replace("{version}", "1").replace("{", "").replace("}", "")


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_need_no_key(server, path):
    assert server.call("GET", path, key=None).status == 200


@pytest.mark.parametrize("one", [one for one in ROUTES if one.policy is not Right.OPEN], ids=lambda one: one.path)
@pytest.mark.parametrize("key", [None, "ql_0_wrong", "", "Ünïcode"])
def test_every_other_route_needs_one(server, one, key):
    headers = {} if key is None else {"X-API-Key": key.encode("utf-8").decode("latin-1")}
    reply = server.call(one.method, address(one), key=None, **headers)
    assert (reply.status, reply.problem) == (401, "unauthorized")
    assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "one", [one for one in ROUTES if one.policy in {Right.LEXICON, Right.NOTICES}], ids=lambda one: one.path
)
def test_what_changes_rules_or_receivers_needs_an_admin_key(server, one):
    reply = server.call(one.method, address(one), {} if one.method == "POST" else None)
    assert (reply.status, reply.problem) == (403, "forbidden")
    needs = reply.json["needs"]
    assert (needs["right"], needs["scopes"]) == (one.policy.value, ["admin"])
    assert "admin" in needs["roles"]
    assert all(name in reply.json["detail"] for name in (needs["right"], *needs["scopes"], *needs["roles"]))


def test_a_browser_is_sent_to_the_door_and_a_program_is_told(server):
    reply = server.call("GET", "/queue?scene=ad", key=None, Accept="text/html,*/*")
    assert (reply.status, reply.headers["location"]) == (303, "/login?next=%2Fqueue%3Fscene%3Dad")
    assert server.call("GET", "/queue", key=None).problem == "unauthorized"


def test_what_is_under_lexicon_is_for_admins_alone():
    assert {one.path.startswith("/v1/lexicon") for one in ROUTES if one.policy is Right.LEXICON} == {True}
    assert not [one.path for one in ROUTES if one.policy is Right.MODERATE and "lexicon" in one.path]


def test_only_the_named_routes_are_open():
    assert {one.path for one in ROUTES if one.policy is Right.OPEN} == {
        *OPEN,
        "/docs/{asset}",
        "/v1/sessions",
        *CONSOLE,
    }


def test_an_admin_key_is_no_admin_person():
    """They have one name; a machine never decides as a person would."""
    assert RIGHTS_OF[Role.ADMIN] == frozenset(Right)
    assert RIGHTS_OF[Role.ADMIN] - RIGHTS_OF_KEY[Scope.ADMIN] == {
        *{Right.SELF, Right.REVIEW, Right.SENIOR, Right.RULES, Right.APPROVE, Right.LIVE},
        *{Right.MEASURES, Right.FORMULA},
    }


def test_a_route_that_does_not_say_who_may_call_cannot_be_made():
    async def handler(asked):
        """Something."""

    with pytest.raises(TypeError, match="policy"):
        route("GET", "/x", gives="text/plain")(handler)
    with pytest.raises(TypeError, match="policy"):
        Route(method="GET", path="/x", answer=handler, summary="x", gives="text/plain")


def test_both_places_for_a_key_work(server):
    assert (
        server.call("GET", "/v1/moderations?content_id=a", key=None, Authorization=f"bearer {server.key}").status == 200
    )
    assert server.call("GET", "/v1/moderations?content_id=a", key=None, X_API_Key=server.key).status == 200
    assert (
        server.call("GET", "/v1/moderations?content_id=a", key=None, Authorization=f"Basic {server.key}").status == 401
    )


def test_a_revoked_key_stops_within_a_second(server):
    key_id, secret = server.within(server.service.keys.create("leaver"))
    path = "/v1/moderations?content_id=a"
    assert server.call("GET", path, key=secret).status == 200
    server.within(server.service.keys.revoke(key_id))
    time.sleep(1)
    assert server.call("GET", path, key=secret).status == 401


def test_a_key_that_spent_its_window_waits(serving):
    with serving(rate_limit=3, rate_window=60) as server:
        replies = [server.judge() for _ in range(4)]
        assert [reply.status for reply in replies] == [200, 200, 200, 429]
        assert [reply.headers["ratelimit"].split(";")[1] for reply in replies] == ["r=2", "r=1", "r=0", "r=0"]
        refused = replies[-1]
        assert refused.problem == "rate-limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-policy"] == '"key";q=3;w=60'
        _, other = server.within(server.service.keys.create("other"))
        assert server.call("GET", "/v1/moderations?content_id=a", key=other).status == 200
        assert server.call("GET", "/healthz", key=None).status == 200


def test_a_window_ends():
    now = [100.0]
    rates = Rates(limit=2, window=10, clock=lambda: now[0])
    assert [rates.spend("a"), rates.spend("a")] == ['"key";r=1;t=10', '"key";r=0;t=10']
    now[0] = 109.5
    with pytest.raises(Problem) as refused:
        rates.spend("a")
    assert refused.value.headers["Retry-After"] == "1"
    now[0] = 110.0
    assert rates.spend("a") == '"key";r=1;t=10'
