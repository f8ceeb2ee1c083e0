"""The pages of live commerce: scripts with their reports, what is on file, alerts. Each asks the interface."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from service.duty.products import WARNED
from service.http import charts, filed, html, pulse, rooms, scripts, shows
from service.http.console import HTML, shell, told_by
from service.http.filters import given
from service.http.problems import Problem
from service.http.routes import route
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moderation.liverules import RiskRules
    from service.http.answer import Answer
    from service.http.console import Shell
    from service.http.routes import Route
    from service.http.serving import Asked

_MOST_CHOICES: Final = "200"
_IDS: Final = {"proof": "id", "product": "product_id"}
_LEVELS: Final = ("red", "amber", "green")


@route("GET", "/scripts", policy=Right.SHOWS, gives=HTML, shown=False, shows_texts=True)
async def script_list(asked: Asked) -> Answer:
    """Host scripts, and a way to file one."""
    page = await shell(asked)
    listed = await told_by(asked, scripts.scripts, query=given(asked, "cursor"))
    return page.page("scripts.html", **listed, **await _on_file(asked))


@route("GET", "/scripts/{id}", policy=Right.SHOWS, gives=HTML, shown=False, shows_texts=True)
async def script_page(asked: Asked) -> Answer:
    """One script: its sentences with what the law says of them, its versions, its approval."""
    page, found = await shell(asked), {"id": asked.found["id"]}
    query = {"version": version} if (version := asked.request.query.get("version")) else {}
    script = await told_by(asked, scripts.one_script, found=found, query=query)
    report = await told_by(asked, scripts.script_report, found=found, query=query)
    versions = (await told_by(asked, scripts.script_versions, found=found))["versions"]
    people = await page.names_of([script["filed_by"], script["approved_by"]])
    return page.page(
        "script.html",
        script=script,
        report=report,
        versions=versions,
        newest=versions[0]["version"] == script["version"],
        people=people,
        **await _on_file(asked),
    )


@route("GET", "/scripts/{id}/diff", policy=Right.SHOWS, gives=HTML, shown=False, shows_texts=True)
async def script_changes(asked: Asked) -> Answer:
    """Two versions of a script beside each other."""
    page, found, query = await shell(asked), {"id": asked.found["id"]}, asked.request.query
    asked_for = {name: query.get(name, "") for name in ("from", "to")}
    told = await told_by(asked, scripts.script_diff, found=found, query=asked_for)
    return page.page(
        "script_diff.html",
        script_id=found["id"],
        runs=[(same, list(lines)) for same, lines in groupby(told["lines"], lambda line: line["kind"] == "same")],
        from_=asked_for["from"],
        to=asked_for["to"],
    )


@route("GET", "/files", policy=Right.SHOWS, gives=HTML, shown=False)
async def on_file(asked: Asked) -> Answer:
    """Proofs and products with their certificates, a page of each at a time, and a way to file them.

    One that is named, as by an alert, comes first where its page is another.
    """
    page, soon = await shell(asked), (filed.today() + WARNED).isoformat()
    query = given(asked, "proof", "product", "proofs", "products")
    proofs = await _page_of(asked, "proof", filed.proofs, filed.one_proof, query)
    products = await _page_of(asked, "product", filed.products, filed.one_product, query)
    lists = {"industries": _industries(asked), "papers": _papers(page)}
    return page.page("files.html", **proofs, **products, **lists, soon=soon)


@route("GET", "/alerts", policy=Right.SHOWS, gives=HTML, shown=False)
async def alert_list(asked: Asked) -> Answer:
    """Alerts: those that nobody acknowledged, or all."""
    page = await shell(asked)
    state = "all" if asked.request.query.get("state") == "all" else "open"
    told = await told_by(asked, shows.alerts, query={"state": state, **given(asked, "cursor")})
    named = [one["subject"] for one in told["alerts"] if one["kind"].startswith("proof.")]
    proofs = await asked.serving.service.duties.proofs.standing(page.me["tenant"], named)
    claims = {name: list(proof.value.claims) for name, proof in proofs.items()}
    return page.page("alerts.html", state=state, alerts_listed=told["alerts"], claims=claims, next=told["next"])


@route("GET", "/live", policy=Right.SHOWS, gives=HTML, shown=False)
async def wall(asked: Asked) -> Answer:
    """The live wall: rooms by risk, and shows that are on in rooms where nobody has spoken for a while, or yet."""
    page = await shell(asked)
    listed = (await told_by(asked, rooms.rooms, query={"limit": _MOST_CHOICES}))["items"]
    live = (await told_by(asked, shows.shows, query={"state": "live", "limit": _MOST_CHOICES}))["shows"]
    on = {one["room_id"]: one for one in live}
    spoken = {one["room"]: one for one in listed if one["judged"]}
    quiet = ({one["room"] for one in listed} | on.keys()) - spoken.keys()
    summed = {room: sum(reason["points"] for reason in one["reasons"]) for room, one in spoken.items()}
    found = [{**one, "at": "", "points": summed[room]} for room, one in spoken.items()]
    found += [await _quiet(asked, room) for room in quiet]
    found.sort(key=lambda one: (_LEVELS.index(one["level"]), -one["points"], one["room"]))
    return page.page("live.html", rooms=found, on=on)


@route("GET", "/live/{room}", policy=Right.SHOWS, gives=HTML, shown=False, shows_texts=True)
async def room_page(asked: Asked) -> Answer:
    """One room: its chart, what is said in it with marks, the script beside the speech, what people did."""
    page = await shell(asked)
    room = asked.found["room"]
    told = await told_by(asked, pulse.pulse, found={"room": room})
    is_open = asked.serving.service.rooms.lane(asked.who.tenant, room) is not None
    if not (is_open or told["show"] or told["stream"] or told["acts"]):
        title, why = html.say(page.lang, "live.no_room"), html.say(page.lang, "live.no_room_why")
        raise Problem("not-found", members={"title": title, "detail": why})
    live = asked.serving.service.rules.engine.ruleset.live
    lines = [] if live is None else _lines(live.risk, told["level"])
    drawn = charts.minutes(told["minutes"], lines, (datetime.now(UTC), told["points"]))
    return page.page("room.html", one={**told, "stream": folded(told["stream"])}, drawn=drawn)


ROUTES: Final = (wall, room_page, script_list, script_page, script_changes, on_file, alert_list)


def folded(stream: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What happened, with neighbours that are the same outcome as one: ``texts`` are the messages that it was about."""
    told: list[dict[str, Any]] = []
    for one in stream:
        outcome = [one["facts"].get(name) for name in ("action", "by")] if one["kind"] == "ruling" else None
        if told and outcome is not None and outcome == told[-1]["outcome"]:
            told[-1]["texts"].append(one["text"])
        else:
            told.append({**one, "outcome": outcome, "texts": [one.get("text", "")]})
    return told


