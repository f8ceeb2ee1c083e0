"""Verdicts as data: the shape that others script against, quotes from the content, reasons in two languages."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from moderation.render import render
from moderation.types import Missing

KEYS = {
    "action", "severity", "categories", "effects", "evidence", "exemptions", "proof", "degraded",
    "missing", "matches_truncated", "ruleset",
}  # fmt: skip


@pytest.fixture(scope="module")
def rendered(court, content):
    def shown(*texts: str, lang: str = "zh", answers=(), **more):
        engine = court("国家级", allow="国家级湿地", contact_diversion="加我", negative_sentiment="太差了")
        asked = content(*texts, **more)
        return render(engine.examine(asked).conclude(*answers), asked, engine.ruleset, lang)

    return shown


def test_a_verdict_has_its_keys_and_is_plain_data(rendered) -> None:
    shown = rendered("國★家級，国家级湿地", answers=[Missing("classifier", "deadline")])
    assert shown.keys() >= KEYS
    assert json.loads(json.dumps(shown, ensure_ascii=False)) == shown


def test_evidence_quotes_the_content_and_tells_why_in_chinese(rendered) -> None:
    (item,) = rendered("这是國+家級")["evidence"]
    assert item.pop("rule").startswith("absolute_claim.")
    assert (item.pop("note"), item.pop("tried"), item.pop("proof")) == ("", [], [])
    assert item.pop("why") == "广告法 9(3)：不得使用绝对化用语"
    assert item == {
        "source": "lexicon",
        "facts": {},
        "category": "absolute_claim",
        "part": "text",
        "start": 2,
        "end": 6,
        "text": "國+家級",
        "folds": ["traditional", "symbol"],
        "laws": ["广告法 9(3)"],
        "severity": 3,
        "weight": 100,
        "reason": "“國+家級”（已还原：繁体或异体、符号）属于绝对化用语，依据广告法 9(3)",
    }


def test_evidence_tells_why_in_english(rendered) -> None:
    (item,) = rendered("这是國+家級", lang="en")["evidence"]
    assert item["reason"] == "“國+家級”: Absolute claim, seen through traditional form, symbol; Advertising Law 9(3)"


@pytest.mark.parametrize(("lang", "reason"), [("zh", "“太差了”属于负面情绪"), ("en", "“太差了”: Negative sentiment")])
def test_a_reason_without_folds_and_laws_names_neither(lang, reason, rendered) -> None:
    (item,) = rendered("太差了", lang=lang, scene="ugc")["evidence"]
    assert item["reason"] == reason


@pytest.mark.parametrize(("lang", "reason"), [("zh", "属于允许词的一部分"), ("en", "part of an allowed expression")])
def test_an_exemption_quotes_and_tells_why(lang, reason, rendered) -> None:
    (item,) = rendered("来看国家级湿地", lang=lang)["exemptions"]
    assert (item["text"], item["start"], item["end"]) == ("国家级", 2, 5)
    assert (item["code"], item["reason"], item["category"]) == ("allow_term", reason, "absolute_claim")


def test_quotes_come_from_the_part_that_the_evidence_names(rendered) -> None:
    shown = rendered("加我", "国家级")
    assert [(item["part"], item["text"]) for item in shown["evidence"]] == [("part1", "国家级"), ("part0", "加我")]


def test_what_is_missing_is_told_with_its_reason(rendered) -> None:
    shown = rendered("面霜", answers=[Missing("classifier", "deadline")])
    assert shown["missing"] == [{"source": "classifier", "why": "deadline"}]
    assert (shown["degraded"], shown["action"]) == (True, "review")


@pytest.mark.parametrize(("lang", "advice"), [("zh", "去掉绝对化用语。"), ("en", "Drop the absolute wording.")])
def test_each_category_comes_with_its_advice(lang, advice, rendered) -> None:
    assert rendered("国家级", lang=lang)["advice"] == {"absolute_claim": advice}


def test_the_shipped_rules_have_a_reason_and_advice_for_every_category(shipped_ruleset) -> None:
    for category in shipped_ruleset.categories.values():
        assert category.zh and category.en and category.advice_zh and category.advice_en


def test_an_old_verdict_still_reads_after_its_category_was_dropped(court, content) -> None:
    engine = court("国家级")
    asked = content("国家级")
    verdict = engine.examine(asked).conclude()
    rest = {code: category for code, category in engine.ruleset.categories.items() if code != "absolute_claim"}
    shown = render(verdict, asked, replace(engine.ruleset, categories=rest))
    assert shown["evidence"][0]["reason"].startswith("“国家级”属于absolute_claim")
    assert shown["advice"] == {}


def test_of_an_erased_text_nothing_is_quoted(court, content) -> None:
    engine, asked = court("国家级"), content("国家级面霜")
    verdict, erased = engine.examine(asked).conclude(), content("")
    shown, gone = render(verdict, asked, engine.ruleset), render(verdict, erased, engine.ruleset, "en")
    assert "erased" not in shown
    assert gone["erased"] is True
    assert gone["evidence"][0]["reason"].startswith("“erased text”")
