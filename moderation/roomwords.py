"""Puts what a room found into words: what a crowd did, in its numbers. Only the codes of ``moderation.room``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moderation.reasons import Language
    from moderation.types import Evidence

_WORDS = {
    "split": (
        "与{seconds}秒内的消息连读（{people}人，共{pieces}条{reading}）",
        "read together with messages of {seconds} s ({pieces} by {people} person(s){reading})",
    ),
    "same": ("同一人{seconds}秒内把同一内容发了{times}次", "one person said this {times} times in {seconds} s"),
    "burst": ("同一人{seconds}秒内连发{times}条", "one person sent {times} messages in {seconds} s"),
    "rate": ("同一人约{seconds}秒内发了{times}条", "one person sent some {times} messages in {seconds} s"),
    "crowd": ("{people}人在{seconds}秒内发同一内容", "{people} people said this within {seconds} s"),
    "raid": (
        "{seconds}秒内{people}人发同一内容，其中{fresh}人是新账号或首次发言",
        "{people} people said this within {seconds} s, {fresh} of them new or speaking first",
    ),
    "echo": (
        "与{seconds}秒前被拦截的内容相似度{share_milli}‰",
        "nearly what was blocked {seconds} s ago (similarity {share_milli} in 1000)",
    ),
    "reply": ("在违规消息之后{seconds}秒跟着回应", "answers a violation of {seconds} s ago"),
    "spell": ("引导他人拼写不便直说的内容", "asks others to spell what may not be said"),
}
BACKWARDS = ("，倒着读", ", backwards")
"""What is said of pieces that read backwards."""


def behaviour(item: Evidence, lang: Language) -> str:
    """What was done, in one phrase; the rule's own name where it is not known any more, as in old decisions."""
    rule = item.rule.partition(".")[2]
    words = _WORDS.get(rule)
    if words is None:
        return rule
    facts: dict[str, int | str] = dict.fromkeys(("seconds", "people", "pieces", "times", "share_milli"), 0)
    facts |= dict(item.facts)
    facts["fresh"] = facts.get("newcomers", facts.get("first", 0))
    facts["reading"] = BACKWARDS[lang == "en"] if facts.get("backwards") else ""
    return words[lang == "en"].format(**facts)
