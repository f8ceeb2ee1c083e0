"""Puts the codes of a verdict into words: why something counts or does not, what was tried, which proof is wanted.

Codes themselves are never translated. A code that the ruleset no longer knows, as old decisions may hold, stands for
itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from moderation.barring import barring
from moderation.detect.covert import COVERT, SELLING
from moderation.detect.tails import TAIL
from moderation.lexicon import OWN
from moderation.overlay import SWITCHED_OFF
from moderation.proof import OFF_SCRIPT
from moderation.room import ROOM
from moderation.roomwords import behaviour
from moderation.ruleset import ClaimKind, Outcome
from moderation.surgery import clause_around
from moderation.text.variants import DISGUISES
from moderation.types import (
    ALLOWED,
    BOUNDARY,
    DENIED,
    DOUBTED,
    NAMED,
    PERSON,
    PROOF,
    REGIME,
    SHANGHAI,
    TEXT,
    UNSURE,
    Action,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from moderation.ruleset import ClaimRule, Ruleset
    from moderation.types import Content, Evidence, Exemption

Language = Literal["zh", "en"]

FOLD_NAMES = {
    "case": ("大小写", "letter case"),
    "width": ("全角", "full width"),
    "compat": ("兼容字形", "compatibility form"),
    "traditional": ("繁体或异体", "traditional form"),
    "lookalike": ("形近字符", "look-alike"),
    "invisible": ("零宽字符", "invisible character"),
    "bidi": ("双向控制符", "bidi control"),
    "marks": ("组合符号", "combining mark"),
    "space": ("空白", "blank"),
    "punctuation": ("标点", "punctuation"),
    "symbol": ("符号", "symbol"),
    "emoji": ("表情", "emoji"),
    "repeat": ("重复", "repetition"),
}
"""What a reader calls each fold, in Chinese and English; disguises have their names in ``moderation.text.variants``."""
EXEMPTION_NAMES = {
    ALLOWED: ("属于允许词的一部分", "part of an allowed expression"),
    NAMED: ("是单号、编号一类", "an order, serial or ticket number"),
    BOUNDARY: ("与前后的字合为别的词，此处不按该词论", "read as part of other words here, not as this one"),
    PROOF: ("有在案且在有效期内的证明", "a proof on file covers it and has not run out"),
    PERSON: ("人工复核认定不构成违规", "a person looked at it and found no violation"),
    DOUBTED: (
        "词义较轻，文本模型认为不构成违规",
        "a light term that the text model is as good as sure is no breach",
    ),
    REGIME: (
        "同一处已按这类商品所适用的规定认定",
        "judged here by the law for goods of this kind",
    ),
    DENIED: ("文本模型认为此处绝无该类违规", "the text model is sure that this is no such breach here"),
    SWITCHED_OFF: ("本租户停用了该词条", "the tenant does not count this term"),
}
"""The reasons outside the claims table for which a hit does not count."""
FAILURES = {
    "incomplete": ("条件不全", "not all of its conditions are met"),
    "barred": ("有排除情形", "something in the text rules it out"),
}
"""Why an exemption failed, where the reason is not another rule."""
_CODE = re.compile("[a-z0-9_.]*")
"""What is no note of a term: the code of a row that the table no longer has."""
LONGEST_CLAUSE = 40
"""A clause of so many characters is told whole, where the word that was found is no violation by itself."""


class Reasons:
    """One reader's words for the codes of one ruleset, under the law of one content's day."""

    def __init__(self, ruleset: Ruleset, content: Content, lang: Language) -> None:
        self._ruleset, self._content, self.lang = ruleset, content, lang
        self.day: date = content.at.astimezone(SHANGHAI).date()

    def say(self, zh: str, en: str) -> str:
        """The sentence in the reader's language."""
        return en if self.lang == "en" else zh

    def listed(self, names: Sequence[str]) -> str:
        """Names one after the other."""
        return self.say("、", ", ").join(names)

    def cited(self, refs: Sequence[str]) -> str:
        """References one after the other, as the reader calls them."""
        return self.listed([self._ruleset.cited(ref, self.lang) for ref in refs])

    def category(self, code: str) -> str:
        """What people call a category."""
        category = self._ruleset.categories.get(code)
        return self.say(category.zh, category.en) if category else code

    def folds(self, item: Evidence) -> str:
        """The disguises that were seen through."""
        return self.listed([self.say(*_names_of(fold)) for fold in item.folds])

    def rule(self, code: str) -> ClaimRule | None:
        """The row of the claims table with this code, if it is one."""
        return next((rule for rule in self._ruleset.claims.rules if rule.code == code), None)

    def name(self, code: str) -> str:
        """What people call a guard, an exemption or another row of the claims table."""
        if code in EXEMPTION_NAMES:
            return self.say(*EXEMPTION_NAMES[code])
        rule = self.rule(code)
        return self.say(rule.zh, rule.en) if rule else code

    def laws(self, code: str) -> tuple[str, ...]:
        """What a row of the claims table rests on, as far as it was in force."""
        rule = self.rule(code)
        return self._ruleset.citations(rule.laws, self.day) if rule else ()

    def proof(self, code: str) -> dict[str, Any]:
        """What must be kept on file, as an object."""
        rule = self.rule(code)
        text = self.say(rule.proof_zh, rule.proof_en) if rule else code
        return {"code": code, "text": text, "laws": list(self.laws(code))}

    def found(self, item: Evidence, quote: str) -> str:
        """What was found, in one sentence; of a text that was erased there is nothing to quote."""
        if not quote and item.span.start < item.span.end:
            quote = self.say("已删除的原文", "erased text")
        if item.source == TEXT:
            return self._suspected(item, quote)
        hidden, name = self.folds(item), self.category(item.category)
        law = self.cited(item.laws)
        if item.source == PERSON:
            return self.say(
                f"人工认定属于{name}{f'，依据{law}' if law else ''}",
                f"a person found it to be {name}{f'; {law}' if law else ''}",
            )
        if item.source == ROOM:
            done = behaviour(item, self.lang)
            return self.say(
                f"“{quote}”：{done}，属于{name}{f'，依据{law}' if law else ''}",
                f"“{quote}”: {done}: {name}{f'; {law}' if law else ''}",
            )
        clause, rests = self._clause(item, quote), self.say("，依据", "; ") + law if law else ""
        if self.is_hint(item):
            return self.say(f"“{quote}”只是{name}的线索，单独不计", f"“{quote}”: a hint of {name}, not counted")
        within, seen = f"“{clause}”中的" if clause else "", f"（已还原：{hidden}）" if hidden else ""
        zh = f"{within}“{quote}”{seen}{'可能' if self._open(item) else ''}属于{name}{rests}"
        within, seen = f" in “{clause}”" if clause else "", f", seen through {hidden}" if hidden else ""
        en = f"“{quote}”{within}: {'perhaps ' if self._open(item) else ''}{name}{seen}{rests}"
        return self.say(zh, en)

    def is_hint(self, item: Evidence) -> bool:
        """Whether the finding weighs too little to count."""
        return item.weight < self._ruleset.policies[self._content.scene].review_at

    def _open(self, item: Evidence) -> bool:
        """Whether the finding by itself has a person decide, so that nothing is settled yet."""
        category = self._ruleset.categories.get(item.category)
        policy = self._ruleset.policies[self._content.scene]
        return category is not None and policy.action_for(item, category) is Action.REVIEW

    def _clause(self, item: Evidence, quote: str) -> str:
        """The clause around a word that counts only in company; empty where the word says it all."""
        hit = self._ruleset.rewrites.hits.get(item.rule)
        text = self._content.text_of(item.span.part)
        if hit is None or hit.alone or not hit.text or not text:
            return ""
        clause = text[slice(*clause_around(text, item.span.start, item.span.end))]
        return clause if len(quote) < len(clause) <= LONGEST_CLAUSE else ""

    def _suspected(self, item: Evidence, quote: str) -> str:
        hidden, name = self.folds(item), self.category(item.category)
        zh = f"“{quote}”{f'（已还原：{hidden}）' if hidden else ''}疑似{name}（模型判断）"
        en = f"“{quote}”: perhaps {name}{f', seen through {hidden}' if hidden else ''} (a model's judgement)"
        return self.say(zh, en)

    def _scored(self, item: Evidence) -> str:
        """What a score is worth."""
        facts = dict(item.facts)
        score, threshold = (facts.get(name, 0) / 1000 for name in ("score_milli", "threshold_milli"))
        told = self.say(
            f"模型评分 {score:.2f}，超过阈值 {threshold:.2f}",
            f"the model's score of {score:.2f} is above the threshold of {threshold:.2f}",
        )
        category = self._ruleset.categories.get(item.category)
        if item.weight < UNSURE:
            return told + self.say(
                "；规则已有结论或依法豁免，仅供参考", "; for information: rules have settled it, or the law exempts it"
            )
        if category is None or category.action is Action.PASS:
            return told + self.say("，仅作信号", ", a signal only")
        return told + self.say("，请人工复核", ": a person must decide")

    def of_own(self, rule: str, sentence: str) -> str:
        """The sentence, and that it was a term of the tenant's own lexicon where the rule's id says so."""
        if not rule.startswith(f"{OWN}."):
            return sentence
        return self.say(f"租户自有词库：{sentence}", f"the tenant's own lexicon: {sentence}")

    def why(self, item: Evidence) -> str:
        """Why it is a violation, or why a person must decide."""
        told = self.of_own(item.rule, self._why(item))
        facts = dict(item.facts)
        if OFF_SCRIPT in facts:
            told += self.say("；不在播前审定的脚本内", "; the approved script does not have it")
        if COVERT in facts:
            told += self.say(
                "；未声明为广告，但宣称经过伪装，视同推销",
                "; not declared as an advertisement, but a claim in disguise is taken for one",
            )
        if TAIL in facts:
            told += self.say(
                "；只有话题标签、免责声明与此相反，由人判断",
                "; only a hashtag or a disclaimer says otherwise: a person decides",
            )
        if SELLING in facts:
            told += self.say(
                "；未声明为广告，但自称卖家并招呼购买，视同推销",
                "; not declared as an advertisement, but who offers goods of his own makes one",
            )
        return told

    def _why(self, item: Evidence) -> str:
        if item.source == TEXT:
            return self._scored(item)
        if duty := self._ruleset.industries.tell(item.note, self.lang):
            return duty.rstrip("。.")
        rule = self.rule(item.note)
        if rule is None:
            return self._of_article(item)
        name, rests = self.name(rule.code), self._rests(rule.code)
        if rule.outcome is Outcome.REVIEW:
            return self.say(
                f"可能属于“{name}”{rests}，须由人工核对证明", f"it may be {name}{rests}: a person must check the proof"
            )
        return self.say(f"属于“{name}”{rests}", f"it is {name}{rests}")

    def _of_article(self, item: Evidence) -> str:
        """What the term says of itself, what a person must see to, and what the first article cited says."""
        told = [] if _CODE.fullmatch(item.note) else [item.note]
        if self.is_hint(item):
            return self.say("；", "; ").join([*told, self.say("只是线索，单独不计", "a hint, not counted by itself")])
        if self._open(item):
            told.append(self.say("须由人工核实", "a person must check it"))
        return self.say("；", "; ").join([*told, self._first(item)])

    def _first(self, item: Evidence) -> str:
        article = self._ruleset.laws.get(item.laws[0]) if item.laws else None
        if article is None:
            return self.say("按该类别的规则处理，当日没有可引的法条", "the category's own rule: no article in force")
        if article.ref == article.law:
            return self.say(f"依据{article.zh}", f"under {article.en}")
        return f"{self.cited([article.ref])}{self.say('：', ': ')}{self.say(article.zh, article.en)}"

    def _rests(self, code: str) -> str:
        laws = self.cited(self.laws(code))
        return self.say(f"（{laws}）", f" ({laws})") if laws else ""

    def tried(self, item: Evidence) -> list[dict[str, Any]]:
        """The exemptions that were looked at, and why each failed."""
        return [self._failed(item, code, why) for code, _, why in (entry.partition(":") for entry in item.tried)]

    def _failed(self, item: Evidence, code: str, why: str) -> dict[str, Any]:
        if why in FAILURES:
            reason = self.say(*FAILURES[why])
            rule, text = self.rule(code), self._content.text_of(item.span.part)
            if why == "barred" and rule and text and (words := barring(rule, text, item.span)):
                named = self.listed([f"“{word}”" for word in words])
                reason = self.say(f"{reason}：{named}", f"{reason}: {named}")
        else:
            reason = self.say(f"因“{self.name(why)}”不适用", f"ruled out by {self.name(why)}")
        return {"code": code, "name": self.name(code), "why": why, "reason": reason, "laws": list(self.laws(code))}

    def would_help(self, item: Evidence) -> list[dict[str, Any]]:
        """The proof that would make it lawful: that of exemptions that nothing rules out."""
        halfway = [entry.removesuffix(":incomplete") for entry in item.tried if entry.endswith(":incomplete")]
        codes = dict.fromkeys((item.note, *halfway))
        return [self.proof(code) for code in codes if (rule := self.rule(code)) and rule.proof_zh]

    def excused(self, item: Exemption) -> str:
        """Why a hit does not count, in one sentence."""
        rule = self.rule(item.code)
        if rule is None:
            return self.of_own(item.note, self.name(item.code))
        name, rests = self.name(item.code), self._rests(item.code)
        keep = self.say(f"；须留存：{rule.proof_zh}", f"; keep on file: {rule.proof_en}") if rule.proof_zh else ""
        if rule.kind is ClaimKind.GUARD:
            return self.say(f"不构成断言：{name}{rests}{keep}", f"not a claim: {name}{rests}{keep}")
        return self.say(f"依法豁免：{name}{rests}{keep}", f"exempt: {name}{rests}{keep}")


def fold_name(fold: str, lang: Language) -> str:
    """What a reader calls a fold or a disguise."""
    return _names_of(fold)[lang == "en"]


def _names_of(fold: str) -> tuple[str, str]:
    if fold in DISGUISES:
        return DISGUISES[fold][1:]
    return FOLD_NAMES.get(fold, (fold, fold))
