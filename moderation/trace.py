"""The decision on one claim, step by step, in the order of the claims table: what ``qingliu explain`` shows to people.

It is read off the verdict. What a verdict does not record (a comparison that changed nothing) is not guessed at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moderation.detect.covert import COVERT, SELLING
from moderation.detect.regime import BESIDE
from moderation.reasons import FAILURES, Reasons
from moderation.ruleset import ClaimKind
from moderation.types import ALLOWED, BOUNDARY, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moderation.lexicon import Term
    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from moderation.types import Content, Evidence, Exemption

STEPS = {
    "gate": ("场景", "scene gate"),
    "allow": ("允许词", "allowed words"),
    "guard": ("护栏", "guards"),
    "against": ("比较与从重", "comparison, aggravation"),
    "exemption": ("豁免", "exemptions"),
    "verdict": ("结论", "verdict"),
    "proof": ("可补证明", "proof that would help"),
}
"""The steps in their order, as people call them."""
AGAINST = frozenset({ClaimKind.COMPARISON, ClaimKind.AGGRAVATION, ClaimKind.VIOLATION})


class Step(NamedTuple):
    """One step: its code and what came of it."""

    code: str
    text: str


class Tracer:
    """Tells the steps of one verdict's findings. ``reasons`` are its reader's words."""

    def __init__(self, ruleset: Ruleset, content: Content, lang: Language) -> None:
        self.reasons = Reasons(ruleset, content, lang)
        self._ruleset, self._content, self._say = ruleset, content, self.reasons.say
        self._terms: dict[str, Term] | None = None

    def of_evidence(self, item: Evidence) -> list[Step]:
        """How a hit came to count."""
        if item.source == TEXT:
            return [self._gate(item.category), self._counts(item)]
        judged = self._judged(item.category)
        middle = [
            self._not_allowed(),
            *([self._no_guard(item.note), self._against(item), *self._tried(item)] if judged else ()),
        ]
        return [
            self._gate(item.category, dict(item.facts)),
            *middle,
            self._counts(item),
            *self._would_help(item),
        ]

    def of_exemption(self, item: Exemption) -> list[Step]:
        """How a hit came not to count."""
        gate, why = self._gate(item.category), self.reasons.excused(item)
        rule = self.reasons.rule(item.code)
        pass_ = Step("verdict", self._say("不计入", "does not count"))
        if rule is None:
            allowed = self._allowed(item) if item.code == ALLOWED else ""
            step = Step("allow" if item.code in {ALLOWED, BOUNDARY} else "exemption", allowed or why)
            return [gate, step, pass_]
        if rule.kind is ClaimKind.GUARD:
            return [gate, self._not_allowed(), Step("guard", why), pass_]
        against = Step("against", self._say("没有使豁免失效的情形", "nothing that rules the exemption out"))
        if allowed := self._allowed(item):
            return [gate, Step("allow", allowed), Step("exemption", why), pass_]
        return [gate, self._not_allowed(), self._no_guard(), against, Step("exemption", why), pass_]

    def _judged(self, category: str) -> bool:
        known = self._ruleset.categories.get(category)
        return known is not None and known.group == "advertising"

    def _gate(self, category: str, facts: Mapping[str, int] | None = None) -> Step:
        policy = self._ruleset.policies[self._content.scene]
        scene = self._say(policy.zh, policy.en)
        if not self._judged(category):
            return Step("gate", self._say(f"{scene}，该类别不限于广告", f"{scene}: not only for advertising"))
        if facts and COVERT in facts:
            told = self._say("未声明为广告，宣称经过伪装，视同推销", "not declared as advertising, taken for it")
            return Step("gate", self._say(f"{scene}，{told}", f"{scene}, {told}"))
        if facts and SELLING in facts:
            told = self._say(
                "未声明为广告，自称卖家并招呼购买，视同推销", "not declared as advertising, but it offers goods"
            )
            return Step("gate", self._say(f"{scene}，{told}", f"{scene}, {told}"))
        return Step("gate", self._say(f"{scene}，按广告审查", f"{scene}, judged as advertising"))

    def _not_allowed(self) -> Step:
        return Step("allow", self._say("不在允许词内", "in no allowed expression"))

    def _allowed(self, item: Exemption) -> str:
        term = self._term(item.note)
        if term is None:
            return ""
        told = self._say(f"属于允许词“{term.text}”", f"part of the allowed “{term.text}”")
        return self.reasons.of_own(item.note, told)

    def _no_guard(self, note: str = "") -> Step:
        rule = self.reasons.rule(note)
        if rule and rule.kind is ClaimKind.GUARD:
            return Step("guard", self.reasons.name(note))
        return Step("guard", self._say("没有成立的护栏", "none applies"))

    def _against(self, item: Evidence) -> Step:
        whys = (entry.partition(":")[2] for entry in item.tried)
        rule = self.reasons.rule(item.note)
        steers = rule is not None and rule.kind in AGAINST
        codes = dict.fromkeys((*(why for why in whys if why not in FAILURES), *((item.note,) if steers else ())))
        told = [self.reasons.name(code) for code in codes]
        term = self._term(item.rule)
        usual = (
            term.severity if term and term.severity is not None else self._ruleset.categories[item.category].severity
        )
        alone = dict(item.facts).get(BESIDE, item.severity)
        if term and alone > usual:
            told.append(self._say(f"从重：严重度 {usual} 升为 {alone}", f"severity {usual} → {alone}"))
        if item.severity > alone:
            given = item.severity
            told.append(
                self._say(f"严重度 {given} 取自同一处的另一条规则", f"severity {given}: that of another rule here")
            )
        nothing = self._say("没有改变结论的比较或从重情形", "nothing that changes the outcome")
        return Step("against", self.reasons.listed(told) or nothing)

    def _tried(self, item: Evidence) -> Iterator[Step]:
        rule = self.reasons.rule(item.note)
        if rule and rule.kind is ClaimKind.EXEMPTION:
            yield Step("exemption", self.reasons.why(item))
        for told in self.reasons.tried(item):
            laws = self.reasons.cited(told["laws"])
            named = self._say(f"{told['name']}（{laws}）", f"{told['name']} ({laws})") if laws else told["name"]
            yield Step("exemption", f"{named}{self._say('：', ': ')}{told['reason']}")
        if not item.tried and rule is None:
            yield Step("exemption", self._say("没有可用的豁免", "none in sight"))

    def _counts(self, item: Evidence) -> Step:
        numbers = self._say(
            f"严重度 {item.severity}，权重 {item.weight}", f"severity {item.severity}, weight {item.weight}"
        )
        rule = self.reasons.rule(item.note)
        why = "" if rule and rule.kind is ClaimKind.EXEMPTION else self.reasons.why(item)
        return Step("verdict", self._say("；", "; ").join(filter(None, (why, numbers))))

    def _would_help(self, item: Evidence) -> Iterator[Step]:
        for proof in self.reasons.would_help(item):
            yield Step("proof", proof["text"])

    def _term(self, rule: str) -> Term | None:
        """The term behind a rule id. Ids are hashes, so they are worked out once, and only for people."""
        if self._terms is None:
            self._terms = {term.id: term for term in (*self._ruleset.terms, *self._ruleset.own)}
        return self._terms.get(rule)
