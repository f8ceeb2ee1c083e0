"""From evidence to action: thresholds, effects, order, experts who gave no answer, and what is too much to list."""

from __future__ import annotations

import pytest

from moderation.detect.terms import REPEATED
from moderation.load import load_engine
from moderation.policy import SHOWN
from moderation.types import Action, Effect, Evidence, Missing, Scene, Span

DEADLINE = Missing("classifier", "deadline")


def expert(category: str = "absolute_claim", *, weight: int = 100, severity: int = 3, start: int = 0) -> Evidence:
    """Evidence as an expert would give it."""
    span = Span("text", start, start + 1)
    rule = f"classifier.{category}"
    return Evidence(source="classifier", category=category, rule=rule, severity=severity, span=span, weight=weight)


@pytest.fixture(scope="module")
def clean(court, content):
    """A case in which the text itself says nothing."""

    def examined(scene: str = "ad"):
        return court("国家级").examine(content("这款面霜很好用", scene=scene))

    return examined


# --- weights ---
@pytest.mark.parametrize(
    ("weight", "action"), [(100, "block"), (80, "block"), (79, "review"), (40, "review"), (39, "pass"), (1, "pass")]
)
def test_the_weight_decides_how_far_evidence_leads(weight, action, clean) -> None:
    assert clean().conclude(expert(weight=weight)).action.code == action


def test_a_category_that_asks_for_review_never_blocks(clean) -> None:
    assert clean().conclude(expert("privacy_leak")).action is Action.REVIEW


def test_a_line_of_less_weight_is_reviewed_and_a_hint_alone_is_not_even_listed(court, judge) -> None:
    engine = court("国家级 | weight: 79\n最佳之选 | weight: 39")
    assert judge(engine, "国家级").action is Action.REVIEW
    verdict = judge(engine, "最佳之选")
    assert (verdict.action, verdict.evidence) == (Action.PASS, ())


def test_a_hint_is_listed_beside_what_counts_and_counts_for_nothing(court, judge) -> None:
    verdict = judge(court("国家级 | severity: 1\n最佳之选 | weight: 39 | severity: 4"), "国家级，最佳之选")
    assert [item.weight for item in verdict.evidence] == [39, 100]
    assert verdict.severity == 1


def test_the_strictest_action_wins_and_the_gravest_severity(clean) -> None:
    verdict = clean().conclude(expert("privacy_leak", severity=4), expert("absolute_claim", severity=2))
    assert (verdict.action, verdict.severity) == (Action.BLOCK, 4)


def test_evidence_is_ordered_by_severity_then_weight_then_place(clean) -> None:
    given = [expert(severity=2), expert(weight=50), expert(start=9), expert(start=4), expert("gambling", severity=4)]
    shown = clean().conclude(*given).evidence
    assert [(item.severity, item.weight, item.span.start) for item in shown] == [
        (4, 100, 0), (3, 100, 4), (3, 100, 9), (3, 50, 0), (2, 100, 0),
    ]  # fmt: skip


def test_categories_are_named_once_gravest_first_and_hints_not_at_all(clean) -> None:
    given = [expert(), expert("gambling", severity=4), expert(), expert("privacy_leak", weight=10)]
    assert clean().conclude(*given).categories == ("gambling", "absolute_claim")


def test_a_scene_may_act_otherwise_than_its_category(write_rules, tmp_path, judge) -> None:
    folder = write_rules(tmp_path / "rules")
    header = "@category gambling\n@owner t\n@source t\n@licence t\n@reviewed 2026-11-22\n"
    (folder / "safety").mkdir()
    (folder / "safety" / "gambling.txt").write_text(header + "百家乐\n", encoding="utf-8")
    policy = folder / "scenes" / "ugc.toml"
    policy.write_text(policy.read_text(encoding="utf-8") + '[actions]\ngambling = "review"\n', encoding="utf-8")
    engine = load_engine(folder, folder / "scenes")
    assert judge(engine, "百家乐", scene="ugc").action is Action.REVIEW
    assert judge(engine, "百家乐", scene="live_chat").action is Action.BLOCK


# --- effects ---
@pytest.mark.parametrize(
    ("category", "severity", "effects"),
    [
        ("absolute_claim", 3, ()),
        ("false_urgency", 2, (Effect.WARN,)),
        ("gambling", 4, (Effect.REPORT,)),
        ("privacy_leak", 3, (Effect.MASK,)),
        ("spam_flood", 1, (Effect.THROTTLE,)),
        ("negative_sentiment", 0, (Effect.COUNT,)),
        ("rumor_misinfo", 1, (Effect.WARN,)),
        ("rumor_misinfo", 0, ()),
    ],
)
def test_effects_are_those_of_the_categories_and_a_warning_where_grave_things_pass(
    category, severity, effects, clean
) -> None:
    assert clean("ugc").conclude(expert(category, severity=severity)).effects == effects


