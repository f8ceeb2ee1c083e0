"""A change of the lexicon in a real Chromium: drafted, tried, proposed, approved by another, in force, taken back."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from service.rights import Role
from tests.browser.conftest import PASSWORD
from tests.browser.test_console import _violations

WORD = "举世无双"


@pytest.fixture(scope="module")
def policy(house):
    """Two people who may change rules, and contents that would be flagged; some decided."""
    accounts = house.service.accounts
    for name in ("pat", "quy"):
        house.within(accounts.create("shop", name, Role.POLICY_ADMIN, PASSWORD, by="cli"))
    texts = [f"第{n}款面霜，{WORD if n % 2 else '平平常常'}" for n in range(30)]
    house.file([{"content_id": f"p-{n}", "text": text, "creator_id": f"m-{n % 4}"} for n, text in enumerate(texts)])
    return house


class Traffic:
    """The pipeline, which goes on whatever people do with the rules."""

    def __init__(self, house):
        self.house, self.stop, self.seen, self.failed = house, threading.Event(), [], []
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                told = self.house.call("POST", "/v1/moderations", {"scene": "ad", "text": f"{WORD}的面霜 {number}"})
                self.seen.append(told["action"])
            except (AssertionError, OSError) as error:
                self.failed.append(error)
            self.stop.wait(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(30)


def shot(sat, name):
    if folder := os.environ.get("QINGLIU_SHOTS"):
        sat.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def act(sat, key, dialog):
    """A step that asks once more, and the page after it."""
    sat.press(key)
    sat.page.wait_for_selector(f"#{dialog}[open]")
    with sat.page.expect_navigation():
        sat.press("Enter")


def drafted(pat):
    """A new term and another weight for an old one, by the page; tried."""
    pat.press("n")
    pat.page.wait_for_selector("#new-term[open]")
    pat.page.select_option("#new-term [name=category]", "absolute_claim")
    pat.page.fill("#new-term [name=line]", f"{WORD} | severely: 3")
    pat.press("Enter")
    pat.page.wait_for_selector("#new-term .error >> text=severely")
    assert "files." not in pat.page.locator("#new-term .error").inner_text()
    assert all("422" in one for one in pat.wrong)
    pat.wrong.clear()
    pat.page.fill("#new-term [name=line]", f"{WORD} | severity: 3")
    pat.press("Enter")
    pat.page.wait_for_selector("#draft-list >> text=绝对化用语")  # a wrong category is seen before it is proposed
    assert pat.page.input_value("#new-term [name=category]") == "absolute_claim"
    pat.page.fill("#filters [name=text]", "國家級")
    pat.press("Enter")
    pat.page.wait_for_selector("#rows b:has-text('国家级')")
    pat.page.click("[data-weigh]")
    number = pat.page.locator("#weigh [name=number]")
    assert (number.input_value(), number.get_attribute("max")) == ("100", "100")
    pat.page.select_option("#weigh [name=op]", "severity")
    assert (number.input_value(), number.get_attribute("max")) == ("3", "4")
    pat.page.select_option("#weigh [name=op]", "weight")
    number.fill("60")
    pat.press("Enter")
    pat.page.wait_for_function("() => document.querySelectorAll('#draft-list li').length === 2")
    pat.page.click("#draft-title")
    pat.press("t")
    pat.page.wait_for_selector(".rehearsal[data-state=done] .tally")
    assert int(pat.page.locator("#outcome .tally b").nth(1).inner_text()) >= 15  # and the traffic's
    assert _violations(pat) == []
    shot(pat, "lexicons")


def looked_at(quy, path):
    """The proposal, as the second person finds it; tried anew."""
    quy.go("/rulesets").page.click("#rows a")
    quy.page.wait_for_url(f"**{path}")
    quy.press("t")
    quy.page.wait_for_selector(".rehearsal[data-state=done] .tally")
    assert WORD in quy.page.locator(".diff .new").last.inner_text() + quy.page.locator(".diff").first.inner_text()
    assert _violations(quy) == []
    shot(quy, "proposal")


def lives(traffic, sat, action):
    """From now on the traffic is judged so, but for what was on its way."""
    before = len(traffic.seen)
    for _ in range(100):
        sat.page.wait_for_timeout(50)
        if len(traffic.seen) > before + 3:
            break
    assert set(traffic.seen[before + 1 :]) == {action}


def test_a_change_from_draft_over_second_approval_to_effect_and_back_under_traffic(policy, seat):
    with Traffic(policy) as traffic:
        pat, quy = seat("pat", path="/lexicons"), seat("quy", path="/rulesets", theme="dark")
        drafted(pat)
        pat.page.fill("#draft-form [name=note]", "绝对化用语：举世无双")
        with pat.page.expect_navigation():
            pat.press("Enter")
        pat.page.wait_for_selector("#state[data-state=open]")
        assert pat.page.locator("[data-open=sure-approve]").count() == 0  # nobody approves their own
        looked_at(quy, pat.page.url.removeprefix(policy.url))
        act(quy, "a", "sure-approve")
        quy.page.wait_for_selector("#state[data-state=approved]")
        assert set(traffic.seen) == {"pass"}
        pat.page.reload()
        act(pat, "v", "sure-activate")
        pat.page.wait_for_selector("#state[data-state=active]")
        lives(traffic, pat, "block")
        quy.go("/rulesets")
        assert _violations(quy) == []
        shot(quy, "rulesets")
        act(quy, "z", "sure-rollback")
        quy.page.wait_for_selector(".facts")
        lives(traffic, pat, "pass")
        pat.page.reload()
        pat.page.wait_for_selector("#state[data-state=rolled_back]")
    assert traffic.failed == [] and len(traffic.seen) > 20
    assert pat.wrong == [] and quy.wrong == []


def test_a_shadow_is_started_and_ended_from_the_page_of_a_proposal(policy, seat):
    body = {"changes": [{"op": "add", "category": "absolute_claim", "line": "天下第一霜"}], "note": "试运行"}
    pat = seat("pat", path="/rulesets")
    made = pat.page.evaluate("body => ql.ask('POST', '/v1/rulesets/proposals', body)", body)
    pat.go(f"/rulesets/{made['id']}")
    with pat.page.expect_navigation():
        pat.page.click("[data-call='POST /v1/rulesets/shadows']")
    policy.file(
        [{"content_id": "s-1", "text": "天下第一霜", "creator_id": "m-1"}, {"content_id": "s-2", "text": "平常"}]
    )
    with pat.page.expect_navigation():
        pat.page.click("[data-call='DELETE /v1/rulesets/shadows']")
    pat.page.wait_for_selector(".card .tally")
    shown = pat.page.locator(".card:has(.tally)").first.inner_text()
    assert "2\n已试内容" in shown and "1\n新增命中" in shown
    assert pat.wrong == []


@pytest.fixture(scope="module")
def decided(policy):
    """Twelve items of one term, all of them false alarms, and twelve of another, all of them true."""
    texts = [f"这台机器遥遥领先{n}" if n % 2 else f"去年的销量冠军{n}" for n in range(24)]
    policy.file([{"content_id": f"t-{n}", "text": text} for n, text in enumerate(texts)])
    return policy


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_bad_term_is_proposed_for_demotion_from_its_page(decided, seat, theme):
    sat = seat("zhang.min")
    if not sat.page.evaluate("() => ql.ask('GET', '/v1/terms')")["decided"]:
        told = sat.page.evaluate("body => ql.ask('POST', '/v1/reviews/claim', body)", {"limit": 50})
        for one in told["items"]:
            sent = {"token": one["token"], "action": "pass"}
            if "销量冠军" in one["excerpt"]:
                sent |= {"action": "block", "reasons": [{"category": one["category"]}]}
            sat.page.evaluate("([id, body]) => ql.ask('POST', `/v1/reviews/${id}/decision`, body)", [one["id"], sent])
    pat = seat("pat", path="/terms", theme=theme)
    pat.page.wait_for_selector(".chip.warn")
    assert "遥遥领先" in pat.page.locator("tr:has(.chip.warn)").first.inner_text()
    assert _violations(pat) == []
    shot(pat, f"terms-{theme}")
    with pat.page.expect_navigation():
        pat.page.click("tr:has(.chip.warn) [data-advise]")
    pat.page.wait_for_selector("#state[data-state=open]")
    assert "遥遥领先" in pat.page.locator("h1").inner_text()
    assert pat.wrong == []
