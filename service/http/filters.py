"""What a form of a page asks for: the filters that were set, days as moments, where a list goes on, what is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from service.http import html
from service.review.marks import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reasons import Language
    from service.http.problems import Problem
    from service.http.serving import Asked

_MIDNIGHT: Final = "T00:00:00+08:00"


def given(asked: Asked, *names: str) -> dict[str, str]:
    """The filters that were set; an empty field of a form sets none."""
    query = asked.request.query
    return {name: query[name] for name in names if query.get(name)}


def first(query: Mapping[str, str]) -> str:
    """The query of a list's first page."""
    return urlencode({name: value for name, value in query.items() if name != "cursor"})


def following(query: Mapping[str, str], cursor: str | None) -> str:
    """The query of a list's next page; empty where there is none."""
    return urlencode({**query, "cursor": cursor}) if cursor else ""


def in_days(query: Mapping[str, str], since: str, until: str) -> dict[str, str]:
    """The query as the interface takes it: two of its fields are days of Shanghai, both included."""
    asked = dict(query)
    for name, days in ((since, 0), (until, 1)):
        if name in asked:
            try:
                asked[name] = f"{date.fromisoformat(asked[name]) + timedelta(days=days)}{_MIDNIGHT}"
            except (ValueError, OverflowError):
                del asked[name]
    return asked


def wrong_days(query: Mapping[str, str], since: str, until: str, lang: Language) -> str:
    """What is wrong with the days of a form: one that is none, or an end before the beginning; empty if nothing is."""
    days = []
    for name in (since, until):
        if name in query:
            try:
                days.append(date.fromisoformat(query[name]))
            except ValueError:
                return html.say(lang, "search.no_day", day=visible(query[name]))
    return "" if days == sorted(days) else html.say(lang, "search.from_after_to")


def wrong(problem: Problem, lang: Language) -> str:
    """What is wrong with the fields of a form."""
    return " ".join(fault["msg"] for fault in problem.told(lang).get("errors", ()))
