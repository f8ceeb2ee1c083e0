"""Signing in by the real server: cookies, tokens, origins, what people and keys may change, and what nobody is told."""

from __future__ import annotations

import time
from itertools import count

import pytest

from service.rights import RIGHTS_OF, Role, Scope
from tests.http.conftest import PASSWORD

SESSION, DEVICE = "__Host-qingliu", "__Host-qingliu-device"
OTHER = "another long password"
numbers = count()


@pytest.fixture
def person(server):
    """Makes people with names of their own: ``person(Role.ADMIN)``."""

    def make(role=Role.REVIEWER, **more):
        return server.hire(f"person{next(numbers)}", role, **more)

    return make


@pytest.fixture
def admin(person):
    return person(Role.ADMIN)


# The session


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_gets(server, person):
    reply = person().call("POST", "/v1/sessions", {"tenant": "shop", "name": "person0", "password": PASSWORD})
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-store"
    for name in (SESSION, DEVICE):
        value, *attributes = reply.cookies[name].split("; ")
        assert len(value) >= 43
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(attributes)
        assert not any(one.startswith("Domain") for one in attributes)
    assert "Max-Age=43200" in reply.cookies[SESSION]
    assert reply.json["csrf"] not in reply.cookies[SESSION]


def test_while_too_many_passwords_wait_whoever_comes_is_told_when_to_come_again(server, person, admin, monkeypatch):
    li, waiting = person(), server.service.sessions._passwords._waiting
    for lane in waiting:
        monkeypatch.setitem(waiting, lane, 24)
    signing_in = {"tenant": "shop", "name": li.name, "password": PASSWORD}
    hiring = {"name": "nobody-yet", "role": "reviewer", "password": PASSWORD}
    for who, path, body in ((li, "/v1/sessions", signing_in), (admin, "/v1/users", hiring)):
        reply = who.call("POST", path, body)
        assert (reply.status, reply.problem, reply.headers["retry-after"]) == (503, "crowded", "2")


def test_who_is_signed_in_is_told(person):
    li = person(Role.SENIOR)
    reply = li.call("GET", "/v1/sessions/current")
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert reply.json == {
        "user": {
            "id": li.id,
            "tenant": "shop",
            "name": li.name,
            "role": "senior",
            "rights": sorted(RIGHTS_OF[Role.SENIOR]),
        },
        "csrf": li.csrf,
    }


def test_signing_out_ends_the_session_and_empties_the_cookie(person):
    li = person()
    old = dict(li.cookies)
    reply = li.call("DELETE", "/v1/sessions/current")
    assert (reply.status, reply.json) == (200, {})
    assert SESSION not in li.cookies
    li.cookies = old
    assert li.call("GET", "/v1/sessions/current").problem == "unauthorized"


def test_every_answer_to_a_session_stays_out_of_caches(server, person):
    li = person()
    for path in ("/v1/sessions/current", "/v1/users", "/v1/moderations/none"):
        assert li.call("GET", path).headers["cache-control"] == "no-store"
    assert "cache-control" not in server.call("GET", "/v1/moderations/none").headers


def test_nor_does_a_cache_keep_what_answers_to_a_header_of_our_own(server):
    decided = server.judge("国家级").json["id"]
    reply = server.call("GET", f"/v1/moderations/{decided}", key=None, X_API_Key=server.key)
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")


def test_a_wrong_sign_in_tells_nothing_and_sets_nothing(server, person):
    li = person()
    tries = [
        {"tenant": "shop", "name": li.name, "password": "wrong password"},
        {"tenant": "shop", "name": "nobody", "password": PASSWORD},
        {"tenant": "nowhere", "name": li.name, "password": PASSWORD},
        {"tenant": "shop", "name": "no name \u202e", "password": PASSWORD},
    ]
    replies = [server.call("POST", "/v1/sessions", one, key=None, X_Request_Id="same") for one in tries]
    assert {(reply.status, reply.problem) for reply in replies} == {(401, "sign-in-refused")}
    assert len({reply.body for reply in replies}) == 1
    assert not any(reply.cookies for reply in replies)


def test_the_log_tells_who_was_refused_by_id_and_never_what_was_typed(server, person):
    li = person()
    server.call("POST", "/v1/sessions", {"tenant": "shop", "name": li.name, "password": "typed-by-mistake"}, key=None)
    server.call("POST", "/v1/sessions", {"tenant": "shop", "name": "typed-by-mistake", "password": "x"}, key=None)
    refused = [line for line in server.lines() if line["event"] == "sign-in refused"][-2:]
    assert [(line["user"], line["remote"]) for line in refused] == [(li.id, "127.0.0.1"), ("", "127.0.0.1")]
    assert b"typed-by-mistake" not in server.log.getvalue()
    li.call("GET", "/v1/sessions/current")
    line = next(line for line in reversed(server.lines()) if line.get("user") == li.id and "route" in line)
    assert "key" not in line and line["tenant"] == "shop"


