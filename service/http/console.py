"""What every page of the console is made from: who looks at it, in which language, and what the interface tells them.

A page asks the same handlers that clients ask, under the same rights: there is no second way to the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import orjson
from multidict import CIMultiDict

from service.http import accounts, html
from service.http.answer import Answer
from service.http.browser import SESSION, cookie
from service.http.language import LANGUAGES, called
from service.http.problems import Problem, forbidden
from service.http.serving import Asked, lang_of
from service.review.checks import grim
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiohttp import web

    from moderation.reasons import Language
    from service.http.routes import Route

HTML: Final = "text/html"
_THEMES: Final = ("light", "dark")
_SEE_OTHER: Final = 303
_UNAUTHORIZED: Final = 401
_INTERFACE: Final = "/v1/"


class Place(NamedTuple):
    """A page of the console, the key that leads there after ``g``, and the right that it takes."""

    name: str
    path: str
    key: str
    right: Right
    below: str = ""
    """Where its own pages are, if not below its path."""

    def holds(self, path: str) -> bool:
        """Whether a page is this one, or one below it: ``/live/a-room`` below ``/live``, nothing below ``/``."""
        above = (self.path, self.below) if self.path != "/" else (self.below,)
        return path == self.path or any(one and (path == one or path.startswith(f"{one}/")) for one in above)


SECTIONS: Final = {
    "review": (
        Place("work", "/", "d", Right.REVIEW),
        Place("queue", "/queue", "q", Right.READ, "/items"),
        Place("search", "/search", "s", Right.READ, "/contents"),
        Place("try", "/try", "t", Right.SELF),
        Place("quality", "/quality", "u", Right.QUALITY),
    ),
    "rooms": (
        Place("live", "/live", "l", Right.SHOWS),
        Place("scripts", "/scripts", "c", Right.SHOWS),
        Place("files", "/files", "f", Right.SHOWS),
        Place("alerts", "/alerts", "a", Right.SHOWS),
    ),
    "creators": (
        Place("creators", "/creators", "o", Right.CREATORS),
        Place("boosts", "/boosts", "b", Right.CREATORS),
        Place("trials", "/formula", "v", Right.CREATORS),
    ),
    "rules": (
        Place("lexicons", "/lexicons", "w", Right.READ),
        Place("rulesets", "/rulesets", "r", Right.READ),
        Place("terms", "/terms", "e", Right.QUALITY),
    ),
    "record": (
        Place("audit", "/audit", "h", Right.AUDIT),
        Place("exports", "/exports", "x", Right.AUDIT),
        Place("retention", "/retention", "k", Right.AUDIT),
    ),
    "house": (
        Place("people", "/people", "p", Right.PEOPLE),
        Place("notices", "/notices", "n", Right.NOTICES),
        Place("system", "/system", "y", Right.READ),
    ),
}
"""The pages by what they are for: the bar names the sections, and below it stand the pages of the one that is open."""


@dataclass(frozen=True, slots=True)
class Shell:
    """Who looks, and how: what each page needs besides its own matter."""

    asked: Asked
    lang: Language
    me: Mapping[str, Any]
    csrf: str
    alerts: int = 0
    """How many nobody has acknowledged."""

    def page(self, template: str, **values: Any) -> Answer:
        """A page for this person, with the places that their rights lead to."""
        return html.page(
            template,
            lang=self.lang,
            theme=theme_of(self.asked.request),
            me=self.me,
            csrf=self.csrf,
            sections=self.sections(),
            category=self.category,
            industry=self.industry,
            certificate=self.certificate,
            law=self.law,
            grim=self.grim,
            **values,
        )

    def sections(self) -> list[dict[str, Any]]:
        """The sections and the places in them that this person's rights lead to."""
        rights, path = self.me["rights"], self.asked.request.path
        if path == "/" and Right.REVIEW not in rights:  # who only reads is shown the queue there
            path = "/queue"
        listed: list[dict[str, Any]] = []
        for name, places in SECTIONS.items():
            found: list[dict[str, Any]] = []
            allowed = [place for place in places if place.right in rights]
            for place in allowed:
                count = self.alerts if place.name == "alerts" else None
                found.append({**place._asdict(), "here": place.holds(path), "count": count})
            if found:
                here = any(place.holds(path) for place in allowed)
                count = next((one["count"] for one in found if one["count"] is not None), None)
                listed.append({"name": name, "places": found, "here": here, "count": count})
        return listed

    def part(self, template: str, **values: Any) -> Answer:
        """A part of a page, for a script that puts it in its place."""
        values |= {"category": self.category, "industry": self.industry, "law": self.law, "grim": self.grim}
        return html.page(template, lang=self.lang, **values)

    async def names_of(self, ids: Iterable[str | None]) -> dict[str, str]:
        """What people and keys of the tenant are called, by their ids."""
        service, tenant, asked = self.asked.serving.service, self.me["tenant"], sorted({one for one in ids if one})
        labels = await service.keys.labels(tenant, asked)
        keys = {id_: html.say(self.lang, "people.key", label=label) for id_, label in labels.items()}
        return {**keys, **await service.desk_reads.names(tenant, asked)}

    def category(self, code: str) -> str:
        """What a category is called."""
        return called(self.asked.serving.service.rules.engine.ruleset.categories.get(code), self.lang, code)

    def categories(self) -> list[tuple[str, str]]:
        """The categories, and what they are called."""
        return [(code, self.category(code)) for code in self.asked.serving.service.rules.engine.ruleset.categories]

    def grim(self, *codes: str) -> bool:
        """Whether one of these categories is folded away until somebody wants to see it."""
        return not grim(self.asked.serving.service.rules.engine.ruleset.categories).isdisjoint(codes)

    def industry(self, code: str | None) -> str:
        """What an industry is called; one that the rules do not know is its own name."""
        code = code or ""
        return called(self.asked.serving.service.rules.engine.ruleset.industries.industries.get(code), self.lang, code)

    def law(self, ref: str) -> str:
        """What an article is called."""
        return self.asked.serving.service.rules.engine.ruleset.cited(ref, self.lang)

    def certificate(self, code: str) -> str:
        """What a kind of certificates is called; one that the rules do not know is its own name."""
        return called(self.asked.serving.service.rules.engine.ruleset.industries.numbers.get(code), self.lang, code)


