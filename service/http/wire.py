"""What clients may send, checked once at the edge: bytes become ``Content`` or faults. Nothing is judged here.

A JSON body is refused rather than repaired: duplicate keys, NaN, lone surrogates, NUL and unknown fields each name
themselves, because two readers that repair differently would judge different texts.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple, NoReturn

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from moderation.types import Author, Content, Part, Proof, Role, Scene
from service.draft import Draft
from service.floor import Breath
from service.http.problems import MOST_ERRORS, Fault, Problem, faults_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from pydantic import ValidatorFunctionWrapHandler
    from pydantic.config import JsonDict

NAME: Final = r"^[a-z][a-z0-9_]{0,31}$"
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FIRST_YEAR: Final = 1990
_END_YEAR: Final = 2100
_KEYS: Final = re.compile(rb'"[ \t\r\n]*:')
_GAPS: Final = (b'" ', b'"\t', b'"\r', b'"\n')
NUL: Final = b"\\u0000"
"""As JSON hides one: no other spelling of it is JSON."""
_MOST_KEYS: Final = 500
"""More fields than any valid content has: refused before each one costs an error of its own."""
LONGEST: Final = 200
_MOST_REACH: Final = 10**10
_THREAD_FROM: Final = 64 * 1024


def _moment(value: Any, parse: ValidatorFunctionWrapHandler) -> datetime:
    """An RFC 3339 time with an offset. Years far out overflow when moved to Shanghai, so they are refused."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        _refuse("datetime_rfc3339")
    try:
        moment: datetime = parse(value)
    except ValidationError:
        _refuse("datetime_rfc3339")
    if not _FIRST_YEAR <= moment.year < _END_YEAR:
        _refuse("datetime_range")
    return moment


def _refuse(kind: str) -> NoReturn:
    raise PydanticCustomError(kind, kind)


def _exactly_one_of_text_and_parts(schema: JsonDict) -> None:
    schema["oneOf"] = [{"required": ["text"]}, {"required": ["parts"]}]
    properties = schema["properties"]
    assert isinstance(properties, dict)
    for name in ("text", "parts"):
        field = properties[name]
        assert isinstance(field, dict)
        field.pop("default", None)


Short = Annotated[StrictStr, StringConstraints(min_length=1, max_length=LONGEST)]
When = Annotated[datetime, WrapValidator(_moment)]


_PUBLISHED: Final = (
    "RFC 3339 with offset; decides which law applies: for a day to come, the law that is known now to hold then"
)


class TextPart(BaseModel):
    """One named text of a content; spans in the answer name the part that they point into."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[StrictStr, StringConstraints(pattern=NAME)] = Field(description="lower-case name, unique")
    text: StrictStr


class ModerationRequest(BaseModel):
    """One content to judge. Give exactly one of ``text`` and ``parts``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_exactly_one_of_text_and_parts)

    content_id: Short | None = Field(default=None, description="your id; a new text under the same id is a new version")
    scene: Scene
    text: Annotated[StrictStr, StringConstraints(min_length=1)] = ""
    parts: Annotated[tuple[TextPart, ...], Field(min_length=1, max_length=50, fail_fast=True)] = ()
    creator_id: Short | None = None
    room_id: Short | None = None
    account_role: Role = Role.USER
    commercial: StrictBool | None = Field(
        default=None, description="null: derived from scene, role, cart link and claims in disguise"
    )
    has_cart_link: StrictBool = False
    industry: Short | None = Field(default=None, description="a code of docs/industries.md", examples=["cosmetic"])
    product: Short | None = None
    qualifications: Annotated[tuple[Short, ...], Field(max_length=50, fail_fast=True)] = Field(
        default=(), description="numbers of approvals and certificates on file", examples=[["国药准字Z19980456"]]
    )
    proofs: Annotated[tuple[Short, ...], Field(max_length=50, fail_fast=True)] = Field(
        default=(), description="ids of proofs on file for its claims"
    )
    reach: Annotated[StrictInt, Field(ge=0, le=_MOST_REACH)] | None = Field(
        default=None, description="how many people it may reach; what people look at first depends on it"
    )
    suggest: StrictBool = Field(default=False, description="also answer what could be written instead; costs more")
    published_at: When | None = Field(default=None, description=_PUBLISHED)


class BatchRequest(BaseModel):
    """Up to 1 000 contents; each gets its own result or error, in order."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ModerationRequest], Field(min_length=1)]


class _Envelope(BaseModel):
    """A batch whose items are looked at one by one, so that one bad item does not spoil the others."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[Any], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one request may bring."""

    content_chars: int
    batch_items: int
    batch_chars: int
    industries: Callable[[], Collection[str]] = tuple
    """The codes that a content may declare, as the rules have them now; none, and any is taken."""


class Malformed(NamedTuple):
    """An item that cannot be read, and what it called itself where that is readable."""

    id: str | None
    faults: tuple[Fault, ...]


