"""Qualifications and disclosures: number formats, statements, industries, dates; what is asked for and what is not."""

from __future__ import annotations

import gc
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest

from moderation.detect.formats import FORMATS, State, is_credit_code, numbers_in
from moderation.detect.terms import Gate
from moderation.errors import LawError, LoadErrors
from moderation.industry import FINDINGS, Industries
from moderation.load import load_engine, load_ruleset
from moderation.render import render
from moderation.types import SHANGHAI, Action, Author, Content, Effect, Part, Role, Scene

if TYPE_CHECKING:
    from moderation.engine import Engine

CASES = Path(__file__).parents[1] / "cases"
NUMBERS = tomllib.loads((CASES / "numbers.toml").read_text(encoding="utf-8"))
LACKS = tomllib.loads((CASES / "disclosures.toml").read_text(encoding="utf-8"))["case"]
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
INDUSTRIES = [
    *("drug_otc", "drug_rx", "device", "health_food", "fsmp", "infant", "food", "alcohol", "medical", "med_beauty"),
    *("cosmetic", "cosmetic_special", "disinfect", "pesticide", "vet_drug", "seed", "real_estate", "education"),
    *("finance", "franchise", "internet", "publishing", "ccc", "tobacco", "soft_article", "ai_host", "all"),
]
PREFIX = "missing_disclosure."


@pytest.fixture(scope="module")
def lacking(shipped):
    """The evidence of disclosure in a content: ``lacking("text", scene="ugc")``."""

    def found(*texts: str, at: str = "2026-11-22", scene: str = "ad", **more):
        return judged(shipped, *texts, at=at, scene=scene, **more)[1]

    return found


def judged(engine: Engine, *texts: str, at: str = "2026-11-22", scene: str = "ad", **more):
    parts = tuple(Part(f"part{number}", text) for number, text in enumerate(texts))
    day = datetime.fromisoformat(at).replace(hour=12, tzinfo=SHANGHAI)
    verdict = engine.examine(Content(scene=Scene(scene), parts=parts, at=day, **more)).conclude()
    return verdict, [item for item in verdict.evidence if item.source == "disclosure"]


# --- number formats ---


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_fits_its_good_numbers_and_no_bad_one(name, shipped) -> None:
    visible = shipped.ruleset.folding.visible
    cases = NUMBERS[name]
    for text in (*cases["good"], *cases.get("expired", ())):
        (found,) = numbers_in(visible(text), frozenset({name}), DAY)
        assert found.state is (State.EXPIRED if text in cases.get("expired", ()) else State.VALID), text
    for text in cases["bad"]:
        states = {found.state for found in numbers_in(visible(text), frozenset({name}), DAY)}
        assert states <= {State.MALFORMED}, text
    for text, kind in cases.get("kinds", {}).items():
        (found,) = numbers_in(visible(text), frozenset({name}), DAY)
        assert found.kind == kind


def test_every_format_has_good_and_bad_numbers() -> None:
    assert NUMBERS.keys() == FORMATS.keys()
    assert all(len(cases["good"]) >= 1 and len(cases["bad"]) >= 2 for cases in NUMBERS.values())


def test_every_format_finds_its_gate_in_every_good_number(shipped) -> None:
    plain = shipped.ruleset.folding.plain
    for name, form in FORMATS.items():
        for text in NUMBERS[name]["good"]:
            assert not form.gates or any(gate in plain(f"统一社会信用代码{text}") for gate in form.gates), text


def test_numbers_that_fit_and_do_not_are_told_apart_in_one_text() -> None:
    text = "国药准字h2001306，国药准字h20013062，国药准字x1，国药准字z44020123，国药准字9"
    found = list(numbers_in(text, frozenset({"drug_approval"}), DAY))
    assert [text[item.start : item.end] for item in found if item.state is State.VALID] == [
        "国药准字h20013062",
        "国药准字z44020123",
    ]
    assert [item.start for item in found if item.state is State.MALFORMED] == [0, 27, 48]


