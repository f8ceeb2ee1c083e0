"""The idempotency key of requests that would do twice what is asked for twice, and what an answer says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from service.http.answer import JSON
from service.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

_KEY_SHAPE: Final = re.compile(r"[\x21-\x7e]{1,255}")
IDEMPOTENT: Final = {"Idempotency-Key": "the same key with the same body gets the stored answer, made once"}
REPLAY_HEADER: Final = {"Idempotent-Replayed": "true, where the answer is a stored one"}
"""What the document says of the headers."""


def key_of(request: web.BaseRequest) -> str | None:
    """The idempotency key of a request. Raises ``Problem`` for what is none."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY_SHAPE.fullmatch(key):
        raise Problem("invalid-idempotency-key")
    return key


def replaying(*, replayed: bool) -> Mapping[str, str]:
    """The headers of an answer that may be one which was given before."""
    return {**JSON, "Idempotent-Replayed": "true"} if replayed else JSON
