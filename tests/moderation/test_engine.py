"""Examining and concluding: days, scenes, the scene gate, cases that keep their ruleset, facts and order."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from moderation.types import SHANGHAI, Action, Author, Role, Scene

OLD = datetime(2014, 1, 1, tzinfo=UTC)


def day(year: int, month: int, date: int, hour: int = 12) -> datetime:
    return datetime(year, month, date, hour, tzinfo=SHANGHAI)


# --- days ---
@pytest.mark.parametrize(
    ("at", "found"),
    [
        (day(2026, 1, 31, 23), False),
        (day(2026, 2, 1, 0), True),
        (day(2026, 3, 31, 23), True),
        (day(2026, 4, 1, 0), False),
        (datetime(2026, 1, 31, 16, tzinfo=UTC), True),
        (datetime(2026, 1, 31, 15, 59, tzinfo=UTC), False),
    ],
)
def test_a_dated_term_counts_on_its_days_in_shanghai_and_on_no_other(at, found, court, judge) -> None:
    engine = court("春节限定第一 | from: 2026-02-01 | until: 2026-03-31")
    assert bool(judge(engine, "春节限定第一", at=at).evidence) is found


def test_a_term_may_begin_or_end_alone(court, judge) -> None:
    engine = court("新词新词 | from: 2026-02-01\n旧词旧词 | until: 2020-12-31")
    assert [len(judge(engine, "新词新词，旧词旧词", at=day(year, 6, 1)).evidence) for year in (2020, 2023, 2027)] == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize(("between", "action"), [("", Action.PASS), ("！", Action.BLOCK), ("\n\n", Action.BLOCK)])
def test_an_allow_term_reaches_over_no_end_of_a_sentence(court, judge, between, action) -> None:
    engine = court("国家级", allow="国家级风景区")
    assert judge(engine, f"本店是国家级{between}风景区", scene="ad").action is action


def test_what_is_excused_across_parts_stands_in_the_first(shipped, content) -> None:
    asked = content("我们不是国家", "级的产品", scene="ad", commercial=True)
    spans = [item.span for item in shipped.examine(asked).conclude().exemptions]
    assert spans and all(span.end <= len(asked.text_of(span.part)) for span in spans)


def test_an_allow_term_has_days_too(court, judge) -> None:
    engine = court("国家级", allow="国家级展会 | until: 2025-12-31")
    assert not judge(engine, "国家级展会", at=day(2025, 12, 31)).evidence
    assert judge(engine, "国家级展会", at=day(2026, 1, 1)).evidence


def test_only_articles_in_force_on_the_day_are_cited(court, judge) -> None:
    engine = court("国家级")
    (now,) = judge(engine, "国家级").evidence
    (then,) = judge(engine, "国家级", at=OLD).evidence
    assert (now.laws, then.laws) == (("广告法 9(3)",), ("旧广告法 7",))


def test_nothing_is_blocked_by_a_law_that_was_not_in_force(shipped, judge) -> None:
    verdict = judge(shipped, "史上最强清洁力", at=day(2010, 1, 1))
    assert (verdict.action, {item.laws for item in verdict.evidence}) == (Action.REVIEW, {()})
    assert judge(shipped, "史上最强清洁力").action is Action.BLOCK


def test_a_lines_own_laws_replace_its_categorys(court, judge) -> None:
    (item,) = judge(court("国家级 | laws: 平台规则; 广告法 99"), "国家级").evidence
    assert item.laws == ("平台规则",)


@pytest.mark.parametrize(
    ("at", "cited"), [(day(2025, 10, 14, 23), ["反不正当竞争法 11"]), (day(2025, 10, 15, 0), ["反不正当竞争法 12"])]
)
def test_the_unfair_competition_law_is_cited_by_the_numbers_of_the_day(at, cited, shipped, judge) -> None:
    evidence = judge(shipped, "我们的配方吊打某牌", at=at).evidence
    (laws,) = {item.laws for item in evidence if item.category == "competitor_disparagement"}
    assert [ref for ref in laws if ref.startswith("反不正当竞争法")] == cited


# --- scenes ---
ADVERTISING = ("ad", "live_script", "live_speech")
PRESUMED = ("title", "profile")
DECLARED = ("ugc", "live_chat")


@pytest.fixture(scope="module")
def gate(court):
    return court("国家级")


@pytest.mark.parametrize("scene", ADVERTISING)
def test_advertising_scenes_are_advertising_whatever_the_caller_says(scene, gate, judge) -> None:
    assert judge(gate, "国家级", scene=scene).evidence
    assert judge(gate, "国家级", scene=scene, commercial=False).evidence


@pytest.mark.parametrize("scene", PRESUMED)
def test_titles_and_profiles_are_presumed_to_be_advertising(scene, gate, judge) -> None:
    assert judge(gate, "国家级", scene=scene).evidence
    assert not judge(gate, "国家级", scene=scene, commercial=False).evidence


@pytest.mark.parametrize("scene", DECLARED)
def test_posts_and_chat_are_advertising_only_when_something_says_so(scene, gate, judge) -> None:
    assert not judge(gate, "国家级", scene=scene).evidence
    assert not judge(gate, "国家级", scene=scene, author=Author(role=Role.CREATOR)).evidence
    assert judge(gate, "国家级", scene=scene, commercial=True).evidence
    assert judge(gate, "国家级", scene=scene, has_cart_link=True).evidence


@pytest.mark.parametrize("role", Role)
def test_who_trades_is_presumed_to_advertise(role, gate, judge) -> None:
    found = judge(gate, "国家级", scene="ugc", author=Author(role=role)).evidence
    assert bool(found) is (role in {Role.SELLER, Role.HOST, Role.MCN, Role.BRAND}) is role.trades


def test_a_cart_link_outweighs_a_denial_and_a_denial_a_role(gate, judge) -> None:
    assert judge(gate, "国家级", scene="ugc", commercial=False, has_cart_link=True).evidence
    assert not judge(gate, "国家级", scene="ugc", commercial=False, author=Author(role=Role.SELLER)).evidence


def test_a_category_is_looked_for_in_its_scenes_only(court, judge) -> None:
    engine = court(false_urgency="最后一天", rumor_misinfo="包治百病")
    assert [scene for scene in Scene if judge(engine, "最后一天", scene=scene, commercial=True).evidence] == [
        Scene.AD,
        Scene.LIVE_SCRIPT,
    ]
    assert [scene for scene in Scene if judge(engine, "包治百病", scene=scene, commercial=True).evidence] == [Scene.UGC]


def test_a_line_may_narrow_the_scenes_of_its_category(court, judge) -> None:
    engine = court("国家级 | scenes: ad, title")
    assert [scene for scene in Scene if judge(engine, "国家级", scene=scene, commercial=True).evidence] == [
        Scene.AD,
        Scene.TITLE,
    ]


@pytest.mark.parametrize("scene", Scene)
def test_the_shipped_policies_gate_an_absolute_claim(scene, shipped, judge) -> None:
    always = scene in {*ADVERTISING, *PRESUMED}
    assert bool(judge(shipped, "我们是国家级产品", scene=scene).evidence) is always
    assert judge(shipped, "我们是国家级产品", scene=scene, commercial=True).categories == ("absolute_claim",)


def test_safety_is_judged_in_every_scene_and_for_everybody(court, judge) -> None:
    engine = court(gambling="百家乐")
    for scene in Scene:
        assert judge(engine, "来玩百家乐", scene=scene, commercial=False).action is Action.BLOCK


# --- cases ---
def test_a_case_keeps_the_ruleset_it_was_opened_under(court, content) -> None:
    before, after = court("国家级"), court("最佳")
    case = before.examine(content("国家级"))
    after.examine(content("国家级"))
    assert case.ruleset is before.ruleset
    assert case.conclude().ruleset == before.ruleset.fingerprint != after.ruleset.fingerprint
    assert case.policy.scene is Scene.AD


def test_a_case_shows_its_evidence_before_it_is_concluded(court, content) -> None:
    engine = court("国家级")
    assert [item.category for item in engine.examine(content("国家级")).evidence] == ["absolute_claim"]
    assert engine.examine(content("面霜")).evidence == ()


def test_a_clean_text_passes_with_nothing_to_tell(court, judge) -> None:
    verdict = judge(court("国家级"), "这款面霜很好用")
    assert (verdict.action, verdict.severity, verdict.categories, verdict.effects) == (Action.PASS, 0, (), ())
    assert (verdict.evidence, verdict.exemptions, verdict.matches_truncated) == ((), (), 0)


def test_contents_without_text_pass(court, judge) -> None:
    for texts in ((), ("",), ("", ""), ("\u200b",), ("…",)):
        assert judge(court("国家级"), *texts).action is Action.PASS


def test_a_word_torn_between_two_parts_is_found(shipped, judge) -> None:
    assert judge(shipped, "越南", "烟", scene="ugc").categories == ("alcohol_tobacco",)


def test_evidence_names_the_part_it_stands_in(court, judge) -> None:
    verdict = judge(court("国家级\n最佳"), "最佳之选", "无", "是国家级")
    assert {(item.span.part, item.span.start) for item in verdict.evidence} == {("part0", 0), ("part2", 1)}


def test_an_engine_remembers_nothing_of_a_content(court, judge) -> None:
    engine = court("国家级")
    first = judge(engine, "国家级" * 50)
    assert judge(engine, "面霜").action is Action.PASS
    assert judge(engine, "国家级" * 50) == first


def test_values_cannot_be_edited(court, judge, content) -> None:
    verdict = judge(court("国家级"), "国家级")
    for value, name in ((verdict, "action"), (verdict.evidence[0], "weight"), (content("x"), "scene")):
        with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
            setattr(value, name, None)


def test_a_text_a_day_later_is_judged_by_that_day(court, content) -> None:
    engine = court("国家级 | from: 2026-11-23")
    asked = content("国家级")
    (reading,) = engine.read_many([asked])
    later = content("国家级", at=asked.at + timedelta(days=1))
    assert not engine.examine(asked, reading).conclude().evidence
    assert engine.examine(later, reading).conclude().evidence


def test_no_word_goes_on_behind_a_dash(shipped, quotes) -> None:
    assert quotes(shipped, "走到山——顶级配置") == ["顶级"]
    assert quotes(shipped, "走到山顶级配置") == []


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("降血糖糖尿病专用", {"降血糖", "糖尿病"}),
        ("这茶最最好", {"最最好"}),
        ("这茶最好好好", {"最好好好"}),
        ("中国国家级工艺", {"国家级工艺"}),
        ("国国家家级", {"国国家家级"}),
        ("看这里——特特供供", {"特特供供"}),
    ],
)
def test_a_letter_of_the_next_word_is_no_repeat(shipped, quotes, text, quoted) -> None:
    assert set(quotes(shipped, text)) == quoted
