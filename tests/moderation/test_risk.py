"""The risk of a room: what adds to it, what is advised and told, and how it fades."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from moderation.risk import Advice, Level, Mark, Risk, Source, corrected, departure, look, marks, renewed, weigh
from moderation.types import Action, Evidence, Span
from tests.moderation.live import chat, speech

if TYPE_CHECKING:
    from moderation.engine import Engine
    from moderation.liverules import RiskRules
    from moderation.risk import Step


@pytest.fixture
def rules(shipped: Engine) -> RiskRules:
    live = shipped.ruleset.live
    assert live is not None
    return live.risk


def claim(at: float) -> Mark:
    return Mark(Source.SPEECH, at, "absolute_claim", 16, violation=True)


def told(steps: tuple[Step, ...]) -> list[tuple[Advice | None, bool]]:
    return [(step.advice, step.on) for step in steps]


def test_the_host_is_warned_at_the_first_grave_claim_and_again_at_each_further_one(rules: RiskRules) -> None:
    risk, first = weigh(Risk(), claim(0), rules)
    risk, second = weigh(risk, claim(10), rules)
    assert (Advice.WARN_HOST, True) in told(first)
    assert (Advice.WARN_HOST, True) in told(second)
    assert (risk.violations, risk.unheeded, risk.warned_at) == (2, 1, 10)


def test_a_host_who_goes_on_gets_a_senior_and_then_the_advice_to_cut(rules: RiskRules) -> None:
    risk, advised = Risk(), []
    for number in range(6):
        risk, steps = weigh(risk, claim(number), rules)
        advised += [step.advice for step in steps if step.on]
    assert advised.index(Advice.WARN_HOST) < advised.index(Advice.SENIOR) < advised.index(Advice.CUT)
    assert risk.level is Level.RED


def test_every_step_says_why(rules: RiskRules) -> None:
    risk = Risk()
    for number in range(40):
        risk, steps = weigh(risk, Mark(Source.CHAT, number, "spam_flood", 2), rules)
        assert all(step.reasons for step in steps if step.on)
    assert Advice.SLOW_MODE in risk.active


def test_risk_fades_and_what_was_advised_is_told_to_be_over(rules: RiskRules) -> None:
    risk, _ = weigh(Risk(), claim(0), rules)
    risk, _ = weigh(risk, claim(1), rules)
    assert risk.level is Level.AMBER
    risk, steps = look(risk, 3600, rules)
    assert (risk.level, risk.active) == (Level.GREEN, frozenset())
    assert told(steps) == [(None, False), (Advice.WARN_HOST, False), (Advice.SENIOR, False)]


def test_who_was_warned_long_ago_starts_anew_whether_anybody_looked_or_not(rules: RiskRules) -> None:
    risk, _ = weigh(Risk(), claim(0), rules)
    risk, _ = weigh(risk, claim(1), rules)
    risk, steps = weigh(risk, claim(8 * 3600), rules)
    assert told(steps) == [(None, False), (Advice.WARN_HOST, False), (Advice.SENIOR, False), (Advice.WARN_HOST, True)]
    assert (risk.unheeded, risk.violations) == (0, 3)


@pytest.mark.parametrize("seed", range(20))
def test_looks_in_between_change_nothing(rules: RiskRules, seed: int) -> None:
    chance, at, seen, unseen = Random(seed), 0.0, Risk(), Risk()
    told_seen: Counter[tuple[Advice | None, bool]] = Counter()
    told_unseen: Counter[tuple[Advice | None, bool]] = Counter()
    for _ in range(60):
        pause = chance.choice((1, 30, 700, 3000))
        for part in (0.25, 0.5):
            seen, steps = look(seen, at + pause * part, rules)
            told_seen.update(told(steps))
        at += pause
        mark = Mark(chance.choice([*Source]), at, chance.choice("ab"), chance.choice((1, 8, 24)), chance.random() < 0.5)
        seen, steps = weigh(seen, mark, rules)
        told_seen.update(told(steps))
        unseen, steps = weigh(unseen, mark, rules)
        told_unseen.update(told(steps))
        assert seen.points() == pytest.approx(unseen.points())
        assert (seen.level, seen.active, seen.unheeded) == (unseen.level, unseen.active, unseen.unheeded)
    del told_seen[None, False], told_unseen[None, False]  # a level may fall in one step or in two
    assert told_seen == told_unseen


def test_the_next_show_starts_fresh_and_what_stood_is_told_to_be_over(rules: RiskRules) -> None:
    risk = Risk()
    for number in range(6):
        risk, _ = weigh(risk, claim(number), rules)
    risk, steps = renewed(risk, 10, rules)
    assert risk == Risk()
    assert told(steps) == [(None, False), (Advice.WARN_HOST, False), (Advice.SENIOR, False), (Advice.CUT, False)]
    assert {step.level for step in steps} == {Level.GREEN}
    assert renewed(Risk(), 10, rules) == (Risk(), ())


def test_a_correction_lowers_the_consequence(rules: RiskRules) -> None:
    risk, _ = weigh(Risk(), claim(0), rules)
    lower, _ = corrected(risk, 20, "absolute_claim", rules)
    assert lower.points() < risk.points() / 3
    again, _ = weigh(weigh(risk, claim(1), rules)[0], claim(2), rules)
    assert again.points() / 2 < corrected(again, 20, "absolute_claim", rules)[0].points() < again.points()
    unannounced, _ = weigh(risk, departure(1, "absolute_claim", rules), rules)
    assert corrected(unannounced, 20, "absolute_claim", rules)[0].points() < unannounced.points() / 3
    other, _ = corrected(risk, 20, "medical_claim", rules)
    assert other.points() == pytest.approx(risk.points(), rel=0.05)


def test_an_earlier_mark_does_not_turn_the_clock_back(rules: RiskRules) -> None:
    risk, _ = weigh(Risk(), claim(100), rules)
    risk, _ = weigh(risk, claim(50), rules)
    assert risk.at == 100
    assert risk.points() == 32


def test_reasons_are_bounded(rules: RiskRules) -> None:
    risk = Risk()
    for number in range(100):
        risk, _ = weigh(risk, Mark(Source.CHAT, 0, f"category{number}", 1), rules)
    assert len(risk.reasons) == 12


def test_a_departure_from_the_script_counts(rules: RiskRules) -> None:
    risk, steps = weigh(Risk(), departure(0, "absolute_claim", rules), rules)
    assert risk.points(Source.SCRIPT) == rules.script
    assert (Advice.WARN_HOST, True) in told(steps)


def test_a_verdict_is_marked_by_what_counts(shipped: Engine, rules: RiskRules) -> None:
    def marked(content) -> list[tuple[Source, str, bool]]:
        found = marks(content, shipped.examine(content).conclude(), rules)
        return [(mark.source, mark.category, mark.violation) for mark in found]

    assert marked(speech("这是全国第一的面霜没有之一")) == [(Source.SPEECH, "absolute_claim", True)]
    assert marked(chat("想要同款的加我微信")) == [(Source.CHAT, "contact_diversion", False)]
    assert marked(chat("不发货还不退款")) == [(Source.COMPLAINT, "negative_sentiment", False)]
    assert marked(chat("多少钱")) == []


def test_a_score_alone_adds_little_and_warns_nobody(shipped: Engine, rules: RiskRules) -> None:
    item = Evidence("text", "false_fact_claim", "text.ad_law", 3, Span("text", 0, 2), weight=60)
    verdict = (
        shipped.examine(speech("这个锅是五升的"))
        .conclude()
        ._replace(action=Action.REVIEW, severity=3, categories=("false_fact_claim",), evidence=(item,))
    )
    (mark,) = marks(speech("这个锅是五升的"), verdict, rules)
    assert (mark.points, mark.violation) == (2, False)
    (firm,) = marks(speech("这个锅是五升的"), verdict._replace(evidence=(item._replace(source="lexicon"),)), rules)
    assert (firm.points, firm.violation) == (8, True)
    hint = item._replace(source="lexicon", weight=20)
    (beside,) = marks(speech("这个锅是五升的"), verdict._replace(evidence=(item, hint)), rules)
    assert beside == mark
