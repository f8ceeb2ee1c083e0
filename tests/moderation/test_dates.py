"""Regulation as data: three changes of the law, and copies of the rules in which only a date differs."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moderation.load import LEXICONS, load_engine
from moderation.types import SHANGHAI
from service.review.verdict import Reason, blocked

if TYPE_CHECKING:
    from moderation.engine import Engine

FACT = "祖传秘方，百年老店"
"""False facts: 反不正当竞争法 8 until 2025-10-14, 9 since; 直播电商监督管理办法 34(1) since 2026-02-01."""
RIVAL = "吊打某牌，唯我正宗"
"""A rival is run down: 反不正当竞争法 11 until 2025-10-14, 12 since; 直播电商监督管理办法 36 since 2026-02-01."""
NICHE = "据某报告统计，2025年本镇茶叶全省最佳"
"""A ranking in too narrow a field: what the guide of 2026-06-12 no longer forgives."""


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=SHANGHAI)


@pytest.fixture
def verdict_on(judge):
    """A verdict under the law of a day: ``verdict_on(engine, "text", "2026-02-01")``."""

    def verdict(engine: Engine, text: str, day: str, **more):
        return judge(engine, text, at=noon(day), **more)

    return verdict


@pytest.fixture
def cited(verdict_on):
    """The articles that a verdict cites for a category."""

    def refs(engine: Engine, text: str, day: str, category: str, **more) -> set[str]:
        found = [item for item in verdict_on(engine, text, day, **more).evidence if item.category == category]
        assert found, f"{text} is no {category} on {day}"
        return {ref for item in found for ref in item.laws}

    return refs


TRADE_AND_SAFETY = ("trade", "safety")
LEFT_OUT = ("__pycache__", *TRADE_AND_SAFETY, "examples", "rewrites.toml", "[!tl]*.tsv")
"""What no test of dates reads: it would only be loaded again and again."""


def leave_out_guards(folder: Path) -> None:
    """Takes the rules away that are about categories left out: they would be about terms that there are not."""
    path = folder / "claims.toml"
    head, *rules = path.read_text(encoding="utf-8").split("[[rule]]\n")
    gone = [f'"{file.stem}"' for name in TRADE_AND_SAFETY for file in (LEXICONS / name).glob("*.txt")]
    kept = [rule for rule in rules if not any(category in rule for category in gone)]
    path.write_text("[[rule]]\n".join((head, *kept)), encoding="utf-8")


HEAD, KIND = "@verified false\n", 'code = "ng_negation"\n'
STATE = "ad_law/state_symbol.txt"
FIRST = (
    ("laws.toml", "effective_from = 2026-02-01", "effective_from = 2026-05-01"),
    ("laws.toml", "effective_from = 2026-06-12", "effective_from = 2026-12-01"),
    (STATE, HEAD, f"{HEAD}\n青龙偃月熨斗 | from: 2027-01-01\n"),
    ("claims.toml", KIND, f"{KIND}from = 2026-01-01\n"),
)
THEN = (
    (STATE, "from: 2027-01-01", "from: 2026-12-31"),
    ("claims.toml", "from = 2026-01-01", "from = 2026-01-02"),
    ("options.toml", 'value = "conditional"', 'value = "strict"'),
)
"""What is replaced in each file, each read by one test alone."""


@pytest.fixture(scope="module")
def altered(tmp_path_factory) -> tuple[Engine, Engine]:
    """Engines over the shipped advertising rules: with what ``FIRST`` replaces, and with what ``THEN`` does too."""
    folder = tmp_path_factory.mktemp("dates") / "lexicons"
    shutil.copytree(LEXICONS, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    leave_out_guards(folder)

    def engine(changes) -> Engine:
        for file, old, new in changes:
            path = Path(folder / file)
            text = path.read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r}"
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_engine(folder)

    return engine(FIRST), engine(THEN)


@pytest.mark.parametrize(
    ("text", "category", "numbers"),
    [(FACT, "false_fact_claim", ("8", "9")), (RIVAL, "competitor_disparagement", ("11", "12"))],
)
def test_the_unfair_competition_law_is_cited_by_the_numbers_of_the_day(text, category, numbers, shipped, cited) -> None:
    old, new = (f"反不正当竞争法 {number}" for number in numbers)
    assert {old, new} & cited(shipped, text, "2025-10-14", category) == {old}
    assert {old, new} & cited(shipped, text, "2025-10-15", category) == {new}


@pytest.mark.parametrize(
    ("text", "category", "ref"),
    [(FACT, "false_fact_claim", "34(1)"), (RIVAL, "competitor_disparagement", "36")],
)
def test_order_117_is_cited_from_its_first_day(text, category, ref, shipped, cited) -> None:
    ref = f"直播电商监督管理办法 {ref}"
    assert ref not in cited(shipped, text, "2026-01-31", category, scene="live_speech")
    assert ref in cited(shipped, text, "2026-02-01", category, scene="live_speech")


def test_zero_additive_wording_is_judged_from_the_day_of_gb_7718(shipped, verdict_on) -> None:
    text = "酱油，零添加防腐剂，配料干净，预包装食品"

    def cites(day: str) -> bool:
        found = verdict_on(shipped, text, day, industry="food").evidence
        return any(ref.startswith("GB 7718") for item in found for ref in item.laws)

    assert not cites("2027-03-15")
    assert cites("2027-03-16")
    before, after = (verdict_on(shipped, text, day, industry="food") for day in ("2027-03-15", "2027-03-16"))
    assert after.action >= before.action


def test_a_date_of_an_article_changes_what_is_cited(altered, cited) -> None:
    ref = "直播电商监督管理办法 34(1)"
    assert ref not in cited(altered[0], FACT, "2026-04-30", "false_fact_claim")
    assert ref in cited(altered[0], FACT, "2026-05-01", "false_fact_claim")


def test_the_date_of_a_guide_changes_the_verdict(shipped, altered, verdict_on) -> None:
    def deciding(engine: Engine, day: str) -> set[str]:
        return {item.note for item in verdict_on(engine, NICHE, day).evidence}

    assert "niche_ranking" not in deciding(shipped, "2026-06-11")
    assert "niche_ranking" in deciding(shipped, "2026-06-12")
    assert "niche_ranking" not in deciding(altered[0], "2026-11-30")
    assert "niche_ranking" in deciding(altered[0], "2026-12-01")


def test_a_date_of_a_term_changes_the_verdict(altered, verdict_on) -> None:
    later, earlier = altered
    assert not verdict_on(later, "青龙偃月熨斗", "2026-12-31").severity
    assert verdict_on(later, "青龙偃月熨斗", "2027-01-01").severity
    assert verdict_on(earlier, "青龙偃月熨斗", "2026-12-31").severity


def test_a_date_of_a_claim_rule_changes_the_verdict(altered, verdict_on) -> None:
    text = "这款茶不敢说是最好的"
    earlier, later = altered
    assert not verdict_on(earlier, text, "2026-01-01").severity
    assert verdict_on(later, text, "2026-01-01").severity


RANKING = "2024年全国方便面制造行业销售额稳居第一，数据来源：某咨询，统计期2024年1月至12月"


def test_the_choice_of_a_strict_reading_makes_cited_rankings_violations(altered, verdict_on) -> None:
    mild, strict = (verdict_on(engine, RANKING, "2026-12-22") for engine in altered)
    (item,) = mild.evidence
    assert (item.note, mild.action.code, mild.proof) == ("ex_time_fact", "review", ("ex_time_fact",))
    (item,) = strict.evidence
    assert (item.note, strict.action.code) == ("cited_ranking", "block")
    assert "ex_time_fact:cited_ranking" in item.tried


@pytest.mark.parametrize(
    ("text", "category", "first"),
    [
        ("喝了这款酒解乏助眠", "alcohol_tobacco", "广告法 23"),
        ("电子烟果味烟弹，买二送一", "alcohol_tobacco", "广告法 22"),
        ("XX医院主任医师亲诊，治愈率98%", "drug_device_ad", "广告法 16"),
        ("司美格鲁肽减肥针现货，包邮", "drug_device_ad", "广告法 15"),
        ("我们的奶粉可以代替母乳", "health_food_claim", "广告法 20"),
        ("我家的枸杞原浆能抗癌防癌", "health_food_claim", "食品安全法 73"),
        ("这款面膜促进细胞再生", "cosmetic_drug_claim", "化妆品监督管理条例 43"),
        ("航天员同款保温杯", "authority_endorsement", "广告法 28"),
        ("人民大会堂指定用茶", "authority_endorsement", "广告法 9(2)"),
        ("购房即可落户，孩子入读重点小学", "realestate_promise", "房地产广告发布规定 18"),
        ("活动最终解释权归本店所有", "price_deception", "网络交易监督管理办法 21"),
        ("玉米种子包高产", "agri_claim", "广告法 27"),
    ],
)
def test_the_article_of_the_claim_itself_comes_first(text, category, first, shipped, verdict_on) -> None:
    found = [item for item in verdict_on(shipped, text, "2026-11-22").evidence if item.category == category]
    assert found[0].laws[0] == first


def test_what_is_no_advertising_is_not_measured_by_advertising_law(shipped, cited) -> None:
    text, category = "澳门新葡京线上开户", "gambling"
    assert "广告法 9(8)" in cited(shipped, text, "2026-11-22", category)
    assert "广告法 9(8)" not in cited(shipped, text, "2026-11-22", category, scene="ugc")
    assert "网络信息内容生态治理规定 6(9)" in cited(shipped, text, "2026-11-22", category, scene="ugc")


def test_what_a_person_finds_in_it_is_not_measured_by_it_either(shipped, content) -> None:
    asked = content("今晚开房间，老规矩", scene="ugc", at=noon("2026-11-22"))
    verdict = blocked(shipped.examine(asked).conclude(), [Reason("gambling")], asked, shipped.ruleset)
    assert verdict.evidence[0].laws == ("网络信息内容生态治理规定 6(9)", "网络主播行为规范 14(11)")


def test_no_law_is_cited_before_it_was_made(shipped, cited) -> None:
    assert cited(shipped, "全网最好的锅", "2010-06-01", "absolute_claim") == set()
    assert "广告法 9(3)" in cited(shipped, "全网最好的锅", "2015-09-01", "absolute_claim")
    unknown = {ref for ref, law in shipped.ruleset.laws.items() if law.effective_from is None}
    assert unknown == {"平台规则"}


def test_three_thousand_days_leave_no_more_behind_than_the_law_has_periods(shipped) -> None:
    rules, table = shipped.ruleset, shipped.shared.terms.claims
    refs = tuple(rules.laws)
    days = [date(2013, 6, 1) + timedelta(days=2 * number) for number in range(3000)]
    cited, closed = [rules.citations(refs, day) for day in days], [table.closed(day) for day in days]
    assert cited == [tuple(ref for ref in refs if rules.laws[ref].in_force(day)) for day in days]
    assert closed == [{n for n, row in enumerate(table.rules) if not rules.applies(row, day)} for day in days]
    assert max(len({id(one) for one in kept}) for kept in (cited, closed)) < 50


def test_a_period_ends_with_the_last_day_of_an_article(shipped) -> None:
    rules = shipped.ruleset
    ends = {law.effective_until for law in rules.laws.values() if law.effective_until}
    begins = {law.effective_from for law in rules.laws.values() if law.effective_from}
    day = timedelta(days=1)
    assert ends and all(rules.period(end) < rules.period(end + day) for end in ends)
    assert begins and all(rules.period(begin - day) < rules.period(begin) for begin in begins)
