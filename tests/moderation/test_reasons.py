"""Claims in words: why, what was tried, what proof is wanted; every step of a decision; codes that nobody knows now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from moderation.errors import LoadErrors
from moderation.load import load_engine
from moderation.render import render
from moderation.trace import STEPS, Tracer
from moderation.types import Evidence, Exemption, Span
from tests.moderation.conftest import term_file

ROWS = """\
[[rule]]
code = "guard"
kind = "guard"
zh = "否定"
en = "a negation"
[[rule.when]]
clause = ["不是"]

[[rule]]
code = "doubt"
kind = "guard"
zh = "疑似转述"
en = "perhaps a quotation"
outcome = "review"
[[rule.when]]
clause = ["据说"]

[[rule]]
code = "others"
kind = "comparison"
zh = "与他人比较"
en = "a comparison with others"
[[rule.when]]
clause = ["同行"]

[[rule]]
code = "grave"
kind = "aggravation"
zh = "功效用语"
en = "efficacy words"
[[rule.when]]
text = ["疗效"]

[[rule]]
code = "narrow"
kind = "violation"
zh = "范围过窄"
en = "too narrow a field"
laws = ["广告法 9(3)"]
[[rule.when]]
clause = ["某镇"]

[[rule]]
code = "self"
kind = "exemption"
zh = "自我比较"
en = "a comparison with oneself"
laws = ["广告法 9(3)", "广告法 99"]
outcome = "proof"
proof_zh = "比较的数据"
proof_en = "the figures"
[[rule.when]]
clause = ["自家"]
sentence = ["数据"]
not_text = ["听说"]

[[rule]]
code = "fact"
kind = "exemption"
zh = "有来源的事实"
en = "a fact with its source"
outcome = "review"
proof_zh = "报告全文"
proof_en = "the report"
[[rule.when]]
clause = ["统计"]
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory, write_rules):
    files = {
        "ad_law/absolute_claim.txt": term_file(
            "[zui 最高级]\n最好\n最佳 | severity: 2\n百搭 | weight: 30\n"
            "一级能效 | weight: 60 | note: 须与能效标识一致\n",
            "absolute_claim",
        ),
        "ad_law/false_urgency.txt": term_file("最后一天\n", "false_urgency"),
        "ad_law/contact_diversion.txt": term_file("加我\n", "contact_diversion"),
        "allow/words.txt": term_file("最好先\n最佳茶人 | as: self\n", "allow"),
        "claims.toml": ROWS,
    }
    folder = write_rules(tmp_path_factory.mktemp("reasons") / "lexicons", files)
    return load_engine(folder, folder / "scenes")


@pytest.fixture
def told(engine, content):
    def shown(text: str, lang: str = "zh", **more):
        asked = content(text, **more)
        return render(engine.examine(asked).conclude(), asked, engine.ruleset, lang)

    return shown


@pytest.fixture
def steps(engine, content):
    """The steps of the first finding of a text: ``steps("text")``."""

    def traced(text: str, lang: str = "zh", **more) -> list[tuple[str, str]]:
        asked = content(text, **more)
        verdict = engine.examine(asked).conclude()
        tracer = Tracer(engine.ruleset, asked, lang)
        if verdict.evidence:
            return [tuple(step) for step in tracer.of_evidence(verdict.evidence[0])]
        return [tuple(step) for step in tracer.of_exemption(verdict.exemptions[0])]

    return traced


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("茶最好", "广告法 9(3)：不得使用绝对化用语", "Advertising Law 9(3): No absolute wording"),
        ("某镇最好", "属于“范围过窄”（广告法 9(3)）", "it is too narrow a field (Advertising Law 9(3))"),
        (
            "统计最好",
            "可能属于“有来源的事实”，须由人工核对证明",
            "it may be a fact with its source: a person must check the proof",
        ),
        (
            "最后一天",
            "须由人工核实；按该类别的规则处理，当日没有可引的法条",
            "a person must check it; the category's own rule: no article in force",
        ),
        (
            "一级能效",
            "须与能效标识一致；须由人工核实；广告法 9(3)：不得使用绝对化用语",
            "须与能效标识一致; a person must check it; Advertising Law 9(3): No absolute wording",
        ),
        ("加我", "依据平台规则", "under Platform rules"),
    ],
)
def test_why_it_counts(text, zh, en, told) -> None:
    assert told(text)["evidence"][0]["why"] == zh
    assert told(text, "en")["evidence"][0]["why"] == en


