"""How pages write numbers and times: one form for the whole console, and no moment that it cannot write."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http import figures


@pytest.mark.parametrize(
    ("stamp", "clock", "day", "last"),
    [
        ("2026-09-30T16:00:00.000000Z", "2026-10-01 00:00:00", "2026-10-01", "2026-09-30"),
        ("2026-11-28T14:41:50Z", "2026-11-28 22:41:50", "2026-11-28", "2026-11-28"),
        ("2026-11-28T22:41:50+08:00", "2026-11-28 22:41:50", "2026-11-28", "2026-11-28"),
    ],
)
def test_moments_are_told_by_shanghai_and_an_end_is_not_included(stamp, clock, day, last):
    assert (figures.clock(stamp), figures.day(stamp), figures.last_day(stamp)) == (clock, day, last)


@given(st.datetimes(timezones=st.just(UTC)))
@pytest.mark.parametrize("tell", [figures.clock, figures.day, figures.last_day])
def test_every_moment_is_told(tell, moment):
    assert tell(moment.isoformat())


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_all_years_are_told(stamp):
    assert figures.clock(stamp) and figures.day(stamp) and figures.last_day(stamp)


def test_no_moment_has_no_day():
    assert figures.day("") == figures.last_day("") == ""


@pytest.mark.parametrize(
    ("tell", "value", "told"),
    [
        (figures.number, 64529, "64,529"),
        (figures.percent, 0.5, "50%"),
        (figures.percent, 1.0, "100%"),
        (lambda share: figures.percent(share, 1), 0.08, "8.0%"),
        (figures.signed, -0.001, "0.00"),
        (figures.signed, 0.0, "0.00"),
        (figures.signed, -0.126, "-0.13"),
        (figures.signed, 0.126, "+0.13"),
    ],
)
def test_numbers_have_one_form(tell, value, told):
    assert tell(value) == told