@pytest.mark.parametrize("mask", ["X", "×", "*", "○"])
def test_a_number_with_characters_left_out_is_not_malformed(mask, shipped) -> None:
    """A draft or a sample leaves digits out; a number that is whole and too short is still wrong."""
    written = ("国食健注G2020____", "_食健广审(文)第26____-0____号", "（沪）医广（2026）第04-18-__号")
    text = "，".join(written).replace("_", mask)
    found = list(numbers_in(shipped.ruleset.folding.visible(text), frozenset(FORMATS), DAY))
    assert {(item.format, item.state) for item in found} == {
        (name, State.VALID) for name in ("hf_reg", "hf_ad", "med_ad")
    }
    short = shipped.ruleset.folding.visible("国食健注G2020 XXL码")
    assert [item.state for item in numbers_in(short, frozenset({"hf_reg"}), DAY)] == [State.MALFORMED]


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("91310000MA1FL0XY1D", True),
        ("91310000ma1fl0xy1d", True),
        ("91110108MA01ABCD2H", True),
        ("91310000MA1FL0XY12", False),
        ("91310000MAIFL0XY1D", False),
        ("91310000MA1FL0XY1", False),
    ],
)
def test_a_credit_code_has_a_check_character(code, valid) -> None:
    assert is_credit_code(code) is valid


def test_one_wrong_character_of_a_credit_code_is_always_noticed() -> None:
    code = "91310000MA1FL0XY1D"
    for place, char in enumerate(code):
        for other in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {char}:
            assert not is_credit_code(code[:place] + other + code[place + 1 :])


# --- what a content lacks ---


@pytest.mark.parametrize("case", LACKS, ids=lambda case: case["name"])
def test_what_an_advertisement_lacks(case, lacking) -> None:
    texts = [text for _, text in case["parts"]] if "parts" in case else [case["text"]]
    more = {key: case[key] for key in ("industry", "product", "commercial", "at", "scene") if key in case}
    found = lacking(
        *texts,
        has_cart_link=case.get("cart", False),
        author=Author(role=Role(case.get("role", "user"))),
        qualifications=tuple(case.get("qualifications", ())),
        **more,
    )
    assert sorted(item.rule.removeprefix(PREFIX) for item in found) == sorted(case["lacks"])
    if "quote" in case:
        first = next(item for item in found if item.rule == PREFIX + case["lacks"][0])
        assert texts[int(first.span.part[4:])][first.span.start : first.span.end] == case["quote"]


def test_the_table_has_the_industries_of_the_matrix(shipped) -> None:
    table = shipped.ruleset.industries
    assert list(table.industries) and set(table.industries) == set(INDUSTRIES) and len(INDUSTRIES) == 27
    assert set(table.numbers) == set(FORMATS)


def test_every_industry_has_a_case() -> None:
    shown = {lack.split(".")[0] for case in LACKS for lack in case["lacks"]}
    assert shown | {case.get("industry") for case in LACKS} >= set(INDUSTRIES)


def test_every_duty_can_be_told_in_both_languages(shipped) -> None:
    table = shipped.ruleset.industries
    for item in table.industries.values():
        for duty in (*item.needs, *item.bans):
            assert table.tell(f"{item.code}.{duty.code}") == duty.zh != table.tell(f"{item.code}.{duty.code}", "en")
    for number in table.numbers.values():
        for finding in FINDINGS:
            assert number.zh in table.tell(f"{finding}.{number.code}")
            assert number.en in table.tell(f"{finding}.{number.code}", "en")
    assert table.tell("of an older table") == ""


def test_every_sample_is_what_it_is_a_sample_of(shipped) -> None:
    for number in shipped.ruleset.industries.numbers.values():
        states = {
            found.state
            for found in numbers_in(shipped.ruleset.folding.visible(number.sample), frozenset({number.code}), DAY)
        }
        assert states <= {State.VALID, State.EXPIRED} and states


def test_evidence_tells_its_note_and_cites_what_is_in_force(shipped, lacking) -> None:
    for case in LACKS:
        if "text" in case and case.get("at") is None:
            for item in lacking(case["text"], industry=case.get("industry"), scene=case.get("scene", "ad")):
                assert shipped.ruleset.industries.tell(item.note)
                assert item.laws
                assert all(shipped.ruleset.laws[ref].in_force(DAY) for ref in item.laws)


def test_a_verdict_says_what_is_missing_in_both_languages(shipped) -> None:
    content = Content(scene=Scene.AD, parts=(Part("text", "这款保健食品是蓝帽子产品，现在下单"),), at=NOON)
    verdict = shipped.examine(content).conclude()
    for lang, why in (("zh", "缺适宜人群和不适宜人群"), ("en", "suitable")):
        shown = render(verdict, content, shipped.ruleset, lang)
        (lack,) = [item for item in shown["evidence"] if item["note"] == "health_food.who_for"]
        assert why in lack["why"]
        assert not lack["why"].endswith((".", "。"))


