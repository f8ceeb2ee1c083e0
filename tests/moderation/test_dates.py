"""Regulation as data: three changes of the law, and copies of the rules in which only a date differs."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moderation.load import LEXICONS, load_engine
from moderation.types import SHANGHAI

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


LEFT_OUT = ("__pycache__", "trade", "safety", "examples", "rewrites.toml", "[!tl]*.tsv")
"""What no test of dates reads: it would only be loaded again and again."""


@pytest.fixture
def changed(tmp_path):
    """An engine over the shipped advertising rules with one text replaced: ``changed("laws.toml", "old", "new")``."""

    def engine(file: str, old: str, new: str) -> Engine:
        folder = tmp_path / "lexicons"
        if not folder.exists():
            shutil.copytree(LEXICONS, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        path = Path(folder / file)
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_engine(folder)

    return engine


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


def test_a_date_of_an_article_changes_what_is_cited(changed, cited) -> None:
    later = changed("laws.toml", "effective_from = 2026-02-01", "effective_from = 2026-05-01")
    ref = "直播电商监督管理办法 34(1)"
    assert ref not in cited(later, FACT, "2026-04-30", "false_fact_claim")
    assert ref in cited(later, FACT, "2026-05-01", "false_fact_claim")


def test_the_date_of_a_guide_changes_the_verdict(shipped, changed, verdict_on) -> None:
    def deciding(engine: Engine, day: str) -> set[str]:
        return {item.note for item in verdict_on(engine, NICHE, day).evidence}

    assert "niche_ranking" not in deciding(shipped, "2026-06-11")
    assert "niche_ranking" in deciding(shipped, "2026-06-12")
    later = changed("laws.toml", "effective_from = 2026-06-12", "effective_from = 2026-12-01")
    assert "niche_ranking" not in deciding(later, "2026-11-30")
    assert "niche_ranking" in deciding(later, "2026-12-01")


def test_a_date_of_a_term_changes_the_verdict(changed, verdict_on) -> None:
    file, line = "ad_law/state_symbol.txt", "\n青龙偃月熨斗 | from: {}\n"
    header = "@verified false\n"
    engine = changed(file, header, header + line.format("2027-01-01"))
    assert not verdict_on(engine, "青龙偃月熨斗", "2026-12-31").severity
    assert verdict_on(engine, "青龙偃月熨斗", "2027-01-01").severity
    earlier = changed(file, "from: 2027-01-01", "from: 2026-12-31")
    assert verdict_on(earlier, "青龙偃月熨斗", "2026-12-31").severity


def test_a_date_of_a_claim_rule_changes_the_verdict(changed, verdict_on) -> None:
    text = "这款茶不敢说是最好的"
    kind = 'code = "ng_negation"\n'
    assert not verdict_on(changed("claims.toml", kind, kind + "from = 2026-01-01\n"), text, "2026-01-01").severity
    assert verdict_on(changed("claims.toml", "from = 2026-01-01", "from = 2026-01-02"), text, "2026-01-01").severity


STRICT = """
[[rule]]
code = "cited_ranking"
kind = "violation"
option = "niche_ranking=strict"
zh = "引证的排名（严格口径：不论范围）"
en = "a cited ranking (strict reading: whatever its field)"
laws = ["广告引证内容执法指南"]
[[rule.when]]
hit = ["first", "zui", "lead", "only"]
sentence = ["数据来源", "来源", "据", "统计", "报告", "调查", "<period>"]
"""
RANKING = "2024年全国方便面制造行业销售额稳居第一，数据来源：某咨询，统计期2024年1月至12月"


def test_the_choice_of_a_strict_reading_makes_cited_rankings_violations(changed, verdict_on) -> None:
    tail = (LEXICONS / "claims.toml").read_text(encoding="utf-8")
    rows = "" if "niche_ranking=strict" in tail else STRICT
    first = tail.index("[[rule]]")
    mild = changed("claims.toml", tail[first : first + 8], rows + "[[rule]]")
    strict = changed("options.toml", 'value = "conditional"', 'value = "strict"')
    (item,) = verdict_on(mild, RANKING, "2026-11-22").evidence
    assert (item.note, verdict_on(mild, RANKING, "2026-11-22").action.code) == ("ex_time_fact", "review")
    assert verdict_on(mild, RANKING, "2026-11-22").proof == ("ex_time_fact",)
    (item,) = verdict_on(strict, RANKING, "2026-11-22").evidence
    assert (item.note, verdict_on(strict, RANKING, "2026-11-22").action.code) == ("cited_ranking", "block")
    assert "ex_time_fact:cited_ranking" in item.tried
