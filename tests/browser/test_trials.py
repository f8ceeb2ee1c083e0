"""A trial of the creator formula in a real Chromium: 5, 20 and 100 percent by two people, adopted, then rolled back."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import pytest
import time_machine

from service.cli.demo_creators import _Then
from service.creators.entries import DAY, Entry, Kind
from service.creators.formulas import FOLDER, SHIPPED
from service.creators.members import Profile
from service.creators.parsing import parse
from service.creators.posting import member, post, seconds
from service.creators.score import reckon
from service.creators.trials import bucket
from service.ids import later, new_id
from service.rights import Role
from service.settings import Settings
from tests.browser.conftest import PASSWORD, running

OLD, NEW = "2026-11", "2026-12"


def changed(text):
    """Another version, by which violations are forgotten sooner: each score of who has one is higher."""
    return text.replace(f'version = "{OLD}"', f'version = "{NEW}"').replace("\nhalf = 45", "\nhalf = 20")


TEXT = (FOLDER / SHIPPED).read_text(encoding="utf-8")
FORMULAS = {OLD: parse(TEXT, OLD), NEW: parse(changed(TEXT), NEW)}
CREATORS = [f"creator-{number:03}" for number in range(800)]
"""So many that a fifth of them, by any draw, are the 100 that the effect has to be shown on."""
STAGES = (5, 20, 100)


@pytest.fixture(scope="module")
def clock():
    """The time of the whole process, the service's too."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="module")
def house(clock, tmp_path_factory, lexicons):
    """A service with the terms of a trial that it ships with; who signs in stays for the weeks that it takes."""
    settings = Settings(
        data=tmp_path_factory.mktemp("data"),
        lexicons=lexicons,
        port=0,
        rate_limit=10**9,
        expert="off",
        session_life=90 * DAY,
    )
    with running(settings) as started:
        started.within(started.service.accounts.create("shop", "mei", Role.POLICY_ADMIN, PASSWORD, by="cli"))
        started.within(enrol(started))
        started.within(started.service.ledger.visit(partial(violated, names=CREATORS, days=20)))
        yield started


async def enrol(house):
    members = house.service.creators.members
    for start in range(0, len(CREATORS), 100):
        await asyncio.gather(*[members.put("shop", name, Profile("host")) for name in CREATORS[start : start + 100]])


def violated(visit, names, days):
    """A final violation of each, so many days ago."""
    then = _Then(visit, later(visit.at, -days * DAY))
    at = seconds(then.at)
    for name in names:
        id_, owner = new_id(), member(visit, "shop", name).id
        post(then, "shop", owner, Entry(id_, Kind.VIOLATION, f"v:{id_}", 0, at, at, "absolute_claim", 3, "", "ugc"))


class Shown(NamedTuple):
    """What the page of a creator shows."""

    formula: str
    score: float
    other: float | None