def test_a_declared_industry_weighs_more_than_one_that_the_text_shows(lacking) -> None:
    text = "米线店诚邀加盟，总部扶持开业"
    assert [item.weight for item in lacking(text)] == [60]
    assert [item.weight for item in lacking(text, industry="franchise")] == [100]


def test_a_declared_industry_wins_and_an_unknown_one_says_nothing(lacking) -> None:
    text = "米线店诚邀加盟，总部扶持开业"
    assert lacking(text, industry="food") == []
    assert [item.rule for item in lacking(text, industry="catering")] == [PREFIX + "franchise.risk"]


def test_a_prescription_drug_is_blocked_in_every_advertising_scene(shipped) -> None:
    for scene in Scene:
        verdict, (item,) = judged(shipped, "氨氯地平片到货", scene=scene, industry="drug_rx", commercial=True)
        assert (item.category, item.severity) == ("drug_device_ad", 4)
        assert verdict.action is Action.BLOCK


def test_what_only_the_text_shows_is_reviewed(shipped) -> None:
    _, (item,) = judged(shipped, "处方药现货，拍下就发")
    assert (item.severity, item.weight) == (4, 60)


@pytest.mark.parametrize(
    ("at", "severity", "weighed", "laws"),
    [
        ("2027-03-15", 1, (Action.PASS, (Effect.WARN,)), ()),
        ("2027-03-16", 2, (Action.REVIEW, ()), ("GB 7718-2025", "GB 28050-2025")),
    ],
)
def test_a_duty_that_is_announced_warns_until_it_binds(shipped, at, severity, weighed, laws) -> None:
    _, (item,) = judged(shipped, "不添加防腐剂的蛋糕", at=at)
    assert (item.severity, item.laws) == (severity, laws)
    alone = shipped.examine(Content(scene=Scene.AD, parts=(), at=NOON)).conclude(item)
    assert (alone.action, alone.effects) == weighed


def test_an_announced_duty_binds_nobody_whatever_fact_stands_before_it(shipped) -> None:
    _, (item,) = judged(shipped, "不添加防腐剂的蛋糕", at="2027-03-15")
    policy, category = shipped.ruleset.policies[Scene.AD], shipped.ruleset.categories[item.category]
    grave = item._replace(weight=100, severity=4, facts=(("off_script", 5), *item.facts))
    assert policy.action_for(grave, category) is Action.PASS
    assert policy.action_for(grave._replace(facts=grave.facts[:1]), category) is not Action.PASS


def test_no_scene_without_advertising_is_asked_for_anything(lacking) -> None:
    for scene in (Scene.UGC, Scene.LIVE_CHAT):
        assert lacking("伞柄用的是专利卡扣，零添加酱油", scene=scene, industry="drug_rx") == []


def test_a_content_without_parts_lacks_nothing(lacking) -> None:
    assert lacking(industry="drug_otc") == []


def test_an_empty_text_of_a_declared_industry_lacks_what_it_must_say(lacking) -> None:
    assert {(item.span.start, item.span.end) for item in lacking("", industry="device")} == {(0, 0)}


def test_of_one_kind_so_many_numbers_are_listed_and_no_more(lacking) -> None:
    text = "，".join(f"国药准字H{number}" for number in range(100, 120))
    found = lacking(text, industry="drug_otc", scene="title")
    assert [item.rule for item in found] == [PREFIX + "drug_otc.drug_approval_malformed"] * 8


def test_a_number_of_another_industry_is_told_under_its_own(lacking) -> None:
    (item,) = lacking("免洗凝胶，国药准字H2001", industry="food")
    assert item.rule == PREFIX + "drug_otc.drug_approval_malformed"


def test_a_number_that_two_industries_know_belongs_to_the_declared_one(lacking) -> None:
    (item,) = lacking("酒精52度，SC1053702110046", industry="alcohol")
    assert item.rule == PREFIX + "alcohol.sc_malformed"


def test_a_number_in_the_wrong_words_of_its_goods_and_in_the_right_ones(lacking) -> None:
    both = "一类医疗器械和二类医疗器械，苏械注准20212070456"
    assert lacking(both, scene="title") == []


def test_the_court_without_the_category_asks_for_nothing(court, judge) -> None:
    verdict = judge(court(), "伞柄用的是专利卡扣", industry="drug_otc")
    assert verdict.evidence == ()


