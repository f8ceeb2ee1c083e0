"""What happened in a live room as a sentence: programs have the facts, whoever reads over their shoulder has this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.http import figures, html
from service.http.language import called

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language
    from moderation.ruleset import Ruleset
    from service.live.talk import Event

_CLOCK = len("2026-11-28 12:00")
_MOST_REASONS = 3
_GROUPS = {"action": "action", "advice": "advice", "by": "decided_by", "level": "level", "signal": "signal"}
_ENDS = {"up": ("up", "down"), "on": ("on", "off")}


def in_words(event: Event, lang: Language, ruleset: Ruleset) -> str:
    """The sentence; the name of its kind where there is none for it."""
    facts = event.facts
    name = f"happened.{event.kind}"
    for fact, (yes, no) in _ENDS.items():
        if fact in facts:
            name += f"_{yes if facts[fact] else no}"
    if name not in html.WORDS[lang]:
        return html.named(lang, "event", event.kind)
    gaps = {fact: html.named(lang, _GROUPS[fact], str(facts[fact])) for fact in _GROUPS if fact in facts}
    category = str(facts.get("category", ""))
    gaps["category"] = called(ruleset.categories.get(category), lang, "" if category == "*" else category)
    for fact in ("message", "seconds", "target"):
        gaps[fact] = str(facts.get(fact, ""))
    gaps["more"] = "".join(_more(facts, lang, ruleset))
    return html.say(lang, name, **gaps).rstrip("：: ")


def _more(facts: Mapping[str, Any], lang: Language, ruleset: Ruleset) -> list[str]:
    """What is said only where it is known: how slow, until when, for what reasons."""
    told = []
    if "advice" in facts and facts.get("seconds"):
        told.append(html.say(lang, "happened.slow", seconds=facts["seconds"]))
    if facts.get("until"):
        told.append(html.say(lang, "happened.until", until=figures.clock(facts["until"])[:_CLOCK]))
    if facts.get("reasons") and facts.get("on", True) and facts.get("up", True):
        reasons = [
            f"{html.named(lang, 'source', one['source'])} · "
            f"{called(ruleset.categories.get(one['category']), lang, one['category'])} ×{one['times']}"
            for one in facts["reasons"][:_MOST_REASONS]
        ]
        told.append(html.say(lang, "happened.because", reasons=html.say(lang, "audit.and").join(reasons)))
    return told