@pytest.mark.parametrize(
    ("text", "why", "zh", "en"),
    [
        ("自家最好", "incomplete", "条件不全", "not all of its conditions are met"),
        ("听说自家数据最好", "barred", "有排除情形：“听说”", "something in the text rules it out: “听说”"),
        ("自家数据比同行最好", "others", "因“与他人比较”不适用", "ruled out by a comparison with others"),
        ("自家数据最好，疗效", "grave", "因“功效用语”不适用", "ruled out by efficacy words"),
    ],
)
def test_what_was_tried_and_why_it_failed(text, why, zh, en, told) -> None:
    (tried,) = told(text)["evidence"][0]["tried"]
    assert tried == {"code": "self", "name": "自我比较", "why": why, "reason": zh, "laws": ["广告法 9(3)"]}
    (tried,) = told(text, "en")["evidence"][0]["tried"]
    assert (tried["name"], tried["reason"]) == ("a comparison with oneself", en)


def test_proof_that_would_help_is_told_where_nothing_else_stands_against_it(told) -> None:
    proof = {"code": "self", "text": "比较的数据", "laws": ["广告法 9(3)"]}
    assert told("自家最好")["evidence"][0]["proof"] == [proof]
    assert told("统计最好")["evidence"][0]["proof"] == [{"code": "fact", "text": "报告全文", "laws": []}]
    assert told("自家数据比同行最好")["evidence"][0]["proof"] == told("茶最好")["evidence"][0]["proof"] == []


def test_proof_to_keep_is_told_as_objects(told) -> None:
    shown = told("自家数据最好", "en")
    proof = {"code": "self", "text": "the figures", "laws": ["广告法 9(3)"]}
    assert shown["proof"] == [proof]
    (item,) = shown["exemptions"]
    assert (item["code"], item["name"], item["proof"]) == ("self", "a comparison with oneself", [proof])
    assert item["reason"] == "exempt: a comparison with oneself (Advertising Law 9(3)); keep on file: the figures"


def test_a_guard_says_that_there_is_no_claim(told) -> None:
    (item,) = told("不是最好")["exemptions"]
    assert (item["reason"], item["laws"], item["proof"]) == ("不构成断言：否定", [], [])
    assert told("不是最好", "en")["exemptions"][0]["reason"] == "not a claim: a negation"


def test_a_law_is_named_only_while_it_is_in_force(told) -> None:
    late = told("自家数据最好", at=datetime(2027, 5, 1, tzinfo=UTC))
    assert late["exemptions"][0]["laws"] == ["广告法 9(3)", "广告法 99"]


def test_codes_that_the_rules_no_longer_know_stand_for_themselves(engine, content) -> None:
    asked = content("茶最好")
    span = Span("text", 1, 3)
    verdict = engine.examine(asked).conclude()
    item = Evidence(
        "lexicon", "gone", "gone.1", 3, span, ("new_fold",), ("旧法 1",), 100, "gone_rule", (), ("ex_gone:ng_gone",)
    )
    old = verdict._replace(
        evidence=(item,),
        exemptions=(Exemption("gone", "gone.1", span, "ex_gone"),),
        proof=("ex_gone",),
        categories=("gone",),
    )
    shown = render(old, asked, engine.ruleset)
    assert shown["evidence"][0]["reason"] == "“最好”（已还原：new_fold）属于gone，依据旧法 1"
    assert shown["evidence"][0]["why"] == "按该类别的规则处理，当日没有可引的法条"
    tried = {"code": "ex_gone", "name": "ex_gone", "why": "ng_gone", "reason": "因“ng_gone”不适用", "laws": []}
    assert shown["evidence"][0]["tried"] == [tried]
    assert (shown["exemptions"][0]["name"], shown["exemptions"][0]["reason"]) == ("ex_gone", "ex_gone")
    assert shown["proof"] == [{"code": "ex_gone", "text": "ex_gone", "laws": []}]
    tracer = Tracer(engine.ruleset, asked, "zh")
    assert tracer.of_evidence(item)[-1].code == "verdict"
    assert [step.code for step in tracer.of_exemption(old.exemptions[0])] == ["gate", "exemption", "verdict"]


