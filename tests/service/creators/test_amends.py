"""Whoever was wronged has in the end what an innocent creator had, whatever was overturned and when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.creators import amends
from service.creators.amends import boosted, owed
from service.creators.entries import DAY, Entry, Kind
from service.creators.standing import VERIFIED, Facts
from tests.service.creators.histories import NOW, shipped

STEP = DAY // 2
SHIPPED = shipped()
OPEN = replace(SHIPPED, prior=1, tenure_items=1, tenure_days=1, most_boost=10_000)
"""Who has done so little stands high, and no ceiling is in the way of what is given back."""
START = NOW - NOW % DAY


def at(step):
    return START + step * STEP


def seen(id_, name, step, value=100):
    return Entry(id_, Kind.OBSERVATION, id_, at(step), at(step), at(step), name, value, mark=id_)


MERITS = [
    seen(f"{name}{number}", name, number - 9, 97)
    for name in ("published", "engagement", "after_sales", "prereview_passed", "authenticity", "disclosure")
    for number in range(8)
]


def wrong(id_, step, severity=2, mark="", **more):
    found = Entry(id_, Kind.VIOLATION, id_, at(step), at(step), at(step), "absolute_claim", severity, "", "ugc", mark)
    return found._replace(**more)


def undone(step, of):
    return Entry(f"r-{of}", Kind.REVERSAL, f"r-{of}", at(step), at(step), at(step), ref=of)


def lived(entries, steps=140, formula=OPEN, facts=VERIFIED):
    """What traffic was multiplied by, over a whole life: the sum."""
    return sum(boosted(entries, formula, at(step), facts).standing.multiplier for step in range(steps))


ORDERS = {
    "one": [("a", 3, 0, 20)],
    "two that cost all, at once": [("a", 3, 0, 20), ("b", 3, 0, 20)],
    "two that cost all, one after another": [("a", 3, 0, 20), ("b", 3, 0, 30)],
    "six that cost little each": [(f"m{n}", 2, 0, 20) for n in range(6)],
    "the first first": [("a", 2, 0, 10), ("b", 2, 6, 20)],
    "the last first": [("a", 2, 0, 30), ("b", 2, 6, 9)],
    "another while the first is given back": [("a", 3, 0, 20), ("b", 3, 24, 36)],
    "one within another's gate": [("a", 2, 0, 20), ("b", 3, 26, 30), ("c", 2, 27, 40)],
    "withheld again and again": [("a", 1, 0, 9), ("b", 3, 10, 18), ("c", 3, 18, 26), ("d", 3, 33, 34)],
    "what was never tolerated": [("a", 4, 0, 20), ("b", 1, 3, 30)],
}


def entered(found, name="absolute_claim"):
    entries = []
    for id_, severity, since, ended in found:
        entries += [wrong(id_, since, severity, name="fraud_scam" if severity == 4 else name), undone(ended, id_)]
    return entries


@pytest.mark.parametrize("order", ORDERS)
def test_what_was_lost_is_given_back_in_whatever_order(order):
    told = entered(ORDERS[order])
    assert lived([*MERITS, *[one for one in told if one.kind == Kind.VIOLATION]]) < lived(MERITS)
    assert lived([*MERITS, *told]) == lived(MERITS)


wrongs = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 40), st.integers(1, 24)).map(lambda one: (*one[:2], one[1] + one[2])),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(wrongs, st.lists(st.tuples(st.integers(1, 2), st.integers(0, 60)), max_size=2))
def test_what_was_lost_is_given_back_to_whoever_has_a_true_one_too(found, true):
    told = entered([(f"v{number}", *one) for number, one in enumerate(found)])
    mine = [*MERITS, *[wrong(f"t{number}", step, severity) for number, (severity, step) in enumerate(true)]]
    assert lived([*mine, *told]) == lived(mine)


def test_nobody_has_more_by_what_stands_again():
    stands = [*MERITS, wrong("a", 0, mark="v")]
    again = [*stands, undone(20, "a"), wrong("b", 24, mark="v", occurred=at(0), since=at(0))]
    for step in range(24, 60):
        assert boosted(again, OPEN, at(step), VERIFIED).standing == boosted(stands, OPEN, at(step), VERIFIED).standing
    assert owed(again, OPEN, at(23), VERIFIED) > 0


@pytest.mark.parametrize(("before", "after", "lost"), [(3, 2, True), (2, 2, False), (1, 2, False)])
def test_what_was_found_to_be_less_is_given_back_as_far_as_it_was_less(before, after, lost):
    later = wrong("b", 20, after, "v", occurred=at(0), since=at(0), name="price_deception")
    told = [*MERITS, wrong("a", 0, before, "v"), undone(20, "a"), later]
    never = owed([*MERITS, wrong("a", 0, before), undone(20, "a")], OPEN, at(22), VERIFIED)
    assert (0 < owed(told, OPEN, at(22), VERIFIED) < never) is lost
    assert lived([*told, undone(30, "b")], 160) == lived(MERITS, 160)


def test_who_never_had_a_boost_has_none_to_be_given_back():
    told = [*MERITS, *entered([("a", 3, 0, 20)])]
    assert owed(told, OPEN, at(25), Facts()) == 0
    assert owed(told, OPEN, at(25), VERIFIED) > 0


@pytest.mark.parametrize("apart", [0, 1])
def test_a_thousand_overturns_cost_a_bounded_number_of_derivations(monkeypatch, apart):
    counted, reckon = [], amends.reckon
    monkeypatch.setattr(amends, "reckon", lambda *given, **more: counted.append(1) or reckon(*given, **more))
    told = [*MERITS]
    for number in range(1000):
        reversal = undone(20, f"v{number}")
        told += [wrong(f"v{number}", 0), reversal._replace(recorded=reversal.recorded + number * apart)]
    assert owed(told, OPEN, at(22), VERIFIED) > 0
    assert len(counted) <= (2 * amends.MOST if apart else 2)