_SCENES: Final = {scene.value: scene for scene in Scene}
_one = ModerationRequest.__pydantic_validator__
_batch = _Envelope.__pydantic_validator__


def read_one(body: bytes, *, tenant: str, now: datetime, limits: Limits) -> Content:
    """The content in a body. Raises ``Problem``."""
    sent = _parse(body)
    keys = _count_keys(sent)
    if _suspicious(body, keys):
        _look_for_duplicates(body)
    reading = _Reading(now, tenant, limits, nul=NUL in body)
    content = reading.plain(sent) or reading.content(sent, keys)
    if isinstance(content, Malformed):
        raise Problem("invalid-body", faults=content.faults)
    return content


async def read_batch(body: bytes, *, tenant: str, now: datetime, limits: Limits) -> list[Content | Malformed]:
    """The contents in a batch, each its own outcome. Raises ``Problem`` when the batch as a whole cannot be read."""
    sent = _parse(body)
    try:
        items = _batch.validate_python(sent).items
    except ValidationError as error:
        raise Problem("invalid-body", faults=faults_of(error)) from None
    if len(items) > limits.batch_items:
        raise _too_much("batch_too_long", limits.batch_items, len(items))
    keys = [_count_keys(item) for item in items]
    if _suspicious(body, 1 + sum(keys)):
        if len(body) > _THREAD_FROM:
            await asyncio.to_thread(_look_for_duplicates, body)
        else:
            _look_for_duplicates(body)
    reading = _Reading(now, tenant, limits, nul=NUL in body)
    read: list[Content | Malformed] = []
    chars = 0
    breath = Breath()
    for item, count in zip(items, keys, strict=True):
        content = reading.plain(item) or reading.content(item, count)
        read.append(content)
        if isinstance(content, Content):
            chars += sum([len(part.text) for part in content.parts])
        await breath.taken()
    if chars > limits.batch_chars:
        raise _too_much("batch_too_many_chars", limits.batch_chars, chars)
    return read


def read_json(body: bytes) -> Any:
    """The JSON of one content, not yet looked at. Raises ``Problem`` where two readers might read two things."""
    sent = _parse(body)
    if _suspicious(body, _count_keys(sent) + _keys_of_messages(sent)):
        _look_for_duplicates(body)
    return sent


def _keys_of_messages(sent: Any) -> int:
    messages = sent.get("messages") if isinstance(sent, dict) else None
    return sum(map(_count_keys, messages)) if isinstance(messages, list) else 0


def read_item(sent: Any, *, now: datetime, limits: Limits, tenant: str = "") -> Content | Malformed:
    """One content from plain data, wherever that came from."""
    return _Reading(now, tenant, limits, nul=True).content(sent, _count_keys(sent))


def wanting(body: bytes) -> list[bool]:
    """Which contents of a body that was read ask what could be written instead: one answer, or one an item.

    Most bodies do not name the field and hold no escaped Latin letter, and are not looked at a second time.
    """
    if b"suggest" not in body and b"\\u00" not in body:
        return []
    sent = orjson.loads(body)
    items = sent.get("items", [sent]) if isinstance(sent, dict) else []
    return [isinstance(item, dict) and item.get("suggest") is True for item in items]


