"""The lawyer's page (``docs/law.md``): the claim rules, categories and laws of a ruleset as Markdown, from data alone.

The same ruleset and examples give the same bytes, so a test can tell when the page is stale.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from moderation.lexicon import ALLOW
from moderation.ruleset import FIELDS, ClaimKind, Outcome
from moderation.types import Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from moderation.lexicon import Term
    from moderation.ruleset import Article, Category, ClaimRule, Ruleset, Setting

SHOWN = 12
"""So many words of a list are printed; the others are in the table itself."""
KINDS = {
    ClaimKind.BAIT: ("诱饵", "bait", "看似否定或提问，其实在夸：使所列护栏失效"),
    ClaimKind.GUARD: ("护栏", "guard", "这句话不是断言：不计入"),
    ClaimKind.COMPARISON: ("比较", "comparison", "与他人比较：多数豁免不适用"),
    ClaimKind.AGGRAVATION: ("从重", "aggravation", "第十一条所列行业：豁免不适用，严重度升为 4"),
    ClaimKind.VIOLATION: ("另行规定的违法", "violation", "豁免不适用"),
    ClaimKind.EXEMPTION: ("豁免", "exemption", "断言成立但依法可用"),
}
OUTCOMES = {
    Outcome.PASS: "通过",
    Outcome.PROOF: "通过，须留存证明",
    Outcome.REVIEW: "送人工核对，须留存证明",
    Outcome.VIOLATION: "违法",
}
ACTIONS = {Action.PASS: "通过", Action.REVIEW: "待审", Action.BLOCK: "拦截"}
PLACES = {
    "left": "紧接在命中词之前",
    "right": "紧接在命中词之后",
    "of": "“命中词＋的（之）”之后",
    "before": "同一小句、命中词前 {reach} 字以内",
    "after": "同一小句、命中词后 {reach} 字以内",
    "closing": "同一小句、命中词后 {reach} 字以内，且为小句之末",
    "clause": "同一小句",
    "sentence": "同一句",
    "sentence_before": "同一句、命中词之前",
    "sentence_after": "同一句、命中词之后",
    "text": "全文任何位置",
}
TOKENS = {
    "<number>": "数字",
    "<quantity>": "数字加单位",
    "<period>": "年份",
    "<standard>": "标准号",
    "<question>": "问句",
    "<last>": "全文最后一句或其后只有问句",
    "<quoted>": "引号内",
    "<titled>": "书名号内",
    "^": "小句开头",
    "$": "小句结尾",
}
WEIGHTS = ((80, "确定（权重 80 以上）"), (40, "存疑（40–79，送复核）"), (0, "提示（40 以下）"))
HEAD = """\
# 法务手册：规则、法条与类别

<!-- 由 `qingliu lexicon law --output docs/law.md` 从 lexicons/ 生成，请勿手改。 -->

本页列出引擎据以判断的全部规则。“已核实”指有人读过该条全文；“未核实”的条号与措辞须先对照官方文本。
词与例句见 `lexicons/`，写法见 [lexicons.md](lexicons.md)。本页是工程资料，不是法律意见。

