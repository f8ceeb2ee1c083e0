"""``python -m bench.kinds``: what a verdict says that a text is, and how well that agrees with what it is."""

from __future__ import annotations

import pytest

from bench.kinds import KINDS, OTHER, f1, kind_of
from moderation.types import Action, Evidence, Span, Verdict


def verdict(*found):
    evidence = tuple(
        Evidence("terms", category, f"{category}.x", severity, Span("text", 0, 2), (), weight=weight)
        for category, weight, *graver in found
        for severity in graver or (3,)
    )
    return Verdict(Action.REVIEW if found else Action.PASS, 3, (), (), evidence, "r")


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ([], "clean"),
        ([("gambling", 60)], "gambling"),
        ([("contact_diversion", 100)], "black_market"),
        ([("contact_diversion", 100), ("porn_vulgar", 60)], "porn"),
        ([("contact_diversion", 100), ("porn_vulgar", 20)], "black_market"),
        ([("absolute_claim", 100)], OTHER),
        ([("negative_sentiment", 100, 0), ("porn_vulgar", 60)], "porn"),
    ],
)
def test_contact_details_say_what_a_text_is_where_nothing_else_does(found, kind):
    assert kind_of(verdict(*found)) == kind


def test_f1_counts_what_was_said_and_what_was_there():
    told = {("porn", "porn"): 6, ("porn", "clean"): 2, ("fraud", "porn"): 4}
    assert f1(told, "porn") == (0.6, 0.75, pytest.approx(2 / 3))
    assert f1(told, "abuse") == (0.0, 0.0, 0.0)


def test_every_kind_is_of_categories_that_there_are(shipped):
    assert {category for categories in KINDS.values() for category in categories} <= shipped.ruleset.categories.keys()
