"""The statistics of reviews on simulations: what they promise holds for ten thousand reviewers."""

from __future__ import annotations

import numpy as np
import pytest

from bench.quality import PAIRS, PREVALENCES, RATERS, alpha_of, answers, pairs, truth_of, uncorrected, worth
from service.review import quality
from service.review.quality import (
    BAD,
    FALSE_ALARM,
    FEW,
    GOOD,
    LIMIT,
    WATCH,
    Lacking,
    agreement,
    alpha,
    cohen,
    flagged_after,
    kappa,
    krippendorff,
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


RARE = [(30, 0.05, 0.02), (30, 0.05, 0.05), (30, 0.1, 0.02), (30, 0.1, 0.05)]
ORDINARY = [(30, 0.5, 0.15), (100, 0.3, 0.05), (100, 0.8, 0.15)]


@pytest.mark.parametrize("coefficient", [kappa, alpha_of])
@pytest.mark.parametrize(("n", "prevalence", "error"), RARE + ORDINARY)
def test_what_is_told_is_right_on_average_and_its_interval_covers(n, prevalence, error, coefficient):
    tables = pairs(n, prevalence=prevalence, error=error, draws=10_000)
    found = worth(tables, truth_of(prevalence, error), coefficient)
    assert abs(found.bias) <= 0.02
    assert found.covered >= 0.93


@pytest.mark.parametrize(("n", "prevalence", "error"), RARE)
def test_an_estimator_that_is_not_corrected_fails_on_30_pairs(n, prevalence, error):
    tables = pairs(n, prevalence=prevalence, error=error, draws=10_000)
    assert worth(tables, truth_of(prevalence, error), uncorrected).bias < -0.02


def test_a_correction_without_a_bound_on_what_is_told_fails_where_violations_are_rare(monkeypatch):
    monkeypatch.setattr(quality, "SIDE", 2)
    tables, truth = pairs(30, prevalence=0.05, error=0.02, draws=10_000), truth_of(0.05, 0.02)
    assert worth(tables, truth, kappa).bias > 0.02


@pytest.mark.slow
@pytest.mark.parametrize("coefficient", [kappa, alpha_of])
@pytest.mark.parametrize("prevalence", [0.02, *PREVALENCES, 0.95])
@pytest.mark.parametrize("error", RATERS)
@pytest.mark.parametrize("n", PAIRS)
def test_they_are_whatever_is_rare_and_however_people_err(n, prevalence, error, coefficient):
    found = worth(pairs(n, prevalence=prevalence, error=error, draws=10_000), truth_of(prevalence, error), coefficient)
    assert abs(found.bias) <= 0.02
    assert found.covered >= 0.93


def test_an_interval_of_90_percent_would_be_noticed(monkeypatch):
    monkeypatch.setattr(quality, "Z", 1.645)
    tables = pairs(100, prevalence=0.5, error=0.15, draws=2000)
    assert worth(tables, truth_of(0.5, 0.15), kappa).covered < 0.93


def test_known_tables_give_known_values():
    assert cohen(20, 5, 10, 15) == pytest.approx(0.4)
    assert krippendorff(20, 5, 10, 15) == pytest.approx(1 - 15 * 99 / (55 * 45))
    assert kappa(15, 0, 0, 15).value == alpha(15, 0, 15).value == 1


def test_a_correction_is_that_of_pairs_left_out_one_by_one():
    rows = [(True, True)] * 6 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)] * 29

    def plain(pairs):
        return cohen(*(pairs.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))))

    left_out = np.mean([plain(rows[:place] + rows[place + 1 :]) for place in range(len(rows))])
    assert kappa(6, 3, 2, 29).value == pytest.approx(len(rows) * plain(rows) - (len(rows) - 1) * left_out)


def test_an_interval_holds_its_value_and_lies_between_the_bounds():
    for both, one, other in np.ndindex(31, 8, 8):
        if both + one + other <= 30:
            for told in (
                kappa(both, one, other, 30 - both - one - other),
                alpha(both, one + other, 30 - both - one - other),
            ):
                assert told.value is None or -1 <= told.low <= told.value <= told.high <= 1


def test_where_too_little_was_seen_no_figure_is_told_but_what_is_needed():
    assert agreement([]).lacking == Lacking(30, 3, 3)
    told = agreement([(True, True)] + [(False, False)] * 17)
    assert told.lacking == Lacking(12, 2, 0)
    assert (told.kappa, told.alpha) == ((None, None, None, 18), (None, None, None, 18))
    assert told.observed.value == 1 and not told.unclear
    assert agreement([(True, False)] * 3 + [(False, False)] * 27).lacking == Lacking(0, 0, 0)
    assert agreement([(True, True)] * 40).lacking == Lacking(0, 0, 3)


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
