"""The statistics of reviews on simulations: what they promise holds for ten thousand reviewers."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality import answers, pairs, truth_of
from service.review import quality
from service.review.quality import (
    BAD,
    FALSE_ALARM,
    FEW,
    GOOD,
    LIMIT,
    WATCH,
    agreement,
    alpha,
    flagged_after,
    kappa,
    pace,
    reading_time,
    watched,
    wilson,
)


def test_a_reviewer_who_errs_is_flagged_within_55_golden_items_on_average():
    flagged = flagged_after(answers(BAD))
    assert (flagged > 0).mean() >= 0.98
    assert np.where(flagged > 0, flagged, WATCH).mean() <= 55


def test_at_most_one_in_twenty_good_reviewers_is_flagged_in_a_watch():
    assert (flagged_after(answers(GOOD)) > 0).mean() <= FALSE_ALARM


@pytest.mark.slow
def test_the_bound_on_false_alarms_holds_however_long_a_watch_lasts():
    assert (flagged_after(answers(GOOD, items=5000)) > 0).mean() <= FALSE_ALARM


def test_a_limit_half_as_high_would_break_the_bound():
    wrong = answers(GOOD)
    evidence = np.cumsum(np.where(wrong, np.log(BAD / GOOD), np.log((1 - BAD) / (1 - GOOD))), axis=1)
    assert (evidence >= LIMIT / 2).any(axis=1).mean() > FALSE_ALARM


def test_one_reviewer_is_tested_as_all_are():
    wrong = answers(BAD, reviewers=50)
    for row, flagged in zip(wrong, flagged_after(wrong), strict=True):
        told = watched([not miss for miss in row])
        assert (told.flagged_at or 0) == flagged and told.wrong == row.sum() and len(told.curve) == WATCH


def test_a_watch_begins_anew_so_that_no_credit_lasts_for_ever():
    told = watched([True] * WATCH + [False] * 3)
    assert (told.flagged_at, told.flags, told.answered) == (3, 1, WATCH + 3)
    assert watched([False] * WATCH + [True]).flags == 1
    assert watched([]).curve == ()


@pytest.mark.parametrize("prevalence", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("error", [0.05, 0.15])
def test_kappa_and_alpha_are_right_on_average_and_their_intervals_cover(prevalence, error):
    truth = truth_of(prevalence, error)
    tables = pairs(100, prevalence=prevalence, error=error, draws=2000)
    cohen = [kappa(*map(int, table)) for table in tables]
    krippendorff = [alpha(int(a), int(b + c), int(d)) for a, b, c, d in tables]
    for estimates in (cohen, krippendorff):
        assert abs(np.mean([one.value for one in estimates]) - truth) <= 0.02
        assert np.mean([one.low <= truth <= one.high for one in estimates]) >= 0.94


@pytest.mark.slow
@pytest.mark.parametrize("prevalence", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("error", [0.02, 0.05, 0.15, 0.25])
@pytest.mark.parametrize("n", [100, 300])
def test_they_are_whatever_is_rare_and_however_people_err(n, prevalence, error):
    truth = truth_of(prevalence, error)
    tables = pairs(n, prevalence=prevalence, error=error, draws=10_000)
    cohen = [kappa(*map(int, table)) for table in tables]
    krippendorff = [alpha(int(a), int(b + c), int(d)) for a, b, c, d in tables]
    for estimates in (cohen, krippendorff):
        known = [one for one in estimates if one.value is not None]
        assert abs(np.mean([one.value for one in known]) - truth) <= 0.02
        assert np.mean([one.low <= truth <= one.high for one in known]) >= 0.93


def test_an_interval_of_90_percent_would_be_noticed(monkeypatch):
    monkeypatch.setattr(quality, "Z", 1.645)
    truth = truth_of(0.5, 0.15)
    told = [kappa(*map(int, table)) for table in pairs(100, prevalence=0.5, error=0.15, draws=2000)]
    assert np.mean([one.low <= truth <= one.high for one in told]) < 0.93


def test_known_tables_give_known_values():
    assert kappa(20, 5, 10, 15).value == pytest.approx(0.4)
    assert kappa(10, 0, 0, 10).value == 1
    assert alpha(10, 0, 10).value == 1
    assert kappa(0, 0, 0, 5).value is None and alpha(0, 0, 5).value is None
    assert kappa(0, 0, 0, 0).n == 0
    assert alpha(2, 1, 2).low is not None


def test_a_category_is_unclear_only_where_enough_pairs_say_so():
    assert agreement([(True, False), (False, False)] * FEW).unclear
    assert not agreement([(True, False), (False, True)] * 3).unclear
    assert not agreement([(True, True), (False, False)] * FEW).unclear


def test_who_decides_faster_than_one_can_read_is_warned_of_stamping():
    assert reading_time(150) > 10
    assert pace([(1.0, 150)] * FEW).stamping
    assert not pace([(1.0, 150)] * 5).stamping
    assert not pace([(20.0, 150)] * 100 + [(1.0, 150)] * 10).stamping
    assert pace([]).median is None and wilson(0, 0).value is None
