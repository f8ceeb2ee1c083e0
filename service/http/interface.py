"""Puts the interface together around a running service: routes, limits, rates. No socket is opened here."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import orjson

from service.http import (
    accounts,
    appeals,
    assets,
    audit,
    boosts,
    content,
    creators,
    exports,
    filed,
    lexicon,
    lexicons,
    meta,
    pages,
    pages_audit,
    pages_creators,
    pages_house,
    pages_live,
    pages_quality,
    pages_rules,
    pulse,
    quality,
    records,
    reports,
    retention,
    reviews,
    rooms,
    rulesets,
    scripts,
    shows,
    stream,
    terms,
    views,
    webhooks,
)
from service.http.dispatch import table
from service.http.duty_wire import ProductRequest
from service.http.frame import Frame
from service.http.rates import Rates
from service.http.routes import openapi
from service.http.seen import Looks
from service.http.serving import Serving
from service.http.wire import Limits, ModerationRequest
from service.metrics import Metrics
from service.version import installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from service.http.routes import Route
    from service.live.rooms import Rooms
    from service.logs import AccessLog
    from service.wiring import Service

ROUTES: Final = (
    *content.ROUTES,
    *reviews.ROUTES,
    *reports.ROUTES,
    *quality.ROUTES,
    *appeals.ROUTES,
    *creators.ROUTES,
    *boosts.ROUTES,
    *records.ROUTES,
    *filed.ROUTES,
    *scripts.ROUTES,
    *shows.ROUTES,
    *pulse.ROUTES,
    *rooms.ROUTES,
    *stream.ROUTES,
    *lexicon.ROUTES,
    *lexicons.ROUTES,
    *rulesets.ROUTES,
    *terms.ROUTES,
    *accounts.ROUTES,
    *views.ROUTES,
    *webhooks.ROUTES,
    *audit.ROUTES,
    *exports.ROUTES,
    *retention.ROUTES,
    *meta.ROUTES,
    *pages.ROUTES,
    *pages_creators.ROUTES,
    *pages_house.ROUTES,
    *pages_audit.ROUTES,
    *pages_live.ROUTES,
    *pages_quality.ROUTES,
    *pages_rules.ROUTES,
    *assets.ROUTES,
)


def interface(service: Service, *, access: AccessLog, routes: Sequence[Route] = ROUTES) -> Frame:
    """The interface of ``service``. Raises ``ValueError`` for two routes on one method and path."""
    settings = service.settings
    metrics = Metrics()
    metrics.watch(
        "qingliu_ready", "Whether the service can do its work, as /readyz says.", lambda: service.health().ready
    )
    metrics.watch("qingliu_ledger_waiting", "Decisions waiting for the disk.", lambda: service.ledger.waiting)
    metrics.watch("qingliu_acts_unsigned", "Acts that no checkpoint covers yet.", lambda: service.audit.log.unsigned)
    metrics.watch("qingliu_batches_waiting", "Batches that are not answered yet.", service.moderation.batches.total)
    service.ledger.on_group = metrics.committed
    if (hearing := service.hearing) is not None:
        metrics.watch("qingliu_expert_waiting", "Contents waiting for the text expert.", lambda: hearing.waiting)
        hearing.on_heard = metrics.heard
    relay = service.relay
    metrics.watch("qingliu_notices_waiting", "Deliveries of notices that wait.", lambda: relay.waiting)
    metrics.watch("qingliu_notices_dead", "Deliveries that were given up.", lambda: relay.dead)
    metrics.watch("qingliu_notices_delivered", "Deliveries since the start.", lambda: relay.delivered)
    metrics.watch("qingliu_notices_failed", "Attempts that failed since the start.", lambda: relay.failed)
    streams = stream.Streams(most=settings.live_streams, silence=settings.live_silence)
    _watch_rooms(metrics, service.rooms, streams)
    serving = Serving(
        service=service,
        settings=settings,
        moderation=service.moderation,
        metrics=metrics,
        limits=Limits(
            content_chars=settings.max_content_chars,
            batch_items=settings.max_batch_items,
            batch_chars=settings.max_batch_chars,
            industries=lambda: service.rules.engine.ruleset.industries.industries,
        ),
        streams=streams,
        looks=Looks(service.ledger, clock=monotonic),
        document=_document(routes, service.rules.engine.ruleset.industries.industries),
        version=installed(),
    )
    rates = Rates(limit=settings.rate_limit, window=settings.rate_window, clock=monotonic)
    return Frame(
        table=table(routes),
        keys=service.keys,
        sessions=service.sessions,
        rates=rates,
        access=access,
        serving=serving,
    )


def _document(routes: Sequence[Route], industries: Iterable[str]) -> bytes:
    """The API document, with the industries that these rules know wherever a request may name one."""
    told = orjson.dumps(openapi(routes, version=installed()))
    if not (codes := list(industries)):
        return told
    document = orjson.loads(told)
    for model in (ModerationRequest, ProductRequest):
        field = document["components"]["schemas"][model.__name__]["properties"]["industry"]
        field["anyOf"][0] = {"type": "string", "enum": codes}
    return orjson.dumps(document)


def _watch_rooms(metrics: Metrics, keeper: Rooms, streams: stream.Streams) -> None:
    metrics.watch("qingliu_rooms_open", "Live rooms in memory.", lambda: keeper.open)
    metrics.watch(
        "qingliu_rooms_waiting", "Messages of live rooms that are not judged yet.", lambda: keeper.turns.waiting
    )
    metrics.watch("qingliu_streams", "Open streams of live rooms.", lambda: len(streams.streams))
    metrics.watch("qingliu_streams_waiting_bytes", "What waits for their clients.", lambda: streams.waiting)
    metrics.watch("qingliu_streams_slow", "Streams closed for slowness since the start.", lambda: streams.slow)
    keeper.turns.on_verdict = metrics.told_in_rooms
