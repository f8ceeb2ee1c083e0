"""Every route, asked by everybody, for objects of their own, of others and of nobody: nobody gets what is not theirs.

The matrix is made from the router, so no route can stay out of it. Then checks are taken away, one at a time, and each
time the matrix must notice.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import NamedTuple

import pytest
from pydantic import BaseModel

from moderation.matcher import Matcher
from service.http import browser, frame
from service.http.interface import ROUTES
from service.keys import Keys
from service.passwords import Passwords
from service.rights import RIGHTS_OF, RIGHTS_OF_KEY, Right, Role, Scope
from service.sessions import Sessions
from service.store import (
    audit_statements,
    desk_statements,
    duty_statements,
    notice_statements,
    people_statements,
    room_statements,
    rule_statements,
    statements,
    vault_statements,
)
from tests.http.conftest import Browser, running
from tests.http.ways import OBJECTS, RIVAL, SHOP, WAYS, WITNESS, House, told, unique

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
R = Right
HOLDS = {
    "key moderate": {R.MODERATE, R.REPORT, R.FOLLOW, R.SHOWS, R.SCRIPTS, R.CREATORS, R.SIGNALS},
    "key admin": {
        R.MODERATE,
        R.REPORT,
        R.LEXICON,
        R.READ,
        R.PEOPLE,
        R.NOTICES,
        R.QUALITY,
        R.GOLDEN,
        R.FOLLOW,
        R.SHOWS,
        R.SCRIPTS,
        R.AUDIT,
        R.UNMASK,
        R.RETAIN,
        R.CREATORS,
        R.SIGNALS,
    },
    "key audit": {R.AUDIT},
    "reviewer": {R.SELF, R.READ, R.REVIEW, R.FOLLOW, R.SHOWS, R.SCRIPTS, R.LIVE},
    "senior": {
        R.CREATORS,
        R.MEASURES,
        R.SELF,
        R.READ,
        R.REVIEW,
        R.SENIOR,
        R.QUALITY,
        R.GOLDEN,
        R.FOLLOW,
        R.SHOWS,
        R.SCRIPTS,
        R.LIVE,
        R.APPROVE,
    },
    "policy_admin": {R.CREATORS, R.FORMULA, R.SELF, R.READ, R.LEXICON, R.RULES, R.QUALITY, R.GOLDEN, R.FOLLOW}
    | {R.SHOWS, R.SCRIPTS},
    "auditor": {R.CREATORS, R.SELF, R.READ, R.QUALITY, R.FOLLOW, R.SHOWS, R.AUDIT},
    "admin": set(Right),
}
"""Who may do what, written down a second time: a right that slips into a role or a scope is noticed."""
DEAD = ("anonymous", "revoked key", "ended session", "session run out", "disabled user", "wrong key beside a session")
FORGED = {
    "no token": {"X_CSRF_Token": None},
    "another session's token": {},
    "another origin": {"Origin": "https://evil.example"},
    "another site": {"Sec_Fetch_Site": "cross-site"},
}
UPGRADES = {426}
"""What a WebSocket's address answers to a plain request."""
FEW = 100
"""So many marks are looked for one by one before all are put into one finder anew."""
BY_ORIGIN = ("another origin", "another site")


@dataclass
class Principal:
    """Somebody who asks: by a key, as a person, or as nobody."""

    name: str
    tenant: str
    holds: frozenset
    key: str | None = None
    person: Browser | None = None
    headers: dict | None = None

    def call(self, method, path, body, request_id):
        headers = {"X_Request_Id": request_id, **(self.headers or {})}
        if self.person is not None:
            # Who signs somebody else in stays who they are.
            return replace(self.person, cookies=dict(self.person.cookies)).call(method, path, body, **headers)
        return self.server.call(method, path, body, key=self.key, **headers)

    server: object = None


class Cell(NamedTuple):
    """One question, and what is wrong with the answer; nothing, where it is as it should be."""

    route: str
    who: str
    object: str
    status: int
    wrong: str


def unknown(answer, path):
    """The members of an answer that its model does not name."""
    if isinstance(answer, BaseModel):
        yield from (f"{path} {name}" for name in answer.model_extra or ())
        for name in type(answer).model_fields:
            yield from unknown(getattr(answer, name), f"{path} {name}")
    elif isinstance(answer, list):
        for one in answer:
            yield from unknown(one, path)


