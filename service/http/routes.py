"""What a route declares, and the OpenAPI 3.1 document made of it. No route exists that does not say who may call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic.json_schema import models_json_schema

from service.http.browser import SESSION
from service.http.language import PROBLEMS
from service.http.problems import URN
from service.rights import Right

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from aiohttp import web
    from pydantic import BaseModel

    from service.http.answer import Answer
    from service.http.serving import Asked

    Answering = Callable[[Asked], Awaitable[Answer | web.WebSocketResponse[Any]]]

CALLED: Final = ("bad-request", "unauthorized", "forbidden", "rate-limited", "unavailable")
"""The problems of every route that is not open."""
BODY: Final = (
    "invalid-json",
    "body-timeout",
    "body-too-large",
    "unsupported-media-type",
    "expectation-failed",
    "invalid-body",
)
"""The problems of a body."""
_PROBLEM_HEADERS: Final = {
    401: {"WWW-Authenticate": "how to sign in, or which key is asked for"},
    429: {"Retry-After": "seconds until it may go well"},
    503: {"Retry-After": "seconds until it may go well"},
}
_DESCRIPTION: Final = (
    "Answers speak Chinese, or English to `Accept-Language: en`; codes are never translated. Errors are RFC 9457 "
    "problems: `errors` names each field (`loc`) and what was expected. A change that comes with a session bears "
    "`X-CSRF-Token`. Every answer has `X-Request-Id`, those to a caller `RateLimit`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path. ``gives`` is the answer's model, or its media type when it is not JSON."""

    method: str
    path: str
    policy: Right
    """What the caller must hold."""
    answer: Answering
    summary: str
    takes: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    gives: type[BaseModel] | str
    file: str = ""
    """The media type of what is given instead where the query asks for a file."""
    unready: type[BaseModel] | None = None
    """What a 503 that is an answer, not a problem, carries."""
    problems: tuple[str, ...] = ()
    headers: Mapping[str, str] | None = None
    """Of a request, and what they are for."""
    returns: Mapping[str, str] | None = None
    """Headers of an answer, and what they say."""
    shown: bool = True
    upgrades: bool = False
    """Whether the answer is a WebSocket."""
    shows_texts: bool = False
    """Whether a GET can show what users wrote, unmasked: a person who is shown it leaves an act, as every step does."""


def route(
    method: str, path: str, *, policy: Right, gives: type[BaseModel] | str, **declared: Any
) -> Callable[[Answering], Route]:
    """Makes a handler a route; the first line of its docstring is the summary. ``declared``: fields of ``Route``."""

    def declare(answer: Answering) -> Route:
        summary = (answer.__doc__ or "").partition("\n")[0]
        return Route(method=method, path=path, policy=policy, answer=answer, summary=summary, gives=gives, **declared)

    return declare


_KEY_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_SCHEMES: Final = {**_KEY_SCHEMES, "session": {"type": "apiKey", "in": "cookie", "name": SESSION}}
"""A person's cookie comes with ``X-CSRF-Token`` on all that is not a mere read."""
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": [URN + "invalid-body"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg", "type"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                    "type": {"type": "string"},
                },
            },
        },
    },
}


def openapi(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document. Its schemas come from the very models that parse requests."""
    shown = [one for one in routes if one.shown]
    models = {
        model for one in shown for model in (one.takes, one.gives, one.query, one.unready) if isinstance(model, type)
    }
    ordered = sorted(models, key=lambda model: model.__name__)
    refs, defined = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    schemas = {model: refs[model, "validation"] for model in ordered}
    paths: dict[str, dict[str, Any]] = {}
    for one in shown:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, schemas, defined["$defs"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Qingliu 清流",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": {**defined["$defs"], "Problem": _PROBLEM}, "securitySchemes": _SCHEMES},
    }


def _operation(one: Route, schemas: Mapping[Any, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": one.summary,
        "operationId": one.answer.__name__,
        "responses": _responses(one, schemas),
    }
    told["security"] = [{name: []} for name in _schemes(one.policy)]
    if parameters := [*_path_parameters(one), *_query_parameters(one, definitions), *_header_parameters(one)]:
        told["parameters"] = parameters
    if one.takes:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[one.takes]}}}
    return told


def _schemes(policy: Right) -> Iterable[str]:
    if policy is Right.OPEN:
        return ()
    return ("session",) if policy is Right.SELF else _SCHEMES


def _responses(one: Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    gives = one.gives
    content = {gives: _plain(gives)} if isinstance(gives, str) else {"application/json": {"schema": schemas[gives]}}
    if one.file:
        content[one.file] = _plain(one.file)
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content, **_told(one.returns)}}
    if one.upgrades:
        responses = {"101": {"description": "Switching Protocols"}}
    if one.unready:
        content = {"application/json": {"schema": schemas[one.unready]}}
        responses["503"] = {"description": "Not ready", "content": content}
    refused = () if one.query or one.policy is Right.OPEN else ("invalid-query",)
    for kind in (*one.problems, *refused):
        sentence = PROBLEMS[kind]
        known = responses.get(str(sentence.status))
        title = sentence.title["en"] if known is None else f"{known['description']}; {sentence.title['en']}"
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        headers = _told(_PROBLEM_HEADERS.get(sentence.status))
        responses[str(sentence.status)] = {"description": title, "content": content, **headers}
    return responses


def _plain(media: str) -> dict[str, Any]:
    """What is no JSON of a model: text, or whatever the media type says."""
    return {"schema": {"type": "string"} if media.startswith("text/") else {}}


def _told(headers: Mapping[str, str] | None) -> dict[str, Any]:
    """The headers of an answer, with what they say."""
    if not headers:
        return {}
    return {"headers": {name: {"description": why, "schema": {"type": "string"}} for name, why in headers.items()}}


def _path_parameters(one: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(one: Route, definitions: Mapping[str, Any]) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = definitions[one.query.__name__]
    needed = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _header_parameters(one: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "header", "required": False, "description": why, "schema": {"type": "string"}}
        for name, why in (one.headers or {}).items()
    ]
