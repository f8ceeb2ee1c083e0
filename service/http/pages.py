"""The pages of reviewers: signing in, my work, the queue, search, one content's history. Each asks the interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from moderation.types import Action, Scene
from service.http import html, records, reviews, views
from service.http.console import HTML, page_lang, safe_next, shell, theme_of, told_by
from service.http.filters import first, following, given, in_days, wrong, wrong_days
from service.http.problems import Problem
from service.http.review_answers import together
from service.http.review_wire import MOST_LISTED
from service.http.routes import route
from service.review import states
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.ruleset import Category
    from service.http.answer import Answer
    from service.http.console import Shell
    from service.http.serving import Asked

_KINDS: Final = ("content", "report", "complaint", "appeal", "sample")
_FILTERS: Final = ("state", "kind", "scene", "category", "level", "holder", "day", "cursor")
_IN_HAND: Final = 500
"""The desk shows no more of what somebody holds."""
_BAD_REQUEST: Final = (400, 404, 422)
_NOT_FOUND: Final = 404


@route("GET", "/login", policy=Right.OPEN, gives=HTML, shown=False)
async def login(asked: Asked) -> Answer:
    """Where people sign in."""
    request = asked.request
    return html.page(
        "login.html",
        lang=page_lang(request),
        theme=theme_of(request),
        csrf="",
        me=None,
        next=safe_next(request.query.get("next", "/")),
        tenant=request.query.get("tenant", ""),
        over=request.query.get("why") == "over",
    )


@route("GET", "/", policy=Right.SELF, gives=HTML, shown=False, shows_texts=True)
async def desk(asked: Asked) -> Answer:
    """My work: what I hold, and what waits; for who only reads, the item asked for, or the queue."""
    page = await shell(asked)
    if Right.REVIEW not in page.me["rights"]:
        chosen = asked.request.query.get("item")
        return await (_read_only(asked, chosen) if chosen else _queue(asked))
    asked.textless = True
    held, counts = await _in_hand(asked)
    ruleset = asked.serving.service.rules.engine.ruleset
    usual = ruleset.variants.sounds.usual
    return page.page(
        "desk.html",
        held=held,
        open=asked.request.query.get("item", ""),
        back=asked.request.query.get("from", ""),
        undo=states.UNDO_SECONDS,
        counts=_counts(counts),
        categories=[
            {"code": one.code, "name": page.category(one.code), "find": _sought(one, usual), "laws": one.laws}
            for one in ruleset.categories.values()
        ],
    )


@route("GET", "/desk/{id}", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def item(asked: Asked) -> Answer:
    """One item, large: a part of my work."""
    page = await shell(asked)
    return page.part("item.html", item=await _item(asked, asked.found["id"]))


@route("GET", "/desk/{id}/suggestion", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def suggestion(asked: Asked) -> Answer:
    """What could be written instead: a part of my work."""
    page = await shell(asked)
    told = await told_by(asked, reviews.review_suggestion, found={"id": asked.found["id"]})
    return page.part("suggestion.html", told=told)


@route("GET", "/items/{id}", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def read_item(asked: Asked) -> Answer:
    """One item for somebody who only reads."""
    return await _read_only(asked, asked.found["id"])


@route("GET", "/queue", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def queue(asked: Asked) -> Answer:
    """The queue with its filters, counts and saved views."""
    return await _queue(asked)


@route("GET", "/search", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def search(asked: Asked) -> Answer:
    """Search in contents."""
    page = await shell(asked)
    query = given(asked, "text", "from", "to", "scene", "category", "action", "creator_id", "cursor")
    found, error, told = None, wrong_days(query, "from", "to", page.lang), {}
    asked.textless = not query or bool(error)
    if not asked.textless:
        try:
            told = await told_by(asked, records.search, query=in_days(query, "from", "to"))
        except Problem as problem:
            if problem.status not in _BAD_REQUEST:
                raise
            error = wrong(problem, page.lang)
        else:
            found = told["items"]
    more = following(query, told.get("next"))
    filters = _search_filters(page)
    return page.page(
        "search.html", query=query, filters=filters, found=found, error=error, told=told, next=more, lacking=""
    )


@route("GET", "/contents", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def find_content(asked: Asked) -> Answer:
    """The whole history of the content whose id was typed."""
    sought = asked.request.query.get("id", "").strip()
    try:
        return await _history(asked, sought)
    except Problem as problem:
        if problem.kind != "not-found":
            raise
    asked.textless, asked.shown = True, ""
    page = await shell(asked)
    lacking = html.say(page.lang, "search.not_there" if sought else "search.no_id")
    nothing: dict[str, Any] = {
        "query": {},
        "filters": _search_filters(page),
        "found": None,
        "error": "",
        "told": {},
        "next": "",
    }
    return page.page("search.html", status=_NOT_FOUND, lacking=lacking, **nothing)


@route("GET", "/contents/{id}", policy=Right.READ, gives=HTML, shown=False, shows_texts=True)
async def content(asked: Asked) -> Answer:
    """The whole history of one content."""
    return await _history(asked, asked.found["id"])


ROUTES: Final = (login, desk, item, suggestion, read_item, queue, search, find_content, content)


async def _in_hand(asked: Asked) -> tuple[list[str], dict[str, Any]]:
    """What the caller holds, by id, and how much there is to do. Whoever claims over the interface may hold many."""
    held: list[str] = []
    query = {"holder": "me", "state": "held", "limit": str(MOST_LISTED)}
    while True:
        listed = await told_by(asked, reviews.reviews, query=query)
        held += [item["id"] for item in listed["items"]]
        if listed["next"] is None or len(held) >= _IN_HAND:
            return held, listed["counts"]
        query["cursor"] = listed["next"]


def _sought(category: Category, usual: Mapping[str, str]) -> str:
    """What finds a category: its code, its names, and the Chinese one in pinyin, whole and by initials."""
    said = [usual.get(char, char) for char in category.zh]
    return " ".join((category.code, category.zh, category.en.lower(), "".join(said), "".join(one[0] for one in said)))


async def _history(asked: Asked, content_id: str) -> Answer:
    page = await shell(asked)
    asked.shown = content_id
    return page.page("content.html", told=await told_by(asked, records.whole_history, found={"id": content_id}))


async def _queue(asked: Asked) -> Answer:
    page = await shell(asked)
    query = given(asked, *_FILTERS)
    if query.get("holder") and query.get("state") == "waiting":
        query["state"] = "held"
    listed = await told_by(asked, reviews.reviews, query=query)
    saved = await told_by(asked, views.saved_views) if Right.SELF in page.me["rights"] else {"views": []}
    return page.page(
        "queue.html",
        items=listed["items"],
        query=query,
        tallies=tallies(listed["counts"]),
        here=_tally_of(query),
        filters=_filters(page),
        views=saved["views"],
        asked=urlencode(query),
        first=first(query),
        next=following(query, listed["next"]),
    )


def tallies(counts: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """What to call each count, the count, and where its items are listed."""
    told = _counts({**counts, "waiting": together(counts["waiting"], counts["escalated"])})
    places = {
        "waiting": "state=waiting",
        "escalated": "state=waiting&level=1",
        "held": "state=held",
        "overdue": "state=overdue",
        "closed_today": "state=closed&day=today",
    }
    return [(name, told[name], f"/queue?{query}") for name, query in places.items()]


def _tally_of(query: Mapping[str, str]) -> str:
    """The name of the count whose items a list shows; empty where none counts them."""
    state = query.get("state") or ("held" if query.get("holder") else "waiting")
    if state == "waiting":
        return {"0": "", "1": "escalated"}.get(query.get("level", ""), "waiting")
    return "closed_today" if state == "closed" else state


def _counts(counts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {name: f"{count['n']}{'+' if count['more'] else ''}" for name, count in counts.items()}


async def _read_only(asked: Asked, review: str) -> Answer:
    page = await shell(asked)
    asked.shown = review
    return page.page("read.html", item={**await _item(asked, review), "steps": []})


async def _item(asked: Asked, review: str) -> dict[str, Any]:
    return await told_by(asked, reviews.one_review, found={"id": review})


def _filters(page: Shell) -> list[tuple[str, list[tuple[str, str]]]]:
    lang = page.lang
    return [
        ("kind", [(code, html.named(lang, "kind", code)) for code in _KINDS]),
        _scenes(page),
        ("category", page.categories()),
        ("level", [("0", html.say(lang, "queue.first_level")), ("1", html.say(lang, "item.senior"))]),
    ]


def _search_filters(page: Shell) -> list[tuple[str, list[tuple[str, str]]]]:
    actions = [(one.code, html.named(page.lang, "action", one.code)) for one in Action]
    return [_scenes(page), ("category", page.categories()), ("action", actions)]


def _scenes(page: Shell) -> tuple[str, list[tuple[str, str]]]:
    return "scene", [(scene.value, html.named(page.lang, "scene", scene.value)) for scene in Scene]