def test_the_steps_come_in_the_order_of_decision(steps) -> None:
    order = list(STEPS)
    for text in ("茶最好", "自家最好", "不是最好", "自家数据最好", "最好先泡茶", "某镇最好", "加我", "统计最好"):
        codes = [code for code, _ in steps(text)]
        assert codes == sorted(codes, key=order.index) and codes[0] == "gate" and "verdict" in codes


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("茶最好", ("gate", "ad，按广告审查")),
        ("茶最好", ("guard", "没有成立的护栏")),
        ("茶最好", ("against", "没有改变结论的比较或从重情形")),
        ("茶最好", ("exemption", "没有可用的豁免")),
        ("茶最好", ("verdict", "广告法 9(3)：不得使用绝对化用语；严重度 3，权重 100")),
        ("加我", ("gate", "ad，该类别不限于广告")),
        ("最好先泡茶", ("allow", "属于允许词“最好先”")),
        ("最好先泡茶", ("verdict", "不计入")),
        ("不是最好", ("guard", "不构成断言：否定")),
        ("据说最好", ("guard", "疑似转述")),
        ("自家数据最好", ("exemption", "依法豁免：自我比较（广告法 9(3)）；须留存：比较的数据")),
        ("自家最好", ("exemption", "自我比较（广告法 9(3)）：条件不全")),
        ("自家最好", ("proof", "比较的数据")),
        ("自家数据比同行最好", ("against", "与他人比较")),
        ("茶最好，疗效", ("against", "从重：严重度 3 升为 4")),
        ("茶最佳，疗效", ("against", "从重：严重度 2 升为 4")),
        ("某镇最好", ("against", "范围过窄")),
        ("统计最好", ("exemption", "可能属于“有来源的事实”，须由人工核对证明")),
        ("统计最好", ("verdict", "严重度 3，权重 60")),
    ],
)
def test_each_step_tells_what_came_of_it(text, step, steps) -> None:
    assert step in steps(text)


def test_steps_are_told_in_english_too(steps) -> None:
    told = dict(steps("自家最好", "en"))
    assert told["gate"] == "ad, judged as advertising"
    assert told["verdict"] == "Advertising Law 9(3): No absolute wording; severity 3, weight 100"
    assert told["exemption"] == "a comparison with oneself (Advertising Law 9(3)): not all of its conditions are met"


@pytest.mark.parametrize(
    ("lang", "reason"),
    [("zh", "“百搭”只是绝对化用语的线索，单独不计"), ("en", "“百搭”: a hint of Absolute claim, not counted")],
)
def test_a_hint_is_not_told_as_a_violation(lang, reason, told) -> None:
    assert [item["reason"] for item in told("最好百搭", lang)["evidence"]][1:] == [reason]


@pytest.mark.parametrize(("lang", "why"), [("zh", "只是线索，单独不计"), ("en", "a hint, not counted by itself")])
def test_nobody_is_asked_to_check_a_hint(lang, why, told) -> None:
    assert [item["why"] for item in told("最好百搭", lang)["evidence"]][1:] == [why]


