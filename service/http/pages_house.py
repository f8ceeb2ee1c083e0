"""The pages of the house: try a text, people and keys, the system; and where browsers tell of broken policy."""

from __future__ import annotations

import platform
import sqlite3
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from moderation.render import render, render_suggestion
from moderation.types import Role as Account
from moderation.types import Scene
from service.experts import name_of
from service.http import accounts, html, reviews, webhooks
from service.http.answer import Answer
from service.http.body import read_body
from service.http.console import HTML, Shell, page_lang, shell, told_by
from service.http.language import called
from service.http.lexicon import ruleset_of
from service.http.pages import tallies
from service.http.routes import route
from service.http.wire import read_one
from service.rights import Right, Role, Scope

if TYPE_CHECKING:
    from moderation.types import Content
    from service.http.serving import Asked

_EXAMPLES: Final = (
    ("ad", "这款面霜全網最＊低价，七天祛斑，加我薇❤了解"),
    ("live_speech", "家人们，最后十单，拍完就没有了，不买后悔一辈子"),
    ("ugc", "今天去公园看了银杏，拍了好多照片，推荐大家周末去"),
)
_MOST_ROUTES: Final = 24
_MOST_RECEIVERS: Final = 20
_MOST_DEAD: Final = 50


@route("GET", "/try", policy=Right.SELF, gives=HTML, shown=False)
async def trying(asked: Asked) -> Answer:
    """Try a text."""
    page = await shell(asked)
    industries = asked.serving.service.rules.engine.ruleset.industries.industries
    return page.page(
        "try.html",
        scenes=[scene.value for scene in Scene],
        roles=[role.value for role in Account],
        industries=[(code, called(one, page.lang)) for code, one in industries.items()],
        examples=_EXAMPLES,
    )


@route("POST", "/try/verdict", policy=Right.SELF, gives=HTML, shown=False)
async def tried(asked: Asked) -> Answer:
    """Judge a text and file nothing: a part of the page."""
    content = await _content(asked)
    started = perf_counter()
    verdict = await asked.serving.service.moderation.judged(asked.who.tenant, content)
    took = f"{(perf_counter() - started) * 1000:.1f}"
    page = Shell(asked, page_lang(asked.request), {}, "")
    told = render(verdict, content, asked.serving.service.rules.engine.ruleset, lang=page.lang)
    return page.part("verdict.html", told=told, parts=content.parts, took=took, error="")


@route("POST", "/try/rewrite", policy=Right.SELF, gives=HTML, shown=False)
async def rewritten(asked: Asked) -> Answer:
    """What could be written instead: a part of the page."""
    content = await _content(asked)
    suggested = await asked.serving.service.moderation.suggested(asked.who.tenant, content)
    page = Shell(asked, page_lang(asked.request), {}, "")
    told = render_suggestion(suggested.suggestion, content, suggested.ruleset, page.lang)
    return page.part("suggestion.html", told=told)


@route("GET", "/people", policy=Right.PEOPLE, gives=HTML, shown=False)
async def people(asked: Asked) -> Answer:
    """People and keys."""
    page = await shell(asked)
    users = await told_by(asked, accounts.users, query=_going_on(asked, "cursor"))
    keys = await told_by(asked, accounts.keys, query=_going_on(asked, "keys"))
    return page.page(
        "people.html",
        users=users["users"],
        next=urlencode({"cursor": users["next"]}) if users["next"] else "",
        api_keys=keys["keys"],
        next_keys=urlencode({"keys": keys["next"]}) if keys["next"] else "",
        roles=[role.value for role in Role],
        scopes=[scope.value for scope in Scope],
    )


@route("GET", "/notices", policy=Right.NOTICES, gives=HTML, shown=False)
async def notices(asked: Asked) -> Answer:
    """Receivers of notices, and what did not reach them."""
    page = await shell(asked)
    listed = (await told_by(asked, webhooks.webhooks))["webhooks"]
    dead = []
    for receiver in listed[:_MOST_RECEIVERS]:
        query = {"state": "dead", "limit": str(_MOST_DEAD)}
        told = await told_by(asked, webhooks.deliveries, found={"id": receiver["id"]}, query=query)
        dead += [{**one, "url": receiver["url"]} for one in told["deliveries"]]
    return page.page("notices.html", webhooks=listed, dead=sorted(dead, key=lambda one: one["at"], reverse=True))


