"""Kinds of goods: what a text is about, which words are part of other names, and which law stands for a stretch."""

from __future__ import annotations

import pytest

from moderation.errors import LoadErrors
from moderation.load import load_engine
from moderation.render import render
from moderation.trace import Tracer
from moderation.types import REGIME
from tests.moderation.conftest import term_file

FOOD, COSMETIC, MEDICAL, DRUG = "health_food_claim", "cosmetic_drug_claim", "medical_claim", "drug_device_ad"
LAWS = {FOOD, COSMETIC, MEDICAL, DRUG}
TABLE = """\
general = "absolute_claim"
none = ["茶具"]
[[kind]]
code = "tea"
category = "contact_diversion"
industries = ["food"]
context = ["tea_words"]
names = ["红茶"]
uses = ["泡着喝"]
[[kind]]
code = "pill"
category = "false_urgency"
names = ["药丸"]
apart = true
"""
FILES = {
    "ad_law/absolute_claim.txt": term_file("[a]\n根治\n灵验 | severity: 4\n包好 | weight: 60\n", "absolute_claim"),
    "ad_law/false_urgency.txt": term_file("[a]\n根治 | severity: 4\n灵验\n速效\n", "false_urgency"),
    "trade/contact_diversion.txt": term_file("[a] with: @tea_words\n根治\n", "contact_diversion"),
    "words/tea.toml": 'tea_words = ["茶", "壶"]\n',
    "industries.toml": '[[industry]]\ncode = "food"\nzh = "食品"\nen = "food"\nseverity = 2\n',
}


@pytest.fixture(scope="module")
def open_wares(tmp_path_factory, write_rules):
    """An engine with this ``wares.toml``."""

    def opened(table: str):
        folder = write_rules(tmp_path_factory.mktemp("wares") / "lexicons", {**FILES, "wares.toml": table})
        return load_engine(folder, folder / "scenes")

    return opened


@pytest.fixture(scope="module")
def small(open_wares):
    return open_wares(TABLE)


def found(verdict) -> set[str]:
    return {item.category for item in verdict.evidence}


@pytest.mark.parametrize(
    ("text", "more", "laws"),
    [
        ("红茶根治百病", {}, {"contact_diversion"}),
        ("这茶根治百病", {}, {"absolute_claim"}),  # 茶 says what it may be about, and names no goods
        ("天天泡着喝，茶能根治百病", {}, {"contact_diversion"}),
        ("茶具根治百病", {}, {"absolute_claim"}),
        ("茶具和红茶，根治百病", {}, {"contact_diversion"}),
        ("本品根治百病", {"industry": "food"}, {"contact_diversion"}),
        ("本品根治百病", {"industry": "device"}, {"absolute_claim"}),
        ("药丸根治百病，包好", {}, {"false_urgency"}),
        ("药丸速效，这里写的是包好", {}, {"false_urgency"}),
    ],
)
def test_one_law_stands_for_a_stretch(small, judge, text, more, laws) -> None:
    assert found(judge(small, text, **more)) == laws


def test_what_stays_is_as_grave_as_what_it_stands_for(small, judge) -> None:
    (item,) = judge(small, "红茶根治百病").evidence
    assert (item.severity, item.weight) == (4, 100)


def test_what_was_taken_over_is_told(small, content) -> None:
    asked = content("红茶根治百病")
    told = render(small.examine(asked).conclude(), asked, small.ruleset)["exemptions"]
    assert {(item["category"], item["code"]) for item in told} == {
        ("absolute_claim", REGIME),
        ("false_urgency", REGIME),
    }
    assert {item["reason"] for item in told} == {"同一处已按这类商品所适用的规定认定"}


def test_the_trace_calls_nothing_allowed_that_another_law_took_over(small, content) -> None:
    asked = content("红茶根治百病")
    verdict = small.examine(asked).conclude()
    tracer = Tracer(small.ruleset, asked, "zh")
    steps = [step for item in verdict.exemptions for step in tracer.of_exemption(item)]
    assert ("exemption", "同一处已按这类商品所适用的规定认定") in steps
    assert not any(step.code == "allow" for step in steps)


def test_a_severity_of_another_rule_is_no_aggravation(small, content) -> None:
    asked = content("药丸灵验")
    (item,) = small.examine(asked).conclude().evidence
    told = dict(Tracer(small.ruleset, asked, "zh").of_evidence(item))["against"]
    assert told == "严重度 4 取自同一处的另一条规则"


def test_company_may_stand_in_another_part(small, judge) -> None:
    assert found(judge(small, "茶具", "根治百病")) == {"absolute_claim"}
    assert found(judge(small, "红茶", "根治百病")) == {"contact_diversion"}