def test_an_allow_term_is_told_as_the_exemption_that_it_stands_for(told, steps) -> None:
    (item,) = told("评上最佳茶人")["exemptions"]
    assert (item["code"], item["laws"]) == ("self", ["广告法 9(3)"])
    assert [proof["text"] for proof in told("评上最佳茶人")["proof"]] == ["比较的数据"]
    assert steps("评上最佳茶人")[1:3] == [
        ("allow", "属于允许词“最佳茶人”"),
        ("exemption", "依法豁免：自我比较（广告法 9(3)）；须留存：比较的数据"),
    ]


@pytest.mark.parametrize(
    ("name", "line", "key"),
    [("allow/words.txt", "最好先 | as: guard\n", "guard"), ("ad_law/absolute_claim.txt", "最好 | as: self\n", "as")],
)
def test_an_allow_term_stands_for_an_exemption_and_no_other_term_does(name, line, key, tmp_path, write_rules) -> None:
    of = "allow" if name.startswith("allow") else "absolute_claim"
    files = {"ad_law/absolute_claim.txt": term_file("最佳\n", "absolute_claim"), "claims.toml": ROWS}
    folder = write_rules(tmp_path / "lexicons", {**files, name: term_file(line, of)})
    with pytest.raises(LoadErrors) as refused:
        load_engine(folder, folder / "scenes")
    assert [(error.file, key in str(error)) for error in refused.value.errors] == [(name, True)]


def test_a_boundary_is_told_where_words_are_allowed(engine, content) -> None:
    item = Exemption("absolute_claim", "absolute_claim.1", Span("text", 0, 2), "word_boundary")
    steps = Tracer(engine.ruleset, content("最好"), "zh").of_exemption(item)
    assert steps[1] == ("allow", "与前后的字合为别的词，此处不按该词论")


def test_every_row_of_the_shipped_table_has_words_for_people(shipped_ruleset) -> None:
    for rule in shipped_ruleset.claims.rules:
        assert rule.zh and rule.en


def test_an_evidence_of_a_dropped_category_is_traced(engine, content) -> None:
    asked = content("茶最好")
    (item,) = engine.examine(asked).conclude().evidence
    rest = {code: category for code, category in engine.ruleset.categories.items() if code != "absolute_claim"}
    steps = Tracer(replace(engine.ruleset, categories=rest), asked, "zh").of_evidence(item)
    assert [step.code for step in steps] == ["gate", "allow", "verdict"]


def test_one_tracer_serves_all_findings(engine, content) -> None:
    asked = content("茶最好，酒最佳")
    first, second = engine.examine(asked).conclude().evidence
    tracer = Tracer(engine.ruleset, asked, "zh")
    assert [tracer.of_evidence(item)[-1].text[-6:] for item in (first, second)] == ["权重 100"] * 2


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("喝三天血糖就稳了，药都不用吃了", "“药都不用吃了”中的“药都”属于", "“药都” in “药都不用吃了”: "),
        ("鱼油软化血管，预防脑梗", "“鱼油软化血管”中的“软化血管”属于", "“软化血管” in “鱼油软化血管”: "),
        ("山里的茶，全网最低价", "“全网最低价”属于", "“全网最低价”: "),  # a word that says it all
    ],
)
def test_a_word_that_counts_in_company_is_told_with_its_clause(text, zh, en, shipped, content) -> None:
    asked = content(text)
    verdict = shipped.examine(asked).conclude()
    for lang, begins in (("zh", zh), ("en", en)):
        shown = render(verdict, asked, shipped.ruleset, lang)["evidence"]
        assert any(item["reason"].startswith(begins) for item in shown)


def test_what_a_person_must_settle_is_not_told_as_settled(told) -> None:
    assert [told(text)["evidence"][0]["reason"].partition("，")[0] for text in ("茶最好", "一级能效", "最后一天")] == [
        "“最好”属于绝对化用语",
        "“一级能效”可能属于绝对化用语",
        "“最后一天”可能属于虚假紧迫",
    ]
    assert told("一级能效", "en")["evidence"][0]["reason"].startswith("“一级能效”: perhaps Absolute claim")
