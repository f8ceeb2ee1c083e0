"""Reads what a request asks into a model: its query, or a small JSON body. Raises problems that name every field."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from service.http.body import read_body
from service.http.problems import Fault, Problem, faults_of
from service.http.wire import nul_places, read_json

if TYPE_CHECKING:
    from service.http.serving import Asked

M = TypeVar("M", bound=BaseModel)


def asked_query(asked: Asked, model: type[M]) -> M:
    """The query of a request. Raises ``Problem``: a parameter twice, one that is unknown or wrong, a NUL."""
    query = asked.request.query
    twice = [name for name in set(query) if len(query.getall(name)) > 1]
    if twice:
        raise Problem("invalid-query", faults=[Fault((name,), "unique_value") for name in sorted(twice)])
    sent = dict(query)
    try:
        read = model.model_validate(sent)
    except ValidationError as error:
        raise Problem("invalid-query", faults=faults_of(error)) from None
    if hidden := tuple(nul_places(sent, ())):
        raise Problem("invalid-query", faults=hidden)
    return read


async def asked_body(asked: Asked, model: type[M]) -> M:
    """The body of a request, which is small. Raises ``Problem``."""
    settings = asked.serving.settings
    body = await read_body(asked.request, limit=settings.max_body, deadline=settings.body_deadline)
    sent = read_json(body)
    if hidden := tuple(nul_places(sent, ())):
        raise Problem("invalid-body", faults=hidden)
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise Problem("invalid-body", faults=faults_of(error)) from None


def cursor_of(*places: str | int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(orjson.dumps(places)).decode().rstrip("=")


def places_in(cursor: str | None, *kinds: type) -> list[str | int] | None:
    """What a cursor holds; ``None`` for none. Raises ``Problem`` for one that was not made here."""
    if cursor is None:
        return None
    try:
        places = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        places = None
    if not isinstance(places, list) or [type(place) for place in places] != list(kinds):
        raise Problem("invalid-query", faults=[Fault(("cursor",), "cursor")])
    return places