class Matrix:
    """Everybody and everything that the questions are made of."""

    def __init__(self, server):
        self.server, self.house = server, House(server)
        self.undocumented = set()
        self.document = server.call("GET", "/openapi.json", key=None).json["paths"]
        self.finders = dict.fromkeys((SHOP, RIVAL), (frozenset(), Matcher(())))
        self.principals = [*self._keys(), *self._people(), *self._dead(), *self._forged()]
        for name, maker in OBJECTS.items():
            for tenant in (SHOP, RIVAL):
                self.house.asking = tenant
                assert maker(self.house, tenant), name

    def cells(self, first="", *, every=1, alone=False):
        """Every cell; those of the route ``first`` come first, or ``alone``. ``every`` so many routes are asked."""
        for one in sorted(ROUTES, key=lambda one: f"{one.method} {one.path}" != first)[: 1 if alone else None : every]:
            for principal in self.principals:
                yield from self._asked(one, principal)

    def wrong(self, first="", **which):
        """What the matrix complains about first, if it does."""
        return next((cell for cell in self.cells(first, **which) if cell.wrong), None)

    def forget(self):
        """Makes the service read its keys anew."""
        self.server.service.keys._state, self.server.service.keys._checked = (-1, -1), float("-inf")

    def _asked(self, one, principal):
        way = WAYS[f"{one.method} {one.path}"]
        own = SHOP if way.right is Right.OPEN else principal.tenant
        self.house.asking, self.house.who = own, principal.person and principal.person.id
        whose = {"own": own}
        if way.object and not (principal.name in DEAD or (principal.name in FORGED and one.method not in UNSAFE)):
            # The dead are refused before objects are looked for; what is safe needs no token, so there the forged are
            # like any admin.
            whose |= {"foreign": RIVAL if own == SHOP else SHOP, "absent": None}
        answers = {}
        for name, tenant in whose.items():
            gaps = OBJECTS[way.object](self.house, tenant) if way.object else {}
            if gaps is None:
                continue
            gaps = {**gaps, "unique": unique()}
            path = told(one.path + way.query, gaps)
            body = None if way.body is None else told(way.body, gaps)
            reply = principal.call(one.method, path, body, "same")
            if way.spends and principal.person and principal.holds:
                principal.person.sign_in()
            if one.shown and str(reply.status) not in self.document[one.path][one.method.lower()]["responses"]:
                self.undocumented.add(f"{one.method} {one.path} {reply.status}")
            if reply.status == 200 and isinstance(one.gives, type):
                self.undocumented.update(unknown(one.gives.model_validate_json(reply.body), one.path))
            answers[name] = reply.status, reply.body.replace(path.partition("?")[0].encode(), b"")
            wrong = self._wrong(one, way, principal, name, reply) or self._leaked(own, answers[name][1])
            if name == "absent" and "foreign" in answers and answers["foreign"] != answers["absent"]:
                wrong = wrong or "others' objects differ from absent ones"
            yield Cell(f"{one.method} {one.path}", principal.name, name, reply.status, wrong)

    def _wrong(self, one, way, principal, name, reply):
        expected = self._expected(one, way, principal, name)
        return "" if reply.status in expected else f"{reply.status} instead of {sorted(expected)}"

    def _expected(self, one, way, principal, name):
        may = way.fine if name == "own" else {way.absent}
        if way.right is Right.OPEN:
            return {403} if principal.name in BY_ORIGIN and one.method in UNSAFE else may
        if principal.name in DEAD:
            return {401}
        if principal.name in FORGED and one.method in UNSAFE:
            return {403}
        return may if way.right in principal.holds else {403}

    def _leaked(self, tenant, body):
        other = RIVAL if tenant == SHOP else SHOP
        marks = self.house.marks[other]
        known, finder = self.finders[other]
        if len(marks) > len(known) + FEW:
            known, finder = frozenset(marks), Matcher([mark.encode().decode("latin-1") for mark in marks])
            self.finders[other] = known, finder
        # Byte by byte, whatever the body is: a pack is no text.
        told = {body[start:end].decode() for start, end, _ in finder.find(body.decode("latin-1"))}
        told |= {mark for mark in marks - known if mark.encode() in body}
        return f"tells of others' objects: {told}" if told else ""

    def _keys(self):
        for name, tenant, scope in (
            ("key moderate", SHOP, Scope.MODERATE),
            ("key admin", SHOP, Scope.ADMIN),
            ("key audit", SHOP, Scope.AUDIT),
            ("rival's key admin", RIVAL, Scope.ADMIN),
        ):
            holds = frozenset(HOLDS[name.removeprefix("rival's ")])
            yield Principal(name, tenant, holds, self.house.key(tenant, scope=scope)[1], server=self.server)

    def _people(self):
        for role in Role:
            yield self._person(role.value, SHOP, role)
        yield self._person("rival's admin", RIVAL, Role.ADMIN)

    def _person(self, name, tenant, role, **more):
        user = self.house.person(tenant, role)
        person = Browser(self.server, tenant, user.id, user.name).sign_in()
        return Principal(name, tenant, frozenset(HOLDS[role.value]), person=person, **more)

    def _dead(self):
        yield Principal("anonymous", SHOP, frozenset(), server=self.server)
        key_id, secret = self.house.key(SHOP, scope=Scope.ADMIN)
        self.server.within(self.server.service.keys.revoke(key_id))
        yield Principal("revoked key", SHOP, frozenset(), secret, server=self.server)
        # Each is dead for one reason alone, so that each reason has to be looked at.
        for name, sql in (
            ("ended session", "UPDATE sessions SET ended_at = created_at WHERE user = ?"),
            ("session run out", "UPDATE sessions SET expires_at = created_at WHERE user = ?"),
            ("disabled user", "UPDATE users SET disabled_at = created_at WHERE id = ?"),
        ):
            one = self._person(name, SHOP, Role.ADMIN)
            self._written(sql, one.person.id)
            one.holds = frozenset()
            yield one
        one = self._person("wrong key beside a session", SHOP, Role.ADMIN, headers={"Authorization": "Bearer wrong"})
        one.holds = frozenset()
        yield one

    def _forged(self):
        for name, headers in FORGED.items():
            one = self._person(name, SHOP, Role.ADMIN, headers=headers)
            if name == "another session's token":
                one.headers = {"X_CSRF_Token": self._person("", SHOP, Role.ADMIN).person.csrf}
            yield one

    def _written(self, sql, value):
        database = sqlite3.connect(self.server.settings.database)
        with database:
            database.execute(sql, (value,))
        database.close()