MONSTERS = [
    "国药准字H2001306，",
    "（京）医广【2016】第07-01-0355号",
    "预售杭售许字(2025)第",
    "iii类iii类专利代理专利专利",
    "保健食品不是药物，不能代替药物治疗疾病",
    "ZL20193065432SC105370211信用代码9131000",
    "零添加酱油精美礼品送购物车测评",
    "械注准2械备2药广审(文)第2妆网备字(",
]


def cost(examine, text: str) -> float:
    """The least processor time of several tries: what the work itself takes."""
    best = 1e9
    gc.disable()
    for _ in range(5):
        begin = process_time()
        examine(text)
        best = min(best, process_time() - begin)
    gc.enable()
    return best


def growth(examine, unit: str) -> float:
    """What twice the text costs; measured anew where the machine was disturbed."""
    texts = [(unit * (length // len(unit) + 1))[:length] for length in (10_000, 20_000)]
    factors = []
    for _ in range(4):
        small, large = (cost(examine, text) for text in texts)
        factors.append(large / max(small, 2e-4))
        if factors[-1] <= 2.3:
            break
    return min(factors)


@pytest.mark.slow
@pytest.mark.parametrize("unit", MONSTERS)
def test_twice_the_text_costs_twice_the_time(shipped, unit) -> None:
    def examine(text: str) -> None:
        content = Content(scene=Scene.AD, parts=(Part("text", text),), at=NOON, industry="drug_otc")
        shipped._disclosure.detect(content, [shipped.reader.read("text", text)], Gate(Scene.AD, advertising=True), DAY)

    assert growth(examine, unit) <= 2.3


@pytest.mark.slow
def test_quadratic_work_would_be_noticed() -> None:
    assert growth(lambda text: [text.count("药", place) for place in range(0, len(text), 2)], MONSTERS[0]) > 2.3


@pytest.mark.parametrize("unit", MONSTERS)
def test_a_long_text_gives_bounded_evidence_with_spans_inside_it(lacking, unit) -> None:
    text = unit * (20_000 // len(unit))
    found = lacking(text, industry="drug_otc")
    assert len(found) <= 64
    assert all(0 <= item.span.start < item.span.end <= len(text) for item in found)


# --- the table ---

TABLE = """\
decoys = ["非处方药"]

[[finding]]
code = "malformed"
zh = "{name}不对，如{sample}"
en = "{name} is wrong, see {sample}"

[[finding]]
code = "expired"
zh = "{name}过期"
en = "{name} has run out"

[[finding]]
code = "kind"
zh = "{name}类别不符"
en = "{name} is of another kind"

[[number]]
code = "patent"
zh = "专利号"
en = "patent number"
sample = "ZL201930654321.0"

[[industry]]
code = "tea"
zh = "茶叶"
en = "Tea"
laws = ["广告法 9(3)"]
severity = 2
numbers = ["patent"]
[[industry.sign]]
any = ["茶叶"]
[[industry.need]]
code = "notice"
zh = "缺提示"
en = "no notice"
words = ["请趁热饮用"]
[[industry.ban]]
code = "cure"
zh = "不得"
en = "not so"
category = "absolute_claim"
"""
AT_TEA, AT_PATENT, AT_KIND = 25, 19, 14
BROKEN = [
    ('any = ["茶叶"]', 'beside = ["茶叶"]', AT_TEA, "needs a word in any"),
    ('any = ["茶叶"]', 'any = ["茶叶"]\nnear = ["x"]', AT_TEA, "unknown key 'near'"),
    ('any = ["茶叶"]', 'any = ["@teas"]', AT_TEA, "@teas is no list under words/"),
    ('any = ["茶叶"]', 'any = ["！"]', AT_TEA, "'！' folds to nothing"),
    ('words = ["请趁热饮用"]', "", AT_TEA, "tea.notice needs words or numbers"),
    ('words = ["请趁热饮用"]', 'numbers = ["gb"]', AT_TEA, "names the number 'gb'"),
    ('words = ["请趁热饮用"]', 'words = ["茶"]\nscenes = ["radio"]', AT_TEA, "unknown scene 'radio'"),
    ('words = ["请趁热饮用"]', 'words = ["茶"]\nseverity = 9', AT_TEA, "severity is 9"),
    (
        'words = ["请趁热饮用"]',
        'words = ["茶"]\neffective_from = 2027-01-02\neffective_until = 2027-01-01',
        AT_TEA,
        "ends before it begins",
    ),
    ('category = "absolute_claim"', 'category = "tea_claim"', AT_TEA, "unknown category 'tea_claim'"),
    ('code = "cure"', 'code = "notice"', AT_TEA, "tea.notice stands twice"),
    ('laws = ["广告法 9(3)"]', 'laws = ["广告法 1000"]', AT_TEA, "cites '广告法 1000'"),
    ("severity = 2", 'severity = 2\ncolour = "green"', AT_TEA, "unknown key 'colour'"),
    ("severity = 2", 'severity = "2"', AT_TEA, "severity is '2'"),
    ('sample = "ZL201930654321.0"', 'sample = "ZL2019"', AT_PATENT, "the sample 'ZL2019' does not fit"),
    ('code = "patent"', 'code = "passport"', AT_PATENT, "passport is no format"),
    ('code = "kind"', 'code = "colour"', AT_KIND, "finding colour is not one of"),
    ('code = "kind"', 'code = "expired"', 1, "[[finding]] kind is missing"),
    ('decoys = ["非处方药"]', 'decoys = ["非处方药"]\ncolour = 1', 1, "unknown key 'colour'"),
    (
        "[[industry]]\n",
        '[[industry]]\ncode = "tea"\nzh = ""\nen = ""\nseverity = 1\n[[industry]]\n',
        AT_TEA,
        "tea stands twice",
    ),
]


@pytest.fixture
def small_court(tmp_path, write_rules):
    """An engine under the table above with one change."""

    def open_court(change: tuple[str, str]) -> Engine:
        categories = (CASES / "minimal" / "categories.toml").read_text(encoding="utf-8")
        files = {
            "industries.toml": TABLE.replace(*change),
            "categories.toml": categories.replace("false_urgency", "missing_disclosure"),
        }
        folder = write_rules(tmp_path / "lexicons", files)
        return load_engine(folder, folder / "scenes")

    return open_court


@pytest.mark.parametrize("case", BROKEN, ids=[case[3] for case in BROKEN])
def test_a_broken_table_is_refused_with_line_and_reason(tmp_path, write_rules, case) -> None:
    old, new, line, reason = case
    assert TABLE.count(old) >= 1
    folder = write_rules(tmp_path / "lexicons", {"industries.toml": TABLE.replace(old, new, 1)})
    with pytest.raises(LoadErrors) as caught:
        load_ruleset(folder, folder / "scenes")
    (error,) = caught.value.errors
    assert isinstance(error, LawError)
    assert (error.file, error.line) == ("industries.toml", line), str(error)
    assert reason in error.reason


def test_the_table_that_the_broken_ones_come_from_is_valid(tmp_path, write_rules) -> None:
    folder = write_rules(tmp_path / "lexicons", {"industries.toml": TABLE})
    table = load_ruleset(folder, folder / "scenes").industries
    assert table.tell("malformed.patent") == "专利号不对，如ZL201930654321.0"
    assert table.tell("tea.notice", "en") == "no notice"
    assert Industries().tell("tea.notice") == ""


def test_a_ban_under_a_category_that_is_not_looked_for_says_nothing(small_court) -> None:
    engine = small_court(('category = "absolute_claim"', 'category = "rumor_misinfo"'))
    assert [item.rule for item in judged(engine, "茶叶")[1]] == [PREFIX + "tea.notice"]
    assert judged(engine, "茶叶，请趁热饮用")[1] == judged(engine, "面霜")[1] == []


def test_dates_of_a_duty_move_the_verdict_without_code(small_court) -> None:
    words = 'words = ["请趁热饮用"]'
    engine = small_court((words, f"{words}\neffective_from = 2027-01-01\neffective_until = 2027-06-30"))
    for at, asked in (("2026-12-31", 0), ("2027-01-01", 1), ("2027-06-30", 1), ("2027-07-01", 0)):
        found = judged(engine, "茶叶", at=at)[1]
        assert [item.rule for item in found] == [PREFIX + "tea.cure", PREFIX + "tea.notice"][: 1 + asked]


def test_copy_that_calls_itself_the_name_of_the_goods_owes_what_copy_owes(shipped, judge) -> None:
    text = "本品为保健食品，增强免疫力，睡前一粒，送长辈的好礼"
    plain = judge(shipped, text, scene="ad", industry="health_food")
    named = judge(shipped, text, scene="ad", industry="health_food", product=text)
    assert {item.rule for item in named.evidence} == {item.rule for item in plain.evidence}


def test_the_code_of_a_law_firm_is_one(shipped, judge) -> None:
    verdict = judge(shipped, "律所统一社会信用代码：31110000E000169525，欢迎咨询", scene="ad")
    assert not any("uscc" in item.rule for item in verdict.evidence)
