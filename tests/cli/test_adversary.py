"""The search for a way to break more rules and stay high: what it tells is no luck, and it sees what is left open."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from statistics import fmean

import pytest

from bench import adversary
from bench.adversary import HONEST, HONEST_LIFE, Strategy, any_strategy, hunted, lived, near, rated
from tests.service.creators.histories import shipped

SHIPPED = shipped()
EVEN = HONEST_LIFE._replace(severity=3, every=23)
AT_ONCE = Strategy(severity=3, every=1, burst=10)
LUCKY = Strategy(severity=3, every=2, burst=3, spread=4, corrects=0.0, posts=0.1, trains=False)


def test_erring_evenly_and_seldom_enough_stays_high_throughout():
    assert rated(EVEN, SHIPPED, Random(1), 4, steady=True).steady
    often = rated(EVEN._replace(every=10), SHIPPED, Random(1), 4, steady=True)
    assert (often.steady, often.lives) == (False, 1)


@pytest.mark.parametrize(("most", "beats"), [(SHIPPED.habit_most, False), (10**9, True)])
def test_who_breaks_all_rules_at_once_gains_only_without_the_gate_of_habit(most, beats):
    formula = replace(SHIPPED, habit_most=most)
    got, had = (rated(one, formula, Random(2), 3).mean for one in (AT_ONCE, EVEN))
    assert (got > HONEST * had) is beats


def test_no_rhythm_beats_what_leaks_and_what_the_bucket_holds():
    days = adversary.DAYS - adversary.FIRST_ERROR - adversary.FINAL_AFTER
    points = days * SHIPPED.habit_leak + SHIPPED.habit_most
    most = points / SHIPPED.points[3] * adversary.MONTH / adversary.DAYS
    rng = Random(3)
    tried = [any_strategy(rng)._replace(severity=3, appeals=False) for _ in range(6)]
    assert all(lived(one, SHIPPED, rng).rate <= most for one in [*tried, *[near(one, rng) for one in tried]])


def test_the_luckiest_life_is_more_than_what_a_strategy_comes_to():
    lives = [lived(LUCKY, SHIPPED, Random(seed)).rate for seed in range(30)]
    assert max(lives) > 1.1 * fmean(lives)
    told = rated(LUCKY, SHIPPED, Random(9), 20)
    assert abs(told.mean - fmean(lives)) < 5 * told.error


@pytest.mark.parametrize(("every", "lives"), [(1, 1), (23, 0)])
def test_what_cannot_win_is_given_up_after_a_life_or_before(every, lives):
    assert rated(EVEN._replace(every=every), SHIPPED, Random(1), 20, least=20.0).lives == lives


def test_the_best_of_a_hunt_is_of_the_severity_that_was_asked_for(monkeypatch):
    monkeypatch.setattr(adversary, "CHOSEN_BY", 2)
    assert hunted(4, 2, SHIPPED, Random(4)).severity == 2