async def shell(asked: Asked) -> Shell:
    """Who looks at a page: a person, or a key, which sees what it may and has no session to act in."""
    caller = asked.who
    alerts = await asked.serving.service.duties.alerts.open(caller.tenant) if Right.SHOWS in caller.rights else 0
    if not caller.session:
        me = {"id": caller.id, "tenant": caller.tenant, "name": caller.id, "role": "", "rights": sorted(caller.rights)}
        return Shell(asked, page_lang(asked.request), me, "", alerts)
    told = await told_by(asked, accounts.current_session)
    return Shell(asked, page_lang(asked.request), told["user"], told["csrf"], alerts)


async def told_by(
    asked: Asked,
    route: Route,
    *,
    found: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a route of the interface tells this caller, who needs the right for it. Raises ``Problem``."""
    if asked.caller is None or route.policy not in asked.caller.rights:
        raise forbidden(route.policy)
    request = asked.request
    headers = CIMultiDict(request.headers)
    headers["Accept-Language"] = page_lang(request)
    # What the path of the page holds is in ``found``; taken as a path once more, a ``?`` in it would begin the query.
    inner = request.clone(method="GET", rel_url=f"/?{urlencode(query or {})}", headers=headers)
    answer = await route.answer(Asked(inner, asked.serving, found or {}, asked.caller))
    told: dict[str, Any] = orjson.loads(cast(Answer, answer).body)
    return told


def page_lang(request: web.BaseRequest) -> Language:
    """The language that was chosen, else the one that the browser asks for."""
    chosen = cookie(request, "lang")
    return next((lang for lang in ("zh", "en") if lang == chosen and lang in LANGUAGES), None) or lang_of(request)


def theme_of(request: web.BaseRequest) -> str:
    """``light`` or ``dark`` where one was chosen; empty to follow the system."""
    chosen = cookie(request, "theme")
    return chosen if chosen in _THEMES else ""


def see_other(path: str) -> Answer:
    """Sends the browser to another page."""
    return Answer(b"", status=_SEE_OTHER, headers={"Location": path, "Cache-Control": "no-store"})


def safe_next(path: str) -> str:
    """Where to go after signing in: a path of this service, whatever was asked for."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable() or "\\" in path:
        return "/"
    return path


def wants_page(request: web.BaseRequest) -> bool:
    """Whether a person with a browser waits for the answer, not a program or a script."""
    return HTML in request.headers.get("Accept", "") and not request.path.startswith(_INTERFACE)


def refusal(problem: Problem, request: web.BaseRequest, page: Shell | None) -> Answer:
    """A problem as a page, for who is signed in with all the others; who is not is asked to do so and comes back."""
    if problem.status == _UNAUTHORIZED and request.method == "GET":
        over = "&why=over" if cookie(request, SESSION) else ""
        return see_other(f"/login?next={quote(safe_next(request.path_qs), safe='')}{over}")
    lang = page_lang(request)
    told = problem.told(lang)
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in told.get("errors", ())]
    detail = " ".join(faults) or told["detail"]
    if page is not None and problem.kind == "forbidden":
        detail = html.say(lang, "refused.role", role=html.named(lang, "role", page.me["role"]))
    values = {"status": problem.status, "title": told["title"], "detail": detail, "back": _came_from(request)}
    if page is not None:
        return page.page("refused.html", **values)
    return html.page("refused.html", lang=lang, theme=theme_of(request), csrf="", me=None, **values)


def _came_from(request: web.BaseRequest) -> str:
    """The page of this service from which somebody came; empty where that is not known, or was this one."""
    came = urlsplit(request.headers.get("Referer", ""))
    path = urlunsplit(("", "", came.path, came.query, ""))
    own = came.netloc == request.headers.get("Host") and path != request.path_qs
    return safe_next(path) if own else ""
