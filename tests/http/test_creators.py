"""Creators over a real server: their ids in paths and cursors, each counted once, all of a tier, measures, trials."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from service.creators import telling
from service.creators.entries import Entry, Kind
from service.creators.formulas import FOLDER, SHIPPED
from service.creators.members import Profile
from service.creators.posting import member, post
from service.http.asking import cursor_of
from service.http.html import WORDS
from service.ids import new_id
from service.rights import Role
from tests.http.conftest import running

WIDE = "店" * 200
"""As many signs as an id may have, each of three bytes."""
ESCAPED = "\x01" * 200
"""Signs that JSON writes in six bytes each."""

LAST = "\U0010fffd"
"""An id behind all others."""


@pytest.fixture(scope="module")
def server(settings, tmp_path_factory):
    with running(settings.model_copy(update={"data": tmp_path_factory.mktemp("creators")})) as started:
        yield started


@pytest.fixture(scope="module")
def ann(server):
    return server.hire("ann", Role.ADMIN)


@pytest.fixture(scope="module")
def bob(server):
    return server.hire("bob", Role.ADMIN)


def enrol(server, name, **profile):
    reply = server.call("PUT", f"/v1/creators/{quote(name, safe='')}", profile)
    assert reply.status == 200, reply.body
    return reply.json


def pages(ask, path, **query):
    """The answers of a list, each found by the cursor of the one before."""
    while True:
        reply = ask("GET", f"{path}?{urlencode(query)}")
        assert reply.status == 200, reply.body
        yield reply.json
        if reply.json["next"] is None:
            return
        query["cursor"] = reply.json["next"]


@pytest.mark.parametrize("name", [WIDE, ESCAPED, "😀" * 200, '"\\' * 100])
def test_a_list_goes_on_behind_any_id_that_a_creator_may_have(server, name):
    for one in ("a", name, LAST):
        enrol(server, one)
    names = [one["creator_id"] for page in pages(server.call, "/v1/creators", limit=1) for one in page["items"]]
    assert {"a", name, LAST} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_says_why_a_tier_is_not_the_scores(server, ann, monkeypatch, lang):
    """A hundred points stood as B, and B as more than its 1.0, without a word."""
    name = "capped"
    enrol(server, name)
    held = server.within(server.service.creators.book.standings("shop", [name]))[name]
    raised = held.standing._replace(reasons=("tenure", "unverified", "compensation"))

    async def standings(*_):
        return defaultdict(lambda: held._replace(standing=raised))

    monkeypatch.setattr(server.service.creators.book, "standings", standings)
    (told,) = server.call("GET", f"/v1/creators?containing={name}").json["items"]
    assert told["reasons"] == ["tenure", "unverified", "compensation"]
    cookie = f"lang={lang}; __Host-qingliu={ann.cookies['__Host-qingliu']}"
    page = ann.call("GET", f"/creators?containing={name}", Cookie=cookie).body.decode()
    for code in told["reasons"]:
        assert f">{WORDS[lang][f'creator_reason.{code}']}</span>" in page


def test_a_boost_is_explained_by_the_formula_that_it_rests_on(server, monkeypatch):
    """Another formula was adopted: its days, items and limits are told, and how much habit there is."""
    enrol(server, "adopter")
    held = server.within(server.service.creators.book.standings("shop", ["adopter"]))["adopter"]
    adopted = replace(held.formula, version="2027-01", tenure_days=77, habit_most=12_000, habit_leak=500)
    other = held._replace(standing=held.standing._replace(reasons=("tenure", "habit")), formula=adopted, habit=30_500)

    async def standings(*_):
        return {"adopter": other}

    monkeypatch.setattr(server.service.creators.book, "_held", {})
    monkeypatch.setattr(server.service.creators.book, "standings", standings)
    told = server.call("GET", "/v1/creators/adopter/boost?scene=ugc").json
    tenure, habit = (one["text"] for one in told["reasons"])
    assert told["formula"] == "2027-01"
    assert "77" in tenure
    assert re.findall(r"[\d.]+", habit) == ["30.5", "12", "0.5"]


def test_the_other_score_is_of_the_same_creator(server, monkeypatch):
    name, now = "twin", int(datetime.now(UTC).timestamp())
    enrol(server, name, entity="91310000MA1")

    def lived(visit):
        owner = member(visit, "shop", name).id
        for number in range(1, 60):
            at = now - number * 86_400
            post(
                visit,
                "shop",
                owner,
                Entry(new_id(), Kind.OBSERVATION, f"p{number}", 0, at, name="published", value=100),
            )

    server.within(server.service.ledger.visit(lived))
    formulas = server.service.creators.formulas
    monkeypatch.setattr(formulas, "other", lambda *_: formulas.shipped)
    told = server.call("GET", f"/v1/creators/{name}").json
    assert told["tier"] == "S"
    assert told["other"] == {"formula": told["formula"], "score": told["score"], "tier": "S"}


def test_every_reason_of_a_standing_has_a_name():
    assert telling.WORDS["reasons"].keys() - {"none"} == {
        name.removeprefix("creator_reason.") for name in WORDS["zh"] if name.startswith("creator_reason.")
    }


@pytest.mark.parametrize("name", ["", "a", "nobody", "01920000-0000-7000-8000-000000000000"])
def test_a_creator_that_is_not_there_is_no_cursor(server, ann, name):
    enrol(server, "a")
    cursor = cursor_of(name)
    if name:
        assert server.call("GET", f"/v1/creators?cursor={cursor}").faults == {"cursor": "cursor"}
        assert ann.call("GET", f"/creators?tier=B&cursor={cursor}").problem == "invalid-query"
    else:
        assert server.call("GET", f"/v1/creators?cursor={cursor}").status == 200


@pytest.mark.parametrize("number", [1 << 63, (1 << 64) - 1, -1])
def test_a_number_that_no_list_has_is_no_cursor(server, number):
    enrol(server, "a")
    reply = server.call("GET", f"/v1/creators/a/ledger?cursor={cursor_of(number)}")
    assert (reply.problem, reply.faults) == ("invalid-query", {"cursor": "cursor"})


def test_the_highest_number_is_one(server):
    enrol(server, "a")
    assert server.call("GET", f"/v1/creators/a/ledger?cursor={cursor_of((1 << 63) - 1)}").status == 200


@pytest.mark.parametrize(
    ("name", "fault"),
    [("a%00b", "nul"), ("%00", "nul"), ("x" * 201, "string_too_long"), (quote("店" * 201), "string_too_long")],
)
def test_nobody_is_enrolled_under_an_id_that_no_content_could_bear(server, name, fault):
    before = server.call("GET", "/v1/creators?limit=500").json["items"]
    reply = server.call("PUT", f"/v1/creators/{name}", {}, Accept_Language="en")
    assert (reply.status, reply.problem, reply.faults) == (422, "invalid-body", {"id": fault})
    assert fault == "nul" or reply.json["errors"][0]["msg"] == "must have at most 200 characters"
    assert server.call("GET", "/v1/creators?limit=500").json["items"] == before


@pytest.mark.parametrize("name", ["who?", "a?limit=1", "half#half", "50%", "a/b", "a b&c=d", "?", "#"])
def test_every_creator_has_a_page(server, ann, name):
    enrol(server, name, cohort="pages")
    page = ann.call("GET", f"/creators/{quote(name, safe='')}")
    assert page.status == 200
    assert unescape(page.body.decode()).count(name) >= 1
    assert f"/creators/{quote(name, safe='')}" in ann.call("GET", "/creators").body.decode()


def counted(page):
    """How many creators a page tells of, beside its button for all."""
    return int(re.search(r'href="/creators"><b>(\d+)', page.body.decode())[1])


def test_a_creator_with_accounts_is_counted_once(server, ann):
    enrol(server, "owner")
    before = counted(ann.call("GET", "/creators"))
    for account in ("owner-one", "owner-two"):
        enrol(server, account)
        linked = {"channel": "douyin", "account_id": account}
        assert server.call("POST", "/v1/creators/owner/accounts", linked).status == 200
    assert counted(ann.call("GET", "/creators")) == before
    assert server.call("DELETE", "/v1/creators/owner/accounts/owner-two").status == 200
    assert counted(ann.call("GET", "/creators")) == before + 1


def test_all_creators_of_a_tier_can_be_reached(server, ann):
    names = [f"tier-{number:03}" for number in range(230)]
    for name in names:
        server.within(server.service.creators.members.put("shop", name, Profile()))
    tier = server.within(server.service.creators.book.held("shop", names[0])).standing.tier
    seen, asked = [], f"/creators?tier={tier}&containing=tier-"
    while asked:
        page = ann.call("GET", asked).body.decode()
        seen += re.findall(r'<td><a href="/creators/([^"]+)">', page)
        more = re.search(r'<a class="button" href="(/creators\?[^"]+)">', page)
        asked = unescape(more[1]) if more else ""
    assert seen == names
    assert 'class="tally here"' in page


def proposed(ann, name, days):
    made = ann.call("POST", f"/v1/creators/{name}/measures", {"kind": "limit_traffic", "days": days})
    assert made.status == 200, made.body
    return f"/v1/measures/{made.json['id']}"


def test_who_decides_alone_may_shorten_a_measure_and_never_lengthen_it(server, ann, bob):
    enrol(server, "measured")
    measure = proposed(ann, "measured", 5)
    longer = bob.call("POST", f"{measure}/decision", {"agrees": True, "days": 6})
    assert (longer.problem, longer.faults) == ("invalid-body", {"days": "measure_term"})
    assert "5" in longer.json["errors"][0]["msg"]
    assert bob.call("POST", f"{measure}/decision", {"agrees": True, "days": 4}).status == 200
    (shown,) = server.call("GET", "/v1/creators/measured").json["measures"]
    assert shown["state"] == "in_force"


def test_who_declines_a_measure_is_asked_for_no_term(server, ann, bob):
    enrol(server, "declined")
    measure = proposed(ann, "declined", 5)
    assert bob.call("POST", f"{measure}/decision", {"agrees": False, "days": 3650}).status == 200
    (shown,) = server.call("GET", "/v1/creators/declined").json["measures"]
    assert (shown["state"], shown["ends_at"]) == ("declined", None)


@pytest.mark.parametrize(("key", "value"), [("half", '"x"'), ("week", "inf"), ("prior", "0"), ("life", "2000000")])
def test_a_formula_is_refused_in_the_readers_language(server, ann, key, value):
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace('version = "2026-11"', 'version = "wrong"')
    sent = {"formula": re.sub(rf"\n{key} = .*\n", f"\n{key} = {value}\n", text)}
    reply = ann.call("POST", "/v1/trials", sent)
    assert (reply.status, reply.faults) == (422, {"formula": "formula"})
    assert f".{key}：须为" in reply.json["errors"][0]["msg"]
    told = ann.call("POST", "/v1/trials", sent, **{"Accept-Language": "en"}).json["errors"][0]["msg"]
    assert f".{key}: has to be" in told
    assert server.call("PUT", "/v1/creators/unharmed", {}).status == 200


def test_the_page_of_a_trial_reads_as_often_for_many_creators_as_for_one(server, ann, monkeypatch):
    text = (FOLDER / SHIPPED).read_text(encoding="utf-8").replace('version = "2026-11"', 'version = "2026-12"')
    formula = text.replace("\nhalf = 45", "\nhalf = 20")
    assert ann.call("POST", "/v1/trials", {"formula": formula}).status == 200
    reads, asked = server.service.creators.reads, []
    rows = reads.rows

    async def counting(statement, *values):
        asked.append(statement)
        return await rows(statement, *values)

    monkeypatch.setattr(reads, "rows", counting)
    for number in range(30):
        enrol(server, f"compared-{number:02}")
    del asked[:]
    page = ann.call("GET", "/formula")
    assert page.status == 200
    assert len(re.findall(r'<td><a href="/creators/', page.body.decode())) == 20
    assert len(asked) < 20


def test_what_is_wrong_with_an_account_names_the_field_that_was_sent(server):
    for name in ("link-a", "link-b"):
        assert server.call("PUT", f"/v1/creators/{name}", {}).status == 200
    sent = {"channel": "dy", "account_id": "link-c"}
    assert server.call("POST", "/v1/creators/link-a/accounts", sent).status == 200
    assert server.call("POST", "/v1/creators/link-b/accounts", sent).faults == {"account_id": "linked_elsewhere"}
    own = server.call("POST", "/v1/creators/link-a/accounts", {**sent, "account_id": "link-a"})
    assert own.faults == {"account_id": "own_account"}


def test_a_candidate_that_is_listed_twice_is_named(server):
    listed = [{"creator_id": name, "expected": 1, "category": "x"} for name in ("a", "b", "a", "b", "b")]
    reply = server.call("POST", "/v1/boosts/rank", {"scene": "ad", "budget": 1, "candidates": listed})
    assert reply.faults == {f"candidates.{place}.creator_id": "same_candidate" for place in (2, 3, 4)}


@pytest.mark.parametrize(
    ("signal", "lacking"),
    [
        ({"name": "engagement"}, "value"),
        ({"name": "self_correction", "seconds": 5}, "decision_id"),
        ({"name": "self_correction", "decision_id": "x"}, "seconds"),
    ],
)
def test_a_signal_that_says_nothing_is_no_measurement_of_nought(server, signal, lacking):
    assert server.call("PUT", "/v1/creators/measured", {}).status == 200
    sent = {"signals": [{**signal, "at": datetime.now(UTC).isoformat()}]}
    reply = server.call("POST", "/v1/creators/measured/signals", sent)
    assert (reply.status, reply.faults) == (422, {f"signals.0.{lacking}": "missing"})
    assert server.call("GET", "/v1/creators/measured").json["quality"] == 30.0


DAY = 86_400


def entered(server, name, rows):
    """Enters causes as they are: id, kind, cause, days ago, name, value, reverses, decision."""
    enrol(server, name)
    database, now = sqlite3.connect(server.service.settings.database), int(time.time())
    ((creator,),) = database.execute("SELECT id FROM creators WHERE name = ?", (name,)).fetchall()
    database.executemany(
        """
        INSERT INTO score_entries (id, tenant, creator, kind, cause, recorded, since, occurred, name, value, ref, scene,
            mark, decision) VALUES (?1, 'shop', ?2, ?3, ?4, ?5, ?5, ?5, ?6, ?7, ?8, 'ugc', ?1, ?9)
        """,
        [
            (id_, creator, kind, cause, now - int(days * DAY), told, value, ref, decision)
            for id_, kind, cause, days, told, value, ref, decision in rows
        ],
    )
    database.commit()
    database.close()
    server.within(server.service.creators.book.reload())


def test_a_line_names_its_decision_however_much_happened_since(server):
    """What weighs can be appealed against for a year, not until a thousand things were measured."""
    decision = server.judge("国家级面霜", content_id="busy-1", creator_id="busy").json["id"]
    told = [("old", "violation", "v", 100, "absolute_claim", 2, "", decision)]
    told += [
        (f"o{n}", "observation", f"after_sales:{n}", 99 - n / 100, "after_sales", 90, "", None) for n in range(1001)
    ]
    entered(server, "busy", told)
    lines = server.call("GET", "/v1/creators/busy/explanation").json["lines"]
    assert [(one["entry_id"], one["decision_id"]) for one in lines if one["code"] == "violation"] == [("old", decision)]


def test_a_reversal_says_what_it_reverses_on_whichever_page_that_is(server):
    told = [("v1", "violation", "v", 9, "absolute_claim", 1, "", None)]
    told += [(f"p{n}", "observation", f"published:{n}", 8, "published", 100, "", None) for n in range(3)]
    entered(server, "reversed", [*told, ("r1", "reversal", "reversal:v1", 1, "", 0, "v1", None)])
    (item,) = server.call("GET", "/v1/creators/reversed/ledger?limit=1").json["items"]
    (whole, *_) = server.call("GET", "/v1/creators/reversed/ledger").json["items"]
    assert item["text"] == whole["text"] and "v1" not in item["text"]
