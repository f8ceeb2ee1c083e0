"""The claims table on small tables of its own: every field, token, kind and date, and the order of decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moderation.load import load_engine
from tests.moderation.conftest import term_file

if TYPE_CHECKING:
    from moderation.engine import Engine

TERMS = """\
[zui 最高级]
最好
最佳
[first 第一]
第一
内部价 | with: 定金
特惠 | near: <quantity>
"""
WORDS = 'units = ["米", "元"]\nmates = ["朋友", "老师"]\n'
RULE = '[[rule]]\ncode = "{code}"\nkind = "{kind}"\nzh = "{code} 的名称"\nen = "the {code}"\n'
OPTION = '[[option]]\nname = "mode"\nzh = "口径"\nen = "mode"\nchoices = ["mild", "strict"]\nvalue = "{value}"\n'
PROOF = 'proof_zh = "报告"\nproof_en = "the report"\n'
LONG = "这里写一些很长很长而且没有任何标点的话凑够二十四个字以上才算数"


def rule(code: str, kind: str, when: str, more: str = "") -> str:
    if kind == "bait" and "cancels" not in more:
        more += 'cancels = ["guard"]\n'
    return RULE.format(code=code, kind=kind) + more + f"[[rule.when]]\n{when}\n"


@pytest.fixture(scope="module")
def table(tmp_path_factory, write_rules):
    """An engine with these rows: ``table(rule(…), rule(…), mode="strict")``."""
    known: dict[tuple[str, ...], Engine] = {}

    def opened(*rows: str, mode: str = "mild") -> Engine:
        if (key := (*rows, mode)) not in known:
            files = {
                "ad_law/absolute_claim.txt": term_file(TERMS, "absolute_claim"),
                "ad_law/false_urgency.txt": term_file("最后一天\n", "false_urgency"),
                "ad_law/gambling.txt": term_file("百家乐\n", "gambling"),
                "words/some.toml": WORDS,
                "options.toml": OPTION.format(value=mode),
                "claims.toml": "\n".join(rows),
            }
            folder = write_rules(tmp_path_factory.mktemp("claims") / "lexicons", files)
            known[key] = load_engine(folder, folder / "scenes")
        return known[key]

    return opened


@pytest.fixture(scope="module")
def excused(judge):
    """The codes for which hits of a text do not count: ``excused(engine, "text")``."""

    def codes(engine: Engine, *texts: str, **more) -> list[str]:
        return [item.code for item in judge(engine, *texts, **more).exemptions]

    return codes


PLACES = [
    ('left = ["追求"]', ["追求最好", "追求，最好"][:1], ["追求那最好", "追求，最好"]),
    ('right = ["@mates"]', ["最好朋友", "最好老师"], ["最好的朋友", "最好，朋友", "朋友最好"]),
    ('of = ["朋友"]', ["最好的朋友", "最好之朋友"], ["最好朋友", "最好的好朋友", "最好"]),
    ('before = ["追求"]\nreach = 3', ["追求最好", "追求那三个最好"], ["追求那三个字最好", "追求，最好", "最好追求"]),
    ('after = ["朋友"]\nreach = 2', ["最好朋友", "最好那个朋友"], ["最好那三个朋友", "最好，朋友", "朋友最好"]),
    (
        'closing = ["不卖"]\nreach = 3',
        ["最好不卖", "最好的我们不卖", "最好的不卖了，茶", "最好的不卖哦。", "最好的不卖 别问我"],
        ["最好的不卖贵", "最好的不卖了你", "最好的茶我们不卖", "最好，不卖", "不卖最好"],
    ),
    ('clause = ["朋友"]', ["朋友最好", "最好，朋友", "朋友，最好"], [f"最好，{LONG}朋友", "朋友。最好", "最好"]),
    ('sentence = ["朋友"]', ["朋友，最好", "最好，朋友", f"朋友，{LONG}最好"], ["朋友。最好", "最好。朋友"]),
    ('sentence_before = ["朋友"]', ["朋友，最好"], ["最好，朋友", "朋友。最好"]),
    ('hit = ["zui"]\nsentence = ["<last>"]', ["茶。最好", "最好"], ["最好。茶"]),
    ('sentence_after = ["朋友"]', ["最好，朋友"], ["朋友，最好", "最好。朋友"]),
    ('text = ["朋友"]', ["朋友。最好", "最好。朋友"], ["最好"]),
    ('hit = ["zui"]', ["最好", "最佳"], ["第一"]),
    ('hit = ["第一"]', ["第一"], ["最好"]),
    ('sentence = ["<number>"]', ["最好，3"], ["最好，三"]),
    ('sentence = ["<quantity>"]', ["最好，3米", "最好，三米", "最好，3元"], ["最好，3只", "最好，3"]),
    ('sentence = ["<period>"]', ["最好，2024年", "最好，二〇二四年"], ["最好，2124年", "最好，1024"]),
    ('sentence = ["<standard>"]', ["最好，GB/T 18650-2008", "最好，ISO 9001"], ["最好，GBT"]),
    ('sentence = ["<question>"]', ["最好吗？", "哪个最好？"], ["最好。", "最好！"]),
    ('sentence = ["<quoted>"]', ["“最好”", "说“最好的”"], ["最好", "《最好》"]),
    ('sentence = ["<titled>"]', ["《最好》"], ["最好", "“最好”"]),
    ('hit = ["zui"]\nleft = ["^"]', ["最好的茶", "茶，最好的"], ["茶最好的"]),
    ('hit = ["zui"]\nright = ["$"]', ["茶最好", "茶最好，好茶"], ["最好的茶"]),
    ('clause = ["朋友"]\nnot_clause = ["老师"]', ["朋友最好"], ["朋友老师最好", "老师最好"]),
    ('hit = ["zui"]\nnot_of = ["@mates"]', ["最好", "最好朋友"], ["最好的朋友", "最佳之老师"]),
    ('clause = ["朋友"]\nsentence = ["茶"]', ["朋友最好，茶"], ["朋友最好", "茶最好"]),
]
IN = [(when, text) for when, texts, _ in PLACES for text in texts]
OUT = [(when, text) for when, _, texts in PLACES for text in texts]


@pytest.mark.parametrize(("when", "text"), IN)
def test_a_setting_holds_where_its_cues_stand(when, text, table, excused) -> None:
    assert excused(table(rule("guard", "guard", when)), text) == ["guard"]


@pytest.mark.parametrize(("when", "text"), OUT)
def test_a_setting_fails_where_they_do_not(when, text, table, excused) -> None:
    assert excused(table(rule("guard", "guard", when)), text) == []


def test_any_setting_of_a_rule_is_enough(table, excused) -> None:
    engine = table(rule("guard", "guard", 'left = ["追求"]\n[[rule.when]]\nright = ["朋友"]'))
    assert excused(engine, "追求最好，最好朋友，最好") == ["guard", "guard"]


def test_each_hit_is_judged_by_itself(table, judge) -> None:
    verdict = judge(table(rule("guard", "guard", 'left = ["追求"]')), "追求最好，茶最好")
    assert [item.span.start for item in verdict.exemptions] == [2]
    assert [item.span.start for item in verdict.evidence] == [6]


def test_the_industry_is_the_declared_one(table, excused) -> None:
    engine = table(rule("guard", "guard", 'industry = ["education"]'))
    assert excused(engine, "最好", industry="education") == ["guard"]
    assert excused(engine, "最好", industry="finance") == excused(engine, "最好") == []


def test_a_scene_is_asked_for_where_nothing_says_that_the_content_sells(table, excused) -> None:
    engine = table(rule("guard", "guard", 'undeclared = ["title"]'))
    assert excused(engine, "最好", scene="title") == ["guard"]
    assert excused(engine, "最好", scene="title", commercial=True) == excused(engine, "最好", scene="ad") == []


def test_the_whole_content_is_the_text(table, excused) -> None:
    assert excused(table(rule("guard", "guard", 'text = ["朋友"]')), "最好", "朋友") == ["guard"]


def test_no_cue_reaches_across_parts_or_far_into_a_text_without_marks(table, excused) -> None:
    engine = table(rule("guard", "guard", 'sentence = ["朋友"]'))
    assert excused(engine, "最好", "朋友") == []
    assert excused(engine, f"朋友{'长' * 45}最好") == ["guard"]
    assert excused(engine, f"朋友{'长' * 47}最好") == []
    assert excused(engine, f"最好{'长' * 46}朋友") == ["guard"]
    assert excused(engine, f"最好{'长' * 47}朋友") == []


def test_disguises_hide_neither_hits_nor_cues(table, excused) -> None:
    assert excused(table(rule("guard", "guard", 'left = ["追求"]')), "追\u200b求最★好") == ["guard"]


def test_rows_are_for_their_categories_and_the_advertising_ones_alone(table, excused, judge) -> None:
    near = 'text = ["朋友"]'
    text = "朋友，最好，最后一天，百家乐"
    assert excused(table(rule("guard", "guard", near)), text) == ["guard"]
    assert excused(table(rule("guard", "guard", near, 'categories = ["false_urgency"]\n')), text) == ["guard"]
    engine = table(rule("guard", "guard", near, 'categories = ["advertising"]\n'))
    assert [item.category for item in judge(engine, text).evidence] == ["gambling"]


GUARD = rule("guard", "guard", 'clause = ["不是"]')
BAIT = rule("bait", "bait", 'clause = ["胜似"]')
OTHERS = rule("others", "comparison", 'clause = ["同行"]')
GRAVE = rule("grave", "aggravation", 'text = ["疗效"]')
NARROW = rule("narrow", "violation", 'clause = ["某镇"]')
EXEMPT = rule("exempt", "exemption", 'clause = ["自家"]\nsentence = ["数据"]\nnot_sentence = ["听说"]')
STURDY = rule("sturdy", "exemption", 'clause = ["统计"]', 'despite_comparison = true\noutcome = "review"\n' + PROOF)
PROVEN = rule("proven", "exemption", 'clause = ["证书"]', 'outcome = "proof"\n' + PROOF)
ALL = (EXEMPT, STURDY, PROVEN, NARROW, GRAVE, OTHERS, GUARD, BAIT)
"""Written in another order than the one of decision."""


@pytest.mark.parametrize(
    "case",
    [
        ("茶最好", [], 3, ("", ())),
        ("茶不是最好", ["guard"], 0, ("", ())),
        ("茶不是最好，胜似最好", [], 3, ("", ())),
        ("不是最好，自家数据，疗效", ["guard"], 0, ("", ())),
        ("自家数据最好", ["exempt"], 0, ("", ())),
        ("自家最好", [], 3, ("", ("exempt:incomplete",))),
        ("听说自家数据最好", [], 3, ("", ("exempt:barred",))),
        ("自家数据比同行最好", [], 3, ("", ("exempt:others",))),
        ("自家数据最好，有疗效", [], 4, ("", ("exempt:grave",))),
        ("最好，有疗效", [], 4, ("", ())),
        ("某镇自家数据最好", [], 3, ("narrow", ("exempt:narrow",))),
        ("某镇最好", [], 3, ("narrow", ())),
        ("统计比同行最好", [], 3, ("sturdy", ())),
        ("统计比同行最好，有疗效", [], 4, ("", ("sturdy:grave",))),
        ("某镇统计最好", [], 3, ("narrow", ("sturdy:narrow",))),
        ("证书最好", ["proven"], 0, ("", ())),
        ("自家证书最好", ["proven"], 0, ("", ())),
        ("统计证书最好", [], 3, ("sturdy", ())),
        ("自家数据统计比同行最好", [], 3, ("sturdy", ("exempt:others",))),
    ],
)
def test_the_order_of_decision(case, table, judge) -> None:
    text, codes, severity, said = case
    verdict = judge(table(*ALL), text)
    assert [item.code for item in verdict.exemptions] == codes
    assert verdict.severity == severity
    for item in verdict.evidence:
        assert (item.note, item.tried) == said


def test_the_first_row_of_a_kind_that_holds_decides(table, excused, judge) -> None:
    two = (rule("one", "exemption", 'clause = ["自家"]'), rule("two", "exemption", 'clause = ["数据"]'))
    assert excused(table(*two), "自家数据最好") == ["one"]
    assert excused(table(*reversed(two)), "自家数据最好") == ["two"]
    twice = (NARROW, rule("narrower", "violation", 'clause = ["某村"]'))
    assert judge(table(*twice), "某村某镇最好").evidence[0].note == "narrow"


def test_a_bait_cancels_the_guards_that_it_names(table, excused) -> None:
    rows = (GUARD, rule("quote", "guard", 'clause = ["规定"]'), BAIT)
    assert excused(table(*rows), "规定不是最好胜似") == ["quote"]


def test_proof_is_asked_for_once_and_review_leaves_it_to_a_person(table, judge) -> None:
    verdict = judge(table(*ALL), "证书最好。证书最佳。统计第一。")
    assert verdict.proof == ("proven", "sturdy")
    (item,) = verdict.evidence
    assert (verdict.action.code, item.weight, item.note) == ("review", 60, "sturdy")


def test_the_units_and_lists_are_words_of_the_folder(table) -> None:
    assert table(*ALL).ruleset.claims.units == ("米", "元")


# --- dates and options ---

DAY = datetime(2026, 3, 1, 4, tzinfo=UTC)
"""Noon of the first of March in Shanghai."""


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        ("from = 2026-03-01\n", (1, 0, 100)),
        ("until = 2026-03-01\n", (-100, -1, 0)),
        ("from = 2026-03-01\nuntil = 2026-03-01\n", (0,)),
        ("", (-100, -1, 0, 1, 100)),
    ],
)
def test_a_row_has_dates_of_its_own_both_included(dates, days, table, excused) -> None:
    engine = table(rule("guard", "guard", 'left = ["追求"]', dates))
    for day in (-100, -1, 0, 1, 100):
        found = excused(engine, "追求最好", at=DAY + timedelta(days=day))
        assert found == (["guard"] if day in days else [])


def test_a_day_begins_at_midnight_in_shanghai(table, excused) -> None:
    engine = table(rule("guard", "guard", 'left = ["追求"]', "from = 2026-03-01\n"))
    assert excused(engine, "追求最好", at=datetime(2026, 2, 28, 15, 59, tzinfo=UTC)) == []
    assert excused(engine, "追求最好", at=datetime(2026, 2, 28, 16, 0, tzinfo=UTC)) == ["guard"]


def test_what_the_law_forgives_began_with_that_law(table, excused) -> None:
    cites = 'laws = ["广告法 99"]\n'
    engine = table(rule("exempt", "exemption", 'left = ["追求"]', cites))
    assert excused(engine, "追求最好", at=datetime(2026, 12, 31, 4, tzinfo=UTC)) == []
    assert excused(engine, "追求最好", at=datetime(2027, 1, 1, 4, tzinfo=UTC)) == ["exempt"]
    assert excused(engine, "追求最好", at=datetime(2028, 1, 1, 4, tzinfo=UTC)) == []
    guard = table(rule("guard", "guard", 'left = ["追求"]', cites))
    assert excused(guard, "追求最好", at=datetime(2026, 12, 31, 4, tzinfo=UTC)) == ["guard"]


def test_a_row_for_another_choice_is_not_there(table, judge) -> None:
    rows = (rule("narrow", "violation", 'clause = ["统计"]', 'option = "mode=strict"\n'), STURDY)
    mild, strict = table(*rows), table(*rows, mode="strict")
    assert [item.code for item in mild.ruleset.claims.rules] == ["sturdy"]
    (item,) = judge(mild, "统计最好").evidence
    assert (item.note, item.weight) == ("sturdy", 60)
    (item,) = judge(strict, "统计最好").evidence
    assert (item.note, item.weight, item.tried) == ("narrow", 100, ("sturdy:narrow",))
    assert mild.ruleset.fingerprint != strict.ruleset.fingerprint
    assert strict.ruleset.options["mode"].value == "strict"


def test_settings_may_be_written_inline(table, excused) -> None:
    row = RULE.format(code="guard", kind="guard") + 'when = [{ left = ["追求"] }, { right = ["朋友"] }]\n'
    assert excused(table(row), "追求最好，最好朋友") == ["guard", "guard"]


def test_any_length_of_text_has_an_answer(table, judge) -> None:
    verdict = judge(table(*ALL), f"不是最好。统计3米{LONG}GB18650最佳？" * 400)
    assert {item.code for item in verdict.exemptions} == {"guard"}
    assert verdict.matches_truncated


def test_a_cue_that_overlaps_the_hit_is_beside_nothing(table, excused) -> None:
    assert excused(table(rule("guard", "guard", 'sentence = ["好茶"]')), "最好茶") == []
    assert excused(table(rule("guard", "guard", 'sentence = ["好茶"]')), "最好茶，好茶") == ["guard"]


def test_conditions_of_terms_and_rows_hear_the_same_cues(table, judge) -> None:
    engine = table(rule("guard", "guard", 'text = ["定金"]\nclause = ["朋友"]'))
    assert judge(engine, "内部价").exemptions == judge(engine, "内部价").evidence == ()
    assert judge(engine, "定金，内部价").evidence
    assert judge(engine, "定金，朋友内部价").exemptions
    assert judge(engine, "特惠3元").evidence and judge(engine, "3元特惠").evidence
    assert not judge(engine, "特惠。3元").evidence


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("自家店里最好", ("self:incomplete",)),  # what a writer can add is missing
        ("店里最好", ("self:incomplete",)),
        ("自家最好", ()),  # it is not about the shop
        ("自家店里第一", ()),  # nor about this word
        ("自家店里最好，同行都不如", ("self:others",)),
        ("大号最好", ("size:incomplete",)),
        ("最好，3米", ()),  # a number stands anywhere
    ],
)
def test_an_exemption_nearly_applies_only_to_a_claim_that_it_is_about(text, tried, table, judge) -> None:
    engine = table(
        rule("others", "comparison", 'clause = ["同行"]'),
        rule("self", "exemption", 'hit = ["zui"]\nclause = ["店里"]\nsentence = ["自家"]\ntext = ["<quantity>"]'),
        rule("size", "exemption", 'hit = ["zui"]\nsentence = ["大号"]\ntext = ["<quantity>"]'),
    )
    assert judge(engine, text).evidence[0].tried == tried
