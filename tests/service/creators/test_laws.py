"""The sixteen invariants of the creator score hold for every history, and each law catches a defect planted for it."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random
from unittest.mock import patch

import pytest

from moderation.types import Action
from service.creators import belonging, lines, posting, score, settling, trials, watching
from service.creators.formula import SCALE
from tests.service.creators import laws
from tests.service.creators.laws import LAWS, System

QUICK, LONG = 60, 20_000
TRIED = 3_000
"""So many histories a planted defect may hide from a law."""


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds_for_every_history(law):
    for seed in range(QUICK):
        law(Random(seed), System())


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds_for_twenty_thousand_histories(law):
    for seed in range(LONG):
        law(Random(seed + 1_000_000), System())


def _edits_the_last(visit, tenant, creator, entry):
    visit.rows("UPDATE score_entries SET value = 99 WHERE number = (SELECT max(number) FROM score_entries)")
    return _POST(visit, tenant, creator, entry)


def _forgets_when(rows, at):
    return _STANDING(rows, 10**12)


def _adds_anything(visit, tenant, creator, entry):
    return _POST(visit, tenant, creator, entry._replace(cause=f"{entry.cause}:{entry.id}"))


def _no_cap(deductions, formula):
    return {number: score.share_of(formula, one.weight) for number, one in enumerate(deductions)}


def _mildest_for_repeat(violations, corrections, formula):
    """Who repeats pays less: the factor falls with what came before."""
    opened = _OPENED(violations, corrections, formula)
    for one in opened:
        one.left = one.left * 1000 // one.factor // max(1, one.factor // 1000)
    return opened


def _keeps_a_scar(rows, at):
    """A reversal that halves a violation instead of undoing it."""
    fine, rows = _STANDING(rows, at), list(rows)
    gone = {one.ref for one in rows if one.kind == "reversal" and one.recorded <= at}
    return [*fine, *[one._replace(value=1) for one in rows if one.kind == "violation" and one.id in gone]]


def _in_order_of_rows(violations, corrections, formula):
    """Whichever row comes first is taken to be the first offence."""
    opened = _OPENED(violations, corrections, formula)
    for one in opened:
        if one.entry is violations[0]:
            one.left = one.left * 1000 // one.factor
    return opened


def _drops(weight, dropped):
    return weight if weight >= dropped else 0


def _hides_relief(derived, formula):
    return [line for line in _EXPLAINED(derived, formula) if line.code != "restored"]


def _at_once(trial, by, at, effect, terms):
    return _ADVANCED(trial, "somebody else", at, effect, terms._replace(days=0))


def _of_anybody(creator, of_account, links):
    return [entry for found in of_account.values() for entry in found]


def _not_yet_final(blocks, newest):
    return _FINAL_OF([block._replace(final_at=block.final_at or newest.occurred) for block in blocks], newest)


def _trusts(action, scene, *, lowest):
    return Action.PASS if not lowest and action is Action.REVIEW else _WATCHED(action, scene, lowest=lowest)


def _forgets_the_unlinked(creator, of_account, links):
    return _COUNTING(creator, of_account, [link for link in links if link.until is None])


def _counts_each_item(entries_, formula, at, cohort):
    """Every item is an observation of its own, also within a day."""
    items = [entry for entry in entries_ if entry.name == score.PUBLISHED]
    found = _DERIVED(entries_, formula, at, cohort)
    return found._replace(score=found.score + len(items))


_STANDING, _OPENED, _DERIVED = score.standing, score._opened, score._derived
_EXPLAINED, _ADVANCED, _FINAL_OF = lines.explained, trials.advanced, settling.final_of
_WATCHED, _COUNTING, _POST = watching.watched, belonging.counting, posting.post

DEFECTS = [
    ("append_only", {}, {"post": _edits_the_last}),
    ("recomputed", {(score, "standing"): _forgets_when}, {}),
    ("bounded", {(score, "lost_by_day"): _no_cap}, {}),
    ("idempotent", {}, {"post": _adds_anything}),
    ("overturned", {(score, "standing"): _keeps_a_scar}, {}),
    ("orderless", {(score, "_opened"): _in_order_of_rows}, {}),
    ("monotone", {(score, "_opened"): _mildest_for_repeat}, {}),
    ("without_cliffs", {(score, "soft"): _drops}, {}),
    ("adds_up", {}, {"explained": _hides_relief}),
    ("not_silent", {}, {"advanced": _at_once}),
    ("apart", {}, {"counting": _of_anybody}),
    ("only_final", {}, {"final_of": _not_yet_final}),
    ("never_a_pass", {}, {"watched": _trusts}),
    ("splitting", {(score, "_derived"): _counts_each_item}, {}),
    ("staying", {}, {"counting": _forgets_the_unlinked}),
    ("brigading", {}, {"final_of": _not_yet_final}),
]
MORE = [
    ("not_silent", {}, {"rolled_back": lambda trial, at: trial._replace(share=0)}),
    ("monotone", {(score, "_habit"): lambda violations, formula, at: 24_000 // len(violations)}, {}),
    ("bounded", {(score, "soft"): lambda weight, dropped: weight * 2}, {}),
    (
        "without_cliffs",
        {(score, "weigh"): lambda table, day, at: table[min(max(0, (at + 28_800) // 86_400 - day), 366)]},
        {},
    ),
    ("without_cliffs", {(score, "weigh"): lambda table, day, at: SCALE // (1 + (at // 86_400 - day > 300))}, {}),
]


def _with(defects, replaced):
    stack = ExitStack()
    for (module, name), defect in defects.items():
        stack.enter_context(patch.object(module, name, defect))
    return stack, System(**replaced)


@pytest.mark.parametrize(("name", "patched", "replaced"), DEFECTS + MORE, ids=[one[0] for one in DEFECTS + MORE])
def test_a_law_catches_a_planted_defect(name, patched, replaced):
    law = getattr(laws, name)
    stack, system = _with(patched, replaced)
    with stack, pytest.raises(AssertionError):
        for seed in range(TRIED):
            law(Random(seed), system)


def test_each_law_has_a_planted_defect():
    assert [name for name, *_ in DEFECTS] == [law.__name__ for law in LAWS]