@pytest.fixture(scope="module")
def matrix(settings, doubtful, tmp_path_factory):
    own = {"data": tmp_path_factory.mktemp("rights"), "lexicons": doubtful}
    own["audit_witnesses"] = (str(WITNESS.verifier),)
    with running(settings.model_copy(update=own)) as server, closing(HTTPConnection("127.0.0.1", server.port)) as line:
        server.line = line
        yield Matrix(server)


def test_every_route_says_how_it_is_addressed_and_asks_for_the_right_that_it_should():
    asked = {f"{one.method} {one.path}": one.policy for one in ROUTES}
    assert asked == {name: way.right for name, way in WAYS.items()}


def test_every_role_and_scope_holds_what_it_should():
    assert {f"key {scope}" for scope in Scope} | set(Role) == HOLDS.keys()
    for scope in Scope:
        assert RIGHTS_OF_KEY[scope] - {Right.OPEN} == HOLDS[f"key {scope}"]
    for role in Role:
        assert RIGHTS_OF[role] - {Right.OPEN} == HOLDS[role] - {Right.OPEN}


def test_nobody_gets_what_is_not_theirs(matrix):
    cells = list(matrix.cells())
    assert [cell for cell in cells if cell.wrong] == []
    assert len(cells) > 15 * len(ROUTES)
    # And who may, does: a matrix in which everything is refused would show nothing.
    assert {cell.route for cell in cells if cell.status in {200, *UPGRADES}} == WAYS.keys()
    assert {cell.status for cell in cells} == {200, 401, 403, 404, 409, 422, *UPGRADES}
    # What they get is what the document says.
    assert matrix.undocumented == set()


# What happens without a check


def without(module, name, *cut):
    """A statement without one of its conditions."""

    def take_away(matrix, patch):
        text = getattr(module, name)
        assert cut[0] in text
        patch.setattr(module, name, text.replace(*cut, 1))

    return take_away


def anybodys(module, name, whose="tenant = ?"):
    """A statement that does not ask for the tenant: whoever it is, they are somebody."""
    return without(module, name, whose, f"'' <> {whose.rpartition(' ')[2]}")


def instead(of, name, become):
    return lambda _, patch: patch.setattr(of, name, become)


async def _verified(_self, hashed, *_, **__):
    return bool(hashed)


async def _all_keys(self, tenant=None, **more):
    return await _listed(self, None, **more)


def _right_or_none(headers):
    return None if headers.get("Authorization") == "Bearer wrong" else _secret(headers)


