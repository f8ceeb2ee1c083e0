"""What a creator is told of a block: facts, rule, article, who decided, term and way of appeal, in plain words. Pure.

The whole of it quotes the content and is made when it is read; ``brief`` has no word of the content and may be stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from moderation.reasons import Language, Reasons
from moderation.types import SHANGHAI
from service.ids import from_stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.ruleset import Ruleset
    from moderation.types import Content, Evidence, Verdict


class Blocked(NamedTuple):
    """A block as its creator is told of it. ``by_person`` says who decided, ``until`` by when they may appeal.

    Without ``until`` nobody has told them yet, and the term of ``days`` begins when somebody does.
    """

    content: Content
    verdict: Verdict
    at: str
    by_person: bool
    days: float
    until: str | None = None


def statement(blocked: Blocked, ruleset: Ruleset, lang: Language) -> dict[str, Any]:
    """The parts of the statement, and ``text`` with all of them; quotes the content."""
    return _told(blocked, ruleset, lang, quotes=True)


def brief(blocked: Blocked, ruleset: Ruleset) -> dict[str, str]:
    """The text by language, without a word of the content."""
    languages: tuple[Language, ...] = ("zh", "en")
    return {lang: _told(blocked, ruleset, lang, quotes=False)["text"] for lang in languages}


def _told(blocked: Blocked, ruleset: Ruleset, lang: Language, *, quotes: bool) -> dict[str, Any]:
    content, verdict = blocked.content, blocked.verdict
    reasons = Reasons(ruleset, content, lang)
    say = reasons.say
    counted = _counted(blocked, ruleset)
    articles = _articles(counted, ruleset, lang)
    facts = [_fact(item, content, reasons, quotes=quotes) for item in counted]
    rules = [reasons.category(code) for code in verdict.categories]
    who = (
        say("由审核人员作出", "taken by a person") if blocked.by_person else say("由系统自动作出", "taken by a machine")
    )
    head = say(
        f"您发布的内容（编号 {content.id}，第 {content.version} 版）于 {_when(blocked.at, lang)} 被拦截，不予展示。"
        f"本决定{who}。",
        f"Your content ({content.id}, version {content.version}) was blocked on {_when(blocked.at, lang)} and is not "
        f"shown. The decision was {who}.",
    )
    lines = [
        head,
        say("事实：", "Facts: ")
        + (say("；", "; ").join(facts) or say("见所违反的规则", "see the rules"))
        + say("。", "."),
        say("规则：", "Rules: ") + (reasons.listed(rules) or say("平台规则", "rules of the platform")) + say("。", "."),
    ]
    if articles:
        cited = say("；", "; ").join(" ".join(dict.fromkeys((one["name"], one["text"]))).strip() for one in articles)
        lines.append(say("依据：", "Articles: ") + cited.rstrip("。.") + say("。", "."))
    term, way = _term(blocked, lang), _way(lang)
    lines += [say("申诉期限：", "Term: ") + term, say("申诉途径：", "Appeal: ") + way]
    return {
        "facts": facts,
        "rules": [{"code": code, "name": name} for code, name in zip(verdict.categories, rules, strict=True)],
        "articles": articles,
        "automated": not blocked.by_person,
        "term_days": blocked.days,
        "appeal_until": blocked.until,
        "term": term,
        "appeal": way,
        "text": "\n".join(lines),
    }


def _counted(blocked: Blocked, ruleset: Ruleset) -> list[Evidence]:
    """What the decision rests on. A hint that counted for nothing is no ground to tell anybody of; people's word is."""
    verdict = blocked.verdict
    least = 0 if blocked.by_person else ruleset.policies[blocked.content.scene].review_at
    return [item for item in verdict.evidence if item.weight >= least and item.category in verdict.categories]


def _articles(counted: Sequence[Evidence], ruleset: Ruleset, lang: Language) -> list[dict[str, str]]:
    """Each article that is cited, once; one that the rules no longer know is told by its name."""
    refs = dict.fromkeys(law for item in counted for law in item.laws)
    told = []
    for ref in refs:
        article = ruleset.laws.get(ref)
        text = "" if article is None else (article.en if lang == "en" else article.zh)
        told.append({"ref": ref, "name": ruleset.cited(ref, lang), "text": text})
    return told


def _fact(item: Evidence, content: Content, reasons: Reasons, *, quotes: bool) -> str:
    """Where something was found and as what: by its words, or by its place alone."""
    part, start, end = item.span
    name = reasons.category(item.category)
    place = reasons.say(f"第 {start + 1}–{end} 字", f"characters {start + 1} to {end}")
    if len(content.parts) > 1:
        place = reasons.say(f"{part} {place}", f"{part}, {place}")
    if not quotes:
        return reasons.say(f"{place}：{name}", f"{place}: {name}")
    text = next(one.text for one in content.parts if one.name == part)[start:end]
    return reasons.say(f"“{text}”（{place}）：{name}", f"“{text}” ({place}): {name}")


def _when(at: str, lang: Language) -> str:
    local = from_stamp(at).astimezone(SHANGHAI)
    if lang == "en":
        return f"{local:%Y-%m-%d %H:%M} (Beijing time)"
    return f"{local.year} 年 {local.month} 月 {local.day} 日 {local:%H:%M}（北京时间）"


def _until(at: str, lang: Language) -> str:
    """A term by its last day: midnight is the end of one."""
    local = from_stamp(at).astimezone(SHANGHAI)
    if (local.hour, local.minute) != (0, 0):
        return _when(at, lang)
    last = local - timedelta(days=1)
    if lang == "en":
        return f"the end of {last:%Y-%m-%d} (Beijing time)"
    return f"{last.year} 年 {last.month} 月 {last.day} 日 24:00（北京时间）"


def _term(blocked: Blocked, lang: Language) -> str:
    days = f"{blocked.days:g}"
    if blocked.until is not None:
        until = _until(blocked.until, lang)
        return f"by {until}." if lang == "en" else f"{until} 之前。"
    return f"within {days} days of being told." if lang == "en" else f"收到本通知之日起 {days} 日内。"


def _way(lang: Language) -> str:
    if lang == "en":
        return (
            "tell the platform on which you published that you appeal, and why. Another person decides, never the one "
            "who decided before; if the block is overturned, the content is shown again and nothing counts against you."
        )
    return (
        "向您发布内容的平台提出申诉并说明理由。申诉由另一名审核人员处理，作出原决定的人员不参与；"
        "撤销的，内容恢复展示，且不计入任何违规记录。"
    )
