"""The pages of creators in a real Chromium: five years that add up, an overturn from end to end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest
import time_machine

from moderation.types import Action
from service.cli.demo_creators import _Then
from service.creators.entries import DAY, Entry, Kind
from service.creators.members import Profile
from service.creators.posting import member, post, seconds
from service.ids import later, new_id
from service.keys import Caller
from service.review.appeals import Appealed
from service.review.desk import Sorts
from service.review.intake import Said
from service.review.rulings import Ruling
from service.review.verdict import Reason
from service.rights import Right
from tests.browser.test_console import _violations

LI = "小李的店"


def lived(visit, name, days, often):
    """Years with clean days, and a violation now and then."""
    rng, owner = Random(3), member(visit, "shop", name).id
    for day in range(days, 0, -1):
        then = _Then(visit, later(visit.at, -day * DAY))
        at, id_ = seconds(then.at), new_id()
        if rng.random() < often:
            item = Entry(id_, Kind.OBSERVATION, f"published:{id_}", 0, at, at, "published", 100, "", "ugc", id_)
            post(then, "shop", owner, item)
        if rng.random() < 0.02:
            post(
                then,
                "shop",
                owner,
                Entry(new_id(), Kind.VIOLATION, f"old:{day}", 0, at, at, "spam_flood", 2, "", "ugc"),
            )


@pytest.fixture(scope="module")
def creators(house):
    """A shop with a creator of half a year and one of five."""
    until = int((datetime.now(UTC) + timedelta(days=400)).timestamp())
    for name, days, often in ((LI, 60, 0.6), ("five-years", 5 * 365, 0.08)):
        parts = house.service.creators
        house.within(parts.members.put("shop", name, Profile("host", verified_until={"identity": until})))
        house.within(house.service.ledger.visit(partial(lived, name=name, days=days, often=often)))
    return house


def number(page, selector):
    return float(page.inner_text(selector).removeprefix("×"))


def seen(page, house, name):
    page.goto(f"{house.url}/creators/{name}")
    return number(page, "#score"), number(page, "#multiplier")


def test_five_years_are_drawn_and_add_up(creators, seat):
    sitting = seat("root", path="/creators")
    page = sitting.page
    page.click("text=five-years")
    page.wait_for_selector(".over-time .curve")
    points = page.get_attribute(".over-time .curve", "points").split()
    assert len(points) > 100
    assert page.locator(".over-time .event").count() > 20
    shown = [float(text) for text in page.locator("#explanation tbody td.number").all_inner_texts()]
    assert round(sum(shown), 3) == number(page, "#sum") == number(page, "#score")
    assert sitting.wrong == []


def test_an_overturn_restores_all_that_the_page_shows(creators, seat):
    house, desk = creators, creators.service.desk
    page = seat("root", path="/creators").page
    content = {"scene": "ugc", "text": "今天天气很好", "content_id": "li-1", "creator_id": LI}
    house.call("POST", "/v1/moderations", content)
    before = seen(page, house, LI)
    assert before[1] > 1.1
    ann, bob = (Caller("shop", name, frozenset(Right)) for name in _people(house))
    house.within(desk.file("shop", Said("report", "li-1", "u1", "other")))
    (row,) = house.within(desk.claim(ann, sorts=Sorts(kinds=("report",))))
    ruling = Ruling(Action.BLOCK, (Reason("absolute_claim"),))
    house.within(desk.decide(ann, row.id, row.token, ruling))
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=15), tick=True):
        house.within(desk.sweep())
        hit = seen(page, house, LI)
        assert hit[0] < before[0]
        assert hit[1] == 1.0
        assert page.locator("tr.line-violation").count() > 0
        block = page.inner_text("tr.line-violation:has-text('绝对化用语') code")
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=40), tick=True):
        house.within(desk.appeal("shop", Appealed(block, "", LI, "不是广告")))
        (row,) = house.within(desk.claim(bob, sorts=Sorts(kinds=("appeal",))))
        house.within(desk.decide(bob, row.id, row.token, Ruling(None, outcome="overturned")))
        back = seen(page, house, LI)
        assert back[0] >= before[0] - 0.2
        assert back[1] > before[1]
        assert page.locator("text=补偿被撤销的处罚期间少得的流量").count() == 1
        assert page.locator("tr.line-violation:has-text('绝对化用语')").count() == 0


def test_pages_of_creators_are_accessible(creators, seat):
    for theme, paths in (("light", ("/creators", "/boosts", "/formula")), ("dark", (f"/creators/{LI}",))):
        sat = seat("root", theme=theme, path="/creators")
        for path in paths:
            assert _violations(sat.go(path)) == []


def _people(house):
    listed = house.within(house.service.accounts.listed("shop", limit=9))
    return [user.id for user in listed][:2]
