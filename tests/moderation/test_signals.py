"""Signals: rates against their own past, surges of complaints, waves of praise, talk of swaps."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from moderation.room import COMPLAINTS
from moderation.signals import Moods, Watch, feel, tail, watch
from tests.moderation.live import START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from moderation.engine import Engine
    from moderation.liverules import SignalRules
    from moderation.signals import Signal


@pytest.fixture
def rules(shipped: Engine) -> SignalRules:
    live = shipped.ruleset.live
    assert live is not None
    return live.signals


def watched(rules: SignalRules, rates: Iterable[float], *, per_window: int = 200, seed: int = 1) -> list[Signal]:
    """The signals of a room with one rate of flags a window."""
    chance, state, told = Random(seed), Watch(), []
    for number, rate in enumerate(rates):
        for message in range(per_window):
            at = START + 60 * number + 60 * message / per_window
            state, signals = watch(state, at, ["abuse_insult"] if chance.random() < rate else [], rules)
            told += [signal for signal in signals if signal.category == "abuse_insult"]
    return told


def test_the_tail_is_that_of_the_hypergeometric_distribution() -> None:
    assert tail(0, 10, 5, 90) == pytest.approx(1.0)
    assert tail(3, 3, 0, 3) == pytest.approx(1 / 20)
    assert tail(2, 3, 1, 3) == pytest.approx((9 + 1) / 20)


def test_a_rate_that_triples_is_told_once_and_told_to_be_over(rules: SignalRules) -> None:
    told = watched(rules, [0.02] * 20 + [0.08] * 3 + [0.02] * 8)
    assert [(signal.kind, signal.on) for signal in told][:2] == [("rise", True), ("rise", False)]


def test_a_fall_of_a_fifth_is_told(rules: SignalRules) -> None:
    told = watched(rules, [0.2] * 100 + [0.16] * 60)
    assert ("fall", True) in [(signal.kind, signal.on) for signal in told]


def test_where_nothing_changes_alarms_are_as_rare_as_stated(rules: SignalRules) -> None:
    often = replace(rules, alarm_micro=20_000)
    windows = 0
    alarms = 0
    for seed in range(4):
        told = watched(often, [0.05] * 120, per_window=60, seed=seed)
        windows += 120
        alarms += sum(signal.on for signal in told)
    assert alarms <= windows * 0.02 + 3 * (windows * 0.02) ** 0.5


def test_a_new_room_alarms_about_nothing(rules: SignalRules) -> None:
    assert watched(rules, [0.5], per_window=100) == []


def test_an_alarm_is_over_when_the_room_was_silent_for_long(rules: SignalRules) -> None:
    state, at = Watch(), START
    for number, rate in enumerate([0.02] * 20 + [0.08] * 3):
        for message in range(200):
            at = START + 60 * number + message / 4
            state, _ = watch(state, at, ["abuse_insult"] if message < 200 * rate else [], rules)
    state, _ = watch(state, at + 60, [], rules)
    assert ("rise", "abuse_insult") in state.standing
    state, told = watch(state, at + 100 * 3600, [], rules)
    assert state.standing == ()
    assert ("rise", "abuse_insult", False) in [(signal.kind, signal.category, signal.on) for signal in told]


def complaints(people: int, rules: SignalRules, start: float = START) -> list[Signal]:
    state, told = Moods(), []
    for number in range(people):
        state, signals = feel(
            state,
            start + number * 5,
            author=f"n{number}",
            text="不发货",
            categories=["negative_sentiment"],
            rules=rules,
        )
        told += signals
    return told


def test_a_surge_needs_many_people(rules: SignalRules) -> None:
    assert complaints(rules.surge_people - 1, rules) == []
    assert [(signal.kind, signal.on) for signal in complaints(rules.surge_people + 3, rules)] == [("surge", True)]


def test_one_angry_viewer_is_no_surge(rules: SignalRules) -> None:
    state = Moods()
    for number in range(30):
        state, signals = feel(state, START + number, author="a", text="退钱", categories=[COMPLAINTS], rules=rules)
        assert signals == ()


def test_scripted_praise_of_several_people_is_a_wave(rules: SignalRules) -> None:
    state, told = Moods(), []
    for number, end in enumerate("呀哈吧呢的啊"):
        text = f"质量很好物流快客服态度也好五星好评{end}"
        state, signals = feel(state, START + number * 20, author=f"n{number}", text=text, categories=[], rules=rules)
        told += signals
    assert [(signal.kind, signal.facts[0]) for signal in told] == [("praise", ("people", 5))]


def test_honest_praise_in_own_words_is_none(rules: SignalRules) -> None:
    lines = [
        "上次买的锅好用这次回购给我妈",
        "物流快但是箱子压了一角还是五星吧",
        "客服态度好耐心教我装性价比可以",
        "做工很好颜色比图片深一点很喜欢",
        "老顾客了第三次买放心购买",
    ]
    state = Moods()
    for number, text in enumerate(lines):
        state, signals = feel(state, START + number, author=f"n{number}", text=text, categories=[], rules=rules)
        assert signals == ()


def test_swap_talk_of_several_people_is_told(rules: SignalRules) -> None:
    state, told = Moods(), []
    for number in range(4):
        state, signals = feel(
            state, START + number, author=f"n{number}", text="拍A发B", categories=["brush_order"], rules=rules
        )
        told += signals
    assert [signal.kind for signal in told] == ["swap"]
