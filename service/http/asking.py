"""Reads what a request asks for into its model: a JSON body, a query, the place in a list. Errors name the field."""

from __future__ import annotations

import asyncio
import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictStr, StringConstraints, ValidationError

from service.http.body import read_body
from service.http.problems import Fault, Problem, faults_of
from service.http.wire import NUL, nul_places, read_json
from service.store.people_reads import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.http.serving import Asked

M = TypeVar("M", bound=BaseModel)
Given = TypeVar("Given")
Mark = TypeVar("Mark", str, int)

_THREAD_FROM: Final = 64 * 1024
_LONGEST_CURSOR: Final = 400
_MOST: Final = (1 << 63) - 1
"""The highest number that a database holds."""


class ListQuery(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[StrictStr, StringConstraints(max_length=_LONGEST_CURSOR)] = Field(
        default="", description="next of the answer before"
    )
    limit: int = Field(default=100, ge=1, le=500)


async def read_plain(asked: Asked, *, limit: int) -> Any:
    """The JSON body as plain data, of at most ``limit`` bytes. Raises ``Problem``."""
    return await _read(asked, read_json, limit)


async def read_as(asked: Asked, model: type[M], *, limit: int | None = None) -> M:
    """The JSON body as a model; ``limit`` in bytes, one content's when left out. Raises ``Problem``."""
    return await _read(asked, partial(_modelled, model), limit or asked.serving.settings.max_body)


async def _read(asked: Asked, read: Callable[[bytes], Given], limit: int) -> Given:
    deadline = asked.serving.settings.body_deadline
    body = await read_body(asked.request, limit=limit, deadline=deadline)
    return await asyncio.to_thread(read, body) if len(body) > _THREAD_FROM else read(body)


def _modelled(model: type[M], body: bytes) -> M:
    sent = read_json(body)
    if NUL in body and (hidden := tuple(nul_places(sent, ()))):
        raise Problem("invalid-body", faults=hidden)
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise Problem("invalid-body", faults=faults_of(error)) from None


def read_query(asked: Asked, model: type[M]) -> M:
    """The query as a model. Raises ``Problem``: a parameter twice, one that is unknown or wrong, a NUL."""
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


def known_categories(asked: Asked) -> dict[str, str]:
    """What the sentence about an unknown category needs: those that there are."""
    return {"known": ", ".join(asked.serving.service.rules.engine.ruleset.categories)}


def not_categories(asked: Asked, named: Iterable[tuple[tuple[str | int, ...], str]]) -> list[Fault]:
    """A fault for each place whose category the rules do not know."""
    known = asked.serving.service.rules.engine.ruleset.categories
    return [
        Fault(place, "unknown_category", known_categories(asked)) for place, category in named if category not in known
    ]


def check_category(asked: Asked, category: str | None) -> None:
    """Raises ``Problem`` for a category that the rules do not know: its list would be empty, without a word."""
    if category and (faults := not_categories(asked, [(("category",), category)])):
        raise Problem("invalid-query", faults=faults)


def cursor_of(*places: str | int) -> str:
    """An opaque cursor."""
    return urlsafe_b64encode(orjson.dumps(places)).decode().rstrip("=")


def places_in(cursor: str | None, *kinds: type) -> list[str | int] | None:
    """What a cursor holds; ``None`` for none. Raises ``Problem`` for one that was not made here."""
    if not cursor:
        return None
    try:
        places = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        places = None
    if not isinstance(places, list) or [type(place) for place in places] != list(kinds) or not _held(places):
        raise Problem("invalid-query", faults=[Fault(("cursor",), "cursor")])
    return places


def _held(places: Sequence[str | int]) -> bool:
    """Whether a database holds such numbers; lists are counted from nothing on."""
    return all(isinstance(place, str) or 0 <= place <= _MOST for place in places)


def place_of(cursor: str, start: tuple[str, str] = START) -> tuple[str, str]:
    """Time and id of the last one seen, from a cursor; ``start`` without one. Raises ``Problem``."""
    places = places_in(cursor, str, str)
    return start if places is None else (str(places[0]), str(places[1]))


def mark_of(cursor: str, start: Mark) -> Mark:
    """The number or the name of the last one seen, from a cursor; ``start`` without one. Raises ``Problem``."""
    places = places_in(cursor, type(start))
    return start if places is None else cast(Mark, places[0])


def cut(found: Sequence[Given], limit: int) -> tuple[Sequence[Given], Given | None]:
    """A page of what was found, and its last one where more follow: ask for one more than ``limit``."""
    page = found[:limit]
    return page, page[-1] if len(found) > limit else None
