"""Two tenants with contradicting lexicons, judged under load while versions change: no verdict mixes two of them.

Each tenant flips between two versions that say the opposite of each other, and of the other tenant's, about every
word. A verdict names by its fingerprint what it was judged by, so what it must hold can be looked up. The twins are
services that look twice, or at whichever tenant came first: the same experiment catches them.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NamedTuple

import pytest

from moderation.types import Action, Content, Verdict
from service import sitting
from tests.service.test_lexicons import allow, ban

WORDS = ("某某词", "国家级", "第七号词", "全网第一")
TENANTS = ("shop", "rival")
CATEGORY = {"国家级": "absolute_claim", "全网第一": "absolute_claim"}
PADDING = "这款面霜很好用。" * 260
"""Makes a content long enough for a thread, where an activation can come in between."""


def lexicon(banned, allowed):
    """A version that bans some words and allows the others."""
    files = {f"{category}.txt": ban(*(w for w in banned if kind(w) == category), category=category)["ban.txt"]
             for category in sorted({kind(word) for word in banned})}  # fmt: skip
    return {**files, **allow(*allowed)}


def kind(word):
    return CATEGORY.get(word, "abuse_insult")


def versions(tenant):
    """What a tenant flips between: the first bans the even words and allows the odd ones, the second the reverse."""
    halves = [WORDS[::2], WORDS[1::2]]
    if tenant == "rival":
        halves.reverse()
    return [(halves[0], halves[1]), (halves[1], halves[0])]


class Experiment:
    """Contradicting lexicons under load. ``faults``: failed requests, and verdicts that no single version gives."""

    def __init__(self, service, content) -> None:
        self.service, self.content = service, content
        self.callers, self.versions = {}, {}
        self.banned = {}
        self.faults, self.seen = [], set()
        self.running = True

    async def run(self, *, activations, clients):
        for tenant in TENANTS:
            await self.set_up(tenant)
        assert len(self.banned) == 4
        asking = [asyncio.create_task(self.ask(tenant, number)) for number in range(clients) for tenant in TENANTS]
        for number in range(1, activations + 1):
            for tenant in TENANTS:
                await self.flip(tenant, number)
        self.running = False
        await asyncio.gather(*asking)
        return self.faults

    async def set_up(self, tenant):
        _, secret = await self.service.keys.create(tenant)
        self.callers[tenant] = await self.service.keys.caller(secret)
        self.versions[tenant] = []
        for banned, allowed in versions(tenant):
            # A comment makes the texts of the two tenants differ, and so their fingerprints.
            files = {name: f"# {tenant}\n{text}" for name, text in lexicon(banned, allowed).items()}
            info = await self.service.lexicons.file(tenant, files, by="k")
            pair = f"{self.service.rules.engine.ruleset.fingerprint}+{info.sha256[:16]}"
            self.versions[tenant].append((info.version, pair))
            self.banned[tenant, pair] = {*banned}
        await self.service.lexicons.activate(tenant, self.versions[tenant][0][0], by="k")

    def asked(self, tenant, *, long=False):
        made = self.content("，".join(WORDS) + ("。" + PADDING if long else ""))
        return replace(made, tenant=tenant)

    async def ask(self, tenant, turn):
        while self.running:
            turn += 1
            asked = self.asked(tenant, long=turn % 4 == 0)
            try:
                if turn % 3:
                    decided = [await self.service.moderation.one(self.callers[tenant], asked)]
                else:
                    decided = await self.service.moderation.many(self.callers[tenant], [asked] * 3)
            except Exception as error:  # noqa: BLE001 - any failure is a finding
                self.faults.append(f"{tenant}: {error!r}")
                continue
            for one in decided:
                self.look(tenant, asked.parts[0].text, one.verdict)
            if len({one.verdict.ruleset for one in decided}) > 1:
                self.faults.append(f"{tenant}: a batch was judged by two versions")

    def look(self, tenant, text, verdict):
        """Compares a verdict with what the version that it names says."""
        banned = self.banned.get((tenant, verdict.ruleset))
        found = {text[item.span.start : item.span.end] for item in verdict.evidence}
        spared = {text[item.span.start : item.span.end] for item in verdict.exemptions}
        if banned is None:
            self.faults.append(f"{tenant} was judged by {verdict.ruleset}")
        elif found != banned or verdict.action is not Action.BLOCK or not spared.isdisjoint(banned):
            self.faults.append(f"{tenant}: {verdict.ruleset} bans {banned}, found {found}, spared {spared}")
        self.seen.add((tenant, verdict.ruleset))

    async def flip(self, tenant, number):
        version, pair = self.versions[tenant][number % 2]
        await self.service.lexicons.activate(tenant, version, by="k")
        # What is asked once the activation was answered is judged by nothing older.
        decided = await self.service.moderation.one(self.callers[tenant], self.asked(tenant))
        if decided.verdict.ruleset != pair:
            self.faults.append(f"{tenant}: activation {number} did not hold at once")


@pytest.fixture
def experiment(service, content):
    return Experiment(service, content)


async def test_no_verdict_mixes_versions_or_tenants_and_no_request_fails(experiment):
    assert await experiment.run(activations=20, clients=4) == []
    assert len(experiment.seen) == 4  # both versions of both tenants were met


@pytest.mark.slow
async def test_nor_does_it_in_a_hundred_activations_of_each_under_more_load(experiment):
    assert await experiment.run(activations=100, clients=16) == []
    assert len(experiment.seen) == 4


class Settled(NamedTuple):
    """A case with a verdict of somebody else's making."""

    content: Content
    verdict: Verdict
    wants: tuple[str, ...] = ()

    def conclude(self) -> Verdict:
        return self.verdict