def test_too_many_attempts_wait_but_not_on_the_owners_device(serving):
    with serving() as server:
        li = server.hire("li", Role.REVIEWER)
        attempt = {"tenant": "shop", "name": "li", "password": "wrong password"}
        replies = [server.call("POST", "/v1/sessions", attempt, key=None) for _ in range(7)]
        assert [reply.status for reply in replies] == [401] * 5 + [429] * 2
        assert replies[-1].problem == "sign-in-delayed"
        assert int(replies[-1].headers["retry-after"]) >= 1
        li.sign_in()
        told = server.call("GET", "/metrics", key=None).body.decode()
        for outcome, times in (("ok", 2), ("refused", 5), ("delayed", 2)):
            assert f'qingliu_sign_ins_total{{outcome="{outcome}"}} {times}.0' in told


@pytest.mark.parametrize(("proxies", "delayed"), [(1, False), (0, True)])
def test_behind_a_proxy_the_clients_address_counts(serving, proxies, delayed):
    with serving(proxies=proxies) as server:
        server.hire("li", Role.REVIEWER)
        attempt = {"tenant": "shop", "name": "li", "password": "wrong password"}
        for _ in range(6):
            server.call("POST", "/v1/sessions", attempt, key=None, X_Forwarded_For="6.6.6.6, 10.0.0.1")
        right = {**attempt, "password": PASSWORD}
        reply = server.call("POST", "/v1/sessions", right, key=None, X_Forwarded_For="10.0.0.1, 10.0.0.2")
        assert (reply.status == 429) is delayed


# Tokens and origins


FOREIGN = {
    "no token": {"X_CSRF_Token": None},
    "an empty token": {"X_CSRF_Token": ""},
    "a wrong token": {"X_CSRF_Token": "A" * 43},
    "another origin": {"Origin": "https://evil.example"},
    "an origin that begins alike": {"Origin": "https://127.0.0.1:1.evil.example"},
    "the null origin": {"Origin": "null"},
    "another site": {"Sec_Fetch_Site": "cross-site"},
    "a sibling": {"Sec_Fetch_Site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_change_that_another_page_asks_for_is_refused(admin, headers):
    reply = admin.call("POST", "/v1/keys", {"label": "x"}, **headers)
    assert (reply.status, reply.problem) == (403, "csrf")
    assert admin.call("GET", "/v1/keys", **headers).status == 200
    assert admin.call("POST", "/v1/keys", {"label": "x"}).status == 200


def test_the_token_of_another_session_is_refused(admin, person):
    other = person(Role.ADMIN)
    assert admin.call("POST", "/v1/keys", {}, X_CSRF_Token=other.csrf).problem == "csrf"


def test_a_client_that_is_no_browser_needs_only_the_token(admin):
    assert admin.call("POST", "/v1/keys", {}, Origin=None, Sec_Fetch_Site=None).status == 200


def test_another_page_cannot_sign_anybody_in(server, person):
    li = person()
    right = {"tenant": "shop", "name": li.name, "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert server.call("POST", "/v1/sessions", right, key=None, **headers).problem == "csrf"


def test_a_key_is_asked_for_no_token_and_a_cookie_beside_a_key_is_not_read(server, admin, person, monkeypatch):
    _, key = server.within(server.service.keys.create("shop", scope=Scope.ADMIN))
    assert server.call("POST", "/v1/keys", {}, key=key, Origin="https://evil.example").status == 200
    asked = []
    caller = server.service.sessions.caller

    async def counted(secret):
        asked.append(secret)
        return await caller(secret)

    monkeypatch.setattr(server.service.sessions, "caller", counted)
    wrong = [
        {"Authorization": "Bearer ql_0_wrong"},
        {"X_API_Key": "x"},
        {"X_API_Key": ""},
        {"Authorization": "Basic x"},
    ]
    for headers in wrong:
        assert admin.call("GET", "/v1/keys", **headers).problem == "unauthorized"
    reviewer = person()
    assert reviewer.call("GET", "/v1/keys", Authorization=f"Bearer {key}").status == 200
    assert asked == []
    assert admin.call("GET", "/v1/keys").status == 200
    assert len(asked) == 1


@pytest.mark.parametrize("cookie", ["", "x", f"{SESSION}=", f"{SESSION}={'A' * 43}", f"x{SESSION}=1", "=;;=", SESSION])
def test_a_cookie_that_is_none_is_nobody(server, cookie):
    assert server.call("GET", "/v1/sessions/current", key=None, Cookie=cookie).problem == "unauthorized"


# Passwords and people


def test_ones_own_password_is_changed_with_the_present_one(server, person):
    li = person()
    elsewhere = type(li)(server, "shop", li.id, li.name).sign_in()
    path = "/v1/users/me/password"
    wrong = li.call("POST", path, {"current": OTHER, "new": OTHER})
    assert (wrong.status, wrong.faults) == (422, {"current": "password_wrong"})
    short = li.call("POST", path, {"current": PASSWORD, "new": "short"})
    assert short.faults == {"new": "password_too_short"}
    old = dict(li.cookies)
    changed = li.call("POST", path, {"current": PASSWORD, "new": OTHER})
    assert changed.status == 200 and li.cookies != old
    assert li.call("GET", "/v1/sessions/current").status == 200
    assert elsewhere.call("GET", "/v1/sessions/current").status == 401
    li.cookies = old
    assert li.call("GET", "/v1/sessions/current").status == 401
    li.sign_in(OTHER)


def test_an_admin_manages_people(admin):
    name = f"new{next(numbers)}"
    made = admin.call("POST", "/v1/users", {"name": name.upper(), "role": "reviewer", "password": PASSWORD})
    assert made.status == 200
    assert made.json == {**made.json, "name": name, "role": "reviewer", "disabled_at": None}
    assert "password" not in made.json
    path = f"/v1/users/{made.json['id']}"
    assert admin.call("GET", path).json == made.json
    assert made.json in admin.call("GET", "/v1/users?limit=500").json["users"]
    again = admin.call("POST", "/v1/users", {"name": name, "role": "reviewer", "password": PASSWORD})
    assert (again.status, again.problem) == (409, "user-exists")
    assert admin.call("PATCH", path, {"role": "senior"}).json["role"] == "senior"
    assert admin.call("PATCH", path, {"disabled": True}).json["disabled_at"]
    assert admin.call("PATCH", path, {"disabled": False, "password": OTHER}).json["disabled_at"] is None
    new = type(admin)(admin.server, "shop", made.json["id"], name).sign_in(OTHER)
    assert new.call("GET", "/v1/sessions/current").json["user"]["role"] == "senior"
    assert new.call("GET", "/v1/users").problem == "forbidden"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"name": "a b", "role": "reviewer", "password": PASSWORD}, {"name": "user_name"}),
        ({"name": "ok", "role": "king", "password": PASSWORD}, {"role": "enum"}),
        ({"name": "ok", "role": "reviewer", "password": "short"}, {"password": "password_too_short"}),
        ({"name": "ok", "role": "reviewer"}, {"password": "missing"}),
        (
            {"name": "long.enough.name", "role": "reviewer", "password": "long.enough.name"},
            {"password": "password_is_name"},
        ),
    ],
)
def test_what_cannot_be_a_person_is_named(admin, body, faults):
    reply = admin.call("POST", "/v1/users", body)
    assert (reply.status, reply.faults) == (422, faults)