class Trying:
    """The trial as two people, its creators and the service see it."""

    def __init__(self, house, clock, proposer, other):
        self.house, self.clock, self.proposer, self.page = house, clock, proposer, other
        self.parts = house.service.creators
        self.trial, self.places, self.shown = "", {}, {}

    def propose(self):
        """By the form of the page: another half-life and another version, as a person would write them."""
        self.proposer.click("[data-open=propose]")
        self.proposer.fill("#propose textarea", changed(self.proposer.input_value("#propose textarea")))
        self.proposer.click("#propose .main")
        self.trial = self.proposer.wait_for_selector("section.trial").get_attribute("id").removeprefix("trial-")
        rows = self.house.within(self.parts.reads.listed("shop", after="", containing="creator-", limit=10**4))
        self.places = {one.name: bucket(self.trial, one.id) for one in rows}
        # One whom each stage moves first.
        for least, most in zip((0, *STAGES), STAGES, strict=False):
            self.shown[most] = next(name for name, place in self.places.items() if least <= place < most)

    def formulas(self):
        """With which formula the service counts how many creators."""
        held = self.house.within(self.parts.book.standings("shop", CREATORS))
        return Counter(one.formula.version for one in held.values())

    def expected(self, share):
        moved = sum(place < share for place in self.places.values())
        return Counter({version: count for version, count in ((NEW, moved), (OLD, len(CREATORS) - moved)) if count})

    def counted_with(self):
        """Of those who are shown, what their own pages say: the formula and the score, and the score by the other."""
        found = {}
        for stage, name in self.shown.items():
            self.page.goto(f"{self.house.url}/creators/{name}")
            score = float(self.page.inner_text("#score"))
            version = self.page.inner_text(".tally:has(#score) span").rsplit("· ", 1)[1]
            seen = self.house.within(self.parts.book.seen("shop", name))
            due = reckon(seen.entries, FORMULAS[version], seen.derived.at).score / 1000
            assert score == float(self.page.inner_text("#sum")) == pytest.approx(due, abs=0.01)
            other = self.page.locator("#other b").all_inner_texts()
            found[stage] = Shown(version, score, float(other[0]) if other else None)
        return found

    def go(self):
        """The page of trials as whoever did not propose sees it."""
        self.page.goto(f"{self.house.url}/formula")
        return self.page.locator(f"#trial-{self.trial}")

    def advance(self, reached):
        card = self.go()
        card.locator(".main").click()
        self.page.wait_for_selector(f"#trial-{self.trial} {reached}")

    def refused(self, why):
        self.go().locator(".main").click()
        self.page.wait_for_selector(f"#toasts :text('原因代码 {why}')")

    def days_pass(self, days=7):
        self.clock.shift(timedelta(days=days, seconds=1))


@pytest.fixture
def trying(house, clock, seat):
    return Trying(house, clock, seat("mei", path="/formula").page, seat("root", path="/formula").page)


def test_a_trial_reaches_everybody_by_three_stages_and_is_rolled_back_by_one_button(trying):
    page = trying.page
    trying.propose()
    assert trying.proposer.locator(f"#trial-{trying.trial} .main").count() == 0
    trying.refused("too_early")
    assert {shown.formula for shown in trying.counted_with().values()} == {OLD}
    for share in STAGES:
        trying.days_pass()
        if share == 100:
            trying.refused("no_effect")
            others = [name for name, place in trying.places.items() if place >= 20]
            trying.house.within(trying.house.service.ledger.visit(partial(violated, names=others[::6], days=1)))
        trying.advance(f".stages .now:has-text('{share} %')")
        moved = sum(place < share for place in trying.places.values())
        assert page.inner_text(f"#trial-{trying.trial} .counted") == f"{moved} / {len(CREATORS)}"
        assert trying.formulas() == trying.expected(share)
        for stage, shown in trying.counted_with().items():
            assert shown.formula == (NEW if stage <= share else OLD)
            assert (shown.score > shown.other) == (shown.formula == NEW)
    assert trying.formulas() == {NEW: len(CREATORS)}
    trying.days_pass()
    trying.advance(".chip:has-text('已采用')")
    assert page.inner_text("#holds") == NEW
    adopted = trying.counted_with()
    assert {(shown.formula, shown.other) for shown in adopted.values()} == {(NEW, None)}
    assert trying.formulas() == {NEW: len(CREATORS)}
    trying.go()
    page.evaluate("window.confirm = () => true")
    page.click(f"#trial-{trying.trial} .stop")
    page.wait_for_selector(f"#trial-{trying.trial} .chip:has-text('已回滚')")
    assert page.inner_text("#holds") == OLD
    back = trying.counted_with()
    assert trying.formulas() == {OLD: len(CREATORS)}
    for stage, shown in back.items():
        assert (shown.formula, shown.other) == (OLD, None)
        assert shown.score < adopted[stage].score
    (one,) = trying.house.within(trying.parts.reads.trials("shop", limit=9))
    assert (one.state, one.share) == ("rolled_back", 0)
