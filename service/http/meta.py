"""The routes about the service itself: probes, metrics, the API document and its page. Open to all, and harmless."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import orjson
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from service.http.answer import Answer
from service.http.answers import Alive, Ready
from service.http.problems import Problem
from service.http.routes import route
from service.ids import from_stamp
from service.metrics import Backlog
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.http.serving import Asked

_STATIC: Final = Path(__file__).with_name("static")
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_JSON: Final = {**_SAFE, "Content-Type": "application/json", "Cache-Control": "no-store"}
_PAGE: Final = {**_SAFE, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _CSP}
_COUNT_SECONDS: Final = 1.0
"""The desk is counted no more often than this, however often anybody asks."""
_UNREADY: Final = 503


def _assets() -> Mapping[str, tuple[bytes, str]]:
    """The files of the API page by name. A closed list read once: no path from a request ever reaches the disk."""
    vendored = _STATIC / "vendor" / "swagger-ui"
    return {
        "docs.js": ((_STATIC / "docs.js").read_bytes(), "text/javascript; charset=utf-8"),
        "swagger-ui-bundle.js": ((vendored / "swagger-ui-bundle.js").read_bytes(), "text/javascript; charset=utf-8"),
        "swagger-ui.css": ((vendored / "swagger-ui.css").read_bytes(), "text/css; charset=utf-8"),
    }


_ASSETS: Final = _assets()
_DOCS: Final = (_STATIC / "docs.html").read_bytes()


@route("GET", "/healthz", policy=Right.OPEN, gives=Alive)
async def healthz(_: Asked) -> Answer:
    """Whether the process answers."""
    return Answer(b'{"status":"ok"}', headers=_JSON)


@route("GET", "/readyz", policy=Right.OPEN, gives=Ready, unready=Ready)
async def readyz(asked: Asked) -> Answer:
    """Whether the service can do its work: 503 with reasons when records cannot be written."""
    service = asked.serving.service
    health = service.health()
    told = {"ready": health.ready, "reasons": health.reasons, "ruleset": service.rules.engine.ruleset.fingerprint}
    return Answer(orjson.dumps(told), status=200 if health.ready else _UNREADY, headers=_JSON)


@route("GET", "/metrics", policy=Right.OPEN, gives="text/plain")
async def metrics(asked: Asked) -> Answer:
    """Prometheus metrics: counts and times, no contents and no names."""
    serving = asked.serving
    counted = monotonic()
    if counted - serving.metrics.reviews.counted >= _COUNT_SECONDS:
        waiting, since = await serving.service.desk_reads.backlog()
        serving.metrics.reviews = Backlog(waiting, None if since is None else from_stamp(since).timestamp(), counted)
    page = serving.metrics.page(ruleset=serving.service.rules.engine.ruleset.fingerprint)
    return Answer(page, headers={**_SAFE, "Content-Type": CONTENT_TYPE_LATEST})


@route("GET", "/openapi.json", policy=Right.OPEN, gives="application/json")
async def openapi_json(asked: Asked) -> Answer:
    """This document."""
    return Answer(asked.serving.document, headers=_JSON)


@route("GET", "/docs", policy=Right.OPEN, gives="text/html", shown=False)
async def docs(_: Asked) -> Answer:
    """The API page; works without a network."""
    return Answer(_DOCS, headers=_PAGE)


@route("GET", "/docs/{asset}", policy=Right.OPEN, gives="text/plain", shown=False)
async def docs_asset(asked: Asked) -> Answer:
    """A file of the API page."""
    found = _ASSETS.get(asked.found["asset"])
    if found is None:
        raise Problem("not-found")
    body, media = found
    return Answer(body, headers={**_SAFE, "Content-Type": media, "Cache-Control": "max-age=86400"})


ROUTES: Final = (healthz, readyz, metrics, openapi_json, docs, docs_asset)