@route("GET", "/system", policy=Right.READ, gives=HTML, shown=False)
async def system(asked: Asked) -> Answer:
    """Version, rules, queue depths, expert, ledger and latency."""
    page = await shell(asked)
    service, metrics = asked.serving.service, asked.serving.metrics
    counts = (await told_by(asked, reviews.reviews, query={"limit": "1"}))["counts"]
    depths = await service.archive.depths(asked.who)
    return page.page(
        "system.html",
        health=service.health(),
        tallies=tallies(counts),
        service=_service(asked),
        rules=_rules(asked),
        expert=_expert(asked),
        ledger=_ledger(asked),
        depths=depths,
        most=max([1, *(depth.waiting for depth in depths)]),
        latencies=metrics.latencies(most=_MOST_ROUTES),
    )


@route("POST", html.REPORTS_TO, policy=Right.OPEN, gives="text/plain", shown=False)
async def policy_broken(asked: Asked) -> Answer:
    """A browser tells that a page broke its policy: counted, not read."""
    asked.serving.metrics.policy_broken()
    return Answer(b"", headers={"Content-Type": "text/plain", "Cache-Control": "no-store"})


ROUTES: Final = (trying, tried, rewritten, people, notices, system, policy_broken)


def _going_on(asked: Asked, name: str) -> dict[str, str]:
    """Where a list of a page goes on."""
    return {"cursor": cursor} if (cursor := asked.request.query.get(name)) else {}


async def _content(asked: Asked) -> Content:
    serving = asked.serving
    body = await read_body(asked.request, limit=serving.settings.max_body, deadline=serving.settings.body_deadline)
    return read_one(body, tenant=asked.who.tenant, now=datetime.now(UTC), limits=serving.limits)


def _service(asked: Asked) -> list[tuple[str, Any]]:
    version = asked.serving.version
    broken = asked.serving.metrics.broken_policies
    return [
        ("version", version),
        ("python", platform.python_version()),
        ("sqlite", sqlite3.sqlite_version),
        ("csp", broken),
    ]


def _rules(asked: Asked) -> list[tuple[str, Any]]:
    ruleset = ruleset_of(asked)
    return [
        ("fingerprint", ruleset.fingerprint),
        ("categories", len(ruleset.categories)),
        ("terms", f"{len(ruleset.terms):,}"),
        ("own", len(ruleset.own)),
        ("claims", len(ruleset.claims.rules)),
        ("laws", len(ruleset.laws)),
    ]


def _expert(asked: Asked) -> list[tuple[str, Any]]:
    hearing = asked.serving.service.hearing
    if hearing is None:
        return [("weights", html.say(page_lang(asked.request), "system.off"))]
    return [
        ("weights", name_of(hearing.model)),
        ("heads", len(hearing.model.card.labels)),
        ("queue", hearing.waiting),
        ("missing", asked.serving.metrics.missing),
    ]


def _ledger(asked: Asked) -> list[tuple[str, Any]]:
    service, lang = asked.serving.service, page_lang(asked.request)
    ledger = service.ledger
    commits = asked.serving.metrics.commits()
    writable = html.say(lang, "app.yes" if ledger.trouble is None else "app.no")
    told: list[tuple[str, Any]] = [
        ("writable", writable),
        ("queue", ledger.waiting),
        ("batches", service.moderation.batches.total()),
        ("notices", service.relay.waiting),
        ("unsigned", service.audit.log.unsigned),
        ("commits", f"{commits.number:,}"),
        ("rows", f"{commits.rows:.1f}"),
        ("commit_ms", f"{commits.milliseconds:.2f}"),
    ]
    return [*told, ("trouble", ledger.trouble)] if ledger.trouble else told