*This page is generated from the data: every claim rule, category and law, with dates and whether it was verified.*
"""


def law_page(ruleset: Ruleset, examples: Mapping[str, Sequence[tuple[bool, str]]]) -> str:
    """The whole page. ``examples`` are, by category, sentences that are found (true) and that are not."""
    sections = (_claims(ruleset), _options(ruleset), _categories(ruleset, examples), _laws(ruleset))
    return "\n".join([HEAD, *(line for section in sections for line in section)]).rstrip() + "\n"


def _claims(ruleset: Ruleset) -> Iterator[str]:
    yield "## 断言规则"
    yield ""
    yield (
        "按判断次序排列："
        + " → ".join(name for name, _, _ in KINDS.values())
        + "。先成立者为准；每条的各“情形”任一成立即可。"
    )
    yield ""
    for kind, (name, en, meaning) in KINDS.items():
        rules = [rule for rule in ruleset.claims.rules if rule.kind is kind]
        if rules:
            yield f"### {name} {en}"
            yield ""
            yield f"{meaning}。"
            yield ""
        for rule in rules:
            yield from _rule(rule, ruleset)


def _rule(rule: ClaimRule, ruleset: Ruleset) -> Iterator[str]:
    yield f"#### {rule.zh} `{rule.code}`"
    yield ""
    yield f"*{rule.en}*"
    yield ""
    if rule.kind in {ClaimKind.GUARD, ClaimKind.EXEMPTION}:
        yield f"- 结果：{OUTCOMES[rule.outcome]}" + ("；与他人比较时仍可适用" if rule.despite_comparison else "")
    if rule.cancels:
        yield f"- 使失效：{'、'.join(f'`{code}`' for code in sorted(rule.cancels))}"
    names = [ruleset.categories[code].zh for code in sorted(rule.categories)]
    yield f"- 适用类别：{'、'.join(names) if names else '全部广告类别'}"
    yield from (f"- 依据：{_cited(ruleset.laws[ref])}" for ref in rule.laws)
    if not rule.laws:
        yield "- 依据：项目自定的语义规则，无法条"
    if rule.effective_from or rule.effective_until:
        yield f"- 规则期间：{_period(rule.effective_from, rule.effective_until)}"
    if rule.option:
        yield f"- 仅当选项 `{rule.option}`"
    if rule.proof_zh:
        yield f"- 须留存：{rule.proof_zh}"
    for number, setting in enumerate(rule.settings, start=1):
        yield f"- 情形{number if len(rule.settings) > 1 else ''}：{_setting(setting)}"
    yield from (f"- {name}：{text}" for name, text in (("命中例", rule.hit), ("不命中例", rule.clean)) if text)
    yield ""


def _setting(setting: Setting) -> str:
    """What a setting asks for, as a lawyer reads it."""
    asks = [
        *([f"命中词属于 {_words(setting.hits)}"] if setting.hits else ()),
        *([f"申报行业为 {_words(setting.industries)}"] if setting.industries else ()),
        *([f"未表明是商业内容，场景为 {_words(setting.undeclared)}"] if setting.undeclared else ()),
    ]
    for listed, verb in ((setting.needs, "有"), (setting.bars, "没有")):
        asks.extend(
            f"{PLACES[where].format(reach=setting.reach)}{verb}：{_words(listed[where])}"
            for where in FIELDS
            if listed[where]
        )
    return "；且".join(asks)


def _words(words: Sequence[str]) -> str:
    shown = "、".join(TOKENS.get(word, word) for word in words[:SHOWN])
    return shown + (f"……等 {len(words)} 个" if len(words) > SHOWN else "")


def _options(ruleset: Ruleset) -> Iterator[str]:
    if not ruleset.options:
        return
    yield "## 选项"
    yield ""
    yield "法律尚无定论之处，由使用者在 `lexicons/options.toml` 选择。"
    yield ""
    yield from _table("选项", "可选", "现值", "说明")
    for option in ruleset.options.values():
        yield _row(
            f"`{option.name}`", "、".join(f"`{name}`" for name in option.choices), f"`{option.value}`", option.zh
        )
    yield ""


def _categories(ruleset: Ruleset, examples: Mapping[str, Sequence[tuple[bool, str]]]) -> Iterator[str]:
    yield "## 类别"
    yield ""
    terms: dict[str, list[Term]] = defaultdict(list)
    for term in ruleset.terms:
        if term.category != ALLOW:
            terms[term.category].append(term)
    for category in ruleset.categories.values():
        yield f"### {category.zh} `{category.code}`"
        yield ""
        yield f"*{category.en}*"
        yield ""
        yield from _category(category, ruleset, terms[category.code])
        for found, name in ((True, "命中例"), (False, "不命中例")):
            if text := _example(found, examples.get(category.code, ()), terms[category.code]):
                yield f"- {name}：{text}"
        yield ""


def _category(category: Category, ruleset: Ruleset, terms: Sequence[Term]) -> Iterator[str]:
    yield f"- 默认处置：{ACTIONS[category.action]}；严重度 {category.severity}"
    yield f"- 适用场景：{_scenes(category, ruleset)}"
    yield from (f"- 依据：{_cited(ruleset.laws[ref])}" for ref in category.laws)
    classes = Counter(next(name for least, name in WEIGHTS if term.weight >= least) for term in terms)
    counts = "，".join(f"{name} {classes[name]}" for _, name in WEIGHTS if classes[name])
    yield f"- 词条：{len(terms)}" + (f"（{counts}）" if counts else "")
    if dated := sorted({_period(term.effective_from, term.effective_until) for term in terms if _dated(term)}):
        yield f"- 有期限的词条：{'、'.join(dated)}"
    yield f"- 处理建议：{category.advice_zh}"


def _dated(term: Term) -> bool:
    return bool(term.effective_from or term.effective_until)


def _scenes(category: Category, ruleset: Ruleset) -> str:
    always = [policy.zh for scene, policy in ruleset.policies.items() if scene in category.scenes]
    trading = [
        policy.zh
        for scene, policy in ruleset.policies.items()
        if scene in category.if_commercial and scene not in category.scenes
    ]
    told = "、".join(always)
    if trading:
        told += ("；" if told else "") + "、".join(trading) + "（仅限广告）"
    return told


def _example(found: bool, examples: Sequence[tuple[bool, str]], terms: Sequence[Term]) -> str:  # noqa: FBT001
    """The first example of a category's own file, or else of a term's line."""
    given = (text for hit, text in examples if hit is found)
    beside = (text for term in terms for text in (term.hits if found else term.misses))
    return next(chain(given, beside), "")


def _laws(ruleset: Ruleset) -> Iterator[str]:
    yield "## 法律与条款"
    yield ""
    known = sum(article.verified for article in ruleset.laws.values())
    yield f"共 {len(ruleset.laws)} 条可引依据，已核实 {known} 条。期间含首尾两日；只引内容当日有效的条款。"
    yield ""
    yield from _table("引用", "内容（转述）", "版本", "期间", "核实", "来源")
    for article in ruleset.laws.values():
        period = _period(article.effective_from, article.effective_until)
        checked = "已核实" if article.verified else "**未核实**"
        says = f"{article.zh}<br>*{article.en}*"
        source = article.source if article.ref == article.law else ""
        yield _row(article.ref, says, article.version or "不详", period, checked, source)


def _cited(article: Article) -> str:
    """An article with all that a lawyer asks of it."""
    says = "" if article.ref == article.law else f"“{article.zh}”"
    facts = [f"版本 {article.version}" if article.version else "版本不详"]
    facts.append(_period(article.effective_from, article.effective_until))
    facts.append("已核实" if article.verified else "**未核实**")
    return f"{article.ref} {says}（{'，'.join(facts)}）".replace(" （", "（")


def _period(begin: date | None, end: date | None) -> str:
    if begin and end:
        return f"{begin} 至 {end}"
    return f"{begin} 起" if begin else f"至 {end} 止" if end else "未注明期间"


def _table(*heads: str) -> Iterator[str]:
    yield _row(*heads)
    yield "|" + "---|" * len(heads)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