_listed, _secret = Keys.listed, frame._secret
CHECKS = {
    "the right of a route": ("", instead(frame, "_permit", lambda *_: None)),
    "the token of a session": ("POST /v1/keys", instead(browser, "_check_token", lambda *_: None)),
    "whose token it is": ("POST /v1/keys", instead(Sessions, "is_own", lambda *_: True)),
    "the origin of a change": ("POST /v1/keys", instead(browser, "_is_own", lambda *_: True)),
    "the site of a change": ("POST /v1/keys", instead(browser, "_OWN_SITES", {"same-origin", "none", "cross-site"})),
    "where a session's change comes from": ("POST /v1/keys", instead(browser, "check_origin", lambda _: None)),
    "where a sign-in comes from": ("POST /v1/sessions", instead(frame, "check_origin", lambda _: None)),
    "that a wrong key is no session": ("", instead(frame, "_secret", _right_or_none)),
    "the password": ("POST /v1/sessions", instead(Passwords, "verified", _verified)),
    "the end of a session": ("", without(people_statements, "CALLER", "AND s.ended_at IS NULL", "")),
    "the life of a session": ("", without(people_statements, "CALLER", "AND s.expires_at > ?2", "AND ?2 <> ''")),
    "that a user is disabled": ("", without(people_statements, "CALLER", "AND u.disabled_at IS NULL", "")),
    "that a key is revoked": ("", without(statements, "KEYS_ALIVE", "WHERE revoked_at IS NULL", "")),
    "whose decision it is": (
        "GET /v1/moderations/{id}",
        without(statements, "DECISION", "AND d.tenant = ?", "AND '' <> ?"),
    ),
    "whose history it is": ("GET /v1/moderations", anybodys(statements, "HISTORY", "c.tenant = ?")),
    "whose lexicon it is": ("GET /v1/lexicon/versions/{version}", anybodys(statements, "LEXICON_FILES")),
    "whose lexicons they are": ("GET /v1/lexicon", anybodys(statements, "LEXICON_LISTED")),
    "whose user it is": ("GET /v1/users/{id}", anybodys(people_statements, "USER")),
    "whose user is changed": ("PATCH /v1/users/{id}", anybodys(people_statements, "USER")),
    "whose users they are": ("GET /v1/users", anybodys(people_statements, "USERS", "tenant = ?1")),
    "whose key is revoked": ("DELETE /v1/keys/{id}", anybodys(people_statements, "KEY_TENANT")),
    "whose keys they are": ("GET /v1/keys", instead(Keys, "listed", _all_keys)),
    **{
        f"whose item {step}": (f"POST /v1/reviews/{{id}}/{path}", anybodys(desk_statements, "REVIEW", "r.tenant = ?"))
        for step, path in (
            ("is claimed", "claim"),
            ("is held for longer", "heartbeat"),
            ("is given back", "release"),
            ("is skipped", "skip"),
            ("is passed on", "escalate"),
            ("is decided", "decision"),
            ("is undone", "undo"),
        )
    },
    "whose item it is": ("GET /v1/reviews/{id}", anybodys(desk_statements, "LISTED_ONE", "r.tenant = ?")),
    "whose report it is": ("GET /v1/reports/{id}", anybodys(desk_statements, "REPORT", "r.tenant = ?")),
    "whose complaint it is": ("GET /v1/complaints/{id}", anybodys(desk_statements, "REPORT", "r.tenant = ?")),
    "whose proposal it is": (
        "GET /v1/rulesets/proposals/{id}",
        anybodys(rule_statements, "ONE_PROPOSAL", "p.tenant = ?"),
    ),
    "whose proposal is rejected": (
        "POST /v1/rulesets/proposals/{id}/rejection",
        anybodys(rule_statements, "PROPOSAL", "p.tenant = ?"),
    ),
    "whose proposals they are": ("GET /v1/rulesets/proposals", anybodys(rule_statements, "PROPOSALS", "p.tenant = ?1")),
    "whose activations they are": ("GET /v1/rulesets", anybodys(rule_statements, "HISTORY", "a.tenant = ?")),
    "whose contents are searched": ("GET /v1/search", anybodys(desk_statements, "CONTENTS_BACK", "+c.tenant = ?1")),
    "whose receivers they are": ("GET /v1/webhooks", anybodys(notice_statements, "WEBHOOKS")),
    "whose receiver is ended or renewed": (
        "POST /v1/webhooks/{id}/rotate",
        anybodys(notice_statements, "WEBHOOK_STANDS"),
    ),
    "whose receiver's deliveries they are": (
        "GET /v1/webhooks/{id}/deliveries",
        anybodys(notice_statements, "WEBHOOK"),
    ),
    "whose holds they are": ("GET /v1/holds", anybodys(vault_statements, "HOLDS")),
    "whose hold is lifted": ("DELETE /v1/holds/{id}", anybodys(vault_statements, "LIFT_HOLD")),
    "whose pack it is": ("GET /v1/exports/{id}", anybodys(audit_statements, "EXPORT")),
    "whose packs they are": ("GET /v1/exports", anybodys(audit_statements, "EXPORTS")),
    "whose acts they are": ("GET /v1/acts", without(audit_statements, "ACTS_BACK", "tenant IN (?3, '')", "?3 <> '-'")),
    "whose story it is": ("GET /v1/decisions/{id}/story", anybodys(audit_statements, "DECISION_PLACE", "d.tenant = ?")),
    "whose proof it is": ("GET /v1/proofs/{id}", anybodys(duty_statements, "PROOF", "p.tenant = ?")),
    "whose proofs they are": ("GET /v1/proofs", anybodys(duty_statements, "PROOFS", "p.tenant = ?1")),
    "whose product it is": ("GET /v1/products/{id}", anybodys(duty_statements, "PRODUCT", "p.tenant = ?")),
    "whose products they are": ("GET /v1/products", anybodys(duty_statements, "PRODUCTS", "p.tenant = ?1")),
    "whose script it is": ("GET /v1/scripts/{id}", anybodys(duty_statements, "SCRIPT_LAST", "s.tenant = ?")),
    "whose scripts they are": ("GET /v1/scripts", anybodys(duty_statements, "SCRIPTS", "s.tenant = ?1")),
    "whose show it is": ("GET /v1/shows/{id}", anybodys(duty_statements, "SHOW", "s.tenant = ?")),
    "whose show is ended": ("POST /v1/shows/{id}/end", anybodys(duty_statements, "SHOW_STATE")),
    "whose shows they are": ("GET /v1/shows", anybodys(duty_statements, "SHOWS", "s.tenant = ?1")),
    "whose alerts they are": ("GET /v1/alerts", anybodys(duty_statements, "ALERTS_OPEN", "a.tenant = ?1")),
    "whose alert it is": ("POST /v1/alerts/{id}/acknowledgement", anybodys(duty_statements, "ALERT_STATE")),
    "whose room it is": ("GET /v1/rooms/{room}", anybodys(room_statements, "LAST")),
    "whose rooms' events they are": ("GET /v1/rooms/{room}/events", anybodys(room_statements, "AFTER", "tenant = ?1")),
    "whose notice is sent again": (
        "POST /v1/deliveries/{notice}/{webhook}/replay",
        anybodys(notice_statements, "DELIVERY", "n.tenant = ?"),
    ),
}