def _lines(rules: RiskRules, level: str) -> list[dict[str, Any]]:
    """Where each level of risk begins, and where the one that stands is lifted."""
    begins = {"amber": rules.amber, "red": rules.red}
    lines = [{"level": name, "points": points, "lifted": False} for name, points in begins.items()]
    if level in begins:
        lines.append({"level": level, "points": begins[level] * rules.down_milli // 1000, "lifted": True})
    return lines


async def _quiet(asked: Asked, room: str) -> dict[str, Any]:
    """A room in which nobody has spoken since it was opened: how it stood before, and since when."""
    _, at = await asked.serving.service.rooms.last(asked.who.tenant, room)
    return {"room": room, "at": at, **await pulse.standing(asked, room)}


async def _on_file(asked: Asked) -> dict[str, Any]:
    """The products and proofs that can be chosen."""
    query = {"limit": _MOST_CHOICES}
    products = (await told_by(asked, filed.products, query=query))["products"]
    proofs = (await told_by(asked, filed.proofs, query=query))["proofs"]
    return {"products": products, "proofs": proofs}


async def _page_of(asked: Asked, what: str, many: Route, one: Route, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of what is on file, and the query of the page after it."""
    place, name = f"{what}s", query.get(what, "")
    told = await told_by(asked, many, query={"cursor": query.get(place, ""), "limit": _MOST_CHOICES})
    listed, key = told[place], _IDS[what]
    if name and all(row[key] != name for row in listed):
        try:
            listed.insert(0, await told_by(asked, one, found={"id": name}))
        except Problem as problem:
            if problem.kind != "not-found":
                raise
    others = {other: value for other, value in query.items() if other in {"proofs", "products"} - {place}}
    more = urlencode({place: told["next"], **others}) if told["next"] else ""
    return {place: listed, f"more_{place}": more}


def _papers(page: Shell) -> list[tuple[str, str]]:
    """The kinds of certificates that the rules know, and what they are called."""
    known_kinds = page.asked.serving.service.rules.engine.ruleset.industries.numbers
    return [(code, page.certificate(code)) for code in known_kinds]


def _industries(asked: Asked) -> list[str]:
    return list(asked.serving.service.rules.engine.ruleset.industries.industries)