def later(service, look_again):
    """A way to judge one long content that looks at the tenant's rules a second time, a moment later."""
    honest = service.moderation._chamber.cases

    async def cases_of(tenant, engines, company):
        cases = await honest(tenant, engines, company)
        if not any(map(sitting.is_long, company)):
            return cases
        ((asked, verdict),) = [(case.content, case.conclude()) for case in cases]
        await asyncio.sleep(0.01)
        return [Settled(asked, look_again(verdict, service.rules.engines.of(tenant), asked))]

    return cases_of


async def test_a_service_that_signs_with_what_is_active_by_then_is_caught(service, experiment, monkeypatch):
    def signed(verdict, engine, _):
        return verdict._replace(ruleset=engine.ruleset.fingerprint)

    monkeypatch.setattr(service.moderation._chamber, "cases", later(service, signed))
    assert any("bans" in fault for fault in await experiment.run(activations=10, clients=4))


async def test_a_service_that_reads_bans_before_and_allow_terms_after_is_caught(service, experiment, monkeypatch):
    def mixed(verdict, engine, asked):
        spared = {item.span for item in engine.examine(asked).conclude().exemptions}
        return verdict._replace(evidence=tuple(item for item in verdict.evidence if item.span not in spared))

    monkeypatch.setattr(service.moderation._chamber, "cases", later(service, mixed))
    assert any("bans" in fault for fault in await experiment.run(activations=10, clients=4))


async def test_a_sitting_that_judges_all_by_the_first_ones_words_is_caught(experiment, monkeypatch):
    together = sitting.together

    def leaking(engines, company, tenants):
        return together(engines, company, [tenants[0]] * len(tenants))

    monkeypatch.setattr(sitting, "together", leaking)
    assert any("was judged by" in fault for fault in await experiment.run(activations=4, clients=4))


async def test_an_activation_that_is_heard_later_is_caught(service, experiment, monkeypatch):
    async def deaf():
        """Leaves it to the watch."""

    set_up = experiment.set_up

    async def then_deaf(tenant):
        await set_up(tenant)
        if tenant == TENANTS[-1]:
            monkeypatch.setattr(service.rules, "catch_up", deaf)

    monkeypatch.setattr(experiment, "set_up", then_deaf)
    assert any("did not hold" in fault for fault in await experiment.run(activations=4, clients=1))