def test_the_last_admin_stays(serving):
    with serving() as server:
        admin = server.hire("admin", Role.ADMIN)
        for change in ({"disabled": True}, {"role": "auditor"}):
            assert admin.call("PATCH", f"/v1/users/{admin.id}", change).problem == "last-admin"
        assert admin.call("GET", "/v1/sessions/current").status == 200


def test_a_change_of_role_holds_for_the_next_request(admin, person):
    li = person(Role.ADMIN)
    assert li.call("GET", "/v1/users").status == 200
    admin.call("PATCH", f"/v1/users/{li.id}", {"role": "reviewer"})
    assert li.call("GET", "/v1/users").status == 401
    li.sign_in()
    assert li.call("GET", "/v1/users").status == 403


def test_an_admin_manages_keys(server, admin):
    made = admin.call("POST", "/v1/keys", {"label": "收银台", "scope": "admin"}).json
    assert server.call("GET", "/v1/lexicon", key=made["secret"]).status == 200
    listed = admin.call("GET", "/v1/keys?limit=500")
    shown = next(key for key in listed.json["keys"] if key["id"] == made["id"])
    assert (shown["label"], shown["scope"], shown["revoked_at"]) == ("收银台", "admin", None)
    assert made["secret"].encode() not in listed.body
    path = f"/v1/keys/{made['id']}"
    assert admin.call("DELETE", path).json == {}
    assert admin.call("DELETE", path).problem == "not-found"
    time.sleep(1)
    assert server.call("GET", "/v1/lexicon", key=made["secret"]).status == 401
    assert admin.call("POST", "/v1/keys", {"label": "a\nb"}).faults == {"label": "not_printable"}


@pytest.mark.parametrize("path", ["/v1/users", "/v1/keys"])
def test_a_list_is_read_page_by_page(serving, path):
    with serving() as server:
        admin = server.hire("admin", Role.ADMIN)
        for number in range(4):
            server.within(server.service.accounts.create("shop", f"u{number}", Role.AUDITOR, PASSWORD, by="cli"))
            server.within(server.service.keys.create("shop"))
        seen, query = [], "?limit=2"
        while True:
            page = admin.call("GET", path + query).json
            seen += [one["id"] for one in page[path.rpartition("/")[2]]]
            if page["next"] is None:
                break
            query = f"?limit=2&cursor={page['next']}"
        assert len(seen) == len(set(seen)) == 5
        for wrong in ("x", "AAAA", "%00", "%C3%A9", "bm8gcGxhY2U"):
            assert admin.call("GET", f"{path}?cursor={wrong}").status == 422
        assert admin.call("GET", f"{path}?limit=501").faults == {"limit": "less_than_equal"}
        assert admin.call("GET", f"{path}?limit=x").faults == {"limit": "int_parsing"}
