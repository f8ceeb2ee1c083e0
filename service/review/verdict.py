"""What a person's or a deadline's word makes of a verdict, pure: findings confirmed, set aside or added. No clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from moderation.policy import effects_of
from moderation.types import PERSON, SHANGHAI, TEXT, Action, Evidence, Exemption, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moderation.ruleset import Ruleset
    from moderation.types import Content, Verdict


class Reason(NamedTuple):
    """Why somebody blocks a content: a category, and the article that they rest it on if they say so."""

    category: str
    article: str = ""


class Wrong(NamedTuple):
    """What is wrong with a ruling: the member that it is about, and a machine code."""

    place: tuple[str | int, ...]
    code: str


def unfounded(reasons: Sequence[Reason], ruleset: Ruleset) -> list[Wrong]:
    """The reasons that no category, or no law, of the ruleset stands for."""
    wrong: list[Wrong] = []
    for number, reason in enumerate(reasons):
        if reason.category not in ruleset.categories:
            wrong.append(Wrong(("reasons", number, "category"), "unknown_category"))
        if reason.article and reason.article not in ruleset.laws:
            wrong.append(Wrong(("reasons", number, "article"), "unknown_article"))
    return wrong


def passed(before: Verdict) -> Verdict:
    """A person lets a content pass: what was found no longer counts, and stays to be seen as exempt."""
    return before._replace(
        action=Action.PASS,
        severity=0,
        categories=(),
        effects=(),
        evidence=(),
        exemptions=(*before.exemptions, *map(_set_aside, before.evidence)),
        missing=(),
        degraded=False,
    )


def blocked(before: Verdict, reasons: Sequence[Reason], content: Content, ruleset: Ruleset) -> Verdict:
    """A person blocks a content: findings of the categories named are confirmed, the others set aside.

    A category that nobody had found becomes evidence of theirs, over the whole of the content's first part with text.
    All reasons must be known to the ruleset (see ``unfounded``).
    """
    articles = _articles(reasons)
    kept = [_confirmed(item, articles[item.category]) for item in before.evidence if item.category in articles]
    found = {item.category for item in kept}
    own = [_own(category, given, content, ruleset) for category, given in articles.items() if category not in found]
    evidence = sorted((*kept, *own), key=lambda item: (-item.severity, -item.weight))
    categories = tuple(dict.fromkeys(item.category for item in evidence))
    severity = max((item.severity for item in evidence), default=0)
    return before._replace(
        action=Action.BLOCK,
        severity=severity,
        categories=categories,
        effects=effects_of(Action.BLOCK, severity, [ruleset.categories[code] for code in categories]),
        evidence=tuple(evidence),
        exemptions=(
            *before.exemptions,
            *(_set_aside(item) for item in before.evidence if item.category not in articles),
        ),
        missing=(),
        degraded=False,
    )


def timed_out(before: Verdict, action: Action) -> Verdict:
    """Nobody looked in time, so the scene's policy acts: the findings stay as they were."""
    return before._replace(action=action, missing=(), degraded=False)


def labels_of(before: Verdict, verdict: Verdict, heads: Mapping[str, str]) -> dict[str, int]:
    """What a person's verdict teaches about the text: 1 or 0 for each head of the text expert that it settles.

    ``heads`` are those that the scene counts, and the category of each. What was neither suspected nor named stays
    open.
    """
    suspected = {item.category for item in before.evidence if item.source == TEXT} | set(before.categories)
    return {
        head: int(category in verdict.categories)
        for head, category in heads.items()
        if category in verdict.categories or category in suspected
    }


def _articles(reasons: Iterable[Reason]) -> dict[str, tuple[str, ...]]:
    """The articles that were given for each category, in the order in which they were."""
    given: dict[str, tuple[str, ...]] = {}
    for category, article in reasons:
        known = given.get(category, ())
        given[category] = (*known, article) if article and article not in known else known
    return given


def _confirmed(item: Evidence, articles: tuple[str, ...]) -> Evidence:
    """The finding, with the articles of the person before its own."""
    return item._replace(laws=(*articles, *(law for law in item.laws if law not in articles)))


def _own(category: str, articles: tuple[str, ...], content: Content, ruleset: Ruleset) -> Evidence:
    known = ruleset.categories[category]
    day = content.at.astimezone(SHANGHAI).date()
    part = next((part for part in content.parts if part.text), content.parts[0])
    laws = articles or ruleset.citations(known.laws, day)
    if not (articles or ruleset.policies[content.scene].is_advertising(content)):
        laws = ruleset.beyond_advertising(laws)
    return Evidence(PERSON, category, PERSON, known.severity, Span(part.name, 0, len(part.text)), laws=laws)


def _set_aside(item: Evidence) -> Exemption:
    return Exemption(item.category, item.rule, item.span, PERSON, item.note)