@pytest.mark.parametrize(
    ("was", "now", "why"),
    [
        ('general = "absolute_claim"', 'general = "nothing"', "nothing"),
        ('category = "contact_diversion"', 'category = "nothing"', "nothing"),
        ('industries = ["food"]', 'industries = ["nothing"]', "nothing"),
        ('context = ["tea_words"]', 'context = ["nothing"]', "@nothing"),
        ('names = ["红茶"]', 'names = ["！！"]', "！！"),
        ("apart = true", "apart = true\nother = 1", "other"),
        ("apart = true", 'apart = true\nlaws = ["旧法 1"]', "旧法 1"),
        ("apart = true", 'apart = true\nonly = ["旧法 1"]', "旧法 1"),
    ],
)
def test_a_table_that_names_what_is_not_there_is_refused(open_wares, was, now, why) -> None:
    with pytest.raises(LoadErrors) as refused:
        open_wares(TABLE.replace(was, now))
    assert [(error.file, why in str(error)) for error in refused.value.errors] == [("wares.toml", True)]


NO_FOOD = [
    "这款奶瓶根治糖尿病，宝宝用了抵抗力增强", "我们的咖啡机能降血糖", "糖果色裙子，穿了治疗风湿",
    "牛奶浴沐浴露，根治湿疹", "这台面包机能降血糖", "奶粉罐能防癌",
    "酒精棉片，防癌", "面膜碗增强免疫力", "食品级硅胶手环降血压",
]  # fmt: skip
FOODS = ["这大米能降血糖", "牛肉干能治疗糖尿病", "每日坚果增强免疫力", "挂面降血糖", "这款奶粉防癌", "橄榄油能降血压"]
NO_COSMETIC = ["这款面膜刷治疗湿疹", "口红包治疗湿疹", "化妆镜治疗湿疹", "防晒衣治疗湿疹"]
NO_DRUG = ["药箱一次根治颈椎病", "针织衫一次根治颈椎病", "血压计收纳盒一次根治颈椎病", "激光笔一次根治颈椎病"]


def laws_of(verdict) -> set[str]:
    return {law.split()[0] for item in verdict.evidence for law in item.laws}


@pytest.mark.parametrize("text", NO_FOOD)
def test_wares_named_after_food_are_no_food(shipped, judge, text) -> None:
    verdict = judge(shipped, text)
    assert FOOD not in found(verdict)
    assert "食品安全法" not in laws_of(verdict)


@pytest.mark.parametrize("text", FOODS)
def test_foods_are_food(shipped, judge, text) -> None:
    assert LAWS & found(judge(shipped, text)) == {FOOD}


@pytest.mark.parametrize("text", NO_COSMETIC)
def test_wares_named_after_cosmetics_are_none(shipped, judge, text) -> None:
    assert LAWS & found(judge(shipped, text)) == {MEDICAL}


@pytest.mark.parametrize("text", NO_DRUG)
def test_wares_named_after_drugs_and_devices_are_none(shipped, judge, text) -> None:
    assert LAWS & found(judge(shipped, text)) == {MEDICAL}


@pytest.mark.parametrize(
    ("text", "industry", "laws"),
    [
        ("这款面膜治疗湿疹", None, {COSMETIC}),
        ("这款理疗仪根治颈椎病", None, {DRUG}),
        ("本品根治糖尿病，降血糖", "food", {MEDICAL, FOOD}),
        ("本品根治糖尿病", "device", {DRUG}),
        ("本品增强免疫力", "food", {FOOD}),
    ],
)
def test_the_law_is_that_of_the_goods(shipped, judge, text, industry, laws) -> None:
    assert LAWS & found(judge(shipped, text, industry=industry)) == laws


@pytest.mark.parametrize("text", ["茶具零添加", "奶瓶不添加", "咖啡机零添加"])
def test_the_duties_of_food_do_not_bind_other_wares(shipped, judge, text) -> None:
    assert "missing_disclosure" not in found(judge(shipped, text))


@pytest.mark.parametrize("text", ["大米，零添加", "牛肉干不添加", "坚果无添加"])
def test_the_duties_of_food_bind_food(shipped, judge, text) -> None:
    assert "missing_disclosure.food.nothing_added" in {item.rule for item in judge(shipped, text).evidence}


def cited(verdict, category: str) -> list[tuple[str, ...]]:
    return [item.laws for item in verdict.evidence if item.category == category]


