"""Changes that people propose, done to texts: what each leads to, and what cannot be done is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from moderation.change import Change, Op, Unfit, changed
from moderation.errors import LoadErrors
from moderation.load import load_engine
from moderation.overlay import NAME, SWITCHED_OFF, WAS, Adjustment, Overlay, read_overlay, written
from moderation.own import engine_with, read_own
from moderation.types import Action, Content, Part, Scene
from tests.small import CLAIMS, small_rules, terms

DAY = date(2026, 11, 26)
OWN = {"mine.txt": terms("absolute_claim", "最牛", "{宇宙,银河}第一")}


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    return load_engine(small_rules(folder / "lexicons", {"ad_law/absolute_claim.txt": CLAIMS}))


@pytest.fixture
def done(engine):
    """Does changes to files: ``done(Change(…), files=…)``."""

    def find(rule):
        return [term for term in engine.ruleset.terms if term.id == rule]

    def do(*changes, files=None):
        return changed(files or {}, changes, engine.ruleset, find=find, day=DAY)

    return do


@pytest.fixture
def judge(engine):
    """What files make of a text: ``judge(files, text)``."""

    def verdict(files, text, scene=Scene.AD):
        content = Content(scene=scene, parts=(Part("text", text),), at=datetime.now(UTC))
        return engine_with(read_own(files, engine.ruleset), engine).examine(content).conclude()

    return verdict


def rule_of(engine, text, files=None):
    listed = read_own(files, engine.ruleset).terms if files else engine.ruleset.terms
    return next(term.id for term in listed if term.text == text)


def test_a_term_is_added_and_another_beside_it(done, judge):
    files = done(Change(op=Op.ADD, category="absolute_claim", line="最牛 | severity: 2"))
    files = done(Change(op=Op.ADD, category="absolute_claim", line="最棒"), files=files)
    assert list(files) == ["console-absolute_claim.txt"]
    assert "@reviewed 2026-11-26" in files["console-absolute_claim.txt"]
    assert judge(files, "最牛面霜").severity == 2
    assert judge(files, "最棒面霜").action is Action.BLOCK


def test_what_is_allowed_protects_in_its_categories_alone(done, judge):
    files = done(Change(op=Op.ALLOW, line="国家级公园", categories=("absolute_claim",)))
    assert judge(files, "国家级公园").action is Action.PASS
    assert judge(files, "国家级面霜").action is Action.BLOCK
    assert "for: absolute_claim" in files["console-allow.txt"]


def test_an_own_line_goes_and_one_of_several_on_a_line_is_switched_off(done, engine, judge):
    files = done(Change(op=Op.REMOVE, rule=rule_of(engine, "最牛", OWN)), files=OWN)
    assert "最牛" not in files["mine.txt"] and NAME not in files
    files = done(Change(op=Op.REMOVE, rule=rule_of(engine, "宇宙第一", OWN)), files=files)
    assert judge(files, "宇宙第一").exemptions[0].code == SWITCHED_OFF
    assert judge(files, "银河第一").action is Action.BLOCK


def test_the_last_line_of_a_file_takes_the_file_along(done, engine):
    files = {"mine.txt": terms("absolute_claim", "最牛")}
    assert done(Change(op=Op.REMOVE, rule=rule_of(engine, "最牛", files)), files=files) == {}


def test_a_shared_term_is_switched_off_in_a_scene_and_counts_again(done, engine, judge):
    rule = rule_of(engine, "国家级")
    files = done(Change(op=Op.REMOVE, rule=rule, scenes=(Scene.AD,)))
    assert judge(files, "国家级").action is Action.PASS
    assert judge(files, "国家级", Scene.TITLE).action is Action.BLOCK
    assert done(Change(op=Op.RESTORE, rule=rule), files=files) == {}


def test_weights_and_severities_of_one_term_come_together(done, engine, judge):
    rule = rule_of(engine, "国家级")
    files = done(Change(op=Op.WEIGHT, rule=rule, number=60), Change(op=Op.SEVERITY, rule=rule, number=1))
    verdict = judge(files, "国家级面霜")
    assert (verdict.action, verdict.severity) == (Action.REVIEW, 1)
    assert dict(verdict.evidence[0].facts)[WAS] == 100
    again = done(Change(op=Op.WEIGHT, rule=rule, number=100), files=files)
    assert judge(again, "国家级面霜").action is Action.BLOCK
    assert judge(again, "国家级面霜").evidence[0].facts == ()


def test_what_is_said_of_one_term_leaves_others_alone(done, engine, judge):
    own, shared = rule_of(engine, "最牛", OWN), rule_of(engine, "国家级")
    weights = [Change(op=Op.WEIGHT, rule=rule, number=60) for rule in (own, shared)]
    files = done(*weights, files={NAME: "", **OWN})
    assert judge(files, "最牛面霜").action is judge(files, "国家级面霜").action is Action.REVIEW
    files = done(Change(op=Op.REMOVE, rule=own), files={NAME: files[NAME], **files})
    assert own not in files[NAME] and shared in files[NAME]
    assert judge(files, "最牛面霜").action is Action.PASS


def test_thresholds_and_actions_of_a_scene(done, judge):
    files = done(
        Change(op=Op.THRESHOLD, scene=Scene.AD, review_at=90, block_at=95),
        Change(op=Op.ACTION, scene=Scene.AD, category="absolute_claim", action=Action.REVIEW),
        Change(op=Op.THRESHOLD, scene=Scene.AD, block_at=100),
    )
    assert judge(files, "国家级面霜").action is Action.REVIEW
    assert judge(files, "国家级面霜", Scene.TITLE).action is Action.BLOCK
    assert "review_at = 90" in files[NAME] and "block_at = 100" in files[NAME]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change(op=Op.ADD, category="nothing", line="词"), "unknown_category"),
        (Change(op=Op.ADD, category="absolute_claim", line=" "), "no_line"),
        (Change(op=Op.ADD, category="absolute_claim", line="一\n二"), "no_line"),
        (Change(op=Op.ADD, category="absolute_claim", line="@owner me"), "no_line"),
        (Change(op=Op.ALLOW, line="词语", categories=("nothing",)), "unknown_category"),
        (Change(op=Op.REMOVE, rule="absolute_claim.0"), "unknown_rule"),
        (Change(op=Op.REMOVE, rule="own.absolute_claim.0"), "unknown_rule"),
        (Change(op=Op.RESTORE, rule="absolute_claim.0"), "nothing_to_restore"),
        (Change(op=Op.SEVERITY, rule="absolute_claim.0", number=1), "unknown_rule"),
        (Change(op=Op.WEIGHT, rule="absolute_claim.0", number=0), "unknown_rule"),
        (Change(op=Op.THRESHOLD), "unknown_scene"),
        (Change(op=Op.ACTION, category="absolute_claim", action=Action.PASS), "unknown_scene"),
        (Change(op=Op.ACTION, scene=Scene.AD, category="nothing", action=Action.PASS), "unknown_category"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_number(done, change, why):
    fine = Change(op=Op.ADD, category="absolute_claim", line="最牛")
    with pytest.raises(Unfit) as caught:
        done(fine, change)
    assert (caught.value.number, caught.value.why) == (1, why)


def test_an_allowed_word_among_others_of_its_line_cannot_be_switched_off(done, engine):
    files = done(Change(op=Op.ALLOW, line="{国家,宇宙}级保护"))
    with pytest.raises(Unfit) as caught:
        done(Change(op=Op.REMOVE, rule=rule_of(engine, "国家级保护", files)), files=files)
    assert caught.value.why == "unknown_rule"


def test_the_same_line_twice_is_refused(done):
    with pytest.raises(Unfit, match="there_already"):
        done(*[Change(op=Op.ADD, category="absolute_claim", line="最牛")] * 2)


def test_an_overlay_is_read_as_it_was_written(engine):
    text = (
        '[[term]]\nrule = "a.b"\noff = true\n\n[[term]]\nrule = "a.c"\nweight = [80, 100]\nseverity = [3, 0]\n'
        'scenes = ["ad", "ugc"]\n\n[[scene]]\nscene = "ad"\nblock_at = 90\nreview_at = 50\n'
        'actions = { absolute_claim = "review" }\n'
    )
    overlay, errors = read_overlay(text, engine.ruleset.categories)
    assert errors == []
    assert written(overlay).endswith(text)
    assert read_overlay(written(overlay), engine.ruleset.categories) == (overlay, [])
    assert written(Overlay()) == ""


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("x = 1\n", 1, "known are term and scene"),
        ("[[term]\n", 1, "is not TOML"),
        ("\n[[term]]\nweight = [1, 2]\n", 2, "rule is missing"),
        ('[[term]]\nrule = "a"\nweight = [1]\n', 1, "[was, now]"),
        ('[[term]]\nrule = "a"\nweight = [1, 101]\n', 1, "[was, now]"),
        ('[[term]]\nrule = "a"\nseverity = [true, 1]\n', 1, "[was, now]"),
        ('[[term]]\nrule = "a"\nscenes = ["nowhere"]\n', 1, "not known"),
        ('[[term]]\nrule = "a"\nwieght = [1, 2]\n', 1, "unknown key"),
        ('[[scene]]\nscene = "ad"\nblock_at = 0\n', 1, "block_at"),
        ('[[scene]]\nscene = "ad"\nblock_at = 50\nreview_at = 60\n', 1, "review_at is above block_at"),
        ('[[scene]]\nscene = "ad"\nactions = { nothing = "pass" }\n', 1, "actions"),
        ('[[scene]]\nscene = "ad"\n[[scene]]\nscene = "ad"\n', 3, "stands twice"),
    ],
)
def test_what_is_wrong_with_an_overlay_is_told_with_its_line(engine, text, line, says):
    with pytest.raises(LoadErrors) as caught:
        read_own({NAME: text}, engine.ruleset)
    (error,) = caught.value.errors
    assert (error.file, error.line) == (NAME, line) and says in error.reason


def test_a_hit_in_disguise_keeps_its_share_of_a_new_weight(engine):
    found = replace(Adjustment(rule="x", weight=(100, 60)))
    item = engine.examine(Content(scene=Scene.AD, parts=(Part("text", "国家级"),), at=datetime.now(UTC))).evidence[0]
    assert found.of(item._replace(weight=90)).weight == 54
    assert found.of(item._replace(weight=1)).weight == 1
    raised = Adjustment(rule="x", severity=(3, 1))
    assert raised.of(item._replace(severity=4)).severity == 4  # the law has raised it


def test_review_never_begins_above_block(engine, done, judge):
    files = done(Change(op=Op.THRESHOLD, scene=Scene.AD, review_at=95))
    policy = read_own(files, engine.ruleset).overlay.policies(engine.ruleset.policies)[Scene.AD]
    assert (policy.review_at, policy.block_at) == (95, 95)