def _too_much(kind: str, limit: int, actual: int) -> Problem:
    return Problem("invalid-body", faults=[Fault(("items",), kind, {"limit": limit, "actual": actual})])


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all contents of one request share. ``nul`` says whether one of them may hide a NUL."""

    now: datetime
    tenant: str
    limits: Limits
    nul: bool

    def plain(self, sent: Any) -> Content | None:
        """What most clients send: a scene, a text and perhaps an id, all in order. Everything else is for the model.

        Only for what our parser read, which lets no lone surrogate through.
        """
        if self.nul or type(sent) is not dict:
            return None
        scene, text, name = sent.get("scene"), sent.get("text"), sent.get("content_id", "")
        if type(scene) is not str or type(text) is not str or type(name) is not str:
            return None
        known = _SCENES.get(scene)
        if known is None or len(sent) != (3 if name else 2):
            return None
        if len(name) > LONGEST or not 0 < len(text) <= self.limits.content_chars:
            return None
        return Draft(known, (Part("text", text),), self.now, name, 1, self.tenant).done()

    def content(self, sent: Any, keys: int) -> Content | Malformed:
        """The content in plain data that has so many keys, or what is wrong with it."""
        # What must not even reach the model: so many fields that each would cost an error, and NUL anywhere.
        if keys > _MOST_KEYS:
            return _malformed(sent, Fault((), "too_many_fields"))
        if self.nul and (hidden := tuple(nul_places(sent, ()))):
            return _malformed(sent, *hidden)
        try:
            asked = _one.validate_python(sent)
        except ValidationError as error:
            return _malformed(sent, *faults_of(error))
        parts: tuple[Part, ...]
        if asked.text and not asked.parts and len(asked.text) <= self.limits.content_chars:
            parts = (Part("text", asked.text),)
        else:
            parts = tuple([Part(part.name, part.text) for part in asked.parts])
            if fault := _wrong_parts(asked, self.limits):
                return _malformed(sent, fault)
        if fault := wrong_industry(asked.industry, self.limits.industries):
            return _malformed(sent, fault)
        return Draft(
            asked.scene,
            parts,
            asked.published_at or self.now,
            asked.content_id or "",
            1,
            self.tenant,
            _author(asked.creator_id, asked.account_role),
            asked.room_id,
            asked.commercial,
            asked.has_cart_link,
            asked.industry,
            asked.product,
            asked.qualifications,
            asked.reach,
            proofs=tuple([Proof(id=name) for name in asked.proofs]),
        ).done()


def _wrong_parts(asked: ModerationRequest, limits: Limits) -> Fault | None:
    """What no single field can tell. Not a validator of the model: that costs as much as the model itself."""
    if bool(asked.text) == bool(asked.parts):
        return Fault((), "text_or_parts")
    if len({part.name for part in asked.parts}) < len(asked.parts):
        return Fault(("parts",), "part_names")
    chars = len(asked.text) + sum(len(part.text) for part in asked.parts)
    if chars > limits.content_chars:
        place = "text" if asked.text else "parts"
        return Fault((place,), "content_too_long", {"limit": limits.content_chars, "actual": chars})
    return None if chars else Fault(("parts",), "text_or_parts")


def wrong_industry(code: str | None, industries: Callable[[], Collection[str]]) -> Fault | None:
    """An industry that the rules do not know would be judged as none, without a word."""
    if code is None or code in (known := industries()) or not known:
        return None
    return Fault(("industry",), "unknown_industry", {"known": ", ".join(known)})


@lru_cache(maxsize=4096)
def _author(creator: str | None, role: Role) -> Author:
    return Author(id=creator, role=role)


def _malformed(sent: Any, *faults: Fault) -> Malformed:
    name = sent.get("content_id") if isinstance(sent, dict) else None
    return Malformed(name[:LONGEST] if isinstance(name, str) else None, faults)


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise Problem("invalid-json", faults=[Fault(("body",), _why_not_json(body, error.msg), place)]) from None


_REASONS: Final = (
    ("zero-length", "json_empty"),
    ("not valid UTF-8", "json_utf8"),
    ("byte order mark", "json_bom"),
    ("depth limit", "json_depth"),
    ("infinity", "json_number"),
    ("surrogate", "json_surrogate"),
    ("hex escape", "json_surrogate"),
    ("control character", "json_control"),
    ("expected a JSON value", "json_nan"),
    ("no digit", "json_nan"),
)


def _why_not_json(body: bytes, message: str) -> str:
    if not body.strip():
        return "json_empty"
    return next((kind for words, kind in _REASONS if words in message), "json_syntax")


def _count_keys(sent: Any) -> int:
    """The keys of an object and of its parts: all that a valid content has."""
    if not isinstance(sent, dict):
        return 0
    parts = sent.get("parts")
    if not isinstance(parts, list):
        return len(sent)
    return len(sent) + sum(len(part) for part in parts if isinstance(part, dict))


def _suspicious(body: bytes, keys: int) -> bool:
    """Whether a key may have been swallowed: every key in the bytes ends in quote and colon, so equal counts prove not.

    Texts that contain quote and colon only cost the exact look. Colons alone are counted first, which costs a tenth of
    a regex: where there are no more of them than keys, none is left for a key that was swallowed. Then those behind a
    quote, which are all keys where no quote has a gap behind it.
    """
    if body.count(b":") == keys or (body.count(b'":') == keys and not any(gap in body for gap in _GAPS)):
        return False
    return len(_KEYS.findall(body)) != keys


def _look_for_duplicates(body: bytes) -> None:
    """Raises ``Problem`` for an object that has a key twice; the fast parser would silently take the last one."""
    try:
        json.loads(body, object_pairs_hook=_no_duplicates, parse_int=float)
    except RecursionError:
        place = {"line": 1, "column": 1}
        raise Problem("invalid-json", faults=[Fault(("body",), "json_depth", place)]) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise Problem("invalid-json", faults=[Fault((key,), "duplicate_key", {"key": key[:64]})])
        seen.add(key)


def nul_places(sent: Any, place: tuple[str | int, ...]) -> Iterator[Fault]:
    """Every string that holds a NUL; databases disagree about it (one keeps it, one cuts there, one refuses).

    As many as an answer lists. What is still to be looked at is kept in a list: plain data may be nested deeper than
    functions can be.
    """
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(sent, place)]
    found = 0
    while waiting and found < MOST_ERRORS:
        value, where = waiting.pop()
        if isinstance(value, str):
            if "\x00" in value:
                found += 1
                yield Fault(where, "nul")
        elif isinstance(value, dict):
            waiting.extend([(inner, (*where, key)) for key, inner in reversed(value.items())])
        elif isinstance(value, list):
            waiting.extend([(inner, (*where, index)) for index, inner in reversed([*enumerate(value)])])