@pytest.mark.parametrize(
    ("text", "first", "not_of"),
    [
        ("羊奶粉，治疗骨质疏松", ("食品安全法 73", "食品安全法 71", "广告法 17"), {"广告法 18"}),
        ("牙膏，治疗牙周炎", ("化妆品监督管理条例 43", "化妆品监督管理条例 37", "广告法 17"), {"广告法 18"}),
        ("按摩仪，治疗颈椎病", ("广告法 17",), {"食品安全法 73", "化妆品监督管理条例 43"}),
    ],
)
def test_a_claim_that_goods_heal_cites_the_law_for_such_goods(shipped, judge, text, first, not_of) -> None:
    laws = cited(judge(shipped, text), MEDICAL)
    assert laws and all(refs[: len(first)] == first and not_of.isdisjoint(refs) for refs in laws)


@pytest.mark.parametrize(
    ("text", "category", "laws"),
    [
        ("孕妇面膜，医生推荐", "authority_endorsement", ("广告法 11",)),
        ("农药，专家推荐", "authority_endorsement", ("广告法 21", "广告法 11")),
        ("农药，专家推荐", "agri_claim", ("广告法 21", "广告法 58")),
        ("水稻种子，保证增产", "agri_claim", ("广告法 27", "广告法 58")),
        ("红枣，降血糖", FOOD, ("食品安全法 73", "食品安全法 71", "广告法 17", "广告法 58")),
        ("保健食品，降血糖", FOOD, ("食品安全法 75", "食品安全法 73", "食品安全法 78", "广告法 18")),
        (
            "鱼油软胶囊，降血脂",
            FOOD,
            ("食品安全法 75", "食品安全法 73", "食品安全法 78", "广告法 18"),
        ),  # it may be either
        ("国家领导人也爱喝的茶", "authority_endorsement", ("广告法 9(2)", "广告法 57")),
    ],
)
def test_no_article_made_for_other_goods_is_cited(shipped, judge, text, category, laws) -> None:
    (refs,) = cited(judge(shipped, text), category)
    assert refs[: len(laws)] == laws
    assert len(refs) == len(laws) or text[:2] in {"保健", "鱼油"}


def test_all_articles_are_cited_where_no_goods_are_named(shipped, judge) -> None:
    (refs,) = cited(judge(shipped, "本品由专家推荐"), "authority_endorsement")
    assert {"广告法 16", "广告法 18", "广告法 21"} <= set(refs)


@pytest.mark.parametrize(
    ("text", "category", "law"),
    [("生发液，特效", COSMETIC, "化妆品监督管理条例 43"), ("杀虫剂，有效率99%", "agri_claim", "广告法 21")],
)
def test_words_of_drug_law_are_judged_by_the_law_for_the_goods(shipped, judge, text, category, law) -> None:
    verdict = judge(shipped, text)
    assert DRUG not in found(verdict) and cited(verdict, category)[0][0] == law
    assert (DRUG, REGIME) in {(item.category, item.code) for item in verdict.exemptions}


def test_what_is_taken_with_a_medicine_gives_it_no_other_law(shipped, judge) -> None:
    assert "食品安全法" not in laws_of(judge(shipped, "感冒灵颗粒，三天治愈感冒，忌与蜂蜜同服"))


def test_the_rate_on_the_label_of_seed_is_no_claim(shipped, judge) -> None:
    assert "agri_claim" not in found(judge(shipped, "水稻种子，发芽率85%，纯度99%"))
    assert "agri_claim" in found(judge(shipped, "水稻种子，发芽率高达九成八"))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("会员充100送20元，充值规则见店铺公告。", "gambling"),
        ("会员充1000送1000，仅限今天", "gambling"),
        ("牙齿矫正，卫生局推荐单位，可分期", "gambling"),
        ("除草剂，专家教授一致推荐，三天见效", "education_guarantee"),
        ("酸枣仁膏，治疗失眠，两罐装", "alcohol_tobacco"),
    ],
)
def test_goods_of_one_trade_are_not_judged_by_the_law_of_another(shipped, judge, text, category) -> None:
    assert category not in found(judge(shipped, text))


def test_offers_of_a_gambling_site_stay_found(shipped, judge) -> None:
    for text in ("平台充500送200，大额出款", "充两百送一百，提现快，来玩"):
        assert "gambling" in found(judge(shipped, text))


def test_a_note_about_illness_stands_with_illness_alone(shipped, judge) -> None:
    notes = {item.note for item in judge(shipped, "洗发水，掉发止不住，无效退款").evidence if item.category == MEDICAL}
    assert notes and "普通商品的效果句里出现病名" not in notes
