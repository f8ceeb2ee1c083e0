"""Retention over the interface and in the console: what is kept by which law, holds page by page."""

from __future__ import annotations

import re

import pytest

from service.audit.packs import PACKS
from service.audit.retention import CLASSES
from service.rights import Role
from tests.http.test_console import shown


@pytest.fixture(scope="module")
def admin(server):
    return server.hire("retention-admin", Role.ADMIN)


def test_laws_are_cited_in_the_language_of_the_reader(admin):
    for lang, number in (("zh", 0), ("en", 1)):
        told = admin.call("GET", "/v1/retention", Accept_Language=lang).json["classes"]
        assert [one["law"] for one in told] == [one.law[number] for one in CLASSES]
        pages = {path: shown(admin.call("GET", path, Accept_Language=lang)) for path in ("/retention", "/exports")}
        assert [one.code for one in CLASSES if f">{one.law[number]}<" not in pages["/retention"]] == []
        assert ("未满 30 天", "not yet 30 days old")[number] in pages["/retention"], "zeros are not all there is"
        assert [one.code for one in PACKS.values() if f'"{one.law[number]}"' not in pages["/exports"]] == []


@pytest.mark.parametrize("law", [one.law for one in (*CLASSES, *PACKS.values())], ids=lambda law: law[1])
def test_a_law_has_the_english_name_that_verdicts_cite_it_by(server, law):
    known = server.service.rules.engine.ruleset.laws
    said, english = law[0].split("；"), law[1].split("; ")
    assert len(said) == len(english) and re.search("[\u4e00-\u9fff；、]", law[1]) is None
    for zh, en in zip(said, english, strict=True):
        name = re.split("[ （]", zh)[0]
        assert name not in known or en.startswith(f"{known[name].en} ")


def test_most_of_those_laws_are_cited_by_verdicts_too(server):
    known = server.service.rules.engine.ruleset.laws
    names = {re.split("[ （]", one)[0] for law in (*CLASSES, *PACKS.values()) for one in law.law[0].split("；")}
    assert len(names & known.keys()) >= 5


def test_holds_are_listed_page_by_page_newest_first(admin):
    values = [f"creator-{number}" for number in range(101)]
    for value in values:
        sent = {"kind": "creator", "value": value, "reason": "调查"}
        assert admin.call("POST", "/v1/holds", sent).status == 200
    seen, cursor = [], ""
    while cursor is not None:
        page = admin.call("GET", f"/v1/holds?limit=40&cursor={cursor}").json
        seen, cursor = seen + [one["value"] for one in page["holds"]], page["next"]
    assert seen[:101] == values[::-1]
    assert len(seen) == len(admin.call("GET", "/v1/holds?limit=500").json["holds"])
    first = shown(admin.call("GET", "/retention"))
    (after,) = re.findall(r'href="(/retention[?][^"]+)"', first)
    assert values[-1] in first and values[0] not in first
    assert values[0] in shown(admin.call("GET", after))