def test_effects_add_up_in_a_fixed_order(clean) -> None:
    given = [expert("gambling", severity=4), expert("spam_flood", severity=1), expert("privacy_leak")]
    assert clean("ugc").conclude(*given).effects == (Effect.THROTTLE, Effect.MASK, Effect.REPORT)


def test_a_hint_has_no_effects(clean) -> None:
    assert clean("ugc").conclude(expert("spam_flood", weight=39)).effects == ()


# --- experts ---
@pytest.mark.parametrize("scene", Scene)
def test_without_an_experts_answer_a_scene_does_the_least_it_must(scene, clean) -> None:
    case = clean(scene)
    verdict = case.conclude(DEADLINE)
    assert verdict.action is case.policy.when_missing
    assert verdict.degraded and verdict.missing == (DEADLINE,)
    assert not clean(scene).conclude().degraded


def test_a_missing_answer_never_softens_a_verdict(clean) -> None:
    assert clean("ugc").conclude(expert(), DEADLINE).action is Action.BLOCK
    assert clean("ad").conclude(DEADLINE, expert("privacy_leak")).action is Action.REVIEW


@pytest.mark.parametrize("scene", Scene)
def test_the_shipped_advertising_scenes_hold_what_an_expert_did_not_see(scene, shipped, content) -> None:
    verdict = shipped.examine(content("这款面霜很好用", scene=scene)).conclude(DEADLINE)
    held = scene not in {Scene.UGC, Scene.LIVE_CHAT}
    assert (verdict.action, verdict.degraded) == (Action.REVIEW if held else Action.PASS, True)


def test_an_experts_evidence_joins_what_the_text_gave(court, content) -> None:
    verdict = court("国家级").examine(content("国家级")).conclude(expert("gambling", severity=4))
    assert [item.source for item in verdict.evidence] == ["classifier", "lexicon"]
    assert not verdict.degraded


def test_a_case_may_be_concluded_again_when_an_answer_comes_late(clean) -> None:
    case = clean("ugc")
    assert case.conclude(DEADLINE).degraded
    assert case.conclude(expert()).action is Action.BLOCK
    assert case.conclude().action is Action.PASS


# --- too much to list ---
def test_of_one_rule_so_many_findings_are_listed_and_the_rest_counted(court, judge) -> None:
    verdict = judge(court("国家级"), "国家级，" * 20)
    assert len(verdict.evidence) == REPEATED
    assert verdict.matches_truncated == 20 - REPEATED
    assert (verdict.action, verdict.severity) == (Action.BLOCK, 3)


def test_findings_of_one_rule_are_counted_over_all_parts(court, judge) -> None:
    verdict = judge(court("国家级"), *["国家级，国家级"] * 6)
    assert (len(verdict.evidence), verdict.matches_truncated) == (REPEATED, 12 - REPEATED)


def test_weakened_findings_do_not_crowd_out_full_ones(court, judge) -> None:
    text = "国，家+=^级。" * 30 + "国家级"
    verdict = judge(court("国家级"), text)
    assert verdict.action is Action.BLOCK
    assert max(item.weight for item in verdict.evidence) == 100
    assert verdict.matches_truncated == 30 - REPEATED


def test_more_rules_than_fit_are_counted_and_the_verdict_stays_exact(court, judge) -> None:
    words = [f"{first}{second}国" for first in "甲乙丙丁戊己庚辛壬" for second in "子丑寅卯辰巳午未申酉"]
    lines = "\n".join(f"{word} | severity: {1 if index else 4}" for index, word in enumerate(words))
    verdict = judge(court(lines), "。".join(reversed(words)))
    assert len(verdict.evidence) == SHOWN
    assert verdict.matches_truncated == len(words) - SHOWN
    assert (verdict.severity, verdict.evidence[0].severity) == (4, 4)


def test_exemptions_are_capped_as_evidence_is(court, judge) -> None:
    words = [f"{first}{second}国" for first in "甲乙丙丁戊己庚辛壬" for second in "子丑寅卯辰巳午未"]
    engine = court("\n".join(words), allow="\n".join(f"{word}家" for word in words))
    verdict = judge(engine, "。".join(f"{word}家" for word in words))
    assert (verdict.action, verdict.evidence) == (Action.PASS, ())
    assert len(words) > len(verdict.exemptions) == SHOWN


def test_one_rule_is_exempt_so_often_and_no_more(court, judge) -> None:
    verdict = judge(court("国家级", allow="国家级湿地"), "国家级湿地。" * 20)
    assert len(verdict.exemptions) == REPEATED


def test_exempt_findings_do_not_crowd_out_those_that_count(court, judge) -> None:
    verdict = judge(court("国家级", allow="国家级湿地"), "国家级湿地。" * 20 + "国家级")
    assert [item.span.start for item in verdict.evidence] == [120]
