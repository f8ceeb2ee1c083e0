"""The routes of live shows: their start and end, hosts' checks, corrections, what people do in rooms; and alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from moderation.types import SHANGHAI
from service.duty.alerts import NoAlert
from service.duty.gaps import Filed, gaps
from service.duty.products import UnknownProduct
from service.duty.proofs import LAST, UnknownProof
from service.duty.scripts import UnknownScript
from service.duty.sheet import sheet
from service.duty.shows import ACTS, AlreadyLive, Check, Doing, NewShow, UnknownShow, act_in
from service.http.answer import Answer, tell
from service.http.asking import cursor_of, cut, place_of, read_as, read_query
from service.http.duty_answers import (
    ActsShown,
    AlertShown,
    AlertsShown,
    CorrectionsShown,
    ShowShown,
    ShowsShown,
    act_told,
    alert_told,
    correction_told,
    show_told,
)
from service.http.duty_wire import ActRequest, AlertsQuery, CheckSent, ExportQuery, ShowRequest, ShowsQuery
from service.http.filed import today
from service.http.problems import Fault, Problem
from service.http.room_wire import room_of
from service.http.routes import BODY, CALLED, route
from service.ids import from_stamp, stamp
from service.plan import Happening
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.duty.shows import Correction, Show
    from service.http.serving import Asked

_WRITES: Final = (*BODY, "csrf", *CALLED)
_COLUMNS: Final = (
    "id",
    "room_id",
    "show_id",
    "host_id",
    "category",
    "claim_content_id",
    "claim_start",
    "claim_end",
    "claim_offset_ms",
    "claim",
    "claimed_at",
    "correction_content_id",
    "correction_start",
    "correction_end",
    "correction_offset_ms",
    "correction",
    "corrected_at",
    "seconds_between",
    "recorded_at",
)


@route(
    "POST",
    "/v1/shows",
    policy=Right.SCRIPTS,
    takes=ShowRequest,
    gives=ShowShown,
    problems=("already-live", "busy", *_WRITES),
)
async def start_show(asked: Asked) -> Answer:
    """Start a show in a room, with the checks of its hosts; tells what Order 117 asks for and is not there."""
    sent, caller, duties = await read_as(asked, ShowRequest), asked.who, asked.serving.service.duties
    hosts = tuple(Check(one.host_id, one.method, one.checked_on) for one in sent.hosts)
    _past(hosts, [("hosts", place) for place in range(len(hosts))])
    try:
        await duties.products.named(caller.tenant, sent.products)
        await duties.proofs.named(caller.tenant, sent.proofs)
        if sent.script_id is not None:
            await duties.scripts.version(caller.tenant, sent.script_id)
        new = NewShow(sent.room_id, hosts, sent.products, sent.proofs, sent.script_id)
        show = await duties.shows.start(caller, new, asked.serving.service.rooms.tell)
    except UnknownProduct:
        raise Problem("invalid-body", faults=[Fault(("products",), "unknown_product")]) from None
    except UnknownProof:
        raise Problem("invalid-body", faults=[Fault(("proofs",), "unknown_proof")]) from None
    except UnknownScript:
        raise Problem("invalid-body", faults=[Fault(("script_id",), "unknown_script")]) from None
    except AlreadyLive as error:
        raise Problem("already-live", members={"show": error.show}) from None
    return await _told(asked, show)


def _past(checks: Sequence[Check], places: Sequence[tuple[str | int, ...]]) -> None:
    """Refuses checks that are yet to come: they stay on record, and hold for half a year from their day."""
    day = today()
    faults = [
        Fault((*place, "checked_on"), "day_ahead")
        for check, place in zip(checks, places, strict=True)
        if check.checked_on > day
    ]
    if faults:
        raise Problem("invalid-body", faults=faults)


@route("GET", "/v1/shows", policy=Right.SHOWS, query=ShowsQuery, gives=ShowsShown, problems=("invalid-query", *CALLED))
async def shows(asked: Asked) -> Answer:
    """List shows, what began last first; of live ones those of all rooms, by room."""
    query, caller, duties = read_query(asked, ShowsQuery), asked.who, asked.serving.service.duties
    place = place_of(query.cursor, LAST)
    if query.state == "live":
        found = await duties.shows.live(caller.tenant, after=place[0] if query.cursor else "", limit=query.limit + 1)
    else:
        found = await duties.shows.listed(caller.tenant, before=place, limit=query.limit + 1)
    page, last = cut(found, query.limit)
    following = cursor_of(last.room if query.state == "live" else last.started_at, last.id) if last else None
    told = [show_told(one, await gaps_of(asked, one)) for one in page]
    return tell({"shows": told, "next": following})


@route("GET", "/v1/shows/{id}", policy=Right.SHOWS, gives=ShowShown, problems=("not-found", *CALLED))
async def one_show(asked: Asked) -> Answer:
    """Read a show."""
    return await _told(asked, await _show(asked))


@route(
    "POST",
    "/v1/shows/{id}/checks",
    policy=Right.SCRIPTS,
    takes=CheckSent,
    gives=ShowShown,
    problems=("not-found", *_WRITES),
)
async def check_host(asked: Asked) -> Answer:
    """Record that the identity of a host was checked."""
    sent = await read_as(asked, CheckSent)
    check = Check(sent.host_id, sent.method, sent.checked_on)
    _past([check], [()])
    try:
        show = await asked.serving.service.duties.shows.check(asked.who, asked.found["id"], check)
    except UnknownShow:
        raise Problem("not-found") from None
    return await _told(asked, show)


@route("POST", "/v1/shows/{id}/end", policy=Right.SCRIPTS, gives=ShowShown, problems=("not-found", "csrf", *CALLED))
async def end_show(asked: Asked) -> Answer:
    """End a show; one that has ended stays as it is."""
    duties = asked.serving.service.duties
    try:
        show = await duties.shows.end(asked.who, asked.found["id"])
    except UnknownShow:
        raise Problem("not-found") from None
    await duties.binding.renew(asked.who.tenant)
    return await _told(asked, show)


@route(
    "GET",
    "/v1/shows/{id}/corrections",
    policy=Right.SHOWS,
    query=ExportQuery,
    gives=CorrectionsShown,
    file="text/csv",
    problems=("not-found", "invalid-query", *CALLED),
    shows_texts=True,
)
async def corrections(asked: Asked) -> Answer:
    """What was corrected on air: the words, the words that took them back, offsets; as JSON or as a CSV file."""
    query, show = read_query(asked, ExportQuery), await _show(asked)
    found = await asked.serving.service.duties.shows.corrections(
        asked.who.tenant, show.room, since=show.started_at, until=show.ended_at
    )
    if query.format == "csv":
        body = sheet(_COLUMNS, [_row(one) for one in found])
        name = f'attachment; filename="corrections-{show.id}.csv"'
        return Answer(body, headers={"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": name})
    return tell({"corrections": [correction_told(one, seconds(one)) for one in found]})


@route(
    "POST",
    "/v1/rooms/{room}/acts",
    policy=Right.LIVE,
    takes=ActRequest,
    gives=ActsShown,
    problems=("not-found", "busy", *_WRITES),
)
async def act_in_room(asked: Asked) -> Answer:
    """Mute somebody, for a while or for good, warn the host or write a note; receivers hear of all but notes."""
    sent, caller, room = await read_as(asked, ActRequest), asked.who, room_of(asked.found["room"])
    blank = not (sent.target or "").strip()
    if blank and (sent.kind in {"mute", "unmute"} or sent.target is not None):
        raise Problem("invalid-body", faults=[Fault(("target",), "missing")])
    text = sent.text.strip()
    if sent.kind == "note" and not text:
        raise Problem("invalid-body", faults=[Fault(("text",), "missing")])
    if sent.minutes is not None and sent.kind != "mute":
        raise Problem("invalid-body", faults=[Fault(("minutes",), "extra_forbidden")])
    until = stamp(datetime.now(UTC) + timedelta(minutes=sent.minutes)) if sent.minutes else None
    doing, service = Doing(sent.kind, sent.target, text, until), asked.serving.service
    if doing.kind == "note":
        await service.duties.shows.act(caller, room, doing)
        return await _acts(asked)
    happening = Happening(ACTS[doing.kind].partition(".")[2], doing.told)
    await service.rooms.tell(caller.tenant, room, happening, work=lambda visit: act_in(visit, caller, room, doing))
    return await _acts(asked)


@route("GET", "/v1/rooms/{room}/acts", policy=Right.SHOWS, gives=ActsShown, problems=("not-found", *CALLED))
async def room_acts(asked: Asked) -> Answer:
    """What people did in a room, newest first."""
    return await _acts(asked)


@route(
    "GET", "/v1/alerts", policy=Right.SHOWS, query=AlertsQuery, gives=AlertsShown, problems=("invalid-query", *CALLED)
)
async def alerts(asked: Asked) -> Answer:
    """List alerts, newest first: those that nobody acknowledged, or all."""
    query, caller, duties = read_query(asked, AlertsQuery), asked.who, asked.serving.service.duties
    found = await duties.alerts.listed(
        caller.tenant, open_only=query.state == "open", before=place_of(query.cursor, LAST), limit=query.limit + 1
    )
    page, last = cut(found, query.limit)
    told = {
        "alerts": [alert_told(one) for one in page],
        "open": await duties.alerts.open(caller.tenant),
        "next": cursor_of(last.raised_at, last.id) if last else None,
    }
    return tell(told)


@route(
    "POST",
    "/v1/alerts/{id}/acknowledgement",
    policy=Right.LIVE,
    gives=AlertShown,
    problems=("not-found", "csrf", *CALLED),
)
async def acknowledge_alert(asked: Asked) -> Answer:
    """Say that one has seen an alert."""
    caller, alerts_, name = asked.who, asked.serving.service.duties.alerts, asked.found["id"]
    try:
        await alerts_.acknowledge(caller, name)
    except NoAlert:
        raise Problem("not-found") from None
    found = await alerts_.one(caller.tenant, name)
    assert found is not None
    return tell(alert_told(found))


ROUTES: Final = (
    start_show,
    shows,
    one_show,
    check_host,
    end_show,
    corrections,
    act_in_room,
    room_acts,
    alerts,
    acknowledge_alert,
)


async def gaps_of(asked: Asked, show: Show) -> list[dict[str, str]]:
    """What a show lacks; one that has ended, on its own last day."""
    duties, tenant = asked.serving.service.duties, asked.who.tenant
    products = [found for name in show.products if (found := await duties.products.one(tenant, name))]
    script = await duties.scripts.approved(tenant, show.script) if show.script else None
    named = dict.fromkeys((*show.proofs, *(script.proofs if script is not None else ())))
    proofs = [proof for name in named if (proof := await duties.proofs.one(tenant, name))]
    day = from_stamp(show.ended_at).astimezone(SHANGHAI).date() if show.ended_at else today()
    return [gap._asdict() for gap in gaps(show, Filed(products, proofs, script), day)]


def seconds(one: Correction) -> float:
    """The time between a claim and its correction."""
    return (from_stamp(one.corrected_at) - from_stamp(one.claimed_at)).total_seconds()


def _row(one: Correction) -> list[str]:
    return [
        one.id,
        one.room,
        one.show or "",
        one.host or "",
        one.category,
        one.content_id,
        str(one.start),
        str(one.end),
        "" if one.offset_ms is None else str(one.offset_ms),
        one.words,
        one.claimed_at,
        one.correction_id,
        str(one.correction_start),
        str(one.correction_end),
        "" if one.correction_offset_ms is None else str(one.correction_offset_ms),
        one.correction_words,
        one.corrected_at,
        str(seconds(one)),
        one.recorded_at,
    ]


async def _show(asked: Asked) -> Show:
    try:
        return await asked.serving.service.duties.shows.one(asked.who.tenant, asked.found["id"])
    except UnknownShow:
        raise Problem("not-found") from None


async def _told(asked: Asked, show: Show) -> Answer:
    return tell(show_told(show, await gaps_of(asked, show)))


async def _acts(asked: Asked) -> Answer:
    found = await asked.serving.service.duties.shows.acts(asked.who.tenant, room_of(asked.found["room"]))
    return tell({"acts": [act_told(one) for one in found]})
