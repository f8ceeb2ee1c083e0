"""The numbers of the reference model hold: points, factors, decay, recovery, tiers, gates, presets and sharing."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random

import pytest

from bench.corpus import samples
from moderation.types import Action, Scene
from service.creators import presets, ranking, trials, trying
from service.creators.amends import Past, boosted, owed
from service.creators.entries import DAY, Entry, Kind, day_of, start_of
from service.creators.formula import FormulaError, differs
from service.creators.formulas import Formulas
from service.creators.lines import ahead, changes, explained
from service.creators.parsing import parse
from service.creators.ranking import Bounds, Candidate, gini, ranked
from service.creators.score import reckon
from service.creators.standing import VERIFIED, Facts, limited, placed, tier_of
from service.creators.trials import NotAllowed, State, Terms, Trial
from service.creators.trying import counted
from service.creators.watching import watched
from tests.service.creators.histories import FORMULA, NOW, published, shipped, violation
from tests.service.creators.laws import Kept, System

ROOT = Path(__file__).parents[3]
SHIPPED = shipped()
WRONG = (
    ("prior", "20", "0"), ("prior", "20", "-1"), ("most_day", "60", "-100"), ("most_event", "40", "-100"),
    ("dropped", "0.05", "-100"), ("half", "45", "45.5"), ("half", "45", '"x"'), ("half", "45", "true"),
    ("half", "45", "200"), ("life", "365", "365.5"), ("life", "365", "2000000"), ("life", "365", "20"),
    ("week", "1", "inf"), ("week", "1", "nan"), ("repeat_days", "30", '"30"'), ("compliance", "600", '"x"'),
    ("complaints", "3", "0"), ("severity", "3", "9"), ("most_boost", "2000", "900"), ("per_day", "3", "0"),
    ("repeat", "[1000, 1500, 2000]", "[1000, 1500.5]"), ("points", "[0, 1, 3, 8, 20]", "[-1, 1, 3, 8, 20]"),
)  # fmt: skip
MONDAY = start_of(20_000 - (20_000 + 3) % 7)


def entry(kind, id_, day, **more):
    at = MONDAY + day * DAY + 3600
    return Entry(id_, kind, id_, at, at, at)._replace(**more)


def offence(id_, day, severity=3, name="absolute_claim", **more):
    return entry(Kind.VIOLATION, id_, day, value=severity, name=name, scene="ugc", **more)


def item(id_, day):
    return entry(Kind.OBSERVATION, id_, day, name="published", value=100)


def lost(*entries, day=0, hours=0):
    found = reckon(entries, SHIPPED, MONDAY + day * DAY + hours * 3600)
    return SHIPPED.compliance * 100 - found.compliance


@pytest.mark.parametrize(("severity", "points"), [(0, 0), (1, 1), (2, 3), (3, 8), (4, 20)])
def test_a_violation_costs_by_severity(severity, points):
    (one,) = reckon([offence("a", 0, severity)], SHIPPED, MONDAY + 3600).deductions
    assert one.points == points * 1000


def test_repetition_within_thirty_days_costs_more():
    told = [offence("a", 0), offence("b", 10), offence("c", 20), offence("d", 49), offence("e", 20, name="gambling")]
    found = {one.entry.id: one.factor for one in reckon(told, SHIPPED, MONDAY + 60 * DAY).deductions}
    assert found == {"a": 1000, "b": 1500, "c": 2000, "d": 1500, "e": 1000}


def test_what_is_corrected_within_a_minute_costs_three_tenths():
    fixed = entry(Kind.CORRECTION, "x", 0, ref="a", value=60)
    late = entry(Kind.CORRECTION, "y", 0, ref="b", value=61)
    found = reckon([offence("a", 0), offence("b", 0, name="gambling"), fixed, late], SHIPPED, MONDAY + DAY - 1)
    assert {one.entry.id: one.points for one in found.deductions} == {"a": 2400, "b": 8000}


def test_weights_halve_and_end():
    one = offence("a", 0)
    assert lost(one, day=45) == pytest.approx(lost(one, day=0, hours=1) / 2, abs=5)
    assert lost(offence("a", 0, 4), day=180) == pytest.approx(0.6 * 10_000, abs=5)
    assert lost(offence("a", 0, 4), day=364) > 0 == lost(offence("a", 0, 4), day=365)


def test_a_clean_week_restores_one_point_and_nothing_is_saved_up():
    weeks = [item(f"w{n}", 7 * n) for n in range(30)]
    assert lost(offence("v", 7 * 30), *weeks, day=7 * 30, hours=2) == lost(offence("v", 7 * 30), day=7 * 30, hours=2)
    before = lost(offence("v", 0), item("n", 8), day=13, hours=23)
    after = lost(offence("v", 0), item("n", 8), day=14)
    assert before - after == pytest.approx(600, abs=15)


def test_a_week_with_a_violation_is_not_clean():
    both = [offence("v", 0), offence("u", 8, 1, "spam_flood"), item("n", 9)]
    assert not reckon(both, SHIPPED, MONDAY + 20 * DAY).credits
    assert reckon([both[0], both[2]], SHIPPED, MONDAY + 20 * DAY).credits


def test_training_counts_once_a_quarter():
    told = [offence("v", 0), *[entry(Kind.TRAINING, f"t{n}", n) for n in range(1, 20)]]
    assert len([one for one in reckon(told, SHIPPED, MONDAY + 20 * DAY).credits if one.entry]) == 1


def test_zero_tolerance_is_zero_until_it_is_overturned():
    worst = offence("v", 0, 4, "fraud_scam")
    assert reckon([worst], SHIPPED, MONDAY + 300 * DAY).score == 0
    undone = entry(Kind.REVERSAL, "r", 1, ref="v")
    assert reckon([worst, undone], SHIPPED, MONDAY + 2 * DAY) == reckon([], SHIPPED, MONDAY + 2 * DAY)


def test_porn_alone_is_no_zero_tolerance_but_of_minors_is():
    assert SHIPPED.is_zero("porn_vulgar,minor_protection")
    assert not SHIPPED.is_zero("porn_vulgar")


def test_a_script_that_failed_before_going_on_air_costs_no_points():
    found = reckon([offence("v", 0)._replace(scene="live_script")], SHIPPED, MONDAY + DAY)
    assert found.deductions == ()
    assert found.parts[2].value < found.parts[2].mean


def test_few_observations_do_not_dominate():
    def value(number):
        told = [entry(Kind.OBSERVATION, f"s{n}", n, name="after_sales", value=0) for n in range(number)]
        return reckon(told, SHIPPED, MONDAY + number * DAY).parts[1].value

    assert value(1) > 70_000
    assert value(1) > value(5) > value(40)


def test_nobody_new_unverified_or_habitual_stands_high():
    young = [item(f"n{n}", n) for n in range(19)]
    old = [item(f"n{n}", n) for n in range(60)]
    at = MONDAY + 60 * DAY
    assert placed(reckon(young, SHIPPED, at), SHIPPED, VERIFIED).reasons == ("tenure",)
    assert placed(reckon(old, SHIPPED, at), SHIPPED).reasons == ("unverified",)
    assert placed(reckon(old, SHIPPED, at), SHIPPED, VERIFIED).tier == "S"
    habit = [*old, *[offence(f"v{n}", 59, 2, f"kind_{n}") for n in range(9)]]
    assert "habit" in placed(reckon(habit, SHIPPED, at), SHIPPED, VERIFIED).reasons


def test_no_boost_past_a_gate_and_a_measure_limits():
    old, at = [item(f"n{n}", n) for n in range(60)], MONDAY + 60 * DAY
    assert placed(reckon(old, SHIPPED, at), SHIPPED, VERIFIED).multiplier > 1200
    severe = placed(reckon([*old, offence("v", 50)], SHIPPED, at), SHIPPED, VERIFIED)
    assert (severe.multiplier, "recent_severe" in severe.reasons) == (1000, True)
    surge = [entry(Kind.OBSERVATION, f"c{n}", 58, name="complaint_verified") for n in range(3)]
    assert "complaint_surge" in placed(reckon([*old, *surge], SHIPPED, at), SHIPPED, VERIFIED).reasons
    expired = Facts(verified=True, valid_until=(at,))
    assert "verification_expired" in placed(reckon(old, SHIPPED, at), SHIPPED, expired).reasons
    assert limited(1400, ["warning", "limit_traffic"], "ugc") == (500, ["limit_traffic"])
    assert limited(1400, ["suspend_live"], "ugc") == (1400, [])
    assert limited(1400, ["suspend_live"], "live_speech") == (0, ["suspend_live"])


def test_lost_boosts_are_given_back_over_as_long():
    old = [item(f"n{n}", n) for n in range(80)]
    wrong, undone = offence("v", 60), entry(Kind.REVERSAL, "r", 70, ref="v")
    told = [*old, wrong, undone]
    ((since, first, last),) = Past(told, SHIPPED, MONDAY + 75 * DAY).overturns(1)
    assert (day_of(since), day_of(first), first) == (day_of(MONDAY) + 60, day_of(MONDAY) + 70, last)
    days = [owed(told, SHIPPED, MONDAY + day * DAY + 3600 * 2, VERIFIED) for day in range(60, 90)]
    assert all(days[10:20])
    assert not any(days[:10] + days[20:])
    assert (
        boosted(told, SHIPPED, MONDAY + 75 * DAY, VERIFIED).standing.multiplier
        > boosted(old, SHIPPED, MONDAY + 75 * DAY, VERIFIED).standing.multiplier
    )


def test_what_would_restore_a_score_is_foretold():
    told = [*[item(f"n{n}", n) for n in range(40)], offence("v", 40)]
    soon, later, last = ahead(told, SHIPPED, MONDAY + 41 * DAY, cohort="default")
    assert [soon[0], later[0], last[0]] == [7, 30, 90]
    found = changes(told, SHIPPED, cohort="default", limit=2)
    assert found[0].entry.id == "v"
    assert found[0].after < found[0].before


def test_an_entry_is_not_recorded_before_it_happened():
    kept, told = Kept(), item("a", 0)
    kept.append(System(), told._replace(since=NOW * 2, occurred=NOW * 2))
    assert kept.entries == (told,)


async def test_the_shipped_formula_is_told_as_it_runs_whatever_becomes_of_its_file(tmp_path):
    folder = shutil.copytree(FORMULA.parent, tmp_path / "formulas")
    formulas = Formulas(None, folder)
    (folder / FORMULA.name).unlink()
    assert await formulas.text("shop", "") == (SHIPPED.version, FORMULA.read_text(encoding="utf-8"))


def test_five_years_of_events_add_up():
    rng, told = Random(5), []
    for day in range(5 * 365):
        at = MONDAY + day * DAY
        if rng.random() < 0.6:
            told.append(published(rng, f"p{day}", at))
        if rng.random() < 0.02:
            told.append(violation(rng, f"v{day}", at, name="spam_flood"))
    found = reckon(told, SHIPPED, MONDAY + 5 * 365 * DAY)
    assert sum(line.amount for line in explained(found, SHIPPED)) == found.score


def test_no_score_changes_a_verdict_on_what_hard_rules_stop(shipped):
    stopped = {}
    for content, _ in samples():
        action = shipped.examine(content).conclude().action
        if action is not Action.PASS:
            stopped[content.id] = action, content.scene
    assert len(stopped) >= 200
    for score in range(0, 100_001, 100):
        lowest = tier_of(score, SHIPPED) is SHIPPED.tiers[-1]
        assert all(watched(action, scene, lowest=lowest) is action for action, scene in stopped.values())


def test_the_lowest_tiers_scripts_go_to_people():
    assert watched(Action.PASS, Scene.LIVE_SCRIPT, lowest=True) is Action.REVIEW
    assert watched(Action.PASS, Scene.LIVE_SCRIPT, lowest=False) is Action.PASS
    assert watched(Action.PASS, Scene.UGC, lowest=True) is Action.PASS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("compliance = 600", "compliance = 700", "blend"),
        ("points = [0, 1, 3, 8, 20]", "points = [0, 3, 1, 8, 20]", "violations.points"),
        ("half = 45\n", "", "half is missing"),
        ("leak = 0.3", "leak = 0", "leak"),
        ('part = "disclosure"', 'part = "looks"', "not one of"),
        *[(f"\n{key} = {old}\n", f"\n{key} = {new}\n", key) for key, old, new in WRONG],
        ('zero = [["fraud_scam"], ', "zero = [[], ", "zero"),
        ("means = { default = 75 }", "means = { default = 101 }", "means.default"),
        ("means = { default = 75 }", "means = 75", "means"),
        ("least = 90", "least = 100", "tiers"),
        ("low = 1200", "low = 900", "low"),
        ("[signals.published]", "[signals.another]", "published"),
        ("weight = 1\nfixed = 100", "weight = 1", "published"),
        ("version", "version = " + "[" * 2000 + "]" * 2000 + " #", "recursion"),
        ("version =", "version", "f.toml"),
    ],
)
def test_a_formula_that_cannot_be_is_refused(old, new, said):
    text = FORMULA.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FormulaError, match=said) as refused:
        parse(text.replace(old, new, 1), "f.toml")
    assert re.search("[一-鿿]", refused.value.told.zh)


def test_what_was_accepted_before_counts_on():
    text = (
        FORMULA.read_text(encoding="utf-8").replace("half = 45\n", "half = 45.5\n").replace("prior = 20", "prior = 0")
    )
    with pytest.raises(FormulaError):
        parse(text, "f.toml")
    assert parse(text, "f.toml", bound=False).half == 45.5


@pytest.mark.parametrize("key", ["life", "half", "half_slow", "prior", "repeat_days"])
def test_whatever_is_accepted_can_be_counted(key):
    for number in (1, 3650):
        with suppress(FormulaError):
            counted(re.sub(rf"\n{key} = .*\n", f"\n{key} = {number}\n", FORMULA.read_text(encoding="utf-8")))


def test_a_formula_by_which_nothing_can_be_counted_is_refused(monkeypatch):
    monkeypatch.setattr(trying, "reckon", lambda *_: 1 // 0)
    with pytest.raises(FormulaError, match="no score can be counted"):
        counted(FORMULA.read_text(encoding="utf-8"))


def test_a_trial_changes_one_variable():
    text = FORMULA.read_text(encoding="utf-8")
    other = parse(text.replace("repeat_days = 30", "repeat_days = 60").replace("2026-11", "2026-12", 1), "f.toml")
    assert trials.proposed(differs(SHIPPED.raw, other.raw)) == "violations.repeat_days"
    with pytest.raises(NotAllowed, match="variables"):
        trials.proposed(
            differs(
                SHIPPED.raw, parse(text.replace("half = 45", "half = 40", 1).replace("fade = 30", "fade = 20"), "f").raw
            )
        )


def test_an_effect_is_tested_and_only_what_helps_goes_to_everybody():
    trial = Trial("t", "n", "o", "x", State.RUNNING, 20, "a", NOW, NOW)
    later = NOW + 8 * DAY
    better = trials.tested([False] * 190 + [True] * 10, [False] * 150 + [True] * 50)
    assert better.p < 0.001
    assert trials.advanced(trial, "b", later, better, Terms()).share == 100
    for effect, why in (
        (trials.tested([True] * 5, [False] * 5), "too_few"),
        (trials.tested([True, False] * 100, [True, False] * 100), "no_effect"),
        (trials.tested([True] * 100 + [False] * 100, [False] * 200), "worse"),
    ):
        with pytest.raises(NotAllowed, match=why):
            trials.advanced(trial, "b", later, effect, Terms())


def test_presets_only_show():
    file = Path(FORMULA).with_name("presets.toml")
    found = presets.parse(file.read_text(encoding="utf-8"), file.name)
    assert not any(one.verified for one in found.values())
    assert presets.shown(found["points_12"], 85_000, "zh") == "10.2"
    assert presets.shown(found["levels_5"], 85_000, "zh") == "良好"
    assert presets.shown(found["levels_5"], 0, "en") == "At risk"


# How traffic is shared


def crowd(rng, number):
    return [
        Candidate(
            f"c{n}", rng.randrange(1, 5000), rng.choice((500, 1000, 1000, 1100, 1350, 1500)),
            rng.choice(("beauty", "food", "home")), rng.choice(("small", "large")), rng.random() < 0.2,
        )
        for n in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_no_bound_is_ever_exceeded(seed):
    rng = Random(seed)
    found = crowd(rng, rng.randrange(1, 120))
    bounds = Bounds(
        rng.randrange(0, 20_000), rng.randrange(1, 800), rng.randrange(1, 9000), rng.randrange(50, 101),
        {one.creator: rng.randrange(50) for one in found[:5]}, {"food": rng.randrange(300)},
    )  # fmt: skip
    granted = ranked(found, bounds, seed)
    assert len(granted) == len(found)
    assert sum(max(0, one.extra) for one in granted) <= bounds.budget
    sums: dict[str, int] = {}
    for one in granted:
        left = bounds.creators.get(one.candidate.creator, bounds.per_creator)
        assert one.extra <= left
        sums[one.candidate.category] = sums.get(one.candidate.category, 0) + max(0, one.extra)
    assert all(spent <= bounds.categories.get(name, bounds.per_category) for name, spent in sums.items())
    assert [one.shown for one in granted] == sorted((one.shown for one in granted), reverse=True)
    assert granted == ranked(found, bounds, seed)


def test_newcomers_are_drawn_by_the_seed():
    found = [Candidate(f"c{n}", 1000, 1000, newcomer=True) for n in range(50)]
    found += [Candidate(f"v{n}", 1000, 1500) for n in range(50)]
    drawn = {
        tuple(
            one.candidate.creator for one in ranked(found, Bounds(2000, 100, 10**6), seed) if one.why == "exploration"
        )
        for seed in range(5)
    }
    assert len(drawn) == 5


def test_inequality_is_measured():
    assert gini([5, 5, 5, 5]) == pytest.approx(0)
    assert gini([0, 0, 0, 100]) == pytest.approx(0.75)
    assert ranking.gini([]) == 0.0


def test_the_documented_numbers_are_those_of_the_formula():
    tool = spec_from_file_location("creator_formula", ROOT / "tools/creator_formula.py")
    made = module_from_spec(tool)
    tool.loader.exec_module(made)
    text = made.DOC.read_text(encoding="utf-8")
    assert made.filled(text) == text