@pytest.mark.parametrize(("first", "take_away"), CHECKS.values(), ids=CHECKS.keys())
def test_the_matrix_notices_that_a_check_is_gone(matrix, monkeypatch, first, take_away):
    take_away(matrix, monkeypatch)
    matrix.forget()
    wrong = matrix.wrong(first)
    monkeypatch.undo()
    matrix.forget()
    assert wrong


GIVEN = [
    pytest.param(rights, holder, right, id=f"{kind} {holder} {right}")
    for kind, rights in (("key", RIGHTS_OF_KEY), ("role", RIGHTS_OF))
    for holder in rights
    for right in sorted({way.right for way in WAYS.values()} - rights[holder])
]


@pytest.mark.parametrize(("rights", "holder", "right"), GIVEN)
def test_the_matrix_notices_a_right_that_slips_in(matrix, monkeypatch, rights, holder, right):
    monkeypatch.setitem(rights, holder, rights[holder] | {right})
    matrix.forget()
    wrong = matrix.wrong(next(name for name, way in WAYS.items() if way.right is right), alone=True)
    monkeypatch.undo()
    matrix.forget()
    assert wrong


ASKS_AGAIN = {"/people", "/notices", "/quality", "/terms"}
"""Pages that ask the interface for what they show: it refuses what the page's own policy would let through."""
CLOSED = [one for one in ROUTES if one.policy is not Right.OPEN and one.path not in ASKS_AGAIN]


@pytest.mark.parametrize("one", CLOSED, ids=lambda one: f"{one.method} {one.path}")
def test_the_matrix_notices_a_route_that_asks_for_another_right(matrix, one):
    policy = one.policy
    for other in (Right.OPEN, Right.READ if policy is not Right.READ else Right.LEXICON):
        object.__setattr__(one, "policy", other)
        try:
            assert matrix.wrong(f"{one.method} {one.path}", alone=True)
        finally:
            object.__setattr__(one, "policy", policy)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 8])
def test_after_all_of_it_the_matrix_is_whole_again(matrix, every):
    assert matrix.wrong(every=every) is None
